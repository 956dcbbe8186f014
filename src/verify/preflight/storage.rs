//! Locations of new mount targets, keys of new file systems, and sizes of build tasks.

use indexmap::{IndexMap, IndexSet};

use super::{Address, Inspector, Owner, Requirements, pass_or_fail, unchecked};
use crate::aws::fargate;
use crate::verify::Verdict;
use crate::verify::names::{EXISTING_KEY, FARGATE_SIZE, MOUNT_TARGET_TAKEN, ZONE_WITHOUT_EFS};
use crate::verify::observed::Zone;
use crate::verify::verdict::About;

pub(super) fn check(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let places = places(requirements, inspector, &mut verdicts);
    zones(requirements, &places, inspector, &mut verdicts);
    conflicts(requirements, &places, inspector, &mut verdicts);
    for (file_system, key) in &requirements.keys {
        let about = About::resource(file_system, Some(key));
        verdicts.push(match inspector.key(key) {
            Ok(Some(found)) => {
                let texts = ("an enabled key".to_owned(), found.state.clone());
                pass_or_fail(&EXISTING_KEY, about, found.state == "Enabled", texts, "run `aws kms enable-key`, or use another key")
            }
            Ok(None) => {
                let texts = ("an enabled key".to_owned(), "does not exist".to_owned());
                pass_or_fail(&EXISTING_KEY, about, false, texts, "use a key of this region that the account can use")
            }
            Err(error) => unchecked(&EXISTING_KEY, about, "an enabled key", &error),
        });
    }
    for (task, cpu, memory) in &requirements.sizes {
        let problem = fargate::size_problem(cpu, memory);
        let texts = ("a size that Fargate supports".to_owned(), format!("CPU {cpu}, memory {memory}"));
        let remedy = problem.clone().unwrap_or_default();
        verdicts.push(pass_or_fail(&FARGATE_SIZE, About::resource(task, None), problem.is_none(), texts, &remedy));
    }
    verdicts
}

/// Returns the availability zone of each new mount target, by logical ID.
fn places(requirements: &Requirements, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) -> IndexMap<String, String> {
    let mut places = IndexMap::new();
    for target in &requirements.targets {
        let zone = match &target.address {
            Address::Zone(zone) | Address::Likely(zone) => zone.clone(),
            Address::Subnet(subnet) => {
                let about = About::resource(&target.logical_id, Some(subnet));
                match inspector.subnet(subnet) {
                    Ok(Some(found)) => found.zone,
                    Ok(None) => {
                        let texts = ("a subnet".to_owned(), "does not exist".to_owned());
                        verdicts.push(pass_or_fail(&ZONE_WITHOUT_EFS, about, false, texts, "use a subnet of this account and region"));
                        continue;
                    }
                    Err(error) => {
                        verdicts.push(unchecked(&ZONE_WITHOUT_EFS, about, "a subnet in a zone with EFS", &error));
                        continue;
                    }
                }
            }
            Address::Unknown => continue,
        };
        places.insert(target.logical_id.clone(), zone);
    }
    places
}

fn zones(requirements: &Requirements, places: &IndexMap<String, String>, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) {
    if places.is_empty() {
        return;
    }
    let expected = "an availability zone with EFS";
    let known = match inspector.zones() {
        Ok(known) if known.is_empty() => return,
        Ok(known) => known,
        Err(error) => {
            verdicts.push(unchecked(&ZONE_WITHOUT_EFS, About::default(), expected, &error));
            return;
        }
    };
    for (target, zone) in places {
        let is_likely = requirements.targets.iter().any(|new| new.logical_id == *target && matches!(new.address, Address::Likely(_)));
        let problem = match known.iter().find(|known| known.name == *zone) {
            None if is_likely => continue,
            None => Some("which the account does not have in this region"),
            Some(found) => unsuitable(found),
        };
        // The availability of EFS is unknown, and no other problem was found.
        if let (None, Some(Zone { has_efs: Err(error), .. })) = (problem, known.iter().find(|known| known.name == *zone)) {
            verdicts.push(unchecked(&ZONE_WITHOUT_EFS, About::resource(target, None), expected, error));
            continue;
        }
        let found = problem.map_or_else(|| zone.clone(), |problem| format!("{zone}, {problem}"));
        let fit: Vec<&str> = known.iter().filter(|zone| unsuitable(zone).is_none()).map(|zone| zone.name.as_str()).collect();
        let remedy = format!(
            "move the subnet to another availability zone: {}",
            if fit.is_empty() { "none is suitable".to_owned() } else { fit.join(", ") }
        );
        verdicts.push(pass_or_fail(
            &ZONE_WITHOUT_EFS,
            About::resource(target, None),
            problem.is_none(),
            (expected.to_owned(), found),
            &remedy,
        ));
    }
}

fn unsuitable(zone: &Zone) -> Option<&'static str> {
    match zone {
        Zone { is_available: false, .. } => Some("which is currently not available"),
        Zone { kind, .. } if kind == "wavelength-zone" || kind == "local-zone" => Some("which is not a regular availability zone"),
        Zone { has_efs: Ok(Some(false)), .. } => Some("where EFS is not available"),
        _ => None,
    }
}

/// Checks for conflicting mount targets: a file system supports one for each zone, and CloudFormation creates the new one before it deletes
/// the old one.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html>
fn conflicts(requirements: &Requirements, places: &IndexMap<String, String>, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) {
    let owners: IndexSet<&Owner> = requirements.targets.iter().map(|target| &target.owner).collect();
    for owner in owners {
        let (name, existing) = match owner {
            Owner::New(logical_id) => (logical_id, Vec::new()),
            Owner::Existing(id) => match inspector.mount_targets(id) {
                Ok(targets) => {
                    let is_there = |target: &crate::verify::MountTarget| !matches!(target.state.as_str(), "deleted" | "deleting");
                    (id, targets.into_iter().filter(is_there).filter_map(|target| Some((target.zone?, target.id))).collect())
                }
                Err(error) => {
                    verdicts.push(unchecked(
                        &MOUNT_TARGET_TAKEN,
                        About::physical(id),
                        "no other mount target in the availability zone",
                        &error,
                    ));
                    continue;
                }
            },
        };
        let mut here: Vec<(String, String)> = existing;
        for target in requirements.targets.iter().filter(|target| target.owner == *owner) {
            let Some(zone) = places.get(&target.logical_id) else { continue };
            let other = here.iter().find(|(taken, _)| taken == zone).map(|(_, id)| id.clone());
            let texts = (format!("no other mount target of {name} in {zone}"), other.clone().unwrap_or_else(|| "none".to_owned()));
            let about = About::resource(&target.logical_id, None);
            let remedy = "a file system supports one mount target for each availability zone, and the new one is created before the old \
                one is deleted: delete the old one first, or use a subnet in another zone";
            verdicts.push(pass_or_fail(&MOUNT_TARGET_TAKEN, about, other.is_none(), texts, remedy));
            here.push((zone.clone(), target.logical_id.clone()));
        }
    }
}
