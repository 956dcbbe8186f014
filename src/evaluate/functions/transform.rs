//! `Fn::Transform`, and unsupported functions.

use crate::diagnostic::Diagnostic;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::Value;
use crate::template::{Intrinsic, Node};

const SUPPORTED: &str = "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, \
                         Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, \
                         Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]";

impl<'a> Evaluator<'_, 'a> {
    /// Warns about every macro of the whole template that it was not run.
    pub(in crate::evaluate) fn whole_transforms(&mut self) {
        let root = self.template.root;
        if root.get("Fn::Transform").is_some() {
            self.transform(root);
        }
        let Some(declared) = root.get("Transform") else { return };
        for name in self.template.transforms.iter().filter(|name| **name != crate::template::LANGUAGE_EXTENSIONS) {
            self.macro_not_run(name, declared, "the template");
        }
    }

    /// Keeps the expression as an unknown value, with a warning: the result of a macro is known only to AWS.
    pub(in crate::evaluate) fn transform(&mut self, node: &'a Node<'a>) -> Value<'a> {
        let name = node
            .get("Fn::Transform")
            .and_then(|operand| operand.get("Name").or_else(|| operand.items().first()?.get("Name")))
            .and_then(Node::as_str)
            .unwrap_or("a macro");
        self.macro_not_run(name, node, "this expression");
        self.unevaluated(node)
    }

    /// Returns an unknown value for a function whose operands come from a macro, such as `{"Fn::Sub": {"Fn::Transform": ...}}`.
    pub(in crate::evaluate) fn operands_of_a_macro(&mut self, node: &'a Node<'a>) -> Option<Value<'a>> {
        let [member] = node.members() else { return None };
        if member.key == "Fn::Transform" || !matches!(Intrinsic::of(&member.value), Some(Intrinsic::Transform(_))) {
            return None;
        }
        self.transform(&member.value);
        Some(self.unevaluated(node))
    }

    fn macro_not_run(&mut self, name: &str, node: &Node<'_>, what: &str) {
        let message = format!("`{name}` runs on AWS only; its result for {what} is unknown");
        self.warnings.push(Diagnostic::warning("macro-not-run", message).at(self.template.source, node.span, ""));
    }

    pub(in crate::evaluate) fn unsupported(&mut self, node: &'a Node<'a>, name: &'a str) -> Value<'a> {
        // A macro may define functions that CloudFormation does not.
        if !self.macros {
            let known = ["Fn::GetAtt", "Fn::GetAZs", "Fn::Sub", "Fn::Join", "Fn::Split", "Fn::Select", "Fn::FindInMap", "Fn::Base64"]
                .into_iter()
                .chain([
                    "Fn::Cidr",
                    "Fn::ImportValue",
                    "Fn::GetStackOutput",
                    "Fn::If",
                    "Fn::Equals",
                    "Fn::And",
                    "Fn::Or",
                    "Fn::Not",
                    "Fn::Transform",
                ]);
            let mut diagnostic = Diagnostic::error("unsupported-function", format!("`{name}` is not a supported function"))
                .at(self.template.source, node.span, "")
                .with_aws_message(format!("Template error: Encountered unsupported function: {name} Supported functions are: {SUPPORTED}"));
            if name.starts_with("Fn::ForEach") {
                diagnostic = diagnostic.hinted("`Fn::ForEach` requires `\"Transform\": \"AWS::LanguageExtensions\"`");
            } else {
                diagnostic = diagnostic.suggesting(name, known);
            }
            self.problems.push(diagnostic);
        }
        self.unevaluated(node)
    }

    pub(in crate::evaluate) fn needs_extensions(&mut self, node: &'a Node<'a>, name: &'a str) -> Value<'a> {
        if !self.macros {
            self.problems.push(
                Diagnostic::error("needs-language-extensions", format!("`{name}` requires the language extensions"))
                    .at(self.template.source, node.span, "")
                    .with_aws_message(format!(
                        "Template error: Encountered unsupported function: {name} Supported functions are: {SUPPORTED}"
                    ))
                    .hinted("add `\"Transform\": \"AWS::LanguageExtensions\"` to the template"),
            );
        }
        self.unevaluated(node)
    }
}
