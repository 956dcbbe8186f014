//! Where functions may be used, and which operands they take: the checks that need no values.
//!
//! The evaluator applies them to every function, also in branches that are not taken and in resources that do not exist, since
//! CloudFormation checks the functions of the whole template first. `validate` reports the same problems.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use crate::parameters::ParameterType;
use crate::template::{GetAtt, Intrinsic, Kind, LazyKeys, Node, Reference, ReferenceVisitor, Sub, SubPart, Template, sub_parts};

/// Most `Fn::If` inside each other whose branches are checked.
const MOST_NESTED: usize = 8;

/// The part of a template that contains an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Conditions,
    Rules,
    /// Resources and outputs.
    Values,
}

/// A function in a place or with operands that CloudFormation refuses.
pub(super) struct Misuse<'a> {
    pub rule: &'static str,
    pub place: &'a Node<'a>,
    pub message: String,
    /// CloudFormation's message, if a source shows it.
    pub aws: Option<String>,
}

impl<'a> Misuse<'a> {
    fn new(rule: &'static str, place: &'a Node<'a>, message: impl Into<String>, aws: &str) -> Option<Self> {
        let aws = (!aws.is_empty()).then(|| aws.to_owned());
        Some(Self { rule, place, message: message.into(), aws })
    }
}

/// Returns the first problem of a function itself; its operands may contain others.
pub(super) fn misuse<'a>(template: &Template<'a>, node: &'a Node<'a>, function: Intrinsic<'a>, place: Place) -> Option<Misuse<'a>> {
    let name = node.members().first().map_or("", |member| member.key);
    let operand = node.members().first().map(|member| &member.value)?;
    if operand.get("Fn::Transform").is_some() {
        return None;
    }
    if place == Place::Conditions
        && let Some(misuse) = in_condition(node, name, function)
    {
        return Some(misuse);
    }
    if let (Intrinsic::Rule(..), Place::Values | Place::Conditions) = (function, place) {
        return Misuse::new("rule-function", node, format!("`{name}` is available only in `Rules`"), "");
    }
    let checker = Checker { template };
    match function {
        Intrinsic::If(operand) => match operand.items() {
            [_, _, _] => None,
            _ => Misuse::new("if-operands", operand, "`Fn::If` takes a condition and two values", IF),
        },
        Intrinsic::Join(operand) => checker.join(operand),
        Intrinsic::Split(operand) => checker.split(operand),
        Intrinsic::Select(operand) => checker.select(operand),
        Intrinsic::FindInMap(operand) => checker.find_in_map(operand),
        Intrinsic::Sub(operand) => checker.sub(operand),
        Intrinsic::Base64(operand) if checker.is_not_text(operand) => {
            Misuse::new("base64-operand", operand, "`Fn::Base64` takes a string", BASE64)
        }
        Intrinsic::GetAzs(operand) if checker.is_not_text(operand) => {
            Misuse::new("getazs-operand", operand, "`Fn::GetAZs` takes the name of a region", GET_AZS)
        }
        Intrinsic::ImportValue(operand) => checker.import_value(operand),
        Intrinsic::Cidr(operand) => {
            let items = operand.items();
            let is_wrong = !(2..=3).contains(&items.len()) || items.iter().any(|item| checker.is_not_text(item));
            is_wrong.then(|| Misuse::new("cidr-operands", operand, "`Fn::Cidr` takes a block, a count and a number of bits", CIDR))?
        }
        Intrinsic::Equals(operand) => match operand.items() {
            [a, b] => {
                let wrong = [a, b].into_iter().find(|item| checker.is_not_text(item))?;
                let message = format!("`Fn::Equals` compares two strings, and this is {}", checker.described(wrong));
                Misuse::new("equals-operands", wrong, message, EQUALS)
            }
            _ => Misuse::new("equals-operands", operand, "`Fn::Equals` takes a list of two values", EQUALS),
        },
        Intrinsic::GetAtt(operand) if GetAtt::of(operand).is_none() => {
            Misuse::new("getatt-operands", operand, "`Fn::GetAtt` takes a resource and one of its attributes", GET_ATT)
        }
        _ => None,
    }
}

/// Returns the problem of a function that conditions do not support.
///
/// CloudFormation evaluates conditions before it knows resources, exports or zones.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>
fn in_condition<'a>(node: &'a Node<'a>, name: &str, function: Intrinsic<'a>) -> Option<Misuse<'a>> {
    match function {
        Intrinsic::ImportValue(_) => {
            // Source: https://github.com/aws/aws-cdk/issues/32238
            let aws = "Template error: Cannot use Fn::ImportValue in Conditions.";
            Misuse::new("import-in-condition", node, "a condition cannot import values", aws)
        }
        Intrinsic::GetAzs(_) | Intrinsic::Base64(_) | Intrinsic::Cidr(_) | Intrinsic::If(_) | Intrinsic::GetStackOutput(_) => {
            Misuse::new("function-in-condition", node, format!("a condition cannot use `{name}`"), "")
        }
        _ => None,
    }
}

const IF: &str = "Template error: Fn::If requires a list argument with three elements";
const BASE64: &str = "Template error: every Fn::Base64 object must have a String-typed value.";
const GET_AZS: &str = "Template error: every Fn::GetAZs object must have a String-typed value.";
const EQUALS: &str = "Template error: every Fn::Equals object requires a list of 2 string parameters.";
const GET_ATT: &str =
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
const IMPORT: &str = "Template error: every Fn::ImportValue object must have a String-typed value.";
const IMPORT_DEPENDS: &str =
    "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs";
const CIDR: &str = "Template error: every Fn::Cidr object requires two parameters and an optional third parameter, (1) an IP address range \
                    in CIDR notation, (2) a number of subnets in range [1-256] and (3) an optional number of subnet bits";
const JOIN: &str = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined \
                    or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
const SPLIT: &str = "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a \
                     function that returns a string to be split.";
const SELECT: &str = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
const FIND_IN_MAP: &str =
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
const SUB: &str = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
                   argument, and an optional second argument to specify a mapping of values to replace in the string";
const SUB_MAP: &str =
    "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string";

struct Checker<'t, 'a> {
    template: &'t Template<'a>,
}

impl<'a> Checker<'_, 'a> {
    fn join(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        let message = "`Fn::Join` takes a delimiter and a list of strings";
        let [delimiter, list] = operand.items() else { return Misuse::new("join-operands", operand, message, JOIN) };
        let wrong = if self.is_not_text(delimiter) {
            delimiter
        } else {
            match list.kind {
                Kind::Array(items) => items.iter().find(|item| self.is_not_text(item))?,
                _ if self.is_not_list(list) => list,
                _ => return None,
            }
        };
        Misuse::new("join-operands", wrong, message, JOIN)
    }

    fn split(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        let (wrong, message) = match operand.items() {
            [delimiter, _] if self.is_not_text(delimiter) => (delimiter, "the delimiter of `Fn::Split` must be a string"),
            [delimiter, _] if delimiter.as_str() == Some("") => (delimiter, "the delimiter of `Fn::Split` must not be empty"),
            [_, source] if self.is_not_text(source) => (source, "the second operand of `Fn::Split` must be a string"),
            [_, _] => return None,
            _ => (operand, "`Fn::Split` takes a delimiter and a string"),
        };
        Misuse::new("split-operands", wrong, message, SPLIT)
    }

    fn select(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        let [index, list] = operand.items() else {
            return Misuse::new("select-operands", operand, "`Fn::Select` takes an index and a list", SELECT);
        };
        let is_index = |text: &str| text.trim().parse::<usize>().is_ok();
        if self.is_not_text(index) || index.scalar().is_some_and(|text| !is_index(text)) {
            let found = index.scalar().map_or_else(|| index.kind_name().to_owned(), |text| format!("`{}`", short(text)));
            let message = format!("the index of `Fn::Select` must be an integer of at least 0, not {found}");
            return Misuse::new("select-operands", index, message, SELECT);
        }
        let is_wrong = self.is_not_list(list);
        is_wrong.then(|| Misuse::new("select-operands", list, "the second operand of `Fn::Select` must be a list", SELECT))?
    }

    /// A default value requires no transform any more, functions other than `Ref` and `Fn::FindInMap` in the keys do.
    ///
    /// Sources: <https://github.com/aws-cloudformation/cfn-lint/issues/4627>,
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap-enhancements.html>,
    /// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2034>,
    /// <https://github.com/cloudtools/troposphere/issues/479>
    fn find_in_map(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        let wrong = |place, message: &str| Misuse::new("find-in-map-operands", place, message, FIND_IN_MAP);
        let [map, top, second, rest @ ..] = operand.items() else {
            return wrong(operand, "`Fn::FindInMap` takes a map, a top-level key and a second-level key");
        };
        if let Some(key) = [map, top, second].into_iter().find(|key| self.is_not_text(key)) {
            return wrong(key, "the name and keys of `Fn::FindInMap` must be strings");
        }
        let is_allowed = |key: &&Node<'a>| matches!(Intrinsic::of(key), None | Some(Intrinsic::Ref(_) | Intrinsic::FindInMap(_)));
        if !self.template.has_language_extensions()
            && !self.template.is_rewritten()
            && let Some(key) = [map, top, second].into_iter().find(|key| !is_allowed(key))
        {
            return wrong(
                key,
                "without `AWS::LanguageExtensions`, the name and keys of `Fn::FindInMap` are text, `Ref` or `Fn::FindInMap`",
            );
        }
        match rest {
            [] => None,
            [only] if matches!(only.kind, Kind::Object([member]) if member.key == "DefaultValue") => None,
            [only] => wrong(only, "the fourth operand of `Fn::FindInMap` is `{\"DefaultValue\": ...}`"),
            _ => wrong(operand, "`Fn::FindInMap` takes a map, two keys and, optionally, a default value"),
        }
    }

    fn sub(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        let Sub { text, variables } = Sub::of(operand);
        let members = variables.map(|variables| variables.kind);
        let (Some(template), None | Some(Kind::Object(_))) = (text.as_str(), members) else {
            return Misuse::new("sub-operands", operand, "`Fn::Sub` takes a string, or a list of a string and a map", SUB);
        };
        if operand.items().len() == 1 {
            return Misuse::new("sub-operands", operand, "`Fn::Sub` takes a string, or a list of a string and a map", SUB);
        }
        let given = variables.map(Node::members).unwrap_or_default();
        if let Some(member) = given.iter().find(|member| self.is_not_text(&member.value)) {
            return Misuse::new("sub-map", &member.value, format!("the value of `{}` must be a string", member.key), SUB_MAP);
        }
        let mut by_key = LazyKeys::default();
        let is_list = |name: &&str| self.is_list_name(name) && by_key.get(given, name, |member| member.key).is_none();
        let names = sub_parts(template).filter_map(|part| match part {
            SubPart::Variable(name) => Some(name),
            SubPart::Text(_) => None,
        });
        let name = names.into_iter().find(is_list)?;
        Misuse::new(
            "sub-not-a-string",
            text,
            format!("`${{{name}}}` is a list, but `Fn::Sub` requires a string"),
            &format!("Template error: variable {name} in Fn::Sub expression does not resolve to a string"),
        )
    }

    /// Source: <https://github.com/aws-amplify/amplify-cli/issues/4748>
    fn import_value(&self, operand: &'a Node<'a>) -> Option<Misuse<'a>> {
        if self.is_not_text(operand) {
            return Misuse::new("import-operand", operand, "`Fn::ImportValue` takes the name of an export", IMPORT);
        }
        let message = "the name of an export cannot depend on a resource, an import or availability zones";
        self.depends_on_deployment(operand).then(|| Misuse::new("import-operand", operand, message, IMPORT_DEPENDS))?
    }

    /// Returns whether an expression refers to a resource, an import or zones, which are known only while a stack is deployed.
    fn depends_on_deployment(&self, node: &'a Node<'a>) -> bool {
        let mut is_found = false;
        let mut visit = |reference: Reference<'a>, _| {
            is_found |= match reference {
                Reference::Name(name) => self.template.resources.contains(name),
                Reference::Attribute(name, _) => self.template.resources.contains(name),
                _ => false,
            };
        };
        visit.expression(node);
        is_found || contains_import(node)
    }

    /// Returns whether a value is certainly no string, number or boolean.
    fn is_not_text(&self, node: &Node<'_>) -> bool {
        self.is_list(node, MOST_NESTED) || matches!(node.kind, Kind::Null) || is_plain_map(node)
    }

    /// Returns whether a value is certainly no list.
    fn is_not_list(&self, node: &Node<'_>) -> bool {
        let is_text = match Intrinsic::of(node) {
            Some(Intrinsic::Sub(_) | Intrinsic::Join(_) | Intrinsic::Base64(_) | Intrinsic::ToJsonString(_)) => true,
            Some(Intrinsic::Ref(name)) => name.as_str().is_some_and(|name| self.is_text_name(name)),
            Some(_) => false,
            None => node.scalar().is_some(),
        };
        is_text || matches!(node.kind, Kind::Null) || is_plain_map(node)
    }

    fn is_list(&self, node: &Node<'_>, nested: usize) -> bool {
        match Intrinsic::of(node) {
            Some(Intrinsic::Split(_) | Intrinsic::GetAzs(_) | Intrinsic::Cidr(_)) => true,
            Some(Intrinsic::Ref(name)) => name.as_str().is_some_and(|name| self.is_list_name(name)),
            Some(Intrinsic::If(operand)) => match operand.items() {
                [_, yes, no] if nested > 0 => self.is_list(yes, nested - 1) && self.is_list(no, nested - 1),
                _ => false,
            },
            Some(_) => false,
            None => matches!(node.kind, Kind::Array(_)),
        }
    }

    fn parameter_type(&self, name: &str) -> Option<ParameterType<'a>> {
        ParameterType::of(self.template.parameters.get(name)?.body.get("Type")?.as_str()?)
    }

    fn is_list_name(&self, name: &str) -> bool {
        name == "AWS::NotificationARNs" || self.parameter_type(name).is_some_and(ParameterType::is_list)
    }

    fn is_text_name(&self, name: &str) -> bool {
        let is_pseudo = name.starts_with("AWS::") && !matches!(name, "AWS::NotificationARNs" | "AWS::NoValue");
        is_pseudo || self.parameter_type(name).is_some_and(|kind| !kind.is_list())
    }

    fn described(&self, node: &Node<'_>) -> &'static str {
        if self.is_list(node, MOST_NESTED) { "a list" } else { node.kind_name() }
    }
}

/// Returns whether the name of an export depends on a resource, which CloudFormation does not support.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>
pub(super) fn depends_on_resource<'a>(template: &Template<'a>, node: &'a Node<'a>) -> bool {
    Checker { template }.depends_on_deployment(node)
}

fn is_plain_map(node: &Node<'_>) -> bool {
    Intrinsic::of(node).is_none()
        && matches!(node.kind, Kind::Object(members) if !members.iter().any(|member| member.key.starts_with("Fn::")))
}

fn contains_import(node: &Node<'_>) -> bool {
    matches!(Intrinsic::of(node), Some(Intrinsic::ImportValue(_) | Intrinsic::GetAzs(_)))
        || node.members().iter().any(|member| contains_import(&member.value))
        || node.items().iter().any(contains_import)
}

/// Shortens a long value for a message.
fn short(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut}...") } else { cut }
}
