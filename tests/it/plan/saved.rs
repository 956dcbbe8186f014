//! Saved plans.

use rackform::diagnostic::Source;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::saved::{Before, SavedParameter, SavedPlan, SavedPlanError};
use rackform::template::{Arena, Template};
use serde_json::json;

use super::plan_parameter;

fn saved() -> SavedPlan {
    let template = json!({"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "P"}}}}});
    SavedPlan {
        stack_name: "rack".into(),
        backend: "local".into(),
        region: "us-east-1".into(),
        account: Some("111122223333".into()),
        revision: Some("7".into()),
        before: Some(Before::of("arn:aws:cloudformation:us-east-1:111122223333:stack/rack/1", "{}", &Default::default())),
        template: template.to_string(),
        parameters: [("P".to_owned(), SavedParameter::Value("b".into()))].into_iter().collect(),
        tags: Default::default(),
        options: Default::default(),
        import: None,
        settings: Default::default(),
        plan: plan_parameter(&template, "a", "b"),
    }
}

#[test]
fn a_saved_plan_survives_a_round_trip() {
    let text = saved().to_json(None).unwrap();
    let back = SavedPlan::from_json(&text, None).unwrap().plan;
    assert_eq!(back.to_json(None).unwrap(), text);
    assert_eq!(back.plan.effects, saved().plan.effects);
    assert_eq!(back.plan.change_set, saved().plan.change_set);
}

#[test]
fn changed_files_other_versions_and_other_files_are_refused() {
    let text = saved().to_json(None).unwrap();
    assert!(matches!(SavedPlan::from_json(&text.replace("\"rack\"", "\"rick\""), None), Err(SavedPlanError::Digest)));
    assert!(matches!(
        SavedPlan::from_json(&text.replacen("\"format_version\": 4", "\"format_version\": 9", 1), None),
        Err(SavedPlanError::Version { found: 9 })
    ));
    for empty in ["", " \n"] {
        assert!(matches!(SavedPlan::from_json(empty, None), Err(SavedPlanError::Empty)), "{empty:?}");
    }
    for other in ["[]", "{\"Resources\": {}}"] {
        assert!(matches!(SavedPlan::from_json(other, None), Err(SavedPlanError::Syntax(_))), "{other}");
    }
}

#[test]
fn a_plan_in_the_format_of_0_1_0_is_refused_rather_than_read_without_its_ssm_parameters() {
    let old = json!({"format_version": 1, "digest": "sha256:0", "content": {"plan": {"Stored": []}}}).to_string();
    let error = SavedPlan::from_json(&old, None).unwrap_err();
    assert!(matches!(error, SavedPlanError::Version { found: 1 }), "{error}");
    assert!(error.to_string().starts_with("the plan was saved by another version of rackform"), "{error}");
    assert!(error.hint().starts_with("plan again"), "{}", error.hint());
}

#[test]
fn no_echo_values_are_not_saved() {
    let arena = Arena::new();
    let text =
        json!({"Parameters": {"Open": {"Type": "String"}, "Secret": {"Type": "String", "NoEcho": true}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}).to_string();
    let source = Source::new("t.json", text);
    let template = Template::read(&source, &arena).unwrap();
    let mut overrides = ParameterOverrides::new();
    overrides.add_flag("Open=1").unwrap();
    overrides.add_deployed("Secret", None);
    let kept = SavedPlan::parameters_of(&ParameterSet::resolve(&template, &overrides).unwrap(), "rack", None).unwrap();
    assert_eq!(kept["Secret"], SavedParameter::UsePreviousValue);
    assert_eq!(kept["Open"], SavedParameter::Value("1".into()));
    overrides.add_flag("Secret=hunter2").unwrap();
    let refused = SavedPlan::parameters_of(&ParameterSet::resolve(&template, &overrides).unwrap(), "rack", None).unwrap_err();
    assert!(refused.to_string().contains("`Secret`") && !refused.to_string().contains("hunter2"), "{refused}");
}
