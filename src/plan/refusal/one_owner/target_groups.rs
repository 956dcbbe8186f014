//! Target groups: a target group belongs to one load balancer.
//!
//! Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/780>

use crate::evaluate::{Evaluation, Residual, Resource, Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::{ChangeCertainty, Comparison, Outcome};
use crate::plan::refusal::{Refusal, RefusalKind, Search};
use crate::plan::values::{at, items, member};

const MESSAGE: &str = "The following target groups cannot be associated with more than one load balancer";
const SOURCE: &str = "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/780";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// A listener or rule that forwards to a target group.
struct Association<'p, 'a> {
    holder: &'p Resource<'a>,
    group: Value<'a>,
    /// The load balancer; for a rule whose listener the template does not define, that listener.
    owner: Value<'a>,
    is_listener: bool,
}

/// The most pairs of associations that are compared.
const MAX_PAIRS: usize = 2_000_000;

pub(in crate::plan::refusal) fn search(search: &mut Search<'_, '_, '_>) {
    let comparison = search.comparison;
    let Some(before) = comparison.context.before else { return };
    let (old, new) = (associations(before), associations(comparison.context.after));
    let mut budget = MAX_PAIRS;
    let mut reported: Vec<&str> = Vec::new();
    for wanted in &new {
        let id = wanted.holder.entry.name;
        if comparison.verdicts.changed(id).is_none() || reported.contains(&id) {
            continue;
        }
        let mut worst = ChangeCertainty::Unchanged;
        for present in &old {
            let Some(left) = budget.checked_sub(1) else { return };
            budget = left;
            worst = worst.max(conflict(comparison, present, wanted, &new));
        }
        if worst != ChangeCertainty::Unchanged {
            reported.push(id);
            search.found.push(refusal(wanted, worst));
        }
    }
}

/// Returns how certain it is that a target group is still with another load balancer.
fn conflict<'a>(
    comparison: Comparison<'_, '_, 'a>,
    present: &Association<'_, 'a>,
    wanted: &Association<'_, 'a>,
    new: &[Association<'_, 'a>],
) -> ChangeCertainty {
    let group = match comparison.compare(&present.group, &wanted.group).actual {
        ChangeCertainty::Unchanged => ChangeCertainty::Certain,
        ChangeCertainty::Possible => ChangeCertainty::Possible,
        ChangeCertainty::Certain => return ChangeCertainty::Unchanged,
    };
    let mut owner = comparison.compare(&present.owner, &wanted.owner).actual;
    if owner == ChangeCertainty::Certain && !(present.is_listener && wanted.is_listener) && present.is_listener != wanted.is_listener {
        // A listener of the same load balancer, perhaps.
        owner = ChangeCertainty::Possible;
    }
    let id = present.holder.entry.name;
    // An update in place takes the target group away before or after the other load balancer gets it.
    let stays = match comparison.verdicts.outcome(id).actual {
        _ if comparison.context.resource_after(id).is_none() => ChangeCertainty::Certain,
        Outcome::Replaced | Outcome::Untouched => ChangeCertainty::Certain,
        _ if new.iter().any(|other| other.holder.entry.name == id && other.group.same(&present.group)) => ChangeCertainty::Certain,
        _ => ChangeCertainty::Possible,
    };
    group.min(owner).min(stays)
}

/// Returns which listeners and rules forward to which target groups.
fn associations<'p, 'a>(evaluation: &'p Evaluation<'a>) -> Vec<Association<'p, 'a>> {
    let mut found = Vec::new();
    for holder in evaluation.resources.values() {
        let actions = match holder.resource_type {
            LISTENER => member(&holder.properties, "DefaultActions"),
            RULE => member(&holder.properties, "Actions"),
            _ => continue,
        };
        let Some((owner, is_listener)) = owner(evaluation, holder) else { continue };
        for action in actions.iter().flat_map(items) {
            let groups = at(action, &["ForwardConfig", "TargetGroups"]);
            let of_forward = groups.iter().flat_map(items).filter_map(|group| member(group, "TargetGroupArn"));
            for group in member(action, "TargetGroupArn").into_iter().chain(of_forward) {
                found.push(Association { holder, group, owner, is_listener });
            }
        }
    }
    found
}

/// Returns the load balancer of a listener or rule, or the listener of a rule where the template does not define it, which is `true`.
fn owner<'a>(evaluation: &Evaluation<'a>, holder: &Resource<'a>) -> Option<(Value<'a>, bool)> {
    if holder.resource_type == LISTENER {
        return Some((member(&holder.properties, "LoadBalancerArn")?, false));
    }
    let listener = member(&holder.properties, "ListenerArn")?;
    let id = match listener.kind {
        ValueKind::Unknown(Residual::Ref(id) | Residual::GetAtt(id, "ListenerArn")) => id,
        _ => return Some((listener, true)),
    };
    let balancer = evaluation.resources.get(id).and_then(|listener| member(&listener.properties, "LoadBalancerArn"));
    Some(balancer.map_or((listener, true), |balancer| (balancer, false)))
}

fn refusal(wanted: &Association<'_, '_>, certainty: ChangeCertainty) -> Refusal {
    let (id, resource_type) = (wanted.holder.entry.name, wanted.holder.resource_type);
    let group = match wanted.group.kind {
        ValueKind::Unknown(Residual::Ref(group) | Residual::GetAtt(group, _)) => format!("the target group `{group}`"),
        _ => "a target group".to_owned(),
    };
    let is_certain = certainty == ChangeCertainty::Certain;
    let (gives, fails) = if is_certain { ("gives", "fails") } else { ("may give", "may fail") };
    Refusal {
        kind: RefusalKind::OneOwner,
        certainty: Certainty::possible_if(!is_certain),
        operation: None,
        logical_resource_id: Some(id.to_owned()),
        resource_type: Some(resource_type.to_owned()),
        previous_type: None,
        path: Some(if resource_type == RULE { "/Properties/Actions" } else { "/Properties/DefaultActions" }.to_owned()),
        code: None,
        message: Some(MESSAGE.to_owned()),
        reason: format!(
            "`{id}` ({resource_type}) {gives} {group} to another load balancer while the present one still has it; a target group belongs to \
             one load balancer, so the update {fails}."
        ),
        fix: Some(
            "replace the target group as well, with another logical ID or with a `Name` made from the load balancer's; or remove the \
             listener in one update and add it in the next"
                .to_owned(),
        ),
        source: Some(SOURCE.to_owned()),
    }
}
