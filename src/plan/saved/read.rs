//! Reads a saved plan strictly: no key twice, no unknown key, no value in another form than the one that is written.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::difference::differing_fields;
use super::signature::VerifyingKey;
use super::{Envelope, FORMAT_VERSION, SavedPlan, SavedPlanError, digest_of, signed_message};

/// A saved plan as read from a file.
#[derive(Debug)]
pub struct ReadPlan {
    /// The plan.
    pub plan: SavedPlan,
    /// Whether the file has a signature.
    pub has_signature: bool,
    /// Whether the signature was checked with a key.
    pub is_verified: bool,
}

impl SavedPlan {
    /// Reads the text of a file. With a key, the file must have a signature of that key.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a saved plan, has another format version, was changed after it was saved, or lacks the
    /// signature.
    pub fn from_json(text: &str, key: Option<&VerifyingKey>) -> Result<ReadPlan, SavedPlanError> {
        if text.trim().is_empty() {
            return Err(SavedPlanError::Empty);
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        let root = Strict { path: String::new() }.deserialize(&mut reader).map_err(SavedPlanError::Syntax)?;
        reader.end().map_err(SavedPlanError::Syntax)?;
        let version = Version::deserialize(&root).map_err(SavedPlanError::Syntax)?.format_version;
        if version != u64::from(FORMAT_VERSION) {
            return Err(SavedPlanError::Version { found: version });
        }
        let envelope: Envelope = parse("", &root)?;
        same("", &serde_json::to_value(&envelope).map_err(SavedPlanError::Syntax)?, &root)?;
        if digest_of(&envelope.content.to_string()) != envelope.digest {
            return Err(SavedPlanError::Digest);
        }
        match (key, &envelope.signature) {
            (None, _) => {}
            (Some(_), None) => return Err(SavedPlanError::Unsigned),
            (Some(key), Some(signature)) if key.is_signature(&signed_message(version, &envelope.digest), signature) => {}
            (Some(_), Some(_)) => return Err(SavedPlanError::Signature),
        }
        let plan: SavedPlan = parse("content", &envelope.content)?;
        same("content", &serde_json::to_value(&plan).map_err(SavedPlanError::Syntax)?, &envelope.content)?;
        Ok(ReadPlan { plan, has_signature: envelope.signature.is_some(), is_verified: key.is_some() })
    }
}

/// The only field that every format version has.
#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

/// Converts JSON; an error names the field.
fn parse<'j, T: Deserialize<'j>>(path: &str, json: &'j Json) -> Result<T, SavedPlanError> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let below = error.path().to_string();
        let field = match (path, below.as_str()) {
            ("", below) => below.to_owned(),
            (path, ".") => path.to_owned(),
            (path, below) => format!("{path}.{below}"),
        };
        SavedPlanError::Field { field, source: error.into_inner() }
    })
}

/// Checks that a file says only what this version writes.
fn same(path: &str, written: &Json, found: &Json) -> Result<(), SavedPlanError> {
    let fields = differing_fields(path, written, found);
    if fields.is_empty() { Ok(()) } else { Err(SavedPlanError::Shape { fields }) }
}

/// Reads JSON in which no object has a key twice: readers differ in which of the two values they use.
struct Strict {
    path: String,
}

impl Strict {
    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Self { path: format!("{}[{}]", self.path, array.len()) })? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = self.below(&key);
            let value = members.next_value_seed(Self { path: path.clone() })?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom(format_args!("the key `{}` occurs twice", path.escape_debug())));
            }
        }
        Ok(Json::Object(object))
    }
}
