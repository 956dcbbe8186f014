//! The role of the API, which deploys apps: each app is a stack that this role creates.
//!
//! A Convox rack gives this role `PowerUserAccess`. Here it has the services that stacks of apps use, limited to names that begin with the
//! rack's name where a service has names. It creates roles for apps, and so can give an app what it does not have itself: who can
//! deploy an app administers the account, as in a Convox rack.

use super::encryption::{KEY_POLICY, USE_KEY, secrets_key_arn};
use super::notifications::{NOTIFICATIONS, STACKS, STACKS_QUEUE, TASKS_QUEUE};
use super::release::HAS_API;
use super::roles::{PATH, inline, role};
use super::storage::{BUILDS, RELEASES, SETTINGS};
use crate::model::declared::Declared;
use crate::model::iam::{ManagedPolicy, PolicyDocument, Role, Statement};
use crate::model::name::LogicalId;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const API: LogicalId<Role> = LogicalId::new("ApiRole");
const IDENTITIES: LogicalId<ManagedPolicy> = LogicalId::new("ApiPolicyV2");

/// What the API and the stacks of apps do with the roles, policies, users and instance profiles of apps.
const MANAGE_IDENTITIES: [&str; 35] = [
    "iam:AddRoleToInstanceProfile",
    "iam:AttachRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateInstanceProfile",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:DeleteAccessKey",
    "iam:DeleteInstanceProfile",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DeleteUser",
    "iam:DeleteUserPolicy",
    "iam:DetachRolePolicy",
    "iam:GetInstanceProfile",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListPolicyVersions",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:SetDefaultPolicyVersion",
    "iam:TagPolicy",
    "iam:TagRole",
    "iam:TagUser",
    "iam:UpdateAssumeRolePolicy",
];

pub(super) fn declare(rack: &mut Sections) {
    let policy = ManagedPolicy {
        // A create-only property, which a Convox rack does not set.
        description: None,
        path: Some(OrNoValue::always(PATH)),
        policy_document: identities(),
    };
    rack.resource(&IDENTITIES, &Declared::new(policy).only_if(&HAS_API));
    let api = Role {
        managed_policy_arns: vec![KEY_POLICY.reference().to_text().into(), IDENTITIES.reference().to_text().into()],
        policies: vec![inline("Rack", rack_statements()), inline("Apps", app_statements()), inline("Read", [read()])],
        ..role("ecs-tasks.amazonaws.com", "Deploys apps")
    };
    rack.resource(&API, &Declared::new(api).only_if(&HAS_API));
}

/// Returns the ARN of a resource in this account and region.
fn arn(service: &str, resource: &str) -> Value<String> {
    Value::sub(format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"))
}

/// Returns the policy for identities in the rack's path, or with names that CloudFormation derives from the rack's name.
fn identities() -> PolicyDocument {
    let named = |what: &str| Value::sub(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{what}/${{AWS::StackName}}-*"));
    let in_path = |what: &str| Value::sub(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{what}{PATH}*"));
    let kinds = ["instance-profile", "policy", "role"];
    let resources: Vec<Value<String>> = kinds.iter().flat_map(|kind| [named(kind), in_path(kind)]).chain([in_path("user")]).collect();
    let certificates = ["iam:DeleteServerCertificate", "iam:GetServerCertificate", "iam:UploadServerCertificate"];
    let certificate = Value::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:server-certificate/*");
    PolicyDocument::new([
        Statement::allow("Identities", &MANAGE_IDENTITIES, resources),
        Statement::allow("Certificates", &certificates, [certificate]),
        Statement::allow("List", &["iam:ListRoles", "iam:ListServerCertificates", "iam:ListUsers"], ["*".into()]),
    ])
}

/// Returns the statements for what belongs to the rack itself.
fn rack_statements() -> Vec<Statement> {
    let table = |id: &str| [Value::sub(format!("${{{id}.Arn}}")), Value::sub(format!("${{{id}.Arn}}/index/*"))];
    let tables = [BUILDS, RELEASES].iter().flat_map(|id| table(id.name())).collect::<Vec<_>>();
    let items = [
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
    ];
    let objects = ["s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:ListBucket*", "s3:PutObject*"];
    let settings = [SETTINGS.attribute("Arn"), Value::sub(format!("${{{}.Arn}}/*", SETTINGS.name()))];
    let receive = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"];
    let queues = [STACKS_QUEUE.attribute("Arn"), TASKS_QUEUE.attribute("Arn")];
    let topics = [NOTIFICATIONS.reference().to_text(), STACKS.reference().to_text()];
    let own_stack = arn("cloudformation", "stack/${AWS::StackName}/*");
    let secret = [arn("ssm", "parameter/${AWS::StackName}*")];
    vec![
        Statement::allow("Tables", &items, tables),
        Statement::allow("Settings", &objects, settings),
        Statement::allow("Events", &receive, queues),
        Statement::allow("Notify", &["sns:Publish", "sns:Subscribe"], topics),
        Statement::allow("UpdateRack", &["cloudformation:CancelUpdateStack", "cloudformation:UpdateStack"], [own_stack]),
        Statement::allow("Secrets", &USE_KEY, [secrets_key_arn().to_text()]),
        Statement::allow("Parameters", &["ssm:DeleteParameter", "ssm:GetParameter*", "ssm:PutParameter"], secret),
    ]
}

/// Returns the statements for what belongs to the stacks of apps.
fn app_statements() -> Vec<Statement> {
    let all = || ["*".into()];
    let named = |service: &str, what: &str| arn(service, &format!("{what}${{AWS::StackName}}-*"));
    let bucket = Value::sub("arn:${AWS::Partition}:s3:::${AWS::StackName}-*");
    let images = [arn("ecr", "repository/${AWS::StackName}/*"), arn("ecr", "repository/${AWS::StackName}-*")];
    let instances = serde_json::json!({ "StringEquals": { "aws:ResourceTag/Rack": { "Ref": "AWS::StackName" } } });
    let security_groups =
        ["ec2:AuthorizeSecurityGroup*", "ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroup*"];
    let balancers = [
        "elasticloadbalancing:Add*",
        "elasticloadbalancing:Create*",
        "elasticloadbalancing:Delete*",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:Modify*",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:Remove*",
        "elasticloadbalancing:Set*",
    ];
    let certificates = ["acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:ImportCertificate", "acm:RequestCertificate"];
    let scaling = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"];
    let alarms = ["application-autoscaling:*", "cloudwatch:DeleteAlarms", "cloudwatch:PutMetric*"];
    let files = ["elasticfilesystem:Create*", "elasticfilesystem:Delete*", "elasticfilesystem:TagResource"];
    vec![
        Statement::allow("Stacks", &["cloudformation:*"], [arn("cloudformation", "stack/${AWS::StackName}-*")]),
        Statement::allow("Tasks", &["ecs:*"], all()),
        Statement::allow("SignInToRegistry", &["ecr:GetAuthorizationToken"], all()),
        Statement::allow("Images", &["ecr:*"], images),
        Statement::allow("Logs", &["logs:*"], [named("logs", "log-group:")]),
        Statement::allow("Buckets", &["s3:*"], [bucket]),
        Statement::allow("Topics", &["sns:*"], [named("sns", "")]),
        Statement::allow("Queues", &["sqs:*"], [named("sqs", "")]),
        Statement::allow("Functions", &["lambda:*"], [named("lambda", "function:")]),
        Statement::allow("Timers", &["events:*"], [named("events", "rule/")]),
        Statement::allow("Databases", &["rds:*"], [arn("rds", "*:${AWS::StackName}-*")]),
        Statement::allow("Caches", &["elasticache:*"], [arn("elasticache", "*:*")]),
        Statement::allow("Balancers", &balancers, all()),
        Statement::allow("SecurityGroups", &security_groups, all()),
        Statement::allow("Instances", &["ec2:TerminateInstances"], [arn("ec2", "instance/*")]).when(instances),
        Statement::allow("Scale", &scaling, [named("autoscaling", "autoScalingGroup:*:autoScalingGroupName/")]),
        Statement::allow("Alarms", &alarms, all()),
        Statement::allow("ManageCertificates", &certificates, all()),
        Statement::allow("FileSystems", &files, all()),
    ]
}

/// Returns the statement for actions that read, most of which have no resource-level permissions.
fn read() -> Statement {
    let read = [
        "acm:Describe*",
        "acm:List*",
        "autoscaling:Describe*",
        "cloudformation:Describe*",
        "cloudformation:Get*",
        "cloudformation:List*",
        "cloudformation:ValidateTemplate",
        "cloudwatch:Describe*",
        "cloudwatch:Get*",
        "cloudwatch:List*",
        "ec2:Describe*",
        "ec2:GetConsoleOutput",
        "elasticache:Describe*",
        "elasticfilesystem:Describe*",
        "elasticloadbalancing:Describe*",
        "logs:Describe*",
        "rds:Describe*",
        "s3:ListAllMyBuckets",
        "tag:GetResources",
    ];
    Statement::allow("Read", &read, ["*".into()])
}
