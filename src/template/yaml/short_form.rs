//! Short forms of functions, such as `!Ref`.

use std::borrow::Cow;

use saphyr_parser::Tag;

use super::Value;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::template::node::{Arena, Kind, Member, Node};
use crate::text::did_you_mean;

/// Functions with a short form, by the name after the `!`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
pub const SHORT_FORMS: [&str; 27] = [
    "Ref",
    "Condition",
    "GetAtt",
    "Sub",
    "Join",
    "Split",
    "Select",
    "FindInMap",
    "Base64",
    "Cidr",
    "GetAZs",
    "ImportValue",
    "GetStackOutput",
    "Transform",
    "If",
    "Equals",
    "And",
    "Or",
    "Not",
    "Length",
    "ToJsonString",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "RefAll",
    "ValueOf",
    "ValueOfAll",
];

/// Returns the key of a short form, such as `Fn::Sub` for `Sub`.
fn long_form(short: &str) -> Option<Cow<'static, str>> {
    match short {
        "Ref" => Some("Ref".into()),
        "Condition" => Some("Condition".into()),
        _ if SHORT_FORMS.contains(&short) => Some(format!("Fn::{short}").into()),
        _ => None,
    }
}

/// Returns the diagnostic for a tag that is not a short form.
fn unknown_tag(source: &Source, tag: &str, span: Span) -> Diagnostic {
    let name = tag.trim_start_matches('!').trim_start_matches("Fn::");
    let hint = if long_form(name).is_some() {
        format!("write the short form as `!{name}`")
    } else if name == "ForEach" {
        "`Fn::ForEach` has no short form; write `Fn::ForEach::Name:`".to_owned()
    } else {
        did_you_mean(name, SHORT_FORMS).map_or_else(
            || "tags are short forms of functions, such as `!Ref` and `!Sub`; quote text that starts with `!`".to_owned(),
            |hint| hint.replacen('`', "`!", 1),
        )
    };
    Diagnostic::error("unknown-tag", format!("unknown tag `{tag}`")).at(source, span, "").hinted(hint)
}

/// A short form: the function's name and the span of the tag.
#[derive(Clone, Copy)]
pub(super) struct Function<'a> {
    pub name: &'a str,
    pub span: Span,
}

/// Returns whether a tag declares a scalar as text: `!!str` or `!`.
pub(super) fn is_text(tag: &Tag) -> bool {
    if tag.is_yaml_core_schema() { tag.suffix == "str" } else { tag.handle.is_empty() && tag.suffix == "!" }
}

/// Returns the function of a short form, or reports an unknown tag.
pub(super) fn function<'a>(tag: &Tag, span: Span, source: &Source, arena: &'a Arena, problems: &mut Diagnostics) -> Option<Function<'a>> {
    if tag.is_yaml_core_schema() {
        if !matches!(tag.suffix.as_str(), "str" | "int" | "float" | "bool" | "null" | "map" | "seq") {
            let problem = Diagnostic::error("unknown-tag", format!("CloudFormation does not support the tag `!!{}`", tag.suffix));
            problems.push(problem.at(source, span, "").hinted("remove the tag, and quote the value if it is text"));
        }
        return None;
    }
    if is_text(tag) {
        return None;
    }
    match long_form(&tag.suffix).filter(|_| tag.handle == "!") {
        Some(Cow::Borrowed(name)) => Some(Function { name, span }),
        Some(Cow::Owned(name)) => Some(Function { name: arena.str(&name), span }),
        None => {
            problems.push(unknown_tag(source, &tag.to_string(), span));
            None
        }
    }
}

/// Returns the object of a short form with its operand.
pub(super) fn call<'a>(function: Option<Function<'a>>, operand: Value<'a>, whole: Span, source: &Source, arena: &'a Arena) -> Value<'a> {
    let Some(function) = function else {
        return operand;
    };
    let mut operand = operand;
    if function.name == "Fn::GetAtt"
        && let Kind::String(text) = operand.node.kind
        && let Some((resource, attribute)) = text.split_once('.')
    {
        let span = operand.node.span;
        let dot = span.start as usize + resource.len();
        let is_as_written = source.slice(span) == text;
        let (left, right) =
            if is_as_written { (Span::new(span.start as usize, dot), Span::new(dot + 1, span.end as usize)) } else { (span, span) };
        let parts = [Node { span: left, kind: Kind::String(resource) }, Node { span: right, kind: Kind::String(attribute) }];
        operand = Value { node: Node { span, kind: Kind::Array(arena.slice(&parts)) }, size: 3, height: 1, bytes: text.len() };
    }
    let member = Member { key: function.name, key_span: function.span, value: operand.node };
    let node = Node { span: whole, kind: Kind::Object(arena.slice(&[member])) };
    Value { node, size: operand.size + 1, height: operand.height + 1, bytes: operand.bytes + function.name.len() }
}
