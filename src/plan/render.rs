//! Values as change sets show them: every scalar a string, the unknown as AWS's token, secrets as stars.

use serde_json::Value as Json;

use super::values;
use super::world::{Stand, World};
use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::evaluate::{Residual, Value, ValueKind};
use crate::template::Intrinsic;

/// Through whose eyes a reference is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The stack as it is deployed now.
    Deployed,
    /// What AWS expects of the new template: a resource that is new or replaced gives nothing yet, any other what it gives now.
    Predicted,
    /// What the new template gives once it is executed, as far as that can be told.
    Executed,
    /// Nothing that a resource gives, as AWS shows a resource that is removed.
    Blind,
}

/// Turns values into JSON.
#[derive(Clone, Copy)]
pub(super) struct Render<'w, 'p, 'a> {
    world: &'w World<'p, 'a>,
    side: Side,
}

/// References that lead in a circle end here; no valid template gets this far.
const MAX_HOPS: u8 = 32;

/// One value follows at most this many references; a value that doubles at each step would otherwise never end.
const MAX_REFERENCES: u32 = 4096;

impl<'w, 'p, 'a> Render<'w, 'p, 'a> {
    pub(super) fn new(world: &'w World<'p, 'a>, side: Side) -> Self {
        Self { world, side }
    }

    /// Returns the value with [`KNOWN_AFTER_APPLY`] where it is unknown.
    pub(super) fn json(&self, value: &Value<'a>) -> Json {
        self.world.fuel.set(MAX_REFERENCES);
        self.render(value, 0)
    }

    /// Returns the value, if all of it is known.
    pub(super) fn known(&self, value: &Value<'a>) -> Option<Json> {
        let json = self.json(value);
        (!holds_token(&json)).then_some(json)
    }

    fn render(&self, value: &Value<'a>, hops: u8) -> Json {
        match value.kind {
            ValueKind::Null => Json::Null,
            ValueKind::Bool(flag) => Json::String(flag.to_string()),
            ValueKind::Number(text) | ValueKind::String(text) => Json::String(text.to_owned()),
            ValueKind::List(items) => Json::Array(items.iter().map(|item| self.render(item, hops)).collect()),
            ValueKind::Map(members) => {
                Json::Object(members.iter().map(|(key, value)| ((*key).to_owned(), self.render(value, hops))).collect())
            }
            ValueKind::Unknown(residual) if hops < MAX_HOPS => {
                let embeds = matches!(Intrinsic::of(value.origin), Some(Intrinsic::Sub(operand)) if operand.as_str().is_some());
                self.residual(&residual, embeds, hops + 1).unwrap_or_else(|| Json::String(KNOWN_AFTER_APPLY.to_owned()))
            }
            ValueKind::Unknown(_) => Json::String(KNOWN_AFTER_APPLY.to_owned()),
        }
    }

    /// Returns what an unknown value is, once references are read from the deployed stack.
    ///
    /// A `Fn::Sub` that is one string keeps its known text around the token; anything else that has an unknown part is unknown whole.
    fn residual(&self, residual: &Residual<'a>, embeds: bool, hops: u8) -> Option<Json> {
        match *residual {
            Residual::Ref(id) => self.physical_id(id).map(|text| Json::String(text.to_owned())),
            Residual::GetAtt(id, attribute) => self.attribute(id, attribute, hops),
            Residual::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    match self.render(part, hops) {
                        Json::String(part) if embeds || !part.contains(KNOWN_AFTER_APPLY) => text.push_str(&part),
                        _ => return None,
                    }
                }
                Some(Json::String(text))
            }
            Residual::Join(delimiter, list) => {
                let Json::Array(items) = self.whole(list, hops)? else { return None };
                let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
                Some(Json::String(texts?.join(delimiter)))
            }
            Residual::Split(delimiter, text) => {
                let text = self.whole(text, hops)?;
                Some(Json::Array(text.as_str()?.split(delimiter).map(|part| Json::String(part.to_owned())).collect()))
            }
            Residual::Select(index, list) => self.select(index, list, hops),
            Residual::Base64(text) => {
                use base64::Engine as _;
                let text = self.whole(text, hops)?;
                Some(Json::String(base64::engine::general_purpose::STANDARD.encode(text.as_str()?)))
            }
            _ => None,
        }
    }

    fn select(&self, index: &Value<'a>, list: &Value<'a>, hops: u8) -> Option<Json> {
        let index: usize = self.whole(index, hops)?.as_str()?.parse().ok()?;
        if let ValueKind::List(items) = list.kind {
            return self.whole(items.get(index)?, hops);
        }
        match self.whole(list, hops)? {
            Json::Array(mut items) if index < items.len() => Some(items.swap_remove(index)),
            _ => None,
        }
    }

    fn whole(&self, value: &Value<'a>, hops: u8) -> Option<Json> {
        let json = self.render(value, hops);
        (!holds_token(&json)).then_some(json)
    }

    fn moves(&self, id: &str) -> bool {
        let standing = self.world.standing(id);
        match self.side {
            Side::Deployed => false,
            Side::Predicted => standing.listed >= Stand::Replaced,
            Side::Executed => standing.real >= Stand::MayReplace,
            Side::Blind => true,
        }
    }

    fn physical_id(&self, id: &str) -> Option<&'p str> {
        if self.moves(id) { None } else { self.world.physical_id(id) }
    }

    fn attribute(&self, id: &'a str, attribute: &'a str, hops: u8) -> Option<Json> {
        let world = self.world;
        world.fuel.set(world.fuel.get().checked_sub(1)?);
        match self.side {
            Side::Blind => None,
            Side::Predicted if self.moves(id) => None,
            Side::Executed if world.standing(id).real != Stand::Untouched => {
                let resource = world.resource_after(id)?;
                self.property(&resource.properties, attribute, hops).or_else(|| {
                    let stays =
                        !self.moves(id) && world.reference(values::Reference::Attribute(id, attribute)).real == super::world::Motion::Still;
                    if stays { world.deployed_attribute(id, attribute) } else { None }
                })
            }
            _ => world.deployed_attribute(id, attribute).or_else(|| {
                let resource = world.resource_before(id)?;
                Render { world, side: Side::Deployed }.property(&resource.properties, attribute, hops)
            }),
        }
    }

    /// Returns the property that an attribute is, if it is one.
    fn property(&self, properties: &Value<'a>, attribute: &str, hops: u8) -> Option<Json> {
        let path: Vec<&str> = attribute.split('.').collect();
        self.whole(&values::at(properties, &path)?, hops)
    }
}

/// Tells whether a value is unknown anywhere.
pub(super) fn holds_token(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains(KNOWN_AFTER_APPLY),
        Json::Array(items) => items.iter().any(holds_token),
        Json::Object(members) => members.values().any(holds_token),
        _ => false,
    }
}

/// Returns a value as the text of `BeforeValue` and `AfterValue`: a scalar as it is, anything else as compact JSON.
pub(super) fn text(json: Json) -> String {
    match json {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
