//! A rack with a build cache in an account with canned responses, in the format of each service.

use super::super::server::success;
use super::super::wire::{RecordedRequest, Wire};
use crate::program::Bench;

/// A call of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    FileSystems,
    Lifecycle,
    MountTargets,
    TargetGroups,
    SecurityGroups,
    Subnets,
    VpcAttribute,
    TaskDefinition,
    Repositories,
    LifecyclePolicy,
    Key,
}

/// The calls, each with the permission that it requires.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
pub const CALLS: [(Call, &str); 11] = [
    (Call::FileSystems, "elasticfilesystem:DescribeFileSystems"),
    (Call::Lifecycle, "elasticfilesystem:DescribeLifecycleConfiguration"),
    (Call::MountTargets, "elasticfilesystem:DescribeMountTargets"),
    (Call::TargetGroups, "elasticfilesystem:DescribeMountTargetSecurityGroups"),
    (Call::SecurityGroups, "ec2:DescribeSecurityGroups"),
    (Call::Subnets, "ec2:DescribeSubnets"),
    (Call::VpcAttribute, "ec2:DescribeVpcAttribute"),
    (Call::TaskDefinition, "ecs:DescribeTaskDefinition"),
    (Call::Repositories, "ecr:DescribeRepositories"),
    (Call::LifecyclePolicy, "ecr:GetLifecyclePolicy"),
    (Call::Key, "kms:DescribeKey"),
];

/// A response that replaces the normal one.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Denied,
    /// Denied from the call with this number on.
    DeniedFrom(usize),
    /// Throttled this many times.
    Throttled(usize),
    /// The resource does not exist.
    Missing,
    /// An error of a service with a JSON protocol.
    Json(u16, &'static str, &'static str),
    /// A successful response with this body.
    Body(&'static str),
    /// The connection is closed.
    Broken,
}

/// The error format of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-requests-responses.html>
    Ec2,
    /// The header `x-amzn-errortype` and a body with `ErrorCode`: <https://docs.aws.amazon.com/efs/latest/ug/api-reference.html>
    Efs,
    /// `__type` in the body: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html>
    Json,
}

impl Call {
    fn shape(self) -> Shape {
        match self {
            Self::FileSystems | Self::Lifecycle | Self::MountTargets | Self::TargetGroups => Shape::Efs,
            Self::SecurityGroups | Self::Subnets | Self::VpcAttribute => Shape::Ec2,
            Self::TaskDefinition | Self::Repositories | Self::LifecyclePolicy | Self::Key => Shape::Json,
        }
    }

    /// Returns the error code and message of the service for a missing resource.
    fn missing(self) -> (&'static str, &'static str) {
        match self {
            Self::FileSystems | Self::Lifecycle | Self::MountTargets => ("FileSystemNotFound", "File system 'fs-1' does not exist."),
            Self::TargetGroups => ("MountTargetNotFound", "Mount target 'fsmt-1' does not exist."),
            Self::SecurityGroups => ("InvalidGroup.NotFound", "The security group 'sg-2' does not exist"),
            Self::Subnets => ("InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist"),
            Self::VpcAttribute => ("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
            Self::TaskDefinition => ("ClientException", "Unable to describe task definition."),
            Self::Repositories => ("RepositoryNotFoundException", "The repository with name 'cache' does not exist"),
            Self::LifecyclePolicy => ("LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository"),
            Self::Key => ("NotFoundException", "Key 'arn:aws:kms:eu-west-1:111122223333:key/key-1' does not exist"),
        }
    }
}

/// Returns the call of a request.
pub fn call(request: &RecordedRequest) -> Option<Call> {
    Some(match request.operation.as_str() {
        "DescribeSecurityGroups" => Call::SecurityGroups,
        "DescribeSubnets" => Call::Subnets,
        "DescribeVpcAttribute" => Call::VpcAttribute,
        "DescribeTaskDefinition" => Call::TaskDefinition,
        "DescribeRepositories" => Call::Repositories,
        "GetLifecyclePolicy" => Call::LifecyclePolicy,
        "DescribeKey" => Call::Key,
        "" if request.path.ends_with("/lifecycle-configuration") => Call::Lifecycle,
        "" if request.path.ends_with("/security-groups") => Call::TargetGroups,
        "" if request.path.starts_with("/2015-02-01/file-systems") => Call::FileSystems,
        "" if request.path.starts_with("/2015-02-01/mount-targets") => Call::MountTargets,
        _ => return None,
    })
}

/// An account in which every check passes, except for the responses that a test overrides.
#[derive(Clone, Default)]
pub struct Account {
    pub replies: Vec<(Call, Reply)>,
    /// How many mount targets there are on a page; 0 is no limit.
    pub page: usize,
}

const TEMPLATE: &str = r#"{
  "Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true}},
    "Subnet0": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a"}},
    "Subnet1": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1b"}},
    "InstancesSecurity": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "i", "VpcId": {"Ref": "Vpc"}}},
    "CacheSecurity": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "c", "VpcId": {"Ref": "Vpc"},
      "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "SourceSecurityGroupId": {"Ref": "InstancesSecurity"}}]}},
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}},
    "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": true, "KmsKeyId": {"Ref": "Key"}}},
    "Target0": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": "Subnet0"},
      "SecurityGroups": [{"Ref": "CacheSecurity"}]}},
    "Target1": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": {"Ref": "Subnet1"},
      "SecurityGroups": [{"Ref": "CacheSecurity"}]}},
    "Builds": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"RequiresCompatibilities": ["FARGATE"], "Cpu": "1024", "Memory": "2048",
      "Volumes": [{"Name": "cache", "EFSVolumeConfiguration": {"FilesystemId": {"Ref": "Files"}, "TransitEncryption": "ENABLED"}}],
      "ContainerDefinitions": [{"Name": "build", "Image": "kaniko", "Environment": [{"Name": "DOCKER_BUILDKIT", "Value": "1"}],
        "MountPoints": [{"SourceVolume": "cache", "ContainerPath": "/kaniko/caches"}]}]}},
    "Layers": {"Type": "AWS::ECR::Repository", "Properties": {"LifecyclePolicy": {"LifecyclePolicyText": "{\"rules\":[]}"}}}
  }
}"#;

/// The physical IDs of the stack's resources, each with its type.
const RESOURCES: [(&str, &str, &str); 11] = [
    ("Vpc", "AWS::EC2::VPC", "vpc-1"),
    ("Subnet0", "AWS::EC2::Subnet", "subnet-0"),
    ("Subnet1", "AWS::EC2::Subnet", "subnet-1"),
    ("InstancesSecurity", "AWS::EC2::SecurityGroup", "sg-1"),
    ("CacheSecurity", "AWS::EC2::SecurityGroup", "sg-2"),
    ("Key", "AWS::KMS::Key", "key-1"),
    ("Files", "AWS::EFS::FileSystem", "fs-1"),
    ("Target0", "AWS::EFS::MountTarget", "fsmt-0"),
    ("Target1", "AWS::EFS::MountTarget", "fsmt-1"),
    ("Builds", "AWS::ECS::TaskDefinition", TASK),
    ("Layers", "AWS::ECR::Repository", "cache"),
];

const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/builds:1";

/// Returns a folder with the rack that is deployed in the account.
pub fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: rack\nregion: eu-west-1\nbackend: aws\n");
    bench
}

impl Account {
    /// Returns the account with another response to a call.
    pub fn responding(mut self, call: Call, reply: Reply) -> Self {
        self.replies.push((call, reply));
        self
    }

    /// Starts a server for it.
    pub fn serve(self) -> Wire {
        let counts = std::sync::Mutex::new(std::collections::HashMap::new());
        Wire::new(move |request| {
            let Some(call) = call(request) else { return stack(request) };
            let times = {
                let mut counts = counts.lock().unwrap();
                let count = counts.entry(format!("{call:?}")).or_insert(0_usize);
                *count += 1;
                *count
            };
            let reply = self.replies.iter().find(|(replied, _)| *replied == call).map(|(_, reply)| *reply);
            reply.and_then(|reply| replied(call, reply, times)).unwrap_or_else(|| self.answer(call, request))
        })
    }

    fn answer(&self, call: Call, request: &RecordedRequest) -> (u16, String) {
        let text = match call {
            Call::FileSystems => r#"{"FileSystems": [{"FileSystemId": "fs-1", "LifeCycleState": "available", "Encrypted": true,
                "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/key-1", "OwnerId": "111122223333", "CreationToken": "t", "CreationTime": 1700000000,
                "NumberOfMountTargets": 2, "SizeInBytes": {"Value": 6144}, "PerformanceMode": "generalPurpose", "ThroughputMode": "bursting",
                "Tags": []}]}"#
                .to_owned(),
            Call::Lifecycle => r#"{"LifecyclePolicies": []}"#.to_owned(),
            Call::MountTargets => self.mount_targets(&request.path),
            Call::TargetGroups => r#"{"SecurityGroups": ["sg-2"]}"#.to_owned(),
            Call::SecurityGroups => security_group(&request.field("GroupId.1").unwrap_or_default()),
            Call::Subnets => {
                let id = request.field("SubnetId.1").unwrap_or_default();
                let zone = if id == "subnet-0" { "eu-west-1a" } else { "eu-west-1b" };
                format!(
                    "<DescribeSubnetsResponse><subnetSet><item><subnetId>{id}</subnetId><vpcId>vpc-1</vpcId>\
                     <availabilityZone>{zone}</availabilityZone></item></subnetSet></DescribeSubnetsResponse>"
                )
            }
            Call::VpcAttribute => {
                let name = request.field("Attribute").unwrap_or_default();
                format!("<DescribeVpcAttributeResponse><vpcId>vpc-1</vpcId><{name}><value>true</value></{name}></DescribeVpcAttributeResponse>")
            }
            Call::TaskDefinition => format!(
                r#"{{"taskDefinition": {{"taskDefinitionArn": "{TASK}", "status": "ACTIVE", "cpu": "1024", "memory": "2048",
                    "volumes": [{{"name": "cache", "efsVolumeConfiguration": {{"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}}}],
                    "containerDefinitions": [{{"name": "build", "environment": [{{"name": "DOCKER_BUILDKIT", "value": "1"}}],
                    "mountPoints": [{{"sourceVolume": "cache", "containerPath": "/kaniko/caches"}}]}}]}}}}"#
            ),
            Call::Repositories => r#"{"repositories": [{"repositoryName": "cache", "imageTagMutability": "MUTABLE",
                "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/cache"}]}"#
                .to_owned(),
            Call::LifecyclePolicy => r#"{"repositoryName": "cache", "lifecyclePolicyText": "{\"rules\":[]}"}"#.to_owned(),
            Call::Key => r#"{"KeyMetadata": {"KeyId": "key-1", "Arn": "arn:aws:kms:eu-west-1:111122223333:key/key-1", "KeyState": "Enabled",
                "KeyManager": "CUSTOMER"}}"#
                .to_owned(),
        };
        (200, text)
    }

    fn mount_targets(&self, path: &str) -> String {
        let all: Vec<String> = (0..2)
            .map(|at| {
                let zone = ["a", "b"][at];
                format!(
                    r#"{{"MountTargetId": "fsmt-{at}", "FileSystemId": "fs-1", "SubnetId": "subnet-{at}", "LifeCycleState": "available",
                        "AvailabilityZoneName": "eu-west-1{zone}"}}"#
                )
            })
            .collect();
        if self.page == 0 {
            return format!(r#"{{"MountTargets": [{}]}}"#, all.join(", "));
        }
        // `NextMarker` announces another page: https://docs.aws.amazon.com/efs/latest/ug/API_DescribeMountTargets.html
        if path.contains("Marker=page-2") {
            format!(r#"{{"Marker": "page-2", "MountTargets": [{}]}}"#, all[self.page..].join(", "))
        } else {
            format!(r#"{{"MountTargets": [{}], "NextMarker": "page-2"}}"#, all[..self.page].join(", "))
        }
    }
}

fn security_group(id: &str) -> String {
    let rule = "<item><ipProtocol>tcp</ipProtocol><fromPort>2049</fromPort><toPort>2049</toPort><groups><item><groupId>sg-1</groupId>\
        <userId>111122223333</userId></item></groups></item>";
    format!(
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>{id}</groupId><groupName>g</groupName><vpcId>vpc-1</vpcId>\
         <ipPermissions>{}</ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>",
        if id == "sg-2" { rule } else { "" }
    )
}

/// Returns the replaced response; `None` for the normal one.
fn replied(call: Call, reply: Reply, times: usize) -> Option<(u16, String)> {
    let denied = || {
        let (_, permission) = CALLS.iter().find(|(found, _)| *found == call).unwrap();
        let message = format!(
            "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: {permission} because no identity-based policy allows the {permission} action"
        );
        match call.shape() {
            Shape::Ec2 => {
                let encoded = "You are not authorized to perform this operation.";
                error(call, 403, "UnauthorizedOperation", &format!("{encoded} {message}. Encoded authorization failure message: 4d0GAIXp"))
            }
            Shape::Efs => error(call, 403, "AccessDeniedException", &message),
            Shape::Json => error(call, 400, "AccessDeniedException", &message),
        }
    };
    match reply {
        Reply::Denied => Some(denied()),
        Reply::DeniedFrom(first) => (times >= first).then(denied),
        Reply::Throttled(count) if times > count => None,
        Reply::Throttled(_) => Some(match call.shape() {
            Shape::Ec2 => error(call, 503, "RequestLimitExceeded", "Rate exceeded"),
            Shape::Efs => error(call, 429, "ThrottlingException", "Rate exceeded"),
            Shape::Json => error(call, 400, "ThrottlingException", "Rate exceeded"),
        }),
        Reply::Missing => {
            let (code, message) = call.missing();
            Some(error(call, if call.shape() == Shape::Efs { 404 } else { 400 }, code, message))
        }
        Reply::Json(status, code, message) => Some((status, format!(r#"{{"__type": "{code}", "message": "{message}"}}"#))),
        Reply::Body(body) => Some((200, body.to_owned())),
        Reply::Broken => Some((0, String::new())),
    }
}

/// Returns an error in the shape of a call's service.
fn error(call: Call, status: u16, code: &str, message: &str) -> (u16, String) {
    let text = match call.shape() {
        Shape::Ec2 => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
        ),
        Shape::Efs => format!(r#"{{"ErrorCode": "{code}", "Message": "{message}"}}"#),
        Shape::Json => format!(r#"{{"__type": "com.amazonaws#{code}", "message": "{message}"}}"#),
    };
    (status, text)
}

/// Responds for CloudFormation: a stack `rack` with the template's resources.
fn stack(request: &RecordedRequest) -> (u16, String) {
    let action = request.action.as_str();
    let id = "arn:aws:cloudformation:eu-west-1:111122223333:stack/rack/1";
    let result = match action {
        "DescribeStacks" => format!(
            "<Stacks><member><StackName>rack</StackName><StackId>{id}</StackId><StackStatus>CREATE_COMPLETE</StackStatus>\
             <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
        ),
        "GetTemplate" => format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('"', "&quot;")),
        "ListStackResources" => {
            let member = |(name, kind, id): &(&str, &str, &str)| {
                format!(
                    "<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{id}</PhysicalResourceId>\
                     <ResourceType>{kind}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                     <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>"
                )
            };
            format!("<StackResourceSummaries>{}</StackResourceSummaries>", RESOURCES.iter().map(member).collect::<String>())
        }
        "DescribeStackEvents" => "<StackEvents/>".to_owned(),
        "ListExports" => "<Exports/>".to_owned(),
        _ => String::new(),
    };
    success(action, &result)
}
