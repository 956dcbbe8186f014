//! Inspects the resources that a template expects.

use indexmap::IndexSet;

use super::expected::{Expected, ExpectedKey};
use super::inspector::Inspector;
use super::observed::Observed;

/// Inspects every expected resource once, and the resources that these use.
pub fn inspect(expected: &Expected, inspector: &dyn Inspector) -> Observed {
    let mut observed = Observed::default();
    let mut keys: IndexSet<String> = expected.keys.iter().filter_map(|(_, id)| id.clone()).collect();
    for file_system in &expected.file_systems {
        let Some(id) = &file_system.physical_id else { continue };
        let found = inspector.file_system(id);
        if let Ok(Some(found)) = &found
            && let Some(key) = &found.key
        {
            keys.insert(key.clone());
        }
        if let ExpectedKey::Id(key) = &file_system.key {
            keys.insert(key.clone());
        }
        observed.file_systems.insert(id.clone(), found);
    }
    let file_systems: IndexSet<&String> =
        expected.mount_targets.iter().filter_map(|target| target.file_system.as_ref()).chain(observed.file_systems.keys()).collect();
    observed.mount_targets = file_systems.into_iter().map(|id| (id.clone(), inspector.mount_targets(id))).collect();
    let rules = expected.rules.iter().flat_map(|rule| [rule.group.clone(), rule.build_group.clone()].into_iter().flatten());
    let mut groups: IndexSet<String> = rules.collect();
    groups.sort();
    observed.security_groups = groups.into_iter().map(|id| (id.clone(), inspector.security_group(&id))).collect();
    let mut subnets: IndexSet<String> = expected.mount_targets.iter().filter_map(|target| target.subnet.clone()).collect();
    subnets.extend(expected.build_subnets.iter().cloned());
    observed.subnets = subnets.into_iter().map(|id| (id.clone(), inspector.subnet(&id))).collect();
    // DNS settings matter only in a VPC where builds mount a file system.
    let mounted =
        expected.file_systems.iter().filter(|file_system| file_system.for_builds).filter_map(|found| found.physical_id.as_deref());
    let of_builds = mounted.flat_map(|id| expected.targets_of(id)).filter_map(|target| target.subnet.as_ref());
    let vpcs: IndexSet<String> =
        of_builds.filter_map(|subnet| Some(observed.subnets.get(subnet)?.as_ref().ok()?.as_ref()?.vpc.clone())).collect();
    observed.vpcs = vpcs.into_iter().map(|id| (id.clone(), inspector.vpc(&id))).collect();
    let tasks = expected.tasks.iter().filter_map(|task| task.physical_id.clone());
    observed.task_definitions = tasks.map(|arn| (arn.clone(), inspector.task_definition(&arn))).collect();
    let repositories = expected.repositories.iter().filter_map(|repository| repository.physical_id.clone());
    observed.repositories = repositories.map(|name| (name.clone(), inspector.repository(&name))).collect();
    observed.keys = keys.into_iter().map(|id| (id.clone(), inspector.key(&id))).collect();
    observed
}
