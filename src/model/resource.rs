//! The trait of typed resource properties.

use serde::Serialize;

/// The properties of one resource type.
pub trait Resource: Serialize {
    /// The resource type, such as `AWS::EFS::FileSystem`.
    const TYPE: &'static str;
}
