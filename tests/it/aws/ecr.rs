//! Images and caches in ECR, with canned responses.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use serde_json::{Value, json};

use super::server::Server;
use crate::program::{Bench, Run};

const URI: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/build-cache/acme/web";

/// A `docker` that logs its arguments, and standard input at a login.
const DOCKER: &str = "#!/bin/sh\ncase \"$1\" in version|buildx|info) exit 1 ;; esac\n{ echo \"$*\"; [ \"$1\" = login ] && echo \"stdin: $(cat)\"; } >> \"$LOG\"\nexit 0\n";

fn bench() -> Bench {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.file("Dockerfile", "FROM scratch\n").file("bin/docker", DOCKER);
    std::fs::set_permissions(bench.path().join("bin/docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bench
}

fn run(server: &Server, bench: &Bench, arguments: &str) -> Run {
    let mut command = server.command(bench, arguments);
    command.env("PATH", format!("{}:/usr/bin:/bin", bench.path().join("bin").display())).env("LOG", bench.path().join("log"));
    Run::of(command.args(["--region", "us-east-1"]))
}

fn good(value: Value) -> (u16, String) {
    (200, value.to_string())
}

fn refused(code: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": format!("details of {code}")}).to_string())
}

fn body(server: &Server, action: &str) -> Value {
    serde_json::from_str(&server.bodies(action)[0]).unwrap()
}

#[test]
fn a_missing_repository_is_created_and_a_denied_policy_is_not_a_failure() {
    let token = base64::prelude::BASE64_STANDARD.encode("AWS:planted-password");
    let server = Server::new(move |action, _| match action {
        "DescribeRepositories" => refused("RepositoryNotFoundException"),
        "CreateRepository" => good(json!({"repository": {"repositoryName": "build-cache/acme/web", "repositoryUri": URI}})),
        "PutLifecyclePolicy" => refused("AccessDeniedException"),
        "DescribeImages" => refused("ImageNotFoundException"),
        "GetAuthorizationToken" => good(json!({"authorizationData": [{"authorizationToken": token, "proxyEndpoint": "https://x"}]})),
        _ => refused("UnknownOperationException"),
    });
    let bench = bench();
    let mut command = server.command(&bench, "build image --engine docker --engine-version 27.5.1 --ecr-tag Key=Value --ecr-tag Key2=Value2 --max-age-days 7 --region us-east-1 --export shell");
    command.env("PATH", format!("{}:/usr/bin:/bin", bench.path().join("bin").display())).env("LOG", bench.path().join("log"));
    command.env("BUILDKITE_ORGANIZATION_SLUG", "acme").env("BUILDKITE_PIPELINE_SLUG", "web");
    let run = Run::of(&mut command);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("cannot change the lifecycle policy of `build-cache/acme/web`"), "{run}");
    assert_eq!(
        server.requests(),
        ["DescribeRepositories", "CreateRepository", "PutLifecyclePolicy", "DescribeImages", "GetAuthorizationToken"]
    );
    let made = body(&server, "CreateRepository");
    assert_eq!(made["repositoryName"], "build-cache/acme/web");
    assert_eq!(made["tags"], json!([{"Key": "Key", "Value": "Value"}, {"Key": "Key2", "Value": "Value2"}]));
    let policy: Value = serde_json::from_str(body(&server, "PutLifecyclePolicy")["lifecyclePolicyText"].as_str().unwrap()).unwrap();
    assert_eq!(
        policy["rules"][0]["selection"],
        json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7})
    );
    let key = body(&server, "DescribeImages")["imageIds"][0]["imageTag"].as_str().unwrap().to_owned();
    assert!(run.stdout.contains(&format!("BUILDKITE_PLUGIN_DOCKER_IMAGE={URI}:{key}")), "{run}");
    let log = bench.read("log");
    assert!(
        log.starts_with("login --username AWS --password-stdin 123456789012.dkr.ecr.us-east-1.amazonaws.com\nstdin: planted-password\n"),
        "{log}"
    );
    assert!(log.contains(&format!("push {URI}:{key}\n")) && log.contains(&format!("push {URI}:latest\n")), "{log}");
    assert!(!run.to_string().contains("planted"), "{run}");
    assert_eq!(log.matches("planted").count(), 1, "the password is passed only on standard input: {log}");
}

#[test]
fn a_repository_that_a_push_creates_is_left_to_the_push() {
    let token = base64::prelude::BASE64_STANDARD.encode("AWS:planted-password");
    let account = move |applied_for: &'static str| {
        let token = token.clone();
        Server::new(move |action, _| match action {
            "DescribeRepositories" => refused("RepositoryNotFoundException"),
            "DescribeRepositoryCreationTemplates" => good(json!({"registryId": "123456789012", "repositoryCreationTemplates": [
                {"prefix": "ROOT", "appliedFor": ["CREATE_ON_PUSH"]},
                {"prefix": "build-cache", "appliedFor": [applied_for]},
                {"prefix": "build", "appliedFor": ["REPLICATION"]},
            ]})),
            "CreateRepository" => good(json!({"repository": {"repositoryName": "build-cache/acme/web", "repositoryUri": URI}})),
            "PutLifecyclePolicy" => good(json!({})),
            "DescribeImages" => refused("RepositoryNotFoundException"),
            "GetAuthorizationToken" => good(json!({"authorizationData": [{"authorizationToken": token, "proxyEndpoint": "https://x"}]})),
            _ => refused("UnknownOperationException"),
        })
    };
    let bench = bench();
    let build = "build image --engine docker --engine-version 27.5.1 --name build-cache/acme/web";
    let server = account("CREATE_ON_PUSH");
    let left = run(&server, &bench, build);
    assert_eq!(left.code, 0, "{left}");
    assert!(left.stderr.contains("the push creates it") && server.bodies("CreateRepository").is_empty(), "{left}");
    assert!(bench.read("log").contains(&format!("push {URI}:")), "{}", bench.read("log"));
    // A more specific template for another purpose applies, or the user asks for tags.
    for (applied_for, flags) in [("PULL_THROUGH_CACHE", ""), ("CREATE_ON_PUSH", "--ecr-tag Key=Value")] {
        let server = account(applied_for);
        let made = run(&server, &bench, &format!("{build} {flags}"));
        assert_eq!((made.code, server.bodies("CreateRepository").len()), (0, 1), "{made}");
    }
}

/// Responds like an account with a repository that contains the image, with or without a policy.
fn present(policy: Option<&'static str>) -> Server {
    Server::new(move |action, body| match action {
        "DescribeRepositories" => {
            let name = &serde_json::from_str::<Value>(body).unwrap()["repositoryNames"][0];
            good(json!({"repositories": [{"repositoryName": name, "repositoryUri": URI}]}))
        }
        "GetLifecyclePolicy" => {
            policy.map_or_else(|| refused("LifecyclePolicyNotFoundException"), |policy| good(json!({"lifecyclePolicyText": policy})))
        }
        "PutLifecyclePolicy" => good(json!({})),
        "DescribeImages" => good(json!({"imageDetails": [{"imageDigest": "sha256:1"}]})),
        _ => refused("UnknownOperationException"),
    })
}

#[test]
fn an_image_in_ecr_is_neither_built_nor_pulled() {
    let (server, bench) = (present(None), bench());
    let found = run(&server, &bench, "build image --name build-cache/x --skip-pull --format json");
    assert_eq!(found.json()["what"], "found", "{found}");
    assert_eq!(server.requests(), ["DescribeRepositories", "GetLifecyclePolicy", "PutLifecyclePolicy", "DescribeImages"]);
    let denied = Server::new(|_, _| refused("AccessDeniedException"));
    let denied = run(&denied, &bench, "build image --ecr-name x");
    assert!(denied.code == 69 && denied.stderr.contains("DescribeRepositories"), "{denied}");
}

#[test]
fn the_policy_of_a_foreign_repository_is_kept() {
    const OWN: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":30},"action":{"type":"expire"}}]}"#;
    const OTHER: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":30},"action":{"type":"expire"}}]}"#;
    let bench = bench();
    for (policy, flags, is_set) in [
        (None, "", false),
        (None, "--max-age-days 7", true),
        (Some(OWN), "", true),
        (Some(OTHER), "--max-age-days 7", false),
        (Some(OWN), "--max-age-days 0", false),
    ] {
        let server = present(policy);
        let run = run(&server, &bench, &format!("build image --ecr-name releases --skip-pull {flags}"));
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(!server.bodies("PutLifecyclePolicy").is_empty(), is_set, "{policy:?} {flags}: {run}");
        assert_eq!(
            run.stderr.contains("not changing the lifecycle policy"),
            !is_set && !flags.ends_with(" 0"),
            "{policy:?} {flags}: {run}"
        );
    }
}

/// Responds like an account with the caches of two services, one of them old, and an unrelated image.
fn cache() -> Server {
    let digest = |c: &str| format!("sha256:{}", c.repeat(64));
    let old = 1_577_836_800; // 2020-01-01
    let new = 32_472_144_000_i64; // 2999-01-01
    let detail = move |c: &str, tags: &[&str], at: i64| json!({"imageDigest": digest(c), "imageTags": tags, "imageSizeInBytes": 110, "imagePushedAt": at, "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"});
    let archived = move || {
        let mut archived = detail("d", &["job.buildcache"], new);
        archived["imageStatus"] = json!("ARCHIVED");
        archived["lastArchivedAt"] = json!(new);
        archived
    };
    let manifest = |layer: &str| json!({"schemaVersion": 2, "config": {"digest": format!("sha256:{}", layer.repeat(64)), "size": 10, "mediaType": "c"}, "layers": [{"digest": format!("sha256:{}", "f".repeat(64)), "size": 1_073_741_824, "mediaType": "l"}]});
    Server::new(move |action, _| match action {
        "DescribeImages" => good(
            json!({"imageDetails": [detail("a", &["web.buildcache"], old), detail("b", &["api.buildcache"], new), detail("c", &["prod"], old), archived()]}),
        ),
        "BatchGetImage" => {
            let images = ["a", "b", "c"].map(|c| json!({"imageId": {"imageDigest": digest(c)}, "imageManifest": manifest(c).to_string(), "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}));
            good(json!({"images": images, "failures": []}))
        }
        "GetLifecyclePolicy" => {
            let policy = json!({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}, "action": {"type": "expire"}}]});
            good(json!({"lifecyclePolicyText": policy.to_string()}))
        }
        "BatchDeleteImage" => good(json!({"imageIds": [], "failures": []})),
        "GetAccountSetting" => good(json!({"name": "BLOB_MOUNTING", "value": "ENABLED"})),
        // EFS has paths instead of actions.
        "" => good(json!({"FileSystems": [{
            "OwnerId": "123456789012", "CreationToken": "x", "FileSystemId": "fs-0123456789abcdef0", "CreationTime": 1.0, "LifeCycleState": "available",
            "NumberOfMountTargets": 2, "PerformanceMode": "generalPurpose", "Tags": [],
            "SizeInBytes": {"Value": 10_737_418_240_i64, "Timestamp": 1_700_000_000.0, "ValueInIA": 0, "ValueInStandard": 10_737_418_240_i64},
        }]})),
        _ => refused("UnknownOperationException"),
    })
}

#[test]
fn a_cache_in_ecr_is_listed_priced_and_cleaned() {
    let (server, bench) = (cache(), bench());
    let listed = run(&server, &bench, "build cache ls --ecr-name rack-build-cache --format json").json();
    let expires: Vec<bool> = listed["entries"].as_array().unwrap().iter().map(|entry| !entry["expires"].is_null()).collect();
    assert_eq!(expires, [false, false, true, true], "{listed}");
    assert_eq!(listed["entries"][1]["archived_at"], "2999-01-01T00:00:00Z", "{listed}");
    assert_eq!(body(&server, "DescribeImages")["filter"], json!({"imageStatus": "ANY"}), "ECR returns only active images otherwise");
    let read = body(&server, "BatchGetImage")["imageIds"].as_array().unwrap().len();
    assert_eq!(read, 3, "the manifest of an archived image cannot be read");

    let sized =
        run(&server, &bench, "build cache size --ecr-name rack-build-cache --file-system fs-0123456789abcdef0 --format json").json();
    let repository = &sized["repository"];
    assert!(repository["stored_bytes"].as_u64().unwrap() < 1_073_750_000, "a shared layer counts once: {sized}");
    assert_eq!(repository["archived"], json!({"manifests": 1, "bytes": 110}), "{sized}");
    assert!(sized["notes"].to_string().contains("blob mounting is enabled"), "{sized}");
    assert!((repository["cost"]["usd_per_month"].as_f64().unwrap() - 0.1).abs() < 0.001, "{sized}");
    assert_eq!(sized["file_system"]["cost"]["usd_per_month"], 3.0, "{sized}");
    assert_eq!(sized["file_system"]["bytes"], 10_737_418_240_u64, "{sized}");
    assert!(repository["cost"]["price"]["as_of"].as_str().unwrap().len() == 10, "{sized}");

    let shown = run(&server, &bench, "build cache gc --ecr-name rack-build-cache --older-than 30d --dry-run");
    assert!(shown.code == 0 && shown.stdout.contains("- web.buildcache") && shown.stdout.contains("1 would be deleted"), "{shown}");
    assert!(server.bodies("BatchDeleteImage").is_empty(), "a dry run deletes nothing");
    let done = run(&server, &bench, "build cache gc --ecr-name rack-build-cache --older-than 30d --yes");
    assert_eq!(done.code, 0, "{done}");
    let ids = body(&server, "BatchDeleteImage");
    assert_eq!(ids["imageIds"], json!([{"imageDigest": format!("sha256:{}", "a".repeat(64))}]));

    let absent = Server::new(|_, _| refused("RepositoryNotFoundException"));
    let absent = run(&absent, &bench, "build cache ls --ecr-name none");
    assert!(absent.code == 66 && absent.stderr.contains("repository `none` does not exist"), "{absent}");
}
