//! Creations that meet a resource with the same identity: they fail, or the cleanup deletes what they took over.
//!
//! Takes the conflicts of [`identity`](super::identity) and the effects; returns [`Collision`]s. A certain failure makes the update fail,
//! so that `refusal` reports it; `risk` reports every collision.

mod mount_target;
mod text;

use super::certainty::Certainty;
use super::compare::Comparison;
use super::effects::{ResourceEffect, is_only_stopped};
use super::identity::{Conflict, Fate};
use super::macros::rewriting_macro;
use crate::schema::OnCreate;

/// A creation or update that meets a resource with the same identity.
pub(super) struct Collision<'a> {
    /// The resource that is created or updated.
    pub(super) logical_id: &'a str,
    pub(super) resource_type: &'a str,
    /// The property that both have in common, if it is a single one.
    pub(super) path: Option<String>,
    pub(super) certainty: Certainty,
    /// Whether the creation fails, rather than changing the existing resource.
    pub(super) fails: bool,
    /// What collides with what, as a sentence without its full stop.
    pub(super) statement: String,
    /// What happens then, as the rest of that sentence; empty where it goes without saying.
    pub(super) consequence: String,
    /// The way out.
    pub(super) fix: Option<String>,
    /// The service's own words, where a source proves them.
    pub(super) message: Option<&'static str>,
    pub(super) source: &'static str,
}

impl Collision<'_> {
    /// Returns whether the update fails because of the collision.
    pub(super) fn is_refused(&self) -> bool {
        self.fails && self.certainty.is_certain()
    }

    /// Returns the explanation in one sentence, with the way out.
    pub(super) fn reason(&self) -> String {
        let says = self.message.filter(|_| !self.consequence.is_empty()).map(|message| format!(" (\"{message}\")")).unwrap_or_default();
        let fix = self.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
        format!("{}{}{says}{fix}.", self.statement, self.consequence)
    }
}

/// Returns the collisions of an update.
pub(super) fn collisions<'a>(
    comparison: Comparison<'_, '_, 'a>,
    effects: &[ResourceEffect],
    conflicts: &[Conflict<'_, 'a>],
) -> Vec<Collision<'a>> {
    // What attaches something belongs to one owner, which `refusal` reports.
    let is_told = |conflict: &&Conflict<'_, 'a>| {
        conflict.identity.attaches.is_none()
            && is_harmful(conflict)
            && !(conflict.is_possible && is_only_stopped(effects, conflict.new.entry.name))
    };
    let mut found: Vec<Collision<'a>> = conflicts.iter().filter(is_told).map(of_conflict).collect();
    mount_target::search(comparison, effects, &mut found);
    // What a macro makes of the resource is known to AWS only.
    for collision in &mut found {
        if rewriting_macro(comparison.context, collision.logical_id).is_some() {
            collision.certainty = Certainty::Possible;
        }
    }
    found
}

fn of_conflict<'a>(conflict: &Conflict<'_, 'a>) -> Collision<'a> {
    let path = match conflict.parts.as_slice() {
        [(path, _)] => Some(format!("/Properties/{}", path.split("/*").next().unwrap_or(path))),
        _ => None,
    };
    Collision {
        logical_id: conflict.new.entry.name,
        resource_type: conflict.new.resource_type,
        path,
        certainty: Certainty::possible_if(conflict.is_possible || conflict.identity.on_create == OnCreate::MayFail),
        fails: conflict.identity.on_create == OnCreate::Fails,
        statement: text::statement(conflict),
        consequence: text::consequence(conflict),
        fix: Some(text::fix(conflict)),
        message: conflict.identity.message,
        source: conflict.identity.source,
    }
}

/// Returns whether a conflict does harm: a creation that takes over a resource which is not deleted does none.
fn is_harmful(conflict: &Conflict<'_, '_>) -> bool {
    conflict.identity.on_create != OnCreate::Overwrites || conflict.fate == Fate::Deleted
}
