//! Typed names of template entries: logical IDs, physical IDs, ARNs, parameters and conditions.
//!
//! A `LogicalId<FileSystem>` and a `LogicalId<Subnet>` are different types, so a reference to the wrong type of resource does not
//! compile. See the example on [`MountTarget`](crate::model::efs::MountTarget). [`reference`](super::reference) makes values of names.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use super::resource::Resource;

/// A name in a template: a constant of the model, or a name that was read from a template.
pub type Name = Cow<'static, str>;

/// Declares a name with a type parameter. A macro, because `derive` would require every trait of the type parameter too.
macro_rules! typed_name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        pub struct $type<R> {
            name: Name,
            of: PhantomData<fn() -> R>,
        }

        impl<R> Clone for $type<R> {
            fn clone(&self) -> Self {
                Self { name: self.name.clone(), of: PhantomData }
            }
        }

        impl<R> fmt::Debug for $type<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($type)).field(&self.name).finish()
            }
        }

        impl<R> PartialEq for $type<R> {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }

        impl<R> Eq for $type<R> {}

        impl<R> fmt::Display for $type<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.name)
            }
        }

        impl<R> Serialize for $type<R> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.name)
            }
        }
    };
}

typed_name! {
    /// The logical ID of a resource of type `R`.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
    LogicalId
}

typed_name! {
    /// The physical ID of a resource of type `R`, such as `fs-0123`: the result of its `Ref`.
    Id
}

typed_name! {
    /// The ARN of a resource of type `R`.
    Arn
}

typed_name! {
    /// The name of a parameter whose value is a `T`.
    ParameterName
}

impl<R: Resource> LogicalId<R> {
    /// Returns the logical ID of that name.
    pub const fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), of: PhantomData }
    }

    /// Returns the logical ID of a name that was read from a template.
    pub fn from_name(name: &str) -> Self {
        Self { name: Cow::Owned(name.to_owned()), of: PhantomData }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<R> Id<R> {
    /// Returns the ID of a resource that exists outside the template.
    pub fn existing(id: impl Into<String>) -> Self {
        Self { name: Cow::Owned(id.into()), of: PhantomData }
    }
}

impl<R> Arn<R> {
    /// Returns the ARN of a resource that exists outside the template.
    pub fn existing(arn: impl Into<String>) -> Self {
        Self { name: Cow::Owned(arn.into()), of: PhantomData }
    }
}

impl<T> ParameterName<T> {
    /// Returns the parameter of that name.
    pub const fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), of: PhantomData }
    }

    /// Returns the parameter of a name that was read from a template.
    pub fn from_name(name: &str) -> Self {
        Self { name: Cow::Owned(name.to_owned()), of: PhantomData }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The name of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConditionName(Name);

impl ConditionName {
    /// Returns the condition of that name.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns the condition of a name that was read from a template.
    pub fn from_name(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.0
    }
}
