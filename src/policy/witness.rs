//! The sentence that shows new access: what is allowed now, and what was before.

use super::budget::{Budget, Exhausted};
use super::inclusion::Found;
use super::set::TextSet;
use super::statement::Statement;

/// Items of a list that are shown; the others are counted.
const SHOWN: usize = 3;

/// The work for a sentence. If it is not enough, the sentence omits what was before.
const STEPS: u64 = 200_000;

/// Returns what a statement newly allows, such as "`iam:PassRole` on `role/*`; before only on `role/a/*`".
pub(super) fn granted(base: &Statement, found: &Found, old: &[&Statement]) -> String {
    if let Some(name) = &base.requests.unknown {
        return format!("what `{name}` grants, which is not known");
    }
    let mut text = subject(base, found);
    if let Some(keys) = lost_keys(base, found, old) {
        text.push_str(&keys);
        return text;
    }
    if let Ok(Some(before)) = before(base, found, old, &Budget::new(STEPS)) {
        text.push_str("; before only ");
        text.push_str(&before);
    }
    text
}

/// Returns what a statement allows of what a removed denial denied.
pub(super) fn denied(base: &Statement, found: &Found, denial: &Statement) -> String {
    let mut found = found.clone();
    let mut base = base.clone();
    let budget = Budget::new(STEPS);
    // The smaller of both sets says more.
    let is_smaller = |denied: &TextSet, allowed: &TextSet| allowed != denied && allowed.contains(denied, &budget).unwrap_or(false);
    if is_smaller(&denial.requests.action, &base.requests.action) {
        found.texts[0] = texts(&denial.requests.action);
        base.requests.action = denial.requests.action.clone();
    }
    if is_smaller(&denial.requests.resource, &base.requests.resource) {
        found.texts[1] = texts(&denial.requests.resource);
        base.requests.resource = denial.requests.resource.clone();
    }
    format!("{}{}", subject(&base, &found), conditions(denial))
}

/// Returns the requests that a denial denied and nothing denies now.
pub(super) fn lost(denial: &Statement, found: &Found) -> String {
    format!("{}{}", subject(denial, found), conditions(denial))
}

fn conditions(denial: &Statement) -> String {
    let keys: Vec<String> = denial.requests.keys.iter().map(|key| key.shown.clone()).collect();
    if keys.is_empty() { String::new() } else { format!(" under its conditions on {}", listed(&keys)) }
}

/// Returns the requests of a statement as a sentence's object.
fn subject(base: &Statement, found: &Found) -> String {
    let [actions, resources, principals] = &found.texts;
    let mut actions = actions.clone();
    // The action that hands over a role's permissions says most.
    if let Some(index) = actions.iter().position(|action| action.eq_ignore_ascii_case("iam:PassRole")) {
        actions.swap(0, index);
    }
    let mut text = match exceptions(&base.requests.action, "action") {
        Some(text) => text,
        None => match actions.as_slice() {
            [] => String::new(),
            [only] => format!("`{only}`"),
            [first, rest @ ..] => format!("`{first}` and {} more action{}", rest.len(), if rest.len() == 1 { "" } else { "s" }),
        },
    };
    if base.names_resources {
        text.push_str(" on ");
        text.push_str(&exceptions(&base.requests.resource, "resource").unwrap_or_else(|| listed(resources)));
    }
    if base.names_principals {
        text.push_str(" to ");
        text.push_str(&match exceptions(&base.requests.principal, "principal") {
            Some(_) if base.requests.principal.is_all() => "everyone".to_owned(),
            Some(text) => text,
            None => listed(principals),
        });
    }
    text
}

fn exceptions(set: &TextSet, noun: &str) -> Option<String> {
    match (set.negated, set.patterns.is_empty()) {
        (false, _) => None,
        (true, true) => Some(format!("every {noun}")),
        (true, false) => Some(format!("every {noun} except {}", listed(&texts(set)))),
    }
}

fn texts(set: &TextSet) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for pattern in &set.patterns {
        if !texts.contains(&pattern.text) {
            texts.push(pattern.text.clone());
        }
    }
    texts
}

fn listed(texts: &[String]) -> String {
    let shown: Vec<String> = texts.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
    match (shown.as_slice(), texts.len() - shown.len()) {
        ([], _) => "nothing".to_owned(),
        ([only], 0) => only.clone(),
        ([start @ .., last], 0) => format!("{} and {last}", start.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// Returns the condition keys whose removal or change is the whole difference.
fn lost_keys(base: &Statement, found: &Found, old: &[&Statement]) -> Option<String> {
    let mut lost = Vec::new();
    let mut changed = Vec::new();
    for index in &found.differs_in_keys {
        for key in &old.get(*index)?.requests.keys {
            let list = if base.requests.constraints(&key.name).is_empty() { &mut lost } else { &mut changed };
            if !list.contains(&key.shown) {
                list.push(key.shown.clone());
            }
        }
    }
    match (lost.as_slice(), changed.as_slice()) {
        ([], []) => None,
        ([], changed) => Some(format!(" under wider conditions on {}", listed(changed))),
        (lost, _) => Some(format!(" without the previous condition on {}", listed(lost))),
    }
}

/// Returns what the old statements allowed of the same actions, or of the same resources.
fn before(base: &Statement, found: &Found, old: &[&Statement], budget: &Budget) -> Result<Option<String>, Exhausted> {
    let restrict = |set: &TextSet, texts: &[String]| match set.negated {
        true => set.clone(),
        false => TextSet::of(false, set.patterns.iter().filter(|pattern| texts.contains(&pattern.text)).cloned().collect()),
    };
    let [action, resource, principal] = base.requests.sets();
    let action = restrict(action, &found.texts[0]);
    let resource = restrict(resource, &found.texts[1]);
    let principal = restrict(principal, &found.texts[2]);
    let [mut actions, mut resources, mut principals] = [Vec::new(), Vec::new(), Vec::new()];
    let add = |list: &mut Vec<String>, set: &TextSet, within: &TextSet| -> Result<(), Exhausted> {
        for pattern in set.patterns.iter().filter(|_| !set.negated) {
            let is_near = !TextSet::of(false, vec![pattern.clone()]).is_disjoint(within, budget)?;
            if is_near && !list.contains(&pattern.text) {
                list.push(pattern.text.clone());
            }
        }
        Ok(())
    };
    for statement in old.iter().filter(|statement| statement.requests.unknown.is_none()) {
        let requests = &statement.requests;
        if requests.action.is_disjoint(&action, budget)? || requests.resource.is_disjoint(&resource, budget)? {
            continue;
        }
        if requests.principal.is_disjoint(&principal, budget)? {
            add(&mut principals, &requests.principal, &TextSet::all())?;
        } else if !requests.resource.contains(&resource, budget)? {
            add(&mut resources, &requests.resource, &resource)?;
        } else if !requests.principal.contains(&principal, budget)? {
            add(&mut principals, &requests.principal, &principal)?;
        } else if !requests.action.contains(&action, budget)? {
            add(&mut actions, &requests.action, &action)?;
        }
    }
    Ok(match (resources.is_empty(), principals.is_empty(), actions.is_empty()) {
        (false, ..) => Some(format!("on {}", listed(&resources))),
        (_, false, _) => Some(format!("to {}", listed(&principals))),
        (.., false) => Some(listed(&actions)),
        _ => None,
    })
}
