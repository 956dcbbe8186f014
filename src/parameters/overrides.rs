//! Parameter values from the command line, parameter files and the deployed stack.

use indexmap::IndexMap;

use super::Provenance;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::secret::MASKED;
use crate::template::{Arena, Document, Kind, Member, Node};

/// Values that override the defaults of a template, before they are matched with its declarations.
///
/// A value from a file has its position there for error messages.
#[derive(Clone, Debug, Default)]
pub struct ParameterOverrides {
    /// Values by name. A source with higher precedence has replaced one with lower precedence.
    pub values: IndexMap<String, ParameterOverride>,
}

/// One value.
#[derive(Clone, Debug)]
pub struct ParameterOverride {
    /// The value as a string: a list is joined with commas, a boolean is `true` or `false`. `None` means `UsePreviousValue`.
    pub text: Option<String>,
    /// Its source.
    pub provenance: Provenance,
    /// Its position, for a value from a file or from the command line.
    pub span: Option<OverrideSpan>,
}

/// The position of a value in a file or in an argument. Excerpts show the value only if its declaration is known and not `NoEcho`.
#[derive(Clone, Debug)]
pub struct OverrideSpan {
    /// The file, or the argument `Name=value`.
    pub source: Source,
    /// The span of the parameter's name.
    pub name: Span,
    /// The span of the value.
    pub value: Span,
}

impl OverrideSpan {
    /// Returns the position of a value in the argument `Name=value`.
    fn of_argument(argument: &str, name: &str) -> Self {
        let indent = argument.len() - argument.trim_start().len();
        let value = argument.find('=').map_or(argument.len(), |equals| equals + 1);
        let source = Source::new("command line", argument);
        let value = Span::new(value, argument.len());
        source.hide(value);
        Self { source, name: Span::new(indent, indent + name.len()), value }
    }
}

impl ParameterOverrides {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. It replaces a value whose source has lower or equal precedence. The deployed value always replaces
    /// `UsePreviousValue`.
    pub fn add(&mut self, name: impl Into<String>, value: ParameterOverride) {
        match self.values.entry(name.into()) {
            indexmap::map::Entry::Vacant(slot) => {
                slot.insert(value);
            }
            indexmap::map::Entry::Occupied(mut slot) => {
                let old = slot.get();
                let keeps_previous = |one: &ParameterOverride| one.text.is_none() && one.provenance != Provenance::Deployed;
                let replaces = if keeps_previous(&value) {
                    old.provenance != Provenance::Deployed && old.provenance <= value.provenance
                } else if keeps_previous(old) && value.provenance == Provenance::Deployed {
                    true
                } else {
                    old.provenance <= value.provenance
                };
                if replaces {
                    slot.insert(value);
                }
            }
        }
    }

    /// Adds a command line value of the form `Name=value`; the value can contain `=` and can be empty.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no `=` or no name before it.
    pub fn add_flag(&mut self, flag: &str) -> Result<(), Diagnostic> {
        match flag.split_once('=') {
            Some((name, text)) if !name.trim().is_empty() => {
                let name = name.trim();
                let span = Some(OverrideSpan::of_argument(flag, name));
                self.add(name, ParameterOverride { text: Some(text.to_owned()), provenance: Provenance::Flag, span });
                Ok(())
            }
            _ => {
                // Without a name the text may be a secret value, so the message does not contain it.
                Err(Diagnostic::error("parameter-flag", "a parameter must have the form `Name=value`")
                    .hinted("for example `BuildCache=Yes`"))
            }
        }
    }

    /// Adds the values of one command line; a parameter can occur only once.
    ///
    /// # Errors
    ///
    /// Returns an error for every malformed value and every duplicate parameter.
    pub fn add_flags(&mut self, flags: &[String]) -> Result<(), Diagnostics> {
        let mut problems = Diagnostics::default();
        let mut seen: IndexMap<&str, usize> = IndexMap::new();
        for (index, flag) in flags.iter().enumerate() {
            if let Err(problem) = self.add_flag(flag) {
                problems.push(problem);
                continue;
            }
            let name = flag.split_once('=').map_or("", |(name, _)| name.trim());
            if let Some(earlier) = seen.insert(name, index) {
                // The values may be secrets, so the message contains their positions.
                problems.push(
                    Diagnostic::error(
                        "duplicate-parameter",
                        format!("parameter `{name}` is given twice, as value {} and value {}", earlier + 1, index + 1),
                    )
                    .hinted("remove one of the two values"),
                );
            }
        }
        problems.into_result(())
    }

    /// Adds a deployed value; `None` is a `NoEcho` value, which CloudFormation does not return.
    pub fn add_deployed(&mut self, name: impl Into<String>, text: Option<String>) {
        self.add(name, ParameterOverride { text, provenance: Provenance::Deployed, span: None });
    }

    /// Adds the values of a parameter file.
    ///
    /// The file is JSON or YAML in one of these forms: a plain map of names to strings, numbers, booleans or lists of them; the AWS CLI's
    /// `[{"ParameterKey", "ParameterValue", "UsePreviousValue"}]` or `["Name=value"]`; CodePipeline's `{"Parameters": {...}}`.
    ///
    /// # Errors
    ///
    /// Returns all errors of the file, including duplicate names in a list.
    pub fn add_file(&mut self, source: &Source) -> Result<(), Diagnostics> {
        if source.text().trim_start_matches('\u{feff}').trim().is_empty() {
            let problem = Diagnostic::error("parameter-file", "the parameter file is empty").at(source, Span::new(0, 0), "");
            return Err(problem.hinted("add lines of the form `Name: value`, or remove the file").into());
        }
        let arena = Arena::new();
        let document = Document::read(source, &arena).map_err(|problems| without_values(source, problems))?;
        self.add_document(source, document.root)
    }

    /// Adds the values of a node in one of the forms of [`ParameterOverrides::add_file`], such as the `parameters` of a `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns all errors of the node.
    pub fn add_document(&mut self, source: &Source, root: &Node<'_>) -> Result<(), Diagnostics> {
        let mut file = File { source, problems: Diagnostics::default(), read: IndexMap::new() };
        match root.kind {
            Kind::Object(members) => match root.get("Parameters") {
                Some(inner) if matches!(inner.kind, Kind::Object(_)) && is_code_pipeline(root) => file.map(inner),
                _ if members.is_empty() => {}
                _ => file.map(root),
            },
            Kind::Array(items) => {
                for item in items {
                    file.item(item);
                }
            }
            Kind::Null => {}
            _ => file.problem(
                root.span,
                format!("parameters must be a map or a list, not {}", root.kind_name()),
                "use lines of the form `Name: value`, or the AWS CLI's list of `ParameterKey` and `ParameterValue`",
            ),
        }
        let File { problems, read, .. } = file;
        let read = problems.into_result(read)?;
        for (name, value) in read {
            self.add(name, value);
        }
        Ok(())
    }

    /// Returns whether a node can be the value of a parameter: a scalar or a list of scalars.
    pub fn is_value(node: &Node<'_>) -> bool {
        let is_scalar = |node: &Node<'_>| node.scalar().is_some();
        match node.kind {
            Kind::Array(items) => items.iter().all(is_scalar),
            _ => is_scalar(node),
        }
    }

    /// Adds the value of a member, for which [`ParameterOverrides::is_value`] is true; ignores another one.
    pub(crate) fn add_member(&mut self, source: &Source, member: &Member<'_>, with_position: bool) {
        let text = match member.value.kind {
            Kind::Array(items) => items.iter().map(|item| written(source, item)).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
            _ => written(source, &member.value).map(str::to_owned),
        };
        let position = || OverrideSpan { source: source.clone(), name: member.key_span, value: member.value.span };
        if text.is_some() {
            self.add(member.key, ParameterOverride { text, provenance: Provenance::File, span: with_position.then(position) });
        }
    }
}

/// Returns the source text of a scalar: an unquoted `Yes` in YAML is the string `Yes`, although YAML parses it as a boolean.
fn written<'n>(source: &'n Source, node: &Node<'n>) -> Option<&'n str> {
    match node.kind {
        Kind::Bool(_) | Kind::Number(_) => Some(source.slice(node.span).trim()),
        _ => node.as_str(),
    }
}

/// Removes what may be a value from the errors of a document that cannot be read, and hides its values in excerpts.
pub(crate) fn without_values(source: &Source, mut problems: Diagnostics) -> Diagnostics {
    source.hide_values();
    for problem in &mut problems.0 {
        // Syntax errors quote the character that they found.
        let found = problem.message.split_once("found `").map(|(before, rest)| (before.len() + "found `".len(), rest.chars().next()));
        if let Some((at, Some(character))) = found.filter(|(_, character)| character.is_some_and(char::is_alphanumeric)) {
            problem.message.replace_range(at..at + character.len_utf8(), MASKED);
        }
    }
    problems
}

fn is_code_pipeline(root: &Node<'_>) -> bool {
    root.members().iter().all(|member| matches!(member.key, "Parameters" | "Tags" | "StackPolicy"))
}

struct File<'s> {
    source: &'s Source,
    problems: Diagnostics,
    read: IndexMap<String, ParameterOverride>,
}

impl File<'_> {
    fn problem(&mut self, span: Span, message: String, hint: &str) {
        let diagnostic = Diagnostic::error("parameter-file", message).at(self.source, span, "").hinted(hint);
        self.problems.push(diagnostic);
    }

    fn map(&mut self, node: &Node<'_>) {
        for member in node.members() {
            self.value(member.key, member.key_span, &member.value);
        }
    }

    fn item(&mut self, item: &Node<'_>) {
        if let Some(text) = item.as_str() {
            match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    // The span includes quotes, so the value starts behind the first `=` in it.
                    let start = item.span.start as usize + self.source.slice(item.span).find('=').map_or(0, |equals| equals + 1);
                    self.keep(name, Some(value.to_owned()), item.span, Span::new(start, item.span.end as usize));
                }
                _ => {
                    self.source.hide(item.span);
                    self.problem(item.span, "expected `Name=value`".to_owned(), "use the parameter's name, `=` and its value");
                }
            }
            return;
        }
        if let Some(value) = item.get("ParameterValue") {
            self.source.hide(value.span);
        }
        let Some((key, key_span)) = item.get("ParameterKey").and_then(|node| Some((node.as_str()?, node.span))) else {
            self.problem(
                item.span,
                "expected an object with `ParameterKey` and `ParameterValue`".to_owned(),
                "a list requires the AWS CLI's form; a map of names to values is also supported",
            );
            return;
        };
        let previous = item.get("UsePreviousValue").and_then(Node::scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        match item.get("ParameterValue") {
            Some(_) if previous => self.problem(
                item.span,
                format!("parameter `{key}` has both `ParameterValue` and `UsePreviousValue`"),
                "remove one of the two",
            ),
            Some(value) => self.value(key, key_span, value),
            None if previous => self.keep(key, None, key_span, item.span),
            None => self.problem(
                item.span,
                format!("parameter `{key}` has neither `ParameterValue` nor `UsePreviousValue`"),
                "add `ParameterValue`",
            ),
        }
    }

    fn value(&mut self, name: &str, name_span: Span, node: &Node<'_>) {
        self.source.hide(node.span);
        let text = match node.kind {
            Kind::Array(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(|item| written(self.source, item)).collect();
                texts.map(|texts| texts.join(","))
            }
            _ => written(self.source, node).map(str::to_owned),
        };
        match text {
            Some(text) => self.keep(name, Some(text), name_span, node.span),
            None => self.problem(
                node.span,
                format!("the value of parameter `{name}` must be a string, number, boolean or a list of them, not {}", node.kind_name()),
                "CloudFormation parameters are strings; put JSON in quotes",
            ),
        }
    }

    fn keep(&mut self, name: &str, text: Option<String>, name_span: Span, span: Span) {
        if text.is_some() {
            self.source.hide(span);
        }
        let value = ParameterOverride {
            text,
            provenance: Provenance::File,
            span: Some(OverrideSpan { source: self.source.clone(), name: name_span, value: span }),
        };
        if let Some(earlier) = self.read.insert(name.to_owned(), value)
            && let Some(OverrideSpan { source, value: earlier, .. }) = earlier.span
        {
            self.problems.push(
                Diagnostic::error("duplicate-parameter", format!("parameter `{name}` is given twice"))
                    .at(self.source, span, "duplicate")
                    .at(&source, earlier, "first value")
                    .hinted("remove one of the two values"),
            );
        }
    }
}
