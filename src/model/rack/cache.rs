//! The build cache in the rack, and the names that it refers to.

use super::{encryption, methods, network};
use crate::model::build_cache::{self, BuildCache, HostTemplate};
use crate::model::sections::Sections;

pub(super) fn declare(rack: &mut Sections) {
    rack.extend(BuildCache::new(&host_template()).into_sections());
    let repository_uri = build_cache::REPOSITORY.attribute("RepositoryUri");
    rack.output("BuildCacheRepositoryUri", Some(&build_cache::BUILD_CACHE_ENABLED), "Repository of cached layers", &repository_uri);
    let file_system = build_cache::FILE_SYSTEM.reference().to_text();
    rack.output("BuildCacheFilesystem", Some(&build_cache::FARGATE), "File system of cached directories", &file_system);
}

/// Returns the names in a current rack that the build cache refers to, both in ours and in Convox's.
pub fn host_template() -> HostTemplate {
    HostTemplate {
        fargate: methods::USE_FARGATE_BUILD,
        third_zone: Some(network::THIRD_ZONE),
        subnets: network::SUBNETS,
        vpc: network::VPC,
        existing_vpc: Some((network::BLANK_EXISTING_VPC, network::EXISTING_VPC)),
        instances_security: network::INSTANCES_SECURITY,
        instance_security_group: Some((network::BLANK_INSTANCE_SECURITY_GROUP, network::INSTANCE_SECURITY_GROUP)),
        build_instance_security_group: Some((network::BLANK_BUILD_INSTANCE_SECURITY_GROUP, network::BUILD_INSTANCE_SECURITY_GROUP)),
        key: Some(encryption::encryption_key(&encryption::FILE_SYSTEM_ENCRYPTION)),
    }
}
