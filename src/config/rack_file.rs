//! `rack.yaml`: which rack this is, where it runs, and the parameters it is meant to have.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use indexmap::IndexMap;

use super::backend_choice::BackendChoice;
use super::build_section::BuildSection;
use super::error::ConfigError;
use crate::cloudformation::OnFailure;
use crate::parameters::ParameterOverrides;
use crate::template::{Arena, Diagnostic, Diagnostics, Document, Kind, Label, Member, Node, Source, Span};

/// What `rack.yaml` says; every key may be left out.
#[derive(Clone, Debug, Default)]
pub struct RackFile {
    /// Where it was read from; `None` when there is none.
    pub path: Option<PathBuf>,
    /// `name`: the stack's name.
    pub name: Option<String>,
    /// `region`.
    pub region: Option<String>,
    /// `profile`: whose credentials the AWS backend takes.
    pub profile: Option<String>,
    /// `role_arn`: a role that rackform assumes before it asks AWS anything.
    pub role_arn: Option<String>,
    /// `cloudformation_role_arn`: the role that CloudFormation works as.
    pub cloudformation_role_arn: Option<String>,
    /// `account`: the account number that offline evaluation uses.
    pub account: Option<String>,
    /// `template`, with a relative path taken from beside `rack.yaml`; `None` is rackform's own rack.
    pub template: Option<PathBuf>,
    /// `parameters`.
    pub parameters: ParameterOverrides,
    /// `tags` of the stack.
    pub tags: IndexMap<String, String>,
    /// `backend`, a relative directory as written.
    pub backend: Option<BackendChoice>,
    /// `protect`: logical IDs that no plan may remove or replace.
    pub protect: Vec<String>,
    /// `template_bucket`: where a template over the inline limit goes.
    pub template_bucket: Option<String>,
    /// `stack_policy`, with a relative path taken from beside `rack.yaml`.
    pub stack_policy: Option<PathBuf>,
    /// `termination_protection`: whether the stack is protected against deletion.
    pub termination_protection: Option<bool>,
    /// `notification_topics`: SNS topics that are told of events, by ARN.
    pub notification_topics: Option<Vec<String>>,
    /// `on_failure`: what becomes of a stack whose change fails.
    pub on_failure: Option<OnFailure>,
    /// `rollback_alarms`: CloudWatch alarms, by ARN (`composite:ARN` for composite ones), of which any turns a change back.
    pub rollback_alarms: Vec<String>,
    /// `rollback_monitoring_minutes`: how long CloudFormation watches them after a change.
    pub rollback_monitoring_minutes: Option<u32>,
    /// `build`: what every build is told.
    pub build: BuildSection,
    /// The lines of `template` and `stack_policy`, from 1.
    pub template_line: Option<usize>,
    /// As `template_line`.
    pub stack_policy_line: Option<usize>,
    region_place: Option<(Source, Span)>,
    protect_places: Vec<(Source, Span)>,
}

impl RackFile {
    /// Where it is looked for unless `--file` names another.
    pub const DEFAULT_PATH: &'static str = "rack.yaml";

    const KEYS: [&'static str; 19] = [
        "name",
        "region",
        "profile",
        "role_arn",
        "cloudformation_role_arn",
        "account",
        "template",
        "parameters",
        "tags",
        "backend",
        "protect",
        "template_bucket",
        "stack_policy",
        "termination_protection",
        "notification_topics",
        "on_failure",
        "rollback_alarms",
        "rollback_monitoring_minutes",
        "build",
    ];

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be read, or every problem in it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let source = Source::read(path)?;
        Ok(Self { path: Some(path.to_owned()), ..Self::parse(&source, path)? })
    }

    /// Returns where the file says what it says, such as `rack.yaml:3`.
    pub fn place(&self, line: Option<usize>) -> String {
        let path = self.path.as_deref().unwrap_or(Path::new(Self::DEFAULT_PATH)).display();
        line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
    }

    /// Returns a path that is taken from beside `rack.yaml` when it is relative.
    pub fn beside(&self, path: &Path) -> PathBuf {
        match self.path.as_deref().and_then(Path::parent) {
            Some(directory) => directory.join(path),
            None => path.to_owned(),
        }
    }

    /// Returns the protected logical IDs with their positions.
    pub fn protected(&self) -> Vec<(String, Source, Span)> {
        let names = self.protect.iter().zip(&self.protect_places);
        names.map(|(name, (source, span))| (name.clone(), source.clone(), *span)).collect()
    }

    /// Points at `region` where a template has no word of that region, once for each mapping that lacks it.
    pub fn point_at_region(&self, mut problems: Diagnostics) -> Diagnostics {
        let mut seen: Vec<String> = Vec::new();
        problems.0.retain_mut(|problem| {
            if !self.mark_region(problem) {
                return true;
            }
            let is_first = !seen.contains(&problem.message);
            seen.push(problem.message.clone());
            is_first
        });
        problems
    }

    /// Points at `region` in a problem that says a mapping has no word of it; tells whether it is one.
    pub fn mark_region(&self, problem: &mut Diagnostic) -> bool {
        let (Some(region), Some((source, span))) = (&self.region, &self.region_place) else { return false };
        let is_told =
            matches!(problem.rule, "no-mapping" | "unresolved-mapping") && problem.message.ends_with(&format!(" has no key `{region}`"));
        if is_told {
            for label in problem.labels.iter_mut().filter(|label| label.text.is_empty()) {
                label.text = "looked up here".to_owned();
            }
            problem.labels.insert(0, Label { source: source.clone(), span: *span, text: String::new() });
            problem.hint.get_or_insert_with(|| "is the region spelled as AWS spells it, and does the template know it?".to_owned());
        }
        is_told
    }

    fn parse(source: &Source, path: &Path) -> Result<Self, Diagnostics> {
        let arena = Arena::new();
        let mut file = Self { path: Some(path.to_owned()), ..Self::default() };
        // A file of comments only is what `init` leaves when everything is commented out again.
        if source.text().lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(file);
        }
        let root = Document::read(source, &arena)?.root;
        let mut reader = Reader { source, problems: Diagnostics::default() };
        if !matches!(root.kind, Kind::Object(_)) {
            return Err(reader.wrong(root, "rack.yaml", "a map such as `name: my-rack`").into());
        }
        for member in root.members() {
            let value = &member.value;
            match member.key {
                "name" => file.name = reader.text(member).filter(|name| reader.stack_name(value, name)),
                "region" => {
                    file.region = reader.text(member);
                    file.region_place = Some((source.clone(), value.span));
                }
                "profile" => file.profile = reader.text(member),
                "role_arn" => file.role_arn = reader.arn(member),
                "cloudformation_role_arn" => file.cloudformation_role_arn = reader.arn(member),
                "account" => file.account = reader.text(member),
                "template" => {
                    file.template = reader.text(member).map(|template| file.beside(Path::new(&template)));
                    file.template_line = Some(source.line_column(value.span.start).line);
                }
                "parameters" => file.parameters = reader.parameters(member),
                "tags" => file.tags = reader.tags(member),
                "backend" => file.backend = reader.backend(member),
                "protect" => {
                    file.protect = reader.texts(member, "logical IDs");
                    file.protect_places = value.items().iter().map(|item| (source.clone(), item.span)).collect();
                }
                "template_bucket" => file.template_bucket = reader.text(member),
                "stack_policy" => {
                    file.stack_policy = reader.text(member).map(|policy| file.beside(Path::new(&policy)));
                    file.stack_policy_line = Some(source.line_column(value.span.start).line);
                }
                "termination_protection" => file.termination_protection = reader.flag(member),
                "notification_topics" => file.notification_topics = Some(reader.arns(member)),
                "on_failure" => file.on_failure = reader.on_failure(member),
                "rollback_alarms" => file.rollback_alarms = reader.alarms(member),
                "rollback_monitoring_minutes" => file.rollback_monitoring_minutes = reader.minutes(member),
                "build" => file.build = reader.build(member),
                key => reader.unknown_key(member, key),
            }
        }
        reader.problems.into_result(file)
    }
}

/// How a stack may be called.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub const STACK_NAMES: &str = "letters, digits and hyphens, a letter first, at most 128 of them";

/// Tells whether a stack may be called so.
pub fn is_stack_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 128 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part)
}

pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) problems: Diagnostics,
}

impl Reader<'_> {
    /// Returns a scalar as it was written: `Yes` stays `Yes`, `007` stays `007`.
    fn scalar(&self, node: &Node<'_>) -> Option<String> {
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
                        .hinted("give it a value, or take the line out"),
                );
            }
            !blank
        })
    }

    fn stack_name(&mut self, node: &Node<'_>, name: &str) -> bool {
        let valid = is_stack_name(name);
        if !valid {
            self.problems.push(
                Diagnostic::error("rack-file-name", format!("`{name}` cannot be a stack's name"))
                    .at(self.source, node.span, "")
                    .hinted(STACK_NAMES),
            );
        }
        valid
    }

    fn parameters(&mut self, member: &Member<'_>) -> ParameterOverrides {
        let mut given = ParameterOverrides::default();
        self.map(member);
        if matches!(member.value.kind, Kind::Object(_))
            && let Err(problems) = given.add_document(self.source, &member.value)
        {
            self.problems.0.extend(problems.0);
        }
        given
    }

    fn tags(&mut self, member: &Member<'_>) -> IndexMap<String, String> {
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

    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html>
    fn tag(&mut self, tag: &Member<'_>, text: &str) {
        let (key, length) = (tag.key, text.chars().count());
        let wrong = match key.chars().count() {
            _ if key.to_ascii_lowercase().starts_with("aws:") => "begins with `aws:`, which AWS keeps for itself".to_owned(),
            0 => "has no key".to_owned(),
            characters if characters > 128 => format!("has a key of {characters} characters, and AWS takes 128"),
            _ if length > 256 => format!("has a value of {length} characters, and AWS takes 256"),
            _ => return,
        };
        let problem = Diagnostic::error("rack-file-value", format!("the tag `{key}` {wrong}"));
        self.problems.push(problem.at(self.source, tag.value.span, "").hinted("take the line out, or spell it differently"));
    }

    fn backend(&mut self, member: &Member<'_>) -> Option<BackendChoice> {
        let text = self.text(member)?;
        match BackendChoice::from_str(&text) {
            Ok(backend) => Some(backend),
            Err(expected) => {
                self.problems.push(
                    Diagnostic::error("rack-file-value", format!("there is no backend `{text}`"))
                        .at(self.source, member.value.span, expected)
                        .hinted("`local` needs no account; `aws` is CloudFormation itself"),
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
            self.problems.push(problem);
            Vec::new()
        })
    }

    fn arn(&mut self, member: &Member<'_>) -> Option<String> {
        let text = self.text(member)?;
        self.is_arn(member.key, &member.value, &text).then_some(text)
    }

    fn arns(&mut self, member: &Member<'_>) -> Vec<String> {
        let texts = self.texts(member, "ARNs");
        for (item, text) in member.value.items().iter().zip(&texts) {
            self.is_arn(member.key, item, text);
        }
        texts
    }

    fn alarms(&mut self, member: &Member<'_>) -> Vec<String> {
        let texts = self.texts(member, "ARNs");
        for (item, text) in member.value.items().iter().zip(&texts) {
            self.is_arn(member.key, item, crate::cloudformation::parse_rollback_alarm(text).0);
        }
        texts
    }

    fn is_arn(&mut self, key: &str, node: &Node<'_>, text: &str) -> bool {
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

    fn flag(&mut self, member: &Member<'_>) -> Option<bool> {
        let flag = match member.value.kind {
            Kind::Bool(flag) => Some(flag),
            _ => None,
        };
        self.expect(member, flag, "true or false")
    }

    fn minutes(&mut self, member: &Member<'_>) -> Option<u32> {
        let minutes = self.scalar(&member.value).and_then(|text| text.parse().ok()).filter(|minutes| *minutes <= 180);
        self.expect(member, minutes, "a number of minutes from 0 to 180")
    }

    fn on_failure(&mut self, member: &Member<'_>) -> Option<OnFailure> {
        let text = self.scalar(&member.value).unwrap_or_default();
        let choice = OnFailure::ALL.into_iter().find(|choice| choice.name() == text);
        self.expect(member, choice, &format!("one of {}", OnFailure::ALL.map(OnFailure::name).join(", ")))
    }

    fn expect<T>(&mut self, member: &Member<'_>, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            let problem = self.wrong(&member.value, member.key, expected);
            self.problems.push(problem);
        }
        value
    }

    fn map<'n>(&mut self, member: &Member<'n>) -> &'n [Member<'n>] {
        // `parameters:` with every line below it commented out reads as null.
        if !matches!(member.value.kind, Kind::Object(_) | Kind::Null) {
            let problem = self.wrong(&member.value, member.key, "a map, one `Name: value` a line");
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

    fn unknown_key(&mut self, member: &Member<'_>, key: &str) {
        let problem = Diagnostic::error("rack-file-key", format!("rack.yaml has no key `{key}`")).at(self.source, member.key_span, "");
        self.problems.push(match crate::template::nearest(key, RackFile::KEYS) {
            Some(near) => problem.hinted(format!("did you mean `{near}`?")),
            None => problem.hinted(format!("the keys are {}; a parameter goes under `parameters`", RackFile::KEYS.join(", "))),
        });
    }
}
