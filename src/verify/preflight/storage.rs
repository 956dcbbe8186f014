//! Where mount targets come to stand, keys, and the size of build tasks.

use indexmap::{IndexMap, IndexSet};

use super::{Address, Inspector, Owner, Requirements, judged, unchecked};
use crate::aws::fargate;
use crate::verify::Verdict;
use crate::verify::names::{EXISTING_KEY, FARGATE_SIZE, MOUNT_TARGET_TAKEN, ZONE_WITHOUT_EFS};
use crate::verify::observed::Zone;
use crate::verify::verdict::Of;

pub(super) fn survey(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let places = places(requirements, inspector, &mut verdicts);
    zones(requirements, &places, inspector, &mut verdicts);
    taken(requirements, &places, inspector, &mut verdicts);
    for (file_system, key) in &requirements.keys {
        let of = Of::resource(file_system, Some(key));
        verdicts.push(match inspector.key(key) {
            Ok(Some(found)) => {
                let texts = ("a key that is enabled".to_owned(), found.state.clone());
                judged(&EXISTING_KEY, of, found.state == "Enabled", texts, "`aws kms enable-key`, or use another key")
            }
            Ok(None) => {
                let texts = ("a key that is enabled".to_owned(), "there is none".to_owned());
                judged(&EXISTING_KEY, of, false, texts, "name a key of this region that the account may use")
            }
            Err(refusal) => unchecked(&EXISTING_KEY, of, "a key that is enabled", &refusal),
        });
    }
    for (task, cpu, memory) in &requirements.sizes {
        let problem = fargate::size_problem(cpu, memory);
        let texts = ("a size that Fargate offers".to_owned(), format!("CPU {cpu}, memory {memory}"));
        let remedy = problem.clone().unwrap_or_default();
        verdicts.push(judged(&FARGATE_SIZE, Of::resource(task, None), problem.is_none(), texts, &remedy));
    }
    verdicts
}

/// Returns the zone that each new mount target comes to stand in, by logical ID.
fn places(requirements: &Requirements, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) -> IndexMap<String, String> {
    let mut places = IndexMap::new();
    for target in &requirements.targets {
        let zone = match &target.address {
            Address::Zone(zone) | Address::Likely(zone) => zone.clone(),
            Address::Subnet(subnet) => {
                let of = Of::resource(&target.logical_id, Some(subnet));
                match inspector.subnet(subnet) {
                    Ok(Some(found)) => found.zone,
                    Ok(None) => {
                        let texts = ("a subnet".to_owned(), "there is none".to_owned());
                        verdicts.push(judged(&ZONE_WITHOUT_EFS, of, false, texts, "name a subnet of this account and region"));
                        continue;
                    }
                    Err(refusal) => {
                        verdicts.push(unchecked(&ZONE_WITHOUT_EFS, of, "a subnet in a zone with EFS", &refusal));
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
    let expected = "a zone in which EFS is offered";
    let known = match inspector.zones() {
        Ok(known) if known.is_empty() => return,
        Ok(known) => known,
        Err(refusal) => {
            verdicts.push(unchecked(&ZONE_WITHOUT_EFS, Of::default(), expected, &refusal));
            return;
        }
    };
    for (target, zone) in places {
        let is_likely = requirements.targets.iter().any(|new| new.logical_id == *target && matches!(new.address, Address::Likely(_)));
        let problem = match known.iter().find(|known| known.name == *zone) {
            None if is_likely => continue,
            None => Some("which the account does not have in this region"),
            Some(found) => unfit(found),
        };
        // Where EFS is offered could not be asked, and nothing else speaks against the zone.
        if let (None, Some(Zone { has_efs: Err(refusal), .. })) = (problem, known.iter().find(|known| known.name == *zone)) {
            verdicts.push(unchecked(&ZONE_WITHOUT_EFS, Of::resource(target, None), expected, refusal));
            continue;
        }
        let found = problem.map_or_else(|| zone.clone(), |problem| format!("{zone}, {problem}"));
        let fit: Vec<&str> = known.iter().filter(|zone| unfit(zone).is_none()).map(|zone| zone.name.as_str()).collect();
        let remedy =
            format!("put the subnet into another zone: {} would do", if fit.is_empty() { "none".to_owned() } else { fit.join(", ") });
        verdicts.push(judged(&ZONE_WITHOUT_EFS, Of::resource(target, None), problem.is_none(), (expected.to_owned(), found), &remedy));
    }
}

fn unfit(zone: &Zone) -> Option<&'static str> {
    match zone {
        Zone { is_available: false, .. } => Some("which is not available at present"),
        Zone { kind, .. } if kind == "wavelength-zone" || kind == "local-zone" => Some("which is no regular availability zone"),
        Zone { has_efs: Ok(Some(false)), .. } => Some("where EFS is not offered"),
        _ => None,
    }
}

/// A file system takes one mount target in each zone, and the new one comes before an old one goes.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html>
fn taken(requirements: &Requirements, places: &IndexMap<String, String>, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) {
    let owners: IndexSet<&Owner> = requirements.targets.iter().map(|target| &target.owner).collect();
    for owner in owners {
        let (name, existing) = match owner {
            Owner::New(logical_id) => (logical_id, Vec::new()),
            Owner::Existing(id) => match inspector.mount_targets(id) {
                Ok(targets) => {
                    let is_there = |target: &crate::verify::MountTarget| !matches!(target.state.as_str(), "deleted" | "deleting");
                    (id, targets.into_iter().filter(is_there).filter_map(|target| Some((target.zone?, target.id))).collect())
                }
                Err(refusal) => {
                    verdicts.push(unchecked(&MOUNT_TARGET_TAKEN, Of::thing(id), "no mount target yet in a zone that gets one", &refusal));
                    continue;
                }
            },
        };
        let mut here: Vec<(String, String)> = existing;
        for target in requirements.targets.iter().filter(|target| target.owner == *owner) {
            let Some(zone) = places.get(&target.logical_id) else { continue };
            let other = here.iter().find(|(taken, _)| taken == zone).map(|(_, id)| id.clone());
            let texts = (format!("no other mount target of {name} in {zone}"), other.clone().unwrap_or_else(|| "none".to_owned()));
            let of = Of::resource(&target.logical_id, None);
            let remedy = "a file system takes one mount target in each zone, and the new one is made before the old one goes: remove the old one first, or use a subnet in another zone";
            verdicts.push(judged(&MOUNT_TARGET_TAKEN, of, other.is_none(), texts, remedy));
            here.push((zone.clone(), target.logical_id.clone()));
        }
    }
}
