//! Amazon DynamoDB: tables.

use serde::Serialize;

use super::declared::Tag;
use super::resource::Resource;
use super::value::Value;

/// A table that is billed per request, with one string attribute as its key.
///
/// Name and key are create-only properties. Without an SSE specification DynamoDB encrypts a table with a key that it owns. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    table_name: Value<String>,
    attribute_definitions: Vec<AttributeDefinition>,
    billing_mode: &'static str,
    deletion_protection_enabled: Value<bool>,
    point_in_time_recovery_specification: PointInTimeRecovery,
    key_schema: Vec<KeyElement>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    global_secondary_indexes: Vec<GlobalSecondaryIndex>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl Table {
    /// Returns a table with a hash key, without tags.
    pub fn new(table_name: Value<String>, hash_key: &str) -> Self {
        Self {
            table_name,
            attribute_definitions: vec![AttributeDefinition::text(hash_key)],
            billing_mode: "PAY_PER_REQUEST",
            deletion_protection_enabled: false.into(),
            point_in_time_recovery_specification: PointInTimeRecovery { point_in_time_recovery_enabled: false.into() },
            key_schema: vec![KeyElement { attribute_name: hash_key.to_owned(), key_type: "HASH" }],
            global_secondary_indexes: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Adds an index over two more string attributes, with all attributes of an item.
    #[must_use]
    pub fn indexed_by(mut self, index_name: &str, hash_key: &str, range_key: &str) -> Self {
        self.attribute_definitions.extend([AttributeDefinition::text(hash_key), AttributeDefinition::text(range_key)]);
        self.global_secondary_indexes.push(GlobalSecondaryIndex {
            index_name: index_name.to_owned(),
            key_schema: vec![
                KeyElement { attribute_name: hash_key.to_owned(), key_type: "HASH" },
                KeyElement { attribute_name: range_key.to_owned(), key_type: "RANGE" },
            ],
            projection: Projection { projection_type: "ALL" },
        });
        self
    }

    /// Sets whether DynamoDB refuses to delete the table, and whether the table can be restored to each second of the last 35 days.
    #[must_use]
    pub fn protected(mut self, from_deletion: Value<bool>, point_in_time_recovery: Value<bool>) -> Self {
        self.deletion_protection_enabled = from_deletion;
        self.point_in_time_recovery_specification = PointInTimeRecovery { point_in_time_recovery_enabled: point_in_time_recovery };
        self
    }
}

impl Resource for Table {
    const TYPE: &'static str = "AWS::DynamoDB::Table";
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeDefinition {
    attribute_name: String,
    attribute_type: &'static str,
}

impl AttributeDefinition {
    fn text(name: &str) -> Self {
        Self { attribute_name: name.to_owned(), attribute_type: "S" }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PointInTimeRecovery {
    point_in_time_recovery_enabled: Value<bool>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyElement {
    attribute_name: String,
    key_type: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalSecondaryIndex {
    index_name: String,
    key_schema: Vec<KeyElement>,
    projection: Projection,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Projection {
    projection_type: &'static str,
}
