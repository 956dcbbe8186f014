//! Turns insertions into text edits in the format and style of the document.

use super::insertion::Insertion;
use super::json::JsonStyle;
use super::{check, yaml};
use crate::diagnostic::Diagnostics;
use crate::template::{Document, Edits, Format, Position, Style};

/// Returns the document's text with all insertions.
///
/// # Errors
///
/// Returns an error if a container cannot be edited, for example because a YAML alias shares it.
pub(super) fn write(document: &Document<'_>, insertions: &[Insertion<'_>]) -> Result<String, Diagnostics> {
    let source = document.source;
    let style = Style::detect(source);
    // YAML requires the lines inside braces to be indented further than the key, so flow containers are written on one line.
    let flow = if document.format == Format::Yaml { Style { indent: None, ..style.clone() } } else { style.clone() };
    let json = JsonStyle::detect(document, &flow);
    let block = (document.format == Format::Yaml).then(|| yaml::YamlStyle::detect(document, &style));
    let mut edits = Edits::new();
    let mut rest = insertions;
    while let [first, ..] = rest {
        let neighbours = |other: &&Insertion<'_>| std::ptr::eq(other.container, first.container) && other.index == first.index;
        let count = rest.iter().take_while(neighbours).count();
        let (group, others) = rest.split_at(count);
        rest = others;
        if let Some(block) = block.as_ref().filter(|_| yaml::is_block(source, first.container)) {
            yaml::insert(&mut edits, document, &style, block, group)?;
            continue;
        }
        let children: Vec<String> = group.iter().map(|insertion| json.child(insertion)).collect();
        edits.add_children(source, &flow, first.container, Position::At(first.index), &children);
    }
    edits.apply(source).map_err(|error| check::fault(error.to_string()).into())
}
