//! `rackform build check`: what about a Dockerfile keeps a cache from being of use.

use std::path::{Path, PathBuf};

use crate::build::Engine;
use crate::build::cache::Backend;
use crate::build::dockerfile::{CacheMounts, Context as Given, Dockerfile, RULES, lint};
use crate::build::engine::Version;
use crate::build::request::BuildArg;
use crate::cli::rack::validate::FindingsFormat;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Severity, Source};
use crate::text::did_you_mean;
use crate::ui::findings;
use crate::validate::Finding;

/// Checks a Dockerfile: what keeps the cache from being of use, and what keeps it from being built
///
/// Without an engine, only what holds for each is told. `rackform build command` tells the same on standard error. Rules and their names
/// are in docs/dockerfile-rules.md, the form of the JSON in docs/findings.schema.json.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build check\n  rackform build check app/Dockerfile --engine kaniko --engine-version 1.27.5 --cache-mounts efs\n  rackform build check --engine buildx --cache registry --target runtime --build-arg GIT_SHA=$(git rev-parse HEAD)\n  rackform build check --format sarif --strict > dockerfile.sarif\n\nExit codes: 0 no errors, 65 errors (with --strict, warnings too), 66 missing file."
)]
pub struct Args {
    /// A Dockerfile, a directory that has one, or `-` for standard input
    #[arg(value_name = "DOCKERFILE", default_value = "Dockerfile")]
    dockerfile: PathBuf,
    /// The engine that builds: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The engine's version
    #[arg(long, value_name = "VERSION", requires = "engine")]
    engine_version: Option<Version>,
    /// Where the cache of layers is kept: registry, s3, local, inline, gha, mounts or image
    #[arg(long, value_name = "BACKEND")]
    cache: Option<Backend>,
    /// What becomes of the directories of cache mounts after a build
    #[arg(long, value_enum, default_value_t)]
    cache_mounts: CacheMountsArg,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument that is given; without a value, the environment's
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// The id of a secret that is given, such as `npmrc` or `id=npmrc,env=NPMRC`
    #[arg(long = "secret", value_name = "ID")]
    secrets: Vec<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: FindingsFormat,
    /// Rules to look at alone; several with commas between
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    select: Vec<&'static str>,
    /// Rules to leave out; several with commas between
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    ignore: Vec<&'static str>,
    /// End with exit code 65 for warnings too
    #[arg(long, visible_alias = "deny-warnings")]
    strict: bool,
}

/// What becomes of the directories of cache mounts after a build.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum CacheMountsArg {
    /// They go with the builder: each build starts on a fresh one
    #[default]
    Fresh,
    /// The builder outlives the build
    Kept,
    /// They are on EFS
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
/// Returns that the Dockerfile cannot be read, or a failure to write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let source = Source::read(&dockerfile(&args.dockerfile))?;
    let mut found = args.found(&source);
    found.retain(|finding| args.wants(finding.diagnostic.rule));
    let text = match args.format {
        FindingsFormat::Human => findings::human(&found, context.layout()),
        FindingsFormat::Json => findings::json(&found)?,
        FindingsFormat::Sarif => findings::sarif(&found, RULES)?,
    };
    context.answer(&text)?;
    let is_refused = found.iter().any(|finding| args.strict || finding.diagnostic.severity == Severity::Error);
    Ok(if is_refused { ExitCode::Data } else { ExitCode::Done })
}

/// Returns the file that a path names: a directory's own Dockerfile.
fn dockerfile(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("Dockerfile") } else { path.to_owned() }
}

impl Args {
    fn found(&self, source: &Source) -> Vec<Finding> {
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
        let given = Given {
            engine: self.engine,
            version: self.engine_version.as_ref(),
            backend: self.cache,
            cache_mounts: match (self.cache_mounts, self.cache, self.engine) {
                // `--cache mounts` is just that: kaniko's directories are on EFS, another's outlive the build.
                (CacheMountsArg::Efs, ..) | (CacheMountsArg::Fresh, Some(Backend::Mounts), Some(Engine::Kaniko)) => CacheMounts::Efs,
                (CacheMountsArg::Kept, ..) | (CacheMountsArg::Fresh, Some(Backend::Mounts), _) => CacheMounts::Kept,
                (CacheMountsArg::Fresh, ..) => CacheMounts::Fresh,
            },
            target: self.target.as_deref(),
            build_args: &build_args,
            secrets: (!secrets.is_empty()).then_some(&secrets),
        };
        lint(&dockerfile, &given).into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect()
    }

    fn wants(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.contains(&rule)) && !self.ignore.contains(&rule)
    }
}

/// Returns the id of a secret, also where it is written as for `docker build --secret`.
fn id(text: &str) -> &str {
    text.split(',').find_map(|part| part.strip_prefix("id=")).unwrap_or(text)
}
