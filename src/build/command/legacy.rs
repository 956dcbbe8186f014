//! Docker's classic builder, from before BuildKit: builds without the buildx plugin, and caches that are earlier images.

use super::super::cache::{ImageRef, branch_cache_tag};
use super::super::engine::{Engine, EngineFacts};
use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::problem::{CommandHint, Problem, Problems};
use super::{Invocation, Note, Step, docker_options};

/// Plans a build without BuildKit and without a cache, because the buildx plugin is missing.
pub(super) fn without_buildx(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = unsupported(request);
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let effect = if request.cache.is_some() { "without BuildKit and without a cache" } else { "without BuildKit" };
    invocation.note(
        Note::new("buildx-missing", format!("docker has no buildx plugin (`docker: unknown command: docker buildx`): it builds {effect}"))
            .hinted("install the package docker-buildx-plugin (docker-buildx on some systems)"),
    );
    disable_buildkit(&mut invocation);
    let tags: Vec<String> = request.tags.iter().chain(&request.optional_tags).cloned().collect();
    build(request, &facts.program(), &[], request.target.as_deref(), &tags, &mut invocation);
    docker_options::finish(request, true, &facts.program(), &mut invocation, &mut problems);
    problems.into_result(invocation)
}

/// Plans a build that uses earlier images as its cache: it pulls them, builds and tags the cached stages, builds the image, and pushes all.
///
/// Docker cached builds like this before BuildKit could export a cache. The cache contains only the layers of these images.
pub(super) fn from_images(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = unsupported(request);
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    if facts.engine != Engine::Docker {
        problems.push(
            Problem::new("cache-backend", "only the engine docker uses earlier images as a cache")
                .hinted(CommandHint::UseDockerOrRegistryCache),
        );
    }
    let Some(cache) = &request.cache else { return problems.into_result(invocation) };
    // `check` reports invalid references.
    let Ok(references) = cache.references(&request.service, &request.dimensions()) else { return problems.into_result(invocation) };
    let Some(main) = references.first() else { return problems.into_result(invocation) };
    let program = facts.program();
    let stages: Vec<(String, String)> = match cache.stages.as_slice() {
        [stage] => vec![(stage.clone(), main.to_string())],
        stages => stages.iter().map(|stage| (stage.clone(), stage_reference(main, stage).to_string())).collect(),
    };
    let cached: Vec<String> = match stages.as_slice() {
        [] => references.iter().map(ToString::to_string).collect(),
        stages => stages.iter().map(|(_, reference)| reference.clone()).collect(),
    };
    disable_buildkit(&mut invocation);
    let sources = if request.no_cache { Vec::new() } else { cached };
    for source in &sources {
        let argv = vec![program.clone(), "pull".to_owned(), source.clone()];
        invocation.steps.push(Step::new("pull the image of an earlier build", argv).without_environment().allow_failure());
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
        let argv = vec![program.clone(), "push".to_owned(), reference.clone()];
        let step = Step::new("push the cache image for the next build", argv).without_environment();
        invocation.steps.push(if cache.strict { step } else { step.allow_failure() });
        invocation.cache_to.push(reference);
    }
    invocation.cache_from = sources;
    docker_options::finish(request, true, &program, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

/// Returns the reference of a stage's image if several stages are cached.
fn stage_reference(main: &ImageRef, stage: &str) -> ImageRef {
    let tag = main.tag.clone().unwrap_or_default();
    main.tagged(&branch_cache_tag(&tag, stage))
}

fn disable_buildkit(invocation: &mut Invocation) {
    invocation.environment.insert("DOCKER_BUILDKIT".to_owned(), "0".to_owned());
}

/// Returns the parts of the request that require BuildKit.
fn unsupported(request: &BuildRequest) -> Problems {
    let mut problems = Problems::default();
    let mut needs_buildkit = |is_requested: bool, what: &str| {
        if is_requested {
            problems.push(
                Problem::new("needs-buildkit", format!("docker's classic builder does not support {what}"))
                    .hinted(CommandHint::InstallBuildxAndOmitImageCache),
            );
        }
    };
    needs_buildkit(!request.secrets.is_empty(), "secrets");
    needs_buildkit(!request.ssh.is_empty(), "SSH agents");
    needs_buildkit(request.platforms.len() > 1, "images for several platforms");
    needs_buildkit(request.output == Output::CacheOnly, "builds that only write a cache");
    problems
}

fn build(request: &BuildRequest, program: &str, sources: &[String], target: Option<&str>, tags: &[String], invocation: &mut Invocation) {
    let mut argv = Arguments::new([program, "build"]);
    for source in sources {
        argv.flag("--cache-from", source);
    }
    if request.no_cache {
        argv.argument("--no-cache");
    }
    if request.pull {
        argv.argument("--pull");
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
    docker_options::common(&part, &mut argv);
    argv.0.extend(request.extra.iter().cloned());
    argv.argument(arguments::path(&request.context));
    let purpose = match target {
        Some(target) => format!("build the stage `{target}`"),
        None => "build the image".to_owned(),
    };
    invocation.steps.push(Step::new(purpose, argv.0));
}
