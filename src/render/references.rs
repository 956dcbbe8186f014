//! Checks that every name in a rendered template is the name of something in it.
//!
//! Only that: which parameter values would leave a reference dangling is for [`validate`](crate::validate).

use crate::template::{Diagnostic, Diagnostics, Intrinsic, Kind, Node, Section, Source, Template, did_you_mean};

/// Checks conditions, resources and outputs.
pub(super) fn check(template: &Template<'_>) -> Result<(), Diagnostics> {
    let mut checker = Checker { template, problems: Diagnostics::default() };
    for condition in template.conditions.iter() {
        checker.node(condition.body, true);
    }
    for entry in template.resources.iter().chain(template.outputs.iter()) {
        if let Some(condition) = entry.body.get("Condition") {
            checker.known("condition", &template.conditions, condition);
        }
        if let Some(other) = entry.body.get("DependsOn") {
            for other in if other.as_str().is_some() { std::slice::from_ref(other) } else { other.items() } {
                checker.known("resource", &template.resources, other);
            }
        }
        for member in entry.body.members() {
            if !matches!(member.key, "Condition" | "DependsOn") {
                checker.node(&member.value, false);
            }
        }
    }
    checker.problems.into_result(())
}

struct Checker<'t, 'a> {
    template: &'t Template<'a>,
    problems: Diagnostics,
}

impl<'a> Checker<'_, 'a> {
    fn node(&mut self, node: &'a Node<'a>, is_condition: bool) {
        let intrinsic = if is_condition { Intrinsic::of_condition(node) } else { Intrinsic::of(node) };
        match intrinsic {
            Some(Intrinsic::Ref(name)) => self.reference(name, name.as_str().unwrap_or_default()),
            Some(Intrinsic::GetAtt(operand)) => {
                let name = operand.items().first().and_then(|first| first.as_str()).or_else(|| operand.as_str());
                self.resource(operand, name.and_then(|name| name.split('.').next()).unwrap_or_default());
            }
            Some(Intrinsic::Sub(operand)) => self.sub(operand),
            Some(Intrinsic::Condition(name)) => self.known("condition", &self.template.conditions, name),
            Some(Intrinsic::FindInMap(operand)) => {
                if let Some(name) = operand.items().first().filter(|name| name.as_str().is_some()) {
                    self.known("mapping", &self.template.mappings, name);
                }
                self.children(operand, false);
            }
            Some(Intrinsic::If(operand)) => {
                if let [condition, branches @ ..] = operand.items() {
                    self.known("condition", &self.template.conditions, condition);
                    branches.iter().for_each(|branch| self.node(branch, false));
                }
            }
            Some(Intrinsic::And(operand) | Intrinsic::Or(operand) | Intrinsic::Not(operand)) => self.children(operand, true),
            _ => self.children(node, false),
        }
    }

    fn children(&mut self, node: &'a Node<'a>, is_condition: bool) {
        match node.kind {
            Kind::Object(members) => members.iter().for_each(|member| self.node(&member.value, is_condition)),
            Kind::Array(items) => items.iter().for_each(|item| self.node(item, is_condition)),
            _ => {}
        }
    }

    fn sub(&mut self, operand: &'a Node<'a>) {
        let (text, variables) = match operand.items() {
            [text, variables] => (text, Some(variables)),
            _ => (operand, None),
        };
        if let Some(variables) = variables {
            self.children(variables, false);
        }
        for part in text.as_str().unwrap_or_default().split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            if name.starts_with('!') || variables.is_some_and(|variables| variables.get(name).is_some()) {
                continue;
            }
            match name.split_once('.') {
                Some((resource, _)) => self.resource(text, resource),
                None => self.reference(text, name),
            }
        }
    }

    fn reference(&mut self, at: &Node<'_>, name: &str) {
        let template = self.template;
        if !name.starts_with("AWS::") && !template.parameters.contains(name) && !template.resources.contains(name) {
            self.unknown("parameter or resource", [&template.parameters, &template.resources], at, name);
        }
    }

    fn resource(&mut self, at: &Node<'_>, name: &str) {
        if !self.template.resources.contains(name) {
            self.unknown("resource", [&self.template.resources], at, name);
        }
    }

    fn known(&mut self, what: &str, section: &Section<'a>, name: &Node<'_>) {
        let text = name.as_str().unwrap_or_default();
        if !section.contains(text) {
            self.unknown(what, [section], name, text);
        }
    }

    fn unknown<const N: usize>(&mut self, what: &str, sections: [&Section<'a>; N], at: &Node<'_>, name: &str) {
        let source: &Source = self.template.source;
        let problem = Diagnostic::error("unresolved-reference", format!("there is no {what} `{name}`")).at(source, at.span, "named here");
        let known = sections.iter().flat_map(|section| section.iter().map(|entry| entry.name));
        self.problems.push(match did_you_mean(name, known) {
            Some(hint) => problem.hinted(hint),
            None => problem,
        });
    }
}
