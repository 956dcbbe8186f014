//! `rack.yaml`: which rack this is, where it runs, and the parameters it is meant to have.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::backend_choice::BackendChoice;
#[cfg(feature = "build")]
use super::build_section::BuildSection;
use super::error::ConfigError;
use super::reader::Reader;
use crate::cloudformation::OnFailure;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Source, Span};
use crate::parameters::ParameterOverrides;
use crate::template::{Arena, Document, Kind};

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
    /// `build`: the defaults of every build. A program without the feature `build` ignores it.
    #[cfg(feature = "build")]
    pub build: BuildSection,
    /// The lines of `template` and `stack_policy`, from 1.
    pub template_line: Option<usize>,
    /// As `template_line`.
    pub stack_policy_line: Option<usize>,
    pub(super) region_place: Option<(Source, Span)>,
    pub(super) protect_places: Vec<(Source, Span)>,
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
                #[cfg(feature = "build")]
                "build" => file.build = reader.build(member),
                #[cfg(not(feature = "build"))]
                "build" => {}
                key => reader.unknown_key(member, key, &Self::KEYS),
            }
        }
        reader.problems.into_result(file)
    }
}
