//! Amazon EFS: file systems, their mount targets and access points.

use serde::Serialize;

use super::ec2::{SecurityGroup, Subnet};
use super::kms::Key;
use super::reference::Id;
use super::resource::{Property, Resource, Tag};
use super::value::Value;

/// A file system, always encrypted: there is no way to build one that is not.
///
/// `Encrypted` and `KmsKeyId` can only be set at creation; a change of either replaces the file system.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FileSystem {
    encrypted: bool,
    /// The customer-managed key; EFS's own key where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Property<Id<Key>>,
    #[serde(rename = "FileSystemTags", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl FileSystem {
    /// Returns a file system under EFS's own key.
    pub fn new(tags: Vec<Tag>) -> Self {
        Self { encrypted: true, kms_key_id: None, tags }
    }

    /// Encrypts it with a customer-managed key, perhaps only under a condition.
    #[must_use]
    pub fn with_key(mut self, key: Property<Id<Key>>) -> Self {
        self.kms_key_id = key;
        self
    }
}

impl Resource for FileSystem {
    const TYPE: &'static str = "AWS::EFS::FileSystem";
}

/// A file system's address in one subnet; at most one per availability zone.
///
/// File system and subnet can only be set at creation. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-mounttarget.html>
///
/// ```
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// MountTarget::new(build_cache::FILE_SYSTEM.reference(), rack::SUBNETS[0].reference(), vec![build_cache::SECURITY.reference()]);
/// ```
///
/// A name that is only a text, or a reference to something else, does not compile:
///
/// ```compile_fail,E0308
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// MountTarget::new("fs-0123", rack::SUBNETS[0].reference(), vec![build_cache::SECURITY.reference()]);
/// ```
///
/// ```compile_fail,E0308
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// // File system and subnet the wrong way round.
/// MountTarget::new(rack::SUBNETS[0].reference(), build_cache::FILE_SYSTEM.reference(), vec![build_cache::SECURITY.reference()]);
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MountTarget {
    file_system_id: Value<Id<FileSystem>>,
    subnet_id: Value<Id<Subnet>>,
    security_groups: Vec<Value<Id<SecurityGroup>>>,
}

impl MountTarget {
    /// Returns a mount target.
    pub fn new(file_system: Value<Id<FileSystem>>, subnet: Value<Id<Subnet>>, security_groups: Vec<Value<Id<SecurityGroup>>>) -> Self {
        Self { file_system_id: file_system, subnet_id: subnet, security_groups }
    }
}

impl Resource for MountTarget {
    const TYPE: &'static str = "AWS::EFS::MountTarget";
}

/// A door into a file system that fixes the user and the root directory.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-accesspoint.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessPoint {
    /// The file system.
    pub file_system_id: Value<Id<FileSystem>>,
    /// Every request is made as this user, whoever the client says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posix_user: Property<PosixUser>,
    /// What clients see as `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_directory: Property<RootDirectory>,
    /// Tags.
    #[serde(rename = "AccessPointTags", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl AccessPoint {
    /// Returns an access point to the whole of a file system.
    pub fn new(file_system: Value<Id<FileSystem>>) -> Self {
        Self { file_system_id: file_system, posix_user: None, root_directory: None, tags: Vec::new() }
    }
}

impl Resource for AccessPoint {
    const TYPE: &'static str = "AWS::EFS::AccessPoint";
}

/// A user and its group; CloudFormation takes both as text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PosixUser {
    /// The user's number.
    pub uid: Value<String>,
    /// The group's number.
    pub gid: Value<String>,
}

/// The directory that an access point shows as `/`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootDirectory {
    /// Its path in the file system, at most four directories deep.
    pub path: Value<String>,
    /// How the directory is made where it is missing; EFS makes none without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_info: Property<CreationInfo>,
}

/// Owner and mode of a root directory that EFS makes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreationInfo {
    /// The owner's number.
    pub owner_uid: Value<String>,
    /// The group's number.
    pub owner_gid: Value<String>,
    /// The mode in octal, such as `0755`.
    pub permissions: Value<String>,
}
