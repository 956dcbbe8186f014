//! Resources: which exist, and what they are.

use super::evaluator::{Block, Evaluator};
use super::value::{Value, ValueKind};
use super::{ConditionValue, Named, Resource};
use crate::template::{Diagnostic, Entry, Kind, Node, depends_on};

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates the resources whose condition is not false.
    pub(super) fn all_resources(&mut self) -> Named<'a, Resource<'a>> {
        let template = self.template;
        self.block = Block::Resources;
        let mut resources = Named::with_capacity_and_hasher(template.resources.len(), rustc_hash::FxBuildHasher);
        self.shared_names();
        for entry in &template.resources {
            self.subject = entry.name;
            if let Some(resource) = self.resource(entry) {
                resources.insert(entry.name, resource);
            }
        }
        resources
    }

    /// A resource must not have the name of a parameter, since `Ref` could then mean either.
    fn shared_names(&mut self) {
        let template = self.template;
        let is_shared = |entry: &&Entry<'a>| template.parameters.contains(entry.name) && !self.macros;
        let shared: Vec<&Entry<'a>> = template.resources.iter().filter(is_shared).collect();
        let listed = shared.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        for entry in shared {
            let parameter = template.parameters.get(entry.name).map_or(entry.name_span, |parameter| parameter.name_span);
            let problem = Diagnostic::error("duplicate-name", format!("`{}` is the name of a parameter and of a resource", entry.name))
                .at(template.source, entry.name_span, "again here")
                .at(template.source, parameter, "first here")
                .as_aws_says(format!("Template error: all resources and parameters must have unique names. Common name(s):[{listed}]"))
                .hinted("give one of them another name, so that `Ref` knows which");
            self.problems.push(problem);
        }
    }

    /// Returns whether a resource exists, or `None` when the template has none of that name; with the condition that decides.
    pub(super) fn existence(&mut self, name: &str) -> Option<(ConditionValue, Option<&'a str>)> {
        let entry = self.template.resources.get(name)?;
        let Some(condition) = entry.body.get("Condition") else {
            return Some((ConditionValue::Known(true), None));
        };
        let Some(name) = condition.as_str() else {
            return Some((ConditionValue::Known(true), None));
        };
        // A condition that is missing is reported where the resource stands, not at everything that refers to it.
        Some((self.condition(name, condition.span).unwrap_or(ConditionValue::Known(true)), Some(name)))
    }

    fn resource(&mut self, entry: &Entry<'a>) -> Option<Resource<'a>> {
        let body = entry.body;
        if entry.name.starts_with("Fn::") || !matches!(body.kind, Kind::Object(_)) {
            // A macro, or a loop without the language extensions, which has been reported.
            return self.not_a_resource(entry);
        }
        let condition = self.own_condition(body, "Resources");
        if let Some((_, ConditionValue::Known(false))) = condition {
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

    /// A repository's name is often built from the stack's, which may have upper-case letters where this may not.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html>
    fn repository_name(&mut self, entry: &Entry<'a>, properties: Option<Value<'a>>) {
        let Some(name) = properties.and_then(|properties| properties.get("RepositoryName")) else { return };
        if name.text().is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_uppercase())) {
            self.warnings.push(
                Diagnostic::warning("repository-name", format!("the name of repository `{}` has upper-case letters here", entry.name))
                    .at(self.template.source, name.origin.span, "ECR takes lower-case names alone")
                    .hinted("a name built from the stack's needs a stack name in lower case"),
            );
        }
    }

    fn not_a_resource(&mut self, entry: &Entry<'a>) -> Option<Resource<'a>> {
        let is_loop = entry.name.starts_with("Fn::ForEach");
        if is_loop && !self.extensions && !self.macros {
            let diagnostic = Diagnostic::error("needs-language-extensions", "`Fn::ForEach` needs the language extensions")
                .at(self.template.source, entry.name_span, "")
                .as_aws_says(format!("Template format error: [/Resources/{}] resource definition is malformed", entry.name))
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

    /// Functions in the policies need the language extensions.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
    fn policy(&mut self, body: &'a Node<'a>, key: &'static str) -> Option<Value<'a>> {
        let node = body.get(key)?;
        if node.as_str().is_none() && !self.extensions && !self.macros {
            let diagnostic = Diagnostic::error("policy-not-a-string", format!("`{key}` must be a string, and is {}", node.kind_name()))
                .at(self.template.source, node.span, "")
                .as_aws_says(format!("Template format error: Every {key} member must be a string."))
                .hinted("functions here need `\"Transform\": \"AWS::LanguageExtensions\"`");
            self.problems.push(diagnostic);
            return None;
        }
        let value = self.value(node)?;
        let allowed: &[&str] = if key == "DeletionPolicy" {
            &["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"]
        } else {
            &["Delete", "Retain", "Snapshot"]
        };
        if let Some(text) = value.text()
            && !allowed.contains(&text)
        {
            let mut diagnostic = Diagnostic::error("unknown-policy", format!("`{text}` is no `{key}`"))
                .at(self.template.source, node.span, "")
                .as_aws_says(format!("Template format error: Unrecognized {key} {text} for resource {}", self.subject))
                .hinted(format!("allowed: {}", allowed.join(", ")));
            if let Some(near) = crate::template::nearest(text, allowed.iter().copied()) {
                diagnostic = diagnostic.hinted(format!("did you mean `{near}`?"));
            }
            self.problems.push(diagnostic);
        }
        Some(value)
    }

    /// A dependency on a resource whose condition is false is no dependency, as CloudFormation has it.
    fn depends_on(&mut self, entry: &Entry<'a>) -> Vec<&'a str> {
        let mut names = Vec::new();
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
                        format!("`DependsOn` takes the names of resources, and this is {}", item.kind_name()),
                        "Template format error: DependsOn must be a string or list of strings.",
                    );
                    continue;
                }
            };
            match self.existence(name) {
                Some((ConditionValue::Known(false), _)) => {}
                Some(_) if !names.contains(&name) => {
                    self.note_dependency(name);
                    names.push(name);
                }
                Some(_) => {}
                None if self.macros || self.template.module_of(name).is_some() => {}
                None => self.note_dangling(name, item.span, None),
            }
        }
        names
    }
}
