//! `rackform build builder`: renders the Dockerfile of the builder image.

use crate::build::Engine;
use crate::build::agent::{Arch, BuilderImage};
use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};
use crate::model::rack::{DOCKER_IMAGE, KANIKO_IMAGE};

/// Render the Dockerfile of the builder image, which contains rackform as the build agent
///
/// The default image contains a pinned version of kaniko, for Fargate. `--engine docker` renders an image with a Docker client, for builds
/// on EC2 instances. Build and push the image, then set the parameter BuildImage to its reference.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build builder -o Dockerfile && docker build -t r.example/builder:1 .      in a checkout of rackform's source\n  rackform build builder --arch arm64 --binary rackform -o Dockerfile.arm\n  rackform build builder --check Dockerfile      print the difference and exit with 2 if it is out of date\n\nExit codes: 0 done, 2 out of date."
)]
pub struct Args {
    /// The CPU architecture of the image: amd64 or arm64
    #[arg(long, value_name = "ARCH", default_value_t)]
    arch: Arch,
    /// The engine in the image: kaniko or docker [default: kaniko]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The path, in the build context, of a statically linked rackform for that architecture [default: compile it from source]
    #[arg(long, value_name = "PATH")]
    binary: Option<String>,
    #[command(flatten)]
    rendered: Rendered,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the engine has no builder image, or if reading or writing fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let image = BuilderImage {
        arch: args.arch,
        engine: args.engine,
        binary: args.binary.clone(),
        kaniko_image: KANIKO_IMAGE.to_owned(),
        docker_image: DOCKER_IMAGE.to_owned(),
    };
    let text = image.dockerfile().map_err(|problem| Failure::new(ExitCode::Usage, problem))?;
    args.rendered.write_or_check(&text, context)
}
