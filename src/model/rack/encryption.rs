//! The rack's two customer-managed keys: one for its buckets and file systems, one for the secrets of apps.

use serde_json::json;

use crate::model::condition::Condition;
use crate::model::declared::{Declared, DeletionPolicy, Tag};
use crate::model::efs::FileSystem;
use crate::model::iam::{ManagedPolicy, PolicyDocument, Statement};
use crate::model::kms::{Alias, Encryptable, EncryptionKey, Key, KeyService};
use crate::model::name::{Arn, ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const ENABLE_SHARED_EFS_VOLUME_ENCRYPTION: ParameterName<String> = ParameterName::new("EnableSharedEFSVolumeEncryption");
const SECRETS_KEY_ARN: ParameterName<Arn<Key>> = ParameterName::new("EncryptionKeyArn");

/// File systems are encrypted with the rack's key.
pub(super) const FILE_SYSTEM_ENCRYPTION: ConditionName = ConditionName::new("EnableSharedEFSVolumeEncryptionCond");
const BLANK_SECRETS_KEY: ConditionName = ConditionName::new("BlankEncryptionKeyArn");

pub(super) const KEY: LogicalId<Key> = LogicalId::new("CustomerManagedKey");
/// Allows the use of [`KEY`]; every role that reads or writes the rack's buckets has it.
pub(super) const KEY_POLICY: LogicalId<ManagedPolicy> = LogicalId::new("CMKPolicy");
const KEY_ALIAS: LogicalId<Alias> = LogicalId::new("CustomerManagedKeyAlias");
const SECRETS_KEY: LogicalId<Key> = LogicalId::new("SecretsKey");
const SECRETS_KEY_ALIAS: LogicalId<Alias> = LogicalId::new("EncryptionKeyAlias");

/// The description of [`KEY_POLICY`], equal to that in a Convox rack: another one would replace the policy, and CloudFormation refuses to
/// change an exported ARN that stacks of apps import.
const KEY_POLICY_DESCRIPTION: &str = "Access to the Customer Managed key for iam roles";

/// The actions on a key of a role that encrypts and decrypts data.
pub(super) const USE_KEY: [&str; 5] = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// Services that use the key for resources which a condition lets it encrypt.
///
/// The key's policy has a statement for each service in use. To encrypt another resource, add its line here and pass
/// [`encryption_key`] to [`Encryptable::encrypted_with`].
const USES: &[(ConditionName, KeyService)] = &[(FILE_SYSTEM_ENCRYPTION, FileSystem::SERVICE)];

/// Returns the rack's key for a resource that uses it while `condition` is true; the condition must be one of [`USES`].
pub(super) fn encryption_key(condition: &ConditionName) -> EncryptionKey {
    EncryptionKey::only_if(condition, KEY)
}

/// Returns the ARN of the key for the secrets of apps.
pub(super) fn secrets_key_arn() -> Value<Arn<Key>> {
    Value::if_else(&BLANK_SECRETS_KEY, SECRETS_KEY.arn(), SECRETS_KEY_ARN.value())
}

pub(super) fn declare(rack: &mut Sections) {
    let encryption = "Encrypt file systems with the rack's own KMS key; without it, the shared file system is not encrypted, and the build \
        cache uses the AWS managed key. Changing this replaces the file systems and deletes their content";
    rack.parameter(Group::Storage, &ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, &Parameter::choice(&["false", "true"], encryption));
    rack.condition(&FILE_SYSTEM_ENCRYPTION, &Condition::parameter_is(&ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, "true"));
    let key = "KMS key that encrypts the secrets of apps. If blank, the rack creates one. A rack that replaces a Convox rack needs the key \
        of that rack, or it cannot decrypt the secrets";
    let pattern = "(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?";
    let key = Parameter::string("", key).matching(
        pattern,
        "must be the ARN of a KMS key, such as arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000, or blank",
    );
    rack.parameter(Group::Storage, &SECRETS_KEY_ARN, &key);
    rack.condition(&BLANK_SECRETS_KEY, &Condition::parameter_is(&SECRETS_KEY_ARN, ""));

    declare_key(rack);
    declare_secrets_key(rack);
}

fn declare_key(rack: &mut Sections) {
    let policy = PolicyDocument::new([administration(), access_logs(), trails()]);
    let add = |policy: PolicyDocument, (condition, service): &(ConditionName, KeyService)| policy.with_if(condition, service.statement());
    let policy = USES.iter().fold(policy, add);
    declare_kept(rack, &KEY, key("Encrypts buckets and file systems of ${AWS::StackName}", policy), None);
    let alias = Alias { alias_name: Value::sub("alias/${AWS::StackName}"), target_key_id: KEY.reference().to_text() };
    rack.resource(&KEY_ALIAS, &Declared::new(alias));
    let use_key = ManagedPolicy {
        description: Some(OrNoValue::always(KEY_POLICY_DESCRIPTION)),
        path: Some(OrNoValue::always("/convox/")),
        policy_document: PolicyDocument::new([Statement::allow("UseKey", &USE_KEY, [KEY.attribute("Arn")])]),
    };
    rack.resource(&KEY_POLICY, &Declared::new(use_key));
    let description = "Key for buckets and file systems";
    rack.output(KEY.name(), None, description, &KEY.reference().to_text()).export(KEY.name());
    let description = "Policy that allows the use of the key for buckets and file systems";
    rack.output(KEY_POLICY.name(), None, description, &KEY_POLICY.reference().to_text()).export(KEY_POLICY.name());
}

fn declare_secrets_key(rack: &mut Sections) {
    let secrets = key("Encrypts secrets of apps of ${AWS::StackName}", PolicyDocument::new([administration()]));
    declare_kept(rack, &SECRETS_KEY, secrets, Some(&BLANK_SECRETS_KEY));
    let alias = Alias { alias_name: Value::sub("alias/convox-${AWS::StackName}"), target_key_id: secrets_key_arn().to_text() };
    rack.resource(&SECRETS_KEY_ALIAS, &Declared::new(alias));
    rack.output("EncryptionKey", None, "Key for secrets of apps", &secrets_key_arn().to_text()).export("EncryptionKey");
}

/// Declares a key that stays in the account with its stack deleted, like the buckets with what it encrypts.
fn declare_kept(rack: &mut Sections, logical_id: &LogicalId<Key>, key: Key, condition: Option<&ConditionName>) {
    let declared = Declared::new(key).with_deletion_policy(DeletionPolicy::Retain);
    rack.resource(
        logical_id,
        &match condition {
            Some(condition) => declared.only_if(condition),
            None => declared,
        },
    );
}

fn key(description: &str, key_policy: PolicyDocument) -> Key {
    Key {
        description: Value::sub(description),
        key_policy,
        enable_key_rotation: true,
        pending_window_in_days: 30,
        tags: vec![Tag::new("System", "convox"), Tag::new("Rack", stack_name())],
    }
}

/// Returns the statement that leaves the decision to the account's IAM policies.
fn administration() -> Statement {
    let root = json!({ "AWS": Value::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") });
    Statement::allow("Administration", &["kms:*"], ["*".into()]).to_principal(root)
}

/// Returns the statement that lets S3 write access logs to an encrypted bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>
fn access_logs() -> Statement {
    for_service("AccessLogs", "logging.s3.amazonaws.com", &["kms:Decrypt", "kms:GenerateDataKey"])
}

/// Returns the statement that lets CloudTrail write trails to an encrypted bucket.
///
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
fn trails() -> Statement {
    for_service("Trails", "cloudtrail.amazonaws.com", &["kms:DescribeKey", "kms:GenerateDataKey"])
}

fn for_service(sid: &str, service: &str, actions: &[&str]) -> Statement {
    Statement::allow(sid, actions, ["*".into()])
        .to_principal(json!({ "Service": [service] }))
        .when(json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } }))
}
