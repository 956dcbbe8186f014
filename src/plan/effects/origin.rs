//! The expression of the template that a value of a resource comes from.

use crate::evaluate::{ConditionValue, Evaluation};
use crate::plan::expression::{Reached, walk};
use crate::template::{Intrinsic, KeyCache, Node};

/// Where a value comes from in one template.
#[derive(Clone)]
pub(super) struct Origin<'n, 'a> {
    /// The outermost expression that determines the value. Above it there are only plain maps and lists.
    pub(super) root: &'a Node<'a>,
    /// The value's path below `root`.
    pub(super) path: Vec<&'n str>,
    /// The references of the value's own expression.
    pub(super) own: Vec<Reached<'a>>,
    /// The conditions that enclose this expression, and those of conditional items in the lists around it.
    pub(super) surrounding: Vec<&'a str>,
}

impl<'n, 'a> Origin<'n, 'a> {
    /// Returns the origin of the value at a path below a node, or `None` if no expression can have a value there.
    pub(super) fn find(evaluation: &Evaluation<'a>, node: &'a Node<'a>, path: &[&'n str], keys: &mut KeyCache<'a>) -> Option<Self> {
        let mut found: Option<Self> = None;
        let (mut node, mut path) = (node, path);
        loop {
            let at_node = || Self { root: node, path: path.to_vec(), own: Vec::new(), surrounding: Vec::new() };
            match Intrinsic::of(node) {
                Some(Intrinsic::If(operand)) => {
                    let origin = found.get_or_insert_with(at_node);
                    let Some((condition, branch)) = taken_branch(evaluation, operand) else { return found };
                    origin.surrounding.push(condition);
                    match branch {
                        Some(branch) => node = branch,
                        None => break,
                    }
                    continue;
                }
                Some(_) => {
                    found.get_or_insert_with(at_node);
                    break;
                }
                None => {}
            }
            let Some((segment, rest)) = path.split_first() else {
                found.get_or_insert_with(at_node);
                break;
            };
            let items = node.items();
            if items.iter().any(|item| matches!(Intrinsic::of(item), Some(Intrinsic::If(_)))) {
                let origin = found.get_or_insert_with(at_node);
                for item in items {
                    conditions_of(evaluation, item, &mut origin.surrounding);
                }
            }
            let next = match segment.parse::<usize>() {
                Ok(index) if !items.is_empty() => items.iter().filter(|item| exists(evaluation, item)).nth(index),
                _ => keys.get(node, segment),
            };
            let Some(next) = next else { return found };
            (node, path) = (next, rest);
        }
        let mut origin = found?;
        walk(evaluation, node, &mut |reached| origin.own.push(reached));
        Some(origin)
    }
}

/// Returns the condition of an `Fn::If` and the branch that it takes; no branch where the condition is unknown.
fn taken_branch<'a>(evaluation: &Evaluation<'a>, operand: &'a Node<'a>) -> Option<(&'a str, Option<&'a Node<'a>>)> {
    let [condition, yes, no] = operand.items() else { return None };
    let name = condition.as_str()?;
    let branch = match evaluation.conditions.get(name) {
        Some(ConditionValue::Known(true)) => Some(yes),
        Some(ConditionValue::Known(false)) => Some(no),
        _ => None,
    };
    Some((name, branch))
}

/// Collects the conditions that decide whether a list has an item.
fn conditions_of<'a>(evaluation: &Evaluation<'a>, item: &'a Node<'a>, found: &mut Vec<&'a str>) {
    let mut item = item;
    while let Some(Intrinsic::If(operand)) = Intrinsic::of(item)
        && let Some((condition, branch)) = taken_branch(evaluation, operand)
    {
        found.push(condition);
        let Some(branch) = branch else { return };
        item = branch;
    }
}

/// Returns whether an item of a list has a value, rather than `AWS::NoValue`.
fn exists<'a>(evaluation: &Evaluation<'a>, item: &'a Node<'a>) -> bool {
    let mut item = item;
    loop {
        match Intrinsic::of(item) {
            Some(Intrinsic::Ref(operand)) => return operand.as_str() != Some("AWS::NoValue"),
            Some(Intrinsic::If(operand)) => match taken_branch(evaluation, operand) {
                Some((_, Some(branch))) => item = branch,
                _ => return true,
            },
            _ => return true,
        }
    }
}
