//! Changes that a service refuses: properties without update support, and values that can change in one direction only.
//!
//! This is a third class beside updates in place and replacements: the handler fails, and the update rolls back. Provider schemas do not
//! contain it. `table` has the rows, each with its source; what a plan makes of them is left to [`plan`](crate::plan).

mod table;

/// Which changes of a property are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedChange {
    /// Every change.
    Any,
    /// Every change of a value that is set; setting it for the first time is possible.
    OnceSet,
    /// A smaller number.
    Decrease,
    /// An earlier version.
    Downgrade,
    /// A later version whose second number is higher by more than one.
    SkipsMinor,
    /// `true` becomes anything else.
    TurnOff,
    /// From the first value to the second; `*` stands for any other.
    From(&'static str, &'static str),
    /// More than twice or less than half of the number.
    MoreThanDouble,
    /// An item of a list changes or goes, where the property names an item; a new item is possible.
    ItemsOnceSet(&'static str),
}

/// A change that a service refuses.
#[derive(Clone, Copy, Debug)]
pub struct NoUpdate {
    /// The resource type.
    pub resource_type: &'static str,
    /// The path below `Properties`, with `/` between names; empty for every property.
    pub path: &'static str,
    /// Which changes are refused.
    pub change: RefusedChange,
    /// The value of a resource that does not set the property, if it is known.
    pub default: Option<&'static str>,
    /// Whether the source says that the update fails, rather than that the value cannot be changed.
    pub is_proven: bool,
    /// A property and its value with which the change may succeed.
    pub except: Option<(&'static str, &'static str)>,
    /// The service's own words, where a source proves them.
    pub message: Option<&'static str>,
    /// What to do instead.
    pub fix: &'static str,
    /// The page that says so.
    pub source: &'static str,
}

/// Returns the changes of a resource type that its service refuses.
///
/// Every custom resource refuses another `ServiceToken`.
pub fn refused_changes(resource_type: &str) -> impl Iterator<Item = &'static NoUpdate> {
    let name = if resource_type.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { resource_type };
    table::TABLE.iter().filter(move |row| row.resource_type == name)
}

#[cfg(test)]
mod tests {
    use super::table::TABLE;

    #[test]
    fn every_row_names_a_property_that_the_schema_does_not_replace() {
        for row in TABLE {
            let facts = super::super::resource_type(row.resource_type);
            assert!(facts.is_some(), "{} has no schema", row.resource_type);
            let Some(facts) = facts else { continue };
            let path: Vec<&str> = row.path.split('/').filter(|name| !name.is_empty()).collect();
            assert!(facts.property(&path).is_some(), "{} has no {}", row.resource_type, row.path);
            // CloudFormation lists another `ServiceToken` as a replacement and refuses it all the same.
            let is_replaced = facts.create_only().any(|create_only| create_only.holds(&path)) && !path.is_empty();
            assert!(!is_replaced || row.path == "ServiceToken", "{} replaces {}", row.resource_type, row.path);
            assert!(row.source.starts_with("https://") && row.fix.ends_with(|end: char| end.is_alphanumeric()), "{}", row.resource_type);
        }
    }
}
