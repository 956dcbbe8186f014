//! Insertions into block YAML.

use super::plan::Insertion;
use crate::template::{Diagnostic, Diagnostics, Document, Edits, Node, Source, Style};

/// Tells whether a container stands in block style: not in braces or brackets.
pub(super) fn is_block(source: &Source, container: &Node<'_>) -> bool {
    !source.slice(container.span).starts_with(['{', '['])
}

/// Adds neighbours to a container in block style.
pub(super) fn insert(_edits: &mut Edits, document: &Document<'_>, _style: &Style, group: &[Insertion<'_>]) -> Result<(), Diagnostics> {
    let problem = Diagnostic::error("patch-yaml", "block YAML cannot be edited yet");
    Err(problem.at(document.source, group[0].container.span, "").into())
}
