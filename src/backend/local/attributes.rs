//! Attributes: the values of `Fn::GetAtt`, plausible for the type and deterministic for a resource.

use serde_json::Value;

use super::identity::{Location, digits, uuid};

/// A resource whose attribute is requested.
pub(super) struct AttributeSource<'a> {
    pub(super) location: &'a Location,
    pub(super) resource_type: &'a str,
    pub(super) physical_id: &'a str,
    pub(super) properties: &'a Value,
    pub(super) generation: u32,
}

/// Returns an attribute's value; every name has one.
pub(super) fn attribute(resource: &AttributeSource<'_>, name: &str) -> Value {
    let id = resource.physical_id;
    let service = resource.resource_type.split("::").nth(1).unwrap_or_default().to_lowercase();
    let kind = resource.resource_type.rsplit("::").next().unwrap_or_default();
    let seed = format!("{id}/{name}");
    let suffix = resource.location.url_suffix();
    let text = match (resource.resource_type, name) {
        (_, "Arn") | (_, "TaskDefinitionArn") | (_, "ServiceArn") | (_, "RepositoryArn") => arn(resource, &service, kind),
        ("AWS::EC2::LaunchTemplate", "LatestVersionNumber") => resource.generation.to_string(),
        ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber") => "1".to_owned(),
        ("AWS::EC2::EIP", "AllocationId") => format!("eipalloc-{}", digits(&seed, 17)),
        ("AWS::EC2::VPC", "DefaultSecurityGroup") => format!("sg-{}", digits(&seed, 17)),
        ("AWS::EC2::VPC", "DefaultNetworkAcl") => format!("acl-{}", digits(&seed, 17)),
        ("AWS::EC2::Subnet", "NetworkAclAssociationId") => format!("aclassoc-{}", digits(&seed, 17)),
        ("AWS::ECR::Repository", "RepositoryUri") => {
            format!("{}.dkr.ecr.{}.{suffix}/{id}", resource.location.account, resource.location.region)
        }
        ("AWS::S3::Bucket", "DomainName") => format!("{id}.s3.{suffix}"),
        ("AWS::S3::Bucket", "RegionalDomainName") => format!("{id}.s3.{}.{suffix}", resource.location.region),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName") => {
            let name = id.split('/').nth(2).unwrap_or("balancer");
            format!("{name}-{}.{}.elb.{suffix}", digits(&seed, 9), resource.location.region)
        }
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "CanonicalHostedZoneID") => format!("Z{}", digits(&seed, 13).to_uppercase()),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName")
        | ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName") => {
            let path = id.rsplit(':').next().unwrap_or_default();
            path.strip_prefix("loadbalancer/").unwrap_or(path).to_owned()
        }
        ("AWS::EFS::MountTarget", "IpAddress") => format!("10.0.0.{}", u8::from_str_radix(&digits(&seed, 2), 16).unwrap_or_default()),
        ("AWS::IAM::Role", "RoleId") => format!("AROA{}", digits(&seed, 17).to_uppercase()),
        ("AWS::KMS::Key", "KeyId") => id.to_owned(),
        ("AWS::SQS::Queue", "QueueName") => id.rsplit('/').next().unwrap_or_default().to_owned(),
        ("AWS::SNS::Topic", "TopicName") => id.rsplit(':').next().unwrap_or_default().to_owned(),
        _ => {
            if let Some(value) = resource.properties.get(name).filter(|value| value.is_string() || value.is_number()) {
                return value.clone();
            }
            // `VpcId` of a VPC, `GroupId` of a security group, `Id` of any type.
            if name == "Id" || name.strip_suffix("Id").is_some_and(|stem| !stem.is_empty() && kind.ends_with(stem)) || name == "Name" {
                id.to_owned()
            } else if name.ends_with("Arn") {
                resource.location.arn(&service, &format!("{}/{}", name.trim_end_matches("Arn").to_lowercase(), uuid(&seed)))
            } else {
                format!("{}-{}", name.to_lowercase().replace('.', "-"), digits(&seed, 12))
            }
        }
    };
    Value::String(text)
}

fn arn(resource: &AttributeSource<'_>, service: &str, kind: &str) -> String {
    let id = resource.physical_id;
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    let location = resource.location;
    match resource.resource_type {
        "AWS::S3::Bucket" => format!("arn:{}:s3:::{id}", location.partition()),
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" | "AWS::IAM::InstanceProfile" => {
            let kind = if kind == "InstanceProfile" { "instance-profile".to_owned() } else { kind.to_lowercase() };
            let path = resource.properties.get("Path").and_then(Value::as_str).unwrap_or("/");
            location.global_arn("iam", &format!("{kind}{path}{id}"))
        }
        "AWS::Logs::LogGroup" => location.arn("logs", &format!("log-group:{id}:*")),
        "AWS::SQS::Queue" => location.arn("sqs", id.rsplit('/').next().unwrap_or_default()),
        "AWS::Lambda::Function" => location.arn("lambda", &format!("function:{id}")),
        "AWS::EFS::FileSystem" => location.arn("elasticfilesystem", &format!("file-system/{id}")),
        "AWS::EFS::AccessPoint" => location.arn("elasticfilesystem", &format!("access-point/{id}")),
        _ => location.arn(service, &format!("{}/{id}", kind.to_lowercase())),
    }
}
