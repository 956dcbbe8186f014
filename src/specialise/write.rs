//! Writes evaluated values as nodes of a template, and remembers which names they use.

use rustc_hash::FxHashSet;

use super::text::substitution;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::evaluate::{Residual, Value, ValueKind, substitution_with_variables};
use crate::template::{Arena, Intrinsic, Kind, Member, Node, Template};

/// Writes values, and collects the names that they use.
pub(super) struct Writer<'a> {
    pub(super) template: &'a Template<'a>,
    pub(super) arena: &'a Arena,
    pub(super) parameters: FxHashSet<&'a str>,
    pub(super) conditions: FxHashSet<&'a str>,
    /// `None` if the name of a mapping is computed, so that any may be used.
    pub(super) mappings: Option<FxHashSet<&'a str>>,
    /// Whether something requires the language extensions.
    pub(super) needs_extensions: bool,
    pub(super) problems: Diagnostics,
}

impl<'a> Writer<'a> {
    pub(super) fn new(template: &'a Template<'a>, arena: &'a Arena) -> Self {
        Self {
            template,
            arena,
            parameters: FxHashSet::default(),
            conditions: FxHashSet::default(),
            mappings: Some(FxHashSet::default()),
            needs_extensions: false,
            problems: Diagnostics::default(),
        }
    }

    /// Returns an object.
    pub(super) fn object(&self, span: Span, members: &[(&'a str, Node<'a>)]) -> Node<'a> {
        let members = members.iter().map(|(key, value)| Member { key, key_span: value.span, value: *value });
        Node { span, kind: Kind::Object(self.arena.bump().alloc_slice_fill_iter(members.collect::<Vec<_>>())) }
    }

    /// Returns an array.
    pub(super) fn array(&self, span: Span, items: &[Node<'a>]) -> Node<'a> {
        Node { span, kind: Kind::Array(self.arena.slice(items)) }
    }

    /// Returns a string.
    pub(super) fn string(text: &'a str, span: Span) -> Node<'a> {
        Node { span, kind: Kind::String(text) }
    }

    /// Returns a value as a node.
    pub(super) fn node(&mut self, value: &Value<'a>) -> Node<'a> {
        let span = value.origin.span;
        let kind = match value.kind {
            ValueKind::Null => Kind::Null,
            ValueKind::Bool(value) => Kind::Bool(value),
            ValueKind::Number(text) => Kind::Number(text),
            ValueKind::String(text) => Kind::String(text),
            ValueKind::List(items) => Kind::Array(self.nodes(items)),
            ValueKind::Map(members) => {
                let arena = self.arena;
                let members = arena.bump().alloc_slice_fill_iter(members.iter().map(|(key, value)| {
                    let value = self.node(value);
                    Member { key, key_span: value.span, value }
                }));
                let node = Node { span, kind: Kind::Object(members) };
                if Intrinsic::of(arena.alloc(node)).is_some() {
                    self.refuse(span, "what is left of this map would be read as a function");
                }
                return node;
            }
            ValueKind::Unknown(residual) => return self.residual(residual, span),
        };
        Node { span, kind }
    }

    fn nodes(&mut self, values: &[Value<'a>]) -> &'a [Node<'a>] {
        let arena = self.arena;
        arena.bump().alloc_slice_fill_iter(values.iter().map(|value| self.node(value)))
    }

    fn refuse(&mut self, span: Span, message: &str) {
        let problem = Diagnostic::error("specialise-expression", format!("cannot specialise this expression: {message}"));
        self.problems.push(problem.at(self.template.source, span, ""));
    }

    fn function(&self, name: &'a str, operand: Node<'a>) -> Node<'a> {
        self.object(operand.span, &[(name, operand)])
    }

    fn list_function(&self, name: &'a str, span: Span, operands: &[Node<'a>]) -> Node<'a> {
        self.function(name, self.array(span, operands))
    }

    fn residual(&mut self, residual: Residual<'a>, span: Span) -> Node<'a> {
        let text = |text: &'a str| Self::string(text, span);
        match residual {
            Residual::Ref(name) | Residual::PseudoParameter(name) => self.function("Ref", text(name)),
            Residual::Parameter(name) | Residual::SsmParameter { parameter: name, .. } => {
                self.parameters.insert(name);
                self.function("Ref", text(name))
            }
            Residual::GetAtt(id, attribute) => self.list_function("Fn::GetAtt", span, &[text(id), text(attribute)]),
            Residual::ImportValue(name) => self.unary("Fn::ImportValue", name),
            Residual::AvailabilityZones(region) => self.unary("Fn::GetAZs", region),
            Residual::Base64(value) => self.unary("Fn::Base64", value),
            Residual::Function(name, value) => self.other_function(name, value),
            Residual::Concat(parts) => self.concatenation(parts, span),
            Residual::Join(delimiter, value) => {
                let value = self.node(value);
                self.list_function("Fn::Join", span, &[text(delimiter), value])
            }
            Residual::Split(delimiter, value) => {
                let value = self.node(value);
                self.list_function("Fn::Split", span, &[text(delimiter), value])
            }
            Residual::Select(index, list) => {
                let operands = [self.node(index), self.node(list)];
                self.list_function("Fn::Select", span, &operands)
            }
            Residual::Cidr(operands) => {
                let operands = self.nodes(operands);
                self.list_function("Fn::Cidr", span, operands)
            }
            Residual::If(condition, yes, no) => {
                self.conditions.insert(condition);
                let branches = [yes, no].map(|branch| match branch {
                    Some(value) => self.node(value),
                    None => self.function("Ref", text("AWS::NoValue")),
                });
                self.list_function("Fn::If", span, &[text(condition), branches[0], branches[1]])
            }
            Residual::FindInMap(operands) => self.lookup(operands, span),
            Residual::Transform(_) => {
                self.refuse(span, "it is computed from values known only to AWS");
                text("")
            }
        }
    }

    fn unary(&mut self, name: &'a str, operand: &Value<'a>) -> Node<'a> {
        let operand = self.node(operand);
        self.function(name, operand)
    }

    fn other_function(&mut self, name: &'a str, operand: &Value<'a>) -> Node<'a> {
        match name {
            "Condition" => self.conditions.extend(operand.text()),
            "Fn::Length" | "Fn::ToJsonString" => self.needs_extensions = true,
            _ => {}
        }
        if !matches!(name, "Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn") {
            return self.unary(name, operand);
        }
        // The operands of a rule's function may be functions about the account, which stay as written.
        let span = operand.origin.span;
        let operands: Vec<Node<'a>> = operand.items().unwrap_or_default().iter().map(|operand| self.rule_operand(operand)).collect();
        self.list_function(name, span, &operands)
    }

    fn rule_operand(&mut self, value: &Value<'a>) -> Node<'a> {
        match value.kind {
            ValueKind::Unknown(Residual::Transform(node)) => {
                if let Some(Intrinsic::Rule("Fn::ValueOf" | "Fn::ValueOfAll", operand)) = Intrinsic::of(node) {
                    self.parameters.extend(operand.items().first().and_then(Node::as_str));
                }
                *node
            }
            ValueKind::List(items) => {
                let items: Vec<Node<'a>> = items.iter().map(|item| self.rule_operand(item)).collect();
                self.array(value.origin.span, &items)
            }
            _ => self.node(value),
        }
    }

    fn concatenation(&mut self, parts: &[Value<'a>], span: Span) -> Node<'a> {
        let nodes: Vec<Node<'a>> = parts.iter().map(|part| self.node(part)).collect();
        match substitution(parts) {
            Some(text) => self.function("Fn::Sub", Self::string(self.arena.str(&text), span)),
            None if parts.iter().any(Value::may_vanish) => {
                let (text, variables) = substitution_with_variables(parts, |_| false);
                let members: Vec<(&'a str, Node<'a>)> =
                    variables.iter().map(|(name, value)| (self.arena.str(name), self.node(value))).collect();
                let operands = [Self::string(self.arena.str(&text), span), self.object(span, &members)];
                self.list_function("Fn::Sub", span, &operands)
            }
            None => self.list_function("Fn::Join", span, &[Self::string("", span), self.array(span, &nodes)]),
        }
    }

    /// Writes `Fn::FindInMap`; a fourth operand is the default value.
    fn lookup(&mut self, operands: &[Value<'a>], span: Span) -> Node<'a> {
        match operands.first().and_then(Value::text) {
            Some(name) => {
                if let Some(mappings) = &mut self.mappings {
                    mappings.insert(name);
                }
            }
            None => self.mappings = None,
        }
        let mut nodes: Vec<Node<'a>> = operands.iter().take(3).map(|operand| self.node(operand)).collect();
        let is_plain = |node: &Node<'a>| {
            let node = self.arena.alloc(*node);
            matches!(Intrinsic::of(node), Some(Intrinsic::Ref(_) | Intrinsic::FindInMap(_)) | None)
        };
        if !nodes.iter().all(is_plain) {
            self.needs_extensions = true;
        }
        if let Some(default) = operands.get(3) {
            let default = self.node(default);
            nodes.push(self.object(span, &[("DefaultValue", default)]));
        }
        self.list_function("Fn::FindInMap", span, &nodes)
    }
}
