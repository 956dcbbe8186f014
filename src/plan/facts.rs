//! Facts about a resource type that planning needs, from the type's provider schema or, for a type without one, from names.

use crate::schema::RequiresRecreation;
use crate::schema::{self, Identity, ResourceType, Types, serverless};

/// A type that the AWS CDK adds to its templates, and that creates nothing.
const CDK_METADATA: &str = "AWS::CDK::Metadata";

/// The facts of one type. The schema is looked up once per resource that differs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    resource_type: &'a str,
    schema: Option<ResourceType>,
}

impl<'a> Facts<'a> {
    /// Returns the facts of a type, with or without a published schema.
    pub(super) fn of(resource_type: &'a str) -> Self {
        Self { resource_type, schema: schema::resource_type(resource_type) }
    }

    /// Returns whether a change at a path below `Properties` requires replacement.
    pub(super) fn requires_recreation(&self, path: &[&str]) -> RequiresRecreation {
        match self.schema {
            // The published schema of a serverless type says nothing about what it becomes.
            _ if self.is_serverless() => {
                path.first().map_or(RequiresRecreation::Never, |property| serverless::requires_recreation(self.resource_type, property))
            }
            Some(schema) => schema.requires_recreation(path),
            // CloudFormation replaces a custom resource when its `ServiceToken` changes; the handler decides about every other change.
            // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html>
            None if self.is_custom() && path.first() == Some(&"ServiceToken") => RequiresRecreation::Always,
            None if self.is_custom() || self.resource_type == CDK_METADATA => RequiresRecreation::Never,
            // Without a schema, nothing says that an update happens in place.
            None => RequiresRecreation::Conditionally,
        }
    }

    /// Returns whether the value at a path is a JSON document, which change sets list as one value.
    pub(super) fn is_json(&self, path: &[&str]) -> bool {
        match self.schema.and_then(|schema| schema.property(path)) {
            Some(facts) => facts.is_json(),
            None => path.last().is_some_and(|name| name.ends_with("PolicyDocument")),
        }
    }

    /// Returns whether the list at a path is unordered.
    pub(super) fn is_unordered(&self, path: &[&str]) -> bool {
        path == ["Tags"] || self.schema.and_then(|schema| schema.property(path)).is_some_and(|facts| facts.is_unordered())
    }

    /// Returns whether the value at a path is a number, so that `1` equals `1.0`.
    pub(super) fn is_number(&self, path: &[&str]) -> bool {
        self.schema
            .and_then(|schema| schema.property(path))
            .is_some_and(|facts| facts.types.has(Types::NUMBER.or(Types::INTEGER)) && !facts.types.has(Types::STRING))
    }

    /// Returns whether an attribute is read-only: only the service sets it.
    pub(super) fn is_read_only(&self, attribute: &str) -> bool {
        let path: Vec<&str> = attribute.split('.').collect();
        self.schema.is_some_and(|schema| schema.is_read_only(&path))
    }

    /// Returns the primary identifier of the type if it is a single attribute.
    pub(super) fn identifier(&self) -> Option<&'static str> {
        let mut paths = self.schema?.primary_identifier();
        match (paths.next(), paths.next()) {
            (Some(path), None) => path.single(),
            _ => None,
        }
    }

    /// Returns the property that sets the name of a resource of the type, if it has one.
    pub(super) fn custom_name_property(&self) -> Option<&'static str> {
        self.schema?.custom_name_property()
    }

    /// Returns whether updating a property in place interrupts the resource.
    pub(super) fn interrupts(&self, property: Option<&str>) -> bool {
        matches!((self.schema, property), (Some(schema), Some(property)) if schema.interrupts(&[property]))
    }

    /// Returns the data that is lost when a resource of the type is deleted or replaced.
    pub(super) fn holds_data(&self) -> Option<&'static str> {
        serverless::generated_type(self.resource_type).or(self.schema)?.holds_data()
    }

    /// Returns the identities that at most one resource of the type can have.
    pub(super) fn identities(&self) -> Vec<Identity> {
        self.schema.map(|schema| schema.identities()).unwrap_or_default()
    }

    /// Returns whether a replacement deletes the old resource first.
    pub(super) fn deletes_first(&self) -> bool {
        self.schema.is_some_and(|schema| schema.delete_then_create())
    }

    /// Returns whether the type is a custom resource, whose handler returns its attributes and physical ID.
    pub(super) fn is_custom(&self) -> bool {
        self.resource_type.starts_with("Custom::") || self.resource_type == "AWS::CloudFormation::CustomResource"
    }

    /// Returns whether the Serverless Application Model (SAM) expands the type.
    pub(super) fn is_serverless(&self) -> bool {
        serverless::is_serverless(self.resource_type)
    }

    /// Returns whether the type is a module of the CloudFormation registry, whose resources only AWS knows.
    pub(super) fn is_module(&self) -> bool {
        self.resource_type.ends_with("::MODULE")
    }

    /// Returns whether the update behavior of a property is unknown: the type has no published schema and no rule here.
    pub(super) fn is_unknown(&self) -> bool {
        self.schema.is_none() && !self.is_custom() && !self.is_serverless() && !self.is_module() && self.resource_type != CDK_METADATA
    }

    /// Returns whether the type is a nested stack.
    pub(super) fn is_nested_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack"
    }

    /// Returns whether change sets report the type's tags under the reserved attribute `Tags` rather than as a property.
    ///
    /// Change sets of AWS do so for EC2 resources. A bucket's tags are reported as the property `Tags`.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-samples.html>
    pub(super) fn has_tags_attribute(&self) -> bool {
        self.resource_type.starts_with("AWS::EC2::")
    }

    /// Returns the deletion policy that applies if the template sets none.
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
