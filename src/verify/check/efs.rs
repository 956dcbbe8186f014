//! File systems and mount targets.

use super::{Checker, is_in_transition, list};
use crate::verify::expected::{ExpectedFileSystem, ExpectedKey, ExpectedMountTarget};
use crate::verify::names::{
    BUILD_SUBNET_COVERED, FILE_SYSTEM_AVAILABLE, FILE_SYSTEM_ENCRYPTED, FILE_SYSTEM_KEY, FILE_SYSTEM_LIFECYCLE, FILE_SYSTEM_THROUGHPUT,
    MOUNT_TARGET_AVAILABLE, MOUNT_TARGET_PLACE, MOUNT_TARGET_SECURITY_GROUP,
};
use crate::verify::observed::{FileSystem, MountTarget};
use crate::verify::remedy::Remedy;
use crate::verify::verdict::{About, State, Verdict};

const RECREATE: &str = "to create a file system again that was deleted outside CloudFormation, disable and enable the cache: `rackform set \
    BuildCache=No`, then `Yes`";
const REPLACE: &str = "this can be set only at creation: disable and enable the cache to create a new file system; its content is lost";
const APPLY: &str = "it was changed outside CloudFormation: revert the change, or change the template to match";
const TRY_AGAIN: &str = "try again later, or check in the AWS console";
const RECREATE_TARGET: &str =
    "to create a mount target again that was deleted or moved outside CloudFormation, disable and enable the cache";

pub(super) fn file_systems(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.file_systems {
        let Some(id) = expected.physical_id.as_deref() else { continue };
        let about = About::resource(&expected.logical_id, Some(id));
        let Some(found) = checker.found(observed.file_systems.get(id), &FILE_SYSTEM_AVAILABLE, about, "available", RECREATE) else {
            continue;
        };
        available(checker, &FILE_SYSTEM_AVAILABLE, about, &found.state, RECREATE);
        let words = |encrypted| if encrypted { "encrypted" } else { "not encrypted" };
        match (expected.encrypted, found.encrypted) {
            (Some(expected), Some(found)) => {
                checker.compare(
                    &FILE_SYSTEM_ENCRYPTED,
                    about,
                    expected == found,
                    (words(expected).to_owned(), words(found).to_owned()),
                    REPLACE,
                );
            }
            (Some(expected), None) => {
                checker.unchecked(
                    &FILE_SYSTEM_ENCRYPTED,
                    about,
                    words(expected),
                    "the response of EFS does not report encryption",
                    TRY_AGAIN,
                );
            }
            (None, _) => {}
        }
        if found.encrypted != Some(false) {
            key(checker, expected, found, about);
        }
        modes(checker, expected, found, about);
    }
}

fn available(checker: &mut Checker<'_>, check: &'static crate::verify::Check, about: About<'_>, state: &str, remedy: &str) {
    if is_in_transition(state) {
        let verdict = Verdict::new(check, about, State::Pending, "available", state);
        checker.verdicts.push(verdict.with_remedy(Remedy::VerifyAgain));
    } else {
        checker.compare(check, about, state == "available", ("available".to_owned(), state.to_owned()), remedy);
    }
}

fn key(checker: &mut Checker<'_>, expected: &ExpectedFileSystem, found: &FileSystem, about: About<'_>) {
    let keys = &checker.observed.keys;
    let shown = found.key.clone().unwrap_or_else(|| "no key reported".to_owned());
    let known = found.key.as_ref().and_then(|key| keys.get(key));
    let (wanted, is_passed) = match &expected.key {
        ExpectedKey::Unspecified => return,
        _ if found.key.is_none() => {
            return checker.unchecked(
                &FILE_SYSTEM_KEY,
                about,
                "the key in the template",
                "the response of EFS does not report the key",
                TRY_AGAIN,
            );
        }
        ExpectedKey::AwsManaged => match known {
            Some(Ok(Some(key))) => ("the AWS managed key for EFS".to_owned(), key.is_aws_managed),
            Some(Err(error)) => return checker.refused(&FILE_SYSTEM_KEY, about, "the AWS managed key for EFS", error),
            _ => ("the AWS managed key for EFS".to_owned(), false),
        },
        ExpectedKey::Id(id) => {
            let arn = match keys.get(id) {
                Some(Ok(Some(key))) => Some(key.arn.as_str()),
                _ => None,
            };
            let is_same = found.key.as_deref().is_some_and(|key| key == id || Some(key) == arn || key.ends_with(&format!("/{id}")));
            if let (false, None, Some(Err(error))) = (is_same, arn, keys.get(id)) {
                return checker.refused(&FILE_SYSTEM_KEY, about, id, error);
            }
            (id.clone(), is_same)
        }
    };
    checker.compare(&FILE_SYSTEM_KEY, about, is_passed, (wanted, shown), REPLACE);
}

fn modes(checker: &mut Checker<'_>, expected: &ExpectedFileSystem, found: &FileSystem, about: About<'_>) {
    if let (Some(throughput), Some(performance)) = (&expected.throughput_mode, &expected.performance_mode) {
        let words = |throughput: &str, performance: &str, mibps: Option<f64>| {
            let mibps = mibps.filter(|_| throughput == "provisioned").map(|mibps| format!(" {mibps} MiB/s")).unwrap_or_default();
            format!("{throughput}{mibps}, {performance}")
        };
        let wanted = words(throughput, performance, expected.provisioned_mibps);
        let got = words(&found.throughput_mode, &found.performance_mode, found.provisioned_mibps);
        checker.compare(&FILE_SYSTEM_THROUGHPUT, about, wanted == got, (wanted, got), APPLY);
    }
    let Some(wanted) = &expected.lifecycle else { return };
    let words = |pairs: &[(String, String)]| list(pairs.iter().map(|(name, value)| format!("{name} {value}")));
    match &found.lifecycle {
        Ok(got) => checker.compare(
            &FILE_SYSTEM_LIFECYCLE,
            about,
            wanted == got,
            (words(wanted), words(got)),
            "reading from colder storage is slow and costs extra: restore the lifecycle policies of the template",
        ),
        Err(error) => checker.refused(&FILE_SYSTEM_LIFECYCLE, about, &words(wanted), error),
    }
}

pub(super) fn mount_targets(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.mount_targets {
        let Some(id) = expected.physical_id.as_deref() else { continue };
        let Some(file_system) = expected.file_system.as_deref() else { continue };
        // A missing file system is reported once.
        if matches!(observed.file_systems.get(file_system), Some(Ok(None))) {
            continue;
        }
        let about = About::resource(&expected.logical_id, Some(id));
        match observed.mount_targets.get(file_system) {
            Some(Ok(targets)) => match targets.iter().find(|target| target.id == id) {
                Some(found) => mount_target(checker, expected, found, about),
                None => {
                    let verdict = Verdict::new(&MOUNT_TARGET_AVAILABLE, about, State::Failed, "available", "does not exist");
                    checker.verdicts.push(verdict.with_remedy(RECREATE_TARGET));
                }
            },
            Some(Err(error)) => checker.refused(&MOUNT_TARGET_AVAILABLE, about, "available", error),
            None => {}
        }
    }
    covered(checker);
}

fn mount_target(checker: &mut Checker<'_>, expected: &ExpectedMountTarget, found: &MountTarget, about: About<'_>) {
    available(checker, &MOUNT_TARGET_AVAILABLE, about, &found.state, RECREATE_TARGET);
    let zone_matters = expected.zone.is_some() && found.zone.is_some();
    let words = |subnet: &str, zone: Option<&str>| match zone.filter(|_| zone_matters) {
        Some(zone) => format!("{subnet} in {zone}"),
        None => subnet.to_owned(),
    };
    if let Some(subnet) = &expected.subnet {
        let wanted = words(subnet, expected.zone.as_deref());
        let got = words(&found.subnet, found.zone.as_deref());
        checker.compare(&MOUNT_TARGET_PLACE, about, wanted == got, (wanted, got), RECREATE_TARGET);
    }
    match (&expected.groups, &found.groups) {
        (Some(expected), Ok(Some(found))) => checker.compare(
            &MOUNT_TARGET_SECURITY_GROUP,
            about,
            expected == found,
            (list(expected), list(found)),
            "restore the security groups (`aws efs modify-mount-target-security-groups`): otherwise builds cannot mount the file system, \
                or others can",
        ),
        (Some(expected), Ok(None)) if found.state == "available" => {
            checker.unchecked(
                &MOUNT_TARGET_SECURITY_GROUP,
                about,
                &list(expected),
                "the response of EFS does not report the groups",
                TRY_AGAIN,
            );
        }
        (Some(expected), Err(error)) => checker.refused(&MOUNT_TARGET_SECURITY_GROUP, about, &list(expected), error),
        _ => {}
    }
}

/// Each subnet that builds run in needs a mount target in its zone.
fn covered(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for file_system in expected.file_systems.iter().filter(|file_system| file_system.for_builds) {
        let Some(id) = file_system.physical_id.as_deref() else { continue };
        let Some(Ok(targets)) = observed.mount_targets.get(id) else { continue };
        for subnet in &expected.build_subnets {
            let (about, wanted) = (About::physical(subnet), format!("a mount target of {id} in its availability zone"));
            let remedy = "builds start in a subnet that does not exist: apply the template again, or restore the subnet";
            let Some(place) = checker.found(observed.subnets.get(subnet), &BUILD_SUBNET_COVERED, about, &wanted, remedy) else { continue };
            let here = targets.iter().find(|target| target.zone.as_deref() == Some(place.zone.as_str()) || target.subnet == *subnet);
            // A mount target that is missing or not ready is reported by its own check.
            let is_expected = expected.targets_of(id).any(|target| {
                target
                    .subnet
                    .as_ref()
                    .and_then(|subnet| observed.subnets.get(subnet))
                    .is_some_and(|found| matches!(found, Ok(Some(found)) if found.zone == place.zone))
            });
            if here.is_none() && is_expected {
                continue;
            }
            checker.compare(
                &BUILD_SUBNET_COVERED,
                about,
                here.is_some(),
                (format!("a mount target of {id} in {}", place.zone), here.map_or("none".to_owned(), |target| target.id.clone())),
                "builds in this subnet cannot mount the cache: create a mount target in the zone, or remove the subnet from the build \
                    subnets",
            );
        }
    }
}
