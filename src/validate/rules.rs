//! All rules with their stable names.

use crate::template::Severity;

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its stable name, as in [`Diagnostic::rule`](crate::template::Diagnostic::rule).
    pub name: &'static str,
    /// The usual severity of a violation.
    pub severity: Severity,
    /// The requirement, in one line.
    pub summary: &'static str,
}

const fn error(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Error, summary }
}

const fn warning(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Warning, summary }
}

/// Every rule of [`validate`](super::validate()) and of parsing a template, sorted by name; `docs/validation-rules.md` describes them.
pub const RULES: &[Rule] = &[
    error("alias-expansion", "YAML aliases must not expand to too many values"),
    error("alias-loop", "a YAML alias must not be inside the node to which it refers"),
    error("circular-condition", "conditions must not form a cycle"),
    error("circular-dependency", "resources must not form a dependency cycle"),
    error("container-exceeds-task", "the memory of a container must not exceed the memory of its task"),
    error("container-without-memory", "on EC2, each container or its task must have memory"),
    warning("dangling-reference", "a reference must not be active while the resource's condition is false"),
    error("duplicate-container-name", "container names in a task definition must be unique"),
    error("duplicate-export", "export names must be unique"),
    error("duplicate-item", "items of a unique list must be unique"),
    error("duplicate-key", "keys of an object must be unique"),
    error("duplicate-name", "a resource and a parameter must not have the same name"),
    error("duplicate-resource", "resources of a type must have different identifiers"),
    error("duplicate-tag", "tag keys of a resource must be unique"),
    error("duplicate-variable", "a secret and an environment variable of a container must not have the same name"),
    error("duplicate-volume-name", "volume names in a task definition must be unique"),
    error(
        "efs-volume-configuration",
        "an EFS volume with an access point or IAM authorization requires transit encryption, and an access point excludes a root directory",
    ),
    error("excluded-property", "mutually exclusive properties must not be set together"),
    error("fargate-cpu-memory", "a Fargate task must have a supported combination of CPU and memory"),
    error("fargate-ephemeral-storage", "the ephemeral storage of a Fargate task must be 21 to 200 GiB"),
    error("fargate-execution-role", "a Fargate task with awslogs or secrets requires an execution role"),
    error("fargate-host-volume", "a Fargate task must not mount a host path or Docker volume"),
    error("fargate-log-driver", "the log driver of a Fargate task must be awslogs, awsfirelens or splunk"),
    error("fargate-network-configuration", "a service on Fargate requires a network configuration"),
    error("fargate-network-mode", "the network mode of a Fargate task must be awsvpc"),
    error("fargate-platform-version", "a service's platform version must support the features of its task definition"),
    error("fargate-privileged", "containers of a Fargate task must not be privileged"),
    error("fargate-unsupported-setting", "a Fargate task must not have settings that Fargate does not support"),
    error("format-version", "AWSTemplateFormatVersion must be 2010-09-09"),
    warning("ignored-ports", "a security group rule for all protocols should not have ports"),
    warning("invalid-allowed-value", "AllowedValues of a parameter should satisfy its other constraints"),
    error("invalid-cidr", "a CIDR block must be valid"),
    error("invalid-default", "the default of a parameter must satisfy its constraints"),
    error("invalid-output", "an output must have a string value, known attributes and a valid export name"),
    error("invalid-parameter", "a parameter declaration must have a type, known attributes and consistent constraints"),
    error("invalid-parameter-type", "the type of a parameter must be known"),
    error("invalid-policy", "resource policies such as DeletionPolicy must be known and supported by the resource type"),
    error("invalid-policy-document", "an IAM policy document must be valid"),
    error("json-syntax", "a document that starts like JSON must be valid JSON"),
    error("length-out-of-range", "the length of a string or list must be in the range of the schema"),
    error("log-options", "the log driver awslogs requires the options awslogs-group and awslogs-region"),
    error("logical-id", "logical IDs must be alphanumeric"),
    error("malformed-depends-on", "DependsOn must be a logical ID or a list of logical IDs"),
    error("malformed-function", "an intrinsic function must have valid operands"),
    error("missing-alternative", "one of several alternative properties must be set"),
    error("missing-property", "required properties must be set"),
    error("missing-resources", "a template must have at least one resource"),
    error("mount-point-without-volume", "the volume of a mount point must exist in the task definition"),
    error("mount-targets-in-one-subnet", "a file system must not have two mount targets in one subnet"),
    error("mount-targets-in-one-zone", "a file system must not have two mount targets in one availability zone"),
    error("no-essential-container", "a task definition must have an essential container"),
    error("null-value", "null values are not allowed"),
    error("output-value", "an output must have a value"),
    error("overlapping-subnets", "CIDR blocks of subnets in one VPC must not overlap"),
    error("pattern-mismatch", "a string must match the pattern of the schema"),
    error("port-mapping-mismatch", "with network mode awsvpc, the host port must equal the container port"),
    error("port-out-of-range", "a port must be 0 to 65535, and FromPort must not exceed ToPort"),
    error("provisioned-throughput-without-figure", "ThroughputMode provisioned requires ProvisionedThroughputInMibps"),
    error("read-only-property", "read-only properties must not be set"),
    error("resource-attribute", "resource attributes must be known"),
    error("resource-type", "a resource must have a type"),
    warning("search-limit", "the number of combinations of parameter values should be small enough to check all of them"),
    error("section-kind", "sections and their entries must have the right kind"),
    error("security-group-rule", "a security group rule for tcp, udp or icmp requires FromPort and ToPort"),
    error("select-out-of-range", "the index of Fn::Select must be inside the list"),
    error("several-documents", "a YAML file must contain one document"),
    error("subnet-outside-network", "the CIDR block of a subnet must be inside the CIDR block of its VPC"),
    error("template-limit", "a template must not exceed CloudFormation's quotas"),
    error("template-shape", "a template must be an object"),
    error("unknown-attribute", "the attribute of Fn::GetAtt must exist in the resource type"),
    error("unknown-container", "DependsOn of a container must refer to a container of the same task definition"),
    error("unknown-function", "names that start with `Fn::` must be known functions"),
    error("unknown-property", "properties must exist in the resource type"),
    warning("unknown-resource-type", "AWS resource types should be published"),
    error("unknown-section", "sections of a template must be known"),
    error("unknown-tag", "YAML tags must be short forms of functions"),
    error("unresolved-condition", "conditions must be declared"),
    error("unresolved-mapping", "mappings and their keys must exist"),
    error("unresolved-reference", "parameters and resources must be declared"),
    warning("unused-condition", "conditions should be used"),
    warning("unused-mapping", "mappings should be used"),
    warning("unused-parameter", "parameters should be used"),
    error("value-not-allowed", "a value must be one of the allowed values of the schema"),
    error("value-out-of-range", "a number must be in the range of the schema"),
    error("wrong-identifier", "a reference must return the kind of identifier that the property requires"),
    error("wrong-type", "a value must have the type of the schema"),
    error("yaml-syntax", "any other document must be valid YAML"),
];

/// Returns the default hint of a rule, for a finding without its own hint.
pub(super) fn usual_hint(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "circular-condition" => "remove one of the references between these conditions",
        "duplicate-item" => "remove one of the two items",
        "length-out-of-range" => "change the length of the value",
        "malformed-function" => "correct the operands of the function",
        "missing-property" => "add the property; if an Fn::If branch is AWS::NoValue, use a value there",
        "mount-point-without-volume" => "add the volume to Volumes with the same condition, or remove the mount point",
        "pattern-mismatch" => "use a value that matches the pattern",
        "port-out-of-range" => "use ports from 0 to 65535, with FromPort not greater than ToPort",
        "unknown-container" => "refer to a container of the same task definition",
        "unknown-function" => "use a function that CloudFormation supports",
        "unknown-property" => "remove the property, or correct its name",
        "unresolved-condition" => "declare it in Conditions, or refer to a declared condition",
        "unresolved-mapping" => "add it to Mappings, or use an existing key",
        "unresolved-reference" => "declare it, or refer to a declared name",
        "value-not-allowed" => "use one of the allowed values",
        "value-out-of-range" => "use a value in the range",
        "wrong-type" => "use a value of the required type",
        "invalid-policy" | "invalid-parameter" | "invalid-policy-document" | "invalid-output" => "use a supported name, or remove it",
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
