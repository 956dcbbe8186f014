//! Operations as a library: typed requests, results and errors.
#![allow(clippy::unwrap_used, clippy::panic)]

use rackform::cloudformation::{ChangeSetOptions, OnFailure, StackSettings};
use rackform::diagnostic::Source;
use rackform::operation::{DecidedOption, OfflineRequest, OfflineSide, OperationError, RequestedOptions, plan_offline};
use rackform::parameters::ParameterOverrides;
use rackform::plan::{Plan, Request};
use rackform::template::Arena;

const TEMPLATE: &str = r#"{
    "Parameters": {"Name": {"Type": "String", "Default": "a"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}}
}"#;

fn values(values: &[&str]) -> ParameterOverrides {
    let mut overrides = ParameterOverrides::new();
    values.iter().for_each(|value| overrides.add_flag(value).unwrap());
    overrides
}

fn side(template: &str, parameters: &[&str]) -> OfflineSide {
    OfflineSide { source: Source::new("t.json", template), parameters: values(parameters), state: None }
}

fn offline(before: OfflineSide, after: OfflineSide, shares_parameters: bool, request: Request) -> Result<Plan, OperationError> {
    let before_overrides = values(&[]);
    let request = OfflineRequest { before, shares_parameters, before_overrides, after, protected: &[], request };
    plan_offline(request, &Arena::new(), &mut |_| {})
}

#[test]
fn parameters_of_the_new_template_apply_to_the_old_one_only_if_they_are_shared() {
    let plan = |shares| offline(side(TEMPLATE, &[]), side(TEMPLATE, &["Name=b"]), shares, Request::default()).unwrap();
    assert!(!plan(true).has_changes());
    assert_eq!(plan(false).effects.len(), 1);
}

#[test]
fn the_errors_of_both_templates_are_returned_together() {
    let broken = |name: &str| TEMPLATE.replace(r#""Ref": "Name""#, &format!(r#""Ref": "{name}""#));
    let result = offline(side(&broken("Nmae"), &[]), side(&broken("Other"), &[]), true, Request::default());
    let Err(OperationError::Invalid(problems)) = result else { panic!("{result:?}") };
    let text = format!("{:?}", problems.0.iter().map(|problem| &problem.message).collect::<Vec<_>>());
    assert!(text.contains("Nmae") && text.contains("Other"), "{text}");
}

#[test]
fn a_request_that_cloudformation_refuses_is_a_typed_error() {
    let request = Request { resource_types: vec!["AWS::EC2::*".to_owned()], ..Request::default() };
    let result = offline(side(TEMPLATE, &[]), side(TEMPLATE, &["Name=b"]), false, request);
    assert!(
        matches!(&result, Err(OperationError::RequestRefused(refusal)) if refusal.code.as_deref() == Some("ValidationError")),
        "{result:?}"
    );
}

#[test]
fn options_that_contradict_a_saved_plan_are_refused() {
    let of_plan = ChangeSetOptions { on_failure: Some(OnFailure::DoNothing), ..ChangeSetOptions::default() };
    let check = |requested: RequestedOptions<'_>| requested.check_saved(&of_plan, &StackSettings::default());
    check(RequestedOptions { template_bucket: Some("templates".to_owned()), ..RequestedOptions::default() }).unwrap();
    check(RequestedOptions { on_failure: Some(OnFailure::DoNothing), ..RequestedOptions::default() }).unwrap();
    check(RequestedOptions { disable_rollback: true, ..RequestedOptions::default() }).unwrap();
    let result = check(RequestedOptions { on_failure: Some(OnFailure::Rollback), ..RequestedOptions::default() });
    assert!(matches!(result, Err(OperationError::DecidedBySavedPlan(DecidedOption::OnFailure))), "{result:?}");
    let result = check(RequestedOptions { rollback_alarms: Some(vec!["arn:a".to_owned()]), ..RequestedOptions::default() });
    assert!(matches!(result, Err(OperationError::DecidedBySavedPlan(DecidedOption::RollbackAlarms))), "{result:?}");
}
