//! Parameters as a template declares them.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use serde::Serialize;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ParameterType {
    /// Any text.
    String,
    /// A number; `Ref` gives it as text.
    Number,
}

/// The declaration of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    r#type: ParameterType,
    description: String,
    default: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraint_description: Option<String>,
}

impl Parameter {
    /// Returns a text with a default; every parameter of a rack has one, so that a rack installs with none given.
    pub fn string(default: &str, description: &str) -> Self {
        Self {
            r#type: ParameterType::String,
            description: description.to_owned(),
            default: default.to_owned(),
            allowed_values: Vec::new(),
            min_value: None,
            max_value: None,
            allowed_pattern: None,
            constraint_description: None,
        }
    }

    /// Returns a number with a default.
    pub fn number(default: u32, description: &str) -> Self {
        Self { r#type: ParameterType::Number, ..Self::string(&default.to_string(), description) }
    }

    /// Returns a choice; the first value is the default.
    pub fn choice(values: &[&str], description: &str) -> Self {
        let default = values.first().copied().unwrap_or_default();
        Self { allowed_values: values.iter().map(|&value| value.to_owned()).collect(), ..Self::string(default, description) }
    }

    /// Takes another default than the first of a choice.
    #[must_use]
    pub fn default_to(mut self, default: &str) -> Self {
        self.default = default.to_owned();
        self
    }

    /// Bounds a number, both ends included.
    #[must_use]
    pub fn between(mut self, least: i64, most: i64) -> Self {
        (self.min_value, self.max_value) = (Some(least), Some(most));
        self
    }

    /// Accepts only text that a regular expression matches whole, and says so in words where it does not.
    #[must_use]
    pub fn matching(mut self, pattern: &str, words: &str) -> Self {
        self.allowed_pattern = Some(pattern.to_owned());
        self.constraint_description = Some(words.to_owned());
        self
    }
}
