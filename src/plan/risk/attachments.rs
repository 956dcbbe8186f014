//! Which policies count together: all of a role, all of a bucket, and so on, wherever the template has them.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde_json::{Value as Json, json};

use super::policy;
use crate::evaluate::{Evaluation, Residual, Resource, Value, ValueKind};
use crate::plan::values::{at, items, member, scalar_text, text_at};
use crate::policy::{Document, Kind};

/// What policies are about: an aspect of a role, bucket, or the like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Subject<'a> {
    pub(super) aspect: Aspect,
    pub(super) name: Name<'a>,
}

/// An aspect of what policies are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Aspect {
    /// What a role, user or group may do.
    Identity,
    /// Who may assume a role.
    Trust,
    /// The permissions boundary of a role or user.
    Boundary,
    /// Who may use a resource.
    Target,
    /// A policy by itself, wherever it is attached.
    Policy,
}

/// A resource of the template, or the name or expression of something outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name<'a> {
    Resource(&'a str),
    Other(String),
}

/// Where a policy stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) path: String,
}

/// The policies of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attached<'a> {
    pub(super) documents: Vec<Document>,
    /// For each document, where it stands.
    pub(super) places: Vec<Place<'a>>,
}

impl<'a> Attached<'a> {
    fn add(&mut self, id: &'a str, path: String, document: Document) {
        self.documents.push(document);
        self.places.push(Place { id, path });
    }

    /// Returns whether the policies are those of an identity or of a resource.
    pub(super) fn kind(&self) -> Kind {
        let is_of_resource = self.documents.iter().any(|document| match document {
            Document::Policy(json) => policy::names_principals(json),
            Document::Managed(_) => false,
        });
        if is_of_resource { Kind::Resource } else { Kind::Identity }
    }
}

/// The policies of all subjects.
pub(super) type Attachments<'a> = IndexMap<Subject<'a>, Attached<'a>, FxBuildHasher>;

/// Types that are a policy of something else, with the property that names it.
const TARGETS: &[(&str, &str)] = &[
    ("AWS::Events::EventBusPolicy", "EventBusName"),
    ("AWS::Kinesis::ResourcePolicy", "ResourceArn"),
    ("AWS::Lambda::LayerVersionPermission", "LayerVersionArn"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::S3::BucketPolicy", "Bucket"),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn"),
    ("AWS::SNS::TopicPolicy", "Topics"),
    ("AWS::SQS::QueueInlinePolicy", "Queue"),
    ("AWS::SQS::QueuePolicy", "Queues"),
    ("AWS::SecretsManager::ResourcePolicy", "SecretId"),
];

/// Roles, users and groups, with the property for their name.
const IDENTITIES: &[(&str, &str)] = &[("AWS::IAM::Role", "RoleName"), ("AWS::IAM::User", "UserName"), ("AWS::IAM::Group", "GroupName")];

/// The properties of a policy that name what it is attached to.
pub(super) const ATTACHED_TO: &[&str] = &["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];

/// Returns whether policies of other resources count together with those of this one.
pub(super) fn is_relevant(resource: &Resource<'_>) -> bool {
    resource.resource_type.starts_with("AWS::IAM::")
        || TARGETS.iter().any(|(target, _)| *target == resource.resource_type)
        || !policy::documents(resource).is_empty()
}

/// Returns the policies of a template by what they are about.
pub(super) fn attachments<'a>(evaluation: &Evaluation<'a>) -> Attachments<'a> {
    let named = |(id, resource): (&&'a str, &Resource<'a>)| {
        let (_, property) = IDENTITIES.iter().find(|(identity, _)| *identity == resource.resource_type)?;
        Some((text_at(&resource.properties, &[property])?, *id))
    };
    let mut collector =
        Collector { evaluation, names: evaluation.resources.iter().filter_map(named).collect(), found: Attachments::default() };
    for (id, resource) in &evaluation.resources {
        collector.collect(id, resource);
    }
    for (id, resource) in &evaluation.resources {
        collector.memberships(id, resource);
    }
    collector.found
}

struct Collector<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    /// The roles, users and groups with a name in the template.
    names: FxHashMap<&'a str, &'a str>,
    found: Attachments<'a>,
}

impl<'a> Collector<'_, 'a> {
    fn of(&mut self, aspect: Aspect, name: Name<'a>) -> &mut Attached<'a> {
        self.found.entry(Subject { aspect, name }).or_default()
    }

    /// Returns the resource that a value refers to.
    fn name(&self, value: &Value<'a>) -> Name<'a> {
        match value.kind {
            ValueKind::Unknown(Residual::Ref(id) | Residual::GetAtt(id, _)) => Name::Resource(id),
            kind => match scalar_text(kind) {
                Some(text) => self.names.get(text).map_or_else(|| Name::Other(text.to_owned()), |id| Name::Resource(id)),
                None => Name::Other(value.to_json().to_string()),
            },
        }
    }

    fn collect(&mut self, id: &'a str, resource: &Resource<'a>) {
        let properties = &resource.properties;
        match resource.resource_type {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => self.identity(id, resource),
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy" => {
                let documents = policy::documents(resource);
                let lists = ATTACHED_TO.iter().filter_map(|name| member(properties, name));
                let subjects: Vec<Name<'a>> = lists.flat_map(|list| items(&list).to_vec()).map(|value| self.name(&value)).collect();
                self.add_all(Aspect::Policy, Name::Resource(id), id, documents.clone());
                for subject in subjects {
                    self.add_all(Aspect::Identity, subject, id, documents.clone());
                }
            }
            "AWS::Lambda::Permission" | "AWS::Lambda::LayerVersionPermission" | "AWS::Events::EventBusPolicy"
                if member(properties, "Statement").is_none() =>
            {
                let target = TARGETS.iter().find(|(target, _)| *target == resource.resource_type);
                if let Some(target) = target.and_then(|(_, property)| member(properties, property)) {
                    let name = self.name(&target);
                    let document = Document::Policy(permission(properties));
                    self.of(Aspect::Target, name).add(id, "/Properties".to_owned(), document);
                }
            }
            other => {
                let mut documents = policy::documents(resource);
                documents.extend(default_policy(resource));
                let target = TARGETS.iter().find(|(target, _)| *target == other).and_then(|(_, property)| member(properties, property));
                let names = match &target {
                    Some(target) => items(target).iter().map(|value| self.name(value)).collect(),
                    None => vec![Name::Resource(id)],
                };
                for name in names.into_iter().filter(|_| !documents.is_empty()) {
                    self.add_all(Aspect::Target, name, id, documents.clone());
                }
            }
        }
    }

    fn add_all(&mut self, aspect: Aspect, name: Name<'a>, id: &'a str, documents: Vec<(String, Json)>) {
        let attached = self.of(aspect, name);
        for (path, document) in documents {
            attached.add(id, path, Document::Policy(document));
        }
    }

    fn identity(&mut self, id: &'a str, resource: &Resource<'a>) {
        let own = |aspect| (aspect, Name::Resource(id));
        let (trust, policies): (Vec<_>, Vec<_>) =
            policy::documents(resource).into_iter().partition(|(path, _)| path.starts_with("/Properties/AssumeRolePolicyDocument"));
        for ((aspect, name), documents) in [(own(Aspect::Trust), trust), (own(Aspect::Identity), policies)] {
            self.add_all(aspect, name, id, documents);
        }
        let arns = member(&resource.properties, "ManagedPolicyArns");
        for (index, arn) in arns.iter().flat_map(items).enumerate() {
            self.managed(own(Aspect::Identity), id, &format!("/Properties/ManagedPolicyArns/{index}"), arn);
        }
        if let Some(boundary) = member(&resource.properties, "PermissionsBoundary") {
            self.managed(own(Aspect::Boundary), id, "/Properties/PermissionsBoundary", &boundary);
        }
    }

    /// Adds a managed policy: its documents if it is a resource of the template, otherwise its ARN.
    fn managed(&mut self, (aspect, name): (Aspect, Name<'a>), id: &'a str, path: &str, arn: &Value<'a>) {
        let referenced = match self.name(arn) {
            Name::Resource(policy) => self.evaluation.resources.get_key_value(policy),
            Name::Other(_) => None,
        };
        match referenced.map(|(id, policy)| (*id, policy::documents(policy))) {
            Some((policy, documents)) if !documents.is_empty() => self.add_all(aspect, name, policy, documents),
            _ => self.of(aspect, name).add(id, path.to_owned(), Document::Managed(arn.to_json())),
        }
    }

    /// Adds the policies of groups to the users in them.
    fn memberships(&mut self, id: &'a str, resource: &Resource<'a>) {
        let list = |name| member(&resource.properties, name).map(|list| items(&list).to_vec()).unwrap_or_default();
        let (users, groups, path) = match resource.resource_type {
            "AWS::IAM::User" => (vec![Name::Resource(id)], list("Groups"), "/Properties/Groups"),
            "AWS::IAM::UserToGroupAddition" => {
                (list("Users").iter().map(|user| self.name(user)).collect(), list("GroupName"), "/Properties/Users")
            }
            _ => return,
        };
        for group in &groups {
            let subject = Subject { aspect: Aspect::Identity, name: self.name(group) };
            let policies = self.found.get(&subject).cloned();
            for user in &users {
                let attached = self.of(Aspect::Identity, user.clone());
                match (&policies, &subject.name) {
                    (Some(policies), Name::Resource(_)) => {
                        attached.documents.extend(policies.documents.iter().cloned());
                        attached.places.extend(policies.places.iter().cloned());
                    }
                    _ => attached.add(id, path.to_owned(), Document::Managed(group.to_json())),
                }
            }
        }
    }
}

/// Returns the policy that AWS uses for a resource without one of its own, if it allows access.
///
/// Sources: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>,
/// <https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>
fn default_policy(resource: &Resource<'_>) -> Option<(String, Json)> {
    let (property, actions) = match resource.resource_type {
        "AWS::EC2::VPCEndpoint" => ("PolicyDocument", json!("*")),
        "AWS::EFS::FileSystem" => ("FileSystemPolicy", json!("elasticfilesystem:Client*")),
        "AWS::ApiGateway::RestApi" if !is_private(resource) => ("Policy", json!("execute-api:Invoke")),
        _ => return None,
    };
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*"});
    let is_default = member(&resource.properties, property).is_none();
    is_default.then(|| (format!("/Properties/{property}"), json!({"Version": "2012-10-17", "Statement": [statement]})))
}

/// Returns whether an API is private or may be. Without a policy, a private API refuses every call.
fn is_private(resource: &Resource<'_>) -> bool {
    let types = at(&resource.properties, &["EndpointConfiguration", "Types"]);
    types.iter().flat_map(items).any(|kind| scalar_text(kind.kind).is_none_or(|kind| kind == "PRIVATE"))
}

/// Returns the statement that a permission adds to the policy of its function, layer version or event bus.
///
/// Sources: <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
fn permission(properties: &Value<'_>) -> Json {
    let json = |name| member(properties, name).map(|value| value.to_json());
    let principal = match json("Principal") {
        Some(Json::String(text)) if text == "*" => json!("*"),
        Some(Json::String(text)) if text.contains(".amazonaws.com") || text.ends_with(".amazon.com") => json!({ "Service": text }),
        Some(other) => json!({ "AWS": other }),
        None => json!([]),
    };
    let mut condition = serde_json::Map::new();
    let keys = [
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("OrganizationId", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ];
    for (property, operator, key) in keys {
        if let Some(value) = json(property)
            && let Some(members) = condition.entry(operator).or_insert_with(|| json!({})).as_object_mut()
        {
            members.insert(key.to_owned(), value);
        }
    }
    // An event bus has the condition as an operator, a key and a value.
    let own = ["Type", "Key", "Value"].map(|name| at(properties, &["Condition", name]));
    if let [Some(operator), Some(key), Some(value)] = own
        && let (Some(operator), Some(key)) = (scalar_text(operator.kind), scalar_text(key.kind))
    {
        condition.insert(operator.to_owned(), json!({ key: value.to_json() }));
    }
    let statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": json("Action").unwrap_or(Json::Null), "Condition": condition});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}
