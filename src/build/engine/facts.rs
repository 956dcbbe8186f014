//! Known facts about the build engine.

use std::fmt;
use std::str::FromStr;

use super::{Engine, Version};

/// Known facts about the build engine; `None` means unknown.
///
/// An engine of unknown version is treated like the oldest supported one. A BuildKit of unknown version is treated like a current one,
/// since new builders use it. An unknown image store is treated like the classic one. `docs/design/build-engines.md` explains why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFacts {
    /// The engine.
    pub engine: Engine,
    /// The program to start, if it is not [`Engine::program`].
    pub program: Option<String>,
    /// The engine's own version: the Docker Engine's (the daemon's, not the client's), buildctl's, kaniko's, buildah's.
    pub version: Option<Version>,
    /// The version of the docker command, which determines the options it accepts; `None` is that of the Docker Engine.
    pub client: Option<Version>,
    /// The version of Go that the Docker Engine was compiled with.
    pub go: Option<Version>,
    /// The buildx plugin of the docker command.
    pub buildx: Buildx,
    /// The version of the BuildKit that runs the build.
    pub buildkit: Option<Version>,
    /// How buildx reaches BuildKit.
    pub driver: Option<Driver>,
    /// The name of the builder, if it is not the default one.
    pub builder: Option<String>,
    /// What was found about the builder that runs the build, unless one is created for it.
    pub found: Option<FoundBuilder>,
    /// What was found about the builder that would be created for the build; `None` if nobody looked.
    pub own: Option<BuilderState>,
    /// The platform that the engine builds for by default, such as `linux/arm64`.
    pub platform: Option<String>,
    /// The platform of the machine that the engine runs on, which is its own unless it reports another one.
    pub host_platform: Option<String>,
    /// The Docker Engine's image store, which determines the exports of its own BuildKit.
    pub image_store: Option<ImageStore>,
}

impl EngineFacts {
    /// Returns an engine without any other facts.
    pub fn unknown(engine: Engine) -> Self {
        Self {
            engine,
            program: None,
            version: None,
            client: None,
            go: None,
            buildx: Buildx::Unknown,
            buildkit: None,
            driver: None,
            builder: None,
            found: None,
            own: None,
            platform: None,
            host_platform: None,
            image_store: None,
        }
    }

    /// Returns an engine and its version without any other facts.
    pub fn of_version(engine: Engine, version: Version) -> Self {
        Self { version: Some(version), ..Self::unknown(engine) }
    }

    /// Returns the program to start.
    pub fn program(&self) -> String {
        self.program.clone().unwrap_or_else(|| self.engine.program().to_owned())
    }
}

/// The state of a builder of buildx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuilderState {
    /// There is no builder of that name.
    Missing,
    /// There is one.
    Found(FoundBuilder),
}

/// A builder of buildx, as `docker buildx inspect` describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundBuilder {
    /// Its driver.
    pub driver: Option<Driver>,
    /// The oldest BuildKit of its nodes; unknown if none of them runs.
    pub buildkit: Option<Version>,
    /// The platform that its first node builds for by default.
    pub platform: Option<String>,
    /// Whether all of its nodes run.
    pub is_running: bool,
    /// Why it cannot build.
    pub problem: Option<String>,
}

/// The buildx plugin of the docker command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buildx {
    /// Not detected.
    Unknown,
    /// `docker: unknown command: docker buildx`.
    Missing,
    /// Installed, with this version if known.
    Present(Option<Version>),
}

/// How buildx reaches BuildKit.
///
/// Source: <https://docs.docker.com/build/builders/drivers/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Driver {
    /// The BuildKit inside the Docker Engine.
    Docker,
    /// A container that buildx starts.
    DockerContainer,
    /// Pods that buildx starts.
    Kubernetes,
    /// An existing buildkitd.
    Remote,
    /// Docker Build Cloud.
    Cloud,
}

impl Driver {
    /// All drivers.
    pub const ALL: [Self; 5] = [Self::Docker, Self::DockerContainer, Self::Kubernetes, Self::Remote, Self::Cloud];

    /// Returns buildx's name of the driver.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::DockerContainer => "docker-container",
            Self::Kubernetes => "kubernetes",
            Self::Remote => "remote",
            Self::Cloud => "cloud",
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Driver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|driver| driver.name() == text)
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// The image store of the Docker Engine.
///
/// Source: <https://docs.docker.com/engine/storage/containerd/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageStore {
    /// The classic store of the graph drivers.
    GraphDriver,
    /// containerd's, the default of fresh installations since Docker Engine 29.
    Containerd,
}

impl ImageStore {
    /// Both stores.
    pub const ALL: [Self; 2] = [Self::GraphDriver, Self::Containerd];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::GraphDriver => "graph-driver",
            Self::Containerd => "containerd",
        }
    }
}

impl fmt::Display for ImageStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ImageStore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|store| store.name() == text)
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}
