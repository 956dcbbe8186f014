//! The Dockerfile of the builder image, with rackform as the build agent.

use std::fmt;
use std::str::FromStr;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::super::engine::Engine;
use super::AGENT_PATH;

/// The image that rackform is compiled in: on Alpine, programs are linked statically.
const RUST_IMAGE: &str = "public.ecr.aws/docker/library/rust:1.95-alpine";
/// The image that the shell comes from, which kaniko's image lacks.
const SHELL_IMAGE: &str = "public.ecr.aws/docker/library/busybox:1.37-musl";

/// The CPU architecture of a builder image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arch {
    /// `linux/amd64`.
    #[default]
    Amd64,
    /// `linux/arm64`.
    Arm64,
}

impl Arch {
    /// All architectures.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Returns the name as container platforms spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Arch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "amd64" | "x86_64" | "X86_64" => Ok(Self::Amd64),
            "arm64" | "aarch64" | "ARM64" => Ok(Self::Arm64),
            _ => Err("expected amd64 or arm64".to_owned()),
        }
    }
}

/// Options of the builder image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuilderImage {
    /// The architecture.
    pub arch: Arch,
    /// The engine, kaniko or docker; `None` is kaniko.
    pub engine: Option<Engine>,
    /// A statically linked rackform binary in the build context; `None` compiles rackform from source.
    pub binary: Option<String>,
    /// The image that kaniko comes from.
    pub kaniko_image: String,
    /// The image that docker comes from.
    pub docker_image: String,
}

impl BuilderImage {
    /// Returns the image's Dockerfile.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no builder image for the engine, or the binary's path is invalid.
    pub fn dockerfile(&self) -> Result<String, String> {
        let template = match self.engine.unwrap_or(Engine::Kaniko) {
            Engine::Kaniko => include_str!("../../../templates/builder/kaniko.Dockerfile.j2"),
            Engine::Docker | Engine::Buildx => include_str!("../../../templates/builder/docker.Dockerfile.j2"),
            engine => return Err(format!("no builder image for {engine}: use kaniko on Fargate, docker on instances")),
        };
        if self.binary.as_ref().is_some_and(|binary| binary.is_empty() || binary.contains(['\n', '\r', '\0'])) {
            return Err("the binary's path is empty or contains a line break".to_owned());
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("json", |words: Vec<String>| serde_json::to_string(&words).unwrap_or_default());
        let values = context! {
            arch => self.arch.name(),
            binary => self.binary.clone(),
            rust_image => RUST_IMAGE,
            shell_image => SHELL_IMAGE,
            kaniko_image => self.kaniko_image.clone(),
            docker_image => self.docker_image.clone(),
            cache_path => AGENT_PATH,
        };
        let text = environment.render_str(template, values).map_err(|error| error.to_string())?;
        Ok(format!("{}\n", text.trim_end()))
    }
}
