//! ARNs.

/// Returns whether a text has the form of an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').count() >= 6
}
