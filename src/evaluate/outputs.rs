//! Evaluation of outputs.

use super::evaluator::{Block, Evaluator};
use super::operands;
use super::value::{Value, ValueKind};
use super::{ConditionValue, Named, Output, Resource};
use crate::template::{Entry, Kind, Node};

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates the outputs whose condition is not false.
    pub(super) fn all_outputs(&mut self, resources: &Named<'a, Resource<'a>>) -> Named<'a, Output<'a>> {
        let template = self.template;
        self.block = Block::Outputs;
        let mut outputs = Named::with_capacity_and_hasher(template.outputs.len(), rustc_hash::FxBuildHasher);
        for entry in &template.outputs {
            self.subject = entry.name;
            if self.is_used_up(entry.name_span) {
                break;
            }
            if let Some(mut output) = self.output(entry) {
                output.value = self.expected(output.value, resources);
                if let ValueKind::String(text) = output.value.kind {
                    self.is_spent_at(text.len(), entry.name_span);
                }
                outputs.insert(entry.name, output);
            }
        }
        outputs
    }

    /// Evaluates an output; returns `None` if its condition is false.
    pub(super) fn output(&mut self, entry: &Entry<'a>) -> Option<Output<'a>> {
        let body = entry.body;
        if entry.name.starts_with("Fn::") || !matches!(body.kind, Kind::Object(_)) {
            if entry.name.starts_with("Fn::") && entry.name != "Fn::Transform" {
                self.unsupported(body, entry.name);
            }
            return None;
        }
        if let Some((_, ConditionValue::Known(false))) = self.own_condition(body, "Outputs") {
            self.check_absent(body, Block::Outputs);
            return None;
        }
        let node = body.get("Value")?;
        let value = self.value(node)?;
        self.must_be_text(node, &value);
        let export = body.get("Export").and_then(|export| self.export(export));
        Some(Output { entry: *entry, value, export, description: body.get("Description").and_then(Node::as_str) })
    }

    /// Evaluates the name of an export. A literal name must consist of the characters that CloudFormation allows.
    fn export(&mut self, export: &'a Node<'a>) -> Option<Value<'a>> {
        let name = export.get("Name");
        let is_wrong = match name.map(Node::as_str) {
            None => true,
            Some(Some(text)) => text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-')),
            Some(None) => false,
        };
        if is_wrong && !self.macros && !matches!(export.kind, Kind::Null) {
            let subject = self.subject;
            self.problem(
                "export-name",
                name.unwrap_or(export),
                format!("the export of output `{subject}` needs a name of letters, digits, `:` and `-`"),
                format!(
                    "Template format error: Output {subject} is malformed. The Name field of every Export member must be specified \
                     and consist only of alphanumeric characters, colons, or hyphens."
                ),
            );
        }
        if let Some(name) = name
            && !self.macros
            && operands::depends_on_resource(self.template, name)
        {
            let message = format!("the export name of output `{}` cannot depend on a resource", self.subject);
            self.problems.push(crate::diagnostic::Diagnostic::error("export-name", message).at(self.template.source, name.span, ""));
        }
        name.and_then(|name| self.value(name))
    }

    fn must_be_text(&mut self, node: &Node<'a>, value: &Value<'a>) {
        let what = match value.kind {
            ValueKind::List(_) => "List",
            ValueKind::Map(_) => "Map",
            _ => return,
        };
        if !self.macros {
            self.problem(
                "output-not-a-string",
                node,
                format!("output `{}` must be a string, not a {}", self.subject, what.to_lowercase()),
                format!("Template format error: The Value field of every Outputs member must evaluate to a String and not a {what}."),
            );
        }
    }
}
