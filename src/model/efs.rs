//! Amazon EFS: file systems, their mount targets and access points.

use serde::Serialize;

use super::declared::{Property, Tag};
use super::ec2::{SecurityGroup, Subnet};
use super::kms::{Encryptable, EncryptionKey, Key, KeyService};
use super::name::{ConditionName, Id};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A file system, encrypted unless [`FileSystem::encrypted_only_if`] made it.
///
/// `Encrypted` and `KmsKeyId` are create-only properties: a change of either replaces the file system.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FileSystem {
    encrypted: OrNoValue<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Property<Id<Key>>,
    #[serde(rename = "FileSystemTags", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl FileSystem {
    /// Returns a file system that EFS encrypts with its own key.
    pub fn new(tags: Vec<Tag>) -> Self {
        Self { encrypted: OrNoValue::always(true), kms_key_id: None, tags }
    }

    /// Returns a file system that is encrypted only if a condition is true, and then with a customer-managed key.
    ///
    /// For a file system that exists without encryption in deployed stacks: encrypting it would replace it.
    pub fn encrypted_only_if(condition: &ConditionName, key: &EncryptionKey, tags: Vec<Tag>) -> Self {
        Self { encrypted: OrNoValue::only_if(condition, true), kms_key_id: Some(key.id()), tags }
    }
}

impl Resource for FileSystem {
    const TYPE: &'static str = "AWS::EFS::FileSystem";
}

impl Encryptable for FileSystem {
    const SERVICE: KeyService = KeyService::Efs;

    fn encrypted_with(mut self, key: &EncryptionKey) -> Self {
        self.kms_key_id = Some(key.id());
        self
    }
}

/// A mount target: a file system's network address in one subnet. A file system has at most one per availability zone.
///
/// File system and subnet are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-mounttarget.html>
///
/// ```
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// MountTarget::new(build_cache::FILE_SYSTEM.reference(), rack::SUBNETS[0].reference(), vec![build_cache::SECURITY.reference()]);
/// ```
///
/// A string, or a reference to another type of resource, does not compile:
///
/// ```compile_fail,E0308
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// MountTarget::new("fs-0123", rack::SUBNETS[0].reference(), vec![build_cache::SECURITY.reference()]);
/// ```
///
/// ```compile_fail,E0308
/// use rackform::model::{build_cache, efs::MountTarget, rack};
/// // File system and subnet are swapped.
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

/// An access point: an entry into a file system with a fixed user and root directory.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-accesspoint.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessPoint {
    /// The file system.
    pub file_system_id: Value<Id<FileSystem>>,
    /// The POSIX user of every request, in place of the client's own user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posix_user: Property<PosixUser>,
    /// The directory that clients see as `/`.
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

/// A user ID and a group ID; CloudFormation takes both as strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PosixUser {
    /// The user ID.
    pub uid: Value<String>,
    /// The group ID.
    pub gid: Value<String>,
}

/// The directory that an access point shows as `/`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootDirectory {
    /// Its path in the file system, at most four directories deep.
    pub path: Value<String>,
    /// Owner and mode with which EFS creates a missing directory; EFS does not create it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_info: Property<CreationInfo>,
}

/// Owner and mode of a root directory that EFS creates.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreationInfo {
    /// The owner's user ID.
    pub owner_uid: Value<String>,
    /// The group ID.
    pub owner_gid: Value<String>,
    /// The mode in octal, such as `0755`.
    pub permissions: Value<String>,
}
