//! Every combination of engine, version and cache backend: the engine supports every option, and the required arguments are present.
#![allow(clippy::unwrap_used)]

use rackform::build::cache::Backend;
use rackform::build::command::{Invocation, plan};
use rackform::build::engine::{Buildx, Driver, Engine, EngineFacts, ImageStore, Version, buildkit_in_docker};
use rackform::build::request::{BuildArg, BuildRequest, CacheRequest, CreateBuilder, Output, S3Cache, Secret, SecretSource};

use super::flags;

const ECR: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// Returns engines in released versions and common configurations.
fn engines() -> Vec<EngineFacts> {
    let mut engines = Vec::new();
    for text in ["18.09.9", "19.03.15", "20.10.25", "23.0.6", "24.0.9", "25.0.3", "26.1.4", "27.5.1", "28.2.2", "29.0.0", "29.7.2"] {
        for engine in [Engine::Docker, Engine::Buildx] {
            for (driver, store) in [
                (None, None),
                (Some(Driver::Docker), Some(ImageStore::GraphDriver)),
                (Some(Driver::Docker), Some(ImageStore::Containerd)),
                (Some(Driver::DockerContainer), None),
            ] {
                let mut facts = EngineFacts::of_version(engine, version(text));
                facts.buildx = Buildx::Present(None);
                facts.driver = driver;
                facts.image_store = store;
                if driver == Some(Driver::DockerContainer) {
                    facts.builder = Some("mine".to_owned());
                    facts.buildkit = Some(version("0.23.2"));
                }
                engines.push(facts);
            }
        }
        engines.push(EngineFacts { buildx: Buildx::Missing, ..EngineFacts::of_version(Engine::Docker, version(text)) });
    }
    for text in ["0.8.3", "0.9.3", "0.10.6", "0.11.6", "0.12.5", "0.13.2", "0.16.0", "0.20.2", "0.23.2", "0.32.2"] {
        for engine in [Engine::Buildctl, Engine::BuildctlDaemonless] {
            engines.push(EngineFacts::of_version(engine, version(text)));
        }
    }
    for text in ["1.24.0", "1.25.6", "1.26.0", "1.26.5", "1.27.5", "1.28.0", "1.28.3"] {
        engines.push(EngineFacts::of_version(Engine::Kaniko, version(text)));
    }
    for text in ["1.26.7", "1.27.0", "1.28.2", "1.44.0"] {
        engines.push(EngineFacts::of_version(Engine::Buildah, version(text)));
    }
    engines
}

fn request(cache: Option<CacheRequest>) -> BuildRequest {
    BuildRequest {
        context: "app".to_owned(),
        dockerfile: Some("app/docker/Dockerfile.web".to_owned()),
        target: Some("runtime".to_owned()),
        build_args: vec![BuildArg { name: "VERSION".to_owned(), value: Some("1 2".to_owned()) }],
        labels: vec![("team".to_owned(), "web, mobile".to_owned())],
        platforms: vec!["linux/arm64".to_owned()],
        tags: vec![format!("{ECR}/web:1"), format!("{ECR}/web:latest")],
        output: Output::Push,
        service: "web".to_owned(),
        cache,
        ..BuildRequest::default()
    }
}

fn caches() -> Vec<CacheRequest> {
    let of = |backend| CacheRequest { backend: Some(backend), ..CacheRequest::default() };
    vec![
        CacheRequest::in_registry(format!("{ECR}/rack-build-cache")),
        CacheRequest { branch: Some("feature/x".to_owned()), ..CacheRequest::in_registry("registry.example.com/cache") },
        CacheRequest { directory: Some("/mnt/cache, of builds".to_owned()), ..of(Backend::Local) },
        CacheRequest {
            s3: S3Cache {
                region: Some("us-west-2".to_owned()),
                bucket: Some("caches".to_owned()),
                prefix: Some("a,b/".to_owned()),
                upload_parallelism: Some(8),
                touch_refresh: Some("12h".to_owned()),
                ..S3Cache::default()
            },
            ..of(Backend::S3)
        },
        of(Backend::Inline),
        of(Backend::Gha),
        of(Backend::Mounts),
    ]
}

/// Returns the version of BuildKit that runs the build, if it is known.
fn buildkit(facts: &EngineFacts, invocation: &Invocation) -> Option<Version> {
    let is_new = invocation.steps.iter().any(|step| step.unless.is_some());
    match facts.engine {
        _ if is_new => None,
        Engine::Docker | Engine::Buildx => facts.buildkit.clone().or_else(|| buildkit_in_docker(facts.version.as_ref().unwrap())),
        _ => facts.version.clone(),
    }
}

#[test]
fn every_engine_supports_all_of_its_arguments() {
    let mut seen = 0;
    for facts in engines() {
        let set = flags::of(facts.engine, facts.version.as_ref().unwrap(), facts.buildx != Buildx::Missing);
        for cache in caches().into_iter().map(Some).chain([None]) {
            for no_cache in [false, true] {
                for output in [Output::Push, Output::Default, Output::CacheOnly, Output::Archive("image.tar".to_owned())] {
                    let request = BuildRequest { no_cache, output, ..request(cache.clone()) };
                    let Ok(invocation) = plan(&request, &facts) else { continue };
                    assert!(!invocation.steps.is_empty());
                    for step in &invocation.steps {
                        // docker below 23 with buildx uses a builder of its own, which has the options of buildx.
                        let set = if step.argv.iter().any(|word| word == "buildx") {
                            &flags::of(Engine::Buildx, &version("25.0.0"), true)
                        } else {
                            &set
                        };
                        let checked = set.check(&step.argv, buildkit(&facts, &invocation).as_ref());
                        assert_eq!(checked, Ok(()), "{facts:?}\n{request:?}\n{:?}", invocation.notes);
                        if let Some(probe) = &step.unless {
                            assert_eq!(set.check(probe, None), Ok(()));
                        }
                        seen += 1;
                    }
                    let words: Vec<&String> = invocation.steps.iter().flat_map(|step| &step.argv).collect();
                    if no_cache && cache.is_some() && facts.engine.is_buildkit() {
                        assert!(
                            invocation.cache_from.is_empty()
                                && !words.iter().any(|word| *word == "--cache-from" || *word == "--import-cache")
                        );
                    }
                    assert_eq!(
                        words
                            .iter()
                            .filter(|word| word.as_str() == "app" || word.ends_with("=app") || word.as_str() == "--context=dir://app")
                            .count(),
                        1
                    );
                }
            }
        }
    }
    assert!(seen > 3000, "only {seen} argument vectors were checked");
}

#[test]
fn docker_below_23_gets_no_cache_options() {
    for facts in engines().into_iter().filter(|facts| matches!(facts.engine, Engine::Docker | Engine::Buildx)) {
        if facts.version.as_ref().unwrap().at_least(23, 0, 0) || facts.driver == Some(Driver::DockerContainer) {
            continue;
        }
        for cache in caches() {
            let invocation = plan(&request(Some(cache)), &facts).unwrap();
            let words: Vec<&String> = invocation.steps.iter().flat_map(|step| &step.argv).collect();
            assert!(!words.iter().any(|word| word.starts_with("--cache")), "{words:?}");
            assert!(invocation.notes.iter().any(|note| note.rule == "docker-too-old"), "{:?}", invocation.notes);
        }
    }
}

#[test]
fn a_cache_in_ecr_has_the_four_attributes_or_is_not_written() {
    let cache = CacheRequest::in_registry(format!("{ECR}/rack-build-cache"));
    let attributes = format!(
        "type=registry,ref={ECR}/rack-build-cache:web.buildcache-stage_runtime-linux-arm64,mode=max,image-manifest=true,oci-mediatypes=true"
    );
    let mut written = 0;
    for facts in engines().into_iter().filter(|facts| facts.engine.is_buildkit()) {
        let Ok(invocation) = plan(&request(Some(cache.clone())), &facts) else { continue };
        for to in &invocation.cache_to {
            assert!(to.starts_with(&attributes), "{facts:?}: {to}");
            assert!(to.contains(",ignore-error=true"), "an unavailable cache must not fail the build: {to}");
            assert!(!to.contains("compression"), "gzip is the engine's default, and the others do not work in every engine: {to}");
            written += 1;
        }
        if invocation.cache_to.is_empty() {
            let rules = ["docker-too-old", "ecr-cache", "buildx-missing", "builder-missing"];
            assert!(invocation.notes.iter().any(|note| rules.contains(&note.rule)), "{facts:?}: {:?}", invocation.notes);
        }
    }
    assert!(written > 30, "{written}");
}

#[test]
fn docker_with_the_graph_driver_store_gets_a_builder_of_its_own() {
    let facts = |store, version: &str| EngineFacts {
        buildx: Buildx::Present(None),
        driver: Some(Driver::Docker),
        image_store: store,
        ..EngineFacts::of_version(Engine::Docker, version.parse().unwrap())
    };
    let registry = CacheRequest::in_registry("registry.example.com/cache");
    let purposes = |request: &BuildRequest, facts: &EngineFacts| -> Vec<String> {
        plan(request, facts).unwrap().steps.iter().map(|step| step.purpose.clone()).collect()
    };
    // ECS-optimised Amazon Linux 2023 has Docker 25 with the graph-driver store.
    let graph_driver = facts(Some(ImageStore::GraphDriver), "25.0.3");
    let invocation = plan(&request(Some(registry.clone())), &graph_driver).unwrap();
    let create = &invocation.steps[0];
    assert_eq!(create.argv.join(" "), "docker buildx create --name=rackform --bootstrap --driver=docker-container");
    assert_eq!(create.unless.as_ref().unwrap().join(" "), "docker buildx inspect rackform");
    assert!(invocation.steps[1].argv.contains(&"--builder=rackform".to_owned()));
    assert!(invocation.steps[1].argv.contains(&"--push".to_owned()), "the images of this builder are not in docker's store");
    // Inline caches need no builder. The containerd store needs one only for S3, and for ECR below Docker 25.
    let inline = CacheRequest { backend: Some(Backend::Inline), ..CacheRequest::default() };
    assert_eq!(purposes(&request(Some(inline)), &graph_driver), ["build the image", "push the image", "push the image"]);
    let containerd = facts(Some(ImageStore::Containerd), "25.0.3");
    assert_eq!(purposes(&request(Some(registry.clone())), &containerd)[0], "build the image");
    let s3 = caches().into_iter().find(|cache| cache.backend == Some(Backend::S3));
    assert_eq!(purposes(&request(s3), &containerd)[0], "create the builder");
    let ecr = CacheRequest::in_registry(format!("{ECR}/cache"));
    assert_eq!(purposes(&request(Some(ecr.clone())), &facts(Some(ImageStore::Containerd), "24.0.9"))[0], "create the builder");
    assert_eq!(purposes(&request(Some(ecr)), &containerd)[0], "build the image");
    // An unknown store is assumed to be the graph-driver store.
    assert_eq!(purposes(&request(Some(registry.clone())), &facts(None, "29.0.0"))[0], "create the builder");
    // If creating a builder is not allowed, a note reports what is missing.
    let mut without = request(Some(registry));
    without.builder.create = CreateBuilder::Never;
    let invocation = plan(&without, &graph_driver).unwrap();
    assert!(invocation.cache_to.is_empty() && invocation.steps[0].purpose == "build the image");
    let note = invocation.notes.iter().find(|note| note.rule == "builder-missing").unwrap();
    assert!(
        rackform::ui::build::hints::command(note.hint.as_ref().unwrap()).contains("docker buildx create --driver docker-container"),
        "{note:?}"
    );
}

#[test]
fn without_the_buildx_plugin_docker_builds_without_a_cache_and_buildx_is_refused() {
    let missing = |engine| EngineFacts { buildx: Buildx::Missing, ..EngineFacts::of_version(engine, version("28.2.2")) };
    let invocation = plan(&request(Some(CacheRequest::in_registry("registry.example.com/cache"))), &missing(Engine::Docker)).unwrap();
    assert_eq!(invocation.environment["DOCKER_BUILDKIT"], "0", "without the plugin docker refuses to build with BuildKit");
    assert!(invocation.cache_to.is_empty() && invocation.cache_from.is_empty());
    for step in &invocation.steps {
        assert_eq!(flags::legacy().check(&step.argv, None), Ok(()));
    }
    let problems = plan(&request(None), &missing(Engine::Buildx)).unwrap_err();
    assert!(problems.to_string().contains("docker: unknown command: docker buildx"), "{problems}");
    // A secret, which only BuildKit supports, is not silently omitted.
    let mut secret = request(None);
    secret.secrets.push(Secret { id: "npm".to_owned(), source: SecretSource::Environment("NPM_TOKEN".to_owned()) });
    assert!(plan(&secret, &missing(Engine::Docker)).unwrap_err().to_string().contains("does not support secrets"));
}

#[test]
fn kaniko_gets_only_options_that_its_version_supports() {
    let kaniko = |text: &str| EngineFacts::of_version(Engine::Kaniko, version(text));
    let cache = CacheRequest { mounts: true, ..CacheRequest::in_registry(format!("{ECR}/rack-build-cache")) };
    let plan_of = |text: &str, output: Output| plan(&BuildRequest { output, ..request(Some(cache.clone())) }, &kaniko(text)).unwrap();
    let rules = |invocation: &Invocation| invocation.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>().join("\n");

    let newest = plan_of("1.27.5", Output::Push);
    assert_eq!(newest.environment["FF_KANIKO_OCI_STAGES"], "0");
    assert!(newest.steps[0].argv.contains(&"--cache=true".to_owned()));
    assert!(newest.steps[0].argv.contains(&format!("--cache-repo={ECR}/rack-build-cache")));
    assert!(rules(&newest).contains("copied from and to it"), "{}", rules(&newest));

    let early = plan_of("1.26.0", Output::Push);
    assert!(early.environment.is_empty() && rules(&early).contains("to and from EFS"), "{early:?}");
    let flagged = plan_of("1.25.6", Output::Push);
    assert_eq!(flagged.environment["FF_KANIKO_RUN_MOUNT_CACHE"], "true");
    assert!(rules(&plan_of("1.23.2", Output::Push)).contains("ignores `RUN --mount=type=cache`"));

    let archive = Output::Archive("/tmp/image.tar".to_owned());
    let argv = |text: &str| plan_of(text, archive.clone()).steps[0].argv.clone();
    assert!(argv("1.27.5").contains(&"--tar-path=/tmp/image.tar".to_owned()) && argv("1.27.5").contains(&"--no-push".to_owned()));
    assert!(argv("1.9.0").contains(&"--tarPath=/tmp/image.tar".to_owned()));
    // Without a push, kaniko requires the cache repository.
    assert!(argv("1.27.5").contains(&format!("--cache-repo={ECR}/rack-build-cache")));

    let no_cache = plan(&BuildRequest { no_cache: true, ..request(Some(cache)) }, &kaniko("1.27.5")).unwrap();
    assert!(no_cache.steps[0].argv.contains(&"--cache-ttl=0s".to_owned()), "cached layers are not used, and new ones are written");
    assert!(!no_cache.cache_to.is_empty() && no_cache.cache_from.is_empty());

    let directory = CacheRequest { backend: Some(Backend::Local), directory: Some("/mnt/efs".to_owned()), ..CacheRequest::default() };
    let layers = plan(&request(Some(directory)), &kaniko("1.27.5")).unwrap();
    assert!(layers.steps[0].argv.contains(&"--cache-repo=oci:/mnt/efs/web.buildcache-linux-arm64".to_owned()), "{layers:?}");
}

#[test]
fn unsupported_features_and_invalid_values_are_reported_at_once() {
    let mut wrong = request(Some(CacheRequest { backend: Some(Backend::S3), ..CacheRequest::default() }));
    wrong.platforms = vec!["linux/amd64".to_owned(), "linux/arm64".to_owned(), "pdp-11".to_owned()];
    wrong.ssh = vec!["default".to_owned()];
    wrong.tags.push("Not A Tag".to_owned());
    wrong.build_args.push(BuildArg { name: String::new(), value: None });
    wrong.build_args.push(BuildArg { name: "LOG LEVEL".to_owned(), value: Some("debug".to_owned()) });
    let error = plan(&wrong, &EngineFacts::of_version(Engine::Kaniko, version("1.27.5"))).unwrap_err().to_string();
    for problem in [
        "kaniko does not support s3 caches",
        "one platform at a time",
        "does not support SSH agents",
        "invalid platform `pdp-11`",
        "Not A Tag",
        "invalid build argument name ``",
        "invalid build argument name `LOG LEVEL`",
    ] {
        assert!(error.contains(problem), "{problem:?} is missing in\n{error}");
    }
}
