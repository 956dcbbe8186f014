//! Tests of `rackform build recipe`.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rackform::build::Engine;
use rackform::build::recipe::{Options, Provider, recipe};
use serde_json::Value as Json;

use crate::program::Bench;

fn yaml(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap()
}

/// Returns all recipes: each provider with each engine, with and without a container.
fn all() -> Vec<(Provider, Options, String)> {
    let mut all = Vec::new();
    for provider in Provider::ALL {
        for engine in [Engine::Docker, Engine::Buildx, Engine::Buildah] {
            for container in [None, Some("registry.example.com/ci:1".to_owned())] {
                for s3_bucket in [None, Some("layers".to_owned())] {
                    let options = Options { engine: Some(engine), container: container.clone(), s3_bucket, ..Options::default() };
                    if let Ok(recipe) = recipe(provider, &options) {
                        all.push((provider, options, recipe.text));
                    }
                }
            }
        }
    }
    assert_eq!(all.len(), 59, "only buildah on GitLab without a container, and with a bucket, has no recipe");
    all
}

#[test]
fn the_documentation_contains_each_rendered_recipe() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut updated = String::new();
    let mut rest = page.as_str();
    let mut shown = Vec::new();
    while let Some((before, after)) = rest.split_once("<!-- recipe: ") {
        let (name, after) = after.split_once(" -->\n```yaml\n").unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        let (provider, options) = match name.strip_suffix(" s3") {
            Some(provider) => (provider, Options { s3_bucket: Some("acme-build-cache".to_owned()), ..Options::default() }),
            None => (name, Options::default()),
        };
        let rendered = recipe(provider.parse().unwrap(), &options).unwrap().text;
        updated.push_str(&format!("{before}<!-- recipe: {name} -->\n```yaml\n{rendered}```\n"));
        shown.push(name.to_owned());
        rest = after;
    }
    updated.push_str(rest);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &updated).unwrap();
    } else {
        assert!(page == updated, "docs/recipes.md is not up to date; run this test with UPDATE_DOCS=1");
    }
    let with_bucket = shown.iter().filter(|name| name.ends_with(" s3")).count();
    shown.retain(|name| !name.ends_with(" s3"));
    assert_eq!(shown, Provider::ALL.map(Provider::name));
    assert_eq!(with_bucket, 2, "GitHub Actions and GitLab CI");
}

#[test]
fn recipes_satisfy_their_providers_schemas() {
    let Some(program) = std::env::var_os("RACKFORM_CHECK_JSONSCHEMA") else {
        eprintln!("skipped: no check-jsonschema (set RACKFORM_CHECK_JSONSCHEMA)");
        return;
    };
    let bench = Bench::new();
    for (index, (provider, _, text)) in all().into_iter().enumerate() {
        let schema = match provider {
            Provider::GithubActions => "github-workflows",
            Provider::GitlabCi => "gitlab-ci",
            Provider::Buildkite => "buildkite",
            Provider::Circleci => "circle-ci",
            // No schema is built in; `codebuild_recipes_have_only_known_keys` checks the keys.
            Provider::Codebuild => continue,
            Provider::TravisCi => "travis",
        };
        let name = format!("{index}.yml");
        bench.file(&name, &text);
        let mut command = Command::new(&program);
        command.current_dir(bench.path()).args(["--builtin-schema", &format!("vendor.{schema}"), &name]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{provider}\n{text}\n{}", String::from_utf8_lossy(&output.stdout));
        // The schema rejects an unknown key, so the check is effective.
        if !matches!(provider, Provider::GitlabCi | Provider::Buildkite | Provider::TravisCi) {
            bench.file(&name, text.replacen("  build:", "  build: 1\n  other:", 1));
            assert!(!command.output().unwrap().status.success(), "the schema of {provider} accepts unknown keys");
        }
    }
}

/// Source: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html>
#[test]
fn codebuild_recipes_have_only_known_keys() {
    for (provider, _, text) in all() {
        if provider != Provider::Codebuild {
            continue;
        }
        let spec = yaml(&text);
        let keys = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(spec["version"].as_f64(), Some(0.2));
        assert_eq!(keys(&spec), ["version", "env", "phases"]);
        assert_eq!(keys(&spec["env"]), ["shell", "variables"]);
        assert_eq!(keys(&spec["phases"]["build"]), ["on-failure", "commands"]);
        assert!(spec["env"]["variables"].as_object().unwrap().values().all(Json::is_string), "{text}");
    }
}

#[test]
fn versions_are_pinned_and_recipes_contain_no_secret() {
    for (provider, _, text) in all() {
        assert!(!text.contains("latest") && !text.contains("@main") && !text.contains("@master"), "{provider}\n{text}");
        for word in ["secrets.", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "--password "] {
            assert!(!text.contains(word), "{provider}\n{text}");
        }
    }
}

/// Values that would break out of a line, a quote, a shell or a template.
const HOSTILE: [&str; 16] = [
    "it's",
    "a \"b\"",
    "a: b",
    "a #b",
    "${{ secrets.TOKEN }}",
    "$(touch broken)",
    "`touch broken`",
    "$HOME ${HOME}",
    "<< pipeline.id >>",
    "a\nb: c",
    "-rf",
    "--exec",
    "*",
    "no",
    "{{ d }}{% x %}",
    "\\",
];

/// Returns a value as the provider passes it to the shell, with each escaped expression replaced by U+0001.
fn unescape(provider: Provider, text: &str) -> String {
    match provider {
        Provider::GithubActions => text.replace("${{ '${{' }}", "\u{1}"),
        Provider::GitlabCi | Provider::Buildkite => text.replace("$$", "\u{1}"),
        Provider::Circleci => text.replace("\\<<", "\u{1}"),
        Provider::Codebuild | Provider::TravisCi => text.to_owned(),
    }
}

/// Returns the variables and the script of a recipe's build step as the shell gets them.
pub fn step(provider: Provider, text: &str) -> (Vec<(String, String)>, String) {
    let file = yaml(text);
    if provider == Provider::TravisCi {
        let variables = file["env"]["global"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().split_once('=').unwrap());
        let script = file["script"][0].as_str().unwrap().to_owned();
        return (variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), script);
    }
    let (variables, script) = match provider {
        Provider::GithubActions => (&file["jobs"]["build"]["steps"][2]["env"], &file["jobs"]["build"]["steps"][2]["run"]),
        Provider::GitlabCi => (&file["build"]["variables"], &file["build"]["script"][0]),
        Provider::Buildkite => (&file["steps"][0]["env"], &file["steps"][0]["command"]),
        Provider::Circleci => (&file["jobs"]["build"]["environment"], &file["jobs"]["build"]["steps"][1]["run"]["command"]),
        Provider::Codebuild => (&file["env"]["variables"], &file["phases"]["build"]["commands"][0]),
        Provider::TravisCi => unreachable!(),
    };
    let sign = if provider == Provider::GithubActions {
        "${{"
    } else if provider == Provider::Circleci {
        "<<"
    } else {
        "$"
    };
    let literal = |text: &str| {
        let text = unescape(provider, text);
        assert!(provider == Provider::Codebuild || !text.contains(sign), "{provider} would expand an expression: {text}");
        text.replace('\u{1}', sign)
    };
    let variables = variables.as_object().unwrap();
    let variables = variables.iter().map(|(name, value)| (name.clone(), literal(value.as_str().unwrap()))).collect();
    let script = script.as_str().unwrap();
    let script = if provider == Provider::Buildkite { unescape(provider, script).replace('\u{1}', "$") } else { script.to_owned() };
    (variables, script)
}

/// Runs the build step of a recipe with fake programs. Returns the arguments of rackform, and the calls of the other programs.
fn run(provider: Provider, text: &str) -> (Vec<String>, String) {
    let bench = Bench::new();
    for (name, script) in [
        ("aws", "#!/bin/sh\necho the-password\necho aws \"$@\" >> calls\n"),
        ("docker", "#!/bin/sh\ncat > /dev/null\necho docker \"$@\" >> calls\n"),
        ("rackform", "#!/bin/sh\nfor argument in \"$@\"; do printf '%s\\0' \"$argument\"; done > arguments\n"),
    ] {
        bench.file(&format!("bin/{name}"), script);
        std::fs::set_permissions(bench.path().join("bin").join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let (variables, script) = step(provider, text);
    let path = format!("{}:{}", bench.path().join("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.current_dir(bench.path()).env_clear().args(["-eo", "pipefail", "-c", &script]).envs(variables).env("PATH", path);
    for name in ["GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "CODEBUILD_RESOLVED_SOURCE_VERSION", "TRAVIS_COMMIT"] {
        command.env(name, "0123abc");
    }
    command.env("AWS_ID_TOKEN", "the-token").env("CIRCLE_OIDC_TOKEN_V2", "the-token").env("AWS_REGION", "eu-west-1");
    command.env("AWS_WEB_IDENTITY_TOKEN_FILE", bench.path().join("token")).env("HOME", bench.path());
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{provider}\n{text}\n{output:?}");
    assert!(!bench.path().join("broken").exists(), "{provider}\n{text}");
    if matches!(provider, Provider::GitlabCi | Provider::Circleci) {
        let metadata = std::fs::metadata(bench.path().join("token")).unwrap();
        assert_eq!((bench.read("token").as_str(), metadata.permissions().mode() & 0o777), ("the-token", 0o600));
    }
    let calls = std::fs::read_to_string(bench.path().join("calls")).unwrap_or_default();
    (bench.read("arguments").split_terminator('\0').map(str::to_owned).collect(), calls)
}

#[test]
fn the_build_step_uses_the_racks_cache_and_passes_no_secret_as_an_argument() {
    for provider in Provider::ALL {
        let text = recipe(provider, &Options::default()).unwrap().text;
        let (arguments, calls) = run(provider, &text);
        let cache = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
        let expected = [
            "build",
            "command",
            "--exec",
            "--engine",
            "buildx",
            "--push",
            &format!("--tag={cache}/web:0123abc"),
            &format!("--repository={cache}/rack-build-cache"),
            "--service=web",
            "--",
            ".",
        ];
        assert_eq!(arguments, expected, "{provider}");
        assert!(calls.contains(&format!("docker login --username AWS --password-stdin {cache}\n")), "{calls}");
        assert!(!calls.contains("the-password") && !calls.contains("the-token"), "{calls}");
    }
}

#[test]
fn the_build_step_logs_in_to_each_ecr_registry_in_its_region() {
    let calls = |repository: &str, image: &str| {
        let options = Options { repository: Some(repository.to_owned()), image: Some(image.to_owned()), ..Options::default() };
        run(Provider::Buildkite, &recipe(Provider::Buildkite, &options).unwrap().text).1
    };
    let (west, east) = ("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "111122223333.dkr.ecr.us-east-1.amazonaws.com");
    let login = |region: &str, host: &str| {
        format!("aws ecr get-login-password --region {region}\ndocker login --username AWS --password-stdin {host}\n")
    };
    let both = login("eu-west-1", west) + &login("us-east-1", east);
    // Both commands of a pipe start at the same time, so the order of the calls varies.
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&calls(&format!("{west}/cache"), &format!("{east}/web"))), sorted(&both));
    assert_eq!(sorted(&calls(&format!("{west}/cache"), &format!("{west}/web"))), sorted(&login("eu-west-1", west)));
    assert_eq!(calls("registry.example.com/cache", "ghcr.io/acme/web"), "");
    assert_eq!(calls("111122223333.dkr.ecr.$(id).amazonaws.com/cache", "ghcr.io/acme/web"), "");
}

#[test]
fn hostile_values_reach_the_build_unchanged() {
    for provider in Provider::ALL {
        for value in HOSTILE {
            let hostile = Some(value.to_owned());
            let options = Options {
                role_arn: hostile.clone(),
                region: hostile.clone(),
                repository: Some(format!("r/{value}")),
                image: Some(format!("i/{value}")),
                service: hostile.clone(),
                directory: hostile.clone(),
                container: hostile.clone(),
                engine: None,
                s3_bucket: None,
                s3_prefix: None,
            };
            if provider == Provider::TravisCi && recipe(provider, &options).is_err() {
                continue;
            }
            let text = recipe(provider, &options).unwrap().text;
            let (arguments, _) = run(provider, &text);
            assert_eq!(
                arguments[7..],
                [format!("--repository=r/{value}"), format!("--service={value}"), "--".to_owned(), value.to_owned()],
                "{text}"
            );
            assert_eq!(arguments[6], format!("--tag=i/{value}:0123abc"), "{text}");
        }
    }
}

#[test]
fn values_that_travis_would_evaluate_are_refused() {
    for value in HOSTILE.iter().filter(|value| value.contains(['\'', '"', '$', '`', ' ', '\n', '*', '\\', '<'])) {
        let options = Options { service: Some((*value).to_owned()), ..Options::default() };
        assert!(recipe(Provider::TravisCi, &options).is_err(), "{value}");
    }
}

#[test]
fn a_missing_rackform_is_downloaded_and_its_digest_is_checked() {
    let text = recipe(Provider::Circleci, &Options::default()).unwrap().text;
    let (variables, script) = step(Provider::Circleci, &text);
    let bench = Bench::new();
    let program = "#!/bin/sh\necho \"$@\" > called\n";
    bench
        .file("program", program)
        .file("bin/curl", "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; url=$1; shift; done\ncp \"$url\" \"$out\"\n");
    for name in ["aws", "docker"] {
        bench.file(&format!("bin/{name}"), "#!/bin/sh\nexit 0\n");
    }
    for name in ["aws", "docker", "curl"] {
        std::fs::set_permissions(bench.path().join("bin").join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let run = |digest: &str| {
        let mut command = Command::new("bash");
        command.current_dir(bench.path()).env_clear().args(["-eo", "pipefail", "-c", &script]).envs(variables.clone());
        command.env("PATH", format!("{}:/usr/bin:/bin", bench.path().join("bin").display())).env("HOME", bench.path());
        command.env("RACKFORM_URL", bench.path().join("program")).env("RACKFORM_SHA256", digest).env("CIRCLE_SHA1", "0123abc");
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", bench.path().join("token")).output().unwrap().status.success()
    };
    assert!(!run(&"0".repeat(64)) && !bench.path().join("called").exists(), "another digest is refused");
    std::fs::remove_file(bench.path().join(".local/bin/rackform")).unwrap();
    assert!(run(&rackform::text::sha256_hex(program)), "{script}");
    assert!(bench.read("called").starts_with("build command --exec "));
}

#[test]
fn a_recipe_with_a_bucket_has_no_cache_repository() {
    let bench = Bench::new();
    bench.file("rack.yaml", "build:\n  cache: s3\n  s3_bucket: layers\n  s3_region: eu-west-1\n  s3_prefix: acme/\n");
    for provider in Provider::ALL {
        let run = bench.run(&format!("build recipe {provider} --image registry.example.com/web --service web"));
        assert_eq!(run.code, 0, "{run}");
        let (arguments, calls) = self::run(provider, &run.stdout);
        let cache = ["--cache=s3", "--s3-bucket=layers", "--s3-region=eu-west-1", "--s3-prefix=acme/", "--service=web", "--", "."];
        assert_eq!(arguments[7..], cache, "{run}");
        assert!(!run.stdout.contains("RACK_CACHE") && !calls.contains("login"), "{run}");
    }
    let buildah = bench.run("build recipe github-actions --engine buildah");
    assert!(buildah.code == 64 && buildah.stderr.contains("buildah does not support caches in S3"), "{buildah}");
}

#[test]
fn build_command_accepts_the_flags_of_a_recipe() {
    // Without `--exec`, `build command` prints the engine's command.
    let run = Bench::new().run(
        "build command --engine docker --engine-version 25.0.3 --push --tag=registry.example.com/web:1 --repository=registry.example.com/cache --service=web -- .",
    );
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("registry.example.com/cache:web.buildcache"), "{run}");
}

#[test]
fn example_values_are_reported_and_rack_yaml_replaces_them() {
    let bench = Bench::new();
    let run = bench.run("build recipe codebuild --service api");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "the recipe contains example values; set your own with --repository, --image\n"),
        "{run}"
    );
    bench.file("rack.yaml", "name: prod\nregion: eu-west-1\naccount: \"111122223333\"\nrole_arn: arn:aws:iam::111122223333:role/ci\n");
    let run = bench.run("build recipe buildkite --service api --image registry.example.com/api");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    for value in
        ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/prod-build-cache", "AWS_REGION: eu-west-1", "arn:aws:iam::111122223333:role/ci"]
    {
        assert!(run.stdout.contains(value), "{run}");
    }
    bench.file("rack.yaml", "region: eu-west-1\nbuild:\n  engine: docker\n  service: api\n  repository: registry.example.com/cache\n");
    let run = bench.run("build recipe codebuild --image registry.example.com/api");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    for value in ["RACK_CACHE: registry.example.com/cache", "RACK_SERVICE: api", "--engine docker"] {
        assert!(run.stdout.contains(value), "{run}");
    }
    let run = bench.run("build recipe github-actions --region us-west-2 --role-arn arn:aws:iam::1:role/x");
    assert!(run.stdout.contains("aws-region: us-west-2") && run.stdout.contains("role-to-assume: arn:aws:iam::1:role/x"), "{run}");
}

#[test]
fn a_recipe_is_written_to_a_file_and_compared_with_it() {
    let bench = Bench::new();
    assert_eq!(bench.run("build recipe circleci --service api -o config.yml").code, 0);
    assert_eq!(bench.run("build recipe circleci --service api --check config.yml").code, 0);
    let run = bench.run("build recipe circleci --service web --check config.yml");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.contains("-      RACK_SERVICE: api\n+      RACK_SERVICE: web\n"), "{run}");
    assert!(bench.read("config.yml").contains("RACK_SERVICE: api"), "`--check` writes nothing");
}

#[test]
fn unsupported_recipes_are_refused_with_a_hint() {
    let bench = Bench::new();
    for (arguments, message) in [
        ("build recipe githb-actions", "did you mean `github-actions`?"),
        ("build recipe jenkins", "expected one of github-actions, gitlab-ci, buildkite, circleci, codebuild"),
        ("build recipe buildkite --engine kaniko", "`rackform build run` builds with kaniko"),
        ("build recipe gitlab-ci --engine buildah", "--container IMAGE"),
        ("build recipe buildkite --service \\$x", "Buildkite interprets a backslash before a dollar sign as an escape"),
        ("build recipe", "<NAME>"),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 64, "{run}");
        assert!(run.stderr.contains(message), "{run}");
    }
    let run = bench.run("build recipe --list");
    assert_eq!(run.stdout.lines().count(), 6, "{run}");
    assert!(run.stdout.starts_with("github-actions  .github/workflows/build.yml"), "{run}");
}

#[test]
fn all_invalid_values_are_reported() {
    let bench = Bench::new();
    let flags =
        ["--image", "UPPER bad", "--repository", "r.example.com/x:tag", "--role-arn", "arn:aws:iam::1:user/x", "--region", "nowhere; rm"];
    let run = bench.run_args(&[&["build", "recipe", "github-actions"][..], &flags].concat());
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
    for flag in ["`--image`", "`--repository`", "`--role-arn`", "`--region`"] {
        assert!(run.stderr.contains(flag), "{flag} is missing from {run}");
    }
}

#[test]
fn the_directory_of_the_output_file_is_created() {
    let bench = Bench::new();
    let run = bench.run("build recipe github-actions -o .github/workflows/build.yml");
    assert_eq!(run.code, 0, "{run}");
    assert!(bench.path().join(".github/workflows/build.yml").is_file());
}
