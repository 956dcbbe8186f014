//! Policy checks on the command line: the values of `--deny`, and the messages for a denied plan.

use crate::cli::{ExitCode, ExpectedFailure, Failure};
use crate::operation::{PolicyViolation, PolicyViolations};
use crate::plan::RiskKind;
use crate::ui::plan::risk_kind;

/// Parses a kind of risk.
///
/// # Errors
///
/// Returns the supported kinds.
pub fn parse_risk_kind(text: &str) -> Result<RiskKind, String> {
    RiskKind::ALL.into_iter().find(|kind| risk_kind(*kind) == text).ok_or_else(|| {
        let names = RiskKind::ALL.map(risk_kind);
        crate::text::did_you_mean(text, names).unwrap_or_else(|| format!("the kinds are {}", names.join(", ")))
    })
}

impl From<PolicyViolations> for Failure {
    fn from(found: PolicyViolations) -> Self {
        let allow: Vec<String> = found.losing_data.iter().map(|id| format!("--allow-data-loss {id}")).collect();
        Self::Expected(Box::new(ExpectedFailure {
            message: found.to_string(),
            causes: found.violations.iter().map(violation).collect(),
            hint: (!allow.is_empty()).then(|| format!("to allow the data loss, repeat the command with {}", allow.join(" "))),
            exit_code: ExitCode::Denied,
        }))
    }
}

fn violation(violation: &PolicyViolation) -> String {
    match violation {
        PolicyViolation::Protected { logical_id } => format!("`{logical_id}` is protected in rack.yaml and would be removed or replaced"),
        PolicyViolation::Denied { kind, logical_id, reason } => {
            let id = logical_id.as_ref().filter(|id| !reason.contains(id.as_str())).map(|id| format!("`{id}`: ")).unwrap_or_default();
            format!("{}: {id}{reason}", risk_kind(*kind))
        }
    }
}
