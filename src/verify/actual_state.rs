//! How a resource that is there differs from what a template says of it, as far as whoever looks can tell: what an import has to know beforehand.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::inspector::Inspector;
use super::observed::{FileSystem, Refusal, Repository};

/// What was found of one resource.
#[derive(Clone, Debug, PartialEq)]
pub enum ActualState {
    /// It is there; properties that are not what the template says, by name, as they are. `None` is one that is not set.
    Differs(IndexMap<String, Option<Json>>),
    /// There is no such resource.
    Missing,
    /// It could not be looked at.
    Refused(Refusal),
    /// Nobody here knows how to look at such a type.
    Unknown,
}

/// Looks at a resource by the value of its identifier, and holds it against `wanted`: what the template says of its properties.
///
/// A property among `open` has no value in the template yet, and so is told as it is.
pub fn inspect_resource(
    inspector: &dyn Inspector,
    resource_type: &str,
    identifier: &str,
    wanted: &IndexMap<String, Json>,
    open: &[&str],
) -> ActualState {
    let found = |found: Found| ActualState::Differs(found.differing);
    match resource_type {
        "AWS::EFS::FileSystem" => match inspector.file_system(identifier) {
            Ok(Some(file_system)) => found(of_file_system(inspector, &file_system, Found::new(wanted, open))),
            Ok(None) => ActualState::Missing,
            Err(refusal) => ActualState::Refused(refusal),
        },
        "AWS::ECR::Repository" => match inspector.repository(identifier) {
            Ok(Some(repository)) => found(of_repository(&repository, Found::new(wanted, open))),
            Ok(None) => ActualState::Missing,
            Err(refusal) => ActualState::Refused(refusal),
        },
        _ => ActualState::Unknown,
    }
}

/// What differs so far.
struct Found<'w> {
    wanted: &'w IndexMap<String, Json>,
    open: &'w [&'w str],
    differing: IndexMap<String, Option<Json>>,
}

impl<'w> Found<'w> {
    fn new(wanted: &'w IndexMap<String, Json>, open: &'w [&'w str]) -> Self {
        Self { wanted, open, differing: IndexMap::new() }
    }

    /// Compares one property; what the service makes of one that is left out is `default`.
    fn compare(&mut self, name: &str, actual: Option<Json>, default: Option<Json>) {
        let wanted = self.wanted.get(name).or(default.as_ref());
        let is_same = match (wanted, &actual) {
            (Some(wanted), Some(actual)) => same(wanted, actual),
            (None, None) => true,
            _ => false,
        };
        // One that is set to what would be so anyway is not worth a word.
        let actual_or_default = actual.filter(|actual| self.wanted.contains_key(name) || Some(actual) != default.as_ref());
        if !is_same || self.open.contains(&name) {
            self.differing.insert(name.to_owned(), actual_or_default);
        }
    }
}

/// Source of what EFS makes of a property that is left out:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
fn of_file_system<'w>(inspector: &dyn Inspector, actual: &FileSystem, mut found: Found<'w>) -> Found<'w> {
    found.compare("Encrypted", actual.encrypted.map(|encrypted| json!(encrypted)), Some(json!(false)));
    key(inspector, actual, &mut found);
    found.compare("PerformanceMode", Some(json!(actual.performance_mode)), Some(json!("generalPurpose")));
    found.compare("ThroughputMode", Some(json!(actual.throughput_mode)), Some(json!("bursting")));
    found.compare("ProvisionedThroughputInMibps", actual.provisioned_mibps.map(|mibps| json!(mibps)), None);
    found.compare("AvailabilityZoneName", actual.zone.as_ref().map(|zone| json!(zone)), None);
    if let Ok(lifecycle) = &actual.lifecycle {
        let rules: Vec<Json> = lifecycle.iter().map(|(name, rule)| json!({ name: rule })).collect();
        let default = Some(json!([]));
        found.compare("LifecyclePolicies", if rules.is_empty() { default.clone() } else { Some(Json::Array(rules)) }, default);
    }
    found
}

/// Compares keys, which have many names: ID, ARN, alias; and AWS's own is the one that a template leaves out.
fn key(inspector: &dyn Inspector, actual: &FileSystem, found: &mut Found<'_>) {
    const NAME: &str = "KmsKeyId";
    let own = actual.key.as_ref().filter(|_| actual.encrypted != Some(false));
    let of_aws = |key: &str| match inspector.key(key) {
        Ok(Some(key)) => Some(key.is_aws_managed),
        _ => None,
    };
    let told = own.map(|key| json!(key));
    if found.open.contains(&NAME) {
        let shown = told.filter(|_| own.is_some_and(|key| of_aws(key) != Some(true)));
        found.differing.insert(NAME.to_owned(), shown);
        return;
    }
    match (found.wanted.get(NAME).and_then(Json::as_str), own) {
        (None, None) => {}
        // Whether it is AWS's own could not be asked: nothing is made of it.
        (None, Some(key)) => {
            if of_aws(key) == Some(false) {
                found.differing.insert(NAME.to_owned(), told);
            }
        }
        (Some(_), None) => drop(found.differing.insert(NAME.to_owned(), None)),
        (Some(wanted), Some(key)) => {
            let bare = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
            let is_same = wanted == key
                || (!wanted.contains("alias/") && bare(wanted) == bare(key))
                || matches!(inspector.key(wanted), Ok(Some(found)) if bare(&found.arn) == bare(key));
            if !is_same {
                found.differing.insert(NAME.to_owned(), told);
            }
        }
    }
}

fn of_repository<'w>(actual: &Repository, mut found: Found<'w>) -> Found<'w> {
    found.compare("ImageTagMutability", Some(json!(actual.tag_mutability)), Some(json!("MUTABLE")));
    if let Ok(policy) = &actual.lifecycle_policy {
        const NAME: &str = "LifecyclePolicy";
        let wanted = found.wanted.get(NAME).and_then(|policy| policy.get("LifecyclePolicyText")).and_then(Json::as_str);
        let read = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_else(|_| json!(text));
        let is_same = match (wanted, policy) {
            (Some(wanted), Some(policy)) => same(&read(wanted), &read(policy)),
            (None, None) => true,
            _ => false,
        };
        if !is_same || found.open.contains(&NAME) {
            found.differing.insert(NAME.to_owned(), policy.as_ref().map(|policy| json!({ "LifecyclePolicyText": policy })));
        }
    }
    found
}

/// Tells whether two values mean the same to CloudFormation: scalars by their text, numbers by their value.
fn same(one: &Json, other: &Json) -> bool {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match (one, other) {
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().all(|item| other.iter().any(|peer| same(item, peer)))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(name, value)| other.get(name).is_some_and(|peer| same(value, peer)))
        }
        _ => match (text(one), text(other)) {
            (Some(one), Some(other)) => {
                let numbers = (one.parse::<f64>(), other.parse::<f64>());
                one == other || matches!(numbers, (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
            }
            _ => one == other,
        },
    }
}
