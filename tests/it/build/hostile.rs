//! Hostile input: names arrive unchanged, are never executed by a shell, and two names never share a cache.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use proptest::prelude::*;
use rackform::build::cache::{Attributes, ImageRef, TAG_LIMIT, branch_cache_tag, cache_tag};
use rackform::build::command::{plan, shell, shell_word};
use rackform::build::engine::{Buildx, Engine, EngineFacts, ImageStore, Version};
use rackform::build::request::{BuildArg, BuildRequest, CacheRequest, Output, S3Cache};

use super::flags;

/// Returns strings that an attacker or an accident may produce, without NUL, which no argument can contain.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("$(touch pwned)".to_owned()),
        Just("`touch pwned`".to_owned()),
        Just("; touch pwned;".to_owned()),
        Just("'\"'".to_owned()),
        Just("\n--push\n".to_owned()),
        Just("--".to_owned()),
        Just("-f".to_owned()),
        Just(",type=local".to_owned()),
        Just("=".to_owned()),
        Just("~ !%*?[a]{b}<c>|&\\".to_owned()),
        "[a-z0-9._-]{1,8}",
        "[^\u{0}]{1,6}",
    ];
    prop::collection::vec(pieces, 1..5).prop_map(|pieces| pieces.concat())
}

fn facts(engine: Engine, version: &str) -> EngineFacts {
    let version: Version = version.parse().unwrap();
    EngineFacts { buildx: Buildx::Present(None), image_store: Some(ImageStore::Containerd), ..EngineFacts::of_version(engine, version) }
}

/// Returns the arguments that a shell passes for a command line, with functions in place of the engines.
fn arguments_from_shell(text: &str) -> Vec<String> {
    let script = format!("docker() {{ printf '%s\\0' docker \"$@\"; }}\nbuildah() {{ printf '%s\\0' buildah \"$@\"; }}\n{text}");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shell_passes_exactly_the_planned_arguments(context in hostile(), value in hostile(), service in hostile(), target in hostile(), label in hostile()) {
        let request = BuildRequest {
            context: context.clone(),
            target: Some(target.clone()),
            build_args: vec![BuildArg { name: "VALUE".to_owned(), value: Some(value.clone()) }],
            labels: vec![("label".to_owned(), label)],
            tags: vec!["registry.example.com/web:1".to_owned()],
            output: Output::Push,
            service,
            cache: Some(CacheRequest::in_registry("registry.example.com/cache")),
            ..BuildRequest::default()
        };
        for (engine, version) in [(Engine::Docker, "25.0.3"), (Engine::Buildah, "1.28.2")] {
            if context == "-" {
                prop_assert!(plan(&request, &facts(engine, version)).is_err(), "standard input is not a directory");
                continue;
            }
            let invocation = plan(&request, &facts(engine, version)).unwrap();
            let argvs: Vec<String> = invocation.steps.iter().flat_map(|step| step.argv.clone()).collect();
            let text = shell(&invocation).unwrap();
            prop_assert_eq!(&arguments_from_shell(&text), &argvs);
            let lines: Vec<String> = invocation.steps.iter().map(|step| step.argv.iter().map(|word| shell_word(word).unwrap()).collect::<Vec<_>>().join(" ")).collect();
            prop_assert_eq!(shlex::split(&lines.join(" ")).unwrap(), argvs.clone());
            for step in &invocation.steps {
                let checked = flags::of(engine, &version.parse().unwrap(), true).check(&step.argv, Some(&Version::new(0, 12, 0)));
                prop_assert_eq!(checked, Ok(()));
            }
            let given = format!("VALUE={}", value);
            prop_assert!(argvs.contains(&given) && argvs.contains(&target));
            let last = invocation.steps[0].argv.last().unwrap();
            prop_assert!(!last.starts_with('-') && last.trim_start_matches("./").ends_with(context.trim_start_matches("./")));
        }
    }

    #[test]
    fn each_service_has_a_valid_tag_that_no_other_service_has(one in hostile(), other in hostile(), branch in hostile()) {
        let is_valid = |tag: &str| format!("registry.example.com/cache:{tag}").parse::<ImageRef>().is_ok() && tag.len() <= TAG_LIMIT;
        prop_assert!(is_valid(&cache_tag(&one)), "{}", cache_tag(&one));
        prop_assert!(is_valid(&branch_cache_tag(&one, &branch)));
        prop_assert!(cache_tag(&one).ends_with(".buildcache"));
        if one != other {
            prop_assert_ne!(cache_tag(&one), cache_tag(&other));
            prop_assert_ne!(branch_cache_tag(&one, &branch), branch_cache_tag(&other, &branch));
            prop_assert_ne!(branch_cache_tag(&branch, &one), branch_cache_tag(&branch, &other));
        }
        prop_assert_ne!(branch_cache_tag(&one, &branch), cache_tag(&other));
        // The tag of one service is not the tag of another service whose name is that tag.
        prop_assert_ne!(cache_tag(cache_tag(&one).trim_end_matches(".buildcache")), if cache_tag(&one) == format!("{one}.buildcache") { String::new() } else { cache_tag(&one) });
    }

    #[test]
    fn parsing_written_attributes_gives_the_same_attributes(names in prop::collection::vec("[a-z_.-]{1,8}", 1..4), values in prop::collection::vec(hostile(), 4)) {
        let mut attributes = Attributes::of_type("s3");
        for (name, value) in names.iter().zip(&values) {
            attributes = attributes.with(name, value);
        }
        prop_assert_eq!(Attributes::parse(&attributes.to_string()).unwrap(), attributes);
    }
}

#[test]
fn a_comma_in_an_attribute_is_quoted() {
    let s3 = S3Cache {
        region: Some("us-west-2".to_owned()),
        bucket: Some("b".to_owned()),
        prefix: Some("a,mode=min".to_owned()),
        ..S3Cache::default()
    };
    let cache = CacheRequest { backend: Some(rackform::build::cache::Backend::S3), s3, ..CacheRequest::default() };
    let request = BuildRequest { context: ".".to_owned(), cache: Some(cache), ..BuildRequest::default() };
    let invocation = plan(&request, &facts(Engine::Buildctl, "0.16.0")).unwrap();
    assert_eq!(invocation.cache_to, ["type=s3,region=us-west-2,bucket=b,\"prefix=a,mode=min\",mode=max,ignore-error=true"]);
    assert_eq!(Attributes::parse(&invocation.cache_to[0]).unwrap().get("prefix"), Some("a,mode=min"));
}

#[test]
fn all_invalid_names_are_reported_at_once() {
    let request = BuildRequest {
        context: "a\0b".to_owned(),
        dockerfile: Some(String::new()),
        tags: vec!["registry.example.com/web:$(id)".to_owned(), "acme/UPPER".to_owned()],
        output: Output::Push,
        service: "c\0d".to_owned(),
        build_args: vec![BuildArg { name: "A".to_owned(), value: Some("\0".to_owned()) }],
        ..BuildRequest::default()
    };
    let error = plan(&request, &facts(Engine::Buildx, "25.0.3")).unwrap_err().to_string();
    for problem in [
        "the directory contains a NUL",
        "the service contains a NUL",
        "a build argument contains a NUL",
        "the Dockerfile is empty",
        "web:$(id)",
        "acme/UPPER",
    ] {
        assert!(error.contains(problem), "{problem:?} is missing in\n{error}");
    }
}

#[test]
fn a_cache_reference_equal_to_the_image_is_refused_in_every_spelling() {
    let refused = |tag: &str, reference: &str| {
        let cache = CacheRequest { reference: Some(reference.to_owned()), ..CacheRequest::in_registry("unused") };
        let request = BuildRequest { context: ".".to_owned(), tags: vec![tag.to_owned()], cache: Some(cache), ..BuildRequest::default() };
        plan(&request, &facts(Engine::Buildx, "25.0.3")).is_err_and(|problems| problems.to_string().contains("would overwrite the image"))
    };
    // Each pair is two spellings of one image.
    for (tag, reference) in [
        ("registry.example.com/web:1", "registry.example.com/web:1"),
        ("web", "docker.io/library/web:latest"),
        ("docker.io/web:latest", "web"),
        ("index.docker.io/acme/web", "acme/web:latest"),
        ("Registry.example.com/web:1", "registry.example.com/web:1"),
    ] {
        assert!(refused(tag, reference), "{tag} {reference}");
    }
    for (tag, reference) in [("web:1", "web:2"), ("web", "acme/web"), ("registry.example.com/web", "web"), ("web:1", "web")] {
        assert!(!refused(tag, reference), "{tag} {reference}");
    }
}
