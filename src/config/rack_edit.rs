//! Writes parameter values into the text of `rack.yaml`, with its comments and layout kept.

use super::error::ConfigError;
use super::rack_file::RackFile;
use crate::diagnostic::Source;
use crate::template::{Arena, Document, Edits, Kind, Node};

/// The indentation of a parameter in a section that this program adds.
const INDENT: &str = "  ";

/// Returns the text of a `rack.yaml` with these parameter values, or `None` if its layout does not allow a small edit.
///
/// # Errors
///
/// Returns every error in the file.
pub fn with_parameters(source: &Source, values: &[(&str, &str)]) -> Result<Option<String>, ConfigError> {
    let arena = Arena::new();
    let has_content = !RackFile::is_only_comments(source);
    let root = if has_content { Some(Document::read(source, &arena)?.root) } else { None };
    let Some(edits) = edits(source, root, values) else { return Ok(None) };
    let Ok(edited) = edits.apply(source) else { return Ok(None) };
    // An edit that does not lead to these values is not written.
    let path = std::path::Path::new(source.name());
    let result =
        RackFile::parse(&Source::new(source.name(), edited.clone()), path, None).and_then(|(file, problems)| problems.into_result(file));
    let is_written = |(name, value): &(&str, &str)| {
        let set = result.as_ref().ok().and_then(|file| file.parameters.values.get(*name));
        set.and_then(|set| set.text.as_deref()) == Some(*value)
    };
    Ok(values.iter().all(is_written).then_some(edited))
}

fn edits(source: &Source, root: Option<&Node<'_>>, values: &[(&str, &str)]) -> Option<Edits> {
    let text = source.text();
    let mut edits = Edits::new();
    let lines = |indent: &str, names: &[&(&str, &str)]| -> String {
        names.iter().map(|(name, value)| format!("{indent}{name}: {}\n", scalar(value))).collect()
    };
    let at_end = |added: String| {
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        (u32::try_from(text.len()).ok(), format!("{newline}{added}"))
    };
    let Some(section) = root.and_then(|root| root.get("parameters")) else {
        let (offset, added) = at_end(format!("parameters:\n{}", lines(INDENT, &values.iter().collect::<Vec<_>>())));
        edits.insert(offset?, added);
        return Some(edits);
    };
    let Kind::Object(members) = section.kind else { return None };
    let is_block = !source.slice(section.span).trim_start().starts_with('{');
    let new: Vec<&(&str, &str)> = values.iter().filter(|(name, _)| section.get(name).is_none()).collect();
    for (name, value) in values {
        if let Some(node) = section.get(name) {
            // A list or an object has another layout.
            if matches!(node.kind, Kind::Object(_) | Kind::Array(_)) {
                return None;
            }
            let end = node.span.start + u32::try_from(scalar_length(source.slice(node.span))).ok()?;
            edits.replace(crate::diagnostic::Span { start: node.span.start, end }, scalar(value));
        }
    }
    if new.is_empty() {
        return Some(edits);
    }
    let last = members.last().filter(|_| is_block)?;
    let start = last.key_span.start as usize;
    let indent = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
    if !indent.chars().all(|c| c == ' ') {
        return None;
    }
    let end = (last.value.span.end as usize).max(last.key_span.end as usize);
    match text[end..].find('\n') {
        Some(at) if text.as_bytes().get(end.wrapping_sub(1)) != Some(&b'\n') => {
            edits.insert(u32::try_from(end + at + 1).ok()?, lines(indent, &new));
        }
        Some(_) => edits.insert(u32::try_from(end).ok()?, lines(indent, &new)),
        None => {
            let (offset, added) = at_end(lines(indent, &new));
            edits.insert(offset?, added);
        }
    }
    Some(edits)
}

/// Returns a value as a YAML scalar, in quotes unless it is a plain word.
fn scalar(value: &str) -> String {
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(value.to_ascii_lowercase().as_str(), "null" | "y" | "n" | "on" | "off");
    if is_plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

/// Returns the length of the scalar at the start of a text, without a comment after it.
fn scalar_length(text: &str) -> usize {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        return text.find(" #").map_or(text, |comment| &text[..comment]).trim_end().len();
    };
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if quote == '"' && character == '\\' || quote == '\'' && text[at..].starts_with("''") {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    text.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::with_parameters;
    use crate::diagnostic::Source;

    fn edited(text: &str, values: &[(&str, &str)]) -> Option<String> {
        with_parameters(&Source::new("rack.yaml", text), values).ok().flatten()
    }

    #[test]
    fn values_are_replaced_and_added_without_touching_the_rest() {
        let text = "name: r # the stack\nparameters:\n  A: \"1\" # one\n  B: two\n\n# end\ntags: {}\n";
        assert_eq!(
            edited(text, &[("A", "2"), ("C", "x y")]).as_deref(),
            Some("name: r # the stack\nparameters:\n  A: \"2\" # one\n  B: two\n  C: \"x y\"\n\n# end\ntags: {}\n")
        );
        assert_eq!(edited("name: r", &[("A", "Yes")]).as_deref(), Some("name: r\nparameters:\n  A: Yes\n"));
        assert_eq!(
            edited("parameters:\n    A: 1", &[("B", "10.0.0.0/8")]).as_deref(),
            Some("parameters:\n    A: 1\n    B: \"10.0.0.0/8\"\n")
        );
        assert_eq!(edited("parameters: {A: 1}\n", &[("A", "3")]).as_deref(), Some("parameters: {A: \"3\"}\n"));
    }

    #[test]
    fn a_layout_that_cannot_be_edited_is_left_alone() {
        assert_eq!(edited("parameters: {A: 1}\n", &[("B", "2")]), None);
        assert_eq!(edited("parameters:\n  A: [a, b]\n", &[("A", "c")]), None);
        assert_eq!(edited("parameters:\n", &[("A", "1")]), None);
    }
}
