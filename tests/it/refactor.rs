//! `rackform refactor`: logical IDs and stacks of resources change, and the resources stay.
#![allow(clippy::unwrap_used)]

use indexmap::IndexMap;
use rackform::cloudformation::{ResourceLocation, ResourceMapping};
use rackform::diagnostic::Source;
use rackform::refactor::{RefactorProblem, RefactorStack, parse_move, parse_rename, read_mappings, refactor, write_mappings};
use rackform::template::{Arena, Template};

use super::program::{Bench, Run};

fn mapping(from: &str, to: &str) -> ResourceMapping {
    let location = |text: &str| {
        let (stack, name) = text.split_once('.').unwrap();
        ResourceLocation::new(stack, name)
    };
    ResourceMapping { source: location(from), destination: location(to) }
}

/// The templates of the stacks `a`, `b`, ... after a refactoring, or the problems; an empty text is a stack that does not exist.
fn refactored(texts: &[&str], mappings: &[ResourceMapping]) -> Result<Vec<String>, Vec<RefactorProblem>> {
    let arena = Arena::new();
    let sources: Vec<Source> = texts.iter().map(|text| Source::new("t", *text)).collect();
    let templates: Vec<Option<Template<'_>>> =
        sources.iter().map(|source| (!source.text().is_empty()).then(|| Template::read(source, &arena).unwrap())).collect();
    let parameters: IndexMap<String, Option<String>> = [("P".to_owned(), Some("x".to_owned()))].into_iter().collect();
    let names = ["a", "b", "c", "d", "e", "f"];
    let stacks: Vec<RefactorStack<'_, '_>> = templates
        .iter()
        .zip(names)
        .map(|(template, name)| RefactorStack { name, template: template.as_ref(), parameters: &parameters, has_policy: false })
        .collect();
    Ok(refactor(&stacks, mappings)?.into_iter().map(|stack| stack.template).collect())
}

fn problems(texts: &[&str], mappings: &[ResourceMapping]) -> Vec<String> {
    refactored(texts, mappings).unwrap_err().iter().map(ToString::to_string).collect()
}

const JSON: &str = r#"{
    "Parameters": { "P":{"Type":"String"} },
    "Conditions": {"Old2": {"Fn::Equals": [{"Ref": "P"}, "Old"]}},
    "Resources": {
        "Old":   {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Old"}},
        "Older": {"Type": "AWS::SQS::Queue", "DependsOn": "Old"},
        "R": {
            "Type": "AWS::SNS::Topic", "DependsOn": ["Older", "Old"], "Condition": "Old2",
            "Properties": {
                "A": {"Ref": "Old"}, "B": {"Fn::GetAtt": ["Old", "Arn"]}, "C": {"Fn::GetAtt": "Old.Arn"},
                "D": {"Fn::Sub": "${Old} ${ Old.Arn } ${!Old} ${Older} Old ${Old2}"},
                "E": {"Fn::Sub": ["${Old}\n${V}", {"V": {"Ref": "Old"}}]},
                "F": {"Fn::Sub": ["${Old}", {"Old": {"Ref": "Older"}}]},
                "G": {"Fn::If": ["Old2", {"Ref": "Old"}, {"Ref": "AWS::NoValue"}]}, "H": {"Ref": "Ol\u0064"}
            }
        }
    },
    "Outputs": {"Old": {"Value": {"Fn::GetAtt": ["Old", "Arn"]}}}
}
"#;

#[test]
fn every_form_of_reference_in_json_follows_and_all_other_bytes_stay() {
    let text = JSON.replace("${Old2}", "${P}");
    let after = refactored(&[&text], &[mapping("a.Old", "a.New")]).unwrap().remove(0);
    let expected = text
        .replace(r#""Old":   {"Type"#, r#""New":   {"Type"#)
        .replace(r#""DependsOn": "Old""#, r#""DependsOn": "New""#)
        .replace(r#"["Older", "Old"]"#, r#"["Older", "New"]"#)
        .replace(r#"{"Ref": "Old"}"#, r#"{"Ref": "New"}"#)
        .replace(r#"["Old", "Arn"]"#, r#"["New", "Arn"]"#)
        .replace(r#""Old.Arn""#, r#""New.Arn""#)
        .replace("${Old} ${ Old.Arn }", "${New} ${ New.Arn }")
        .replace(r"${Old}\n${V}", r"${New}\n${V}")
        .replace(r#"{"Ref": "Ol\u0064"}"#, r#"{"Ref": "New"}"#);
    assert_eq!(after, expected);
    assert!(after.contains(r#"["${Old}", {"Old": {"Ref": "Older"}}]"#), "a variable of Fn::Sub is no resource");
    assert!(after.contains("${!Old} ${Older} Old"), "text is no reference");
    let back = refactored(&[&after], &[mapping("a.New", "a.Old")]).unwrap().remove(0);
    assert_eq!(back, text.replace(r"Ol\u0064", "Old"), "the way back restores the text");
}

#[test]
fn every_form_of_reference_in_yaml_follows_and_comments_stay() {
    let text = "\
Resources:
  # the queue Old
  Old: # Old
    Type: AWS::SQS::Queue
  'Older':
    Type: AWS::SQS::Queue
    DependsOn: [Old]
  R:
    Type: AWS::SNS::Topic
    DependsOn: \"Old\"
    Properties:
      A: !Ref Old # Old
      B: !GetAtt Old.Arn
      C: !GetAtt [Old, Arn]
      D: !GetAtt 'Old.Arn'
      E: !Sub '${Old} ${Older} ${Old.Arn}'
      F: !Sub |
        first ${Old.Arn}
        then ${Old}
      G: {Ref: Old}
      H: {'Fn::GetAtt': Old.Arn}
      I: !Sub ['${V}', {V: !Ref Old}]
Outputs:
  Old:
    Value: !Ref Old
";
    let after = refactored(&[text], &[mapping("a.Old", "a.New")]).unwrap().remove(0);
    let mut expected = text.replace("  Old: # Old", "  New: # Old").replace("[Old]", "[New]").replace("\"Old\"", "\"New\"");
    for (old, new) in [("Ref Old", "Ref New"), ("Ref: Old", "Ref: New"), ("Old.Arn", "New.Arn"), ("[Old,", "[New,"), ("${Old}", "${New}")] {
        expected = expected.replace(old, new);
    }
    assert_eq!(after, expected);
}

#[test]
fn two_resources_can_exchange_their_names() {
    let text = r#"{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::SNS::Topic", "Properties": {"X": {"Ref": "A"}, "Y": {"Ref": "B"}}}}}"#;
    let after = refactored(&[text], &[mapping("a.A", "a.B"), mapping("a.B", "a.A")]).unwrap().remove(0);
    let expected = r#"{"Resources": {"B": {"Type": "AWS::SQS::Queue"}, "A": {"Type": "AWS::SNS::Topic", "Properties": {"X": {"Ref": "B"}, "Y": {"Ref": "A"}}}}}"#;
    assert_eq!(after, expected);
}

#[test]
fn resources_move_between_json_and_yaml_with_what_refers_to_them() {
    let json = r#"{
  "Resources": {
    "First": {"Type": "AWS::SQS::Queue"},
    "Moved": {"Type": "AWS::SQS::Queue", "DependsOn": "Also"},
    "Also": {"Type": "AWS::SNS::Topic"},
    "Last": {"Type": "AWS::SQS::Queue"}
  }
}
"#;
    let yaml = "Resources:\n  # stays\n  Here:\n    Type: AWS::SQS::Queue\n\nOutputs:\n  Here:\n    Value: !Ref Here\n";
    let mappings = [mapping("a.Moved", "b.Arrived"), mapping("a.Also", "b.Also"), mapping("a.Last", "a.End")];
    let after = refactored(&[json, yaml], &mappings).unwrap();
    assert_eq!(
        after[0],
        "{\n  \"Resources\": {\n    \"First\": {\"Type\": \"AWS::SQS::Queue\"},\n    \"End\": {\"Type\": \"AWS::SQS::Queue\"}\n  }\n}\n"
    );
    assert_eq!(
        after[1],
        "Resources:\n  # stays\n  Here:\n    Type: AWS::SQS::Queue\n  Arrived:\n    Type: AWS::SQS::Queue\n    DependsOn: Also\n  Also:\n    Type: AWS::SNS::Topic\n\nOutputs:\n  Here:\n    Value: !Ref Here\n"
    );
    // The way back.
    let back = refactored(&[&after[1], &after[0]], &[mapping("a.Arrived", "b.Moved"), mapping("a.Also", "b.Also")]).unwrap();
    assert_eq!(back[0], yaml);
    assert!(back[1].contains("\"Moved\": {") && back[1].contains("\"DependsOn\": \"Also\""), "{}", back[1]);
    // A new stack.
    let after = refactored(&[json, ""], &[mapping("a.First", "b.First")]).unwrap();
    assert_eq!(after[1], "{\n  \"Resources\": {\n    \"First\": {\n      \"Type\": \"AWS::SQS::Queue\"\n    }\n  }\n}\n");
}

#[test]
fn impossible_refactorings_are_refused_with_all_reasons_at_once() {
    let one = r#"{"Parameters": {"P": {"Type": "String"}}, "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Topic": {"Type": "AWS::SNS::Topic"}}}"#;
    let found = problems(
        &[one],
        &[mapping("a.Queu", "a.X"), mapping("a.Queue", "a.Topic"), mapping("a.Queue", "a.P"), mapping("a.Topic2", "a.not-a-name")],
    );
    assert!(found.iter().any(|text| text.contains("no resource `Queu`; did you mean `Queue`?")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("already has a resource `Topic`")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("already has a parameter `P`")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("`a.Queue` is named twice")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("`not-a-name` is not a logical ID")), "{found:?}");
    assert_eq!(problems(&[one], &[mapping("a.Queue", "a.Queue")]).len(), 1);

    let source = r#"{
      "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String"}}, "Mappings": {"M": {"a": {"b": "c"}}},
      "Conditions": {"C": {"Fn::Equals": [{"Ref": "Q"}, "x"]}},
      "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Condition": "C", "DependsOn": "Topic",
          "Properties": {"QueueName": {"Fn::Sub": "${AWS::StackName}-${P}"}, "X": {"Fn::FindInMap": ["M", "a", "b"]}}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"X": {"Ref": "Queue"}}}},
      "Outputs": {"Out": {"Value": {"Ref": "Queue"}}}}"#;
    let found = problems(&[source, one], &[mapping("a.Queue", "b.Moved")]);
    for expected in [
        "resource `Topic` of stack `a` refers to `Queue`",
        "output `Out` of stack `a` refers to `Queue`",
        "`a.Queue` refers to `Topic`, which would stay behind",
        "`a.Queue` uses `AWS::StackName`",
        "uses the parameter `Q`, which stack `b` does not declare",
        "uses the condition `C`, which stack `b` does not declare",
        "uses the mapping `M`, which stack `b` does not declare",
    ] {
        assert!(found.iter().any(|text| text.contains(expected)), "{expected}: {found:#?}");
    }
    assert_eq!(found.len(), 7, "the parameter `P` is equal: {found:#?}");

    let empty = problems(&[one, ""], &[mapping("a.Queue", "b.Queue"), mapping("a.Topic", "b.Topic")]);
    assert!(empty.iter().any(|text| text.contains("would have no resources")), "{empty:?}");
    let sam = r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {"Type": "AWS::SQS::Queue"}}}"#;
    assert!(problems(&[sam], &[mapping("a.F", "a.G")])[0].contains("known only to AWS"));
    let many = problems(&[one; 6], &[mapping("a.Queue", "a.New")]);
    assert!(many.iter().any(|text| text.contains("6 stacks take part")), "{many:?}");
}

#[test]
fn mappings_are_read_and_written_in_the_form_of_aws() {
    let mappings = [mapping("a.Old", "a.New"), mapping("a.Queue", "b.Queue")];
    let text = write_mappings(&mappings);
    assert!(text.contains("\"LogicalResourceId\": \"Old\""), "{text}");
    assert_eq!(read_mappings(&Source::new("m.json", text)).unwrap(), mappings);
    let wrong =
        r#"[{"Source": {"StackName": "a", "LogicalResourceID": "x"}, "Destination": {"StackName": "a", "LogicalResourceId": ""}}, {}]"#;
    let found = read_mappings(&Source::new("m.json", wrong)).unwrap_err();
    assert_eq!(found.0.len(), 5, "{found:?}");
    assert!(read_mappings(&Source::new("m.json", "[]")).is_err() && read_mappings(&Source::new("m.json", "{}")).is_err());
    assert_eq!(parse_rename("Old=New").unwrap(), ("Old".to_owned(), "New".to_owned()));
    assert_eq!(parse_move("Old=b.New").unwrap().1, ResourceLocation::new("b", "New"));
    assert_eq!(parse_move("Old=b").unwrap().1, ResourceLocation::new("b", "Old"));
    for wrong in ["Old", "=New", "Old=", "a-b=c", "Old=-b", "Old=b."] {
        assert!(parse_rename(wrong).is_err() && parse_move(wrong).is_err(), "{wrong}");
    }
}

const FILES: &str = r#"{
  "Resources": {
    "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": true}},
    "Target": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Files"}, "SubnetId": "subnet-0123456789abcdef0", "SecurityGroups": ["sg-0123456789abcdef0"]}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}
  },
  "Outputs": {"Files": {"Value": {"Ref": "Files"}}}
}
"#;

/// A deployed stack `a`.
fn deployed(template: &str) -> Bench {
    let bench = Bench::new();
    bench.file("t.json", template).file("rack.yaml", "name: a\ntemplate: t.json\n");
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    bench
}

/// The physical IDs of a stack by logical ID.
fn ids(bench: &Bench, stack: &str) -> IndexMap<String, String> {
    let run = bench.run(&format!("local resources --format json --stack-name {stack}"));
    let resources = run.json()["resources"].as_array().cloned();
    let resources = resources.unwrap_or_else(|| unreachable!("{run}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    resources.iter().map(|one| (text(&one["logical_id"]), text(&one["physical_id"]))).collect()
}

fn ok(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

#[test]
fn a_renamed_file_system_is_proposed_and_not_replaced() {
    let bench = deployed(FILES);
    let before = ids(&bench, "a");
    let desired = FILES.replace("\"Files\": {\"Type", "\"Shared\": {\"Type").replace("{\"Ref\": \"Files\"}", "{\"Ref\": \"Shared\"}");
    let desired = desired.replace("\"Target\"", "\"Mount\"");
    bench.file("t.json", &desired);
    // A plain update would lose the data.
    let plan = bench.run("apply --yes");
    assert_eq!(plan.code, 3, "{plan}");
    let offer = "rackform refactor --rename Files=Shared";
    assert!(plan.stdout.contains(offer), "the data would be lost: {plan}");
    assert!(!plan.stdout.contains("Queue="), "{plan}");
    let shown = ok(bench.run("refactor --dry-run -o mapping.json"));
    assert!(shown.stdout.contains("Files -> Shared  AWS::EFS::FileSystem"), "{shown}");
    assert!(shown.stdout.contains("Target -> Mount  AWS::EFS::MountTarget"), "found once the file system is renamed: {shown}");
    assert!(shown.stdout.contains("2 references follow") && shown.stdout.contains("No changes to `a`"), "{shown}");
    assert_eq!(ids(&bench, "a"), before, "a dry run changes nothing");
    assert!(bench.read("mapping.json").contains("\"LogicalResourceId\": \"Shared\""));
    let declined = bench.run("refactor");
    assert_eq!((declined.code, ids(&bench, "a")), (4, before.clone()), "{declined}");
    let done = ok(bench.run("refactor --yes"));
    assert!(done.stderr.contains("all 3 resources have the physical IDs that they had"), "{done}");
    let after = ids(&bench, "a");
    assert_eq!((&after["Shared"], &after["Mount"], &after["Queue"]), (&before["Files"], &before["Target"], &before["Queue"]));
    assert_eq!(after.len(), 3);
    assert_eq!(bench.run("plan --exit-code").code, 0, "nothing is left to change");
    // Again: by proposal, by name and by file.
    for again in ["refactor --yes", "refactor --rename Files=Shared --yes", "refactor --mapping mapping.json --yes"] {
        let run = ok(bench.run(again));
        assert!(run.stdout.contains("Nothing to refactor"), "{run}");
    }
    // The stack works as before: an update of the renamed resource.
    bench.file("t.json", desired.replace("\"Encrypted\": true", "\"Encrypted\": true, \"ThroughputMode\": \"elastic\""));
    ok(bench.run("apply --yes"));
    assert_eq!(ids(&bench, "a"), after);
    ok(bench.run("verify"));
}

#[test]
fn a_resource_moves_to_another_stack_and_back() {
    let bench = deployed(FILES);
    let before = ids(&bench, "a");
    let refused = bench.run("refactor --move Files=shared --yes");
    assert_eq!(refused.code, 64, "{refused}");
    assert!(refused.stderr.contains("output `Files`") && refused.stderr.contains("resource `Target`"), "{refused}");
    let moved = ok(bench.run("refactor --move Queue=jobs.Work --yes"));
    assert!(moved.stdout.contains("Queue -> jobs.Work") && moved.stdout.contains("Stack jobs is created"), "{moved}");
    assert!(!moved.stderr.contains("mentions"), "the name of a type is no mention: {moved}");
    assert!(moved.stdout.contains("+  Queue"), "an update to rack.yaml would add it again: {moved}");
    assert_eq!(ids(&bench, "jobs")["Work"], before["Queue"]);
    assert_eq!(ids(&bench, "a").len(), 2);
    // The new stack cannot become empty.
    let back = bench.run("refactor --stack-name jobs --move Work=a.Queue --yes");
    assert_eq!(back.code, 64, "{back}");
    assert!(back.stderr.contains("stack `jobs` would have no resources"), "{back}");
}

#[test]
fn misspelled_and_ambiguous_names_are_refused_with_suggestions() {
    let bench = deployed(FILES);
    let run = bench.run("refactor --rename Filess=Shared --rename Quueue=Jobs --yes");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("did you mean `Files`?") && run.stderr.contains("did you mean `Queue`?"), "{run}");
    assert_eq!(bench.run("refactor --rename Files").code, 64);
    assert_eq!(bench.run("refactor --rename A=B --mapping m.json").code, 64);
    assert_eq!(bench.run("refactor --mapping missing.json").code, 66);
    assert_eq!(bench.run("refactor --stack-name missing --rename A=B").code, 66);

    let two = r#"{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::SQS::Queue"}, "T": {"Type": "AWS::SNS::Topic"}}}"#;
    let bench = deployed(two);
    bench.file("t.json", two.replace("\"A\"", "\"C\"").replace("\"B\"", "\"D\"").replace("\"T\"", "\"Alarms\""));
    let run = ok(bench.run("refactor --dry-run"));
    assert!(run.stdout.contains("T -> Alarms") && !run.stdout.contains("-> C"), "{run}");
    assert!(run.stderr.contains("AWS::SQS::Queue: A, B -> C, D"), "{run}");
    ok(bench.run("refactor --rename A=C --rename B=D --rename T=Alarms --yes"));
    assert_eq!(bench.run("plan --exit-code").code, 0);
}

#[test]
fn the_plan_the_outcome_and_ambiguous_names_are_json_lines() {
    let bench = deployed(FILES);
    bench.file("t.json", FILES.replace("\"Queue\": {", "\"Jobs\": {"));
    let run = ok(bench.run("refactor --yes --format json"));
    let lines: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["refactor"]["Moves"][0]["Destination"]["LogicalResourceId"], "Jobs", "{run}");
    assert!(lines.iter().any(|line| line.get("plan").is_some()), "{run}");
    assert_eq!(lines.last().unwrap()["outcome"]["Outcome"], "complete", "{run}");
}

#[test]
fn texts_that_mention_the_old_name_are_reported() {
    let template = r#"{"Resources": {"Old": {"Type": "AWS::SQS::Queue", "Metadata": {"Note": "cfn-signal --resource Old"}}, "T": {"Type": "AWS::SNS::Topic"}}}"#;
    let bench = deployed(template);
    let run = ok(bench.run("refactor --rename Old=New --dry-run"));
    assert!(run.stderr.contains("`Old` of stack a mentions `Old` in a text"), "{run}");
}

#[test]
fn a_stack_with_a_policy_is_refused() {
    let bench = deployed(FILES);
    bench.file("policy.json", r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#);
    bench.file("t.json", FILES.replace("\"jobs\"", "\"jobs\", \"DelaySeconds\": 5"));
    ok(bench.run("apply --yes --stack-policy policy.json"));
    let run = bench.run("refactor --rename Queue=Jobs --yes");
    assert_eq!(run.code, 64, "{run}");
    assert!(run.stderr.contains("stack policy"), "{run}");
}

/// Interrupts before anything is executed.
#[test]
fn an_interrupted_refactoring_changes_nothing_and_a_changed_stack_is_refused() {
    use std::sync::atomic::AtomicBool;

    use rackform::apply::{ApplyError, Observer, RefactorOutcome, RefactorTarget, Target, apply, refactor};
    use rackform::backend::local::{LocalBackend, LocalOptions};
    use rackform::backend::{Backend, BackendError, RefactorRequest, StackDefinition};

    struct Quiet;
    impl Observer for Quiet {
        fn event(&mut self, _: &rackform::cloudformation::StackEvent) {}
    }

    let backend = LocalBackend::in_memory(LocalOptions::new("us-east-1")).unwrap();
    let template = r#"{"Resources": {"Old": {"Type": "AWS::SQS::Queue"}}}"#;
    let target = Target { stack: "a".to_owned(), template: template.to_owned(), ..Target::default() };
    apply(&backend, &target, &mut Quiet, &AtomicBool::new(false)).unwrap();
    let described = backend.describe_stack("a").unwrap().unwrap();
    let id = backend.list_resources("a").unwrap()[0].physical_id.clone();
    let definition = |template: String| StackDefinition { name: "a".to_owned(), template, is_new: false };
    let request = |template: String| RefactorRequest {
        stacks: vec![definition(template)],
        mappings: vec![mapping("a.Old", "a.New")],
        ..RefactorRequest::default()
    };
    let wanted = RefactorTarget {
        request: request(template.replace("Old", "New")),
        revisions: vec![("a".to_owned(), described.revision)],
        physical_ids: [(ResourceLocation::new("a", "New"), id.clone())].into_iter().collect(),
    };
    let interrupted = refactor(&backend, &wanted, &mut Quiet, &AtomicBool::new(true));
    assert!(matches!(interrupted, Err(ApplyError::Interrupted { .. })), "{interrupted:?}");
    assert_eq!(backend.list_resources("a").unwrap()[0].logical_id, "Old");

    // A template that would change the resource, too, is refused as a whole.
    let other = template.replace("Old", "New").replace("Queue\"", "Queue\", \"Properties\": {\"DelaySeconds\": 5}");
    let refactoring = backend.create_refactor(&request(other)).unwrap();
    let refused = backend.execute_refactor(&refactoring).unwrap_err();
    assert!(refused.to_string().contains("would create, delete or change resource New"), "{refused}");
    assert_eq!(backend.list_resources("a").unwrap()[0].logical_id, "Old");

    let done = refactor(&backend, &wanted, &mut Quiet, &AtomicBool::new(false)).unwrap();
    assert_eq!(done, RefactorOutcome::Complete { compared: 1 });
    let resources = backend.list_resources("a").unwrap();
    assert_eq!((resources[0].logical_id.as_str(), &resources[0].physical_id), ("New", &id));
    // The stack has newer events now.
    let stale = refactor(&backend, &wanted, &mut Quiet, &AtomicBool::new(false));
    assert!(matches!(stale, Err(ApplyError::StackChanged { .. })), "{stale:?}");
    let missing = backend.describe_refactor("none").unwrap_err();
    assert!(matches!(missing, BackendError::Validation { .. }), "{missing}");
}
