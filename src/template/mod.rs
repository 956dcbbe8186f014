//! CloudFormation documents: reads and writes JSON and YAML as a tree with spans, recognises intrinsic functions and references, and edits
//! text in place.
//!
//! Takes a [`Source`] and returns a [`Document`] (any JSON or YAML) or a [`Template`] (its sections). Computing values is left to
//! [`evaluate`](crate::evaluate).

mod edit;
mod intrinsic;
mod json;
mod node;
mod nulls;
mod pointer;
mod references;
mod sections;
mod sub;
#[expect(clippy::module_inception, reason = "the file is named after the type")]
mod template;
mod transforms;
mod write_json;
mod yaml;

use rustc_hash::FxHashMap;

pub use edit::{EditError, Edits, Position, Style};
pub use intrinsic::Intrinsic;
pub(crate) use json::MAX_VALUES;
pub use node::{Arena, Kind, Member, Node};
pub(crate) use node::{KeyCache, LazyKeys};
pub use pointer::{parts as pointer_parts, pointed_span};
pub use references::{AttributeName, GetAtt, Reference, ReferenceVisitor, Sub, condition_name, depends_on};
pub(crate) use sections::section_rank;
pub use sub::{SubPart, sub_parts};
pub use template::{Entry, Section, Template};
pub(crate) use transforms::LANGUAGE_EXTENSIONS;
pub use write_json::write_json;
pub use yaml::{Functions, SHORT_FORMS, write_yaml};

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// The text form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML, with CloudFormation's short-form tags.
    Yaml,
}

/// A document of any content.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The text of the document.
    pub source: &'a Source,
    /// The text form.
    pub format: Format,
    /// The value.
    pub root: &'a Node<'a>,
    /// The first YAML alias or merge key. CloudFormation refuses these, so such a document is sent as JSON.
    pub alias: Option<Span>,
    /// Whether the document may contain `null`; `false` means that it does not.
    pub may_hold_null: bool,
    /// Numbers whose text CloudFormation's YAML parser changes.
    pub conversions: &'a [Conversion<'a>],
    /// Keys that YAML reads as another type than text.
    pub keys: &'a [TypedKey<'a>],
}

/// A number in YAML whose text CloudFormation's parser changes, such as `0755`.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'a> {
    /// The place of the scalar.
    pub span: Span,
    /// The kind of number, such as "an octal number".
    pub notation: &'static str,
    /// The text after the conversion.
    pub value: &'a str,
}

/// A key in YAML that is not text, such as `1` or `yes`. CloudFormation requires text.
#[derive(Clone, Copy, Debug)]
pub struct TypedKey<'a> {
    /// The place of the key.
    pub span: Span,
    /// The type and value of the key.
    pub kind: Kind<'a>,
}

impl<'a> Document<'a> {
    /// Reads JSON or YAML. The text is JSON if its first character other than whitespace is `{` or `[`, unless the name ends in `.yaml` or
    /// `.yml` and the text is YAML in flow style.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a syntax error, duplicate keys or too deep nesting.
    pub fn read(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let text = source.text().trim_start_matches('\u{feff}').trim_start();
        let named = |ending: &str| source.name().ends_with(ending);
        let is_yaml = named(".yaml") || named(".yml");
        if text.is_empty() && is_yaml {
            let problem = Diagnostic::error("yaml-syntax", "the document is empty").at(source, Span::new(0, 0), "");
            return Err(problem.hinted("a template is a mapping with at least `Resources`").into());
        }
        // For a `.json` file that starts with a comment, the JSON reader has the better message.
        if text.is_empty() || text.starts_with(['{', '[']) || named(".json") && text.starts_with('/') {
            match json::read(source, arena) {
                Ok(json::Read { root, holds_null }) => {
                    let (conversions, keys) = (&[], &[]);
                    return Ok(Self { source, format: Format::Json, root, alias: None, may_hold_null: holds_null, conversions, keys });
                }
                Err(problems) if !is_yaml => return Err(problems),
                Err(_) => {}
            }
        }
        Self::read_yaml(source, arena)
    }

    /// Reads JSON values that follow each other, such as one on each line.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a syntax error, duplicate keys or too deep nesting.
    pub fn read_json_values(source: &'a Source, arena: &'a Arena) -> Result<&'a [Node<'a>], Diagnostics> {
        json::read_values(source, arena)
    }

    fn read_yaml(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let yaml::Read { root, alias, conversions, keys } = yaml::read(source, arena)?;
        Ok(Self { source, format: Format::Yaml, root, alias, may_hold_null: true, conversions, keys })
    }
}

/// The hint for a document that exceeds a limit.
const SPLIT_IT: &str = "split the template, for example into nested stacks; CloudFormation accepts templates of at most 1 MB";

/// Maximum number of duplicate keys that are reported.
const MOST_DUPLICATES: usize = 100;

/// Reports duplicate keys among the members of one object, up to [`MOST_DUPLICATES`] in all.
fn report_duplicates(source: &Source, members: &[Member<'_>], problems: &mut Diagnostics) {
    if members.len() < 2 {
        return;
    }
    let mut report = |earlier: &Member<'_>, later: &Member<'_>| {
        if problems.0.len() >= MOST_DUPLICATES {
            return;
        }
        let line = source.line_column(earlier.key_span.start).line;
        problems.push(
            Diagnostic::error("duplicate-key", format!("duplicate key `{}`", later.key))
                .at(source, later.key_span, "again here")
                .at(source, earlier.key_span, "first here")
                .hinted(format!("CloudFormation uses only one of them; remove this one or the one in line {line}")),
        );
    };
    if members.len() <= 12 {
        for (index, member) in members.iter().enumerate() {
            if let Some(earlier) = members[..index].iter().find(|earlier| earlier.key == member.key) {
                report(earlier, member);
            }
        }
    } else {
        let mut seen = FxHashMap::with_capacity_and_hasher(members.len(), rustc_hash::FxBuildHasher);
        for member in members {
            if let Some(earlier) = seen.insert(member.key, member) {
                report(earlier, member);
            }
        }
    }
}
