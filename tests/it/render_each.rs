//! `render --specialise` and `render --for-each` as a user runs them.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use crate::program::{Bench, Run};

/// Returns the names of the files in a directory of the bench.
fn files(bench: &Bench, directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(bench.path().join(directory)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn template(bench: &Bench, path: &str) -> serde_json::Value {
    serde_json::from_str(&bench.read(path)).unwrap()
}

#[test]
fn a_specialised_rack_has_no_conditions_on_its_parameters() {
    let bench = Bench::new();
    let run = bench.run("render --specialise -p BuildCache=Yes -p BuildMethod=fargate --region eu-west-1 --minify");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains(" resources; "), "{run}");
    let rack = run.json();
    assert!(rack["Resources"]["BuildCacheFilesystem"].is_object() && rack["Conditions"].is_null() && rack["Mappings"].is_null(), "{run}");
    assert!(!run.stdout.contains("Fn::If") && rack["Rules"].is_null(), "{run}");
    // Without a region, the conditions and the mapping that depend on it stay.
    let open = bench.run("render --specialise -p BuildCache=Yes -p BuildMethod=fargate").json();
    assert!(open["Conditions"].is_object() && open["Mappings"]["RegionConfig"].is_object(), "{open}");
    let small = bench.run("render --specialise --region eu-west-1");
    assert!(!small.stdout.contains("\"BuildCacheRepository\"") && !small.stdout.contains("\"BuildCacheFilesystem\""), "{small}");
}

#[test]
fn a_template_for_one_stack_is_smaller() {
    let bench = Bench::new();
    let plain = bench.run("render --specialise --region eu-west-1 --minify").stdout;
    let run = bench.run("render --specialise --region eu-west-1 --minify --account 123456789012 --stack-name demo --omit-descriptions");
    assert!(run.code == 0 && run.stdout.len() + 2_000 < plain.len(), "{} and {}", run.stdout.len(), plain.len());
    assert!(!run.stdout.contains("AWS::AccountId") && !run.stdout.contains("AWS::StackName"), "{run}");
    let rack = run.json();
    assert!(rack["Description"].is_null() && rack["Outputs"]["Vpc"]["Description"].is_null(), "{run}");
}

#[test]
fn parameters_come_from_rack_yaml_files_and_options() {
    let bench = Bench::new();
    bench.file("rack.yaml", "region: us-east-1\nparameters: {BuildCache: Yes, BuildMethod: ec2, LogRetention: 30}\n");
    bench.file("more.json", r#"{"LogRetention": 60}"#);
    let rack = bench.run("render --specialise --parameters more.json -p BuildMethod=fargate --keep VPCCIDR").json();
    assert_eq!(rack["Resources"]["LogGroup"]["Properties"]["RetentionInDays"], "60", "{rack}");
    assert!(rack["Resources"]["ApiBuildFargate"].is_object() && rack["Resources"]["ApiBuildTasks"].is_null(), "{rack}");
    assert_eq!(rack["Parameters"].as_object().unwrap().keys().filter(|name| *name == "VPCCIDR").count(), 1, "{rack}");
    let run = bench.run("render -p BuildMethod=ec2");
    assert!(run.code == 64 && run.stderr.contains("add `--specialise`"), "{run}");
    let run = bench.run("render --specialise --keep VpcCidr");
    assert!(run.code == 64 && run.stderr.contains("VPCCIDR"), "{run}");
    let run = bench.run("render --specialise -p BuildMethod=lambda");
    assert!(run.code == 65 && run.stderr.contains("BuildMethod"), "{run}");
}

#[test]
fn any_template_can_be_specialised_and_checked() {
    let bench = Bench::new();
    let yaml = "Parameters:\n  Size: {Type: Number, Default: 1}\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      DelaySeconds: !Ref Size\n";
    bench.file("queue.yaml", yaml);
    let run = bench.run("render --specialise --template queue.yaml -p Size=5 --format yaml -o small.yaml");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(bench.read("small.yaml"), "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      DelaySeconds: '5'\n");
    let check =
        |value: &str| bench.run(&format!("render --specialise --template queue.yaml -p Size={value} --format yaml --check small.yaml"));
    assert_eq!((check("5").code, check("6").code), (0, 2));
}

const RACKS: &str =
    "staging:\n  BuildMethod: fargate\n  BuildCache: Yes\n  AWS::Region: eu-west-1\nproduction:\n  LogRetention: 90\nempty:\n";

#[test]
fn each_rack_of_a_list_gets_a_file() {
    let bench = Bench::new();
    bench.file("racks.yaml", RACKS);
    bench.file(
        "racks.jsonl",
        "{\"name\": \"staging\", \"parameters\": {\"BuildMethod\": \"fargate\", \"BuildCache\": \"Yes\", \"AWS::Region\": \"eu-west-1\"}}\n\
         {\"name\": \"production\", \"parameters\": {\"LogRetention\": 90}}\n\n{\"name\": \"empty\"}\n",
    );
    bench.file(
        "racks.json",
        r#"{"staging": {"BuildMethod": "fargate", "BuildCache": "Yes", "AWS::Region": "eu-west-1"}, "production": {"LogRetention": 90}, "empty": {}}"#,
    );
    for list in ["racks.yaml", "racks.jsonl", "racks.json"] {
        let run = bench.run(&format!("render --specialise --for-each {list} -o {list}.d --region us-east-1"));
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run}");
        assert!(run.stderr.contains(&format!("rendered 3 racks into `{list}.d`")), "{run}");
        assert_eq!(files(&bench, &format!("{list}.d")), ["empty.json", "production.json", "staging.json"]);
    }
    for name in ["staging", "production", "empty"] {
        let [first, second, third] = ["yaml", "jsonl", "json"].map(|form| bench.read(&format!("racks.{form}.d/{name}.json")));
        assert!(first == second && second == third, "{name}");
        // The same as a single rendering.
        let parameters = match name {
            "staging" => "-p BuildMethod=fargate -p BuildCache=Yes --region eu-west-1",
            "production" => "-p LogRetention=90 --region us-east-1",
            _ => "--region us-east-1",
        };
        assert_eq!(bench.run(&format!("render --specialise {parameters}")).stdout, first, "{name}");
    }
    let staging = template(&bench, "racks.yaml.d/staging.json");
    assert!(staging["Resources"]["BuildCacheFilesystem"].is_object(), "{staging}");

    let full = bench.run("render --for-each racks.yaml -o full -q");
    assert_eq!((full.code, full.stderr.as_str()), (0, ""), "{full}");
    assert_eq!(bench.read("full/staging.json"), bench.run("render").stdout);
    let again = bench.run("render --for-each racks.yaml -o full");
    assert!(again.stderr.contains("the files are equal: parameters were checked, and `--specialise`"), "{again}");
}

#[test]
fn check_compares_the_files_of_all_racks() {
    let bench = Bench::new();
    bench.file("racks.yaml", RACKS);
    assert_eq!(bench.run("render --specialise --for-each racks.yaml -o racks").code, 0);
    let check = || bench.run("render --specialise --for-each racks.yaml --check racks");
    let run = check();
    assert!(run.code == 0 && run.stderr.contains("3 racks in `racks` up to date"), "{run}");
    let staging = bench.read("racks/staging.json");
    bench.file("racks/staging.json", staging.replace("\"Resources\"", "\"Resource\""));
    std::fs::remove_file(bench.path().join("racks/empty.json")).unwrap();
    let run = check();
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.contains("racks/staging.json") && run.stdout.contains("racks/empty.json does not exist"), "{run}");
    assert!(run.stderr.contains("2 of 3 racks"), "{run}");
    assert!(bench.read("racks/staging.json").contains("\"Resource\":"), "--check writes nothing");
}

#[test]
fn all_problems_of_a_list_are_reported_and_nothing_is_written() {
    let bench = Bench::new();
    bench.file("old/staging.json", "old");
    bench.file(
        "racks.yaml",
        "staging:\n  BuildMethod: lambda\nproduction:\n  BuildMethod: fargate\nother:\n  Colour: blue\n  LogRetention: 8\n",
    );
    let run = bench.run("render --specialise --for-each racks.yaml -o old");
    assert_eq!((run.code, run.stdout.as_str()), (65, ""), "{run}");
    for place in ["racks.yaml:2:16", "racks.yaml:6:3", "racks.yaml:7:17"] {
        assert!(run.stderr.contains(place), "{place}: {run}");
    }
    assert!(
        run.stderr.contains("rack `staging`: ") && run.stderr.contains("rack `other`: ") && !run.stderr.contains("`production`"),
        "{run}"
    );
    assert_eq!((bench.read("old/staging.json").as_str(), files(&bench, "old")), ("old", vec!["staging.json".to_owned()]));
    // A rule of the template rejects a combination of parameters.
    bench.file("racks.yaml", "small:\n  FargateBuildCpu: 256\n  FargateBuildMemory: 8192\n");
    let run = bench.run("render --for-each racks.yaml -o old");
    assert!(
        run.code == 65 && run.stderr.contains("rack `small`: rule `FargateBuildMemoryFor256`") && run.stderr.contains("racks.yaml:3:23"),
        "{run}"
    );
}

#[test]
fn malformed_lists_are_refused_with_positions() {
    let cases = [
        (
            "racks.yaml",
            "../up: {}\n.hidden: {}\na/b: {}\n\"\": {}\n",
            &["racks.yaml:1:1", "racks.yaml:2:1", "racks.yaml:3:1", "racks.yaml:4:1"][..],
        ),
        (
            "racks.yaml",
            "a: text\nb: [1]\nc: {X: {Y: 1}, Z: [[]]}\n",
            &["racks.yaml:1:4", "racks.yaml:2:4", "racks.yaml:3:8", "racks.yaml:3:19"],
        ),
        ("racks.yaml", "a: {AWS::StackId: x, AWS::Region: [y]}\n", &["racks.yaml:1:5", "racks.yaml:1:22"]),
        (
            "racks.yaml",
            "- {name: a}\n- {name: A}\n- {parameters: {}}\n- {name: b, parameter: {}}\n- 1\n",
            &["racks.yaml:2:10", "racks.yaml:3:3", "racks.yaml:4:13", "racks.yaml:5:3"],
        ),
        ("racks.jsonl", "{\"name\": \"a\"}\n{\"name\": \"a\"}\n{\"name\": {}}\n", &["racks.jsonl:2:10", "racks.jsonl:3:10"]),
        ("racks.jsonl", "{\"name\": \"a\"}\n{\"name\": oops}\n", &["racks.jsonl:2:10"]),
        ("racks.yaml", "a: {}\na: {}\n", &["racks.yaml:2:1"]),
        ("racks.yaml", "# nothing\n[]\n", &["racks.yaml:1:1"]),
        ("racks.yaml", "text\n", &["racks.yaml:1:1"]),
    ];
    for (name, text, places) in cases {
        let bench = Bench::new();
        bench.file(name, text);
        let run = bench.run(&format!("render --for-each {name} -o out"));
        assert_eq!(run.code, 65, "{text}: {run}");
        for place in places {
            assert!(run.stderr.contains(place), "{place} of {text}: {run}");
        }
        assert!(!bench.path().join("out").exists(), "{text}");
    }
    let bench = Bench::new();
    bench.file("racks.yaml", "a: {}\n");
    let run = bench.run("render --for-each racks.yaml");
    assert!(run.code == 64 && run.stderr.contains("-o DIRECTORY"), "{run}");
}

#[test]
fn a_secret_of_a_list_is_in_no_file_and_in_no_message() {
    let bench = Bench::new();
    bench.file(
        "secret.json",
        r#"{"Parameters": {"Key": {"Type": "String", "NoEcho": true, "MinLength": 12}, "Size": {"Type": "Number"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Key"}, "TopicName": {"Ref": "Size"}}}}}"#,
    );
    let render = |text: &str| -> Run {
        bench.file("racks.json", text);
        bench.run("render --specialise --template secret.json --for-each racks.json -o out")
    };
    let run = render(r#"{"a": {"Key": "hunter2hunter2", "Size": 1}, "b": {"Size": 2}}"#);
    assert_eq!(run.code, 0, "{run}");
    assert!(!bench.read("out/a.json").contains("hunter2") && bench.read("out/b.json").contains(r#""TopicName": "2""#));
    let run = render(r#"{"a": {"Key": "hunter2hunter2", "Size": "x"}, "b": {"Key": "hunter2", "Size": 2}, "c": {"Kye": "hunter2"}}"#);
    assert!(run.code == 65 && run.stderr.matches("error").count() >= 3 && !run.stderr.contains("hunter2"), "{run}");
}

#[test]
fn the_files_do_not_depend_on_the_number_of_racks_or_on_threads() {
    let bench = Bench::new();
    let methods = ["ec2", "fargate"];
    let mut list = String::new();
    for index in 0..40 {
        let (method, retention) = (methods[index % 2], [1, 3, 5, 7][index / 2 % 4]);
        writeln!(list, "{{\"name\": \"rack-{index}\", \"parameters\": {{\"BuildMethod\": \"{method}\", \"LogRetention\": {retention}}}}}")
            .unwrap();
    }
    bench.file("racks.jsonl", list);
    for directory in ["one", "two"] {
        assert_eq!(bench.run(&format!("render --specialise --region us-west-2 --for-each racks.jsonl -o {directory}")).code, 0);
    }
    assert_eq!(files(&bench, "one").len(), 40);
    for name in files(&bench, "one") {
        assert_eq!(bench.read(&format!("one/{name}")), bench.read(&format!("two/{name}")));
    }
    assert_eq!(bench.read("one/rack-0.json"), bench.read("one/rack-8.json"));
    // A link in the directory is replaced, not followed.
    bench.file("target", "kept");
    std::fs::remove_file(bench.path().join("one/rack-3.json")).unwrap();
    std::os::unix::fs::symlink("../target", bench.path().join("one/rack-3.json")).unwrap();
    assert_eq!(bench.run("render --specialise --region us-west-2 --for-each racks.jsonl -o one").code, 0);
    assert_eq!(bench.read("target"), "kept");
    assert_eq!(bench.read("one/rack-3.json"), bench.read("two/rack-3.json"));
}
