//! Adapts the model's cache entries to the capabilities of a template.

use super::compare::value_of;
use super::template_capabilities::{TemplateCapabilities, ThirdZone};
use crate::model::build_cache::{BUILD_CACHE_ENABLED, BuildCache, FARGATE, HostTemplate, SECURITY};
use crate::model::{Condition, ConditionName, Entries, ParameterName, json, rack};

/// The named entries of the cache, by section.
#[derive(Clone, Debug)]
pub(super) struct CacheEntries {
    pub parameters: Entries,
    pub conditions: Entries,
    pub resources: Entries,
}

impl CacheEntries {
    /// Returns the entries for a template with these capabilities.
    pub(super) fn for_template(capabilities: &TemplateCapabilities<'_>) -> Self {
        let cache = BuildCache::new(&host_template(capabilities));
        let mut pieces =
            Self { parameters: cache.parameters().clone(), conditions: cache.conditions().clone(), resources: cache.resources().clone() };
        for (condition, parameter) in &capabilities.missing_blank_conditions {
            let blank = Condition::parameter_is(&ParameterName::<String>::new(parameter), "");
            pieces.conditions.insert((*condition).to_owned(), json(&blank));
        }
        // Entries that depend on a missing part are not compared, since that part was already reported.
        if capabilities.fargate.is_none() {
            pieces.conditions.shift_remove(FARGATE.name());
        }
        if capabilities.vpc_id.is_none() {
            pieces.resources.shift_remove(SECURITY.name());
        }
        // The cache's security group uses the rack's own expression for the VPC.
        let properties = pieces.resources.get_mut(SECURITY.name()).and_then(|group| group.get_mut("Properties"));
        if let (Some(vpc_id), Some(properties)) = (capabilities.vpc_id, properties) {
            properties["VpcId"] = value_of(vpc_id);
        }
        pieces
    }
}

fn host_template(capabilities: &TemplateCapabilities<'_>) -> HostTemplate {
    let rack = rack::host_template();
    HostTemplate {
        // An unconditional task or subnet exists whenever the cache is enabled.
        fargate: capabilities.fargate_condition.map_or(BUILD_CACHE_ENABLED, ConditionName::from_name),
        third_zone: match capabilities.third_zone {
            ThirdZone::Never => None,
            ThirdZone::Always => Some(BUILD_CACHE_ENABLED),
            ThirdZone::When(condition) => Some(ConditionName::from_name(condition)),
        },
        instance_security_group: rack.instance_security_group.filter(|_| capabilities.instance_group),
        build_instance_security_group: rack.build_instance_security_group.filter(|_| capabilities.build_instance_group),
        key: rack.key.filter(|_| capabilities.customer_managed_key),
        ..rack
    }
}
