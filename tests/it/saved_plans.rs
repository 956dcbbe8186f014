//! Forged saved plans: whatever the file says, only what its template and parameters do is shown, checked and executed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;

use serde_json::{Value as Json, json};
use sha2::Digest as _;

use crate::backend::NETWORK;
use crate::imports::create_unmanaged_file_system;
use crate::program::{Bench, Run};

const RACK: &str = "name: demo\nregion: us-east-1\ntemplate: network.json\ntags: {team: a}\ntermination_protection: true\n";

/// Returns a stack with a file system, and `change.plan`, which deletes it.
fn losing_data() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK).file("network.json", NETWORK);
    done(bench.run("apply --yes -p Cache=Yes"));
    done(bench.run("plan -p Cache=No -o change.plan"));
    bench
}

fn done(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

fn plan(bench: &Bench) -> Json {
    serde_json::from_str(&bench.read("change.plan")).unwrap()
}

/// Writes a file with a digest that fits its content, as a forger would.
fn forge(bench: &Bench, name: &str, mut file: Json) {
    let digest: String = sha2::Sha256::digest(file["content"].to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    file["digest"] = format!("sha256:{digest}").into();
    bench.file(name, serde_json::to_string_pretty(&file).unwrap());
}

/// Applies a forged copy of `change.plan`.
fn apply_forged(bench: &Bench, change: impl FnOnce(&mut Json)) -> Run {
    let mut file = plan(bench);
    change(&mut file["content"]);
    forge(bench, "forged.plan", file);
    bench.run("apply forged.plan --yes")
}

fn state(bench: &Bench, backend: &str) -> String {
    let [status, resources] = ["status", "local resources"].map(|command| bench.run(&format!("{command} --format json {backend}")));
    format!("{}{}", status.stdout, resources.stdout)
}

/// Collects the pointers of all values.
fn pointers(value: &Json, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    match value {
        Json::Object(members) => {
            members.iter().for_each(|(key, value)| pointers(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), all));
        }
        Json::Array(items) => items.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{path}/{index}"), all)),
        _ => {}
    }
}

/// Returns other values for a value: another one of its type, an empty one, another type.
fn others(value: &Json) -> Vec<Json> {
    match value {
        Json::Null => vec![json!("x"), json!("do-nothing"), json!(0), json!({"x": "x"})],
        Json::Bool(value) => vec![json!(!value), Json::Null],
        Json::Number(number) => vec![json!(number.as_i64().unwrap_or_default() + 1), json!("1"), Json::Null],
        Json::String(text) => vec![json!(format!("{text}x")), json!(""), json!(7), Json::Null],
        Json::Array(items) => {
            let mut doubled = items.clone();
            doubled.extend(items.first().cloned().or(Some(json!("x"))));
            vec![json!([]), doubled.into(), Json::Null].into_iter().filter(|other| other != value).collect()
        }
        Json::Object(members) => {
            let mut more = members.clone();
            more.insert("Unknown".to_owned(), json!("x"));
            vec![json!({}), more.into(), json!([])].into_iter().filter(|other| other != value).collect()
        }
    }
}

/// Returns forgeries of a plan, each with the path of the field: every value changed, emptied, of another type, and removed, up to a number
/// of other values for each.
fn forgeries(file: &Json, values_of_each: usize) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    let mut paths = Vec::new();
    pointers(&file["content"], "/content", &mut paths);
    for path in &paths {
        for other in others(file.pointer(path).unwrap()).into_iter().take(values_of_each) {
            let mut forged = file.clone();
            *forged.pointer_mut(path).unwrap() = other;
            all.push((path.clone(), forged));
        }
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut forged = file.clone();
        match forged.pointer_mut(parent).unwrap() {
            Json::Object(members) if !parent.is_empty() => drop(members.shift_remove(&key.replace("~1", "/").replace("~0", "~"))),
            Json::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => continue,
        }
        all.push((path.clone(), forged));
    }
    all
}

/// Applies every forgery of `change.plan` without `--allow-data-loss`. Each must be refused with the name of the field, or, with the exit
/// code of the real plan, be denied for what the plan really does; returns the fields of the latter.
fn apply_forgeries(bench: &Bench, arguments: &str, code_of_real_plan: i32, values_of_each: usize) -> Vec<String> {
    let before = state(bench, "");
    let honest = bench.run(&format!("apply change.plan {arguments}"));
    assert_eq!(honest.code, code_of_real_plan, "{honest}");
    let accepted = Mutex::new(Vec::new());
    let queue = Mutex::new(forgeries(&plan(bench), values_of_each).into_iter().enumerate());
    std::thread::scope(|scope| {
        for copy in 0..4 {
            let (queue, accepted, before) = (&queue, &accepted, &before);
            scope.spawn(move || {
                // One store cannot be opened twice at once.
                let store = bench.path().join(".rackform/state.redb");
                if store.exists() {
                    std::fs::create_dir(bench.path().join(format!("copy-{copy}"))).unwrap();
                    std::fs::copy(store, bench.path().join(format!("copy-{copy}/state.redb"))).unwrap();
                }
                while let Some((index, (path, forged))) = { queue.lock().unwrap().next() } {
                    let name = format!("forged-{index}.plan");
                    forge(bench, &name, forged);
                    let run = bench.run(&format!("apply {name} {arguments} --backend local:copy-{copy}"));
                    match run.code {
                        code if code == code_of_real_plan => accepted.lock().unwrap().push(path.trim_start_matches("/content/").to_owned()),
                        65 | 75 => assert!(names(&run, &path), "{path}: {run}"),
                        _ => panic!("{path}: {run}"),
                    }
                }
                assert_eq!(state(bench, &format!("--backend local:copy-{copy}")), *before, "a forged plan changed the stack");
            });
        }
    });
    let mut accepted = accepted.into_inner().unwrap();
    accepted.sort();
    accepted.dedup();
    accepted
}

#[test]
fn no_forged_field_of_a_saved_plan_permits_what_the_plan_does_not() {
    let bench = losing_data();
    assert!(forgeries(&plan(&bench), usize::MAX).len() > 300);
    // A private bucket for a large template, what happens if the operation fails, and a protection that is on already.
    let harmless = ["options/create_template_bucket", "options/on_failure", "settings/termination_protection"];
    assert_eq!(apply_forgeries(&bench, "--yes", 3, usize::MAX), harmless);
}

#[test]
fn no_forged_field_of_a_plan_with_an_import_is_accepted() {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK.replace("termination_protection: true\n", "")).file("network.json", NETWORK);
    done(bench.run("apply --yes"));
    let id = create_unmanaged_file_system(&bench, r#"{"Encrypted": true, "LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}]}"#);
    done(bench.run(&format!("plan -p Cache=Yes --import Files={id} -o change.plan")));
    assert_eq!(apply_forgeries(&bench, "", 4, 1), ["options/create_template_bucket"]);
}

#[test]
fn no_forged_field_of_the_plan_of_a_new_stack_is_accepted() {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK).file("network.json", NETWORK);
    done(bench.run("plan -o change.plan"));
    assert_eq!(apply_forgeries(&bench, "", 4, 1), ["options/create_template_bucket"]);
}

/// Returns whether the message names the field, or the list or object that it is in.
fn names(run: &Run, path: &str) -> bool {
    let fields: Vec<&str> = path.split('/').skip(2).collect();
    match fields.as_slice() {
        [] => true,
        // The events after that revision are listed.
        ["revision" | "before"] if run.code == 75 => run.stderr.contains("`demo`"),
        ["revision"] => (run.code == 75 && run.stderr.contains("`demo`")) || run.stderr.contains("content.revision"),
        // Without its import, the plan does something else.
        ["import"] => ["`import`", "content.import", "`plan."].iter().any(|text| run.stderr.contains(text)),
        // With another parameter, the resource to import may not exist.
        ["parameters", ..] | ["import", ..] | ["template"] if run.stderr.contains("`import`") => true,
        ["template"] => run.stderr.contains("template"),
        ["parameters", name, ..] => run.stderr.contains(name),
        ["plan", field, ..] => {
            let is_missing = run.stderr.contains("`content.plan`") && run.stderr.contains(&format!("missing field `{field}`"));
            is_missing || run.stderr.contains(&format!("plan.{field}"))
        }
        [field, ..] => run.stderr.contains(&format!("`{field}")) || run.stderr.contains(&format!("content.{field}")),
    }
}

#[test]
fn a_plan_with_emptied_risks_and_effects_deletes_nothing() {
    let bench = losing_data();
    let before = state(&bench, "");
    let run = apply_forged(&bench, |content| {
        content["plan"]["Risks"] = json!([]);
        content["plan"]["Effects"] = json!([]);
        content["plan"]["ChangeSet"]["Changes"] = json!([]);
    });
    assert_eq!(run.code, 65, "{run}");
    insta::assert_snapshot!(run, @r"
    ------- stderr -------
    error: the saved plan does not match what its template and parameters do in the deployed stack; nothing was changed
      caused by: `plan.ChangeSet.Changes` has 0 items instead of 2
      caused by: `plan.Effects` has 0 items instead of 2
      caused by: `plan.Risks` has 0 items instead of 2
    hint: the file or the account changed after the plan was made: plan again and review the new plan
    ------- exit status: 65 -------
    ");
    assert_eq!(state(&bench, ""), before);
}

#[test]
fn a_plan_around_another_template_is_refused_and_its_real_risks_are_not_hidden() {
    let bench = losing_data();
    done(bench.run("plan -p Cache=Yes -o harmless.plan"));
    let harmless: Json = serde_json::from_str(&bench.read("harmless.plan")).unwrap();
    let before = state(&bench, "");
    // The harmless plan around the parameters that delete the file system, and the other way around.
    let run = apply_forged(&bench, |content| content["plan"] = harmless["content"]["plan"].clone());
    assert!(run.code == 65 && run.stderr.contains("`plan.Risks`"), "{run}");
    let run = apply_forged(&bench, |content| content["parameters"]["Cache"] = json!("use-previous-value"));
    assert!(run.code == 65 && run.stderr.contains("`plan."), "{run}");
    let template: Json = serde_json::from_str(NETWORK).unwrap();
    let run = apply_forged(&bench, |content| {
        let mut template = template.clone();
        template["Resources"].as_object_mut().unwrap().shift_remove("Files");
        content["template"] = template.to_string().into();
    });
    assert_ne!(run.code, 0, "{run}");
    assert_eq!(state(&bench, ""), before);
}

#[test]
fn a_secret_is_neither_read_from_a_plan_nor_replaced_by_it() {
    let bench = losing_data();
    for other in [json!({"value": "planted-secret"}), json!("default")] {
        let run = apply_forged(&bench, |content| content["parameters"]["Token"] = other);
        assert!(run.code == 65 && run.stderr.contains("Token"), "{run}");
        assert!(!run.to_string().contains("planted-secret"), "{run}");
    }
    let run = apply_forged(&bench, |content| drop(content["parameters"].as_object_mut().unwrap().shift_remove("Token")));
    assert!(run.code == 65 && run.stderr.contains("`parameters.Token` is missing"), "{run}");
}

#[test]
fn a_plan_file_alone_neither_unprotects_the_stack_nor_chooses_its_role_or_bucket() {
    let bench = losing_data();
    let before = state(&bench, "");
    for (field, value) in [
        ("settings/termination_protection", json!(false)),
        (
            "settings/stack_policy",
            json!(r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#),
        ),
        ("options/role_arn", json!("arn:aws:iam::111122223333:role/admin")),
        ("options/template_bucket", json!("other-bucket")),
        ("options/notification_topics", json!(["arn:aws:sns:us-east-1:999999999999:spy"])),
        ("tags/team", json!("b")),
    ] {
        // The forger also lists the change, as a plan would.
        let run = apply_forged(&bench, |content| {
            *content.pointer_mut(&format!("/{field}")).unwrap() = value.clone();
            content["plan"]["Stack"] = json!([{"Setting": "termination-protection", "Before": "on", "After": "off"}]);
        });
        assert!(run.code == 65 && run.stderr.contains(&format!("`{}`", field.replace('/', "."))), "{field}: {run}");
        assert!(run.stderr.contains("the saved plan alone cannot set"), "{field}: {run}");
    }
    assert_eq!(state(&bench, ""), before);
}

#[test]
fn a_plan_for_another_stack_account_region_or_backend_is_refused() {
    let bench = losing_data();
    for (field, value) in [
        ("stack_name", json!("other")),
        ("account", json!("999999999999")),
        ("account", Json::Null),
        ("region", json!("eu-west-1")),
        ("backend", json!("aws")),
    ] {
        let run = apply_forged(&bench, |content| content[field] = value.clone());
        assert!(run.code == 65 && run.stderr.contains(&format!("`{field}`")), "{field}: {run}");
    }
    // Another store has another stack, or none.
    let run = bench.run("apply change.plan --yes --backend local:elsewhere");
    assert!(run.code == 75 && run.stderr.contains("demo"), "{run}");
}

#[test]
fn a_file_that_readers_could_understand_differently_is_refused() {
    let bench = losing_data();
    let text = bench.read("change.plan");
    let twice = text.replacen("\"stack_name\": \"demo\"", "\"stack_name\": \"other\", \"stack_name\": \"demo\"", 1);
    bench.file("twice.plan", twice);
    let run = bench.run("apply twice.plan --yes");
    assert!(run.code == 65 && run.stderr.contains("`content.stack_name` occurs twice"), "{run}");

    let mut file = plan(&bench);
    file["unknown"] = json!(1);
    forge(&bench, "unknown.plan", file);
    let run = bench.run("apply unknown.plan --yes");
    assert!(run.code == 65 && run.stderr.contains("`unknown`"), "{run}");

    let run = apply_forged(&bench, |content| content["options"]["on_failure"] = json!("explode"));
    assert!(run.code == 65 && run.stderr.contains("`content.options.on_failure`"), "{run}");

    bench.file("deep.plan", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(bench.run("apply deep.plan --yes").code, 65);
    bench.file("huge.plan", " ".repeat(17 * 1024 * 1024));
    assert_eq!(bench.run("apply huge.plan --yes").code, 65);
    let run = apply_forged(&bench, |content| {
        content["plan"]["Risks"] = (0..10_000).map(|index| json!({ format!("k{index}"): index })).collect();
    });
    assert!(run.code == 65 && run.stderr.len() < 3_000, "{} bytes", run.stderr.len());
}

/// Writes a new key pair, `plan.key` and `plan.pub`.
fn keys(bench: &Bench, name: &str) {
    use base64::Engine as _;
    use ring::signature::KeyPair as _;
    let pem = |label: &str, der: &[u8]| {
        let digits = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{digits}\n-----END {label}-----\n")
    };
    let pkcs8 = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let pair = ring::signature::Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let mut public = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    public.extend(pair.public_key().as_ref());
    bench.file(&format!("{name}.key"), pem("PRIVATE KEY", pkcs8.as_ref())).file(&format!("{name}.pub"), pem("PUBLIC KEY", &public));
    mode(bench, &format!("{name}.key"), 0o600);
    mode(bench, &format!("{name}.pub"), 0o644);
}

fn mode(bench: &Bench, name: &str, mode: u32) {
    std::fs::set_permissions(bench.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_required_signature_accepts_only_the_signed_file() {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK).file("network.json", NETWORK);
    done(bench.run("apply --yes"));
    keys(&bench, "plan");
    keys(&bench, "other");
    done(bench.run("plan -p Cache=Yes -o change.plan --sign-key plan.key"));
    done(bench.run("plan -p Cache=Yes -o unsigned.plan"));

    let run = bench.run("apply unsigned.plan --yes --require-signature plan.pub");
    assert!(run.code == 65 && run.stderr.contains("the plan is not signed"), "{run}");
    let run = bench.run("apply change.plan --yes --require-signature other.pub");
    assert!(run.code == 65 && run.stderr.contains("signature does not match"), "{run}");
    let mut file = plan(&bench);
    file["content"]["options"]["on_failure"] = json!("do-nothing");
    forge(&bench, "forged.plan", file);
    let run = bench.run("apply forged.plan --yes --require-signature plan.pub");
    assert!(run.code == 65 && run.stderr.contains("signature does not match"), "{run}");
    let mut file = plan(&bench);
    file["signature"] = json!("");
    forge(&bench, "forged.plan", file);
    assert_eq!(bench.run("apply forged.plan --yes --require-signature plan.pub").code, 65);

    let run = bench.run("apply change.plan --require-signature plan.pub");
    assert_eq!(run.code, 4, "a signature is no confirmation: {run}");
    let run = done(bench.run("apply change.plan --yes --require-signature plan.pub"));
    assert!(!run.stderr.contains("is signed"), "{run}");
}

#[test]
fn a_signed_plan_may_set_what_an_unsigned_one_may_not() {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK).file("network.json", NETWORK);
    done(bench.run("apply --yes"));
    keys(&bench, "plan");
    let policy = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"}]}"#;
    bench.file("policy.json", policy);
    done(bench.run("plan -p Cache=Yes -o change.plan --stack-policy policy.json --sign-key plan.key"));
    let run = bench.run("apply change.plan --yes");
    assert!(run.code == 65 && run.stderr.contains("`settings.stack_policy`") && run.stderr.contains("repeat `--stack-policy`"), "{run}");
    assert!(run.stderr.contains("the saved plan is signed; to check the signature, use `--require-signature`"), "{run}");
    bench.file("other.json", policy.replace("Deny", "Allow"));
    assert_eq!(bench.run("apply change.plan --yes --stack-policy other.json").code, 64);
    done(bench.run("apply change.plan --yes --require-signature plan.pub"));

    done(bench.run("plan -o change.plan --stack-policy other.json"));
    done(bench.run("apply change.plan --yes --stack-policy other.json"));
}

#[test]
fn keys_that_others_can_use_and_other_files_are_refused() {
    let bench = Bench::new();
    bench.file("rack.yaml", RACK).file("network.json", NETWORK);
    done(bench.run("apply --yes"));
    keys(&bench, "plan");
    let sign = |key: &str| bench.run(&format!("plan -o change.plan --sign-key {key}"));
    for open in [0o640, 0o604, 0o620] {
        mode(&bench, "plan.key", open);
        let run = sign("plan.key");
        assert!(run.code == 65 && run.stderr.contains("other users can") && run.stderr.contains("chmod 600 plan.key"), "{run}");
    }
    mode(&bench, "plan.key", 0o400);
    done(sign("plan.key"));
    for open in [0o664, 0o646] {
        mode(&bench, "plan.pub", open);
        let run = bench.run("apply change.plan --yes --require-signature plan.pub");
        assert!(run.code == 65 && run.stderr.contains("other users can write the key"), "{run}");
    }
    mode(&bench, "plan.pub", 0o600);
    let run = sign("plan.pub");
    assert!(run.code == 65 && run.stderr.contains("this is a public key"), "{run}");
    let run = bench.run("apply change.plan --yes --require-signature plan.key");
    assert!(run.code == 65 && run.stderr.contains("this is a private key"), "{run}");
    assert_eq!(sign("missing.key").code, 66);
    bench.file("text.key", "planted-secret");
    mode(&bench, "text.key", 0o600);
    let run = sign("text.key");
    assert!(run.code == 65 && !run.to_string().contains("planted-secret"), "{run}");
    assert_eq!(bench.run("plan --sign-key plan.key").code, 64, "there is nothing to sign without a file");
}
