//! Evaluated values: known, or unknown with the remaining expression.

use crate::template::{LazyKeys, Node};

/// A value, with the template expression that it was computed from.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// The value.
    pub kind: ValueKind<'a>,
    /// The expression: the literal, or the outermost intrinsic function that is not `Fn::If`.
    pub origin: &'a Node<'a>,
}

/// The content of a [`Value`].
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
    /// A list, without `AWS::NoValue` items.
    List(&'a [Value<'a>]),
    /// A map in document order, without `AWS::NoValue` members.
    Map(&'a [(&'a str, Value<'a>)]),
    /// Not known before deployment.
    Unknown(Residual<'a>),
}

/// The remaining expression of an unknown value, after substituting everything known.
///
/// Two unknown values are equal exactly if their residuals are, so a `Ref` to an unchanged resource is not a change.
#[derive(Clone, Copy, Debug)]
pub enum Residual<'a> {
    /// `Ref` of a resource, usually its physical ID.
    Ref(&'a str),
    /// An attribute of a resource.
    GetAtt(&'a str, &'a str),
    /// The value of a `NoEcho` parameter, known only to the deployed stack.
    Parameter(&'a str),
    /// The value of an export of another stack.
    ImportValue(&'a Value<'a>),
    /// The value of an SSM-typed parameter.
    SsmParameter {
        /// The template's parameter.
        parameter: &'a str,
        /// The name of the SSM parameter that it refers to.
        name: &'a str,
    },
    /// The availability zones of a region that is not in the tables.
    AvailabilityZones(&'a Value<'a>),
    /// A pseudo parameter without a value, such as `AWS::StackId`.
    PseudoParameter(&'a str),
    /// The result of a macro, kept as written.
    Transform(&'a Node<'a>),
    /// A concatenation with at least one unknown part, from `Fn::Join` or `Fn::Sub`; adjacent known text is merged.
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
    /// The name and operand of another function, such as `Fn::Length` or `Fn::ToJsonString`.
    Function(&'a str, &'a Value<'a>),
}

impl<'a> Value<'a> {
    /// Returns a value with its origin.
    pub(super) fn new(kind: ValueKind<'a>, origin: &'a Node<'a>) -> Self {
        Self { kind, origin }
    }

    /// Returns the text of a known scalar, as CloudFormation converts it to a string.
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

    /// Returns a member of a known map.
    pub fn get(&self, key: &str) -> Option<&'a Self> {
        self.members()?.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Returns whether the value itself is unknown; a list with unknown items is not.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, ValueKind::Unknown(_))
    }

    /// Returns whether the value and everything in it is known.
    pub fn is_known(&self) -> bool {
        match self.kind {
            ValueKind::Unknown(_) => false,
            ValueKind::List(items) => items.iter().all(Self::is_known),
            ValueKind::Map(members) => members.iter().all(|(_, value)| value.is_known()),
            _ => true,
        }
    }

    /// Returns whether the value may be `AWS::NoValue`: an item of a list is then absent, and a variable of `Fn::Sub` refused.
    pub(crate) fn may_vanish(&self) -> bool {
        let ValueKind::Unknown(Residual::If(_, yes, no)) = self.kind else { return false };
        [yes, no].into_iter().any(|branch| branch.is_none_or(Self::may_vanish))
    }

    /// Returns whether CloudFormation considers two values equal: scalars are compared as strings, maps without regard to order, unknown
    /// values by their remaining expressions.
    pub fn same(&self, other: &Value<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (ValueKind::Null, ValueKind::Null) => true,
            (ValueKind::List(a), ValueKind::List(b)) => all_same(a, b),
            (ValueKind::Map(a), ValueKind::Map(b)) => {
                a.len() == b.len() && {
                    let mut by_key = LazyKeys::default();
                    a.iter().zip(*b).all(|((key, value), (peer_key, peer))| {
                        if key == peer_key {
                            value.same(peer)
                        } else {
                            by_key.get(b, key, |(key, _)| key).is_some_and(|(_, peer)| value.same(peer))
                        }
                    })
                }
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
    /// Returns the bytes of the expression as if every part were written out, as far as they exceed one value; stops counting at `most`.
    ///
    /// Parts that occur twice are stored once, so that nested expressions may stand for exponentially many.
    pub(super) fn bytes(&self, most: usize) -> usize {
        let mut open: Vec<&Value<'_>> = Vec::new();
        let mut bytes = 0;
        let mut next = Some(self);
        while let Some(residual) = next.take() {
            match residual {
                Self::Ref(_)
                | Self::GetAtt(..)
                | Self::Parameter(_)
                | Self::SsmParameter { .. }
                | Self::PseudoParameter(_)
                | Self::Transform(_) => {}
                Self::ImportValue(value)
                | Self::AvailabilityZones(value)
                | Self::Join(_, value)
                | Self::Split(_, value)
                | Self::Base64(value)
                | Self::Function(_, value) => open.push(value),
                Self::Select(a, b) => open.extend([*a, *b]),
                Self::If(_, a, b) => open.extend([*a, *b].into_iter().flatten()),
                Self::Concat(parts) | Self::Cidr(parts) | Self::FindInMap(parts) => open.extend(parts.iter()),
            }
            while next.is_none() {
                let Some(value) = open.pop() else { break };
                bytes += size_of::<Value<'_>>();
                if bytes > most {
                    return bytes;
                }
                match &value.kind {
                    ValueKind::Unknown(residual) => next = Some(residual),
                    ValueKind::List(items) => open.extend(items.iter()),
                    ValueKind::Map(members) => open.extend(members.iter().map(|(_, value)| value)),
                    _ => bytes += value.text().map_or(0, str::len),
                }
            }
        }
        bytes
    }

    /// Returns whether two residuals certainly have the same value.
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
