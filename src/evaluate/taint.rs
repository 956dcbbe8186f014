//! Taint: which values depend on a secret.
//!
//! A secret is the value of a `NoEcho` parameter, or a literal that is known to be one. Every value keeps the expression that it was
//! computed from, so whether it depends on a secret is a question about that expression: evaluation itself does nothing for it, and the
//! question is asked only when a value is shown. A value that depends on a secret is masked as a whole, whatever the functions made of
//! it: pieces, Base64, a length. The value of a condition is public, as on AWS: `Fn::If` on a secret chooses between values that are
//! judged by themselves.
//!
//! `docs/design/secrets.md` describes the rules.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::value::{Value, ValueKind};
use super::{ConditionValue, Evaluation, State};
use crate::diagnostic::Span;
use crate::schema;
use crate::secret::{MASKED, is_no_echo};
use crate::template::{AttributeName, Intrinsic, Kind, Node, Reference, ReferenceVisitor, Template};

/// A longer chain of resources that name each other counts as secret, because the stack is limited.
const LONGEST_CHAIN: u32 = 100;

/// The endings of the names of properties that a physical ID may contain.
const NAMING: [&str; 10] = ["Name", "Identifier", "Id", "Arn", "Path", "Family", "Cluster", "CidrBlock", "Prefix", "Alias"];

/// Literal texts of a template that are secret, by their address: no two literals share one.
pub(crate) type SecretTexts = FxHashSet<usize>;

/// Tells which values of a template depend on a secret. What it found is kept, so that no expression is read twice.
#[derive(Debug, Default)]
pub(crate) struct Taint<'a> {
    /// The `NoEcho` parameters.
    names: Vec<&'a str>,
    texts: SecretTexts,
    /// Exports of other stacks whose value depends on a secret there.
    exports: &'a [String],
    /// Conditions with known values: a branch that is not taken counts for nothing.
    conditions: FxHashMap<&'a str, bool>,
    /// The only resources of which anything can depend on a secret; `None` if it can be any.
    concerned: Option<FxHashSet<&'a str>>,
    /// The resources: their declarations by logical ID.
    resources: FxHashMap<&'a str, &'a Node<'a>>,
    /// Expressions and resources that were read, by their address.
    expressions: RefCell<FxHashMap<usize, bool>>,
    identities: RefCell<FxHashMap<usize, bool>>,
    chain: Cell<u32>,
}

/// Returns the address of a text or a node, by which it is recognized.
pub(crate) fn address<T: ?Sized>(of: &T) -> usize {
    std::ptr::from_ref(of).cast::<u8>().addr()
}

impl<'a> Taint<'a> {
    /// Returns the taint of an evaluated template.
    pub(crate) fn of(evaluation: &Evaluation<'a>) -> Self {
        let parameters = evaluation.parameters.parameters.iter().filter(|(_, parameter)| parameter.declaration.no_echo);
        let mut texts = evaluation.secret_texts.clone();
        let mut users = evaluation.secret_users.clone();
        super::literals::each(&evaluation.resources, &mut |id, text| {
            texts.insert(address(text));
            users.push(id);
        });
        let mut taint = Self::new(evaluation.sections(), parameters.map(|(name, _)| *name).collect(), texts, evaluation.state);
        if !taint.is_empty() {
            let known = evaluation.conditions.iter().filter_map(|(name, value)| match value {
                ConditionValue::Known(value) => Some((*name, *value)),
                ConditionValue::Unknown => None,
            });
            taint.conditions = known.collect();
            // Items of a secret list, and exports, have users that were not recorded.
            if evaluation.secret_texts.is_empty() && taint.exports.is_empty() {
                taint.concerned = Some(with_dependents(users, &evaluation.dependencies));
            }
        }
        taint
    }

    /// Returns the taint of a template that is not evaluated: both branches of every `Fn::If` count.
    pub(crate) fn of_template(template: &Template<'a>) -> Self {
        let names = template.parameters.iter().filter(|entry| is_no_echo(entry.body)).map(|entry| entry.name).collect();
        Self::with_exports(template, names, SecretTexts::default(), &[])
    }

    pub(super) fn new(template: &Template<'a>, names: Vec<&'a str>, texts: SecretTexts, state: &'a State) -> Self {
        Self::with_exports(template, names, texts, &state.secret_exports)
    }

    fn with_exports(template: &Template<'a>, names: Vec<&'a str>, texts: SecretTexts, exports: &'a [String]) -> Self {
        let mut taint = Self { names, texts, exports, ..Self::default() };
        if !taint.is_empty() {
            taint.resources = template.resources.iter().map(|entry| (entry.name, entry.body)).collect();
        }
        taint
    }

    /// Returns whether there is no secret.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.texts.is_empty() && self.exports.is_empty()
    }

    /// Returns whether anything of a resource can depend on a secret: it refers to one, or to a resource of which anything can.
    pub(crate) fn concerns(&self, id: &str) -> bool {
        !self.is_empty() && self.concerned.as_ref().is_none_or(|concerned| concerned.contains(id))
    }

    /// Returns whether a value depends on a secret as a whole; its items and members may do so although it does not.
    pub(crate) fn value(&self, value: &Value<'a>) -> bool {
        if self.is_empty() {
            return false;
        }
        let origin = value.origin;
        match origin.kind {
            Kind::String(text) => self.texts.contains(&address(text)),
            Kind::Object(_) if Intrinsic::of(origin).is_some() => self.node(origin),
            // The actual value of a property, in place of a literal list or object.
            Kind::Object(_) | Kind::Array(_) => !matches!(value.kind, ValueKind::List(_) | ValueKind::Map(_)) && self.node(origin),
            _ => false,
        }
    }

    /// Returns whether anything in a value depends on a secret.
    pub(crate) fn anything_in(&self, value: &Value<'a>) -> bool {
        !self.is_empty()
            && (self.value(value)
                || match value.kind {
                    ValueKind::List(items) => items.iter().any(|item| self.anything_in(item)),
                    ValueKind::Map(members) => members.iter().any(|(_, member)| self.anything_in(member)),
                    _ => false,
                })
    }

    /// Returns whether an expression depends on a secret.
    pub(crate) fn node(&self, node: &'a Node<'a>) -> bool {
        if self.is_empty() {
            return false;
        }
        let key = address(node);
        if let Some(known) = self.expressions.borrow().get(&key) {
            return *known;
        }
        let mut walk = Walk { taint: self, found: self.has_text(node) };
        walk.expression(node);
        let found = walk.found;
        self.expressions.borrow_mut().insert(key, found);
        found
    }

    fn has_text(&self, node: &Node<'a>) -> bool {
        !self.texts.is_empty()
            && match node.kind {
                Kind::String(text) => self.texts.contains(&address(text)),
                Kind::Array(items) => items.iter().any(|item| self.has_text(item)),
                Kind::Object(members) => members.iter().any(|member| self.has_text(&member.value)),
                _ => false,
            }
    }

    /// Returns whether the physical ID of a resource may contain a secret: a property that identifies or names it does.
    pub(crate) fn resource(&self, id: &str) -> bool {
        let Some(body) = self.resources.get(id).filter(|_| self.concerns(id)) else { return false };
        let key = address(*body);
        if let Some(known) = self.identities.borrow().get(&key) {
            return *known;
        }
        if self.chain.get() >= LONGEST_CHAIN {
            return true;
        }
        // A cycle, which is an error of the template, ends here.
        self.identities.borrow_mut().insert(key, false);
        self.chain.set(self.chain.get() + 1);
        let resource_type = body.get("Type").and_then(Node::as_str).unwrap_or_default();
        let properties = body.get("Properties").map(Node::members).unwrap_or_default();
        let found = properties.iter().any(|property| is_identifying(resource_type, property.key) && self.node(&property.value));
        self.chain.set(self.chain.get() - 1);
        self.identities.borrow_mut().insert(key, found);
        found
    }

    /// Returns whether an attribute of a resource may contain a secret: a property of that name does, or the physical ID, or anything that
    /// a custom resource or a nested stack is given.
    pub(crate) fn attribute(&self, id: &str, attribute: &str) -> bool {
        let Some(body) = self.resources.get(id).filter(|_| self.concerns(id)) else { return false };
        if self.resource(id) {
            return true;
        }
        let Some(properties) = body.get("Properties") else { return false };
        let mut path = attribute.split('.');
        let property = path.next().and_then(|name| properties.get(name));
        let is_custom = body.get("Type").and_then(Node::as_str).is_some_and(is_custom);
        property.is_some_and(|property| self.node(property)) || is_custom && self.node(properties)
    }

    /// Returns a text that came from an expression, or the mask in its place if the expression depends on a secret.
    pub(super) fn shown<'t>(&self, node: &'a Node<'a>, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(if self.node(node) { MASKED } else { text })
    }
}

/// Returns these resources, and those that depend on them through others. `dependencies` are pairs of a resource and one that it needs.
fn with_dependents<'a>(resources: Vec<&'a str>, dependencies: &[(&'a str, &'a str)]) -> FxHashSet<&'a str> {
    let mut found: FxHashSet<&str> = FxHashSet::default();
    if resources.is_empty() {
        return found;
    }
    let mut dependents: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for (from, to) in dependencies {
        dependents.entry(to).or_default().push(from);
    }
    let mut next = resources;
    while let Some(id) = next.pop() {
        if found.insert(id) {
            next.extend(dependents.get(id).into_iter().flatten());
        }
    }
    found
}

/// Returns whether the provider of a resource may make its attributes from any of its properties.
pub(crate) fn is_custom(resource_type: &str) -> bool {
    resource_type.starts_with("Custom::")
        || matches!(resource_type, "AWS::CloudFormation::CustomResource" | "AWS::CloudFormation::Stack")
        || resource_type.ends_with("::MODULE")
}

/// Returns whether the physical ID of a resource may contain the value of a property.
fn is_identifying(resource_type: &str, property: &str) -> bool {
    let is_naming = NAMING.iter().any(|ending| property.ends_with(ending));
    let Some(facts) = schema::resource_type(resource_type) else { return is_naming };
    let is_it = |path: schema::PropertyPath| path.segments().next() == Some(property);
    facts.custom_name_property() == Some(property)
        || facts.primary_identifier().any(is_it)
        || facts.additional_identifiers().flatten().any(is_it)
        || is_naming && facts.create_only().any(is_it)
}

/// Looks for secrets in an expression.
struct Walk<'t, 'a> {
    taint: &'t Taint<'a>,
    found: bool,
}

impl<'a> ReferenceVisitor<'a> for Walk<'_, 'a> {
    fn reference(&mut self, reference: Reference<'a>, _: Span) {
        let taint = self.taint;
        self.found = self.found
            || match reference {
                Reference::Name(name) => taint.names.contains(&name) || taint.resource(name),
                Reference::Attribute(id, AttributeName::Text(attribute)) => taint.attribute(id, attribute),
                Reference::Attribute(id, attribute) => taint.attribute(id, attribute.text().as_deref().unwrap_or_default()),
                Reference::Condition(_) | Reference::DependsOn(_) | Reference::Mapping(..) => false,
            };
    }

    fn enter_branch(&mut self, condition: &'a str, value: bool) -> bool {
        self.taint.conditions.get(condition) != Some(&!value)
    }

    fn visits_unused_variables(&self) -> bool {
        false
    }

    fn children(&mut self, node: &'a Node<'a>) {
        match (Intrinsic::of(node), node.kind) {
            // The value of a condition is public.
            (Some(Intrinsic::Equals(_) | Intrinsic::And(_) | Intrinsic::Or(_) | Intrinsic::Not(_)), _) => {}
            (Some(Intrinsic::Select(operand)), _) => match selected(operand) {
                Some(item) => self.expression(item),
                None => self.expression(operand),
            },
            (Some(Intrinsic::ImportValue(operand)), _) => {
                let exports = self.taint.exports;
                self.found |= operand.as_str().map_or(!exports.is_empty(), |name| exports.iter().any(|export| export == name));
                self.expression(operand);
            }
            (_, Kind::Array(items)) => items.iter().for_each(|item| self.expression(item)),
            (_, Kind::Object(members)) => members.iter().for_each(|member| self.expression(&member.value)),
            _ => {}
        }
    }
}

/// Returns the item that `Fn::Select` takes from a literal list of which no item may be absent.
fn selected<'a>(operand: &'a Node<'a>) -> Option<&'a Node<'a>> {
    let [index, list] = operand.items() else { return None };
    let position: usize = index.scalar()?.trim().parse().ok()?;
    let may_vanish = |item: &Node<'a>| matches!(Intrinsic::of(item), Some(Intrinsic::If(_) | Intrinsic::Ref(_)));
    let before = list.items().get(..position)?;
    let item = list.items().get(position)?;
    (!before.iter().any(may_vanish)).then_some(item)
}
