//! Preflight with canned responses.

use super::super::wire::{RecordedRequest, Wire, refusal, success};
use crate::program::{Bench, Run};

/// A new stack with resources for every preflight check.
const TEMPLATE: &str = r#"{"Resources": {
  "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "builds"}},
  "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "builds"}},
  "Layers": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "builds"}},
  "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
  "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": "vpc-1"}},
  "Target": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": "fs-12345678", "SubnetId": "subnet-0a1b2c3d", "SecurityGroups": [{"Ref": "Group"}]}}
}}"#;

/// The calls of preflight that `verify` does not make.
const CALLS: [(&str, &str); 7] = [
    ("DescribeLogGroups", "logs:DescribeLogGroups"),
    ("DescribeClusters", "ecs:DescribeClusters"),
    ("DescribeRepositories", "ecr:DescribeRepositories"),
    ("DescribeAddresses", "ec2:DescribeAddresses"),
    ("DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    ("DescribeAvailabilityZones", "ec2:DescribeAvailabilityZones"),
    ("DescribeVpcEndpointServices", "ec2:DescribeVpcEndpointServices"),
];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("stack.json", TEMPLATE).file("rack.yaml", "name: rack\nregion: eu-west-1\nbackend: aws\ntemplate: stack.json\n");
    bench
}

/// Responds like an account without conflicts.
fn free(request: &RecordedRequest) -> (u16, String) {
    let xml = |action: &str, text: &str| (200, format!("<{action}Response>{text}</{action}Response>"));
    let token = |field: &str| request.body.contains(field);
    let zone = "<item><zoneName>eu-west-1a</zoneName><zoneState>available</zoneState><zoneType>availability-zone</zoneType></item>";
    match request.operation.as_str() {
        "DescribeStacks" => refusal("ValidationError", "Stack with id rack does not exist"),
        action @ ("ListExports" | "ListChangeSets") => success(action, ""),
        "DescribeLogGroups" if token("page-2") => (200, r#"{"logGroups": [{"logGroupName": "builds-more"}]}"#.to_owned()),
        "DescribeLogGroups" => (200, r#"{"logGroups": [], "nextToken": "page-2"}"#.to_owned()),
        "DescribeClusters" => (200, r#"{"clusters": [], "failures": [{"arn": "builds", "reason": "MISSING"}]}"#.to_owned()),
        "DescribeRepositories" => (400, r#"{"__type": "RepositoryNotFoundException", "message": "no such repository"}"#.to_owned()),
        action @ "DescribeAddresses" => xml(action, "<addressesSet/>"),
        action @ "DescribeAccountAttributes" => xml(
            action,
            "<accountAttributeSet><item><attributeName>vpc-max-elastic-ips</attributeName><attributeValueSet><item><attributeValue>5</attributeValue>\
             </item></attributeValueSet></item></accountAttributeSet>",
        ),
        action @ "DescribeSecurityGroups" if token("NextToken") => xml(action, &groups(3)),
        action @ "DescribeSecurityGroups" => xml(action, &format!("{}<nextToken>page-2</nextToken>", groups(1000))),
        action @ "DescribeAvailabilityZones" => xml(action, &format!("<availabilityZoneInfo>{zone}</availabilityZoneInfo>")),
        action @ "DescribeVpcEndpointServices" => xml(
            action,
            "<serviceDetailSet><item><serviceName>com.amazonaws.eu-west-1.elasticfilesystem</serviceName><availabilityZoneSet>\
             <item>eu-west-1a</item></availabilityZoneSet></item></serviceDetailSet>",
        ),
        action @ "DescribeSubnets" => xml(
            action,
            "<subnetSet><item><subnetId>subnet-0a1b2c3d</subnetId><vpcId>vpc-1</vpcId><availabilityZone>eu-west-1a</availabilityZone></item></subnetSet>",
        ),
        _ if request.path.contains("/mount-targets") => (200, r#"{"MountTargets": []}"#.to_owned()),
        other => refusal("InvalidAction", &format!("unexpected request: {other} {}", request.path)),
    }
}

fn groups(count: usize) -> String {
    let item = |at| format!("<item><groupId>sg-{at}</groupId><groupName>g{at}</groupName></item>");
    format!("<securityGroupInfo>{}</securityGroupInfo>", (0..count).map(item).collect::<String>())
}

fn preflight(answer: impl Fn(&RecordedRequest) -> (u16, String) + Send + Sync + 'static) -> (Wire, Run) {
    let wire = Wire::new(answer);
    let run = wire.run(&bench(), "plan --preflight");
    (wire, run)
}

#[test]
fn all_pages_are_read_before_a_name_counts_as_available() {
    let (wire, run) = preflight(free);
    assert_eq!(run.code, 0, "{run}");
    // The server does not support the simulation of IAM; all other checks run.
    let unchecked = run.stderr.matches("unchecked[").count();
    assert!(run.stderr.contains("preflight checks of rack:") && unchecked == run.stderr.matches("unchecked[permissions]").count(), "{run}");
    for (call, _) in CALLS {
        assert!(wire.requests().iter().any(|request| request.operation == call), "{call} is not requested\n{:?}", wire.actions());
    }
    // The name is on the second page; only both pages together exceed the quota of security groups.
    let (_, run) = preflight(|request| match request.operation.as_str() {
        "DescribeLogGroups" if request.body.contains("page-2") => (200, r#"{"logGroups": [{"logGroupName": "builds"}]}"#.to_owned()),
        _ => free(request),
    });
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("error[name-taken]: Logs") && run.stderr.contains("used by builds"), "{run}");
    let (_, run) = preflight(|request| match request.operation.as_str() {
        "DescribeSecurityGroups" if request.body.contains("NextToken") => {
            (200, format!("<DescribeSecurityGroupsResponse>{}</DescribeSecurityGroupsResponse>", groups(1500)))
        }
        _ => free(request),
    });
    assert!(run.stderr.contains("2500 security groups in use"), "{run}");
}

#[test]
fn a_denied_call_of_preflight_is_unchecked_and_does_not_stop_the_plan() {
    for (call, permission) in CALLS {
        let (_, run) = preflight(move |request| {
            if request.operation != call {
                return free(request);
            }
            let message = format!("not authorized to perform: {permission} with an explicit deny in a service control policy");
            if permission.starts_with("ec2:") {
                let error = format!("<Error><Code>UnauthorizedOperation</Code><Message>{message}</Message></Error>");
                return (403, format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"));
            }
            (400, format!(r#"{{"__type": "AccessDeniedException", "Message": "{message}"}}"#))
        });
        assert_eq!(run.code, 0, "{permission}: {run}");
        let context = format!("could not check: no permission for {permission}: with an explicit deny in a service control policy");
        let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&context), "{permission}: {run}");
        assert!(flat.contains("rackform permissions --for preflight"), "{permission}: {run}");
    }
}

#[test]
fn a_cluster_name_that_could_not_be_checked_is_unchecked() {
    let (_, run) = preflight(|request| match request.operation.as_str() {
        "DescribeClusters" => (200, r#"{"clusters": [], "failures": [{"arn": "builds", "reason": "ACCESS_DENIED"}]}"#.to_owned()),
        _ => free(request),
    });
    assert!(run.code == 0 && run.stderr.contains("unchecked[name-taken]: Cluster") && run.stderr.contains("ACCESS_DENIED"), "{run}");
}

#[test]
fn the_owner_of_a_name_is_reported_without_an_arn() {
    let (_, run) = preflight(|request| match request.operation.as_str() {
        "DescribeRepositories" => (200, r#"{"repositories": [{"repositoryName": "builds"}]}"#.to_owned()),
        _ => free(request),
    });
    assert!(run.code == 3 && run.stderr.contains("error[name-taken]: Layers"), "{run}");
}
