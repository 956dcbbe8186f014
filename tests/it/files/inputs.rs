//! Input files that are no regular files, are too large, or lie outside the project.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::{TEMPLATE, make_pipe, rack, run};
use crate::program::{Bench, Run};

/// Commands that read the file `input`.
const READERS: [&str; 14] = [
    "validate input",
    "evaluate input",
    "diff input rack",
    "diff rack input",
    "patch input",
    "render --check input",
    "apply input",
    "plan --parameters input",
    "validate --parameters input",
    "evaluate rack --state input",
    "status --file input",
    "plan --stack-policy input",
    "build check input",
    "build image-key --dockerfile input",
];

#[test]
fn pipes_sockets_and_devices_are_refused_at_once_by_every_reader() {
    for command in READERS.iter().filter(|command| cfg!(feature = "build") || !command.starts_with("build")) {
        let bench = rack();
        let input = bench.path().join("project/input");
        make_pipe(&input);
        let pipe = run(&bench, command);
        assert!(pipe.code == 66 && pipe.stderr.contains("a named pipe, not a regular file"), "{command}: {pipe}");
        std::fs::remove_file(&input).unwrap();
        symlink("/dev/zero", &input).unwrap();
        let device = run(&bench, command);
        assert!(device.code == 66 && device.stderr.contains("a device, not a regular file"), "{command}: {device}");
        std::fs::remove_file(&input).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(&input).unwrap();
        let socket = run(&bench, command);
        assert!(socket.code == 66 && socket.stderr.contains("a socket, not a regular file"), "{command}: {socket}");
        std::fs::remove_file(&input).unwrap();
        std::fs::create_dir(&input).unwrap();
        // `build check` accepts the directory of a Dockerfile.
        let expected = if command.starts_with("build check") { "cannot read `input/Dockerfile`" } else { "Is a directory" };
        let directory = run(&bench, command);
        assert!(directory.code == 66 && directory.stderr.contains(expected), "{command}: {directory}");
    }
}

#[test]
fn a_pipe_named_by_rack_yaml_is_refused() {
    for (key, command) in [("template", "plan"), ("stack_policy", "plan")] {
        let bench = rack();
        make_pipe(&bench.path().join("project/pipe"));
        let template = if key == "template" { "" } else { "template: rack.json\n" };
        bench.file("project/rack.yaml", format!("name: demo\nregion: us-east-1\n{template}{key}: pipe\n"));
        let run = run(&bench, command);
        assert!(run.code == 66 && run.stderr.contains("a named pipe, not a regular file"), "{run}");
    }
    let bench = Bench::new();
    make_pipe(&bench.path().join("rack.yaml"));
    let run = bench.run("plan");
    assert!(run.code == 66 && run.stderr.contains("`rack.yaml` is a named pipe"), "{run}");
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    for command in READERS.iter().filter(|command| cfg!(feature = "build") || !command.starts_with("build")) {
        let bench = rack();
        // A sparse file of one terabyte.
        std::fs::File::create(bench.path().join("project/input")).unwrap().set_len(1 << 40).unwrap();
        let run = run(&bench, command);
        assert!(run.code == 65 || run.code == 66, "{command}: {run}");
        assert!(run.stderr.contains("larger than 16777216 bytes"), "{command}: {run}");
    }
}

#[test]
fn endless_standard_input_is_refused() {
    let bench = Bench::new();
    let zero = std::fs::File::open("/dev/zero").unwrap();
    let run = Run::of(bench.command().args(["validate", "-"]).stdin(zero));
    assert!(run.code == 65 && run.stderr.contains("`<stdin>` is larger than 16777216 bytes"), "{run}");
}

#[test]
fn standard_input_and_pipes_that_the_caller_opened_are_read() {
    let bench = Bench::new();
    for name in ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let mut child =
            bench.command().args(["validate", name]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(TEMPLATE.as_bytes()).unwrap();
        let run = Run::from_output(&child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{name}: {run}");
    }
}

#[test]
fn paths_in_rack_yaml_must_not_leave_the_project() {
    let bench = rack();
    bench.file("outside.json", TEMPLATE).file("policy.json", r#"{"Statement":[]}"#);
    symlink("../outside.json", bench.path().join("project/link.json")).unwrap();
    symlink("..", bench.path().join("project/up")).unwrap();
    let absolute = bench.path().join("outside.json");
    for path in ["../outside.json", "link.json", "up/outside.json", "./sub/../../outside.json", absolute.to_str().unwrap()] {
        bench.file("project/sub/x", "");
        bench.file("project/rack.yaml", format!("name: demo\nregion: us-east-1\ntemplate: {path}\n"));
        for command in ["plan", "validate", "evaluate rack"] {
            let refused = run(&bench, command);
            assert_eq!(refused.code, 65, "{path}: {refused}");
            assert!(refused.stderr.contains("error[outside-project]") && refused.stderr.contains("rack.yaml:3:11"), "{refused}");
            assert!(refused.stderr.contains("--allow-outside-project"), "{refused}");
            assert!(!refused.stderr.contains("AWS::SQS"), "{refused}");
            let allowed = run(&bench, &format!("{command} --allow-outside-project"));
            assert_eq!(allowed.code, 0, "{path}: {allowed}");
        }
    }
    bench.file(
        "project/rack.yaml",
        "name: demo\nregion: us-east-1\ntemplate: ../a.json\nstack_policy: ../policy.json\nbackend: local:../..\n",
    );
    let all = run(&bench, "plan");
    assert_eq!(all.stderr.matches("error[outside-project]").count(), 3, "{all}");
    assert!(!bench.path().join("../state.redb").exists());
}

#[test]
fn a_path_on_the_command_line_may_be_anywhere_and_the_working_directory_is_the_project() {
    let bench = rack();
    bench.file("outside.json", TEMPLATE).file("values.json", "{}");
    assert_eq!(run(&bench, "validate ../outside.json").code, 0);
    assert_eq!(run(&bench, "plan --parameters ../values.json").code, 0);
    bench.file("project/rack.yaml", "name: demo\nregion: us-east-1\ntemplate: ../outside.json\n");
    assert_eq!(run(&bench, "validate").code, 65);
    // From further up, the template is in the project.
    let above = bench.run("validate --file project/rack.yaml");
    assert_eq!(above.code, 0, "{above}");
    // The home directory is no project: it contains everything of the user.
    let home = Run::of(bench.command().env("HOME", bench.path()).args(["validate", "--file", "project/rack.yaml"]));
    assert_eq!(home.code, 65, "{home}");
}

#[test]
fn a_rack_yaml_that_is_a_link_out_of_the_project_is_not_read() {
    let bench = Bench::new();
    bench.file("secret", "aws_secret_access_key: planted-secret\n").file("project/x", "");
    symlink("../secret", bench.path().join("project/rack.yaml")).unwrap();
    let found = run(&bench, "plan");
    assert_eq!(found.code, 66, "{found}");
    assert!(!found.stderr.contains("planted-secret") && found.stderr.contains("outside the project"), "{found}");
}

#[cfg(feature = "build")]
#[test]
fn key_files_that_are_pipes_or_lead_out_of_the_tree_are_refused() {
    let bench = Bench::new();
    bench.file("project/Dockerfile", "FROM x\n").file("project/a.json", "{\"a\": 1}").file("secret.json", "{\"a\": 1}");
    make_pipe(&bench.path().join("project/pipe"));
    symlink("pipe", bench.path().join("project/to-pipe")).unwrap();
    symlink("../secret.json", bench.path().join("project/out.json")).unwrap();
    symlink("a.json", bench.path().join("project/in.json")).unwrap();
    symlink("..", bench.path().join("project/up")).unwrap();
    for argument in ["pipe", "pipe#.a", "to-pipe", "to-pipe#.a"] {
        let refused = run(&bench, &format!("build image-key --cache-on {argument}"));
        assert!(refused.code == 66 && refused.stderr.contains("pipe"), "{argument}: {refused}");
    }
    for argument in ["out.json", "out.json#.a", "*.json", "up", "**"] {
        let refused = run(&bench, &format!("build image-key --cache-on {argument} --cache-on !**pipe"));
        assert!(refused.code == 65 && refused.stderr.contains("leads out of the directory"), "{argument}: {refused}");
        assert!(refused.stderr.contains("--allow-outside-project"), "{refused}");
    }
    for argument in ["out.json", "out.json#.a", "up"] {
        let allowed = run(&bench, &format!("build image-key --cache-on {argument} --allow-outside-project"));
        assert_eq!(allowed.code, 0, "{allowed}");
    }
    assert_eq!(run(&bench, "build image-key --cache-on in.json").code, 0);
}
