//! Every parameter with the value that holds.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::constraints;
use super::declaration::{Declaration, ParameterType};
use super::{OverrideSpan, ParameterOverride, ParameterOverrides, Provenance};
use crate::secret::MASKED;
use crate::template::{Diagnostic, Diagnostics, Template, nearest};

/// A parameter's value in force.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    /// Its declaration.
    pub declaration: Declaration<'a>,
    /// The text in force; `None` for a `NoEcho` value that only the deployed stack knows.
    pub value: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Parameter<'_> {
    /// Returns the text that may be shown: `****` for a `NoEcho` value.
    pub fn shown(&self) -> &str {
        match &self.value {
            _ if self.declaration.no_echo => MASKED,
            Some(text) => text,
            None => MASKED,
        }
    }
}

/// Every declared parameter with its value in force, in the order of the template.
#[derive(Clone, Debug, Default)]
pub struct ParameterSet<'a> {
    /// By name.
    pub parameters: IndexMap<&'a str, Parameter<'a>, FxBuildHasher>,
    /// Remarks that stop nothing, such as a pattern that only Java can read.
    pub warnings: Diagnostics,
}

impl<'a> ParameterSet<'a> {
    /// Puts given values and defaults together and checks them against the template's declarations.
    ///
    /// A deployed value that the template no longer declares is left out without a word, as `UsePreviousValue` would not be sent for it.
    ///
    /// # Errors
    ///
    /// Returns every problem: declarations that cannot be read, names that are not declared, values that are missing or not allowed.
    pub fn resolve(template: &Template<'a>, given: &ParameterOverrides) -> Result<Self, Diagnostics> {
        let (set, problems) = Self::resolve_partial(template, given);
        problems.into_result(set)
    }

    /// Puts given values and defaults together as far as they go: a parameter whose value is missing or not allowed has none, beside every
    /// problem.
    ///
    /// For finding what else is wrong: [`ParameterSet::resolve`] gives the whole or refuses.
    pub fn resolve_partial(template: &Template<'a>, given: &ParameterOverrides) -> (Self, Diagnostics) {
        let mut problems = Diagnostics::default();
        let mut set = Self::default();
        set.parameters.reserve(template.parameters.len());
        let mut missing = Vec::new();
        for entry in &template.parameters {
            let Some(declaration) = Declaration::read(template, entry, &mut problems) else {
                continue;
            };
            let given = given.values.get(entry.name);
            let (value, provenance) = match given {
                Some(ParameterOverride { text: Some(text), provenance, .. }) => (Some(text.clone()), *provenance),
                Some(ParameterOverride { text: None, provenance: Provenance::Deployed, .. }) => (None, Provenance::Deployed),
                Some(ParameterOverride { text: None, span, .. }) => {
                    problems.push(no_previous(entry.name, span.as_ref()));
                    (None, Provenance::File)
                }
                None => match &declaration.default {
                    Some(text) => (Some(text.clone()), Provenance::Default),
                    None => {
                        missing.push(declaration.clone());
                        (None, Provenance::Default)
                    }
                },
            };
            let known = problems.0.len();
            if let Some(text) = &value {
                let span = given.and_then(|given| given.span.as_ref());
                set.check(template, &declaration, text, provenance, span, &mut problems);
            }
            let value = value.filter(|_| problems.0.len() == known);
            set.parameters.insert(entry.name, Parameter { declaration, value, provenance });
        }
        report_missing(template, &missing, &mut problems);
        unknown(template, given, &mut problems);
        (set, problems)
    }

    /// Returns the parameter of that name.
    pub fn get(&self, name: &str) -> Option<&Parameter<'a>> {
        self.parameters.get(name)
    }

    /// Returns every `NoEcho` text that must not be shown anywhere, empty ones left out.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .values()
            .filter(|parameter| parameter.declaration.no_echo)
            .filter_map(|parameter| parameter.value.as_deref())
            .filter(|text| !text.is_empty())
    }

    fn check(
        &mut self,
        template: &Template<'a>,
        declaration: &Declaration<'a>,
        text: &str,
        provenance: Provenance,
        span: Option<&OverrideSpan>,
        problems: &mut Diagnostics,
    ) {
        let (breaches, unreadable) = constraints::check(declaration, text);
        let name = declaration.name();
        for breach in breaches {
            let shown = if declaration.no_echo { String::new() } else { format!(": `{text}`") };
            let mut diagnostic = Diagnostic::error(breach.rule, format!("parameter `{name}` {}{shown}", breach.message));
            if let Some(span) = span {
                diagnostic = diagnostic.at(&span.source, span.value, "");
            }
            let label = if span.is_some() { "declared here" } else { "" };
            let span = if provenance == Provenance::Default {
                declaration.entry.body.get("Default").map_or(declaration.entry.name_span, |node| node.span)
            } else {
                declaration.entry.name_span
            };
            diagnostic = diagnostic.at(template.source, span, label).as_aws_says(breach.aws_message);
            if let Some(hint) = breach.hint {
                diagnostic = diagnostic.hinted(hint);
            }
            problems.push(diagnostic);
        }
        if unreadable && let Some(pattern) = declaration.entry.body.get("AllowedPattern") {
            self.warnings.push(
                Diagnostic::warning("unreadable-pattern", format!("the pattern of parameter `{name}` cannot be checked offline")).at(
                    template.source,
                    pattern.span,
                    "CloudFormation reads this as a Java regular expression",
                ),
            );
        }
    }
}

fn no_previous(name: &str, span: Option<&OverrideSpan>) -> Diagnostic {
    let diagnostic = Diagnostic::error("no-previous-value", format!("parameter `{name}` has no previous value to use")).as_aws_says(format!(
        "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
    ));
    match span {
        Some(span) => diagnostic.at(&span.source, span.value, ""),
        None => diagnostic,
    }
}

fn unknown(template: &Template<'_>, given: &ParameterOverrides, problems: &mut Diagnostics) {
    let strangers: Vec<_> = given
        .values
        .iter()
        .filter(|(name, value)| value.provenance != Provenance::Deployed && !template.parameters.contains(name))
        .collect();
    if strangers.is_empty() {
        return;
    }
    let names: Vec<&str> = strangers.iter().map(|(name, _)| name.as_str()).collect();
    let aws = format!("Parameters: [{}] do not exist in the template", names.join(", "));
    for (name, value) in strangers {
        let mut diagnostic =
            Diagnostic::error("unknown-parameter", format!("the template declares no parameter `{name}`")).as_aws_says(aws.clone());
        if let Some(span) = &value.span {
            diagnostic = diagnostic.at(&span.source, span.name, "");
        }
        if let Some(near) = nearest(name, template.parameters.iter().map(|entry| entry.name)) {
            diagnostic = diagnostic.hinted(format!("did you mean `{near}`?"));
        }
        problems.push(diagnostic);
    }
}

fn report_missing(template: &Template<'_>, missing: &[Declaration<'_>], problems: &mut Diagnostics) {
    let names: Vec<&str> = missing.iter().map(Declaration::name).collect();
    let aws = format!("Parameters: [{}] must have values", names.join(", "));
    for declaration in missing {
        let name = declaration.name();
        let what = if matches!(declaration.parameter_type, ParameterType::Ssm { .. }) { "the name of an SSM parameter" } else { "a value" };
        problems.push(
            Diagnostic::error("missing-parameter", format!("parameter `{name}` has no default and must be given {what}"))
                .at(template.source, declaration.entry.name_span, "")
                .as_aws_says(aws.clone())
                .hinted(format!("give it with `-p {name}=...` or in a parameter file")),
        );
    }
}
