//! The log group, the customer-managed key, and the two roles of a build task.
//!
//! The policies are built here and not written in `templates/`, since what they name are the rack's own resources. They
//! say nothing that depends on whether the cache is on: turning it on leaves the roles untouched.

use serde_json::json;

use super::parameters::{BLANK_LOG_RETENTION, CUSTOMER_MANAGED_KEY, LOG_RETENTION};
use crate::model::iam::{Policy, PolicyDocument, Role, Statement};
use crate::model::kms::{Alias, Key};
use crate::model::logs::LogGroup;
use crate::model::reference::LogicalId;
use crate::model::resource::{Declared, RetentionPolicy, Tag};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value, stack_name};

pub(super) const LOG_GROUP: LogicalId<LogGroup> = LogicalId::new("LogGroup");
pub(super) const TASK_ROLE: LogicalId<Role> = LogicalId::new("ApiBuildRole");
pub(super) const EXECUTION_ROLE: LogicalId<Role> = LogicalId::new("ApiBuildExecutionRole");
const KEY: LogicalId<Key> = LogicalId::new("CustomerManagedKey");
const KEY_ALIAS: LogicalId<Alias> = LogicalId::new("CustomerManagedKeyAlias");

/// The service that runs tasks.
const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
/// What pulling an image takes.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html>
const PULL: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
/// What pushing one takes besides.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html>
const PUSH: [&str; 4] = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];

pub(super) fn declare(rack: &mut Sections) {
    let retention = OrNoValue::unless(&BLANK_LOG_RETENTION, LOG_RETENTION.value());
    let log_group = Declared::new(LogGroup { retention_in_days: Some(retention), tags: tags() });
    rack.resource(&LOG_GROUP, &log_group.on_removal(RetentionPolicy::Delete));
    rack.resource(&KEY, &Declared::new(key()).only_if(&CUSTOMER_MANAGED_KEY).on_removal(RetentionPolicy::Delete));
    let alias = Alias { alias_name: Value::sub("alias/${AWS::StackName}"), target_key_id: KEY.reference() };
    rack.resource(&KEY_ALIAS, &Declared::new(alias).only_if(&CUSTOMER_MANAGED_KEY));
    rack.resource(&EXECUTION_ROLE, &Declared::new(execution_role()));
    rack.resource(&TASK_ROLE, &Declared::new(task_role()));
}

fn tags() -> Vec<Tag> {
    vec![Tag::name(stack_name())]
}

/// Returns the ARN of a resource of this account in this region.
fn arn(service: &str, resource: &str) -> Value<String> {
    Value::sub(format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"))
}

/// Lets the account's own IAM policies decide, and EFS use the key for file systems of this account.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html>
fn key() -> Key {
    let everything = || [Value::from("*")];
    let root = json!({ "AWS": Value::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") });
    let actions = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
    let through_efs = json!({ "StringEquals": {
        "kms:CallerAccount": { "Ref": "AWS::AccountId" },
        "kms:ViaService": Value::sub("elasticfilesystem.${AWS::Region}.amazonaws.com"),
    } });
    Key {
        description: Value::sub("Encrypts file systems of ${AWS::StackName}"),
        key_policy: PolicyDocument::new([
            Statement::allow("Administration", &["kms:*"], everything()).to_principal(root),
            Statement::allow("FileSystems", &actions, everything()).to_principal(json!({ "AWS": "*" })).when(through_efs),
        ]),
        enable_key_rotation: true,
        pending_window_in_days: 30,
        tags: tags(),
    }
}

/// Lets ECS start the task: pull the builder image from this account's repositories, and write the log.
fn execution_role() -> Role {
    role(
        "Starts build tasks",
        PolicyDocument::new([
            sign_in(),
            Statement::allow("PullBuilderImage", &PULL, [arn("ecr", "repository/*")]),
            Statement::allow("WriteLog", &["logs:CreateLogStream", "logs:PutLogEvents"], [LOG_GROUP.attribute("Arn")]),
        ]),
    )
}

/// Lets a build use its cache and push what it built, and nothing else.
fn task_role() -> Role {
    // The file system's ID is not known while the cache is off, so its name tag, which only the rack can give, stands for it.
    let own_file_system = json!({ "StringEquals": { "aws:ResourceTag/Name": Value::sub("${AWS::StackName}-build-cache") } });
    let mount = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
    let push_and_pull: Vec<&str> = PULL.into_iter().chain(PUSH).collect();
    role(
        "Builds images",
        PolicyDocument::new([
            sign_in(),
            Statement::allow("BuildCacheLayers", &push_and_pull, [arn("ecr", "repository/${AWS::StackName}-build-cache")]),
            Statement::allow("AppImages", &push_and_pull, [arn("ecr", "repository/${AWS::StackName}/*")]),
            Statement::allow("BuildCacheDirectories", &mount, [arn("elasticfilesystem", "file-system/*")]).when(own_file_system),
        ]),
    )
}

/// Returns the statement for signing in to ECR, which knows no resource.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html>
fn sign_in() -> Statement {
    Statement::allow("SignInToRegistry", &["ecr:GetAuthorizationToken"], ["*".into()])
}

fn role(description: &str, document: PolicyDocument) -> Role {
    Role {
        description: Some(OrNoValue::always(description)),
        policies: vec![Policy { policy_name: "Build".to_owned(), policy_document: document }],
        ..Role::for_service(ECS_TASKS)
    }
}
