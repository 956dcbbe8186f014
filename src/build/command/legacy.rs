//! docker's builder from before BuildKit: what is left without the buildx plugin, and the cache that is an earlier image.

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::{ImageRef, branch_cache_tag};
use super::super::engine::{Engine, EngineFacts};
use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::docker;
use super::{Invocation, Note, Step};

/// A plain build, since there is nothing that BuildKit could be reached with.
pub(super) fn plain(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = limits(request);
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let hint = "install the package docker-buildx-plugin (docker-buildx on some systems)";
    let so = if request.cache.is_some() { ", and so no cache" } else { "" };
    invocation.note(
        Note::new(
            "buildx-missing",
            format!("docker has no buildx plugin (`docker: unknown command: docker buildx`){so}: the build is a plain one"),
        )
        .hinted(hint),
    );
    environment(&mut invocation);
    build(request, &facts.program(), &[], request.target.as_deref(), &request.tags, &mut invocation);
    docker::finish(request, true, &facts.program(), &mut invocation, &mut problems);
    problems.into_result(invocation)
}

/// Builds on top of an earlier image of the same build: pulls it, builds and tags the stages that are to be kept, builds, pushes all.
///
/// That is how docker kept a cache before BuildKit could export one; it holds what is in the images, one image a stage.
pub(super) fn from_images(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = limits(request);
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    if facts.engine != Engine::Docker {
        problems.push(
            Diagnostic::error("cache-backend", "an earlier image as cache is docker's")
                .hinted("`--engine docker`; with BuildKit, `--cache registry` keeps more"),
        );
    }
    let Some(cache) = &request.cache else { return problems.into_result(invocation) };
    // What is wrong with it has been told.
    let Ok(references) = cache.references(&request.service) else { return problems.into_result(invocation) };
    let Some(main) = references.first() else { return problems.into_result(invocation) };
    let program = facts.program();
    let stages: Vec<(String, String)> = match cache.stages.as_slice() {
        [stage] => vec![(stage.clone(), main.to_string())],
        stages => stages.iter().map(|stage| (stage.clone(), staged(main, stage).to_string())).collect(),
    };
    let kept: Vec<String> = match stages.as_slice() {
        [] => references.iter().map(ToString::to_string).collect(),
        stages => stages.iter().map(|(_, reference)| reference.clone()).collect(),
    };
    environment(&mut invocation);
    let sources = if request.no_cache { Vec::new() } else { kept };
    for source in &sources {
        let argv = vec![program.clone(), "pull".to_owned(), source.clone()];
        invocation.steps.push(Step::new("pull what an earlier build left", argv).bare().or_go_on());
    }
    for (stage, reference) in &stages {
        build(request, &program, &sources, Some(stage), std::slice::from_ref(reference), &mut invocation);
    }
    let mut tags = request.tags.clone();
    if stages.is_empty() {
        tags.insert(0, main.to_string());
    }
    build(request, &program, &sources, request.target.as_deref(), &tags, &mut invocation);
    let pushed = stages.iter().map(|(_, reference)| reference.clone()).chain(stages.is_empty().then(|| main.to_string()));
    for reference in pushed {
        let step = Step::new("push what the next build pulls", vec![program.clone(), "push".to_owned(), reference.clone()]).bare();
        invocation.steps.push(if cache.strict { step } else { step.or_go_on() });
        invocation.cache_to.push(reference);
    }
    invocation.cache_from = sources;
    docker::finish(request, true, &program, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

/// Returns the reference of one stage's image where several are kept.
fn staged(main: &ImageRef, stage: &str) -> ImageRef {
    let tag = main.tag.clone().unwrap_or_default();
    main.tagged(&branch_cache_tag(&tag, stage))
}

fn environment(invocation: &mut Invocation) {
    invocation.environment.insert("DOCKER_BUILDKIT".to_owned(), "0".to_owned());
}

fn limits(request: &BuildRequest) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let hint = "it needs BuildKit: install the buildx plugin, and leave `--cache image` out";
    let mut needs_buildkit = |is_asked: bool, what: &str| {
        if is_asked {
            problems.push(Diagnostic::error("needs-buildkit", format!("docker's old builder has no {what}")).hinted(hint));
        }
    };
    needs_buildkit(!request.secrets.is_empty(), "secrets");
    needs_buildkit(!request.ssh.is_empty(), "SSH agents");
    needs_buildkit(request.platforms.len() > 1, "images of several platforms");
    needs_buildkit(request.output == Output::CacheOnly, "build that leaves a cache only");
    problems
}

fn build(request: &BuildRequest, program: &str, sources: &[String], target: Option<&str>, tags: &[String], invocation: &mut Invocation) {
    let mut argv = Arguments::new([program, "build"]);
    for source in sources {
        argv.flag("--cache-from", source);
    }
    if request.no_cache {
        argv.word("--no-cache");
    }
    if request.pull {
        argv.word("--pull");
    }
    let part = BuildRequest {
        tags: tags.to_vec(),
        target: target.map(str::to_owned),
        dockerfile: request.dockerfile.clone(),
        build_args: request.build_args.clone(),
        labels: request.labels.clone(),
        platforms: request.platforms.clone(),
        ..BuildRequest::default()
    };
    docker::common(&part, &mut argv);
    argv.0.extend(request.extra.iter().cloned());
    argv.word(arguments::path(&request.context));
    let purpose = match target {
        Some(target) => format!("build the stage `{target}`"),
        None => "build the image".to_owned(),
    };
    invocation.steps.push(Step::new(purpose, argv.0));
}
