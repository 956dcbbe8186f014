//! The request that starts a build task, in ECS's spelling.
//!
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>

use serde::Serialize;

use super::build_environment::BuildEnvironment;
use super::request::{BuildTaskRequest, Builder};
use super::variables;
use crate::aws::fargate;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secret::MASKED;
use crate::secret::Mask;

/// The longest overrides that ECS accepts, in characters of their JSON.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html>
const OVERRIDES_LIMIT: usize = 8_192;
/// The longest `startedBy`, in characters.
const STARTED_BY_LIMIT: usize = 128;
/// The longest client token, in characters.
const CLIENT_TOKEN_LIMIT: usize = 64;
/// The largest number of tags on a task.
const TAGS_LIMIT: usize = 50;

/// A `RunTask` request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunTask {
    /// The cluster.
    pub cluster: String,
    /// The task definition's ARN.
    pub task_definition: String,
    /// The number of tasks: one.
    pub count: i32,
    /// `FARGATE` or `EC2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<String>,
    /// Fargate's platform version; EFS needs 1.4.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    /// The task's network interface; only for `awsvpc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_configuration: Option<NetworkConfiguration>,
    /// Overrides of the task definition.
    pub overrides: TaskOverride,
    /// Who started the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// Tags of the task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Where additional tags come from: `TASK_DEFINITION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagate_tags: Option<String>,
    /// The client token, with which repeated requests start one task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// The network interface of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkConfiguration {
    /// The `awsvpc` configuration.
    pub awsvpc_configuration: AwsVpcConfiguration,
}

/// Subnets and security groups of a network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsVpcConfiguration {
    /// The subnets, of which ECS selects one.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// `ENABLED` or `DISABLED`; only Fargate supports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_public_ip: Option<String>,
}

/// Overrides of a task definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskOverride {
    /// Per container.
    pub container_overrides: Vec<ContainerOverride>,
    /// CPU units of the whole task, on Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Memory of the whole task in MiB, on Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

/// Overrides of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerOverride {
    /// The container.
    pub name: String,
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables, by name.
    pub environment: Vec<KeyValuePair>,
    /// CPU units, on an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<i32>,
    /// Memory in MiB, on an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<i32>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyValuePair {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl RunTask {
    /// Returns the request that starts a build in an environment.
    ///
    /// # Errors
    ///
    /// Returns every problem: unsupported Fargate sizes, and fields that exceed the limits of ECS.
    pub fn new(environment: &BuildEnvironment, request: &BuildTaskRequest) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::default();
        request.check(&mut problems);
        let (cpu, memory) = (request.cpu.map(|cpu| cpu.to_string()), request.memory.map(|memory| memory.to_string()));
        if environment.is_fargate && (cpu.is_some() || memory.is_some()) {
            let in_force = |given: &Option<String>, of_task: &Option<String>| given.clone().or(of_task.clone()).unwrap_or_default();
            if let Some(problem) = fargate::size_problem(&in_force(&cpu, &environment.cpu), &in_force(&memory, &environment.memory)) {
                problems.push(Diagnostic::error("fargate-size", problem).hinted("set CPU and memory together"));
            }
        }
        let of_container = |amount: Option<u32>| amount.filter(|_| !environment.is_fargate).and_then(|amount| amount.try_into().ok());
        let container = ContainerOverride {
            name: environment.container.clone(),
            command: request.command(),
            environment: variables(environment, request),
            cpu: of_container(request.cpu),
            memory: of_container(request.memory),
        };
        let run_task = Self {
            cluster: environment.cluster.clone(),
            task_definition: environment.task_definition.clone(),
            count: 1,
            launch_type: environment.is_fargate.then(|| "FARGATE".to_owned()),
            platform_version: environment.is_fargate.then(|| environment.platform_version.clone()),
            network_configuration: environment.network.as_ref().map(|network| NetworkConfiguration {
                awsvpc_configuration: AwsVpcConfiguration {
                    subnets: network.subnets.clone(),
                    security_groups: vec![network.security_group.clone()],
                    assign_public_ip: network.assign_public_ip.map(|assign| if assign { "ENABLED" } else { "DISABLED" }.to_owned()),
                },
            }),
            overrides: TaskOverride {
                container_overrides: vec![container],
                cpu: cpu.filter(|_| environment.is_fargate),
                memory: memory.filter(|_| environment.is_fargate),
            },
            started_by: Some(request.started_by()),
            tags: request.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect(),
            propagate_tags: request.propagate_tags.then(|| "TASK_DEFINITION".to_owned()),
            client_token: request.client_token.clone(),
        };
        run_task.check(&mut problems);
        problems.into_result(run_task)
    }

    fn check(&self, problems: &mut Diagnostics) {
        let length = serde_json::to_string(&self.overrides).map_or(0, |text| text.chars().count());
        if length > OVERRIDES_LIMIT {
            let message = format!("the overrides are {length} characters long; ECS accepts {OVERRIDES_LIMIT}");
            problems.push(
                Diagnostic::error("overrides-length", message)
                    .hinted("move long values, such as registry credentials, to the task definition's `Secrets`"),
            );
        }
        if let Some(started_by) = &self.started_by
            && (started_by.chars().count() > STARTED_BY_LIMIT || started_by.is_empty())
        {
            let message = format!("`startedBy` is {} characters long; ECS accepts 1 to {STARTED_BY_LIMIT}", started_by.chars().count());
            problems.push(Diagnostic::error("started-by", message).hinted("set a shorter value"));
        }
        if let Some(token) = &self.client_token
            && (token.is_empty() || token.len() > CLIENT_TOKEN_LIMIT || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            let message =
                format!("invalid client token `{token}`: use 1 to {CLIENT_TOKEN_LIMIT} printable ASCII characters without blanks");
            problems.push(Diagnostic::error("client-token", message));
        }
        if self.tags.len() > TAGS_LIMIT {
            problems.push(Diagnostic::error("tags", format!("the task has {} tags; ECS accepts {TAGS_LIMIT}", self.tags.len())));
        }
        for tag in &self.tags {
            let (key, value) = (tag.key.chars().count(), tag.value.chars().count());
            if key == 0 || key > 128 || value > 256 || tag.key.to_ascii_lowercase().starts_with("aws:") {
                let message = format!(
                    "invalid tag `{}`: a key has 1 to 128 characters and does not start with `aws:`, a value has up to 256",
                    tag.key
                );
                problems.push(Diagnostic::error("tags", message));
            }
        }
    }

    /// Returns the request with secrets masked.
    #[must_use]
    pub fn shown(&self, mask: &Mask) -> Self {
        let mut shown = self.clone();
        for container in &mut shown.overrides.container_overrides {
            for variable in &mut container.environment {
                let is_secret = variables::SECRET.contains(&variable.name.as_str()) && !variable.value.is_empty();
                variable.value = if is_secret && variable.value != "{}" { MASKED.to_owned() } else { mask.text(&variable.value) };
            }
            for word in container.command.iter_mut().flatten() {
                *word = mask.text(&**word);
            }
        }
        shown
    }
}

/// Returns the variables of a build, by name; explicit ones override derived ones.
fn variables(environment: &BuildEnvironment, request: &BuildTaskRequest) -> Vec<KeyValuePair> {
    let mut variables = std::collections::BTreeMap::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            variables.insert(name.to_owned(), value);
        }
    };
    let truth = |is: bool| Some(if is { "true" } else { "false" }.to_owned());
    set(variables::APP, Some(request.app.clone()));
    set(variables::ID, Some(request.id.clone()));
    set(variables::RELEASE, Some(request.id.clone()));
    set(variables::URL, request.url.clone());
    set(variables::MANIFEST, request.manifest.clone());
    set(variables::PUSH, request.push.clone());
    set(variables::CACHE, truth(environment.cache.is_on));
    set(variables::CACHE_REPO, environment.cache.repository.clone());
    match request.builder {
        Builder::Convox => {
            set(variables::AUTH, Some("{}".to_owned()));
            set(variables::DEVELOPMENT, truth(request.development));
            set(variables::ENV_WRAPPER, truth(true));
            set(variables::GENERATION, Some("2".to_owned()));
        }
        Builder::Agent => {
            set(variables::SERVICE, request.service.clone());
            set(variables::DOCKERFILE, request.dockerfile.clone());
            set(variables::TARGET, request.target.clone());
            set(variables::NO_CACHE, request.no_cache.then(|| "true".to_owned()));
            set(variables::CACHE_DIR, environment.cache.directory.clone());
            let args = || serde_json::to_string(&request.build_args).ok();
            set(variables::ARGS, (!request.build_args.is_empty()).then(args).flatten());
        }
        Builder::Kaniko | Builder::Docker => {}
    }
    variables.extend(request.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    variables.into_iter().map(|(name, value)| KeyValuePair { name, value }).collect()
}
