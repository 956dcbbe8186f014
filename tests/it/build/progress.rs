//! Tests of reading the output of engines: recorded shapes, hostile output, and the report that follows from both.
#![allow(clippy::unwrap_used)]

use rackform::build::cache_report::{CacheReport, Expected, ExportOutcome, ImportOutcome, Witness, report};
use rackform::build::command::plan;
use rackform::build::exec::Observed;
use rackform::build::progress::{ExportEnd, Progress, Reader, Steps, Style};
use rackform::build::request::{CacheRequest, Output};
use rackform::build::{BuildRequest, Engine, EngineFacts};
use rackform::ui::build::cache_report::line;

fn read(style: Style, output: &str) -> Progress {
    let mut reader = Reader::new(style);
    // However a pipe divides the output.
    output.as_bytes().chunks(7).for_each(|part| reader.read(part));
    reader.progress()
}

macro_rules! recorded {
    ($style:expr, $file:literal) => {
        read($style, include_str!(concat!("../../../fixtures/engine-output/", $file)))
    };
}

/// Returns the report of a build with these verbatim caches, or with a cache in a repository.
fn report_of(engine: Engine, to: &[&str], from: &[&str], progress: Progress, witnesses: &[Witness]) -> CacheReport {
    let texts = |caches: &[&str]| caches.iter().map(|cache| (*cache).to_owned()).collect();
    let cache = match engine {
        Engine::Kaniko | Engine::Buildah => CacheRequest::in_registry(to[0]),
        _ => CacheRequest { to: texts(to), from: texts(from), ..CacheRequest::default() },
    };
    let request = BuildRequest {
        context: "app".to_owned(),
        tags: vec!["r.example/web:1".to_owned()],
        output: Output::Push,
        cache: Some(cache),
        ..BuildRequest::default()
    };
    let facts = EngineFacts { version: "1.28.2".parse().ok(), buildkit: "0.25.2".parse().ok(), ..EngineFacts::unknown(engine) };
    let invocation = plan(&request, &facts).unwrap();
    let expected = Expected::new(&request, &invocation).unwrap();
    report(&expected, &Observed { progress, steps: Vec::new() }, witnesses)
}

const CACHE: &str = "type=registry,ref=127.0.0.1:5611/cache:web.buildcache";
const DEAD: &str = "type=registry,ref=127.0.0.1:1/cache:web,ignore-error=true";

#[test]
fn a_cold_and_a_fresh_build_are_counted() {
    let cold = recorded!(Style::BuildKit, "cold.txt");
    assert_eq!(cold.steps, Some(Steps { total: 5, cached: 0 }));
    let report = report_of(Engine::Buildctl, &[CACHE], &[CACHE], cold, &[]);
    let expected = "cache: 0 of 5 steps cached; no cache yet in 127.0.0.1:5611/cache:web.buildcache; written to \
                    127.0.0.1:5611/cache:web.buildcache";
    assert_eq!(line(&report), expected);
    assert!(report.is_written() && !report.has_failed());

    let fresh = recorded!(Style::BuildKit, "fresh.txt");
    let report = report_of(Engine::Buildctl, &[CACHE], &[CACHE], fresh, &[]);
    let expected = "cache: 5 of 5 steps cached; read from 127.0.0.1:5611/cache:web.buildcache; written to \
                    127.0.0.1:5611/cache:web.buildcache";
    assert_eq!(line(&report), expected);
    assert_eq!(report.exports[0].digest.as_deref().unwrap().len(), 71);
}

#[test]
fn a_cached_step_whose_layers_are_downloaded_counts_as_cached() {
    // As a fresh Docker 28.5.2 prints it: the last step is loaded into the image store, so its layers are needed.
    let digest = "sha256:65a4bf7f6b4533de38322b0dbfb9d1a4d3d312b23aca056246f1c615c9fc589f";
    let plain = format!(
        "#7 [build 2/3] RUN make\n#7 CACHED\n\n#8 [build 3/3] RUN make install\n#8 CACHED\n\n#9 exporting to image\n#9 ...\n\n\
         #10 [stage-1 2/2] COPY --from=build /app /app\n#10 {digest} 157B / 157B 0.0s done\n#10 DONE 0.1s\n\n\
         #8 [build 3/3] RUN make install\n#8 {digest} 1.03MB / 1.03MB 0.1s done\n#8 DONE 0.1s\n\n#9 DONE 0.3s\n"
    );
    assert_eq!(read(Style::BuildKit, &plain).steps, Some(Steps { total: 3, cached: 3 }));
    let json = "{\"vertexes\":[{\"digest\":\"sha256:a\",\"name\":\"[2/2] RUN make\",\"completed\":\"t\",\"cached\":true}]}\n\
                {\"vertexes\":[{\"digest\":\"sha256:a\",\"name\":\"[2/2] RUN make\",\"started\":\"t\",\"completed\":\"t\"}]}\n";
    assert_eq!(read(Style::BuildKitJson, json).steps, Some(Steps { total: 1, cached: 1 }));
    let ran = "#7 [2/2] RUN make\n#7 0.123 sha256:65a4bf is printed by the step\n#7 DONE 0.2s\n";
    assert_eq!(read(Style::BuildKit, ran).steps, Some(Steps { total: 1, cached: 0 }));
}

#[test]
fn a_write_that_ignore_error_hides_is_reported() {
    let expected = "cache: not written to 127.0.0.1:1/cache:web: error writing layer blob: failed to do request: Head \
                    \"https://127.0.0.1:1/v2/cache/blobs/sha256:23d9cddd6c6e4ebe323528afe57f6408d923a172d5ec08f77dcf4588ace9bd11\": dial tcp \
                    127.0.0.1:1: connect: connection refused; 5 of 5 steps cached; ";
    let plain = report_of(Engine::Buildctl, &[DEAD], &[DEAD], recorded!(Style::BuildKit, "dead-registry.txt"), &[]);
    assert!(line(&plain).starts_with(expected), "{}", line(&plain));
    assert!(matches!(&plain.imports[0].outcome, ImportOutcome::Failed(reason) if reason.contains("connection refused")));
    assert!(plain.has_failed());
    let json = report_of(Engine::Buildctl, &[DEAD], &[CACHE], recorded!(Style::BuildKitJson, "dead-registry.json"), &[]);
    assert!(line(&json).starts_with(expected), "{}", line(&json));
    assert_eq!(json.imports[0].outcome, ImportOutcome::Read);
}

#[test]
fn of_two_caches_only_the_one_that_failed_is_reported() {
    let good = "type=registry,ref=127.0.0.1:5611/cache:web,mode=max,ignore-error=true";
    let report = report_of(Engine::Buildctl, &[good, DEAD], &[], recorded!(Style::BuildKit, "two-exports.txt"), &[]);
    assert!(matches!(&report.exports[1].outcome, ExportOutcome::NotWritten(reason) if reason.contains("127.0.0.1:1")), "{report:?}");
    assert_eq!(report.exports[0].outcome, ExportOutcome::Written);
    let both = ["type=registry,ref=127.0.0.1:1/a:web", DEAD];
    let output = "#1 exporting cache to registry\n#1 DONE 0.1s\n#2 exporting cache to registry\n#2 ERROR: denied\n";
    let unclear = report_of(Engine::Buildctl, &both, &[], read(Style::BuildKit, output), &[]);
    assert!(!unclear.is_written() && !unclear.has_failed(), "{unclear:?}");
}

#[test]
fn a_cache_without_layers_is_told_apart_from_a_lost_one() {
    let empty = recorded!(Style::BuildKit, "empty.txt");
    assert_eq!(empty.exports[0].end, Some(ExportEnd::Empty));
    let report = report_of(Engine::Buildctl, &["type=registry,ref=127.0.0.1:5611/cache:empty"], &[], empty, &[]);
    assert_eq!((&report.exports[0].outcome, report.is_written()), (&ExportOutcome::NothingToWrite, true));
    let lost =
        "#1 [2/2] RUN make\n#1 DONE 9.0s\n#2 exporting cache to registry\n#2 skipping cache export for empty result done\n#2 DONE 0.0s\n";
    let report = report_of(Engine::Buildctl, &[CACHE], &[], read(Style::BuildKit, lost), &[]);
    assert!(report.has_failed(), "{report:?}");
}

#[test]
fn an_export_that_the_client_dropped_is_not_written() {
    // buildx drops the caches of GitHub Actions without their variables, and of backends that BuildKit lacks.
    let output = "#1 [2/2] RUN make\n#1 DONE 9.0s\n#2 exporting to image\n#2 DONE 0.1s\n";
    for to in ["type=gha,scope=web", "type=s3,region=us-east-1,bucket=b,name=web", CACHE, "type=local,dest=/cache"] {
        let report = report_of(Engine::Buildctl, &[to], &[], read(Style::BuildKit, output), &[]);
        assert_eq!(report.exports[0].outcome, ExportOutcome::NotWritten("the engine did not export it".to_owned()), "{to}");
    }
}

#[test]
fn every_backend_and_version_of_buildkit_is_recognized() {
    let cases = [
        (CACHE, "exporting cache"),
        (CACHE, "exporting cache to registry"),
        ("type=local,dest=/cache", "exporting cache to client directory"),
        ("type=s3,region=us-east-1,bucket=b,prefix=p/,name=web", "exporting cache to s3"),
        ("type=s3,region=us-east-1,bucket=b,prefix=p/,name=web", "exporting cache to Amazon S3"),
        ("type=gha,scope=web", "exporting to GitHub cache"),
        ("type=gha,scope=web", "exporting to GitHub Actions Cache"),
        ("type=azblob,name=web,account_url=https://a.blob.core.windows.net", "exporting cache to Azure Blob Storage"),
        ("type=inline", "preparing layers for inline cache"),
    ];
    for (to, name) in cases {
        let written = read(Style::BuildKit, &format!("#8 {name}\n#8 preparing build cache for export done\n#8 DONE 0.3s\n"));
        assert_eq!(report_of(Engine::Buildctl, &[to], &[], written, &[]).exports[0].outcome, ExportOutcome::Written, "{name}");
        if to != "type=inline" {
            let failed = read(Style::BuildKit, &format!("#8 {name}\n#8 ERROR: PUT https://b.s3.amazonaws.com/x?X-Amz-Signature=a: 403\n"));
            let report = report_of(Engine::Buildctl, &[to], &[], failed, &[]);
            assert!(line(&report).contains("x?...") && report.has_failed() && !line(&report).contains("Signature"), "{report:?}");
        }
    }
    let inline = "#9 exporting to image\n#9 preparing layers for inline cache 0.1s done\n#9 DONE 0.2s\n";
    assert!(report_of(Engine::Buildctl, &["type=inline"], &[], read(Style::BuildKit, inline), &[]).is_written());
}

#[test]
fn a_local_cache_that_does_not_exist_is_no_failure() {
    let output = "#1 [2/2] RUN make\n#1 DONE 9.0s\n#2 exporting cache to client directory\n#2 DONE 0.1s\n";
    for warning in [
        "WARNING: local cache import at /cache not found due to err: could not read /cache/index.json: open /cache/index.json: no such file or directory",
        "time=\"2026-11-29T10:00:00Z\" level=warning msg=\"local cache import at /cache not found due to err: could not read /cache/index.json: open /cache/index.json: no such file or directory\"",
    ] {
        let progress = read(Style::BuildKit, &format!("{output}{warning}\n"));
        let report = report_of(Engine::Buildctl, &["type=local,dest=/cache"], &["type=local,src=/cache"], progress, &[]);
        assert_eq!((&report.imports[0].outcome, report.is_written()), (&ImportOutcome::Missing, true), "{warning}");
    }
}

#[test]
fn docker_before_buildx_and_without_buildkit_is_counted() {
    assert_eq!(recorded!(Style::BuildKit, "docker-20.10.txt").steps, Some(Steps { total: 5, cached: 0 }));
    assert_eq!(recorded!(Style::ClassicDocker, "classic.txt").steps, Some(Steps { total: 5, cached: 2 }));
}

#[test]
fn buildah_says_which_layers_it_pushed_and_pulled() {
    let repository = ["127.0.0.1:5611/bcache2"];
    let cold = report_of(Engine::Buildah, &repository, &[], recorded!(Style::Buildah, "buildah-cold.txt"), &[]);
    assert_eq!(line(&cold), "cache: 0 of 5 steps cached; nothing to use in 127.0.0.1:5611/bcache2; written to 127.0.0.1:5611/bcache2");
    let fresh = report_of(Engine::Buildah, &repository, &[], recorded!(Style::Buildah, "buildah-fresh.txt"), &[]);
    let expected = "cache: 5 of 5 steps cached; read from 127.0.0.1:5611/bcache2; 127.0.0.1:5611/bcache2 already has every layer";
    assert_eq!((line(&fresh).as_str(), fresh.is_written()), (expected, true));
}

/// The lines of kaniko's log, from its source: a build that reads one layer, and writes another.
fn kaniko(format: &str, failure: Option<&str>) -> String {
    let mut messages = vec![
        ("info", "Retrieving image manifest r.example/base:1"),
        ("info", "Checking for cached layer r.example/cache:aaaa..."),
        ("info", "Using caching version of cmd: RUN apk add \"curl\""),
        ("info", "Checking for cached layer r.example/cache:bbbb..."),
        ("info", "No cached layer found for cmd RUN make"),
        ("info", "RUN apk add \"curl\""),
        ("info", "Found cached layer, extracting to filesystem"),
        ("info", "COPY . /app"),
        ("info", "RUN make"),
        ("info", "Pushing layer r.example/cache:bbbb to cache now"),
        ("info", "Pushing image to r.example/cache:bbbb"),
        ("info", "ENTRYPOINT [\"/app\"]"),
    ];
    messages.extend(failure.map(|failure| ("warning", failure)));
    let line = |(level, message): (&str, &str)| match format {
        "json" => serde_json::json!({"level": level, "msg": message, "time": "2026-11-29T10:00:00Z"}).to_string(),
        "text" => format!("time=\"2026-11-29T10:00:00Z\" level={level} msg={message:?}"),
        _ => format!("\u{1b}[36m{}\u{1b}[0m[0003] {message:<44} ", if level == "info" { "INFO" } else { "WARN" }),
    };
    messages.into_iter().map(|message| line(message) + "\n").collect::<String>() + "make: Using caching version of cmd: RUN make\n"
}

#[test]
fn kanikos_log_is_read_in_every_format() {
    for format in ["color", "text", "json"] {
        let written = report_of(Engine::Kaniko, &["r.example/cache"], &[], read(Style::Kaniko, &kaniko(format, None)), &[]);
        assert_eq!(line(&written), "cache: 1 of 3 steps cached; read from r.example/cache; written to r.example/cache", "{format}");
        let failure = "Error uploading layer to cache: failed to push to destination r.example/cache:bbbb: DENIED: denied";
        let failed = report_of(Engine::Kaniko, &["r.example/cache"], &[], read(Style::Kaniko, &kaniko(format, Some(failure))), &[]);
        let expected = "cache: not written to r.example/cache: failed to push to destination r.example/cache:bbbb: DENIED: denied; 1 of 3 \
                        steps cached; read from r.example/cache";
        assert_eq!(line(&failed), expected, "{format}");
    }
}

#[test]
fn output_that_nobody_understands_is_unknown() {
    for style in [Style::BuildKit, Style::BuildKitJson, Style::Kaniko, Style::Buildah, Style::ClassicDocker] {
        for output in [
            "",
            "\n",
            "hello\nworld\n",
            "#\n##\n# 1 x\n#x y\n#0 building\n",
            "{}\n[]\n{\"vertexes\": 7}\nnull\n",
            "\u{1b}[",
            "STEP",
            "Step 1",
        ] {
            let progress = read(style, output);
            let is_silent = !progress.is_understood || progress.steps == Some(Steps::default());
            assert!(is_silent && progress.exports.is_empty(), "{style:?} {output:?} {progress:?}");
        }
    }
    let report = report_of(Engine::Buildctl, &[CACHE], &[CACHE], Progress::default(), &[]);
    assert!(!report.is_written() && !report.has_failed() && line(&report).contains("unknown whether"), "{}", line(&report));
}

#[test]
fn a_registry_confirms_or_refutes_what_the_engine_said() {
    let written = || recorded!(Style::BuildKit, "fresh.txt");
    let digest = written().exports[0].digest.clone();
    let witness = |before: Option<&str>, after: Option<&str>| {
        let owned = |text: Option<&str>| Some(text.map(str::to_owned));
        [Witness { before: owned(before), after: owned(after) }]
    };
    let confirmed = report_of(Engine::Buildctl, &[CACHE], &[], written(), &witness(None, digest.as_deref()));
    assert_eq!((confirmed.exports[0].is_confirmed, confirmed.is_written()), (Some(true), true));
    let overwritten = report_of(Engine::Buildctl, &[CACHE], &[], written(), &witness(None, Some("sha256:other")));
    assert!(line(&overwritten).ends_with("which another build has overwritten since"), "{}", line(&overwritten));
    let lost = report_of(Engine::Buildctl, &[CACHE], &[], written(), &witness(None, None));
    assert!(lost.has_failed() && line(&lost).contains("it does not exist"), "{}", line(&lost));
    // An engine that says nothing.
    let silent = |witness: &[Witness]| report_of(Engine::Buildctl, &[CACHE], &[], Progress::default(), witness);
    assert!(silent(&witness(None, Some("sha256:new"))).is_written());
    assert!(silent(&witness(Some("sha256:old"), Some("sha256:new"))).is_written());
    let same = silent(&witness(Some("sha256:old"), Some("sha256:old")));
    assert!(!same.is_written() && !same.has_failed() && line(&same).contains("the same as before"), "{}", line(&same));
    assert!(silent(&witness(None, None)).has_failed());
    assert!(!silent(&[Witness { before: None, after: Some(Some("sha256:new".to_owned())) }]).is_written());
}

#[test]
fn huge_output_takes_little_memory_and_is_not_guessed_at() {
    let mut reader = Reader::new(Style::BuildKit);
    for number in 1..60_000 {
        reader.read(format!("#{number} [stage {number}/60000] RUN x\n#{number} CACHED\n").as_bytes());
    }
    let long = vec![b'x'; 1 << 20];
    (0..64).for_each(|_| reader.read(&long));
    let progress = reader.progress();
    assert!(!progress.is_understood && progress.steps.is_none());
}
