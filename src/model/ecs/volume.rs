//! The volumes of a task definition.

use serde::Serialize;

use crate::model::efs::{AccessPoint, FileSystem};
use crate::model::name::Id;
use crate::model::value::Value;

/// A volume of a task definition.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-volume.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volume {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<HostVolume>,
    #[serde(rename = "EFSVolumeConfiguration", skip_serializing_if = "Option::is_none")]
    efs: Option<EfsVolume>,
}

impl Volume {
    /// Returns an empty volume with the lifetime of the task.
    pub fn scratch(name: &str) -> Self {
        Self { name: name.to_owned(), host: None, efs: None }
    }

    /// Returns a volume that is a host path of the instance; Fargate does not support it.
    pub fn host(name: &str, source_path: &str) -> Self {
        Self { host: Some(HostVolume { source_path: source_path.to_owned() }), ..Self::scratch(name) }
    }

    /// Returns an EFS volume.
    pub fn efs(name: &str, efs: EfsVolume) -> Self {
        Self { efs: Some(efs), ..Self::scratch(name) }
    }
}

/// A host path of the instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostVolume {
    source_path: String,
}

/// An EFS file system as a volume, always with transit encryption.
///
/// CloudFormation spells the property `FilesystemId` here and `FileSystemId` in a mount target. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-efsvolumeconfiguration.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EfsVolume {
    filesystem_id: Value<Id<FileSystem>>,
    transit_encryption: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_directory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_config: Option<AuthorizationConfig>,
}

impl EfsVolume {
    /// Returns a volume with the whole file system.
    pub fn whole(file_system: Value<Id<FileSystem>>) -> Self {
        Self { filesystem_id: file_system, transit_encryption: "ENABLED", root_directory: None, authorization_config: None }
    }

    /// Returns a volume with one directory of a file system.
    pub fn directory(file_system: Value<Id<FileSystem>>, path: &str) -> Self {
        Self { root_directory: Some(path.to_owned()), ..Self::whole(file_system) }
    }

    /// Returns a volume through an access point, which sets the root directory.
    pub fn access_point(file_system: Value<Id<FileSystem>>, access_point: Value<Id<AccessPoint>>) -> Self {
        Self {
            authorization_config: Some(AuthorizationConfig { access_point_id: Some(access_point), iam: None }),
            ..Self::whole(file_system)
        }
    }

    /// Enables IAM authorization: the mount uses the task role, so that a file system policy can distinguish tasks.
    #[must_use]
    pub fn with_iam(mut self) -> Self {
        self.authorization_config.get_or_insert(AuthorizationConfig { access_point_id: None, iam: None }).iam = Some("ENABLED");
        self
    }
}

/// The authorization of a mount.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-authorizationconfig.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthorizationConfig {
    #[serde(rename = "AccessPointId", skip_serializing_if = "Option::is_none")]
    access_point_id: Option<Value<Id<AccessPoint>>>,
    #[serde(rename = "IAM", skip_serializing_if = "Option::is_none")]
    iam: Option<&'static str>,
}
