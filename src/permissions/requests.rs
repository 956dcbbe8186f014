//! rackform's own requests to AWS, by purpose.
//!
//! Source of the names:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>. A test
//! compares the lists of verification and preflight with the calls in `verify/aws`.

use super::Purpose;

/// How a template uses S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Upload {
    /// Not at all: the request contains it.
    None,
    /// It is uploaded to an existing bucket.
    Put,
    /// A bucket is created, and it is uploaded.
    CreateAndPut,
}

/// Reading a deployed stack.
const READ: &[&str] = &[
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DescribeStacks",
    "cloudformation:DetectStackDrift",
    "cloudformation:GetHookResult",
    "cloudformation:GetTemplate",
    "cloudformation:ListExports",
    "cloudformation:ListHookResults",
    "cloudformation:ListStackResources",
];

/// Changing a stack. Macros run with the caller's permissions.
const CHANGE: &[&str] = &[
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStackRefactor",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackRefactor",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:ExecuteStackRefactor",
    "cloudformation:GetStackPolicy",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackRefactorActions",
    "cloudformation:ListStacks",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateTerminationProtection",
];

/// Reading the SSM parameters that the template's parameters name: CloudFormation does, with the caller's permissions, and so does
/// planning.
pub(super) const READ_SSM_PARAMETERS: &str = "ssm:GetParameters";

/// Uploading a template to a bucket.
const UPLOAD: &[&str] = &["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"];

/// Creating this bucket: private, encrypted, with expiring objects.
const CREATE_BUCKET: &[&str] = &[
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

/// Starting a build task after its cache is available, with ECR credentials, following its log and stopping it. Tags of a task require
/// `ecs:TagResource`.
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

/// Pulling and pushing images with an engine.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html>
const PULL_AND_PUSH: &[&str] = &[
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
];

/// Creating a repository with tags and a lifecycle policy, and looking for an image in it.
const IMAGE: &[&str] = &[
    "ecr:CreateRepository",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:DescribeRepositoryCreationTemplates",
    "ecr:GetLifecyclePolicy",
    "ecr:PutLifecyclePolicy",
    "ecr:TagResource",
];

/// Listing, measuring and deleting the entries of the cache.
const CACHE: &[&str] = &[
    "ecr:BatchDeleteImage",
    "ecr:DescribeImages",
    "ecr:GetAccountSetting",
    "ecr:GetLifecyclePolicy",
    "elasticfilesystem:DescribeFileSystems",
];

/// Returns the actions that a purpose requires, sorted.
pub(super) fn actions(purpose: Purpose, upload: Upload) -> Vec<&'static str> {
    let lists: &[&[&str]] = match purpose {
        Purpose::Request if upload == Upload::Put => &[READ, CHANGE, UPLOAD],
        Purpose::Request if upload == Upload::CreateAndPut => &[READ, CHANGE, UPLOAD, CREATE_BUCKET],
        Purpose::Request => &[READ, CHANGE],
        Purpose::Resources => &[],
        Purpose::Verify => &[READ, VERIFY],
        Purpose::Preflight => &[READ, PREFLIGHT],
        Purpose::Build => &[READ, BUILD],
        Purpose::Image => &[IMAGE, PULL_AND_PUSH],
        Purpose::Cache => &[READ, CACHE, PULL_AND_PUSH],
    };
    lists.concat()
}

/// Returns the actions that every change of a stack requires.
pub(super) fn needed(upload: Upload) -> Vec<&'static str> {
    let mut actions = vec!["cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:ExecuteChangeSet"];
    if upload != Upload::None {
        actions.push("s3:PutObject");
    }
    actions
}

/// Returns whether an S3 call belongs to the upload of a template.
pub(super) fn is_upload_call(call: &str) -> bool {
    UPLOAD.iter().chain(CREATE_BUCKET).any(|action| action.strip_prefix("s3:") == Some(call))
}
