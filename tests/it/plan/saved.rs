//! Plans in files.

use rackform::diagnostic::Source;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::saved::{SavedParameter, SavedPlan, SavedPlanError};
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
fn a_saved_plan_reads_back_the_same() {
    let text = saved().to_json().unwrap();
    let back = SavedPlan::from_json(&text).unwrap();
    assert_eq!(back.to_json().unwrap(), text);
    assert_eq!(back.plan.effects, saved().plan.effects);
    assert_eq!(back.plan.change_set, saved().plan.change_set);
}

#[test]
fn a_changed_file_another_version_and_other_files_are_refused() {
    let text = saved().to_json().unwrap();
    assert!(matches!(SavedPlan::from_json(&text.replace("\"rack\"", "\"rick\"")), Err(SavedPlanError::Digest)));
    assert!(matches!(
        SavedPlan::from_json(&text.replacen("\"format_version\": 1", "\"format_version\": 9", 1)),
        Err(SavedPlanError::Version { found: 9 })
    ));
    for other in ["", "[]", "{\"Resources\": {}}"] {
        assert!(matches!(SavedPlan::from_json(other), Err(SavedPlanError::Syntax(_))), "{other}");
    }
}

#[test]
fn secrets_stay_out_of_files() {
    let arena = Arena::new();
    let text =
        json!({"Parameters": {"Open": {"Type": "String"}, "Secret": {"Type": "String", "NoEcho": true}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}).to_string();
    let source = Source::new("t.json", text);
    let template = Template::read(&source, &arena).unwrap();
    let mut given = ParameterOverrides::new();
    given.add_flag("Open=1").unwrap();
    given.add_deployed("Secret", None);
    let kept = SavedPlan::parameters_of(&ParameterSet::resolve(&template, &given).unwrap()).unwrap();
    assert_eq!(kept["Secret"], SavedParameter::UsePreviousValue);
    assert_eq!(kept["Open"], SavedParameter::Value("1".into()));
    given.add_flag("Secret=hunter2").unwrap();
    let refused = SavedPlan::parameters_of(&ParameterSet::resolve(&template, &given).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("`Secret`") && !refused.to_string().contains("hunter2"), "{refused}");
}
