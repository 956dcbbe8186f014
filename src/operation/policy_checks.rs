//! Policy checks: denied risks, data loss that was not allowed, and protected resources refuse a plan.

use crate::plan::{Effect, Plan, RiskKind};

/// The checks that a plan must pass.
#[derive(Clone, Copy, Debug)]
pub struct PolicyChecks<'c> {
    /// Kinds of risk that are refused.
    pub deny: &'c [RiskKind],
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
    },
    /// A risk of a denied kind.
    Denied {
        /// The kind.
        kind: RiskKind,
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
    /// Resources whose data loss was not allowed.
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
                found.violations.push(PolicyViolation::Protected { logical_id: effect.logical_resource_id.clone() });
            }
        }
        for risk in &plan.risks {
            let logical_id = risk.logical_resource_id.clone();
            if risk.kind == RiskKind::DataLoss {
                if logical_id.as_ref().is_some_and(|id| self.allow_data_loss.contains(id)) {
                    continue;
                }
                found.losing_data.extend(logical_id.clone());
            }
            if self.deny.contains(&risk.kind) {
                found.violations.push(PolicyViolation::Denied { kind: risk.kind, logical_id, reason: risk.reason.clone() });
            }
        }
        found.losing_data.dedup();
        if found.violations.is_empty() { Ok(()) } else { Err(found) }
    }
}

/// Returns the first resource that may lose data although the plan loses none of it, with the resources that do lose data.
pub fn unused_allowances<'p>(allow_data_loss: &'p [String], plan: &'p Plan) -> Option<(&'p str, Vec<&'p str>)> {
    let risks = plan.risks.iter().filter(|risk| risk.kind == RiskKind::DataLoss);
    let losing: Vec<&str> = risks.filter_map(|risk| risk.logical_resource_id.as_deref()).collect();
    let unused = allow_data_loss.iter().find(|name| !losing.contains(&name.as_str()))?;
    Some((unused, losing))
}
