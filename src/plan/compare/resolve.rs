//! Resolution of values into the JSON that change sets show: every scalar a string, AWS's token in place of an unknown value.

use serde_json::Value as Json;

use super::outcome::{ChangeCertainty, Outcome, Verdicts};
use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::evaluate::{Residual, Value, ValueKind};
use crate::plan::context::PlanningContext;
use crate::plan::limits::bytes_of;
use crate::plan::values;
use crate::template::Intrinsic;

/// At which time references to resources are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Viewpoint {
    /// In the stack as it is deployed now.
    Deployed,
    /// As AWS's change set predicts the new template: a new or replaced resource has no value yet, any other has its present one.
    Predicted,
    /// After the new template is executed, as far as that can be predicted.
    Executed,
    /// Never, as AWS shows a resource that is removed.
    Unresolved,
}

/// Turns values into JSON.
pub(in crate::plan) struct Resolver<'v, 'p, 'a> {
    context: &'v PlanningContext<'p, 'a>,
    verdicts: &'v Verdicts<'a>,
    viewpoint: Viewpoint,
    /// How many more references the present value may follow.
    fuel: u32,
}

/// The most references in a chain; a valid template has no cycle and stays below this.
const MAX_HOPS: u8 = 32;

/// The most references that one value follows. Without this limit, a value that doubles at each step of a chain would take all memory.
const MAX_REFERENCES: u32 = 4096;

impl<'v, 'p, 'a> Resolver<'v, 'p, 'a> {
    pub(super) fn new(context: &'v PlanningContext<'p, 'a>, verdicts: &'v Verdicts<'a>, viewpoint: Viewpoint) -> Self {
        Self { context, verdicts, viewpoint, fuel: MAX_REFERENCES }
    }

    /// Returns the value, with [`KNOWN_AFTER_APPLY`] in place of unknown parts.
    pub(in crate::plan) fn json(&mut self, value: &Value<'a>) -> Json {
        self.fuel = MAX_REFERENCES;
        self.value(value, self.viewpoint, 0)
    }

    /// Returns the value, if all of it is known.
    pub(in crate::plan) fn known(&mut self, value: &Value<'a>) -> Option<Json> {
        let json = self.json(value);
        (!has_unknown(&json)).then_some(json)
    }

    fn value(&mut self, value: &Value<'a>, viewpoint: Viewpoint, hops: u8) -> Json {
        match value.kind {
            ValueKind::Null => Json::Null,
            ValueKind::Bool(flag) => Json::String(flag.to_string()),
            ValueKind::Number(text) | ValueKind::String(text) => Json::String(text.to_owned()),
            ValueKind::List(items) => items.iter().map(|item| self.value(item, viewpoint, hops)).collect(),
            ValueKind::Map(members) => members.iter().map(|(key, value)| ((*key).to_owned(), self.value(value, viewpoint, hops))).collect(),
            ValueKind::Unknown(residual) if hops < MAX_HOPS => {
                let keeps_text = matches!(Intrinsic::of(value.origin), Some(Intrinsic::Sub(operand)) if operand.as_str().is_some());
                self.residual(&residual, keeps_text, viewpoint, hops + 1).unwrap_or_else(|| Json::String(KNOWN_AFTER_APPLY.to_owned()))
            }
            ValueKind::Unknown(_) => Json::String(KNOWN_AFTER_APPLY.to_owned()),
        }
    }

    /// Returns an unknown value with its references read from the deployed stack, or `None` where that is not enough.
    ///
    /// A `Fn::Sub` of one string keeps its known text around the token. Any other value with an unknown part is unknown as a whole.
    fn residual(&mut self, residual: &Residual<'a>, keeps_text: bool, viewpoint: Viewpoint, hops: u8) -> Option<Json> {
        match *residual {
            Residual::Ref(id) => self.physical_id(id, viewpoint).map(|text| Json::String(text.to_owned())),
            Residual::GetAtt(id, attribute) => self.attribute(id, attribute, viewpoint, hops),
            Residual::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    match self.value(part, viewpoint, hops) {
                        Json::String(part) if keeps_text || !part.contains(KNOWN_AFTER_APPLY) => text.push_str(&part),
                        _ => return None,
                    }
                }
                Some(Json::String(text))
            }
            Residual::Join(delimiter, list) => {
                let Json::Array(items) = self.whole(list, viewpoint, hops)? else { return None };
                let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
                Some(Json::String(texts?.join(delimiter)))
            }
            Residual::Split(delimiter, text) => {
                let text = self.whole(text, viewpoint, hops)?;
                Some(text.as_str()?.split(delimiter).collect())
            }
            Residual::Select(index, list) => self.select(index, list, viewpoint, hops),
            Residual::Base64(text) => {
                use base64::Engine as _;
                let text = self.whole(text, viewpoint, hops)?;
                Some(Json::String(base64::engine::general_purpose::STANDARD.encode(text.as_str()?)))
            }
            _ => None,
        }
    }

    fn select(&mut self, index: &Value<'a>, list: &Value<'a>, viewpoint: Viewpoint, hops: u8) -> Option<Json> {
        let index: usize = self.whole(index, viewpoint, hops)?.as_str()?.parse().ok()?;
        if let ValueKind::List(items) = list.kind {
            return self.whole(items.get(index)?, viewpoint, hops);
        }
        match self.whole(list, viewpoint, hops)? {
            Json::Array(mut items) if index < items.len() => Some(items.swap_remove(index)),
            _ => None,
        }
    }

    fn whole(&mut self, value: &Value<'a>, viewpoint: Viewpoint, hops: u8) -> Option<Json> {
        let json = self.value(value, viewpoint, hops);
        (!has_unknown(&json)).then_some(json)
    }

    /// Returns whether a resource's physical ID is unknown at this time.
    fn is_unresolved(&self, id: &str, viewpoint: Viewpoint) -> bool {
        let outcome = self.verdicts.outcome(id);
        match viewpoint {
            Viewpoint::Deployed => false,
            Viewpoint::Predicted => outcome.reported >= Outcome::Replaced,
            Viewpoint::Executed => outcome.actual >= Outcome::MayReplace,
            Viewpoint::Unresolved => true,
        }
    }

    fn physical_id(&self, id: &str, viewpoint: Viewpoint) -> Option<&'p str> {
        if self.is_unresolved(id, viewpoint) { None } else { self.context.physical_id(id) }
    }

    fn attribute(&mut self, id: &'a str, attribute: &'a str, viewpoint: Viewpoint, hops: u8) -> Option<Json> {
        let (context, verdicts) = (self.context, self.verdicts);
        self.fuel = self.fuel.checked_sub(1)?;
        match viewpoint {
            Viewpoint::Unresolved => None,
            Viewpoint::Predicted if self.is_unresolved(id, viewpoint) => None,
            Viewpoint::Executed if verdicts.outcome(id).actual != Outcome::Untouched => {
                let resource = context.resource_after(id)?;
                self.property(&resource.properties, attribute, viewpoint, hops).or_else(|| {
                    let is_unchanged = verdicts.attribute(id, attribute) == Some(ChangeCertainty::Unchanged);
                    if is_unchanged && !self.is_unresolved(id, viewpoint) { context.deployed_attribute(id, attribute) } else { None }
                })
            }
            _ => context.deployed_attribute(id, attribute).or_else(|| {
                let resource = context.resource_before(id)?;
                self.property(&resource.properties, attribute, Viewpoint::Deployed, hops)
            }),
        }
    }

    /// Returns the property with an attribute's name, if there is one.
    fn property(&mut self, properties: &Value<'a>, attribute: &str, viewpoint: Viewpoint, hops: u8) -> Option<Json> {
        let path: Vec<&str> = attribute.split('.').collect();
        let json = self.whole(&values::at(properties, &path)?, viewpoint, hops)?;
        self.context.limits.may_follow(bytes_of(&json)).then_some(json)
    }
}

/// Returns whether any part of a value is unknown.
pub(in crate::plan) fn has_unknown(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains(KNOWN_AFTER_APPLY),
        Json::Array(items) => items.iter().any(has_unknown),
        Json::Object(members) => members.values().any(has_unknown),
        _ => false,
    }
}

/// Returns a value as the text of `BeforeValue` and `AfterValue`: a scalar as it is, anything else as compact JSON.
pub(in crate::plan) fn text(json: Json) -> String {
    match json {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
