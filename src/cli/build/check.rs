//! `rackform build check`: reports what in a Dockerfile makes caching ineffective.

use std::path::{Path, PathBuf};

use super::defaults::Defaults;
use crate::build::Engine;
use crate::build::cache::Backend;
use crate::build::context::BuildContext;
use crate::build::dockerfile::{CacheMounts, Context as LintContext, Dockerfile, RULES, lint};
use crate::build::engine::Version;
use crate::build::request::BuildArg;
use crate::cli::rack::validate::FindingsFormat;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Severity, Source};
use crate::text::did_you_mean;
use crate::ui::findings as view;
use crate::validate::Finding;

/// Check a Dockerfile for instructions that defeat the cache or fail to build
///
/// Without `--engine`, only findings that apply to every engine are reported. `rackform build command` reports the same findings on
/// standard error. docs/dockerfile-rules.md lists the rules, docs/findings.schema.json defines the JSON format.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build check\n  rackform build check app/Dockerfile --engine kaniko --engine-version 1.27.5 --cache-mounts efs\n  rackform build check --engine buildx --cache registry --target runtime --build-arg GIT_SHA=$(git rev-parse HEAD)\n  rackform build check --format sarif --strict > dockerfile.sarif\n\nExit codes: 0 no errors, 65 errors (with --strict, warnings too), 66 missing file."
)]
pub struct Args {
    /// A Dockerfile, a directory that contains one, or `-` for standard input [default: `build.dockerfile` in rack.yaml, otherwise the
    /// Dockerfile in `build.directory` or here]
    #[arg(value_name = "DOCKERFILE")]
    path: Option<PathBuf>,
    /// The same as DOCKERFILE, as in `build command`
    #[arg(long = "dockerfile", value_name = "PATH", conflicts_with = "path")]
    dockerfile: Option<PathBuf>,
    /// The build context, whose `.dockerignore` and files are checked, too [default: `build.directory` in rack.yaml, otherwise the
    /// directory of the Dockerfile]
    #[arg(long, value_name = "DIRECTORY")]
    context: Option<PathBuf>,
    /// The build engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah [default: `build.engine` in rack.yaml]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The engine version
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// The layer cache backend: registry, s3, local, inline, gha, mounts or image [default: that of `build` in rack.yaml]
    #[arg(long, value_name = "BACKEND")]
    cache: Option<Backend>,
    /// Whether cache mounts persist after a build
    #[arg(long, value_enum, default_value_t)]
    cache_mounts: CacheMountsArg,
    /// The stage to build [default: `build.target` in rack.yaml, otherwise the last]
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; a name without a value takes it from the environment
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// The ID of a build secret, such as `npmrc` or `id=npmrc,env=NPMRC`
    #[arg(long = "secret", value_name = "ID")]
    secrets: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: FindingsFormat,
    /// Report only these rules (comma-separated)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    select: Vec<&'static str>,
    /// Do not report these rules (comma-separated)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    ignore: Vec<&'static str>,
    /// Exit with code 65 for warnings too
    #[arg(long, visible_alias = "deny-warnings")]
    strict: bool,
}

/// Whether cache mounts persist after a build.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum CacheMountsArg {
    /// Not kept: each build starts with a new builder
    #[default]
    Fresh,
    /// Kept: the builder is reused
    Kept,
    /// Kept on EFS
    Efs,
}

fn parse_rule(text: &str) -> Result<&'static str, String> {
    let names = || RULES.iter().map(|rule| rule.name);
    let known = names().find(|name| *name == text);
    known.ok_or_else(|| did_you_mean(text, names()).unwrap_or_else(|| "docs/dockerfile-rules.md lists the rules".to_owned()))
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the Dockerfile cannot be read or the output cannot be written.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut args = args.clone();
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    defaults.check(&mut args.engine, &mut args.cache, &mut args.target);
    if let (Some(version), None) = (&args.engine_version, args.engine) {
        return Err(Failure::new(ExitCode::Usage, format!("`--engine-version {version}` needs an engine")).hinted("add `--engine ENGINE`"));
    }
    let path = args.dockerfile.as_deref().or(args.path.as_deref()).or(defaults.dockerfile().map(Path::new));
    let path = dockerfile(path.unwrap_or(Path::new("Dockerfile")));
    let source = Source::read(&path)?;
    let beside =
        || path.parent().filter(|_| source.is_file()).map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let directory = args.context.as_deref().or(defaults.context()).or_else(beside);
    if let Some(missing) = args.context.as_deref().filter(|directory| !directory.is_dir()) {
        return Err(Failure::new(ExitCode::NoInput, format!("directory `{}` does not exist", missing.display())));
    }
    let files = directory.map(|directory| BuildContext::read(directory, Some(&path), args.engine));
    let mut findings = args.findings(&source, files.as_ref());
    for finding in findings.iter_mut().filter(|finding| finding.diagnostic.rule == "unknown-target") {
        finding.diagnostic = defaults.mark("target", finding.diagnostic.clone());
    }
    findings.retain(|finding| args.selects(finding.diagnostic.rule));
    let text = match args.format {
        FindingsFormat::Human => view::human(&findings, context.layout()),
        FindingsFormat::Json => view::json(&findings)?,
        FindingsFormat::Sarif => view::sarif(&findings, RULES)?,
    };
    context.answer(&text)?;
    let has_failed = findings.iter().any(|finding| args.strict || finding.diagnostic.severity == Severity::Error);
    Ok(if has_failed { ExitCode::Data } else { ExitCode::Done })
}

/// Returns the path of the Dockerfile; for a directory, that of the Dockerfile in it.
fn dockerfile(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("Dockerfile") } else { path.to_owned() }
}

impl Args {
    fn findings(&self, source: &Source, files: Option<&BuildContext>) -> Vec<Finding> {
        let dockerfile = match Dockerfile::read(source) {
            Ok(dockerfile) => dockerfile,
            Err(problems) => return problems.0.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect(),
        };
        let build_args: Vec<BuildArg> = self
            .build_args
            .iter()
            .map(|text| {
                let (name, value) = text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
                BuildArg { name: name.to_owned(), value: value.map(str::to_owned) }
            })
            .collect();
        let secrets: Vec<&str> = self.secrets.iter().map(|text| id(text)).collect();
        let lint_context = LintContext {
            engine: self.engine,
            version: self.engine_version.as_ref(),
            backend: self.cache,
            cache_mounts: match (self.cache_mounts, self.cache, self.engine) {
                // `--cache mounts` implies persistent cache mounts: on EFS for kaniko, with the builder for other engines.
                (CacheMountsArg::Efs, ..) | (CacheMountsArg::Fresh, Some(Backend::Mounts), Some(Engine::Kaniko)) => CacheMounts::Efs,
                (CacheMountsArg::Kept, ..) | (CacheMountsArg::Fresh, Some(Backend::Mounts), _) => CacheMounts::Kept,
                (CacheMountsArg::Fresh, ..) => CacheMounts::Fresh,
            },
            target: self.target.as_deref(),
            build_args: &build_args,
            secrets: (!secrets.is_empty()).then_some(&secrets),
            files,
        };
        lint(&dockerfile, &lint_context).into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect()
    }

    fn selects(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.contains(&rule)) && !self.ignore.contains(&rule)
    }
}

/// Returns the ID of a secret from the syntax of `docker build --secret` or from a plain ID.
fn id(text: &str) -> &str {
    text.split(',').find_map(|part| part.strip_prefix("id=")).unwrap_or(text)
}
