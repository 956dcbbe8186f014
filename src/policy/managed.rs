//! Managed policies of AWS: what is known of their grants.
//!
//! The grants here are a lower bound, since AWS extends its policies. Only `AdministratorAccess` is complete, since nothing exceeds it.
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use serde_json::{Value as Json, json};

/// Policies that grant every action of these services on every resource.
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

/// Returns the statements that a policy of AWS has at least, and whether it has no others.
pub(super) fn statements(name: &str) -> (Option<Json>, bool) {
    match name {
        "AdministratorAccess" => (Some(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})), true),
        "PowerUserAccess" => {
            let others = ["iam:*", "organizations:*", "account:*"];
            (Some(json!({"Effect": "Allow", "NotAction": others, "Resource": "*"})), false)
        }
        _ => {
            let known = FULL_ACCESS.iter().find(|(known, _)| *known == name);
            (known.map(|(_, actions)| json!({"Effect": "Allow", "Action": actions, "Resource": "*"})), false)
        }
    }
}
