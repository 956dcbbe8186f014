//! The platform that a build task runs on, from its task definition or the type of its instances.

use crate::evaluate::{Resource, Value};

/// Returns the platform of a task, such as `linux/arm64`; `None` if nothing determines it.
///
/// On instances, a task definition without an architecture runs on the architecture of the instances. On Fargate, X86_64 is the default.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ecs-taskdefinition-runtimeplatform.html>
pub(super) fn task_platform(task: &Resource<'_>, is_fargate: bool, instance_type: Option<&str>) -> Option<String> {
    let runtime = task.properties.get("RuntimePlatform");
    let member = |name: &str| runtime.and_then(|runtime| runtime.get(name));
    let text = |name: &str| member(name).and_then(Value::text);
    let is_windows = text("OperatingSystemFamily").is_some_and(|family| family.to_ascii_uppercase().starts_with("WINDOWS"));
    let architecture = match (member("CpuArchitecture"), text("CpuArchitecture")) {
        (_, Some("ARM64")) => "arm64",
        (_, Some("X86_64")) => "amd64",
        (Some(_), _) => return None,
        (None, _) if is_fargate => "amd64",
        (None, _) => instance_architecture(instance_type?),
    };
    Some(format!("{}/{architecture}", if is_windows { "windows" } else { "linux" }))
}

/// Returns the architecture of an instance type. In its family, a `g` after the generation stands for a Graviton processor of AWS, whose
/// first generation is `a1`; the Grace processors of `p6e-gb200` are ARM, too.
///
/// Source: <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html>
fn instance_architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    let options =
        family.trim_start_matches(|letter: char| !letter.is_ascii_digit()).trim_start_matches(|digit: char| digit.is_ascii_digit());
    if family == "a1" || options.contains('g') { "arm64" } else { "amd64" }
}

#[cfg(test)]
mod tests {
    use super::instance_architecture;

    #[test]
    fn the_family_of_an_instance_type_names_its_processor() {
        for arm in [
            "t4g.small",
            "a1.large",
            "m6gd.xlarge",
            "c7gn.medium",
            "x2gd.large",
            "im4gn.large",
            "is4gen.large",
            "g5g.xlarge",
            "hpc7g.4xlarge",
        ] {
            assert_eq!(instance_architecture(arm), "arm64", "{arm}");
        }
        for x86 in
            ["t3.small", "g4dn.xlarge", "m7a.large", "c6i.metal", "trn1.2xlarge", "u7i-12tb.224xlarge", "mac1.metal", "p5en.48xlarge"]
        {
            assert_eq!(instance_architecture(x86), "amd64", "{x86}");
        }
    }
}
