//! The update behavior of a property change: nothing, an update in place, or a replacement.

use serde_json::Value;

use crate::schema::{self, PropertyFacts, RequiresRecreation, ResourceType};

/// The update behavior of a property change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    None,
    InPlace,
    Replacement,
}

/// Compares the deployed and the desired properties of a resource.
///
/// A conditionally create-only property is updated in place: only the service knows the condition.
pub(super) fn compare(resource_type: &str, old: &Value, new: &Value) -> Difference {
    let facts = schema::resource_type(resource_type);
    let mut comparison = Comparison { resource_type: facts, found: Difference::None };
    comparison.values(facts.map(|facts| facts.properties()), &mut Vec::new(), Some(old), Some(new));
    comparison.found
}

struct Comparison {
    resource_type: Option<ResourceType>,
    found: Difference,
}

impl Comparison {
    fn values<'v>(&mut self, facts: Option<PropertyFacts>, path: &mut Vec<&'v str>, old: Option<&'v Value>, new: Option<&'v Value>) {
        if self.found == Difference::Replacement || same(facts, old, new) {
            return;
        }
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                    path.push(name);
                    self.values(facts.and_then(|facts| facts.member(name)), path, old.get(name), new.get(name));
                    path.pop();
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new)))
                if old.len() == new.len() && !facts.is_some_and(|facts| facts.is_unordered()) =>
            {
                for (old, new) in old.iter().zip(new) {
                    path.push("*");
                    self.values(facts.and_then(|facts| facts.items()), path, Some(old), Some(new));
                    path.pop();
                }
            }
            _ => {
                let replaces =
                    self.resource_type.is_some_and(|resource_type| resource_type.requires_recreation(path) == RequiresRecreation::Always);
                self.found = self.found.max(if replaces { Difference::Replacement } else { Difference::InPlace });
            }
        }
    }
}

/// Returns whether two values are equal: scalars by their text, unordered lists as multisets.
fn same(facts: Option<PropertyFacts>, old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let items = facts.and_then(|facts| facts.items());
            let equal = |a: &Value, b: &Value| same(items, Some(a), Some(b));
            if old.len() != new.len() {
                return false;
            }
            if facts.is_some_and(|facts| facts.is_unordered()) {
                let mut rest: Vec<&Value> = new.iter().collect();
                return old.iter().all(|a| rest.iter().position(|b| equal(a, b)).map(|index| rest.swap_remove(index)).is_some());
            }
            old.iter().zip(new).all(|(a, b)| equal(a, b))
        }
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            old.len() == new.len()
                && old.iter().all(|(name, value)| {
                    new.get(name).is_some_and(|other| same(facts.and_then(|facts| facts.member(name)), Some(value), Some(other)))
                })
        }
        (Some(old), Some(new)) => match (scalar(old), scalar(new)) {
            (Some(old), Some(new)) => old == new,
            _ => old == new,
        },
        _ => false,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn create_only_properties_replace_and_others_do_not() {
        let difference = |old, new| compare("AWS::EFS::MountTarget", &old, &new);
        assert_eq!(difference(json!({"SubnetId": "a"}), json!({"SubnetId": "b"})), Difference::Replacement);
        assert_eq!(difference(json!({"SecurityGroups": ["a"]}), json!({"SecurityGroups": ["b"]})), Difference::InPlace);
        assert_eq!(compare("Custom::Thing", &json!({"A": 1}), &json!({})), Difference::InPlace);
    }

    #[test]
    fn numbers_equal_their_text() {
        assert_eq!(compare("AWS::EC2::SecurityGroupIngress", &json!({"FromPort": 2049}), &json!({"FromPort": "2049"})), Difference::None);
    }
}
