//! Mounts that the engine does not support, and cache mounts that do not persist between builds.

use super::linter::{CacheMounts, Linter};
use crate::build::dockerfile::facts::StepKind;
use crate::build::dockerfile::mount::{Mount, MountKind};
use crate::build::engine::{Engine, Version};
use crate::diagnostic::Diagnostic;

pub(super) fn check(linter: &mut Linter<'_>) {
    let Some(engine) = linter.context.engine else { return };
    let mut reported: Vec<(String, usize)> = Vec::new();
    for stage in linter.stages().collect::<Vec<_>>() {
        let runs = stage.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Run(run) => Some(run),
            _ => None,
        });
        for mount in runs.flat_map(|run| &run.mounts) {
            if let Some((message, hint)) = unsupported(engine, linter.context.version, mount) {
                let problem = linter.warn("mount-not-supported", message, mount.span);
                linter.report(problem.hinted(hint));
            } else if mount.kind == MountKind::Cache
                && let Some((message, hint)) = not_kept(linter, engine, mount)
            {
                report_once(linter, &mut reported, mount, message, hint);
            }
        }
    }
}

/// Reports a cache at its first mount, and adds a label for each further mount.
fn report_once(linter: &mut Linter<'_>, reported: &mut Vec<(String, usize)>, mount: &Mount, message: String, hint: String) {
    let name = mount.identifier().unwrap_or_default().to_owned();
    if let Some((_, index)) = reported.iter().find(|(known, _)| *known == name) {
        let source = linter.dockerfile.source.clone();
        let diagnostic = std::mem::replace(&mut linter.found[*index], Diagnostic::warning("", ""));
        linter.found[*index] = diagnostic.at(&source, mount.span, "also mounted here");
        return;
    }
    reported.push((name, linter.found.len()));
    let problem = linter.warn("cache-mount-not-kept", message, mount.span);
    linter.report(problem.hinted(hint));
}

/// Returns a message and a hint if the engine does not support a mount.
fn unsupported(engine: Engine, version: Option<&Version>, mount: &Mount) -> Option<(String, String)> {
    let version = version?;
    match engine {
        Engine::Docker if !version.at_least(18, 9, 0) => Some((
            format!("Docker {version} does not support `RUN --mount`"),
            "build with Docker 23 or later, or remove the mount".to_owned(),
        )),
        Engine::Docker if !version.at_least(23, 0, 0) => Some((
            format!("Docker {version} supports `RUN --mount` only with `DOCKER_BUILDKIT=1`"),
            "build with Docker 23 or later, where BuildKit is the default".to_owned(),
        )),
        // The releases that added each kind: github.com/osscontainertools/kaniko, pull requests 245, 391, 554 and 802.
        Engine::Kaniko => {
            let (since, by_default, flag) = match mount.kind {
                MountKind::Cache => ((1, 25, 6), (1, 26, 0), "FF_KANIKO_RUN_MOUNT_CACHE"),
                MountKind::Secret => ((1, 26, 3), (1, 27, 0), "FF_KANIKO_RUN_MOUNT_SECRET"),
                MountKind::Bind => ((1, 27, 0), (1, 28, 0), "FF_KANIKO_RUN_MOUNT_BIND"),
                MountKind::Tmpfs | MountKind::Ssh => return None,
            };
            let at_least = |(major, minor, patch): (u64, u64, u64)| version.at_least(major, minor, patch);
            let kind = mount.kind;
            let newer = format!("{}.{}.{}", by_default.0, by_default.1, by_default.2);
            if !at_least(since) {
                return Some((format!("kaniko {version} does not support {kind} mounts"), format!("build with kaniko {newer} or later")));
            }
            (!at_least(by_default)).then(|| {
                (
                    format!("kaniko {version} supports {kind} mounts only with `{flag}=true`"),
                    format!("build with kaniko {newer} or later, or set the variable in the builder's environment"),
                )
            })
        }
        _ => None,
    }
}

/// Returns a message and a hint if the content of a cache mount does not persist until the next build.
fn not_kept(linter: &Linter<'_>, engine: Engine, mount: &Mount) -> Option<(String, String)> {
    let target = mount.target.as_deref().or(mount.id.as_deref()).unwrap_or_default();
    let in_layers = "or install in a separate step, which the layer cache keeps";
    match (engine, linter.context.cache_mounts) {
        (Engine::Kaniko, CacheMounts::Efs) => {
            let version = linter.context.version?;
            (!version.at_least(1, 26, 5)).then(|| {
                (
                    format!(
                        "kaniko {version} cannot keep the cache mount `{target}` on EFS: it only moves directories within one file system"
                    ),
                    "build with kaniko 1.26.5 or later, which copies between file systems".to_owned(),
                )
            })
        }
        (Engine::Kaniko, CacheMounts::Kept) => None,
        (Engine::Kaniko, CacheMounts::Fresh) => Some((
            format!(
                "the cache mount `{target}` is lost with kaniko's container: it is in /kaniko/caches, and the layer cache does not include \
                    it"
            ),
            format!("mount EFS at /kaniko/caches (`BuildCache=Yes` with `BuildMethod=fargate` does), {in_layers}"),
        )),
        (Engine::BuildctlDaemonless, CacheMounts::Efs | CacheMounts::Fresh) => Some((
            format!(
                "the cache mount `{target}` is lost with the container: daemonless BuildKit stores it in its state directory, and {} does \
                    not include it",
                layers(linter)
            ),
            format!("put /var/lib/buildkit on a volume, {in_layers}"),
        )),
        (_, CacheMounts::Kept) => None,
        (Engine::Buildah, _) => Some((
            format!(
                "the cache mount `{target}` is in the temporary directory of the build machine, and the layer cache does not include it"
            ),
            format!("keep that directory (`TMPDIR`, by default /var/tmp) between builds, {in_layers}"),
        )),
        _ => Some((
            format!("the cache mount `{target}` is empty on a fresh builder: {} does not include cache mounts", layers(linter)),
            format!("keep the builder between builds, {in_layers}"),
        )),
    }
}

fn layers(linter: &Linter<'_>) -> String {
    linter.context.backend.map_or_else(|| "the layer cache".to_owned(), |backend| format!("a cache of type {}", backend.name()))
}
