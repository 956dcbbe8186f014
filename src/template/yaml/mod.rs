//! Reads YAML into the same tree as JSON.
//!
//! Takes the events of `saphyr-parser` and returns nodes with spans. Short forms become objects ([`short_form`]), plain scalars are read as
//! YAML 1.1 ([`resolve`]), and aliases and merge keys are expanded ([`insert`]). [`problem`] words syntax errors.
//! [`Document::alias`](super::Document::alias) is the first alias or merge key, since CloudFormation refuses them.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>

mod insert;
mod position;
mod problem;
mod resolve;
mod short_form;
mod write;

pub use short_form::SHORT_FORMS;
pub use write::{Functions, write_yaml};

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::json::MAX_DEPTH;
use super::node::{Arena, Kind, Member, Node};
use super::{Conversion, TypedKey};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use position::Offsets;
use resolve::Plain;
use short_form::Function;

/// The result of reading a YAML text.
pub(super) struct Read<'a> {
    /// The value.
    pub root: &'a Node<'a>,
    /// The first alias or merge key.
    pub alias: Option<Span>,
    /// Numbers whose text changes.
    pub conversions: &'a [Conversion<'a>],
    /// Keys that are not text.
    pub keys: &'a [TypedKey<'a>],
}

/// Reads `source` as one YAML document.
///
/// # Errors
///
/// Returns an error with the first syntax error, and every duplicate key and unknown tag before it.
pub(super) fn read<'a>(source: &'a Source, arena: &'a Arena) -> Result<Read<'a>, Diagnostics> {
    let mut reader = Reader {
        source,
        arena,
        offsets: Offsets::new(source.text()),
        frames: Vec::new(),
        depth: 0,
        nodes: Vec::new(),
        members: Vec::new(),
        anchors: FxHashMap::default(),
        expanded: 0,
        expanded_bytes: 0,
        values: 0,
        alias: None,
        last_end: 0,
        root: None,
        conversions: Vec::new(),
        keys: Vec::new(),
        problems: Diagnostics::default(),
    };
    let outcome = reader.document();
    if let Err(problem) = outcome {
        reader.problems.push(*problem);
    }
    let Reader { root, alias, mut problems, conversions, keys, .. } = reader;
    match root {
        Some(root) => {
            let (conversions, keys) = (arena.slice(&conversions), arena.slice(&keys));
            problems.into_result(Read { root: arena.alloc(root), alias, conversions, keys })
        }
        None => {
            if !problems.has_errors() {
                problems.push(
                    Diagnostic::error("yaml-syntax", "the document is empty")
                        .at(source, problem::last_character(source.text()), "")
                        .hinted("a template has at least `Resources:` with one resource"),
                );
            }
            Err(problems)
        }
    }
}

type Outcome<T> = Result<T, Box<Diagnostic>>;

/// A value with its size and height, which its containers add up.
#[derive(Clone, Copy)]
struct Value<'a> {
    node: Node<'a>,
    /// The number of values in it, including itself, with aliases expanded.
    size: usize,
    /// The nesting depth; 0 for a scalar.
    height: usize,
    /// The bytes of its keys and texts, with aliases expanded.
    bytes: usize,
}

/// A key whose value has not been read yet.
#[derive(Clone, Copy)]
struct Key<'a> {
    text: &'a str,
    span: Span,
    is_merge: bool,
}

/// An open mapping or sequence.
struct Frame<'a> {
    is_mapping: bool,
    /// The opening bracket, in flow style.
    bracket: Option<Span>,
    start: u32,
    content_start: u32,
    end: u32,
    function: Option<Function<'a>>,
    anchor: usize,
    /// The index of its first item or member in the reader's lists.
    first: usize,
    key: Option<Key<'a>>,
    merged: Vec<Node<'a>>,
    size: usize,
    height: usize,
    bytes: usize,
}

struct Reader<'a> {
    source: &'a Source,
    arena: &'a Arena,
    offsets: Offsets<'a>,
    frames: Vec<Frame<'a>>,
    /// The nesting depth of the open frames, including the objects of short forms.
    depth: usize,
    nodes: Vec<Node<'a>>,
    members: Vec<Member<'a>>,
    anchors: FxHashMap<usize, Value<'a>>,
    expanded: usize,
    /// The bytes of texts that aliases added.
    expanded_bytes: usize,
    /// The number of values read so far.
    values: usize,
    alias: Option<Span>,
    /// The end of the previous scalar.
    last_end: u32,
    root: Option<Node<'a>>,
    conversions: Vec<Conversion<'a>>,
    keys: Vec<TypedKey<'a>>,
    problems: Diagnostics,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Outcome<()> {
        let mut parser = Parser::new_from_str(self.offsets.body());
        let mut documents = 0;
        while let Some(event) = parser.next_event() {
            let (event, event_span) = match event {
                Ok(event) => event,
                Err(error) => {
                    let at = self.offsets.byte(error.marker().index());
                    let opened = self.frames.last().and_then(|frame| frame.bracket);
                    return Err(Box::new(problem::syntax(self.source, &error, at as usize, opened)));
                }
            };
            let start = self.offsets.byte(event_span.start.index());
            let event_span = Span { start, end: self.offsets.byte(event_span.end.index()).max(start) };
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.problem(
                            "several-documents",
                            "a second document starts here",
                            event_span,
                            "a template is a single document; move the other documents to separate files",
                        ));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), event_span)?,
                Event::SequenceStart(anchor, tag) => self.open(false, anchor, tag.as_deref(), event_span)?,
                Event::MappingStart(anchor, tag) => self.open(true, anchor, tag.as_deref(), event_span)?,
                Event::SequenceEnd | Event::MappingEnd => self.close(event_span)?,
                Event::Alias(anchor) => self.expand(anchor, event_span)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn scalar(&mut self, text: Cow<'a, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, event_span: Span) -> Outcome<()> {
        let text: &'a str = match text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.arena.str(&text),
        };
        let has_properties = tag.is_some() || anchor != 0;
        let (tag_span, content_start) =
            if has_properties { position::properties(self.source, event_span.start, event_span.end) } else { (None, event_span.start) };
        let mut span = Span { start: content_start, end: event_span.end };
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => span = position::block_scalar(self.source, span, has_properties, self.last_end),
            ScalarStyle::Plain if text.is_empty() => {
                let after = if self.source.text().as_bytes().get(event_span.end as usize) == Some(&b':') { 1 } else { 0 };
                let at = event_span.end + if has_properties { 0 } else { after };
                span = Span { start: at, end: at };
            }
            _ => {}
        }
        self.last_end = span.end;
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_mapping && frame.key.is_none()) {
            let is_merge = text == "<<" && style == ScalarStyle::Plain;
            frame.key = Some(Key { text, span, is_merge });
            frame.bytes = frame.bytes.saturating_add(text.len());
            frame.end = frame.end.max(span.end);
            if anchor != 0 {
                self.anchors.insert(anchor, Value { node: Node { span, kind: Kind::String(text) }, size: 1, height: 0, bytes: text.len() });
            }
            if let Some(tag) = tag.filter(|tag| !short_form::is_text(tag)) {
                return Err(self.problem(
                    "yaml-syntax",
                    format!("a key has the tag `{tag}`"),
                    tag_span.unwrap_or(span),
                    "remove the tag; keys are plain text",
                ));
            }
            if is_merge {
                self.alias.get_or_insert(span);
            } else if style == ScalarStyle::Plain && tag.is_none() {
                match resolve::plain(text) {
                    Plain::Text => {}
                    resolved => {
                        let kind = self.kind(resolved, text);
                        self.keys.push(TypedKey { span, kind });
                    }
                }
            }
            return Ok(());
        }
        let (function, kind) = match tag {
            None if style == ScalarStyle::Plain => (None, self.plain(text, span)),
            None => (None, Kind::String(text)),
            Some(tag) if tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "int" | "float" | "bool" | "null") => {
                (None, self.kind(resolve::tagged(text), text))
            }
            Some(tag) => {
                (short_form::function(tag, tag_span.unwrap_or(span), self.source, self.arena, &mut self.problems), Kind::String(text))
            }
        };
        let node = Node { span, kind };
        let whole = Span { start: event_span.start, end: span.end };
        let value = short_form::call(function, Value { node, size: 1, height: 0, bytes: text.len() }, whole, self.source, self.arena);
        self.insert(value, anchor)
    }

    /// Returns the value of a plain scalar, and records a number whose text changes.
    fn plain(&mut self, text: &'a str, span: Span) -> Kind<'a> {
        let kind = self.kind(resolve::plain(text), text);
        if let Kind::Number(value) = kind
            && let Some(notation) = resolve::notation(text, value)
        {
            self.conversions.push(Conversion { span, notation, value });
        }
        kind
    }

    fn kind(&self, resolved: Plain<'a>, text: &'a str) -> Kind<'a> {
        match resolved {
            Plain::Null => Kind::Null,
            Plain::Bool(value) => Kind::Bool(value),
            Plain::Number(Cow::Borrowed(number)) => Kind::Number(number),
            Plain::Number(Cow::Owned(number)) => Kind::Number(self.arena.str(&number)),
            Plain::Text => Kind::String(text),
        }
    }

    fn open(&mut self, is_mapping: bool, anchor: usize, tag: Option<&Tag>, event_span: Span) -> Outcome<()> {
        if let Some(frame) = self.frames.last().filter(|frame| frame.is_mapping && frame.key.is_none()) {
            let event_span = self.source.first_character(event_span);
            let message = format!("a key must be text, not {}", if is_mapping { "a mapping" } else { "a list" });
            let hint = "text such as `{{name}}` and `[name]` requires quotes";
            let mut problem = self.problem("yaml-syntax", message, event_span, hint);
            if let Some(bracket) = frame.bracket {
                *problem = problem.at(self.source, bracket, "in the mapping opened here");
            }
            return Err(problem);
        }
        let text = self.source.text();
        let bracket = self.source.slice(event_span).ends_with(['[', '{']).then(|| Span { start: event_span.end - 1, end: event_span.end });
        let mut start = event_span.start;
        if !is_mapping && bracket.is_none() && tag.is_none() && anchor == 0 && text.as_bytes().get(start as usize) != Some(&b'-') {
            // The parser reports a list that is not indented below its key from its first item on.
            let before = text[..start as usize].trim_end_matches([' ', '\t']);
            if before.ends_with('-') {
                start = u32::try_from(before.len() - 1).unwrap_or(start);
            }
        }
        let (tag_span, content_start) = if tag.is_some() || anchor != 0 {
            position::properties(self.source, start, u32::try_from(text.len()).unwrap_or(u32::MAX))
        } else {
            (None, start)
        };
        let function =
            tag.and_then(|tag| short_form::function(tag, tag_span.unwrap_or(event_span), self.source, self.arena, &mut self.problems));
        self.depth += 1 + usize::from(function.is_some());
        self.check_depth(0, self.source.first_character(Span { start: content_start, end: content_start }))?;
        self.frames.push(Frame {
            is_mapping,
            bracket,
            start,
            content_start,
            end: bracket.map_or(content_start, |bracket| bracket.end),
            function,
            anchor,
            first: if is_mapping { self.members.len() } else { self.nodes.len() },
            key: None,
            merged: Vec::new(),
            size: 1,
            height: 0,
            bytes: 0,
        });
        Ok(())
    }

    fn close(&mut self, event_span: Span) -> Outcome<()> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        self.depth -= 1 + usize::from(frame.function.is_some());
        let end = if frame.bracket.is_some() { frame.end.max(event_span.end) } else { frame.end };
        let span = Span { start: frame.content_start, end };
        let kind = if frame.is_mapping {
            super::report_duplicates(self.source, &self.members[frame.first..], &mut self.problems);
            self.merge(&frame);
            let members = self.arena.slice(&self.members[frame.first..]);
            self.members.truncate(frame.first);
            Kind::Object(members)
        } else {
            let items = self.arena.slice(&self.nodes[frame.first..]);
            self.nodes.truncate(frame.first);
            Kind::Array(items)
        };
        self.last_end = end;
        let value = Value { node: Node { span, kind }, size: frame.size, height: frame.height + 1, bytes: frame.bytes };
        let value = short_form::call(frame.function, value, Span { start: frame.start, end }, self.source, self.arena);
        self.insert(value, frame.anchor)
    }

    fn check_depth(&self, height: usize, event_span: Span) -> Outcome<()> {
        if self.depth + height > MAX_DEPTH {
            return Err(self.problem("yaml-syntax", format!("nested deeper than {MAX_DEPTH} levels"), event_span, "check the indentation"));
        }
        Ok(())
    }

    fn problem(&self, rule: &'static str, message: impl Into<String>, event_span: Span, hint: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(rule, message).at(self.source, event_span, "").hinted(hint))
    }
}
