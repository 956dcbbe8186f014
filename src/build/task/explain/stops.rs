//! Why tasks stop.

use super::Fix;

/// A row: texts that the reason must all contain (`|` separates alternatives), the cause, and what to do.
type Row = (&'static [&'static str], &'static str, Fix);

/// The first matching row applies, so more specific rows come first.
const ROWS: &[Row] = &[
    (
        &["efs|mount.nfs|file system", "failed to resolve|name resolution|could not resolve|cannot be resolved"],
        "the file system's DNS name does not resolve: the VPC's DNS is off, or its mount target is less than a minute old",
        Fix::VerifyDns,
    ),
    (
        &["efs|mount.nfs|file system", "no mount target|mount target ip address|could not be found in"],
        "the file system has no mount target in the task's availability zone",
        Fix::VerifyMountTargets,
    ),
    (
        &["efs|mount.nfs|file system", "access denied|not authorized|permission denied"],
        "the file system's policy or access point refuses the task",
        Fix::AllowFileSystemAccess,
    ),
    (
        &["efs|mount.nfs", "no such file or directory"],
        "the volume's root directory does not exist in the file system",
        Fix::MountAccessPoint,
    ),
    (
        &["efs|mount.nfs", "timed out|timeout|connection reset|connection refused|no route"],
        "the file system's mount target does not respond on TCP 2049",
        Fix::AllowNfs,
    ),
    (
        &["resourceinitializationerror|mounting volume|createvolume", "efs|mount"],
        "the cache's file system could not be mounted",
        Fix::VerifyFileSystem,
    ),
    (
        &["secret|parameter", "resourceinitializationerror|unable to"],
        "a secret of the task definition could not be fetched",
        Fix::GrantSecretAccess,
    ),
    (
        &["log stream|cloudwatch|logging driver|initialize logging"],
        "the log group is missing, or the execution role lacks permission to write to it",
        Fix::DetectLogGroupDrift,
    ),
    (&["pull", "toomanyrequests|rate limit"], "the image's registry limits the rate of pulls", Fix::CopyImageToEcr),
    (
        &["pull", "no descriptor|platform|no match for|manifest list entries"],
        "the image does not support the task's CPU architecture",
        Fix::CompareArchitectures,
    ),
    (&["pull", "not found|manifest unknown|no such"], "the image or its tag does not exist", Fix::CheckImageTag),
    (&["pull", "no space left"], "the disk is full: the image cannot be unpacked", Fix::IncreaseVolumeSize),
    (
        &["pull", "denied|unauthorized|no basic auth|403|authorization"],
        "the task's execution role lacks permission to pull the image",
        Fix::GrantImagePull,
    ),
    (
        &["pull|registry", "timeout|timed out|deadline|dial tcp|i/o|no route|lookup"],
        "the task's subnet cannot reach the image's registry",
        Fix::AllowRegistryAccess,
    ),
    (&["cannotpullcontainererror|pull"], "the image could not be pulled", Fix::CheckImageAndNetwork),
    (&["outofmemory|out of memory|memory usage"], "the build used more memory than the task has", Fix::IncreaseMemory),
    (&["no space left"], "the disk is full", Fix::IncreaseVolumeSize),
    (&["exec format error"], "the image is for another CPU architecture", Fix::CompareArchitectures),
    (
        &["no such file or directory|executable file not found", "exec|start"],
        "the image does not contain the program of the command",
        Fix::CheckImageAndCommand,
    ),
    (&["capacity is unavailable"], "Fargate currently has no capacity of this size in these availability zones", Fix::RequestLessCapacity),
    (&["spot"], "AWS reclaimed the Spot capacity", Fix::StartAgain),
    (&["host ec2|instance terminated|instance was terminated"], "the task's instance was terminated", Fix::StartAgain),
    (&["stopped by user|userinitiated|stopped by rackform"], "the task was stopped by a user", Fix::StartAgainIfMistake),
    (&["cannotstartcontainererror"], "the container could not be started", Fix::CheckContainerReason),
    (&["timed out|timeouterror"], "the container runtime did not respond in time", Fix::StartAgainOnOverload),
];

/// Returns the cause and what to do, from ECS's reason texts.
pub(super) fn by_text(reasons: &str) -> Option<(&'static str, Fix)> {
    let fits = |(words, ..): &&Row| words.iter().all(|either| either.split('|').any(|word| reasons.contains(word)));
    ROWS.iter().find(fits).map(|(_, cause, fix)| (*cause, *fix))
}

/// Returns the cause and what to do, from codes only.
pub(super) fn by_code(stop_code: Option<&str>, exit_code: Option<i32>) -> Option<(&'static str, Fix)> {
    Some(match (stop_code, exit_code) {
        (Some("UserInitiated"), _) => ("the task was stopped by a user", Fix::StartAgainIfMistake),
        (Some("SpotInterruption"), _) => ("AWS reclaimed the Spot capacity", Fix::StartAgain),
        (Some("TerminationNotice"), _) => ("the task's instance is being terminated", Fix::StartAgain),
        (_, Some(137)) => ("the build was killed, usually because it ran out of memory", Fix::IncreaseMemory),
        (_, Some(143)) => ("the build was terminated (SIGTERM)", Fix::StartAgain),
        (_, Some(139)) => ("the build's program crashed (SIGSEGV)", Fix::CheckImageArchitecture),
        (_, Some(126 | 127)) => ("the image does not contain the program of the command", Fix::CheckImageAndCommand),
        (_, Some(_)) => ("the build itself failed", Fix::SeeLog),
        (Some("TaskFailedToStart"), None) => ("the task never started", Fix::SeeReason),
        (_, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_recognized_in_reason_texts() {
        for (reason, cause) in [
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0a1b.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct",
                "name does not resolve",
            ),
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
                "does not respond on TCP 2049",
            ),
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-0a1b.efs.eu-west-1.amazonaws.com:/apps failed, reason given by server: No such file or directory'",
                "root directory does not exist",
            ),
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: access denied by server while mounting 127.0.0.1:/",
                "refuses the task",
            ),
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: unsuccessful EFS utils command execution; code: 1",
                "could not be mounted",
            ),
            (
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm",
                "secret of the task definition",
            ),
            (
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/x/y:1: docker.io/x/y:1: not found",
                "does not exist",
            ),
            ("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit", "limits the rate"),
            ("CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'", "CPU architecture"),
            ("CannotPullContainerError: failed to resolve ref: dial tcp 52.1.1.1:443: i/o timeout", "cannot reach"),
            ("CannotPullContainerError: Error response from daemon: pull access denied for x", "lacks permission to pull"),
            ("OutOfMemoryError: Container killed due to memory usage", "more memory"),
            ("Capacity is unavailable at this time. Please try again later or in a different availability zone", "no capacity"),
            ("Host EC2 (instance i-1) terminated.", "was terminated"),
            (
                "CannotCreateVolumeError: mounting volume failed for efs: mount.nfs4: Connection reset by peer",
                "does not respond on TCP 2049",
            ),
        ] {
            let found = by_text(&reason.to_lowercase());
            assert!(found.is_some_and(|(found, _)| found.contains(cause)), "{reason}: {found:?}");
        }
        assert_eq!(by_text("essential container in task exited"), None);
    }
}
