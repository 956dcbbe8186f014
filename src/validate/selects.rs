//! `Fn::Select`: the index must be inside the list.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-select.html>

use super::check::{Check, is_no_value};
use super::walk::Guards;
use crate::diagnostic::Diagnostic;
use crate::evaluate::availability_zones;
use crate::template::{Intrinsic, Kind, Node};

/// The region with the most availability zones; used if no region is given.
const MOST_ZONES: &str = "us-east-1";

/// Checks one `Fn::Select` if the length of its list is known.
pub(super) fn check<'a>(check: &mut Check<'_, 'a>, operand: &'a Node<'a>, guards: &Guards) {
    let [index_node, list] = operand.items() else { return };
    let Some(text) = index_node.scalar() else { return };
    let Ok(index) = text.trim().parse::<usize>() else { return };
    if let Some(Intrinsic::Ref(name)) = Intrinsic::of(list)
        && let Some(name) = name.as_str()
    {
        return parameter(check, name, index, index_node, guards);
    }
    let Some((length, what)) = length(check, list) else { return };
    if index >= length {
        let diagnostic = out_of_range(check, index, index_node, length, &what);
        // The number of availability zones is that of one region.
        let region = check.region_in_force().filter(|_| matches!(Intrinsic::of(list), Some(Intrinsic::GetAzs(_))));
        let guards: Guards = guards.iter().copied().chain(region).collect();
        check.report_where(diagnostic, &[], &guards);
    }
}

/// Checks the known values of a list parameter: its current value and the allowed ones.
fn parameter<'a>(check: &mut Check<'_, 'a>, name: &str, index: usize, index_node: &Node<'a>, guards: &Guards) {
    if !check.is_list(name) {
        return;
    }
    for (literal, value) in check.parameter_values(name) {
        let length = value.split(',').count();
        if index < length {
            continue;
        }
        let diagnostic = out_of_range(check, index, index_node, length, &format!("the value of parameter `{name}`"));
        let guards: Guards = guards.iter().copied().chain([literal]).collect();
        if let Some(when) = check.reached(&guards) {
            check.report_when(diagnostic, &when);
        }
    }
}

/// Source of the message: <https://github.com/F5Networks/f5-aws-cloudformation/issues/80>
fn out_of_range(check: &Check<'_, '_>, index: usize, index_node: &Node<'_>, length: usize, what: &str) -> Diagnostic {
    let message = format!("index {index} of `Fn::Select` is out of range: {what} has {length} item{}", if length == 1 { "" } else { "s" });
    check
        .error("select-out-of-range", message, index_node.span, "out of range")
        .hinted("the first item has index 0; if the length varies, use Fn::If with a condition on the length")
        .with_aws_message(format!("Template error: Fn::Select cannot select nonexistent value at index {index}"))
}

/// Returns the length of a list with the current parameter values, and a description of the list.
fn length<'a>(check: &Check<'_, 'a>, list: &'a Node<'a>) -> Option<(usize, String)> {
    let count = |count: usize| if count == 1 { "a list of one".to_owned() } else { format!("a list of {count}") };
    match (Intrinsic::of(list), list.kind) {
        (None, Kind::Array(items)) => {
            let certain = items.iter().all(|item| !is_no_value(item) && !matches!(Intrinsic::of(item), Some(Intrinsic::If(_))));
            certain.then(|| (items.len(), count(items.len())))
        }
        (Some(Intrinsic::Split(operands)), _) => match operands.items() {
            [delimiter, text] => {
                let (delimiter, text) = (delimiter.as_str().filter(|delimiter| !delimiter.is_empty())?, text.as_str()?);
                let parts = if text.contains("{{resolve:") { return None } else { text.split(delimiter).count() };
                Some((parts, count(parts)))
            }
            _ => None,
        },
        (Some(Intrinsic::GetAzs(operand)), _) => {
            let own = operand.as_str() == Some("") || operand.get("Ref").and_then(|name| name.as_str()) == Some("AWS::Region");
            let region = if own { check.given_region().unwrap_or(MOST_ZONES) } else { operand.as_str()? };
            let zones = availability_zones(region)?.count();
            Some((zones, format!("the list of availability zones in {region}")))
        }
        _ => None,
    }
}
