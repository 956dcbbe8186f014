//! Tests of options without an effect, and of the build context.
#![allow(clippy::unwrap_used)]

use crate::program::Bench;

#[test]
fn an_option_without_an_effect_is_an_error_with_a_fix() {
    let bench = Bench::new();
    bench.file("Dockerfile", "FROM scratch\n").file("rack.yaml", "build:\n  compression: zstd\n  cache_mode: min\n  builder: ci\n");
    for (arguments, ignored, fix) in [
        ("command --engine kaniko --progress rawjson", "`--progress` has no effect with the engine kaniko", "an engine with BuildKit"),
        (
            "command --engine buildah --builder x --driver-opt a=b",
            "`--driver-opt` has no effect with the engine buildah",
            "--engine buildx",
        ),
        ("command --engine kaniko --buildkit-version 0.20.0", "`--buildkit-version` has no effect", "an engine with BuildKit"),
        (
            "command --engine buildx --create-builder never --use-builder",
            "`--use-builder` has no effect with `--create-builder never`",
            "omit it",
        ),
        (
            "command --engine buildx --repository r.example/c --cache-ttl 3h",
            "`--cache-ttl` has no effect with the engine buildx",
            "cache gc",
        ),
        (
            "command --engine buildx --repository r.example/c --s3-prefix x/",
            "`--s3-prefix` has no effect on the cache `registry`",
            "--cache s3",
        ),
        ("command --engine buildx --cache none --cache-branch x", "`--cache-branch` has no effect with `--cache none`", "--cache BACKEND"),
        (
            "command --engine buildx --cache inline --compression zstd",
            "`--compression` has no effect on the cache `inline`",
            "--cache registry",
        ),
        ("command --engine buildx --cache-to type=inline --cache-mode min", "`--cache-mode` has no effect with `--cache-to`", "attributes"),
        ("command --engine buildx --repository r.example/c --cache-stage x", "`--cache-stage` has no effect", "--cache"),
        ("image --repository r.example/x --max-age-days 3", "`--max-age-days` has no effect with `--repository`", "--registry ecr"),
        ("image --name x --gcp-project y", "`--gcp-project` has no effect", "--registry gcr"),
        ("cache warm --in-rack --target x -- --app web", "`--target` has no effect with `--in-rack`", "after `--`"),
        ("cache ls --ecr-name x --insecure", "`--insecure` has no effect on a repository of ECR", "--repository"),
        ("recipe buildkite --container x", "`--container` has no effect with buildkite", "gitlab-ci"),
        ("agent --engine kaniko --cache-repo r.example/x --dry-run", "`--cache-repo` has no effect without `--cache`", "add `--cache`"),
    ] {
        let run = bench.run(&format!("build {arguments}"));
        assert_eq!(run.code, 64, "{arguments}: {run}");
        assert!(run.stderr.contains(ignored) && run.stderr.contains(fix), "{arguments}: {run}");
    }
    for arguments in [
        "command --main-branch trunk",
        "command --no-detect --detect-timeout 5",
        "image --export-env-variable X",
        "run --attach 0f9de17a6465404e8b1b2356dc13c2f8 --app web",
        "run --app web --dry-run --mount-wait 3",
        "recipe --list --service web",
    ] {
        let run = bench.run(&format!("build {arguments}"));
        assert!(run.code == 64 && (run.stderr.contains("cannot be used with") || run.stderr.contains("required")), "{arguments}: {run}");
    }
    let defaults = bench.run("build command --engine kaniko --no-detect --cache mounts");
    assert_eq!(defaults.code, 0, "defaults in rack.yaml are for all engines: {defaults}");
}

#[test]
fn what_is_copied_from_the_build_context_is_checked() {
    let bench = Bench::new();
    bench
        .file("Dockerfile", "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\nCOPY . .\nCOPY dist/app.js /\n")
        .file("package.json", "{}")
        .file(".env", "TOKEN=planted")
        .file("certs/server.key", "planted")
        .file(".git/HEAD", "")
        .file("web/node_modules/x.js", "")
        .file("dist/app.js", "");
    let run = bench.run("build check");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("warning[secret-in-context]: this copies `.env`, `certs/server.key` into the image"), "{run}");
    assert!(run.stdout.contains("create `.dockerignore` with: `.env`, `certs/server.key`"), "{run}");
    assert!(run.stdout.contains("warning[volatile-context]: this copies `.git`, `web/node_modules`"), "{run}");
    assert!(!run.to_string().contains("planted"), "{run}");
    let command = bench.run("build command --engine buildx --no-detect --format json").json();
    let rules: Vec<&str> = command["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["secret-in-context", "volatile-context"]);
    bench.file(".dockerignore", "# what the build creates\n**/node_modules\n.git\n.env\n*.json\ndist\n**/*.key\n");
    let excluded = bench.run("build check");
    assert_eq!(excluded.code, 65, "{excluded}");
    assert!(excluded.stdout.contains("error[excluded-source]: `package.json` is excluded from the build context"), "{excluded}");
    assert!(excluded.stdout.contains(".dockerignore:5:1") && excluded.stdout.contains("add `!package.json` after it"), "{excluded}");
    assert!(excluded.stdout.contains("`dist/app.js` is excluded") && excluded.stdout.contains(".dockerignore:6:1"), "{excluded}");
    assert!(!excluded.stdout.contains("-context]"), "{excluded}");
    let build = bench.run("build command --engine buildx --no-detect");
    assert!(build.code == 65 && build.stderr.contains("excluded-source"), "{build}");
    bench.file("Dockerfile.dockerignore", "[x\n");
    let own = bench.run("build check");
    assert!(own.stdout.contains("error[invalid-dockerignore]") && own.stdout.contains("Dockerfile.dockerignore:1:1"), "{own}");
}

#[test]
fn image_key_reports_when_the_ignore_file_matters() {
    let bench = Bench::new();
    bench.file("Dockerfile", "FROM node:22\nCOPY . .\n").file("package.json", "{}").file("notes.md", "").file("src/a.js", "");
    let without = bench.run("build image-key --cache-on **/*.js --cache-on package.json");
    assert_eq!((without.code, without.stderr.as_str()), (0, ""), "{without}");
    bench.file(".dockerignore", "*.md\n");
    let with = bench.run("build image-key --cache-on package.json --cache-on notes.md");
    assert!(with.stderr.contains("`.dockerignore` excludes `notes.md`, so a change changes the key, but not the image"), "{with}");
    assert!(with.stderr.contains("is not part of the key; add it with `--cache-on .dockerignore`"), "{with}");
    let part = bench.run("build image-key --cache-on package.json --cache-on .dockerignore");
    assert_eq!((part.code, part.stderr.as_str()), (0, ""), "{part}");
}
