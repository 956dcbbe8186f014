//! Text edits that keep all other bytes unchanged.

use std::borrow::Cow;

use super::node::{Kind, Node};
use crate::diagnostic::{Source, Span};

/// The layout of a text, which added text follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// One level of indentation, or `None` if the document is on one line.
    pub indent: Option<String>,
    /// `"\n"` or `"\r\n"`, whichever ends more lines.
    pub newline: &'static str,
    /// Whether the last line ends with a newline.
    pub trailing_newline: bool,
    /// Whether the text starts with a byte order mark.
    pub bom: bool,
}

impl Style {
    /// Returns a layout with two spaces per level and a final newline.
    pub fn pretty() -> Self {
        Self { indent: Some("  ".to_owned()), newline: "\n", trailing_newline: true, bom: false }
    }

    /// Returns a layout without optional whitespace.
    pub fn minified() -> Self {
        Self { indent: None, newline: "\n", trailing_newline: false, bom: false }
    }

    /// Detects the layout of a text from its first 2,000 lines.
    ///
    /// The unit of indentation is the most frequent increase, or the smaller one of two equally frequent ones.
    pub fn detect(source: &Source) -> Self {
        let text = source.text();
        let ended = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let with_return = memchr::memmem::find_iter(text.as_bytes(), "\r\n").count();
        let bom = text.starts_with('\u{feff}');
        let body = if bom { &text['\u{feff}'.len_utf8()..] } else { text };
        let mut steps: Vec<(&str, usize)> = Vec::new();
        let mut previous = "";
        for line in body.lines().take(2000) {
            let indent = leading_blanks(line);
            if indent.len() == line.len() {
                continue;
            }
            if let Some(step) = indent.strip_prefix(previous).filter(|step| !step.is_empty()) {
                match steps.iter_mut().find(|(known, _)| *known == step) {
                    Some((_, count)) => *count += 1,
                    None => steps.push((step, 1)),
                }
            }
            previous = indent;
        }
        let unit = steps.into_iter().max_by_key(|(step, count)| (*count, std::cmp::Reverse(step.len()))).map(|(step, _)| step);
        let on_one_line = !body.trim_end().contains('\n');
        Self {
            indent: if on_one_line { None } else { Some(unit.unwrap_or("  ").to_owned()) },
            newline: if with_return * 2 > ended { "\r\n" } else { "\n" },
            trailing_newline: text.ends_with('\n'),
            bom,
        }
    }
}

/// The position of new children in an object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position<'k> {
    /// Before all others.
    First,
    /// After all others.
    Last,
    /// Before the member with this key, or after all others if there is none.
    Before(&'k str),
    /// After the member with this key, or after all others if there is none.
    After(&'k str),
    /// Before the child with this index, or after all others if there are fewer children.
    At(usize),
}

/// The reason why edits cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits overlap.
    #[error("two edits overlap: bytes {}..{} and {}..{}", first.start, first.end, second.start, second.end)]
    Overlap {
        /// The edit that starts first.
        first: Span,
        /// The edit that overlaps it.
        second: Span,
    },
    /// An edit ends after the end of the text, or starts or ends inside a character.
    #[error("an edit is outside the text: bytes {}..{}", .0.start, .0.end)]
    Outside(Span),
}

/// Changes to one text, applied together.
///
/// Insertions at one offset keep the order in which they were added, and precede a replacement that starts there.
#[derive(Clone, Debug, Default)]
pub struct Edits(Vec<(Span, String)>);

impl Edits {
    /// Returns no edits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether there are no edits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Inserts `text` before the byte at `offset`.
    pub fn insert(&mut self, offset: u32, text: impl Into<String>) {
        self.replace(Span { start: offset, end: offset }, text);
    }

    /// Replaces `span` with `text`; an empty text deletes it.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        let text = text.into();
        if span.start != span.end || !text.is_empty() {
            self.0.push((span, text));
        }
    }

    /// Inserts children into a JSON (or YAML flow) object or array, with commas. They go on separate lines if their neighbours do, and
    /// otherwise on the same line.
    ///
    /// A child is text that starts in the first column: `"Key": value` for an object, a value for an array. Its other lines are indented
    /// in the style of the document and end with `\n`. Several children of an empty container must be added in one call.
    pub fn add_children(&mut self, source: &Source, style: &Style, container: &Node<'_>, position: Position<'_>, children: &[String]) {
        let spans: Vec<Span> = match container.kind {
            Kind::Object(members) => {
                members.iter().map(|member| Span { start: member.key_span.start, end: member.value.span.end }).collect()
            }
            Kind::Array(items) => items.iter().map(|item| item.span).collect(),
            _ => return,
        };
        let (Some(last), Some(_)) = (spans.len().checked_sub(1), children.first()) else {
            if !children.is_empty() {
                self.fill(source, style, container, children);
            }
            return;
        };
        let index_of = |key: &str| container.members().iter().position(|member| member.key == key);
        let (anchor, before) = match position {
            Position::First => (0, true),
            Position::Last => (last, false),
            Position::Before(key) => index_of(key).map_or((last, false), |index| (index, true)),
            Position::After(key) => (index_of(key).unwrap_or(last), false),
            Position::At(index) if index <= last => (index, true),
            Position::At(_) => (last, false),
        };
        let span = spans[anchor];
        let line = line_before(source, span.start);
        let indent = leading_blanks(line);
        let gap = if line.len() == indent.len() {
            Cow::Owned(format!("{}{indent}", style.newline))
        } else if style.indent.is_none() && !spaced(source, container, &spans) {
            Cow::Borrowed("")
        } else {
            Cow::Borrowed(" ")
        };
        let mut text = String::new();
        for child in children {
            let child = indented(child, style.newline, indent);
            if before {
                text.extend([&*child, ",", &*gap]);
            } else {
                text.extend([",", &*gap, &*child]);
            }
        }
        self.insert(if before { span.start } else { span.end }, text);
    }

    /// Inserts the first children of an empty container.
    fn fill(&mut self, source: &Source, style: &Style, container: &Node<'_>, children: &[String]) {
        let inside = Span { start: container.span.start + 1, end: container.span.end.saturating_sub(1) };
        let outer = leading_blanks(line_before(source, container.span.start));
        let text = match &style.indent {
            None => children.join(","),
            Some(unit) => {
                let inner = format!("{outer}{unit}");
                let lines: Vec<_> = children.iter().map(|child| indented(child, style.newline, &inner)).collect();
                let newline = style.newline;
                format!("{newline}{inner}{}{newline}{outer}", lines.join(&format!(",{newline}{inner}")))
            }
        };
        self.replace(inside, text);
    }

    /// Returns the text with every edit applied.
    ///
    /// # Errors
    ///
    /// Returns an error if two edits overlap or one is outside the text.
    pub fn apply(&self, source: &Source) -> Result<String, EditError> {
        let text = source.text();
        let mut ordered: Vec<&(Span, String)> = self.0.iter().collect();
        ordered.sort_by_key(|(span, _)| (span.start, span.start != span.end));
        let added: usize = ordered.iter().map(|(_, text)| text.len()).sum();
        let mut edited = String::with_capacity(text.len() + added);
        let mut done = Span::default();
        for (span, replacement) in ordered {
            if span.start < done.end {
                return Err(EditError::Overlap { first: done, second: *span });
            }
            let kept = text.get(done.end as usize..span.start as usize).ok_or(EditError::Outside(*span))?;
            text.get(span.range()).ok_or(EditError::Outside(*span))?;
            edited.push_str(kept);
            edited.push_str(replacement);
            done = *span;
        }
        edited.push_str(text.get(done.end as usize..).ok_or(EditError::Outside(done))?);
        Ok(edited)
    }
}

fn leading_blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Returns the text before an offset on its line.
fn line_before(source: &Source, offset: u32) -> &str {
    let before = source.text().get(..offset as usize).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    before[start..].trim_start_matches('\u{feff}')
}

/// Returns whether neighbours on one line are separated by a space.
fn spaced(source: &Source, container: &Node<'_>, children: &[Span]) -> bool {
    let gap = match children {
        [first, second, ..] => Span { start: first.end, end: second.start },
        _ => Span { start: container.span.start, end: children.first().map_or(container.span.end, |child| child.start) },
    };
    source.slice(gap).contains(' ')
}

fn indented<'t>(text: &'t str, newline: &str, indent: &str) -> Cow<'t, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.lines().collect::<Vec<_>>().join(&format!("{newline}{indent}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Arena, Document};

    fn add(text: &str, path: &[&str], position: Position<'_>, children: &[&str]) -> String {
        let source = Source::new("t.json", text);
        let arena = Arena::new();
        let root = Document::read(&source, &arena).map(|document| document.root).unwrap_or_else(|e| unreachable!("{e}"));
        let container = path.iter().fold(root, |node, key| node.get(key).unwrap_or(node));
        let children: Vec<String> = children.iter().map(|child| (*child).to_owned()).collect();
        let mut edits = Edits::new();
        edits.add_children(&source, &Style::detect(&source), container, position, &children);
        edits.apply(&source).unwrap_or_else(|e| unreachable!("{e}"))
    }

    #[test]
    fn a_member_is_inserted_on_separate_lines_if_its_neighbours_are() {
        let text = "{\n  \"A\": {\n    \"x\": 1\n  },\n  \"C\": 3\n}\n";
        assert_eq!(
            add(text, &[], Position::After("A"), &["\"B\": {\n  \"y\": 2\n}"]),
            "{\n  \"A\": {\n    \"x\": 1\n  },\n  \"B\": {\n    \"y\": 2\n  },\n  \"C\": 3\n}\n"
        );
        assert_eq!(add(text, &[], Position::First, &["\"0\": 0"]), "{\n  \"0\": 0,\n  \"A\": {\n    \"x\": 1\n  },\n  \"C\": 3\n}\n");
        assert_eq!(
            add(text, &["A"], Position::Last, &["\"y\": 2", "\"z\": 3"]),
            "{\n  \"A\": {\n    \"x\": 1,\n    \"y\": 2,\n    \"z\": 3\n  },\n  \"C\": 3\n}\n"
        );
    }

    #[test]
    fn a_member_is_inserted_on_the_same_line_if_its_neighbours_share_one() {
        assert_eq!(add("{\n  \"A\": { \"x\": 1 }\n}", &["A"], Position::Last, &["\"y\": 2"]), "{\n  \"A\": { \"x\": 1, \"y\": 2 }\n}");
        assert_eq!(add("{\n  \"A\": [ 1, 3 ]\n}", &["A"], Position::At(1), &["2"]), "{\n  \"A\": [ 1, 2, 3 ]\n}");
        assert_eq!(add("{\"A\":{\"x\":1}}", &["A"], Position::Before("x"), &["\"w\":0"]), "{\"A\":{\"w\":0,\"x\":1}}");
    }

    #[test]
    fn an_empty_object_gets_lines_for_its_members() {
        assert_eq!(
            add("{\n\t\"A\": {}\n}", &["A"], Position::Last, &["\"x\": 1", "\"y\": [\n\t2\n]"]),
            "{\n\t\"A\": {\n\t\t\"x\": 1,\n\t\t\"y\": [\n\t\t\t2\n\t\t]\n\t}\n}"
        );
        assert_eq!(add("{\"A\":{}}", &["A"], Position::First, &["\"x\":1"]), "{\"A\":{\"x\":1}}");
    }

    #[test]
    fn added_lines_have_the_line_ends_of_the_text() {
        assert_eq!(
            add("{\r\n  \"A\": 1\r\n}\r\n", &[], Position::Last, &["\"B\": [\n  2\n]"]),
            "{\r\n  \"A\": 1,\r\n  \"B\": [\r\n    2\r\n  ]\r\n}\r\n"
        );
    }

    #[test]
    fn edits_that_overlap_or_are_outside_the_text_are_refused() {
        let source = Source::new("t.json", "{\"é\": 1}");
        let mut edits = Edits::new();
        edits.replace(Span::new(0, 4), "a");
        edits.insert(2, "b");
        assert!(matches!(edits.apply(&source), Err(EditError::Overlap { .. })));
        let mut edits = Edits::new();
        edits.insert(3, "inside é");
        assert_eq!(edits.apply(&source), Err(EditError::Outside(Span::new(3, 3))));
        let mut edits = Edits::new();
        edits.insert(100, "");
        assert_eq!(edits.apply(&source).as_deref(), Ok(source.text()));
        edits.insert(100, "x");
        assert_eq!(edits.apply(&source), Err(EditError::Outside(Span::new(100, 100))));
    }

    #[test]
    fn insertions_at_one_offset_keep_their_order() {
        let source = Source::new("t", "ad");
        let mut edits = Edits::new();
        edits.replace(Span::new(1, 2), "D");
        edits.insert(1, "b");
        edits.insert(1, "c");
        assert_eq!(edits.apply(&source).as_deref(), Ok("abcD"));
    }

    #[test]
    fn the_style_of_a_text_is_detected() {
        let of = |text: &str| Style::detect(&Source::new("t", text));
        let two = of("{\n  \"a\": {\n    \"b\": [\n          1\n    ]\n  }\n}");
        assert_eq!((two.indent.as_deref(), two.newline, two.trailing_newline, two.bom), (Some("  "), "\n", false, false));
        let dos = of("\u{feff}{\r\n\t\"a\": 1\r\n}\r\n");
        assert_eq!((dos.indent.as_deref(), dos.newline, dos.trailing_newline, dos.bom), (Some("\t"), "\r\n", true, true));
        assert_eq!(of("{\"a\":1}\n").indent, None);
    }
}
