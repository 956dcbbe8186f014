//! What goes and what stays, each with its reason.

use jiff::Timestamp;

use super::age::Age;
use super::inventory::{Entry, Inventory};
use super::tag::{CacheTag, of_branch, of_service};

/// What is to be removed; every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only what is older.
    pub older_than: Option<Age>,
    /// Only caches of this service.
    pub service: Option<String>,
    /// Only caches of this branch.
    pub branch: Option<String>,
    /// Also what no tag names any more.
    pub untagged: bool,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneDecision<'i> {
    /// The entry.
    pub entry: &'i Entry,
    /// Whether it goes.
    pub is_removed: bool,
    /// Why, or why not.
    pub reason: String,
}

impl Selection {
    /// Tells whether it selects by anything at all.
    pub fn is_empty(&self) -> bool {
        let Self { older_than, service, branch, untagged } = self;
        older_than.is_none() && service.is_none() && branch.is_none() && !untagged
    }

    /// Returns what becomes of every entry.
    pub fn decide<'i>(&self, inventory: &'i Inventory, now: Timestamp) -> Vec<PruneDecision<'i>> {
        let all: Vec<&str> = inventory.entries.iter().flat_map(|entry| &entry.tags).map(String::as_str).collect();
        let mut choices: Vec<PruneDecision<'i>> = inventory
            .entries
            .iter()
            .map(|entry| match self.wants(entry, &all, inventory.has_push_times, now) {
                Ok(reason) => PruneDecision { entry, is_removed: true, reason },
                Err(reason) => PruneDecision { entry, is_removed: false, reason },
            })
            .collect();
        // What a manifest that stays leads to stays with it, however deep.
        let parents = inventory.parents();
        loop {
            let stays = |digest: &str| choices.iter().any(|choice| choice.entry.digest == digest && !choice.is_removed);
            let held = choices.iter().position(|choice| {
                choice.is_removed
                    && parents.get(choice.entry.digest.as_str()).is_some_and(|parents| parents.iter().any(|parent| stays(parent)))
            });
            let Some(choice) = held.and_then(|at| choices.get_mut(at)) else { break };
            choice.is_removed = false;
            choice.reason = "is part of an index that stays".to_owned();
        }
        choices
    }

    /// Returns why an entry goes, or why it stays.
    fn wants(&self, entry: &Entry, all: &[&str], has_push_times: bool, now: Timestamp) -> Result<String, String> {
        let foreign = entry.non_cache_tags();
        if !foreign.is_empty() {
            return Err(format!("is no cache: tagged {}", listed(&foreign)));
        }
        let mut reasons = Vec::new();
        if entry.tags.is_empty() && !self.untagged {
            return Err("no tag names it; `--untagged` takes those too".to_owned());
        }
        if entry.tags.is_empty() && (self.service.is_some() || self.branch.is_some()) {
            return Err("no tag tells whose it is".to_owned());
        }
        if self.untagged && self.service.is_none() && self.branch.is_none() && self.older_than.is_none() && !entry.tags.is_empty() {
            return Err("has a tag".to_owned());
        }
        // Of several tags every one must be meant: removing the manifest removes them all.
        let caches = entry.tags.iter().filter(|tag| CacheTag::of(tag) != CacheTag::Latest);
        for tag in caches {
            let is_meant = match (&self.service, &self.branch) {
                (Some(service), branch) => of_service(tag, service, branch.as_deref(), all),
                (None, Some(branch)) => of_branch(tag, branch),
                (None, None) => true,
            };
            if !is_meant {
                return Err(match CacheTag::of(tag) {
                    CacheTag::Service(_) => format!("`{tag}` is another's"),
                    other => format!("`{tag}` is of no service ({})", other.word()),
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
            let Some(at) = entry.at else { return Err("its age is not known".to_owned()) };
            let age = Age::since(at, now);
            let word = if has_push_times { "pushed" } else { "made" };
            if age <= limit {
                return Err(format!("{word} {age} ago"));
            }
            reasons.push(format!("{word} {age} ago"));
        }
        Ok(reasons.join(", "))
    }
}

/// Returns names in a row, each in backquotes.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
