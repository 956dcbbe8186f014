//! Decides which manifests to prune, with a reason for each.

use jiff::Timestamp;

use super::age::Age;
use super::inventory::{Entry, Inventory};
use super::tag::{CacheTag, of_branch, of_service};

/// Which manifests to prune; all conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only manifests that are older.
    pub older_than: Option<Age>,
    /// Only caches of this service, including its branches.
    pub service: Option<String>,
    /// Only caches of this branch.
    pub branch: Option<String>,
    /// Also untagged manifests.
    pub untagged: bool,
}

/// Whether to prune an entry, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneDecision<'i> {
    /// The entry.
    pub entry: &'i Entry,
    /// Whether it is removed.
    pub is_removed: bool,
    /// The reason to remove it or to keep it.
    pub reason: String,
}

impl Selection {
    /// Returns whether it has no conditions.
    pub fn is_empty(&self) -> bool {
        let Self { older_than, service, branch, untagged } = self;
        older_than.is_none() && service.is_none() && branch.is_none() && !untagged
    }

    /// Returns a decision for every entry.
    pub fn decide<'i>(&self, inventory: &'i Inventory, now: Timestamp) -> Vec<PruneDecision<'i>> {
        let all: Vec<&str> = inventory.entries.iter().flat_map(|entry| &entry.tags).map(String::as_str).collect();
        let mut decisions: Vec<PruneDecision<'i>> = inventory
            .entries
            .iter()
            .map(|entry| match self.matches(entry, &all, inventory.has_push_times, now) {
                Ok(reason) => PruneDecision { entry, is_removed: true, reason },
                Err(reason) => PruneDecision { entry, is_removed: false, reason },
            })
            .collect();
        // A manifest that a kept index refers to is kept, at any depth.
        let parents = inventory.parents();
        loop {
            let is_kept = |digest: &str| decisions.iter().any(|decision| decision.entry.digest == digest && !decision.is_removed);
            let kept_child = decisions.iter().position(|decision| {
                decision.is_removed
                    && parents.get(decision.entry.digest.as_str()).is_some_and(|parents| parents.iter().any(|parent| is_kept(parent)))
            });
            let Some(decision) = kept_child.and_then(|at| decisions.get_mut(at)) else { break };
            decision.is_removed = false;
            decision.reason = "referenced by an index that is kept".to_owned();
        }
        decisions
    }

    /// Returns the reason to remove an entry, or as an error the reason to keep it.
    fn matches(&self, entry: &Entry, all: &[&str], has_push_times: bool, now: Timestamp) -> Result<String, String> {
        let other_tags = entry.non_cache_tags();
        if !other_tags.is_empty() {
            return Err(format!("not a cache entry: tagged {}", quoted_list(&other_tags)));
        }
        let mut reasons = Vec::new();
        if entry.tags.is_empty() && !self.untagged {
            return Err("untagged; untagged manifests are not selected".to_owned());
        }
        if entry.tags.is_empty() && (self.service.is_some() || self.branch.is_some()) {
            return Err("untagged, so its service and branch are unknown".to_owned());
        }
        if self.untagged && self.service.is_none() && self.branch.is_none() && self.older_than.is_none() && !entry.tags.is_empty() {
            return Err("tagged; only untagged manifests are selected".to_owned());
        }
        // All tags must match: removing the manifest removes all of them.
        for tag in entry.tags.iter().filter(|tag| CacheTag::of(tag) != CacheTag::Latest) {
            let is_selected = match (&self.service, &self.branch) {
                (Some(service), branch) => of_service(tag, service, branch.as_deref(), all),
                (None, Some(branch)) => of_branch(tag, branch),
                (None, None) => true,
            };
            if !is_selected {
                return Err(match CacheTag::of(tag) {
                    CacheTag::Service(_) => format!("`{tag}` belongs to another service or branch"),
                    other => format!("`{tag}` belongs to no service (kind: {})", other.name()),
                });
            }
        }
        if let Some(service) = &self.service {
            reasons.push(format!("service {service}"));
        }
        if let Some(branch) = &self.branch {
            reasons.push(format!("branch {branch}"));
        }
        if entry.tags.is_empty() {
            reasons.push("untagged".to_owned());
        }
        if let Some(limit) = self.older_than {
            let Some(at) = entry.pushed_or_created_at else { return Err("age unknown".to_owned()) };
            let age = Age::since(at, now);
            let verb = if has_push_times { "pushed" } else { "created" };
            if age <= limit {
                return Err(format!("{verb} {age} ago"));
            }
            reasons.push(format!("{verb} {age} ago"));
        }
        Ok(reasons.join(", "))
    }
}

/// Returns names in backquotes, separated by commas.
fn quoted_list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
