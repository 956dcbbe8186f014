//! Facts about the engine that runs the build: placeholder versions, the docker command beside the Docker Engine, and existing builders.
#![allow(clippy::unwrap_used)]

use rackform::build::command::Invocation;
use rackform::build::detected_plan::{Detection, plan_detected};
use rackform::build::engine::{CommandOutput, CommandRunner, Engine, EngineFacts};
use rackform::build::request::{BuildRequest, CacheRequest, CreateBuilder, Output};

const ECR: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache";

/// Programs with prepared answers, by their arguments; any other command fails.
struct Answers<'a>(&'a [(&'a str, &'a str)]);

impl CommandRunner for Answers<'_> {
    fn run(&self, argv: &[&str]) -> CommandOutput {
        let command = argv.join(" ");
        match self.0.iter().find(|(question, _)| *question == command) {
            Some((_, answer)) => CommandOutput::Ended { success: true, stdout: (*answer).to_owned(), stderr: String::new() },
            None => CommandOutput::Ended { success: false, stdout: String::new(), stderr: format!("ERROR: no builder found: {command}") },
        }
    }
}

fn docker(client: &str, server: &str) -> String {
    format!(
        r#"{{"Client":{{"Version":"{client}","Context":"default"}},"Server":{{"Version":"{server}","GoVersion":"go1.26.1","Os":"linux","Arch":"amd64"}}}}"#
    )
}

fn node(driver: &str, status: &str, buildkit: &str) -> String {
    let version = if buildkit.is_empty() { String::new() } else { format!("BuildKit version: {buildkit}\n") };
    format!(
        "Name:   x\nDriver: {driver}\n\nNodes:\nName:     x0\nEndpoint: default\nStatus:   {status}\n{version}Platforms: linux/amd64, linux/386\n"
    )
}

fn request(cache: CacheRequest) -> BuildRequest {
    BuildRequest {
        context: "app".to_owned(),
        service: "web".to_owned(),
        tags: vec!["r.example/web:1".to_owned()],
        output: Output::Push,
        cache: Some(cache),
        ..BuildRequest::default()
    }
}

/// Plans a build with docker, whose commands give these answers, and returns the plan.
fn planned(engine: Engine, request: &BuildRequest, detection: Detection, answers: &[(&str, String)]) -> Invocation {
    let answers: Vec<(&str, &str)> = answers.iter().map(|(question, answer)| (*question, answer.as_str())).collect();
    plan_detected(request, &EngineFacts::unknown(engine), detection, &Answers(&answers)).invocation.unwrap()
}

const VERSION: &str = "docker version --format {{json .}}";
const PLUGIN: (&str, &str) = ("docker buildx version", "github.com/docker/buildx v0.29.1 0123456");
const STORE: &str = "docker info --format {{json .DriverStatus}}";
const CONTAINERD: &str = r#"[["driver-type","io.containerd.snapshotter.v1"]]"#;
const GRAPH_DRIVER: &str = r#"[["Backing Filesystem","extfs"]]"#;

fn steps(invocation: &Invocation) -> Vec<String> {
    invocation.steps.iter().map(|step| step.argv.join(" ")).collect()
}

fn has_note(invocation: &Invocation, rule: &str) -> bool {
    invocation.notes.iter().any(|note| note.rule == rule)
}

#[test]
fn a_buildkit_without_a_version_is_that_of_its_docker_engine() {
    let cache = request(CacheRequest::in_registry(ECR));
    for buildkit in ["v0.0.0+unknown", "dev", "3f1a2b4c5d", ""] {
        let build = |docker_version: &str| {
            let answers = [
                (VERSION, docker(docker_version, docker_version)),
                (PLUGIN.0, PLUGIN.1.to_owned()),
                ("docker buildx inspect default", node("docker", "running", buildkit)),
                (STORE, CONTAINERD.to_owned()),
            ];
            planned(Engine::Docker, &cache, Detection::Query, &answers)
        };
        let current = build("28.5.2+dfsg3");
        let to = &current.cache_to[0];
        assert!(to.contains(",image-manifest=true,oci-mediatypes=true,ignore-error=true"), "{buildkit}: {to}");
        assert_eq!(current.steps[0].purpose, "build the image");
        assert_eq!(has_note(&current, "unknown-version"), !buildkit.is_empty(), "{:?}", current.notes);
        // That of Docker 24 cannot write to ECR, whatever it reports.
        assert_eq!(build("24.0.9").steps[0].purpose, "create the builder");
        let unreleased = build("library-import");
        assert!(unreleased.cache_to[0].contains("image-manifest=true") && has_note(&unreleased, "unknown-version"), "{unreleased:?}");
    }
}

#[test]
fn the_command_and_the_engine_are_judged_by_their_own_versions() {
    let cache = request(CacheRequest::in_registry("r.example/cache"));
    let build = |client: &str, server: &str, has_plugin: bool| {
        let mut answers = vec![(VERSION, docker(client, server)), (STORE, CONTAINERD.to_owned())];
        if has_plugin {
            answers.extend([(PLUGIN.0, PLUGIN.1.to_owned()), ("docker buildx inspect default", node("docker", "running", "v0.25.2"))]);
        }
        let answers: Vec<(&str, &str)> = answers.iter().map(|(question, answer)| (*question, answer.as_str())).collect();
        struct WithoutPlugin<'a>(Answers<'a>);
        impl CommandRunner for WithoutPlugin<'_> {
            fn run(&self, argv: &[&str]) -> CommandOutput {
                if argv.join(" ") == PLUGIN.0 && !self.0.0.iter().any(|(question, _)| *question == PLUGIN.0) {
                    let stderr = "docker: unknown command: docker buildx".to_owned();
                    return CommandOutput::Ended { success: false, stdout: String::new(), stderr };
                }
                self.0.run(argv)
            }
        }
        plan_detected(&cache, &EngineFacts::unknown(Engine::Docker), Detection::Query, &WithoutPlugin(Answers(&answers)))
            .invocation
            .unwrap()
    };
    // A current command has no BuildKit without the plugin, also for an old engine.
    assert_eq!(build("28.5.2", "20.10.24", false).environment["DOCKER_BUILDKIT"], "0");
    // An old command has its own BuildKit client, but no options for caches.
    let old = build("20.10.24", "28.5.2", false);
    assert_eq!(old.environment["DOCKER_BUILDKIT"], "1");
    assert!(old.cache_to.is_empty() && has_note(&old, "docker-too-old"), "{old:?}");
    assert!(build("20.10.24", "28.5.2", true).cache_to.is_empty());
    assert!(!build("28.5.2", "28.5.2", true).cache_to.is_empty());
}

/// Answers of a Docker Engine whose own builder cannot export caches, with a builder named `rackform`.
fn with_builder(inspected: String) -> Vec<(&'static str, String)> {
    vec![
        (VERSION, docker("28.5.2", "28.5.2")),
        (PLUGIN.0, PLUGIN.1.to_owned()),
        ("docker buildx inspect default", node("docker", "running", "v0.25.2")),
        (STORE, GRAPH_DRIVER.to_owned()),
        ("docker buildx inspect rackform", inspected),
    ]
}

#[test]
fn the_existing_builder_is_the_engine_whose_arguments_are_chosen() {
    let elsewhere = request(CacheRequest::in_registry("r.example/cache"));
    let old = planned(Engine::Docker, &elsewhere, Detection::Query, &with_builder(node("docker-container", "running", "v0.11.6")));
    assert!(!old.cache_to[0].contains("image-manifest") && old.cache_to[0].contains("ignore-error=true"), "{:?}", old.cache_to);
    let current = planned(Engine::Docker, &elsewhere, Detection::Query, &with_builder(node("docker-container", "running", "v0.25.2")));
    assert!(current.cache_to[0].contains("image-manifest=true"), "{:?}", current.cache_to);
    assert!(!steps(&current).iter().any(|step| step.contains("buildx rm")), "{current:?}");
}

#[test]
fn an_own_builder_that_is_too_old_or_broken_is_created_again() {
    let ecr = request(CacheRequest::in_registry(ECR));
    let broken = node("docker-container", "running", "").replace("Status:   running", "Error:    no such context");
    for inspected in [node("docker-container", "running", "v0.11.6"), broken] {
        let again = planned(Engine::Docker, &ecr, Detection::Query, &with_builder(inspected.clone()));
        assert_eq!(
            steps(&again)[..2],
            ["docker buildx rm rackform", "docker buildx create --name=rackform --bootstrap --driver=docker-container"],
            "{again:?}"
        );
        assert!(again.cache_to[0].contains("image-manifest=true") && has_note(&again, "builder-recreated"), "{again:?}");
        // A builder of another name may be used for other purposes: a note says how to replace it.
        let mut named = ecr.clone();
        named.builder.name = "ci".to_owned();
        let mut answers = with_builder(inspected);
        answers.last_mut().unwrap().0 = "docker buildx inspect ci";
        let kept = planned(Engine::Docker, &named, Detection::Query, &answers);
        assert!(!steps(&kept).iter().any(|step| step.contains("buildx rm")), "{kept:?}");
        let about = kept.notes.iter().find(|note| note.rule == "builder-too-old" || note.rule == "builder-broken").unwrap();
        assert!(rackform::ui::build::hints::command(about.hint.as_ref().unwrap()).contains("docker buildx rm ci"), "{about:?}");
        if has_note(&kept, "builder-too-old") {
            assert!(kept.cache_to.is_empty() && has_note(&kept, "ecr-cache"), "ECR would reject the cache: {kept:?}");
        }
    }
}

#[test]
fn a_builder_that_does_not_run_is_started_before_the_arguments_are_chosen() {
    let ecr = request(CacheRequest::in_registry(ECR));
    let mut answers = with_builder(node("docker-container", "stopped", ""));
    let shown = planned(Engine::Docker, &ecr, Detection::Query, &answers);
    assert!(has_note(&shown, "builder-inactive"), "{shown:?}");
    answers.push(("docker buildx inspect --bootstrap rackform", node("docker-container", "running", "v0.11.6")));
    let run = planned(Engine::Docker, &ecr, Detection::Start, &answers);
    assert_eq!(steps(&run)[0], "docker buildx rm rackform", "{run:?}");
    // One that cannot be started is half-created.
    answers.pop();
    let half = planned(Engine::Docker, &ecr, Detection::Start, &answers);
    assert!(has_note(&half, "builder-recreated"), "{half:?}");
}

#[test]
fn the_selected_builder_is_inspected_node_by_node() {
    let nodes = format!("{}\nName: x1\nEndpoint: b\nStatus: running\nBuildKit version: v0.11.6\n", node("remote", "running", "v0.25.2"));
    let answers = [(VERSION, docker("28.5.2", "28.5.2")), (PLUGIN.0, PLUGIN.1.to_owned()), ("docker buildx inspect", nodes)];
    let build = planned(Engine::Buildx, &request(CacheRequest::in_registry(ECR)), Detection::Query, &answers);
    assert!(build.cache_to.is_empty() && has_note(&build, "builder-too-old") && has_note(&build, "ecr-cache"), "{build:?}");
}

#[test]
fn a_new_builder_has_the_buildkit_of_its_image() {
    let mut old = request(CacheRequest::in_registry("r.example/cache"));
    old.builder.create = CreateBuilder::Always;
    old.builder.options = vec!["network=host,image=moby/buildkit:v0.11.6".to_owned()];
    let mut answers = with_builder(String::new());
    answers.pop();
    let build = planned(Engine::Docker, &old, Detection::Query, &answers);
    assert!(!build.cache_to[0].contains("image-manifest"), "{:?}", build.cache_to);
    let daemonless = BuildRequest { buildkit_image: Some("moby/buildkit:v0.11.6".to_owned()), context: "/app".to_owned(), ..old };
    let build = planned(Engine::BuildctlDaemonless, &daemonless, Detection::None, &[]);
    assert!(!build.cache_to[0].contains("image-manifest"), "{:?}", build.cache_to);
}

#[test]
fn the_platform_of_the_builder_is_in_the_name_of_the_cache() {
    let cache = request(CacheRequest::in_registry("r.example/cache"));
    let build = |arch: &str, engine: Engine, platforms: &[&str]| {
        let request = BuildRequest { platforms: platforms.iter().map(|platform| (*platform).to_owned()).collect(), ..cache.clone() };
        let facts = EngineFacts { platform: Some(format!("linux/{arch}")), ..EngineFacts::unknown(engine) };
        let planned = plan_detected(&request, &facts, Detection::None, &Answers(&[])).invocation.unwrap();
        let tag = planned.cache_to[0].split_once("ref=r.example/cache:").unwrap().1.split(',').next().unwrap().to_owned();
        (tag, planned.cache_from.len())
    };
    assert_eq!(build("x86_64", Engine::Buildctl, &[]), ("web.buildcache".to_owned(), 1));
    assert_eq!(build("aarch64", Engine::Buildctl, &[]), ("web.buildcache-linux-arm64".to_owned(), 2));
    assert_eq!(build("amd64", Engine::Buildctl, &["linux/386"]), ("web.buildcache-linux-386".to_owned(), 2));
    let several = build("amd64", Engine::Buildctl, &["linux/arm64", "linux/amd64"]);
    assert_eq!(several, ("web.buildcache-linux-amd64_linux-arm64".to_owned(), 4), "one cache for one build");
}

#[test]
fn without_a_report_the_platform_of_the_machine_is_in_the_name_of_the_cache() {
    let cache = request(CacheRequest::in_registry("r.example/cache"));
    let tag = |facts: EngineFacts, request: &BuildRequest| {
        let facts = EngineFacts { host_platform: Some("linux/aarch64".to_owned()), ..facts };
        let planned = plan_detected(request, &facts, Detection::None, &Answers(&[])).invocation.unwrap();
        planned.cache_to[0].split_once("ref=r.example/cache:").unwrap().1.split(',').next().unwrap().to_owned()
    };
    let unknown = || EngineFacts::unknown(Engine::Buildctl);
    assert_eq!(tag(unknown(), &cache), "web.buildcache-linux-arm64");
    let other = EngineFacts { platform: Some("linux/amd64".to_owned()), ..unknown() };
    assert_eq!(tag(other, &cache), "web.buildcache", "the engine's own platform takes precedence");
    let named = BuildRequest { platforms: vec!["linux/386".to_owned()], ..cache.clone() };
    assert_eq!(tag(unknown(), &named), "web.buildcache-linux-386");
    assert!(cache.names_cache_by_platform(Engine::Buildx) && !named.names_cache_by_platform(Engine::Buildx));
    assert!(!cache.names_cache_by_platform(Engine::Kaniko), "kaniko's layers in a registry have no name");
}

#[test]
fn a_platform_that_an_option_states_is_not_replaced_by_a_builders() {
    let cache = request(CacheRequest::in_registry("r.example/cache"));
    let facts = EngineFacts { platform: Some("linux/arm64".to_owned()), ..EngineFacts::unknown(Engine::Docker) };
    let answers = [
        (VERSION, docker("25.0.3", "25.0.3")),
        (PLUGIN.0, PLUGIN.1.to_owned()),
        ("docker buildx inspect default", node("docker", "running", "v0.12.5")),
        (STORE, GRAPH_DRIVER.to_owned()),
        ("docker buildx inspect rackform", node("docker-container", "running", "v0.29.0")),
    ];
    let answers: Vec<(&str, &str)> = answers.iter().map(|(question, answer)| (*question, answer.as_str())).collect();
    let planned = plan_detected(&cache, &facts, Detection::Query, &Answers(&answers)).invocation.unwrap();
    assert!(steps(&planned).concat().contains("builder=rackform"), "{planned:?}");
    assert!(planned.cache_to[0].contains("web.buildcache-linux-arm64"), "{planned:?}");
}

/// Answers each of two commands only after both were asked.
struct Meeting {
    asked: std::sync::Mutex<Vec<String>>,
    both: std::sync::Barrier,
}

impl CommandRunner for Meeting {
    fn run(&self, argv: &[&str]) -> CommandOutput {
        let command = argv.join(" ");
        self.asked.lock().unwrap().push(command.clone());
        self.both.wait();
        let stdout = match command.as_str() {
            VERSION => docker("28.5.2", "28.5.2"),
            "docker buildx version" => PLUGIN.1.to_owned(),
            "docker buildx inspect default" => node("docker", "running", "v0.25.2"),
            STORE => CONTAINERD.to_owned(),
            _ => String::new(),
        };
        CommandOutput::Ended { success: true, stdout, stderr: String::new() }
    }
}

#[test]
fn commands_that_do_not_depend_on_each_other_run_at_the_same_time() {
    let programs = Meeting { asked: std::sync::Mutex::default(), both: std::sync::Barrier::new(2) };
    let request = request(CacheRequest::in_registry(ECR.to_owned()));
    // A command that ran alone would wait forever.
    let planned = plan_detected(&request, &EngineFacts::unknown(Engine::Docker), Detection::Query, &programs);
    assert_eq!(programs.asked.lock().unwrap().len(), 4, "{:?}", planned.warnings);
    assert!(planned.facts.version.is_some() && planned.facts.driver.is_some() && planned.facts.image_store.is_some());
}
