//! Which stream of a step contains the progress of a build, and in which style.

use super::super::engine::Engine;
use super::super::progress::{Stream, Style};
use super::Invocation;

/// Returns the stream and the style in which a program reports the progress of a build, or `None` if it builds nothing, or if its output
/// is for a terminal or empty.
///
/// BuildKit's progress goes to standard error (<https://github.com/docker/buildx/blob/master/commands/build.go>,
/// <https://github.com/moby/buildkit/blob/master/cmd/buildctl/build.go>), kaniko's log as well, since logrus writes there by default; those
/// of buildah and of docker's classic builder go to standard output.
pub fn style_of(invocation: &Invocation, argv: &[String], stderr_is_terminal: bool) -> Option<(Stream, Style)> {
    let word = |index: usize| argv.get(index).map_or("", String::as_str);
    let is_build = word(1) == "build" || (word(1) == "buildx" && word(2) == "build");
    match invocation.engine {
        Engine::Kaniko => Some((Stream::Stderr, Style::Kaniko)),
        Engine::Buildah => is_build.then_some((Stream::Stdout, Style::Buildah)),
        Engine::Buildctl | Engine::BuildctlDaemonless => Some((Stream::Stderr, buildkit(argv, false)?)),
        Engine::Docker | Engine::Buildx if !is_build => None,
        Engine::Docker if invocation.environment.get("DOCKER_BUILDKIT").is_some_and(|value| value == "0") => {
            Some((Stream::Stdout, Style::ClassicDocker))
        }
        // Without the option, docker draws on a terminal; it writes plain progress to anything else.
        Engine::Docker | Engine::Buildx => Some((Stream::Stderr, buildkit(argv, stderr_is_terminal)?)),
    }
}

/// Returns the style of BuildKit's output according to the last `--progress`.
fn buildkit(argv: &[String], draws_by_default: bool) -> Option<Style> {
    let mut kind = None;
    for (index, argument) in argv.iter().enumerate() {
        match argument.strip_prefix("--progress") {
            Some("") => kind = argv.get(index + 1).map(String::as_str),
            Some(rest) => kind = rest.strip_prefix('=').or(kind),
            None => {}
        }
    }
    match kind {
        Some("plain") => Some(Style::BuildKit),
        Some("rawjson") => Some(Style::BuildKitJson),
        None | Some("auto") if !draws_by_default => Some(Style::BuildKit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(engine: Engine, command: &str, is_terminal: bool) -> Option<(Stream, Style)> {
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        style_of(&Invocation::new(engine), &argv, is_terminal)
    }

    #[test]
    fn only_output_that_is_not_for_a_terminal_is_read() {
        let plain = Some((Stream::Stderr, Style::BuildKit));
        assert_eq!(style(Engine::Docker, "docker build --progress=plain .", true), plain);
        assert_eq!(style(Engine::Buildx, "docker buildx build --progress plain .", true), plain);
        assert_eq!(style(Engine::Docker, "docker build .", true), None, "docker draws its progress");
        assert_eq!(style(Engine::Docker, "docker build .", false), plain);
        assert_eq!(style(Engine::Docker, "docker build --progress=plain --progress=tty .", false), None);
        assert_eq!(style(Engine::Buildctl, "buildctl build", true), plain);
        assert_eq!(style(Engine::Buildctl, "buildctl build --progress=rawjson", true), Some((Stream::Stderr, Style::BuildKitJson)));
        assert_eq!(style(Engine::Buildx, "docker buildx build --progress=quiet .", false), None);
    }

    #[test]
    fn programs_that_build_nothing_are_not_read() {
        assert_eq!(style(Engine::Docker, "docker push r.example/web:1", false), None);
        assert_eq!(style(Engine::Buildx, "docker buildx create --name=rackform", false), None);
        assert_eq!(style(Engine::Buildah, "buildah push r.example/web:1", false), None);
    }
}
