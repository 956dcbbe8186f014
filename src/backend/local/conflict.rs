//! Conflicts in the account: names in use, and two mount targets in one zone.

use serde_json::Value;

use super::identity::custom_name;
use super::record::AccountRecord;
use super::secrets::SecretParts;
use super::store::{Table, Transaction};
use crate::backend::BackendError;

/// Returns why a resource conflicts with an existing one, with AWS's message, or `None`.
pub(super) fn conflict(
    transaction: &Transaction<'_>,
    resource_type: &str,
    properties: &Value,
    secrets: &SecretParts,
) -> Result<Option<String>, BackendError> {
    let peers: Vec<AccountRecord> = transaction.all(Table::ACCOUNT, &format!("{resource_type}/"))?;
    if let Some(name) = custom_name(resource_type, properties)
        && let Some(peer) = peers.iter().find(|peer| peer.name.as_deref() == Some(name))
    {
        let retained = if peer.retained { " (retained by a DeletionPolicy)" } else { "" };
        return Ok(Some(format!("{} already exists in stack {}{retained}", secrets.shown_id(name), peer.stack_id)));
    }
    if resource_type == "AWS::EFS::MountTarget" {
        let subnets: Vec<AccountRecord> = transaction.all(Table::ACCOUNT, "AWS::EC2::Subnet/")?;
        // An unknown subnet counts as a separate zone.
        let zone = |properties: &Value| {
            let subnet = properties.get("SubnetId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let record = subnets.iter().find(|record| record.physical_id == subnet);
            record.and_then(|record| Some(record.properties.get("AvailabilityZone")?.as_str()?.to_owned())).unwrap_or(subnet)
        };
        let meets = |peer: &&AccountRecord| {
            peer.properties.get("FileSystemId") == properties.get("FileSystemId") && zone(&peer.properties) == zone(properties)
        };
        if peers.iter().any(|peer| meets(&peer)) {
            // Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html>, MountTargetConflict.
            return Ok(Some(
                "Resource handler returned message: \"mount target already exists in this AZ (Service: Efs, Status Code: 409)\" (HandlerErrorCode: AlreadyExists)"
                    .to_owned(),
            ));
        }
    }
    Ok(None)
}
