//! The resources that an action is allowed on: as narrow as names are known, and as the service supports.
//!
//! If a service does not support resource-level permissions for an action, only `*` works, limited to the request's region. Source, by
//! service:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use super::requests::Upload;
use super::{Need, Purpose, requests};

/// Longest prefix of a stack's name that every generated name starts with: CloudFormation truncates it for types with short names.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
const SURE_PREFIX: usize = 24;

/// Global services, for which a request's region is meaningless.
const GLOBAL: &[&str] = &["cloudfront", "iam", "organizations", "route53", "s3", "sts"];

/// The location of a stack, and what its permissions depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackLocation {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account; `None` if it is unknown, which allows any.
    pub account: Option<String>,
    /// The stack's name.
    pub stack: String,
    /// The bucket for a template over the inline limit; an empty name if it is unknown.
    pub bucket: Option<String>,
    /// Whether to create this bucket if it does not exist.
    pub creates_bucket: bool,
    /// The ARN of the role that CloudFormation assumes.
    pub role_arn: Option<String>,
    /// SSM parameters that the template's parameters name, which CloudFormation reads with the caller's permissions.
    pub ssm_parameters: Vec<String>,
    /// The ECR repository of `build image`, or a pattern of its name.
    pub image_repository: String,
}

/// Resources, and the region if their ARNs do not contain it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ResourceScope {
    pub(super) resources: Vec<String>,
    pub(super) region: Option<String>,
}

impl StackLocation {
    /// Returns how the template uses S3.
    pub(super) fn upload(&self) -> Upload {
        match (&self.bucket, self.creates_bucket) {
            (None, _) => Upload::None,
            (Some(_), false) => Upload::Put,
            (Some(_), true) => Upload::CreateAndPut,
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let account = self.account.as_deref().unwrap_or("*");
        format!("arn:{}:{service}:{}:{account}:{resource}", self.partition, self.region)
    }

    fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account.as_deref().unwrap_or("*"))
    }

    /// Returns the names that resources of a type may have: custom names in the template, and the pattern of generated names.
    fn names(&self, needs: &[Need], resource_type: &str) -> Vec<(String, String)> {
        let prefix: String = self.stack.chars().take(SURE_PREFIX).collect();
        let lower = matches!(resource_type, "AWS::S3::Bucket" | "AWS::ECR::Repository");
        let generated = if lower { format!("{}-*", prefix.to_lowercase()) } else { format!("{prefix}-*") };
        let of_type: Vec<&Need> = needs.iter().filter(|need| need.resource_type == resource_type).collect();
        let name =
            |need: &&Need| (need.path.clone().unwrap_or_else(|| "/".to_owned()), need.name.clone().unwrap_or_else(|| generated.clone()));
        let mut names: Vec<(String, String)> = of_type.iter().map(name).collect();
        if names.is_empty() {
            names.push(("/".to_owned(), generated));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Returns the resources that an action is allowed on.
    pub(super) fn scope(&self, purpose: Purpose, action: &str, needs: &[Need]) -> ResourceScope {
        let (service, call) = action.split_once(':').unwrap_or((action, ""));
        let is_image = purpose == Purpose::Image && service == "ecr" && call != "GetAuthorizationToken";
        let mut resources = match is_image {
            true => vec![self.arn(service, &format!("repository/{}", self.image_repository))],
            false => self.arns(service, call, needs),
        };
        resources.sort();
        resources.dedup();
        if resources.is_empty() {
            let region = (!GLOBAL.contains(&service)).then(|| self.region.clone());
            return ResourceScope { resources: vec!["*".to_owned()], region };
        }
        ResourceScope { resources, region: None }
    }

    /// Returns the ARNs of an action's resources; an empty list if the service does not support them.
    fn arns(&self, service: &str, call: &str, needs: &[Need]) -> Vec<String> {
        let each = |resource_type: &str, arn: &dyn Fn(&str, &str) -> Vec<String>| -> Vec<String> {
            self.names(needs, resource_type).iter().flat_map(|(path, name)| arn(path, name)).collect()
        };
        match (service, call) {
            ("cloudformation", "DescribeStackDriftDetectionStatus" | "ListExports" | "ListStacks") => Vec::new(),
            // The results of hooks have no ARN.
            ("cloudformation", "GetHookResult" | "ListHookResults") => Vec::new(),
            ("cloudformation", "DescribeEvents") => {
                vec![self.arn(service, "changeSet/rackform-*"), self.arn(service, &format!("stack/{}/*", self.stack))]
            }
            // A refactoring has an ID and several stacks.
            ("cloudformation", call) if call.contains("StackRefactor") => Vec::new(),
            ("cloudformation", _) => vec![self.arn(service, &format!("stack/{}/*", self.stack))],
            ("iam", "CreateServiceLinkedRole") => vec![self.iam("role/aws-service-role/*")],
            ("iam", call) if call.contains("InstanceProfile") => {
                each("AWS::IAM::InstanceProfile", &|path, name| vec![self.iam(&format!("instance-profile{path}{name}"))])
            }
            ("iam", "CreatePolicy" | "DeletePolicy" | "GetPolicy" | "ListEntitiesForPolicy" | "ListPolicyVersions")
            | ("iam", "CreatePolicyVersion" | "DeletePolicyVersion" | "GetPolicyVersion") => {
                each("AWS::IAM::ManagedPolicy", &|path, name| vec![self.iam(&format!("policy{path}{name}"))])
            }
            ("iam", call) if call.contains("Group") => vec![self.iam("group/*")],
            ("iam", call) if call.contains("User") => vec![self.iam("user/*")],
            ("iam", call) if call.contains("Role") => each("AWS::IAM::Role", &|path, name| vec![self.iam(&format!("role{path}{name}"))]),
            ("ecr", call) if call != "GetAuthorizationToken" => {
                each("AWS::ECR::Repository", &|_, name| vec![self.arn(service, &format!("repository/{name}"))])
            }
            ("s3", call) if self.bucket.is_some() && requests::is_upload_call(call) => {
                let name = self.bucket.as_deref().filter(|name| !name.is_empty()).unwrap_or("*");
                let mut arns = each("AWS::S3::Bucket", &|_, name| self.bucket_arns(name));
                arns.extend(self.bucket_arns(name));
                arns
            }
            ("s3", call) if call != "ListAllMyBuckets" => each("AWS::S3::Bucket", &|_, name| self.bucket_arns(name)),
            ("dynamodb", _) => each("AWS::DynamoDB::Table", &|_, name| {
                vec![self.arn(service, &format!("table/{name}")), self.arn(service, &format!("table/{name}/*"))]
            }),
            ("sqs", _) => each("AWS::SQS::Queue", &|_, name| vec![self.arn(service, name)]),
            ("sns", call) if call != "Unsubscribe" => each("AWS::SNS::Topic", &|_, name| vec![self.arn(service, name)]),
            ("lambda", call) if is_of_function(call) => {
                each("AWS::Lambda::Function", &|_, name| vec![self.arn(service, &format!("function:{name}"))])
            }
            ("events", _) => each("AWS::Events::Rule", &|_, name| vec![self.arn(service, &format!("rule/{name}"))]),
            ("logs", call) if is_of_log_group(call) => each("AWS::Logs::LogGroup", &|_, name| {
                vec![self.arn(service, &format!("log-group:{name}")), self.arn(service, &format!("log-group:{name}:*"))]
            }),
            ("elasticfilesystem", _) => vec![self.arn(service, "access-point/*"), self.arn(service, "file-system/*")],
            ("kms", "CreateAlias" | "DeleteAlias" | "UpdateAlias") => vec![self.arn(service, "alias/*"), self.arn(service, "key/*")],
            ("kms", call) if !matches!(call, "CreateKey" | "ListAliases" | "ListKeys") => vec![self.arn(service, "key/*")],
            ("ssm", "GetParameters") if !self.ssm_parameters.is_empty() => {
                self.ssm_parameters.iter().map(|name| self.parameter(name)).collect()
            }
            ("ssm", _) => vec![self.arn(service, "parameter/*")],
            ("ecs", "RunTask") => vec![self.arn(service, &format!("task-definition/{}-*", self.stack))],
            ("ecs", "DescribeTasks" | "StopTask") => vec![self.arn(service, "task/*")],
            _ => Vec::new(),
        }
    }

    /// Returns the ARN of an SSM parameter's name, which may be an ARN or have a version; public parameters belong to no account.
    fn parameter(&self, name: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let name = name.split(':').next().unwrap_or(name).trim_start_matches('/');
        if name.starts_with("aws/") {
            return format!("arn:{}:ssm:{}::parameter/{name}", self.partition, self.region);
        }
        self.arn("ssm", &format!("parameter/{name}"))
    }

    fn bucket_arns(&self, name: &str) -> Vec<String> {
        let bucket = format!("arn:{}:s3:::{name}", self.partition);
        vec![format!("{bucket}/*"), bucket]
    }
}

fn is_of_function(call: &str) -> bool {
    let of_others = ["GetCodeSigningConfig", "ListFunctions", "GetLayerVersion", "PassCapacityProvider", "AssociateRuntimeAlias"];
    !of_others.contains(&call)
}

fn is_of_log_group(call: &str) -> bool {
    let of_group = ["LogGroup", "LogStream", "LogEvents", "RetentionPolicy", "KmsKey", "Tag", "DataProtectionPolicy", "IndexPolic"];
    call != "DescribeLogGroups" && of_group.iter().any(|part| call.contains(part))
}
