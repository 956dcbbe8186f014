//! Statements put into policy documents of a size that IAM takes.

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
    /// How long it is, white space not counted.
    pub characters: usize,
    /// The document.
    pub document: Json,
}

impl Policy {
    /// Returns one document of all statements, however long.
    pub fn of(statements: &[Statement]) -> Self {
        let document = json!({ "Version": "2012-10-17", "Statement": statements.iter().map(written).collect::<Vec<_>>() });
        Self { characters: length(&document), document }
    }
}

/// Returns documents that are each short enough for a managed policy.
pub fn policies(statements: &[Statement]) -> Vec<Policy> {
    let mut policies = Vec::new();
    let mut held: Vec<Statement> = Vec::new();
    for statement in statements.iter().flat_map(in_pieces) {
        held.push(statement);
        if Policy::of(&held).characters > MANAGED_POLICY_LIMIT
            && held.len() > 1
            && let Some(last) = held.pop()
        {
            policies.push(Policy::of(&held));
            held = vec![last];
        }
    }
    if !held.is_empty() {
        policies.push(Policy::of(&held));
    }
    policies
}

/// Cuts a statement that alone is too long.
fn in_pieces(statement: &Statement) -> Vec<Statement> {
    if Policy::of(std::slice::from_ref(statement)).characters <= MANAGED_POLICY_LIMIT || statement.actions.len() < 2 {
        return vec![statement.clone()];
    }
    let (first, second) = statement.actions.split_at(statement.actions.len() / 2);
    let piece = |actions: &[String], letter: &str| Statement {
        sid: format!("{}{letter}", statement.sid),
        actions: actions.to_vec(),
        ..statement.clone()
    };
    [piece(first, "A"), piece(second, "B")].iter().flat_map(in_pieces).collect()
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
