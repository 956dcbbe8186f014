//! Reasons why AWS's list with property values shows something else than the update does.

use crate::plan::compare::{ChangeCertainty, Comparison, ModifiedResource, Outcome};
use crate::plan::expression::{Reached, each_reached};
use crate::plan::values::Reference;
use crate::schema::RequiresRecreation;

/// The reason for a resource that AWS lists because the template now contains its drift.
pub(super) const SYNCED_WITH_ACTUAL: &str =
    "AWS lists it because the template now matches a change that was made outside CloudFormation (drift)";

/// Returns why AWS's list with property values and the effect differ, or `None` where they agree.
pub(super) fn reason<'a>(comparison: Comparison<'_, '_, 'a>, modified: &ModifiedResource<'_, 'a>, is_listed: bool) -> Option<String> {
    let outcome = comparison.verdicts.outcome(modified.id);
    let is_touched = outcome.actual != Outcome::Untouched;
    if is_listed && !is_touched {
        return Some("AWS lists it because a resource that it refers to is replaced; the value stays the same".to_owned());
    }
    if !is_listed && is_touched {
        return Some(match unlisted_attribute(comparison, modified) {
            Some(name) => {
                let changes = if matches!(outcome.actual, Outcome::MayUpdate | Outcome::MayReplace) { "may change" } else { "changes" };
                format!("AWS does not list it: AWS uses the present value of {name}, which the update {changes}")
            }
            None => "AWS does not list it: the value is known only during the update".to_owned(),
        });
    }
    let aws_replaces = modified
        .differences
        .iter()
        .any(|difference| difference.verdict.reported == ChangeCertainty::Certain && difference.recreation == RequiresRecreation::Always);
    match (aws_replaces, outcome.actual) {
        (true, Outcome::Updated | Outcome::MayUpdate) => {
            Some("AWS lists a replacement; the value of the create-only property stays the same".to_owned())
        }
        (false, Outcome::Replaced) if modified.before.resource_type == modified.after.resource_type => {
            Some(match unlisted_attribute(comparison, modified) {
                Some(name) => format!("AWS lists no replacement: AWS uses the present value of {name}, which the update changes"),
                None if modified.differences.iter().any(|difference| difference.verdict.actual == ChangeCertainty::Certain) => {
                    "AWS lists no certain replacement: the update policy requests one or does not prevent it".to_owned()
                }
                None => "AWS lists no replacement: the value is known only during the update".to_owned(),
            })
        }
        _ => None,
    }
}

/// Returns the first attribute that changes although AWS uses its present value.
fn unlisted_attribute<'a>(comparison: Comparison<'_, '_, 'a>, modified: &ModifiedResource<'_, 'a>) -> Option<String> {
    let is_unlisted = |verdict: crate::plan::compare::Verdict| verdict.reported != ChangeCertainty::Certain && verdict.is_actual();
    let unlisted = modified.differences.iter().filter(|difference| is_unlisted(difference.verdict));
    let mut found = None;
    for value in unlisted.filter_map(|difference| difference.after.as_ref()) {
        each_reached(comparison.context.after, value, &mut |reached| {
            if let Reached::Attribute(id, attribute) = reached
                && found.is_none()
                && comparison.reference(Reference::Attribute(id, attribute)).is_actual()
            {
                found = Some(format!("{id}.{attribute}"));
            }
        });
    }
    found
}
