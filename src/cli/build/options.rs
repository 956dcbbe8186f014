//! Options that `build agent`, `build run` and `build cache warm` share.

/// The shared options of a build.
#[derive(Clone, Debug, clap::Args)]
pub struct BuildOptions {
    /// The service, which names its cache
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The path of the Dockerfile [default: the Dockerfile in the source directory]
    #[arg(long, value_name = "PATH")]
    pub dockerfile: Option<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// Set a build argument; without a value, use the environment variable of that name on the machine that builds
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<String>,
    /// Do not read the layer cache
    #[arg(long)]
    pub no_cache: bool,
}
