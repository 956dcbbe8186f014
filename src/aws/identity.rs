//! The caller's identity.

/// The identity that AWS authenticates a caller as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account ID.
    pub account: String,
    /// The ARN of the user or role.
    pub arn: String,
}
