//! All parameters with their current values.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::constraints::{self, MAX_VALUE_BYTES};
use super::declaration::{Declaration, ParameterType};
use super::pattern::Patterns;
use super::{OverrideSpan, ParameterOverride, ParameterOverrides, Provenance};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secret::MASKED;
use crate::template::{Node, Template};
use crate::text::{MOST_SUGGESTIONS, did_you_mean};

/// A parameter with its current value.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    /// Its declaration.
    pub declaration: Declaration<'a>,
    /// The current value; `None` for a deployed `NoEcho` value, which CloudFormation does not return.
    pub value: Option<String>,
    /// The source of the value.
    pub provenance: Provenance,
    /// The position of a value from a file or from the command line.
    pub place: Option<OverrideSpan>,
}

impl Parameter<'_> {
    /// Returns the value for output: `****` for a `NoEcho` value, except a blank default, which everyone can read in the template.
    pub fn shown(&self) -> &str {
        match &self.value {
            Some(text) if text.is_empty() && self.provenance == Provenance::Default => text,
            _ if self.declaration.no_echo => MASKED,
            Some(text) => text,
            None => MASKED,
        }
    }
}

/// All declared parameters with their current values, in the order of the template.
#[derive(Clone, Debug, Default)]
pub struct ParameterSet<'a> {
    /// By name.
    pub parameters: IndexMap<&'a str, Parameter<'a>, FxBuildHasher>,
    /// Warnings, such as a pattern that only Java supports.
    pub warnings: Diagnostics,
}

impl<'a> ParameterSet<'a> {
    /// Resolves overrides and defaults, and checks the values against the template's declarations.
    ///
    /// A deployed value of a parameter that the template no longer declares is ignored.
    ///
    /// # Errors
    ///
    /// Returns all errors: invalid declarations, undeclared names, missing values and values that violate a constraint.
    pub fn resolve(template: &Template<'a>, overrides: &ParameterOverrides) -> Result<Self, Diagnostics> {
        Self::resolve_with(template, overrides, &mut Patterns::default())
    }

    /// As [`ParameterSet::resolve`], with patterns that were compiled for an earlier call.
    pub(crate) fn resolve_with(
        template: &Template<'a>,
        overrides: &ParameterOverrides,
        patterns: &mut Patterns,
    ) -> Result<Self, Diagnostics> {
        patterns.renew_budget();
        let (set, problems) = Self::resolve_partial_with(template, overrides, patterns);
        problems.into_result(set)
    }

    /// Resolves overrides and defaults as far as possible, and returns all errors as well. A parameter whose value is missing or not
    /// allowed has no value.
    ///
    /// For validation, which continues after an error; other callers use [`ParameterSet::resolve`].
    pub fn resolve_partial(template: &Template<'a>, overrides: &ParameterOverrides) -> (Self, Diagnostics) {
        Self::resolve_partial_with(template, overrides, &mut Patterns::default())
    }

    fn resolve_partial_with(template: &Template<'a>, overrides: &ParameterOverrides, patterns: &mut Patterns) -> (Self, Diagnostics) {
        let mut problems = Diagnostics::default();
        let mut set = Self::default();
        set.parameters.reserve(template.parameters.len());
        let mut missing = Vec::new();
        // An include in the section is no parameter, and may declare some.
        for entry in template.parameters.iter().filter(|entry| entry.name != "Fn::Transform") {
            let Some(declaration) = Declaration::read(template, entry, &mut problems) else {
                continue;
            };
            let override_value = overrides.values.get(entry.name);
            let (value, provenance) = match override_value {
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
            if let Some(span) = override_value.and_then(|value| value.span.as_ref()) {
                // Other values stay hidden in excerpts: an undeclared name may be that of a secret, misspelled.
                if declaration.no_echo { span.source.hide_for_good(span.value) } else { span.source.reveal(span.value) }
            }
            let known = problems.0.len();
            if let Some(text) = &value {
                let span = override_value.and_then(|value| value.span.as_ref());
                set.check(template, &declaration, Checkable { text, provenance, span }, patterns, &mut problems);
            }
            if provenance == Provenance::Secret && !declaration.no_echo {
                problems.push(not_secret(template, &declaration));
            }
            let value = value.filter(|_| problems.0.len() == known);
            let place = override_value.and_then(|value| value.span.clone());
            set.parameters.insert(entry.name, Parameter { declaration, value, provenance, place });
        }
        report_missing(template, &missing, &mut problems);
        report_unknown(template, overrides, &mut problems, &mut set.warnings);
        (set, problems)
    }

    /// Returns the parameter with this name.
    pub fn get(&self, name: &str) -> Option<&Parameter<'a>> {
        self.parameters.get(name)
    }

    /// Returns all non-empty `NoEcho` values, which must not occur in output.
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
        value: Checkable<'_>,
        patterns: &mut Patterns,
        problems: &mut Diagnostics,
    ) {
        let Checkable { text, provenance, span } = value;
        let (violations, unsupported) = constraints::check(declaration, text, patterns);
        let name = declaration.name();
        for violation in violations {
            let is_shown = !declaration.no_echo && text.len() <= MAX_VALUE_BYTES;
            let shown = if is_shown { format!(": `{text}`") } else { String::new() };
            let mut diagnostic = Diagnostic::error(violation.rule, format!("parameter `{name}` {}{shown}", violation.message));
            if let Some(span) = span {
                diagnostic = diagnostic.at(&span.source, span.value, "");
            }
            // The value's own position is enough for a template that exists only in memory, such as the deployed or the rendered one.
            if span.is_none() && !matches!(provenance, Provenance::Flag | Provenance::Secret) || template.source.is_file() {
                let label = if span.is_some() { "declared here" } else { "" };
                let span = if provenance == Provenance::Default {
                    declaration.entry.body.get("Default").map_or(declaration.entry.name_span, |node| node.span)
                } else {
                    declaration.entry.name_span
                };
                diagnostic = diagnostic.at(template.source, span, label);
            }
            diagnostic.aws_message = violation.aws_message;
            if let Some(hint) = violation.hint {
                diagnostic = diagnostic.hinted(hint);
            }
            problems.push(diagnostic);
        }
        if unsupported && let Some(pattern) = declaration.entry.body.get("AllowedPattern") {
            self.warnings.push(
                Diagnostic::warning("unreadable-pattern", format!("cannot check the AllowedPattern of parameter `{name}` offline")).at(
                    template.source,
                    pattern.span,
                    "uses syntax that only Java regular expressions support",
                ),
            );
        }
    }
}

/// A value to check, with its source.
#[derive(Clone, Copy)]
struct Checkable<'v> {
    text: &'v str,
    provenance: Provenance,
    span: Option<&'v OverrideSpan>,
}

/// A parameter that is not `NoEcho` is shown by CloudFormation, and in plans and logs.
fn not_secret(template: &Template<'_>, declaration: &Declaration<'_>) -> Diagnostic {
    let name = declaration.name();
    Diagnostic::error(
        "not-secret",
        format!("the value of `{name}` is given as a secret, but the parameter is not NoEcho, so it would be shown"),
    )
    .at(template.source, declaration.entry.name_span, "declared without `NoEcho: true`")
    .hinted("declare it with `NoEcho: true`, or give the value as that of any other parameter")
}

fn no_previous(name: &str, span: Option<&OverrideSpan>) -> Diagnostic {
    let diagnostic = Diagnostic::error("no-previous-value", format!("parameter `{name}` has no previous value to use")).with_aws_message(format!(
        "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
    ));
    match span {
        Some(span) => diagnostic.at(&span.source, span.value, ""),
        None => diagnostic,
    }
}

/// Returns the macro or include that may declare parameters. SAM and the other transforms of AWS do not.
fn declaring_macro<'a>(template: &Template<'a>) -> Option<&'a str> {
    let call =
        |node: Option<&'a Node<'a>>| node?.get("Fn::Transform").map(|call| call.get("Name").and_then(Node::as_str).unwrap_or("a macro"));
    let declared = template.transforms.iter().copied().find(|name| *name == "AWS::Include" || !name.starts_with("AWS::"));
    declared.or_else(|| call(Some(template.root))).or_else(|| call(template.root.get("Parameters")))
}

fn report_unknown(template: &Template<'_>, overrides: &ParameterOverrides, problems: &mut Diagnostics, warnings: &mut Diagnostics) {
    let unknown: Vec<_> = overrides
        .values
        .iter()
        .filter(|(name, value)| value.provenance != Provenance::Deployed && !template.parameters.contains(name))
        .collect();
    if unknown.is_empty() {
        return;
    }
    let supplier = declaring_macro(template);
    let names: Vec<&str> = unknown.iter().take(MOST_SUGGESTIONS).map(|(name, _)| name.as_str()).collect();
    let aws = format!("Parameters: [{}] do not exist in the template", names.join(", "));
    let list = if template.source.is_file() {
        format!("`rackform params {}` lists the parameters of the template", template.source.name())
    } else {
        "`rackform params` lists the parameters of the rack, `rackform params deployed` those of the deployed stack".to_owned()
    };
    for (index, (name, value)) in unknown.into_iter().enumerate() {
        let mut diagnostic = match supplier {
            None => Diagnostic::error("unknown-parameter", format!("unknown parameter `{name}`")).with_aws_message(aws.clone()),
            Some(supplier) => {
                Diagnostic::warning("unknown-parameter", format!("unknown parameter `{name}`, unless `{supplier}` declares it"))
            }
        };
        if let Some(span) = &value.span {
            diagnostic = diagnostic.at(&span.source, span.name, "");
        }
        let names = template.parameters.iter().map(|entry| entry.name);
        let suggestion = did_you_mean(name, names.filter(|_| index < MOST_SUGGESTIONS));
        let list_of = if supplier.is_some() { &mut *warnings } else { &mut *problems };
        list_of.push(diagnostic.hinted(suggestion.map_or_else(|| list.clone(), |suggestion| format!("{suggestion} {list}"))));
    }
}

fn report_missing(template: &Template<'_>, missing: &[Declaration<'_>], problems: &mut Diagnostics) {
    let names: Vec<&str> = missing.iter().take(MOST_SUGGESTIONS).map(Declaration::name).collect();
    let aws = format!("Parameters: [{}] must have values", names.join(", "));
    for declaration in missing {
        let name = declaration.name();
        let what = if matches!(declaration.parameter_type, ParameterType::Ssm { .. }) { "the name of an SSM parameter" } else { "a value" };
        problems.push(
            Diagnostic::error("missing-parameter", format!("parameter `{name}` has no default and requires {what}"))
                .at(template.source, declaration.entry.name_span, "")
                .with_aws_message(aws.clone())
                .hinted(format!("set `{name}=...` on the command line, in rack.yaml or in a parameter file")),
        );
    }
}
