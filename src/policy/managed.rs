//! Managed policies of AWS: what is known of their grants.
//!
//! AWS extends its policies, so what a policy grants is known within bounds: at least some actions, and none outside of others. Only
//! `AdministratorAccess` is complete, since nothing exceeds it.
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use serde_json::{Value as Json, json};

/// Policies that grant at least these actions, mostly every action of these services on every resource.
const FULL_ACCESS: &[(&str, &[&str])] = &[
    ("AmazonAPIGatewayAdministrator", &["apigateway:*"]),
    ("AmazonDynamoDBFullAccess", &["dynamodb:*"]),
    ("AmazonEC2ContainerRegistryFullAccess", &["ecr:*"]),
    ("AmazonEC2FullAccess", &["ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"]),
    ("AmazonElasticFileSystemFullAccess", &["elasticfilesystem:CreateFileSystem", "elasticfilesystem:DeleteFileSystem"]),
    ("AmazonRDSFullAccess", &["rds:*"]),
    ("AmazonRoute53FullAccess", &["route53:*"]),
    ("AmazonS3FullAccess", &["s3:*", "s3-object-lambda:*"]),
    ("AmazonSNSFullAccess", &["sns:*"]),
    ("AmazonSQSFullAccess", &["sqs:*"]),
    ("AmazonSSMFullAccess", &["ssm:*"]),
    ("AWSCloudFormationFullAccess", &["cloudformation:*"]),
    ("AWSKeyManagementServicePowerUser", &["kms:CreateKey"]),
    ("AWSLambda_FullAccess", &["lambda:*"]),
    ("CloudFrontFullAccess", &["cloudfront:*"]),
    ("CloudWatchFullAccess", &["cloudwatch:*", "logs:*"]),
    ("CloudWatchLogsFullAccess", &["logs:*"]),
    ("IAMFullAccess", &["iam:*", "organizations:DescribeAccount"]),
    ("SecretsManagerReadWrite", &["secretsmanager:*"]),
    ("AmazonS3ReadOnlyAccess", &["s3:Get*", "s3:List*"]),
    ("AmazonEC2ReadOnlyAccess", &["ec2:Describe*"]),
    ("IAMReadOnlyAccess", &["iam:Get*", "iam:List*"]),
    ("AmazonEC2ContainerRegistryReadOnly", &["ecr:GetAuthorizationToken", "ecr:BatchGetImage"]),
    ("ReadOnlyAccess", &["s3:Get*", "s3:List*", "ec2:Describe*", "iam:Get*", "iam:List*"]),
    ("SecurityAudit", &["iam:Get*", "iam:List*", "ec2:Describe*"]),
    ("ViewOnlyAccess", &["ec2:Describe*"]),
];

/// Returns the name of a policy that AWS manages, from its ARN.
pub(super) fn aws_name(arn: &str) -> Option<&str> {
    let (start, path) = arn.split_once(":iam::aws:policy/")?;
    start.starts_with("arn:").then(|| path.rsplit('/').next().unwrap_or(path))
}

/// Policies that grant these actions only.
const WITHIN: &[(&str, &[&str])] = &[
    ("AmazonEC2ContainerRegistryFullAccess", &["ecr:*", "cloudtrail:LookupEvents", "iam:CreateServiceLinkedRole"]),
    ("AmazonS3FullAccess", &["s3:*", "s3-object-lambda:*"]),
    ("AmazonSNSFullAccess", &["sns:*", "sms-voice:*"]),
    ("AmazonSQSFullAccess", &["sqs:*"]),
    ("AWSCloudFormationFullAccess", &["cloudformation:*"]),
    ("IAMFullAccess", &["iam:*", "organizations:*"]),
];

/// Policies that grant reading in these services only.
const READS: &[(&str, &[&str])] = &[
    ("AmazonEC2ContainerRegistryReadOnly", &["ecr"]),
    ("AmazonEC2ReadOnlyAccess", &["ec2", "elasticloadbalancing", "cloudwatch", "autoscaling"]),
    ("AmazonRoute53ReadOnlyAccess", &["route53"]),
    ("AmazonS3ReadOnlyAccess", &["s3", "s3-object-lambda"]),
    ("AmazonSNSReadOnlyAccess", &["sns", "sms-voice"]),
    ("AmazonSQSReadOnlyAccess", &["sqs"]),
    ("AmazonSSMReadOnlyAccess", &["ssm"]),
    ("AWSCloudFormationReadOnlyAccess", &["cloudformation"]),
    ("IAMReadOnlyAccess", &["iam"]),
];

/// The beginnings of the actions that only read.
const READING: [&str; 11] =
    ["BatchCheck", "BatchGet", "Check", "Describe", "Detect", "Estimate", "Generate", "Get", "List", "Simulate", "Test"];

/// Actions with which an identity gives itself or others any permission. Of the policies of AWS that are read or manage one service, none
/// has them.
const GRANTING: [&str; 7] = [
    "iam:Attach*Policy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:Put*Policy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
];

/// The bounds of what a policy grants, each as a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grants {
    /// What it grants at least.
    pub(super) least: Option<Json>,
    /// What it does not exceed.
    pub(super) most: Option<Json>,
}

/// Returns what is known of a policy's grants.
pub(super) fn grants(name: &str) -> Grants {
    let listed = |table: &[(&str, &'static [&'static str])]| table.iter().find(|(known, _)| *known == name).map(|(_, actions)| *actions);
    let only = |actions: &[&str]| json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let except = |actions: &[&str]| json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"});
    let least = listed(FULL_ACCESS).map(only);
    match name {
        "AdministratorAccess" => {
            let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            Grants { least: Some(everything.clone()), most: Some(everything) }
        }
        "PowerUserAccess" => Grants { least: Some(except(&["iam:*", "organizations:*", "account:*"])), most: Some(except(&GRANTING)) },
        "ReadOnlyAccess" | "SecurityAudit" | "ViewOnlyAccess" => {
            let writing = ["*:Create*", "*:Delete*", "*:Terminate*", "iam:PassRole"];
            Grants { least, most: Some(except(&[writing.as_slice(), &GRANTING].concat())) }
        }
        _ => {
            let reads = |services: &[&str]| {
                let actions = services.iter().flat_map(|service| READING.iter().map(move |verb| format!("{service}:{verb}*")));
                json!({"Effect": "Allow", "Action": actions.collect::<Vec<_>>(), "Resource": "*"})
            };
            let most = listed(WITHIN).map(only).or_else(|| listed(READS).map(reads));
            Grants { most: most.or_else(|| least.is_some().then(|| except(&GRANTING))), least }
        }
    }
}
