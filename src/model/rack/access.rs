//! The two roles of a build task.
//!
//! The policies are here and not in `templates/` because they refer to the rack's own resources. They do not depend on the parameter
//! `BuildCache`: turning the cache on leaves the roles unchanged.

use serde_json::json;

use super::logs::LOG_GROUP;
use crate::model::declared::Declared;
use crate::model::iam::{Policy, PolicyDocument, Role, Statement};
use crate::model::name::LogicalId;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const TASK_ROLE: LogicalId<Role> = LogicalId::new("ApiBuildRole");
pub(super) const EXECUTION_ROLE: LogicalId<Role> = LogicalId::new("ApiBuildExecutionRole");

/// The service principal that runs tasks.
const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
/// The actions that an image pull requires.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html>
const PULL: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
/// The actions that an image push requires in addition.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html>
const PUSH: [&str; 4] = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];

pub(super) fn declare(rack: &mut Sections) {
    rack.resource(&EXECUTION_ROLE, &Declared::new(execution_role()));
    rack.resource(&TASK_ROLE, &Declared::new(task_role()));
}

/// Returns the ARN of a resource in this account and region.
fn arn(service: &str, resource: &str) -> Value<String> {
    Value::sub(format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"))
}

/// Returns the role with which ECS starts the task: it pulls the builder image from this account's repositories and writes the log.
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

/// Returns the role of a build: it can use the build cache and push the rack's images, and nothing else.
fn task_role() -> Role {
    // While the cache is off there is no file system to refer to, so the statement selects it by its `Name` tag.
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

/// Returns the statement for the ECR login; its action has no resource-level permissions.
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
