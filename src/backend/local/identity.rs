//! Physical IDs: plausible for the type, and deterministic for the store's history.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::text::sha256_hex;

/// The account and region of resources, as in ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The account ID.
    pub account: String,
    /// The region.
    pub region: String,
}

impl Location {
    /// Returns the partition, such as `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        crate::aws::partition(&self.region).0
    }

    /// Returns the domain of AWS's endpoints.
    pub fn url_suffix(&self) -> &'static str {
        crate::aws::partition(&self.region).1
    }

    /// Returns an ARN in the region and account.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    /// Returns an ARN of a service that has no regions.
    pub(super) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }
}

/// A resource that requires a physical ID.
pub(super) struct NewResource<'a> {
    pub(super) location: &'a Location,
    pub(super) stack_name: &'a str,
    pub(super) logical_id: &'a str,
    pub(super) resource_type: &'a str,
    pub(super) properties: &'a Value,
    /// A number that is unique in the store.
    pub(super) serial: u64,
    /// The revision in a task definition's family.
    pub(super) revision: u64,
}

/// Returns `length` hexadecimal digits that depend only on the seed.
pub(super) fn digits(seed: &str, length: usize) -> String {
    let mut text = sha256_hex(seed);
    text.truncate(length);
    text
}

/// Returns a UUID that depends only on the seed.
pub(super) fn uuid(seed: &str) -> String {
    let hex = digits(seed, 32);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Types whose physical ID is a name, and the property of that name.
pub(super) const NAMED: [(&str, &str); 33] = [
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName"),
    ("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName"),
    ("AWS::AutoScaling::LaunchConfiguration", "LaunchConfigurationName"),
    ("AWS::AutoScaling::LifecycleHook", "LifecycleHookName"),
    ("AWS::AutoScaling::ScheduledAction", "ScheduledActionName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::CloudWatch::Dashboard", "DashboardName"),
    ("AWS::CodeBuild::Project", "Name"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::EC2::KeyPair", "KeyName"),
    ("AWS::EC2::PlacementGroup", "GroupName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::ECS::CapacityProvider", "Name"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::EKS::Cluster", "Name"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::Logs::LogStream", "LogStreamName"),
    ("AWS::Logs::MetricFilter", "FilterName"),
    ("AWS::Logs::SubscriptionFilter", "FilterName"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SSM::Parameter", "Name"),
];

/// Returns a resource's custom name, which must be unique for its type.
pub(super) fn custom_name<'p>(resource_type: &str, properties: &'p Value) -> Option<&'p str> {
    let property = match NAMED.binary_search_by_key(&resource_type, |(name, _)| *name) {
        Ok(index) => NAMED[index].1,
        Err(_) => match resource_type {
            "AWS::EC2::SecurityGroup" => "GroupName",
            "AWS::ECS::Service" => "ServiceName",
            "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancingV2::TargetGroup" => "Name",
            "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::SecretsManager::Secret" => "Name",
            "AWS::EC2::LaunchTemplate" => "LaunchTemplateName",
            _ => return None,
        },
    };
    properties.get(property)?.as_str()
}

/// Returns a task definition's family.
pub(super) fn family(stack_name: &str, logical_id: &str, properties: &Value) -> String {
    match properties.get("Family").and_then(Value::as_str) {
        Some(family) => family.to_owned(),
        None => format!("{stack_name}-{logical_id}-{}", digits(&format!("{stack_name}/{logical_id}"), 12)),
    }
}

/// Returns the physical ID of a new resource.
pub(super) fn physical_id(new: &NewResource<'_>) -> String {
    let text = |property: &str| new.properties.get(property).and_then(Value::as_str).unwrap_or_default();
    let seed = format!("{}/{}/{}", new.stack_name, new.logical_id, new.serial);
    if let Some(prefix) = crate::schema::id_prefix(new.resource_type) {
        return format!("{prefix}{}", digits(&seed, 17));
    }
    let random = digits(&seed, 12);
    let auto_name = format!("{}-{}-{random}", new.stack_name, new.logical_id);
    let name = custom_name(new.resource_type, new.properties).unwrap_or(&auto_name);
    let arn = |service: &str, resource: String| new.location.arn(service, &resource);
    match new.resource_type {
        "AWS::S3::Bucket" => name.to_lowercase(),
        "AWS::ECR::Repository" if name == auto_name => name.to_lowercase(),
        "AWS::EC2::EIP" => {
            let digest = Sha256::digest(seed.as_bytes());
            // 203.0.113.0/24 is reserved for documentation.
            format!("203.0.113.{}", digest[0])
        }
        "AWS::EC2::Route" => {
            format!("{}|{}", text("RouteTableId"), [text("DestinationCidrBlock"), text("DestinationIpv6CidrBlock")].concat())
        }
        "AWS::EC2::VPCGatewayAttachment" => format!("{}|{}", if text("VpnGatewayId").is_empty() { "IGW" } else { "VGW" }, text("VpcId")),
        "AWS::ECS::TaskDefinition" => {
            arn("ecs", format!("task-definition/{}:{}", family(new.stack_name, new.logical_id, new.properties), new.revision))
        }
        "AWS::ECS::Service" => {
            let cluster = text("Cluster").rsplit('/').next().unwrap_or_default();
            arn("ecs", format!("service/{}/{name}", if cluster.is_empty() { "default" } else { cluster }))
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            let kind = if text("Type") == "network" { "net" } else { "app" };
            arn("elasticloadbalancing", format!("loadbalancer/{kind}/{}/{}", short(name), digits(&seed, 16)))
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            arn("elasticloadbalancing", format!("targetgroup/{}/{}", short(name), digits(&seed, 16)))
        }
        "AWS::ElasticLoadBalancingV2::Listener" | "AWS::ElasticLoadBalancingV2::ListenerRule" => {
            let parent = if new.resource_type.ends_with("Rule") { text("ListenerArn") } else { text("LoadBalancerArn") };
            let own = if new.resource_type.ends_with("Rule") { "listener-rule" } else { "listener" };
            let path = parent.split_once('/').map_or(parent, |(_, path)| path);
            arn("elasticloadbalancing", format!("{own}/{path}/{}", digits(&seed, 16)))
        }
        "AWS::IAM::ManagedPolicy" => new.location.global_arn("iam", &format!("policy/{name}")),
        "AWS::IAM::AccessKey" => format!("AKIA{}", digits(&seed, 16).to_uppercase()),
        "AWS::KMS::Key" => uuid(&seed),
        "AWS::SNS::Topic" => arn("sns", name.to_owned()),
        "AWS::SNS::Subscription" => format!("{}:{}", text("TopicArn"), uuid(&seed)),
        "AWS::SQS::Queue" => format!("https://sqs.{}.{}/{}/{name}", new.location.region, new.location.url_suffix(), new.location.account),
        "AWS::SecretsManager::Secret" => arn("secretsmanager", format!("secret:{name}-{}", digits(&seed, 6))),
        "AWS::CertificateManager::Certificate" => arn("acm", format!("certificate/{}", uuid(&seed))),
        "AWS::CloudFormation::Stack" => arn("cloudformation", format!("stack/{auto_name}/{}", uuid(&seed))),
        "AWS::CloudFormation::WaitConditionHandle" => {
            format!("https://cloudformation-waitcondition-{}.s3.{}/{}", new.location.region, new.location.url_suffix(), uuid(&seed))
        }
        "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" if !text("PolicyName").is_empty() => {
            format!("{}-{}-{}", &short(new.stack_name), &short(new.logical_id), random)
        }
        "AWS::Route53::RecordSet" => text("Name").trim_end_matches('.').to_owned(),
        _ => name.to_owned(),
    }
}

/// Returns the first 32 characters: the maximum for load balancers and target groups.
fn short(name: &str) -> String {
    name.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_the_search() {
        assert!(NAMED.is_sorted_by_key(|(name, _)| *name));
    }
}
