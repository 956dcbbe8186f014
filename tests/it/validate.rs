//! Tests of `validate`: each defect violates its rule and no other.

#![allow(clippy::unwrap_used)]

mod agreement;
mod formats;
mod seeded;
mod values;

use rackform::diagnostic::{Diagnostics, Severity, Source};
use rackform::template::{Arena, Template};
use rackform::validate::{Finding, Options, RULES, validate};

/// Validates a template and maps its findings.
fn found<T>(text: &str, map: impl Fn(&Finding) -> T) -> Result<Vec<T>, Diagnostics> {
    let source = Source::new("template.json", text.to_owned());
    let arena = Arena::new();
    let template = Template::read(&source, &arena)?;
    Ok(validate(&template, Options::default()).iter().map(map).collect())
}

fn rules(text: &str) -> Vec<(Severity, &'static str)> {
    found(text, |finding| (finding.diagnostic.severity, finding.diagnostic.rule))
        .unwrap_or_else(|problems| vec![(Severity::Error, problems.0[0].rule)])
}

fn messages(text: &str) -> Vec<String> {
    found(text, |finding| finding.diagnostic.message.clone()).unwrap_or_default()
}

/// Returns a template with one resource `R`.
fn resource(resource_type: &str, properties: &str) -> String {
    format!(r#"{{"Resources": {{"R": {{"Type": "{resource_type}", "Properties": {properties}}}}}}}"#)
}

/// Returns a template with a Fargate task definition.
fn task(properties: &str) -> String {
    resource("AWS::ECS::TaskDefinition", &format!(r#"{{"RequiresCompatibilities": ["FARGATE"], {properties}}}"#))
}

#[test]
fn each_defect_violates_its_rule_and_no_other() {
    let topic = r#""T": {"Type": "AWS::SNS::Topic"}"#;
    for (rule, text) in [
        ("unresolved-reference", format!(r#"{{"Resources": {{{topic}, "P": {{"Type": "AWS::SNS::TopicPolicy", "Properties": {{"Topics": [{{"Ref": "Topc"}}], "PolicyDocument": {{"Statement": []}}}}}}}}}}"#)),
        ("unresolved-reference", format!(r#"{{"Resources": {{{topic}}}, "Outputs": {{"O": {{"Value": {{"Fn::Sub": "a ${{Missing.Arn}}"}}}}}}}}"#)),
        ("unresolved-reference", r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "DependsOn": ["Nobody"]}}}"#.into()),
        ("unresolved-condition", r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "Nope"}}}"#.into()),
        ("unresolved-mapping", r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::FindInMap": ["M", "a", "b"]}}}}}"#.into()),
        ("unresolved-mapping", r#"{"Mappings": {"M": {"a": {"b": "c"}}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::FindInMap": ["M", "a", "c"]}}}}}"#.into()),
        ("malformed-function", resource("AWS::SNS::Topic", r#"{"TopicName": {"Fn::Join": ["-", "abc"]}}"#)),
        ("unresolved-reference", r#"{"Conditions": {"C": {"Fn::Equals": [{"Ref": "T"}, "a"]}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "C"}}}"#.into()),
        ("unresolved-reference", r#"{"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::If": ["Never", {"Ref": "Nobody"}, "b"]}}}}}"#.into()),
        ("malformed-function", resource("AWS::SNS::Topic", r#"{"TopicName": {"Fn::GetStackOutput": {"StackName": "a"}}}"#)),
        ("unknown-function", resource("AWS::SNS::Topic", r#"{"TopicName": {"Fn::Concat": ["-", "abc"]}}"#)),
        ("circular-condition", r#"{"Conditions": {"C": {"Fn::Or": [{"Condition": "C"}, {"Fn::Equals": ["a", "b"]}]}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "C"}}}"#.into()),
        ("invalid-policy", r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Keep"}}}"#.into()),
        ("duplicate-export", format!(r#"{{"Resources": {{{topic}}}, "Outputs": {{"O": {{"Value": "a", "Export": {{"Name": "n"}}}}, "P": {{"Value": "b", "Export": {{"Name": "n"}}}}}}}}"#)),
        ("port-out-of-range", resource("AWS::EC2::SecurityGroupIngress", r#"{"IpProtocol": "tcp", "FromPort": 5000, "ToPort": 4000, "GroupId": "sg-12345678", "CidrIp": "10.0.0.0/8"}"#)),
        ("pattern-mismatch", resource("AWS::EFS::AccessPoint", r#"{"FileSystemId": "10.0.0.0"}"#)),
        ("length-out-of-range", resource("AWS::EFS::MountTarget", r#"{"FileSystemId": "fs-12345678", "SubnetId": "subnet-1", "SecurityGroups": ["sg-12345678"]}"#)),
        ("invalid-parameter-type", r#"{"Parameters": {"P": {"Type": "Strng"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "P"}}}}}"#.into()),
        ("invalid-cidr", resource("AWS::EC2::VPC", r#"{"CidrBlock": "10.0.0.0/99"}"#)),
        ("duplicate-item", resource("AWS::EFS::MountTarget", r#"{"FileSystemId": "fs-12345678", "SubnetId": "subnet-12345678", "SecurityGroups": ["sg-12345678", "sg-12345678"]}"#)),
        ("missing-alternative", resource("AWS::Events::Rule", r#"{"Name": "a"}"#)),
        ("template-limit", format!(r#"{{"Resources": {{{topic}}}, "Outputs": {{{}}}}}"#, (0..201).map(|index| format!(r#""O{index}": {{"Value": "a"}}"#)).collect::<Vec<_>>().join(", "))),
        ("unknown-attribute", format!(r#"{{"Resources": {{{topic}}}, "Outputs": {{"O": {{"Value": {{"Fn::GetAtt": ["T", "Arm"]}}}}}}}}"#)),
        ("circular-dependency", r#"{"Resources": {"A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"}, "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A"}}}"#.into()),
        ("circular-dependency", r#"{"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "A"}}}}}"#.into()),
        ("unknown-resource-type", resource("AWS::SNS::Topics", "{}")),
        ("unknown-property", resource("AWS::SNS::Topic", r#"{"TopicNam": "a"}"#)),
        ("unknown-property", resource("AWS::EFS::FileSystem", r#"{"LifecyclePolicies": [{"TransitionToIa": "AFTER_30_DAYS"}]}"#)),
        ("read-only-property", resource("AWS::EFS::FileSystem", r#"{"FileSystemId": "fs-12345678"}"#)),
        ("wrong-type", resource("AWS::EFS::FileSystem", r#"{"Encrypted": "perhaps"}"#)),
        ("wrong-type", resource("AWS::EC2::VPC", r#"{"CidrBlock": "10.0.0.0/16", "Tags": {"Name": "a"}}"#)),
        ("wrong-type", resource("AWS::EFS::MountTarget", r#"{"FileSystemId": "fs-12345678", "SubnetId": "subnet-12345678", "SecurityGroups": {"Fn::Sub": "sg-12345678"}}"#)),
        ("missing-property", resource("AWS::EFS::MountTarget", r#"{"FileSystemId": "fs-12345678", "SubnetId": "subnet-12345678"}"#)),
        ("missing-property", r#"{"Resources": {"R": {"Type": "AWS::EC2::RouteTable"}}}"#.into()),
        ("value-not-allowed", resource("AWS::EFS::FileSystem", r#"{"ThroughputMode": "fast"}"#).replace("ThroughputMode", "PerformanceMode")),
        ("value-out-of-range", resource("AWS::SQS::Queue", r#"{"DelaySeconds": 901}"#)),
        ("port-out-of-range", resource("AWS::EC2::SecurityGroupIngress", r#"{"IpProtocol": "tcp", "FromPort": 99999, "ToPort": 2049, "GroupId": "sg-12345678", "CidrIp": "10.0.0.0/8"}"#)),
        ("provisioned-throughput-without-figure", resource("AWS::EFS::FileSystem", r#"{"ThroughputMode": "provisioned"}"#)),
        (
            "mount-targets-in-one-subnet",
            r#"{"Resources": {
                "A": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": "fs-12345678", "SubnetId": "subnet-12345678", "SecurityGroups": ["sg-12345678"]}},
                "B": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": "fs-12345678", "SubnetId": "subnet-12345678", "SecurityGroups": ["sg-12345678"]}}}}"#.into(),
        ),
        ("mount-point-without-volume", resource("AWS::ECS::TaskDefinition", r#"{"Memory": 512, "Volumes": [{"Name": "cache"}], "ContainerDefinitions": [{"Name": "c", "Image": "i", "MountPoints": [{"SourceVolume": "cach", "ContainerPath": "/c"}]}]}"#)),
        ("container-without-memory", resource("AWS::ECS::TaskDefinition", r#"{"ContainerDefinitions": [{"Name": "c", "Image": "i"}]}"#)),
        ("no-essential-container", resource("AWS::ECS::TaskDefinition", r#"{"Memory": 512, "ContainerDefinitions": [{"Name": "c", "Image": "i", "Essential": false}]}"#)),
        ("missing-property", resource("AWS::EC2::Volume", r#"{"AvailabilityZone": "us-east-1a", "Size": 10, "VolumeType": "io2"}"#)),
        ("value-out-of-range", resource("AWS::AutoScaling::AutoScalingGroup", r#"{"MinSize": "3", "MaxSize": "2", "LaunchConfigurationName": "l", "VPCZoneIdentifier": ["subnet-12345678"]}"#)),
        ("s3-files-volume-configuration", task(r#""NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512", "Volumes": [{"Name": "v", "S3FilesVolumeConfiguration": {"FileSystemArn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-0123456789abcdef0"}}]"#)),
        ("s3-files-volume-configuration", task(r#""NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512", "TaskRoleArn": "arn:aws:iam::123456789012:role/task", "Volumes": [{"Name": "v", "S3FilesVolumeConfiguration": {"FileSystemArn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-0123456789abcdef0", "AccessPointArn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0", "RootDirectory": "/srv"}}]"#)),
        ("fargate-cpu-memory", task(r#""NetworkMode": "awsvpc", "Cpu": "256", "Memory": "4096""#)),
        ("fargate-cpu-memory", task(r#""NetworkMode": "awsvpc", "Cpu": "300", "Memory": "512""#)),
        ("fargate-network-mode", task(r#""NetworkMode": "bridge", "Cpu": "256", "Memory": "512""#)),
        ("fargate-host-volume", task(r#""NetworkMode": "awsvpc", "Cpu": 256, "Memory": 512, "Volumes": [{"Name": "docker", "Host": {"SourcePath": "/var/run/docker.sock"}}]"#)),
        ("fargate-log-driver", task(r#""NetworkMode": "awsvpc", "Cpu": ".25 vCPU", "Memory": "0.5 GB", "ContainerDefinitions": [{"Name": "c", "Image": "i", "LogConfiguration": {"LogDriver": "syslog"}}]"#)),
        ("fargate-privileged", task(r#""NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512", "ContainerDefinitions": [{"Name": "c", "Image": "i", "Privileged": true}]"#)),
        ("invalid-default", r#"{"Parameters": {"P": {"Type": "String", "AllowedValues": ["a"], "Default": "b"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "P"}}}}}"#.into()),
    ] {
        assert_eq!(rules(&text), [(Severity::Error, rule)], "{text}\n{:#?}", messages(&text));
        assert!(RULES.iter().any(|known| known.name == rule), "{rule} is not listed");
    }
}

#[test]
fn unused_parameters_mappings_and_conditions_are_warnings() {
    let text = r#"{"Parameters": {"P": {"Type": "String"}}, "Mappings": {"M": {"a": {"b": "c"}}}, "Conditions": {"C": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#;
    let expected = ["unused-parameter", "unused-mapping", "unused-condition"].map(|rule| (Severity::Warning, rule));
    assert_eq!(rules(text), expected);
}

#[test]
fn valid_templates_have_no_findings() {
    for text in [
        // CloudFormation converts strings to other scalar types and back.
        resource("AWS::EC2::SecurityGroupIngress", r#"{"IpProtocol": 6, "FromPort": "2049", "ToPort": "2049", "GroupId": {"Fn::Sub": "sg-12345678"}, "CidrIp": "10.0.0.0/8"}"#),
        resource("AWS::EFS::FileSystem", r#"{"Encrypted": "true", "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": "12"}"#),
        resource("AWS::EFS::FileSystem", r#"{"KmsKeyId": {"Ref": "AWS::NoValue"}, "ReplicationConfiguration": {"Ref": "AWS::NoValue"}}"#),
        resource("AWS::SecretsManager::Secret", r#"{"SecretString": "{{resolve:ssm:/a}}"}"#),
        // An empty list does not count as set.
        resource("AWS::CloudWatch::Alarm", r#"{"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Dimensions": [], "Metrics": [{"Id": "a", "Expression": "1"}]}"#),
        // References to another stack, into a module, and to the result of a macro.
        resource("AWS::SNS::Topic", r#"{"TopicName": {"Fn::GetStackOutput": {"StackName": "a", "OutputName": "b"}}}"#),
        r#"{"Resources": {"M": {"Type": "My::Own::Kind::MODULE"}}, "Outputs": {"O": {"Value": {"Ref": "MBucket"}}, "P": {"Value": {"Fn::GetAtt": ["MBucket", "Arn"]}}}}"#.into(),
        resource("AWS::SNS::Topic", r#"{"TopicName": {"Fn::Sub": {"Fn::Transform": {"Name": "Text"}}}}"#),
        r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"DeploymentPreference": {"Alarms": [{"Ref": "B"}]}}},
            "B": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": {"Ref": "A"}}}}}"#.into(),
        // Custom resources have no schema.
        resource("Custom::Thing", r#"{"Whatever": {"Ref": "AWS::StackId"}}"#),
        resource("AWS::CloudFormation::CustomResource", r#"{"ServiceToken": "arn", "Whatever": 1}"#),
        task(r#""NetworkMode": "awsvpc", "Cpu": "1 vCPU", "Memory": "3GB", "Volumes": [{"Name": "cache", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}, {"Name": "scratch", "Host": {}}],
            "ContainerDefinitions": [{"Name": "c", "Image": "i", "MountPoints": [{"SourceVolume": "cache", "ContainerPath": "/c"}]}]"#),
        r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": ["${!x}${y}", {"y": "z"}]}}}}, "Outputs": {"O": {"Value": {"Fn::GetAtt": "T.TopicArn"}}}}"#.into(),
    ] {
        assert_eq!(messages(&text), [""; 0], "{text}");
    }
}

/// Returns a template with a conditional file system and a reference to it under another condition.
fn conditional(parameters: &str, target: &str, referrer: &str) -> String {
    format!(
        r#"{{"Parameters": {{{parameters}}},
        "Conditions": {{"Target": {target}, "Referrer": {referrer}}},
        "Resources": {{
            "Files": {{"Type": "AWS::EFS::FileSystem", "Condition": "Target"}},
            "Door": {{"Type": "AWS::EFS::AccessPoint", "Condition": "Referrer", "Properties": {{"FileSystemId": {{"Ref": "Files"}}}}}}}}}}"#
    )
}

#[test]
fn a_dangling_reference_has_the_parameter_values_that_cause_it() -> Result<(), Diagnostics> {
    let parameters = r#""Cache": {"Type": "String", "AllowedValues": ["Yes", "No"], "Default": "No"}, "Method": {"Type": "String", "AllowedValues": ["ec2", "fargate"], "Default": "ec2"}"#;
    let cache = r#"{"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}"#;
    let both = r#"{"Fn::And": [{"Condition": "Referrer"}, {"Fn::Equals": [{"Ref": "Method"}, "fargate"]}]}"#;
    let text = conditional(parameters, both, cache);
    let findings = found(&text, |finding| {
        (finding.diagnostic.rule, finding.diagnostic.severity, finding.diagnostic.message.clone(), finding.assignment.clone())
    })?;
    let assignment = [("Cache", "Yes"), ("Method", "ec2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let message = "`Door` refers to `Files`, which does not exist when Cache=Yes".to_owned();
    assert_eq!(findings, [("dangling-reference", Severity::Warning, message, assignment.to_vec())]);

    // It is an error if the defaults cause it, and no finding if no values cause it.
    assert_eq!(rules(&text.replace(r#""Default": "No""#, r#""Default": "Yes""#)), [(Severity::Error, "dangling-reference")]);
    assert_eq!(
        messages(&conditional(
            parameters,
            cache,
            r#"{"Fn::And": [{"Condition": "Target"}, {"Fn::Equals": [{"Ref": "Method"}, "fargate"]}]}"#
        )),
        [""; 0]
    );
    Ok(())
}

#[test]
fn strings_regions_and_lists_have_candidate_values() -> Result<(), Diagnostics> {
    let free = conditional(
        r#""Vpc": {"Type": "String", "Default": ""}"#,
        r#"{"Fn::Equals": [{"Ref": "Vpc"}, ""]}"#,
        r#"{"Fn::Equals": ["a", "a"]}"#,
    );
    assert_eq!(messages(&free), ["`Door` refers to `Files`, which does not exist when Vpc=some-value"]);

    let pattern = free.replace(r#""Default": """#, r#""Default": "", "AllowedPattern": "^(x[0-9])?$""#);
    assert_eq!(messages(&pattern), [""; 0], "the assignment contains a value that the parameter does not allow");

    let list =
        r#"{"Fn::Not": [{"Fn::Equals": [{"Fn::Select": [2, {"Fn::Split": [",", {"Fn::Join": ["", [{"Ref": "Cidrs"}, ",,,"]]}]}]}, ""]}]}"#;
    let list =
        conditional(r#""Cidrs": {"Type": "String", "Default": "10.0.0.0/8"}"#, r#"{"Fn::Equals": [{"Ref": "Cidrs"}, "10.0.0.0/8"]}"#, list);
    assert_eq!(messages(&list), ["`Door` refers to `Files`, which does not exist when Cidrs=some-value,some-value,some-value"]);

    let region = conditional(
        "",
        r#"{"Fn::Equals": [{"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "EFS"]}, "Yes"]}"#,
        r#"{"Fn::Equals": ["a", "a"]}"#,
    );
    let region = region.replacen("{", r#"{"Mappings": {"Regions": {"us-east-1": {"EFS": "Yes"}, "eu-north-1": {"EFS": "No"}}}, "#, 1);
    assert_eq!(messages(&region), ["`Door` refers to `Files`, which does not exist when AWS::Region=eu-north-1"]);
    Ok(())
}

#[test]
fn an_inactive_branch_can_refer_to_a_resource_that_does_not_exist() {
    let text = r#"{"Parameters": {"Cache": {"Type": "String", "Default": "No"}},
        "Conditions": {"Cache": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}},
        "Resources": {
            "Files": {"Type": "AWS::EFS::FileSystem", "Condition": "Cache"},
            "Name": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::If": ["Cache", {"Ref": "Files"}, "none"]}}}},
        "Outputs": {"Files": {"Condition": "Cache", "Value": {"Ref": "Files"}}}}"#;
    assert_eq!(messages(text), [""; 0]);
}

#[test]
fn no_echo_values_are_masked_in_findings() -> Result<(), Diagnostics> {
    let text = conditional(
        r#""Token": {"Type": "String", "NoEcho": true, "Default": "hunter2"}"#,
        r#"{"Fn::Equals": [{"Ref": "Token"}, "sesame"]}"#,
        r#"{"Fn::Equals": ["a", "a"]}"#,
    );
    let findings = found(&text, |finding| format!("{:?} {:?}", finding.assignment, finding.diagnostic.message))?;
    assert_eq!(findings, [r#"[("Token", "****")] "`Door` refers to `Files`, which does not exist""#]);
    Ok(())
}

#[test]
fn a_conditional_volume_leaves_its_mount_point_without_a_volume() {
    let text = r#"{"Parameters": {"Cache": {"Type": "String", "AllowedValues": ["Yes", "No"], "Default": "Yes"}},
        "Conditions": {"Cache": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}},
        "Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "Memory": 512, "Volumes": [{"Fn::If": ["Cache", {"Name": "cache"}, {"Ref": "AWS::NoValue"}]}],
            "ContainerDefinitions": [{"Name": "c", "Image": "i", "MountPoints": [{"SourceVolume": "cache", "ContainerPath": "/c"}]}]}}}}"#;
    assert_eq!(messages(text), ["a mount point of `Task` refers to volume `cache`, which is not in the task definition when Cache=No"]);
    let guarded = text.replace(
        r#"[{"SourceVolume": "cache", "ContainerPath": "/c"}]"#,
        r#"{"Fn::If": ["Cache", [{"SourceVolume": "cache", "ContainerPath": "/c"}], {"Ref": "AWS::NoValue"}]}"#,
    );
    assert_eq!(messages(&guarded), [""; 0]);
}

#[test]
fn the_convox_rack_has_no_errors_and_its_latent_defects_are_found() -> Result<(), Diagnostics> {
    let Some(folder) = crate::support::shared_data() else { return Ok(()) };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap_or_default();
    let findings = found(&text, |finding| (finding.diagnostic.severity, finding.diagnostic.rule, finding.diagnostic.message.clone()))?;
    assert!(findings.iter().all(|(severity, ..)| *severity == Severity::Warning), "{findings:#?}");
    let latent: Vec<&str> =
        findings.iter().filter(|(_, rule, _)| !rule.starts_with("unused-")).map(|(.., message)| message.as_str()).collect();
    assert_eq!(
        latent,
        [
            "`BuildScheduleRackScaleDown` refers to `BuildInstances`, which does not exist when BuildMethod=fargate, ScheduleRackScaleUp=some-value",
            "`BuildScheduleRackScaleUp` refers to `BuildInstances`, which does not exist when BuildMethod=fargate, ScheduleRackScaleUp=some-value",
            "`ApiBalancer` refers to `SubnetPrivate0`, which does not exist when PrivateApi=Yes",
            "`ApiBalancer` refers to `SubnetPrivate1`, which does not exist when PrivateApi=Yes",
            "Fargate task `ApiBuildFargate` has an empty CPU, which Fargate does not support when BuildMethod=fargate",
            "Fargate task `ApiBuildFargate` uses the log driver `syslog`, which Fargate does not support when BuildMethod=fargate, LogDriver=Syslog",
        ]
    );
    Ok(())
}

#[test]
fn templates_that_cloudformation_accepted_have_no_errors() -> Result<(), Diagnostics> {
    let Some(folder) = crate::support::shared_data() else { return Ok(()) };
    let mut seen = 0;
    for kind in ["change-sets", "evaluations"] {
        for entry in std::fs::read_dir(folder.join("aws-recordings").join(kind)).into_iter().flatten().flatten() {
            let recording: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(entry.path()).unwrap_or_default()).unwrap_or_default();
            let sides = [&recording["before"]["template"], &recording["after"]["template"], &recording["template"]];
            for side in sides.into_iter().filter(|side| !side.is_null()) {
                let text = side.as_str().map_or_else(|| side.to_string(), str::to_owned);
                // A few recordings contain only the name of a template.
                if side.as_str().is_some_and(|text| text.contains("Special from")) {
                    continue;
                }
                let errors =
                    found(&text, |finding| (finding.diagnostic.severity == Severity::Error).then(|| finding.diagnostic.message.clone()))?;
                assert_eq!(errors.into_iter().flatten().collect::<Vec<_>>(), [""; 0], "{}", entry.path().display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} templates");
    Ok(())
}

#[test]
fn every_rule_is_documented() {
    let documentation = include_str!("../../docs/validation-rules.md");
    for rule in RULES {
        assert!(documentation.contains(&format!("`{}`", rule.name)), "{} is not in docs/validation-rules.md", rule.name);
    }
}

#[test]
fn deprecated_runtimes_are_reported_with_their_dates_in_every_branch() {
    let function = |runtime: &str| {
        format!(
            r#"{{"Parameters": {{"R": {{"Type": "String", "Default": "nodejs22.x", "AllowedValues": ["nodejs22.x", "nodejs16.x"]}}}},
            "Conditions": {{"New": {{"Fn::Equals": [{{"Ref": "R"}}, "nodejs22.x"]}}}},
            "Resources": {{"F": {{"Type": "AWS::Lambda::Function", "Properties": {{"Runtime": {runtime}, "Handler": "index.handler",
                "Role": "arn:aws:iam::123456789012:role/r", "Code": {{"ZipFile": "1"}}}}}}}}}}"#
        )
    };
    let deprecated = |runtime: &str| {
        let findings = found(&function(runtime), |finding| {
            let diagnostic = &finding.diagnostic;
            (diagnostic.rule == "deprecated-runtime").then(|| (diagnostic.severity, diagnostic.message.clone(), finding.assignment.clone()))
        });
        findings.unwrap().into_iter().flatten().collect::<Vec<_>>()
    };
    let at = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let refused =
        "the deprecation date of the runtime `nodejs12.x` of `F` is 2023-03-31; Lambda neither creates nor updates functions with it";
    let old = "the deprecation date of the runtime `nodejs16.x` of `F` is 2024-06-12; Lambda plans to create no functions with it from \
        2027-02-01, and to update none from 2027-03-03";
    assert_eq!(deprecated(r#""nodejs12.x""#), [(Severity::Error, refused.to_owned(), vec![])]);
    let with = |message: &str| format!("{message} when R=nodejs16.x");
    assert_eq!(deprecated(r#"{"Ref": "R"}"#), [(Severity::Warning, with(old), at("R", "nodejs16.x"))]);
    assert_eq!(
        deprecated(r#"{"Fn::If": ["New", "nodejs22.x", "nodejs12.x"]}"#),
        [(Severity::Warning, with(refused), at("R", "nodejs16.x"))]
    );
    assert_eq!(deprecated(r#""nodejs22.x""#), []);
}
