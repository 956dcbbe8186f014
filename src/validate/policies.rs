//! Policy documents: elements and values that IAM rejects.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use super::check::{Check, alternatives, hinted, items, type_name, written};
use super::literals::short;
use super::walk::Guards;
use crate::diagnostic::Diagnostic;
use crate::template::{Entry, Intrinsic, Kind, Node};
use crate::text::did_you_mean;

/// The kind of a policy, which determines the elements of its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attached {
    /// Identity-based policy: statements have resources and no principal.
    Identity,
    /// Trust policy of a role: statements have principals and no resource.
    Trust,
    /// Resource-based policy: statements have principals.
    Resource,
}

/// The property paths of policy documents by resource type; `*` is every item of a list.
const DOCUMENTS: &[(&str, &[&str], Attached)] = &[
    ("AWS::ECR::Repository", &["RepositoryPolicyText"], Attached::Resource),
    ("AWS::EFS::FileSystem", &["FileSystemPolicy"], Attached::Resource),
    ("AWS::IAM::Group", &["Policies", "*", "PolicyDocument"], Attached::Identity),
    ("AWS::IAM::GroupPolicy", &["PolicyDocument"], Attached::Identity),
    ("AWS::IAM::ManagedPolicy", &["PolicyDocument"], Attached::Identity),
    ("AWS::IAM::Policy", &["PolicyDocument"], Attached::Identity),
    ("AWS::IAM::Role", &["AssumeRolePolicyDocument"], Attached::Trust),
    ("AWS::IAM::Role", &["Policies", "*", "PolicyDocument"], Attached::Identity),
    ("AWS::IAM::RolePolicy", &["PolicyDocument"], Attached::Identity),
    ("AWS::IAM::User", &["Policies", "*", "PolicyDocument"], Attached::Identity),
    ("AWS::IAM::UserPolicy", &["PolicyDocument"], Attached::Identity),
    ("AWS::KMS::Key", &["KeyPolicy"], Attached::Resource),
    ("AWS::S3::BucketPolicy", &["PolicyDocument"], Attached::Resource),
    ("AWS::SNS::TopicPolicy", &["PolicyDocument"], Attached::Resource),
    ("AWS::SQS::QueuePolicy", &["PolicyDocument"], Attached::Resource),
    ("AWS::SecretsManager::ResourcePolicy", &["ResourcePolicy"], Attached::Resource),
];

const DOCUMENT_MEMBERS: &[&str] = &["Id", "Statement", "Version"];
const VERSIONS: &[&str] = &["2008-10-17", "2012-10-17"];
const EFFECTS: &[&str] = &["Allow", "Deny"];
const STATEMENT_MEMBERS: &[&str] =
    &["Action", "Condition", "Effect", "NotAction", "NotPrincipal", "NotResource", "Principal", "Resource", "Sid"];

pub(super) fn check(check: &mut Check<'_, '_>) {
    for entry in &check.template.resources {
        let name = type_name(entry);
        for (_, path, attached) in DOCUMENTS.iter().filter(|(resource_type, ..)| *resource_type == name) {
            let Some(properties) = entry.body.get("Properties") else { continue };
            let exists = check.exists(entry);
            let mut found = vec![(exists.clone(), properties)];
            for step in *path {
                found = found
                    .into_iter()
                    .flat_map(|(guards, node)| match *step {
                        "*" => items(check.template, Some(node), &guards),
                        name => written(check.template, node, name, &guards),
                    })
                    .collect();
            }
            for (guards, document) in found {
                Policy { check, entry, exists: &exists, attached: *attached }.document(document, &guards);
            }
        }
    }
}

struct Policy<'p, 't, 'a> {
    check: &'p mut Check<'t, 'a>,
    entry: &'p Entry<'a>,
    exists: &'p Guards,
    attached: Attached,
}

impl<'a> Policy<'_, '_, 'a> {
    fn problem(&self, message: &str, node: &Node<'a>, label: &str) -> Diagnostic {
        let span = self.check.template.source.first_character(node.span);
        self.check.error("invalid-policy-document", format!("policy document of `{}` {message}", self.entry.name), span, label)
    }

    /// Reports a problem. The messages are those of IAM, which only sees policies of IAM: other services have their own.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html>
    fn report(&mut self, mut diagnostic: Diagnostic, guards: &Guards) {
        if self.attached == Attached::Resource {
            diagnostic.aws_message = None;
        }
        self.check.report_where(diagnostic, self.exists, guards);
    }

    fn document(&mut self, document: &'a Node<'a>, guards: &Guards) {
        // A JSON string is not parsed, and the result of a function is unknown.
        if Intrinsic::of(document).is_some() || !matches!(document.kind, Kind::Object(_)) || document.get("Fn::Transform").is_some() {
            return;
        }
        self.unknown_members(document, DOCUMENT_MEMBERS, guards);
        for (guards, version) in written(self.check.template, document, "Version", guards) {
            let Some(text) = version.as_str().filter(|text| !VERSIONS.contains(text)) else { continue };
            let diagnostic = self.problem(&format!("has an unknown Version `{}`", short(text)), version, "unknown version");
            self.report(diagnostic.hinted("use 2012-10-17; the only other version is 2008-10-17"), &guards);
        }
        let Some(statement) = document.get("Statement") else {
            let diagnostic = self.problem("has no Statement", document, "requires Statement");
            return self.report(diagnostic.with_aws_message("Syntax errors in policy."), guards);
        };
        let mut sids: Vec<(Guards, &'a Node<'a>)> = Vec::new();
        for (guards, value) in alternatives(self.check.template, statement, guards) {
            let Some(value) = value else { continue };
            let list = match value.kind {
                Kind::Array(_) => items(self.check.template, Some(value), &guards),
                _ => vec![(guards, value)],
            };
            for (guards, statement) in list {
                if Intrinsic::of(statement).is_none() {
                    self.statement(statement, &guards);
                    sids.extend(
                        statement.get("Sid").filter(|sid| sid.as_str().is_some_and(|sid| !sid.is_empty())).map(|sid| (guards, sid)),
                    );
                }
            }
        }
        self.sids(&sids);
    }

    fn unknown_members(&mut self, node: &'a Node<'a>, known: &[&str], guards: &Guards) {
        for member in node.members().iter().filter(|member| !known.contains(&member.key) && !member.key.starts_with("Fn::")) {
            let message = format!("policy document of `{}` has an unknown element `{}`", self.entry.name, member.key);
            let diagnostic = self.check.error("invalid-policy-document", message, member.key_span, "unknown element");
            self.report(hinted(diagnostic, self.check.did_you_mean(member.key, known.iter().copied())), guards);
        }
    }

    fn statement(&mut self, statement: &'a Node<'a>, guards: &Guards) {
        if !matches!(statement.kind, Kind::Object(_)) {
            let diagnostic = self.problem(&format!("has a statement that is {}", statement.kind_name()), statement, "not a statement");
            return self.report(diagnostic.hinted("a statement is an object with Effect, Action and Resource"), guards);
        }
        if statement.members().iter().any(|member| member.key.starts_with("Fn::")) {
            return;
        }
        self.unknown_members(statement, STATEMENT_MEMBERS, guards);
        if statement.get("Effect").is_none() {
            let diagnostic = self.problem("has a statement without Effect", statement, "requires Effect");
            self.report(diagnostic.hinted("use Allow or Deny").with_aws_message("Syntax errors in policy."), guards);
        }
        for (guards, effect) in written(self.check.template, statement, "Effect", guards) {
            let Some(text) = effect.scalar().filter(|text| !EFFECTS.contains(text)) else { continue };
            let diagnostic = self.problem(&format!("has an unknown Effect `{}`", short(text)), effect, "unknown effect");
            let near = did_you_mean(text, EFFECTS.iter().copied()).unwrap_or_else(|| "use Allow or Deny".to_owned());
            self.report(diagnostic.hinted(near), &guards);
        }
        self.exactly_one(statement, ["Action", "NotAction"], guards);
        if self.attached == Attached::Identity {
            self.exactly_one(statement, ["Resource", "NotResource"], guards);
        } else {
            self.exactly_one(statement, ["Principal", "NotPrincipal"], guards);
        }
        let (forbidden, why) = match self.attached {
            Attached::Identity => (["Principal", "NotPrincipal"].as_slice(), "an identity-based policy has no principal"),
            Attached::Trust => (["Resource", "NotResource"].as_slice(), "a trust policy has no resource"),
            Attached::Resource => ([].as_slice(), ""),
        };
        for name in forbidden {
            if let Some((guards, node)) = written(self.check.template, statement, name, guards).first() {
                let diagnostic = self.problem(&format!("has a statement with {name}"), node, why);
                self.report(diagnostic.hinted(format!("remove {name}")), guards);
            }
        }
        self.actions(statement, guards);
        if self.attached == Attached::Identity {
            self.resources(statement, guards);
        }
    }

    fn exactly_one(&mut self, statement: &'a Node<'a>, names: [&str; 2], guards: &Guards) {
        let [one, other] = names.map(|name| statement.get(name));
        match (one, other) {
            (None, None) => {
                let diagnostic =
                    self.problem(&format!("has a statement without {}", names[0]), statement, &format!("requires {}", names[0]));
                self.report(diagnostic.hinted(format!("add {}", names[0])), guards);
            }
            (Some(one), Some(other)) if Intrinsic::of(one).is_none() && Intrinsic::of(other).is_none() => {
                let message = format!("has a statement with both {} and {}", names[0], names[1]);
                let diagnostic = self.problem(&message, other, "mutually exclusive");
                self.report(diagnostic.hinted("remove one of the two elements"), guards);
            }
            _ => {}
        }
    }

    /// Returns the strings of a statement's member.
    fn texts(&self, statement: &'a Node<'a>, name: &str, guards: &Guards) -> Vec<(Guards, &'a Node<'a>, &'a str)> {
        let template = self.check.template;
        let each = written(template, statement, name, guards).into_iter().flat_map(|(guards, node)| match node.kind {
            Kind::Array(_) => items(template, Some(node), &guards),
            _ => vec![(guards, node)],
        });
        each.filter_map(|(guards, node)| Some((guards, node, node.as_str()?))).filter(|(.., text)| !text.contains("{{resolve:")).collect()
    }

    fn actions(&mut self, statement: &'a Node<'a>, guards: &Guards) {
        for name in ["Action", "NotAction"] {
            for (guards, node, text) in self.texts(statement, name, guards) {
                if text.chars().all(|character| character == '*') && !text.is_empty() {
                    continue;
                }
                let named = text.split_once(':').is_some_and(|(service, action)| !service.is_empty() && !action.is_empty());
                if !named {
                    let diagnostic =
                        self.problem(&format!("has the action `{}` without a service prefix", short(text)), node, "no service prefix");
                    let diagnostic = diagnostic
                        .hinted("use the form `service:Action`, such as s3:GetObject")
                        .with_aws_message("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
                    self.report(diagnostic, &guards);
                }
            }
        }
    }

    fn resources(&mut self, statement: &'a Node<'a>, guards: &Guards) {
        for name in ["Resource", "NotResource"] {
            for (guards, node, text) in self.texts(statement, name, guards) {
                if text != "*" && !text.starts_with("arn:") {
                    let diagnostic = self.problem(&format!("has the resource `{}`, which is not an ARN", short(text)), node, "not an ARN");
                    let diagnostic = diagnostic
                        .hinted("use `*` or an ARN; Fn::Sub can insert parameters and attributes")
                        .with_aws_message(format!("Resource {text} must be in ARN format or \"*\"."));
                    self.report(diagnostic, &guards);
                }
            }
        }
    }

    /// Checks that statement IDs are alphanumeric and unique.
    fn sids(&mut self, sids: &[(Guards, &'a Node<'a>)]) {
        let text = |node: &Node<'a>| node.as_str().unwrap_or_default();
        let is_unique = self.attached != Attached::Resource;
        for (index, (guards, sid)) in sids.iter().enumerate() {
            if self.attached != Attached::Resource && !text(sid).bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let diagnostic = self.problem(&format!("has the Sid `{}`, which is not alphanumeric", short(text(sid))), sid, "");
                let diagnostic =
                    diagnostic.hinted("use only letters and digits").with_aws_message("Statement IDs (SID) must be alpha-numeric.");
                self.report(diagnostic, guards);
            }
            // Only IAM requires unique IDs: S3 and ECR accept the policies of https://github.com/getmoto/moto/pull/8933.
            for (earlier_guards, earlier) in sids[..index].iter().filter(|_| is_unique) {
                if !self.check.may_compare() {
                    return;
                }
                if text(earlier) == text(sid) {
                    let together: Guards = guards.iter().chain(earlier_guards).copied().collect();
                    let diagnostic = self
                        .problem(&format!("has two statements with the Sid `{}`", short(text(sid))), sid, "duplicate")
                        .at(self.check.template.source, earlier.span, "first here")
                        .hinted("use a different Sid for each statement, or remove them")
                        .with_aws_message("Statement IDs (SID) in a single policy must be unique.");
                    self.report(diagnostic, &together);
                }
            }
        }
    }
}
