//! A template: the sections of a document by name.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::node::{Arena, Node};
use super::transforms::{LANGUAGE_EXTENSIONS, transforms};
use super::{Conversion, Document};
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Source, Span};

/// A named entry of a section, such as a resource or an output.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The name, such as a logical ID or the name of a parameter.
    pub name: &'a str,
    /// The span of the name.
    pub name_span: Span,
    /// The declaration.
    pub body: &'a Node<'a>,
}

/// The entries of a section in the order of the document, with constant-time lookup by name.
#[derive(Clone, Debug, Default)]
pub struct Section<'a> {
    entries: Vec<Entry<'a>>,
    by_name: FxHashMap<&'a str, usize>,
}

impl<'a> Section<'a> {
    /// Returns the entry with this name.
    pub fn get(&self, name: &str) -> Option<&Entry<'a>> {
        self.by_name.get(name).map(|&index| &self.entries[index])
    }

    /// Returns the index of the entry with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns whether the section has an entry with this name.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Returns the entries in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry<'a>> {
        self.entries.iter()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the section has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn of(node: Option<&'a Node<'a>>) -> Self {
        let members = node.map(Node::members).unwrap_or_default();
        let mut section = Self {
            entries: Vec::with_capacity(members.len()),
            by_name: FxHashMap::with_capacity_and_hasher(members.len(), rustc_hash::FxBuildHasher),
        };
        for member in members {
            section.by_name.insert(member.key, section.entries.len());
            section.entries.push(Entry { name: member.key, name_span: member.key_span, body: &member.value });
        }
        section
    }
}

impl<'s, 'a> IntoIterator for &'s Section<'a> {
    type Item = &'s Entry<'a>;
    type IntoIter = std::slice::Iter<'s, Entry<'a>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Adds CloudFormation's message to syntax errors. It names only the format and the position, which in JSON is the one after the
/// unexpected character.
fn not_well_formed(mut problems: Diagnostics) -> Diagnostics {
    for problem in problems.0.iter_mut().filter(|problem| problem.aws_message.is_none()) {
        let (form, offset) = match problem.rule {
            "json-syntax" => ("JSON", 1),
            "yaml-syntax" => ("YAML", 0),
            _ => continue,
        };
        if let Some(position) = problem.labels.first().map(Label::start) {
            let (line, column) = (position.line, position.column + offset);
            problem.aws_message = Some(format!("Template format error: {form} not well-formed. (line {line}, column {column})"));
        }
    }
    problems
}

/// A template: the sections of one document.
///
/// The document is an object whose known sections are objects. Resources have a type and outputs a value, unless a macro may add them.
/// There is no `null` where CloudFormation refuses it. Other contents are checked where they are used.
#[derive(Debug)]
pub struct Template<'a> {
    /// The text of the template.
    pub source: &'a Source,
    /// The whole document.
    pub root: &'a Node<'a>,
    /// `Parameters`.
    pub parameters: Section<'a>,
    /// `Mappings`.
    pub mappings: Section<'a>,
    /// `Conditions`.
    pub conditions: Section<'a>,
    /// `Rules`.
    pub rules: Section<'a>,
    /// `Resources`; with the language extensions it may contain `Fn::ForEach::...` keys.
    pub resources: Section<'a>,
    /// `Outputs`.
    pub outputs: Section<'a>,
    /// Names in `Transform`, such as `AWS::LanguageExtensions`.
    pub transforms: Vec<&'a str>,
    /// The first YAML alias or merge key. CloudFormation refuses these, so such a template is sent as JSON.
    pub alias: Option<Span>,
    /// Numbers whose text CloudFormation's YAML parser changes.
    pub conversions: &'a [Conversion<'a>],
    /// Errors in the structure; only `Template::read_with_names` returns a template with any.
    pub(crate) shape: Diagnostics,
    /// The positions of the resources that are modules, found when a name is not declared.
    modules: OnceLock<Vec<usize>>,
}

/// Rules whose violation leaves all names of the template readable, so that evaluating it reports no false errors.
const RULES_THAT_KEEP_NAMES: [&str; 8] =
    ["null-value", "map-key", "resource-type", "resource-attribute", "output-value", "logical-id", "mapping-name", "format-version"];

impl<'a> Template<'a> {
    /// Reads a template from JSON or YAML.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a syntax error or the template an invalid structure.
    pub fn read(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        Self::from_document(&Document::read(source, arena).map_err(not_well_formed)?)
    }

    /// Reads a template with an invalid structure as far as possible, and returns it with its errors.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a syntax error or the document has no sections.
    pub fn read_in_part(source: &'a Source, arena: &'a Arena) -> Result<(Self, Diagnostics), Diagnostics> {
        let document = Document::read(source, arena).map_err(not_well_formed)?;
        let problems = super::sections::check(&document).err().unwrap_or_default();
        if document.root.members().is_empty() {
            return Err(problems);
        }
        Ok((Self::of(&document), problems))
    }

    /// Reads a template whose structure may have errors, and keeps these errors so that they are reported with those of an evaluation.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a syntax error, or if errors in the structure make names unreadable.
    pub(crate) fn read_with_names(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let (mut template, shape) = Self::read_in_part(source, arena)?;
        if !shape.0.iter().all(|problem| RULES_THAT_KEEP_NAMES.contains(&problem.rule)) {
            return Err(shape);
        }
        template.shape = shape;
        Ok(template)
    }

    /// Returns the same template as the contents of another source, or `None` if its text differs or has errors.
    ///
    /// Two templates are often equal, such as in the change of a parameter, and reading one takes longer than planning.
    pub(crate) fn with_source(&self, source: &'a Source) -> Option<Self> {
        (self.shape.0.is_empty() && self.source.text() == source.text()).then(|| Self {
            source,
            root: self.root,
            parameters: self.parameters.clone(),
            mappings: self.mappings.clone(),
            conditions: self.conditions.clone(),
            rules: self.rules.clone(),
            resources: self.resources.clone(),
            outputs: self.outputs.clone(),
            transforms: self.transforms.clone(),
            alias: self.alias,
            conversions: self.conversions,
            shape: Diagnostics::default(),
            modules: OnceLock::new(),
        })
    }

    /// Returns the template of a document.
    ///
    /// # Errors
    ///
    /// Returns an error if the structure of the sections is invalid.
    pub fn from_document(document: &Document<'a>) -> Result<Self, Diagnostics> {
        super::sections::check(document)?;
        Ok(Self::of(document))
    }

    fn of(document: &Document<'a>) -> Self {
        let root = document.root;
        Self {
            source: document.source,
            root,
            parameters: Section::of(root.get("Parameters")),
            mappings: Section::of(root.get("Mappings")),
            conditions: Section::of(root.get("Conditions")),
            rules: Section::of(root.get("Rules")),
            resources: Section::of(root.get("Resources")),
            outputs: Section::of(root.get("Outputs")),
            transforms: transforms(root),
            alias: document.alias,
            conversions: document.conversions,
            shape: Diagnostics::default(),
            modules: OnceLock::new(),
        }
    }

    /// Returns a warning for each number whose text CloudFormation's YAML parser changes.
    pub fn number_warnings(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.conversions.iter().map(|conversion| {
            let written = self.source.slice(conversion.span);
            let message = if written == conversion.value {
                format!("`{written}` is {}, which CloudFormation may drop", conversion.notation)
            } else {
                format!("`{written}` is {} in YAML 1.1, which CloudFormation reads as {}", conversion.notation, conversion.value)
            };
            Diagnostic::warning("yaml-number", message)
                .at(self.source, conversion.span, "")
                .hinted("put the value in quotes if it is text, such as an account ID or a time")
        })
    }

    /// Returns the module whose logical ID is a prefix of a name: `NetVpc` and `Net.Vpc` refer to `Vpc` in the module `Net`.
    ///
    /// The resources of a module are known only to the CloudFormation registry, so such a name may refer to a resource.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/module-ref-resources.html>
    pub fn module_of(&self, name: &str) -> Option<&Entry<'a>> {
        let entries = &self.resources.entries;
        let is_module = |entry: &Entry<'a>| entry.body.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("::MODULE"));
        let modules = self.modules.get_or_init(|| (0..entries.len()).filter(|index| is_module(&entries[*index])).collect());
        let mut modules = modules.iter().filter_map(|index| entries.get(*index));
        modules.find(|entry| name.strip_prefix(entry.name).is_some_and(|rest| !rest.is_empty()))
    }

    /// Returns whether a macro or an include at the top level may rewrite the whole template.
    pub fn is_rewritten(&self) -> bool {
        self.transforms.iter().any(|name| *name != LANGUAGE_EXTENSIONS) || self.root.get("Fn::Transform").is_some()
    }

    /// Returns whether a macro or an include may add entries to a section, so that a name that is not declared may exist.
    pub fn may_gain(&self, section: &str) -> bool {
        self.is_rewritten() || self.root.get(section).is_some_and(|section| section.get("Fn::Transform").is_some())
    }

    /// Returns whether the template's text contains a word, such as the name of a function: a fast check before a search for its use.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        memchr::memmem::find(self.source.text().as_bytes(), word.as_bytes()).is_some()
    }

    /// Returns whether the template has the `AWS::LanguageExtensions` transform.
    pub fn has_language_extensions(&self) -> bool {
        self.transforms.contains(&LANGUAGE_EXTENSIONS)
    }
}
