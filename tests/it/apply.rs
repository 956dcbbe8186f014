//! Creating, updating and deleting a stack with the program and the local backend.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use crate::backend::NETWORK;
use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench
}

fn done(run: &Run) -> &Run {
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    run
}

/// Returns a stack's resources as `LOGICAL_ID -> (physical ID, properties)`.
fn resources(bench: &Bench) -> serde_json::Map<String, serde_json::Value> {
    let run = bench.run("local resources --format json");
    let answer: serde_json::Value = serde_json::from_str(&done(&run).stdout).unwrap();
    let essence = |resource: &serde_json::Value| {
        let text = |key: &str| resource.get(key).unwrap().clone();
        (text("logical_id").as_str().unwrap().to_owned(), serde_json::json!([text("physical_id"), text("properties")]))
    };
    answer.get("resources").unwrap().as_array().unwrap().iter().map(essence).collect()
}

fn status(bench: &Bench) -> String {
    let run = bench.run("status --format json");
    let answer: serde_json::Value = serde_json::from_str(&done(&run).stdout).unwrap();
    answer.get("status").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn without_a_terminal_apply_requires_yes() {
    let bench = bench();
    let run = bench.run("apply");
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(bench.run("status").code, 66);
    done(&bench.run("apply --yes"));
    assert_eq!(status(&bench), "CREATE_COMPLETE");
}

#[test]
fn set_keeps_the_other_values_and_a_cache_is_removed_only_with_allow_data_loss() {
    let bench = bench();
    done(&bench.run("apply --yes -p Zone=us-east-1b"));
    done(&bench.run("set Cache=Yes --yes"));
    let on = resources(&bench);
    assert!(on.contains_key("Files") && on.contains_key("Target"));
    let subnet = on.get("Subnet").unwrap().to_string();
    assert!(subnet.contains("us-east-1b"), "`set` keeps every other deployed value: {subnet}");

    let run = bench.run("set Cache=No --yes");
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("--allow-data-loss Files"), "{}", run.stderr);
    assert_eq!(resources(&bench), on);

    let run = bench.run("set Cache=No --yes --allow-data-loss Flies");
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("the plan loses data of Files"), "{}", run.stderr);

    done(&bench.run("set Cache=No --yes --allow-data-loss Files"));
    assert!(!resources(&bench).contains_key("Files"));
}

#[test]
fn the_same_options_can_be_used_when_there_is_no_data_left_to_lose() {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let note = "`--allow-data-loss Files` has no effect: this change loses no data of it";
    for (command, has_note) in [
        ("set Cache=No --yes --allow-data-loss Files", false),
        ("set Cache=No --yes --allow-data-loss Files", true),
        ("set Cache=Yes --yes --allow-data-loss Files", true),
        ("set Cache=No --yes --allow-data-loss Files,Group", false),
        ("apply --yes --allow-data-loss Files", true),
        ("delete --yes --allow-data-loss Files", true),
    ] {
        let run = bench.run(command);
        assert_eq!(
            (done(&run).stderr.contains(note), run.stderr.contains("`--allow-data-loss")),
            (has_note, has_note || command.contains("Group")),
            "{command}: {run}"
        );
    }
    done(&bench.run("apply --yes"));
    for command in ["set Cache=No --yes", "apply --yes", "delete --yes", "set Cache=Yes --yes"] {
        let run = bench.run(&format!("{command} --allow-data-loss Flies"));
        assert!(run.code == 64 && run.stderr.contains("did you mean `Files`?"), "{command}: {run}");
        assert!(run.stderr.contains("neither the deployed nor the new template has this resource"), "{command}: {run}");
    }
}

#[test]
fn applying_the_same_again_changes_nothing_and_exits_with_0() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("apply");
    assert!(done(&run).stderr.contains("nothing to do"), "{}", run.stderr);
    let run = bench.run("plan --exit-code");
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn an_unknown_parameter_is_refused_with_a_suggestion() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("set Cahce=Yes --yes");
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `Cache`"), "{}", run.stderr);
    assert_eq!(bench.run("set Cache --yes").code, 64);
}

#[test]
fn a_saved_plan_is_executed_once_and_refused_after_the_stack_changed() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    done(&bench.run("plan -p Cache=Yes -o change.plan"));
    done(&bench.run("plan -p Zone=us-east-1c -o other.plan"));
    done(&bench.run("apply change.plan --yes"));
    assert!(resources(&bench).contains_key("Files"));
    let run = bench.run("apply other.plan --yes");
    assert_eq!(run.code, 75, "{}", run.stderr);
    assert!(
        run.stderr.contains("changed after the plan was made") && run.stderr.contains("Files") && run.stderr.contains("plan again"),
        "{}",
        run.stderr
    );
    bench.file("broken.plan", bench.read("other.plan").replace("us-east-1c", "us-east-1d"));
    let run = bench.run("apply broken.plan --yes");
    assert_eq!(run.code, 65, "{}", run.stderr);
}

#[test]
fn a_failed_update_is_rolled_back_and_its_root_cause_shown() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let before = resources(&bench);
    let run = bench.run("set Cache=Yes --yes --fail-on Target:create");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("first failure: Target CREATE_FAILED"), "{}", run.stderr);
    assert_eq!(resources(&bench), before);
    let run = bench.run("status");
    assert!(run.stdout.contains("UPDATE_ROLLBACK_COMPLETE") && run.stdout.contains("rolled back"), "{}", run.stdout);
    let run = bench.run("events --failed");
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("Target"), "{}", run.stdout);
    let run = bench.run("set Cache=Yes --yes --fail-on Tarhet");
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `Target`"), "{}", run.stderr);
}

#[test]
fn a_failed_creation_shows_how_to_recover() {
    let bench = bench();
    assert_eq!(bench.run("apply --yes --fail-on Subnet").code, 1);
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("ROLLBACK_COMPLETE") && run.stderr.contains("rackform delete"), "{}", run.stderr);
    done(&bench.run("delete --yes"));
    done(&bench.run("apply --yes"));
}

#[test]
fn a_protected_stack_is_deleted_only_with_an_explicit_option() {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes --enable-termination-protection"));
    assert_eq!(bench.run("delete --yes --allow-data-loss Files").code, 3);
    let run = bench.run("delete --yes --disable-termination-protection");
    assert_eq!(run.code, 3, "{}", run.stderr);
    done(&bench.run("delete --yes --disable-termination-protection --allow-data-loss Files"));
    assert_eq!(bench.run("status").code, 66);
    assert_eq!(bench.run("delete --yes").code, 66);
}

#[test]
fn json_has_one_object_per_line_and_no_secret() {
    let bench = bench();
    let run = bench.run("apply --yes --format json -p Token=hunter2-hunter2");
    let lines: Vec<serde_json::Value> = done(&run).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.first().unwrap().get("plan").is_some());
    let outcome = lines.iter().find_map(|line| line.get("outcome")).unwrap();
    assert!(lines.last().unwrap().get("verification").is_some(), "the verification is the last line");
    assert_eq!(outcome.get("Outcome").unwrap(), "complete");
    assert!(lines.iter().filter(|line| line.get("event").is_some()).count() > 5);
    let all =
        [run.stdout, run.stderr, bench.run("status").stdout, bench.run("local resources --format json").stdout, bench.run("events").stdout];
    assert!(!all.concat().contains("hunter2"));
    let run = bench.run("plan -p Token=other-secret -o change.plan");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!bench.read("change.plan").contains("other-secret"), "a plan file contains no secret");
}

#[test]
fn the_deployed_stack_is_an_input_of_diff() {
    let bench = bench();
    assert_eq!(bench.run("diff deployed rack").code, 66);
    done(&bench.run("apply --yes -p Cache=Yes"));
    let run = bench.run("diff deployed rack --exit-code");
    assert_eq!(run.code, 0, "deployed values stay unless they are overridden: {}", run.stdout);
    let run = bench.run("diff deployed network.json -p Cache=No --exit-code");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stdout.contains("Files"), "{}", run.stdout);
}

/// Starts the program with steps that are long enough to interrupt.
/// Starts the program with piped outputs.
pub fn start(bench: &Bench, arguments: &str) -> Child {
    let mut command = bench.command();
    command.args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Reads this many lines of a child's output; returns whether there were enough.
pub fn read_lines(child: &mut Child, count: usize) -> bool {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let read = lines.by_ref().take(count).filter(Result::is_ok).count();
    // Kept open until the child ends: a closed pipe would end it differently.
    std::thread::spawn(move || lines.for_each(drop));
    read == count
}

#[test]
fn after_a_kill_at_any_event_the_state_is_consistent_and_the_next_apply_finishes() {
    let expected = {
        let bench = bench();
        done(&bench.run("apply --yes -p Cache=Yes"));
        done(&bench.run("set Zone=us-east-1b --yes"));
        resources(&bench)
    };
    let mut killed = 0;
    // The first line is the plan, the others are events.
    for lines in [2, 3, 5, 7, 9, 12, 14] {
        let bench = bench();
        done(&bench.run("apply --yes -p Cache=Yes"));
        let mut child = start(&bench, "set Zone=us-east-1b --yes --format json --step-delay-ms 20");
        let met = read_lines(&mut child, lines);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(met, "the output has fewer than {lines} lines");
        let halfway = status(&bench);
        if halfway.ends_with("IN_PROGRESS") {
            killed += 1;
            let run = bench.run("status");
            assert!(run.stdout.contains("next: rackform apply"), "{}", run.stdout);
        }
        let run = bench.run("apply --yes -p Zone=us-east-1b");
        assert_eq!(run.code, 0, "killed after {lines} lines, {halfway}: {}", run.stderr);
        assert_eq!(status(&bench), "UPDATE_COMPLETE");
        assert_eq!(resources(&bench), expected, "killed after {lines} lines");
    }
    assert!(killed > 3, "only {killed} runs were killed during the operation");
}

#[test]
fn a_second_concurrent_apply_names_the_process_of_the_first() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let mut first = start(&bench, "set Cache=Yes --yes --format json --step-delay-ms 150");
    assert!(read_lines(&mut first, 2));
    let run = bench.run("set Zone=us-east-1b --yes");
    assert_eq!(run.code, 75, "{}", run.stderr);
    assert!(run.stderr.contains(&format!("process {}", first.id())), "{}", run.stderr);
    assert!(first.wait().unwrap().success());
    done(&bench.run("set Zone=us-east-1b --yes"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_step_and_shows_how_to_resume() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let mut child = start(&bench, "set Cache=Yes --yes --format json --step-delay-ms 100");
    assert!(read_lines(&mut child, 3));
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert_eq!(status(&bench), "UPDATE_IN_PROGRESS");
    done(&bench.run("apply --yes"));
    assert!(resources(&bench).contains_key("Files"));
}

#[test]
fn the_build_cache_of_our_own_rack_is_turned_on_and_off() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\nparameters:\n  BuildMethod: fargate\n");
    done(&bench.run("apply --yes"));
    let off = resources(&bench);
    done(&bench.run("set BuildCache=Yes --yes"));
    let on = resources(&bench);
    for name in ["BuildCacheFilesystem", "BuildCacheSecurity", "BuildCacheTarget0", "BuildCacheTarget1", "BuildCacheTarget2"] {
        assert!(on.contains_key(name), "no {name}");
    }
    let run = bench.run("set BuildCache=No --yes");
    assert_eq!(run.code, 3, "{}", run.stderr);
    let lost: Vec<String> =
        run.stderr.split("--allow-data-loss ").skip(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned()).collect();
    let mut arguments = vec!["set", "BuildCache=No", "--yes"];
    lost.iter().for_each(|name| arguments.extend(["--allow-data-loss", name]));
    done(&bench.run_args(&arguments));
    let names = |resources: &serde_json::Map<String, serde_json::Value>| resources.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&resources(&bench)), names(&off), "disabling the cache deletes all its resources");
}

#[test]
fn a_plan_without_changes_replaces_the_file_and_changes_nothing() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    done(&bench.run("plan -p Cache=Yes -o change.plan"));
    done(&bench.run("plan -o change.plan"));
    let run = bench.run("apply change.plan");
    assert!(done(&run).stderr.contains("nothing to do"), "{}", run.stderr);
    assert!(!resources(&bench).contains_key("Files"), "the old plan was executed");
    done(&bench.run("set Cache=Yes --yes"));
    let run = bench.run("apply change.plan --yes");
    assert_eq!(run.code, 75, "{}", run.stderr);
}

#[test]
fn an_unreadable_store_is_not_treated_as_empty() {
    let bench = bench();
    // A file cannot be read as a directory, even by root.
    bench.file(".rackform", "");
    for command in ["status", "plan", "apply --yes", "set Cache=Yes --yes", "local stacks", "events", "delete --yes"] {
        let run = bench.run(command);
        assert_eq!(run.code, 69, "{command}: {}", run.stderr);
        assert!(run.stderr.contains("os error"), "{command}: {}", run.stderr);
    }
}

#[test]
fn a_damaged_store_is_reported_and_can_be_reset() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let store = bench.path().join(".rackform/state.redb");
    let bytes = std::fs::read(&store).unwrap();
    std::fs::write(&store, &bytes[..5000]).unwrap();
    let run = bench.run("status");
    assert_eq!(run.code, 69, "{}", run.stderr);
    assert!(run.stderr.contains("damaged") && run.stderr.contains("rackform local reset --yes"), "{}", run.stderr);
    done(&bench.run("local reset --yes"));
    assert_eq!(bench.run("status").code, 66);
    done(&bench.run("apply --yes"));
}

#[test]
fn an_unfinished_operation_is_not_resumed_without_confirmation() {
    let bench = bench();
    done(&bench.run("apply --yes -p Cache=Yes"));
    let mut child = start(&bench, "set Zone=us-east-1b --yes --format json --step-delay-ms 40");
    assert!(read_lines(&mut child, 4));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status(&bench), "UPDATE_IN_PROGRESS");
    for command in ["set Cache=No", "apply", "delete"] {
        let run = bench.run(command);
        assert_eq!(run.code, 4, "{command}: {}", run.stderr);
        assert!(run.stderr.contains("update is unfinished") && run.stderr.contains("nothing was changed"), "{command}: {}", run.stderr);
        assert_eq!(status(&bench), "UPDATE_IN_PROGRESS", "{command}");
    }
    done(&bench.run("apply --yes"));
    assert_eq!(status(&bench), "UPDATE_COMPLETE");
}

#[test]
fn a_refused_run_changes_nothing() {
    let bench = bench();
    done(&bench.run("plan -p Cache=Yes -o change.plan"));
    let run = bench.run("apply change.plan --stack-name other --yes");
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert!(run.stderr.contains("`demo`") && run.stderr.contains("`other`"), "{}", run.stderr);
    for command in ["apply", "delete --yes", "set Cache=Yes --yes", "apply change.plan"] {
        assert_ne!(bench.run(command).code, 0, "{command}");
        assert!(!bench.path().join(".rackform").exists(), "`{command}` left a store behind");
    }
    done(&bench.run("apply change.plan --stack-name demo --yes"));
    assert!(resources(&bench).contains_key("Files"));
}

#[test]
fn a_plan_that_cannot_be_saved_reports_only_that() {
    let bench = bench();
    bench.file("change.plan.key", "hush");
    std::fs::set_permissions(bench.path().join("change.plan.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = bench.run("plan -p Token=hush -o change.plan");
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("`change.plan.key`: not a key") && !run.stderr.contains("hush"), "{}", run.stderr);
    assert!(!bench.path().join("change.plan").exists());
}

#[test]
fn an_unchanged_stack_has_an_outcome_in_json() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("apply --format json");
    let last = done(&run).stdout.lines().last().unwrap().to_owned();
    assert!(last.contains("\"unchanged\"") && last.contains("CREATE_COMPLETE"), "{last}");
}

#[test]
fn a_plan_reports_a_secret_that_cannot_be_compared() {
    let bench = bench();
    done(&bench.run("apply --yes -p Token=hush"));
    for format in ["human", "markdown"] {
        let run = bench.run(&format!("plan -p Token=hush --format {format}"));
        let text = done(&run).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("the deployed value of `Token` is NoEcho and cannot be compared"), "{}", run.stdout);
    }
    let run = bench.run("plan -p Zone=us-east-1b");
    assert!(!done(&run).stdout.contains("NoEcho"), "an unchanged secret is not reported: {}", run.stdout);
    let run = bench.run("apply -p Token=hush --yes");
    assert!(done(&run).stderr.contains("nothing to do"), "{}", run.stderr);
}

#[test]
fn a_deleted_stack_still_has_its_events() {
    let bench = bench();
    done(&bench.run("apply --yes"));
    let run = bench.run("delete --yes");
    let command = done(&run).stderr.lines().find_map(|line| line.split_once("rackform events ")).unwrap().1.to_owned();
    let run = bench.run(&format!("events {command}"));
    assert!(done(&run).stdout.contains("DELETE_COMPLETE"), "{}", run.stdout);
    for command in ["delete --yes", "events"] {
        let run = bench.run(command);
        assert_eq!(run.code, 66, "{}", run.stderr);
        assert!(!run.stderr.contains("rackform apply"), "{command}: {}", run.stderr);
    }
}
