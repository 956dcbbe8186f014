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
    /// The value of a `NoEcho` parameter that only the deployed stack knows.
    Parameter(&'a str),
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

impl<'a> Value<'a> {
    /// Returns a value of that kind from that expression.
    pub(super) fn new(kind: ValueKind<'a>, origin: &'a Node<'a>) -> Self {
        Self { kind, origin }
    }

    /// Returns the text of a known scalar as CloudFormation turns it into a string.
    pub fn text(&self) -> Option<&'a str> {
        match self.kind {
            ValueKind::String(text) | ValueKind::Number(text) => Some(text),
            ValueKind::Bool(true) => Some("true"),
            ValueKind::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// Returns the items of a known list.
    pub fn items(&self) -> Option<&'a [Self]> {
        match self.kind {
            ValueKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the members of a known map.
    pub fn members(&self) -> Option<&'a [(&'a str, Self)]> {
        match self.kind {
            ValueKind::Map(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the member of that name of a known map.
    pub fn get(&self, key: &str) -> Option<&'a Self> {
        self.members()?.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Tells whether the value itself is unknown; a list that holds something unknown is not.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, ValueKind::Unknown(_))
    }

    /// Tells whether nothing in it is unknown.
    pub fn is_known(&self) -> bool {
        match self.kind {
            ValueKind::Unknown(_) => false,
            ValueKind::List(items) => items.iter().all(Self::is_known),
            ValueKind::Map(members) => members.iter().all(|(_, value)| value.is_known()),
            _ => true,
        }
    }

    /// Tells whether the value may turn out to be `AWS::NoValue`, and so an item of a list may be gone.
    pub(super) fn may_vanish(&self) -> bool {
        matches!(self.kind, ValueKind::Unknown(Residual::If(_, None, _) | Residual::If(_, _, None)))
    }

    /// Tells whether two values are the same to CloudFormation: scalars compare as strings, maps whatever their order,
    /// unknowns by what is left of their expressions.
    pub fn same(&self, other: &Value<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (ValueKind::Null, ValueKind::Null) => true,
            (ValueKind::List(a), ValueKind::List(b)) => all_same(a, b),
            (ValueKind::Map(a), ValueKind::Map(b)) => {
                a.len() == b.len()
                    && a.iter().zip(*b).all(|((key, value), (peer_key, peer))| {
                        if key == peer_key { value.same(peer) } else { other.get(key).is_some_and(|peer| value.same(peer)) }
                    })
            }
            (ValueKind::Unknown(a), ValueKind::Unknown(b)) => a.same(b),
            _ => match (self.text(), other.text()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

fn all_same(a: &[Value<'_>], b: &[Value<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
}

impl Residual<'_> {
    /// Tells whether two residuals are certain to give the same value.
    pub fn same(&self, other: &Residual<'_>) -> bool {
        let branch = |a: &Option<&Value<'_>>, b: &Option<&Value<'_>>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a.same(b),
            _ => false,
        };
        match (self, other) {
            (Self::Ref(a), Residual::Ref(b))
            | (Self::PseudoParameter(a), Residual::PseudoParameter(b))
            | (Self::Parameter(a), Residual::Parameter(b)) => a == b,
            (Self::GetAtt(a, attribute), Residual::GetAtt(b, other)) => a == b && attribute == other,
            (Self::SsmParameter { name: a, .. }, Residual::SsmParameter { name: b, .. }) => a == b,
            (Self::ImportValue(a), Residual::ImportValue(b))
            | (Self::AvailabilityZones(a), Residual::AvailabilityZones(b))
            | (Self::Base64(a), Residual::Base64(b)) => a.same(b),
            (Self::Transform(a), Residual::Transform(b)) => a.same(b),
            (Self::Concat(a), Residual::Concat(b)) | (Self::Cidr(a), Residual::Cidr(b)) | (Self::FindInMap(a), Residual::FindInMap(b)) => {
                all_same(a, b)
            }
            (Self::Join(text, a), Residual::Join(other, b))
            | (Self::Split(text, a), Residual::Split(other, b))
            | (Self::Function(text, a), Residual::Function(other, b)) => text == other && a.same(b),
            (Self::Select(index, a), Residual::Select(other, b)) => index.same(other) && a.same(b),
            (Self::If(name, a, b), Residual::If(other, c, d)) => name == other && branch(a, c) && branch(b, d),
            _ => false,
        }
    }
}
