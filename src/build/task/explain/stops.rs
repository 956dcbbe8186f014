//! Why tasks stop.

/// A row: words that are all in the reason (`|` stands between words of which one is), the cause, what to do.
type Row = (&'static [&'static str], &'static str, &'static str);

/// The first row that fits counts, so what says more stands further up.
const ROWS: &[Row] = &[
    (
        &["efs|mount.nfs|file system", "failed to resolve|name resolution|could not resolve|cannot be resolved"],
        "the file system's name is not known: DNS of the VPC is off, or its mount target is less than a minute old",
        "`rackform verify` looks at the VPC's DNS settings and mount targets; `--dns-wait` waits longer for a new one",
    ),
    (
        &["efs|mount.nfs|file system", "no mount target|mount target ip address|could not be found in"],
        "the file system has no mount target in the task's availability zone",
        "`rackform verify` tells which zones have none",
    ),
    (
        &["efs|mount.nfs|file system", "access denied|not authorized|permission denied"],
        "the file system's policy or access point refuses the task",
        "let the build task's role mount and write it (`elasticfilesystem:ClientMount`, `ClientWrite`), or take the policy away",
    ),
    (
        &["efs|mount.nfs", "no such file or directory"],
        "the volume's root directory does not exist in the file system",
        "mount `/`, or an access point, which makes its directory",
    ),
    (
        &["efs|mount.nfs", "timed out|timeout|connection reset|connection refused|no route"],
        "the file system's mount target does not answer on TCP 2049",
        "its security group must admit NFS from the group that builds get: `rackform verify` checks `nfs-ingress`",
    ),
    (
        &["resourceinitializationerror|mounting volume|createvolume", "efs|mount"],
        "the cache's file system could not be mounted",
        "`rackform verify` looks at mount targets, security groups and DNS",
    ),
    (
        &["secret|parameter", "resourceinitializationerror|unable to"],
        "a secret of the task definition could not be fetched",
        "the execution role needs `ssm:GetParameters` or `secretsmanager:GetSecretValue`, and the subnet a way to that service",
    ),
    (
        &["log stream|cloudwatch|logging driver|initialize logging"],
        "the log group is missing, or the execution role may not write to it",
        "`rackform drift` tells whether the log group is still there",
    ),
    (
        &["pull", "toomanyrequests|rate limit"],
        "the image's registry limits how often it is pulled from",
        "copy the image into ECR, or pull through its cache, and name that one as BuildImage",
    ),
    (
        &["pull", "no descriptor|platform|no match for|manifest list entries"],
        "the image is not there for the task's CPU architecture",
        "compare BuildArchitecture (or the instance type) with the image's platforms",
    ),
    (
        &["pull", "not found|manifest unknown|no such"],
        "there is no such image, or no such tag",
        "look at BuildImage, and at what the registry has under that name",
    ),
    (
        &["pull", "no space left"],
        "the disk is full while the image is unpacked",
        "raise BuildVolumeSize on EC2; on Fargate a task has 20 GiB unless its definition says more",
    ),
    (
        &["pull", "denied|unauthorized|no basic auth|403|authorization"],
        "the registry refuses the image to the task's execution role",
        "give the execution role `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` on it, or name an image that is public",
    ),
    (
        &["pull|registry", "timeout|timed out|deadline|dial tcp|i/o|no route|lookup"],
        "the image's registry cannot be reached from the task's subnet",
        "a public subnet needs a public address (`assignPublicIp`), a private one a NAT gateway or VPC endpoints for ECR and S3",
    ),
    (&["cannotpullcontainererror|pull"], "the image could not be pulled", "look at BuildImage, and at the subnet's way to its registry"),
    (
        &["outofmemory|out of memory|memory usage"],
        "the build took more memory than the task has",
        "`--memory` gives it more; `FargateBuildMemory` or `BuildMemory` is the rack's setting",
    ),
    (&["no space left"], "the disk is full", "raise BuildVolumeSize on EC2; on Fargate a task has 20 GiB unless its definition says more"),
    (
        &["exec format error"],
        "the image is for another CPU architecture",
        "compare BuildArchitecture (or the instance type) with the image's platforms",
    ),
    (
        &["no such file or directory|executable file not found", "exec|start"],
        "the image has no program of the name that it is started with",
        "look at BuildImage, and at what `--builder` or the command after `--` says",
    ),
    (
        &["capacity is unavailable"],
        "Fargate has no capacity of this size in these zones at the moment",
        "try again, ask for less with `--cpu` and `--memory`, or build on EC2",
    ),
    (&["spot"], "AWS took the spot capacity back", "start the build again"),
    (&["host ec2|instance terminated|instance was terminated"], "the instance under the task went away", "start the build again"),
    (&["stopped by user|userinitiated|stopped by rackform"], "somebody stopped the task", "start the build again when that was not you"),
    (&["cannotstartcontainererror"], "the container could not be started", "look at the container's reason, and at BuildImage"),
    (
        &["timed out|timeouterror"],
        "the container's runtime did not answer in time",
        "start the build again; a busy instance has too little left for it",
    ),
];

/// Returns cause and remedy by what ECS says.
pub(super) fn by_words(said: &str) -> Option<(&'static str, &'static str)> {
    let fits = |(words, ..): &&Row| words.iter().all(|either| either.split('|').any(|word| said.contains(word)));
    ROWS.iter().find(fits).map(|(_, cause, fix)| (*cause, *fix))
}

/// Returns cause and remedy by codes alone.
pub(super) fn by_code(stop_code: Option<&str>, exit_code: Option<i32>) -> Option<(&'static str, &'static str)> {
    let read_the_log = "the log above tells why";
    Some(match (stop_code, exit_code) {
        (Some("UserInitiated"), _) => ("somebody stopped the task", "start the build again when that was not you"),
        (Some("SpotInterruption"), _) => ("AWS took the spot capacity back", "start the build again"),
        (Some("TerminationNotice"), _) => ("the instance under the task is going away", "start the build again"),
        (_, Some(137)) => ("the build was killed, most often for want of memory", "`--memory` gives it more"),
        (_, Some(143)) => ("the build was told to end (SIGTERM)", "somebody, or ECS itself, stopped the task: start the build again"),
        (_, Some(139)) => ("the build's program crashed (SIGSEGV)", "look at BuildImage: it may be for another CPU architecture"),
        (_, Some(126 | 127)) => ("the image has no program of the name that it is started with", "look at BuildImage and at the command"),
        (_, Some(_)) => ("the build itself failed", read_the_log),
        (Some("TaskFailedToStart"), None) => ("the task never started", "the reason above is all that ECS tells"),
        (_, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_by_what_ecs_says() {
        for (said, cause) in [
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0a1b.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct",
                "name is not known",
            ),
            (
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
                "does not answer on TCP 2049",
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
                "no such image",
            ),
            ("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit", "limits how often"),
            ("CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'", "CPU architecture"),
            ("CannotPullContainerError: failed to resolve ref: dial tcp 52.1.1.1:443: i/o timeout", "cannot be reached"),
            ("CannotPullContainerError: Error response from daemon: pull access denied for x", "refuses the image"),
            ("OutOfMemoryError: Container killed due to memory usage", "more memory"),
            ("Capacity is unavailable at this time. Please try again later or in a different availability zone", "no capacity"),
            ("Host EC2 (instance i-1) terminated.", "went away"),
            (
                "CannotCreateVolumeError: mounting volume failed for efs: mount.nfs4: Connection reset by peer",
                "does not answer on TCP 2049",
            ),
        ] {
            let found = by_words(&said.to_lowercase()).unwrap_or_default();
            assert!(found.0.contains(cause) && !found.1.is_empty(), "{said}: {found:?}");
        }
        assert_eq!(by_words("essential container in task exited"), None);
    }
}
