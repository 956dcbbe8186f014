//! Policy documents within IAM's size limit.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Statement;

/// Longest managed policy in characters, white space not counted.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MANAGED_POLICY_LIMIT: usize = 6_144;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Its length, white space not counted.
    pub characters: usize,
    /// The document.
    pub document: Json,
}

impl Policy {
    /// Returns one document with all statements, of any length.
    pub fn of(statements: &[Statement]) -> Self {
        let document = json!({ "Version": "2012-10-17", "Statement": statements.iter().map(written).collect::<Vec<_>>() });
        Self { characters: length(&document), document }
    }
}

/// Returns documents that are each within the limit of a managed policy.
pub fn policies(statements: &[Statement]) -> Vec<Policy> {
    let mut policies = Vec::new();
    let mut pending: Vec<Statement> = Vec::new();
    for statement in statements.iter().flat_map(split) {
        pending.push(statement);
        if Policy::of(&pending).characters > MANAGED_POLICY_LIMIT
            && pending.len() > 1
            && let Some(last) = pending.pop()
        {
            policies.push(Policy::of(&pending));
            pending = vec![last];
        }
    }
    if !pending.is_empty() {
        policies.push(Policy::of(&pending));
    }
    policies
}

/// Splits a statement that alone exceeds the limit.
fn split(statement: &Statement) -> Vec<Statement> {
    if Policy::of(std::slice::from_ref(statement)).characters <= MANAGED_POLICY_LIMIT || statement.actions.len() < 2 {
        return vec![statement.clone()];
    }
    let (first, second) = statement.actions.split_at(statement.actions.len() / 2);
    let piece = |actions: &[String], letter: &str| Statement {
        sid: format!("{}{letter}", statement.sid),
        actions: actions.to_vec(),
        ..statement.clone()
    };
    [piece(first, "A"), piece(second, "B")].iter().flat_map(split).collect()
}

fn written(statement: &Statement) -> Json {
    let mut written = json!({
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": statement.resources,
    });
    let region = statement.region.as_ref().map(|region| ("aws:RequestedRegion", region.as_str()));
    let condition = region.or(statement.passed_to.map(|service| ("iam:PassedToService", service)));
    if let (Some((key, value)), Some(members)) = (condition, written.as_object_mut()) {
        members.insert("Condition".to_owned(), json!({ "StringEquals": { key: value } }));
    }
    written
}

fn length(document: &Json) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}
