//! Values that were given: flags, parameter files, the deployed stack.

use indexmap::IndexMap;

use super::Provenance;
use crate::template::{Arena, Diagnostic, Diagnostics, Document, Kind, Node, Source, Span};

/// Values that were given, before a template is asked what it declares.
///
/// Each keeps the node it was read from, when it came from a file, so that an error can point there.
#[derive(Clone, Debug, Default)]
pub struct ParameterOverrides {
    /// By name, in the order given; a later, stronger source has replaced a weaker one.
    pub values: IndexMap<String, ParameterOverride>,
}

/// One value that was given.
#[derive(Clone, Debug)]
pub struct ParameterOverride {
    /// The text; a list is joined with commas, a boolean is `true` or `false`. `None` is `UsePreviousValue`.
    pub text: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
    /// The span in a file.
    pub span: Option<OverrideSpan>,
}

/// Where a value stands in a file.
#[derive(Clone, Debug)]
pub struct OverrideSpan {
    /// The file.
    pub source: Source,
    /// The parameter's name.
    pub name: Span,
    /// Its value.
    pub value: Span,
}

impl ParameterOverrides {
    /// Returns a set without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; a stronger source replaces a weaker one, the later of two equals counts, and
    /// `UsePreviousValue` gives way to the deployed value, whichever comes first.
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

    /// Adds a flag of the form `Name=value`; the value may hold `=` and may be empty.
    ///
    /// # Errors
    ///
    /// Returns a problem when there is no `=` or no name before it.
    pub fn add_flag(&mut self, flag: &str) -> Result<(), Diagnostic> {
        match flag.split_once('=') {
            Some((name, text)) if !name.trim().is_empty() => {
                let value = ParameterOverride { text: Some(text.to_owned()), provenance: Provenance::Flag, span: None };
                self.add(name.trim(), value);
                Ok(())
            }
            _ => {
                // The text may be a secret whose name was forgotten, so it is not repeated.
                Err(Diagnostic::error("parameter-flag", "a parameter is given as `Name=value`")
                    .hinted("write, for example, `BuildCache=Yes`"))
            }
        }
    }

    /// Adds the flags of one command line; none of them may give a parameter that another gives.
    ///
    /// # Errors
    ///
    /// Returns every flag that is none, and every parameter that is given twice.
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
                // The values may be secrets, so they are counted rather than repeated.
                problems.push(
                    Diagnostic::error(
                        "duplicate-parameter",
                        format!("parameter `{name}` is given twice: number {} and number {} of the values given", earlier + 1, index + 1),
                    )
                    .hinted("only one can count; take one out"),
                );
            }
        }
        problems.into_result(())
    }

    /// Adds a deployed value; `None` is a `NoEcho` value that only the stack knows.
    pub fn add_deployed(&mut self, name: impl Into<String>, text: Option<String>) {
        self.add(name, ParameterOverride { text, provenance: Provenance::Deployed, span: None });
    }

    /// Adds the values of a parameter file.
    ///
    /// JSON or YAML, in one of these shapes: a plain map of names to strings, numbers, booleans or lists of them; the AWS CLI's
    /// `[{"ParameterKey", "ParameterValue", "UsePreviousValue"}]` or `["Name=value"]`; CodePipeline's `{"Parameters": {...}}`.
    ///
    /// # Errors
    ///
    /// Returns every problem of the file; a name that stands twice in a list is one.
    pub fn add_file(&mut self, source: &Source) -> Result<(), Diagnostics> {
        if source.text().trim_start_matches('\u{feff}').trim().is_empty() {
            let problem = Diagnostic::error("parameter-file", "the parameter file is empty").at(source, Span::new(0, 0), "");
            return Err(problem.hinted("write `Name: value` lines, or take the file out").into());
        }
        let arena = Arena::new();
        let document = Document::read(source, &arena)?;
        self.add_document(source, document.root)
    }

    /// Adds the values that a node holds in one of the shapes of [`ParameterOverrides::add_file`], such as the `parameters` of a `rack.yaml`.
    ///
    /// # Errors
    ///
    /// Returns every problem of the node.
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
                format!("parameters must be a map or a list, and this is {}", root.kind_name()),
                "write `Name: value` lines, or the AWS CLI's list of `ParameterKey` and `ParameterValue`",
            ),
        }
        let File { problems, read, .. } = file;
        let read = problems.into_result(read)?;
        for (name, value) in read {
            self.add(name, value);
        }
        Ok(())
    }
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
                Some((name, value)) if !name.is_empty() => self.keep(name, Some(value.to_owned()), item.span, item.span),
                _ => self.problem(item.span, "expected `Name=value`".to_owned(), "write the parameter's name, `=` and its value"),
            }
            return;
        }
        let Some((key, key_span)) = item.get("ParameterKey").and_then(|node| Some((node.as_str()?, node.span))) else {
            self.problem(
                item.span,
                "expected an object with `ParameterKey` and `ParameterValue`".to_owned(),
                "this is the AWS CLI's form; a plain map of names to values does as well",
            );
            return;
        };
        let previous = item.get("UsePreviousValue").and_then(Node::scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        match item.get("ParameterValue") {
            Some(_) if previous => self.problem(
                item.span,
                format!("parameter `{key}` has both `ParameterValue` and `UsePreviousValue`"),
                "keep one of the two",
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
        let text = match node.kind {
            Kind::Array(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(|item| self.written(item)).collect();
                texts.map(|texts| texts.join(","))
            }
            _ => self.written(node).map(str::to_owned),
        };
        match text {
            Some(text) => self.keep(name, Some(text), name_span, node.span),
            None => self.problem(
                node.span,
                format!("the value of parameter `{name}` must be a string, number, boolean or a list of them, and is {}", node.kind_name()),
                "parameters are text to CloudFormation; put JSON in quotes",
            ),
        }
    }

    /// Returns a scalar as it was written: an unquoted `Yes` in YAML is the text `Yes`, though YAML reads a boolean there.
    fn written<'n>(&'n self, node: &Node<'n>) -> Option<&'n str> {
        match node.kind {
            Kind::Bool(_) | Kind::Number(_) => Some(self.source.slice(node.span).trim()),
            _ => node.as_str(),
        }
    }

    fn keep(&mut self, name: &str, text: Option<String>, name_span: Span, span: Span) {
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
                    .at(self.source, span, "again here")
                    .at(&source, earlier, "first here")
                    .hinted("only one can count; take one out"),
            );
        }
    }
}
