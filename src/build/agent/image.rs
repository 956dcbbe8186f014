//! The builder image's Dockerfile, with rackform as the build agent.

use std::fmt;
use std::str::FromStr;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::super::engine::Engine;
use super::AGENT_PATH;
use crate::model::rack::{DOCKER_IMAGE, KANIKO_IMAGE};

/// Compiles rackform; on Alpine, programs are linked statically.
const RUST_IMAGE: &str = "public.ecr.aws/docker/library/rust:1.95-alpine";
/// A shell for the few commands that kaniko's image has none for.
const SHELL_IMAGE: &str = "public.ecr.aws/docker/library/busybox:1.37-musl";

/// A processor that builds run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arch {
    /// `linux/amd64`.
    #[default]
    Amd64,
    /// `linux/arm64`.
    Arm64,
}

impl Arch {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Returns its name, as platforms have it.
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

/// What the builder image is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuilderImage {
    /// The processor.
    pub arch: Arch,
    /// The engine: kaniko or docker.
    pub engine: Option<Engine>,
    /// A static binary of rackform in the context; `None` compiles it there.
    pub binary: Option<String>,
}

impl BuilderImage {
    /// Returns its Dockerfile.
    ///
    /// # Errors
    ///
    /// Returns that there is no such image, or what is wrong with its template.
    pub fn dockerfile(&self) -> Result<String, String> {
        let template = match self.engine.unwrap_or(Engine::Kaniko) {
            Engine::Kaniko => include_str!("../../../templates/builder/kaniko.Dockerfile.j2"),
            Engine::Docker | Engine::Buildx => include_str!("../../../templates/builder/docker.Dockerfile.j2"),
            engine => return Err(format!("there is no builder image with {engine}: kaniko is for Fargate, docker for instances")),
        };
        if self.binary.as_ref().is_some_and(|binary| binary.is_empty() || binary.contains(['\n', '\r', '\0'])) {
            return Err("the binary's path is empty or has a line break in it".to_owned());
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("json", |words: Vec<String>| serde_json::to_string(&words).unwrap_or_default());
        let words = context! {
            arch => self.arch.name(),
            binary => self.binary.clone(),
            rust_image => RUST_IMAGE,
            shell_image => SHELL_IMAGE,
            kaniko_image => KANIKO_IMAGE,
            docker_image => DOCKER_IMAGE,
            cache_path => AGENT_PATH,
        };
        let text = environment.render_str(template, words).map_err(|error| error.to_string())?;
        Ok(format!("{}\n", text.trim_end()))
    }
}
