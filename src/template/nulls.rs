//! Null values, which CloudFormation refuses. In the path of its message, `Type` replaces `Properties`.

use super::Document;
use super::node::{Kind, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A step on the path from the document to a value.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// Reports every `null`, except in metadata, in the parameters of a macro and in `Fn::ToJsonString`, whose JSON may contain one.
///
/// CloudFormation also refuses `null` as an operand of a function:
/// <https://github.com/davidgf/serverless-plugin-canary-deployments/issues/38>
pub(super) fn find(document: &Document<'_>, problems: &mut Diagnostics) {
    Finder { document, problems, path: Vec::new() }.node(document.root);
}

struct Finder<'f, 'a> {
    document: &'f Document<'a>,
    problems: &'f mut Diagnostics,
    path: Vec<Step<'a>>,
}

impl<'a> Finder<'_, 'a> {
    fn node(&mut self, node: &'a Node<'a>) {
        match node.kind {
            Kind::Null => self.report(node),
            Kind::Object(members) => {
                for member in members {
                    let is_metadata =
                        member.key == "Metadata" && !matches!(member.value.kind, Kind::Null) && matches!(self.path.len(), 0 | 2);
                    if is_metadata || matches!(member.key, "Fn::Transform" | "Fn::ToJsonString") {
                        continue;
                    }
                    self.path.push(Step::Key(member.key));
                    self.node(&member.value);
                    self.path.pop();
                }
            }
            Kind::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if matches!(item.kind, Kind::Null | Kind::Object(_) | Kind::Array(_)) {
                        self.path.push(Step::Index(index));
                        self.node(item);
                        self.path.pop();
                    }
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, node: &Node<'_>) {
        let path: String = self.path.iter().map(|step| format!("/{step}")).collect();
        let mut aws_path = self.path.clone();
        if let [Step::Key("Resources"), _, properties @ Step::Key("Properties"), _, ..] = aws_path.as_mut_slice() {
            *properties = Step::Key("Type");
        }
        let aws_path: String = aws_path.iter().map(|step| format!("/{step}")).collect();
        self.problems.push(
            Diagnostic::error("null-value", format!("null value at `{path}`: null values are not allowed"))
                .at(self.document.source, node.span, "")
                .hinted("remove the key, or use `{\"Ref\": \"AWS::NoValue\"}` to omit a property under a condition")
                .with_aws_message(format!("[{aws_path}] 'null' values are not allowed in templates")),
        );
    }
}
