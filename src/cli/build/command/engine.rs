//! The engine flags of `rackform build command`.

use std::time::Duration;

use crate::build::cache::normalize_platform;
use crate::build::detected_plan::Detection;
use crate::build::engine::{Buildx, Driver, Engine, EngineFacts, EngineHost, ImageStore, Programs, Version};
use crate::build::platform::check_platform;
use crate::build::request::{BuilderRequest, CreateBuilder};
use crate::build::{BuildRequest, Invocation, Note};

/// The build engine and its capabilities. Capabilities without a flag are detected.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah [default: `build.engine` in rack.yaml; otherwise kaniko
    /// for a rack that builds on Fargate and in its tasks (BUILD_ENGINE), buildx for `cache warm`, otherwise docker]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,
    /// The engine version; for docker and buildx, the version of the Docker Engine [default: detected]; with this flag,
    /// nothing is detected unless --exec is set
    #[arg(long, value_name = "VERSION")]
    pub engine_version: Option<Version>,
    /// The BuildKit version
    #[arg(long, value_name = "VERSION")]
    pub buildkit_version: Option<Version>,
    /// The platform that the engine builds for without `--platform`, such as linux/arm64; part of the cache's name [default: detected,
    /// otherwise this machine's, unless the engine is on another one]
    #[arg(long, value_name = "PLATFORM", value_parser = engine_platform)]
    pub engine_platform: Option<String>,
    /// The driver of the builder: docker, docker-container, kubernetes, remote or cloud
    #[arg(long, value_name = "DRIVER")]
    pub driver: Option<Driver>,
    /// The image store of the Docker Engine: graph-driver or containerd
    #[arg(long, value_name = "STORE")]
    pub image_store: Option<ImageStore>,
    /// Assume that docker has no buildx plugin
    #[arg(long)]
    pub without_buildx: bool,
    /// The program to run instead of the engine's default
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
    /// The builder to use; created if it does not exist [default: BUILDX_BUILDER, otherwise `build.builder` in
    /// rack.yaml; a new builder is named `rackform`]
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// When to create a separate builder for docker
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub create_builder: CreateArg,
    /// The driver of a created builder
    #[arg(long, value_name = "DRIVER", default_value = "docker-container")]
    pub create_driver: Driver,
    /// A driver option, such as image=moby/buildkit:v0.23.2
    #[arg(long = "driver-opt", value_name = "NAME=VALUE")]
    pub driver_options: Vec<String>,
    /// Select the created builder as the current one
    #[arg(long)]
    pub use_builder: bool,
    /// Run buildctl-daemonless in a container of this image, such as moby/buildkit:v0.23.2
    #[arg(long, value_name = "IMAGE")]
    pub buildkit_image: Option<String>,
    /// Do not query the engine for its capabilities
    #[arg(long)]
    pub no_detect: bool,
    /// The time limit for each query of the engine
    #[arg(long, value_name = "SECONDS", default_value_t = 10, conflicts_with = "no_detect", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub detect_timeout: u64,
}

/// When to create a separate builder for docker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CreateArg {
    /// If the default builder does not support a requested option
    #[default]
    WhenNeeded,
    /// Always
    Always,
    /// Never: report unsupported options and build without a cache
    Never,
}

impl EngineArgs {
    /// Returns the settings of a builder that is created for docker.
    pub fn builder(&self) -> BuilderRequest {
        BuilderRequest {
            create: match self.create_builder {
                CreateArg::WhenNeeded => CreateBuilder::WhenNeeded,
                CreateArg::Always => CreateBuilder::Always,
                CreateArg::Never => CreateBuilder::Never,
            },
            name: self.builder.clone().unwrap_or_else(|| BuilderRequest::DEFAULT_NAME.to_owned()),
            driver: self.create_driver,
            options: self.driver_options.clone(),
            select: self.use_builder,
        }
    }

    /// Returns whether the flags describe an engine that may be on another machine.
    pub fn is_of_another_machine(&self) -> bool {
        self.engine_version.is_some() || self.no_detect
    }

    /// Returns the engine's capabilities that flags and the environment set.
    pub fn facts(&self, engine: Engine) -> EngineFacts {
        // Versions that start with 0 are versions of the buildx plugin; the Docker Engine has none.
        let is_plugin = engine == Engine::Buildx && self.engine_version.as_ref().is_some_and(|version| version.numbers().0 == 0);
        let buildx = match (self.without_buildx, is_plugin) {
            (true, _) => Buildx::Missing,
            (false, true) => Buildx::Present(self.engine_version.clone()),
            (false, false) => Buildx::Unknown,
        };
        EngineFacts {
            program: self.program.clone(),
            version: self.engine_version.clone().filter(|_| !is_plugin),
            buildx,
            buildkit: self.buildkit_version.clone(),
            driver: self.driver,
            builder: self.builder.clone().or_else(|| selected_builder(engine)),
            image_store: self.image_store,
            platform: self.engine_platform.clone(),
            host_platform: self.host_platform(engine).ok(),
            ..EngineFacts::unknown(engine)
        }
    }

    /// Returns the platform of this machine if the engine runs on it, otherwise what names another machine.
    fn host_platform(&self, engine: Engine) -> Result<String, String> {
        let creates = || (self.create_driver != Driver::DockerContainer).then_some(self.create_driver);
        let host = EngineHost {
            engine,
            driver: self.driver.or_else(creates),
            is_in_container: self.buildkit_image.is_some(),
            variable: &|name| std::env::var(name).ok(),
            read: &|path| std::fs::read_to_string(path).ok(),
        };
        host.platform()
    }

    /// Adds a note if the name of the cache depends on a platform that the engine did not report.
    pub fn note_platform(&self, request: &BuildRequest, facts: &EngineFacts, invocation: &mut Invocation) {
        if facts.platform.is_some() || !request.names_cache_by_platform(facts.engine) {
            return;
        }
        let note = match self.host_platform(facts.engine) {
            Ok(own) if BuildRequest::is_default_platform(&own) => return,
            Ok(own) => Note::new(
                "engine-platform",
                format!(
                    "the cache's name is for {}, the platform of this machine, because the engine did not report its own",
                    normalize_platform(&own)
                ),
            )
            .hinted("set `--engine-platform` if the engine builds for another platform"),
            Err(reason) => Note::new(
                "engine-platform",
                format!("the platform of the engine is unknown, because {reason}; the cache's name is the one for linux/amd64"),
            )
            .hinted("set the platform with `--engine-platform`, such as linux/arm64, or omit `--no-detect` and `--engine-version`"),
        };
        invocation.note(note);
    }

    /// Returns how much of the engine to detect; `is_run` is whether the build runs at once.
    pub fn detection(&self, is_run: bool) -> Detection {
        // With a version, the flags may describe an engine on another machine. An engine in a container image cannot be queried here.
        let is_described = self.engine_version.is_some() && !is_run;
        match self.no_detect || is_described || self.buildkit_image.is_some() {
            true => Detection::None,
            false if is_run => Detection::Start,
            false => Detection::Query,
        }
    }

    /// Returns the programs that detection queries.
    pub fn programs(&self) -> Programs {
        Programs { timeout: Duration::from_secs(self.detect_timeout) }
    }
}

/// Parses the platform of an engine.
fn engine_platform(text: &str) -> Result<String, String> {
    check_platform(text).map(|()| text.to_owned()).map_err(|unknown| format!("{}: {}", unknown.message, unknown.hint))
}

/// Returns the builder that the environment selects, which docker and buildx use.
fn selected_builder(engine: Engine) -> Option<String> {
    let is_docker = matches!(engine, Engine::Docker | Engine::Buildx);
    std::env::var("BUILDX_BUILDER").ok().filter(|name| is_docker && !name.is_empty())
}
