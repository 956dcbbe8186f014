//! Who has a name that only one resource of its type can have.

use aws_sdk_ec2::types::Filter;

use super::AwsInspector;
use crate::verify::presence::{Asked, Refusal};

/// Returns who has a name; `None` for types that this program has no call for, such as IAM's.
pub(super) fn holder(aws: &AwsInspector, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Asked<String>> {
    Some(match resource_type {
        "AWS::ECR::Repository" => {
            let call = aws.ecr.describe_repositories().repository_names(name).send();
            aws.ask("ecr:DescribeRepositories", &["RepositoryNotFoundException"], call).map(|answer| {
                let found = answer?;
                found.repositories().iter().find(|found| found.repository_name() == Some(name))?.repository_arn().map(ToOwned::to_owned)
            })
        }
        "AWS::Logs::LogGroup" => {
            let pages = aws.logs.describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
            aws.answer("logs:DescribeLogGroups", pages.collect::<Result<Vec<_>, _>>())
                .map(|groups| groups.iter().find(|group| group.log_group_name() == Some(name))?.arn().map(ToOwned::to_owned))
        }
        "AWS::ECS::Cluster" => {
            let call = aws.ecs.describe_clusters().clusters(name).send();
            aws.answer("ecs:DescribeClusters", call).map(|answer| {
                let is_held = |status: Option<&str>| status == Some("ACTIVE");
                let found = answer.clusters().iter().find(|found| found.cluster_name() == Some(name) && is_held(found.status()))?;
                found.cluster_arn().map(ToOwned::to_owned)
            })
        }
        "AWS::KMS::Alias" => super::stores::key(aws, name).map(|key| key.map(|key| key.arn)),
        "AWS::EC2::SecurityGroup" => {
            let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
            let mut request = aws.ec2.describe_security_groups().filters(filter("group-name", name));
            if let Some(vpc) = scope {
                request = request.filters(filter("vpc-id", vpc));
            }
            aws.answer("ec2:DescribeSecurityGroups", request.send()).map(|answer| {
                let found = answer
                    .security_groups()
                    .iter()
                    .find(|found| found.group_name() == Some(name) && scope.is_none_or(|vpc| found.vpc_id() == Some(vpc)));
                found?.group_id().map(ToOwned::to_owned)
            })
        }
        // A bucket's name is one in the world: somebody else's answers 403, one elsewhere 301.
        "AWS::S3::Bucket" => match bucket(aws, name) {
            Ok(found) => Ok(found.map(|()| name.to_owned())),
            Err(Refusal { code: Some(code), .. }) if ["403", "301", "Forbidden", "PermanentRedirect"].contains(&code.as_str()) => {
                Ok(Some(format!("{name}, which is not this account's or region's")))
            }
            Err(refusal) => Err(refusal),
        },
        _ => return None,
    })
}

/// Tells whether a bucket can be used; its answers have no body, so that the status is all there is.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub(super) fn bucket(aws: &AwsInspector, name: &str) -> Asked<()> {
    use aws_sdk_s3::operation::head_bucket::HeadBucketError;
    let action = "s3:ListBucket";
    let status = aws.session.block_on(async {
        match aws.s3.head_bucket().bucket(name).send().await {
            Ok(_) => Ok(200),
            Err(error) if error.as_service_error().is_some_and(HeadBucketError::is_not_found) => Ok(404),
            Err(error) => error.raw_response().map(|response| response.status().as_u16()).ok_or_else(|| crate::backend::aws::chain(&error)),
        }
    });
    match status {
        Ok(200) => Ok(Some(())),
        Ok(404) => Ok(None),
        Ok(status) => {
            let message = match status {
                403 => "it is not this account's, or the caller may not use it",
                301 => "it is in another region",
                _ => "S3 did not say why",
            };
            Err(Refusal { action, code: Some(status.to_string()), message: message.to_owned() })
        }
        Err(message) => Err(Refusal { action, code: None, message }),
    }
}
