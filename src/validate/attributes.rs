//! Resource attributes other than properties: type, policies and `DependsOn`.

use super::check::{Check, hinted, type_name};
use crate::diagnostic::Severity;
use crate::schema;
use crate::template::{Entry, Intrinsic, Kind};

/// Types that CloudFormation implements itself and that have no provider schema.
const UNPUBLISHED: &[&str] = &["AWS::CloudFormation::CustomResource"];

/// The allowed values of each policy attribute.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
const POLICIES: &[(&str, &[&str])] = &[
    ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]),
    ("UpdateReplacePolicy", &["Delete", "Retain", "Snapshot"]),
];

/// Types that support the policy `Snapshot`; same source.
const WITH_SNAPSHOTS: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Members of `UpdatePolicy`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
const UPDATE_POLICIES: &[&str] = &[
    "AutoScalingReplacingUpdate",
    "AutoScalingRollingUpdate",
    "AutoScalingScheduledAction",
    "CodeDeployLambdaAliasUpdate",
    "EnableVersionUpgrade",
    "UseOnlineResharding",
];

/// Members of `CreationPolicy`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html>
const CREATION_POLICIES: &[&str] = &["AutoScalingCreationPolicy", "ResourceSignal", "StartFleet"];

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can change any resource attribute.
    let expands = check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions");
    for entry in check.template.resources.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        policies(check, entry);
        if !expands {
            members(check, entry);
            depends_on(check, entry);
        }
    }
    types(check);
}

fn policies<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    for (member, policies) in POLICIES {
        let Some(node) = entry.body.get(member) else { continue };
        let Some(policy) = node.as_str() else {
            // A function may stand here; its value is checked by the evaluation.
            let is_function = Intrinsic::of(node).is_some() || matches!(node.kind, Kind::Null);
            if check.template.transforms.is_empty() && !is_function {
                let message = format!("{member} of `{}` must be a string, not {}", entry.name, node.kind_name());
                let diagnostic = check
                    .error("invalid-policy", message, node.span, "not a string")
                    .hinted("use the name of a policy, or a function that returns one")
                    .with_aws_message(format!("Template format error: Every {member} member must be a string."));
                check.report(diagnostic);
            }
            continue;
        };
        if !policies.contains(&policy) {
            let message = format!("unknown {member} `{policy}` of `{}`; supported are {}", entry.name, policies.join(", "));
            let diagnostic = check
                .error("invalid-policy", message, node.span, "unknown policy")
                .with_aws_message(format!("Template format error: Unrecognized {member} {policy} for resource {}", entry.name));
            check.report(hinted(diagnostic, check.did_you_mean(policy, policies.iter().copied())));
        } else if policy == "Snapshot" && type_name(entry).starts_with("AWS::") && !WITH_SNAPSHOTS.contains(&type_name(entry)) {
            let message = format!("{member} of `{}` is `Snapshot`, which {} does not support", entry.name, type_name(entry));
            let diagnostic = check.error("invalid-policy", message, node.span, "snapshots not supported");
            check.report(diagnostic.hinted("use Retain to keep the resource"));
        }
    }
}

fn members<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    for (attribute, known) in [("UpdatePolicy", UPDATE_POLICIES), ("CreationPolicy", CREATION_POLICIES)] {
        let node = entry.body.get(attribute).filter(|node| Intrinsic::of(node).is_none());
        let members = node.map(|node| node.members()).unwrap_or_default();
        for member in members.iter().filter(|member| !known.contains(&member.key) && !member.key.starts_with("Fn::")) {
            let message = format!("{attribute} of `{}` has an unknown member `{}`", entry.name, member.key);
            let diagnostic = check.error("invalid-policy", message, member.key_span, "unknown member");
            check.report(hinted(diagnostic, check.did_you_mean(member.key, known.iter().copied())));
        }
    }
}

/// Checks that `DependsOn` is a logical ID or a list of logical IDs.
fn depends_on<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let Some(node) = entry.body.get("DependsOn") else { return };
    let wrong = match node.kind {
        Kind::String(_) | Kind::Null => None,
        Kind::Array(items) => items.iter().find(|item| item.as_str().is_none()),
        _ => Some(node),
    };
    if let Some(wrong) = wrong {
        let message = format!("DependsOn of `{}` must be a logical ID or a list of logical IDs, not {}", entry.name, wrong.kind_name());
        let diagnostic = check
            .error("malformed-depends-on", message, wrong.span, "not a logical ID")
            .hinted("use the logical ID as a string, without Ref")
            .with_aws_message("Template format error: DependsOn must be a string or list of strings.");
        check.report(diagnostic);
    }
}

fn types(check: &mut Check<'_, '_>) {
    // A macro can replace an unknown type.
    if !check.template.transforms.is_empty() {
        return;
    }
    for (_, entry, facts) in check.resources() {
        let name = type_name(entry);
        if facts.is_some() || !name.starts_with("AWS::") || name.ends_with("::MODULE") || UNPUBLISHED.contains(&name) {
            continue;
        }
        let span = entry.body.get("Type").map_or(entry.name_span, |node| node.span);
        let near = check.did_you_mean(name, schema::resource_types().map(|facts| facts.name()));
        let mut diagnostic =
            check.error("unknown-resource-type", format!("unknown resource type `{name}`"), span, "not a published AWS type");
        // A type without a similar known name may be newer than the compiled-in schemas.
        diagnostic.severity = if near.is_some() { Severity::Error } else { Severity::Warning };
        diagnostic.aws_message = Some(format!("Template format error: Unrecognized resource types: [{name}]"));
        check.report(hinted(diagnostic, near));
    }
}
