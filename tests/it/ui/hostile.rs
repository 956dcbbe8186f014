//! Text from templates, parameters and file names reaches no terminal, CI system or Markdown renderer as anything but text.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::json;

use crate::program::{Bench, Run};

/// Characters that control a terminal, or that hide text.
const HIDDEN: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{8}\r\u{7f}\u{9b}2J\u{85}\u{202e}\u{2066}\u{200b}\u{2028}\u{2029}\u{feff}\u{e0041}\u{e000}\u{fdd0}\u{ad}";

/// Lines that CI systems execute.
const COMMANDS: &str = "x\n::set-output name=a::b\n  ::error::c\n\t::add-mask::d\n##vso[task.setvariable]e\nf ##[error]g\n##teamcity[h]\n\
                        section_start:1:i\r\u{1b}[0K\n--- j\n+++ k\n~~~ l\n^^^ +++\n";

/// Markup of Markdown and HTML, mentions, references and addresses.
const MARKUP: &str = "[link](http://evil.example/) ![image](i.png) <img src=x> <b>bold</b> **bold** __bold__ _em_ *em* ~~gone~~ `code` ``` |a|b| \\ \
                      @team #123 GH-7 !8 https://evil.example/ www.evil.example a@evil.example &lt; $x$\n```\n# heading\n<details>\n> quote\n- item\n\n\n    code";

fn hostile() -> String {
    format!("{HIDDEN}\n{COMMANDS}\n{MARKUP}")
}

/// Returns a template with a text in every field that may contain any text.
fn template(text: &str) -> String {
    json!({
        "Description": text,
        "Metadata": {"AWS::CloudFormation::Interface": {"ParameterGroups": [{"Label": {"default": text}, "Parameters": ["P"]}], "ParameterLabels": {"P": {"default": text}}}},
        "Parameters": {
            "P": {"Type": "String", "Default": text, "Description": text, "ConstraintDescription": text},
            "Q": {"Type": "String", "Default": "a", "AllowedValues": ["a", text]},
        },
        "Mappings": {"M": {"key": {"a": text}}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, text]}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Metadata": {"note": text}, "Properties": {"QueueName": text, "Tags": [{"Key": text, "Value": {"Ref": "P"}}]}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Description": text, "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": text}}]},
                "Policies": [{"PolicyName": text, "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": [text, "iam:*"], "Resource": "*"}]}}]}},
            "Map": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": text, "Value": {"Fn::Sub": text.replace("${", "")}, "Tags": {text: text}}},
            "Stack": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        },
        "Outputs": {"O": {"Description": text, "Value": {"Fn::Join": [text, ["a", {"Ref": "P"}]]}, "Export": {"Name": "export"}}},
    })
    .to_string()
}

/// Returns why a text is dangerous, if it is.
fn danger(text: &str, may_color: bool) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[").filter(|_| may_color) {
        plain.push_str(before);
        let (code, tail) = after.split_once('m')?;
        if ![
            "0", "1", "2", "32", "31", "33", "35", "36", "1;91", "1;33", "1;94", "1;96", "94", "96", "91", "93", "1;93", "1;92", "1;4", "4",
        ]
        .contains(&code)
        {
            return Some(format!("the escape code {code:?}"));
        }
        rest = tail;
    }
    plain.push_str(rest);
    let is_hidden = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0041}')
    };
    if let Some(hidden) = plain.chars().find(is_hidden) {
        return Some(format!("U+{:04X}", u32::from(hidden)));
    }
    let is_command = |line: &&str| {
        let trimmed = line.trim_start();
        ["::set-output", "::error", "::add-mask", "section_start:"].iter().any(|command| trimmed.starts_with(command))
            || ["##vso[", "##[", "##teamcity["].iter().any(|command| line.contains(command))
            || ["--- j", "+++ k", "~~~ l", "^^^ +"].iter().any(|heading| line.starts_with(heading))
    };
    plain.lines().find(is_command).map(|line| format!("the line {line:?}"))
}

/// Counts what Markdown contains besides text. HTML counts by its tag.
fn markup(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH;
    for event in Parser::new_ext(text, options) {
        let name = match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => format!("link to {dest_url}"),
            Event::Start(
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Heading { .. }
                | Tag::CodeBlock(_)
                | Tag::TableRow
                | Tag::TableCell
                | Tag::Item,
            ) => format!("{event:?}").chars().take(22).collect(),
            Event::InlineMath(_) | Event::DisplayMath(_) => "math".to_owned(),
            Event::Html(html) | Event::InlineHtml(html) => {
                html.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap_or_default().to_owned() + " ").collect()
            }
            _ => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn bench(text: &str) -> Bench {
    let bench = Bench::new();
    bench.file("new.json", template(text)).file("old.json", template("plain"));
    bench.file("parameters.json", json!({"P": format!("{text}!")}).to_string());
    bench.file("rack.yaml", "name: jobs\ntemplate: new.json\nbackend: local\n");
    bench.file(
        "invalid.json",
        json!({"Resources": {"a\u{1b}b": {"Type": text}}, text: 1, "Outputs": {"O": {"Value": {"Ref": text}}}}).to_string(),
    );
    bench.file("invalid.yaml", format!("name: \"a\u{9b}b\"\n{}: 1\ntags: {{\"\\e[31m\\u202E::error::\": \"\\a\"}}\n", json!(text)));
    bench
}

/// Every command with a view of data, in an order that works.
const COMMANDS_TO_RUN: [&str; 40] = [
    "validate new.json",
    "validate new.json --format json",
    "validate new.json --format sarif",
    "validate invalid.json",
    "validate invalid.json --format json",
    "validate invalid.json --format sarif",
    "validate hostile\u{1b}[31m\u{202e}.json",
    "evaluate new.json",
    "evaluate new.json --full -p P=x",
    "evaluate new.json --format json",
    "evaluate invalid.json --format json",
    "params new.json",
    "params new.json --format json",
    "diff old.json new.json",
    "diff old.json new.json --summary",
    "diff old.json new.json --format json",
    "diff old.json new.json --format change-set",
    "diff old.json new.json --format markdown",
    "diff new.json new.json --before-parameters parameters.json",
    "-f invalid.yaml plan",
    "plan",
    "plan --format json",
    "plan --format markdown",
    "-f rack.yaml -f missing\u{1b}[31m\u{9b}.yaml plan",
    "-f rack.yaml -f missing\u{1b}[31m\u{9b}.yaml plan --format json",
    "apply --yes --no-preflight",
    "status",
    "status --format json",
    "events",
    "events --format json",
    "drift",
    "local stacks",
    "local resources jobs",
    "local resources jobs --format json",
    "permissions",
    "verify",
    "verify --format json",
    "plan -p Q=\u{1b}[31m::error::",
    "plan --parameters parameters.json",
    "\u{1b}[31m\u{202e}",
];

#[test]
fn no_view_contains_control_characters_or_ci_commands() {
    let bench = bench(&hostile());
    let mut dangers = Vec::new();
    for color in ["never", "always"] {
        for arguments in COMMANDS_TO_RUN {
            let arguments: Vec<&str> = arguments.split(' ').chain(["--color", color]).collect();
            let run = bench.run_args(&arguments);
            for (stream, text) in [("standard output", &run.stdout), ("standard error", &run.stderr)] {
                if let Some(danger) = danger(text, color == "always") {
                    dangers.push(format!("{arguments:?}, {stream}: {danger}"));
                }
            }
        }
    }
    assert!(dangers.is_empty(), "{}", dangers.join("\n"));
    let evaluated = bench.run("evaluate new.json");
    assert!(evaluated.code == 0 && evaluated.stdout.contains(r"\u{1b}[31mred"), "{evaluated}");
    let status = bench.run("status");
    assert!(status.stdout.contains(r"\u{1b}[31mred") && status.stdout.contains(r"\n  ::error::c"), "{status}");
    let params = bench.run("params new.json");
    assert!(params.code == 0 && params.stdout.contains(r"\u{1b}[31mred"), "{params}");
}

#[test]
fn markdown_contains_the_same_markup_for_hostile_and_for_plain_text() {
    let markdown = |text: &str| {
        // Only the characters differ: the same lines and the same number of them.
        let bench = bench(text);
        let run = bench.run("diff new.json new.json --before-parameters parameters.json --format markdown");
        assert!(run.code == 0 && run.stdout.contains("Queue"), "{run}");
        let diff = bench.run("diff old.json new.json --format markdown");
        assert!(diff.code == 0 && diff.stdout.contains("Role"), "{diff}");
        (run, diff)
    };
    let plain: String = hostile().chars().map(|c| if c == '\n' || c.is_alphanumeric() { c } else { 'x' }).collect();
    let ((run, diff), (plain_run, plain_diff)) = (markdown(&hostile()), markdown(&plain));
    let check = |hostile: &Run, plain: &Run| {
        let (found, expected) = (markup(&hostile.stdout), markup(&plain.stdout));
        assert!(!found.keys().any(|name| name.contains("link") || name.contains("math") || name.contains("img")), "{found:#?}\n{hostile}");
        assert_eq!(found, expected, "{hostile}\n{plain}");
    };
    check(&run, &plain_run);
    check(&diff, &plain_diff);
    // Outside of code, renderers of code hosts look for these in the text.
    let (mut shown, mut is_code) = (String::new(), false);
    for event in Parser::new_ext(&diff.stdout, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(text) if !is_code => shown.push_str(&text),
            _ => {}
        }
    }
    for active in ["@team", "#123", "GH-7", "!8", "://evil", "www.evil", "a@evil"] {
        assert!(!shown.contains(active), "{active} in {shown}");
    }
    assert!(shown.contains("team"), "{shown}");
}

#[test]
fn a_rendered_document_is_exact_and_json_keeps_its_values() {
    let bench = bench(&hostile());
    let evaluated = bench.run("evaluate new.json --format json").json();
    assert_eq!(
        evaluated["resources"]["Queue"]["properties"]["QueueName"]
            .as_str()
            .or(evaluated["resources"]["Queue"]["Properties"]["QueueName"].as_str()),
        Some(hostile().as_str()),
        "{evaluated}"
    );
    let parameters: serde_json::Value = bench.run("params new.json --format json").json();
    assert!(parameters.to_string().contains("evil.example"), "{parameters}");
}
