//! Pseudo parameters: from the state, derived from the region, or unknown.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>

use super::evaluator::Evaluator;
use super::value::{Residual, Value, ValueKind};
use crate::aws::partition;
use crate::diagnostic::Diagnostic;
use crate::template::{Intrinsic, Node, Reference, ReferenceVisitor};

/// All pseudo parameters, except `AWS::NoValue`, which is the absence of a value.
pub(super) const NAMES: [&str; 7] =
    ["AWS::AccountId", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"];

/// Returns whether an expression contains `Fn::GetAZs` of the stack's own region.
fn uses_own_zones(node: &Node<'_>) -> bool {
    matches!(Intrinsic::of(node), Some(Intrinsic::GetAzs(operand)) if operand.as_str() == Some(""))
        || node.members().iter().any(|member| uses_own_zones(&member.value))
        || node.items().iter().any(uses_own_zones)
}

impl<'a> Evaluator<'_, 'a> {
    /// Returns the value of a pseudo parameter, or `None` for another name.
    pub(super) fn pseudo(&mut self, name: &'a str, origin: &'a Node<'a>) -> Option<Value<'a>> {
        if !NAMES.contains(&name) {
            return None;
        }
        let given = self.state.pseudo.get(name);
        let kind = match given {
            Some(value) => self.external(value, origin).kind,
            None => match (name, self.region()) {
                ("AWS::Partition", Some(region)) => ValueKind::String(partition(region).0),
                ("AWS::URLSuffix", Some(region)) => ValueKind::String(partition(region).1),
                ("AWS::NotificationARNs", _) if !self.keeps_deployment_values => ValueKind::List(&[]),
                _ => ValueKind::Unknown(Residual::PseudoParameter(name)),
            },
        };
        Some(Value::new(kind, origin))
    }

    /// Warns that a failure rests on an assumed account or region, so that the value is unknown and not an error.
    pub(super) fn rests_on_assumed(&mut self, node: &'a Node<'a>, what: &str) -> bool {
        if self.state.assumed.is_empty() {
            return false;
        }
        let assumed = &self.state.assumed;
        let mut found: Option<&str> = None;
        let mut visit = |reference: Reference<'a>, _| {
            if let Reference::Name(name) = reference {
                let base = if matches!(name, "AWS::Partition" | "AWS::URLSuffix") { "AWS::Region" } else { name };
                found = found.or(assumed.iter().map(String::as_str).find(|assumed| *assumed == base));
            }
        };
        visit.expression(node);
        // `Fn::GetAZs` of nothing is that of the stack's region.
        if found.is_none() && assumed.iter().any(|name| name == "AWS::Region") && uses_own_zones(node) {
            found = Some("AWS::Region");
        }
        let Some(name) = found else { return false };
        let (rule, kind) = if name == "AWS::AccountId" { ("assumed-account", "account ID") } else { ("assumed-region", "region") };
        let value = self.state.pseudo.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let message = format!("the {what} fails with the assumed {kind} {value}, so its value is unknown");
        self.warnings.push(Diagnostic::warning(rule, message).at(self.template.source, node.span, ""));
        true
    }

    /// Returns the stack's region, if it is known.
    pub(super) fn region(&self) -> Option<&'a str> {
        self.state.pseudo.get("AWS::Region").and_then(serde_json::Value::as_str)
    }

    /// Converts a value from the state, such as an attribute of a deployed resource.
    pub(super) fn external(&mut self, value: &'a serde_json::Value, origin: &'a Node<'a>) -> Value<'a> {
        let bytes = match value {
            serde_json::Value::String(text) => text.len(),
            serde_json::Value::Array(items) => items.len() * size_of::<Value<'_>>(),
            serde_json::Value::Object(members) => members.iter().map(|(key, _)| key.len() + size_of::<(&str, Value<'_>)>()).sum(),
            _ => 0,
        };
        if self.is_spent(bytes, origin) {
            return self.unevaluated(origin);
        }
        let kind = match value {
            serde_json::Value::Null => ValueKind::Null,
            serde_json::Value::Bool(value) => ValueKind::Bool(*value),
            serde_json::Value::Number(number) => ValueKind::Number(self.arena.str(&number.to_string())),
            serde_json::Value::String(text) => ValueKind::String(text),
            serde_json::Value::Array(items) => {
                let items: Vec<Value<'a>> = items.iter().map(|item| self.external(item, origin)).collect();
                ValueKind::List(self.arena.slice(&items))
            }
            serde_json::Value::Object(members) => {
                let members: Vec<(&'a str, Value<'a>)> =
                    members.iter().map(|(key, value)| (key.as_str(), self.external(value, origin))).collect();
                ValueKind::Map(self.arena.slice(&members))
            }
        };
        Value::new(kind, origin)
    }
}
