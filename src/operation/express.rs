//! Whether a change may run in CloudFormation's express mode, which completes an operation before its resources are ready.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentConfig.html>

use crate::plan::RiskKind;

use super::target::PreparedChange;

/// Why a stack or its change does not fit the express mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressObstacle {
    /// `rack.yaml` protects these resources.
    Protected(Vec<String>),
    /// Termination protection is on, or this change turns it on.
    TerminationProtection,
    /// The stack has a stack policy, or gets one.
    StackPolicy,
    /// The change loses data of these resources, or may.
    DataAtRisk(Vec<String>),
}

impl std::fmt::Display for ExpressObstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Protected(names) => write!(f, "`protect` in rack.yaml names {}", names.join(", ")),
            Self::TerminationProtection => f.write_str("the stack has termination protection"),
            Self::StackPolicy => f.write_str("the stack has a stack policy"),
            Self::DataAtRisk(names) => write!(f, "the change loses data, or may: {}", names.join(", ")),
        }
    }
}

/// Every reason why a change must not run in the express mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("express mode is only for unprotected development racks and changes that lose no data")]
pub struct ExpressRefused {
    /// The reasons.
    pub obstacles: Vec<ExpressObstacle>,
}

/// Checks that a change of a stack, which may have a stack policy, may run in the express mode.
///
/// # Errors
///
/// Returns every reason against it.
pub fn check_express(change: &PreparedChange<'_>, protect: &[String], has_policy: bool) -> Result<(), ExpressRefused> {
    let mut obstacles = Vec::new();
    if !protect.is_empty() {
        obstacles.push(ExpressObstacle::Protected(protect.to_vec()));
    }
    let (present, settings) = (change.present.as_ref(), &change.target.settings);
    if present.is_some_and(|present| present.termination_protection) || settings.termination_protection == Some(true) {
        obstacles.push(ExpressObstacle::TerminationProtection);
    }
    if has_policy || settings.stack_policy.is_some() {
        obstacles.push(ExpressObstacle::StackPolicy);
    }
    let losses = change.plan.risks.iter().filter(|risk| risk.kind == RiskKind::DataLoss);
    let mut losing: Vec<String> = losses.map(|risk| risk.logical_resource_id.clone().unwrap_or_else(|| risk.reason.clone())).collect();
    losing.dedup();
    if !losing.is_empty() {
        obstacles.push(ExpressObstacle::DataAtRisk(losing));
    }
    if obstacles.is_empty() { Ok(()) } else { Err(ExpressRefused { obstacles }) }
}
