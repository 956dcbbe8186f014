//! The permissions of a plan, as valid IAM policies.
#![allow(clippy::unwrap_used)]

use rackform::permissions::MANAGED_POLICY_LIMIT;
use serde_json::Value;

use crate::program::Bench;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\naccount: '111122223333'\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    bench
}

fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let mut actions: Vec<String> = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    actions.sort();
    actions
}

/// Returns what an action is allowed on.
fn resources(policy: &Value, action: &str) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let of_action = statements.iter().filter(|statement| statement["Action"].as_array().unwrap().contains(&action.into()));
    of_action.flat_map(|statement| statement["Resource"].as_array().unwrap()).map(|arn| arn.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_requires_only_the_permissions_of_its_types_and_actions() {
    let bench = bench();
    let policy = bench.run("permissions --for resources --format policy").json();
    let all = actions(&policy);
    for action in ["elasticfilesystem:CreateFileSystem", "elasticfilesystem:CreateMountTarget", "ecr:CreateRepository", "iam:PassRole"] {
        assert!(all.contains(&action.to_owned()), "{action}");
    }
    assert!(!all.iter().any(|action| action.starts_with("rds:") || action.starts_with("elasticache:")), "{all:?}");
    assert_eq!(resources(&policy, "ecr:CreateRepository"), ["arn:aws:ecr:us-east-1:111122223333:repository/demo-build-cache"]);
    let roles = resources(&policy, "iam:PassRole");
    assert!(!roles.is_empty() && roles.iter().all(|arn| arn.starts_with("arn:aws:iam::111122223333:role/")), "{roles:?}");

    assert_eq!(bench.run("apply --yes").code, 0);
    let toggle = bench.run("permissions -p BuildCacheRetentionDays=7 --for resources --format policy").json();
    let fewer = actions(&toggle);
    assert!(fewer.contains(&"ecr:PutLifecyclePolicy".to_owned()), "{fewer:?}");
    assert!(
        !fewer
            .iter()
            .any(|action| action.starts_with("elasticfilesystem:") || action.starts_with("iam:") || action == "ecr:CreateRepository"),
        "{fewer:?}"
    );
    let nothing = bench.run("permissions --for resources --format policy").json();
    assert_eq!(actions(&nothing), [""; 0], "nothing to do takes nothing");
    let life = actions(&bench.run("permissions --lifetime --for resources --format policy").json());
    assert!(fewer.iter().all(|action| life.contains(action)), "a rack's whole life takes what one change does");
}

#[test]
fn read_only_purposes_have_only_read_actions() {
    let run = bench().run("permissions --for verify,preflight --format policy");
    for action in actions(&run.json()) {
        let call = action.split_once(':').unwrap().1;
        assert!(["Describe", "List", "Get", "Detect", "Simulate"].iter().any(|verb| call.starts_with(verb)), "{action}");
    }
}

#[test]
fn policies_are_within_the_limit_and_deterministic() {
    let bench = bench();
    for arguments in ["permissions --format json", "permissions --lifetime --format json", "permissions --lifetime"] {
        let (first, second) = (bench.run(arguments), bench.run(arguments));
        assert_eq!((first.code, &first.stdout), (0, &second.stdout), "{first}");
    }
    let listing = bench.run("permissions --lifetime --format json").json();
    let policies = listing["policies"].as_array().unwrap();
    let mut cut: Vec<String> = policies.iter().flat_map(|policy| actions(&policy["document"])).collect();
    cut.sort();
    assert_eq!(cut, actions(&bench.run("permissions --lifetime --format policy").json()), "cutting loses nothing");
    for policy in policies {
        let text = policy["document"].to_string();
        assert_eq!(policy["characters"], text.len(), "{text}");
        assert!(text.len() <= MANAGED_POLICY_LIMIT, "{}", text.len());
        let sids: Vec<&str> = policy["document"]["Statement"].as_array().unwrap().iter().map(|one| one["Sid"].as_str().unwrap()).collect();
        let unique: std::collections::BTreeSet<&&str> = sids.iter().collect();
        assert_eq!(unique.len(), sids.len(), "{sids:?}");
        assert!(sids.iter().all(|sid| sid.chars().all(|c| c.is_ascii_alphanumeric())), "{sids:?}");
    }
}

#[test]
fn request_permissions_include_every_request_of_the_adapter() {
    let listed = actions(&bench().run("permissions --for verify,preflight --format policy").json());
    let sources = [
        include_str!("../../src/verify/aws/ec2.rs"),
        include_str!("../../src/verify/aws/efs.rs"),
        include_str!("../../src/verify/aws/names.rs"),
        include_str!("../../src/verify/aws/stores.rs"),
        include_str!("../../src/verify/aws/tasks.rs"),
    ];
    let services = ["ec2:", "elasticfilesystem:", "ecs:", "ecr:", "kms:", "logs:", "s3:"];
    let mut seen = 0;
    for text in sources.iter().flat_map(|source| source.split('"')) {
        if services.iter().any(|service| text.starts_with(service)) {
            seen += 1;
            assert!(listed.contains(&text.to_owned()), "{text} is asked and not listed");
        }
    }
    assert!(seen > 15, "{seen}");
}

/// Returns the one statement that allows an action.
fn statement(policy: &Value, action: &str) -> Value {
    let statements = policy["Statement"].as_array().unwrap();
    let found: Vec<&Value> = statements.iter().filter(|one| one["Action"].as_array().unwrap().contains(&action.into())).collect();
    assert_eq!(found.len(), 1, "{action}: {found:#?}");
    found[0].clone()
}

#[test]
fn a_role_for_cloudformation_can_be_passed_only_to_cloudformation() {
    let bench = bench();
    let none = bench.run("permissions --for request --format policy").json();
    assert!(!actions(&none).contains(&"iam:PassRole".to_owned()));
    let role = "arn:aws:iam::111122223333:role/cloudformation";
    let policy = bench.run(&format!("permissions --for request --format policy --cloudformation-role-arn {role}")).json();
    let passing = statement(&policy, "iam:PassRole");
    assert_eq!(passing["Resource"], serde_json::json!([role]));
    assert_eq!(passing["Condition"], serde_json::json!({"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}));
    bench.file("rack.yaml", format!("name: demo\naccount: '111122223333'\ncloudformation_role_arn: {role}\n"));
    let shown = bench.run("permissions --for request");
    assert!(shown.stdout.contains(role) && shown.stdout.contains("passed to cloudformation.amazonaws.com only"), "{shown}");
}

#[test]
fn build_permissions_include_every_request_of_a_build() {
    let listed = actions(&bench().run("permissions --for build --format policy").json());
    let sources = [
        ("ecs", include_str!("../../src/build/aws/ecs.rs")),
        ("elasticfilesystem", include_str!("../../src/build/aws/efs.rs")),
        ("logs", include_str!("../../src/build/aws/logs.rs")),
    ];
    let mut seen = Vec::new();
    for (service, source) in sources {
        for call in source.split("request_error(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let action = format!("{service}:{call}");
            assert!(listed.contains(&action), "{action} is requested and not listed");
            seen.push(action);
        }
    }
    assert!(seen.len() >= 5, "{seen:?}");
    assert!(listed.contains(&"ecr:GetAuthorizationToken".to_owned()), "builds request registry credentials");
    assert!(listed.contains(&"iam:PassRole".to_owned()), "RunTask passes the task's roles");
}
