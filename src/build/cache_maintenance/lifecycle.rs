//! Evaluates ECR lifecycle policies: which images would expire or be archived.

use std::collections::BTreeSet;

use globset::GlobBuilder;
use jiff::Timestamp;
use serde::Deserialize;

use super::super::registry::ecr::ImageStorage;
use super::age::Age;
use super::inventory::{Entry, Inventory};

/// A repository's lifecycle policy.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecyclePolicy {
    rules: Vec<Rule>,
}

/// Why a lifecycle policy could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifecyclePolicyError {
    /// The text is not JSON, or not a lifecycle policy.
    #[error("invalid lifecycle policy: {0}")]
    Text(String),
    /// A rule has a property that is not supported.
    #[error("rule {priority} of the lifecycle policy has {property}, which is not supported")]
    Unsupported {
        /// The rule's priority.
        priority: u32,
        /// The property and its value.
        property: String,
    },
}

/// An image that a policy would act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry<'i> {
    /// The image.
    pub entry: &'i Entry,
    /// What happens to it.
    pub action: LifecycleAction,
    /// The rule's priority.
    pub rule: u32,
    /// The reason, in words.
    pub reason: String,
}

/// What a rule does with the images that it selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleAction {
    /// Deletes them.
    Expire,
    /// Moves them to the archive, from which they cannot be pulled.
    Archive,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    priority: u32,
    tags: Tags,
    /// Whether it selects archived images, and only those.
    is_for_archive: bool,
    count: Count,
    action: LifecycleAction,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Untagged,
    Prefixes(Vec<String>),
    Patterns(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    SincePushed(u32),
    SincePulled(u32),
    SinceArchived(u32),
    MoreThan(usize),
}

#[derive(Deserialize)]
struct PolicyJson {
    rules: Vec<RuleJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleJson {
    rule_priority: u32,
    selection: SelectionJson,
    action: ActionJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelectionJson {
    tag_status: String,
    #[serde(default)]
    tag_prefix_list: Vec<String>,
    #[serde(default)]
    tag_pattern_list: Vec<String>,
    count_type: String,
    count_unit: Option<String>,
    count_number: u32,
    storage_class: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionJson {
    #[serde(rename = "type")]
    kind: String,
    target_storage_class: Option<String>,
}

impl LifecyclePolicy {
    /// Parses a policy, as `GetLifecyclePolicy` returns it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a lifecycle policy, or if a rule has a type that is not supported: its effect is not guessed.
    pub fn read(text: &str) -> Result<Self, LifecyclePolicyError> {
        let parsed: PolicyJson = serde_json::from_str(text).map_err(|error| LifecyclePolicyError::Text(error.to_string()))?;
        let mut rules = parsed.rules.into_iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        Ok(Self { rules })
    }

    /// Returns the images that would expire or be archived at `now`, in the order of the inventory.
    ///
    /// All rules are evaluated on all images and applied by priority: an image that matches the tags of an earlier rule cannot be expired
    /// by a later rule, and an image that an index refers to cannot expire before the index.
    /// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules>
    pub fn expiries<'i>(&self, inventory: &'i Inventory, now: Timestamp) -> Vec<Expiry<'i>> {
        let parents = inventory.parents();
        let mut matched: BTreeSet<&str> = BTreeSet::new();
        let mut expiries: Vec<Expiry<'i>> = Vec::new();
        for rule in &self.rules {
            let mut selected: Vec<&Entry> = inventory
                .entries
                .iter()
                .filter(|entry| entry.storage.is_archive() == rule.is_for_archive && rule.tags.select(entry))
                .collect();
            // The newest first. An image without a time counts as new.
            selected.sort_by_key(|entry| std::cmp::Reverse(entry.pushed_or_created_at.unwrap_or(now)));
            for (index, entry) in selected.iter().enumerate() {
                if matched.contains(entry.digest.as_str()) {
                    continue;
                }
                if let Some(reason) = rule.count.reason(entry, index, now) {
                    expiries.push(Expiry { entry, action: rule.action, rule: rule.priority, reason });
                }
            }
            matched.extend(selected.iter().map(|entry| entry.digest.as_str()));
        }
        expiries.retain(|expiry| !parents.contains_key(expiry.entry.digest.as_str()));
        expiries.sort_by_key(|expiry| inventory.entries.iter().position(|entry| entry.digest == expiry.entry.digest));
        expiries
    }
}

impl Rule {
    fn read(parsed: RuleJson) -> Result<Self, LifecyclePolicyError> {
        let priority = parsed.rule_priority;
        let unsupported = |property: String| LifecyclePolicyError::Unsupported { priority, property };
        let SelectionJson { tag_status, tag_prefix_list, tag_pattern_list, count_type, count_unit, count_number, storage_class } =
            parsed.selection;
        let tags = match tag_status.as_str() {
            "any" => Tags::Any,
            "untagged" => Tags::Untagged,
            "tagged" if !tag_prefix_list.is_empty() => Tags::Prefixes(tag_prefix_list),
            "tagged" if !tag_pattern_list.is_empty() => Tags::Patterns(tag_pattern_list),
            other => return Err(unsupported(format!("tagStatus `{other}`"))),
        };
        let is_days = count_unit.as_deref() == Some("days");
        let count = match count_type.as_str() {
            "sinceImagePushed" if is_days => Count::SincePushed(count_number),
            "sinceImagePulled" if is_days => Count::SincePulled(count_number),
            "sinceImageTransitioned" if is_days => Count::SinceArchived(count_number),
            "imageCountMoreThan" => Count::MoreThan(count_number as usize),
            other => return Err(unsupported(format!("countType `{other}`"))),
        };
        let is_for_archive = match storage_class.as_deref() {
            None | Some("standard") => false,
            Some("archive") => true,
            Some(class) => return Err(unsupported(format!("storageClass `{class}`"))),
        };
        let action = match (parsed.action.kind.as_str(), parsed.action.target_storage_class.as_deref()) {
            ("expire", _) => LifecycleAction::Expire,
            ("transition", Some("archive")) => LifecycleAction::Archive,
            ("transition", target) => return Err(unsupported(format!("targetStorageClass `{}`", target.unwrap_or_default()))),
            (kind, _) => return Err(unsupported(format!("the action `{kind}`"))),
        };
        Ok(Self { priority, tags, is_for_archive, count, action })
    }
}

impl Tags {
    fn select(&self, entry: &Entry) -> bool {
        match self {
            Self::Any => true,
            Self::Untagged => entry.tags.is_empty(),
            // Every prefix or pattern must match at least one tag.
            Self::Prefixes(prefixes) => prefixes.iter().all(|prefix| entry.tags.iter().any(|tag| tag.starts_with(prefix))),
            Self::Patterns(patterns) => patterns.iter().all(|pattern| entry.tags.iter().any(|tag| matches_pattern(tag, pattern))),
        }
    }
}

/// Returns whether a tag matches a pattern, whose only wildcard is `*`.
fn matches_pattern(tag: &str, pattern: &str) -> bool {
    let escaped: String =
        pattern.chars().map(|c| if matches!(c, '?' | '[' | ']' | '{' | '}' | '!') { format!("\\{c}") } else { c.to_string() }).collect();
    GlobBuilder::new(&escaped).backslash_escape(true).build().is_ok_and(|glob| glob.compile_matcher().is_match(tag))
}

impl Count {
    /// Returns the reason if an entry exceeds this limit; `index` is the number of newer entries.
    fn reason(self, entry: &Entry, index: usize, now: Timestamp) -> Option<String> {
        let exceeds = |at: Option<Timestamp>, days: u32, word: &str| {
            let age = Age::since(at?, now);
            (age > Age::days(days)).then(|| format!("{word} {age} ago, more than {days} days"))
        };
        match self {
            Self::SincePushed(days) => exceeds(entry.pushed_or_created_at, days, "pushed"),
            // An image that was never pulled counts from its push.
            Self::SincePulled(days) => exceeds(entry.pulled_at.or(entry.pushed_or_created_at), days, "pulled"),
            Self::SinceArchived(days) => match entry.storage {
                ImageStorage::Archive { since, .. } => exceeds(since, days, "archived"),
                ImageStorage::Standard => None,
            },
            Self::MoreThan(limit) => (index >= limit).then(|| format!("{index} newer images, more than the {limit} to keep")),
        }
    }
}
