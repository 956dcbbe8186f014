//! Valid stack names.

/// The rule for valid stack names.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub const STACK_NAMES: &str = "use at most 128 letters, digits and hyphens, starting with a letter";

/// Returns whether a stack name is valid.
pub fn is_stack_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 128 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part)
}
