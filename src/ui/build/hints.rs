//! The wording of build hints: what the user can do about a problem of a build or a registry. [`build`](crate::build) returns hints as
//! data, because it does not know the options of the command line.

use crate::build::command::{CacheSetting, CommandHint, Problems};
use crate::build::registry::RegistryHint;
use crate::build::task::Fix;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Returns the problems of a build request with worded hints.
pub fn diagnostics(problems: &Problems) -> Diagnostics {
    let diagnostic = |problem: &crate::build::command::Problem| {
        let mut diagnostic = Diagnostic::error(problem.rule, problem.message.clone());
        diagnostic.hint = problem.hint.as_ref().map(command);
        diagnostic
    };
    Diagnostics(problems.0.iter().map(diagnostic).collect())
}

/// Returns the text of a hint about the command of a build.
pub fn command(hint: &CommandHint) -> String {
    let text = match hint {
        CommandHint::Text(text) => text,
        CommandHint::InstallBuildxOrUseDocker => {
            "install the package docker-buildx-plugin (docker-buildx on some systems); `--engine docker` builds without it and without a cache"
        }
        CommandHint::InstallBuildxAndOmitImageCache => "install the buildx plugin for BuildKit, and omit `--cache image`",
        CommandHint::SetEngineVersion { minimum: None } => "specify the version with `--engine-version`",
        CommandHint::SetEngineVersion { minimum: Some(minimum) } => {
            return format!("use {minimum} or later, and specify the version with `--engine-version`");
        }
        CommandHint::SetBuildKitVersion { minimum_for_ecr } => {
            return format!("specify the version with `--buildkit-version`; ECR requires {minimum_for_ecr}");
        }
        CommandHint::UseBuildx => "use `--engine buildx` with Docker 23 or later, which builds for several platforms",
        CommandHint::UseDockerOrRegistryCache => "use `--engine docker`; with BuildKit, use `--cache registry`, which caches more layers",
        CommandHint::UseRegistryCache => "use `--cache registry`",
        CommandHint::UseDaemonless => "use `--engine buildctl-daemonless`",
        CommandHint::UseCommonCacheOptions => "use `--cache` and `--repository`, which every engine supports",
        CommandHint::NameImage => "specify a tag with `--tag REGISTRY/REPOSITORY:TAG`",
        CommandHint::PushOrBuildOnePlatform => "use `--push`, build for one platform, or use the containerd image store",
        CommandHint::PushOrLoad => "use `--push` to push it, or `--load` to load it into docker's image store",
        CommandHint::PushOrArchive => "use `--push` to push it, or `--archive FILE` to write it to a file",
        CommandHint::ArchiveForDockerLoad => "use `--archive FILE` to write an archive for `docker load`, or `--push` to push the image",
        CommandHint::PushOrOmitBuildKitImage => "use `--push`, or omit `--buildkit-image` to build without a container",
        CommandHint::OmitBuildKitImage => "omit `--buildkit-image` to build without a container",
        CommandHint::PushOrOmitOciFormat => "use `--push`, or omit `--image-format oci`",
        CommandHint::PushOrOmitZstd => "use `--push`, or omit `--compression zstd`",
        CommandHint::UseSecret { name } => {
            return format!("use `--secret {name}` with `RUN --mount=type=secret,id={name}`, which does not store the value in the image");
        }
        CommandHint::IgnoredCacheSettings(settings) => {
            let options: Vec<String> = settings.iter().map(|setting| format!("`{}`", cache_option(*setting))).collect();
            let verb = if options.len() == 1 { "has" } else { "have" };
            return format!("{} {verb} no effect; to separate services or branches, use one repository for each", options.join(", "));
        }
        CommandHint::CreateBuilder { name } => {
            return format!(
                "create a builder with `docker buildx create --driver docker-container --name {name}`, or omit `--create-builder never`"
            );
        }
        CommandHint::SetLayerRepository => "specify the repository of the layers with `--repository HOST/REPOSITORY`",
        CommandHint::SetLayerRepositoryOrDirectory => {
            "specify the repository of the layers with `--repository HOST/REPOSITORY`, or a directory with `--cache oci --cache-dir PATH`"
        }
        CommandHint::SetRepositoryOrReference => {
            "specify the cache with `--repository HOST/REPOSITORY`, or its complete reference with `--cache-ref`"
        }
        CommandHint::SetCacheDirectory => "specify it with `--cache-dir PATH`",
        CommandHint::SetS3Bucket => "specify it with `--s3-bucket`",
        CommandHint::SetS3Region => "specify it with `--s3-region`",
        CommandHint::UsePathStyle => "use `--s3-path-style` (`use_path_style=true`), unless each bucket has a host name there",
        CommandHint::DisablePathStyle => "use `--s3-path-style=false` if the service has a host name for each bucket",
        CommandHint::RecreateBuilder { name } => {
            return format!(
                "remove it with `docker buildx rm {name}`, so that the next build creates it again, or use another one with `--builder NAME`"
            );
        }
        CommandHint::StartBuilder { name } => {
            return format!("start it with `docker buildx inspect --bootstrap {name}`; `--exec` does that before it chooses the arguments");
        }
        CommandHint::AddImageManifest => "add `image-manifest=true,oci-mediatypes=true` to `--cache-to`",
    };
    text.to_owned()
}

fn cache_option(setting: CacheSetting) -> &'static str {
    match setting {
        CacheSetting::Service => "--service",
        CacheSetting::Branch => "--cache-branch",
        CacheSetting::ModeMin => "--cache-mode min",
        CacheSetting::Compression => "--compression",
        CacheSetting::ForceCompression => "--force-compression",
    }
}

/// Returns the text of a hint about a registry.
pub fn registry(hint: &RegistryHint) -> String {
    let text = match hint {
        RegistryHint::WriteName(hint) => hint,
        RegistryHint::TrustCertificate => {
            "no trusted authority signed its certificate: set `SSL_CERT_FILE` to a file with the certificates to trust, or use `--insecure` \
             to connect without TLS"
        }
        RegistryHint::CheckConnection => "check its name and the network; for a registry without TLS, use `--insecure`",
        RegistryHint::LogIn { host } => {
            return format!("log in with `docker login {host}` or configure a credential helper; for ECR, check the AWS credentials");
        }
        RegistryHint::TrustTokenServer { server } => {
            return format!("if `{server}` issues the registry's tokens, allow it to get the credentials: `--trust-token-server {server}`");
        }
        RegistryHint::WaitForThrottling => "the registry throttles requests: wait, then run the command again",
        RegistryHint::CheckRepository => "check that the repository exists and that its name is correct",
        RegistryHint::RequestPermission => "the user lacks permission for this action: grant it in the registry, or log in as another user",
        RegistryHint::EnableDeletion => {
            "for Docker's registry, set `storage.delete.enabled: true` in its configuration or `REGISTRY_STORAGE_DELETE_ENABLED=true`"
        }
        RegistryHint::LogInAgain => "run `docker login` to write them again, or set `DOCKER_CONFIG` to another directory",
    };
    text.to_owned()
}

/// Returns the text of the fix for a build task that did not start or failed.
pub fn task(fix: Fix) -> &'static str {
    match fix {
        Fix::RequestLessMemory => {
            "request less memory with `--memory` (the rack's parameter is `BuildMemory`), or use a larger `BuildInstance`"
        }
        Fix::RequestLessCpu => "request fewer CPU units with `--cpu` (the rack's parameter is `BuildCpu`), or use a larger `BuildInstance`",
        Fix::RequestLessCapacity => "try again, request less CPU and memory with `--cpu` and `--memory`, or build on EC2",
        Fix::WaitForTasks => "wait until other tasks end, or use a larger instance type",
        Fix::WaitForPort => "wait until the task that uses the port ends",
        Fix::RemoveGpu => "remove the GPU from the task definition: builds need none",
        Fix::RestartEcsAgent => {
            "replace the instance, or restart its agent (`systemctl restart ecs`); a new instance takes some minutes to register"
        }
        Fix::MoveInstances => "run the build instances in the subnets' availability zones",
        Fix::UpdateAmi => "update the instances' AMI, and compare `BuildArchitecture` with the instance type",
        Fix::VerifyRack => "run `rackform verify` to see what is missing",
        Fix::ScaleBuildCluster => "scale the build cluster's Auto Scaling group to at least one instance",
        Fix::RaiseQuota => "wait until other tasks end, or request a higher quota",
        Fix::SeeReason => "see the reason above, which ECS reports, and try again",
        Fix::SeeReasonAndVerify => "see the reason above, which ECS reports; `rackform verify` checks the build's resources",
        Fix::VerifyAndDetectDrift => "run `rackform verify` and `rackform drift` to see what is missing",
        Fix::BuildOnEc2 => "build on EC2 in this region",
        Fix::CheckPlatformVersion => "EFS volumes require platform version 1.4.0; check the task definition's volumes",
        Fix::UseAnotherToken => "use another `--id` or `--client-token`, or follow the running task with `--attach`",
        Fix::GrantPermissions => "grant the permissions that `rackform permissions --for build` lists",
        Fix::ScaleBuildClusterOrUseFargate => {
            "scale the build cluster's Auto Scaling group to at least one instance, or set BuildMethod=fargate"
        }
        Fix::RegisterTaskDefinition => "register it again with `rackform apply`, then run the build again",
        Fix::MoveValuesToSecrets => "move long values, such as registry credentials, to the task definition's `Secrets`",
        Fix::CreateServiceLinkedRole => "create it: `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`",
        Fix::VerifySubnets => "`rackform verify` compares the rack's subnets with the account",
        Fix::VerifySecurityGroup => "`rackform verify` checks the security group of builds",
        Fix::VerifyDns => {
            "`rackform verify` checks the VPC's DNS settings and mount targets; a new mount target's name resolves after about a minute"
        }
        Fix::VerifyMountTargets => "run `rackform verify` to see which availability zones lack a mount target",
        Fix::AllowFileSystemAccess => {
            "allow the build task's role to mount the file system and write to it (`elasticfilesystem:ClientMount`, `elasticfilesystem:ClientWrite`), or remove the policy"
        }
        Fix::MountAccessPoint => "mount `/`, or an access point, which creates its directory",
        Fix::AllowNfs => {
            "allow NFS (TCP 2049) in the file system's security group from the security group of builds: `rackform verify` checks `nfs-ingress`"
        }
        Fix::VerifyFileSystem => "`rackform verify` checks mount targets, security groups and DNS",
        Fix::GrantSecretAccess => {
            "grant the execution role `ssm:GetParameters` or `secretsmanager:GetSecretValue`, and check that the subnet can reach the service"
        }
        Fix::DetectLogGroupDrift => "run `rackform drift` to see whether the log group still exists",
        Fix::CopyImageToEcr => "copy the image to ECR, or use an ECR pull-through cache, and set BuildImage to that image",
        Fix::CompareArchitectures => "compare BuildArchitecture (or the instance type) with the image's platforms",
        Fix::CheckImageTag => "check BuildImage and the registry's tags",
        Fix::IncreaseVolumeSize => "increase BuildVolumeSize on EC2; on Fargate a task has 20 GiB unless its definition specifies more",
        Fix::GrantImagePull => {
            "grant the execution role `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` on the image's repository, or use a public image"
        }
        Fix::AllowRegistryAccess => {
            "in a public subnet, the task requires a public IP address (`assignPublicIp`); a private subnet requires a NAT gateway, or VPC endpoints for ECR and S3"
        }
        Fix::CheckImageAndNetwork => "check BuildImage, and whether the subnet can reach its registry",
        Fix::IncreaseMemory => "give the build more memory with `--memory`; the rack's parameter is `FargateBuildMemory` or `BuildMemory`",
        Fix::CheckImageAndCommand => "check BuildImage, and `--builder` or the command of the build",
        Fix::StartAgainIfMistake => "start the build again if it was stopped by mistake",
        Fix::StartAgainOnOverload => "start the build again; the instance may be overloaded",
        Fix::StartAgain => "start the build again",
        Fix::CheckContainerReason => "see the container's reason above, and check BuildImage",
        Fix::CheckImageArchitecture => "check BuildImage: it may be for another CPU architecture",
        Fix::SeeLog => "see the log above",
    }
}
