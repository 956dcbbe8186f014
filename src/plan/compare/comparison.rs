//! Comparison of values: whether a value of the new template differs from the deployed one.

use super::outcome::{ChangeCertainty, Outcome, ResourceOutcome, Verdict, Verdicts};
use super::resolve::{Resolver, Viewpoint};
use crate::evaluate::{Residual, Value, ValueKind};
use crate::plan::context::PlanningContext;
use crate::plan::facts::Facts;
use crate::plan::generated::generators;
use crate::plan::values::{self, Reference, scalar_text};
use crate::template::LazyKeys;

/// Compares values by the inputs and the verdicts found so far.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Comparison<'v, 'p, 'a> {
    pub(in crate::plan) context: &'v PlanningContext<'p, 'a>,
    pub(in crate::plan) verdicts: &'v Verdicts<'a>,
}

impl<'a> Comparison<'_, '_, 'a> {
    /// Returns whether a value differs.
    pub(in crate::plan) fn compare(&self, before: &Value<'a>, after: &Value<'a>) -> Verdict {
        match (before.kind, after.kind) {
            (ValueKind::Unknown(old), ValueKind::Unknown(new)) if old.same(&new) => self.residual(&new),
            (ValueKind::Unknown(_), _) | (_, ValueKind::Unknown(_)) => self.compare_resolved(before, after),
            (ValueKind::Map(old), ValueKind::Map(new)) if old.len() == new.len() => {
                let mut verdict = Verdict::UNCHANGED;
                let mut by_key = LazyKeys::default();
                for (index, (key, value)) in old.iter().enumerate() {
                    let peer = match new.get(index) {
                        Some((peer, value)) if peer == key => Some(value),
                        _ => by_key.get(new, key, |(peer, _)| peer).map(|(_, value)| value),
                    };
                    let Some(peer) = peer else { return Verdict::CERTAIN };
                    verdict = verdict.max(self.compare(value, peer));
                }
                verdict
            }
            (ValueKind::List(old), ValueKind::List(new)) if old.len() == new.len() => {
                old.iter().zip(new).fold(Verdict::UNCHANGED, |verdict, (old, new)| verdict.max(self.compare(old, new)))
            }
            (ValueKind::Null, ValueKind::Null) => Verdict::UNCHANGED,
            (old, new) => match (scalar_text(old), scalar_text(new)) {
                (Some(old), Some(new)) if old == new => Verdict::UNCHANGED,
                _ => Verdict::CERTAIN,
            },
        }
    }

    /// Compares two values of which at least one is unknown, by what is known about the deployed stack.
    fn compare_resolved(&self, before: &Value<'a>, after: &Value<'a>) -> Verdict {
        let old = self.resolver(Viewpoint::Deployed).known(before);
        let certainty = |viewpoint| match (&old, self.resolver(viewpoint).known(after)) {
            (Some(old), Some(new)) if *old == new => ChangeCertainty::Unchanged,
            _ => ChangeCertainty::Certain,
        };
        let references = match after.kind {
            ValueKind::Unknown(residual) => self.residual(&residual).actual,
            _ => ChangeCertainty::Unchanged,
        };
        let actual = match certainty(Viewpoint::Executed) {
            ChangeCertainty::Unchanged => ChangeCertainty::Unchanged,
            // The expression differs; whether its value does shows only during the update.
            _ if references == ChangeCertainty::Possible || [before, after].into_iter().any(values::is_of_macro) => {
                ChangeCertainty::Possible
            }
            _ => ChangeCertainty::Certain,
        };
        Verdict { reported: certainty(Viewpoint::Predicted), actual }
    }

    pub(in crate::plan) fn resolver(&self, viewpoint: Viewpoint) -> Resolver<'_, '_, 'a> {
        Resolver::new(self.context, self.verdicts, viewpoint)
    }

    /// Returns whether an unknown value whose expression stays the same changes.
    fn residual(&self, residual: &Residual<'a>) -> Verdict {
        match *residual {
            Residual::Ref(id) => self.reference(Reference::Resource(id)),
            Residual::GetAtt(id, attribute) => self.reference(Reference::Attribute(id, attribute)),
            _ => {
                let mut verdict = Verdict::UNCHANGED;
                values::each_operand(residual, &mut |operand| {
                    values::each_reference(operand, &mut |reference| verdict = verdict.max(self.reference(reference)));
                });
                verdict
            }
        }
    }

    /// Returns whether the value of a reference changes.
    pub(in crate::plan) fn reference(&self, reference: Reference<'a>) -> Verdict {
        let id = reference.logical_id();
        let Some(outcome) = self.verdicts.changed(id) else { return self.generated(id) };
        let reported = match (outcome.reported, reference) {
            (Outcome::Untouched, _) => ChangeCertainty::Unchanged,
            (Outcome::Added | Outcome::Replaced, _) => ChangeCertainty::Certain,
            (Outcome::MayReplace, _) | (_, Reference::Attribute(..)) => ChangeCertainty::Possible,
            (_, Reference::Resource(_)) => ChangeCertainty::Unchanged,
        };
        let actual = match reference {
            Reference::Resource(_) => match outcome.actual {
                Outcome::Added | Outcome::Replaced => ChangeCertainty::Certain,
                Outcome::MayReplace => ChangeCertainty::Possible,
                Outcome::Updated | Outcome::MayUpdate if outcome.properties && self.is_custom(id) => ChangeCertainty::Possible,
                _ => ChangeCertainty::Unchanged,
            },
            Reference::Attribute(_, attribute) => {
                self.verdicts.attribute(id, attribute).unwrap_or_else(|| self.attribute(id, attribute, outcome))
            }
        };
        Verdict { reported, actual }
    }

    /// Returns whether a resource that SAM or a module generates may change. Its ID and attributes are known to AWS only.
    fn generated(&self, id: &str) -> Verdict {
        let context = self.context;
        if self.verdicts.is_empty() || context.after.resources.contains_key(id) {
            return Verdict::UNCHANGED;
        }
        let changes = |generator: &str| self.verdicts.changed(generator).is_some_and(|outcome| outcome.generated.concerns(id));
        let of = |evaluation| generators(evaluation, id).into_iter().any(changes);
        let is_possible = of(context.after) || context.before.is_some_and(of);
        let actual = if is_possible { ChangeCertainty::Possible } else { ChangeCertainty::Unchanged };
        Verdict { reported: ChangeCertainty::Unchanged, actual }
    }

    fn is_custom(&self, id: &str) -> bool {
        self.context.resource_after(id).is_some_and(|resource| Facts::of(resource.resource_type).is_custom())
    }

    /// Returns whether the update changes an attribute of a resource that has this outcome.
    pub(super) fn attribute(&self, id: &'a str, attribute: &'a str, outcome: ResourceOutcome) -> ChangeCertainty {
        if !outcome.properties && outcome.actual < Outcome::MayReplace {
            return ChangeCertainty::Unchanged;
        }
        let Some(after) = self.context.resource_after(id) else { return ChangeCertainty::Certain };
        let facts = Facts::of(after.resource_type);
        if !facts.is_read_only(attribute) {
            // An attribute with the name of a property has that property's value.
            let path: Vec<&str> = attribute.split('.').collect();
            let before = self.context.resource_before(id).and_then(|before| values::at(&before.properties, &path));
            match (before, values::at(&after.properties, &path)) {
                (Some(before), Some(after)) => return self.compare(&before, &after).actual,
                (None, None) => {}
                _ => return ChangeCertainty::Certain,
            }
        }
        let is_name = ["Arn", "Id", "Name"].iter().any(|ending| attribute.ends_with(ending)) || facts.identifier() == Some(attribute);
        match outcome.actual {
            Outcome::Untouched => ChangeCertainty::Unchanged,
            Outcome::Added | Outcome::Replaced if is_name => ChangeCertainty::Certain,
            Outcome::Updated | Outcome::MayUpdate if is_name && !facts.is_custom() && !facts.is_nested_stack() => {
                ChangeCertainty::Unchanged
            }
            Outcome::Updated if after.resource_type == "AWS::EC2::LaunchTemplate" => ChangeCertainty::Certain,
            _ => ChangeCertainty::Possible,
        }
    }
}
