//! The rack's customer-managed key and the resources that it encrypts.

use serde_json::json;

use crate::model::condition::Condition;
use crate::model::declared::{Declared, DeletionPolicy, Tag};
use crate::model::efs::FileSystem;
use crate::model::iam::{PolicyDocument, Statement};
use crate::model::kms::{Alias, Encryptable, EncryptionKey, Key, KeyService};
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::Value;

const ENABLE_SHARED_EFS_VOLUME_ENCRYPTION: ParameterName<String> = ParameterName::new("EnableSharedEFSVolumeEncryption");

/// File systems are encrypted with the rack's key.
pub(super) const FILE_SYSTEM_ENCRYPTION: ConditionName = ConditionName::new("EnableSharedEFSVolumeEncryptionCond");
const KEY_IN_USE: ConditionName = ConditionName::new("CustomerManagedKeyInUse");

const KEY: LogicalId<Key> = LogicalId::new("CustomerManagedKey");
const KEY_ALIAS: LogicalId<Alias> = LogicalId::new("CustomerManagedKeyAlias");

/// Every use of the key: the condition that enables it, and the service that uses the key.
///
/// The key exists while at least one condition is true, and its policy has a statement for each service in use. To encrypt
/// another resource, add its line here and pass [`encryption_key`] to [`Encryptable::encrypted_with`].
const USES: &[(ConditionName, KeyService)] = &[(FILE_SYSTEM_ENCRYPTION, FileSystem::SERVICE)];

/// Returns the rack's key for a resource that uses it while `condition` is true; the condition must be one of [`USES`].
pub(super) fn encryption_key(condition: &ConditionName) -> EncryptionKey {
    EncryptionKey::only_if(condition, KEY)
}

pub(super) fn declare(rack: &mut Sections) {
    let encryption = "Encrypt file systems with the rack's own KMS key instead of the AWS managed key. Changing this replaces the build \
        cache's file system and deletes its content";
    rack.parameter(Group::Storage, &ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, &Parameter::choice(&["false", "true"], encryption));
    rack.condition(&FILE_SYSTEM_ENCRYPTION, &Condition::parameter_is(&ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, "true"));

    let administration = {
        let root = json!({ "AWS": Value::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") });
        Statement::allow("Administration", &["kms:*"], [Value::from("*")]).to_principal(root)
    };
    let (exists_if, key_policy) = if let [(condition, service)] = USES {
        (condition.clone(), PolicyDocument::new([administration, service.statement()]))
    } else {
        rack.condition(&KEY_IN_USE, &Condition::any(USES.iter().map(|(condition, _)| condition)));
        let policy = PolicyDocument::new([administration]);
        let add =
            |policy: PolicyDocument, (condition, service): &(ConditionName, KeyService)| policy.with_if(condition, service.statement());
        (KEY_IN_USE, USES.iter().fold(policy, add))
    };
    let key = Key {
        description: Value::sub("Encrypts file systems of ${AWS::StackName}"),
        key_policy,
        enable_key_rotation: true,
        pending_window_in_days: 30,
        tags: vec![Tag::name(stack_name())],
    };
    rack.resource(&KEY, &Declared::new(key).only_if(&exists_if).with_deletion_policy(DeletionPolicy::Delete));
    let alias = Alias { alias_name: Value::sub("alias/${AWS::StackName}"), target_key_id: KEY.reference() };
    rack.resource(&KEY_ALIAS, &Declared::new(alias).only_if(&exists_if));
}
