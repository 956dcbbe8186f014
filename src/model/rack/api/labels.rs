//! The labels from which the API reads the rack's settings.

use indexmap::IndexMap;
use serde::Serialize;

use super::inputs::{FARGATE, POLL_INTERVAL, TELEMETRY, TIMER_STATE};
use crate::model::name::ParameterName;
use crate::model::rack::instances::{self, cluster_of_builds};
use crate::model::rack::release::VERSION;
use crate::model::rack::{encryption, network, notifications, routing, storage};
use crate::model::value::{OrNoValue, Value};

type Labels = IndexMap<String, OrNoValue<String>>;

/// Returns the labels that both tasks of the API have.
fn shared() -> Labels {
    let parameter = |name: &'static str| (name, OrNoValue::from(ParameterName::<String>::new(name).value()));
    let private = OrNoValue::only_if(&network::PRIVATE_NETWORK, network::private_subnet_list());
    let values: Vec<(&str, OrNoValue<String>)> = vec![
        ("ApiBalancerSecurity", text(routing::API_BALANCER.reference())),
        ("BuildCluster", cluster_of_builds().into()),
        ("CloudformationTopic", text(notifications::STACKS.reference())),
        ("Cluster", text(instances::CLUSTER.reference())),
        ("DynamoBuilds", text(storage::BUILDS.reference())),
        ("DynamoReleases", text(storage::RELEASES.reference())),
        ("EcsPollInterval", text(POLL_INTERVAL.value())),
        ("EncryptionKey", encryption::secrets_key_arn().to_text().into()),
        ("Fargate", FARGATE.into()),
        parameter("HighAvailability"),
        parameter("InstanceSecurityGroup"),
        parameter("InstancesIpToIncludInWhiteListing"),
        parameter("Internal"),
        parameter("InternalOnly"),
        ("LogBucket", text(storage::log_bucket())),
        parameter("LogDriver"),
        parameter("NLB"),
        parameter("NLBInternal"),
        parameter("NLBInternalPreserveClientIP"),
        parameter("NLBPreserveClientIP"),
        ("NotificationTopic", text(notifications::NOTIFICATIONS.reference())),
        parameter("OnDemandMinCount"),
        parameter("Private"),
        parameter("PrivateBuild"),
        ("SecurityGroup", text(network::instance_security_group())),
        ("SettingsBucket", text(storage::SETTINGS.reference())),
        ("SpotInstances", Value::if_else(&instances::SPOT, "Yes", "No").into()),
        ("Subnets", network::public_subnet_list().into()),
        ("SubnetsPrivate", private),
        parameter("SyslogDestination"),
        parameter("SyslogFormat"),
        parameter("Version"),
        ("Vpc", text(network::vpc_id())),
        ("VpcCidr", network::VPC_CIDR.value().into()),
        ("WhiteListSpecified", Value::if_else(&routing::ALLOW_LIST, "Yes", "No").into()),
    ];
    let release = ("convox.release".to_owned(), VERSION.value().into());
    std::iter::once(release).chain(values.into_iter().map(|(name, value)| (format!("rack.{name}"), value))).collect()
}

/// Returns the labels of the web task.
pub(super) fn web() -> Labels {
    let spot = OrNoValue::only_if(&instances::SPOT, instances::SPOT_GROUP.reference().to_text());
    with([
        ("rack.AsgSpot", spot),
        ("rack.AsgStandard", text(instances::GROUP.reference())),
        ("rack.AvailabilityZones", network::zone_list().into()),
        ("rack.CustomEncryptionKey", encryption::secrets_key_arn().to_text().into()),
        ("rack.MaintainTimerState", TIMER_STATE.value().into()),
        ("rack.SshKey", text(instances::KEY.value())),
    ])
}

/// Returns the labels of the monitor.
pub(super) fn monitor() -> Labels {
    with([("rack.RackApiServiceName", "ServiceMonitorApi,ServiceWebApi".into()), ("rack.Telemetry", TELEMETRY.value().into())])
}

fn with<const N: usize>(more: [(&str, OrNoValue<String>); N]) -> Labels {
    let mut labels = shared();
    labels.extend(more.map(|(name, value)| (name.to_owned(), value)));
    labels
}

fn text<T: Serialize>(value: Value<T>) -> OrNoValue<String> {
    value.to_text().into()
}
