//! What planning asks about a resource type, answered by its provider schema or, for types without one, by what can be told from names.

use crate::schema::RequiresRecreation;
use crate::schema::{self, ResourceType, Types};

/// The facts of one type; schema facts are looked up once per resource that differs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    resource_type: &'a str,
    schema: Option<ResourceType>,
}

impl<'a> Facts<'a> {
    /// Returns the facts of a type, known or not.
    pub(super) fn of(resource_type: &'a str) -> Self {
        Self { resource_type, schema: schema::resource_type(resource_type) }
    }

    /// Returns what a change at a path below `Properties` asks for.
    pub(super) fn requires_recreation(&self, path: &[&str]) -> RequiresRecreation {
        match self.schema {
            Some(schema) => schema.requires_recreation(path),
            // A custom resource is replaced when its handler is another one; anything else is the handler's to decide.
            // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html>
            None if self.is_custom() && path.first() == Some(&"ServiceToken") => RequiresRecreation::Always,
            None => RequiresRecreation::Never,
        }
    }

    /// Tells whether the value at a path is a document of its own that changes whole.
    pub(super) fn is_json(&self, path: &[&str]) -> bool {
        match self.schema.and_then(|schema| schema.property(path)) {
            Some(facts) => facts.is_json(),
            None => path.last().is_some_and(|name| name.ends_with("PolicyDocument")),
        }
    }

    /// Tells whether the order of the list at a path means nothing.
    pub(super) fn is_unordered(&self, path: &[&str]) -> bool {
        path == ["Tags"] || self.schema.and_then(|schema| schema.property(path)).is_some_and(|facts| facts.is_unordered())
    }

    /// Tells whether the value at a path is a number, so that `1` and `1.0` are the same.
    pub(super) fn is_number(&self, path: &[&str]) -> bool {
        self.schema
            .and_then(|schema| schema.property(path))
            .is_some_and(|facts| facts.types.has(Types::NUMBER.or(Types::INTEGER)) && !facts.types.has(Types::STRING))
    }

    /// Tells whether an attribute is one that only the service sets.
    pub(super) fn is_read_only(&self, attribute: &str) -> bool {
        let path: Vec<&str> = attribute.split('.').collect();
        self.schema.is_some_and(|schema| schema.is_read_only(&path))
    }

    /// Returns the one attribute that names a resource of this type, where it is one.
    pub(super) fn identifier(&self) -> Option<&'static str> {
        let mut paths = self.schema?.primary_identifier();
        match (paths.next(), paths.next()) {
            (Some(path), None) => path.single(),
            _ => None,
        }
    }

    /// Tells whether changing a property in place takes the resource out of service for a while.
    pub(super) fn interrupts(&self, property: Option<&str>) -> bool {
        matches!((self.schema, property), (Some(schema), Some(property)) if schema.interrupts(&[property]))
    }

    /// Returns what is lost when a resource of the type is deleted or replaced.
    pub(super) fn holds_data(&self) -> Option<&'static str> {
        self.schema?.holds_data()
    }

    /// Returns the property that gives a resource a name that no other may have at the same time.
    pub(super) fn custom_name_property(&self) -> Option<&'static str> {
        self.schema?.custom_name_property()
    }

    /// Tells whether a replacement deletes the old resource first.
    pub(super) fn deletes_first(&self) -> bool {
        self.schema.is_some_and(|schema| schema.delete_then_create())
    }

    /// Tells whether the type is a custom resource, whose attributes and physical ID are whatever its handler answers.
    pub(super) fn is_custom(&self) -> bool {
        self.resource_type.starts_with("Custom::") || self.resource_type == "AWS::CloudFormation::CustomResource"
    }

    /// Tells whether the type is a nested stack.
    pub(super) fn is_nested_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack"
    }

    /// Tells whether change sets report the type's tags under the reserved attribute `Tags` rather than as a property.
    ///
    /// AWS's change sets show EC2 resources so, and a bucket's tags as the property of that name.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-samples.html>
    pub(super) fn has_tags_attribute(&self) -> bool {
        self.resource_type.starts_with("AWS::EC2::")
    }

    /// Returns the policy that holds when a template names none.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
    pub(super) fn default_deletion_policy(&self, is_in_cluster: bool) -> &'static str {
        match self.resource_type {
            "AWS::RDS::DBCluster" => "Snapshot",
            "AWS::RDS::DBInstance" if !is_in_cluster => "Snapshot",
            _ => "Delete",
        }
    }
}
