//! The declaration of one parameter in a template.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secret::is_no_echo;
use crate::template::{Entry, Kind, Node, Template};

/// The type of a parameter.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType<'a> {
    /// `String`, or an AWS-specific type such as `AWS::EC2::VPC::Id` that is a string in the template.
    String,
    /// `Number`.
    Number,
    /// `CommaDelimitedList`, or `List<AWS::...>`.
    List,
    /// `List<Number>`.
    NumberList,
    /// `AWS::SSM::Parameter::Value<T>`: the value is the name of an SSM parameter, whose type is the text inside the brackets.
    Ssm {
        /// The type inside the brackets.
        inner: &'a str,
        /// Whether the inner type is a list.
        list: bool,
    },
}

impl<'a> ParameterType<'a> {
    /// Parses the name of a parameter type; returns `None` if the type is unknown.
    pub fn of(name: &'a str) -> Option<Self> {
        let bracketed = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
        Some(match name {
            "String" => Self::String,
            "Number" => Self::Number,
            "CommaDelimitedList" => Self::List,
            "List<Number>" => Self::NumberList,
            _ => {
                if let Some(inner) = bracketed("AWS::SSM::Parameter::Value<") {
                    Self::Ssm { inner, list: inner == "CommaDelimitedList" || inner.starts_with("List<") }
                } else if bracketed("List<").is_some() {
                    Self::List
                } else if name.starts_with("AWS::") {
                    Self::String
                } else {
                    return None;
                }
            }
        })
    }

    /// Returns whether `Ref` of such a parameter returns a list.
    pub fn is_list(self) -> bool {
        matches!(self, Self::List | Self::NumberList | Self::Ssm { list: true, .. })
    }
}

/// The declaration of a parameter.
#[derive(Clone, Debug)]
pub struct Declaration<'a> {
    /// The entry in `Parameters` with name and spans.
    pub entry: Entry<'a>,
    /// The parsed `Type`.
    pub parameter_type: ParameterType<'a>,
    /// `Type` as in the template.
    pub type_name: &'a str,
    /// `Default`, converted to a string as CloudFormation does.
    pub default: Option<String>,
    /// `Description`.
    pub description: Option<&'a str>,
    /// `AllowedValues` as strings.
    pub allowed_values: Vec<&'a str>,
    /// `AllowedPattern`, a regular expression that the whole value must match.
    pub allowed_pattern: Option<&'a str>,
    /// `ConstraintDescription`.
    pub constraint_description: Option<&'a str>,
    /// `MinValue`.
    pub min_value: Option<f64>,
    /// `MaxValue`.
    pub max_value: Option<f64>,
    /// `MinLength`, in characters.
    pub min_length: Option<u64>,
    /// `MaxLength`, in characters.
    pub max_length: Option<u64>,
    /// `NoEcho`: the value must not be printed or stored.
    pub no_echo: bool,
}

const MEMBERS: [&str; 11] = [
    "Type",
    "Default",
    "Description",
    "AllowedValues",
    "AllowedPattern",
    "ConstraintDescription",
    "MinValue",
    "MaxValue",
    "MinLength",
    "MaxLength",
    "NoEcho",
];

impl<'a> Declaration<'a> {
    /// Reads an entry of `Parameters`; returns the declaration, if it is readable, and its errors.
    pub fn of(template: &Template<'a>, entry: &Entry<'a>) -> (Option<Self>, Diagnostics) {
        let mut problems = Diagnostics::default();
        let declaration = Self::read(template, entry, &mut problems);
        (declaration, problems)
    }

    /// Reads an entry of `Parameters` and adds its errors to `problems`.
    ///
    /// Returns `None` only if the declaration has no valid type.
    pub(super) fn read(template: &Template<'a>, entry: &Entry<'a>, problems: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader { template, entry: *entry, problems };
        for member in entry.body.members() {
            if !MEMBERS.contains(&member.key) {
                reader.problems.push(
                    Diagnostic::error("parameter-attribute", format!("unknown parameter attribute `{}`", member.key))
                        .at(template.source, member.key_span, "")
                        .with_aws_message(format!("Invalid template parameter property '{}'", member.key))
                        .suggesting(member.key, MEMBERS.iter().copied()),
                );
            }
        }
        let Some(type_name) = reader.text("Type") else {
            if entry.body.get("Type").is_none() {
                reader.problem(
                    entry.body,
                    format!("parameter `{}` has no `Type`", entry.name),
                    "Template format error: Every Parameters object must contain a Type member.",
                );
            }
            return None;
        };
        let Some(parameter_type) = ParameterType::of(type_name) else {
            let node = entry.body.get("Type").unwrap_or(entry.body);
            reader.problem(
                node,
                format!("unknown parameter type `{type_name}`"),
                &format!("Template format error: Unrecognized parameter type: {type_name}"),
            );
            return None;
        };
        let no_echo = is_no_echo(entry.body);
        if let Some(default) = entry.body.get("Default").filter(|_| no_echo) {
            template.source.hide_for_good(default.span);
        }
        Some(Self {
            entry: *entry,
            parameter_type,
            type_name,
            default: reader.default(),
            description: entry.body.get("Description").and_then(Node::as_str),
            allowed_values: reader.allowed_values(),
            allowed_pattern: reader.text("AllowedPattern"),
            constraint_description: reader.text("ConstraintDescription"),
            min_value: reader.number("MinValue"),
            max_value: reader.number("MaxValue"),
            min_length: reader.length("MinLength"),
            max_length: reader.length("MaxLength"),
            no_echo,
        })
    }

    /// Returns the parameter's name.
    pub fn name(&self) -> &'a str {
        self.entry.name
    }
}

struct Reader<'r, 'a> {
    template: &'r Template<'a>,
    entry: Entry<'a>,
    problems: &'r mut Diagnostics,
}

impl<'a> Reader<'_, 'a> {
    fn problem(&mut self, node: &Node<'_>, message: String, aws: &str) {
        self.problems
            .push(Diagnostic::error("parameter-declaration", message).at(self.template.source, node.span, "").with_aws_message(aws));
    }

    fn text(&mut self, key: &str) -> Option<&'a str> {
        let node = self.entry.body.get(key)?;
        let text = node.scalar();
        if text.is_none() {
            self.problem(
                node,
                format!("`{key}` must be a string, not {}", node.kind_name()),
                &format!("Template format error: Every {key} member must be a string."),
            );
        }
        text
    }

    /// Reads `Default`, which must be a scalar.
    fn default(&mut self) -> Option<String> {
        let node = self.entry.body.get("Default")?;
        match node.kind {
            Kind::Null | Kind::Object(_) | Kind::Array(_) => {
                self.problem(
                    node,
                    format!("the default of parameter `{}` must be a string, not {}", self.entry.name, node.kind_name()),
                    "Template format error: Every Default member must be a string.",
                );
                None
            }
            _ => node.scalar().map(str::to_owned),
        }
    }

    fn allowed_values(&mut self) -> Vec<&'a str> {
        let Some(node) = self.entry.body.get("AllowedValues") else {
            return Vec::new();
        };
        let texts: Vec<&str> = node.items().iter().filter_map(Node::scalar).collect();
        if !matches!(node.kind, Kind::Array(_)) || texts.len() != node.items().len() {
            self.problem(
                node,
                "`AllowedValues` must be a list of strings".to_owned(),
                "Template format error: Every AllowedValues member must be a list.",
            );
        }
        texts
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let text = self.text(key)?;
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.not_a_number(key, text);
        }
        number
    }

    fn length(&mut self, key: &str) -> Option<u64> {
        let text = self.text(key)?;
        let number = text.trim().parse::<u64>().ok();
        if number.is_none() {
            self.not_a_number(key, text);
        }
        number
    }

    fn not_a_number(&mut self, key: &str, text: &str) {
        let node = self.entry.body.get(key).unwrap_or(self.entry.body);
        self.problem(
            node,
            format!("`{key}` of parameter `{}` must be a number, not `{text}`", self.entry.name),
            &format!("Template format error: Every {key} member must be a number."),
        );
    }
}
