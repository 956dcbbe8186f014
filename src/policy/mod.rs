//! Whether new policies grant access that the old ones did not, by the meaning of the policies and not by their text.
//!
//! A policy is a set of requests: what its `Allow` statements match and its `Deny` statements do not. A statement is a product of sets:
//! actions, resources, principals, and the values of each condition key. [`compare`] divides each set of a new statement by the old
//! statements that contain its members, and then tries every combination. So it is exact for unions of statements, without enumerating
//! requests.
//!
//! Unknown parts, such as intrinsic functions and policy variables, are compared by their expressions. What depends on their values is
//! reported as possible. docs/design/policy-inclusion.md explains the method and compares it with `CheckNoNewAccess` of AWS.

mod assignments;
mod branches;
mod budget;
mod classes;
mod condition;
mod inclusion;
mod key;
mod managed;
mod network;
#[cfg(test)]
mod oracle;
mod pattern;
mod principal;
mod set;
mod statement;
mod truth;
mod witness;
mod words;

pub use network::{Coverage, Peer, Traffic};

use rustc_hash::FxHashSet;
use serde_json::Value as Json;

use assignments::assignments;
pub use budget::Budget;
use budget::Exhausted;
use inclusion::{Role, newly_allowed};
use statement::{Requests, Statement, statements};
use words::Atoms;

/// The steps of one comparison, which take at most about a second.
const STEPS: u64 = 4_000_000;

/// A policy of a role, a resource, or the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A policy document: an object, JSON text, or an intrinsic function.
    Policy(Json),
    /// The ARN of a managed policy outside the template.
    Managed(Json),
}

/// Whose requests the policies are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything that is attached to a role, user or group. A removed denial matters only if something allows what it denied.
    WholeIdentity,
    /// A policy of an identity that others, which are not known, may be attached beside. They may allow what a removed denial denied.
    Identity,
    /// What is attached to a resource. A removed denial matters because policies of identities may allow what it denied.
    Resource,
}

/// Access that the new policies grant and the old ones did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccess {
    /// The policy that grants it.
    pub source: Source,
    /// Whether it is certain; otherwise, it depends on unknown values or the comparison was too large.
    pub is_certain: bool,
    /// The access, such as "`iam:PassRole` on `*`; before only on `role/a/*`"; of a lost denial, what it denied.
    pub text: String,
}

/// The policy that is the reason for new access, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A new policy that allows it.
    Allowed(usize),
    /// An old policy that denied it.
    NoLongerDenied(usize),
}

/// Returns the access that the new policies together grant and the old ones together did not, at most one for each policy.
pub fn compare(kind: Kind, old: &[Document], new: &[Document]) -> Vec<NewAccess> {
    compare_within(&Budget::new(STEPS), kind, old, new)
}

/// Like [`compare`], for many comparisons that share a budget.
pub fn compare_within(total: &Budget, kind: Kind, old: &[Document], new: &[Document]) -> Vec<NewAccess> {
    total.share(STEPS, |budget| found_within(budget, kind, old, new))
}

fn found_within(budget: &Budget, kind: Kind, old: &[Document], new: &[Document]) -> Vec<NewAccess> {
    let mut atoms = Atoms::default();
    let (old, new) = (statements(old, &mut atoms), statements(new, &mut atoms));
    let mut found = Comparison::found(kind, &old, &new, budget);
    for [old, new] in assignments(&old, &new) {
        if !found.iter().any(|access| access.is_certain) {
            break;
        }
        let under = Comparison::found(kind, &old, &new, budget);
        for access in &mut found {
            access.is_certain &= under.iter().any(|other| other.is_certain && other.source == access.source);
        }
    }
    found
}

struct Comparison<'s> {
    old_allow: Vec<&'s Statement>,
    /// Denials that no new one contains.
    lost_deny: Vec<&'s Statement>,
    new_allow: Vec<&'s Statement>,
    new_deny: Vec<&'s Statement>,
    /// Whether the new policies include one whose content is not known.
    has_unknown: bool,
    budget: &'s Budget,
    found: Vec<NewAccess>,
}

impl<'s> Comparison<'s> {
    fn found(kind: Kind, old: &'s [Statement], new: &'s [Statement], budget: &'s Budget) -> Vec<NewAccess> {
        let mut comparison = Self::new(old, new, budget);
        comparison.allowed();
        comparison.no_longer_denied(kind);
        comparison.found
    }

    fn new(old: &'s [Statement], new: &'s [Statement], budget: &'s Budget) -> Self {
        let of = |statements: &'s [Statement], allows: bool| {
            let mut seen: FxHashSet<(&Requests, usize)> = FxHashSet::default();
            let distinct = statements.iter().filter(|statement| statement.allows == allows);
            distinct.filter(|statement| seen.insert((&statement.requests, statement.document))).collect::<Vec<_>>()
        };
        let new_deny = of(new, false);
        let known: FxHashSet<&Requests> = new_deny.iter().map(|statement| &statement.requests).collect();
        let is_lost = |statement: &&Statement| {
            let denial = &statement.requests;
            !known.contains(denial) && !is_contained(denial, &new_deny, budget).unwrap_or(false)
        };
        let lost_deny = of(old, false).into_iter().filter(is_lost).collect();
        let (mut old_allow, mut new_allow) = (of(old, true), of(new, true));
        // A policy that is not known and stays attached neither grants anything new nor excuses what others grant.
        let unknown = |statements: &[&'s Statement]| {
            statements.iter().filter_map(|statement| statement.requests.unknown.as_deref()).collect::<FxHashSet<&str>>()
        };
        let (old_unknown, new_unknown) = (unknown(&old_allow), unknown(&new_allow));
        let has_unknown = !new_unknown.is_empty();
        let is_kept = |statement: &&Statement| {
            let name = statement.requests.unknown.as_deref();
            name.is_some_and(|name| old_unknown.contains(name) && new_unknown.contains(name))
        };
        old_allow.retain(|statement| !is_kept(statement));
        new_allow.retain(|statement| !is_kept(statement));
        Self { old_allow, lost_deny, new_allow, new_deny, has_unknown, budget, found: Vec::new() }
    }

    /// Adds what the new statements allow.
    fn allowed(&mut self) {
        let known: FxHashSet<&Requests> = self.old_allow.iter().map(|statement| &statement.requests).collect();
        for statement in self.new_allow.clone() {
            if self.lost_deny.is_empty() && known.contains(&statement.requests) {
                continue;
            }
            self.judge(statement).unwrap_or_else(|Exhausted| {
                self.add(Source::Allowed(statement.document), false, "more: the policy is too complex to compare".to_owned());
            });
        }
    }

    fn judge(&mut self, statement: &'s Statement) -> Result<(), Exhausted> {
        let requests = &statement.requests;
        let mut meets_lost = false;
        for denial in &self.lost_deny {
            meets_lost = meets_lost || !denial.requests.is_disjoint(requests, self.budget)?;
        }
        if !meets_lost && is_contained(requests, &self.old_allow, self.budget)? {
            return Ok(());
        }
        let lost = if meets_lost { self.lost_deny.as_slice() } else { &[] };
        let with = |statements: &[&'s Statement], role| statements.iter().map(|other| (&other.requests, role)).collect::<Vec<_>>();
        let others = [with(&self.old_allow, Role::OldAllow), with(lost, Role::OldDeny), with(&self.new_deny, Role::NewDeny)].concat();
        if let Some(found) = newly_allowed(requests, &others, self.budget)? {
            let denial = found.was_denied_by.and_then(|index| self.lost_deny.get(index - self.old_allow.len()));
            let source = denial.map_or(Source::Allowed(statement.document), |denial| Source::NoLongerDenied(denial.document));
            let text = match denial {
                Some(denial) => witness::denied(statement, &found, denial),
                None => witness::granted(statement, &found, &self.old_allow),
            };
            self.add(source, found.is_certain, text);
        }
        Ok(())
    }

    /// Adds what the old statements denied and nothing denies now, if policies that are not known may allow it.
    fn no_longer_denied(&mut self, kind: Kind) {
        for denial in self.lost_deny.clone() {
            if self.found.iter().any(|found| found.source == Source::NoLongerDenied(denial.document)) {
                continue;
            }
            match self.lost_part(denial, kind) {
                Ok(None) => {}
                Ok(Some(text)) => self.add(Source::NoLongerDenied(denial.document), false, text),
                Err(Exhausted) => {
                    let text = "what it denied: the policy is too complex to compare".to_owned();
                    self.add(Source::NoLongerDenied(denial.document), false, text);
                }
            }
        }
    }

    fn lost_part(&self, denial: &Statement, kind: Kind) -> Result<Option<String>, Exhausted> {
        if kind == Kind::WholeIdentity && !self.has_unknown {
            return Ok(None);
        }
        if kind != Kind::Resource {
            for statement in self.old_allow.iter().filter(|statement| statement.requests.unknown.is_none()) {
                if !statement.requests.is_disjoint(&denial.requests, self.budget)? {
                    return Ok(None);
                }
            }
        }
        let others: Vec<(&Requests, Role)> = self.new_deny.iter().map(|other| (&other.requests, Role::NewDeny)).collect();
        let found = newly_allowed(&denial.requests, &others, self.budget)?;
        Ok(found.map(|found| witness::lost(denial, &found)))
    }

    /// Adds new access, or replaces what is less certain from the same policy.
    fn add(&mut self, source: Source, is_certain: bool, text: String) {
        let access = NewAccess { source, is_certain, text };
        match self.found.iter_mut().find(|known| known.source == source) {
            Some(known) if is_certain && !known.is_certain => *known = access,
            Some(_) => {}
            None => self.found.push(access),
        }
    }
}

/// Returns whether one of the statements certainly contains the requests.
fn is_contained(requests: &Requests, statements: &[&Statement], budget: &Budget) -> Result<bool, Exhausted> {
    for statement in statements {
        if statement.requests.contains(requests, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}
