//! CloudFormation's intrinsic functions as types.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::node::{Kind, Node};

/// An intrinsic function with its operands, which may contain other functions.
///
/// [`Intrinsic::of`] recognises it; the evaluator computes its value.
#[derive(Clone, Copy, Debug)]
pub enum Intrinsic<'a> {
    /// `Ref`: a parameter, pseudo parameter or logical ID.
    Ref(&'a Node<'a>),
    /// `Fn::GetAtt`: `["LogicalId", "Attribute"]` or `"LogicalId.Attribute"`; the operand as written.
    GetAtt(&'a Node<'a>),
    /// `Fn::Sub`: a string, or `[string, {variable: value}]`.
    Sub(&'a Node<'a>),
    /// `Fn::Join`: `[delimiter, [values]]`.
    Join(&'a Node<'a>),
    /// `Fn::Split`: `[delimiter, string]`.
    Split(&'a Node<'a>),
    /// `Fn::Select`: `[index, list]`.
    Select(&'a Node<'a>),
    /// `Fn::FindInMap`: `[map, top-level key, second-level key]`, and `{"DefaultValue": ...}` with the language extensions.
    FindInMap(&'a Node<'a>),
    /// `Fn::Base64`: a string.
    Base64(&'a Node<'a>),
    /// `Fn::Cidr`: `[block, count, bits]`.
    Cidr(&'a Node<'a>),
    /// `Fn::GetAZs`: a region, or the empty string for the stack's region.
    GetAzs(&'a Node<'a>),
    /// `Fn::ImportValue`: the name of an export.
    ImportValue(&'a Node<'a>),
    /// `Fn::GetStackOutput`: `{"StackName", "OutputName", "Region", "RoleArn"}`, an output that need not be exported.
    GetStackOutput(&'a Node<'a>),
    /// `Fn::Transform`: `{"Name", "Parameters"}`.
    Transform(&'a Node<'a>),
    /// `Fn::If`: `[condition, value if true, value if false]`.
    If(&'a Node<'a>),
    /// `Fn::Equals`: `[a, b]`.
    Equals(&'a Node<'a>),
    /// `Fn::And`: two to ten conditions.
    And(&'a Node<'a>),
    /// `Fn::Or`: two to ten conditions.
    Or(&'a Node<'a>),
    /// `Fn::Not`: `[condition]`.
    Not(&'a Node<'a>),
    /// `Condition`: the name of a condition, where a condition is expected.
    Condition(&'a Node<'a>),
    /// `Fn::Length`, with the language extensions.
    Length(&'a Node<'a>),
    /// `Fn::ToJsonString`, with the language extensions.
    ToJsonString(&'a Node<'a>),
    /// `Fn::Contains` or another function that only `Rules` support, with its name.
    Rule(&'a str, &'a Node<'a>),
    /// A key that starts with `Fn::` but is not a known function.
    Other(&'a str, &'a Node<'a>),
}

impl<'a> Intrinsic<'a> {
    /// Returns the function of a node, or `None` for plain data.
    ///
    /// `{"Condition": "Name"}` is data here, since a policy statement may contain it alone. Use [`Intrinsic::of_condition`] where a
    /// condition is expected.
    pub fn of(node: &'a Node<'a>) -> Option<Self> {
        let Kind::Object([member]) = node.kind else {
            return None;
        };
        let operand = &member.value;
        // Every value of a template is asked several times, and most are data or `Ref`: two bytes decide.
        let name = match member.key.as_bytes() {
            [b'R', b'e', b'f'] => return Some(Self::Ref(operand)),
            [b'F', b'n', ..] => member.key.strip_prefix("Fn::")?,
            _ => return None,
        };
        Some(match name {
            "GetAtt" => Self::GetAtt(operand),
            "Sub" => Self::Sub(operand),
            "Join" => Self::Join(operand),
            "Split" => Self::Split(operand),
            "Select" => Self::Select(operand),
            "FindInMap" => Self::FindInMap(operand),
            "Base64" => Self::Base64(operand),
            "Cidr" => Self::Cidr(operand),
            "GetAZs" => Self::GetAzs(operand),
            "ImportValue" => Self::ImportValue(operand),
            "GetStackOutput" => Self::GetStackOutput(operand),
            "Transform" => Self::Transform(operand),
            "If" => Self::If(operand),
            "Equals" => Self::Equals(operand),
            "And" => Self::And(operand),
            "Or" => Self::Or(operand),
            "Not" => Self::Not(operand),
            "Length" => Self::Length(operand),
            "ToJsonString" => Self::ToJsonString(operand),
            "Contains" | "EachMemberEquals" | "EachMemberIn" | "RefAll" | "ValueOf" | "ValueOfAll" => Self::Rule(member.key, operand),
            _ => Self::Other(member.key, operand),
        })
    }

    /// Returns the function of a node where a condition is expected, which includes `{"Condition": "Name"}`.
    pub fn of_condition(node: &'a Node<'a>) -> Option<Self> {
        match node.kind {
            Kind::Object([member]) if member.key == "Condition" => Some(Self::Condition(&member.value)),
            _ => Self::of(node),
        }
    }
}
