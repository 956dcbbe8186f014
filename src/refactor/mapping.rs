//! Mappings as text: options of a command, and AWS's JSON form.

use crate::cloudformation::{ResourceLocation, ResourceMapping};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::template::{Arena, Document, Kind, Member, Node, Style, write_json};

/// Parses `OLD=NEW`: two logical IDs.
///
/// # Errors
///
/// Returns an error if the text has another form.
pub fn parse_rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if is_name(old) && is_name(new) => Ok((old.to_owned(), new.to_owned())),
        _ => Err("expected OLD=NEW, two logical IDs".to_owned()),
    }
}

/// Parses `LOGICAL_ID=STACK` or `LOGICAL_ID=STACK.NEW`; returns the logical ID and its destination.
///
/// # Errors
///
/// Returns an error if the text has another form.
pub fn parse_move(text: &str) -> Result<(String, ResourceLocation), String> {
    let parsed = text.split_once('=').and_then(|(old, destination)| {
        let (stack, new) = destination.split_once('.').unwrap_or((destination, old));
        let is_stack = stack.starts_with(|c: char| c.is_ascii_alphabetic()) && stack.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (is_name(old) && is_name(new) && is_stack).then(|| (old.to_owned(), ResourceLocation::new(stack, new)))
    });
    parsed.ok_or_else(|| "expected LOGICAL_ID=STACK or LOGICAL_ID=STACK.NEW_LOGICAL_ID".to_owned())
}

/// Returns whether a text has the form of a logical ID.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Returns mappings in the form that `aws cloudformation create-stack-refactor --resource-mappings` reads.
pub fn write_mappings(mappings: &[ResourceMapping]) -> String {
    let arena = Arena::new();
    let value = serde_json::to_value(mappings).unwrap_or_default();
    let mut text = write_json(&Node::from_json(&value, &arena), &Style::pretty());
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Reads mappings in AWS's JSON form.
///
/// # Errors
///
/// Returns every place where the text has another form.
pub fn read_mappings(source: &Source) -> Result<Vec<ResourceMapping>, Diagnostics> {
    let arena = Arena::new();
    let document = Document::read(source, &arena)?;
    let mut problems = Diagnostics::default();
    let Kind::Array(items) = document.root.kind else {
        let message = format!("mappings are a list, not {}", document.root.kind_name());
        return Err(problem(source, document.root, message).into());
    };
    let mut mappings = Vec::new();
    for item in items {
        let members = members(source, item, ["Source", "Destination"], &mut problems);
        let locations = members.map(|member| member.and_then(|member| location(source, &member.value, &mut problems)));
        if let [Some(from), Some(to)] = locations {
            mappings.push(ResourceMapping { source: from, destination: to });
        }
    }
    if items.is_empty() {
        problems.push(problem(source, document.root, "the list of mappings is empty".to_owned()));
    }
    problems.into_result(mappings)
}

fn location(source: &Source, node: &Node<'_>, problems: &mut Diagnostics) -> Option<ResourceLocation> {
    let texts = members(source, node, ["StackName", "LogicalResourceId"], problems).map(|member| {
        let member = member?;
        let text = member.value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            problems.push(problem(source, &member.value, format!("`{}` must be a name", member.key)));
        }
        text
    });
    let [Some(stack), Some(logical_id)] = texts else { return None };
    Some(ResourceLocation::new(stack, logical_id))
}

/// Returns the members with these keys, and reports missing and unknown ones.
fn members<'a>(source: &Source, node: &Node<'a>, keys: [&str; 2], problems: &mut Diagnostics) -> [Option<&'a Member<'a>>; 2] {
    for member in node.members().iter().filter(|member| !keys.contains(&member.key)) {
        let unknown = Diagnostic::error("refactor-mapping", format!("unknown key `{}`", member.key)).at(source, member.key_span, "");
        problems.push(unknown.suggesting(member.key, keys));
    }
    keys.map(|key| {
        let found = node.member(key);
        if found.is_none() {
            problems.push(problem(source, node, format!("`{key}` is missing")));
        }
        found
    })
}

fn problem(source: &Source, node: &Node<'_>, message: String) -> Diagnostic {
    Diagnostic::error("refactor-mapping", message).at(source, source.first_character(node.span), "").hinted(
        "a mapping is {\"Source\": {\"StackName\": .., \"LogicalResourceId\": ..}, \"Destination\": {\"StackName\": .., \"LogicalResourceId\": ..}}",
    )
}
