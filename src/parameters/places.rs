//! Points problems of a template at the values that the user gave, if a value is the cause.

use super::set::ParameterSet;
use crate::diagnostic::{Diagnostic, Label, Span};
use crate::template::{Intrinsic, Node, Sub, SubPart, Template, sub_parts};

impl ParameterSet<'_> {
    /// Puts the positions of given values before those of the expressions that use them.
    pub fn point_at_values(&self, diagnostic: Diagnostic, template: &Template<'_>) -> Diagnostic {
        let mut names = Vec::new();
        for label in diagnostic.labels.iter().filter(|label| label.source.name() == template.source.name()) {
            if let Some(node) = function_at(template.root, label.span) {
                collect_names(node, &mut names);
            }
        }
        self.point_at(diagnostic, &names, template)
    }

    /// Puts the positions of the given values of these parameters before the others. The positions in a template that is no file, such as
    /// the rendered one, are left out if there is such a value: the user cannot change it there.
    pub(crate) fn point_at(&self, mut diagnostic: Diagnostic, names: &[&str], template: &Template<'_>) -> Diagnostic {
        let mut labels: Vec<Label> = Vec::new();
        for name in names {
            let Some(place) = self.get(name).and_then(|parameter| parameter.place.as_ref()) else { continue };
            let is_known = labels.iter().any(|label| label.source.name() == place.source.name() && label.span == place.value);
            if !is_known {
                labels.push(Label { source: place.source.clone(), span: place.value, text: String::new() });
            }
        }
        if labels.is_empty() {
            return diagnostic;
        }
        if template.source.is_file() {
            for label in diagnostic.labels.iter_mut().filter(|label| label.text.is_empty()) {
                label.text = "used here".to_owned();
            }
            labels.append(&mut diagnostic.labels);
        }
        diagnostic.labels = labels;
        diagnostic
    }
}

/// Returns the function at exactly this position.
fn function_at<'a>(node: &'a Node<'a>, span: Span) -> Option<&'a Node<'a>> {
    if node.span.start > span.start || node.span.end < span.end {
        return None;
    }
    if node.span == span {
        return Intrinsic::of(node).map(|_| node);
    }
    let among_members = || node.members().iter().find_map(|member| function_at(&member.value, span));
    among_members().or_else(|| node.items().iter().find_map(|item| function_at(item, span)))
}

/// Adds the names that an expression refers to, each once.
pub(crate) fn collect_names<'a>(node: &'a Node<'a>, names: &mut Vec<&'a str>) {
    let mut add = |name: &'a str| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    match Intrinsic::of(node) {
        Some(Intrinsic::Ref(name)) => name.as_str().into_iter().for_each(&mut add),
        Some(Intrinsic::Sub(operand)) => {
            let text = Sub::of(operand).text.as_str().unwrap_or_default();
            for part in sub_parts(text) {
                if let SubPart::Variable(name) = part {
                    add(name);
                }
            }
        }
        _ => {}
    }
    node.members().iter().for_each(|member| collect_names(&member.value, names));
    node.items().iter().for_each(|item| collect_names(item, names));
}
