//! Policy checks: denied risks, data loss that was not allowed, and protected resources refuse a plan.

use crate::plan::{Certainty, Effect, Plan, Risk, RiskKind};

/// What a plan must not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// A risk of this kind; for data loss, only a certain one.
    Risk(RiskKind),
    /// Data loss, certain or possible.
    PossibleDataLoss,
    /// Something that cannot be known before the update.
    Unknown,
}

impl Denied {
    /// Every value, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        let risks = RiskKind::ALL.into_iter().map(Self::Risk);
        let (data_loss, others): (Vec<Self>, Vec<Self>) = risks.partition(|denied| *denied == Self::Risk(RiskKind::DataLoss));
        data_loss.into_iter().chain([Self::PossibleDataLoss]).chain(others).chain([Self::Unknown])
    }

    /// Returns the name, such as `data-loss`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Risk(kind) => kind.name(),
            Self::PossibleDataLoss => "possible-data-loss",
            Self::Unknown => "unknown",
        }
    }

    fn covers(self, risk: &Risk) -> bool {
        match self {
            Self::Risk(RiskKind::DataLoss) => risk.kind == RiskKind::DataLoss && risk.certainty == Certainty::Certain,
            Self::Risk(kind) => risk.kind == kind,
            Self::PossibleDataLoss => risk.kind == RiskKind::DataLoss,
            Self::Unknown => false,
        }
    }
}

/// The checks that a plan must pass.
#[derive(Clone, Copy, Debug)]
pub struct PolicyChecks<'c> {
    /// What is refused.
    pub deny: &'c [Denied],
    /// Whether every loss of data needs approval, certain or possible. An instance that AWS documents to stop and start is an exception.
    pub approves_data_loss: bool,
    /// Logical IDs of resources whose data may be lost.
    pub allow_data_loss: &'c [String],
    /// Logical IDs of resources that may not be removed or replaced.
    pub protect: &'c [String],
}

/// Why a plan is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyViolation {
    /// A protected resource would be removed or replaced.
    Protected {
        /// The resource.
        logical_id: String,
        /// Whether the removal or replacement is possible rather than certain.
        possible: bool,
    },
    /// A risk or an unknown of a denied kind.
    Denied {
        /// The name of what is denied, such as `data-loss`.
        name: &'static str,
        /// Whether the risk is possible rather than certain.
        possible: bool,
        /// The resource, if the risk is about one.
        logical_id: Option<String>,
        /// What would happen.
        reason: String,
    },
}

/// Every reason why a plan is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the change is denied")]
pub struct PolicyViolations {
    /// The reasons.
    pub violations: Vec<PolicyViolation>,
    /// Resources whose data loss was not allowed; empty where nothing can allow it.
    pub losing_data: Vec<String>,
}

impl PolicyChecks<'_> {
    /// Checks a plan.
    ///
    /// # Errors
    ///
    /// Returns every reason why the plan is refused.
    pub fn check(&self, plan: &Plan) -> Result<(), PolicyViolations> {
        let mut found = PolicyViolations::default();
        for effect in &plan.effects {
            let goes = matches!(effect.effect, Effect::Replaced | Effect::Deleted | Effect::Retained);
            if goes && self.protect.contains(&effect.logical_resource_id) {
                found
                    .violations
                    .push(PolicyViolation::Protected { logical_id: effect.logical_resource_id.clone(), possible: effect.possible });
            }
        }
        for risk in &plan.risks {
            let logical_id = risk.logical_resource_id.clone();
            let needs_approval = self.approves_data_loss && needs_approval(plan, risk);
            let denied = self.deny.iter().find(|denied| denied.covers(risk));
            if denied.is_none() && !needs_approval {
                continue;
            }
            if risk.kind == RiskKind::DataLoss {
                if logical_id.as_ref().is_some_and(|id| self.allow_data_loss.contains(id)) {
                    continue;
                }
                found.losing_data.extend(logical_id.clone());
            }
            let name = denied.map_or(risk.kind.name(), |denied| denied.name());
            found.violations.push(PolicyViolation::Denied {
                name,
                possible: !risk.certainty.is_certain(),
                logical_id,
                reason: risk.reason.clone(),
            });
        }
        if self.deny.contains(&Denied::Unknown) {
            found.violations.extend(plan.unknowns.iter().map(|unknown| PolicyViolation::Denied {
                name: Denied::Unknown.name(),
                possible: false,
                logical_id: unknown.logical_resource_id.clone(),
                reason: unknown.reason.clone(),
            }));
        }
        found.losing_data.dedup();
        if !self.approves_data_loss {
            found.losing_data.clear();
        }
        if found.violations.is_empty() { Ok(()) } else { Err(found) }
    }
}

/// Returns whether a loss of data needs approval before the plan is applied.
fn needs_approval(plan: &Plan, risk: &Risk) -> bool {
    let stops_and_starts = |id: &str| {
        let mut effects = plan.effects.iter().filter(|effect| effect.logical_resource_id == id);
        effects.any(|effect| effect.stops_and_starts)
    };
    risk.kind == RiskKind::DataLoss && !risk.logical_resource_id.as_deref().is_some_and(stops_and_starts)
}

/// Names that may lose data although the change loses none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnusedAllowances<'p> {
    /// Names that are in neither template, which are spelling mistakes.
    pub unknown: Vec<&'p str>,
    /// Resources whose data is not lost by this change.
    pub unneeded: Vec<&'p str>,
    /// The resources that do lose data.
    pub losing: Vec<&'p str>,
}

/// Returns the allowed losses of data that do not happen; `declared` are the logical IDs of both templates.
pub fn unused_allowances<'p>(allow_data_loss: &'p [String], plan: Option<&'p Plan>, declared: &[String]) -> UnusedAllowances<'p> {
    let risks = plan.into_iter().flat_map(|plan| &plan.risks).filter(|risk| risk.kind == RiskKind::DataLoss);
    let losing: Vec<&str> = risks.filter_map(|risk| risk.logical_resource_id.as_deref()).collect();
    let unused = allow_data_loss.iter().map(String::as_str).filter(|name| !losing.contains(name));
    let (unneeded, unknown) = unused.partition(|name| declared.iter().any(|declared| declared == name));
    UnusedAllowances { unknown, unneeded, losing }
}
