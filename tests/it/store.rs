//! The files of the local backend's store: links, modes, owners, damage, repair, full disks.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::program::{Bench, Run};

/// Every file of a store.
const FILES: [&str; 6] = ["state.redb", "backup.redb", "generation", "owner", ".gitignore", "damaged.redb"];
/// Commands that only read the store.
const READERS: [&str; 5] = ["status", "plan", "local stacks", "local resources", "events"];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: rack.json\n");
    bench.file("rack.json", r#"{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue"},"More":{"Type":"AWS::SQS::Queue"}}}"#);
    bench
}

fn deployed() -> Bench {
    let bench = bench();
    done(&bench.run("apply --yes -q"));
    bench
}

fn done(run: &Run) {
    assert_eq!(run.code, 0, "{run}");
}

fn store(bench: &Bench, name: &str) -> PathBuf {
    bench.path().join(".rackform").join(name)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_link_at_any_file_of_the_store_is_refused_and_its_target_unchanged() {
    for name in FILES {
        for target in ["victim", "missing"] {
            let bench = deployed();
            bench.file("victim", "the user's own file\n");
            let path = store(&bench, name);
            let _ = std::fs::remove_file(&path);
            symlink(bench.path().join(target), &path).unwrap();
            for command in READERS.into_iter().chain(["apply --yes", "delete --yes", "local repair --yes", "local reset --yes"]) {
                let run = bench.run(command);
                assert!(run.code == 69 && run.stderr.contains("is a symbolic link"), "{name} {command}: {run}");
                assert!(run.stderr.contains("hint: delete `"), "{name} {command}: {run}");
                assert_eq!(bench.read("victim"), "the user's own file\n", "{name} {command}");
                assert!(!bench.path().join("missing").exists() && path.is_symlink(), "{name} {command}");
            }
        }
    }
}

#[test]
fn a_folder_that_is_a_link_is_refused_at_every_level() {
    let bench = bench();
    std::fs::create_dir(bench.path().join("elsewhere")).unwrap();
    symlink("elsewhere", bench.path().join(".rackform")).unwrap();
    symlink("elsewhere", bench.path().join("linked")).unwrap();
    for backend in ["local", "local:linked/store", "local:linked"] {
        for command in ["apply --yes", "status"] {
            let run = bench.run(&format!("--backend {backend} {command}"));
            assert!(run.code == 69 && run.stderr.contains("is a symbolic link"), "{backend} {command}: {run}");
        }
        let from_file = Bench::new();
        from_file.file("rack.yaml", format!("name: demo\nregion: us-east-1\nbackend: {backend}\n"));
        symlink(".", from_file.path().join("linked")).unwrap();
        symlink(".", from_file.path().join(".rackform")).unwrap();
        let run = from_file.run("status");
        assert!(run.code == 69 && run.stderr.contains("is a symbolic link"), "{backend}: {run}");
    }
    assert_eq!(std::fs::read_dir(bench.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_folder_that_others_can_change_is_refused_with_the_fix() {
    let bench = deployed();
    let folder = store(&bench, "");
    for bits in [0o777, 0o770, 0o702] {
        set_mode(&folder, bits);
        for command in ["status", "apply --yes", "local reset --yes"] {
            let run = bench.run(command);
            assert!(run.code == 69 && run.stderr.contains("other users can write to"), "{run}");
            assert!(run.stderr.contains("hint: run `chmod 700 .rackform`"), "{run}");
        }
    }
    set_mode(&folder, 0o700);
    for name in ["state.redb", "backup.redb"] {
        set_mode(&store(&bench, name), 0o666);
    }
    done(&bench.run("status"));
    assert_eq!((mode(&store(&bench, "state.redb")), mode(&store(&bench, "backup.redb"))), (0o600, 0o600));
    std::fs::hard_link(store(&bench, "state.redb"), bench.path().join("other-name")).unwrap();
    let run = bench.run("apply --yes");
    assert!(run.code == 69 && run.stderr.contains("hard link"), "{run}");
    std::fs::remove_file(bench.path().join("other-name")).unwrap();
    if std::os::unix::fs::chown(&folder, Some(1234), None).is_ok() {
        let run = bench.run("status");
        assert!(run.code == 69 && run.stderr.contains("belongs to another user (ID 1234"), "{run}");
    }
}

#[test]
fn commands_that_read_change_no_file() {
    let bench = deployed();
    let contents = || {
        let mut files: Vec<_> = std::fs::read_dir(store(&bench, ""))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = contents();
    assert_eq!(before.len(), 4);
    for command in READERS.into_iter().chain(["drift", "local repair"]) {
        bench.run(command);
    }
    assert!(contents() == before);
}

#[test]
fn a_damaged_store_is_never_a_bug_nor_empty_and_its_copy_restores_it() {
    let bench = deployed();
    let (file, good) = (store(&bench, "state.redb"), std::fs::read(store(&bench, "state.redb")).unwrap());
    let expected = bench.run("local resources --format json").stdout;
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % below
    };
    let mut damaged = 0;
    for round in 0..48 {
        let mut bytes = good.clone();
        match round % 6 {
            0 => bytes[next(512)] ^= 1 << next(8),
            1 => bytes.truncate(if round == 1 { 0 } else { next(good.len()) }),
            2 => {
                let page = next(good.len() / 4096) * 4096;
                bytes[page..page + 4096].fill(0);
            }
            3 => (0..40).for_each(|_| bytes[4096 + next(40_960)] = u8::try_from(next(256)).unwrap()),
            4 => bytes[next(65_536)] ^= 0xff,
            _ => bytes.extend(std::iter::repeat_n(0, 1 + next(9000))),
        }
        std::fs::write(&file, &bytes).unwrap();
        let resources = bench.run("local resources --format json");
        if resources.code == 0 {
            // The damage is in unused bytes.
            assert_eq!(resources.stdout, expected, "round {round}");
            continue;
        }
        damaged += 1;
        for command in ["status", "plan", "local resources"] {
            let run = bench.run(command);
            assert!(run.code == 69 && run.stderr.contains("is damaged"), "round {round} {command}: {run}");
            assert!(run.stderr.contains("rackform local repair"), "round {round} {command}: {run}");
            assert!(!run.to_string().contains("does not exist"), "round {round} {command}: {run}");
        }
        assert_eq!(bench.run("local repair").code, 4, "round {round}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "round {round}: not confirmed");
        let repaired = bench.run("local repair --yes");
        assert!(repaired.code == 0 && repaired.stderr.contains("demo (CREATE_COMPLETE)"), "round {round}: {repaired}");
        assert_eq!(bench.run("local resources --format json").stdout, expected, "round {round}");
    }
    assert!(damaged > 20, "{damaged}");
    done(&bench.run("apply --yes"));
}

#[test]
fn a_changed_character_in_a_record_is_damage() {
    let bench = deployed();
    let (file, good) = (store(&bench, "state.redb"), std::fs::read(store(&bench, "state.redb")).unwrap());
    // What is stored: the template, a status and a physical ID. Each change leaves valid JSON.
    for (text, other) in [("AWS::SQS::Queue", "AWS::SQS::Quexe"), ("CREATE_COMPLETE", "DELETE_COMPLETE"), ("us-east-1", "us-west-1")] {
        let mut bytes = good.clone();
        for at in 0..bytes.len() - text.len() {
            if bytes[at..].starts_with(text.as_bytes()) {
                bytes[at..at + text.len()].copy_from_slice(other.as_bytes());
            }
        }
        assert!(bytes != good, "{text}");
        std::fs::write(&file, bytes).unwrap();
        for command in READERS {
            let run = bench.run(command);
            assert!(run.code == 69 && run.stderr.contains("is damaged"), "{text} {command}: {run}");
        }
        done(&bench.run("local repair --yes"));
        done(&bench.run("status"));
    }
}

#[test]
fn a_missing_or_older_database_is_damage_too() {
    let bench = deployed();
    let file = store(&bench, "state.redb");
    let older = std::fs::read(&file).unwrap();
    bench.file("rack.json", r#"{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue"}}}"#);
    done(&bench.run("apply --yes --allow-data-loss More"));
    std::fs::write(&file, older).unwrap();
    let run = bench.run("status");
    assert!(run.code == 69 && run.stderr.contains("it is older than the last change"), "{run}");
    std::fs::remove_file(&file).unwrap();
    for command in ["status", "apply --yes"] {
        let run = bench.run(command);
        assert!(run.code == 69 && run.stderr.contains("`state.redb` is missing"), "{run}");
    }
    let repaired = bench.run("local repair --yes");
    assert!(repaired.code == 0 && repaired.stderr.contains("demo (UPDATE_COMPLETE)"), "{repaired}");
    done(&bench.run("status"));
}

#[test]
fn without_a_good_copy_a_repair_says_so_and_a_reset_starts_again() {
    let bench = deployed();
    assert!(bench.run("local repair").stderr.contains("is sound"));
    bench.file(".rackform/state.redb", "").file(".rackform/backup.redb", "not a database");
    let run = bench.run("local repair --yes");
    assert!(run.code == 69 && run.stderr.contains("its copy is damaged, too"), "{run}");
    done(&bench.run("local reset --yes"));
    assert_eq!(bench.run("status").code, 66);
    done(&bench.run("apply --yes -q"));
}

/// Runs the program where files can have at most this many blocks of 512 bytes.
fn limited(bench: &Bench, blocks: u32, arguments: &str) -> Run {
    let program = env!("CARGO_BIN_EXE_rackform");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} {arguments}");
    Run::of(std::process::Command::new("sh").arg("-c").arg(script).current_dir(bench.path()).env_clear())
}

#[test]
fn a_store_without_space_is_called_full_and_stays_whole() {
    let empty = bench();
    let run = limited(&empty, 100, "apply --yes");
    assert_eq!(run.code, 69, "{run}");
    assert!(run.stderr.contains("the disk is full, or a quota"), "{run}");
    assert!(!run.stderr.contains("aws") && !run.stderr.contains("bug"), "{run}");
    assert!(!empty.path().join(".rackform/state.redb").exists());
    let bench = deployed();
    for command in ["status", "plan -q", "local resources"] {
        done(&limited(&bench, 0, command));
    }
}

/// Returns the size of a file of the store, in blocks of 512 bytes.
fn blocks(bench: &Bench, file: &str) -> u32 {
    let bytes = std::fs::metadata(bench.path().join(".rackform").join(file)).unwrap().len();
    u32::try_from(bytes.div_ceil(512)).unwrap()
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_an_update_loses_nothing() {
    let topics = |count: u32| {
        let topic =
            |index: u32| format!(r#""T{index}": {{"Type": "AWS::SNS::Topic", "Properties": {{"DisplayName": "{}"}}}}"#, "x".repeat(900));
        let queues = r#""Jobs": {"Type": "AWS::SQS::Queue"}, "More": {"Type": "AWS::SQS::Queue"}"#;
        format!(r#"{{"Resources": {{{queues}, {}}}}}"#, (0..count).map(topic).collect::<Vec<_>>().join(", "))
    };
    let bench = deployed();
    let before = blocks(&bench, "state.redb");
    let mut failed = 0;
    for step in 0..5_u32 {
        let text = topics(200 + step);
        bench.file("rack.json", &text);
        let run = limited(&bench, before + 100 + step * 600, "apply --yes -q");
        assert!(matches!(run.code, 0 | 69), "{run}");
        if run.code == 69 {
            failed += 1;
            assert!(run.stderr.contains("the disk is full"), "{run}");
        }
        done(&bench.run("status"));
        assert!(bench.run("local repair").stderr.contains("is sound"));
    }
    assert!(failed > 0, "no update met the limit");
    done(&bench.run("apply --yes -q"));
    assert!(bench.run("local resources").stdout.contains("T203"));
}

#[test]
fn a_copy_that_cannot_be_written_is_a_warning_and_the_change_is_done() {
    let bench = deployed();
    bench.file(
        "rack.json",
        r#"{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue"},"More":{"Type":"AWS::SQS::Queue"},"New":{"Type":"AWS::SNS::Topic"}}}"#,
    );
    let (owner, copy) = (store(&bench, "owner"), store(&bench, "backup.redb"));
    assert!(!owner.exists());
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_rackform"));
    program.args(["apply", "--yes", "-q", "--step-delay-ms", "1000"]).current_dir(bench.path()).env_clear();
    let running = program.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // While the store is open, a directory takes the place of the copy.
    while !owner.exists() {
        std::thread::yield_now();
    }
    std::fs::remove_file(&copy).unwrap();
    std::fs::create_dir(&copy).unwrap();
    let output = running.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{messages}");
    assert!(messages.contains("warning: the change is stored, but not the copy"), "{messages}");
    std::fs::remove_dir(&copy).unwrap();
    assert!(bench.run("local resources").stdout.contains("New"));
}
