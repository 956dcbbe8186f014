//! Cache maintenance: sizes, expiry by a lifecycle policy, and pruning.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use rackform::build::cache::{branch_cache_tag, cache_tag};
use rackform::build::cache_maintenance::{Age, Entry, Inventory, LifecycleAction, LifecyclePolicy, Selection, Size};
use rackform::build::registry::Blob;
use rackform::build::registry::ecr::ImageStorage;
use serde_json::json;

use super::http_server::{FakeRegistry, error_response};
use crate::program::{Bench, Run};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Returns an entry pushed `days` days ago (a negative number: time unknown), with named layers of 10 bytes each.
fn entry(digest: &str, tags: &[&str], days: i64, layers: &[&str]) -> Entry {
    let blobs: Vec<Blob> =
        layers.iter().map(|name| Blob { media_type: String::new(), digest: (*name).to_owned(), size_bytes: 10 }).collect();
    Entry {
        digest: digest.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        pushed_or_created_at: (days >= 0).then(|| now() - jiff::SignedDuration::from_hours(24 * days)),
        pulled_at: None,
        storage: ImageStorage::Standard,
        size_bytes: 1 + 10 * layers.len() as u64,
        blobs: Some(blobs),
        children: Vec::new(),
        media_type: String::new(),
    }
}

fn inventory(entries: Vec<Entry>) -> Inventory {
    Inventory::new("rack-build-cache".to_owned(), entries, true, Vec::new())
}

fn expired(policy: serde_json::Value, inventory: &Inventory) -> Vec<(String, u32)> {
    let policy = LifecyclePolicy::read(&policy.to_string()).unwrap();
    policy.expiries(inventory, now()).iter().map(|expiry| (expiry.entry.digest.clone(), expiry.rule)).collect()
}

fn rule(priority: u32, selection: serde_json::Value) -> serde_json::Value {
    json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
}

fn pruned(selection: &Selection, inventory: &Inventory) -> Vec<String> {
    selection.decide(inventory, now()).iter().filter(|decision| decision.is_removed).map(|decision| decision.entry.digest.clone()).collect()
}

#[test]
fn a_shared_layer_is_stored_once() {
    let inventory = inventory(vec![
        entry("a", &["web.buildcache"], 1, &["base", "x"]),
        entry("b", &["api.buildcache"], 1, &["base", "y"]),
        entry("c", &["prod"], 1, &["base"]),
    ]);
    let size = Size::of(&inventory);
    assert_eq!((size.stored_bytes, size.added_up_bytes, size.manifests, size.is_exact), (33, 53, 3, true));
    assert_eq!((size.by_kind["service"].bytes, size.by_kind["other"].bytes), (32, 11));
    let mut unread = inventory.clone();
    unread.entries[0].blobs = None;
    assert!(!Size::of(&unread).is_exact);
}

#[test]
fn a_lifecycle_policy_expires_images_as_ecr_documents() {
    let found = inventory(vec![
        entry("old-cache", &["web.buildcache"], 40, &[]),
        entry("new-cache", &["api.buildcache"], 2, &[]),
        entry("old-prod", &["prod-1"], 90, &[]),
        entry("old-bare", &[], 9, &[]),
        entry("new-bare", &[], 1, &[]),
    ]);
    let days =
        |status: &str, days: u32| json!({"tagStatus": status, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days});
    assert_eq!(expired(json!({"rules": [rule(1, days("any", 30))]}), &found), [("old-prod".to_owned(), 1), ("old-cache".to_owned(), 1)]);
    assert_eq!(expired(json!({"rules": [rule(1, days("untagged", 7))]}), &found), [("old-bare".to_owned(), 1)]);
    // An image that matches an earlier rule's tags is not expired by a later rule, even if the earlier rule keeps it.
    let keep = rule(1, json!({"tagStatus": "tagged", "tagPrefixList": ["prod"], "countType": "imageCountMoreThan", "countNumber": 5}));
    assert_eq!(expired(json!({"rules": [rule(9, days("any", 30)), keep]}), &found), [("old-cache".to_owned(), 9)]);
    let newest = rule(1, json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}));
    let mut old: Vec<String> = expired(json!({"rules": [newest]}), &found).into_iter().map(|(digest, _)| digest).collect();
    old.sort();
    assert_eq!(old, ["old-cache", "old-prod"]);
    let patterns = rule(
        1,
        json!({"tagStatus": "tagged", "tagPatternList": ["*.buildcache"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}),
    );
    assert_eq!(expired(json!({"rules": [patterns]}), &found).len(), 2);
    // An image that is exactly as old as the limit is kept.
    assert_eq!(expired(json!({"rules": [rule(1, days("any", 90))]}), &found), []);
}

/// Returns an archived entry that was pushed `days` days and archived `archived` days ago.
fn archived(digest: &str, tags: &[&str], days: i64, archived: i64) -> Entry {
    let since = Some(now() - jiff::SignedDuration::from_hours(24 * archived));
    Entry { storage: ImageStorage::Archive { since, is_restored: false }, blobs: None, ..entry(digest, tags, days, &[]) }
}

#[test]
fn a_rule_selects_images_of_its_storage_class_and_archives_or_expires_them() {
    let found = inventory(vec![
        entry("active", &["web.buildcache"], 200, &[]),
        archived("archived-long-ago", &["api.buildcache"], 300, 120),
        archived("archived-lately", &["job.buildcache"], 300, 20),
    ]);
    let selection = |class: serde_json::Value, count_type: &str, days: u32| json!({"tagStatus": "any", "storageClass": class, "countType": count_type, "countUnit": "days", "countNumber": days});
    let actions = |action: serde_json::Value, selection: serde_json::Value| -> Vec<(String, LifecycleAction)> {
        let policy = json!({"rules": [{"rulePriority": 1, "selection": selection, "action": action}]});
        let policy = LifecyclePolicy::read(&policy.to_string()).unwrap();
        policy.expiries(&found, now()).iter().map(|found| (found.entry.digest.clone(), found.action)).collect()
    };
    let to_archive = json!({"type": "transition", "targetStorageClass": "archive"});
    let pushed = |class| selection(class, "sinceImagePushed", 100);
    assert_eq!(actions(to_archive, pushed(json!("standard"))), [("active".to_owned(), LifecycleAction::Archive)]);
    assert_eq!(actions(json!({"type": "expire"}), pushed(json!(null))), [("active".to_owned(), LifecycleAction::Expire)]);
    assert_eq!(
        actions(json!({"type": "expire"}), selection(json!("archive"), "sinceImageTransitioned", 90)),
        [("archived-long-ago".to_owned(), LifecycleAction::Expire)]
    );
    let unknown = json!({"rules": [{"rulePriority": 1, "selection": pushed(json!("standard")), "action": {"type": "transition"}}]});
    assert!(LifecyclePolicy::read(&unknown.to_string()).is_err());
}

#[test]
fn archived_images_are_counted_by_themselves() {
    let found = inventory(vec![entry("active", &["web.buildcache"], 1, &["base"]), archived("archived", &["api.buildcache"], 300, 120)]);
    let size = Size::of(&found);
    assert_eq!((size.stored_bytes, size.is_exact), (11, true));
    assert_eq!((size.archived.manifests, size.archived.bytes), (1, 1));
    let view = rackform::ui::build::cache_listing::Listing::new(&found, &[], now());
    let text = rackform::ui::build::cache_listing::listing(&view, rackform::ui::Layout::plain());
    assert!(text.contains("archived at 2026-07-24T12:00:00Z: cannot be pulled until it is restored or pushed again"), "{text}");
    let by_age = Selection { older_than: Some(Age::days(30)), ..Selection::default() };
    let removal = rackform::ui::build::cache_removal::Removal::new(&found, &by_age.decide(&found, now()), true);
    let text = rackform::ui::build::cache_removal::removal(&removal, rackform::ui::Layout::plain());
    assert!(text.contains("AWS charges at least 90 days of storage for an archived image"), "{text}");
}

#[test]
fn an_unsupported_lifecycle_rule_is_refused() {
    for selection in [
        json!({"tagStatus": "any", "countType": "sinceSomethingNew", "countUnit": "days", "countNumber": 1}),
        json!({"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 1}),
        json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "weeks", "countNumber": 1}),
    ] {
        assert!(LifecyclePolicy::read(&json!({"rules": [rule(1, selection.clone())]}).to_string()).is_err(), "{selection}");
    }
    assert!(LifecyclePolicy::read("{}").is_err());
}

#[test]
fn a_child_manifest_is_removed_only_with_its_index() {
    let mut index = entry("index", &["web.buildcache"], 1, &[]);
    index.children = vec!["part".to_owned()];
    let mut found = inventory(vec![index, entry("part", &[], 90, &[])]);
    let untagged = Selection { untagged: true, older_than: Some(Age::days(30)), ..Selection::default() };
    assert!(pruned(&untagged, &found).is_empty());
    let days = json!({"rules": [rule(1, json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}))]});
    assert!(expired(days, &found).is_empty());
    found.entries[0].pushed_or_created_at = found.entries[1].pushed_or_created_at;
    assert_eq!(pruned(&untagged, &found), ["index", "part"]);
}

#[test]
fn only_selected_cache_manifests_are_pruned() {
    let [web, api, branch] = [cache_tag("web"), cache_tag("api"), branch_cache_tag("web", "feature/x")];
    let layer = "0a".repeat(32);
    let key = format!("k1-{layer}");
    let found = inventory(vec![
        entry("web", &[&web], 40, &[]),
        entry("api", &[&api], 40, &[]),
        entry("branch", &[&branch], 5, &[]),
        entry("layer", &[&layer], 40, &[]),
        entry("image", &[&key, "latest"], 40, &[]),
        entry("prod", &["prod"], 400, &[]),
        entry("both", &["web-2.buildcache", "release"], 400, &[]),
        entry("lonely-latest", &["latest"], 400, &[]),
        entry("timeless", &["old.buildcache"], -1, &[]),
        entry("bare", &[], 40, &[]),
    ]);
    let chosen = |selection: Selection| {
        let mut pruned = pruned(&selection, &found);
        pruned.sort();
        pruned
    };
    let old = Some(Age::days(30));
    assert_eq!(chosen(Selection { older_than: old, ..Selection::default() }), ["api", "image", "layer", "web"]);
    assert_eq!(chosen(Selection { older_than: old, untagged: true, ..Selection::default() }), ["api", "bare", "image", "layer", "web"]);
    assert_eq!(chosen(Selection { untagged: true, ..Selection::default() }), ["bare"]);
    assert_eq!(chosen(Selection { service: Some("web".to_owned()), ..Selection::default() }), ["branch", "web"]);
    assert_eq!(chosen(Selection { service: Some("web".to_owned()), older_than: old, ..Selection::default() }), ["web"]);
    assert_eq!(chosen(Selection { branch: Some("feature/x".to_owned()), ..Selection::default() }), ["branch"]);
    assert_eq!(
        chosen(Selection { service: Some("api".to_owned()), branch: Some("feature/x".to_owned()), ..Selection::default() }),
        [""; 0]
    );
    let reasons: Vec<String> = Selection { older_than: old, ..Selection::default() }
        .decide(&found, now())
        .into_iter()
        .map(|decision| format!("{}: {}", decision.entry.digest, decision.reason))
        .collect();
    for expected in [
        "prod: not a cache entry: tagged `prod`",
        "both: not a cache entry: tagged `release`",
        "timeless: age unknown",
        "branch: pushed 5 days ago",
    ] {
        assert!(reasons.iter().any(|reason| reason == expected), "{expected}: {reasons:#?}");
    }
}

#[test]
fn a_registry_cache_is_listed_measured_and_pruned() {
    let mut shelf = FakeRegistry::default();
    let web = shelf.image(&["web.buildcache"], "2020-01-01T00:00:00Z", &[("base", 1_000_000), ("web", 500_000)]);
    shelf.image(&["prod"], "2020-01-01T00:00:00Z", &[("base", 1_000_000)]);
    shelf.image(&["api.buildcache"], "2999-01-01T00:00:00Z", &[("base", 1_000_000)]);
    let (server, kept) = shelf.serve("cache");
    let bench = Bench::new();
    let repository = format!("{}/cache", server.host);
    let run = |arguments: &[&str]| Run::of(bench.command().args(["build", "cache"]).args(arguments).args(["--repository", &repository]));

    let listed = run(&["ls"]);
    let shown = listed.to_string().replace(&server.host, "REGISTRY");
    assert!(
        shown.contains("REGISTRY/cache") && shown.contains("service") && shown.contains("web.buildcache") && shown.contains("prod"),
        "{shown}"
    );
    let sized = run(&["size", "--format", "json"]).json();
    assert_eq!(sized["repository"]["by_kind"]["service"]["manifests"], 2, "{sized}");
    let stored = sized["repository"]["stored_bytes"].as_u64().unwrap();
    assert!((1_500_000..1_510_000).contains(&stored), "shared layers once: {stored}");
    assert_eq!(sized["repository"]["cost"]["usd_per_month"], serde_json::Value::Null, "no region, no price: {sized}");

    bench.file(
        "policy.json",
        json!({"rules": [rule(1, json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}))]})
            .to_string(),
    );
    let judged = run(&["ls", "--policy", "policy.json", "--format", "json"]).json();
    let expiring: Vec<bool> = judged["entries"].as_array().unwrap().iter().map(|entry| !entry["expires"].is_null()).collect();
    assert_eq!(expiring, [false, true, true], "{judged}");

    assert_eq!(run(&["gc"]).code, 64);
    let unasked = run(&["gc", "--older-than", "30d"]);
    assert!(unasked.code != 0 && unasked.stderr.contains("1 would be deleted") && !unasked.to_string().contains("1 deleted"), "{unasked}");
    assert_eq!(kept.lock().unwrap().tags.len(), 3);
    let pruned = run(&["gc", "--older-than", "30d", "--yes"]);
    assert_eq!(pruned.code, 0, "{pruned}");
    assert!(pruned.stdout.contains("- web.buildcache") && pruned.stdout.contains("not a cache entry: tagged `prod`"), "{pruned}");
    let left: Vec<String> = kept.lock().unwrap().tags.keys().cloned().collect();
    assert_eq!(left, ["api.buildcache", "prod"]);
    assert!(server.lines().contains(&format!("DELETE /v2/cache/manifests/{web}")));
}

#[test]
fn ages_are_known_for_the_media_types_of_every_engine() {
    for (config, manifest) in [
        ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.distribution.manifest.v2+json"),
        ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.manifest.v1+json"),
        ("Application/vnd.oci.image.CONFIG.v1+json; charset=utf-8", "application/vnd.oci.image.manifest.v1+json"),
        ("application/vnd.nerdctl.image.v1+json", "application/vnd.docker.distribution.manifest.v2+json"),
    ] {
        let mut shelf = FakeRegistry::default();
        let blob = br#"{"created":"2020-01-01T00:00:00Z"}"#.to_vec();
        let blob_digest = super::http_server::digest(&blob);
        let text = json!({"schemaVersion": 2, "mediaType": manifest, "layers": [],
            "config": {"mediaType": config, "digest": blob_digest, "size": blob.len()}});
        shelf.blobs.insert(blob_digest, blob);
        shelf.put(&["web.buildcache-linux-arm64"], text.to_string().into_bytes());
        let (web, registry) = shelf.serve("cache");
        let bench = Bench::new();
        let run = bench.run(&format!("build cache gc --repository {}/cache --older-than 30d --service web --yes", web.host));
        assert_eq!(run.code, 0, "{config}: {run}");
        assert!(registry.lock().unwrap().tags.is_empty(), "{config}: {run}");
    }
}

#[test]
fn a_registry_that_does_not_support_deletion_is_reported() {
    let mut shelf = FakeRegistry::default();
    shelf.image(&["web.buildcache"], "2020-01-01T00:00:00Z", &[]);
    let (server, kept) = shelf.serve("cache");
    let inner = server.host.clone();
    // A proxy that refuses deletions, as Docker's registry does by default.
    let front = super::http_server::HttpServer::new(move |request, _| {
        if request.line.starts_with("DELETE ") {
            return error_response(405, "UNSUPPORTED", "The operation is unsupported.");
        }
        let (method, path) = request.line.split_once(' ').unwrap();
        let mut stream = std::net::TcpStream::connect(&inner).unwrap();
        std::io::Write::write_all(&mut stream, format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let header = |name: &'static str| {
            head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(|value| (name, value.to_owned()))
        };
        (status, header("content-type").into_iter().chain(header("docker-content-digest")).collect(), body.as_bytes().to_vec())
    });
    let bench = Bench::new();
    let run = bench.run_args(&["build", "cache", "gc", "--repository", &format!("{}/cache", front.host), "--older-than", "1d", "--yes"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("deletion is disabled") && run.stderr.contains("storage.delete.enabled"), "{run}");
    assert_eq!(kept.lock().unwrap().tags.len(), 1);
}

#[test]
fn an_invalid_price_list_is_refused() {
    let bench = Bench::new();
    let missing = bench.run("build cache size --repository 127.0.0.1:1/x --price-list none.json");
    assert_eq!(missing.code, 66, "{missing}");
    bench.file("none.json", "{}");
    let wrong = bench.run("build cache size --repository 127.0.0.1:1/x --price-list none.json");
    assert!(wrong.code == 65 && wrong.stderr.contains("not an AWS price list"), "{wrong}");
    let local = bench.run("build cache size");
    assert!(local.code == 64 && local.stderr.contains("`--repository HOST/NAME`"), "{local}");
}

#[test]
fn warming_in_the_rack_requires_an_app() {
    let run = Bench::new().run("build cache warm --in-rack");
    assert!(run.code == 64 && run.stderr.contains("not provided: --app"), "{run}");
}
