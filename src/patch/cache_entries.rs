//! The model's pieces of the cache, fitted to what a template offers.

use super::compare::value_of;
use super::template_capabilities::{TemplateCapabilities, ThirdZone};
use crate::model::build_cache::{BUILD_CACHE_ENABLED, BuildCache, FARGATE, HostTemplate, SECURITY};
use crate::model::{Condition, ConditionName, Entries, ParameterName, json, rack};

/// Everything of the cache that has a name, by section.
#[derive(Clone, Debug)]
pub(super) struct CacheEntries {
    pub parameters: Entries,
    pub conditions: Entries,
    pub resources: Entries,
}

impl CacheEntries {
    /// Returns the pieces for a template that offers this.
    pub(super) fn for_template(capabilities: &TemplateCapabilities<'_>) -> Self {
        let cache = BuildCache::new(&host_template(capabilities));
        let mut pieces =
            Self { parameters: cache.parameters().clone(), conditions: cache.conditions().clone(), resources: cache.resources().clone() };
        for (condition, parameter) in &capabilities.lacking_blanks {
            let blank = Condition::parameter_is(&ParameterName::<String>::new(parameter), "");
            pieces.conditions.insert((*condition).to_owned(), json(&blank));
        }
        // What rests on something that lacks is not compared: that it lacks was told.
        if capabilities.fargate.is_none() {
            pieces.conditions.shift_remove(FARGATE.name());
        }
        if capabilities.vpc_id.is_none() {
            pieces.resources.shift_remove(SECURITY.name());
        }
        // However the rack names its VPC, the cache's group names it the same way.
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
        // A task or subnet that is always there is there whenever the cache is on.
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
