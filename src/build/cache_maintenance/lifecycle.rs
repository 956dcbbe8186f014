//! What a lifecycle policy of ECR would expire.

use std::collections::BTreeSet;

use globset::GlobBuilder;
use jiff::Timestamp;
use serde::Deserialize;

use super::age::Age;
use super::inventory::{Entry, Inventory};

/// A repository's lifecycle policy.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecyclePolicy {
    rules: Vec<Rule>,
}

/// Why a text is no lifecycle policy that is understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifecyclePolicyError {
    /// It is no policy.
    #[error("this is no lifecycle policy: {0}")]
    Text(String),
    /// A rule has something that is not known here.
    #[error("rule {priority} has {what}, which is not known here")]
    Unknown {
        /// The rule.
        priority: u32,
        /// What it has.
        what: String,
    },
}

/// An image that would expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry<'i> {
    /// The image.
    pub entry: &'i Entry,
    /// The rule's priority.
    pub rule: u32,
    /// Why, in words.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    priority: u32,
    tags: Tags,
    count: Count,
    expires: bool,
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
    MoreThan(usize),
}

#[derive(Deserialize)]
struct Written {
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRule {
    rule_priority: u32,
    selection: WrittenSelection,
    action: WrittenAction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSelection {
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
struct WrittenAction {
    #[serde(rename = "type")]
    kind: String,
}

impl LifecyclePolicy {
    /// Reads a policy, as `GetLifecyclePolicy` gives it.
    ///
    /// # Errors
    ///
    /// Returns that it is none, or has a rule of a kind that is not known: what it would do is then not guessed.
    pub fn read(text: &str) -> Result<Self, LifecyclePolicyError> {
        let written: Written = serde_json::from_str(text).map_err(|error| LifecyclePolicyError::Text(error.to_string()))?;
        let mut rules = written.rules.into_iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        Ok(Self { rules })
    }

    /// Returns the images that would expire now, in the order of the inventory.
    ///
    /// Rules look at all images, and are applied by priority: an image that the tags of an earlier rule select is not a later one's to expire,
    /// and what an index leads to goes only after the index.
    /// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules>
    pub fn expiries<'i>(&self, inventory: &'i Inventory, now: Timestamp) -> Vec<Expiry<'i>> {
        let parents = inventory.parents();
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        let mut expiries: Vec<Expiry<'i>> = Vec::new();
        for rule in &self.rules {
            let mut selected: Vec<&Entry> = inventory.entries.iter().filter(|entry| rule.tags.select(entry)).collect();
            // The newest first; what has no time counts as new, since nothing says that it is old.
            selected.sort_by_key(|entry| std::cmp::Reverse(entry.at.unwrap_or(now)));
            for (index, entry) in selected.iter().enumerate() {
                if taken.contains(entry.digest.as_str()) || !rule.expires {
                    continue;
                }
                if let Some(reason) = rule.count.reason(entry, index, now) {
                    expiries.push(Expiry { entry, rule: rule.priority, reason });
                }
            }
            taken.extend(selected.iter().map(|entry| entry.digest.as_str()));
        }
        expiries.retain(|expiry| !parents.contains_key(expiry.entry.digest.as_str()));
        expiries.sort_by_key(|expiry| inventory.entries.iter().position(|entry| entry.digest == expiry.entry.digest));
        expiries
    }
}

impl Rule {
    fn read(written: WrittenRule) -> Result<Self, LifecyclePolicyError> {
        let priority = written.rule_priority;
        let unknown = |what: String| LifecyclePolicyError::Unknown { priority, what };
        let WrittenSelection { tag_status, tag_prefix_list, tag_pattern_list, count_type, count_unit, count_number, storage_class } =
            written.selection;
        let tags = match tag_status.as_str() {
            "any" => Tags::Any,
            "untagged" => Tags::Untagged,
            "tagged" if !tag_prefix_list.is_empty() => Tags::Prefixes(tag_prefix_list),
            "tagged" if !tag_pattern_list.is_empty() => Tags::Patterns(tag_pattern_list),
            other => return Err(unknown(format!("tagStatus `{other}`"))),
        };
        let is_days = count_unit.as_deref() == Some("days");
        let count = match count_type.as_str() {
            "sinceImagePushed" if is_days => Count::SincePushed(count_number),
            "sinceImagePulled" if is_days => Count::SincePulled(count_number),
            "imageCountMoreThan" => Count::MoreThan(count_number as usize),
            other => return Err(unknown(format!("countType `{other}`"))),
        };
        if let Some(class) = storage_class.filter(|class| class != "standard") {
            return Err(unknown(format!("storageClass `{class}`")));
        }
        Ok(Self { priority, tags, count, expires: written.action.kind == "expire" })
    }
}

impl Tags {
    fn select(&self, entry: &Entry) -> bool {
        match self {
            Self::Any => true,
            Self::Untagged => entry.tags.is_empty(),
            // Every prefix or pattern must have a tag.
            Self::Prefixes(prefixes) => prefixes.iter().all(|prefix| entry.tags.iter().any(|tag| tag.starts_with(prefix))),
            Self::Patterns(patterns) => patterns.iter().all(|pattern| entry.tags.iter().any(|tag| is_like(tag, pattern))),
        }
    }
}

/// Tells whether a tag is like a pattern, in which only `*` means something.
fn is_like(tag: &str, pattern: &str) -> bool {
    let escaped: String =
        pattern.chars().map(|c| if matches!(c, '?' | '[' | ']' | '{' | '}' | '!') { format!("\\{c}") } else { c.to_string() }).collect();
    GlobBuilder::new(&escaped).backslash_escape(true).build().is_ok_and(|glob| glob.compile_matcher().is_match(tag))
}

impl Count {
    /// Returns why an entry is past it; `index` is how many newer ones there are.
    fn reason(self, entry: &Entry, index: usize, now: Timestamp) -> Option<String> {
        let past = |at: Option<Timestamp>, days: u32, word: &str| {
            let age = Age::since(at?, now);
            (age > Age::days(days)).then(|| format!("{word} {age} ago, more than {days} days"))
        };
        match self {
            Self::SincePushed(days) => past(entry.at, days, "pushed"),
            // What was never pulled counts from its push.
            Self::SincePulled(days) => past(entry.pulled_at.or(entry.at), days, "pulled"),
            Self::MoreThan(most) => (index >= most).then(|| format!("{index} newer ones, {most} being kept")),
        }
    }
}
