//! Outputs: attributes, values, and unique export names.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>

use super::check::{Check, alternatives, hinted};
use crate::parameters::ParameterType;
use crate::template::{Entry, Intrinsic, Kind, Node};

const MEMBERS: &[&str] = &["Condition", "Description", "Export", "Value"];

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for entry in template.outputs.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        for member in entry.body.members().iter().filter(|member| !MEMBERS.contains(&member.key) && !member.key.starts_with("Fn::")) {
            let message = format!("unknown attribute `{}` of output `{}`", member.key, entry.name);
            let diagnostic = check.error("invalid-output", message, member.key_span, "unknown attribute");
            check.report(hinted(diagnostic, check.did_you_mean(member.key, MEMBERS.iter().copied())));
        }
        value(check, entry);
        export(check, entry);
    }
    duplicates(check);
}

/// Checks that the value of an output is a string.
fn value<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let Some(value) = entry.body.get("Value") else { return };
    let exists = check.exists(entry);
    for (guards, node) in alternatives(check.template, value, &exists) {
        let Some((node, found)) = node.and_then(|node| Some((node, kind_if_not_string(check, node)?))) else { continue };
        let diagnostic = check
            .error(
                "invalid-output",
                format!("the value of output `{}` must be a string, not {found}", entry.name),
                node.span,
                "not a string",
            )
            .hinted("use Fn::Join to convert a list to a string, or Fn::Select to select one item")
            .with_aws_message("Template format error: The Value field of every Outputs member must evaluate to a String.");
        check.report_where(diagnostic, &exists, &guards);
    }
}

/// Returns the kind of a value that is certainly not a string.
fn kind_if_not_string(check: &Check<'_, '_>, node: &Node<'_>) -> Option<&'static str> {
    match Intrinsic::of(node) {
        Some(Intrinsic::Split(_) | Intrinsic::GetAzs(_) | Intrinsic::Cidr(_)) => Some("a list"),
        Some(Intrinsic::Ref(name)) => {
            let parameter = check.template.parameters.get(name.as_str()?)?;
            let kind = ParameterType::of(parameter.body.get("Type")?.as_str()?)?;
            kind.is_list().then_some("a list parameter")
        }
        Some(_) => None,
        None if node.members().iter().any(|member| member.key.starts_with("Fn::")) => None,
        None => matches!(node.kind, Kind::Array(_) | Kind::Object(_)).then(|| node.kind_name()),
    }
}

/// Checks the export name of an output.
fn export<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let Some(export) = entry.body.get("Export").filter(|export| Intrinsic::of(export).is_none()) else { return };
    let name = export.get("Name");
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-".contains(&byte));
    let bad = name.and_then(|name| name.as_str()).filter(|text| !plain(text) && !text.contains("{{resolve:"));
    if name.is_none() || bad.is_some() {
        let message = match bad {
            Some(text) => format!("invalid export name `{}` of output `{}`", super::literals::short(text), entry.name),
            None => format!("the export of output `{}` has no name", entry.name),
        };
        let diagnostic = check
            .error("invalid-output", message, name.unwrap_or(export).span, "")
            .hinted("use only letters, digits, colons and hyphens")
            .with_aws_message(format!(
                "Template format error: Output {} is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
                entry.name
            ));
        check.report(diagnostic);
    }
}

/// Finds outputs that can be exported together under the same name.
fn duplicates(check: &mut Check<'_, '_>) {
    let template = check.template;
    let exports: Vec<_> = template.outputs.iter().filter_map(|entry| Some((entry, entry.body.get("Export")?.get("Name")?))).collect();
    for (index, (entry, name)) in exports.iter().enumerate() {
        for (earlier, other) in &exports[..index] {
            if !check.may_compare() {
                return;
            }
            if !other.same(name) {
                continue;
            }
            let exists: Vec<_> = check.exists(entry).into_iter().chain(check.exists(earlier)).collect();
            let message = format!("outputs `{}` and `{}` have the same export name", earlier.name, entry.name);
            let diagnostic = check
                .error("duplicate-export", message, name.span, "duplicate")
                .at(template.source, other.span, "first here")
                .hinted("use a different name for each export");
            if check.report_where(diagnostic, &exists, &exists) {
                break;
            }
        }
    }
}
