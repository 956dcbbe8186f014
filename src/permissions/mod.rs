//! The permissions that a rack requires, as IAM policies: for requests to CloudFormation, for CloudFormation's requests for the resources
//! with the caller's credentials, for verification and preflight, and for builds.
//!
//! Takes resource types with the actions on them ([`Need`]); returns [`Statement`]s, and from them [`Policy`]s. CloudFormation's requests
//! for a type come from the handlers in AWS's provider schemas ([`schema`](crate::schema)); rackform's own requests are listed here. This
//! module only lists: it sends no request and grants nothing.

mod needs;
mod policy;
mod requests;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use needs::{Need, lifetime, of_plan};
pub use policy::{MANAGED_POLICY_LIMIT, Policy, policies};
pub use scope::StackLocation;

use scope::ResourceScope;

/// The purpose of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// rackform's own requests to CloudFormation
    Request,
    /// CloudFormation's requests to create, update and delete the resources, with the caller's credentials or a role's
    Resources,
    /// `verify`, and the checks after `apply`
    Verify,
    /// The checks before `apply`
    Preflight,
    /// Running builds in the rack
    Build,
    /// `build image`: creating its repository, and pulling and pushing images
    Image,
    /// `build cache`, and builds elsewhere that read and write the rack's cache
    Cache,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 7] = [Self::Request, Self::Resources, Self::Verify, Self::Preflight, Self::Build, Self::Image, Self::Cache];

    /// The purposes of whoever operates a rack; the others are those of CI jobs.
    pub const OF_OPERATORS: [Self; 5] = [Self::Request, Self::Resources, Self::Verify, Self::Preflight, Self::Build];

    /// Returns the prefix of its statement IDs.
    fn sid_prefix(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Resources => "Resources",
            Self::Verify => "Verify",
            Self::Preflight => "Preflight",
            Self::Build => "Build",
            Self::Image => "Image",
            Self::Cache => "Cache",
        }
    }
}

/// The service that the role for CloudFormation is passed to.
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// A policy statement: actions that are allowed on some resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its ID, unique in the list.
    pub sid: String,
    /// Its purpose.
    pub purpose: Purpose,
    /// The actions, sorted.
    pub actions: Vec<String>,
    /// The resources' ARNs, sorted.
    pub resources: Vec<String>,
    /// The region of the requests, if the resources' ARNs do not contain it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The service that a role may be passed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_to: Option<&'static str>,
}

/// Returns the statements for some purposes, in the order of purposes and services.
pub fn statements(location: &StackLocation, needs: &[Need], purposes: &[Purpose]) -> Vec<Statement> {
    let mut statements = Vec::new();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| purposes.contains(purpose)) {
        let actions: BTreeSet<String> = match purpose {
            Purpose::Resources => needs::actions(needs),
            purpose => {
                let reads_ssm = purpose == Purpose::Request && !location.ssm_parameters.is_empty();
                let actions = requests::actions(purpose, location.upload());
                actions.into_iter().chain(reads_ssm.then_some(requests::READ_SSM_PARAMETERS)).map(ToOwned::to_owned).collect()
            }
        };
        let mut groups: BTreeMap<(String, ResourceScope), Vec<String>> = BTreeMap::new();
        for action in without_covered(actions) {
            let service = action.split(':').next().unwrap_or_default().to_owned();
            groups.entry((service, location.scope(purpose, &action, needs))).or_default().push(action);
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for ((service, scope), actions) in groups {
            let service_name: String = service.split('-').map(capitalized).collect();
            let count = counts.entry(service_name.clone()).or_default();
            *count += 1;
            let number = if *count == 1 { String::new() } else { count.to_string() };
            statements.push(Statement {
                sid: format!("{}{service_name}{number}", purpose.sid_prefix()),
                purpose,
                actions,
                resources: scope.resources,
                region: scope.region,
                passed_to: None,
            });
        }
        if let (Purpose::Request, Some(role)) = (purpose, &location.role_arn) {
            statements.push(Statement {
                sid: "RequestPassRole".to_owned(),
                purpose,
                actions: vec!["iam:PassRole".to_owned()],
                resources: vec![role.clone()],
                region: None,
                passed_to: Some(CLOUDFORMATION),
            });
        }
    }
    statements
}

/// Returns the actions that are certainly called; the rest of the list covers every property of the types, and rollbacks.
///
/// Of CloudFormation's requests for resources these are the calls that create a resource, recognised by their names.
pub fn needed(location: &StackLocation, needs: &[Need]) -> BTreeSet<String> {
    let mut actions: BTreeSet<String> = requests::needed(location.upload()).into_iter().map(ToOwned::to_owned).collect();
    actions.extend(location.role_arn.as_ref().map(|_| "iam:PassRole".to_owned()));
    actions.extend((!location.ssm_parameters.is_empty()).then(|| requests::READ_SSM_PARAMETERS.to_owned()));
    actions.extend(needs.iter().flat_map(needs::create_actions));
    actions
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// Removes actions that another one with a wildcard covers, and spellings that differ only in case, which IAM ignores.
fn without_covered(actions: BTreeSet<String>) -> Vec<String> {
    let prefixes: Vec<String> = actions.iter().filter_map(|action| action.strip_suffix('*').map(str::to_ascii_lowercase)).collect();
    let mut seen = BTreeSet::new();
    let is_covered = |action: &str| {
        let lower = action.to_ascii_lowercase();
        prefixes.iter().any(|prefix| lower.starts_with(prefix) && lower != format!("{prefix}*"))
    };
    actions.into_iter().filter(|action| !is_covered(action) && seen.insert(action.to_ascii_lowercase())).collect()
}

/// Returns notes about a list.
pub fn notes(needs: &[Need], statements: &[Statement]) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown = needs::unknown_types(needs);
    if !unknown.is_empty() {
        notes.push(format!("AWS publishes no permissions for these types, so they are missing here: {}", unknown.join(", ")));
    }
    if statements.iter().any(|statement| statement.purpose == Purpose::Resources) {
        notes.push(
            "the permissions for resources cover every property of their types, so some may never be used; if CloudFormation assumes a role, \
             that role needs them, and the caller needs iam:PassRole on the role instead"
                .to_owned(),
        );
    }
    let writes_roles = |action: &String| matches!(action.as_str(), "iam:PutRolePolicy" | "iam:AttachRolePolicy" | "iam:CreateRole");
    if statements.iter().any(|statement| statement.actions.iter().any(writes_roles)) {
        notes.push(
            "a caller that can write the rack's roles can grant them more permissions than these: limit them with a permissions boundary"
                .to_owned(),
        );
    }
    if statements.iter().any(|statement| statement.resources.iter().any(|resource| resource == "*" || resource.ends_with(":s3:::*"))) {
        notes.push(
            "`*` is used where a service does not support resource-level permissions, or where IDs are known only after creation"
                .to_owned(),
        );
    }
    notes
}
