//! The real rack template under several parameter sets.

use rackform::evaluate::State;
use rackform::plan::RiskKind;
use serde_json::json;

use super::{effect_lines, plan_texts};
use crate::support::shared_data;

const BASE: &[&str] = &["Password=hunter2hunter2", "Version=1"];

fn rack() -> Option<(String, State)> {
    let text = std::fs::read_to_string(shared_data()?.join("convox-rack-20260421.json")).unwrap();
    let pseudo = json!({"pseudo": {"AWS::Region": "us-east-1", "AWS::AccountId": "111111111111", "AWS::StackName": "rack", "AWS::Partition": "aws"}});
    Some((text, serde_json::from_value(pseudo).unwrap()))
}

#[test]
fn a_template_against_itself_is_empty() {
    let Some((text, state)) = rack() else { return };
    for flags in
        [&[][..], &["BuildMethod=fargate"], &["HighAvailability=false"], &["Private=Yes", "Internal=Yes"], &["MaxAvailabilityZones=2"]]
    {
        let flags: Vec<&str> = BASE.iter().chain(flags).copied().collect();
        let plan = plan_texts((&text, &flags), (&text, &flags), &state);
        assert!(!plan.has_changes(), "{flags:?}: {:?}", effect_lines(&plan));
        assert!(plan.risks.is_empty() && plan.parameters.is_empty());
    }
}

#[test]
fn planning_is_deterministic_and_shows_no_secret() {
    let Some((text, state)) = rack() else { return };
    let other: Vec<&str> =
        BASE.iter().copied().chain(["Private=Yes", "LogRetention=30", "InstanceType=m5.large", "VPCCIDR=10.1.0.0/16"]).collect();
    let bytes = || serde_json::to_string(&plan_texts((&text, BASE), (&text, &other), &state)).unwrap();
    let first = bytes();
    assert_eq!(first, bytes());
    assert!(!first.contains("hunter2"));
}

#[test]
fn changing_the_network_replaces_the_vpc_and_the_resources_in_it() {
    let Some((text, state)) = rack() else { return };
    let other: Vec<&str> = BASE.iter().copied().chain(["VPCCIDR=10.1.0.0/16"]).collect();
    let plan = plan_texts((&text, BASE), (&text, &other), &state);
    let lines = effect_lines(&plan);
    for expected in ["replaced Vpc", "replaced Subnet0", "replaced InstancesSecurity", "updated-in-place HostedZone"] {
        assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:#?}");
    }
}

#[test]
fn an_upgrade_reports_the_policy_that_became_wider_and_not_the_role_that_lost_administrator() {
    let (Some((text, state)), Some(folder)) = (rack(), shared_data()) else { return };
    let old = std::fs::read_to_string(folder.join("convox-rack-250.json")).unwrap();
    let plan = plan_texts((&old, BASE), (&text, BASE), &state);
    let risks = plan.risks.iter().filter(|risk| risk.kind == RiskKind::SecurityWidening);
    let of = |id: &str| risks.clone().filter(|risk| risk.logical_resource_id.as_deref() == Some(id)).collect::<Vec<_>>();
    let [policy] = of("ApiPolicyV2")[..] else { panic!("{:?}", of("ApiPolicyV2")) };
    assert!(policy.certainty.is_certain());
    for kind in ["instance-profile", "policy", "role"] {
        assert!(policy.reason.contains(&format!("`arn:aws:iam::*:{kind}/*`")), "{}", policy.reason);
    }
    assert!(policy.reason.starts_with("A policy of `ApiPolicyV2` now allows `iam:PassRole`"), "{}", policy.reason);
    assert!(of("CustomTopicRole").is_empty(), "{:?}", of("CustomTopicRole"));
}
