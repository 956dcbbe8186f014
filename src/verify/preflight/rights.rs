//! Whether whoever asks, and the role that CloudFormation works as, may do what the plan takes.

use std::collections::BTreeSet;

use super::{Inspector, Request};
use crate::aws::partition;
use crate::backend::StackDescription;
use crate::evaluate::{Evaluation, State as Known};
use crate::permissions::{Place, Purpose, needed, of_plan, statements};
use crate::verify::names::PERMISSIONS;
use crate::verify::rights::{Denied, PermissionRequest, Principal, Rights};
use crate::verify::verdict::{Level, Of, State, Verdict};

/// Tries the rights that a plan takes: the caller's, and those of the role where there is one.
pub(super) fn survey(
    request: &Request<'_>,
    after: &Evaluation<'_>,
    stack: Option<&StackDescription>,
    inspector: &dyn Inspector,
) -> Vec<Verdict> {
    let role = request.role_arn.or_else(|| stack.and_then(|stack| stack.role_arn.as_deref()));
    let place = Place {
        bucket: request.bucket.map(|bucket| bucket.name.to_owned()),
        makes_bucket: request.bucket.is_some_and(|bucket| bucket.is_made),
        stored: request.stored.to_vec(),
        role_arn: role.map(ToOwned::to_owned),
        ..place(&request.subject.stack, after.state)
    };
    let needs = of_plan(after, request.plan);
    let surely: BTreeSet<String> = needed(&place, &needs);
    let ask = |principal, purposes: &[Purpose]| {
        let statements = statements(&place, &needs, purposes);
        (!statements.is_empty())
            .then(|| verdict(inspector, PermissionRequest { principal, statements: &statements }, purposes, &surely))
            .flatten()
    };
    match role {
        // CloudFormation does the rest as the role.
        Some(role) => {
            let caller = ask(Principal::Caller, &[Purpose::Request]);
            [caller, ask(Principal::Role(role), &[Purpose::Resources])].into_iter().flatten().collect()
        }
        None => ask(Principal::Caller, &[Purpose::Request, Purpose::Resources]).into_iter().collect(),
    }
}

fn place(stack: &str, known: &Known) -> Place {
    let pseudo = |name: &str| known.pseudo.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let region = pseudo("AWS::Region").unwrap_or_default();
    Place {
        partition: pseudo("AWS::Partition").unwrap_or_else(|| partition(&region).0.to_owned()),
        region,
        account: pseudo("AWS::AccountId"),
        stack: stack.to_owned(),
        bucket: None,
        makes_bucket: false,
        stored: Vec::new(),
        role_arn: None,
    }
}

fn verdict(inspector: &dyn Inspector, wanted: PermissionRequest<'_>, purposes: &[Purpose], surely: &BTreeSet<String>) -> Option<Verdict> {
    let expected = match wanted.principal {
        Principal::Caller => "whoever asks may do what the plan takes",
        Principal::Role(_) => "the role for CloudFormation may do what the plan takes",
    };
    let rights = match inspector.rights(wanted)? {
        Ok(rights) => rights,
        Err(refusal) => {
            let of = match wanted.principal {
                Principal::Caller => Of::default(),
                Principal::Role(arn) => Of::thing(arn),
            };
            return Some(super::unchecked(&PERMISSIONS, of, expected, &refusal));
        }
    };
    Some(judged(expected, &rights, purposes, surely))
}

fn judged(expected: &str, rights: &Rights, purposes: &[Purpose], surely: &BTreeSet<String>) -> Verdict {
    let of = Of::thing(&rights.principal);
    if rights.denied.is_empty() {
        let found = match rights.tried {
            0 => "the account's root user may do everything".to_owned(),
            tried => format!("allowed: all {tried} actions"),
        };
        return Verdict::new(&PERMISSIONS, of, State::Passed, expected, found);
    }
    // Conditions that only a real request can meet make a denial uncertain, unless it is for what is called anyway.
    let is_certain = |denied: &&Denied| surely.contains(&denied.action) && denied.unknown_conditions.is_empty();
    let (certain, rest): (Vec<&Denied>, Vec<&Denied>) = rights.denied.iter().partition(is_certain);
    let mut parts = Vec::new();
    if !certain.is_empty() {
        parts.push(format!("denied, and the plan takes it: {}", listed(&certain)));
    }
    if !rest.is_empty() {
        parts.push(format!("denied, and may be called: {}", listed(&rest)));
    }
    let names = purposes.iter().map(|purpose| if *purpose == Purpose::Request { "request" } else { "resources" }).collect::<Vec<_>>();
    let remedy = format!(
        "give {} these: `rackform permissions --for {} --format policy` prints a policy to paste; a simulation does not know of session policies \
         or of policies on resources",
        rights.principal,
        names.join(",")
    );
    let mut verdict = Verdict::new(&PERMISSIONS, of, State::Failed, expected, parts.join("; ")).remedied(remedy);
    if certain.is_empty() {
        verdict.level = Level::Warning;
    }
    verdict
}

fn listed(denied: &[&Denied]) -> String {
    let one = |denied: &&Denied| {
        let mut remarks = Vec::new();
        if denied.is_explicit {
            remarks.push("by a policy".to_owned());
        }
        if !denied.unknown_conditions.is_empty() {
            remarks.push(format!("unless {} allows it", denied.unknown_conditions.join(", ")));
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        format!("{}{remarks}", denied.action)
    };
    denied.iter().map(one).collect::<Vec<_>>().join(", ")
}
