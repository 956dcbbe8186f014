//! Change sets in forms that the recordings do not contain.

use rackform::cloudformation::{AttributeChangeType, ChangeSetStatus, ChangeSource, EvaluationType, KNOWN_AFTER_APPLY, Replacement};
use rackform::schema::RequiresRecreation;
use serde_json::json;

use super::{change, plan_parameter, plan_resources, plan_texts};
use rackform::evaluate::State;

#[test]
fn list_items_are_compared_by_index_and_policies_as_a_whole() {
    let resources = |role: &str, action: &str| {
        json!({"Policy": {"Type": "AWS::IAM::Policy", "Properties": {
            "PolicyName": "p",
            "Roles": ["a", role],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::b"}]}
        }}})
    };
    let plan = plan_resources(&resources("b", "s3:GetObject"), &resources("c", "s3:PutObject"));
    let details = &change(&plan, "Policy").unwrap().details;
    let paths: Vec<_> = details.iter().map(|detail| detail.target.path.as_deref().unwrap()).collect();
    assert_eq!(paths, ["/Properties/Roles/1", "/Properties/PolicyDocument"]);
    let after = details[1].target.after_value.as_deref().unwrap();
    assert_eq!(after, r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:PutObject","Resource":"arn:aws:s3:::b","Effect":"Allow"}]}"#);
}

#[test]
fn ec2_tags_are_an_attribute_and_maps_of_tags_are_one_value() {
    let resources = |value: &str| {
        json!({
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": value}]}},
            "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", "Tags": {"a": value, "b": "same"}}}
        })
    };
    let plan = plan_resources(&resources("1"), &resources("2"));
    let vpc = &change(&plan, "Vpc").unwrap().details[0].target;
    assert_eq!((vpc.name.as_deref(), vpc.path.as_deref()), (None, Some("/Properties/Tags/0/Value")));
    assert_eq!(json!(change(&plan, "Vpc").unwrap().scope), json!(["Tags"]));
    let parameter = &change(&plan, "Parameter").unwrap().details[0].target;
    assert_eq!((parameter.path.as_deref(), parameter.after_value.as_deref()), (Some("/Properties/Tags"), Some(r#"{"a":"2","b":"same"}"#)));
}

#[test]
fn added_properties_have_no_before_value_and_removed_ones_no_after_value() {
    let topic = |properties| json!({"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}});
    let plan = plan_resources(&topic(json!({"DisplayName": "d"})), &topic(json!({"KmsMasterKeyId": "k"})));
    let shape: Vec<_> = change(&plan, "Topic")
        .unwrap()
        .details
        .iter()
        .map(|detail| {
            let target = &detail.target;
            (
                target.name.as_deref().unwrap(),
                target.attribute_change_type.unwrap(),
                target.before_value.as_deref(),
                target.after_value.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        shape,
        [("DisplayName", AttributeChangeType::Remove, Some("d"), None), ("KmsMasterKeyId", AttributeChangeType::Add, None, Some("k"))]
    );
}

#[test]
fn a_reference_to_a_new_resource_is_known_after_apply() {
    let old = json!({"Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}});
    let new = json!({
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::Sub": "of ${Topic}"}}}
    });
    let plan = plan_resources(&old, &new);
    let details = &change(&plan, "Reader").unwrap().details;
    let causes: Vec<_> = details.iter().map(|detail| (detail.change_source, detail.evaluation, detail.causing_entity.as_deref())).collect();
    assert_eq!(
        causes,
        [
            (ChangeSource::DirectModification, EvaluationType::Dynamic, None),
            (ChangeSource::ResourceReference, EvaluationType::Static, Some("Topic"))
        ]
    );
    assert_eq!(details[0].target.after_value, Some(format!("of {KNOWN_AFTER_APPLY}")));
}

#[test]
fn a_conditionally_create_only_property_makes_the_replacement_conditional() {
    let template = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {"Host": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-1", "InstanceType": {"Ref": "P"}}}}
    });
    let plan = plan_parameter(&template, "t3.micro", "t3.small");
    let host = change(&plan, "Host").unwrap();
    assert_eq!(host.replacement, Some(Replacement::Conditional));
    assert_eq!(host.policy_action, None);
    assert_eq!(host.details[0].target.requires_recreation, RequiresRecreation::Conditionally);
}

#[test]
fn a_change_set_without_changes_fails_and_one_with_only_outputs_completes() {
    let template = |output: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": output}}}).to_string();
    let (one, two) = (template("1"), template("2"));
    let same = plan_texts((&one, &[]), (&one, &[]), &State::default());
    assert_eq!(same.change_set.status, ChangeSetStatus::Failed);
    assert!(same.change_set.status_reason.as_deref().unwrap().starts_with("The submitted information didn't contain changes."));
    assert!(!same.has_changes());
    let other = plan_texts((&one, &[]), (&two, &[]), &State::default());
    assert_eq!((other.change_set.status.as_str(), other.change_set.changes.len()), ("CREATE_COMPLETE", 0));
    assert!(other.has_changes());
    assert_eq!(other.outputs[0].after, Some(json!("2")));
}

#[test]
fn contexts_contain_deployed_values() {
    let template = |name: &str| {
        json!({"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Description": name, "Value": {"Fn::GetAtt": "Role.Arn"}}}
    }}).to_string()
    };
    let state: State = serde_json::from_value(json!({
        "pseudo": {"AWS::AccountId": "111111111111", "AWS::Region": "us-east-1"}, "physical_ids": {"Role": "r-1", "Reader": "p-1"}
    }))
    .unwrap();
    let plan = plan_texts((&template("a"), &[]), (&template("b"), &[]), &state);
    let reader = change(&plan, "Reader").unwrap();
    assert_eq!(reader.before_context.as_ref().unwrap()["Properties"]["Value"], "arn:aws:iam::111111111111:role/r-1");
    assert_eq!(reader.after_context.as_ref().unwrap()["Properties"]["Value"], "arn:aws:iam::111111111111:role/r-1");
    assert_eq!(plan.change_set.changes.len(), 1);
}

#[test]
fn known_deployed_values_need_no_warning() {
    let resources = |name: &str, topic: &str| {
        json!({
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name, "TopicName": topic}},
            "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {
                "Type": "String",
                "Value": {"Fn::Join": ["_", {"Fn::Split": ["-", {"Fn::GetAtt": ["Topic", "DisplayName"]}]}]}
            }}
        })
    };
    let in_place = plan_resources(&resources("a-b", "t"), &resources("c-d", "t"));
    assert_eq!((in_place.change_set.status_reason.as_deref(), in_place.change_set.changes.len()), (None, 1));
    let replaced = plan_resources(&resources("a-b", "t"), &resources("a-b", "u"));
    let remark = replaced.change_set.status_reason.as_deref().unwrap();
    assert!(remark.starts_with("[WARN]") && remark.contains("for resource [Reader]"), "{remark}");
}

#[test]
fn a_changed_ssm_value_does_not_change_the_parameter() {
    use rackform::diagnostic::Source;
    use rackform::evaluate::evaluate;
    use rackform::parameters::{ParameterOverrides, ParameterSet};
    use rackform::template::{Arena, Template};
    let template = json!({
        "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"}},
        "Resources": {"A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "P"}}}}
    });
    let (source, arena) = (Source::new("t.json", template.to_string()), Arena::new());
    let template = Template::read(&source, &arena).unwrap();
    let parameters = ParameterSet::resolve(&template, &ParameterOverrides::new()).unwrap();
    let [old, new] = ["one", "two"].map(|stored| -> State { serde_json::from_value(json!({"ssm": {"/name": stored}})).unwrap() });
    let before = evaluate(&template, &parameters, &old, &arena).unwrap();
    let after = evaluate(&template, &parameters, &new, &arena).unwrap();
    let plan = rackform::plan::plan(&before, &after).unwrap();
    let details = &change(&plan, "A").unwrap().details;
    assert_eq!(
        (details.len(), details[0].change_source, details[0].evaluation),
        (1, ChangeSource::DirectModification, EvaluationType::Static)
    );
    assert_eq!((details[0].target.before_value.as_deref(), details[0].target.after_value.as_deref()), (Some("one"), Some("two")));
    assert!(plan.parameters.is_empty());
}

#[test]
fn paths_escape_slashes_and_views_show_them_unescaped() {
    let topic = |value: &str| json!({"T": {"Type": "AWS::SNS::Topic", "Metadata": {"a/b": {"c": value}, "a": {"b": {"c": "still"}}}}});
    let plan = plan_resources(&topic("1"), &topic("2"));
    let paths: Vec<_> = change(&plan, "T").unwrap().details.iter().map(|detail| detail.target.path.clone().unwrap()).collect();
    assert_eq!(paths, ["/Metadata/a~1b/c"]);
    let heading = rackform::ui::plan::Heading { subject: rackform::ui::plan::Subject::Stack("s"), made: "here" };
    let shown = rackform::ui::plan::human(&plan, heading, rackform::ui::plan::Detail::Full, rackform::ui::Layout::plain());
    assert!(shown.contains("Metadata.a/b.c  1 -> 2"), "{shown}");
}
