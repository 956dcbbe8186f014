//! Evaluation of resources.

use rustc_hash::FxHashSet;

use super::evaluator::{Block, Evaluator};
use super::value::{Value, ValueKind};
use super::{ConditionValue, Named, Resource};
use crate::diagnostic::Diagnostic;
use crate::template::{Entry, Kind, Node, depends_on};
use crate::text::MOST_SUGGESTIONS;

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates the resources whose condition is not false.
    pub(super) fn all_resources(&mut self) -> Named<'a, Resource<'a>> {
        let template = self.template;
        self.block = Block::Resources;
        let mut resources = Named::with_capacity_and_hasher(template.resources.len(), rustc_hash::FxBuildHasher);
        self.shared_names();
        for entry in &template.resources {
            self.is_used_up(entry.name_span);
            self.subject = entry.name;
            if let Some(resource) = self.resource(entry) {
                resources.insert(entry.name, resource);
            }
        }
        resources
    }

    /// Reports resources that have the name of a parameter, which would make `Ref` ambiguous.
    fn shared_names(&mut self) {
        let template = self.template;
        let is_shared = |entry: &&Entry<'a>| template.parameters.contains(entry.name) && !self.macros;
        let shared: Vec<&Entry<'a>> = template.resources.iter().filter(is_shared).collect();
        let listed = shared.iter().take(MOST_SUGGESTIONS).map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        for entry in shared {
            let parameter = template.parameters.get(entry.name).map_or(entry.name_span, |parameter| parameter.name_span);
            let problem = Diagnostic::error("duplicate-name", format!("`{}` is the name of a parameter and of a resource", entry.name))
                .at(template.source, entry.name_span, "again here")
                .at(template.source, parameter, "first here")
                .with_aws_message(format!("Template error: all resources and parameters must have unique names. Common name(s):[{listed}]"))
                .hinted("rename one of them, so that `Ref` is unambiguous");
            self.problems.push(problem);
        }
    }

    /// Returns whether a resource exists and the condition that decides it, or `None` if the template does not declare it.
    pub(super) fn existence(&mut self, name: &str) -> Option<(ConditionValue, Option<&'a str>)> {
        let entry = self.template.resources.get(name)?;
        let Some(condition) = entry.body.get("Condition") else {
            return Some((ConditionValue::Known(true), None));
        };
        let Some(name) = condition.as_str() else {
            return Some((ConditionValue::Known(true), None));
        };
        // An undeclared condition is reported at the resource, not at every reference to the resource.
        Some((self.condition(name, condition.span).unwrap_or(ConditionValue::Known(true)), Some(name)))
    }

    fn resource(&mut self, entry: &Entry<'a>) -> Option<Resource<'a>> {
        let body = entry.body;
        if entry.name.starts_with("Fn::") || !matches!(body.kind, Kind::Object(_)) {
            // A macro, or a loop without the language extensions.
            return self.not_a_resource(entry);
        }
        let condition = self.own_condition(body, "Resources");
        if let Some((_, ConditionValue::Known(false))) = condition {
            self.check_absent(body, Block::Resources);
            return None;
        }
        let resource_type = body.get("Type").and_then(Node::as_str).unwrap_or_default();
        let depends_on = self.depends_on(entry);
        let properties = body.get("Properties").and_then(|node| self.value(node));
        let empty = Value::new(ValueKind::Map(&[]), body);
        if resource_type == "AWS::ECR::Repository" {
            self.repository_name(entry, properties);
        }
        Some(Resource {
            entry: *entry,
            resource_type,
            condition,
            depends_on,
            properties: properties.unwrap_or(empty),
            metadata: self.attribute(body, "Metadata"),
            deletion_policy: self.policy(body, "DeletionPolicy"),
            update_replace_policy: self.policy(body, "UpdateReplacePolicy"),
            creation_policy: self.attribute(body, "CreationPolicy"),
            update_policy: self.attribute(body, "UpdatePolicy"),
        })
    }

    /// Warns about uppercase letters in the name of a repository, which often come from the stack's name.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html>
    fn repository_name(&mut self, entry: &Entry<'a>, properties: Option<Value<'a>>) {
        let Some(name) = properties.and_then(|properties| properties.get("RepositoryName")) else { return };
        if name.text().is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_uppercase())) {
            self.warnings.push(
                Diagnostic::warning("repository-name", format!("the name of repository `{}` contains uppercase letters", entry.name))
                    .at(self.template.source, name.origin.span, "ECR requires lowercase names")
                    .hinted("if the name is built from the stack's name, use a lowercase stack name"),
            );
        }
    }

    fn not_a_resource(&mut self, entry: &Entry<'a>) -> Option<Resource<'a>> {
        let is_loop = entry.name.starts_with("Fn::ForEach");
        if is_loop && !self.extensions && !self.macros {
            let diagnostic = Diagnostic::error("needs-language-extensions", "`Fn::ForEach` requires the language extensions")
                .at(self.template.source, entry.name_span, "")
                .with_aws_message(format!("Template format error: [/Resources/{}] resource definition is malformed", entry.name))
                .hinted("add `\"Transform\": \"AWS::LanguageExtensions\"` to the template");
            self.problems.push(diagnostic);
        } else if entry.name == "Fn::Transform" {
            self.transform(self.template.root.get("Resources").unwrap_or(entry.body));
        } else if entry.name.starts_with("Fn::") {
            self.unsupported(entry.body, entry.name);
        }
        None
    }

    fn attribute(&mut self, body: &'a Node<'a>, key: &str) -> Option<Value<'a>> {
        body.get(key).and_then(|node| self.value(node))
    }

    /// Evaluates a deletion or update-replace policy, which may be a function: CloudFormation accepts `Fn::If` and `Ref` here.
    ///
    /// Its documentation requires the language extensions for that, but the service no longer does.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
    fn policy(&mut self, body: &'a Node<'a>, key: &'static str) -> Option<Value<'a>> {
        let node = body.get(key)?;
        let is_function = crate::template::Intrinsic::of(node).is_some();
        if node.as_str().is_none() && !is_function && !self.macros && !matches!(node.kind, Kind::Null) {
            let diagnostic = Diagnostic::error("policy-not-a-string", format!("`{key}` must be a string, not {}", node.kind_name()))
                .at(self.template.source, node.span, "")
                .with_aws_message(format!("Template format error: Every {key} member must be a string."));
            self.problems.push(diagnostic);
            return None;
        }
        let value = self.value(node)?;
        let allowed: &[&str] = if key == "DeletionPolicy" {
            &["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"]
        } else {
            &["Delete", "Retain", "Snapshot"]
        };
        if let ValueKind::List(_) | ValueKind::Map(_) = value.kind {
            let diagnostic = Diagnostic::error("policy-not-a-string", format!("`{key}` must be a string, not a list or a map")).at(
                self.template.source,
                node.span,
                "",
            );
            self.problems.push(diagnostic);
        } else if let Some(text) = value.text()
            && !allowed.contains(&text)
        {
            let (is_secret, text) = (self.is_secret(node), self.shown(node, text));
            let diagnostic = Diagnostic::error("unknown-policy", format!("`{text}` is not a valid `{key}`"))
                .at(self.template.source, node.span, "")
                .with_aws_message(format!("Template format error: Unrecognized {key} {text} for resource {}", self.subject))
                .hinted(format!("allowed: {}", allowed.join(", ")))
                .suggesting(&text, allowed.iter().copied().filter(|_| !is_secret));
            self.problems.push(diagnostic);
        }
        Some(value)
    }

    /// Returns the resources in `DependsOn`. Like CloudFormation, it ignores those whose condition is false.
    fn depends_on(&mut self, entry: &Entry<'a>) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut seen = FxHashSet::default();
        for item in depends_on(entry.body) {
            let name = match item.as_str() {
                Some(name) => name,
                None if self.extensions || self.macros => match self.value(item).and_then(|value| value.text()) {
                    Some(name) => name,
                    None => continue,
                },
                None => {
                    self.problem(
                        "depends-on",
                        item,
                        format!("`DependsOn` takes the names of resources, not {}", item.kind_name()),
                        "Template format error: DependsOn must be a string or list of strings.",
                    );
                    continue;
                }
            };
            match self.existence(name) {
                Some((ConditionValue::Known(false), _)) => {}
                Some(_) if seen.insert(name) => {
                    self.note_dependency(name);
                    names.push(name);
                }
                Some(_) => {}
                None if self.macros || self.template.module_of(name).is_some() => {}
                None if item.as_str().is_none() && self.is_secret(item) => drop(self.secret_name(item, item)),
                None => self.note_unresolved(name, item.span, None),
            }
        }
        names
    }
}
