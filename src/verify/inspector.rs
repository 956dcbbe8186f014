//! Who answers what there is.

use super::observed::{Answer, Asked, FileSystem, Key, Limits, MountTarget, Repository, SecurityGroup, Subnet, TaskDefinition, Vpc, Zone};
use super::rights::{PermissionRequest, Rights};

/// Answers what there is in one account and region. Nothing is ever changed by asking.
pub trait Inspector {
    /// Tells what is asked, for messages: `the account`, `the local backend`.
    fn what(&self) -> &'static str;

    /// Returns a file system.
    ///
    /// # Errors
    ///
    /// As every method here: returns why there is no answer.
    fn file_system(&self, id: &str) -> Asked<FileSystem>;

    /// Returns a file system's mount targets; none where there is no such file system.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn mount_targets(&self, file_system: &str) -> Answer<Vec<MountTarget>>;

    /// Returns a security group.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn security_group(&self, id: &str) -> Asked<SecurityGroup>;

    /// Returns a VPC's settings.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn vpc(&self, id: &str) -> Asked<Vpc>;

    /// Returns a subnet.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn subnet(&self, id: &str) -> Asked<Subnet>;

    /// Returns a revision of a task definition by its ARN.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn task_definition(&self, arn: &str) -> Asked<TaskDefinition>;

    /// Returns a repository by its name.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn repository(&self, name: &str) -> Asked<Repository>;

    /// Returns a key by its ID, ARN or alias.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn key(&self, id: &str) -> Asked<Key>;

    /// Returns the region's availability zones.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn zones(&self) -> Answer<Vec<Zone>>;

    /// Returns limits and how far they are used.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn limits(&self) -> Answer<Limits>;

    /// Returns who has a name that only one resource of a type can have; `Ok(None)` where it is free.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer; `None` in place of an answer says that nobody knows how to ask for such a type.
    fn holder(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Asked<String>>;

    /// Tries out what somebody may do, without doing it; `None` where nothing is allowed or denied to anybody.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer.
    fn rights(&self, _wanted: PermissionRequest<'_>) -> Option<Answer<Rights>> {
        None
    }

    /// Tells whether a bucket can be used by the caller; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer, or why it cannot be used.
    fn bucket(&self, name: &str) -> Asked<()>;
}
