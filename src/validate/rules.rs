//! Every rule by name; the names are stable.

use crate::template::Severity;

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its stable name, as in [`Diagnostic::rule`](crate::template::Diagnostic::rule).
    pub name: &'static str,
    /// How bad a violation usually is.
    pub severity: Severity,
    /// What it asks for, in one line.
    pub summary: &'static str,
}

const fn error(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Error, summary }
}

const fn warning(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Warning, summary }
}

/// Every rule of [`validate`](super::validate()), and of reading a template before it, sorted by name; `docs/validation-rules.md` says more about each.
pub const RULES: &[Rule] = &[
    error("alias-expansion", "a document's aliases stand for no more values than can be read"),
    error("alias-loop", "no alias stands inside of what it stands for"),
    error("circular-condition", "no condition refers to itself, directly or through other conditions"),
    error("circular-dependency", "no resource depends on itself, directly or through other resources"),
    error("container-exceeds-task", "a container takes no more memory than its task has"),
    error("container-without-memory", "on instances, a container or its task has memory"),
    warning("dangling-reference", "whenever a reference counts, the resource it names exists"),
    error("duplicate-container-name", "the containers of a task have different names"),
    error("duplicate-export", "no two outputs export under one name"),
    error("duplicate-item", "a list whose items are unique has no item twice"),
    error("duplicate-key", "no key stands twice in one object"),
    error("duplicate-name", "a resource and a parameter have different names"),
    error("duplicate-resource", "no two resources are the same one of the account"),
    error("duplicate-tag", "no two tags of a resource have one key"),
    error("duplicate-variable", "a container's secrets have names of their own"),
    error("duplicate-volume-name", "the volumes of a task have different names"),
    error("efs-volume-configuration", "a volume on EFS with an access point or IAM is encrypted in transit, and has one root"),
    error("excluded-property", "of properties that exclude each other, a resource has one"),
    error("fargate-cpu-memory", "a Fargate task has a pair of CPU and memory that Fargate offers"),
    error("fargate-ephemeral-storage", "a Fargate task has as much ephemeral storage as Fargate offers"),
    error("fargate-execution-role", "a Fargate task that logs through awslogs or gets secrets has an execution role"),
    error("fargate-host-volume", "a Fargate task mounts nothing of its host"),
    error("fargate-log-driver", "a Fargate task logs through awslogs, awsfirelens or splunk"),
    error("fargate-network-configuration", "a service on Fargate has a network configuration"),
    error("fargate-network-mode", "a Fargate task has network mode awsvpc"),
    error("fargate-platform-version", "a service's platform version has what its task definition asks for"),
    error("fargate-privileged", "a Fargate task's containers are not privileged"),
    error("fargate-unsupported-setting", "a Fargate task has no setting that Fargate refuses"),
    error("format-version", "AWSTemplateFormatVersion is the one that there is"),
    warning("ignored-ports", "a rule for every protocol names no ports"),
    warning("invalid-allowed-value", "a parameter's allowed values satisfy its other constraints"),
    error("invalid-cidr", "address blocks are written as one"),
    error("invalid-default", "a parameter's default satisfies its own constraints"),
    error("invalid-output", "outputs give text, and export under a name"),
    error("invalid-parameter", "a parameter's declaration says what declarations may say"),
    error("invalid-parameter-type", "parameters have types that there are"),
    error("invalid-policy", "DeletionPolicy and UpdateReplacePolicy are ones that there are"),
    error("invalid-policy-document", "IAM can read policy documents"),
    error("json-syntax", "a text that starts as JSON is JSON"),
    error("length-out-of-range", "a text or list is as long as the resource type allows"),
    error("log-options", "the log driver awslogs knows where logs go"),
    error("logical-id", "names in a template are letters and digits"),
    error("malformed-depends-on", "DependsOn is a name or a list of names"),
    error("malformed-function", "intrinsic functions have the operands that they take"),
    error("missing-alternative", "of properties that stand for each other, the resource type gets one"),
    error("missing-property", "properties that a resource type requires are there"),
    error("missing-resources", "a template has a resource"),
    error("mount-point-without-volume", "a container's mount point names a volume of its task definition"),
    error("mount-targets-in-one-subnet", "a file system has one mount target in a subnet"),
    error("mount-targets-in-one-zone", "a file system has one mount target in an availability zone"),
    error("no-essential-container", "a task has an essential container"),
    error("null-value", "nothing is null"),
    error("output-value", "an output has a value"),
    error("overlapping-subnets", "no two subnets of a network share addresses"),
    error("pattern-mismatch", "a text matches the pattern that the resource type gives"),
    error("port-mapping-mismatch", "under network mode awsvpc, a host port is the container's own"),
    error("port-out-of-range", "ports lie between 0 and 65535, and a range does not run backwards"),
    error("provisioned-throughput-without-figure", "a file system with provisioned throughput says how much"),
    error("read-only-property", "properties that the service sets are not set by the template"),
    error("resource-attribute", "a resource has attributes that there are"),
    error("resource-type", "a resource has a type"),
    warning("search-limit", "the conditions rest on few enough values for all to be tried"),
    error("section-kind", "sections and their entries are of the right kind"),
    error("security-group-rule", "a rule of a security group has the ports that its protocol needs"),
    error("select-out-of-range", "Fn::Select takes an item that the list has"),
    error("several-documents", "a YAML text holds one document"),
    error("subnet-outside-network", "a subnet's addresses are a part of its network's"),
    error("template-limit", "the template stays within CloudFormation's limits"),
    error("template-shape", "a template is an object"),
    error("unknown-attribute", "Fn::GetAtt names an attribute that the resource type has"),
    error("unknown-container", "a container waits for containers of its own task"),
    error("unknown-function", "a name that starts with `Fn::` is a function's"),
    error("unknown-property", "a resource has only properties that its type declares"),
    warning("unknown-resource-type", "a resource type is one that AWS publishes"),
    error("unknown-section", "a template has sections that there are"),
    error("unknown-tag", "YAML tags are short forms of functions"),
    error("unresolved-condition", "conditions referred to are declared"),
    error("unresolved-mapping", "mappings referred to are declared, and have the keys"),
    error("unresolved-reference", "names referred to are declared"),
    warning("unused-condition", "declared conditions are used"),
    warning("unused-mapping", "declared mappings are used"),
    warning("unused-parameter", "declared parameters are used"),
    error("value-not-allowed", "a value is one of those that the resource type allows"),
    error("value-out-of-range", "a number lies in the range that the resource type gives"),
    error("wrong-identifier", "a reference gives an identifier of the kind that the property takes"),
    error("wrong-type", "a value has the type that the resource type gives"),
    error("yaml-syntax", "any other text is YAML"),
];

/// Returns what usually mends a violation, for a finding that says nothing closer.
pub(super) fn usual_hint(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "circular-condition" => "remove one of the references between these conditions",
        "duplicate-item" => "take one of the two out",
        "length-out-of-range" => "make it fit",
        "malformed-function" => "give the function the operands that it takes",
        "missing-property" => "add it; where Fn::If takes it away, give that branch a value",
        "mount-point-without-volume" => "add the volume to Volumes under the same condition, or take the mount point out",
        "pattern-mismatch" => "write it as the pattern asks",
        "port-out-of-range" => "ports lie between 0 and 65535, the lower one first",
        "unknown-container" => "name a container of the same task definition",
        "unknown-function" => "name a function that there is",
        "unknown-property" => "take it out, or name one that there is",
        "unresolved-condition" => "declare it under Conditions, or name one that is there",
        "unresolved-mapping" => "add it to Mappings, or look up what is there",
        "unresolved-reference" => "declare it, or name something that is there",
        "value-not-allowed" => "choose one of those",
        "value-out-of-range" => "choose one within the bounds",
        "wrong-type" => "give the property the type that it takes",
        "invalid-policy" | "invalid-parameter" | "invalid-policy-document" | "invalid-output" => "name one that there is, or take it out",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_and_kebab_case() {
        assert!(RULES.is_sorted_by(|a, b| a.name < b.name));
        assert!(RULES.iter().all(|rule| rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
