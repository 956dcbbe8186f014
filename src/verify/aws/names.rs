//! Who has a name that only one resource of its type can have.

use aws_sdk_ec2::types::Filter;
use aws_sdk_iam::types::PolicyScopeType;

use super::AwsInspector;
use crate::verify::observed::{Asked, Refusal};

/// What IAM says of a role, user, group or instance profile that is not there.
const NO_SUCH_ENTITY: &[&str] = &["NoSuchEntity"];

/// Returns who has a name; `None` for types that this program has no call for.
pub(super) fn holder(aws: &AwsInspector, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Asked<String>> {
    Some(match resource_type {
        "AWS::ECR::Repository" => {
            let call = aws.ecr.describe_repositories().repository_names(name).send();
            aws.ask("ecr:DescribeRepositories", &["RepositoryNotFoundException"], call).map(|answer| {
                let found = answer?;
                let found = found.repositories().iter().find(|found| found.repository_name() == Some(name))?;
                Some(found.repository_arn().unwrap_or(name).to_owned())
            })
        }
        "AWS::Logs::LogGroup" => {
            let pages = aws.logs.describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
            aws.answer("logs:DescribeLogGroups", pages.collect::<Result<Vec<_>, _>>()).map(|groups| {
                let found = groups.iter().find(|group| group.log_group_name() == Some(name))?;
                Some(found.arn().unwrap_or(name).to_owned())
            })
        }
        "AWS::ECS::Cluster" => {
            let call = aws.ecs.describe_clusters().clusters(name).send();
            aws.answer("ecs:DescribeClusters", call).and_then(|answer| {
                // One that is not there is a failure with the reason `MISSING`; any other reason is no word on that.
                if let Some(reason) = answer.failures().iter().filter_map(|failure| failure.reason()).find(|reason| *reason != "MISSING") {
                    return Err(Refusal { action: "ecs:DescribeClusters", code: None, message: reason.to_owned() });
                }
                let is_held = |status: Option<&str>| status == Some("ACTIVE");
                let found = answer.clusters().iter().find(|found| found.cluster_name() == Some(name) && is_held(found.status()));
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
            aws.answer("ec2:DescribeSecurityGroups", pages.collect::<Result<Vec<_>, _>>()).map(|groups| {
                let found =
                    groups.iter().find(|found| found.group_name() == Some(name) && scope.is_none_or(|vpc| found.vpc_id() == Some(vpc)));
                found.map(|found| found.group_id().unwrap_or(name).to_owned())
            })
        }
        "AWS::IAM::Role" => aws
            .ask("iam:GetRole", NO_SUCH_ENTITY, aws.iam.get_role().role_name(name).send())
            .map(|found| found?.role().map(|role| role.arn().to_owned())),
        "AWS::IAM::InstanceProfile" => aws
            .ask("iam:GetInstanceProfile", NO_SUCH_ENTITY, aws.iam.get_instance_profile().instance_profile_name(name).send())
            .map(|found| found?.instance_profile().map(|profile| profile.arn().to_owned())),
        "AWS::IAM::User" => aws
            .ask("iam:GetUser", NO_SUCH_ENTITY, aws.iam.get_user().user_name(name).send())
            .map(|found| found?.user().map(|user| user.arn().to_owned())),
        "AWS::IAM::Group" => aws
            .ask("iam:GetGroup", NO_SUCH_ENTITY, aws.iam.get_group().group_name(name).max_items(1).send())
            .map(|found| found?.group().map(|group| group.arn().to_owned())),
        // A policy is got by its ARN, which has a path; the name alone is unique in the account.
        "AWS::IAM::ManagedPolicy" => {
            let pages = aws.iam.list_policies().scope(PolicyScopeType::Local).max_items(1000).into_paginator().items().send();
            aws.answer("iam:ListPolicies", pages.collect::<Result<Vec<_>, _>>()).map(|policies| {
                let has_name = |held: Option<&str>| held.is_some_and(|held| held.eq_ignore_ascii_case(name));
                policies.iter().find(|policy| has_name(policy.policy_name()))?.arn().map(ToOwned::to_owned)
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
            Ok(found) => Ok((200, found.bucket_region().map(ToOwned::to_owned))),
            Err(error) if error.as_service_error().is_some_and(HeadBucketError::is_not_found) => Ok((404, None)),
            Err(error) => {
                let told = error.raw_response().map(|response| {
                    let region = response.headers().get("x-amz-bucket-region").map(ToOwned::to_owned);
                    (response.status().as_u16(), region)
                });
                told.ok_or_else(|| crate::backend::aws::chain(&error))
            }
        }
    });
    let here = aws.session.region();
    match status {
        Ok((404, _)) => Ok(None),
        Ok((status, region)) => {
            let elsewhere = region.filter(|region| region != here);
            let (code, message) = match (status, elsewhere) {
                (200, None) => return Ok(Some(())),
                (200 | 301 | 400, Some(region)) => (301, format!("it is in {region}, and the stack in {here}")),
                (301, None) => (301, "it is in another region".to_owned()),
                (403, _) => (403, "it is not this account's, or the caller may not use it".to_owned()),
                (status, _) => (status, "S3 did not say why".to_owned()),
            };
            Err(Refusal { action, code: Some(code.to_string()), message })
        }
        Err(message) => Err(Refusal { action, code: None, message }),
    }
}
