//! Typed resources and the typed rack made of them; they serialise to exactly CloudFormation's spelling.
//!
//! Takes nothing from outside: what varies between racks are the rack's own parameters. Gives [`Sections`], which
//! [`render`](crate::render) puts into a document, and the [`build_cache`] in pieces, which [`patch`](crate::patch) puts
//! into somebody else's. What a property may hold is a [`Value`]: a literal of its type or a function that yields one.
//! Reading templates back is [`template`](crate::template)'s.
//!
//! One file per AWS service; [`rack`] and [`build_cache`] are made of them.

pub mod build_cache;
pub mod condition;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod parameter;
pub mod rack;
pub mod reference;
pub mod resource;
pub mod sections;
pub mod value;

pub use condition::Condition;
pub use parameter::Parameter;
pub use reference::{Arn, ConditionName, Id, LogicalId, ParameterName};
pub use resource::{Declared, Property, Resource, RetentionPolicy, Tag};
pub use sections::{Entries, Sections};
pub use value::{OrNoValue, Value};

/// Returns a model as the JSON that a template holds.
#[expect(clippy::expect_used, reason = "models are structs with text keys and no fallible Serialize; nothing from outside comes here")]
pub fn json<T: serde::Serialize + ?Sized>(model: &T) -> serde_json::Value {
    serde_json::to_value(model).expect("a model serialises")
}
