//! The budget of an evaluation: small templates that stand for gigabytes are refused with the limit and the place.

use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Template};
use serde_json::{Map, Value as Json, json};

/// The limit of everything that one command holds, in bytes.
const MOST_MEMORY: usize = 256 * 1024 * 1024;

/// Returns the first problem of a template: its place and message, or `None` if it has none.
fn problem(text: String, name: &str) -> Option<String> {
    let source = Source::new(name, text);
    let state = State::default();
    let arena = Arena::new();
    let first = |problems: rackform::diagnostic::Diagnostics| {
        let one = &problems.0[0];
        Some(format!("{} {}: {}", one.labels[0].start(), one.rule, one.message))
    };
    let template = match Template::read(&source, &arena) {
        Ok(template) => template,
        Err(problems) => return first(problems),
    };
    let parameters = match ParameterSet::resolve(&template, &ParameterOverrides::new()) {
        Ok(parameters) => parameters,
        Err(problems) => return first(problems),
    };
    let found = evaluate(&template, &parameters, &state, &arena);
    assert!(arena.bump().allocated_bytes() < MOST_MEMORY, "{} bytes", arena.bump().allocated_bytes());
    found.err().and_then(first)
}

fn json_problem(template: &Json) -> Option<String> {
    problem(template.to_string(), "t.json")
}

fn topic(value: Json) -> Json {
    json!({"Type": "AWS::SNS::Topic", "Properties": {"X": value}})
}

fn topics(count: usize, value: impl Fn(usize) -> Json) -> Map<String, Json> {
    (0..count).map(|index| (format!("R{index}"), topic(value(index)))).collect()
}

/// Returns `name` for a problem that the budget reports, else its message.
fn of_budget(found: Option<String>) -> &'static str {
    match found.as_deref() {
        Some(text) if text.contains("too-long: the values of the template take more than 32 MB") && text.starts_with("1:") => "values",
        Some(text) if text.contains("too-long: the result is a string of more than 4 MB") && text.starts_with("1:") => "string",
        Some(text) if text.contains("values and repetitions") && text.starts_with("1:") => "loops",
        Some(text) => panic!("{text}"),
        None => "nothing",
    }
}

fn of_template(template: &Json) -> &'static str {
    of_budget(json_problem(template))
}

fn looped(variable: &str, items: Json, body: Json) -> Json {
    json!({ format!("Fn::ForEach::L{variable}"): [variable, items, body] })
}

fn with_loops(resources: Json) -> Json {
    json!({"Transform": "AWS::LanguageExtensions", "Resources": resources})
}

#[test]
fn loops_stop_before_they_exhaust_memory() {
    let items = || json!((0..1000).map(|index| index.to_string()).collect::<Vec<_>>());
    let empty = looped("A", items(), looped("B", items(), json!({})));
    assert_eq!(of_template(&with_loops(empty)), "loops");
    let many = looped("A", items(), looped("B", items(), json!({"T${A}x${B}": topic(json!("x"))})));
    assert_eq!(of_template(&with_loops(many)), "loops");
    let long_item = looped("A", json!(["a".repeat(100_000)]), json!(topics(10, |_| json!("${A}".repeat(100)))));
    assert_eq!(of_template(&with_loops(long_item)), "string");
    let unchanged = looped("A", items(), json!({"T${A}": topic(json!("a".repeat(100_000)))}));
    assert_eq!(of_template(&with_loops(unchanged)), "values");
    let mut doubled = json!({"Last": topic(json!("${V29}"))});
    for index in (1..30).rev() {
        let before = index - 1;
        doubled = looped(&format!("V{index}"), json!([format!("${{V{before}}}${{V{before}}}")]), doubled);
    }
    assert_eq!(of_template(&with_loops(looped("V0", json!(["abcdefgh"]), doubled))), "string");
    let as_reference = looped("A", json!(["a".repeat(400_000)]), json!(topics(200, |_| json!({"Ref": "A"}))));
    assert_eq!(of_template(&with_loops(as_reference)), "values");
}

#[test]
fn values_that_are_used_many_times_count_each_time() {
    let with = |parameters: Json, value: &Json, count| json!({"Parameters": parameters, "Resources": topics(count, |_| value.clone())});
    let text = json!({"P": {"Type": "String", "Default": "y".repeat(4096)}});
    let list = json!({"P": {"Type": "CommaDelimitedList", "Default": vec!["a"; 2000].join(",")}});
    for (parameters, value) in [
        (&text, json!([{"Ref": "P"}, {"Ref": "P"}, {"Ref": "P"}, {"Ref": "P"}])),
        (&text, json!({"Fn::Sub": "${P}${P}${P}${P}"})),
        (&text, json!({"Fn::Base64": {"Fn::Join": ["", [{"Ref": "P"}, {"Ref": "P"}, {"Ref": "P"}]]}})),
        (&text, json!({"Fn::Split": ["y", {"Ref": "P"}]})),
        (&list, json!({"Ref": "P"})),
        (&list, json!({"Fn::Select": [0, {"Ref": "P"}]})),
        (&list, json!({"Fn::Join": ["---------", {"Ref": "P"}]})),
    ] {
        assert_eq!(of_template(&with(parameters.clone(), &value, 3000)), "values", "{value}");
        assert_eq!(of_template(&with(parameters.clone(), &value, 3)), "nothing", "{value}");
    }
    let mapped = json!({
        "Mappings": {"M": {"a": {"b": (0..20_000).map(|index| format!("v{index}")).collect::<Vec<_>>()}}},
        "Resources": topics(100, |_| json!({"Fn::FindInMap": ["M", "a", "b"]}))
    });
    assert_eq!(of_template(&mapped), "values");
    let blocks = json!({"Resources": topics(5000, |_| json!({"Fn::Cidr": ["10.0.0.0/8", 256, 8]}))});
    assert_eq!(of_template(&blocks), "values");
    let encoded = json!({"Transform": "AWS::LanguageExtensions", "Parameters": list, "Resources": topics(4000, |_| json!({"Fn::ToJsonString": {"a": {"Ref": "P"}}}))});
    assert_eq!(of_template(&encoded), "values");
}

/// Returns an expression whose unknown value doubles at each step, although each step is stored once.
fn doubling(steps: usize, around: impl Fn(Json) -> Json) -> Json {
    (0..steps).fold(json!({"Ref": "A"}), |value, _| around(json!({"Fn::Sub": ["${a}${a}", {"a": value}]})))
}

#[test]
fn unknown_values_that_double_are_refused() {
    for (name, value) in [
        ("Base64", doubling(16, |value| json!({"Fn::Base64": value}))),
        ("Split", doubling(16, |value| json!({"Fn::Select": [0, {"Fn::Split": [",", value]}]}))),
        ("If", doubling(16, |value| json!({"Fn::If": ["Open", value, "z"]}))),
    ] {
        let template = json!({
            "Parameters": {"Q": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"}},
            "Conditions": {"Open": {"Fn::Equals": [{"Ref": "Q"}, "x"]}},
            "Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": topic(value)}
        });
        assert_ne!(of_template(&template), "nothing", "{name}");
    }
    let few = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": topic(doubling(6, |value| json!({"Fn::Base64": value})))}});
    assert_eq!(of_template(&few), "nothing");
}

#[test]
fn aliases_and_documents_have_limits_too() {
    let start = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Metadata:\n";
    let aliases = format!("{start}      s: &s {}\n      l:\n{}", "z".repeat(10_000), "        - *s\n".repeat(2000));
    let found = problem(aliases, "t.yaml").unwrap();
    assert_eq!(found, "1684:11 alias-expansion: aliases expand to more than 16777216 bytes");
    let items = format!("{start}      l: [{}1]\n", "1,".repeat(500_000));
    assert!(problem(items, "t.yaml").unwrap().ends_with("document-limit: the document has more than 500000 values"));
    let items = format!("{{\"Resources\":{{\"A\":{{\"Type\":\"T\",\"Metadata\":[{}1]}}}}}}", "1,".repeat(500_000));
    let found = problem(items, "t.json").unwrap();
    assert_eq!(found, "1:1000033 document-limit: the document has more than 500000 values");
}

#[test]
fn a_value_of_a_parameter_has_the_limit_of_cloudformation() {
    let with = |bytes| json!({"Parameters": {"P": {"Type": "String", "Default": "y".repeat(bytes)}}, "Resources": {"A": topic(json!(1))}});
    assert_eq!(json_problem(&with(4096)), None);
    let found = json_problem(&with(4097)).unwrap();
    assert!(found.ends_with("value-too-long: parameter `P` has a value of 4097 bytes; the limit is 4096"), "{found}");
}

#[test]
fn very_many_problems_are_cut_off_and_each_has_its_column() {
    let topic = |index: usize| {
        let references: Vec<String> = (0..5).map(|number| format!("{{\"Ref\":\"N{index}x{number}\"}}")).collect();
        format!("\"A{index}\":{{\"Type\":\"T\",\"Properties\":{{\"X\":[{}]}}}}", references.join(","))
    };
    let names: Vec<String> = (0..4_000).map(topic).collect();
    let source = Source::new("t.json", format!("{{\"Resources\":{{{}}}}}", names.join(",")));
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let parameters = ParameterSet::default();
    let state = State::default();
    let problems = evaluate(&template, &parameters, &state, &arena).unwrap_err();
    assert_eq!(problems.0.len(), 2 * rackform::diagnostic::MOST_PROBLEMS + 1);
    assert!(problems.0.iter().any(|one| one.rule == "too-many-problems" && one.message.contains("the others are not listed")));
    let columns: Vec<usize> =
        problems.0.iter().filter(|one| one.rule != "too-many-problems").map(|one| one.labels[0].start().column).collect();
    assert!(columns.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn sections_beyond_ten_times_the_quotas_are_refused_at_the_first_entry_too_many() {
    let named =
        |prefix: &str, count: usize, body: Json| (0..count).map(|index| (format!("{prefix}{index}"), body.clone())).collect::<Map<_, _>>();
    let resources = |count| json!({"Resources": named("R", count, json!({"Type": "AWS::SNS::Topic"}))});
    assert_eq!(json_problem(&resources(5_000)), None);
    let found = json_problem(&resources(5_001)).unwrap();
    assert!(found.ends_with("template-limit: 5001 resources; the limit is 5000"), "{found}");
    let one = json!({"A": {"Type": "AWS::SNS::Topic"}});
    let of_section = |section: &str, entries: Map<String, Json>| {
        let template = json!({"Resources": one, section: entries});
        json_problem(&template).unwrap_or_default().split(": ").last().unwrap_or_default().to_owned()
    };
    let parameter = json!({"Type": "String", "Default": ""});
    assert_eq!(of_section("Parameters", named("P", 2_000, parameter.clone())), "");
    assert_eq!(of_section("Parameters", named("P", 2_001, parameter)), "2001 parameters; the limit is 2000");
    assert_eq!(of_section("Outputs", named("O", 2_001, json!({"Value": "x"}))), "2001 outputs; the limit is 2000");
    assert_eq!(of_section("Conditions", named("C", 5_001, json!({"Fn::Equals": ["a", "b"]}))), "5001 conditions; the limit is 5000");
    assert_eq!(of_section("Mappings", named("M", 2_001, json!({"k": {"n": "v"}}))), "2001 mappings; the limit is 2000");
    let wide = json!({"k": named("n", 2_001, json!("v"))});
    let found = of_section("Mappings", [("M".to_owned(), wide)].into_iter().collect());
    assert_eq!(found, "2001 keys on one level of mapping `M`; the limit is 2000");
}

#[test]
fn loops_that_make_too_many_resources_are_refused_at_the_loop() {
    let items: Vec<String> = (0..100).map(|index| index.to_string()).collect();
    let body = looped("A", json!(items), looped("B", json!(items), json!({"T${A}x${B}": {"Type": "AWS::SNS::Topic"}})));
    let found = json_problem(&with_loops(body)).unwrap();
    assert!(found.ends_with("template-limit: 10000 resources; the limit is 5000"), "{found}");
}
