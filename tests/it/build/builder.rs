//! `build builder`: the builder image's Dockerfile.

use crate::program::Bench;

const VARIANTS: [(&str, &str); 4] = [
    ("kaniko-amd64", "build builder"),
    ("kaniko-arm64-binary", "build builder --arch arm64 --binary dist/rackform"),
    ("docker-amd64", "build builder --engine docker"),
    ("docker-arm64-binary", "build builder --engine docker --arch arm64 --binary dist/rackform"),
];

#[test]
fn the_rendered_dockerfiles_match_their_snapshots() {
    let bench = Bench::new();
    for (name, arguments) in VARIANTS {
        let run = bench.run(arguments);
        assert_eq!(run.code, 0, "{run}");
        insta::assert_snapshot!(format!("builder-{name}"), run.stdout);
        bench.file("Dockerfile", &run.stdout);
        let same = bench.run(&format!("{arguments} --check Dockerfile"));
        assert_eq!(same.code, 0, "{same}");
        bench.file("Dockerfile", run.stdout.replace("v1.28.3", "v1.23.2").replace("28-cli", "20-cli"));
        let old = bench.run(&format!("{arguments} --check Dockerfile"));
        assert!(old.code == 2 && old.stdout.contains("+FROM"), "{old}");
    }
}

#[test]
fn build_check_accepts_the_rendered_dockerfiles() {
    let bench = Bench::new();
    for (_, arguments) in VARIANTS {
        let text = bench.run(arguments).stdout;
        let arch = if arguments.contains("arm64") { "arm64" } else { "amd64" };
        bench.file("Dockerfile", &text).file("dist/rackform", "").file("Cargo.toml", "");
        let checked = bench.run("build check . --engine buildx");
        assert_eq!(checked.code, 0, "{text}\n{checked}");
        let froms: Vec<&str> = text.lines().filter(|line| line.starts_with("FROM ")).collect();
        assert!(!froms.is_empty() && froms.iter().all(|line| line.contains(&format!("--platform=linux/{arch} "))), "{text}");
        assert!(
            froms.iter().all(|line| line.split_whitespace().nth(2).is_some_and(|image| image.contains(':') && !image.ends_with(":latest")))
        );
        assert!(text.contains("\"build\", \"agent\"]"), "{text}");
    }
    let kaniko = bench.run("build builder").stdout;
    assert!(kaniko.contains("ghcr.io/osscontainertools/kaniko:v1.28.3") && kaniko.contains("ENV FF_KANIKO_OCI_STAGES=0"), "{kaniko}");
}

#[test]
fn hostile_paths_stay_one_word_and_other_engines_are_refused() {
    let bench = Bench::new();
    let run = bench.run_args(&["build", "builder", "--binary", "a \"b\" $(c)"]);
    assert!(run.stdout.contains(r#"COPY ["a \"b\" $(c)","/agent/kaniko/rackform"]"#), "{run}");
    let broken = bench.run_args(&["build", "builder", "--binary", "a\nRUN rm -rf /"]);
    assert_eq!(broken.code, 64, "{broken}");
    let other = bench.run("build builder --engine buildah");
    assert!(other.code == 64 && other.stderr.contains("no builder image for buildah: use kaniko on Fargate"), "{other}");
}
