//! What rackform itself asks of AWS, by purpose.
//!
//! Source of the names: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
//! A test holds the lists of verification and preflight to the calls of `verify/aws`.

use super::Purpose;
use super::scope::Upload;

/// Looking at a deployed stack.
const LOOK: &[&str] = &[
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DescribeStacks",
    "cloudformation:DetectStackDrift",
    "cloudformation:GetTemplate",
    "cloudformation:ListExports",
    "cloudformation:ListStackResources",
];

/// Changing one. Macros are expanded in the caller's name.
const CHANGE: &[&str] = &[
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetStackPolicy",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStacks",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateTerminationProtection",
];

/// Looking up what the template's parameters name in Parameter Store: CloudFormation does, in the caller's name, and so does planning.
pub(super) const LOOK_UP: &str = "ssm:GetParameters";

/// Handing a template over through a bucket.
const UPLOAD: &[&str] = &["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"];

/// Making that bucket: private, encrypted, with an end to what is in it.
const MAKE_BUCKET: &[&str] = &[
    "s3:CreateBucket",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
];

const VERIFY: &[&str] = &[
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecs:DescribeTaskDefinition",
    "elasticfilesystem:DescribeFileSystems",
    "elasticfilesystem:DescribeLifecycleConfiguration",
    "elasticfilesystem:DescribeMountTargetSecurityGroups",
    "elasticfilesystem:DescribeMountTargets",
    "kms:DescribeKey",
];

const PREFLIGHT: &[&str] = &[
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpointServices",
    "ecr:DescribeRepositories",
    "ecs:DescribeClusters",
    "elasticfilesystem:DescribeMountTargetSecurityGroups",
    "elasticfilesystem:DescribeMountTargets",
    "iam:GetGroup",
    "iam:GetInstanceProfile",
    "iam:GetRole",
    "iam:GetUser",
    "iam:ListPolicies",
    "iam:SimulatePrincipalPolicy",
    "kms:DescribeKey",
    "logs:DescribeLogGroups",
    "s3:ListBucket",
];

/// Starting a build task once its cache can be mounted, with credentials of ECR for it, following its log and stopping it. Tags of a task
/// take `ecs:TagResource`.
const BUILD: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTasks",
    "ecs:RunTask",
    "ecs:StopTask",
    "ecs:TagResource",
    "elasticfilesystem:DescribeMountTargets",
    "iam:PassRole",
    "logs:GetLogEvents",
];

/// Returns the actions that a purpose takes, sorted.
pub(super) fn actions(purpose: Purpose, upload: Upload) -> Vec<&'static str> {
    let lists: &[&[&str]] = match purpose {
        Purpose::Request if upload == Upload::Put => &[LOOK, CHANGE, UPLOAD],
        Purpose::Request if upload == Upload::MakeAndPut => &[LOOK, CHANGE, UPLOAD, MAKE_BUCKET],
        Purpose::Request => &[LOOK, CHANGE],
        Purpose::Resources => &[],
        Purpose::Verify => &[LOOK, VERIFY],
        Purpose::Preflight => &[LOOK, PREFLIGHT],
        Purpose::Build => &[LOOK, BUILD],
    };
    lists.concat()
}

/// Returns what no change of a stack goes without.
pub(super) fn needed(upload: Upload) -> Vec<&'static str> {
    let mut actions = vec!["cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:ExecuteChangeSet"];
    if upload != Upload::None {
        actions.push("s3:PutObject");
    }
    actions
}

/// Tells whether a call of S3 is one that handing a template over takes.
pub(super) fn is_of_upload(call: &str) -> bool {
    UPLOAD.iter().chain(MAKE_BUCKET).any(|action| action.strip_prefix("s3:") == Some(call))
}
