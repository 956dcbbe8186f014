//! Resource types that there are not.

use super::check::{Check, type_name};
use super::references::hinted;
use crate::schema;
use crate::template::{Severity, did_you_mean};

/// Types that CloudFormation itself carries out and that have no provider schema.
const UNPUBLISHED: &[&str] = &["AWS::CloudFormation::CustomResource"];

pub(super) fn check(check: &mut Check<'_, '_>) {
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
