//! Causes: a parameter or condition is one only where changing it alone changes the value.

use rackform::evaluate::State;
use rackform::plan::{CauseSource, Plan};
use serde_json::{Value as Json, json};

use super::{effect, plan_resources, plan_texts};

/// Returns the causes of a resource's effect, such as `/Properties/DisplayName parameter P`.
fn causes(plan: &Plan, id: &str) -> Vec<String> {
    let source = |source: &CauseSource| match source {
        CauseSource::Parameter(name) => format!("parameter {name}"),
        CauseSource::Condition(name) => format!("condition {name}"),
        CauseSource::Resource(name) => format!("resource {name}"),
        CauseSource::Attribute(name) => format!("attribute {name}"),
        CauseSource::Template => "template".to_owned(),
        CauseSource::Drift => "drift".to_owned(),
    };
    let path = |path: &Option<String>| path.as_ref().map(|path| format!("{path} ")).unwrap_or_default();
    let effect = effect(plan, id).unwrap_or_else(|| panic!("no effect on {id}"));
    effect.causes.iter().map(|cause| format!("{}{}", path(&cause.path), source(&cause.source))).collect()
}

/// Plans from one template to another, with the same or other parameters.
fn upgrade(before: &Json, old: &[&str], after: &Json, new: &[&str]) -> Plan {
    plan_texts((&before.to_string(), old), (&after.to_string(), new), &State::default())
}

/// Returns a template with parameters `P` and `Q`, conditions that they decide, and one topic whose display name is `value`.
fn topic(value: &Json) -> Json {
    let is_yes = |name: &str| json!({"Fn::Equals": [{"Ref": name}, "Yes"]});
    json!({
        "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String", "Default": "No"}},
        "Mappings": {"Sizes": {"Yes": {"Size": "large", "Same": "one"}, "No": {"Size": "small", "Same": "one"}}},
        "Conditions": {
            "On": is_yes("P"),
            "QOn": is_yes("Q"),
            "Both": {"Fn::And": [{"Condition": "On"}, {"Condition": "QOn"}]},
            "Either": {"Fn::Or": [{"Condition": "On"}, {"Condition": "QOn"}]}
        },
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}
    })
}

/// Plans a change of `P` from `No` to `Yes`, with `Q` as given, and another template for the topic's display name.
fn changed(before: &Json, after: &Json, old_q: &str, new_q: &str) -> Vec<String> {
    let (old_q, new_q) = (format!("Q={old_q}"), format!("Q={new_q}"));
    causes(&upgrade(&topic(before), &["P=No", &old_q], &topic(after), &["P=Yes", &new_q]), "T")
        .into_iter()
        .map(|cause| cause.replace("/Properties/DisplayName ", ""))
        .collect()
}

/// Plans a change of `P` from `No` to `Yes` in one template.
fn with_p(value: &Json) -> Vec<String> {
    changed(value, value, "No", "No")
}

#[test]
fn a_parameter_that_an_expression_refers_to_is_a_cause() {
    for value in [
        json!({"Ref": "P"}),
        json!({"Fn::Sub": "a-${P}"}),
        json!({"Fn::Sub": ["a-${X}", {"X": {"Ref": "P"}}]}),
        json!({"Fn::Join": ["-", ["a", {"Ref": "P"}]]}),
        json!({"Fn::FindInMap": ["Sizes", {"Ref": "P"}, "Size"]}),
        json!({"Fn::Select": ["1", {"Fn::Split": ["-", {"Fn::Sub": "a-${P}"}]}]}),
    ] {
        assert_eq!(with_p(&value), ["parameter P"], "{value}");
    }
}

#[test]
fn a_parameter_that_does_not_change_the_value_is_not_a_cause() {
    let same = json!({"Fn::FindInMap": ["Sizes", {"Ref": "P"}, "Same"]});
    assert_eq!(changed(&json!("other"), &same, "a", "a"), ["template"]);
    let cases = [
        json!({"Fn::Select": ["0", [{"Ref": "Q"}, {"Ref": "P"}]]}),
        json!({"Fn::Select": ["0", {"Fn::Split": ["-", {"Fn::Sub": "${Q}-${P}"}]}]}),
        json!({"Fn::If": ["On", {"Ref": "Q"}, {"Ref": "Q"}]}),
    ];
    for value in cases {
        assert_eq!(changed(&value, &value, "a", "b"), ["parameter Q"], "{value}");
        assert_eq!(changed(&json!("other"), &value, "a", "a"), ["template"], "{value}");
    }
}

#[test]
fn a_condition_and_its_parameters_are_causes() {
    let expected = ["condition On", "parameter P"];
    assert_eq!(with_p(&json!({"Fn::If": ["On", "on", "off"]})), expected);
    assert_eq!(with_p(&json!({"Fn::Sub": ["x-${X}", {"X": {"Fn::If": ["On", "on", "off"]}}]})), expected);
    assert_eq!(with_p(&json!({"Fn::If": ["QOn", "x", {"Fn::If": ["On", "on", "off"]}]})), expected, "nested");
    assert_eq!(with_p(&json!({"Fn::If": ["On", {"Fn::If": ["QOn", "x", "on"]}, "off"]})), expected, "nested");
}

#[test]
fn a_changed_condition_that_does_not_change_the_value_is_not_a_cause() {
    let same = json!({"Fn::If": ["On", "b", "b"]});
    assert_eq!(changed(&json!("a"), &same, "No", "No"), ["template"]);
    let nested = json!({"Fn::If": ["On", {"Fn::If": ["QOn", "x", "b"]}, "b"]});
    assert_eq!(changed(&json!("a"), &nested, "No", "No"), ["template"]);
}

#[test]
fn several_parameters_can_cause_the_change_of_one_condition() {
    let both = json!({"Fn::If": ["Both", "on", "off"]});
    assert_eq!(changed(&both, &both, "No", "Yes"), ["condition Both", "parameter Q", "parameter P"]);
    let either = json!({"Fn::If": ["Either", "on", "off"]});
    assert_eq!(changed(&either, &either, "No", "Yes"), ["condition Either", "parameter Q", "parameter P"]);
    // Q changes too, but not to a value that affects the condition.
    assert_eq!(changed(&either, &either, "No", "Maybe"), ["condition Either", "parameter P"]);
}

#[test]
fn values_that_a_new_condition_wraps_are_caused_by_the_template() {
    let container = |labels: &Json, read_only: bool| {
        let mut container = json!({"Name": "web", "Image": "i", "DockerLabels": labels});
        if read_only {
            container["ReadonlyRootFilesystem"] = json!(true);
        }
        container
    };
    let task = |definitions: &Json, conditions: &Json| {
        json!({
            "Parameters": {"P": {"Type": "String", "Default": "No"}, "ReadOnly": {"Type": "String", "Default": "No"}},
            "Conditions": conditions,
            "Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": definitions}}}
        })
    };
    let labels = json!({"convox.idles": "true", "rack.setting": {"Ref": "ReadOnly"}});
    let wrapped = json!({"Fn::If": ["IsReadOnly", [container(&labels, true)], [container(&labels, false)]]});
    let condition = json!({"IsReadOnly": {"Fn::Equals": [{"Ref": "ReadOnly"}, "Yes"]}});
    let old = task(&json!([container(&json!({}), false)]), &json!({"Other": {"Fn::Equals": [{"Ref": "P"}, "x"]}}));
    // The condition is new.
    let plan = upgrade(&old, &["ReadOnly=No"], &task(&wrapped, &condition), &["ReadOnly=No"]);
    let all = causes(&plan, "Task");
    assert!(!all.is_empty() && all.iter().all(|cause| cause.ends_with(" template")), "{all:?}");
    // The condition exists and its value changes: it causes only the differences between its branches.
    let old = task(&json!([container(&json!({}), false)]), &condition);
    let plan = upgrade(&old, &["ReadOnly=No"], &task(&wrapped, &condition), &["ReadOnly=Yes"]);
    let expected = [
        "/Properties/ContainerDefinitions/0/DockerLabels/convox.idles template",
        "/Properties/ContainerDefinitions/0/DockerLabels/rack.setting parameter ReadOnly",
        "/Properties/ContainerDefinitions/0/ReadonlyRootFilesystem condition IsReadOnly",
        "/Properties/ContainerDefinitions/0/ReadonlyRootFilesystem parameter ReadOnly",
    ];
    assert_eq!(causes(&plan, "Task"), expected);
}

#[test]
fn an_item_that_a_condition_adds_to_a_list_is_caused_by_it() {
    let list = json!([{"Ref": "Q"}, {"Fn::If": ["On", "new", {"Ref": "AWS::NoValue"}]}]);
    let group = |list: &Json| {
        let mut template = topic(&json!("t"));
        template["Resources"]["G"] = json!({"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {"MinSize": "1", "MaxSize": "1", "AvailabilityZones": list}});
        template
    };
    let expected = ["/Properties/AvailabilityZones/1 condition On", "/Properties/AvailabilityZones/1 parameter P"];
    let template = group(&list);
    assert_eq!(causes(&upgrade(&template, &["P=No"], &template, &["P=Yes"]), "G"), expected, "added");
    assert_eq!(causes(&upgrade(&template, &["P=Yes"], &template, &["P=No"]), "G"), expected, "removed");
}

#[test]
fn a_new_parameter_with_its_default_is_not_a_cause() {
    let old = json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "a"}}}});
    let new = |value: Json| {
        json!({
            "Parameters": {"New": {"Type": "String", "Default": "No"}},
            "Conditions": {"IsNew": {"Fn::Equals": [{"Ref": "New"}, "Yes"]}},
            "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}
        })
    };
    for value in [json!({"Ref": "New"}), json!({"Fn::If": ["IsNew", "on", "off"]})] {
        assert_eq!(causes(&upgrade(&old, &[], &new(value.clone()), &[]), "T"), ["/Properties/DisplayName template"], "{value}");
        // A value other than the default comes from the request.
        let given = upgrade(&old, &[], &new(value.clone()), &["New=Yes"]);
        assert_eq!(causes(&given, "T"), ["/Properties/DisplayName parameter New"], "{value}");
    }
}

#[test]
fn a_condition_edited_in_the_template_is_a_cause_without_parameters() {
    let template = |value: &str| {
        let mut template = topic(&json!({"Fn::If": ["On", "on", "off"]}));
        template["Conditions"]["On"] = json!({"Fn::Equals": [value, "Yes"]});
        template
    };
    let plan = upgrade(&template("No"), &["P=x"], &template("Yes"), &["P=x"]);
    assert_eq!(causes(&plan, "T"), ["/Properties/DisplayName condition On"]);
}

#[test]
fn creations_and_deletions_are_caused_by_a_condition_or_the_template() {
    let template = |condition: Option<&str>| {
        let mut template = topic(&json!("t"));
        template["Resources"]["R"] = json!({"Type": "AWS::SNS::Topic"});
        if let Some(condition) = condition {
            template["Resources"]["R"]["Condition"] = json!(condition);
        }
        template
    };
    let by_condition = ["condition On", "parameter P"];
    let (on, q_on) = (template(Some("On")), template(Some("QOn")));
    assert_eq!(causes(&upgrade(&on, &["P=No"], &on, &["P=Yes"]), "R"), by_condition, "created");
    assert_eq!(causes(&upgrade(&on, &["P=Yes"], &on, &["P=No"]), "R"), by_condition, "deleted");
    // The template uses another condition, whose value does not change.
    assert_eq!(causes(&upgrade(&q_on, &["P=Yes"], &on, &["P=Yes"]), "R"), ["template"]);
    assert_eq!(causes(&upgrade(&template(None), &["P=No"], &on, &["P=No"]), "R"), ["template"]);
    // The template adds or removes the resource itself.
    assert_eq!(causes(&upgrade(&topic(&json!("t")), &["P=No"], &on, &["P=Yes"]), "R"), ["template"]);
    assert_eq!(causes(&upgrade(&on, &["P=Yes"], &topic(&json!("t")), &["P=No"]), "R"), ["template"]);
}

#[test]
fn metadata_changes_have_causes() {
    let template = |old: bool| {
        let mut template = topic(&json!("t"));
        template["Resources"]["T"]["Metadata"] = json!({"Note": {"Fn::If": ["On", "on", "off"]}, "Text": if old { "a" } else { "b" }});
        template
    };
    let plan = upgrade(&template(true), &["P=No"], &template(false), &["P=Yes"]);
    assert_eq!(causes(&plan, "T"), ["/Metadata/Note condition On", "/Metadata/Note parameter P", "/Metadata/Text template"]);
}

#[test]
fn every_form_of_get_att_reports_the_same_cause() {
    for attribute in [json!(["Nested", "Outputs.Vpc"]), json!("Nested.Outputs.Vpc"), json!(["Nested", "Outputs", "Vpc"])] {
        let resources = |url: &str| {
            json!({
                "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}},
                "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": attribute}}}
            })
        };
        let plan = plan_resources(&resources("https://a/1"), &resources("https://a/2"));
        assert_eq!(causes(&plan, "Reader"), ["/Properties/Value attribute Nested.Outputs.Vpc"], "{attribute}");
        let reason = effect(&plan, "Reader").unwrap().differs_from_list.clone().unwrap();
        assert!(reason.contains("Nested.Outputs.Vpc"), "{reason}");
    }
}

#[test]
fn the_change_set_lists_every_changed_reference_but_causes_only_the_decisive_one() {
    let value = json!({"Fn::Select": ["0", [{"Ref": "Q"}, {"Ref": "P"}]]});
    let plan = upgrade(&topic(&value), &["P=No", "Q=a"], &topic(&value), &["P=Yes", "Q=b"]);
    let entities: Vec<&str> =
        super::change(&plan, "T").unwrap().details.iter().filter_map(|detail| detail.causing_entity.as_deref()).collect();
    assert_eq!(entities, ["Q", "P"]);
    assert_eq!(causes(&plan, "T"), ["/Properties/DisplayName parameter Q"]);
}

#[test]
fn causes_of_many_parameters_and_conditions_take_bounded_time() {
    let count = 600;
    let name = |index: usize| format!("P{index}");
    let parameters: Json = (0..count).map(|index| (name(index), json!({"Type": "String"}))).collect::<serde_json::Map<_, _>>().into();
    let conditions: Json = (0..count)
        .map(|index| (format!("C{index}"), json!({"Fn::Equals": [{"Ref": name(index)}, "new"]})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let items: Vec<Json> = (0..count).map(|index| json!({"Fn::If": [format!("C{index}"), "a", "b"]})).collect();
    let template = json!({
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", items]}}}}
    });
    let flags = |value: &str| (0..count).map(|index| format!("P{index}={value}")).collect::<Vec<_>>();
    let (old, new) = (flags("old"), flags("new"));
    let plan = upgrade(
        &template,
        &old.iter().map(String::as_str).collect::<Vec<_>>(),
        &template,
        &new.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert_eq!(effect(&plan, "T").unwrap().causes.len(), 2 * count);
}
