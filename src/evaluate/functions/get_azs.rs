//! `Fn::GetAZs`: the availability zones of a region.
//!
//! AWS returns the zones with a default subnet of the account. The table used here holds all zones of the region, so AWS returns fewer
//! zones for an account without a default subnet in one of them.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html>

use bumpalo::collections::Vec as ArenaVec;

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::evaluate::zones;
use crate::template::Node;

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn get_azs(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let value = match self.operand(operand) {
            value @ Value { kind: ValueKind::String(_), .. } if self.keeps_deployment_values => {
                return self.unknown(Residual::AvailabilityZones(self.arena.alloc(value)), node);
            }
            Value { kind: ValueKind::String(""), .. } => {
                self.pseudo("AWS::Region", operand).unwrap_or(Value::new(ValueKind::String(""), operand))
            }
            value => value,
        };
        match value.kind {
            ValueKind::String(region) => match zones::availability_zones(region) {
                Some(names) => {
                    let mut items = ArenaVec::new_in(self.arena.bump());
                    items.extend(names.map(|name| self.string(&name, node)));
                    Value::new(ValueKind::List(items.into_bump_slice()), node)
                }
                None => self.unknown(Residual::AvailabilityZones(self.arena.alloc(value)), node),
            },
            ValueKind::Unknown(_) => self.unknown(Residual::AvailabilityZones(self.arena.alloc(value)), node),
            _ => {
                let aws = "Template error: every Fn::GetAZs object must have a String-typed value.";
                self.problem("getazs-operand", operand, "`Fn::GetAZs` takes the name of a region", aws);
                self.unevaluated(node)
            }
        }
    }
}
