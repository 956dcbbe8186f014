//! The result of simulating the permissions of a principal.

use crate::permissions::Statement;

/// The principal whose permissions are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'p> {
    /// The caller.
    Caller,
    /// A role, by ARN.
    Role(&'p str),
}

/// The result of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulatedPermissions {
    /// The ARN of the principal.
    pub principal: String,
    /// The number of simulated actions; 0 for the root user of an account, which is not restricted.
    pub tried: usize,
    /// The denied actions, sorted.
    pub denied: Vec<Denied>,
}

/// A denied action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    /// The action, such as `ecs:CreateCluster`.
    pub action: String,
    /// Whether a policy denies it explicitly.
    pub is_explicit: bool,
    /// Condition keys whose values are known only for a real request; if there are any, the real request may be allowed.
    pub unknown_conditions: Vec<String>,
}

/// A request to simulate permissions.
#[derive(Clone, Copy, Debug)]
pub struct PermissionRequest<'w> {
    /// The principal.
    pub principal: Principal<'w>,
    /// The actions and resources.
    pub statements: &'w [Statement],
}
