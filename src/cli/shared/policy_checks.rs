//! What stops a plan: risks that `--deny` names, data loss that was not allowed, resources that `rack.yaml` protects.

use crate::cli::{ExitCode, Failure};
use crate::plan::{Effect, Plan, RiskKind};
use crate::ui::plan::risk_kind;

/// Every kind of risk, for `--deny`.
const KINDS: [RiskKind; 6] = [
    RiskKind::DataLoss,
    RiskKind::Interruption,
    RiskKind::SecurityWidening,
    RiskKind::ReplacementCollision,
    RiskKind::ParameterDefault,
    RiskKind::ExportRemoved,
];

/// Reads a kind of risk as `--deny` takes it.
///
/// # Errors
///
/// Returns the kinds there are.
pub fn parse_risk_kind(text: &str) -> Result<RiskKind, String> {
    KINDS.into_iter().find(|kind| risk_kind(*kind) == text).ok_or_else(|| {
        let names = KINDS.map(risk_kind);
        match crate::template::nearest(text, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the kinds are {}", names.join(", ")),
        }
    })
}

/// What stops a plan.
#[derive(Clone, Copy, Debug)]
pub struct PolicyChecks<'g> {
    /// Kinds of risk that are refused.
    pub deny: &'g [RiskKind],
    /// Logical IDs whose data may go.
    pub allow_data_loss: &'g [String],
    /// Logical IDs that may not be removed or replaced.
    pub protect: &'g [String],
}

impl PolicyChecks<'_> {
    /// Checks a plan.
    ///
    /// # Errors
    ///
    /// Returns everything that stops it.
    pub fn check(&self, plan: &Plan) -> Result<(), Failure> {
        let mut reasons = Vec::new();
        for effect in &plan.effects {
            let goes = matches!(effect.effect, Effect::Replaced | Effect::Deleted | Effect::Retained);
            if goes && self.protect.contains(&effect.logical_resource_id) {
                reasons.push(format!("`{}` is protected in rack.yaml and would be removed or replaced", effect.logical_resource_id));
            }
        }
        let mut lost = Vec::new();
        for risk in &plan.risks {
            let id = risk.logical_resource_id.as_deref();
            if risk.kind == RiskKind::DataLoss {
                if id.is_some_and(|id| self.allow_data_loss.iter().any(|allowed| allowed == id)) {
                    continue;
                }
                lost.extend(id.map(str::to_owned));
            }
            if self.deny.contains(&risk.kind) {
                let id = id.filter(|id| !risk.reason.contains(id)).map(|id| format!("`{id}`: ")).unwrap_or_default();
                reasons.push(format!("{}: {id}{}", risk_kind(risk.kind), risk.reason));
            }
        }
        if reasons.is_empty() {
            return Ok(());
        }
        let mut failure = crate::cli::ExpectedFailure {
            message: "the change is denied".to_owned(),
            causes: reasons,
            hint: None,
            exit_code: ExitCode::Denied,
        };
        if !lost.is_empty() {
            lost.dedup();
            failure.hint = Some(format!(
                "to let that data go, `apply`, `set` and `delete` take {}",
                lost.iter().map(|id| format!("--allow-data-loss {id}")).collect::<Vec<_>>().join(" ")
            ));
        }
        Err(Failure::Expected(Box::new(failure)))
    }
}
