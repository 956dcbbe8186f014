//! Secrets at apply time: a saved plan without them, the values given again, and others noticed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::Value as Json;
use sha2::Digest as _;

use crate::program::{Bench, Run};

const SECRET: &str = "correct-horse-battery";
const OTHER: &str = "wrong-donkey-capacitor";
const TEMPLATE: &str = r#"{
  "Parameters": {
    "Password": {"Type": "String", "NoEcho": true, "MinLength": 8},
    "Token": {"Type": "String", "NoEcho": true, "Default": ""},
    "Name": {"Type": "String", "Default": "web"}
  },
  "Resources": {
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}, "DisplayName": {"Fn::Sub": "key ${Password}"}}},
    "Encoded": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Base64": {"Fn::Sub": "${Password}${Token}"}}}}
  }
}"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: topic.json\n").file("topic.json", TEMPLATE);
    bench
}

fn run_with(bench: &Bench, variable: &str, value: &str, arguments: &str) -> Run {
    Run::of(bench.command().env(variable, value).args(arguments.split_whitespace()))
}

/// Returns a bench with `change.plan`, which sets the password.
fn planned() -> Bench {
    let bench = bench();
    let run = run_with(&bench, "PASSWORD", SECRET, "plan -o change.plan --secret Password=env:PASSWORD");
    assert_eq!(run.code, 0, "{run}");
    assert_hides_secret(&run.to_string());
    bench
}

/// Checks that a text has the secret in no form that someone could turn back.
fn assert_hides_secret(text: &str) {
    let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
    let hash: String = sha2::Sha256::digest(SECRET).iter().map(|byte| format!("{byte:02x}")).collect();
    for form in [SECRET, &encoded[..20], &hash, OTHER] {
        assert!(!text.contains(form), "{form} in {text}");
    }
}

fn applied_password(bench: &Bench) -> bool {
    std::fs::read(bench.path().join(".rackform/state.redb"))
        .is_ok_and(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

#[test]
fn a_plan_with_a_new_secret_is_saved_without_it_and_applied_with_the_value_given_again() {
    let bench = planned();
    assert_hides_secret(&bench.read("change.plan"));
    let key = bench.path().join("change.plan.key");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let saved: Json = serde_json::from_str(&bench.read("change.plan")).unwrap();
    assert!(saved["content"]["parameters"]["Password"]["secret"].as_str().unwrap().starts_with("hmac-sha256:"), "{saved}");
    assert!(!bench.read("change.plan").contains(bench.read("change.plan.key").trim()), "the key is in the plan");
    // A line break at the end of a file is not part of the value.
    bench.file("password.txt", format!("{SECRET}\n"));
    let run = bench.run("apply change.plan --yes --secret Password=file:password.txt");
    assert_eq!(run.code, 0, "{run}");
    assert_hides_secret(&run.to_string());
    assert!(applied_password(&bench));
    assert_hides_secret(&bench.run("local resources --format json").to_string());
    // The plan is for the stack before it.
    let again = bench.run("apply change.plan --yes --secret Password=file:password.txt");
    assert_eq!(again.code, 75, "{again}");
}

#[test]
fn another_value_is_noticed_and_nothing_changes() {
    let bench = planned();
    let run = run_with(&bench, "PASSWORD", OTHER, "apply change.plan --yes --secret Password=env:PASSWORD");
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("`Password` is not the planned one"), "{run}");
    assert_hides_secret(&run.to_string());
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn a_missing_value_names_the_way_to_give_it() {
    let bench = planned();
    let run = bench.run("apply change.plan --yes");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("`--secret Password=env:VARIABLE`"), "{run}");
    assert_eq!(bench.run("status").code, 66);
}

#[test]
fn without_the_key_of_the_plan_a_value_is_not_accepted() {
    let bench = planned();
    let apply = |arguments: &str| {
        run_with(&bench, "PASSWORD", SECRET, &format!("apply change.plan --yes --secret Password=env:PASSWORD {arguments}"))
    };
    std::fs::rename(bench.path().join("change.plan.key"), bench.path().join("moved.key")).unwrap();
    let missing = apply("");
    assert_eq!(missing.code, 65, "{missing}");
    assert!(missing.stderr.contains("without the key of the plan"), "{missing}");
    bench.file("other.key", format!("{}\n", "0a".repeat(32)));
    std::fs::set_permissions(bench.path().join("other.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let other = apply("--secret-key other.key");
    assert_eq!(other.code, 65, "{other}");
    assert!(other.stderr.contains("is not the planned one"), "{other}");
    std::fs::set_permissions(bench.path().join("other.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = apply("--secret-key other.key");
    assert!(open.code == 65 && open.stderr.contains("chmod 600"), "{open}");
    let moved = apply("--secret-key moved.key");
    assert_eq!(moved.code, 0, "{moved}");
}

#[test]
fn a_digest_fits_no_other_parameter() {
    let bench = bench();
    let run = Run::of(bench.command().envs([("A", SECRET), ("B", OTHER)]).args([
        "plan",
        "-o",
        "change.plan",
        "--secret",
        "Password=env:A",
        "--secret",
        "Token=env:B",
    ]));
    assert_eq!(run.code, 0, "{run}");
    let mut file: Json = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let parameters = &mut file["content"]["parameters"];
    (parameters["Password"], parameters["Token"]) = (parameters["Token"].take(), parameters["Password"].take());
    let digest: String = sha2::Sha256::digest(file["content"].to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    file["digest"] = format!("sha256:{digest}").into();
    bench.file("forged.plan", serde_json::to_string_pretty(&file).unwrap());
    let forged = Run::of(bench.command().envs([("A", OTHER), ("B", SECRET)]).args([
        "apply",
        "forged.plan",
        "--yes",
        "--secret-key",
        "change.plan.key",
        "--secret",
        "Password=env:A",
        "--secret",
        "Token=env:B",
    ]));
    assert_eq!(forged.code, 65, "{forged}");
    assert!(forged.stderr.contains("`Password`, `Token` is not the planned one"), "{forged}");
}

#[test]
fn all_problems_of_secrets_are_reported_and_no_value_is_shown() {
    let bench = bench();
    let arguments =
        format!("plan --secret Password={SECRET} --secret Token=env:MISSING --secret A=- --secret B=- --secret Token=file:none.txt");
    let run = bench.run(&arguments);
    assert_eq!(run.code, 64, "{run}");
    for part in ["secret 1 has none of the forms", "`MISSING` is not set", "`B` is the second one from standard input", "none.txt"] {
        assert!(run.stderr.contains(part), "{part}: {run}");
    }
    assert_hides_secret(&run.to_string());
}

#[test]
fn a_secret_for_a_parameter_that_is_shown_is_refused() {
    let bench = bench();
    let run = Run::of(bench.command().envs([("A", SECRET), ("B", SECRET)]).args([
        "plan",
        "--secret",
        "Password=env:A",
        "--secret",
        "Name=env:B",
    ]));
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stderr.contains("`Name` is given as a secret, but the parameter is not NoEcho"), "{run}");
    assert_hides_secret(&run.to_string());
}

#[test]
fn a_secret_of_no_plan_and_a_secret_given_twice_are_usage_errors() {
    let bench = planned();
    let other = run_with(&bench, "T", SECRET, "apply change.plan --yes --secret Password=env:T --secret Token=env:T");
    assert!(other.code == 64 && other.stderr.contains("sets no secret `Token`") && other.stderr.contains("Password"), "{other}");
    let twice = run_with(&bench, "T", SECRET, "plan -p Password=visible-value --secret Password=env:T");
    assert!(twice.code == 64 && twice.stderr.contains("both as a secret and as a parameter: `Password`"), "{twice}");
}

#[test]
fn standard_input_gives_one_value_also_without_a_saved_plan() {
    let bench = bench();
    let mut child = bench
        .command()
        .args(["apply", "--yes", "--secret", "Password=-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SECRET.as_bytes()).unwrap();
    let run = Run::from_output(&child.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{run}");
    assert_hides_secret(&run.to_string());
    assert!(applied_password(&bench));
}

/// A terminal whose other end the test reads and writes.
struct Terminal {
    user: File,
    path: std::path::PathBuf,
}

impl Terminal {
    fn new() -> Self {
        let user: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&user).unwrap();
        unlockpt(&user).unwrap();
        let path = ptsname(&user, Vec::new()).unwrap().into_string().unwrap().into();
        Self { user: user.into(), path }
    }

    fn open(&self) -> File {
        File::options().read(true).write(true).open(&self.path).unwrap()
    }

    fn is_echoing(&self) -> bool {
        tcgetattr(&self.user).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits until the program asks, and returns what it wrote so far.
    fn wait_for(&mut self, question: &str) -> String {
        let mut seen = Vec::new();
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let mut buffer = [0; 4096];
            let length = self.user.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&seen).into_owned();
            // The question is written before the echo is switched off.
            if text.contains(question) {
                while self.is_echoing() && Instant::now() < end {
                    std::thread::sleep(Duration::from_millis(5));
                }
                return text;
            }
        }
        panic!("not asked: {}", String::from_utf8_lossy(&seen));
    }

    fn start(&self, command: &mut Command) -> Child {
        command.stdin(self.open()).stdout(Stdio::null()).stderr(self.open()).spawn().unwrap()
    }
}

#[test]
fn a_terminal_is_asked_without_showing_what_is_typed() {
    let bench = planned();
    let mut terminal = Terminal::new();
    let mut child = terminal.start(bench.command().args(["apply", "change.plan", "--yes"]));
    terminal.wait_for("value of Password (not shown): ");
    assert!(!terminal.is_echoing());
    terminal.user.write_all(format!("{SECRET}\n").as_bytes()).unwrap();
    // The end of the program closes its end of the terminal; this test has opened none.
    let mut rest = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = terminal.user.read(&mut buffer) {
        rest.extend_from_slice(&buffer[..length]);
    }
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    assert_hides_secret(&rest);
    assert!(applied_password(&bench));
}

#[test]
fn an_interrupt_during_the_question_shows_again_what_is_typed() {
    let bench = planned();
    let mut terminal = Terminal::new();
    let kept = terminal.open();
    let mut child = terminal.start(bench.command().args(["apply", "change.plan", "--yes"]));
    terminal.wait_for("value of Password (not shown): ");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(terminal.is_echoing());
    drop(kept);
    assert_eq!(bench.run("status").code, 66);
}
