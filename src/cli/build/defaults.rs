//! The defaults in the section `build` of `rack.yaml`: options of the command line and variables of the environment take precedence.

use std::path::Path;

use super::command::cache::{CacheArgs, CacheChoice};
use super::command::engine::EngineArgs;
use super::command::image::InputArgs;
use super::key_inputs::KeyArgs;
use super::options::BuildOptions;
use crate::build::Engine;
use crate::build::cache::Backend;
use crate::config::BuildSection;
use crate::diagnostic::Diagnostic;

/// The directory of the app if neither the command line nor `rack.yaml` names one.
const CURRENT_DIRECTORY: &str = ".";

/// The section `build`, and which of its values a command uses.
#[derive(Debug)]
pub struct Defaults<'r> {
    section: &'r BuildSection,
    used: Vec<&'static str>,
}

impl<'r> Defaults<'r> {
    /// Returns the defaults, of which none is used yet.
    pub fn new(section: &'r BuildSection) -> Self {
        Self { section, used: Vec::new() }
    }

    /// Sets a missing value.
    fn fill<T: Clone>(&mut self, key: &'static str, value: &mut Option<T>, default: &Option<T>) {
        if value.is_none() && default.is_some() {
            value.clone_from(default);
            self.used.push(key);
        }
    }

    /// Adds the position in `rack.yaml` to a problem of a value that comes from there.
    #[must_use]
    pub fn mark(&self, key: &str, mut problem: Diagnostic) -> Diagnostic {
        if self.uses(key) {
            self.section.mark(key, &mut problem);
        }
        problem
    }

    /// Returns whether the value of a key is used.
    pub fn uses(&self, key: &str) -> bool {
        self.used.contains(&key)
    }

    /// Returns the app's directory.
    pub fn directory(&mut self, directory: Option<&String>) -> String {
        let mut directory = directory.cloned();
        self.fill("directory", &mut directory, &self.section.directory);
        directory.unwrap_or_else(|| CURRENT_DIRECTORY.to_owned())
    }

    /// Sets what to build.
    pub fn input(&mut self, args: &mut InputArgs) {
        self.fill("dockerfile", &mut args.dockerfile, &self.section.dockerfile);
        self.fill("target", &mut args.target, &self.section.target);
        if args.platforms.is_empty() && !self.section.platforms.is_empty() {
            args.platforms.clone_from(&self.section.platforms);
            self.used.push("platforms");
        }
    }

    /// Sets the engine, and the builder unless the environment selects one.
    pub fn engine(&mut self, args: &mut EngineArgs) {
        self.fill("engine", &mut args.engine, &self.section.engine);
        let is_docker = |engine: Option<Engine>| matches!(engine, None | Some(Engine::Docker | Engine::Buildx));
        if is_docker(args.engine) && std::env::var_os("BUILDX_BUILDER").is_none_or(|name| name.is_empty()) {
            self.fill("builder", &mut args.builder, &self.section.builder);
        }
    }

    /// Sets the service and the cache. The location of a cache is that of its own backend only, so that `--cache` selects another one.
    pub fn cache(&mut self, args: &mut CacheArgs) {
        let section = self.section;
        self.fill("service", &mut args.service, &section.service);
        if !args.to.is_empty() || !args.from.is_empty() {
            return;
        }
        self.fill("cache_mode", &mut args.cache_mode, &section.cache_mode);
        self.fill("compression", &mut args.compression, &section.compression);
        let is_given = args.backend().is_some();
        if !is_given {
            self.fill("cache", &mut args.cache, &section.cache.map(CacheChoice::Backend));
        }
        match args.backend().or(section.backend().map(CacheChoice::Backend)) {
            Some(CacheChoice::Backend(Backend::Registry | Backend::Image)) if args.cache_ref.is_none() => {
                self.fill("repository", &mut args.repository, &section.repository);
            }
            // The region, the prefix and the endpoint belong to the bucket.
            Some(CacheChoice::Backend(Backend::S3)) if args.s3_bucket.is_none() => {
                self.fill("s3_bucket", &mut args.s3_bucket, &section.s3_bucket);
                self.fill("s3_region", &mut args.s3_region, &section.s3_region);
                self.fill("s3_prefix", &mut args.s3_prefix, &section.s3_prefix);
                self.fill("s3_endpoint_url", &mut args.s3_endpoint_url, &section.s3_endpoint_url);
            }
            Some(CacheChoice::Backend(Backend::Local)) => self.fill("cache_dir", &mut args.cache_dir, &section.cache_dir),
            _ => {}
        }
    }

    /// Sets the inputs of a key. Several platforms name no architecture.
    pub fn key(&mut self, args: &mut KeyArgs) {
        self.fill("target", &mut args.target, &self.section.target);
        self.fill("directory", &mut args.directory, &self.section.directory.as_ref().map(Into::into));
        if args.dockerfile.is_none() && args.dockerfile_inline.is_none() {
            // It is relative to the working directory, unlike that of the command line.
            self.fill("dockerfile", &mut args.resolved_dockerfile, &self.section.dockerfile.as_ref().map(Into::into));
        }
        if let ([platform], None) = (self.section.platforms.as_slice(), &args.architecture) {
            args.architecture = Some(platform.clone());
            self.used.push("platforms");
        }
    }

    /// Sets the options of the check of a Dockerfile.
    pub fn check(&mut self, engine: &mut Option<Engine>, cache: &mut Option<Backend>, target: &mut Option<String>) {
        self.fill("engine", engine, &self.section.engine);
        self.fill("cache", cache, &self.section.backend());
        self.fill("target", target, &self.section.target);
    }

    /// Sets the options of a build in the rack, whose Dockerfile is relative to the source.
    pub fn in_rack(&mut self, options: &mut BuildOptions) {
        self.fill("service", &mut options.service, &self.section.service);
        self.fill("target", &mut options.target, &self.section.target);
        self.fill("dockerfile", &mut options.dockerfile, &self.section.dockerfile_in_source);
    }

    /// Returns the platforms in `rack.yaml`.
    pub fn platforms(&self) -> &'r [String] {
        &self.section.platforms
    }

    /// Returns the app's directory in `rack.yaml`.
    pub fn context(&self) -> Option<&'r Path> {
        self.section.directory.as_deref().map(Path::new)
    }

    /// Returns the Dockerfile, or the directory with it.
    pub fn dockerfile(&self) -> Option<&'r str> {
        self.section.dockerfile.as_deref().or(self.section.directory.as_deref())
    }
}
