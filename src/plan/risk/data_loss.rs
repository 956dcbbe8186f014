//! Resources that hold data and are deleted or replaced.

use super::{RiskKind, Search, deletes};
use crate::plan::CauseSource;
use crate::plan::effect::{Effect, ResourceEffect};

/// Types whose deletion loses something that deploying again does not bring back, and what that is.
///
/// A type is here when its reference page says that it stores what others put into it; an ECS task definition, of which
/// a replacement registers a new revision, is not.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>
const STATEFUL: &[(&str, &str)] = &[
    ("AWS::AmazonMQ::Broker", "the messages it holds"),
    ("AWS::Backup::BackupVault", "the backups it holds"),
    ("AWS::CloudFormation::Stack", "everything inside that nested stack"),
    ("AWS::CodeCommit::Repository", "the repository with its history"),
    ("AWS::Cognito::UserPool", "its users"),
    ("AWS::DocDB::DBCluster", "its data"),
    ("AWS::DynamoDB::GlobalTable", "its items"),
    ("AWS::DynamoDB::Table", "its items"),
    ("AWS::EC2::Volume", "the volume's data"),
    ("AWS::ECR::Repository", "the images in it"),
    ("AWS::EFS::FileSystem", "the files on it"),
    ("AWS::ElastiCache::CacheCluster", "what is cached in it"),
    ("AWS::ElastiCache::ReplicationGroup", "what is cached in it"),
    ("AWS::Elasticsearch::Domain", "its indices"),
    ("AWS::FSx::FileSystem", "the files on it"),
    ("AWS::Kinesis::Stream", "the records in it"),
    ("AWS::KMS::Key", "the means to read anything encrypted under it"),
    ("AWS::Logs::LogGroup", "the log events in it"),
    ("AWS::MSK::Cluster", "its topics"),
    ("AWS::MemoryDB::Cluster", "its data"),
    ("AWS::Neptune::DBCluster", "its data"),
    ("AWS::OpenSearchService::Domain", "its indices"),
    ("AWS::RDS::DBCluster", "its databases"),
    ("AWS::RDS::DBInstance", "its databases"),
    ("AWS::Redshift::Cluster", "its databases"),
    ("AWS::S3::Bucket", "the objects in it"),
    ("AWS::S3Express::DirectoryBucket", "the objects in it"),
    ("AWS::SQS::Queue", "the messages in it"),
    ("AWS::SecretsManager::Secret", "the secret's value"),
    ("AWS::Timestream::Database", "its data"),
    ("AWS::Timestream::Table", "its data"),
];

/// Returns what a deletion of the type loses.
pub(super) fn holds(resource_type: &str) -> Option<&'static str> {
    STATEFUL.iter().find(|(stateful, _)| *stateful == resource_type).map(|(_, what)| *what)
}

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    for effect in search.effects {
        let Some(what) = holds(&effect.resource_type) else { continue };
        if !deletes(effect) {
            continue;
        }
        let is_replaced = effect.effect == Effect::Replaced;
        let path = is_replaced.then(|| effect.causes.first().and_then(|cause| cause.path.clone())).flatten();
        let verb = match (is_replaced, effect.possible) {
            (true, false) => "is replaced",
            (true, true) => "may be replaced",
            (false, false) => "is deleted",
            (false, true) => "may be deleted",
        };
        let policy = if is_replaced { "UpdateReplacePolicy" } else { "DeletionPolicy" };
        let reason = format!(
            "`{}` ({}) {verb}{}, and {what} {} lost; `{policy}: Retain` would keep the old one.",
            effect.logical_resource_id,
            effect.resource_type,
            because(effect, path.as_deref()),
            if is_plural(what) { "are" } else { "is" },
        );
        search.note(RiskKind::DataLoss, Some(&effect.logical_resource_id), path, reason);
    }
}

fn is_plural(what: &str) -> bool {
    let singular = ["its", "is", "volume's", "secret's", "means"];
    what.split(' ').take(3).any(|word| word.ends_with('s') && !singular.contains(&word))
}

/// Returns the cause as a clause, such as ` because /Properties/KmsKeyId changes (parameter Key)`.
pub(super) fn because(effect: &ResourceEffect, path: Option<&str>) -> String {
    let named = effect.causes.iter().filter(|cause| path.is_none() || cause.path.as_deref() == path);
    let sources: Vec<String> = named
        .filter_map(|cause| match &cause.source {
            CauseSource::Parameter(name) => Some(format!("parameter `{name}`")),
            CauseSource::Condition(name) => Some(format!("condition `{name}`")),
            CauseSource::Resource(name) => Some(format!("resource `{name}`")),
            CauseSource::Attribute(name) => Some(format!("attribute `{name}`")),
            CauseSource::Template => None,
        })
        .collect();
    let sources = if sources.is_empty() { String::new() } else { format!(" ({})", sources.join(", ")) };
    match path {
        Some(path) => format!(" because {path} changes{sources}"),
        None => sources,
    }
}

#[cfg(test)]
mod tests {
    use super::{STATEFUL, is_plural};

    #[test]
    fn what_is_lost_agrees_with_its_verb() {
        let expected =
            ["everything inside", "the repository", "its data", "the volume's data", "what is cached", "the means", "the secret's value"];
        for (_, what) in STATEFUL {
            let is_singular =
                expected.iter().any(|start| what.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
            assert_eq!(is_plural(what), !is_singular, "`{what}`");
        }
    }
}
