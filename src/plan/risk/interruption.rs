//! Resources that are unavailable for some time.

use super::data_loss::because;
use super::{RiskKind, Search};
use crate::cloudformation::PolicyAction;
use crate::plan::certainty::Certainty;
use crate::plan::effects::{Effect, ResourceEffect};
use crate::plan::facts::Facts;

/// Types that serve requests, so that a replacement or deletion interrupts their clients.
const SERVING: &[&str] = &[
    "AWS::AmazonMQ::Broker",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::AppSync::GraphQLApi",
    "AWS::CloudFront::Distribution",
    "AWS::DAX::Cluster",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::EC2::EIP",
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPNConnection",
    "AWS::ECS::Service",
    "AWS::EFS::MountTarget",
    "AWS::EKS::Cluster",
    "AWS::EKS::Nodegroup",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Elasticsearch::Domain",
    "AWS::MSK::Cluster",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::Neptune::DBInstance",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBProxy",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HostedZone",
    "AWS::Transfer::Server",
];

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    for effect in search.effects {
        let id = effect.logical_resource_id.as_str();
        let name = format!("`{id}` ({})", effect.resource_type);
        let may = if effect.possible { "may be" } else { "is" };
        let path = effect.causes.first().and_then(|cause| cause.path.clone());
        let why = because(effect, path.as_deref());
        let serves = SERVING.contains(&effect.resource_type.as_str());
        let (path, reason) = match effect.effect {
            // What runs on the instances stops with them, even if the group keeps serving.
            Effect::UpdatedInPlace if effect.rolls_instances => {
                (path, format!("the instances of {name} {} all replaced, in batches{why}.", if effect.possible { "may be" } else { "are" }))
            }
            Effect::UpdatedInPlace if let Some(path) = rolled_nodes(search, id, &effect.resource_type) => {
                let why = because(effect, Some(&path));
                (
                    Some(path),
                    format!("the nodes of {name} {} all replaced, one after another{why}.", if effect.possible { "may be" } else { "are" }),
                )
            }
            Effect::UpdatedWithInterruption => {
                let path = interrupting_path(search, id);
                let why = because(effect, path.as_deref());
                (path, format!("{name} {may} updated with some interruption{why}."))
            }
            Effect::Replaced if effect.stops_and_starts => {
                (path, format!("{name} stops and starts{why}; it is replaced if its root device is an instance store volume."))
            }
            Effect::Replaced if effect.deletes_first => {
                (path, format!("{name} {may} replaced{why}; CloudFormation deletes the old resource before it creates the new one."))
            }
            Effect::Replaced
                if effect.policy_action == Some(PolicyAction::ReplaceAndRetain)
                    && Facts::of(&effect.resource_type).holds_data().is_some() =>
            {
                (path, format!("{name} {may} replaced{why}; the new resource is empty, and the old one is kept in the account."))
            }
            Effect::Replaced if serves => (path, format!("{name} {may} replaced{why}; its clients have to switch to the new resource.")),
            Effect::Deleted if serves && !is_deleted_with_its_file_system(search, effect) => {
                (None, format!("{name} {may} deleted{why}; it then stops serving its clients."))
            }
            _ => continue,
        };
        search.note_with(Certainty::possible_if(effect.possible), RiskKind::Interruption, Some(id), path, reason);
    }
}

/// Returns whether a mount target is deleted with its file system, which is reported as data loss already.
fn is_deleted_with_its_file_system(search: &Search<'_, '_, '_>, effect: &ResourceEffect) -> bool {
    let is_deleted_file_system = |id: &str| {
        let mut effects = search.effects.iter().filter(|effect| effect.logical_resource_id == id);
        effects.any(|effect| effect.resource_type == "AWS::EFS::FileSystem" && effect.effect == Effect::Deleted)
    };
    effect.resource_type == "AWS::EFS::MountTarget"
        && search.comparison.context.before.is_some_and(|before| before.needs(&effect.logical_resource_id).any(is_deleted_file_system))
}

/// Returns the changed property because of which a managed node group replaces its nodes.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html>
fn rolled_nodes(search: &Search<'_, '_, '_>, id: &str, resource_type: &str) -> Option<String> {
    const ROLLING: [&str; 3] = ["LaunchTemplate", "ReleaseVersion", "Version"];
    let modified = search.changed.modified(id).filter(|_| resource_type == "AWS::EKS::Nodegroup")?;
    let mut changed = modified.differences.iter().filter(|difference| difference.verdict.is_actual());
    changed.find(|difference| difference.property().is_some_and(|name| ROLLING.contains(&name))).map(|difference| difference.path_text())
}

fn interrupting_path(search: &Search<'_, '_, '_>, id: &str) -> Option<String> {
    let modified = search.changed.modified(id)?;
    let mut changed = modified.differences.iter().filter(|difference| difference.verdict.is_actual());
    let facts = Facts::of(modified.after.resource_type);
    changed.find(|difference| facts.interrupts(difference.property())).map(|difference| difference.path_text())
}
