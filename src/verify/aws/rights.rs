//! What a principal may do, by IAM's own simulation of its policies.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::AwsInspector;
use crate::permissions::{Purpose, Statement};
use crate::verify::observed::{Answer, Refusal};
use crate::verify::rights::{Denied, PermissionRequest, Principal, Rights};

/// How many actions are asked for at once.
const ACTIONS_A_CALL: usize = 100;

/// How many results a page has at most.
const RESULTS_A_PAGE: i32 = 1000;

/// How many calls are made in all before it is given up: IAM answers few of these in a second.
const CALLS: usize = 48;

/// What stands where an ID is known only once the resource is made.
const SAMPLE: &str = "rackform";

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// What EC2 tells apart where a policy may name resources and the plan has no IDs yet.
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

/// Tries out what a principal may do.
pub(super) fn rights(aws: &AwsInspector, wanted: PermissionRequest<'_>) -> Answer<Rights> {
    let source = match wanted.principal {
        Principal::Role(arn) => arn.to_owned(),
        Principal::Caller => match caller(aws)? {
            Caller::Root(arn) => return Ok(Rights { principal: arn, ..Rights::default() }),
            Caller::Principal(arn) => arn,
        },
    };
    let mut simulation = Simulation { aws, source, calls: 0, seen: BTreeMap::new() };
    for question in questions(wanted.statements) {
        simulation.ask(&question)?;
    }
    simulation.look_closer(wanted.statements)?;
    let Simulation { source, seen, .. } = simulation;
    let denied = seen.iter().filter(|(_, seen)| !seen.is_allowed).map(|(action, seen)| Denied {
        action: action.clone(),
        is_explicit: seen.is_explicit,
        unknown_conditions: seen.unknown.iter().cloned().collect(),
    });
    Ok(Rights { tried: seen.len(), denied: denied.collect(), principal: source })
}

enum Caller {
    /// The account's root user, which no policy of its own restricts.
    Root(String),
    /// A user or role whose policies can be simulated.
    Principal(String),
}

/// Returns who asks, as IAM knows it: a session is of a role, and a role's ARN has a path that the session's has not.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn caller(aws: &AwsInspector) -> Answer<Caller> {
    let identity =
        aws.session.identity().map_err(|error| Refusal { action: "sts:GetCallerIdentity", code: None, message: error.to_string() })?;
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
    let found = aws.ask("iam:GetRole", &["NoSuchEntity"], aws.iam.get_role().role_name(role).send());
    match found {
        Ok(Some(answer)) if answer.role().is_some() => {
            Ok(Caller::Principal(answer.role().map(|role| role.arn().to_owned()).unwrap_or_default()))
        }
        // Most roles have no path.
        Ok(_) => Ok(Caller::Principal(format!("arn:{partition}:iam::{account}:role/{role}"))),
        Err(refusal) if refusal.is_denied() && !role.starts_with("AWSReservedSSO_") => {
            Ok(Caller::Principal(format!("arn:{partition}:iam::{account}:role/{role}")))
        }
        Err(refusal) => Err(refusal),
    }
}

fn no_policies(arn: &str) -> Refusal {
    let message = format!("`{arn}` is no user or role, so it has no policies that IAM could simulate");
    Refusal { action: SIMULATE, code: None, message }
}

/// Actions, and the resources that they are tried on.
#[derive(Clone, Debug, Default)]
struct Question {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    /// Which resources count for which action; one that is allowed is enough, since an action has but one kind of them.
    pairs: BTreeSet<(String, String)>,
    /// Whether CloudFormation calls, in the principal's name.
    via_cloudformation: bool,
    /// The service that a role is passed to.
    passed_to: Option<&'static str>,
    region: Option<String>,
}

/// Puts statements together so that few calls tell: those on everything in one, the others by service.
fn questions(statements: &[Statement]) -> Vec<Question> {
    let mut groups: BTreeMap<(bool, Option<&str>, String), Question> = BTreeMap::new();
    let region = statements.iter().find_map(|statement| statement.region.clone());
    for statement in statements {
        let is_everything = statement.resources.iter().all(|resource| resource == "*");
        let service = statement.actions.first().and_then(|action| action.split(':').next()).unwrap_or_default();
        let via_cloudformation = statement.purpose == Purpose::Resources;
        let key = (via_cloudformation, statement.passed_to, if is_everything { String::new() } else { service.to_owned() });
        let question = groups.entry(key).or_default();
        question.via_cloudformation = via_cloudformation;
        question.passed_to = statement.passed_to;
        question.region.clone_from(&region);
        // An action with a wildcard is none that could be tried.
        for action in statement.actions.iter().filter(|action| !action.contains('*')) {
            question.actions.insert(action.clone());
            for resource in statement.resources.iter().map(|resource| sample(resource)) {
                question.pairs.insert((action.to_ascii_lowercase(), resource.clone()));
                question.resources.insert(resource);
            }
        }
    }
    let is_asked = |question: &Question| !question.actions.is_empty();
    groups.into_values().filter(is_asked).flat_map(Question::in_pieces).collect()
}

/// Returns one resource that a pattern stands for.
fn sample(pattern: &str) -> String {
    if pattern == "*" {
        return pattern.to_owned();
    }
    pattern.replace("file-system/*", "file-system/fs-0").replace("access-point/*", "access-point/fsap-0").replace('*', SAMPLE)
}

impl Question {
    fn in_pieces(self) -> Vec<Self> {
        let actions: Vec<String> = self.actions.iter().cloned().collect();
        actions.chunks(ACTIONS_A_CALL).map(|piece| self.about(piece)).collect()
    }

    fn about(&self, actions: &[String]) -> Self {
        Self { actions: actions.iter().cloned().collect(), ..self.clone() }
    }

    /// Returns what a real request would tell of itself.
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

/// What is known of one action.
#[derive(Debug, Default)]
struct Seen {
    is_allowed: bool,
    is_explicit: bool,
    unknown: BTreeSet<String>,
}

struct Simulation<'i> {
    aws: &'i AwsInspector,
    source: String,
    calls: usize,
    seen: BTreeMap<String, Seen>,
}

impl Simulation<'_> {
    fn ask(&mut self, question: &Question) -> Answer<()> {
        match self.results(question) {
            Ok(results) => {
                self.take(question, &results);
                Ok(())
            }
            // Actions that IAM does not know, or will not try together: the halves tell which.
            Err(refusal) if refusal.code.as_deref() == Some("InvalidInput") => {
                let actions: Vec<String> = question.actions.iter().cloned().collect();
                if actions.len() < 2 {
                    return Ok(());
                }
                let (first, second) = actions.split_at(actions.len() / 2);
                self.ask(&question.about(first))?;
                self.ask(&question.about(second))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn results(&mut self, question: &Question) -> Answer<Vec<EvaluationResult>> {
        let mut results = Vec::new();
        let mut marker = None;
        loop {
            if self.calls == CALLS {
                let message = format!("it takes more than {CALLS} calls");
                return Err(Refusal { action: SIMULATE, code: None, message });
            }
            self.calls += 1;
            let call = self
                .aws
                .iam
                .simulate_principal_policy()
                .policy_source_arn(&self.source)
                .set_action_names(Some(question.actions.iter().cloned().collect()))
                .set_resource_arns(Some(question.resources.iter().cloned().collect()))
                .set_context_entries(Some(question.context()))
                .max_items(RESULTS_A_PAGE)
                .set_marker(marker);
            let answer = self.aws.answer("iam:SimulatePrincipalPolicy", call.send())?;
            results.extend(answer.evaluation_results().iter().cloned());
            marker = answer.marker().filter(|_| answer.is_truncated()).map(ToOwned::to_owned);
            if marker.is_none() {
                return Ok(results);
            }
        }
    }

    fn take(&mut self, question: &Question, results: &[EvaluationResult]) {
        for result in results {
            let action = result.eval_action_name();
            // An organization's policies are told apart from the principal's own.
            let is_barred = result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations());
            let seen = self.seen.entry(action.to_owned()).or_default();
            let counts = |resource: &str| resource == "*" || question.pairs.contains(&(action.to_ascii_lowercase(), resource.to_owned()));
            let mut note = |decision: &PolicyEvaluationDecisionType, missing: &[String]| {
                seen.is_allowed |= *decision == PolicyEvaluationDecisionType::Allowed && !is_barred;
                seen.is_explicit |= *decision == PolicyEvaluationDecisionType::ExplicitDeny || is_barred;
                if *decision != PolicyEvaluationDecisionType::Allowed {
                    seen.unknown.extend(missing.iter().cloned());
                }
            };
            if result.resource_specific_results().is_empty() {
                if result.eval_resource_name().is_none_or(counts) {
                    note(result.eval_decision(), result.missing_context_values());
                }
                continue;
            }
            for specific in result.resource_specific_results() {
                if counts(specific.eval_resource_name()) {
                    note(specific.eval_resource_decision(), specific.missing_context_values());
                }
            }
        }
    }

    /// Asks once more for actions of EC2 that nobody is allowed on everything: a policy may allow them on some kind of resource.
    fn look_closer(&mut self, statements: &[Statement]) -> Answer<()> {
        let is_open = |(action, seen): &(&String, &Seen)| action.starts_with("ec2:") && !seen.is_allowed && !seen.is_explicit;
        let actions: BTreeSet<String> = self.seen.iter().filter(is_open).map(|(action, _)| action.clone()).collect();
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
        let question =
            Question { pairs: pairs.collect(), via_cloudformation: true, region: Some(region), actions, resources, passed_to: None };
        question.in_pieces().iter().try_for_each(|question| self.ask(question))
    }
}
