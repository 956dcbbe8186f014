//! References: `Ref` and `Fn::GetAtt` of typed names, and pseudo parameters.

use super::name::{Arn, Id, LogicalId, ParameterName};
use super::resource::Resource;
use super::value::Value;

impl<R: Resource> LogicalId<R> {
    /// Returns `Ref` of the resource: its physical ID.
    pub fn reference(&self) -> Value<Id<R>> {
        Value::reference_to(self.name())
    }

    /// Returns `Fn::GetAtt` of a string attribute.
    pub fn attribute(&self, attribute: &str) -> Value<String> {
        Value::attribute_of(self.name(), attribute)
    }

    /// Returns `Fn::GetAtt` of the attribute `Arn`.
    pub fn arn(&self) -> Value<Arn<R>> {
        Value::attribute_of(self.name(), "Arn")
    }
}

impl<T> ParameterName<T> {
    /// Returns `Ref` of the parameter: its value.
    pub fn value(&self) -> Value<T> {
        Value::reference_to(self.name())
    }
}

/// Returns the pseudo parameter `AWS::Region`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
pub fn region() -> Value<String> {
    Value::reference_to("AWS::Region")
}

/// Returns the pseudo parameter `AWS::StackName`.
pub fn stack_name() -> Value<String> {
    Value::reference_to("AWS::StackName")
}

/// Returns the pseudo parameter `AWS::StackId`.
pub fn stack_id() -> Value<String> {
    Value::reference_to("AWS::StackId")
}
