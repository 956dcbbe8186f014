//! `rack.yaml`: the stack's name, template, parameters and settings, and where to deploy it.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::backend_choice::BackendChoice;
#[cfg(feature = "build")]
use super::build_section::BuildSection;
use super::error::ConfigError;
use super::reader::Reader;
use crate::cloudformation::OnFailure;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Source, Span};
use crate::files::Location;
use crate::parameters::{ParameterOverrides, without_values};
use crate::template::{Arena, Document, Kind, Node};

/// The contents of `rack.yaml`; every key is optional.
#[derive(Clone, Debug, Default)]
pub struct RackFile {
    /// The path of the file; `None` if there is no file.
    pub path: Option<PathBuf>,
    /// `name`: the stack's name.
    pub name: Option<String>,
    /// `region`.
    pub region: Option<String>,
    /// `profile`: the AWS profile.
    pub profile: Option<String>,
    /// `role_arn`: the IAM role that rackform assumes for all requests to AWS.
    pub role_arn: Option<String>,
    /// `cloudformation_role_arn`: the service role that CloudFormation assumes.
    pub cloudformation_role_arn: Option<String>,
    /// `account`: the account ID for offline evaluation.
    pub account: Option<String>,
    /// `template`, relative to the directory of `rack.yaml`; `None` means rackform's own rack.
    pub template: Option<PathBuf>,
    /// `parameters`.
    pub parameters: ParameterOverrides,
    /// `tags` of the stack.
    pub tags: IndexMap<String, String>,
    /// `backend`; its directory is not yet resolved.
    pub backend: Option<BackendChoice>,
    /// `protect`: logical IDs of resources that must not be removed or replaced.
    pub protect: Vec<String>,
    /// `template_bucket`: the bucket for a template over the inline size limit.
    pub template_bucket: Option<String>,
    /// `stack_policy`, relative to the directory of `rack.yaml`.
    pub stack_policy: Option<PathBuf>,
    /// `termination_protection`.
    pub termination_protection: Option<bool>,
    /// `notification_topics`: ARNs of SNS topics that receive the stack's events.
    pub notification_topics: Option<Vec<String>>,
    /// `on_failure`: what to do if an operation fails.
    pub on_failure: Option<OnFailure>,
    /// `rollback_alarms`: ARNs of CloudWatch alarms that trigger a rollback; `composite:ARN` for a composite alarm.
    pub rollback_alarms: Vec<String>,
    /// `rollback_monitoring_minutes`: how long CloudFormation monitors the alarms after an update.
    pub rollback_monitoring_minutes: Option<u32>,
    /// `build`: the defaults of every build. A program without the feature `build` ignores it.
    #[cfg(feature = "build")]
    pub build: BuildSection,
    /// The line of `template`, from 1.
    pub template_line: Option<usize>,
    /// The line of `stack_policy`, from 1.
    pub stack_policy_line: Option<usize>,
    pub(super) region_position: Option<(Source, Span)>,
    pub(super) protect_positions: Vec<(Source, Span)>,
}

/// Keys that show that a file is a template.
const TEMPLATE_SECTIONS: [&str; 2] = ["Resources", "AWSTemplateFormatVersion"];

impl RackFile {
    /// The code of an error about a path that leaves the project.
    pub const OUTSIDE_PROJECT: &'static str = "outside-project";

    /// The default path.
    pub const DEFAULT_PATH: &'static str = "rack.yaml";

    pub(super) const KEYS: [&'static str; 19] = [
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
    /// Returns an error if the file cannot be read, or every error in it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_in(path, None)
    }

    /// Reads the file at `path`, whose paths must not leave the project.
    ///
    /// # Errors
    ///
    /// As [`RackFile::read`]; a path that leaves the project is an error with the code [`OUTSIDE_PROJECT`](Self::OUTSIDE_PROJECT).
    pub fn read_in(path: &Path, project: Option<&Location>) -> Result<Self, ConfigError> {
        let (file, problems) = Self::read_in_part(path, project)?;
        Ok(problems.into_result(file)?)
    }

    /// Reads as much of the file at `path` as possible, and returns it with every error of its keys and values.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or is no map of keys.
    pub fn read_in_part(path: &Path, project: Option<&Location>) -> Result<(Self, Diagnostics), ConfigError> {
        let source = Source::read(path)?;
        let (file, problems) = Self::parse(&source, path, project)?;
        Ok((Self { path: Some(path.to_owned()), ..file }, problems))
    }

    /// Returns the path and line, such as `rack.yaml:3`.
    pub fn location(&self, line: Option<usize>) -> String {
        let path = self.path.as_deref().unwrap_or(Path::new(Self::DEFAULT_PATH)).display();
        line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
    }

    /// Resolves a path relative to the directory of `rack.yaml`.
    pub fn resolve_path(&self, path: &Path) -> PathBuf {
        match self.path.as_deref().and_then(Path::parent) {
            Some(directory) => directory.join(path),
            None => path.to_owned(),
        }
    }

    /// Returns the protected logical IDs with their positions.
    pub fn protected(&self) -> Vec<(String, Source, Span)> {
        let names = self.protect.iter().zip(&self.protect_positions);
        names.map(|(name, (source, span))| (name.clone(), source.clone(), *span)).collect()
    }

    /// Adds the position of `region` to errors about a mapping without that region, and keeps one error for each mapping.
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

    /// Adds the position of `region` to an error about a mapping without that region. Returns whether it is such an error.
    pub fn mark_region(&self, problem: &mut Diagnostic) -> bool {
        let (Some(region), Some((source, span))) = (&self.region, &self.region_position) else { return false };
        let is_about_region =
            matches!(problem.rule, "no-mapping" | "unresolved-mapping") && problem.message.ends_with(&format!(" has no key `{region}`"));
        if is_about_region {
            for label in problem.labels.iter_mut().filter(|label| label.text.is_empty()) {
                label.text = "looked up here".to_owned();
            }
            problem.labels.insert(0, Label { source: source.clone(), span: *span, text: String::new() });
            problem.hint.get_or_insert_with(|| "check the spelling of the region, or add it to the mapping".to_owned());
        }
        is_about_region
    }

    /// Returns whether a file has nothing but comments, which is valid although it is no map.
    pub(super) fn is_only_comments(source: &Source) -> bool {
        source.text().lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#'))
    }

    pub(super) fn parse(source: &Source, path: &Path, project: Option<&Location>) -> Result<(Self, Diagnostics), Diagnostics> {
        let arena = Arena::new();
        let mut file = Self { path: Some(path.to_owned()), ..Self::default() };
        if Self::is_only_comments(source) {
            return Ok((file, Diagnostics::default()));
        }
        let root = Document::read(source, &arena).map_err(|problems| without_values(source, problems))?.root;
        if let Some(section) = root.members().iter().find(|member| TEMPLATE_SECTIONS.contains(&member.key)) {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let problem =
                Diagnostic::error("rack-file-template", format!("`{}` is a CloudFormation template, not a rack file", path.display()));
            return Err(problem
                .at(source, section.key_span, "a section of a template")
                .hinted(format!(
                    "give the template itself as the argument of the command, or write a rack file with the line `template: {name}`"
                ))
                .into());
        }
        let mut reader = Reader { source, problems: Diagnostics::default() };
        if !matches!(root.kind, Kind::Object(_)) {
            return Err(reader.wrong(root, "rack.yaml", "a map such as `name: my-rack`").into());
        }
        let check_inside = |reader: &mut Reader<'_>, value: &Node<'_>, path: &Path| {
            if let Some(Err(outside)) = project.map(|project| project.check(path)) {
                reader.problems.push(Diagnostic::error(Self::OUTSIDE_PROJECT, outside.to_string()).at(source, value.span, ""));
            }
        };
        for member in root.members() {
            let value = &member.value;
            match member.key {
                "name" => file.name = reader.text(member).filter(|name| reader.stack_name(value, name)),
                "region" => {
                    file.region = reader.text(member);
                    file.region_position = Some((source.clone(), value.span));
                }
                "profile" => file.profile = reader.text(member),
                "role_arn" => file.role_arn = reader.arn(member),
                "cloudformation_role_arn" => file.cloudformation_role_arn = reader.arn(member),
                "account" => file.account = reader.text(member),
                "template" => {
                    file.template = reader.text(member).map(|template| file.resolve_path(Path::new(&template)));
                    file.template.iter().for_each(|path| check_inside(&mut reader, value, path));
                    file.template_line = Some(source.line_column(value.span.start).line);
                }
                "parameters" => file.parameters = reader.parameters(member),
                "tags" => file.tags = reader.tags(member),
                "backend" => {
                    file.backend = reader.backend(member);
                    if let Some(BackendChoice::Local { directory }) = &file.backend {
                        check_inside(&mut reader, value, &file.resolve_path(directory));
                    }
                }
                "protect" => {
                    file.protect = reader.texts(member, "logical IDs");
                    file.protect_positions = value.items().iter().map(|item| (source.clone(), item.span)).collect();
                }
                "template_bucket" => file.template_bucket = reader.text(member),
                "stack_policy" => {
                    file.stack_policy = reader.text(member).map(|policy| file.resolve_path(Path::new(&policy)));
                    file.stack_policy.iter().for_each(|path| check_inside(&mut reader, value, path));
                    file.stack_policy_line = Some(source.line_column(value.span.start).line);
                }
                "termination_protection" => file.termination_protection = reader.flag(member),
                "notification_topics" => file.notification_topics = Some(reader.arns(member)),
                "on_failure" => file.on_failure = reader.on_failure(member),
                "rollback_alarms" => file.rollback_alarms = reader.alarms(member),
                "rollback_monitoring_minutes" => file.rollback_monitoring_minutes = reader.minutes(member),
                #[cfg(feature = "build")]
                "build" => {
                    let resolve = |text: &str| {
                        let path: PathBuf = file.resolve_path(Path::new(text)).components().collect();
                        path.into_os_string().into_string().ok()
                    };
                    let inside = |reader: &mut Reader<'_>, value: &Node<'_>, text: &str| {
                        check_inside(reader, value, &file.resolve_path(Path::new(text)));
                        resolve(text)
                    };
                    let section = reader.build(member, &inside, &|_, _, text| resolve(text));
                    file.build = section;
                }
                #[cfg(not(feature = "build"))]
                "build" => {}
                key => reader.unknown_key(member, key, &Self::KEYS),
            }
        }
        Ok((file, reader.problems))
    }
}
