//! What somebody may do, tried out without doing it.

use crate::permissions::Statement;

/// Whose rights are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'p> {
    /// Whoever asks.
    Caller,
    /// A role, by its ARN.
    Role(&'p str),
}

/// What trying rights out gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Whose they are, an ARN.
    pub principal: String,
    /// How many actions were tried; none for an account's root user, who may do everything.
    pub tried: usize,
    /// Actions that are not allowed, sorted.
    pub denied: Vec<Denied>,
}

/// An action that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    /// The action, such as `ecs:CreateCluster`.
    pub action: String,
    /// Whether a policy denies it, rather than none allowing it.
    pub is_explicit: bool,
    /// Keys of conditions that only a real request has a value for; with any, it may be allowed all the same.
    pub unknown_conditions: Vec<String>,
}

/// Rights that a plan takes.
#[derive(Clone, Copy, Debug)]
pub struct PermissionRequest<'w> {
    /// Whose.
    pub principal: Principal<'w>,
    /// For which actions on which resources.
    pub statements: &'w [Statement],
}
