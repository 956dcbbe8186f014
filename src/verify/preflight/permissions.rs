//! Whether the caller, and the CloudFormation service role, have the permissions that the plan requires.

use std::collections::BTreeSet;

use super::{Inspector, Request};
use crate::aws::partition;
use crate::evaluate::State as Known;
use crate::permissions::{Purpose, StackLocation, needed, of_plan, statements};
use crate::verify::names::{Level, PERMISSIONS};
use crate::verify::permissions::{Denied, PermissionRequest, Principal, SimulatedPermissions};
use crate::verify::remedy::Remedy;
use crate::verify::verdict::{About, State, Verdict};

/// Simulates the permissions that a plan requires: those of the caller and, if there is one, of the CloudFormation service role.
pub(super) fn check(request: &Request<'_, '_>, inspector: &dyn Inspector) -> Vec<Verdict> {
    let after = request.after;
    let role = request.role_arn.or_else(|| request.stack.and_then(|stack| stack.role_arn.as_deref()));
    let location = StackLocation {
        bucket: request.bucket.map(|bucket| bucket.name.to_owned()),
        creates_bucket: request.bucket.is_some_and(|bucket| bucket.is_made),
        ssm_parameters: request.ssm_parameters.to_vec(),
        role_arn: role.map(ToOwned::to_owned),
        ..stack_location(request.stack_name, after.state)
    };
    let needs = of_plan(after, request.plan);
    let certainly_needed: BTreeSet<String> = needed(&location, &needs);
    let simulate = |principal, purposes: &[Purpose]| {
        let statements = statements(&location, &needs, purposes);
        (!statements.is_empty())
            .then(|| verdict(inspector, PermissionRequest { principal, statements: &statements }, purposes, &certainly_needed))
            .flatten()
    };
    match role {
        // CloudFormation uses the role for everything but the request itself.
        Some(role) => {
            let caller = simulate(Principal::Caller, &[Purpose::Request]);
            [caller, simulate(Principal::Role(role), &[Purpose::Resources])].into_iter().flatten().collect()
        }
        None => simulate(Principal::Caller, &[Purpose::Request, Purpose::Resources]).into_iter().collect(),
    }
}

fn stack_location(stack: &str, known: &Known) -> StackLocation {
    let pseudo = |name: &str| known.pseudo.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let region = pseudo("AWS::Region").unwrap_or_default();
    StackLocation {
        partition: pseudo("AWS::Partition").unwrap_or_else(|| partition(&region).0.to_owned()),
        region,
        account: pseudo("AWS::AccountId"),
        stack: stack.to_owned(),
        bucket: None,
        creates_bucket: false,
        ssm_parameters: Vec::new(),
        role_arn: None,
        image_repository: "*".to_owned(),
    }
}

fn verdict(
    inspector: &dyn Inspector,
    wanted: PermissionRequest<'_>,
    purposes: &[Purpose],
    certainly_needed: &BTreeSet<String>,
) -> Option<Verdict> {
    let expected = match wanted.principal {
        Principal::Caller => "the caller has the permissions that the plan requires",
        Principal::Role(_) => "the CloudFormation service role has the permissions that the plan requires",
    };
    let simulated = match inspector.simulate_permissions(wanted)? {
        Ok(simulated) => simulated,
        Err(error) => {
            let about = match wanted.principal {
                Principal::Caller => About::default(),
                Principal::Role(arn) => About::physical(arn),
            };
            return Some(super::unchecked(&PERMISSIONS, about, expected, &error));
        }
    };
    Some(pass_or_fail(expected, &simulated, purposes, certainly_needed))
}

fn pass_or_fail(expected: &str, simulated: &SimulatedPermissions, purposes: &[Purpose], certainly_needed: &BTreeSet<String>) -> Verdict {
    let about = About::physical(&simulated.principal);
    if simulated.denied.is_empty() {
        let found = match simulated.tried {
            0 => "the root user of the account is not restricted".to_owned(),
            tried => format!("all {tried} actions allowed"),
        };
        return Verdict::new(&PERMISSIONS, about, State::Passed, expected, found);
    }
    // A denial is certain only for an action that the plan certainly calls, and without conditions of the real request.
    let is_certain = |denied: &&Denied| certainly_needed.contains(&denied.action) && denied.unknown_conditions.is_empty();
    let (certain, rest): (Vec<&Denied>, Vec<&Denied>) = simulated.denied.iter().partition(is_certain);
    let mut parts = Vec::new();
    if !certain.is_empty() {
        parts.push(format!("denied and required by the plan: {}", listed(&certain)));
    }
    if !rest.is_empty() {
        parts.push(format!("denied and possibly required: {}", listed(&rest)));
    }
    let remedy = Remedy::GrantPlan { principal: simulated.principal.clone(), purposes: purposes.to_vec() };
    let mut verdict = Verdict::new(&PERMISSIONS, about, State::Failed, expected, parts.join("; ")).with_remedy(remedy);
    if certain.is_empty() {
        verdict.level = Level::Warning;
    }
    verdict
}

fn listed(denied: &[&Denied]) -> String {
    let one = |denied: &&Denied| {
        let mut remarks = Vec::new();
        if denied.is_explicit {
            remarks.push("explicitly".to_owned());
        }
        if !denied.unknown_conditions.is_empty() {
            remarks.push(format!("unless {} allows it", denied.unknown_conditions.join(", ")));
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        format!("{}{remarks}", denied.action)
    };
    denied.iter().map(one).collect::<Vec<_>>().join(", ")
}
