//! Tests of YAML reading.
#![allow(clippy::unwrap_used, clippy::panic)]

use rackform::diagnostic::Source;
use rackform::template::{Arena, Document, Kind, Node, Template};
use serde_json::{Value, json};

fn read(text: &str) -> Value {
    let source = Source::new("t.yaml", text);
    let arena = Arena::new();
    match Document::read(&source, &arena) {
        Ok(document) => serde_json::to_value(document.root).unwrap(),
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

/// Returns every problem as `line:column rule: message (hint)`.
fn problems(text: &str) -> Vec<String> {
    let source = Source::new("t.yaml", text);
    let arena = Arena::new();
    let problems = Document::read(&source, &arena).map(|document| serde_json::to_string(document.root)).unwrap_err();
    problems
        .0
        .iter()
        .map(|problem| {
            format!("{} {}: {} ({})", problem.labels[0].start(), problem.rule, problem.message, problem.hint.clone().unwrap_or_default())
        })
        .collect()
}

#[test]
fn the_non_specific_tag_makes_a_string() {
    assert_eq!(read("- ! \"Ref\": AWS::AccountId\n- ! 12\n"), json!([{"Ref": "AWS::AccountId"}, "12"]));
}

#[test]
fn short_forms_become_functions() {
    let text = r#"
a: !Ref Vpc
b: !GetAtt Nested.Outputs.Subnet
c: !GetAtt [Vpc, CidrBlock]
d: !Sub "${AWS::StackName}-x"
e: !Sub
  - ${a}-${b}
  - a: !Ref A
    b: !ImportValue x
f: !If [HasCache, !Ref Cache, !Ref "AWS::NoValue"]
g: !And [!Condition A, !Not [!Equals [!Ref B, "yes"]], !Or [!Condition C, !Condition D]]
h: !Join ["-", [a, !Select [0, !Split [",", "a,b"]]]]
i: !FindInMap [Map, !Ref "AWS::Region", Key]
j: !Base64
  Fn::Sub: x
k: !Cidr [!GetAtt Vpc.CidrBlock, 6, 8]
l: !GetAZs ''
m: !GetAZs
n: !Transform { Name: M, Parameters: { a: 1 } }
o: !Length [1, 2]
p: !ToJsonString { a: !Ref B }
q: !Contains [[a], b]
r: !EachMemberIn [[a], [b]]
s: !RefAll "AWS::EC2::VPC::Id"
t: !ValueOf [A, Tags.Name]
u: !Ref 012
v: !GetAtt Alone
"#;
    assert_eq!(
        read(text),
        json!({
            "a": {"Ref": "Vpc"},
            "b": {"Fn::GetAtt": ["Nested", "Outputs.Subnet"]},
            "c": {"Fn::GetAtt": ["Vpc", "CidrBlock"]},
            "d": {"Fn::Sub": "${AWS::StackName}-x"},
            "e": {"Fn::Sub": ["${a}-${b}", {"a": {"Ref": "A"}, "b": {"Fn::ImportValue": "x"}}]},
            "f": {"Fn::If": ["HasCache", {"Ref": "Cache"}, {"Ref": "AWS::NoValue"}]},
            "g": {"Fn::And": [{"Condition": "A"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "B"}, "yes"]}]}, {"Fn::Or": [{"Condition": "C"}, {"Condition": "D"}]}]},
            "h": {"Fn::Join": ["-", ["a", {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}]]},
            "i": {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Key"]},
            "j": {"Fn::Base64": {"Fn::Sub": "x"}},
            "k": {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 6, 8]},
            "l": {"Fn::GetAZs": ""},
            "m": {"Fn::GetAZs": ""},
            "n": {"Fn::Transform": {"Name": "M", "Parameters": {"a": 1}}},
            "o": {"Fn::Length": [1, 2]},
            "p": {"Fn::ToJsonString": {"a": {"Ref": "B"}}},
            "q": {"Fn::Contains": [["a"], "b"]},
            "r": {"Fn::EachMemberIn": [["a"], ["b"]]},
            "s": {"Fn::RefAll": "AWS::EC2::VPC::Id"},
            "t": {"Fn::ValueOf": ["A", "Tags.Name"]},
            "u": {"Ref": "012"},
            "v": {"Fn::GetAtt": "Alone"},
        })
    );
}

#[test]
fn scalars_are_read_as_cloudformation_reads_them() {
    let text = "
yes: yes
on: Off
date: 2010-09-09
account: 012345678901
octal: 0755
ports: '22:22'
number: 1.50
string: '1.50'
tagged: !!str 1.50
int: !!int '7'
empty:
tilde: ~
012345678901: key
1: one
true: key
";
    assert_eq!(
        read(text),
        json!({
            "yes": true, "on": false, "date": "2010-09-09", "account": 1.2345678901E10, "octal": 493, "ports": "22:22", "number": 1.50,
            "string": "1.50", "tagged": "1.50", "int": 7, "empty": null, "tilde": null, "012345678901": "key", "1": "one", "true": "key",
        })
    );
}

#[test]
fn block_scalars_keep_their_lines() {
    let text = "clip: |\n  a\n    b\n\nstrip: |-\n  a\n\nkeep: |+\n  a\n\nfold: >\n  a\n  b\n\n  c\nindented: |2\n    a\nlist:\n- |\n  x\n- !Sub |\n  y ${Z}\n";
    assert_eq!(
        read(text),
        json!({
            "clip": "a\n  b\n", "strip": "a", "keep": "a\n\n", "fold": "a b\nc\n", "indented": "  a\n", "list": ["x\n", {"Fn::Sub": "y ${Z}\n"}],
        })
    );
    assert_eq!(read("a: |\r\n  x\r\n  y\r\nb: \"x\r\n  y\"\r\n"), json!({"a": "x\ny\n", "b": "x y"}));
}

#[test]
fn aliases_and_merge_keys_are_expanded_as_the_package_command_does() {
    let text = "base: &b { x: 1, y: 2 }\nmore: &m { y: 3, z: 4 }\nname: &n k\nsame: *b\none: { <<: *b, y: 5 }\nboth:\n  <<: [*m, *b]\n  w: 0\nkey: { *n : 1 }\nquoted: { '<<': 1 }\n";
    assert_eq!(
        read(text),
        json!({
            "base": {"x": 1, "y": 2}, "more": {"y": 3, "z": 4}, "name": "k", "same": {"x": 1, "y": 2}, "one": {"y": 5, "x": 1},
            "both": {"w": 0, "y": 3, "z": 4, "x": 1}, "key": {"k": 1}, "quoted": {"<<": 1},
        })
    );
    let source = Source::new("t.yaml", "Resources:\n  A: &a { Type: T }\n  B: *a\n");
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    assert_eq!(source.line_column(template.alias.unwrap().start).to_string(), "3:6");
}

#[test]
fn alias_expansion_is_limited() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    assert_eq!(
        problems(&text),
        ["5:45 alias-expansion: aliases expand to more than 100000 values (replace the aliases with their values)"]
    );
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(problems(&deep)[0].contains("nested deeper than 128 levels"), "{:?}", problems(&deep));
    assert!(problems("a: &x [*x]\n")[0].starts_with("1:8 alias-loop:"), "{:?}", problems("a: &x [*x]\n"));
}

#[test]
fn invalid_yaml_is_reported_with_its_position_and_a_hint() {
    for (text, expected) in [
        ("A:\n\tB: 1\n", "2:1 yaml-syntax: tab in the indentation (YAML requires spaces for indentation)"),
        ("A: 1\n\tB: 2\n", "2:1 yaml-syntax: tab in the indentation (YAML requires spaces for indentation)"),
        (
            "A:\n  x: 1\n y: 2\n",
            "3:2 yaml-syntax: the indentation of this line does not match any level above it (align it with the keys or items that it belongs to)",
        ),
        (
            "A: b: c\n",
            "1:5 yaml-syntax: unexpected `:` (put each key on a separate line, aligned with its neighbours; quote a value that contains `: `)",
        ),
        (
            "A: 1\nB\nC: 2\n",
            "2:1 yaml-syntax: expected `:` after the key (write `key: value`; indent a value on separate lines deeper than the key)",
        ),
        (
            "A: [1, 2\nB: 3\n",
            "2:2 yaml-syntax: unexpected `:` (put each key on a separate line, aligned with its neighbours; quote a value that contains `: `)",
        ),
        (
            "A: {a: 1\n",
            "1:8 yaml-syntax: expected `,` or `}`, found the end of the document (separate values with commas, and close the bracket)",
        ),
        (
            "A: \"x\nB: 3\n",
            "1:4 yaml-syntax: string is not closed (close it with the same quote; indent its other lines deeper than the key)",
        ),
        ("A: \"x\" y\n", "1:8 yaml-syntax: text after the closing quote (quote the whole value; inside single quotes `''` is one quote)"),
        (
            "A: \"\\q\"\n",
            "1:4 yaml-syntax: unknown escape in a string (in double quotes a backslash starts an escape; use single quotes, or `\\\\`)",
        ),
        (
            "A: !Base64 !Sub x\n",
            "1:12 yaml-syntax: two tags before one value (write the outer function in its long form, such as `Fn::Base64: !Sub ...`)",
        ),
        ("A: [1,,2]\n", "1:7 yaml-syntax: a value is missing here (add a value, or remove the comma or the key)"),
        ("A: ]\n", "1:4 yaml-syntax: unmatched closing bracket (remove it, or quote the value if it is text)"),
        ("A:\tx\n", "1:4 yaml-syntax: missing space after `:` (write a space, not a tab, between `:` and the value)"),
        (
            "A:\n  B: 1\n   C: 2\n",
            "3:5 yaml-syntax: unexpected `:` (put each key on a separate line, aligned with its neighbours; quote a value that contains `: `)",
        ),
        ("A: @x\n", "1:4 yaml-syntax: a plain value cannot start with `@` (quote the value)"),
        ("Action: *\n", "1:9 yaml-syntax: `*` refers to an undefined anchor (quote a value that starts with `*`)"),
        ("A: *nope\n", "1:4 yaml-syntax: `*` refers to an undefined anchor (quote a value that starts with `*`)"),
        ("A: - b\n", "1:4 yaml-syntax: unexpected `-` (put the list on the lines below its key; quote a value that starts with `- `)"),
        (
            "A: 1\n---\nB: 1\n",
            "2:1 several-documents: a second document starts here (a template is a single document; move the other documents to separate files)",
        ),
        ("# only this\n", "1:11 yaml-syntax: the document is empty (a template has at least `Resources:` with one resource)"),
        ("A: {{ name }}\n", "1:5 yaml-syntax: a key must be text, not a mapping (text such as `{{name}}` and `[name]` requires quotes)"),
        ("<<: 1\n", "1:5 yaml-syntax: `<<` requires a mapping (use the alias of a mapping, or quote the key)"),
        ("é:\n  ü: [ä, @]\n", "2:10 yaml-syntax: a plain value cannot start with `@` (quote the value)"),
    ] {
        assert_eq!(problems(text).first().map(String::as_str), Some(expected), "{text}");
    }
}

#[test]
fn all_unknown_tags_and_duplicate_keys_are_reported() {
    assert_eq!(
        problems("A: !Reff x\nB: !Fn::Join [a]\nC: !ForEach x\nD: !!binary aGk=\nE: !Foo\n  a: 1\nA: 2\n"),
        [
            "1:4 unknown-tag: unknown tag `!Reff` (did you mean `!Ref`?)",
            "2:4 unknown-tag: unknown tag `!Fn::Join` (write the short form as `!Join`)",
            "3:4 unknown-tag: unknown tag `!ForEach` (`Fn::ForEach` has no short form; write `Fn::ForEach::Name:`)",
            "4:4 unknown-tag: CloudFormation does not support the tag `!!binary` (remove the tag, and quote the value if it is text)",
            "5:4 unknown-tag: unknown tag `!Foo` (tags are short forms of functions, such as `!Ref` and `!Sub`; quote text that starts with `!`)",
            "7:1 duplicate-key: duplicate key `A` (CloudFormation uses only one of them; remove this one or the one in line 1)",
        ]
    );
}

#[test]
fn the_file_extension_selects_yaml_for_flow_style() {
    assert_eq!(read("{ A: !Ref B }"), json!({"A": {"Ref": "B"}}));
    assert_eq!(read("\u{feff}A: ü\n"), json!({"A": "ü"}));
}

/// Collects every node with its text.
fn slices<'t>(source: &'t Source, node: &Node<'_>, found: &mut Vec<&'t str>) {
    found.push(source.slice(node.span));
    for item in node.items() {
        slices(source, item, found);
    }
    for member in node.members() {
        found.push(source.slice(member.key_span));
        slices(source, &member.value, found);
    }
}

#[test]
fn every_node_has_its_span() {
    let text = "# é first\nA: !Ref  Vpc\nB: !GetAtt 'A.B'\nC: &x !Sub\n  - é${a}\n  - a: \"q\\n\"\nD:\n- 1\n- - 2\n  # c\nE: !Sub |  # c > d\n  one\n\n  two\n\nF: >-\n  x\nG: [a, {b: c}, !If [d, e: f]]\nH:\nI: &y plain\n   text\nJ: *y\nK: !GetAtt B.C\n";
    let source = Source::new("t.yaml", text);
    let arena = Arena::new();
    let document = Document::read(&source, &arena).unwrap();
    assert!(matches!(document.root.kind, Kind::Object(_)));
    let mut found = Vec::new();
    slices(&source, document.root, &mut found);
    assert_eq!(found.remove(0), text[text.find("A:").unwrap()..].trim_end());
    assert_eq!(
        found,
        [
            "A",
            "!Ref  Vpc",
            "!Ref",
            "Vpc",
            "B",
            "!GetAtt 'A.B'",
            "!GetAtt",
            "'A.B'",
            "'A.B'",
            "'A.B'",
            "C",
            "&x !Sub\n  - é${a}\n  - a: \"q\\n\"",
            "!Sub",
            "- é${a}\n  - a: \"q\\n\"",
            "é${a}",
            "a: \"q\\n\"",
            "a",
            "\"q\\n\"",
            "D",
            "- 1\n- - 2",
            "1",
            "- 2",
            "2",
            "E",
            "!Sub |  # c > d\n  one\n\n  two",
            "!Sub",
            "|  # c > d\n  one\n\n  two",
            "F",
            ">-\n  x",
            "G",
            "[a, {b: c}, !If [d, e: f]]",
            "a",
            "{b: c}",
            "b",
            "c",
            "!If [d, e: f]",
            "!If",
            "[d, e: f]",
            "d",
            "e: f",
            "e",
            "f",
            "H",
            "",
            "I",
            "plain\n   text",
            "J",
            "*y",
            "K",
            "!GetAtt B.C",
            "!GetAtt",
            "B.C",
            "B",
            "C",
        ]
    );
}
