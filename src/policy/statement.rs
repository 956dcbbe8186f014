//! Statements as sets of requests: actions, resources, principals and condition keys.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::Value as Json;

use super::Document;
use super::branches::branches;
use super::budget::{Budget, Exhausted};
use super::condition::{Constraint, Key, PRINCIPAL_ACCOUNT, Test, all_implied, keys};
use super::managed::{self, Grants};
use super::pattern::{Pattern, Symbol};
use super::principal::{self, principals};
use super::set::TextSet;
use super::words::{Atoms, Reading, Wildcards, is_function, items, read};

/// The beginning of the name of a key that is a condition of the template. No request lacks it.
pub(super) const CONDITION: &str = "condition of the template ";

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Requests {
    pub(super) action: TextSet,
    pub(super) resource: TextSet,
    pub(super) principal: TextSet,
    /// Sorted by name.
    pub(super) keys: Vec<Key>,
    /// The name of a policy whose content is not known.
    pub(super) unknown: Option<String>,
    /// Constraints that follow from the principals.
    implied: Vec<Key>,
}

/// A statement with its effect and origin.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) allows: bool,
    pub(super) requests: Requests,
    /// The index of its document.
    pub(super) document: usize,
    /// Whether the statement names resources, and whether it names principals.
    pub(super) names_resources: bool,
    pub(super) names_principals: bool,
}

/// Returns the statements of all documents.
pub(super) fn statements(documents: &[Document], atoms: &mut Atoms) -> Vec<Statement> {
    let mut found = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        match document {
            Document::Policy(json) => policy(json, index, atoms, &mut found),
            Document::Managed(arn) => attached(arn, index, atoms, &mut found),
        }
    }
    found
}

fn policy(json: &Json, document: usize, atoms: &mut Atoms, found: &mut Vec<Statement>) {
    let parsed = json.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    for branch in branches(parsed.as_ref().unwrap_or(json)) {
        if is_function(&branch.json) {
            found.push(unknown(branch.json.to_string(), document));
            continue;
        }
        let variables = branch.json.get("Version").and_then(Json::as_str) == Some("2012-10-17");
        for statement in branch.json.get("Statement").map(items).unwrap_or_default() {
            if is_function(statement) {
                found.push(unknown(statement.to_string(), document));
            } else if let Some(mut statement) = read_statement(statement, variables, document, atoms) {
                let conditions = branch.conditions.iter().map(|(name, value)| condition(name, *value));
                statement.requests.keys.extend(conditions);
                statement.requests.keys.sort_by(|a, b| a.name.cmp(&b.name));
                found.push(statement);
            }
        }
    }
}

fn attached(arn: &Json, document: usize, atoms: &mut Atoms, found: &mut Vec<Statement>) {
    let reading = Reading { wildcards: Wildcards::None, variables: false, fold: false };
    let text = read(arn, reading, atoms).map_or_else(|| arn.to_string(), |pattern| pattern.text);
    let name = managed::aws_name(&text);
    let Grants { least, most } = name.map(managed::grants).unwrap_or_default();
    let is_complete = least.is_some() && least == most;
    found.extend(least.and_then(|known| read_statement(&known, true, document, atoms)));
    if !is_complete {
        let mut unknown = unknown(name.unwrap_or(&text).to_owned(), document);
        if let Some(most) = most.and_then(|most| read_statement(&most, true, document, atoms)) {
            unknown.requests.action = most.requests.action;
        }
        found.push(unknown);
    }
}

fn unknown(name: String, document: usize) -> Statement {
    let all = TextSet::all;
    let requests =
        Requests { action: all(), resource: all(), principal: all(), keys: Vec::new(), unknown: Some(name), implied: Vec::new() };
    Statement { allows: true, requests, document, names_resources: false, names_principals: false }
}

/// Returns the key for a condition of the template with a value.
pub(super) fn condition(name: &str, value: bool) -> Key {
    let symbols = if value { "true" } else { "false" }.chars().map(Symbol::Char).collect();
    let set = TextSet::of(false, vec![Pattern::new(symbols, false, String::new())]);
    let mut constraint = Constraint::is_in(set);
    if let Test::Text { is_boolean, .. } = &mut constraint.test {
        *is_boolean = true;
    }
    Key { name: format!("{CONDITION}{name}"), shown: name.to_owned(), constraints: vec![constraint] }
}

fn read_statement(json: &Json, variables: bool, document: usize, atoms: &mut Atoms) -> Option<Statement> {
    let allows = match json.get("Effect").and_then(Json::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return None,
    };
    let set = |own: &str, except: &str, variables, fold, atoms: &mut Atoms| {
        let reading = Reading { wildcards: Wildcards::Any, variables, fold };
        let mut patterns = |json: &Json| items(json).iter().filter_map(|item| read(item, reading, atoms)).collect::<Vec<Pattern>>();
        match (json.get(own), json.get(except)) {
            (Some(own), _) => TextSet::of(false, patterns(own)),
            (None, Some(except)) => TextSet::of(true, patterns(except)),
            (None, None) => TextSet::all(),
        }
    };
    let action = set("Action", "NotAction", false, true, atoms);
    let resource = set("Resource", "NotResource", variables, false, atoms);
    let keys = keys(json.get("Condition"), variables, atoms);
    let principal = match (json.get("Principal"), json.get("NotPrincipal")) {
        (Some(own), _) => limited(principals(own, false, atoms), &keys),
        (None, Some(except)) => principals(except, true, atoms),
        (None, None) => TextSet::all(),
    };
    let implied = principal::accounts(&principal).map(|accounts| Key {
        name: PRINCIPAL_ACCOUNT.to_owned(),
        shown: String::new(),
        constraints: vec![Constraint::is_in(accounts)],
    });
    let names = |own: &str, except: &str| json.get(own).or(json.get(except)).is_some();
    Some(Statement {
        allows,
        requests: Requests { action, resource, principal, keys, unknown: None, implied: implied.into_iter().collect() },
        document,
        names_resources: names("Resource", "NotResource"),
        names_principals: names("Principal", "NotPrincipal"),
    })
}

/// Limits everyone to the accounts that a condition names.
fn limited(principal: TextSet, keys: &[Key]) -> TextSet {
    let constraints = keys.iter().find(|key| key.name == PRINCIPAL_ACCOUNT).map_or(&[][..], |key| &key.constraints);
    let accounts = constraints.iter().find_map(Constraint::required);
    match accounts.and_then(principal::of_accounts) {
        Some(accounts) if principal.is_all() => accounts,
        _ => principal,
    }
}

impl Requests {
    /// Returns the constraints on a key that a matching request satisfies, with those that follow from its principal.
    pub(super) fn given(&self, name: &str) -> Vec<Constraint> {
        let implied = self.implied.iter().filter(|key| key.name == name).flat_map(|key| &key.constraints);
        self.constraints(name).iter().chain(implied).cloned().collect()
    }

    /// Returns the constraints on a key.
    pub(super) fn constraints(&self, name: &str) -> &[Constraint] {
        self.keys.iter().find(|key| key.name == name).map_or(&[], |key| key.constraints.as_slice())
    }

    /// Returns the three sets of texts.
    pub(super) fn sets(&self) -> [&TextSet; 3] {
        [&self.action, &self.resource, &self.principal]
    }

    /// Returns whether this statement certainly matches every request that another matches.
    pub(super) fn contains(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        budget.spend(1)?;
        if self.unknown.is_some() || other.unknown.is_some() {
            return Ok(self.unknown == other.unknown);
        }
        for (own, other) in self.sets().into_iter().zip(other.sets()) {
            if !own.contains(other, budget)? {
                return Ok(false);
            }
        }
        for key in &self.keys {
            if !all_implied(&other.given(&key.name), &key.constraints, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns whether the two statements certainly match no common request.
    pub(super) fn is_disjoint(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        for (own, other) in self.sets().into_iter().zip(other.sets()) {
            if own.is_disjoint(other, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
