//! One command for several racks: `-f` more than once.
#![allow(clippy::unwrap_used)]

use super::program::Bench;

/// Three racks: the first two are deployed and share a local store; the third has its own store and is not deployed.
fn racks() -> Bench {
    let bench = Bench::new();
    bench.file("template.json", r#"{"Parameters":{"Seconds":{"Type":"Number","Default":"30"}},"Resources":{"Jobs":{"Type":"AWS::SQS::Queue","Properties":{"VisibilityTimeout":{"Ref":"Seconds"}}}}}"#);
    for (file, name, seconds) in [("a.yaml", "alpha", "31"), ("b.yaml", "beta", "32"), ("other/c.yaml", "gamma", "33")] {
        let template = if file.contains('/') { "../template.json" } else { "template.json" };
        bench.file(file, format!("name: {name}\ntemplate: {template}\nparameters:\n  Seconds: {seconds}\n"));
    }
    for file in ["a.yaml", "b.yaml"] {
        assert_eq!(bench.run(&format!("-f {file} apply --yes -q")).code, 0);
    }
    bench
}

#[test]
fn results_are_printed_under_headings_in_command_line_order_with_a_summary() {
    let run = racks().run("plan -f b.yaml -f other/c.yaml -f a.yaml -p Seconds=40 --exit-code");
    assert_eq!(run.code, 2, "{run}");
    let heads: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("==")).collect();
    assert_eq!(heads, ["== b.yaml ==", "== other/c.yaml ==", "== a.yaml =="]);
    let summary = run.stdout.split_once("Summary of 3 racks\n").unwrap().1;
    assert_eq!(summary, "  b.yaml        1 to update\n  other/c.yaml  1 to add\n  a.yaml        1 to update\n");
}

#[test]
fn the_exit_code_is_the_most_severe_and_an_invalid_rack_does_not_stop_the_others() {
    let bench = racks();
    bench.file("bad.yaml", "name: 7th\n");
    let run = bench.run("status -f a.yaml -f bad.yaml -f other/c.yaml");
    assert_eq!(run.code, 65, "{run}");
    assert!(run.stdout.contains("CREATE_COMPLETE"), "{run}");
    assert!(run.stderr.contains("bad.yaml:1:7"), "{run}");
    assert!(run.stdout.ends_with("  a.yaml        CREATE_COMPLETE\n  bad.yaml      bad input\n  other/c.yaml  missing input\n"), "{run}");
}

#[test]
fn import_is_refused_for_several_racks() {
    for command in ["plan", "diff deployed rack"] {
        let run = racks().run(&format!("{command} -f a.yaml -f b.yaml --import Jobs=jobs"));
        assert!(run.code == 64 && run.stderr.contains("`--import` with several `--file`"), "{run}");
    }
}

#[test]
fn json_output_contains_all_racks() {
    let run = racks().run("status -f a.yaml -f other/c.yaml --format json");
    let answer = run.json();
    assert_eq!(answer["format_version"], 2, "{run}");
    assert_eq!((&answer["exit_code"], &answer["racks"][1]["exit_code"]), (&66.into(), &66.into()));
    assert_eq!(answer["racks"][0]["answer"]["name"], "alpha");
    assert_eq!(answer["racks"][1]["answer"], serde_json::Value::Null);
    assert!(answer["racks"][1]["messages"].as_str().unwrap().contains("stack `gamma` does not exist"), "{run}");
}

#[test]
fn file_options_before_and_after_the_command_are_refused() {
    let run = racks().run("-f a.yaml plan -f b.yaml");
    assert!(run.code == 64 && run.stderr.contains("`--file` is used both before and after the command"), "{run}");
    assert_eq!(racks().run("-f a.yaml -f b.yaml plan").code, 0);
}

#[test]
fn a_long_markdown_comment_omits_racks_that_do_not_fit() {
    let bench = racks();
    let resources: Vec<String> = (0..150)
        .map(|at| format!(r#""Queue{at}": {{"Type": "AWS::SQS::Queue", "Properties": {{"QueueName": "{}{at}"}}}}"#, "q".repeat(60)))
        .collect();
    bench.file("big.json", format!(r#"{{"Resources": {{{}}}}}"#, resources.join(", ")));
    let files: Vec<String> = (0..12).map(|at| format!("big{at}.yaml")).collect();
    for (at, file) in files.iter().enumerate() {
        bench.file(file, format!("name: big{at}\ntemplate: big.json\n"));
    }
    let run = bench.run(&format!("plan --format markdown -f {}", files.join(" -f ")));
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.chars().count() <= 65_536, "{} characters", run.stdout.chars().count());
    assert!(run.stdout.contains("## `big0.yaml`\n\n") && run.stdout.contains("## `big11.yaml`\n\n_Omitted"), "{run}");
    assert!(run.stdout.ends_with("| `big11.yaml` | 150 to add |\n"), "the summary lists every rack\n{run}");
}

#[test]
fn output_is_deterministic() {
    let bench = racks();
    let diff = || bench.run("diff deployed rack -f a.yaml -f b.yaml --format markdown -p Seconds=50");
    let first = diff();
    assert_eq!(first.code, 0, "{first}");
    assert!(first.stdout.contains("| `a.yaml` | 1 to update |"), "{first}");
    assert_eq!(first.to_string(), diff().to_string());
}

#[test]
fn commands_and_options_for_one_rack_refuse_several_files() {
    let bench = racks();
    for (arguments, expected) in [
        ("apply --yes -f a.yaml -f b.yaml", "this command does not support several `--file`"),
        ("plan -o x.plan -f a.yaml -f b.yaml", "this command does not support several `--file`"),
        ("status -f a.yaml -f b.yaml --stack-name x", "cannot use `--stack-name` with several `--file`"),
        ("status -f a.yaml -f a.yaml", "duplicate `--file a.yaml`"),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 64, "{arguments}: {run}");
        assert!(run.stderr.contains(expected), "{arguments}: {run}");
        assert_eq!(run.stdout, "");
    }
}
