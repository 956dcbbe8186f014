//! The transforms of a template, and the macros that may rewrite a resource.

use super::context::PlanningContext;
use crate::template::{LANGUAGE_EXTENSIONS, Node, Template};

/// A transform of the section `Transform`, or of `Fn::Transform` at the top of a template.
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Option<&'a Node<'a>>,
}

/// Returns the transforms of the whole template, except the one that this program runs itself.
pub(super) fn declared_transforms<'a>(template: &Template<'a>) -> Vec<Declared<'a>> {
    let mut found = Vec::new();
    for section in ["Transform", "Fn::Transform"] {
        template.root.get(section).into_iter().for_each(|node| collect(node, &mut found));
    }
    found.retain(|transform| transform.name != LANGUAGE_EXTENSIONS);
    found
}

fn collect<'a>(node: &'a Node<'a>, found: &mut Vec<Declared<'a>>) {
    if let Some(name) = node.as_str().or_else(|| node.get("Name").and_then(Node::as_str)) {
        found.push(Declared { name, parameters: node.get("Parameters") });
    }
    node.items().iter().for_each(|item| collect(item, found));
}

/// Returns the macro that may rewrite a resource, its type included, in the deployed or the new template.
///
/// The transforms of AWS do not: SAM expands its own types, `AWS::Include` inserts text, and the others add resources.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html>
pub(super) fn rewriting_macro<'a>(context: &PlanningContext<'_, 'a>, id: &str) -> Option<&'a str> {
    context.before.into_iter().chain([context.after]).find_map(|evaluation| of_template(evaluation.template, id))
}

fn of_template<'a>(template: &Template<'a>, id: &str) -> Option<&'a str> {
    if !template.mentions("Transform") {
        return None;
    }
    let mut found = declared_transforms(template);
    let resources = template.root.get("Resources");
    let calls = [resources, resources.and_then(|resources| resources.get(id))].into_iter().flatten();
    calls.filter_map(|node| node.get("Fn::Transform")).for_each(|call| collect(call, &mut found));
    found.into_iter().map(|transform| transform.name).find(|name| !name.starts_with("AWS::"))
}
