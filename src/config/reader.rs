//! Reads the values of `rack.yaml`, and collects every error with its position.

use std::str::FromStr as _;

use indexmap::IndexMap;

use super::backend_choice::BackendChoice;
use super::stack_name::{STACK_NAMES, is_stack_name};
use crate::cloudformation::OnFailure;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::parameters::ParameterOverrides;
use crate::template::{Kind, Member, Node};

/// Reads values and collects errors.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) problems: Diagnostics,
}

impl Reader<'_> {
    /// Returns the text of a scalar as written, such as `Yes` or `007`.
    pub(super) fn scalar(&self, node: &Node<'_>) -> Option<String> {
        match node.kind {
            Kind::String(text) => Some(text.to_owned()),
            Kind::Bool(_) | Kind::Number(_) => Some(self.source.slice(node.span).trim().to_owned()),
            _ => None,
        }
    }

    pub(super) fn text(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.scalar(&member.value);
        if text.is_none() {
            let problem = self.wrong(&member.value, member.key, "text");
            self.problems.push(problem);
        }
        text.filter(|text| {
            let blank = text.trim().is_empty();
            if blank {
                self.problems.push(
                    Diagnostic::error("rack-file-value", format!("`{}` is empty", member.key))
                        .at(self.source, member.value.span, "")
                        .hinted("add a value, or remove the line"),
                );
            }
            !blank
        })
    }

    pub(super) fn stack_name(&mut self, node: &Node<'_>, name: &str) -> bool {
        let valid = is_stack_name(name);
        if !valid {
            self.problems.push(
                Diagnostic::error("rack-file-name", format!("invalid stack name `{name}`"))
                    .at(self.source, node.span, "")
                    .hinted(STACK_NAMES),
            );
        }
        valid
    }

    pub(super) fn parameters(&mut self, member: &Member<'_>) -> ParameterOverrides {
        let mut given = ParameterOverrides::default();
        if !matches!(member.value.kind, Kind::Object(_)) {
            // The text here may be a secret.
            self.source.hide(member.value.span);
        }
        self.map(member);
        if matches!(member.value.kind, Kind::Object(_))
            && let Err(problems) = given.add_document(self.source, &member.value)
        {
            self.problems.0.extend(problems.0);
        }
        given
    }

    pub(super) fn tags(&mut self, member: &Member<'_>) -> IndexMap<String, String> {
        let mut tags = IndexMap::new();
        for tag in self.map(member) {
            match self.scalar(&tag.value) {
                Some(text) => {
                    self.tag(tag, &text);
                    tags.insert(tag.key.to_owned(), text);
                }
                None => {
                    let problem = self.wrong(&tag.value, &format!("tags.{}", tag.key), "text");
                    self.problems.push(problem);
                }
            }
        }
        tags
    }

    /// Checks a tag against the limits of CloudFormation.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html>
    pub(super) fn tag(&mut self, tag: &Member<'_>, text: &str) {
        let (key, length) = (tag.key, text.chars().count());
        let wrong = match key.chars().count() {
            _ if key.to_ascii_lowercase().starts_with("aws:") => "begins with `aws:`, which AWS reserves".to_owned(),
            0 => "has an empty key".to_owned(),
            characters if characters > 128 => format!("has a key of {characters} characters; the limit is 128"),
            _ if length > 256 => format!("has a value of {length} characters; the limit is 256"),
            _ => return,
        };
        let problem = Diagnostic::error("rack-file-value", format!("the tag `{key}` {wrong}"));
        self.problems.push(problem.at(self.source, tag.value.span, "").hinted("change or remove the tag"));
    }

    pub(super) fn backend(&mut self, member: &Member<'_>) -> Option<BackendChoice> {
        let text = self.text(member)?;
        match BackendChoice::from_str(&text) {
            Ok(backend) => Some(backend),
            Err(expected) => {
                self.problems.push(
                    Diagnostic::error("rack-file-value", format!("unknown backend `{text}`"))
                        .at(self.source, member.value.span, expected)
                        .hinted("`local` needs no AWS account; `aws` is AWS CloudFormation"),
                );
                None
            }
        }
    }

    pub(super) fn texts(&mut self, member: &Member<'_>, what: &str) -> Vec<String> {
        let texts: Option<Vec<String>> = match member.value.kind {
            Kind::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            let problem = self.wrong(&member.value, member.key, &format!("a list of {what}"));
            self.problems.push(match member.value.kind {
                Kind::Array(_) => problem,
                _ => problem.hinted(format!("enclose the value in brackets: `{}: [VALUE]`", member.key)),
            });
            Vec::new()
        })
    }

    pub(super) fn arn(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.text(member)?;
        self.is_arn(member.key, &member.value, &text).then_some(text)
    }

    pub(super) fn arns(&mut self, member: &Member<'_>) -> Vec<String> {
        let texts = self.texts(member, "ARNs");
        for (item, text) in member.value.items().iter().zip(&texts) {
            self.is_arn(member.key, item, text);
        }
        texts
    }

    pub(super) fn alarms(&mut self, member: &Member<'_>) -> Vec<String> {
        let texts = self.texts(member, "ARNs");
        for (item, text) in member.value.items().iter().zip(&texts) {
            self.is_arn(member.key, item, crate::cloudformation::parse_rollback_alarm(text).0);
        }
        texts
    }

    pub(super) fn is_arn(&mut self, key: &str, node: &Node<'_>, text: &str) -> bool {
        let is_arn = crate::aws::is_arn(text);
        if !is_arn {
            self.problems.push(
                Diagnostic::error("rack-file-value", format!("`{key}` must be an ARN"))
                    .at(self.source, node.span, "")
                    .hinted("an ARN is `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`"),
            );
        }
        is_arn
    }

    pub(super) fn flag(&mut self, member: &Member<'_>) -> Option<bool> {
        let flag = match member.value.kind {
            Kind::Bool(flag) => Some(flag),
            _ => None,
        };
        self.expect(member, flag, "true or false")
    }

    pub(super) fn minutes(&mut self, member: &Member<'_>) -> Option<u32> {
        let minutes = self.scalar(&member.value).and_then(|text| text.parse().ok()).filter(|minutes| *minutes <= 180);
        self.expect(member, minutes, "a number of minutes from 0 to 180")
    }

    pub(super) fn on_failure(&mut self, member: &Member<'_>) -> Option<OnFailure> {
        let text = self.scalar(&member.value).unwrap_or_default();
        let choice = OnFailure::ALL.into_iter().find(|choice| choice.name() == text);
        self.expect(member, choice, &format!("one of {}", OnFailure::ALL.map(OnFailure::name).join(", ")))
    }

    pub(super) fn expect<T>(&mut self, member: &Member<'_>, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            let problem = self.wrong(&member.value, member.key, expected);
            self.problems.push(problem);
        }
        value
    }

    pub(super) fn map<'n>(&mut self, member: &Member<'n>) -> &'n [Member<'n>] {
        // The value is null if every line of the section is commented out.
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = self.wrong(&member.value, member.key, "a map with one `Name: value` per line");
            self.problems.push(problem);
        }
        member.value.members()
    }

    pub(super) fn wrong(&self, node: &Node<'_>, what: &str, expected: &str) -> Diagnostic {
        Diagnostic::error("rack-file-value", format!("`{what}` must be {expected}")).at(
            self.source,
            node.span,
            format!("this is {}", node.kind_name()),
        )
    }

    pub(super) fn unknown_key(&mut self, member: &Member<'_>, key: &str, keys: &[&str]) {
        // It may be `parameters`, misspelled, or a parameter.
        self.source.hide(member.value.span);
        self.problems.push(
            Diagnostic::error("rack-file-key", format!("unknown key `{key}` in rack.yaml"))
                .at(self.source, member.key_span, "")
                .hinted(format!("the keys are {}; parameters belong in `parameters`", keys.join(", ")))
                .suggesting(key, keys.iter().copied()),
        );
    }
}
