//! CloudFormation's size limits.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

/// Longest template body that a request may contain, in bytes; a longer one goes through S3.
pub const INLINE_TEMPLATE_LIMIT_BYTES: usize = 51_200;

/// Longest template body that CloudFormation reads from S3, in bytes.
pub const S3_TEMPLATE_LIMIT_BYTES: usize = 1_000_000;
