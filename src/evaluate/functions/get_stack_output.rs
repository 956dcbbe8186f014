//! `Fn::GetStackOutput`: an output of another stack, exported or not, in this account and region or another.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html>

use crate::diagnostic::Diagnostic;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value};
use crate::template::{Kind, Node};

const REQUIRED: [&str; 2] = ["StackName", "OutputName"];
const OPTIONAL: [&str; 2] = ["Region", "RoleArn"];

impl<'a> Evaluator<'_, 'a> {
    /// Returns an unknown value: AWS looks it up when the stack is created or updated.
    pub(in crate::evaluate) fn get_stack_output(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Kind::Object(members) = operand.kind else {
            return self.bad_stack_output(
                node,
                operand,
                "`Fn::GetStackOutput` takes an object with `StackName` and `OutputName`".to_owned(),
            );
        };
        if let Some(missing) = REQUIRED.iter().find(|key| operand.get(key).is_none()) {
            return self.bad_stack_output(node, operand, format!("`Fn::GetStackOutput` requires `{missing}`"));
        }
        if let Some(unknown) = members.iter().find(|member| !REQUIRED.contains(&member.key) && !OPTIONAL.contains(&member.key)) {
            return self.bad_stack_output(node, operand, format!("`Fn::GetStackOutput` has no member `{}`", unknown.key));
        }
        let value = self.operand(operand);
        self.unknown(Residual::Function("Fn::GetStackOutput", self.arena.alloc(value)), node)
    }

    /// Reports malformed operands. CloudFormation's message for this is unknown.
    fn bad_stack_output(&mut self, node: &'a Node<'a>, place: &'a Node<'a>, message: String) -> Value<'a> {
        let hint = format!("it takes {} and, optionally, {}", REQUIRED.join(" and "), OPTIONAL.join(" and "));
        self.problems.push(Diagnostic::error("get-stack-output-operands", message).at(self.template.source, place.span, "").hinted(hint));
        self.unevaluated(node)
    }
}
