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

/// Every rule of [`validate`](super::validate()), sorted by name; `docs/validation-rules.md` says more about each.
pub const RULES: &[Rule] = &[
    error("circular-condition", "no condition refers to itself, however many steps round"),
    error("circular-dependency", "no resource depends on itself, however many steps round"),
    warning("dangling-reference", "whenever a reference counts, the resource it names exists"),
    error("duplicate-export", "no two outputs export under one name"),
    error("duplicate-item", "a list whose items are unique has no item twice"),
    error("fargate-cpu-memory", "a Fargate task has a pair of CPU and memory that Fargate offers"),
    error("fargate-host-volume", "a Fargate task mounts nothing of its host"),
    error("fargate-log-driver", "a Fargate task logs through awslogs, awsfirelens or splunk"),
    error("fargate-network-mode", "a Fargate task has network mode awsvpc"),
    error("fargate-privileged", "a Fargate task's containers are not privileged"),
    error("invalid-cidr", "address blocks are written as one"),
    error("invalid-default", "a parameter's default satisfies its own constraints"),
    error("invalid-parameter-type", "parameters have types that there are"),
    error("invalid-policy", "DeletionPolicy and UpdateReplacePolicy are ones that there are"),
    error("length-out-of-range", "a text or list is as long as the resource type allows"),
    error("malformed-function", "intrinsic functions have the operands that they take"),
    error("missing-alternative", "of properties that stand for each other, the resource type gets one"),
    error("missing-property", "properties that a resource type requires are there"),
    error("mount-point-without-volume", "a container's mount point names a volume of its task definition"),
    error("mount-targets-in-one-subnet", "a file system has one mount target in a subnet"),
    error("pattern-mismatch", "a text matches the pattern that the resource type gives"),
    error("port-out-of-range", "ports lie between 0 and 65535, and a range does not run backwards"),
    error("provisioned-throughput-without-figure", "a file system with provisioned throughput says how much"),
    error("read-only-property", "properties that the service sets are not set by the template"),
    warning("search-limit", "the conditions rest on few enough values for all to be tried"),
    error("template-limit", "the template stays within CloudFormation's limits"),
    error("unknown-attribute", "Fn::GetAtt names an attribute that the resource type has"),
    error("unknown-function", "a name that starts with `Fn::` is a function's"),
    error("unknown-property", "a resource has only properties that its type declares"),
    warning("unknown-resource-type", "a resource type is one that AWS publishes"),
    error("unresolved-condition", "conditions referred to are declared"),
    error("unresolved-mapping", "mappings referred to are declared, and have the keys"),
    error("unresolved-reference", "names referred to are declared"),
    warning("unused-condition", "declared conditions are used"),
    warning("unused-mapping", "declared mappings are used"),
    warning("unused-parameter", "declared parameters are used"),
    error("value-not-allowed", "a value is one of those that the resource type allows"),
    error("value-out-of-range", "a number lies in the range that the resource type gives"),
    error("wrong-type", "a value has the type that the resource type gives"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_and_kebab_case() {
        assert!(RULES.is_sorted_by(|a, b| a.name < b.name));
        assert!(RULES.iter().all(|rule| rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
