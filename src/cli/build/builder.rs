//! `rackform build builder`: the builder image's Dockerfile.

use std::path::PathBuf;

use crate::build::Engine;
use crate::build::agent::{Arch, BuilderImage};
use crate::cli::{Context, ExitCode, Failure};
use crate::template::Source;

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
    /// Write to a file [default: standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// Write nothing; compare with a file, show the difference and end with exit code 2 when there is one
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no such image, or a failure to read or write.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let image = BuilderImage { arch: args.arch, engine: args.engine, binary: args.binary.clone() };
    let text = image.dockerfile().map_err(|wrong| Failure::new(ExitCode::Usage, wrong))?;
    let Some(path) = &args.check else {
        context.answer_to(args.output.as_deref(), &text)?;
        return Ok(ExitCode::Done);
    };
    let file = Source::read(path)?;
    if file.text() == text {
        context.say(&format!("`{}` is up to date", file.name()));
        return Ok(ExitCode::Done);
    }
    let difference = crate::ui::difference((file.name(), file.text()), ("rendered", &text), context.layout());
    context.answer(&difference)?;
    context.say(&format!("`{0}` is not up to date; the same command with `-o {0}` writes it", file.name()));
    Ok(ExitCode::Differences)
}
