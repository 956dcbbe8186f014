//! What a plan cannot know: macros, includes, SAM, modules, nested stacks, types without a schema.

use rackform::evaluate::State;
use rackform::plan::{Plan, UnknownKind};
use rackform::schema::RequiresRecreation;
use serde_json::{Value as Json, json};

use super::{effect_lines, plan_resources, plan_texts};

fn plan_templates(before: &Json, after: &Json) -> Plan {
    plan_texts((&before.to_string(), &[]), (&after.to_string(), &[]), &State::default())
}

/// Returns the kind of each unknown with its resource or path.
fn unknowns(plan: &Plan) -> Vec<String> {
    let place =
        |unknown: &rackform::plan::Unknown| unknown.logical_resource_id.clone().or_else(|| unknown.path.clone()).unwrap_or_default();
    plan.unknowns.iter().map(|unknown| format!("{} {}", unknown.kind.name(), place(unknown))).collect()
}

/// Asserts that a changed template has these unknowns and counts as changed, and that the template against itself has none.
fn differs(before: &Json, after: &Json, expected: &[&str]) {
    let plan = plan_templates(before, after);
    assert_eq!(unknowns(&plan), expected, "{after}");
    assert!(plan.has_changes(), "{after}");
    for template in [before, after] {
        let same = plan_templates(template, template);
        assert!(same.unknowns.is_empty() && !same.has_changes(), "{template}: {same:?}");
    }
}

fn with(extra: Json) -> Json {
    let mut template = json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "a.h", "CodeUri": "src/", "FunctionName": "f"}},
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "t"}}
        }
    });
    for (name, value) in extra.as_object().unwrap() {
        template[name] = value.clone();
    }
    template
}

#[test]
fn globals_that_apply_to_a_resource_make_the_result_unknown() {
    let globals = |timeout: u32| with(json!({"Globals": {"Function": {"Timeout": timeout}}}));
    differs(&globals(3), &globals(30), &["globals /Globals/Function"]);
    differs(&with(json!({})), &globals(3), &["globals /Globals/Function"]);
    // No resource of the template is an API.
    let api = |name: &str| with(json!({"Globals": {"Api": {"Name": name}}}));
    assert!(!plan_templates(&api("a"), &api("b")).has_changes());
}

#[test]
fn globals_that_refer_to_a_changed_parameter_make_the_result_unknown() {
    let text = with(json!({
        "Parameters": {"Timeout": {"Type": "Number"}},
        "Globals": {"Function": {"Timeout": {"Ref": "Timeout"}}}
    }))
    .to_string();
    let plan = |before: &str, after: &str| plan_texts((&text, &[before]), (&text, &[after]), &State::default());
    assert_eq!(unknowns(&plan("Timeout=3", "Timeout=4")), ["globals /Globals/Function"]);
    assert!(!plan("Timeout=3", "Timeout=3").has_changes());
}

#[test]
fn a_macro_receives_the_whole_template_and_every_parameter() {
    let template = |name: &str, topic: &str| json!({"Transform": [name], "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": topic}}}});
    differs(&template("Mine", "a"), &template("Mine", "b"), &["macro /Transform"]);
    differs(&template("Mine", "a"), &template("Other", "a"), &["macro /Transform", "macro /Transform"]);
    let text = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Transform": "Mine",
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}}
    })
    .to_string();
    let plan = plan_texts((&text, &["P=1"]), (&text, &["P=2"]), &State::default());
    assert_eq!(unknowns(&plan), ["macro /Transform"]);
    // The language extensions are evaluated here.
    let extended = |topic: &str| template("AWS::LanguageExtensions", topic);
    assert!(plan_templates(&extended("a"), &extended("b")).unknowns.is_empty());
}

#[test]
fn an_include_with_another_location_is_unknown_wherever_it_stands() {
    let include = |location: &str| json!({"Name": "AWS::Include", "Parameters": {"Location": location}});
    let top = |location: &str| json!({"Transform": [include(location)], "Resources": {"T": {"Type": "AWS::SNS::Topic"}}});
    differs(&top("s3://b/1"), &top("s3://b/2"), &["include /Transform"]);
    let function = |location: &str| json!({"Fn::Transform": include(location), "Resources": {"T": {"Type": "AWS::SNS::Topic"}}});
    differs(&function("s3://b/1"), &function("s3://b/2"), &["include /Transform"]);
    let resources = |location: &str| json!({"Resources": {"Fn::Transform": include(location), "T": {"Type": "AWS::SNS::Topic"}}});
    differs(&resources("s3://b/1"), &resources("s3://b/2"), &["include /Resources/Fn::Transform"]);
    let mappings =
        |location: &str| json!({"Mappings": {"Fn::Transform": include(location)}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}});
    differs(&mappings("s3://b/1"), &mappings("s3://b/2"), &["include /Mappings/Fn::Transform"]);
    let property = |location: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Transform": include(location)}}}}});
    differs(&property("s3://b/1"), &property("s3://b/2"), &["include T"]);
    // An include reads a file, so another resource is a change of its own.
    let other = plan_templates(&top("s3://b/1"), &{
        let mut template = top("s3://b/1");
        template["Resources"]["Q"] = json!({"Type": "AWS::SQS::Queue"});
        template
    });
    assert!(other.unknowns.is_empty(), "{:?}", other.unknowns);
}

#[test]
fn an_include_that_refers_to_a_changed_parameter_is_unknown() {
    let text = json!({
        "Parameters": {"Bucket": {"Type": "String"}},
        "Resources": {
            "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": "s3://${Bucket}/a"}}},
            "T": {"Type": "AWS::SNS::Topic"}
        }
    })
    .to_string();
    let plan = plan_texts((&text, &["Bucket=one"]), (&text, &["Bucket=two"]), &State::default());
    assert_eq!(unknowns(&plan), ["include /Resources/Fn::Transform"]);
}

#[test]
fn properties_of_serverless_types_have_the_effect_of_what_they_become() {
    let function =
        |name: &str, value: Json| json!({"R": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s/", name: value}}});
    let lines = |before: &Json, after: &Json| effect_lines(&plan_resources(before, after));
    assert_eq!(lines(&function("FunctionName", json!("a")), &function("FunctionName", json!("b"))), ["replaced R"]);
    assert_eq!(lines(&function("Timeout", json!(3)), &function("Timeout", json!(4))), ["updated-in-place R"]);
    // The alias is a resource of its own, whose logical ID contains its name.
    assert_eq!(lines(&function("AutoPublishAlias", json!("a")), &function("AutoPublishAlias", json!("b"))), ["replaced R (possible)"]);
    let table =
        |key: &str| json!({"R": {"Type": "AWS::Serverless::SimpleTable", "Properties": {"PrimaryKey": {"Name": key, "Type": "String"}}}});
    let plan = plan_resources(&table("id"), &table("pk"));
    assert_eq!(effect_lines(&plan), ["replaced R (possible)"]);
    assert!(plan.risks.iter().any(|risk| risk.kind == rackform::plan::RiskKind::DataLoss), "{:?}", plan.risks);
    let machine = |name: &str| json!({"R": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Name": name, "DefinitionUri": "d"}}});
    assert_eq!(lines(&machine("a"), &machine("b")), ["replaced R"]);
    assert_eq!(unknowns(&plan), ["serverless R"]);
}

#[test]
fn modules_and_types_without_a_schema_are_unknown_where_they_differ() {
    let resource = |kind: &str, value: &str| json!({"R": {"Type": kind, "Properties": {"Name": value}}});
    for (kind, expected) in [("Acme::Net::Vpc::MODULE", "module R"), ("Acme::Monitor::Alarm", "no-schema R")] {
        let plan = plan_resources(&resource(kind, "a"), &resource(kind, "b"));
        assert_eq!(unknowns(&plan), [expected]);
        assert_eq!(effect_lines(&plan), ["replaced R (possible)"], "{kind}");
        assert!(plan_resources(&resource(kind, "a"), &resource(kind, "a")).unknowns.is_empty());
    }
    // The handler of a custom resource decides, and the CDK's metadata creates nothing.
    for kind in ["Custom::Thing", "AWS::CDK::Metadata"] {
        let plan = plan_resources(&resource(kind, "a"), &resource(kind, "b"));
        assert!(plan.unknowns.is_empty(), "{kind}");
        assert_eq!(effect_lines(&plan), ["updated-in-place R"], "{kind}");
    }
}

#[test]
fn removing_a_type_without_a_schema_is_unknown() {
    let keep = json!({"K": {"Type": "AWS::SNS::Topic"}});
    let mut with = keep.clone();
    with["R"] = json!({"Type": "Acme::Monitor::Alarm"});
    assert_eq!(unknowns(&plan_resources(&with, &keep)), ["no-schema R"]);
}

#[test]
fn what_reads_an_unchanged_nested_stack_is_named_once_and_loses_nothing() {
    let template = |url: &str| {
        json!({
            "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}},
            "D": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBSubnetGroupName": {"Fn::GetAtt": ["N", "Outputs.Subnets"]}}}
        })
    };
    let same = plan_resources(&template("u"), &template("u"));
    assert_eq!(effect_lines(&same), ["updated-in-place N (possible)"]);
    assert!(same.risks.is_empty(), "{:#?}", same.risks);
    assert!(same.unknowns.len() == 1 && same.unknowns[0].reason.contains("`D`"), "{:#?}", same.unknowns);
    // Another template can return anything.
    let other = plan_resources(&template("u"), &template("v"));
    assert!(effect_lines(&other).contains(&"replaced D (possible)".to_owned()), "{:?}", effect_lines(&other));
}

#[test]
fn a_macro_may_rewrite_what_would_be_refused() {
    let template = |macros: Json, resource_type: &str| json!({"Transform": macros, "Resources": {"T": {"Type": resource_type}}});
    for macros in [json!("Mine"), json!(["AWS::LanguageExtensions", "Mine"])] {
        let plan = plan_templates(&template(macros.clone(), "AWS::SNS::Topic"), &template(macros, "AWS::SQS::Queue"));
        assert!(!plan.is_refused() && plan.refusals.len() == 1, "{:#?}", plan.refusals);
        assert!(plan.refusals[0].reason.contains("`Mine`"), "{:#?}", plan.refusals);
        assert_eq!(effect_lines(&plan), ["replaced T (possible)"]);
    }
    // The transforms of AWS do not rewrite the resources of others.
    let other = json!(["AWS::LanguageExtensions", {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}]);
    assert!(plan_templates(&template(other.clone(), "AWS::SNS::Topic"), &template(other, "AWS::SQS::Queue")).is_refused());
    // A macro of one resource receives that resource only, and one of `Resources` all of them.
    let resources = |call: Json, resource_type: &str| {
        let mut resources = json!({"T": {"Type": resource_type, "Properties": {}}, "U": {"Type": "AWS::SNS::Topic"}});
        let place = if call["at"] == "T" {
            &mut resources["T"]
        } else if call["at"] == "U" {
            &mut resources["U"]
        } else {
            &mut resources
        };
        place["Fn::Transform"] = json!({"Name": "Mine"});
        json!({ "Resources": resources })
    };
    for (at, is_refused) in [("T", false), ("U", true), ("Resources", false)] {
        let plan = plan_templates(&resources(json!({ "at": at }), "AWS::SNS::Topic"), &resources(json!({ "at": at }), "AWS::SQS::Queue"));
        assert_eq!(plan.is_refused(), is_refused, "{at}: {:#?}", plan.refusals);
    }
    // A name that collides.
    let queue = |id: &str| json!({"Transform": "Mine", "Resources": {id: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}});
    assert!(!plan_templates(&queue("Old"), &queue("New")).is_refused());
}

#[test]
fn a_nested_stack_is_unknown_in_every_update() {
    let nested = |url: &str| json!({"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}});
    for (before, after) in [("u", "u"), ("u", "v")] {
        let plan = plan_resources(&nested(before), &nested(after));
        assert_eq!(plan.unknowns.iter().map(|unknown| unknown.kind).collect::<Vec<_>>(), [UnknownKind::NestedStack]);
        assert!(plan.has_changes() && plan.refusals.is_empty());
    }
    let plan = plan_resources(&nested("u"), &nested("u"));
    let detail = &plan.change_set.changes[0].resource_change.details[0];
    assert_eq!(detail.target.requires_recreation, RequiresRecreation::Never);
}

/// Returns a SAM template with a function that has these events, and with one more section.
fn with_events(events: Json, globals: Json) -> Json {
    let mut template = with(json!({ "Globals": globals }));
    template["Resources"]["F"]["Properties"]["Events"] = events;
    template
}

#[test]
fn globals_of_an_api_apply_to_the_api_that_sam_generates_for_events() {
    for (section, event) in [("Api", "Api"), ("HttpApi", "HttpApi")] {
        let template = |value: bool| with_events(json!({"E": {"Type": event}}), json!({ section: {"FailOnWarnings": value} }));
        differs(&template(true), &template(false), &[&format!("globals /Globals/{section}")]);
    }
    // The event names an API outside the template, so that SAM generates none.
    let event = json!({"E": {"Type": "Api", "Properties": {"RestApiId": "abc123", "Path": "/", "Method": "get"}}});
    let template = |value: bool| with_events(event.clone(), json!({"Api": {"TracingEnabled": value}}));
    assert!(!plan_templates(&template(true), &template(false)).has_changes());
    // An event of another kind needs no API.
    let template = |value: bool| with_events(json!({"E": {"Type": "Schedule"}}), json!({"Api": {"TracingEnabled": value}}));
    assert!(!plan_templates(&template(true), &template(false)).has_changes());
}

#[test]
fn connectors_of_any_resource_are_expanded_by_sam() {
    let template = |permission: &str| {
        let mut template = with(json!({}));
        template["Resources"]["T"]["Connectors"] = json!({"C": {"Properties": {"Destination": {"Id": "F"}, "Permissions": [permission]}}});
        template
    };
    differs(&template("Read"), &template("Write"), &["serverless T"]);
    let mut without = template("Read");
    without["Resources"]["T"].as_object_mut().unwrap().remove("Connectors");
    differs(&template("Read"), &without, &["serverless T"]);
}

#[test]
fn a_transform_that_reads_nothing_different_adds_no_unknown() {
    let template = |transform: Json, topic: &str| {
        let mut template = json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": topic}}}});
        if !transform.is_null() {
            template["Transform"] = transform;
        }
        template
    };
    let sam = json!("AWS::Serverless-2016-10-31");
    // Without a serverless type, SAM has nothing to expand.
    for (before, after) in [(sam.clone(), Json::Null), (Json::Null, sam.clone()), (sam.clone(), json!([sam]))] {
        assert_eq!(plan_templates(&template(before, "a"), &template(after, "a")).unknowns, []);
    }
    // With a macro, it may have.
    assert!(!plan_templates(&template(json!(["Mine", sam]), "a"), &template(json!(["Mine"]), "a")).unknowns.is_empty());
    // A macro does not receive the section `Transform`.
    assert_eq!(plan_templates(&template(json!("Mine"), "a"), &template(json!(["Mine"]), "a")).unknowns, []);
}

#[test]
fn a_serverless_resource_may_become_the_type_that_sam_made_of_it() {
    let table = |resource_type: &str| json!({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"T": {"Type": resource_type}}});
    for (before, after) in [
        ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
        ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable"),
        ("AWS::Serverless::Function", "AWS::Lambda::Function"),
        ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
        ("AWS::Serverless::Application", "AWS::CloudFormation::Stack"),
        ("AWS::Serverless::LayerVersion", "AWS::SQS::Queue"),
    ] {
        let plan = plan_templates(&table(before), &table(after));
        assert!(plan.refusals.is_empty() && plan.effects[0].possible, "{before}: {plan:#?}");
        assert_eq!(unknowns(&plan)[0], "serverless T", "{before}");
        assert!(plan.risks.iter().all(|risk| !risk.certainty.is_certain()), "{before}: {:#?}", plan.risks);
    }
    for after in ["AWS::SQS::Queue", "AWS::Serverless::Function"] {
        assert!(plan_templates(&table("AWS::Serverless::SimpleTable"), &table(after)).is_refused(), "{after}");
    }
}
