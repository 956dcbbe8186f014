//! Tests of `rackform build command`: flags, the rack, and what a user reads.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM node:22 AS deps\nCOPY package.json /\nRUN npm ci\nFROM deps AS runtime\nCOPY . /\n");
    bench
}

fn run(bench: &Bench, arguments: &str) -> Run {
    bench.run(&format!("build command app --no-detect {arguments}"))
}

#[test]
fn branches_have_caches_of_their_own_and_read_the_main_one() {
    let bench = bench();
    let answer = |branch: &str| {
        let arguments =
            "--engine buildx --engine-version 25.0.3 --image-store containerd --repository r.example.com/cache --service web --format json";
        run(&bench, &format!("{arguments} --cache-branch {branch}")).json()
    };
    let feature = answer("feature/x");
    let reference =
        |value: &serde_json::Value| value.as_str().unwrap().split(',').find_map(|field| field.strip_prefix("ref=")).unwrap().to_owned();
    let written = reference(&feature["cache_to"][0]);
    assert!(written.starts_with("r.example.com/cache:web.feature_x-") && written.ends_with(".buildcache"), "{written}");
    assert_eq!(
        feature["cache_from"].as_array().unwrap().iter().map(reference).collect::<Vec<_>>(),
        [written.as_str(), "r.example.com/cache:web.buildcache"]
    );
    let main = answer("main");
    assert_eq!(reference(&main["cache_to"][0]), "r.example.com/cache:web.buildcache");
    assert_eq!(main["cache_from"].as_array().unwrap().len(), 1);
}

#[test]
fn without_a_cache_the_build_is_a_plain_one_and_says_so() {
    let run = run(&bench(), "--engine docker --engine-version 25.0.3");
    assert_eq!((run.stdout.as_str(), run.code), ("DOCKER_BUILDKIT=1 docker build --progress=plain app\n", 0), "{run}");
    assert!(
        run.stderr.contains("no cache is named, so the build is a plain one") && run.stderr.contains("--repository HOST/NAME"),
        "{run}"
    );
}

#[test]
fn only_what_heeds_a_variable_has_it_in_front() {
    let classic = "--engine docker --engine-version 25.0.3 --driver docker --image-store graph-driver --repository r.example.com/cache";
    let run = run(&bench(), classic);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{run}");
    assert!(lines[0].starts_with("{ docker buildx inspect rackform >/dev/null 2>&1 || docker buildx create "), "{run}");
    assert!(lines[1].starts_with("DOCKER_BUILDKIT=1 docker build "), "{run}");
}

#[test]
fn rack_yaml_tells_repository_engine_and_whether_there_is_a_cache() {
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
    // What flags say is stronger.
    let named = run(&bench, "--engine kaniko --repository r.example.com/other");
    assert!(named.stdout.contains("--cache-repo=r.example.com/other"), "{named}");
    rack("Yes", "");
    let unknown = run(&bench, "--service web");
    assert_eq!(unknown.code, 64, "{unknown}");
    assert!(unknown.stderr.contains("rack.yaml does not tell the cache repository"), "{unknown}");
    rack("No", "");
    let off = run(&bench, "--service web --engine docker --engine-version 25.0.3");
    assert_eq!(off.stdout, "DOCKER_BUILDKIT=1 docker build --progress=plain app\n", "{off}");
    assert!(off.stderr.contains("the rack has no build cache (rack.yaml)") && off.stderr.contains("rackform set BuildCache=Yes"), "{off}");
}

#[test]
fn the_deployed_stack_tells_more_than_rack_yaml() {
    let bench = bench();
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    let applied = bench.run("apply --yes --quiet");
    assert_eq!(applied.code, 0, "{applied}");
    let told = run(&bench, "--service web --engine-version 1.27.5 --rack deployed");
    assert!(told.stdout.contains(".dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache"), "{told}");
    assert!(told.stderr.contains("/kaniko/caches"), "the file system for cache mounts is told of: {told}");
    assert_eq!(run(&bench, "--service web --engine-version 1.27.5").stdout, told.stdout, "a deployed stack comes first");
    let none = run(&bench, "--rack deployed --stack-name nobody");
    assert_eq!(none.code, 66, "{none}");
}

fn run_of_env(bench: &Bench) -> serde_json::Value {
    let told = run(bench, "--format env --engine buildx --engine-version 25.0.3 --repository r.example.com/cache");
    let line = told.stdout.lines().find_map(|line| line.strip_prefix("RACKFORM_BUILD_STEPS=")).unwrap();
    serde_json::from_str(line).unwrap()
}

#[test]
fn the_environment_file_has_one_line_a_variable_whatever_is_in_it() {
    let bench = bench();
    let base = ["build", "command", "app", "--no-detect", "--format", "env", "--engine", "kaniko", "--engine-version", "1.27.5"];
    let run = bench.run_args(&[&base[..], &["--repository", "r.example.com/cache", "--build-arg", "A=1\n2"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let lines: Vec<(&str, &str)> = run.stdout.lines().map(|line| line.split_once('=').unwrap()).collect();
    let value = |name: &str| lines.iter().find(|(key, _)| *key == name).unwrap().1;
    assert_eq!((value("FF_KANIKO_OCI_STAGES"), value("BUILD_CACHE"), value("BUILD_CACHE_REPO")), ("0", "true", "r.example.com/cache"));
    let steps: serde_json::Value = serde_json::from_str(value("RACKFORM_BUILD_STEPS")).unwrap();
    assert!(steps[0]["argv"].as_array().unwrap().contains(&"--build-arg=A=1\n2".into()), "{steps:?}");
    let created = run_of_env(&bench);
    assert_eq!((&created[0]["unless"][2], &created[0]["may_fail"]), (&"inspect".into(), &false.into()), "{created:?}");
}

#[test]
fn the_dockerfile_is_read_and_a_target_that_is_not_there_is_no_build() {
    let bench = bench();
    let wrong = run(&bench, "--engine docker --engine-version 25.0.3 --target runtme");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (65, ""), "{wrong}");
    assert!(wrong.stderr.contains("did you mean `runtime`?"), "{wrong}");
    let unused = run(&bench, "--engine docker --engine-version 25.0.3 --build-arg NODE_ENV=production");
    assert_eq!(unused.code, 0, "{unused}");
    assert!(unused.stderr.contains("NODE_ENV"), "{unused}");
}

#[test]
fn secrets_are_names_and_never_values() {
    let bench = bench();
    let told = |secret: &str| bench.run_args(&["build", "command", "app", "--no-detect", "--engine", "buildx", "--secret", secret]);
    for (secret, argument) in [
        ("NPM_TOKEN", "--secret id=NPM_TOKEN,env=NPM_TOKEN"),
        ("id=npmrc,src=.npmrc", "--secret id=npmrc,src=.npmrc"),
        ("id=a,env=B", "--secret id=a,env=B"),
        ("id=a,\"src=a,b\"", "--secret 'id=a,\"src=a,b\"'"),
    ] {
        let run = told(secret);
        assert!(run.stdout.contains(argument), "{run}");
    }
    for secret in ["id=a,value=hunter2", "hunter2=x", "id=a,env=hunter2,src=b", "a=\"hunter2", "hunter2-123!"] {
        let run = told(secret);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
    let argument = bench.run("build command app --no-detect --engine buildx --build-arg API_TOKEN=hunter2");
    assert!(argument.stderr.contains("the build argument `API_TOKEN` sounds like a secret"), "{argument}");
}

#[test]
fn buildctl_is_given_what_the_environment_has_of_a_build_argument() {
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
fn mistyped_words_get_a_suggestion() {
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
fn rack_yaml_may_say_what_every_build_is_told() {
    let bench = bench();
    bench.file(
        "rack.yaml",
        "build:\n  engine: buildctl\n  service: web\n  target: runtime\n  platforms: [linux/arm64]\n  repository: r.example.com/cache\n  cache: registry\n  cache_mode: min\n  compression: gzip\n",
    );
    let told = run(&bench, "--engine-version 0.12.5");
    assert_eq!(
        told.stdout,
        "buildctl build --frontend dockerfile.v0 --local context=app --local dockerfile=app --opt target=runtime --opt platform=linux/arm64 \
         --export-cache \
         type=registry,ref=r.example.com/cache:web.buildcache,mode=min,image-manifest=true,oci-mediatypes=true,ignore-error=true,compression=gzip \
         --import-cache type=registry,ref=r.example.com/cache:web.buildcache\n",
        "{told}"
    );
    let stronger = run(&bench, "--engine-version 0.12.5 --service api --repository r.example.com/other --target deps --cache-mode max");
    assert!(
        stronger.stdout.contains("ref=r.example.com/other:api.buildcache,mode=max") && stronger.stdout.contains("target=deps"),
        "{stronger}"
    );
    bench.file("rack.yaml", "build:\n  engin: buildx\n  cache: regstry\n  compression: [a]\n");
    let wrong = run(&bench, "");
    assert_eq!(wrong.code, 65, "{wrong}");
    for hint in ["did you mean `engine`?", "did you mean `registry`?", "`compression` must be text"] {
        assert!(wrong.stderr.contains(hint), "{wrong}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let run = run(
        &bench(),
        "--engine buildx --cache s3 --label nothing --platform pdp-11 --tag UPPER --push --secret id=a,value=b --build-arg =x --ssh default",
    );
    assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
    for problem in [
        "needs its bucket",
        "needs its region",
        "`nothing` is no label",
        "`pdp-11` is no platform",
        "`UPPER`",
        "the id `a`",
        "no build argument's name",
    ] {
        assert!(run.stderr.contains(problem), "`{problem}` is missing from {run}");
    }
}

#[test]
fn a_dockerfile_that_is_not_there_ends_it_where_the_command_is_for_this_machine() {
    let bench = bench();
    for arguments in ["nowhere", ".", "app --dockerfile app/Dockerfil"] {
        let run = bench.run(&format!("build command {arguments} --engine docker --program /nonexistent/docker"));
        assert_eq!((run.code, run.stdout.as_str()), (66, ""), "{run}");
        assert!(run.stderr.contains("there is no") && run.stderr.contains("hint:"), "{run}");
    }
    // One for another machine is written all the same, and says what it did not look at.
    let elsewhere = bench.run("build command /workspace --engine kaniko --engine-version 1.27.5");
    assert_eq!(elsewhere.code, 0, "{elsewhere}");
    assert!(elsewhere.stderr.contains("note: there is no directory `/workspace` here, so it is not checked"), "{elsewhere}");
    let warmed = bench.run("build cache warm nowhere --repository r.example.com/cache");
    assert_eq!(warmed.code, 66, "{warmed}");
}

#[test]
fn what_would_fail_in_the_build_is_told_before_it() {
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
fn a_repository_of_layers_has_no_tag() {
    for engine in ["buildah --engine-version 1.33.7", "kaniko --engine-version 1.27.5"] {
        for repository in ["r.example.com/cache:web", "127.0.0.1:5917"] {
            let run = run(&bench(), &format!("--engine {engine} --repository {repository}"));
            assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
            assert!(run.stderr.contains("is a reference, not a repository"), "{run}");
        }
    }
}

#[test]
fn flags_that_an_engine_cannot_heed_are_told() {
    let flags = "--repository r.example.com/cache --service web --cache-branch x --cache-mode min --compression zstd";
    let buildah = run(&bench(), &format!("--engine buildah --engine-version 1.33.7 {flags}"));
    assert_eq!(buildah.code, 0, "{buildah}");
    let told = "`--service`, `--cache-branch`, `--cache-mode min`, `--compression` have no effect on the cache";
    assert!(buildah.stderr.contains(told), "{buildah}");
    let kaniko = run(&bench(), &format!("--engine kaniko --engine-version 1.27.5 {flags}"));
    assert!(kaniko.stderr.contains("`--service`, `--cache-branch`, `--cache-mode min` have no effect"), "{kaniko}");
    assert!(!kaniko.stderr.contains("in ECR"), "{kaniko}");
    let buildx = run(&bench(), &format!("--engine buildx --engine-version 25.0.3 {flags}"));
    assert!(!buildx.stderr.contains("no effect"), "{buildx}");
}

#[test]
fn warming_takes_the_racks_own_cache_and_says_where_there_is_none() {
    let bench = bench();
    let none = bench.run("build cache warm app --engine docker");
    assert_eq!(none.code, 64, "{none}");
    assert!(none.stderr.contains("there is no rack here") && none.stderr.contains("--repository HOST/NAME"), "{none}");
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\nparameters:\n  BuildCache: No\n");
    let off = bench.run("build cache warm app --engine docker");
    assert_eq!(off.code, 1, "{off}");
    assert!(off.stderr.contains("the rack has no build cache (rack.yaml)"), "{off}");
    bench.file("rack.yaml", "name: staging\nregion: eu-west-1\naccount: \"123456789012\"\nparameters:\n  BuildCache: Yes\n");
    // kaniko is not on this machine: what it would have been told is said before that shows.
    let own = bench.run("build cache warm app --engine kaniko --engine-version 1.27.5");
    assert!(own.stderr.contains("--cache-repo=123456789012.dkr.ecr.eu-west-1.amazonaws.com/staging-build-cache"), "{own}");
}
