//! Typed resources, and the typed rack built from them; both serialise to CloudFormation's exact spelling.
//!
//! Takes no input: the rack's own parameters cover all differences between racks. Returns [`Sections`], which
//! [`render`](crate::render) writes as a document, and the [`build_cache`] as separate entries, which [`patch`](crate::patch) inserts
//! into an existing template. A property is a [`Value`]: a literal of its type or an intrinsic function that returns one.
//! Reading templates is left to [`template`](crate::template).
//!
//! Files depend on each other in this order: `json`, [`resource`] < [`name`] < [`value`] < [`reference`](mod@reference), [`condition`],
//! [`declared`] < one file per AWS service < [`parameter`], [`sections`] < [`build_cache`] < [`rack`]. A child module reads a sibling
//! directly, not through the re-exports of its `mod.rs`.

pub mod acm;
pub mod autoscaling;
pub mod build_cache;
pub mod condition;
pub mod declared;
pub mod dynamodb;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod elb;
pub mod events;
pub mod iam;
mod json;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod name;
pub mod parameter;
pub mod rack;
pub mod reference;
pub mod resource;
pub mod route53;
pub mod s3;
pub mod sections;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod value;

pub use condition::Condition;
pub use declared::{Declared, DeletionPolicy, Property, RollingUpdate, Tag, UpdatePolicy};
pub use json::json;
pub use name::{Arn, ConditionName, Id, LogicalId, ParameterName};
pub use parameter::{Group, Parameter};
pub use resource::Resource;
pub use sections::{Entries, Sections};
pub use value::{OrNoValue, Value};
