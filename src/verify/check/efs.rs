//! File systems and mount targets.

use super::{Checker, is_under_way, list};
use crate::verify::expected::{ExpectedFileSystem, ExpectedKey, ExpectedMountTarget};
use crate::verify::names::{
    BUILD_SUBNET_COVERED, FILE_SYSTEM_AVAILABLE, FILE_SYSTEM_ENCRYPTED, FILE_SYSTEM_KEY, FILE_SYSTEM_LIFECYCLE, FILE_SYSTEM_THROUGHPUT,
    MOUNT_TARGET_AVAILABLE, MOUNT_TARGET_PLACE, MOUNT_TARGET_SECURITY_GROUP,
};
use crate::verify::observed::{FileSystem, MountTarget};
use crate::verify::verdict::{Of, State, Verdict};

const RECREATE: &str =
    "a file system that was deleted by hand comes back when the cache is turned off and on again: `rackform set BuildCache=No`, then `Yes`";
const REPLACE: &str = "it can be set at creation only: turn the cache off and on again to get another file system; what it caches is lost";
const APPLY: &str = "somebody changed it by hand: put it back, or change the template to match";
const LOOK_BY_HAND: &str = "look again in a while, or by hand in the console";
const RECREATE_TARGET: &str = "a mount target that was deleted or moved by hand comes back when the cache is turned off and on again";

pub(super) fn file_systems(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.file_systems {
        let Some(id) = expected.physical_id.as_deref() else { continue };
        let of = Of::resource(&expected.logical_id, Some(id));
        let Some(found) = checker.found(observed.file_systems.get(id), &FILE_SYSTEM_AVAILABLE, of, "available", RECREATE) else { continue };
        available(checker, &FILE_SYSTEM_AVAILABLE, of, &found.state, RECREATE);
        let words = |encrypted| if encrypted { "encrypted" } else { "not encrypted" };
        match (expected.encrypted, found.encrypted) {
            (Some(expected), Some(found)) => {
                checker.compare(
                    &FILE_SYSTEM_ENCRYPTED,
                    of,
                    expected == found,
                    (words(expected).to_owned(), words(found).to_owned()),
                    REPLACE,
                );
            }
            (Some(expected), None) => {
                checker.unchecked(&FILE_SYSTEM_ENCRYPTED, of, words(expected), "EFS does not tell whether it is", LOOK_BY_HAND);
            }
            (None, _) => {}
        }
        if found.encrypted != Some(false) {
            key(checker, expected, found, of);
        }
        modes(checker, expected, found, of);
    }
}

fn available(checker: &mut Checker<'_>, check: &'static crate::verify::Check, of: Of<'_>, state: &str, remedy: &str) {
    if is_under_way(state) {
        let verdict = Verdict::new(check, of, State::Pending, "available", state);
        checker.verdicts.push(verdict.remedied("`rackform verify --wait 120` looks again until it is"));
    } else {
        checker.compare(check, of, state == "available", ("available".to_owned(), state.to_owned()), remedy);
    }
}

fn key(checker: &mut Checker<'_>, expected: &ExpectedFileSystem, found: &FileSystem, of: Of<'_>) {
    let keys = &checker.observed.keys;
    let shown = found.key.clone().unwrap_or_else(|| "no key is told".to_owned());
    let known = found.key.as_ref().and_then(|key| keys.get(key));
    let (wanted, is_passed) = match &expected.key {
        ExpectedKey::Unsaid => return,
        _ if found.key.is_none() => {
            return checker.unchecked(&FILE_SYSTEM_KEY, of, "the key that was expected", "EFS does not tell the key", LOOK_BY_HAND);
        }
        ExpectedKey::AwsManaged => match known {
            Some(Ok(Some(key))) => ("the key that AWS manages for EFS".to_owned(), key.is_aws_managed),
            Some(Err(refusal)) => return checker.refused(&FILE_SYSTEM_KEY, of, "the key that AWS manages for EFS", refusal),
            _ => ("the key that AWS manages for EFS".to_owned(), false),
        },
        ExpectedKey::Id(id) => {
            let arn = match keys.get(id) {
                Some(Ok(Some(key))) => Some(key.arn.as_str()),
                _ => None,
            };
            let is_same = found.key.as_deref().is_some_and(|key| key == id || Some(key) == arn || key.ends_with(&format!("/{id}")));
            if let (false, None, Some(Err(refusal))) = (is_same, arn, keys.get(id)) {
                return checker.refused(&FILE_SYSTEM_KEY, of, id, refusal);
            }
            (id.clone(), is_same)
        }
    };
    checker.compare(&FILE_SYSTEM_KEY, of, is_passed, (wanted, shown), REPLACE);
}

fn modes(checker: &mut Checker<'_>, expected: &ExpectedFileSystem, found: &FileSystem, of: Of<'_>) {
    if let (Some(throughput), Some(performance)) = (&expected.throughput_mode, &expected.performance_mode) {
        let words = |throughput: &str, performance: &str, mibps: Option<f64>| {
            let mibps = mibps.filter(|_| throughput == "provisioned").map(|mibps| format!(" {mibps} MiB/s")).unwrap_or_default();
            format!("{throughput}{mibps}, {performance}")
        };
        let wanted = words(throughput, performance, expected.provisioned_mibps);
        let got = words(&found.throughput_mode, &found.performance_mode, found.provisioned_mibps);
        checker.compare(&FILE_SYSTEM_THROUGHPUT, of, wanted == got, (wanted, got), APPLY);
    }
    let Some(wanted) = &expected.lifecycle else { return };
    let words = |pairs: &[(String, String)]| list(pairs.iter().map(|(name, value)| format!("{name} {value}")));
    match &found.lifecycle {
        Ok(got) => checker.compare(
            &FILE_SYSTEM_LIFECYCLE,
            of,
            wanted == got,
            (words(wanted), words(got)),
            "reading colder storage costs extra and is slow: put the lifecycle policies back to what the template says",
        ),
        Err(refusal) => checker.refused(&FILE_SYSTEM_LIFECYCLE, of, &words(wanted), refusal),
    }
}

pub(super) fn mount_targets(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.mount_targets {
        let Some(id) = expected.physical_id.as_deref() else { continue };
        let Some(file_system) = expected.file_system.as_deref() else { continue };
        // A file system that is missing is told of once.
        if matches!(observed.file_systems.get(file_system), Some(Ok(None))) {
            continue;
        }
        let of = Of::resource(&expected.logical_id, Some(id));
        match observed.mount_targets.get(file_system) {
            Some(Ok(targets)) => match targets.iter().find(|target| target.id == id) {
                Some(found) => mount_target(checker, expected, found, of),
                None => {
                    let verdict = Verdict::new(&MOUNT_TARGET_AVAILABLE, of, State::Failed, "available", "there is none");
                    checker.verdicts.push(verdict.remedied(RECREATE_TARGET));
                }
            },
            Some(Err(refusal)) => checker.refused(&MOUNT_TARGET_AVAILABLE, of, "available", refusal),
            None => {}
        }
    }
    covered(checker);
}

fn mount_target(checker: &mut Checker<'_>, expected: &ExpectedMountTarget, found: &MountTarget, of: Of<'_>) {
    available(checker, &MOUNT_TARGET_AVAILABLE, of, &found.state, RECREATE_TARGET);
    let zone_matters = expected.zone.is_some() && found.zone.is_some();
    let words = |subnet: &str, zone: Option<&str>| match zone.filter(|_| zone_matters) {
        Some(zone) => format!("{subnet} in {zone}"),
        None => subnet.to_owned(),
    };
    if let Some(subnet) = &expected.subnet {
        let wanted = words(subnet, expected.zone.as_deref());
        let got = words(&found.subnet, found.zone.as_deref());
        checker.compare(&MOUNT_TARGET_PLACE, of, wanted == got, (wanted, got), RECREATE_TARGET);
    }
    match (&expected.groups, &found.groups) {
        (Some(expected), Ok(Some(found))) => checker.compare(
            &MOUNT_TARGET_SECURITY_GROUP,
            of,
            expected == found,
            (list(expected), list(found)),
            "give the mount target the expected groups again (`aws efs modify-mount-target-security-groups`): builds cannot mount otherwise, or others can",
        ),
        (Some(expected), Ok(None)) if found.state == "available" => {
            checker.unchecked(&MOUNT_TARGET_SECURITY_GROUP, of, &list(expected), "EFS does not tell its groups", LOOK_BY_HAND);
        }
        (Some(expected), Err(refusal)) => checker.refused(&MOUNT_TARGET_SECURITY_GROUP, of, &list(expected), refusal),
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
            let (of, wanted) = (Of::thing(subnet), format!("a mount target of {id} in its availability zone"));
            let remedy = "builds are started in a subnet that is gone: apply the template again, or put the subnet back";
            let Some(place) = checker.found(observed.subnets.get(subnet), &BUILD_SUBNET_COVERED, of, &wanted, remedy) else { continue };
            let here = targets.iter().find(|target| target.zone.as_deref() == Some(place.zone.as_str()) || target.subnet == *subnet);
            // One that is missing or not ready is reported by its own check.
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
                of,
                here.is_some(),
                (format!("a mount target of {id} in {}", place.zone), here.map_or("none".to_owned(), |target| target.id.clone())),
                "builds in this subnet cannot mount the cache: give the file system a mount target in the zone, or take the subnet out of the builds'",
            );
        }
    }
}
