//! The most important facts of a plan, one line each: refusals, data loss, wider access, unknowns, interruptions.

use super::value::plural;
use super::view::{Group, Item, View};
use crate::plan::{Certainty, Risk, RiskKind};

/// How loud a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    /// The update fails, or data is lost.
    Alarm,
    /// An operator must know it.
    Warning,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) loudness: Loudness,
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// The number of names in a fact; the rest is counted.
const NAMES: usize = 6;

/// The number of reasons for wider access that are listed one by one.
const REASONS: usize = 3;

/// Returns the facts, most important first.
pub(super) fn facts(view: &View<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut push = |loudness, label, text: String| facts.push(Fact { loudness, label, text });
    let refused: Vec<&str> = view.refusals.iter().filter(|refusal| refusal.is_blocking()).map(|refusal| refusal.reason.as_str()).collect();
    if !refused.is_empty() {
        push(Loudness::Alarm, "refused", first_of(&refused));
    }
    let named = |group: Group| -> Vec<String> { view.items.iter().filter(|item| item.group == group).map(with_type).collect() };
    let lost = named(Group::DataLoss);
    if !lost.is_empty() {
        push(Loudness::Alarm, "data loss", names(&lost));
    }
    let possible = named(Group::PossibleDataLoss);
    if !possible.is_empty() {
        push(Loudness::Warning, "possible data loss", names(&possible));
    }
    let possibly_refused: Vec<&str> =
        view.refusals.iter().filter(|refusal| !refusal.is_blocking()).map(|refusal| refusal.reason.as_str()).collect();
    if !possibly_refused.is_empty() {
        push(Loudness::Warning, "may be refused", first_of(&possibly_refused));
    }
    for (certainty, label) in [(Certainty::Certain, "access widens"), (Certainty::Possible, "access may widen")] {
        let found: Vec<&str> = view.widening.iter().filter(|risk| risk.certainty == certainty).map(|risk| risk.reason.as_str()).collect();
        for (index, reason) in found.iter().enumerate().take(REASONS) {
            let more = found.len().saturating_sub(REASONS);
            let is_last = index + 1 == REASONS && more > 0;
            let more = if is_last { format!("(and {more} more) ") } else { String::new() };
            push(Loudness::Warning, label, format!("{more}{reason}"));
        }
    }
    for (kind, certain, possible) in [
        (RiskKind::ReplacementCollision, "collision", "possible collision"),
        (RiskKind::Interruption, "interruption", "possible interruption"),
        (RiskKind::RetentionShortened, "shorter retention", "possibly shorter retention"),
        (RiskKind::ExportRemoved, "export removed", "export removed"),
        (RiskKind::ParameterDefault, "reset to default", "reset to default"),
    ] {
        for (certainty, label) in [(Certainty::Certain, certain), (Certainty::Possible, possible)] {
            // Groups that replace their instances have a line of their own.
            let rolls = |risk: &Risk| {
                let mut effects =
                    view.plan.effects.iter().filter(|effect| Some(&effect.logical_resource_id) == risk.logical_resource_id.as_ref());
                risk.kind == RiskKind::Interruption && effects.any(|effect| effect.rolls_instances)
            };
            let of_kind = || view.risks.iter().filter(|risk| !rolls(risk)).filter(|risk| risk.kind == kind && risk.certainty == certainty);
            let mut found: Vec<String> = of_kind().filter_map(|risk| risk.logical_resource_id.clone()).collect();
            found.dedup();
            let reasons: Vec<&str> = of_kind().map(|risk| risk.reason.as_str()).collect();
            match (found.is_empty(), reasons.is_empty()) {
                (false, _) => push(Loudness::Warning, label, names(&found)),
                (true, false) => push(Loudness::Warning, label, first_of(&reasons)),
                (true, true) => {}
            }
        }
    }
    let rolled: Vec<String> =
        view.plan.effects.iter().filter(|effect| effect.rolls_instances).map(|effect| effect.logical_resource_id.clone()).collect();
    if !rolled.is_empty() {
        push(Loudness::Warning, "instances", format!("replaced in batches in {}", names(&rolled)));
    }
    let unknown: Vec<&str> = view.plan.unknowns.iter().map(|unknown| unknown.reason.as_str()).collect();
    if !unknown.is_empty() {
        push(Loudness::Warning, "unknown", first_of(&unknown));
    }
    let replaced: Vec<String> =
        view.items.iter().filter(|item| item.group == Group::Replace && !item.is_possible).map(|item| item.logical_id.to_owned()).collect();
    if !replaced.is_empty() {
        push(Loudness::Warning, "replaced", names(&replaced));
    }
    facts
}

fn with_type(item: &Item<'_>) -> String {
    format!("{} ({})", item.logical_id, item.resource_type)
}

/// Returns the first text and how many follow.
fn first_of(texts: &[&str]) -> String {
    match texts {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("({} of {}) {first}", 1, rest.len() + 1),
    }
}

fn names(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {}", plural(more, "more").trim_end_matches('s')),
    }
}
