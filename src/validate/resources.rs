//! What stands around properties: resource types, policies, and the names that outputs export under.

use super::check::{Check, type_name};
use super::references::hinted;
use crate::schema;
use crate::template::{Severity, did_you_mean};

/// Types that CloudFormation itself carries out and that have no provider schema.
const UNPUBLISHED: &[&str] = &["AWS::CloudFormation::CustomResource"];

/// Policies by the member that holds them.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
const POLICIES: &[(&str, &[&str])] = &[
    ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]),
    ("UpdateReplacePolicy", &["Delete", "Retain", "Snapshot"]),
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    policies(check);
    exports(check);
    types(check);
}

fn policies(check: &mut Check<'_, '_>) {
    for entry in &check.template.resources {
        for (member, policies) in POLICIES {
            let Some((node, policy)) = entry.body.get(member).and_then(|node| Some((node, node.as_str()?))) else { continue };
            if !policies.contains(&policy) {
                let message = format!("`{}` has {member} `{policy}`, which is not one of {}", entry.name, policies.join(", "));
                let diagnostic = check
                    .error("invalid-policy", message, node.span, "no such policy")
                    .as_aws_says(format!("Template format error: Unrecognized {member} {policy} for resource {}", entry.name));
                check.report(hinted(diagnostic, did_you_mean(policy, policies.iter().copied())));
            }
        }
    }
}

/// Finds outputs that export under one name at once.
fn exports(check: &mut Check<'_, '_>) {
    let template = check.template;
    let exports: Vec<_> = template.outputs.iter().filter_map(|entry| Some((entry, entry.body.get("Export")?.get("Name")?))).collect();
    for (index, (entry, name)) in exports.iter().enumerate() {
        let Some((earlier, other)) = exports[..index].iter().find(|(_, other)| other.same(name)) else { continue };
        let guards: Vec<_> = check.exists(entry).into_iter().chain(check.exists(earlier)).collect();
        let Some(when) = check.when_of(&guards, Vec::new()) else { continue };
        let message = format!("outputs `{}` and `{}` export under one name", earlier.name, entry.name);
        let diagnostic = check.error("duplicate-export", message, name.span, "again here").at(template.source, other.span, "first here");
        check.report_when(diagnostic, &when);
    }
}

fn types(check: &mut Check<'_, '_>) {
    // A macro may make a published type of any other.
    if !check.template.transforms.is_empty() {
        return;
    }
    for (_, entry, facts) in check.resources() {
        let name = type_name(entry);
        if facts.is_some() || !name.starts_with("AWS::") || name.ends_with("::MODULE") || UNPUBLISHED.contains(&name) {
            continue;
        }
        let span = entry.body.get("Type").map_or(entry.name_span, |node| node.span);
        let near = did_you_mean(name, schema::resource_types().map(|facts| facts.name()));
        let mut diagnostic =
            check.error("unknown-resource-type", format!("`{name}` is not a published resource type"), span, "unknown type");
        // Without a near name it may be newer than the facts.
        diagnostic.severity = if near.is_some() { Severity::Error } else { Severity::Warning };
        diagnostic.aws_message = Some(format!("Template format error: Unrecognized resource types: [{name}]"));
        check.report(hinted(diagnostic, near));
    }
}
