//! Published build commands that `rackform build command` must reproduce: the rack's pull request, articles, and an announcement of AWS.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

fn run(arguments: &[&str]) -> Run {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM scratch AS dev\nCOPY . /\n");
    bench.run_args(&[&["build", "command"], arguments, &["--no-detect", "--engine-platform", "linux/amd64", "--quiet"]].concat())
}

fn line(arguments: &[&str]) -> String {
    let run = run(arguments);
    assert_eq!(run.code, 0, "{run}");
    run.stdout
}

/// The rack's pull request, on EC2: `--cache-from`, `--cache-to` and `--progress=plain` for docker.
#[test]
fn the_racks_docker_options() {
    let flags = "--cache-from type=registry,ref=REPO:web.buildcache,ignore-error=true --cache-to \
                 type=registry,ref=REPO:web.buildcache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true,compression=estargz \
                 --progress=plain"
        .replace("REPO", "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache");
    let rack = ["--repository", "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache", "--service", "web", "--engine", "docker"];
    // estargz has to be requested: engines that are compiled with Go 1.27 end with it.
    let rack = [&rack[..], &["--compression", "estargz"]].concat();
    let with = |more: &[&str]| line(&[&["app"], &rack[..], more].concat());
    assert_eq!(
        with(&["--engine-version", "25.0.3", "--image-store", "containerd"]),
        format!("DOCKER_BUILDKIT=1 docker build {flags} app\n")
    );
    // Docker below 23 gets no cache options.
    assert_eq!(with(&["--engine-version", "20.10.25"]), "DOCKER_BUILDKIT=1 docker build --progress=plain app\n");
    // `--no-cache` drops the import and keeps the export.
    let (from, to) = flags.split_once(" --cache-to").unwrap();
    let export = format!("--cache-to{}", to.replace(" --progress=plain", " --no-cache --progress=plain"));
    let no_cache = with(&["--engine-version", "25.0.3", "--image-store", "containerd", "--no-cache"]);
    assert_eq!(no_cache, format!("DOCKER_BUILDKIT=1 docker build {export} app\n"));
    assert!(!no_cache.contains(from));
}

/// The same pull request, on Fargate: kaniko 1.27.5 with `--tar-path`, `--cache=true`, `--cache-repo` and `FF_KANIKO_OCI_STAGES=0`.
#[test]
fn the_racks_kaniko_options() {
    let repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache";
    let arguments =
        ["app", "--engine", "kaniko", "--repository", repository, "--tag", "web:1", "--archive", "/tmp/web.tar", "--cache-mounts"];
    assert_eq!(
        line(&[&arguments[..], &["--engine-version", "1.27.5"]].concat()),
        format!(
            "FF_KANIKO_OCI_STAGES=0 /kaniko/executor --context=dir://app --destination=web:1 --cache=true --cache-repo={repository} --no-push \
             --tar-path=/tmp/web.tar\n"
        )
    );
}

/// One step of buildctl in a container, with `mode=max` first, as a reader of an article wrote it.
#[test]
fn one_step_of_buildctl_in_a_container() {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM scratch\nCOPY . /\n");
    let arguments = "build command app --engine buildctl-daemonless --buildkit-image moby/buildkit:master --tag kubestack/framework-dev:test-1 --push \
                     --cache-to mode=max,type=registry,ref=kubestack/framework-dev:buildcache,push=true \
                     --cache-from type=registry,ref=kubestack/framework-dev:buildcache";
    let run = Run::of(bench.command().args(arguments.split_whitespace()).env("HOME", "/home/ci"));
    let app = bench.path().join("app");
    assert_eq!(
        run.stdout,
        format!(
            "docker run --rm --privileged -v {}:/tmp/work -v /home/ci/.docker:/root/.docker --entrypoint buildctl-daemonless.sh \
             moby/buildkit:master build --frontend dockerfile.v0 --local context=/tmp/work --local dockerfile=/tmp/work --output \
             type=image,name=kubestack/framework-dev:test-1,push=true --export-cache \
             mode=max,type=registry,ref=kubestack/framework-dev:buildcache,push=true --import-cache \
             type=registry,ref=kubestack/framework-dev:buildcache\n",
            app.display()
        ),
        "{run}"
    );
    assert!(run.stderr.contains("`push` has no effect"), "{run}");
}

/// The steps that the same article replaced: pull, build and tag the stage, build, push both.
#[test]
fn three_steps_with_an_image_as_cache() {
    let text = line(&[
        "app",
        "--engine",
        "docker",
        "--cache",
        "image",
        "--cache-ref",
        "gcr.io/project/repo:latest-build-cache",
        "--cache-stage",
        "dev",
        "--tag",
        "gcr.io/project/repo:sha",
        "--push",
        "--strict-cache",
    ]);
    let cache = "gcr.io/project/repo:latest-build-cache";
    let lines: Vec<String> = text.lines().map(|line| line.replace("DOCKER_BUILDKIT=0 ", "").replace(" &&", "")).collect();
    assert_eq!(
        lines,
        [
            format!("{{ docker pull {cache} || true; }}"),
            format!("docker build --cache-from {cache} -t {cache} --target dev app"),
            format!("docker build --cache-from {cache} -t gcr.io/project/repo:sha app"),
            format!("docker push {cache}"),
            "docker push gcr.io/project/repo:sha".to_owned(),
        ]
    );
}

/// ECR's announcement: four attributes, in its order, then a push.
#[test]
fn ecrs_four_attributes() {
    let repository = "123456789012.dkr.ecr.us-west-2.amazonaws.com/buildkit-test";
    let to = format!("mode=max,image-manifest=true,oci-mediatypes=true,type=registry,ref={repository}:cache");
    let from = format!("type=registry,ref={repository}:cache");
    let image = format!("{repository}:image");
    let text = line(&[
        "app",
        "--engine",
        "docker",
        "--engine-version",
        "25.0.0",
        "--image-store",
        "containerd",
        "--tag",
        &image,
        "--push",
        "--progress",
        "auto",
        "--cache-to",
        &to,
        "--cache-from",
        &from,
    ]);
    assert_eq!(
        text,
        format!("DOCKER_BUILDKIT=1 docker build --cache-from {from} --cache-to {to} -t {image} app &&\ndocker push {image}\n")
    );
}

/// An S3 cache on a builder in Kubernetes. The article had credentials in arguments; these are refused.
#[test]
fn s3_without_credentials_in_arguments() {
    let options = "requests.cpu=2,requests.memory=7Gi,limits.memory=7Gi,replicas=1,image=moby/buildkit:master";
    let text = line(&[
        "app",
        "--engine",
        "buildx",
        "--engine-version",
        "25.0.0",
        "--builder",
        "s3-cache",
        "--create-driver",
        "kubernetes",
        "--driver-opt",
        options,
        "--use-builder",
        "--s3-bucket",
        "abatilo",
        "--s3-region",
        "us-west-2",
        "--s3-prefix",
        "buildx/carbon/",
        "--strict-cache",
        "--progress",
        "auto",
    ]);
    let (create, build) = text.split_once(" &&\n").unwrap();
    let created = format!("docker buildx create --name=s3-cache --bootstrap --use --driver=kubernetes --driver-opt={options}");
    assert_eq!(create, format!("{{ docker buildx inspect s3-cache >/dev/null 2>&1 || {created}; }}"));
    assert_eq!(
        build,
        "docker buildx build --builder=s3-cache --cache-from type=s3,region=us-west-2,bucket=abatilo,prefix=buildx/carbon/ --cache-to \
         type=s3,region=us-west-2,bucket=abatilo,prefix=buildx/carbon/,mode=max app\n"
    );
    let secret = "type=s3,region=us-west-2,bucket=abatilo,access_key_id=AKIAEXAMPLE,secret_access_key=hunter2,prefix=buildx/carbon/";
    let refused = run(&["app", "--engine", "buildx", "--cache-from", secret, "--cache-to", &format!("{secret},mode=max")]);
    assert_eq!((refused.code, refused.stdout.as_str()), (64, ""), "{refused}");
    assert!(refused.stderr.contains("contains a credential: `secret_access_key`"), "{refused}");
    assert!(!refused.stderr.contains("hunter2") && !refused.stderr.contains("AKIAEXAMPLE"), "{refused}");
}
