//! Principals of trust policies and resource policies.

use serde_json::json;

use super::Expected::{New, Nothing};
use super::{check, trust};

#[test]
fn new_access_is_found_by_meaning() {
    check(vec![
        ("root vs id", trust(json!({"AWS":"arn:aws:iam::111111111111:root"})), trust(json!({"AWS":"111111111111"})), Nothing),
        ("id vs root", trust(json!({"AWS":"111111111111"})), trust(json!({"AWS":"arn:aws:iam::111111111111:root"})), Nothing),
        (
            "root pseudo",
            trust(json!({"AWS":{"Fn::Sub":"arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}})),
            trust(json!({"AWS":{"Ref":"AWS::AccountId"}})),
            Nothing,
        ),
        (
            "caller account of kms",
            trust(json!({"AWS":"111111111111"})),
            json!({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"}}}),
            Nothing,
        ),
        (
            "caller account of kms reversed",
            json!({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"}}}),
            trust(json!({"AWS":"arn:aws:iam::111111111111:role/x"})),
            Nothing,
        ),
        (
            "caller account of kms removed",
            json!({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"}}}),
            trust(json!("*")),
            New,
        ),
        ("account to role", trust(json!({"AWS":"111111111111"})), trust(json!({"AWS":"arn:aws:iam::111111111111:role/x"})), Nothing),
        ("role to account", trust(json!({"AWS":"arn:aws:iam::111111111111:role/x"})), trust(json!({"AWS":"111111111111"})), New),
        ("cross account", trust(json!({"AWS":"111111111111"})), trust(json!({"AWS":["111111111111","222222222222"]})), New),
        (
            "service added",
            trust(json!({"Service":"ec2.amazonaws.com"})),
            trust(json!({"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]})),
            New,
        ),
        (
            "service moved",
            json!([trust(json!({"Service":"ec2.amazonaws.com"})), trust(json!({"Service":"lambda.amazonaws.com"}))]),
            trust(json!({"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]})),
            Nothing,
        ),
        ("star forms", trust(json!("*")), trust(json!({"AWS":"*"})), Nothing),
        ("star forms 2", trust(json!({"AWS":["*"]})), trust(json!("*")), Nothing),
        ("to star", trust(json!({"AWS":"111111111111"})), trust(json!("*")), New),
        (
            "notprincipal",
            trust(json!("*")),
            json!({"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"111111111111"}}),
            Nothing,
        ),
        (
            "notprincipal deny narrower",
            json!([trust(json!("*")), {"Effect":"Deny","Action":"*","NotPrincipal":{"AWS":"111111111111"}}]),
            json!([trust(json!("*")), {"Effect":"Deny","Action":"*","NotPrincipal":{"AWS":["111111111111","222222222222"]}}]),
            New,
        ),
        (
            "session of role",
            trust(json!({"AWS":"arn:aws:iam::111111111111:role/p/x"})),
            trust(json!({"AWS":"arn:aws:sts::111111111111:assumed-role/x/s"})),
            Nothing,
        ),
        (
            "everyone in an account to the account",
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}),
            trust(json!({"AWS": "arn:aws:iam::111111111111:root"})),
            Nothing,
        ),
        (
            "the account to everyone in it",
            trust(json!({"AWS": "111111111111"})),
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}),
            Nothing,
        ),
        (
            "everyone in an account to another account",
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}),
            trust(json!({"AWS": "222222222222"})),
            New,
        ),
        (
            "two accounts, joined",
            json!([trust(json!({"AWS": "111111111111"})), trust(json!({"AWS": "222222222222"}))]),
            trust(json!({"AWS": ["arn:aws:iam::222222222222:role/x", "111111111111"]})),
            Nothing,
        ),
    ]);
}
