//! Messages about secrets do not contain them.

use serde_json::{Value as Json, json};

use super::stable;
use crate::program::Bench;

/// Evaluates one expression with a secret, as text and as JSON, and returns what is written.
fn failure(expression: &Json, parameter_type: &str, secret: &str) -> String {
    let bench = Bench::new();
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Secret": {"Type": parameter_type, "NoEcho": true}, "Other": {"Type": "String", "Default": "o"}},
        "Mappings": {"Map": {"alpha": {"k": "v"}}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": expression}}}
    });
    bench.file("t.json", template.to_string());
    bench.file("p.json", json!({"Secret": secret}).to_string());
    let runs = [
        "evaluate t.json --parameters p.json",
        "evaluate t.json --parameters p.json --format json",
        "validate t.json --parameters p.json --format sarif",
    ]
    .map(|command| bench.run(command));
    assert_ne!(runs[0].code, 0, "{expression} does not fail: {}", runs[0]);
    runs.iter().map(|run| stable(&bench, &run.to_string())).collect()
}

#[test]
fn errors_of_functions_do_not_depend_on_the_secret() {
    let secret = json!({"Ref": "Secret"});
    for expression in [
        json!({"Fn::Select": [secret, ["a", "b"]]}),
        json!({"Fn::FindInMap": ["Map", secret, "k"]}),
        json!({"Fn::FindInMap": ["Map", "alpha", secret]}),
        json!({"Fn::FindInMap": [secret, "alpha", "k"]}),
        json!({"Fn::Cidr": [secret, 2, 8]}),
        json!({"Fn::Cidr": ["10.0.0.0/16", secret, 8]}),
        json!({"Fn::Cidr": ["10.0.0.0/16", 2, secret]}),
        json!({"Ref": secret}),
        json!({"Fn::GetAtt": [secret, "Arn"]}),
        json!({"Fn::Length": secret}),
        json!({"Fn::Select": [{"Fn::Sub": "x${Secret}"}, ["a"]]}),
    ] {
        let outputs = ["hunter2", "swordfish-x", "q"].map(|value| failure(&expression, "String", value));
        assert_eq!(outputs[0], outputs[1], "{expression}");
        assert_eq!(outputs[0], outputs[2], "{expression}");
    }
    for expression in [json!({"Fn::Select": [9, secret]}), json!({"Fn::Sub": "${Secret}"}), json!({"Fn::Base64": secret})] {
        let outputs = ["hunter2,b", "swordfish-x,c,d"].map(|value| failure(&expression, "CommaDelimitedList", value));
        assert_eq!(outputs[0], outputs[1], "{expression}");
    }
}

#[test]
fn a_loop_may_use_a_secret_list_in_values_but_not_in_names() {
    let run = |key: &str, items: &str| {
        let bench = Bench::new();
        let template = json!({
            "Transform": "AWS::LanguageExtensions",
            "Parameters": {"Items": {"Type": "CommaDelimitedList", "NoEcho": true}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Fn::ForEach::Each": ["Item", {"Ref": "Items"}, {
                key: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "at ${Item}"}, "TopicName": {"Ref": "Item"}}}}]}
        });
        bench.file("t.json", template.to_string());
        bench.file("p.json", json!({"Items": items}).to_string());
        ["", " --format json"]
            .map(|format| stable(&bench, &bench.run(&format!("evaluate t.json --parameters p.json{format}")).to_string()))
            .concat()
    };
    let refused = run("Topic${Item}", "hunter2,hunter3");
    assert!(refused.contains("names are public") && !refused.contains("hunter"), "{refused}");
    assert_eq!(refused, run("Topic${Item}", "a,b,c"));
    let single = run("Only", "hunter2");
    assert!(single.contains("\"****\"") && !single.contains("hunter"), "{single}");
    assert_eq!(single, run("Only", "x"));
}

#[test]
fn excerpts_of_parameter_files_show_no_other_value() {
    let template = json!({
        "Parameters": {
            "Size": {"Type": "Number"},
            "DBPassword": {"Type": "String", "NoEcho": true, "MinLength": 20},
            "Note": {"Type": "String", "Default": "n"}
        },
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}
    })
    .to_string();
    let files = [
        ("p.json", r#"{"DBPassword": "hunter2", "Size": "many"}"#),
        ("p.json", r#"{"Size": "many", "DBPasword": "hunter2"}"#),
        ("p.json", r#"[{"ParameterKey": "Size", "ParameterValue": "many"}, {"ParameterKey": "DBPasword", "ParameterValue": "hunter2"}]"#),
        ("p.json", r#"["Size=many", "DBPasword=hunter2"]"#),
        ("p.json", r#"{"Size": "1", "DBPassword": {"a": "hunter2"}}"#),
        ("p.json", r#"{"Size": "1", "DBPassword": "hunter2", "DBPassword": "hunter2b"}"#),
        ("p.json", r#"{"Size": "1", "DBPassword": "hunter2" "Note": "x"}"#),
        ("p.json", "{\"Size\": \"1\", \"DBPassword\": \"hunter2\\q\"}"),
        ("p.yaml", "Size: 1\nDBPassword: *hunter2\n"),
        ("p.yaml", "Size: 1\nDBPassword: hunter2: x\n"),
        ("p.yaml", "Size: 1\nDBPasword: hunter2\n"),
        ("p.yaml", "{Size: many, DBPasword: hunter2}\n"),
        ("p.yaml", "Size: 1\nDBPassword: 'hunter2\n"),
        ("p.yaml", "Size: 1\nDBPassword: |\n  hunter2\n bad\n"),
        ("p.yaml", "Size: 1\nDBPassword: !Ref hunter2\n"),
        ("p.yaml", "- hunter2\n- Size=1\n"),
        ("p.yaml", "Size: 1\nDBPassword: @hunter2\n"),
    ];
    for (name, text) in files {
        let bench = Bench::new();
        bench.file("t.json", &template).file(name, text);
        for command in ["evaluate t.json --parameters", "params t.json --parameters", "validate t.json --parameters"] {
            for format in ["", " --format json"] {
                let run = bench.run(&format!("{command} {name}{format}"));
                assert!(run.code != 0 && !run.to_string().contains("hunter2"), "{command} of {text}{format}: {run}");
            }
        }
    }
    for text in [
        "name: rack\nparameters: {Size: many, DBPasword: hunter2}\n",
        "name: rack\nparameters: {DBPassword: hunter2, Size: many}\n",
        "name: rack\nparametrs: {DBPassword: hunter2}\n",
        "name: rack\nparameters:\n  Size: 1\n  DBPassword: *hunter2\n",
        "name: rack\nparameters:\n  Size: 1\n  DBPassword: hunter2: x\n",
        "name: rack\nparameters: {Size: 1, DBPassword: 'hunter2\n",
        "name: rack\nparameters: {Size: 1, DBPassword: {a: hunter2}}\n",
        "name: rack\nregion: [us-east-1]\nparameters: {Size: 1, DBPassword: hunter2}\n",
        "{name: rack, region: [us-east-1], parameters: {Size: 1, DBPassword: hunter2}}\n",
    ] {
        let bench = Bench::new();
        bench
            .file("t.json", &template)
            .file("rack.yaml", format!("{text}template: t.json\nbackend: local\n").replace("}}\ntemplate: t.json\nbackend: local", "}}"));
        for command in ["plan", "params", "evaluate t.json", "status"] {
            let run = bench.run(command);
            assert!(!run.to_string().contains("hunter2"), "{command} of {text}: {run}");
        }
    }
}

#[test]
fn defaults_of_secrets_are_not_shown() {
    let bench = Bench::new();
    let template = json!({
        "Parameters": {"Secret": {"Type": "String", "NoEcho": true, "Default": "hunter2", "MinLength": 20}, "Size": {"Type": "Number", "Default": "x"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Secret"}}}}
    });
    bench.file("t.json", template.to_string());
    for command in [
        "evaluate t.json",
        "evaluate t.json --format json",
        "validate t.json",
        "validate t.json --format sarif",
        "params t.json",
        "params t.json --format json",
    ] {
        let run = bench.run(command);
        assert!(!run.to_string().contains("hunter2"), "{command}: {run}");
    }
}
