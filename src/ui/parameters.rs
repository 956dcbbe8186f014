//! Parameters: declarations, values and their sources.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::layout::{Layout, width, wrapped};
use super::styles::styled;
use super::visible::visible;
use crate::parameters::{ParameterGroup, ParameterSet};

#[derive(Serialize)]
struct Answer<'p> {
    parameters: Vec<ParameterAnswer<'p>>,
}

#[derive(Serialize)]
struct ParameterAnswer<'p> {
    name: &'p str,
    #[serde(rename = "type")]
    type_name: &'p str,
    groups: Vec<&'p str>,
    description: Option<&'p str>,
    default: Option<&'p str>,
    allowed_values: &'p [&'p str],
    allowed_pattern: Option<&'p str>,
    min_value: Option<f64>,
    max_value: Option<f64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    no_echo: bool,
    /// `****` for a `NoEcho` value, `null` for a missing value.
    value: Option<&'p str>,
    /// `default`, `deployed`, `file`, `flag`, or `missing`.
    provenance: String,
}

/// The parameters to list.
#[derive(Clone, Copy, Debug)]
pub struct List<'p> {
    /// The parameters; a missing one has no value.
    pub set: &'p ParameterSet<'p>,
    /// The parameter groups of the template.
    pub groups: &'p [ParameterGroup<'p>],
    /// Names of required parameters without a value.
    pub missing: &'p [&'p str],
    /// Limits the list to this group.
    pub group: Option<&'p str>,
}

impl List<'_> {
    fn answer(&self) -> Answer<'_> {
        let of = |name: &str| -> Vec<&str> {
            self.groups.iter().filter(|group| group.parameters.contains(&name)).map(|group| group.label).collect()
        };
        let parameters = self.set.parameters.iter().map(|(name, parameter)| {
            let declaration = &parameter.declaration;
            let default = declaration.default.as_deref();
            let is_missing = self.missing.contains(name);
            ParameterAnswer {
                name,
                type_name: declaration.type_name,
                groups: of(name),
                description: declaration.description,
                // A blank default is no secret.
                default: match default {
                    Some(text) if declaration.no_echo && !text.is_empty() => Some(crate::secret::MASKED),
                    default => default,
                },
                allowed_values: &declaration.allowed_values,
                allowed_pattern: declaration.allowed_pattern,
                min_value: declaration.min_value,
                max_value: declaration.max_value,
                min_length: declaration.min_length,
                max_length: declaration.max_length,
                no_echo: declaration.no_echo,
                value: (!is_missing).then(|| parameter.shown()),
                provenance: if is_missing { "missing".to_owned() } else { parameter.provenance.to_string() },
            }
        });
        let is_listed = |parameter: &ParameterAnswer<'_>| {
            self.group.is_none_or(|group| parameter.groups.iter().any(|label| label.eq_ignore_ascii_case(group)))
        };
        Answer { parameters: parameters.filter(is_listed).collect() }
    }

    /// Returns the parameters as JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if serialization fails.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        super::json(&self.answer())
    }

    /// Returns the values as a parameter file, without secret and missing values.
    ///
    /// # Errors
    ///
    /// Returns an error if serialization fails.
    pub fn yaml(&self) -> Result<String, serde_yaml::Error> {
        let answer = self.answer();
        let values: IndexMap<&str, &str> = answer
            .parameters
            .iter()
            .filter(|parameter| !parameter.no_echo)
            .filter_map(|parameter| Some((parameter.name, parameter.value?)))
            .collect();
        serde_yaml::to_string(&values)
    }

    /// Returns the parameters as text: name, value and source, then description and constraints.
    pub fn human(&self, layout: Layout) -> String {
        let answer = self.answer();
        let styles = layout.styles;
        let names = answer.parameters.iter().map(|parameter| width(parameter.name)).max().unwrap_or(0);
        let mut text = String::new();
        for parameter in &answer.parameters {
            let value = match parameter.value {
                None => styled(styles.warning, "required"),
                Some("") => "\"\"".to_owned(),
                Some(value) => visible(value).into_owned(),
            };
            let from = match parameter.provenance.as_str() {
                "missing" => String::new(),
                "default" => "(default)".to_owned(),
                other => format!("({other}, default {})", default(parameter)),
            };
            let name = styled(styles.strong, format!("{:names$}", parameter.name));
            let _ = writeln!(text, "{}", format!("{name}  {value}  {}", styled(styles.dim, from)).trim_end());
            let about = format!("{} {}", parameter.description.unwrap_or_default(), facts(parameter));
            for line in wrapped(&visible(&about), layout.width.saturating_sub(4)) {
                let _ = writeln!(text, "    {}", styled(styles.dim, line));
            }
        }
        text
    }
}

fn default(parameter: &ParameterAnswer<'_>) -> String {
    match parameter.default {
        Some("") => "\"\"".to_owned(),
        Some(default) => default.to_owned(),
        None => "none".to_owned(),
    }
}

fn facts(parameter: &ParameterAnswer<'_>) -> String {
    let mut facts = vec![parameter.type_name.to_owned()];
    if !parameter.allowed_values.is_empty() {
        facts.push(
            parameter.allowed_values.iter().map(|value| if value.is_empty() { "\"\"" } else { value }).collect::<Vec<_>>().join(" | "),
        );
    }
    match (parameter.min_value, parameter.max_value) {
        (Some(min), Some(max)) => facts.push(format!("{min} to {max}")),
        (Some(min), None) => facts.push(format!("at least {min}")),
        (None, Some(max)) => facts.push(format!("at most {max}")),
        (None, None) => {}
    }
    match (parameter.min_length, parameter.max_length) {
        (Some(min), Some(max)) => facts.push(format!("{min} to {max} characters")),
        (Some(min), None) => facts.push(format!("at least {min} characters")),
        (None, Some(max)) => facts.push(format!("at most {max} characters")),
        (None, None) => {}
    }
    facts.extend(parameter.allowed_pattern.map(|pattern| format!("matches {pattern}")));
    if parameter.no_echo {
        facts.push("NoEcho".to_owned());
    }
    format!("[{}]", facts.join(", "))
}
