//! Which permissions a rack takes, as IAM policies: for the requests to CloudFormation, for what CloudFormation then does to the resources in
//! the caller's name, for verification and preflight, and for running builds.
//!
//! Takes types of resources with what happens to them ([`Need`]), gives [`Statement`]s and from them [`Policy`]s. What CloudFormation does to a
//! resource of a type comes from the handlers of AWS's provider schemas ([`schema`](crate::schema)); what rackform itself asks is listed here. Nothing
//! is asked and nothing granted: it is a listing.

mod asked;
mod needs;
mod policy;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use needs::{Need, lifetime, of_plan};
pub use policy::{MANAGED_POLICY_LIMIT, Policy, policies};
pub use scope::Place;

use scope::Scope;

/// What permissions are for.
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
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Request, Self::Resources, Self::Verify, Self::Preflight, Self::Build];

    /// Returns the word it starts statement IDs with.
    fn word(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Resources => "Resources",
            Self::Verify => "Verify",
            Self::Preflight => "Preflight",
            Self::Build => "Build",
        }
    }
}

/// Whom the role for CloudFormation is passed to.
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// Actions that are allowed on some resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its ID, unique in the listing.
    pub sid: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The actions, sorted.
    pub actions: Vec<String>,
    /// The resources' ARNs, sorted.
    pub resources: Vec<String>,
    /// The region that requests must be to, where the resources do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The service that a role may be passed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_to: Option<&'static str>,
}

/// Returns the statements that some purposes take, in the order of purposes and services.
pub fn statements(place: &Place, needs: &[Need], purposes: &[Purpose]) -> Vec<Statement> {
    let mut statements = Vec::new();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| purposes.contains(purpose)) {
        let actions: BTreeSet<String> = match purpose {
            Purpose::Resources => needs::actions(needs),
            purpose => {
                let looks_up = purpose == Purpose::Request && !place.stored.is_empty();
                let asked = asked::actions(purpose, place.upload());
                asked.into_iter().chain(looks_up.then_some(asked::LOOK_UP)).map(ToOwned::to_owned).collect()
            }
        };
        let mut groups: BTreeMap<(String, Scope), Vec<String>> = BTreeMap::new();
        for action in without_covered(actions) {
            let service = action.split(':').next().unwrap_or_default().to_owned();
            groups.entry((service, place.scope(&action, needs))).or_default().push(action);
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for ((service, scope), actions) in groups {
            let word: String = service.split('-').map(capitalized).collect();
            let count = counts.entry(word.clone()).or_default();
            *count += 1;
            let number = if *count == 1 { String::new() } else { count.to_string() };
            statements.push(Statement {
                sid: format!("{}{word}{number}", purpose.word()),
                purpose,
                actions,
                resources: scope.resources,
                region: scope.region,
                passed_to: None,
            });
        }
        if let (Purpose::Request, Some(role)) = (purpose, &place.role_arn) {
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

/// Returns the actions that are called for sure: the rest of a listing covers every property that types have, and every turn of events.
///
/// Of what CloudFormation does to resources these are the calls that make a new one, told by their names.
pub fn needed(place: &Place, needs: &[Need]) -> BTreeSet<String> {
    let mut actions: BTreeSet<String> = asked::needed(place.upload()).into_iter().map(ToOwned::to_owned).collect();
    actions.extend(place.role_arn.as_ref().map(|_| "iam:PassRole".to_owned()));
    actions.extend((!place.stored.is_empty()).then(|| asked::LOOK_UP.to_owned()));
    actions.extend(needs.iter().flat_map(needs::makers));
    actions
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// Leaves out actions that another one with a wildcard covers, and spellings that differ in case alone: IAM takes no notice of it.
fn without_covered(actions: BTreeSet<String>) -> Vec<String> {
    let prefixes: Vec<String> = actions.iter().filter_map(|action| action.strip_suffix('*').map(str::to_ascii_lowercase)).collect();
    let mut seen = BTreeSet::new();
    let is_covered = |action: &str| {
        let lower = action.to_ascii_lowercase();
        prefixes.iter().any(|prefix| lower.starts_with(prefix) && lower != format!("{prefix}*"))
    };
    actions.into_iter().filter(|action| !is_covered(action) && seen.insert(action.to_ascii_lowercase())).collect()
}

/// Returns what to know of a listing.
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
