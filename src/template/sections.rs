//! Checks the structure of a template: its sections, and the required attributes of resources and outputs.
//!
//! A template that CloudFormation accepts is never refused here. Content that a macro may rewrite is not checked, since CloudFormation
//! checks most of it after its macros have run.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

use super::node::{Kind, Member, Node};
use super::transforms::{LANGUAGE_EXTENSIONS, transforms};
use super::{Document, nulls};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::text::did_you_mean;

/// The only template format version.
const FORMAT_VERSION: &str = "2010-09-09";

/// The sections of a template.
const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
    "Hooks",
];

/// The attributes of a resource.
///
/// `Version` is for custom resources. `Description` is not documented, but CloudFormation accepts it and the CDK writes it.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html>
const RESOURCE_ATTRIBUTES: [&str; 11] = [
    "Type",
    "Properties",
    "Condition",
    "DependsOn",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Metadata",
    "Description",
    "Version",
];

/// Checks that the document is an object, that its sections have the kinds that CloudFormation requires, and that every resource has a type
/// and every output a value.
///
/// # Errors
///
/// Returns an error with every problem, in the order in which CloudFormation checks.
pub(super) fn check(document: &Document<'_>) -> Result<(), Diagnostics> {
    let Kind::Object(sections) = document.root.kind else {
        let problem = Diagnostic::error("template-shape", format!("a template must be an object, not {}", document.root.kind_name()))
            .at(document.source, document.root.span, "")
            .hinted("a template has at least `Resources`, an object with at least one resource")
            .with_aws_message("Template format error: unsupported structure.");
        return Err(problem.into());
    };
    let mut checker = Checker {
        document,
        has_macros: document.root.get("Fn::Transform").is_some()
            || transforms(document.root).iter().any(|name| *name != LANGUAGE_EXTENSIONS),
        problems: Diagnostics::default(),
    };
    checker.sections(sections);
    checker.keys();
    if !checker.has_macros && document.may_hold_null {
        nulls::find(document, &mut checker.problems);
    }
    let mut problems = checker.problems;
    // CloudFormation checks for nulls first, then the names of the sections, then their contents.
    problems.0.sort_by_cached_key(|problem| {
        let offset = problem.labels.first().map_or(0, |label| label.span.start);
        match problem.rule {
            "map-key" => (0, 0, offset),
            "null-value" => (0, 1, offset),
            "unknown-section" => (1, 0, offset),
            _ => (2, section_rank(document.root, offset), offset),
        }
    });
    problems.into_result(())
}

/// Returns the rank of the section that contains an offset in the order in which CloudFormation checks sections. `Rules` are last, since
/// their assertions are evaluated for a valid template only.
pub(crate) fn section_rank(root: &Node<'_>, at: u32) -> usize {
    const ORDER: [&str; 7] = ["AWSTemplateFormatVersion", "Description", "Mappings", "Parameters", "Conditions", "Resources", "Outputs"];
    let section = root.members().iter().find(|section| section.key_span.start <= at && at <= section.value.span.end);
    match section {
        Some(section) if section.key == "Rules" => ORDER.len(),
        Some(section) => ORDER.iter().position(|name| *name == section.key).unwrap_or(0),
        None => 0,
    }
}

struct Checker<'d, 'a> {
    document: &'d Document<'a>,
    /// Whether a macro rewrites the template before CloudFormation checks it.
    has_macros: bool,
    problems: Diagnostics,
}

impl<'a> Checker<'_, 'a> {
    /// Reports keys that YAML does not read as text.
    ///
    /// Sources: <https://github.com/aws-cloudformation/cfn-lint/issues/292>,
    /// <https://github.com/awsdocs/aws-cloudformation-user-guide/pull/404>
    fn keys(&mut self) {
        for key in self.document.keys {
            let text = self.document.source.slice(key.span);
            let mut problem = Diagnostic::error("map-key", format!("a key must be a string, and `{text}` is {}", key.kind.name())).hinted(
                if text.is_empty() { "write a key before the colon".to_owned() } else { format!("put the key in quotes: \"{text}\"") },
            );
            if let Kind::Number(number) = key.kind
                && number == text
            {
                let path = path_of_key(self.document.root, key.span);
                problem = problem.with_aws_message(format!(
                    "Template format error: [{path}] map keys must be strings; received numeric [{number}] instead"
                ));
            }
            self.report(problem, key.span);
        }
    }

    fn sections(&mut self, sections: &'a [Member<'a>]) {
        for section in sections {
            let value = &section.value;
            match section.key {
                _ if matches!(value.kind, Kind::Null) => {}
                "AWSTemplateFormatVersion" => self.format_version(value),
                "Description" => self.require_scalar(section),
                "Transform" => {
                    if !matches!(value.kind, Kind::String(_) | Kind::Array(_) | Kind::Object(_)) {
                        self.wrong_kind(section, "the name of a macro, or a list of them");
                    }
                }
                "Metadata" => self.metadata(section),
                "Resources" => self.each(section, Self::resource),
                "Outputs" => self.each(section, Self::output),
                "Parameters" => self.each(section, |checker, member| {
                    checker.name("parameter", "Parameter", member);
                    checker.require_object(member);
                }),
                "Mappings" => self.each(section, |checker, member| {
                    checker.require_map(member);
                    if matches!(member.value.kind, Kind::Object(_)) {
                        checker.each(member, |checker, inner| {
                            if checker.require_map(inner) {
                                checker.each(inner, Self::mapped);
                            }
                        });
                    }
                }),
                "Conditions" | "Rules" | "Hooks" => _ = self.require_object(section),
                key if key.starts_with("Fn::") || self.has_macros => {}
                _ => self.unknown_section(section),
            }
        }
        let resources = self.document.root.get("Resources");
        if !self.has_macros && (resources.is_none() || resources.is_some_and(|node| matches!(node.kind, Kind::Object([])))) {
            let at = self
                .document
                .root
                .member("Resources")
                .map_or_else(|| self.document.source.first_character(self.document.root.span), |member| member.key_span);
            self.report(
                Diagnostic::error("missing-resources", "the template has no resources")
                    .hinted("add `Resources`, an object with resources by their logical IDs")
                    .with_aws_message("Template format error: At least one Resources member must be defined."),
                at,
            );
        }
    }

    /// Checks every member of an object, except functions such as `Fn::ForEach::Name` or `Fn::Transform`.
    fn each(&mut self, section: &'a Member<'a>, check: impl Fn(&mut Self, &'a Member<'a>)) {
        if self.require_object(section) {
            for member in section.value.members() {
                if !member.key.starts_with("Fn::") && !matches!(member.value.kind, Kind::Null) {
                    check(self, member);
                }
            }
        }
    }

    fn format_version(&mut self, value: &'a Node<'a>) {
        if value.as_str() != Some(FORMAT_VERSION) {
            let found = value.scalar().map_or_else(|| value.kind_name().to_owned(), |text| format!("`{text}`"));
            let mut problem = Diagnostic::error("format-version", format!("unknown template format version {found}"))
                .hinted(format!("the only version is \"{FORMAT_VERSION}\"; the section is optional"));
            if let Some(version) = value.scalar() {
                problem = problem
                    .with_aws_message(format!("Template format error: {version} is not a supported value for AWSTemplateFormatVersion"));
            }
            self.report(problem, value.span);
        }
    }

    fn metadata(&mut self, member: &'a Member<'a>) {
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = kind_problem(member, "an object");
            self.report(problem.with_aws_message("Template format error: Any Metadata member must be an object."), member.value.span);
        }
    }

    fn unknown_section(&mut self, section: &'a Member<'a>) {
        let unknown: Vec<&str> = self.document.root.members().iter().map(|member| member.key).filter(|key| !known_section(key)).collect();
        let hint = match section.key {
            "Globals" => "`Globals` needs `Transform: AWS::Serverless-2016-10-31`".to_owned(),
            key => did_you_mean(key, SECTIONS).unwrap_or_else(|| format!("sections are {}", list(&SECTIONS))),
        };
        self.report(
            Diagnostic::error("unknown-section", format!("unknown section `{}`", section.key))
                .hinted(hint)
                .with_aws_message(format!("Invalid template property or properties [{}]", unknown.join(", "))),
            section.key_span,
        );
    }

    fn resource(&mut self, member: &'a Member<'a>) {
        self.name("resource", "Resource", member);
        let id = member.key;
        let Kind::Object(attributes) = member.value.kind else {
            let problem = kind_problem(member, "an object with `Type` and `Properties`");
            self.report(
                problem.with_aws_message(format!("Template format error: [/Resources/{id}] resource definition is malformed")),
                member.value.span,
            );
            return;
        };
        let mut has_type = false;
        let mut may_be_added = self.has_macros;
        for attribute in attributes {
            match attribute.key {
                "Type" => {
                    has_type = true;
                    self.require_string(attribute);
                }
                "Condition" => self.require_string(attribute),
                "Properties" => _ = self.require_object(attribute),
                "Metadata" => self.metadata(attribute),
                key if RESOURCE_ATTRIBUTES.contains(&key) => {}
                key if key.starts_with("Fn::") => may_be_added = true,
                _ if self.has_macros => {}
                key => {
                    let hint = did_you_mean(key, RESOURCE_ATTRIBUTES)
                        .unwrap_or_else(|| "properties of the resource belong in `Properties`".to_owned());
                    self.report(
                        Diagnostic::error("resource-attribute", format!("resource `{id}` has the unknown attribute `{key}`"))
                            .hinted(hint)
                            .with_aws_message(format!("Invalid template resource property '{key}'")),
                        attribute.key_span,
                    );
                }
            }
        }
        if !has_type && !may_be_added {
            self.report(
                Diagnostic::error("resource-type", format!("resource `{id}` has no `Type`"))
                    .hinted("add the type of the resource, such as `AWS::EC2::VPC`")
                    .with_aws_message(format!(
                        "Template format error: [/Resources/{id}] Every Resources object must contain a Type member."
                    )),
                member.key_span,
            );
        }
    }

    fn output(&mut self, member: &'a Member<'a>) {
        self.name("output", "Outputs", member);
        if !self.require_object(member) {
            return;
        }
        let name = member.key;
        if !self.has_macros && !member.value.members().iter().any(|attribute| attribute.key == "Value" || attribute.key.starts_with("Fn::"))
        {
            self.report(
                Diagnostic::error("output-value", format!("output `{name}` has no `Value`"))
                    .hinted("add `Value`, the value of the output")
                    .with_aws_message("Template format error: Every Outputs member must contain a Value object"),
                member.key_span,
            );
        }
    }

    fn name(&mut self, what: &str, aws_kind: &str, member: &'a Member<'a>) {
        let name = member.key;
        if self.has_macros || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return;
        }
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let hint =
            if plain.is_empty() { "letters and digits only".to_owned() } else { format!("letters and digits only, such as `{plain}`") };
        let aws_name = if what == "output" { format!("'{name}'") } else { name.to_owned() };
        let problem = Diagnostic::error("logical-id", format!("the {what} name `{name}` is not alphanumeric"))
            .hinted(hint)
            .with_aws_message(format!("Template format error: {aws_kind} name {aws_name} is non alphanumeric."));
        self.report(problem, member.key_span);
    }

    fn require_object(&mut self, member: &'a Member<'a>) -> bool {
        match member.value.kind {
            Kind::Object(_) => true,
            Kind::Null => false,
            _ => {
                self.wrong_kind(member, "an object");
                false
            }
        }
    }

    fn require_map(&mut self, member: &'a Member<'a>) -> bool {
        let is_map = matches!(member.value.kind, Kind::Object(_));
        if !is_map && !matches!(member.value.kind, Kind::Null) {
            let problem = kind_problem(member, "an object");
            self.report(
                problem.with_aws_message(format!("Template format error: Every Mappings member {} must be a map", member.key)),
                member.value.span,
            );
        }
        is_map
    }

    /// Checks an entry of a mapping, which has exactly two levels of names.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html>
    fn mapped(&mut self, member: &'a Member<'a>) {
        let name = member.key;
        let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // With the language extensions, names are resolved before CloudFormation checks them.
        if !is_plain && transforms(self.document.root).is_empty() {
            let problem = Diagnostic::error("mapping-name", format!("the name `{name}` in a mapping is not alphanumeric"))
                .hinted("second-level names may contain letters and digits only; top-level names also `-` and `.`")
                .with_aws_message(format!(
                    "Template format error: Mappings attribute name '{name}' must contain only alphanumeric characters."
                ));
            self.report(problem, member.key_span);
        }
        if matches!(member.value.kind, Kind::Object(_)) && !self.has_macros {
            let problem = kind_problem(member, "a string or a list");
            self.report(
                problem.with_aws_message("Template format error: Every Mappings attribute must be a String or a List."),
                member.value.span,
            );
        }
    }

    fn require_string(&mut self, member: &'a Member<'a>) {
        if !matches!(member.value.kind, Kind::String(_) | Kind::Null) {
            let problem = kind_problem(member, "a string");
            let key = member.key;
            self.report(
                problem.with_aws_message(format!("Template format error: Every {key} member must be a string.")),
                member.value.span,
            );
        }
    }

    fn require_scalar(&mut self, member: &'a Member<'a>) {
        if member.value.scalar().is_none() {
            self.wrong_kind(member, "a string");
        }
    }

    fn wrong_kind(&mut self, member: &'a Member<'a>, wanted: &str) {
        self.report(kind_problem(member, wanted), member.value.span);
    }

    fn report(&mut self, problem: Diagnostic, span: Span) {
        self.problems.push(problem.at(self.document.source, span, ""));
    }
}

/// Returns the path of the object that contains a key.
fn path_of_key(root: &Node<'_>, key: Span) -> String {
    let mut path = String::new();
    let mut node = root;
    loop {
        let holds = |node: &Node<'_>| node.span.start <= key.start && key.end <= node.span.end;
        let next = match node.kind {
            Kind::Object(members) => {
                members.iter().find(|member| holds(&member.value)).map(|member| (member.key.to_owned(), &member.value))
            }
            Kind::Array(items) => items.iter().enumerate().find(|(_, item)| holds(item)).map(|(index, item)| (index.to_string(), item)),
            _ => None,
        };
        let Some((step, inner)) = next else { return path };
        path.push('/');
        path.push_str(&step);
        node = inner;
    }
}

fn kind_problem(member: &Member<'_>, wanted: &str) -> Diagnostic {
    Diagnostic::error("section-kind", format!("`{}` must be {wanted}, not {}", member.key, member.value.kind_name()))
}

fn known_section(key: &str) -> bool {
    SECTIONS.contains(&key) || key.starts_with("Fn::")
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
