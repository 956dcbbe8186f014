//! Repositories and keys.

use aws_sdk_kms::types::KeyManagerType;

use super::AwsInspector;
use crate::verify::observed::{InspectError, Key, Lookup, Repository};

pub(super) fn repository(aws: &AwsInspector, name: &str) -> Lookup<Repository> {
    let missing = ["RepositoryNotFoundException"];
    let call = aws.ecr.describe_repositories().repository_names(name).send();
    let Some(response) = aws.lookup("ecr:DescribeRepositories", &missing, call)? else { return Ok(None) };
    let found = response.repositories().iter().find(|found| found.repository_name() == Some(name));
    let Some(found) = found else { return Err(InspectError::missing_value("ecr:DescribeRepositories", name)) };
    let call = aws.ecr.get_lifecycle_policy().repository_name(name).send();
    let policy = aws.lookup("ecr:GetLifecyclePolicy", &["LifecyclePolicyNotFoundException"], call);
    Ok(Some(Repository {
        tag_mutability: found.image_tag_mutability().map_or("MUTABLE", |mutability| mutability.as_str()).to_owned(),
        lifecycle_policy: policy.map(|response| response.and_then(|response| response.lifecycle_policy_text().map(ToOwned::to_owned))),
    }))
}

pub(super) fn key(aws: &AwsInspector, id: &str) -> Lookup<Key> {
    let call = aws.kms.describe_key().key_id(id).send();
    let Some(response) = aws.lookup("kms:DescribeKey", &["NotFoundException"], call)? else { return Ok(None) };
    let missing_value = || InspectError::missing_value("kms:DescribeKey", &format!("the state of {id}"));
    let found = response.key_metadata().ok_or_else(missing_value)?;
    Ok(Some(Key {
        arn: found.arn().unwrap_or(id).to_owned(),
        state: found.key_state().ok_or_else(missing_value)?.as_str().to_owned(),
        is_aws_managed: found.key_manager() == Some(&KeyManagerType::Aws),
    }))
}
