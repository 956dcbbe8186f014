//! Values after evaluation: known, or unknown with the expression that is left.

use crate::template::Node;

/// A value and the template expression it came from.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// What it is.
    pub kind: ValueKind<'a>,
    /// The expression that gave it: the literal, or the outermost intrinsic function that is not `Fn::If`.
    pub origin: &'a Node<'a>,
}

/// What a [`Value`] is.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string.
    String(&'a str),
    /// A list; `AWS::NoValue` items are gone.
    List(&'a [Value<'a>]),
    /// A map in the order of the document; `AWS::NoValue` members are gone.
    Map(&'a [(&'a str, Value<'a>)]),
    /// Not known before deployment.
    Unknown(Residual<'a>),
}

/// What is left of an expression once everything known is put in.
///
/// Two unknown values are equal exactly when their residuals are, so a `Ref` to a resource that stays is no change.
#[derive(Clone, Copy, Debug)]
pub enum Residual<'a> {
    /// The physical ID (or whatever `Ref` gives) of a resource.
    Ref(&'a str),
    /// An attribute of a resource.
    GetAtt(&'a str, &'a str),
    /// The value of an export of another stack.
    ImportValue(&'a Value<'a>),
    /// The value of an SSM-typed parameter.
    SsmParameter {
        /// The template's parameter.
        parameter: &'a str,
        /// The name of the SSM parameter that it names.
        name: &'a str,
    },
    /// The availability zones of a region that the tables do not hold.
    AvailabilityZones(&'a Value<'a>),
    /// A pseudo parameter that was not given, such as `AWS::StackId`.
    PseudoParameter(&'a str),
    /// What a macro makes of an expression; kept as written.
    Transform(&'a Node<'a>),
    /// Strings put together, at least one of them unknown; `Fn::Join` and `Fn::Sub` alike, adjacent known text merged.
    Concat(&'a [Value<'a>]),
    /// `Fn::Join` whose list is itself unknown.
    Join(&'a str, &'a Value<'a>),
    /// `Fn::Split` of an unknown string.
    Split(&'a str, &'a Value<'a>),
    /// `Fn::Select` from an unknown list, or by an unknown index.
    Select(&'a Value<'a>, &'a Value<'a>),
    /// `Fn::Base64` of an unknown string.
    Base64(&'a Value<'a>),
    /// `Fn::Cidr` with an unknown operand.
    Cidr(&'a [Value<'a>]),
    /// `Fn::If` on an unknown condition; a missing branch value is `AWS::NoValue`.
    If(&'a str, Option<&'a Value<'a>>, Option<&'a Value<'a>>),
    /// `Fn::FindInMap` by an unknown key.
    FindInMap(&'a [Value<'a>]),
    /// `Fn::Length` or `Fn::ToJsonString` of something unknown; the function's name first.
    Function(&'a str, &'a Value<'a>),
}
