//! Files in the place of other files: rack files, templates and saved plans.

use crate::backend::NETWORK;
use crate::program::Bench;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "# Resources: none\nname: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench.file("rack.json", r#"{"name": "demo", "template": "network.json"}"#);
    bench
}

#[test]
fn a_rack_file_in_the_place_of_a_template_is_recognized() {
    let bench = bench();
    for file in ["rack.yaml", "rack.json", "-"] {
        for command in ["validate", "evaluate", "params", "patch", "diff network.json", "diff"] {
            let arguments = if command == "diff" { format!("diff {file} network.json") } else { format!("{command} {file}") };
            let mut run = bench.command();
            run.args(arguments.split(' ')).stdin(std::fs::File::open(bench.path().join("rack.yaml")).unwrap());
            let run = crate::program::Run::of(&mut run);
            assert_eq!((run.code, run.stdout.as_str()), (65, ""), "{arguments}: {run}");
            assert!(run.stderr.contains("is a rack file, not a template") && run.stderr.contains("--file"), "{arguments}: {run}");
        }
    }
    bench.file("self.yaml", "name: demo\ntemplate: rack.yaml\n");
    let run = bench.run("plan --file self.yaml");
    assert!(run.code == 65 && run.stderr.contains("is a rack file") && run.stderr.contains("self.yaml:2 sets it as the template"), "{run}");
}

#[test]
fn a_template_in_the_place_of_a_rack_file_is_recognized() {
    let bench = bench();
    bench.file("topic.yaml", "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  A:\n    Type: AWS::SNS::Topic\n");
    for file in ["network.json", "topic.yaml"] {
        for command in ["plan", "apply --yes", "status", "validate", "diff deployed rack"] {
            let run = bench.run(&format!("{command} --file {file}"));
            assert!(run.code == 65 && run.stderr.contains("is a CloudFormation template, not a rack file"), "{command} {file}: {run}");
            assert!(run.stderr.contains(&format!("`template: {file}`")), "{command} {file}: {run}");
            assert_eq!(run.stderr.matches("error").count(), 1, "{run}");
        }
    }
}

#[test]
fn a_saved_plan_is_recognized_and_so_is_what_stands_in_its_place() {
    let bench = bench();
    assert_eq!(bench.run("plan -o change.plan").code, 0);
    let run = bench.run("validate change.plan");
    assert!(run.code == 65 && run.stderr.contains("`rackform apply change.plan` applies it"), "{run}");
    let run = bench.run("apply rack.yaml --yes");
    assert!(run.code == 65 && run.stderr.contains("use `rackform apply --file rack.yaml`"), "{run}");
    let run = bench.run("apply network.json --yes");
    assert!(run.code == 65 && run.stderr.contains("it is a template"), "{run}");
}

#[test]
fn commands_without_a_template_use_the_rack() {
    let bench = bench();
    for command in ["validate", "evaluate", "params"] {
        let (with, without) = (bench.run(&format!("{command} rack")), bench.run(command));
        assert_eq!((without.code, &without.stdout), (0, &with.stdout), "{without}");
    }
    let run = bench.run("evaluate -p Cache=Yes --format json");
    assert_eq!(run.json()["conditions"]["CacheOn"], true, "{run}");
}

#[test]
fn a_result_never_replaces_the_configuration_file() {
    let bench = bench();
    let text = std::fs::read(bench.path().join("rack.yaml")).unwrap();
    for arguments in [
        "plan -o rack.yaml",
        "plan --file ./rack.yaml -o rack.yaml",
        "plan --json-into ./rack.yaml",
        "apply --yes --json-into rack.yaml",
        "render -o rack.yaml",
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 64, "{arguments}: {run}");
        assert!(run.stderr.contains("is the configuration file; it was not overwritten"), "{arguments}: {run}");
        assert_eq!(std::fs::read(bench.path().join("rack.yaml")).unwrap(), text, "{arguments}");
    }
    assert_eq!(bench.run("status").code, 66, "nothing was applied");
    // The file of another rack is one like any other.
    assert_eq!(bench.run("plan --file rack.json --json-into out.json").code, 0);
    assert_eq!(bench.run("apply --yes").code, 0);
    let run = bench.run("refactor --dry-run --rename Vpc=Network -o rack.yaml");
    assert!(run.code == 64 && run.stderr.contains("is the configuration file; it was not overwritten"), "{run}");
    assert_eq!(std::fs::read(bench.path().join("rack.yaml")).unwrap(), text);
}
