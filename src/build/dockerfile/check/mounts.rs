//! Mounts that the engine at hand does not know, and caches that it does not keep.

use super::{CacheMounts, Check};
use crate::build::dockerfile::facts::StepKind;
use crate::build::dockerfile::mount::{Mount, MountKind};
use crate::build::engine::{Engine, Version};
use crate::template::Diagnostic;

pub(super) fn check(check: &mut Check<'_>) {
    let Some(engine) = check.context.engine else { return };
    let mut told: Vec<(String, usize)> = Vec::new();
    for stage in check.stages().collect::<Vec<_>>() {
        let runs = stage.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Run(run) => Some(run),
            _ => None,
        });
        for mount in runs.flat_map(|run| &run.mounts) {
            if let Some((message, hint)) = unsupported(engine, check.context.version, mount) {
                let problem = check.warn("mount-not-supported", message, mount.span);
                check.report(problem.hinted(hint));
            } else if mount.kind == MountKind::Cache
                && let Some((message, hint)) = not_kept(check, engine, mount)
            {
                tell_once(check, &mut told, mount, message, hint);
            }
        }
    }
}

/// Tells of one cache at its first place, and points at its others.
fn tell_once(check: &mut Check<'_>, told: &mut Vec<(String, usize)>, mount: &Mount, message: String, hint: String) {
    let name = mount.known_as().unwrap_or_default().to_owned();
    if let Some((_, index)) = told.iter().find(|(known, _)| *known == name) {
        let source = check.dockerfile.source.clone();
        let again = std::mem::replace(&mut check.found[*index], Diagnostic::warning("", ""));
        check.found[*index] = again.at(&source, mount.span, "and here");
        return;
    }
    told.push((name, check.found.len()));
    let problem = check.warn("cache-mount-not-kept", message, mount.span);
    check.report(problem.hinted(hint));
}

/// Returns why an engine does not take a mount, and what to do.
fn unsupported(engine: Engine, version: Option<&Version>, mount: &Mount) -> Option<(String, String)> {
    let version = version?;
    match engine {
        Engine::Docker if !version.at_least(18, 9, 0) => {
            Some((format!("Docker {version} knows no `RUN --mount`"), "build with Docker 23 or later, or leave the mount out".to_owned()))
        }
        Engine::Docker if !version.at_least(23, 0, 0) => Some((
            format!("the builder of Docker {version} knows no `RUN --mount`, unless `DOCKER_BUILDKIT=1` is set"),
            "build with Docker 23 or later, where BuildKit is the default".to_owned(),
        )),
        // Which release brought which: github.com/osscontainertools/kaniko, pull requests 245, 554 and 802.
        Engine::Kaniko => {
            let (since, by_default, flag) = match mount.kind {
                MountKind::Cache => ((1, 25, 6), (1, 26, 0), "FF_KANIKO_RUN_MOUNT_CACHE"),
                MountKind::Secret => ((1, 26, 0), (1, 27, 0), "FF_KANIKO_RUN_MOUNT_SECRET"),
                MountKind::Bind => ((1, 27, 0), (1, 28, 0), "FF_KANIKO_RUN_MOUNT_BIND"),
                MountKind::Tmpfs | MountKind::Ssh => return None,
            };
            let at_least = |(major, minor, patch): (u64, u64, u64)| version.at_least(major, minor, patch);
            let kind = mount.kind;
            let newer = format!("{}.{}.{}", by_default.0, by_default.1, by_default.2);
            if !at_least(since) {
                return Some((format!("kaniko {version} knows no {kind} mounts"), format!("build with kaniko {newer} or later")));
            }
            (!at_least(by_default)).then(|| {
                (
                    format!("kaniko {version} mounts no {kind}, unless `{flag}=true` is set"),
                    format!("build with kaniko {newer} or later, or set the flag in the builder's environment"),
                )
            })
        }
        _ => None,
    }
}

/// Returns why what a cache mount holds is not there for the next build, and what to do.
fn not_kept(check: &Check<'_>, engine: Engine, mount: &Mount) -> Option<(String, String)> {
    let target = mount.target.as_deref().or(mount.id.as_deref()).unwrap_or("it");
    let in_layers = "or install in a step of its own, which the cache of layers keeps";
    match (engine, check.context.cache_mounts) {
        (Engine::Kaniko, CacheMounts::Efs) => {
            let version = check.context.version?;
            (!version.at_least(1, 26, 5)).then(|| {
                (
                    format!("kaniko {version} cannot move the cache `{target}` to EFS and back: that is another file system"),
                    "build with kaniko 1.26.5 or later, which copies where it cannot move".to_owned(),
                )
            })
        }
        (Engine::Kaniko, CacheMounts::Kept) => None,
        (Engine::Kaniko, CacheMounts::Fresh) => Some((
            format!("the cache `{target}` goes with kaniko's container: it is kept in /kaniko/caches, and no cache of layers holds it"),
            format!("mount EFS there (`BuildCache=Yes` with `BuildMethod=fargate` does), {in_layers}"),
        )),
        (Engine::BuildctlDaemonless, CacheMounts::Efs | CacheMounts::Fresh) => Some((
            format!(
                "the cache `{target}` goes with the container: a daemonless BuildKit keeps it in its own directory, and {} does not hold it",
                layers(check)
            ),
            format!("keep /var/lib/buildkit on a volume, {in_layers}"),
        )),
        (_, CacheMounts::Kept) => None,
        (Engine::Buildah, _) => Some((
            format!("the cache `{target}` is kept under the user's temporary directory of this machine, and no registry holds it"),
            format!("keep that directory (`TMPDIR`, else /var/tmp) between builds, {in_layers}"),
        )),
        _ => Some((
            format!("on a fresh builder the cache `{target}` is empty: {} does not hold cache mounts", layers(check)),
            format!("build where the builder is kept, {in_layers}"),
        )),
    }
}

fn layers(check: &Check<'_>) -> String {
    check.context.backend.map_or_else(|| "a cache of layers".to_owned(), |backend| format!("a cache of type {}", backend.name()))
}
