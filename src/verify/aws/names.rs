//! Owners of names that are unique for their resource type.

use aws_sdk_ec2::types::Filter;
use aws_sdk_iam::types::PolicyScopeType;

use super::AwsInspector;
use crate::verify::observed::{InspectError, Lookup};

/// The error code of IAM for a missing role, user, group or instance profile.
const NO_SUCH_ENTITY: &[&str] = &["NoSuchEntity"];

/// Returns the owner of a name; `None` for types without a lookup.
pub(super) fn name_owner(aws: &AwsInspector, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Lookup<String>> {
    Some(match resource_type {
        "AWS::ECR::Repository" => {
            let call = aws.ecr.describe_repositories().repository_names(name).send();
            aws.lookup("ecr:DescribeRepositories", &["RepositoryNotFoundException"], call).map(|response| {
                let found = response?;
                let found = found.repositories().iter().find(|found| found.repository_name() == Some(name))?;
                Some(found.repository_arn().unwrap_or(name).to_owned())
            })
        }
        "AWS::Logs::LogGroup" => {
            let pages = aws.logs.describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
            aws.request("logs:DescribeLogGroups", pages.collect::<Result<Vec<_>, _>>()).map(|groups| {
                let found = groups.iter().find(|group| group.log_group_name() == Some(name))?;
                Some(found.arn().unwrap_or(name).to_owned())
            })
        }
        "AWS::ECS::Cluster" => {
            let call = aws.ecs.describe_clusters().clusters(name).send();
            aws.request("ecs:DescribeClusters", call).and_then(|response| {
                // A cluster that does not exist is a failure with the reason `MISSING`; other reasons do not determine whether it exists.
                if let Some(reason) = response.failures().iter().filter_map(|failure| failure.reason()).find(|reason| *reason != "MISSING")
                {
                    return Err(InspectError { action: "ecs:DescribeClusters", code: None, message: reason.to_owned() });
                }
                let is_active = |status: Option<&str>| status == Some("ACTIVE");
                let found = response.clusters().iter().find(|found| found.cluster_name() == Some(name) && is_active(found.status()));
                Ok(found.map(|found| found.cluster_arn().unwrap_or(name).to_owned()))
            })
        }
        "AWS::KMS::Alias" => super::stores::key(aws, name).map(|key| key.map(|key| key.arn)),
        "AWS::EC2::SecurityGroup" => {
            let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
            let mut request = aws.ec2.describe_security_groups().filters(filter("group-name", name));
            if let Some(vpc) = scope {
                request = request.filters(filter("vpc-id", vpc));
            }
            let pages = request.into_paginator().items().send();
            aws.request("ec2:DescribeSecurityGroups", pages.collect::<Result<Vec<_>, _>>()).map(|groups| {
                let found =
                    groups.iter().find(|found| found.group_name() == Some(name) && scope.is_none_or(|vpc| found.vpc_id() == Some(vpc)));
                found.map(|found| found.group_id().unwrap_or(name).to_owned())
            })
        }
        "AWS::IAM::Role" => aws
            .lookup("iam:GetRole", NO_SUCH_ENTITY, aws.iam.get_role().role_name(name).send())
            .map(|found| found?.role().map(|role| role.arn().to_owned())),
        "AWS::IAM::InstanceProfile" => aws
            .lookup("iam:GetInstanceProfile", NO_SUCH_ENTITY, aws.iam.get_instance_profile().instance_profile_name(name).send())
            .map(|found| found?.instance_profile().map(|profile| profile.arn().to_owned())),
        "AWS::IAM::User" => aws
            .lookup("iam:GetUser", NO_SUCH_ENTITY, aws.iam.get_user().user_name(name).send())
            .map(|found| found?.user().map(|user| user.arn().to_owned())),
        "AWS::IAM::Group" => aws
            .lookup("iam:GetGroup", NO_SUCH_ENTITY, aws.iam.get_group().group_name(name).max_items(1).send())
            .map(|found| found?.group().map(|group| group.arn().to_owned())),
        // `GetPolicy` needs the ARN, which contains a path; the name alone is unique in the account.
        "AWS::IAM::ManagedPolicy" => {
            let pages = aws.iam.list_policies().scope(PolicyScopeType::Local).max_items(1000).into_paginator().items().send();
            aws.request("iam:ListPolicies", pages.collect::<Result<Vec<_>, _>>()).map(|policies| {
                let has_name = |stack_resources: Option<&str>| {
                    stack_resources.is_some_and(|stack_resources| stack_resources.eq_ignore_ascii_case(name))
                };
                policies.iter().find(|policy| has_name(policy.policy_name()))?.arn().map(ToOwned::to_owned)
            })
        }
        // Bucket names are globally unique: a bucket of another account gives 403, one in another region 301.
        "AWS::S3::Bucket" => match bucket(aws, name) {
            Ok(found) => Ok(found.map(|()| name.to_owned())),
            Err(InspectError { code: Some(code), .. }) if ["403", "301", "Forbidden", "PermanentRedirect"].contains(&code.as_str()) => {
                Ok(Some(format!("{name}, in another account or region")))
            }
            Err(error) => Err(error),
        },
        _ => return None,
    })
}

/// Checks whether a bucket can be used. The response has no body, so only its status counts.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub(super) fn bucket(aws: &AwsInspector, name: &str) -> Lookup<()> {
    use aws_sdk_s3::operation::head_bucket::HeadBucketError;
    let action = "s3:ListBucket";
    let status = aws.session.block_on(async {
        match aws.s3.head_bucket().bucket(name).send().await {
            Ok(found) => Ok((200, found.bucket_region().map(ToOwned::to_owned))),
            Err(error) if error.as_service_error().is_some_and(HeadBucketError::is_not_found) => Ok((404, None)),
            Err(error) => {
                let response = error.raw_response().map(|response| {
                    let region = response.headers().get("x-amz-bucket-region").map(ToOwned::to_owned);
                    (response.status().as_u16(), region)
                });
                response.ok_or_else(|| crate::aws::error_chain(&error))
            }
        }
    });
    let here = aws.session.region();
    match status {
        Ok((404, _)) => Ok(None),
        Ok((status, region)) => {
            let other_region = region.filter(|region| region != here);
            let (code, message) = match (status, other_region) {
                (200, None) => return Ok(Some(())),
                (200 | 301 | 400, Some(region)) => (301, format!("the bucket is in {region} and the stack in {here}")),
                (301, None) => (301, "the bucket is in another region".to_owned()),
                (403, _) => (403, "the bucket belongs to another account, or the caller may not use it".to_owned()),
                (status, _) => (status, "S3 gave no reason".to_owned()),
            };
            Err(InspectError { action, code: Some(code.to_string()), message })
        }
        Err(message) => Err(InspectError { action, code: None, message }),
    }
}
