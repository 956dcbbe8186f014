//! The build task definitions.

use super::{Checker, list};
use crate::aws::fargate;
use crate::verify::expected::ExpectedTask;
use crate::verify::names::{TASK_BUILDKIT, TASK_MOUNT_POINTS, TASK_REVISION_ACTIVE, TASK_SIZE, TASK_TRANSIT_ENCRYPTION, TASK_VOLUMES};
use crate::verify::observed::{EfsVolume, TaskDefinition, Volume};
use crate::verify::verdict::About;

const REGISTER: &str = "revisions are immutable, so this is not the revision that the stack registered: change a parameter of the task and \
    apply, which registers a new revision";

pub(super) fn tasks(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.tasks {
        let Some(arn) = expected.physical_id.as_deref() else { continue };
        let about = About::resource(&expected.logical_id, Some(arn));
        let remedy =
            "it was deregistered: change a parameter of the build task, such as its memory, and apply, which registers a new revision";
        let lookup = observed.task_definitions.get(arn);
        let Some(found) = checker.found(lookup, &TASK_REVISION_ACTIVE, about, "ACTIVE", remedy) else { continue };
        let texts = ("ACTIVE".to_owned(), found.status.clone());
        checker.compare(&TASK_REVISION_ACTIVE, about, found.status == "ACTIVE", texts, remedy);
        volumes(checker, expected, found, about);
        container(checker, expected, found, about);
        size(checker, expected, found, about);
    }
}

fn volumes(checker: &mut Checker<'_>, expected: &ExpectedTask, found: &TaskDefinition, about: About<'_>) {
    let Some(wanted) = &expected.volumes else { return };
    let words = |volumes: &[(&str, &EfsVolume)]| {
        list(volumes.iter().map(|(name, efs)| {
            let directory = if efs.root_directory == "/" { "" } else { &efs.root_directory };
            let access_point = efs.access_point.as_ref().map(|id| format!(" with access point {id}")).unwrap_or_default();
            format!("`{name}` is {}{directory}{access_point}", efs.file_system)
        }))
    };
    let mut wanted = on_efs(wanted);
    let mut got = on_efs(&found.volumes);
    wanted.sort_by_key(|(name, _)| *name);
    got.sort_by_key(|(name, _)| *name);
    let same = |(a, b): (&(&str, &EfsVolume), &(&str, &EfsVolume))| {
        a.0 == b.0
            && (a.1.file_system == b.1.file_system || a.1.file_system.is_empty())
            && a.1.root_directory == b.1.root_directory
            && a.1.access_point == b.1.access_point
    };
    let is_same = wanted.len() == got.len() && wanted.iter().zip(&got).all(same);
    checker.compare(&TASK_VOLUMES, about, is_same, (words(&wanted), words(&got)), REGISTER);
    let wants = |name: &str| wanted.iter().any(|(wanted, efs)| *wanted == name && efs.transit_encryption);
    let expected: Vec<_> = got.iter().filter(|(name, _)| wants(name)).collect();
    if !expected.is_empty() {
        let open: Vec<&str> = expected.iter().filter(|(_, efs)| !efs.transit_encryption).map(|(name, _)| *name).collect();
        let texts = ("on".to_owned(), if open.is_empty() { "on".to_owned() } else { format!("off for {}", list(&open)) });
        checker.compare(&TASK_TRANSIT_ENCRYPTION, about, open.is_empty(), texts, REGISTER);
    }
}

fn on_efs(volumes: &[Volume]) -> Vec<(&str, &EfsVolume)> {
    volumes.iter().filter_map(|volume| Some((volume.name.as_str(), volume.efs.as_ref()?))).collect()
}

fn container(checker: &mut Checker<'_>, expected: &ExpectedTask, found: &TaskDefinition, about: About<'_>) {
    let Some(container) = found.containers.iter().find(|container| container.name == "build") else {
        let texts = ("a container `build`".to_owned(), list(found.containers.iter().map(|container| format!("`{}`", container.name))));
        return checker.compare(&TASK_MOUNT_POINTS, about, false, texts, REGISTER);
    };
    if let Some(wanted) = &expected.container.mount_points {
        let mut got = container.mount_points.clone();
        got.sort();
        checker.compare(&TASK_MOUNT_POINTS, about, *wanted == got, (list(wanted), list(&got)), REGISTER);
    }
    let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let (wanted, got) = (&expected.container.buildkit, &container.buildkit);
    if wanted.is_some() {
        checker.compare(&TASK_BUILDKIT, about, wanted == got, (words(wanted), words(got)), REGISTER);
    }
}

fn size(checker: &mut Checker<'_>, expected: &ExpectedTask, found: &TaskDefinition, about: About<'_>) {
    if !expected.is_fargate {
        return;
    }
    let words = |cpu: &Option<String>, memory: &Option<String>| {
        let [cpu, memory] = [cpu, memory].map(|text| text.as_deref().unwrap_or("not set"));
        format!("CPU {cpu}, memory {memory}")
    };
    let (cpu, memory) = (found.cpu.as_deref().unwrap_or_default(), found.memory.as_deref().unwrap_or_default());
    let is_as_expected = |expected: &Option<String>, found: &str| expected.as_deref().is_none_or(|expected| expected == found);
    let is_expected = is_as_expected(&expected.cpu, cpu) && is_as_expected(&expected.memory, memory);
    let problem = fargate::size_problem(cpu, memory);
    let texts = (words(&expected.cpu, &expected.memory), words(&found.cpu, &found.memory));
    let remedy = problem.as_deref().unwrap_or(REGISTER);
    checker.compare(&TASK_SIZE, about, is_expected && problem.is_none(), texts, remedy);
}
