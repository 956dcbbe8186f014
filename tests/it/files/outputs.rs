//! Output files: links, modes, owners, other names, devices.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::PathBuf;

use super::{make_pipe, mode, rack, run, set_mode};
use crate::program::{Bench, Run};

/// Commands that write the file `out` in their working directory.
const WRITERS: [&str; 7] = [
    "render -o out",
    "patch small.json -o out",
    "plan --output out",
    "init --file out --force",
    "build command --engine buildah -o out",
    "build recipe github-actions -o out",
    "build wrapper github-action . --force",
];

fn writers() -> impl Iterator<Item = &'static str> {
    WRITERS.into_iter().filter(|command| cfg!(feature = "build") || !command.starts_with("build"))
}

/// Returns a folder for a command, and the path of the file that it writes.
fn bench(command: &str) -> (Bench, PathBuf) {
    let bench = rack();
    bench.file("project/small.json", include_str!("../../../fixtures/patch-small-rack/rack.json"));
    bench.file("project/Dockerfile", "FROM alpine\n").file("victim", "the user's own file\n");
    let name = if command.contains("wrapper") { "action.yml" } else { "out" };
    let path = bench.path().join("project").join(name);
    (bench, path)
}

#[test]
fn an_output_that_is_a_link_out_of_the_project_is_refused_and_its_target_unchanged() {
    for command in writers() {
        for target in ["../victim", "../missing"] {
            let (bench, out) = bench(command);
            symlink(target, &out).unwrap();
            let refused = run(&bench, command);
            assert_eq!(refused.code, 73, "{command} {target}: {refused}");
            assert!(refused.stderr.contains("outside the project") && refused.stderr.contains("--allow-outside-project"), "{refused}");
            assert_eq!(bench.read("victim"), "the user's own file\n", "{command}");
            assert!(!bench.path().join("missing").exists(), "{command}");
            assert!(out.is_symlink(), "{command}");
            let allowed = run(&bench, &format!("{command} --allow-outside-project"));
            assert!(allowed.code == 0 && out.is_symlink(), "{command} {target}: {allowed}");
            assert_ne!(std::fs::read_to_string(&out).unwrap(), "the user's own file\n", "{command}");
        }
    }
}

#[test]
fn a_link_inside_the_project_stays_and_its_target_is_written() {
    for command in writers() {
        for target in ["real", "missing"] {
            let (bench, out) = bench(command);
            bench.file("project/real", "old");
            symlink(target, &out).unwrap();
            let run = run(&bench, command);
            assert!(run.code == 0 && out.is_symlink(), "{command} {target}: {run}");
            assert_ne!(bench.read(&format!("project/{target}")), "old", "{command}");
        }
    }
}

#[test]
fn a_directory_that_is_a_link_out_of_the_project_is_refused() {
    let bench = rack();
    bench.file("elsewhere/x", "");
    symlink("../elsewhere", bench.path().join("project/generated")).unwrap();
    let refused = run(&bench, "render -o generated/rack.json");
    assert!(refused.code == 73 && refused.stderr.contains("outside the project"), "{refused}");
    assert!(!bench.path().join("elsewhere/rack.json").exists());
    // The user may name a place outside, and a link there may lead anywhere near it.
    assert_eq!(run(&bench, "render -o ../elsewhere/rack.json").code, 0);
}

#[test]
fn an_existing_file_keeps_its_mode_and_owner_and_a_saved_plan_is_private() {
    for command in writers() {
        for old in [0o664, 0o640, 0o600, 0o666] {
            let (bench, out) = bench(command);
            std::fs::write(&out, "old").unwrap();
            set_mode(&out, old);
            let can_change_owner = std::os::unix::fs::chown(&out, Some(12), Some(34)).is_ok();
            let run = run(&bench, command);
            assert_eq!(run.code, 0, "{command}: {run}");
            let expected = if command.starts_with("plan") { 0o600 } else { old };
            assert_eq!(mode(&out), expected, "{command}");
            let metadata = std::fs::metadata(&out).unwrap();
            if can_change_owner && !command.starts_with("plan") {
                assert_eq!((metadata.uid(), metadata.gid()), (12, 34), "{command}");
            }
        }
    }
    let (bench, out) = bench("plan");
    assert_eq!(run(&bench, "plan --output out").code, 0);
    assert_eq!(mode(&out), 0o600);
}

#[test]
fn another_name_of_a_replaced_file_keeps_the_old_content() {
    for command in writers() {
        let (bench, out) = bench(command);
        std::fs::hard_link(bench.path().join("victim"), &out).unwrap();
        let run = run(&bench, command);
        assert_eq!(run.code, 0, "{command}: {run}");
        assert_eq!(bench.read("victim"), "the user's own file\n", "{command}");
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_other() {
    let bench = rack();
    bench.file("project/folder/file", "old");
    let refused = run(&bench, "render -o folder");
    assert!(refused.code == 73 && refused.stderr.contains("Is a directory"), "{refused}");
    make_pipe(&bench.path().join("project/pipe"));
    let pipe = run(&bench, "render -o pipe");
    assert!(pipe.code == 73 && pipe.stderr.contains("a pipe that no program reads"), "{pipe}");
    let missing = run(&bench, "render -o missing/rack.json");
    assert!(missing.code == 73 && missing.stderr.contains("No such file or directory"), "{missing}");
    let names: Vec<_> = std::fs::read_dir(bench.path().join("project")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn init_does_not_write_through_a_link_to_a_missing_file() {
    let bench = Bench::new();
    bench.file("project/x", "");
    symlink("missing.yaml", bench.path().join("project/rack.yaml")).unwrap();
    let run = run(&bench, "init");
    assert!(run.code == 73 && run.stderr.contains("`rack.yaml` already exists"), "{run}");
    assert!(!bench.path().join("project/missing.yaml").exists());
}

#[test]
fn devices_of_the_process_are_written_directly_and_a_full_one_is_called_full() {
    let bench = rack();
    let expected = run(&bench, "render").stdout;
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        assert_eq!(run(&bench, &format!("render -o {name}")).stdout, expected, "{name}");
    }
    assert_eq!(run(&bench, "render -o /dev/null").code, 0);
    let full = run(&bench, "render -o /dev/full");
    assert!(full.code == 73 && full.stderr.contains("No space left on device"), "{full}");
    assert!(full.stderr.contains("hint: the disk is full: free some space"), "{full}");
    let device = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let stdout = std::process::Command::new(env!("CARGO_BIN_EXE_rackform")).env_clear().arg("render").stdout(device).output().unwrap();
    let stderr = String::from_utf8_lossy(&stdout.stderr);
    assert!(stdout.status.code() == Some(73) && stderr.contains("the disk is full"), "{stderr}");
}

#[test]
fn patch_in_place_follows_the_same_rules() {
    let bench = rack();
    bench.file("victim.json", include_str!("../../../fixtures/patch-small-rack/rack.json"));
    symlink("../victim.json", bench.path().join("project/linked.json")).unwrap();
    let before = bench.read("victim.json");
    let run: Run = run(&bench, "patch linked.json --in-place");
    assert_eq!(run.code, 73, "{run}");
    assert_eq!(bench.read("victim.json"), before);
}
