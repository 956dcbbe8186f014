//! The file system that apps share, with a mount target in each zone.

use super::{FILE_SYSTEM, MOUNT_TARGETS};
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{Ingress, Peer, SecurityGroup};
use crate::model::efs::{FileSystem, MountTarget};
use crate::model::name::{ConditionName, LogicalId};
use crate::model::rack::encryption::{FILE_SYSTEM_ENCRYPTION, encryption_key};
use crate::model::rack::network::{self, PRIVATE_INSTANCES, THIRD_ZONE};
use crate::model::rack::region::HAS_EFS;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const THIRD_TARGET: ConditionName = ConditionName::new("RegionHasEFSAndThirdAvailabilityZoneAndHighAvailability");

const SECURITY: LogicalId<SecurityGroup> = LogicalId::new("VolumeSecurity");

/// The port of NFS.
const NFS_PORT: u16 = 2049;

pub(super) fn declare(rack: &mut Sections) {
    rack.condition(&THIRD_TARGET, &Condition::both(&HAS_EFS, &THIRD_ZONE));

    // Encryption is a create-only property: encrypting the file system of a moved stack would replace it.
    let name = vec![Tag::name(Value::sub("${AWS::StackName}-shared-volumes"))];
    let file_system = FileSystem::encrypted_only_if(&FILE_SYSTEM_ENCRYPTION, &encryption_key(&FILE_SYSTEM_ENCRYPTION), name);
    rack.resource(&FILE_SYSTEM, &Declared::new(file_system).only_if(&HAS_EFS));
    let security = SecurityGroup {
        group_description: Value::sub("${AWS::StackName} volumes"),
        vpc_id: network::vpc_id(),
        ingress: vec![OrNoValue::always(Ingress::tcp(NFS_PORT, NFS_PORT, Peer::Group(network::instance_security_group())))],
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-volumes"))],
    };
    rack.resource(&SECURITY, &Declared::new(security).only_if(&HAS_EFS));
    for (index, target) in MOUNT_TARGETS.iter().enumerate() {
        let [public, private] = network::subnets_of_zone(index);
        let subnet = Value::if_else(&PRIVATE_INSTANCES, private, public);
        let mount_target = MountTarget::new(FILE_SYSTEM.reference(), subnet, vec![SECURITY.reference()]);
        let condition = if index < 2 { HAS_EFS } else { THIRD_TARGET };
        rack.resource(target, &Declared::new(mount_target).only_if(&condition));
    }
}
