//! Whether a value is what its declaration allows.
//!
//! The wordings beside ours are CloudFormation's; `ConstraintDescription` replaces them all, as it does there.

use super::Declaration;
use super::declaration::ParameterType;

/// One constraint that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Breach {
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong, following "parameter `X` ".
    pub message: String,
    /// CloudFormation's wording.
    pub aws_message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What the pattern of a declaration said.
enum Matched {
    Yes,
    No,
    /// The engine here does not know the pattern's syntax.
    Unknown,
}

/// Returns what `text` breaks, and whether the pattern could not be read.
pub(super) fn check(declaration: &Declaration<'_>, text: &str) -> (Vec<Breach>, bool) {
    let mut checker = Checker { declaration, breaches: Vec::new() };
    let list = match declaration.parameter_type {
        ParameterType::List | ParameterType::NumberList => true,
        ParameterType::String | ParameterType::Number | ParameterType::Ssm { .. } => false,
    };
    let unreadable = if list {
        // An empty list has one empty item, and a constraint on items is a constraint on that one too.
        let mut unreadable = false;
        for item in text.split(',') {
            unreadable |= checker.one(item.trim());
            if !checker.breaches.is_empty() {
                break;
            }
        }
        unreadable
    } else {
        checker.one(text)
    };
    (checker.breaches, unreadable)
}

struct Checker<'c, 'a> {
    declaration: &'c Declaration<'a>,
    breaches: Vec<Breach>,
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
            let near = crate::template::nearest(text, declaration.allowed_values.iter().copied());
            let hint = match near {
                _ if declaration.no_echo => None,
                Some(near) => Some(format!("did you mean `{near}`? allowed: {}", allowed(&declaration.allowed_values))),
                None => Some(format!("allowed: {}", allowed(&declaration.allowed_values))),
            };
            self.breach("allowed-values", "is not one of its allowed values".to_owned(), "must be one of AllowedValues".to_owned(), hint);
        }
        let Some(pattern) = declaration.allowed_pattern else {
            return false;
        };
        match full_match(pattern, text) {
            Matched::Yes => false,
            Matched::No => {
                self.breach(
                    "allowed-pattern",
                    "does not match its pattern".to_owned(),
                    format!("must match pattern {pattern}"),
                    Some(format!("the whole value must match `{pattern}`")),
                );
                false
            }
            Matched::Unknown => true,
        }
    }

    fn number(&mut self, text: &str) {
        let Some(number) = text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
            self.breach("not-a-number", "is not a number".to_owned(), "must be a number.".to_owned(), None);
            return;
        };
        if let Some(least) = self.declaration.min_value.filter(|least| number < *least) {
            let aws = format!("must be a number not less than {least}");
            self.breach("min-value", format!("is below its minimum, {least}"), aws, None);
        }
        if let Some(most) = self.declaration.max_value.filter(|most| number > *most) {
            let aws = format!("must be a number not greater than {most}");
            self.breach("max-value", format!("is above its maximum, {most}"), aws, None);
        }
    }

    fn length(&mut self, text: &str) {
        if self.declaration.min_length.is_none() && self.declaration.max_length.is_none() {
            return;
        }
        let characters = text.chars().count() as u64;
        if let Some(least) = self.declaration.min_length.filter(|least| characters < *least) {
            let aws = format!("must contain at least {least} characters");
            self.breach("min-length", format!("is shorter than {least} characters"), aws, None);
        }
        if let Some(most) = self.declaration.max_length.filter(|most| characters > *most) {
            let aws = format!("must contain at most {most} characters");
            self.breach("max-length", format!("is longer than {most} characters"), aws, None);
        }
    }

    fn breach(&mut self, rule: &'static str, message: String, aws: String, hint: Option<String>) {
        let name = self.declaration.name();
        let aws_message = match self.declaration.constraint_description {
            Some(description) => format!("Parameter {name} failed to satisfy constraint: {description}"),
            None => format!("Parameter '{name}' {aws}"),
        };
        let hint = self.declaration.constraint_description.map(str::to_owned).or(hint);
        self.breaches.push(Breach { rule, message, aws_message, hint });
    }
}

/// Returns the allowed values in a row; an empty one would be invisible.
fn allowed(values: &[&str]) -> String {
    values.iter().map(|value| if value.is_empty() { "\"\"" } else { value }).collect::<Vec<_>>().join(", ")
}

/// CloudFormation asks for a match of the whole value; its classes such as `\d` are ASCII, as in Java.
fn full_match(pattern: &str, text: &str) -> Matched {
    let anchored = format!(r"\A(?:{pattern})\z");
    match fancy_regex::RegexBuilder::new(&anchored).backtrack_limit(100_000).build() {
        Ok(regex) => match regex.is_match(text) {
            Ok(true) => Matched::Yes,
            Ok(false) => Matched::No,
            Err(_) => Matched::Unknown,
        },
        Err(_) => Matched::Unknown,
    }
}
