//! The CloudFormation document: its sections, by name, over the tree they were read from.

use rustc_hash::FxHashMap;

use super::Document;
use super::node::{Arena, Node};
use super::transforms::{LANGUAGE_EXTENSIONS, transforms};
use crate::diagnostic::{Diagnostics, Label, Source, Span};

/// One named entry of a section, such as one resource or one output.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its name: a logical ID, a parameter's name, ...
    pub name: &'a str,
    /// Where the name stands.
    pub name_span: Span,
    /// What it holds.
    pub body: &'a Node<'a>,
}

/// The entries of a section in the order of the document, found by name in constant time.
#[derive(Debug, Default)]
pub struct Section<'a> {
    entries: Vec<Entry<'a>>,
    by_name: FxHashMap<&'a str, usize>,
}

impl<'a> Section<'a> {
    /// Returns the entry of that name.
    pub fn get(&self, name: &str) -> Option<&Entry<'a>> {
        self.by_name.get(name).map(|&index| &self.entries[index])
    }

    /// Returns where the entry of that name stands in the section, from 0.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Tells whether the section has that name.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Returns the entries in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry<'a>> {
        self.entries.iter()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there are none.
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

/// Adds CloudFormation's words to problems of syntax: the form and the place alone, in JSON the one behind the character it cannot take.
fn not_well_formed(mut problems: Diagnostics) -> Diagnostics {
    for problem in problems.0.iter_mut().filter(|problem| problem.aws_message.is_none()) {
        let (form, behind) = match problem.rule {
            "json-syntax" => ("JSON", 1),
            "yaml-syntax" => ("YAML", 0),
            _ => continue,
        };
        if let Some(place) = problem.labels.first().map(Label::start) {
            let (line, column) = (place.line, place.column + behind);
            problem.aws_message = Some(format!("Template format error: {form} not well-formed. (line {line}, column {column})"));
        }
    }
    problems
}

/// A template: sections over one document.
///
/// Holding one means that the document is an object whose known sections are objects, that resources have a type and outputs a
/// value unless a macro may still give them one, and that no `null` is where CloudFormation refuses it;
/// everything deeper is checked where it is used.
#[derive(Debug)]
pub struct Template<'a> {
    /// The text it was read from.
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
    /// `Resources`; may hold `Fn::ForEach::...` keys when the language extensions are on.
    pub resources: Section<'a>,
    /// `Outputs`.
    pub outputs: Section<'a>,
    /// Names in `Transform`, such as `AWS::LanguageExtensions`.
    pub transforms: Vec<&'a str>,
    /// The first YAML alias or merge key, which CloudFormation itself refuses: such a template goes to it as JSON.
    pub alias: Option<Span>,
    /// What is wrong with its shape; only `Template::read_with_names` gives a template that has any.
    pub(crate) shape: Diagnostics,
}

/// What may be wrong with the shape of a template while its names still tell what they stand for, so that looking further finds no
/// mistake that is none.
const RULES_THAT_KEEP_NAMES: [&str; 7] =
    ["null-value", "resource-type", "resource-attribute", "output-value", "logical-id", "mapping-name", "format-version"];

impl<'a> Template<'a> {
    /// Reads a template from JSON or YAML.
    ///
    /// # Errors
    ///
    /// Returns every problem of syntax, or of the sections' shape.
    pub fn read(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        Self::from_document(&Document::read(source, arena).map_err(not_well_formed)?)
    }

    /// Reads as much of a template as can be looked at: a text whose sections are not all as they must be still has the others.
    ///
    /// # Errors
    ///
    /// Returns every problem of a text that is no document, or of a document that has no sections.
    pub fn read_in_part(source: &'a Source, arena: &'a Arena) -> Result<(Self, Diagnostics), Diagnostics> {
        let document = Document::read(source, arena).map_err(not_well_formed)?;
        let problems = super::sections::check(&document).err().unwrap_or_default();
        if document.root.members().is_empty() {
            return Err(problems);
        }
        Ok((Self::of(&document), problems))
    }

    /// Reads a template whose shape may be wrong here and there, and keeps what is, for telling it beside what an evaluation finds.
    ///
    /// # Errors
    ///
    /// Returns every problem of syntax, or of a shape that leaves names without what they stand for.
    pub(crate) fn read_with_names(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let (mut template, shape) = Self::read_in_part(source, arena)?;
        if !shape.0.iter().all(|problem| RULES_THAT_KEEP_NAMES.contains(&problem.rule)) {
            return Err(shape);
        }
        template.shape = shape;
        Ok(template)
    }

    /// Takes a document that was read already.
    ///
    /// # Errors
    ///
    /// Returns every problem of the sections' shape.
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
            shape: Diagnostics::default(),
        }
    }

    /// Returns the module that a name with its logical ID in front belongs to: `NetVpc` and `Net.Vpc` are what the module `Net` calls
    /// `Vpc`.
    ///
    /// What a module holds is known to the registry alone, so such a name may stand for a resource.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/module-ref-resources.html>
    pub fn module_of(&self, name: &str) -> Option<&Entry<'a>> {
        self.resources.iter().find(|entry| {
            let is_within = name.strip_prefix(entry.name).is_some_and(|rest| !rest.is_empty());
            is_within && entry.body.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("::MODULE"))
        })
    }

    /// Tells whether the `AWS::LanguageExtensions` transform is on.
    pub fn has_language_extensions(&self) -> bool {
        self.transforms.contains(&LANGUAGE_EXTENSIONS)
    }
}
