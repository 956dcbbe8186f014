//! The environment variables that describe a build to its task.
//!
//! `rackform build run` sets them and `rackform build agent` reads them. Most have the names that the public build service uses, so that
//! its builder image understands the same request; the others are rackform's own.
//! Source: <https://github.com/convox/rack/blob/master/provider/aws/builds.go>

/// The app.
pub const APP: &str = "BUILD_APP";
/// The build's ID.
pub const ID: &str = "BUILD_ID";
/// Credentials of registries, as JSON: `{"host": {"Username": "...", "Password": "..."}}`. A secret.
pub const AUTH: &str = "BUILD_AUTH";
/// The source: a directory, `s3://`, `git://` or `https://`.
pub const URL: &str = "BUILD_URL";
/// The app's manifest.
pub const MANIFEST: &str = "BUILD_MANIFEST";
/// The repository that images are pushed to.
pub const PUSH: &str = "BUILD_PUSH";
/// Whether it is a development build, `true` or `false`.
pub const DEVELOPMENT: &str = "BUILD_DEVELOPMENT";
/// The app's generation.
pub const GENERATION: &str = "BUILD_GENERATION";
/// Whether images get the wrapper that reads the app's environment.
pub const ENV_WRAPPER: &str = "BUILD_ENV_WRAPPER";
/// The release that the build creates.
pub const RELEASE: &str = "RELEASE";
/// The rack's API address, including its password. A secret.
pub const RACK_URL: &str = "RACK_URL";
/// Whether the cache is used, `true` or `false`.
pub const CACHE: &str = "BUILD_CACHE";
/// The repository of cached layers.
pub const CACHE_REPO: &str = "BUILD_CACHE_REPO";

/// The service, which names the cache.
pub const SERVICE: &str = "BUILD_SERVICE";
/// The Dockerfile, relative to the source directory.
pub const DOCKERFILE: &str = "BUILD_DOCKERFILE";
/// The stage to build.
pub const TARGET: &str = "BUILD_TARGET";
/// Build arguments, a JSON list of `NAME=VALUE` and `NAME`.
pub const ARGS: &str = "BUILD_ARGS";
/// Whether the build ignores the layer cache, `true` or `false`.
pub const NO_CACHE: &str = "BUILD_NO_CACHE";
/// The engine.
pub const ENGINE: &str = "BUILD_ENGINE";
/// Where the cache's file system is mounted.
pub const CACHE_DIR: &str = "BUILD_CACHE_DIR";
/// How many seconds to wait for another build of the same app.
pub const CACHE_WAIT: &str = "BUILD_CACHE_WAIT";
/// Whether the build fails if its cache is not known to be written, `true` or `false`.
pub const REQUIRE_CACHE: &str = "BUILD_REQUIRE_CACHE";
/// The configuration file of a docker client, with credentials of registries. A secret.
pub const DOCKER_CONFIGURATION: &str = "BUILD_DOCKER_CONFIG";
/// The kind of builder, from the rack's task definition: `daemonless` on Fargate.
pub const RUNTIME: &str = "BUILD_RUNTIME";

/// Variables whose values are never shown.
pub const SECRET: &[&str] = &[AUTH, RACK_URL, DOCKER_CONFIGURATION];
