//! What a user reads when something about values, names, regions or lists of racks is wrong.
#![allow(clippy::unwrap_used)]

use super::program::{Bench, Run};

fn bench(rack_file: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", rack_file);
    bench
}

#[test]
fn the_nearest_numbers_are_suggested() {
    let run = bench("name: a\nregion: us-east-1\n").run("plan -p LogRetention=91");
    assert!(run.code == 65 && run.stderr.contains("did you mean `90` or `120`?"), "{run}");
    let bench = Bench::new();
    bench.file(
        "t.json",
        r#"{"Resources": {"L": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 91, "Tags": [{"Key": "a"}]}},
          "D": {"Type": "AWS::Route53::RecordSet", "Properties": {"Name": "a", "Type": "A", "GeoProximityLocation": {}}}}}"#,
    );
    let run = bench.run("validate t.json");
    assert!(run.stdout.contains("did you mean `90` or `120`?"), "{run}");
}

#[test]
fn an_unknown_region_is_one_error_with_near_regions() {
    let near = bench("name: a\nregion: us-east-9\n");
    for arguments in ["plan", "validate rack", "evaluate rack"] {
        let run = near.run(arguments);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert_eq!((run.code, text.matches("error[").count()), (65, 1), "{run}");
        assert!(text.contains("did you mean `us-east-"), "{run}");
    }
    let run = bench("name: a\n").run("plan --region mars-1");
    assert_eq!((run.code, run.stderr.matches("error[").count()), (65, 1), "{run}");
    assert!(run.stderr.contains("check the region: the mapping has "), "{run}");
}

#[test]
fn an_invalid_stack_name_is_refused_before_any_work() {
    let bench = bench("region: us-east-1\n");
    for name in ["1bad", "bad_name", "-a"] {
        let run = bench.run_args(&["apply", "--yes", &format!("--stack-name={name}")]);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{run}");
        assert!(run.stderr.contains("letters, digits and hyphens, starting with a letter"), "{run}");
    }
}

#[test]
fn a_blank_secret_default_is_no_secret() {
    let bench = bench("name: a\nregion: us-east-1\nparameters: {Version: '', Password: hunter2hunter2}\n");
    let run = Bench::new().run("params --group api --format json");
    let parameters = run.json()["parameters"].as_array().unwrap().clone();
    let password = parameters.iter().find(|one| one["name"] == "Password").unwrap();
    assert_eq!((&password["default"], &password["value"]), (&"".into(), &"".into()), "{password}");
    let given = bench.run("params --group api --format json");
    assert!(given.stdout.contains("****") && !given.stdout.contains("hunter2"), "{given}");
}

#[test]
fn a_specialised_template_says_which_values_its_rules_still_require() {
    let run = Bench::new().run("render --specialise -p Version=20260421000000 --region us-east-1 -o small.json");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("warning[rule-failed]") && run.stderr.contains("Password must not be blank when Version is set"), "{run}");
    let run = Bench::new().run("render --specialise -p Version=20260421000000 -p Password=hunter2hunter2 --region us-east-1 -o small.json");
    assert!(run.code == 0 && !run.stderr.contains("warning"), "{run}");
}

#[test]
fn a_difference_of_files_names_the_region_that_it_assumes() {
    let bench = Bench::new();
    bench.file(
        "a.json",
        r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "q-${AWS::Region}"}}}}}"#,
    );
    bench.file("b.json", r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q-eu-west-1"}}}}"#);
    let run = bench.run("diff a.json b.json");
    assert!(run.code == 0 && run.stderr.contains("`a.json` depends on the region, assumed to be us-east-1"), "{run}");
    assert_eq!(bench.run("diff a.json b.json --region eu-west-1").stderr, "");
    assert_eq!(bench.run("diff b.json b.json").stderr, "");
}

#[test]
fn wider_access_is_told_once() {
    let run = bench("name: a\nregion: us-east-1\n").run("plan");
    assert_eq!(run.stdout.matches("`RouterSecurity` allows ingress from everywhere: tcp port 80 from 0.0.0.0/0.").count(), 1, "{run}");
}

fn racks(text: &str) -> (Bench, Run) {
    let bench = Bench::new();
    bench.file("racks.yaml", text);
    let run = bench.run("render --specialise --for-each racks.yaml -o new/out");
    assert!(!bench.path().join("new").exists(), "a failed run leaves no directory: {run}");
    (bench, run)
}

#[test]
fn all_errors_of_a_list_of_racks_come_at_once() {
    let (_bench, run) = racks(
        "a/b: {}\none:\n  LogRetention: 8\n  InstanceType: t3.small\n  Colour: blue\n  FargateBuildCpu: 256\n  FargateBuildMemory: 8192\n\
         two: {AWS::Region: mars-1, BuildMethod: lambda}\n",
    );
    assert_eq!(run.code, 65, "{run}");
    for (text, place) in [
        ("`a/b` cannot be the name of a rack", "racks.yaml:1:1"),
        ("rack `one`: parameter `LogRetention` has a value that is not allowed", "racks.yaml:3:17"),
        ("rack `one`: unknown parameter `Colour`", "racks.yaml:5:3"),
        ("rack `one`: rule `FargateBuildMemoryFor256` rejects these parameters", "racks.yaml:7:23"),
        ("rack `two`: mapping `RegionConfig` has no key `mars-1`", "racks.yaml:8:20"),
        ("rack `two`: parameter `BuildMethod`", "racks.yaml:8:41"),
    ] {
        assert!(run.stderr.contains(text) && run.stderr.contains(place), "{text} {place}: {run}");
    }
    assert_eq!(run.stderr.matches("error[").count(), 6, "{run}");
    // Values of parameters that are no secrets are shown; an unknown name may be that of a secret.
    assert!(run.stderr.contains("AWS::Region: mars-1, BuildMethod: lambda") && !run.stderr.contains("blue"), "{run}");
}

#[test]
fn odd_lists_of_racks_are_refused_in_plain_words() {
    for (text, message) in [
        ("", "the list has no racks"),
        ("# none yet\n", "the list has no racks"),
        ("- [1]\n", "a rack must be a map, not a list"),
        ("a: [1]\n", "the parameters of rack `a` must be a map, not a list"),
        ("- {name: a}\n- {name: a}\n", "two racks have the name `a`\n"),
        ("- {name: a}\n- {name: A}\n", "the names `a` and `A` of two racks differ only in case"),
    ] {
        let (_bench, run) = racks(text);
        assert!(run.code == 65 && run.stderr.contains(message), "{text}: {run}");
        assert!(!run.stderr.contains("Resources") && !run.stderr.contains("****"), "{text}: {run}");
    }
}

#[test]
fn a_denied_set_does_not_talk_about_rack_yaml() {
    let bench = bench("name: a\nregion: us-east-1\nparameters: {BuildCache: Yes}\n");
    assert_eq!(bench.run("apply --yes -q").code, 0);
    let denied = bench.run("set BuildCache=No --yes");
    assert!(denied.code == 3 && !denied.stderr.contains("rack.yaml has another value"), "{denied}");
    let asked = bench.run("set BuildCache=No --allow-data-loss BuildCacheRepository");
    assert!(asked.code == 4 && asked.stderr.contains("rack.yaml has another value for `BuildCache`"), "{asked}");
}
