//! The platform of a build task: its option, and notes about it.

use crate::build::cache::normalize_platform;
use crate::build::platform::check_platform;
use crate::build::task::{BuildEnvironment, BuildTaskRequest, Builder};
use crate::cli::build::defaults::Defaults;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Fails for platforms that the build task does not build for. It builds for the one that it runs on: neither kaniko nor the instances of a
/// rack emulate another processor.
pub(super) fn check(platforms: &[String], environment: &BuildEnvironment) -> Result<(), Failure> {
    let mut problems = Diagnostics::default();
    let mut wanted: Vec<String> = Vec::new();
    for platform in platforms {
        match check_platform(platform) {
            Err(unknown) => problems.push(Diagnostic::error("platform", unknown.message).hinted(unknown.hint)),
            Ok(()) if wanted.contains(&normalize_platform(platform)) => {}
            Ok(()) => wanted.push(normalize_platform(platform)),
        }
    }
    let elsewhere = || format!("build there with `rackform build command --platform {} --exec`", wanted.join(","));
    let problem = match (&environment.platform, wanted.as_slice()) {
        _ if problems.has_errors() => None,
        (_, []) => None,
        (_, [_, _, ..]) => Some((
            "a build task builds for one platform, the one that it runs on".to_owned(),
            format!("use an engine for several platforms and {}", elsewhere()),
        )),
        (None, _) => Some((
            "the platform of the build task is unknown: its task definition has no architecture, and the stack no instance type".to_owned(),
            "omit `--platform`, or set `RuntimePlatform` in the task definition".to_owned(),
        )),
        (Some(own), [wanted]) if normalize_platform(own) == *wanted => None,
        (Some(own), [wanted]) => {
            let architecture = wanted.strip_prefix("linux/").and_then(|architecture| match architecture {
                "arm64" => Some("ARM64"),
                "amd64" => Some("X86_64"),
                _ => None,
            });
            let change = match architecture {
                Some(architecture) if environment.is_fargate => format!("set `BuildArchitecture={architecture}` with `rackform set`, or "),
                Some(_) => "use instances with that processor (`BuildInstance`, otherwise `InstanceType`), or ".to_owned(),
                None => String::new(),
            };
            Some((
                format!("the build task runs on {}, and cannot build for {wanted}", normalize_platform(own)),
                format!("{change}use a machine with that platform and {}", elsewhere()),
            ))
        }
    };
    if let Some((message, hint)) = problem {
        problems.push(Diagnostic::error("platform", message).hinted(hint));
    }
    if problems.has_errors() { Err(Failure::Problems(problems, ExitCode::Usage)) } else { Ok(()) }
}

/// Prints notes about platforms in rack.yaml for which the task does not build, and about a cache that several platforms may share.
pub(super) fn print_notes(
    given: &[String],
    request: &BuildTaskRequest,
    environment: &BuildEnvironment,
    defaults: &Defaults<'_>,
    context: &mut Context<'_>,
) {
    let own = environment.platform.as_deref().map(normalize_platform);
    let others: Vec<&str> = match &own {
        Some(own) => defaults.platforms().iter().filter(|platform| normalize_platform(platform) != *own).map(String::as_str).collect(),
        None => Vec::new(),
    };
    if let Some(own) = own.filter(|_| given.is_empty() && !others.is_empty()) {
        context
            .status(&format!("note: the build task builds only for {own}; `build.platforms` in rack.yaml has {} too", others.join(", ")));
    }
    if request.builder == Builder::Docker && request.has_docker_commands && environment.platform.is_none() && environment.cache.is_on {
        context.status(
            "note: the platform of the build task is unknown, so the cache's name is the one for linux/amd64; set `RuntimePlatform` in the task \
                definition",
        );
    }
}
