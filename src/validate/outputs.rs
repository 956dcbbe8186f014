//! Outputs: that they give text, and export under names of their own.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>

use super::check::{Check, alternatives};
use super::references::hinted;
use crate::parameters::ParameterType;
use crate::template::{Entry, Intrinsic, Kind, Node, did_you_mean};

const MEMBERS: &[&str] = &["Condition", "Description", "Export", "Value"];

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for entry in template.outputs.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        for member in entry.body.members().iter().filter(|member| !MEMBERS.contains(&member.key) && !member.key.starts_with("Fn::")) {
            let message = format!("output `{}` has an attribute `{}`, which there is not", entry.name, member.key);
            let diagnostic = check.error("invalid-output", message, member.key_span, "unknown attribute");
            check.report(hinted(diagnostic, did_you_mean(member.key, MEMBERS.iter().copied())));
        }
        value(check, entry);
        export(check, entry);
    }
    duplicates(check);
}

/// Checks that an output gives text.
fn value<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let Some(value) = entry.body.get("Value") else { return };
    let exists = check.exists(entry);
    for (guards, node) in alternatives(check.template, value, &exists) {
        let Some((node, found)) = node.and_then(|node| Some((node, not_text(check, node)?))) else { continue };
        let diagnostic = check
            .error("invalid-output", format!("the value of output `{}` is {found}, but must be text", entry.name), node.span, "not text")
            .hinted("Fn::Join makes one text of a list, Fn::Select takes one item")
            .as_aws_says("Template format error: The Value field of every Outputs member must evaluate to a String.");
        check.report_where(diagnostic, &exists, &guards);
    }
}

/// Returns what a value is that is certainly no text.
fn not_text(check: &Check<'_, '_>, node: &Node<'_>) -> Option<&'static str> {
    match Intrinsic::of(node) {
        Some(Intrinsic::Split(_) | Intrinsic::GetAzs(_) | Intrinsic::Cidr(_)) => Some("a list, by its function"),
        Some(Intrinsic::Ref(name)) => {
            let parameter = check.template.parameters.get(name.as_str()?)?;
            let kind = ParameterType::of(parameter.body.get("Type")?.as_str()?)?;
            kind.is_list().then_some("a list, by its Ref")
        }
        Some(_) => None,
        None if node.members().iter().any(|member| member.key.starts_with("Fn::")) => None,
        None => matches!(node.kind, Kind::Array(_) | Kind::Object(_)).then(|| node.kind_name()),
    }
}

/// Checks the name that an output exports under.
fn export<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let Some(export) = entry.body.get("Export").filter(|export| Intrinsic::of(export).is_none()) else { return };
    let name = export.get("Name");
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-".contains(&byte));
    let bad = name.and_then(|name| name.as_str()).filter(|text| !plain(text) && !text.contains("{{resolve:"));
    if name.is_none() || bad.is_some() {
        let message = match bad {
            Some(text) => format!("output `{}` exports under `{}`, which is no name", entry.name, super::literals::short(text)),
            None => format!("output `{}` exports under no name", entry.name),
        };
        let diagnostic = check
            .error("invalid-output", message, name.unwrap_or(export).span, "")
            .hinted("letters, digits, colons and hyphens")
            .as_aws_says(format!(
                "Template format error: Output {} is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
                entry.name
            ));
        check.report(diagnostic);
    }
}

/// Finds outputs that export under one name at once.
fn duplicates(check: &mut Check<'_, '_>) {
    let template = check.template;
    let exports: Vec<_> = template.outputs.iter().filter_map(|entry| Some((entry, entry.body.get("Export")?.get("Name")?))).collect();
    for (index, (entry, name)) in exports.iter().enumerate() {
        for (earlier, other) in exports[..index].iter().filter(|(_, other)| other.same(name)) {
            let exists: Vec<_> = check.exists(entry).into_iter().chain(check.exists(earlier)).collect();
            let message = format!("outputs `{}` and `{}` export under one name", earlier.name, entry.name);
            let diagnostic = check
                .error("duplicate-export", message, name.span, "again here")
                .at(template.source, other.span, "first here")
                .hinted("give each export a name of its own");
            if check.report_where(diagnostic, &exists, &exists) {
                break;
            }
        }
    }
}
