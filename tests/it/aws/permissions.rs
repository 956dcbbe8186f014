//! The caller's permissions: IAM's simulation before a change.

use super::super::program::{Bench, Run};
use super::wire::{RecordedRequest, Wire, refusal, success};

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/deployer";

/// Returns the decision of IAM for an action: `allowed`, `implicitDeny`, ...
type Decide = fn(&str) -> &'static str;

/// Returns the fields of a list, in order.
fn fields(request: &RecordedRequest, list: &str) -> Vec<String> {
    (1..).map_while(|number| request.field(&format!("{list}.member.{number}"))).collect()
}

fn simulated(request: &RecordedRequest, decide: Decide) -> (u16, String) {
    let resources = fields(request, "ResourceArns");
    let one = |action: &String| {
        let decision = decide(action);
        let missing = if decision == "conditional" { "<member>aws:MultiFactorAuthPresent</member>" } else { "" };
        let decision = if decision == "conditional" { "implicitDeny" } else { decision };
        let specific: String = resources
            .iter()
            .map(|resource| {
                format!(
                    "<member><EvalResourceName>{resource}</EvalResourceName><EvalResourceDecision>{decision}</EvalResourceDecision>\
                     <MissingContextValues>{missing}</MissingContextValues></member>"
                )
            })
            .collect();
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>{decision}</EvalDecision>\
             <MissingContextValues>{missing}</MissingContextValues><ResourceSpecificResults>{specific}</ResourceSpecificResults></member>"
        )
    };
    // The response always has two pages.
    let actions = fields(request, "ActionNames");
    let (first, second) = actions.split_at(actions.len() / 2);
    let (page, more) = match request.field("Marker") {
        None if !first.is_empty() => (first, "<IsTruncated>true</IsTruncated><Marker>two</Marker>"),
        _ => (second, "<IsTruncated>false</IsTruncated>"),
    };
    let results: String = page.iter().map(one).collect();
    success("SimulatePrincipalPolicy", &format!("<EvaluationResults>{results}</EvaluationResults>{more}"))
}

/// An account without the stack `jobs`. The caller is a session of a role that has a path.
fn account(arn: &'static str, decide: Decide) -> Wire {
    Wire::new(move |request| match request.action.as_str() {
        "GetCallerIdentity" => success("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>A</UserId><Account>111122223333</Account>")),
        "GetRole" => success(
            "GetRole",
            &format!(
                "<Role><Path>/teams/</Path><RoleName>deployer</RoleName><RoleId>A</RoleId><Arn>{ROLE}</Arn>\
                 <CreateDate>2026-01-02T03:04:05Z</CreateDate></Role>"
            ),
        ),
        "SimulatePrincipalPolicy" => simulated(request, decide),
        "DescribeStacks" => refusal("ValidationError", "Stack with id jobs does not exist"),
        action => refusal("InvalidAction", &format!("unexpected request: {action}")),
    })
}

const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/deployer/ci";

fn bench() -> Bench {
    let bench = Bench::new();
    let template = r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" }, "Layers": { "Type": "AWS::ECR::Repository" },
        "Network": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": "10.0.0.0/16" } } } }"#;
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: jobs.json\n").file("jobs.json", template);
    bench
}

/// Returns standard error on one line.
fn output(run: &Run) -> String {
    run.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn preflight(wire: &Wire, more: &str) -> Run {
    wire.run(&bench(), &format!("plan --preflight {more}"))
}

#[test]
fn permissions_of_a_session_are_simulated_once_with_the_arn_of_its_role() {
    let wire = account(SESSION, |_| "allowed");
    let run = preflight(&wire, "-v");
    assert_eq!(run.code, 0, "{run}");
    assert!(!output(&run).contains("[permissions]"), "{run}");
    let requests = wire.all("SimulatePrincipalPolicy");
    assert!(
        requests.iter().all(|request| request.field("PolicySourceArn").as_deref() == Some(ROLE)),
        "the ARN contains the path of the role"
    );
    let actions: Vec<String> = requests.iter().flat_map(|request| fields(request, "ActionNames")).collect();
    for action in ["cloudformation:CreateChangeSet", "sqs:CreateQueue", "ecr:CreateRepository", "ec2:CreateVpc"] {
        assert!(actions.iter().any(|request| request == action), "{action} {actions:?}");
    }
    assert!(requests.len() <= 12, "few calls: {}", requests.len());
}

#[test]
fn a_denied_action_that_is_certainly_called_stops_the_plan() {
    let lacks = account(SESSION, |action| if action == "ecr:CreateRepository" { "implicitDeny" } else { "allowed" });
    let run = preflight(&lacks, "");
    assert_eq!(run.code, 3, "{run}");
    assert!(output(&run).contains(&format!("error[permissions]: {ROLE}")), "{run}");
    assert!(output(&run).contains("denied and required by the plan: ecr:CreateRepository"), "{run}");
    assert!(output(&run).contains("rackform permissions --for request,resources --format policy"), "{run}");

    let forbids = account(SESSION, |action| if action == "ec2:CreateVpc" { "explicitDeny" } else { "allowed" });
    let run = preflight(&forbids, "");
    assert!(run.code == 3 && output(&run).contains("ec2:CreateVpc (explicitly)"), "{run}");
}

#[test]
fn a_denied_action_that_may_be_called_is_a_warning() {
    let rarely = account(SESSION, |action| if action == "cloudformation:CancelUpdateStack" { "implicitDeny" } else { "allowed" });
    let run = preflight(&rarely, "");
    assert!(run.code == 0 && output(&run).contains("warning[permissions]"), "{run}");
    assert!(output(&run).contains("denied and possibly required: cloudformation:CancelUpdateStack"), "{run}");

    let conditional = account(SESSION, |action| if action == "ecr:CreateRepository" { "conditional" } else { "allowed" });
    let run = preflight(&conditional, "");
    assert!(run.code == 0 && output(&run).contains("unless aws:MultiFactorAuthPresent allows it"), "{run}");
}

#[test]
fn without_permission_to_simulate_the_plan_is_not_stopped() {
    let wire = Wire::new(|request| match request.action.as_str() {
        "SimulatePrincipalPolicy" => refusal("AccessDenied", "not authorized to perform: iam:SimulatePrincipalPolicy"),
        "GetCallerIdentity" => {
            success("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/dev</Arn><UserId>A</UserId><Account>111122223333</Account>")
        }
        _ => refusal("ValidationError", "Stack with id jobs does not exist"),
    });
    let run = preflight(&wire, "");
    assert_eq!(run.code, 0, "{run}");
    assert!(
        output(&run).contains("unchecked[permissions]") && output(&run).contains("no permission for iam:SimulatePrincipalPolicy"),
        "{run}"
    );
    assert_eq!(wire.all("SimulatePrincipalPolicy").len(), 1);
}

#[test]
fn the_root_user_is_not_simulated_and_a_cloudformation_role_is() {
    let root = account("arn:aws:iam::111122223333:root", |_| "implicitDeny");
    let run = preflight(&root, "");
    assert_eq!(run.code, 0, "{run}");
    assert!(root.all("SimulatePrincipalPolicy").is_empty());

    let wire = account(SESSION, |action| if action == "sqs:CreateQueue" { "implicitDeny" } else { "allowed" });
    let role = "arn:aws:iam::111122223333:role/cloudformation";
    let run = preflight(&wire, &format!("--cloudformation-role-arn {role}"));
    assert!(run.code == 3 && output(&run).contains(&format!("error[permissions]: {role}")), "{run}");
    for request in wire.all("SimulatePrincipalPolicy") {
        let source = request.field("PolicySourceArn").unwrap();
        let actions = fields(&request, "ActionNames");
        assert_eq!(
            source == role,
            !actions.iter().any(|action| action.starts_with("cloudformation:") || action == "iam:PassRole"),
            "{actions:?}"
        );
    }
    let passed = wire.all("SimulatePrincipalPolicy");
    assert!(passed.iter().any(|request| fields(request, "ActionNames") == ["iam:PassRole"] && fields(request, "ResourceArns") == [role]));
}

#[test]
fn actions_that_iam_cannot_simulate_together_are_simulated_separately() {
    let wire = Wire::new(|request| match request.action.as_str() {
        "SimulatePrincipalPolicy" => {
            let actions = fields(request, "ActionNames");
            if actions.len() > 1 && actions.iter().any(|action| action == "ec2:CreateVpc") {
                return refusal("InvalidInput", "the actions require different authorization information");
            }
            simulated(request, |action| if action == "ec2:CreateVpc" { "explicitDeny" } else { "allowed" })
        }
        "GetCallerIdentity" => {
            success("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/dev</Arn><UserId>A</UserId><Account>111122223333</Account>")
        }
        _ => refusal("ValidationError", "Stack with id jobs does not exist"),
    });
    let run = preflight(&wire, "");
    assert!(run.code == 3 && output(&run).contains("denied and required by the plan: ec2:CreateVpc (explicitly)"), "{run}");
}
