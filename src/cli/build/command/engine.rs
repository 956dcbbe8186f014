//! The flags that say which engine builds, and what it is.

use std::time::Duration;

use crate::build::engine::{Buildx, Driver, Engine, EngineFacts, ImageStore, Programs, Version, detect};
use crate::build::request::{BuilderRequest, CreateBuilder};
use crate::cli::Context;

/// Which engine builds, and what it is; what is not said is asked of the engine itself.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The engine")]
pub struct EngineArgs {
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah [default: kaniko for a rack that builds on Fargate,
    /// else docker]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,
    /// Its version: the Docker Engine's for docker and buildx [default: it is asked, unless this describes an engine that is elsewhere]
    #[arg(long, value_name = "VERSION")]
    pub engine_version: Option<Version>,
    /// The version of the BuildKit that does the work
    #[arg(long, value_name = "VERSION")]
    pub buildkit_version: Option<Version>,
    /// The builder's driver: docker, docker-container, kubernetes, remote or cloud
    #[arg(long, value_name = "DRIVER")]
    pub driver: Option<Driver>,
    /// Where the Docker Engine keeps images: graph-driver or containerd
    #[arg(long, value_name = "STORE")]
    pub image_store: Option<ImageStore>,
    /// docker has no buildx plugin
    #[arg(long)]
    pub without_buildx: bool,
    /// The program to run, where it is not the engine's usual one
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
    /// The builder to use, created where it is not there [default: BUILDX_BUILDER; a new one is called `rackform`]
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// When docker gets a builder of its own: when its own cannot do what is asked, always, or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub create_builder: CreateArg,
    /// The driver of a builder that is created
    #[arg(long, value_name = "DRIVER", default_value = "docker-container")]
    pub create_driver: Driver,
    /// An option of that driver, such as image=moby/buildkit:v0.23.2
    #[arg(long = "driver-opt", value_name = "NAME=VALUE")]
    pub driver_options: Vec<String>,
    /// Make a builder that is created the current one
    #[arg(long)]
    pub use_builder: bool,
    /// Run buildctl-daemonless in a container of this image, such as moby/buildkit:v0.23.2
    #[arg(long, value_name = "IMAGE")]
    pub buildkit_image: Option<String>,
    /// Ask the engine nothing
    #[arg(long)]
    pub no_detect: bool,
    /// How long the engine may take for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub patience: u64,
}

/// When docker gets a builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CreateArg {
    /// When its own cannot do what is asked
    #[default]
    WhenNeeded,
    /// Always
    Always,
    /// Never: what is missing is said, and the build is a plain one
    Never,
}

impl EngineArgs {
    /// Returns the builder that docker gets.
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

    /// Tells whether the flags describe an engine that may be on another machine.
    pub fn is_of_another_machine(&self) -> bool {
        self.engine_version.is_some() || self.no_detect
    }

    /// Returns what is known of an engine: what was given, and what it says itself where it is the one that will run.
    pub fn facts(&self, engine: Engine, is_run: bool, context: &mut Context<'_>) -> EngineFacts {
        // buildx has versions that start with 0, the Docker Engine none.
        let is_plugin = engine == Engine::Buildx && self.engine_version.as_ref().is_some_and(|version| version.numbers().0 == 0);
        let buildx = match (self.without_buildx, is_plugin) {
            (true, _) => Buildx::Missing,
            (false, true) => Buildx::Present(self.engine_version.clone()),
            (false, false) => Buildx::Unknown,
        };
        let given = EngineFacts {
            engine,
            program: self.program.clone(),
            version: self.engine_version.clone().filter(|_| !is_plugin),
            buildx,
            buildkit: self.buildkit_version.clone(),
            driver: self.driver,
            builder: self.builder.clone().or_else(|| {
                let is_docker = matches!(engine, Engine::Docker | Engine::Buildx);
                std::env::var("BUILDX_BUILDER").ok().filter(|name| is_docker && !name.is_empty())
            }),
            image_store: self.image_store,
        };
        // Whoever says the version may be describing an engine that is elsewhere; one in an image is asked there.
        let is_described = self.engine_version.is_some() && !is_run;
        if self.no_detect || is_described || self.buildkit_image.is_some() {
            return given;
        }
        let detected = detect(&given, &Programs { patience: Duration::from_secs(self.patience) });
        for trouble in &detected.troubles {
            context.status(&format!("note: {trouble}"));
        }
        detected.facts
    }
}
