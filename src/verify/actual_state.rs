//! Differences between an existing resource and its description in a template. An import needs them before it plans.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::inspector::Inspector;
use super::observed::{FileSystem, InspectError, Repository};

/// The actual state of one resource.
#[derive(Clone, Debug, PartialEq)]
pub enum ActualState {
    /// It exists; the actual values of properties that differ from the template, by name. `None` means that the property is not set.
    Differs(IndexMap<String, Option<Json>>),
    /// It does not exist.
    Missing,
    /// It could not be inspected.
    Refused(InspectError),
    /// Resources of this type cannot be inspected.
    Unsupported,
}

/// Inspects a resource by identifier and compares it with `wanted`, the properties in the template.
///
/// Properties in `open` have no known value in the template, so their actual values are always returned.
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
            Err(error) => ActualState::Refused(error),
        },
        "AWS::ECR::Repository" => match inspector.repository(identifier) {
            Ok(Some(repository)) => found(of_repository(&repository, Found::new(wanted, open))),
            Ok(None) => ActualState::Missing,
            Err(error) => ActualState::Refused(error),
        },
        _ => ActualState::Unsupported,
    }
}

/// The differences found so far.
struct Found<'w> {
    wanted: &'w IndexMap<String, Json>,
    open: &'w [&'w str],
    differing: IndexMap<String, Option<Json>>,
}

impl<'w> Found<'w> {
    fn new(wanted: &'w IndexMap<String, Json>, open: &'w [&'w str]) -> Self {
        Self { wanted, open, differing: IndexMap::new() }
    }

    /// Compares one property; `default` is the service's value for a property that is not set.
    fn compare(&mut self, name: &str, actual: Option<Json>, default: Option<Json>) {
        let wanted = self.wanted.get(name).or(default.as_ref());
        let is_same = match (wanted, &actual) {
            (Some(wanted), Some(actual)) => same(wanted, actual),
            (None, None) => true,
            _ => false,
        };
        // An actual value that equals the default is not reported.
        let actual_or_default = actual.filter(|actual| self.wanted.contains_key(name) || Some(actual) != default.as_ref());
        if !is_same || self.open.contains(&name) {
            self.differing.insert(name.to_owned(), actual_or_default);
        }
    }
}

/// Source of the defaults of EFS:
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

/// Compares keys, which can be given by ID, ARN or alias. The AWS managed key is the default of a template.
fn key(inspector: &dyn Inspector, actual: &FileSystem, found: &mut Found<'_>) {
    const NAME: &str = "KmsKeyId";
    let own = actual.key.as_ref().filter(|_| actual.encrypted != Some(false));
    let of_aws = |key: &str| match inspector.key(key) {
        Ok(Some(key)) => Some(key.is_aws_managed),
        _ => None,
    };
    let shown_key = own.map(|key| json!(key));
    if found.open.contains(&NAME) {
        let shown = shown_key.filter(|_| own.is_some_and(|key| of_aws(key) != Some(true)));
        found.differing.insert(NAME.to_owned(), shown);
        return;
    }
    match (found.wanted.get(NAME).and_then(Json::as_str), own) {
        (None, None) => {}
        // If the lookup fails, it is unknown whether the key is AWS managed, and no difference is reported.
        (None, Some(key)) => {
            if of_aws(key) == Some(false) {
                found.differing.insert(NAME.to_owned(), shown_key);
            }
        }
        (Some(_), None) => drop(found.differing.insert(NAME.to_owned(), None)),
        (Some(wanted), Some(key)) => {
            let bare = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
            let is_same = wanted == key
                || (!wanted.contains("alias/") && bare(wanted) == bare(key))
                || matches!(inspector.key(wanted), Ok(Some(found)) if bare(&found.arn) == bare(key));
            if !is_same {
                found.differing.insert(NAME.to_owned(), shown_key);
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

/// Returns whether two values are equal to CloudFormation: scalars by text, numbers by value.
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
