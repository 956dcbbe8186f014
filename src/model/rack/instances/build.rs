//! The build cluster: instances that run only builds.

use super::groups::{group, rolling, tags};
use super::inputs::{instance_type_parameter, is_arm};
use super::template::{Membership, data};
use super::{BUILD_CLUSTER, BUILD_GROUP, BUILD_TEMPLATE, BUILDERS, DEDICATED_BUILDER, GROUP};
use crate::model::autoscaling::{AutoScalingGroup, GroupTag};
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag, UpdatePolicy};
use crate::model::ec2::{LaunchTemplate, LaunchTemplateData};
use crate::model::ecs::Cluster;
use crate::model::name::{ConditionName, Id, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::{methods, network, roles, routing};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const BUILD_INSTANCE: ParameterName<String> = ParameterName::new("BuildInstance");
const BUILD_VOLUME_SIZE: ParameterName<u32> = ParameterName::new("BuildVolumeSize");

const BUILD_ARM: ConditionName = ConditionName::new("BuildInstanceARM");

pub(super) fn declare(rack: &mut Sections) {
    let instance = "Type of the instances that run only builds. If blank, builds on instances run on those of the cluster";
    let instance = instance_type_parameter("t3.small", instance)
        .matching(r"([a-z][a-z0-9-]*\.[a-z0-9-]+)?", "must be an instance type, such as t4g.small, or blank");
    rack.parameter(Group::Build, &BUILD_INSTANCE, &instance);
    let volume = "Size of a build instance's volume in GiB; it holds images and build caches of the engine";
    rack.parameter(Group::Build, &BUILD_VOLUME_SIZE, &Parameter::number(100, volume).between(30, 16_384));

    let named = |name: &ConditionName| Condition::Named(name.clone());
    rack.condition(&DEDICATED_BUILDER, &Condition::parameter_is(&BUILD_INSTANCE, "").negated());
    rack.condition(&BUILD_GROUP, &Condition::And(vec![named(&DEDICATED_BUILDER), named(&methods::USE_BUILD_INSTANCE)]));
    rack.condition(&BUILD_ARM, &is_arm(&BUILD_INSTANCE));

    let cluster = Cluster { capacity_providers: Vec::new(), tags: vec![Tag::name(Value::sub("${AWS::StackName}-build"))] };
    rack.resource(&BUILD_CLUSTER, &Declared::new(cluster).only_if(&DEDICATED_BUILDER));
    let member = Membership {
        attribute: "build",
        cluster: BUILD_CLUSTER,
        signals: "BuildInstances",
        allows_itself: routing::BUILDERS_ALLOW_THEMSELVES,
    };
    let template = LaunchTemplateData {
        instance_type: Some(BUILD_INSTANCE.value().into()),
        ..data(
            &network::PRIVATE_BUILD,
            &BUILD_ARM,
            BUILD_VOLUME_SIZE.value(),
            network::build_security_group(),
            roles::build_instances_profile(),
            member,
        )
    };
    rack.resource(&BUILD_TEMPLATE, &Declared::new(LaunchTemplate { launch_template_data: template }).only_if(&DEDICATED_BUILDER));
    let mut tags = tags(&network::PRIVATE_BUILD);
    tags.insert(2, OrNoValue::always(GroupTag::of_instances("Purpose", "Build")));
    let group = AutoScalingGroup {
        min_size: 1.into(),
        max_size: 2.into(),
        desired_capacity: Some(OrNoValue::always(1)),
        ..group(BUILD_TEMPLATE, network::private_subnets_if(&network::PRIVATE_BUILD), tags)
    };
    let update = UpdatePolicy::Rolling(rolling(1.into()));
    rack.resource(&BUILDERS, &Declared::new(group).only_if(&BUILD_GROUP).with_update_policy(update));

    let group = Value::<Id<AutoScalingGroup>>::if_else(&BUILD_GROUP, BUILDERS.reference(), GROUP.reference());
    rack.output("BuildAutoscalingGroup", None, "Auto Scaling group of the instances that run builds", &group.to_text());
    rack.output("BuildCluster", None, "Cluster of builds", &cluster_of_builds());
}

/// Returns the cluster of builds: the build cluster if it has instances, or the rack's own, in which builds on Fargate also run.
pub(in crate::model::rack) fn cluster_of_builds() -> Value<String> {
    Value::<Id<Cluster>>::if_else(&BUILD_GROUP, BUILD_CLUSTER.reference(), super::CLUSTER.reference()).to_text()
}
