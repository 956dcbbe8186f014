//! The agent's settings: flags, overridden by environment variables.

use super::super::cache::Backend;
use super::super::engine::Engine;
use super::super::request::{BuildArg, CacheRequest, Output};
use super::super::task::variables as name;
use super::super::{BuildRequest, EngineFacts};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The agent's settings.
///
/// A variable that is set and not empty overrides the flag, as in the public build service's program: flags come from the image, the
/// environment from the task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The app; the build uses its cache directory.
    pub app: Option<String>,
    /// The build's ID.
    pub id: Option<String>,
    /// The service, whose name the cache gets; the app if not set.
    pub service: Option<String>,
    /// The source: a directory, or a URL that the engine fetches.
    pub source: Option<String>,
    /// The Dockerfile.
    pub dockerfile: Option<String>,
    /// The stage.
    pub target: Option<String>,
    /// Build arguments, `NAME=VALUE` or `NAME`.
    pub build_args: Vec<String>,
    /// The repository to push to, or a complete image reference.
    pub push: Option<String>,
    /// Whether to ignore the layer cache.
    pub no_cache: bool,
    /// Whether to use a cache.
    pub cache: bool,
    /// The repository of the layer cache.
    pub cache_repository: Option<String>,
    /// The mount point of the cache's file system.
    pub cache_directory: Option<String>,
    /// The time to wait for another build of the same app, in seconds.
    pub cache_wait_seconds: Option<u64>,
    /// Whether the build fails if its cache is not known to be written.
    pub require_cache: bool,
    /// The engine.
    pub engine: Option<Engine>,
}

impl Settings {
    /// Overrides the flags with the variables of the environment.
    ///
    /// # Errors
    ///
    /// Returns all variables with invalid values.
    pub fn with_environment(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::default();
        let get = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        for (name, field) in [
            (name::APP, &mut self.app),
            (name::ID, &mut self.id),
            (name::SERVICE, &mut self.service),
            (name::URL, &mut self.source),
            (name::DOCKERFILE, &mut self.dockerfile),
            (name::TARGET, &mut self.target),
            (name::PUSH, &mut self.push),
            (name::CACHE_REPO, &mut self.cache_repository),
            (name::CACHE_DIR, &mut self.cache_directory),
        ] {
            if let Some(value) = get(name) {
                *field = Some(value);
            }
        }
        for (name, field) in
            [(name::CACHE, &mut self.cache), (name::NO_CACHE, &mut self.no_cache), (name::REQUIRE_CACHE, &mut self.require_cache)]
        {
            match get(name).map(|value| (parse_bool(&value), value)) {
                None => {}
                Some((Some(is_on), _)) => *field = is_on,
                Some((None, value)) => problems.push(
                    Diagnostic::error("environment", format!("invalid value `{value}` of {name}"))
                        .hinted("use true or false, Yes or No, 1 or 0"),
                ),
            }
        }
        if let Some(value) = get(name::CACHE_WAIT) {
            match value.trim().parse() {
                Ok(seconds) => self.cache_wait_seconds = Some(seconds),
                Err(_) => problems.push(Diagnostic::error(
                    "environment",
                    format!("invalid value `{value}` of {}: expected a number of seconds", name::CACHE_WAIT),
                )),
            }
        }
        if let Some(value) = get(name::ARGS) {
            match serde_json::from_str(&value) {
                Ok(args) => self.build_args = args,
                Err(error) => problems.push(
                    Diagnostic::error("environment", format!("invalid {}: expected a JSON array of strings: {error}", name::ARGS))
                        .hinted(r#"such as ["NODE_ENV=production","TOKEN"]"#),
                ),
            }
        }
        match get(name::ENGINE).map(|value| value.parse::<Engine>()) {
            None => {}
            Some(Ok(engine)) => self.engine = Some(engine),
            Some(Err(wrong)) => problems.push(Diagnostic::error("environment", format!("invalid {}: {wrong}", name::ENGINE))),
        }
        if let Some(source) = &self.source {
            let scheme = source.split_once("://").map_or("", |(scheme, _)| scheme);
            let engine = self.engine.unwrap_or(Engine::Kaniko);
            if scheme == "object" || (matches!(scheme, "s3" | "gs" | "tar") && engine != Engine::Kaniko) {
                problems.push(
                    Diagnostic::error("source", format!("{engine} does not support sources with the scheme `{scheme}://`")).hinted(
                        "kaniko supports s3://, git:// and https:// archives; docker supports directories, git and https:// archives",
                    ),
                );
            }
        }
        if self.engine.is_none() && get(name::RUNTIME).as_deref() == Some("daemonless") {
            self.engine = Some(Engine::Kaniko);
        }
        problems.into_result(self)
    }

    /// Returns the engine: kaniko by default and if the task definition specifies `daemonless`, since only kaniko needs no daemon.
    pub fn engine(&self) -> Engine {
        self.engine.unwrap_or(Engine::Kaniko)
    }

    /// Returns the build request, which does not depend on the engine.
    pub fn request(&self) -> BuildRequest {
        let service = self.service.clone().or(self.app.clone()).unwrap_or_else(|| "app".to_owned());
        let build_arg = |text: &String| match text.split_once('=') {
            Some((name, value)) => BuildArg { name: name.to_owned(), value: Some(value.to_owned()) },
            None => BuildArg { name: text.clone(), value: None },
        };
        let has_mounts = self.cache && self.cache_directory.is_some() && self.engine() == Engine::Kaniko;
        let directory = self.cache_repository.as_deref().and_then(|repository| repository.strip_prefix("oci:"));
        let cache = match (&self.cache_repository, directory) {
            _ if !self.cache => None,
            // kaniko's own spelling of layers in a directory.
            (_, Some(directory)) => {
                let directory = Some(directory.to_owned());
                Some(CacheRequest { backend: Some(Backend::Local), directory, mounts: has_mounts, ..CacheRequest::default() })
            }
            (Some(repository), None) => Some(CacheRequest { mounts: has_mounts, ..CacheRequest::in_registry(repository.clone()) }),
            (None, None) if has_mounts => Some(CacheRequest { backend: Some(Backend::Mounts), mounts: true, ..CacheRequest::default() }),
            (None, None) => None,
        };
        BuildRequest {
            context: self.source.clone().unwrap_or_else(|| ".".to_owned()),
            dockerfile: self.dockerfile.clone(),
            target: self.target.clone(),
            build_args: self.build_args.iter().map(build_arg).collect(),
            tags: self.push.iter().map(|push| self.reference(push, &service)).collect(),
            output: if self.push.is_some() { Output::Push } else { Output::Default },
            no_cache: self.no_cache,
            service,
            cache,
            ..BuildRequest::default()
        }
    }

    /// Returns the image's reference: `push` if it has a tag or digest, otherwise `{repository}:{service}.{id}`, as in the public build
    /// service.
    fn reference(&self, push: &str, service: &str) -> String {
        let has_tag = push.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
        if has_tag {
            return push.to_owned();
        }
        format!("{push}:{service}.{}", self.id.as_deref().unwrap_or("latest"))
    }

    /// Returns the facts about the engine that are known without running it.
    pub fn facts(&self) -> EngineFacts {
        EngineFacts::unknown(self.engine())
    }
}

/// Reads a boolean in the spellings of rack parameters, shells and ECS.
fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_environment(settings: Settings, variables: &[(&str, &str)]) -> Result<Settings, Diagnostics> {
        settings.with_environment(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn non_empty_variables_override_flags() {
        let flags = Settings { app: Some("flag".to_owned()), target: Some("release".to_owned()), cache: false, ..Settings::default() };
        let settings = with_environment(
            flags,
            &[
                ("BUILD_APP", "web"),
                ("BUILD_TARGET", ""),
                ("BUILD_CACHE", "Yes"),
                ("BUILD_ARGS", r#"["A=1","B"]"#),
                ("BUILD_RUNTIME", "daemonless"),
            ],
        );
        let settings = settings.unwrap_or_default();
        assert_eq!((settings.app.as_deref(), settings.target.as_deref(), settings.cache), (Some("web"), Some("release"), true));
        assert_eq!((settings.build_args.len(), settings.engine()), (2, Engine::Kaniko));
    }

    #[test]
    fn all_invalid_variables_are_reported_at_once() {
        let wrong = [("BUILD_CACHE", "maybe"), ("BUILD_ARGS", "{"), ("BUILD_CACHE_WAIT", "soon"), ("BUILD_ENGINE", "kanico")];
        let problems = with_environment(Settings::default(), &wrong).err().unwrap_or_default();
        assert_eq!(problems.0.len(), 4, "{problems}");
    }

    #[test]
    fn layers_in_a_directory_are_in_a_subdirectory() {
        let settings = Settings {
            app: Some("web".to_owned()),
            cache: true,
            cache_repository: Some("oci:/build-cache/".to_owned()),
            ..Settings::default()
        };
        let planned = super::super::super::command::plan(&settings.request(), &settings.facts());
        let argv = planned.map(|invocation| invocation.steps[0].argv.join(" ")).unwrap_or_default();
        assert!(argv.contains("--cache-repo=oci:/build-cache/web.buildcache"), "{argv}");
    }

    #[test]
    fn image_tags_follow_the_public_build_service() {
        let settings = Settings {
            push: Some("r.example:5000/web".to_owned()),
            id: Some("B1".to_owned()),
            service: Some("api".to_owned()),
            ..Settings::default()
        };
        assert_eq!(settings.request().tags, ["r.example:5000/web:api.B1"]);
        let settings = Settings { push: Some("r.example/web:v1".to_owned()), ..settings };
        assert_eq!(settings.request().tags, ["r.example/web:v1"]);
    }
}
