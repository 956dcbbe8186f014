//! `rackform build builder`: the builder image's Dockerfile.

use crate::build::Engine;
use crate::build::agent::{Arch, BuilderImage};
use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};
use crate::model::rack::{DOCKER_IMAGE, KANIKO_IMAGE};

/// Renders the Dockerfile of the builder image, which has rackform as the build agent
///
/// On Fargate it is kaniko at a pinned version; `--engine docker` is a docker client for builds on instances. BuildImage names the image to
/// the rack once it is built and pushed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build builder -o Dockerfile && docker build -t r.example/builder:1 .      in rackform's own source\n  rackform build builder --arch arm64 --binary rackform -o Dockerfile.arm\n  rackform build builder --check Dockerfile      exit 2 and show the difference when it is not up to date\n\nExit codes: 0 done, 2 not up to date."
)]
pub struct Args {
    /// The processor that builds run on: amd64 or arm64
    #[arg(long, value_name = "ARCH", default_value_t)]
    arch: Arch,
    /// The engine in it: kaniko or docker [default: kaniko]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// A statically linked rackform in the build's context, for that processor [default: it is compiled from its source there]
    #[arg(long, value_name = "PATH")]
    binary: Option<String>,
    #[command(flatten)]
    rendered: Rendered,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no such image, or a failure to read or write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let image = BuilderImage {
        arch: args.arch,
        engine: args.engine,
        binary: args.binary.clone(),
        kaniko_image: KANIKO_IMAGE.to_owned(),
        docker_image: DOCKER_IMAGE.to_owned(),
    };
    let text = image.dockerfile().map_err(|wrong| Failure::new(ExitCode::Usage, wrong))?;
    args.rendered.write_or_check(&text, context)
}
