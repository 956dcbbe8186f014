//! Attributes that can be told from a resource's physical ID.
//!
//! AWS puts a deployed resource's attributes into a change set. Offline they are often known all the same: an ARN is made of the name,
//! the account and the region. Each row is a form that the type's reference page gives under "Return values", at
//! `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/`.

use crate::evaluate::State;

/// A type, an attribute, and its form: `{id}` is the physical ID, `{last}` its part behind the last `:` or `/`, the others are pseudo parameters.
const FORMS: &[(&str, &str, &str)] = &[
    ("AWS::DynamoDB::Table", "Arn", "arn:{partition}:dynamodb:{region}:{account}:table/{id}"),
    ("AWS::ECR::Repository", "Arn", "arn:{partition}:ecr:{region}:{account}:repository/{id}"),
    ("AWS::ECR::Repository", "RepositoryUri", "{account}.dkr.ecr.{region}.{suffix}/{id}"),
    ("AWS::ECS::Cluster", "Arn", "arn:{partition}:ecs:{region}:{account}:cluster/{id}"),
    ("AWS::ECS::Service", "Name", "{last}"),
    ("AWS::EFS::FileSystem", "Arn", "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}"),
    ("AWS::Events::Rule", "Arn", "arn:{partition}:events:{region}:{account}:rule/{id}"),
    ("AWS::IAM::InstanceProfile", "Arn", "arn:{partition}:iam::{account}:instance-profile/{id}"),
    ("AWS::IAM::Role", "Arn", "arn:{partition}:iam::{account}:role/{id}"),
    ("AWS::IAM::User", "Arn", "arn:{partition}:iam::{account}:user/{id}"),
    ("AWS::KMS::Key", "Arn", "arn:{partition}:kms:{region}:{account}:key/{id}"),
    ("AWS::Kinesis::Stream", "Arn", "arn:{partition}:kinesis:{region}:{account}:stream/{id}"),
    ("AWS::Lambda::Function", "Arn", "arn:{partition}:lambda:{region}:{account}:function:{id}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:{partition}:logs:{region}:{account}:log-group:{id}:*"),
    ("AWS::S3::Bucket", "Arn", "arn:{partition}:s3:::{id}"),
    ("AWS::S3::Bucket", "DomainName", "{id}.s3.{suffix}"),
    ("AWS::S3::Bucket", "RegionalDomainName", "{id}.s3.{region}.{suffix}"),
    ("AWS::SNS::Topic", "TopicName", "{last}"),
    ("AWS::SQS::Queue", "Arn", "arn:{partition}:sqs:{region}:{account}:{last}"),
    ("AWS::SQS::Queue", "QueueName", "{last}"),
    ("AWS::StepFunctions::StateMachine", "Name", "{last}"),
];

/// Returns an attribute of a resource that has that physical ID, where the form is known and everything in it is.
pub(super) fn derived(resource_type: &str, attribute: &str, path: Option<&str>, id: &str, state: &State) -> Option<String> {
    // The ARN of an IAM entity below a path has the path in it.
    if path.is_some_and(|path| path != "/") && resource_type.starts_with("AWS::IAM::") {
        return None;
    }
    let (_, _, form) = FORMS.iter().find(|(row, name, _)| *row == resource_type && *name == attribute)?;
    let pseudo = |name: &str| state.pseudo.get(name).and_then(|value| value.as_str());
    let mut text = String::with_capacity(form.len() + id.len());
    let mut rest = *form;
    while let Some((known, tail)) = rest.split_once('{') {
        text.push_str(known);
        let (name, tail) = tail.split_once('}')?;
        text.push_str(match name {
            "id" => id,
            "last" => id.rsplit([':', '/']).next()?,
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
