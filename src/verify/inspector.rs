//! The interface to an account: lookups of single resources.

use super::observed::{
    FileSystem, InspectResult, Key, Limits, Lookup, MountTarget, Repository, SecurityGroup, Subnet, TaskDefinition, Vpc, Zone,
};
use super::permissions::{PermissionRequest, SimulatedPermissions};

/// Looks up resources in one account and region. Implementations only read.
///
/// # Errors
///
/// Every method returns an error if the request fails or is denied, or if the response lacks the requested value.
pub trait Inspector {
    /// Returns the name for messages: `the account`, `the local backend`.
    fn description(&self) -> &'static str;

    /// Returns a file system.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn file_system(&self, id: &str) -> Lookup<FileSystem>;

    /// Returns the mount targets of a file system; an empty list if the file system does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn mount_targets(&self, file_system: &str) -> InspectResult<Vec<MountTarget>>;

    /// Returns a security group.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn security_group(&self, id: &str) -> Lookup<SecurityGroup>;

    /// Returns the DNS settings of a VPC.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn vpc(&self, id: &str) -> Lookup<Vpc>;

    /// Returns a subnet.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn subnet(&self, id: &str) -> Lookup<Subnet>;

    /// Returns a task definition revision by ARN.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn task_definition(&self, arn: &str) -> Lookup<TaskDefinition>;

    /// Returns a repository by name.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn repository(&self, name: &str) -> Lookup<Repository>;

    /// Returns a key by ID, ARN or alias.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn key(&self, id: &str) -> Lookup<Key>;

    /// Returns the availability zones of the region.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn zones(&self) -> InspectResult<Vec<Zone>>;

    /// Returns quotas and their use.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn limits(&self) -> InspectResult<Limits>;

    /// Returns the owner of a name that is unique for its resource type: an ARN or ID, or `Ok(None)` if the name is available.
    ///
    /// Returns `None` if this inspector cannot look up names of the type.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails.
    fn name_owner(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Lookup<String>>;

    /// Simulates which actions a principal may perform. Returns `None` if the inspector has no permissions to simulate.
    ///
    /// # Errors
    ///
    /// Returns an error if the simulation fails.
    fn simulate_permissions(&self, _request: PermissionRequest<'_>) -> Option<InspectResult<SimulatedPermissions>> {
        None
    }

    /// Checks that the caller can use an S3 bucket; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails or the bucket cannot be used.
    fn bucket(&self, name: &str) -> Lookup<()>;
}
