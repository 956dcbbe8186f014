//! The place in a template that a JSON pointer names.

use super::node::Node;
use crate::diagnostic::Span;

/// Returns the place that a JSON pointer such as `/Resources/Logs/Properties/RetentionInDays` names: of a key without its value, or of an
/// item. If the last parts do not exist, such as a missing property, the place of the last part that does.
///
/// CloudFormation's pointers leave out conditional functions, so both branches of an `Fn::If` are searched. Returns `None` if not even an
/// entry of a section is found.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc6901>
pub fn pointed_span<'a>(root: &'a Node<'a>, pointer: &str) -> Option<Span> {
    let mut found = None;
    let mut node = root;
    for (depth, part) in parts(pointer).enumerate() {
        let Some((span, next)) = step(node, &part) else { break };
        if depth > 0 {
            found = Some(span);
        }
        node = next;
    }
    found
}

/// Returns the unescaped parts of a JSON pointer, also of one in the notation of a URI fragment: `#/Resources`.
pub fn parts(pointer: &str) -> impl Iterator<Item = String> + '_ {
    let parts = pointer.trim_start_matches('#').trim_start_matches('/').split('/');
    parts.filter(|part| !part.is_empty()).map(|part| part.replace("~1", "/").replace("~0", "~"))
}

fn step<'a>(node: &'a Node<'a>, part: &str) -> Option<(Span, &'a Node<'a>)> {
    if let Some(member) = node.member(part) {
        return Some((member.key_span, &member.value));
    }
    if let Some(item) = part.parse().ok().and_then(|index: usize| node.items().get(index)) {
        return Some((item.span, item));
    }
    let branches = match node.members() {
        [only] if only.key == "Fn::If" => only.value.items().get(1..).unwrap_or_default(),
        _ => &[],
    };
    branches.iter().find_map(|branch| step(branch, part))
}

#[cfg(test)]
mod tests {
    use super::pointed_span;
    use crate::diagnostic::Source;
    use crate::template::{Arena, Document};

    #[test]
    fn the_deepest_part_that_exists_is_found_also_inside_conditions() {
        let text = r#"{"Resources": {"A": {"Type": "T", "Properties": {
            "Rules": [{"Port": 1}, {"Fn::If": ["C", {"Port": 2}, {"Other": 3}]}], "a/b": 1}}}}"#;
        let (source, arena) = (Source::new("t", text), Arena::new());
        let document = Document::read(&source, &arena).ok();
        let at = |pointer: &str| pointed_span(document.as_ref()?.root, pointer).map(|span| source.slice(span));
        assert_eq!(at("/Resources/A"), Some("\"A\""));
        assert_eq!(at("#/Resources/A/Properties/Rules/0/Port"), Some("\"Port\""));
        assert_eq!(at("/Resources/A/Properties/Rules/1/Other"), Some("\"Other\""));
        assert_eq!(at("/Resources/A/Properties/a~1b"), Some("\"a/b\""));
        assert_eq!(at("/Resources/A/Properties/Missing/Deep"), Some("\"Properties\""));
        assert_eq!(at("/Resources/A/Properties/Rules/0"), Some("{\"Port\": 1}"));
        assert_eq!((at("/Resources"), at("/Resources/B"), at("")), (None, None, None));
    }
}
