//! The platform of the machine that an engine runs on: what it builds for by default if it is not queried.

use std::path::{Path, PathBuf};

use super::{Driver, Engine};
use crate::text::sha256_hex;

/// What the environment of a command says about where an engine runs.
pub struct EngineHost<'h> {
    /// The engine.
    pub engine: Engine,
    /// How buildx reaches BuildKit, if known.
    pub driver: Option<Driver>,
    /// Whether docker runs the engine in a container.
    pub is_in_container: bool,
    /// Returns a variable of the environment.
    pub variable: &'h dyn Fn(&str) -> Option<String>,
    /// Returns the text of a file.
    pub read: &'h dyn Fn(&Path) -> Option<String>,
}

impl EngineHost<'_> {
    /// Returns the platform of this machine if the engine runs on it.
    ///
    /// # Errors
    ///
    /// Returns what selects an engine on another machine, as a lowercase fragment.
    pub fn platform(&self) -> Result<String, String> {
        match self.engine {
            Engine::Docker | Engine::Buildx => self.docker()?,
            Engine::BuildctlDaemonless if self.is_in_container => self.docker()?,
            Engine::Buildctl if self.is_in_container => self.docker()?,
            Engine::Buildctl => self.buildkitd()?,
            // These engines build on the machine that they run on.
            Engine::BuildctlDaemonless | Engine::Kaniko | Engine::Buildah => {}
        }
        Ok(format!("linux/{}", std::env::consts::ARCH))
    }

    fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    /// Source: <https://docs.docker.com/engine/manage-resources/contexts/>: `DOCKER_HOST` precedes `DOCKER_CONTEXT`, which precedes the
    /// context in the configuration file.
    fn docker(&self) -> Result<(), String> {
        if let Some(driver) = self.driver.filter(|driver| matches!(driver, Driver::Kubernetes | Driver::Remote | Driver::Cloud)) {
            return Err(format!("the builder has the driver {driver}"));
        }
        if let Some(host) = self.set("DOCKER_HOST") {
            return if is_local(&host) { Ok(()) } else { Err("DOCKER_HOST names another machine".to_owned()) };
        }
        let home = || Some(PathBuf::from(self.set("HOME")?).join(".docker"));
        let Some(directory) = self.set("DOCKER_CONFIG").map(PathBuf::from).or_else(home) else { return Ok(()) };
        let json = |path: &Path| serde_json::from_str::<serde_json::Value>(&(self.read)(path)?).ok();
        let current = || json(&directory.join("config.json"))?.get("currentContext")?.as_str().map(ToOwned::to_owned);
        let context = self.set("DOCKER_CONTEXT").or_else(current);
        let Some(context) = context.filter(|name| !matches!(name.as_str(), "" | "default")) else { return Ok(()) };
        let metadata = json(&directory.join("contexts/meta").join(sha256_hex(&context)).join("meta.json"));
        let host = metadata.as_ref().and_then(|metadata| metadata.pointer("/Endpoints/docker/Host")?.as_str());
        match host {
            Some(host) if host.is_empty() || is_local(host) => Ok(()),
            Some(_) => Err(format!("the docker context `{}` names another machine", context.escape_debug())),
            None => Err(format!("the host of the docker context `{}` is unknown", context.escape_debug())),
        }
    }

    /// Source: <https://github.com/moby/buildkit/blob/master/README.md>, `BUILDKIT_HOST`.
    fn buildkitd(&self) -> Result<(), String> {
        match self.set("BUILDKIT_HOST") {
            Some(host) if host.starts_with("docker-container://") => self.docker(),
            Some(host) if !is_local(&host) => Err("BUILDKIT_HOST names another machine".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Returns whether the address of a daemon is one of this machine.
fn is_local(address: &str) -> bool {
    let Some((scheme, rest)) = address.trim().split_once("://") else { return address.trim().starts_with('/') };
    match scheme {
        "unix" | "npipe" | "fd" => true,
        "tcp" | "http" | "https" => {
            let authority = rest.split('/').next().unwrap_or_default();
            let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
            matches!(host, "localhost" | "[::1]") || host.starts_with("127.")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(engine: Engine, driver: Option<Driver>, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<String, String> {
        let find = |items: &[(&str, &str)], key: &str| items.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        let variable = |name: &str| find(variables, name);
        let read = |path: &Path| find(files, path.to_str()?);
        EngineHost { engine, driver, is_in_container: false, variable: &variable, read: &read }.platform()
    }

    fn is_here(engine: Engine, variables: &[(&str, &str)]) -> bool {
        platform(engine, None, variables, &[]).is_ok()
    }

    #[test]
    fn the_platform_of_this_machine_is_that_of_its_engines() {
        let own = Ok(format!("linux/{}", std::env::consts::ARCH));
        for engine in Engine::ALL {
            assert_eq!(platform(engine, None, &[], &[]), own, "{engine}");
        }
        for local in ["unix:///run/docker.sock", "tcp://127.0.0.1:2375", "tcp://[::1]:2375", "tcp://localhost", "npipe:////./pipe/x"] {
            assert!(
                is_here(Engine::Docker, &[("DOCKER_HOST", local)]) && is_here(Engine::Buildctl, &[("BUILDKIT_HOST", local)]),
                "{local}"
            );
        }
    }

    #[test]
    fn an_engine_on_another_machine_has_an_unknown_platform() {
        for remote in ["ssh://user@builder", "tcp://10.0.0.7:2376", "tcp://localhost.example.com:2376", "kube-pod://x"] {
            assert!(!is_here(Engine::Docker, &[("DOCKER_HOST", remote)]), "{remote}");
            assert!(!is_here(Engine::Buildctl, &[("BUILDKIT_HOST", remote)]), "{remote}");
            assert!(is_here(Engine::Kaniko, &[("DOCKER_HOST", remote)]), "kaniko needs no docker");
        }
        for driver in [Driver::Remote, Driver::Kubernetes, Driver::Cloud] {
            assert!(platform(Engine::Buildx, Some(driver), &[], &[]).is_err_and(|reason| reason.contains(driver.name())));
        }
    }

    #[test]
    fn the_context_of_docker_names_the_host() {
        let metadata = |name: &str| format!("/d/contexts/meta/{}/meta.json", sha256_hex(name));
        let (near, far) = (metadata("near"), metadata("far"));
        let files = [
            ("/d/config.json", r#"{"currentContext":"far"}"#),
            (near.as_str(), r#"{"Endpoints":{"docker":{"Host":"unix:///x.sock"}}}"#),
            (far.as_str(), r#"{"Endpoints":{"docker":{"Host":"ssh://x"}}}"#),
        ];
        let docker = |variables: &[(&str, &str)]| platform(Engine::Docker, None, &[variables, &[("DOCKER_CONFIG", "/d")]].concat(), &files);
        assert!(docker(&[]).is_err_and(|reason| reason == "the docker context `far` names another machine"));
        assert!(docker(&[("DOCKER_CONTEXT", "gone")]).is_err_and(|reason| reason.contains("is unknown")));
        assert!(docker(&[("DOCKER_CONTEXT", "near")]).is_ok() && docker(&[("DOCKER_CONTEXT", "default")]).is_ok());
        assert!(docker(&[("DOCKER_HOST", "unix:///x.sock")]).is_ok(), "DOCKER_HOST takes precedence");
    }
}
