//! The filters that template sources can use in addition to minijinja's own.
//!
//! | filter | result |
//! | --- | --- |
//! | `value \| json` | the value as JSON |
//! | `map \| entries` | the entries of a map as JSON members without braces, for use inside an object |
//! | `map \| entries("A", "B")` | only the named entries, in that order; an unknown name is an error |

use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use crate::text::did_you_mean;

/// Returns a value as JSON.
pub(super) fn json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, "cannot serialize the value as JSON").with_source(error))
}

/// Returns all entries of a map, or the named ones, as JSON members without braces.
pub(super) fn entries(map: &Value, names: Rest<String>) -> Result<String, Error> {
    if map.kind() != ValueKind::Map {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("the filter `entries` requires a map, not a {}", map.kind())));
    }
    let keys: Vec<String> = if names.is_empty() { map.try_iter()?.map(|key| key.to_string()).collect() } else { names.0 };
    let mut text = String::new();
    for key in keys {
        let value = map.get_attr(&key)?;
        if value.is_undefined() {
            let known: Vec<String> = map.try_iter()?.map(|key| key.to_string()).collect();
            let hint = did_you_mean(&key, known.iter().map(String::as_str)).map_or_else(String::new, |hint| format!("; {hint}"));
            return Err(Error::new(ErrorKind::InvalidOperation, format!("unknown entry `{key}`{hint}")));
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&json(&Value::from(key))?);
        text.push(':');
        text.push_str(&json(&value)?);
    }
    Ok(text)
}
