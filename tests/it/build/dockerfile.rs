//! Tests of parsing Dockerfiles and of `rackform build check`.
//!
//! The files in `fixtures/dockerfiles/good` have no findings with any engine. The files in `bad` end in comments: `#? FLAGS` for the run,
//! and
//! `#! LINE:COLUMN RULE` for each expected finding.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rackform::build::Engine;
use rackform::build::dockerfile::{Command, Context, Dockerfile, MountKind, RULES, Sharing, StepKind, lint};
use rackform::diagnostic::{Diagnostics, Severity, Source};

use crate::program::Bench;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dockerfiles").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(text: &str) -> Result<Dockerfile, Diagnostics> {
    Dockerfile::read(&Source::new("Dockerfile", text))
}

/// Returns the findings as `line:column rule`.
fn found(text: &str, context: &Context<'_>) -> Vec<String> {
    let diagnostics = match read(text) {
        Ok(dockerfile) => lint(&dockerfile, context),
        Err(problems) => problems.0,
    };
    diagnostics.iter().map(|problem| format!("{} {}", problem.labels[0].start(), problem.rule)).collect()
}

#[test]
fn good_dockerfiles_have_no_findings_with_any_engine() {
    let engines = [
        "",
        "--engine docker --engine-version 27.3.1 --cache-mounts kept --cache registry",
        "--engine buildctl --engine-version 0.18.0 --cache-mounts kept --cache s3",
        "--engine kaniko --engine-version 1.28.0 --cache-mounts efs",
        "--engine buildah --engine-version 1.28 --cache-mounts kept",
    ];
    let bench = Bench::new();
    for file in fixtures("good") {
        for engine in engines {
            let run = bench.run(&format!("build check {} {engine}", file.display()));
            assert_eq!((run.stdout.as_str(), run.code), ("no problems found\n", 0), "{} {engine}\n{run}", file.display());
        }
    }
}

#[test]
fn bad_dockerfiles_have_the_expected_findings() {
    let schema = serde_json::from_str(include_str!("../../../docs/findings.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let bench = Bench::new();
    for file in fixtures("bad") {
        let text = std::fs::read_to_string(&file).unwrap();
        let marked = |mark: &str| text.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect::<Vec<_>>();
        let run = bench.run(&format!("build check {} {} --format json", file.display(), marked("#? ").join(" ")));
        assert!(schema.is_valid(&run.json()), "{run}");
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let mut found: Vec<String> = findings
            .iter()
            .map(|finding| format!("{}:{} {}", finding["line"], finding["column"], finding["rule"].as_str().unwrap()))
            .collect();
        let mut expected = marked("#! ");
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}\n{run}", file.display());
        assert!(findings.iter().all(|finding| finding["hint"].is_string()), "{}: every finding has a hint\n{run}", file.display());
        let is_error = findings.iter().any(|finding| finding["severity"] == "error");
        assert_eq!(run.code, if is_error { 65 } else { 0 }, "{run}");
    }
}

/// The rules that need a build context; the tests in `options_and_context.rs` raise each of them.
const OF_CONTEXT: [&str; 4] = ["excluded-source", "invalid-dockerignore", "secret-in-context", "volatile-context"];

#[test]
fn every_rule_has_a_fixture_and_is_documented() {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted());
    let all: String = fixtures("bad").iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let documentation = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dockerfile-rules.md")).unwrap();
    for rule in RULES {
        let has_fixture = all.lines().any(|line| line.starts_with("#! ") && line.ends_with(&format!(" {}", rule.name)));
        assert!(has_fixture || rule.name == "no-stage" || OF_CONTEXT.contains(&rule.name), "no fixture raises {}", rule.name);
        let level = if rule.severity == Severity::Error { "error" } else { "warning" };
        assert!(documentation.contains(&format!("| `{}` | {level} | {} |", rule.name, rule.summary)), "docs lack {}", rule.name);
    }
    assert_eq!(found("# only this\n", &Context::default()), ["1:1 no-stage"]);
}

#[test]
fn strict_exits_with_65_for_warnings_and_sarif_has_rule_ids() {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM node\nCOPY . .\nRUN npm ci\n");
    let run = bench.run("build check app --strict --format sarif");
    assert_eq!(run.code, 65, "{run}");
    let result = &run.json()["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "copy-before-install", "{run}");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "app/Dockerfile");
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 3);
    let run = bench.run("build check app --deny-warnings --ignore copy-before-install");
    assert_eq!((run.stdout.as_str(), run.code), ("no problems found\n", 0), "{run}");
    let run = bench.run("build check app --ignore copy-befor-install");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("did you mean `copy-before-install`?"), "{run}");
    assert_eq!(bench.run("build check elsewhere").code, 66);
}

#[test]
fn a_dockerfile_is_parsed_with_spans() {
    let text = "\u{feff}# syntax=docker/dockerfile:1.7\r\n# escape=`\r\nARG TAG=3 OTHER\r\nFROM --platform=$BUILDPLATFORM alpine:${TAG} As Build\r\nRUN --mount=type=cache,id=pip,target=/c,sharing=locked `\r\n  # between\r\n  --mount=type=secret,id=s,required,env=S `\r\n  pip install `\r\n    -r r.txt\r\nENV A=\"1 2\" B=3\r\nENV OLD all of it\r\nFROM build\r\nCOPY --from=Build [\"/a b\", \"/c\"]\r\n";
    let dockerfile = read(text).unwrap();
    let slice = |span: rackform::diagnostic::Span| &text[span.range()];
    assert_eq!((dockerfile.syntax.as_deref(), dockerfile.escape), (Some("docker/dockerfile:1.7"), '`'));
    let names: Vec<&str> = dockerfile.global_arguments.iter().map(|argument| argument.name.as_str()).collect();
    assert_eq!(names, ["TAG", "OTHER"]);
    let [build, last] = dockerfile.stages.as_slice() else { panic!("two stages") };
    let (name, span) = build.name.as_ref().unwrap();
    assert_eq!((name.as_str(), slice(*span), slice(build.span)), ("build", "Build", "FROM"));
    assert_eq!(build.platform.as_ref().unwrap().as_str(), "$BUILDPLATFORM");
    assert_eq!(dockerfile.base(build, &|_| None).text, "alpine:3");
    assert_eq!(dockerfile.base(build, &|name| (name == "TAG").then(|| "edge".to_owned())).text, "alpine:edge");
    let StepKind::Run(run) = &build.steps[0].kind else { panic!("a RUN") };
    let [cache, secret] = run.mounts.as_slice() else { panic!("two mounts") };
    assert_eq!((cache.kind, cache.identifier(), cache.sharing), (MountKind::Cache, Some("pip"), Some(Sharing::Locked)));
    assert!(slice(secret.span).starts_with("--mount=type=secret") && secret.is_required);
    let Command::Shell(command) = &run.command else { panic!("a shell command") };
    assert_eq!(command.as_str().split_whitespace().collect::<Vec<_>>(), ["pip", "install", "-r", "r.txt"]);
    let StepKind::Env(pairs) = &build.steps[2].kind else { panic!("an ENV") };
    assert_eq!((pairs[0].0.as_str(), pairs[0].1.as_str()), ("OLD", "all of it"));
    assert_eq!(dockerfile.required(last, &|_| None), [0, 1]);
    assert_eq!(dockerfile.lineage(last, &|_| None).iter().map(|stage| stage.number).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn only_required_stages_are_checked() {
    let text = "FROM node AS web\nCOPY . .\nRUN npm ci\nFROM golang AS api\nCOPY go.mod .\nRUN go mod download\nCOPY . .\n";
    let of = |target| found(text, &Context { target: Some(target), ..Context::default() });
    assert_eq!(of("api"), Vec::<String>::new());
    assert_eq!(of("WEB"), ["2:1 copy-before-install"]);
    assert_eq!(of("0"), ["2:1 copy-before-install"]);
}

#[test]
fn a_base_named_by_the_platform_requires_every_matching_stage() {
    let text = "FROM a AS web-amd64\nARG X\nRUN x\nFROM b AS web-arm64\nFROM c AS api\nFROM web-$TARGETARCH\n";
    let dockerfile = read(text).unwrap();
    let last = dockerfile.stages.last().unwrap();
    assert_eq!(dockerfile.required(last, &|_| None), [0, 1, 3]);
    assert_eq!(dockerfile.required(last, &|name| (name == "TARGETARCH").then(|| "arm64".to_owned())), [1, 3]);
}

#[test]
fn secrets_are_never_printed() {
    let text = "FROM alpine\nENV DATABASE_URL=postgres://app:hunter2@db/app TOKEN=ghp_0123456789abcdef0123456789abcdef0123\n";
    let bench = Bench::new();
    bench.file("Dockerfile", text);
    for format in ["json", "sarif"] {
        let run = bench.run(&format!("build check --format {format}"));
        assert!(run.stdout.contains("secret-in-environment"), "{run}");
        assert!(!run.stdout.contains("hunter2") && !run.stdout.contains("ghp_"), "{run}");
    }
}

#[test]
fn cache_mount_warnings_depend_on_engine_and_version() {
    let text = "FROM alpine\nRUN --mount=type=cache,target=/c true\n";
    for (engine, version, on_efs) in [
        (Engine::Kaniko, "1.24.0", "mount-not-supported"),
        (Engine::Kaniko, "1.25.6", "mount-not-supported"),
        (Engine::Kaniko, "1.26.0", "cache-mount-not-kept"),
        (Engine::Kaniko, "1.26.4", "cache-mount-not-kept"),
        (Engine::Kaniko, "1.26.5", ""),
        (Engine::Docker, "18.06", "mount-not-supported"),
        (Engine::Docker, "20.10", "mount-not-supported"),
        (Engine::Docker, "23.0", "cache-mount-not-kept"),
        (Engine::BuildctlDaemonless, "0.13", "cache-mount-not-kept"),
    ] {
        let version = version.parse().unwrap();
        let cache_mounts = rackform::build::dockerfile::CacheMounts::Efs;
        let context = Context { engine: Some(engine), version: Some(&version), cache_mounts, ..Context::default() };
        let expected: Vec<String> = (!on_efs.is_empty()).then(|| format!("2:5 {on_efs}")).into_iter().collect();
        assert_eq!(found(text, &context), expected, "{engine} {version}");
    }
}

#[test]
fn build_command_reports_findings_on_standard_error() {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM golang\nARG X\nCOPY go.mod .\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\n");
    let command = "build command app --engine kaniko --engine-version 1.27.5 --repository registry.example.com/cache --service web";
    let run = bench.run(command);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("warning[cache-mount-not-kept]") && run.stderr.contains("app/Dockerfile:4:5"), "{run}");
    assert!(!run.stdout.contains("warning"), "{run}");
    // Cache mounts on EFS persist, so there is no warning.
    let run = bench.run(&format!("{command} --cache-mounts"));
    assert!(!run.stderr.contains("cache-mount-not-kept"), "{run}");
    let run = bench.run(&format!("{command} --build-arg Y=1 --target builder"));
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("error[unknown-target]: the target stage `builder` does not exist"), "{run}");
    bench.file("app/Dockerfile", "FROM golang\nRUM true\nCOPY\n");
    let run = bench.run(command);
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("app/Dockerfile:2:1") && run.stderr.contains("app/Dockerfile:3:1"), "{run}");
}

/// Returns the texts of all fixtures, to be mutated.
fn seeds() -> Vec<String> {
    fixtures("good").iter().chain(&fixtures("bad")).map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

const PIECES: [&str; 34] = [
    "\\",
    "\n",
    "\\\n",
    "\r",
    "\r\n",
    "`",
    "$",
    "${",
    "}",
    "${A:-",
    "'",
    "\"",
    "<<",
    "<<EOF",
    "<<-'E'\n",
    "\nEOF\n",
    "#",
    "# escape=`\n",
    "[",
    "[\"",
    "\"]",
    ",",
    "=",
    "--",
    "--mount=",
    "type=cache",
    "FROM ",
    " AS ",
    "ONBUILD ",
    "RUN ",
    "COPY ",
    "\u{feff}",
    "é",
    "\t",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_dockerfile_neither_panics_nor_has_labels_outside_the_text(
        seed in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0_usize..PIECES.len()), 1..8),
    ) {
        let mut text = seed.get(&seeds()).clone();
        for (at, length, piece) in cuts {
            let characters: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = at.index(characters.len());
            let (start, end) = (characters[at], characters[(at + length).min(characters.len() - 1)]);
            text.replace_range(start..end, PIECES[piece]);
        }
        let source = Source::new("Dockerfile", text.clone());
        let diagnostics = match Dockerfile::read(&source) {
            Ok(dockerfile) => {
                let context = Context { engine: Some(Engine::Kaniko), secrets: Some(&["npmrc"]), ..Context::default() };
                lint(&dockerfile, &context)
            }
            Err(problems) => {
                prop_assert!(problems.has_errors());
                problems.0
            }
        };
        for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
            prop_assert!(text.get(label.span.range()).is_some(), "{diagnostics:?}");
        }
    }
}

#[test]
fn arguments_in_the_base_image_are_expanded() {
    let rules = |text: &str| {
        let dockerfile = Dockerfile::read(&Source::new("Dockerfile", text)).unwrap();
        let found = lint(&dockerfile, &Context::default());
        found.iter().map(|problem| problem.rule).collect::<Vec<_>>()
    };
    assert!(rules("ARG BASE=x\nFROM ${BASE}\nRUN echo $BASE\n").contains(&"argument-out-of-scope"));
    // The node image sets that variable.
    assert!(!rules("ARG NODE_VERSION=22\nFROM node:${NODE_VERSION}\nRUN echo $NODE_VERSION\n").contains(&"argument-out-of-scope"));
    assert!(rules("ARG T\nFROM a:$T\n").contains(&"empty-base"));
    assert!(!rules("ARG T=1\nFROM a:$T\n").contains(&"empty-base"));
}
