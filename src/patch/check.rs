//! Checks the patched text: it must be the old template plus the planned insertions, and nothing else.

use serde_json::Value;

use super::Change;
use super::compare::value_of;
use super::insertion::{Insertion, Step};
use super::plan;
use super::references::undeclared;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::template::{Arena, Document, Node, Template};

/// Returns the additions with their positions in the new text.
///
/// # Errors
///
/// Returns an error if the text differs from the plan. That is a bug in this module, so the caller must not write the text.
pub(super) fn check(before: &Document<'_>, insertions: &[Insertion<'_>], text: &str) -> Result<Vec<Change>, Diagnostics> {
    let after = Source::new(before.source.name(), text);
    let arena = Arena::new();
    let fault = |why: String| Diagnostics::from(fault(why));
    let document = Document::read(&after, &arena).map_err(|problems| fault(format!("the patched text cannot be read: {problems}")))?;
    let mut expected = value_of(before.root);
    for insertion in ordered(insertions) {
        insert_value(&mut expected, insertion).ok_or_else(|| fault(format!("the template has no container for the {}", insertion.what)))?;
    }
    if value_of(document.root) != expected {
        if let Some(alias) = before.alias {
            return Err(yaml_alias(before.source, alias).into());
        }
        return Err(fault("the patched text differs from the planned template".to_owned()));
    }
    let patched =
        Template::from_document(&document).map_err(|problems| fault(format!("the patched text is not a valid template: {problems}")))?;
    for insertion in insertions {
        if let Some((kind, name)) = undeclared(&patched, &insertion.value) {
            return Err(fault(format!("the {} would refer to the {kind} `{name}`, which the template does not have", insertion.what)));
        }
    }
    match plan::plan(&patched) {
        Ok(rest) if rest.is_empty() => {}
        Ok(rest) => return Err(fault(format!("a second run would add the {} again", rest[0].what))),
        Err(problems) => return Err(fault(format!("a second run would fail: {problems}"))),
    }
    let mut changes: Vec<Change> = insertions.iter().filter_map(|insertion| change(&after, document.root, insertion)).collect();
    if changes.len() != insertions.len() {
        return Err(fault("an addition is missing from the patched text".to_owned()));
    }
    changes.sort_by_key(|change| change.position);
    Ok(changes)
}

pub(super) fn fault(why: String) -> Diagnostic {
    Diagnostic::error("patch-internal", why).hinted("nothing was written; this is a bug in rackform: please report it with the template")
}

/// Returns the problem for a container that YAML aliases or merge keys share between several places of the template.
pub(super) fn yaml_alias(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error(
        "patch-yaml-alias",
        "an alias or merge key shares this text between several places of the template, so an addition would change all of them",
    )
    .at(source, span, "the first alias or merge key")
    .hinted("CloudFormation does not support aliases or merge keys; replace them with the values that they refer to")
}

/// Returns the insertions in descending order of index, so that each insertion leaves the remaining indices valid.
fn ordered<'i, 'a>(insertions: &'i [Insertion<'a>]) -> Vec<&'i Insertion<'a>> {
    let mut ordered: Vec<_> = insertions.iter().collect();
    ordered.sort_by_key(|insertion| std::cmp::Reverse(insertion.index));
    ordered
}

fn insert_value(root: &mut Value, insertion: &Insertion<'_>) -> Option<()> {
    let mut container = root;
    for step in &insertion.path {
        container = match step {
            Step::Key(key) => container.get_mut(key)?,
            Step::Index(index) => container.get_mut(index)?,
        };
    }
    match (container, &insertion.key) {
        (Value::Object(members), Some(key)) => {
            members.insert(key.clone(), insertion.value.clone());
        }
        (Value::Array(items), None) if insertion.index <= items.len() => items.insert(insertion.index, insertion.value.clone()),
        _ => return None,
    }
    Some(())
}

fn change(after: &Source, root: &Node<'_>, insertion: &Insertion<'_>) -> Option<Change> {
    let mut node = root;
    let mut path = String::new();
    let mut step_into = |name: &str| {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    };
    for step in &insertion.path {
        node = match step {
            Step::Key(key) => node.get(key)?,
            Step::Index(index) => node.items().get(*index)?,
        };
        match step {
            Step::Key(key) => step_into(key),
            Step::Index(index) => step_into(&index.to_string()),
        }
    }
    let start = match &insertion.key {
        Some(key) => {
            step_into(key);
            node.member(key)?.key_span.start
        }
        None => {
            step_into(&insertion.index.to_string());
            node.items().get(insertion.index)?.span.start
        }
    };
    Some(Change { path, what: insertion.what.clone(), position: after.line_column(start) })
}
