//! Options and steps that `docker build`, `docker buildx build` and docker's classic builder share; buildah shares some of them.

use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::problem::{CommandHint, Problem, Problems};
use super::{Invocation, Step};

/// Adds the steps after the build for an image in docker's own image store.
pub(super) fn finish(request: &BuildRequest, pushes: bool, program: &str, invocation: &mut Invocation, problems: &mut Problems) {
    match &request.output {
        Output::Push if pushes => {
            let push =
                |tag: &String| Step::new("push the image", vec![program.to_owned(), "push".to_owned(), tag.clone()]).without_environment();
            invocation.steps.extend(request.tags.iter().map(push));
            // The image has these tags in docker's store: the build sets all of them.
            invocation.optional_steps.extend(request.optional_tags.iter().map(push));
        }
        Output::Archive(_) if request.tags.is_empty() => {
            problems.push(Problem::new("archive", "cannot save an image without a tag").hinted(CommandHint::NameImage));
        }
        Output::Archive(path) => {
            let mut argv = Arguments::new([program, "save"]);
            argv.argument(format!("--output={path}"));
            argv.0.extend(request.tags.iter().cloned());
            invocation.steps.push(Step::new("save the image", argv.0).without_environment());
        }
        _ => {}
    }
}

/// Adds the options that every version of docker supports.
pub(super) fn common(request: &BuildRequest, argv: &mut Arguments) {
    for tag in &request.tags {
        argv.flag("-t", tag);
    }
    inputs(request, argv);
}

/// Adds the options that determine the content of the image; buildah has the same ones.
pub(super) fn inputs(request: &BuildRequest, argv: &mut Arguments) {
    argv.flag_if_some("--file", request.dockerfile.as_deref());
    argv.flag_if_some("--target", request.target.as_deref());
    for arg in &request.build_args {
        argv.flag("--build-arg", arguments::build_arg(arg));
    }
    for (name, value) in &request.labels {
        argv.flag("--label", format!("{name}={value}"));
    }
    if !request.platforms.is_empty() {
        argv.flag("--platform", request.platforms.join(","));
    }
}
