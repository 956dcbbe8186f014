//! What the user can do about a build task that did not start or failed.

/// What the user can do. It is data, because `build` does not know the commands and options: `ui::build::hints` words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Request less memory, or use a larger instance type.
    RequestLessMemory,
    /// Request fewer CPU units, or use a larger instance type.
    RequestLessCpu,
    /// Try again, or request less CPU and memory.
    RequestLessCapacity,
    /// Wait until other tasks end, or use a larger instance type.
    WaitForTasks,
    /// Wait until the task that uses the port ends.
    WaitForPort,
    /// Remove the GPU from the task definition.
    RemoveGpu,
    /// Replace the instance, or restart its container agent.
    RestartEcsAgent,
    /// Run the instances in the subnets' availability zones.
    MoveInstances,
    /// Update the instances' AMI, and compare the CPU architectures.
    UpdateAmi,
    /// Find the missing resource.
    VerifyRack,
    /// Start a container instance.
    ScaleBuildCluster,
    /// Wait until other tasks end, or request a higher quota.
    RaiseQuota,
    /// Read the reason that ECS reports.
    SeeReason,
    /// Read the reason that ECS reports, and check the rack's resources.
    SeeReasonAndVerify,
    /// Find the missing resource, and detect drift.
    VerifyAndDetectDrift,
    /// Build on EC2.
    BuildOnEc2,
    /// Use a platform version that supports the volumes.
    CheckPlatformVersion,
    /// Use another build ID or client token, or follow the running task.
    UseAnotherToken,
    /// Grant the permissions that builds need.
    GrantPermissions,
    /// Start a container instance, or build on Fargate.
    ScaleBuildClusterOrUseFargate,
    /// Register the task definition again.
    RegisterTaskDefinition,
    /// Move long values to the task definition's secrets.
    MoveValuesToSecrets,
    /// Create the service-linked role of ECS.
    CreateServiceLinkedRole,
    /// Check the subnets.
    VerifySubnets,
    /// Check the security group.
    VerifySecurityGroup,
    /// Check the VPC's DNS, and wait longer for a new mount target.
    VerifyDns,
    /// Find the availability zones without a mount target.
    VerifyMountTargets,
    /// Allow the task's role to mount the file system and write to it.
    AllowFileSystemAccess,
    /// Mount the root directory or an access point.
    MountAccessPoint,
    /// Allow NFS from the task's security group.
    AllowNfs,
    /// Check mount targets, security groups and DNS.
    VerifyFileSystem,
    /// Grant access to the secret.
    GrantSecretAccess,
    /// Check that the log group exists.
    DetectLogGroupDrift,
    /// Copy the image to ECR.
    CopyImageToEcr,
    /// Compare the task's CPU architecture with the image's platforms.
    CompareArchitectures,
    /// Check the image's name and tag.
    CheckImageTag,
    /// Use a larger disk.
    IncreaseVolumeSize,
    /// Grant the execution role permission to pull the image.
    GrantImagePull,
    /// Give the subnet a route to the registry.
    AllowRegistryAccess,
    /// Check the image's name, and whether the subnet can reach its registry.
    CheckImageAndNetwork,
    /// Give the build more memory.
    IncreaseMemory,
    /// Check the image and the command.
    CheckImageAndCommand,
    /// Start the build again if it was stopped by mistake.
    StartAgainIfMistake,
    /// Start the build again: the instance may be overloaded.
    StartAgainOnOverload,
    /// Start the build again.
    StartAgain,
    /// Read the container's reason, and check the image.
    CheckContainerReason,
    /// Check the image's CPU architecture.
    CheckImageArchitecture,
    /// Read the build's log.
    SeeLog,
}
