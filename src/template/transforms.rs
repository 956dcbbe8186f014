//! The transforms of a template.

use super::node::Node;

/// The transform that adds `Fn::ForEach` and other functions, and that this program processes itself.
pub(crate) const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Returns the names in `Transform`: a name, `{"Name": ..., "Parameters": ...}`, or a list of either.
pub(super) fn transforms<'a>(root: &'a Node<'a>) -> Vec<&'a str> {
    fn collect<'a>(node: &'a Node<'a>, names: &mut Vec<&'a str>) {
        names.extend(node.as_str().or_else(|| node.get("Name").and_then(Node::as_str)));
        node.items().iter().for_each(|item| collect(item, names));
    }
    let mut names = Vec::new();
    root.get("Transform").into_iter().for_each(|node| collect(node, &mut names));
    names
}
