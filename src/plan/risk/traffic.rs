//! New traffic through security groups: all rules of a group count together, wherever the template has them.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::Search;
use super::ingress::{Direction, Rule, group_of, name_of, rules};
use crate::evaluate::Evaluation;
use crate::plan::certainty::Certainty;
use crate::plan::compare::Outcome;
use crate::plan::values::text_at;
use crate::policy::{Budget, Coverage, Traffic};

/// The steps of all comparisons of rules of an update. What further rules allow may be new.
const STEPS: u64 = 20_000_000;

/// A risk of wider traffic: the resource, the path of the rule, the sentence, and whether it is certain.
pub(super) struct Opened<'a> {
    pub(super) id: &'a str,
    pub(super) path: String,
    pub(super) reason: String,
    pub(super) certainty: Certainty,
}

/// The rules of a group, with the resource and path of each.
type Rules<'a> = Vec<(&'a str, String, Rule)>;

/// Returns the traffic that an update newly allows, one item for each rule.
pub(super) fn opened<'a>(search: &Search<'_, '_, 'a>) -> Vec<Opened<'a>> {
    let context = search.comparison.context;
    let mut found: Vec<Opened<'a>> = Vec::new();
    let mut reported: FxHashSet<(&str, String)> = FxHashSet::default();
    let budget = Budget::new(STEPS);
    for direction in [Direction::Ingress, Direction::Egress] {
        let mut old = context.before.map(|before| groups(before, direction)).unwrap_or_default();
        for (group, new) in groups(context.after, direction) {
            // In a new group, only a rule that allows everyone is reported.
            let owner = group.split('.').next().unwrap_or_default();
            let is_new = context.before.is_none() || context.resource_after(owner).is_some() && context.resource_before(owner).is_none();
            let mut old = old.swap_remove(&group).unwrap_or_default();
            // CloudFormation removes the rule for all egress with the first rule that the template adds:
            // <https://github.com/aws/aws-cdk/pull/998>
            let had_default = old.iter().any(|(.., rule)| rule.is_default);
            if old.iter().any(|(.., rule)| !rule.is_default) {
                old.retain(|(.., rule)| !rule.is_default);
            }
            let before: Vec<Traffic> = old.iter().map(|(.., rule)| rule.traffic.clone()).collect();
            let known: FxHashSet<(&str, &Traffic)> = old.iter().map(|(.., rule)| (rule.summary.as_str(), &rule.traffic)).collect();
            let is_unconditional = old.iter().all(|(.., old)| old.conditions.is_empty());
            // EC2 does not restore the rule for all egress when a group loses its own; a group that is created anew has it.
            let is_recreated = search.comparison.verdicts.outcome(owner).actual >= Outcome::MayReplace;
            let has_default = new.iter().all(|(.., rule)| rule.is_default) && (is_recreated || old.is_empty() || had_default);
            for (id, path, rule) in new.into_iter().filter(|(.., rule)| !rule.is_default || has_default) {
                if is_unconditional && known.contains(&(rule.summary.as_str(), &rule.traffic)) {
                    continue;
                }
                let coverage = coverage(&rule, &old, &before, &budget);
                // Only a network with IPv6 addresses has the second of these rules.
                let is_default_ipv6 = rule.is_default && rule.summary.ends_with("::/0");
                let is_open = !is_new || direction == Direction::Ingress && rule.is_anywhere();
                let is_reported = coverage != Coverage::All && is_open && !is_default_ipv6;
                if !is_reported || !reported.insert((id, path.clone())) {
                    continue;
                }
                let is_added = context.resource_before(id).is_none();
                let is_wider = |old: &Rule| old.traffic.coverage(std::slice::from_ref(&rule.traffic), &budget) == Coverage::All;
                let wider = old.iter().find(|(.., old)| coverage == Coverage::Part && is_wider(old));
                let reason = sentence(id, &rule, wider.map(|(.., rule)| rule), direction, coverage, is_added);
                let was_default = had_default && old.iter().all(|(.., rule)| !rule.is_default);
                let certainty = Certainty::possible_if(coverage == Coverage::Unknown || rule.is_default || was_default);
                found.push(Opened { id, path, reason, certainty });
            }
        }
    }
    found
}

/// Returns whether the old rules allow what a new one does. What depends on conditions with unknown values is unknown.
fn coverage(rule: &Rule, old: &Rules<'_>, before: &[Traffic], budget: &Budget) -> Coverage {
    let applies = |old: &Rule| old.conditions.iter().all(|condition| rule.conditions.contains(condition));
    if old.iter().all(|(.., old)| applies(old)) {
        return match rule.traffic.coverage(before, budget) {
            Coverage::Part if !rule.conditions.is_empty() => Coverage::Unknown,
            other => other,
        };
    }
    let certain: Vec<Traffic> = old.iter().filter(|(.., old)| applies(old)).map(|(.., old)| old.traffic.clone()).collect();
    match rule.traffic.coverage(&certain, budget) {
        Coverage::All => Coverage::All,
        _ if rule.conditions.is_empty() && rule.traffic.coverage(before, budget) == Coverage::Part => Coverage::Part,
        _ => Coverage::Unknown,
    }
}

fn sentence(id: &str, rule: &Rule, wider: Option<&Rule>, direction: Direction, coverage: Coverage, is_added: bool) -> String {
    let (word, summary) = (direction.word(), &rule.summary);
    match wider {
        _ if coverage == Coverage::Unknown => format!("`{id}` may allow additional {word}: {summary}."),
        Some(old) if direction == Direction::Ingress => format!("Ingress of `{id}` becomes wider: {summary} instead of {}.", old.summary),
        Some(old) => format!("Egress of `{id}` becomes wider: {summary} instead of {}.", old.summary),
        None if rule.is_anywhere() && direction == Direction::Ingress => format!("`{id}` allows ingress from everywhere: {summary}."),
        None if is_added => format!("`{id}` adds {word} to an existing group: {summary}."),
        None => format!("`{id}` allows additional {word}: {summary}."),
    }
}

/// Returns the rules of every group, by the logical ID of the group or, for a group outside the template, its name or expression.
fn groups<'a>(evaluation: &Evaluation<'a>, direction: Direction) -> IndexMap<String, Rules<'a>, FxBuildHasher> {
    let mut groups: IndexMap<String, Rules<'a>, FxBuildHasher> = IndexMap::default();
    for (id, resource) in &evaluation.resources {
        let rules = rules(resource, direction);
        if rules.is_empty() {
            continue;
        }
        let group = group_of(resource).map_or_else(|| (*id).to_owned(), |group| in_template(evaluation, name_of(&group)));
        groups.entry(group).or_default().extend(rules.into_iter().map(|(path, rule)| (*id, path, rule)));
    }
    groups
}

/// Returns the logical ID of the group with a name.
fn in_template(evaluation: &Evaluation<'_>, (name, is_id): (String, bool)) -> String {
    let mut groups = evaluation.resources.iter().filter(|_| is_id);
    let named = groups.find(|(_, resource)| {
        resource.resource_type == "AWS::EC2::SecurityGroup" && text_at(&resource.properties, &["GroupName"]) == Some(name.as_str())
    });
    named.map_or(name, |(id, _)| (*id).to_owned())
}
