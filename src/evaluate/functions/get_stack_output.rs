//! `Fn::GetStackOutput`: an output of another stack, exported or not, in this account and region or another.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html>

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value};
use crate::template::{Diagnostic, Kind, Node};

const REQUIRED: [&str; 2] = ["StackName", "OutputName"];
const OPTIONAL: [&str; 2] = ["Region", "RoleArn"];

impl<'a> Evaluator<'_, 'a> {
    /// The value is looked up when the stack is created or updated, and never offline.
    pub(in crate::evaluate) fn get_stack_output(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Kind::Object(members) = operand.kind else {
            return self.bad_stack_output(
                node,
                operand,
                "`Fn::GetStackOutput` takes an object with `StackName` and `OutputName`".to_owned(),
            );
        };
        if let Some(missing) = REQUIRED.iter().find(|key| operand.get(key).is_none()) {
            return self.bad_stack_output(node, operand, format!("`Fn::GetStackOutput` needs `{missing}`"));
        }
        if let Some(stranger) = members.iter().find(|member| !REQUIRED.contains(&member.key) && !OPTIONAL.contains(&member.key)) {
            return self.bad_stack_output(node, operand, format!("`Fn::GetStackOutput` takes no `{}`", stranger.key));
        }
        let value = self.operand(operand);
        self.unknown(Residual::Function("Fn::GetStackOutput", self.arena.alloc(value)), node)
    }

    /// CloudFormation's words for this are not known.
    fn bad_stack_output(&mut self, node: &'a Node<'a>, place: &'a Node<'a>, message: String) -> Value<'a> {
        let hint = format!("it takes {} and, if need be, {}", REQUIRED.join(" and "), OPTIONAL.join(" and "));
        self.problems.push(Diagnostic::error("get-stack-output-operands", message).at(self.template.source, place.span, "").hinted(hint));
        self.kept(node)
    }
}
