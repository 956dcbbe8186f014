//! Attributes that can be derived from a resource's physical ID.
//!
//! AWS includes the attributes of a deployed resource in a change set. Offline, many of them can be derived: an ARN consists of the name,
//! the account and the region. Each row is a format that the type's reference page documents under "Return values", at
//! `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/`.

use crate::evaluate::State;

/// A type, an attribute, and its format: `{id}` is the physical ID, `{last}` its part after the last `:` or `/`,
/// `{after:x}` its part after `x`, and `{from:x}` its part starting at `x`; the others are pseudo parameters.
const FORMATS: &[(&str, &str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "RestApiId", "{id}"),
    ("AWS::Backup::BackupVault", "BackupVaultArn", "arn:{partition}:backup:{region}:{account}:backup-vault:{id}"),
    ("AWS::CloudWatch::Alarm", "Arn", "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}"),
    ("AWS::CodeBuild::Project", "Arn", "arn:{partition}:codebuild:{region}:{account}:project/{id}"),
    ("AWS::Cognito::UserPool", "Arn", "arn:{partition}:cognito-idp:{region}:{account}:userpool/{id}"),
    ("AWS::Cognito::UserPool", "ProviderName", "cognito-idp.{region}.{suffix}/{id}"),
    ("AWS::Cognito::UserPool", "ProviderURL", "https://cognito-idp.{region}.{suffix}/{id}"),
    ("AWS::DynamoDB::Table", "Arn", "arn:{partition}:dynamodb:{region}:{account}:table/{id}"),
    ("AWS::ECR::Repository", "Arn", "arn:{partition}:ecr:{region}:{account}:repository/{id}"),
    ("AWS::ECR::Repository", "RepositoryUri", "{account}.dkr.ecr.{region}.{suffix}/{id}"),
    ("AWS::ECS::Cluster", "Arn", "arn:{partition}:ecs:{region}:{account}:cluster/{id}"),
    ("AWS::ECS::Service", "Name", "{last}"),
    ("AWS::EFS::AccessPoint", "Arn", "arn:{partition}:elasticfilesystem:{region}:{account}:access-point/{id}"),
    ("AWS::EFS::FileSystem", "Arn", "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName", "{after:loadbalancer/}"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName", "{from:targetgroup/}"),
    ("AWS::Events::EventBus", "Arn", "arn:{partition}:events:{region}:{account}:event-bus/{id}"),
    ("AWS::Events::EventBus", "Name", "{id}"),
    ("AWS::Events::Rule", "Arn", "arn:{partition}:events:{region}:{account}:rule/{id}"),
    ("AWS::IAM::Group", "Arn", "arn:{partition}:iam::{account}:group/{id}"),
    ("AWS::IAM::InstanceProfile", "Arn", "arn:{partition}:iam::{account}:instance-profile/{id}"),
    ("AWS::IAM::Role", "Arn", "arn:{partition}:iam::{account}:role/{id}"),
    ("AWS::IAM::User", "Arn", "arn:{partition}:iam::{account}:user/{id}"),
    ("AWS::KMS::Key", "Arn", "arn:{partition}:kms:{region}:{account}:key/{id}"),
    ("AWS::Kinesis::Stream", "Arn", "arn:{partition}:kinesis:{region}:{account}:stream/{id}"),
    ("AWS::KinesisFirehose::DeliveryStream", "Arn", "arn:{partition}:firehose:{region}:{account}:deliverystream/{id}"),
    ("AWS::Lambda::Function", "Arn", "arn:{partition}:lambda:{region}:{account}:function:{id}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:{partition}:logs:{region}:{account}:log-group:{id}:*"),
    ("AWS::RDS::DBCluster", "DBClusterArn", "arn:{partition}:rds:{region}:{account}:cluster:{id}"),
    ("AWS::RDS::DBInstance", "DBInstanceArn", "arn:{partition}:rds:{region}:{account}:db:{id}"),
    ("AWS::S3::Bucket", "Arn", "arn:{partition}:s3:::{id}"),
    ("AWS::S3::Bucket", "DomainName", "{id}.s3.{suffix}"),
    ("AWS::S3::Bucket", "DualStackDomainName", "{id}.s3.dualstack.{region}.{suffix}"),
    ("AWS::S3::Bucket", "RegionalDomainName", "{id}.s3.{region}.{suffix}"),
    ("AWS::SNS::Topic", "TopicName", "{last}"),
    ("AWS::SQS::Queue", "Arn", "arn:{partition}:sqs:{region}:{account}:{last}"),
    ("AWS::SQS::Queue", "QueueName", "{last}"),
    ("AWS::SecretsManager::Secret", "Id", "{id}"),
    ("AWS::StepFunctions::StateMachine", "Name", "{last}"),
];

/// Returns an attribute of a resource with this physical ID, or `None` if its format or a part of it is unknown.
pub(super) fn derived(resource_type: &str, attribute: &str, path: Option<&str>, id: &str, state: &State) -> Option<String> {
    // The ARN of an IAM entity with a path contains the path.
    if path.is_some_and(|path| path != "/") && resource_type.starts_with("AWS::IAM::") {
        return None;
    }
    let (_, _, format) = FORMATS.iter().find(|(row, name, _)| *row == resource_type && *name == attribute)?;
    let pseudo = |name: &str| state.pseudo.get(name).and_then(|value| value.as_str());
    let mut text = String::with_capacity(format.len() + id.len());
    let mut rest = *format;
    while let Some((known, tail)) = rest.split_once('{') {
        text.push_str(known);
        let (name, tail) = tail.split_once('}')?;
        text.push_str(match name {
            "id" => id,
            "last" => id.rsplit([':', '/']).next()?,
            "after:loadbalancer/" => id.split_once("loadbalancer/")?.1,
            "from:targetgroup/" => &id[id.find("targetgroup/")?..],
            "partition" => pseudo("AWS::Partition").unwrap_or("aws"),
            "suffix" => pseudo("AWS::URLSuffix").unwrap_or("amazonaws.com"),
            "region" => pseudo("AWS::Region")?,
            "account" => pseudo("AWS::AccountId")?,
            _ => return None,
        });
        rest = tail;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{FORMATS, derived};
    use crate::evaluate::State;

    #[test]
    fn every_format_belongs_to_an_attribute_in_the_types_schema() {
        assert!(FORMATS.is_sorted());
        for (resource_type, attribute, _) in FORMATS {
            let facts = crate::schema::resource_type(resource_type);
            assert!(facts.is_some_and(|facts| facts.property(&[attribute]).is_some()), "{resource_type} {attribute}");
        }
    }

    #[test]
    fn attributes_are_derived_from_the_physical_id_region_and_account() {
        let pseudo = serde_json::json!({"pseudo": {"AWS::Region": "eu-west-1", "AWS::AccountId": "1", "AWS::Partition": "aws"}});
        let state: State = serde_json::from_value(pseudo).unwrap_or_default();
        let derive = |resource_type, attribute, id| derived(resource_type, attribute, None, id, &state);
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/b/50dc";
        assert_eq!(derive("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName", balancer).as_deref(), Some("app/b/50dc"));
        let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/g/6d0e";
        assert_eq!(derive("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName", group).as_deref(), Some("targetgroup/g/6d0e"));
        assert_eq!(
            derive("AWS::SQS::Queue", "Arn", "https://sqs.eu-west-1.amazonaws.com/1/q").as_deref(),
            Some("arn:aws:sqs:eu-west-1:1:q")
        );
        assert_eq!(derive("AWS::SQS::Queue", "Nothing", "q"), None);
    }
}
