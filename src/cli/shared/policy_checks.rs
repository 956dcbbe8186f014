//! Policy checks on the command line: the values of `--deny`, and the messages for a denied plan.

use crate::cli::{ExitCode, ExpectedFailure, Failure};
use crate::operation::{Denied, PolicyViolation, PolicyViolations};

/// Parses what is denied: a kind of risk, `possible-data-loss` or `unknown`.
///
/// # Errors
///
/// Returns the supported names.
pub fn parse_denied(text: &str) -> Result<Denied, String> {
    Denied::all().find(|denied| denied.name() == text).ok_or_else(|| {
        let names: Vec<&str> = Denied::all().map(Denied::name).collect();
        crate::text::did_you_mean(text, names.iter().copied()).unwrap_or_else(|| format!("the kinds are {}", names.join(", ")))
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
        PolicyViolation::Protected { logical_id, possible } => {
            let would = if *possible { "may be" } else { "would be" };
            format!("`{logical_id}` is protected in rack.yaml and {would} removed or replaced; to allow it, remove it from `protect`")
        }
        PolicyViolation::Denied { name, possible, logical_id, reason } => {
            let may = if *possible && *name != "possible-data-loss" { "possible " } else { "" };
            let id = logical_id.as_ref().filter(|id| !reason.contains(id.as_str())).map(|id| format!("`{id}`: ")).unwrap_or_default();
            format!("{may}{name}: {id}{reason}")
        }
    }
}
