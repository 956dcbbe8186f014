//! Tests that write JSON and YAML and read it back.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use rackform::diagnostic::Source;
use rackform::template::{Arena, Document, Functions, Node, Style, Template, write_json, write_yaml};
use serde_json::{Value, json};

use crate::support;

/// Reads `text` and panics if it differs from `root`.
fn assert_reads_back(root: &Node<'_>, text: &str, name: &str) {
    let source = Source::new(name, text);
    let arena = Arena::new();
    match Document::read(&source, &arena) {
        Ok(document) => assert!(
            root.same(document.root),
            "{}\nis not\n{}\nfrom\n{text}",
            write_json(root, &Style::minified()),
            write_json(document.root, &Style::minified())
        ),
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

fn assert_round_trip(root: &Node<'_>) {
    assert_reads_back(root, &write_json(root, &Style::pretty()), "t.json");
    assert_reads_back(root, &write_json(root, &Style::minified()), "t.json");
    assert_reads_back(root, &write_yaml(root, Functions::Long), "t.yaml");
    assert_reads_back(root, &write_yaml(root, Functions::Short), "t.yaml");
}

fn yaml(value: &Value, functions: Functions) -> String {
    write_yaml(&Node::from_json(value, &Arena::new()), functions)
}

#[test]
fn the_real_rack_template_round_trips_through_json_and_yaml() {
    let Some(data) = support::shared_data() else { return };
    let source = Source::read(&data.join("convox-rack-20260421.json")).unwrap();
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    assert_round_trip(template.root);
    let pretty = write_json(template.root, &Style::detect(&source));
    let again = Source::new("again.json", pretty.clone());
    let arena = Arena::new();
    assert_eq!(write_json(Document::read(&again, &arena).unwrap().root, &Style::detect(&again)), pretty);
}

#[test]
fn json_is_written_in_the_requested_style() {
    let value = json!({"a": [1, {"b": "x\"\\\n\u{1}é"}], "c": {}, "d": []});
    let arena = Arena::new();
    let node = Node::from_json(&value, &arena);
    assert_eq!(write_json(&node, &Style::minified()), r#"{"a":[1,{"b":"x\"\\\n\u0001é"}],"c":{},"d":[]}"#);
    let style = Style { indent: Some("\t".to_owned()), newline: "\r\n", trailing_newline: true, bom: true };
    assert_eq!(
        write_json(&node, &style),
        "\u{feff}{\r\n\t\"a\": [\r\n\t\t1,\r\n\t\t{\r\n\t\t\t\"b\": \"x\\\"\\\\\\n\\u0001é\"\r\n\t\t}\r\n\t],\r\n\t\"c\": {},\r\n\t\"d\": []\r\n}\r\n"
    );
}

#[test]
fn numbers_keep_their_notation() {
    let text = "[1.0,1.50,-0,1e3,1E-7,123456789012345678901234567890,0.10]";
    let source = Source::new("t.json", text);
    let arena = Arena::new();
    let root = Document::read(&source, &arena).unwrap().root;
    assert_eq!(write_json(root, &Style::minified()), text);
    assert_round_trip(root);
}

#[test]
fn yaml_is_written_in_the_usual_template_style() {
    let value = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "A": {
                "Type": "AWS::EC2::Instance",
                "DependsOn": ["B", "C"],
                "Properties": {
                    "UserData": {"Fn::Base64": {"Fn::Sub": "#!/bin/sh\necho ${AWS::Region}\n"}},
                    "SubnetId": {"Fn::If": ["Private", {"Ref": "SubnetPrivate0"}, {"Fn::GetAtt": ["Nested", "Outputs.Subnet0"]}]},
                    "Tags": [{"Key": "Name", "Value": {"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "x"]]}}, {"Key": "On", "Value": "Yes"}],
                    "Policy": {"Statement": [{"Condition": "x"}], "Matrix": [[1, 2], [], {}]},
                }
            }
        }
    });
    assert_eq!(
        yaml(&value, Functions::Short),
        r"AWSTemplateFormatVersion: '2010-09-09'
Resources:
  A:
    Type: AWS::EC2::Instance
    DependsOn:
      - B
      - C
    Properties:
      UserData:
        Fn::Base64: !Sub |
          #!/bin/sh
          echo ${AWS::Region}
      SubnetId: !If
        - Private
        - !Ref SubnetPrivate0
        - !GetAtt Nested.Outputs.Subnet0
      Tags:
        - Key: Name
          Value: !Join
            - '-'
            - - !Ref AWS::StackName
              - x
        - Key: 'On'
          Value: 'Yes'
      Policy:
        Statement:
          - Condition: x
        Matrix:
          - - 1
            - 2
          - []
          - {}
"
    );
}

#[test]
fn strings_that_yaml_reads_as_other_types_are_quoted() {
    for text in AMBIGUOUS {
        let written = yaml(&json!({ "k": text }), Functions::Long);
        let value = written.strip_prefix("k: ").unwrap();
        assert!(value.starts_with(['\'', '"']), "{text:?} is written as {written}");
    }
    for text in ["AWS::EC2::VPC", "arn:aws:s3:::b/*", "${A}-x", "10.0.0.0/16", "a b", "Ünïcode", "vpc-0123", "/aws/x", "t3.small"] {
        assert_eq!(yaml(&json!([text]), Functions::Long), format!("- {text}\n"));
    }
}

#[test]
fn a_key_longer_than_a_simple_key_is_read_back() {
    let value = json!({ "a": [{ "k".repeat(3000): { "b": 1 }, "c": "d" }] });
    let arena = Arena::new();
    assert_round_trip(&Node::from_json(&value, &arena));
    // Escaping makes this key six times as long.
    let value = json!({ "\u{15}".repeat(400): "a" });
    assert_round_trip(&Node::from_json(&value, &arena));
}

const AMBIGUOUS: [&str; 51] = [
    "",
    " ",
    "Yes",
    "No",
    "on",
    "Off",
    "true",
    "y",
    "N",
    "~",
    "null",
    "012",
    "0755",
    "1e3",
    "1.5",
    "12",
    "-1",
    "+1",
    ".5",
    "1:30",
    "012345678901",
    "0x1F",
    "0o17",
    "1_000",
    "2010-09-09",
    "2012-10-17T00:00:00Z",
    ".inf",
    "-",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a #b",
    "#a",
    "a:",
    " a",
    "a ",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "{a}",
    "[a]",
    "'a'",
    "\"a\"",
    "<<",
    "a\tb",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9:./${}-]{0,12}",
        2 => proptest::sample::select(&AMBIGUOUS[..]).prop_map(str::to_owned),
        2 => "[ a#:\n\t'\"\\\\|>-]{0,10}",
        1 => any::<String>(),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text(),
        1 => proptest::sample::select(&["Ref", "Fn::GetAtt", "Fn::Sub", "Fn::If", "Fn::Base64", "Condition", "Fn::Transform"][..]).prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key(), inner.clone()), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
            (key(), inner).prop_map(|(key, value)| json!({ key: value })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn written_values_read_back_unchanged(value in values()) {
        let arena = Arena::new();
        // The reader detects JSON by the first character, which is ambiguous for a scalar; so the value is a member of an object.
        assert_round_trip(&Node::from_json(&json!({ "document": value }), &arena));
        let long = yaml(&json!({ "document": value }), Functions::Long);
        prop_assert_eq!(&serde_yaml::from_str::<Value>(&long).unwrap()["document"], &value, "serde_yaml, from\n{}", long);
        if value.is_object() || value.is_array() {
            assert_reads_back(&Node::from_json(&value, &arena), &write_yaml(&Node::from_json(&value, &arena), Functions::Short), "t.yaml");
        }
    }
}
