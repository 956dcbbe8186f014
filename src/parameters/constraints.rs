//! Checks a value against the constraints of its declaration.
//!
//! Each violation has our message and CloudFormation's. `ConstraintDescription` replaces CloudFormation's message, as it does there.

use super::declaration::{Declaration, ParameterType};
use super::pattern::Patterns;

/// Most bytes of a parameter's value.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(crate) const MAX_VALUE_BYTES: usize = 4_096;

/// A constraint that a value violates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// The rule's name.
    pub rule: &'static str,
    /// The message, without its subject "parameter `X`".
    pub message: String,
    /// CloudFormation's message, if a source shows it.
    pub aws_message: Option<String>,
    /// The hint.
    pub hint: Option<String>,
}

impl Declaration<'_> {
    /// Returns the message, without its subject, and the hint of the first constraint that a value violates. All patterns of a template
    /// share a budget.
    pub(crate) fn violation(&self, text: &str, patterns: &mut Patterns) -> Option<(String, Option<String>)> {
        check(self, text, patterns).0.into_iter().next().map(|violation| (violation.message, violation.hint))
    }
}

/// Returns the violations of `text`, and whether the pattern is unsupported.
pub(super) fn check(declaration: &Declaration<'_>, text: &str, patterns: &mut Patterns) -> (Vec<Violation>, bool) {
    let mut checker = Checker { declaration, violations: Vec::new(), patterns };
    if text.len() > MAX_VALUE_BYTES {
        checker.too_long(text.len());
        return (checker.violations, false);
    }
    let list = match declaration.parameter_type {
        ParameterType::List | ParameterType::NumberList => true,
        ParameterType::String | ParameterType::Number | ParameterType::Ssm { .. } => false,
    };
    let unsupported = if list {
        // An empty list has one empty item, to which the constraints on items apply.
        let mut unsupported = false;
        for item in text.split(',') {
            unsupported |= checker.one(item.trim());
            if !checker.violations.is_empty() {
                break;
            }
        }
        unsupported
    } else {
        checker.one(text)
    };
    (checker.violations, unsupported)
}

struct Checker<'c, 'a> {
    declaration: &'c Declaration<'a>,
    violations: Vec<Violation>,
    patterns: &'c mut Patterns,
}

impl Checker<'_, '_> {
    fn one(&mut self, text: &str) -> bool {
        let declaration = self.declaration;
        if matches!(declaration.parameter_type, ParameterType::Number | ParameterType::NumberList) {
            self.number(text);
        } else {
            self.length(text);
        }
        if !declaration.allowed_values.is_empty() && !declaration.allowed_values.contains(&text) {
            let suggestion = crate::text::did_you_mean(text, declaration.allowed_values.iter().copied());
            let hint = match suggestion {
                _ if declaration.no_echo => None,
                Some(suggestion) => Some(format!("{suggestion} allowed values: {}", allowed(&declaration.allowed_values))),
                None => Some(format!("allowed values: {}", allowed(&declaration.allowed_values))),
            };
            self.violation("allowed-values", "has a value that is not allowed".to_owned(), "must be one of AllowedValues".to_owned(), hint);
        }
        let Some(pattern) = declaration.allowed_pattern else {
            return false;
        };
        // CloudFormation requires a match of the whole value.
        match self.patterns.matches(pattern, text) {
            Some(true) => false,
            Some(false) => {
                self.violation(
                    "allowed-pattern",
                    "does not match its AllowedPattern".to_owned(),
                    format!("must match pattern {pattern}"),
                    Some(format!("the whole value must match `{pattern}`")),
                );
                false
            }
            None => true,
        }
    }

    fn too_long(&mut self, bytes: usize) {
        let message = format!("has a value of {bytes} bytes; the limit is {MAX_VALUE_BYTES}");
        let hint = Some("split the value, or keep it in a file that the resources read".to_owned());
        self.violations.push(Violation { rule: "value-too-long", message, aws_message: None, hint });
    }

    fn number(&mut self, text: &str) {
        let Some(number) = text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
            self.violation("not-a-number", "must be a number".to_owned(), "must be a number.".to_owned(), None);
            return;
        };
        if let Some(minimum) = self.declaration.min_value.filter(|minimum| number < *minimum) {
            let aws = format!("must be a number not less than {minimum}");
            self.violation("min-value", format!("is less than its MinValue {minimum}"), aws, None);
        }
        if let Some(maximum) = self.declaration.max_value.filter(|maximum| number > *maximum) {
            let aws = format!("must be a number not greater than {maximum}");
            self.violation("max-value", format!("is greater than its MaxValue {maximum}"), aws, None);
        }
    }

    fn length(&mut self, text: &str) {
        if self.declaration.min_length.is_none() && self.declaration.max_length.is_none() {
            return;
        }
        let characters = text.chars().count() as u64;
        if let Some(minimum) = self.declaration.min_length.filter(|minimum| characters < *minimum) {
            let aws = format!("must contain at least {minimum} characters");
            self.violation("min-length", format!("has fewer than {minimum} characters"), aws, None);
        }
        if let Some(maximum) = self.declaration.max_length.filter(|maximum| characters > *maximum) {
            let aws = format!("must contain at most {maximum} characters");
            self.violation("max-length", format!("has more than {maximum} characters"), aws, None);
        }
    }

    fn violation(&mut self, rule: &'static str, message: String, aws: String, hint: Option<String>) {
        let name = self.declaration.name();
        let aws_message = match self.declaration.constraint_description {
            Some(description) => format!("Parameter {name} failed to satisfy constraint: {description}"),
            None => format!("Parameter '{name}' {aws}"),
        };
        let hint = self.declaration.constraint_description.map(str::to_owned).or(hint);
        self.violations.push(Violation { rule, message, aws_message: Some(aws_message), hint });
    }
}

/// Returns the allowed values as a list; an empty one is shown as `""`.
fn allowed(values: &[&str]) -> String {
    values.iter().map(|value| if value.is_empty() { "\"\"" } else { value }).collect::<Vec<_>>().join(", ")
}
