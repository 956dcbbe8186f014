//! Tests of `rackform build command`: options, values from the rack, and output.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM node:22 AS deps\nCOPY package.json /\nRUN npm ci\nFROM deps AS runtime\nCOPY . /\n");
    bench
}

fn run(bench: &Bench, arguments: &str) -> Run {
    // The names of caches are the same on every machine.
    let platform = if arguments.contains("buildah") { "" } else { "--engine-platform linux/amd64" };
    bench.run(&format!("build command app --no-detect {platform} {arguments}"))
}

#[test]
fn a_branch_has_its_own_cache_and_also_reads_the_main_branchs() {
    let bench = bench();
    let planned = |branch: &str| {
        let arguments =
            "--engine buildx --engine-version 25.0.3 --image-store containerd --repository r.example.com/cache --service web --format json";
        run(&bench, &format!("{arguments} --cache-branch {branch}")).json()
    };
    let feature = planned("feature/x");
    let reference =
        |value: &serde_json::Value| value.as_str().unwrap().split(',').find_map(|field| field.strip_prefix("ref=")).unwrap().to_owned();
    let written = reference(&feature["cache_to"][0]);
    assert!(written.starts_with("r.example.com/cache:web.feature_x-") && written.ends_with(".buildcache"), "{written}");
    assert_eq!(
        feature["cache_from"].as_array().unwrap().iter().map(reference).collect::<Vec<_>>(),
        [written.as_str(), "r.example.com/cache:web.buildcache"]
    );
    let main = planned("main");
    assert_eq!(reference(&main["cache_to"][0]), "r.example.com/cache:web.buildcache");
    assert_eq!(main["cache_from"].as_array().unwrap().len(), 1);
}

#[test]
fn without_a_cache_repository_the_build_has_no_cache_and_a_note_reports_that() {
    let run = run(&bench(), "--engine docker --engine-version 25.0.3");
    assert_eq!((run.stdout.as_str(), run.code), ("DOCKER_BUILDKIT=1 docker build --progress=plain app\n", 0), "{run}");
    assert!(
        run.stderr.contains("no cache is configured; building without a cache") && run.stderr.contains("--repository HOST/NAME"),
        "{run}"
    );
}

#[test]
fn docker_buildkit_is_set_only_for_the_step_that_uses_it() {
    let docker = "--engine docker --engine-version 25.0.3 --driver docker --image-store graph-driver --repository r.example.com/cache";
    let run = run(&bench(), docker);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{run}");
    assert!(lines[0].starts_with("{ docker buildx inspect rackform >/dev/null 2>&1 || docker buildx create "), "{run}");
    assert!(lines[1].starts_with("DOCKER_BUILDKIT=1 docker build "), "{run}");
}

#[test]
fn rack_yaml_supplies_the_repository_the_engine_and_whether_there_is_a_cache() {
    let bench = bench();
    let rack = |cache: &str, more: &str| {
        bench.file(
            "rack.yaml",
            format!("name: staging\nregion: eu-west-1\n{more}parameters:\n  BuildCache: {cache}\n  BuildMethod: fargate\n"),
        );
    };
    rack("Yes", "account: \"123456789012\"\n");
    let fargate = run(&bench, "--service web --engine-version 1.27.5");
    assert!(fargate.stdout.contains("/kaniko/executor --context=dir://app"), "{fargate}");
    assert!(fargate.stdout.contains("--cache-repo=123456789012.dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache"), "{fargate}");
    let docker = run(&bench, "--service web --engine docker --engine-version 25.0.3");
    assert!(docker.stdout.contains("ref=123456789012.dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache:web.buildcache,"), "{docker}");
    // Options take precedence.
    let named = run(&bench, "--engine kaniko --repository r.example.com/other");
    assert!(named.stdout.contains("--cache-repo=r.example.com/other"), "{named}");
    rack("Yes", "");
    let unknown = run(&bench, "--service web");
    assert_eq!(unknown.code, 64, "{unknown}");
    assert!(unknown.stderr.contains("rack.yaml does not specify the cache repository"), "{unknown}");
    rack("No", "");
    let off = run(&bench, "--service web --engine docker --engine-version 25.0.3");
    assert_eq!(off.stdout, "DOCKER_BUILDKIT=1 docker build --progress=plain app\n", "{off}");
    assert!(off.stderr.contains("the rack has no build cache (rack.yaml)") && off.stderr.contains("rackform set BuildCache=Yes"), "{off}");
}

#[test]
fn the_repository_has_the_domain_of_the_partition_of_its_region() {
    let bench = Bench::new();
    for (region, domain) in [("cn-north-1", "amazonaws.com.cn"), ("us-iso-east-1", "c2s.ic.gov"), ("us-gov-west-1", "amazonaws.com")] {
        bench.file("rack.yaml", format!("name: staging\nregion: {region}\naccount: \"123456789012\"\nparameters:\n  BuildCache: Yes\n"));
        let run = bench.run_args(&["build", "command", ".", "--rack", "file", "--engine", "buildx", "--engine-version", "28.0.0"]);
        let repository = format!("123456789012.dkr.ecr.{region}.{domain}/staging-build-cache");
        assert!(run.code == 0 && run.stdout.contains(&repository), "{repository}: {run}");
    }
}

#[test]
fn the_deployed_stack_takes_precedence_over_rack_yaml() {
    let bench = bench();
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let applied = bench.run("apply --yes --quiet");
    assert_eq!(applied.code, 0, "{applied}");
    let deployed = run(&bench, "--service web --engine-version 1.27.5 --rack deployed");
    assert!(deployed.stdout.contains(".dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache"), "{deployed}");
    assert!(deployed.stderr.contains("/kaniko/caches"), "a note mentions the file system for cache mounts: {deployed}");
    assert_eq!(run(&bench, "--service web --engine-version 1.27.5").stdout, deployed.stdout, "the deployed stack is the default source");
    let none = run(&bench, "--rack deployed --stack-name nobody");
    assert_eq!(none.code, 66, "{none}");
}

fn steps_of_env(bench: &Bench) -> serde_json::Value {
    let run = run(bench, "--format env --engine buildx --engine-version 25.0.3 --repository r.example.com/cache");
    let line = run.stdout.lines().find_map(|line| line.strip_prefix("RACKFORM_BUILD_STEPS=")).unwrap();
    serde_json::from_str(line).unwrap()
}

#[test]
fn the_environment_file_has_one_line_for_each_variable_even_if_a_value_has_line_breaks() {
    let bench = bench();
    let base = ["build", "command", "app", "--no-detect", "--format", "env", "--engine", "kaniko", "--engine-version", "1.27.5"];
    let run = bench.run_args(&[&base[..], &["--repository", "r.example.com/cache", "--build-arg", "A=1\n2"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let lines: Vec<(&str, &str)> = run.stdout.lines().map(|line| line.split_once('=').unwrap()).collect();
    let value = |name: &str| lines.iter().find(|(key, _)| *key == name).unwrap().1;
    assert_eq!((value("FF_KANIKO_OCI_STAGES"), value("BUILD_CACHE"), value("BUILD_CACHE_REPO")), ("0", "true", "r.example.com/cache"));
    let steps: serde_json::Value = serde_json::from_str(value("RACKFORM_BUILD_STEPS")).unwrap();
    assert!(steps[0]["argv"].as_array().unwrap().contains(&"--build-arg=A=1\n2".into()), "{steps:?}");
    let created = steps_of_env(&bench);
    assert_eq!((&created[0]["unless"][2], &created[0]["may_fail"]), (&"inspect".into(), &false.into()), "{created:?}");
}

#[test]
fn a_target_that_the_dockerfile_lacks_is_refused_and_an_unused_build_argument_is_reported() {
    let bench = bench();
    let wrong = run(&bench, "--engine docker --engine-version 25.0.3 --target runtme");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (65, ""), "{wrong}");
    assert!(wrong.stderr.contains("did you mean `runtime`?"), "{wrong}");
    let unused = run(&bench, "--engine docker --engine-version 25.0.3 --build-arg NODE_ENV=production");
    assert_eq!(unused.code, 0, "{unused}");
    assert!(unused.stderr.contains("NODE_ENV"), "{unused}");
}

#[test]
fn secrets_are_given_by_name_and_values_are_refused_without_being_shown() {
    let bench = bench();
    let with_secret = |secret: &str| bench.run_args(&["build", "command", "app", "--no-detect", "--engine", "buildx", "--secret", secret]);
    for (secret, argument) in [
        ("NPM_TOKEN", "--secret id=NPM_TOKEN,env=NPM_TOKEN"),
        ("id=npmrc,src=.npmrc", "--secret id=npmrc,src=.npmrc"),
        ("id=a,env=B", "--secret id=a,env=B"),
        ("id=a,\"src=a,b\"", "--secret 'id=a,\"src=a,b\"'"),
    ] {
        let run = with_secret(secret);
        assert!(run.stdout.contains(argument), "{run}");
    }
    for secret in ["id=a,value=hunter2", "hunter2=x", "id=a,env=hunter2,src=b", "a=\"hunter2", "hunter2-123!"] {
        let run = with_secret(secret);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
    let argument = bench.run("build command app --no-detect --engine buildx --build-arg API_TOKEN=hunter2");
    assert!(argument.stderr.contains("the build argument `API_TOKEN` looks like a secret"), "{argument}");
}

#[test]
fn buildctl_gets_the_environments_value_of_a_bare_build_argument() {
    let bench = bench();
    let mut command = bench.command();
    command.args("build command app --no-detect --engine buildctl --build-arg HERE --build-arg NOT_HERE".split(' ')).env("HERE", "a b");
    let run = Run::of(&mut command);
    assert_eq!(
        run.stdout, "buildctl build --frontend dockerfile.v0 --local context=app --local dockerfile=app --opt 'build-arg:HERE=a b'\n",
        "{run}"
    );
}

#[test]
fn misspelled_engines_backends_and_attributes_get_a_suggestion() {
    let bench = bench();
    for (arguments, suggestion) in [
        ("--engine kanico", "did you mean `kaniko`?"),
        ("--cache regstry", "did you mean `registry`?"),
        ("--engine buildx --cache-to type=regstry,ref=a", "did you mean `registry`?"),
        ("--engine buildx --cache-to type=registry,ref=a,imagemanifest=true", "did you mean `image-manifest`?"),
    ] {
        let run = run(&bench, arguments);
        assert_eq!(run.code, 64, "{run}");
        assert!(run.stderr.contains(suggestion), "{run}");
    }
}

#[test]
fn the_build_section_of_rack_yaml_supplies_options_that_the_command_line_overrides() {
    let bench = bench();
    bench.file(
        "rack.yaml",
        "build:\n  engine: buildctl\n  service: web\n  target: runtime\n  platforms: [linux/arm64]\n  repository: r.example.com/cache\n  cache: registry\n  cache_mode: min\n  compression: gzip\n",
    );
    let from_file = run(&bench, "--engine-version 0.12.5");
    assert_eq!(
        from_file.stdout,
        "buildctl build --frontend dockerfile.v0 --local context=app --local dockerfile=app --opt target=runtime --opt platform=linux/arm64 \
         --export-cache \
         type=registry,ref=r.example.com/cache:web.buildcache-stage_runtime-linux-arm64,mode=min,image-manifest=true,oci-mediatypes=true,ignore-error=true,compression=gzip \
         --import-cache type=registry,ref=r.example.com/cache:web.buildcache-stage_runtime-linux-arm64 \
         --import-cache type=registry,ref=r.example.com/cache:web.buildcache-linux-arm64 \
         --import-cache type=registry,ref=r.example.com/cache:web.buildcache\n",
        "{from_file}"
    );
    let overridden = run(&bench, "--engine-version 0.12.5 --service api --repository r.example.com/other --target deps --cache-mode max");
    assert!(
        overridden.stdout.contains("ref=r.example.com/other:api.buildcache-stage_deps-linux-arm64,mode=max")
            && overridden.stdout.contains("target=deps"),
        "{overridden}"
    );
    bench.file("rack.yaml", "build:\n  engin: buildx\n  cache: regstry\n  compression: [a]\n");
    let wrong = run(&bench, "");
    assert_eq!(wrong.code, 65, "{wrong}");
    for hint in ["did you mean `engine`?", "did you mean `registry`?", "`compression` must be text"] {
        assert!(wrong.stderr.contains(hint), "{wrong}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let run = run(
        &bench(),
        "--engine buildx --cache s3 --label nothing --platform pdp-11 --tag UPPER --push --secret id=a,value=b --build-arg =x --ssh default",
    );
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
    for problem in [
        "requires a bucket",
        "requires a region",
        "invalid label `nothing`",
        "invalid platform `pdp-11`",
        "`UPPER`",
        "the ID `a`",
        "invalid build argument name",
    ] {
        assert!(run.stderr.contains(problem), "{problem:?} is missing in {run}");
    }
}

#[test]
fn a_missing_dockerfile_is_an_error_if_the_command_is_for_this_machine() {
    let bench = bench();
    for arguments in ["nowhere", ".", "app --dockerfile app/Dockerfil"] {
        let run = bench.run(&format!("build command {arguments} --engine docker --program /nonexistent/docker"));
        assert_eq!((run.code, run.stdout.as_str()), (66, ""), "{run}");
        assert!(run.stderr.contains("does not exist") && run.stderr.contains("hint:"), "{run}");
    }
    // A command for another machine is printed anyway, and a note names what was not checked.
    let elsewhere = bench.run("build command /workspace --engine kaniko --engine-version 1.27.5");
    assert_eq!(elsewhere.code, 0, "{elsewhere}");
    assert!(elsewhere.stderr.contains("note: directory `/workspace` does not exist on this machine; skipping the check"), "{elsewhere}");
    let warm = bench.run("build cache warm nowhere --repository r.example.com/cache");
    assert_eq!(warm.code, 66, "{warm}");
}

#[test]
fn a_missing_secret_or_cache_stage_is_refused_before_the_build() {
    let bench = bench();
    bench.file("app/Dockerfile", "FROM a AS deps\nRUN --mount=type=secret,id=token,required=true true\n");
    let docker = "--engine buildx --engine-version 25.0.3";
    let secret = run(&bench, docker);
    assert_eq!((secret.code, secret.stdout.as_str()), (65, ""), "{secret}");
    assert!(secret.stderr.contains("the secret `token` is not passed, so the build fails"), "{secret}");
    assert_eq!(run(&bench, &format!("{docker} --secret id=token,env=TOKEN")).code, 0);
    bench.file("app/Dockerfile", "FROM a AS deps\nRUN true\n");
    let stages = "--engine docker --program /nonexistent/docker --cache image --repository r.example.com/web --cache-stage";
    let stage = bench.run(&format!("build command app {stages} dep"));
    assert_eq!((stage.code, stage.stdout.as_str()), (65, ""), "{stage}");
    assert!(stage.stderr.contains("did you mean `deps`?"), "{stage}");
    assert_eq!(bench.run(&format!("build command app {stages} deps")).code, 0);
}

#[test]
fn a_repository_of_layers_with_a_tag_is_refused() {
    for engine in ["buildah --engine-version 1.33.7", "kaniko --engine-version 1.27.5"] {
        for repository in ["r.example.com/cache:web", "127.0.0.1:5917"] {
            let run = run(&bench(), &format!("--engine {engine} --repository {repository}"));
            assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
            assert!(run.stderr.contains("is a reference, not a repository"), "{run}");
        }
    }
}

#[test]
fn options_without_effect_on_an_engines_cache_are_reported() {
    let flags = "--repository r.example.com/cache --service web --cache-branch x --cache-mode min --compression zstd";
    let buildah = run(&bench(), &format!("--engine buildah --engine-version 1.33.7 {flags}"));
    assert_eq!(buildah.code, 0, "{buildah}");
    let ignored = "`--service`, `--cache-branch`, `--cache-mode min`, `--compression` have no effect";
    assert!(buildah.stderr.contains(ignored), "{buildah}");
    let kaniko = run(&bench(), &format!("--engine kaniko --engine-version 1.27.5 {flags}"));
    assert!(kaniko.stderr.contains("`--service`, `--cache-branch`, `--cache-mode min` have no effect"), "{kaniko}");
    assert!(!kaniko.stderr.contains("in ECR"), "{kaniko}");
    let buildx = run(&bench(), &format!("--engine buildx --engine-version 25.0.3 {flags}"));
    assert!(!buildx.stderr.contains("no effect"), "{buildx}");
}

#[test]
fn warming_uses_the_racks_own_cache_and_fails_if_there_is_none() {
    let bench = bench();
    let none = bench.run("build cache warm app --engine docker");
    assert_eq!(none.code, 64, "{none}");
    assert!(none.stderr.contains("no rack found") && none.stderr.contains("--repository HOST/NAME"), "{none}");
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\nparameters:\n  BuildCache: No\n");
    let off = bench.run("build cache warm app --engine docker");
    assert_eq!(off.code, 1, "{off}");
    assert!(off.stderr.contains("the rack has no build cache (rack.yaml)"), "{off}");
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\naccount: \"123456789012\"\nparameters:\n  BuildCache: Yes\n");
    // kaniko is not installed here: the command is printed before its start fails.
    let own = bench.run("build cache warm app --engine kaniko --engine-version 1.27.5");
    assert!(own.stderr.contains("--cache-repo=123456789012.dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache"), "{own}");
}
