//! Guarantees of all output: no secrets, the same bytes for the same input, bounded size, no control characters.

use super::{Bench, SECRET, bench};

#[test]
fn a_secret_is_in_no_output() {
    let bench = bench();
    let changed = format!("{SECRET}-new");
    for format in ["human", "json", "change-set", "markdown"] {
        let run = bench.run(&format!("diff stack.json stack.json --before-parameters off.json -p Secret={changed} --format {format}"));
        assert_eq!(run.code, 0, "{run}");
        assert!(!run.to_string().contains(SECRET), "{run}");
    }
    for format in ["human", "json"] {
        for command in ["evaluate", "params"] {
            let run = bench.run(&format!("{command} stack.json -p Secret={SECRET} --format {format}"));
            assert_eq!(run.code, 0, "{run}");
            assert!(!run.to_string().contains(SECRET), "{run}");
            let refused = bench.run(&format!("{command} stack.json -p Secret=pq4 --format {format}"));
            assert_eq!(refused.code, 65, "{refused}");
            assert!(!refused.to_string().contains("pq4"), "{refused}");
        }
    }
}

#[test]
fn an_encoded_secret_is_in_no_output() {
    let bench = Bench::new();
    let template = r#"{"Parameters": {"Secret": {"Type": "String", "NoEcho": true}},
      "Resources": {"Box": {"Type": "AWS::EC2::Instance", "Properties": {"UserData": {"Fn::Base64": {"Fn::Sub": "pw=${Secret}"}}}}}}"#;
    bench.file("stack.json", template);
    let run = bench.run("evaluate stack.json -p Secret=correct-horse --format json");
    assert_eq!(run.json()["resources"]["Box"]["Properties"]["UserData"], "****", "{run}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bench = bench();
    let arguments = "diff stack.json stack.json --before-parameters off.json --parameters on.yaml --format json";
    assert_eq!(bench.run(arguments).stdout, bench.run(arguments).stdout);
}

#[test]
fn a_large_plan_fits_a_pull_request_comment_and_reports_what_it_omits() {
    let bench = Bench::new();
    let template = |days: u32| {
        let groups: Vec<String> = (0..1500)
            .map(|n| format!("\"Logs{n}\": {{\"Type\": \"AWS::Logs::LogGroup\", \"Properties\": {{\"RetentionInDays\": {days}}}}}"))
            .collect();
        format!("{{\"Resources\": {{{}}}}}", groups.join(","))
    };
    bench.file("old.json", template(7)).file("new.json", template(30));
    let run = bench.run("diff old.json new.json --format markdown");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.chars().count() <= 65_536, "{} characters", run.stdout.chars().count());
    assert!(run.stdout.contains("**Plan: 0 to add, 1500 to update"), "the summary is never cut");
    assert!(run.stdout.contains("omitted to fit into a comment"), "the omitted sections are named");
}

#[test]
fn color_adds_only_escape_codes() {
    let bench = bench();
    let arguments = "diff stack.json stack.json --before-parameters on.yaml --parameters off.json";
    let plain = bench.run(arguments).stdout;
    let colored = bench.run(&format!("{arguments} --color always")).stdout;
    assert_ne!(plain, colored);
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, code)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = code.split_once('m').map_or("", |(_, after)| after);
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn control_characters_of_a_template_are_escaped() {
    let bench = Bench::new();
    let template = |text: &str| {
        format!(
            r#"{{"Parameters": {{"P": {{"Type": "String", "Default": "{text}", "Description": "{text}"}}}},
            "Resources": {{"Q": {{"Type": "AWS::SQS::Queue", "Properties": {{"QueueName": {{"Ref": "P"}}}}}}}}}}"#
        )
    };
    bench.file("old.json", template("calm")).file("new.json", template(r"\u001b[2Jgone"));
    for arguments in ["diff old.json new.json", "evaluate new.json", "params new.json"] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 0, "{run}");
        assert!(!run.stdout.contains('\u{1b}'), "{run}");
        assert!(run.stdout.contains(r"\u{1b}[2Jgone"), "{run}");
    }
}
