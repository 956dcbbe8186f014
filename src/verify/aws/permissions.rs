//! Simulates the permissions of a principal with IAM.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::AwsInspector;
use crate::permissions::{Purpose, Statement};
use crate::verify::observed::{InspectError, InspectResult};
use crate::verify::permissions::{Denied, PermissionRequest, Principal, SimulatedPermissions};

/// The number of actions in a call.
const ACTIONS_A_CALL: usize = 100;

/// The maximum number of results on a page.
const RESULTS_A_PAGE: i32 = 1000;

/// The maximum number of calls: IAM throttles simulations to a few in a second.
const CALLS: usize = 48;

/// A placeholder for IDs that are known only after the resource is created.
const SAMPLE: &str = "rackform";

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// Example resources of EC2, for policies that name resource types while the plan has no IDs.
const EC2_RESOURCES: [&str; 14] = [
    "vpc/vpc-0",
    "subnet/subnet-0",
    "security-group/sg-0",
    "security-group-rule/sgr-0",
    "route-table/rtb-0",
    "internet-gateway/igw-0",
    "natgateway/nat-0",
    "elastic-ip/eipalloc-0",
    "network-interface/eni-0",
    "launch-template/lt-0",
    "instance/i-0",
    "volume/vol-0",
    "vpc-endpoint/vpce-0",
    "network-acl/acl-0",
];

/// Simulates the actions of a request.
pub(super) fn simulate(aws: &AwsInspector, wanted: PermissionRequest<'_>) -> InspectResult<SimulatedPermissions> {
    let source = match wanted.principal {
        Principal::Role(arn) => arn.to_owned(),
        Principal::Caller => match caller(aws)? {
            Caller::Root(arn) => return Ok(SimulatedPermissions { principal: arn, ..SimulatedPermissions::default() }),
            Caller::Principal(arn) => arn,
        },
    };
    let mut simulation = Simulation { aws, source, calls: 0, results: BTreeMap::new() };
    for request in simulation_requests(wanted.statements) {
        simulation.simulate(&request)?;
    }
    simulation.retry_ec2_by_resource(wanted.statements)?;
    let Simulation { source, results, .. } = simulation;
    let denied = results.iter().filter(|(_, result)| !result.is_allowed).map(|(action, result)| Denied {
        action: action.clone(),
        is_explicit: result.is_explicit,
        unknown_conditions: result.unknown.iter().cloned().collect(),
    });
    Ok(SimulatedPermissions { tried: results.len(), denied: denied.collect(), principal: source })
}

enum Caller {
    /// The root user of the account, which identity-based policies do not restrict.
    Root(String),
    /// A user or role whose policies can be simulated.
    Principal(String),
}

/// Returns the caller as IAM identifies it: a session belongs to a role, and the ARN of the role has a path that the session's ARN lacks.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn caller(aws: &AwsInspector) -> InspectResult<Caller> {
    let identity =
        aws.session.identity().map_err(|error| InspectError { action: "sts:GetCallerIdentity", code: None, message: error.to_string() })?;
    let parts: Vec<&str> = identity.arn.splitn(6, ':').collect();
    let [_, partition, _, _, account, resource] = parts[..] else { return Err(no_policies(&identity.arn)) };
    if resource == "root" {
        return Ok(Caller::Root(identity.arn.clone()));
    }
    if resource.starts_with("user/") {
        return Ok(Caller::Principal(identity.arn.clone()));
    }
    let Some(role) = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()) else {
        return Err(no_policies(&identity.arn));
    };
    let found = aws.lookup("iam:GetRole", &["NoSuchEntity"], aws.iam.get_role().role_name(role).send());
    match found {
        Ok(Some(response)) if response.role().is_some() => {
            Ok(Caller::Principal(response.role().map(|role| role.arn().to_owned()).unwrap_or_default()))
        }
        // Most roles have the default path.
        Ok(_) => Ok(Caller::Principal(format!("arn:{partition}:iam::{account}:role/{role}"))),
        Err(error) if error.is_denied() && !role.starts_with("AWSReservedSSO_") => {
            Ok(Caller::Principal(format!("arn:{partition}:iam::{account}:role/{role}")))
        }
        Err(error) => Err(error),
    }
}

fn no_policies(arn: &str) -> InspectError {
    let message = format!("`{arn}` is not a user or role, so it has no policies to simulate");
    InspectError { action: SIMULATE, code: None, message }
}

/// Actions and the resources to simulate them on.
#[derive(Clone, Debug, Default)]
struct SimulationRequest {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    /// The resources that count for each action; one that is allowed is enough, since an action has only one resource type.
    pairs: BTreeSet<(String, String)>,
    /// Whether CloudFormation makes the call on behalf of the principal.
    via_cloudformation: bool,
    /// The service that receives a role with `iam:PassRole`.
    passed_to: Option<&'static str>,
    region: Option<String>,
}

/// Groups statements, so that few calls are required: statements on all resources in one request, the others by service.
fn simulation_requests(statements: &[Statement]) -> Vec<SimulationRequest> {
    let mut groups: BTreeMap<(bool, Option<&str>, String), SimulationRequest> = BTreeMap::new();
    let region = statements.iter().find_map(|statement| statement.region.clone());
    for statement in statements {
        let is_any_resource = statement.resources.iter().all(|resource| resource == "*");
        let service = statement.actions.first().and_then(|action| action.split(':').next()).unwrap_or_default();
        let via_cloudformation = statement.purpose == Purpose::Resources;
        let key = (via_cloudformation, statement.passed_to, if is_any_resource { String::new() } else { service.to_owned() });
        let request = groups.entry(key).or_default();
        request.via_cloudformation = via_cloudformation;
        request.passed_to = statement.passed_to;
        request.region.clone_from(&region);
        // Actions with wildcards cannot be simulated.
        for action in statement.actions.iter().filter(|action| !action.contains('*')) {
            request.actions.insert(action.clone());
            for resource in statement.resources.iter().map(|resource| sample(resource)) {
                request.pairs.insert((action.to_ascii_lowercase(), resource.clone()));
                request.resources.insert(resource);
            }
        }
    }
    let has_actions = |request: &SimulationRequest| !request.actions.is_empty();
    groups.into_values().filter(has_actions).flat_map(SimulationRequest::split).collect()
}

/// Returns an example resource for a pattern.
fn sample(pattern: &str) -> String {
    if pattern == "*" {
        return pattern.to_owned();
    }
    pattern.replace("file-system/*", "file-system/fs-0").replace("access-point/*", "access-point/fsap-0").replace('*', SAMPLE)
}

impl SimulationRequest {
    fn split(self) -> Vec<Self> {
        let actions: Vec<String> = self.actions.iter().cloned().collect();
        actions.chunks(ACTIONS_A_CALL).map(|chunk| self.with_actions(chunk)).collect()
    }

    fn with_actions(&self, actions: &[String]) -> Self {
        Self { actions: actions.iter().cloned().collect(), ..self.clone() }
    }

    /// Returns the condition keys that a real request would have.
    fn context(&self) -> Vec<ContextEntry> {
        let entry = |name: &str, kind: ContextKeyTypeEnum, value: &str| {
            ContextEntry::builder().context_key_name(name).context_key_type(kind).context_key_values(value).build()
        };
        let mut entries = Vec::new();
        if let Some(region) = &self.region {
            entries.push(entry("aws:RequestedRegion", ContextKeyTypeEnum::String, region));
        }
        if let Some(service) = self.passed_to {
            entries.push(entry("iam:PassedToService", ContextKeyTypeEnum::String, service));
        }
        if self.via_cloudformation {
            let cloudformation = "cloudformation.amazonaws.com";
            entries.push(entry("aws:CalledVia", ContextKeyTypeEnum::StringList, cloudformation));
            entries.push(entry("aws:CalledViaFirst", ContextKeyTypeEnum::String, cloudformation));
            entries.push(entry("aws:CalledViaLast", ContextKeyTypeEnum::String, cloudformation));
            entries.push(entry("aws:ViaAWSService", ContextKeyTypeEnum::Boolean, "true"));
        }
        entries
    }
}

/// The result for one action.
#[derive(Debug, Default)]
struct SimulationResult {
    is_allowed: bool,
    is_explicit: bool,
    unknown: BTreeSet<String>,
}

struct Simulation<'i> {
    aws: &'i AwsInspector,
    source: String,
    calls: usize,
    results: BTreeMap<String, SimulationResult>,
}

impl Simulation<'_> {
    fn simulate(&mut self, request: &SimulationRequest) -> InspectResult<()> {
        match self.send(request) {
            Ok(results) => {
                self.record(request, &results);
                Ok(())
            }
            // IAM does not know an action, or refuses the combination: simulate both halves separately.
            Err(error) if error.code.as_deref() == Some("InvalidInput") => {
                let actions: Vec<String> = request.actions.iter().cloned().collect();
                if actions.len() < 2 {
                    return Ok(());
                }
                let (first, second) = actions.split_at(actions.len() / 2);
                self.simulate(&request.with_actions(first))?;
                self.simulate(&request.with_actions(second))
            }
            Err(error) => Err(error),
        }
    }

    fn send(&mut self, request: &SimulationRequest) -> InspectResult<Vec<EvaluationResult>> {
        let mut results = Vec::new();
        let mut marker = None;
        loop {
            if self.calls == CALLS {
                let message = format!("the simulation needs more than {CALLS} calls");
                return Err(InspectError { action: SIMULATE, code: None, message });
            }
            self.calls += 1;
            let call = self
                .aws
                .iam
                .simulate_principal_policy()
                .policy_source_arn(&self.source)
                .set_action_names(Some(request.actions.iter().cloned().collect()))
                .set_resource_arns(Some(request.resources.iter().cloned().collect()))
                .set_context_entries(Some(request.context()))
                .max_items(RESULTS_A_PAGE)
                .set_marker(marker);
            let response = self.aws.request("iam:SimulatePrincipalPolicy", call.send())?;
            results.extend(response.evaluation_results().iter().cloned());
            marker = response.marker().filter(|_| response.is_truncated()).map(ToOwned::to_owned);
            if marker.is_none() {
                return Ok(results);
            }
        }
    }

    fn record(&mut self, request: &SimulationRequest, results: &[EvaluationResult]) {
        for result in results {
            let action = result.eval_action_name();
            // Service control policies are reported separately.
            let is_denied_by_scp = result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations());
            let action_result = self.results.entry(action.to_owned()).or_default();
            let counts = |resource: &str| resource == "*" || request.pairs.contains(&(action.to_ascii_lowercase(), resource.to_owned()));
            let mut add = |decision: &PolicyEvaluationDecisionType, missing: &[String]| {
                action_result.is_allowed |= *decision == PolicyEvaluationDecisionType::Allowed && !is_denied_by_scp;
                action_result.is_explicit |= *decision == PolicyEvaluationDecisionType::ExplicitDeny || is_denied_by_scp;
                if *decision != PolicyEvaluationDecisionType::Allowed {
                    action_result.unknown.extend(missing.iter().cloned());
                }
            };
            if result.resource_specific_results().is_empty() {
                if result.eval_resource_name().is_none_or(counts) {
                    add(result.eval_decision(), result.missing_context_values());
                }
                continue;
            }
            for specific in result.resource_specific_results() {
                if counts(specific.eval_resource_name()) {
                    add(specific.eval_resource_decision(), specific.missing_context_values());
                }
            }
        }
    }

    /// Repeats EC2 actions that are not allowed on all resources: a policy may allow them on some resource types.
    fn retry_ec2_by_resource(&mut self, statements: &[Statement]) -> InspectResult<()> {
        let is_open =
            |(action, result): &(&String, &SimulationResult)| action.starts_with("ec2:") && !result.is_allowed && !result.is_explicit;
        let actions: BTreeSet<String> = self.results.iter().filter(is_open).map(|(action, _)| action.clone()).collect();
        let parts: Vec<&str> = self.source.split(':').collect();
        let [_, partition, _, _, account, ..] = parts[..] else { return Ok(()) };
        let region = statements.iter().find_map(|statement| statement.region.clone()).unwrap_or_default();
        let resources: BTreeSet<String> =
            EC2_RESOURCES.iter().map(|resource| format!("arn:{partition}:ec2:{region}:{account}:{resource}")).collect();
        if actions.is_empty() {
            return Ok(());
        }
        let pairs = actions.iter().flat_map(|action| {
            let action = action.to_ascii_lowercase();
            resources.iter().map(move |resource| (action.clone(), resource.clone()))
        });
        let request = SimulationRequest {
            pairs: pairs.collect(),
            via_cloudformation: true,
            region: Some(region),
            actions,
            resources,
            passed_to: None,
        };
        request.split().iter().try_for_each(|request| self.simulate(request))
    }
}
