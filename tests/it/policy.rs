//! Whether new policies grant access that the old ones did not.

#![allow(clippy::unwrap_used, clippy::panic)]

mod conditions;
mod network;
mod principals;
mod statements;
mod unknown;

use rackform::policy::{Document, Kind, NewAccess, Source, compare};
use serde_json::{Value as Json, json};

/// The expected answer to "does the new policy grant anything that the old one did not?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Nothing,
    Possible,
    New,
}

use Expected::{New, Nothing, Possible};

fn document(statements: Json) -> Document {
    Document::Policy(json!({"Version": "2012-10-17", "Statement": statements}))
}

fn verdict(found: &[NewAccess]) -> Expected {
    match found {
        [] => Nothing,
        found if found.iter().any(|access| access.is_certain) => New,
        _ => Possible,
    }
}

/// Checks a table of names, old statements, new statements and expected answers, and reports every wrong line at once.
fn check(cases: Vec<(&str, Json, Json, Expected)>) {
    let wrong = |(name, old, new, expected): (&str, Json, Json, Expected)| {
        let found = compare(Kind::Identity, &[document(old)], &[document(new)]);
        (verdict(&found) != expected).then(|| format!("{name}: {found:?} instead of {expected:?}"))
    };
    let wrong: Vec<String> = cases.into_iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn allow(action: Json, resource: Json) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: Json, resource: Json) -> Json {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

/// Returns a statement with a condition block.
fn under(condition: Json) -> Json {
    json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": condition})
}

fn trust(principal: Json) -> Json {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
}

fn x() -> Json {
    json!({"Ref": "X"})
}

fn y() -> Json {
    json!({"Ref": "Y"})
}

fn bucket() -> Json {
    json!({"Fn::GetAtt": ["B", "Arn"]})
}

fn objects() -> Json {
    json!({"Fn::Join": ["", [bucket(), "/*"]]})
}

/// Returns the sentences about new access.
fn texts(kind: Kind, old: &[Document], new: &[Document]) -> Vec<String> {
    compare(kind, old, new).into_iter().map(|access| access.text).collect()
}

#[test]
fn a_witness_names_what_is_new_and_what_was_allowed_before() {
    let role = |path: &str| json!(format!("arn:aws:iam::*:role/{path}"));
    for (old, new, expected) in [
        (
            allow(json!(["iam:GetRole", "iam:PassRole"]), role("convox/*")),
            allow(json!(["iam:GetRole", "iam:PassRole"]), role("*")),
            "`iam:PassRole` and 1 more action on `arn:aws:iam::*:role/*`; before only on `arn:aws:iam::*:role/convox/*`",
        ),
        (allow("s3:Get*".into(), "*".into()), allow("s3:*".into(), "*".into()), "`s3:*` on every resource; before only `s3:Get*`"),
        (trust(json!({"Service": "a"})), trust(json!({"Service": "b"})), "`sts:AssumeRole` to `b`; before only to `a`"),
        (
            under(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
            under(json!({})),
            "`s3:Get*` on every resource without the previous condition on `aws:MultiFactorAuthPresent`",
        ),
    ] {
        assert_eq!(texts(Kind::Identity, &[document(old)], &[document(new)]), [expected]);
    }
}

#[test]
fn a_removed_denial_is_reported_for_the_policy_that_had_it() {
    let all = document(allow("*".into(), "*".into()));
    let denial = document(deny("s3:DeleteObject".into(), "*".into()));
    let found = compare(Kind::Identity, &[all.clone(), denial.clone()], std::slice::from_ref(&all));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].source, found[0].is_certain), (Source::NoLongerDenied(1), true));
    assert_eq!(found[0].text, "`s3:DeleteObject` on every resource");
    // Policies of identities may allow what a policy of a resource denied.
    let found = compare(Kind::Resource, &[denial], &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].source, found[0].is_certain), (Source::NoLongerDenied(0), false));
}

#[test]
fn all_policies_of_a_role_count_together() {
    let managed = |name: &str| Document::Managed(json!(format!("arn:aws:iam::aws:policy/{name}")));
    let one = |action: &str| document(allow(json!(action), "*".into()));
    // A statement moves from one policy to another.
    assert_eq!(texts(Kind::Identity, &[one("s3:*"), one("ec2:*")], &[document(json!([])), one("ec2:*"), one("s3:Get*")]), [""; 0]);
    // A role loses AdministratorAccess.
    assert_eq!(texts(Kind::Identity, &[managed("AdministratorAccess")], &[one("s3:*"), managed("ReadOnlyAccess")]), [""; 0]);
    let new = compare(Kind::Identity, &[one("s3:*")], &[one("s3:*"), managed("AdministratorAccess")]);
    assert_eq!((verdict(&new), new[0].source), (New, Source::Allowed(1)));
    // PowerUserAccess covers everything except IAM and organizations.
    assert_eq!(texts(Kind::Identity, &[managed("PowerUserAccess")], &[managed("PowerUserAccess"), one("ecr:*")]), [""; 0]);
    assert_eq!(verdict(&compare(Kind::Identity, &[managed("PowerUserAccess")], &[managed("PowerUserAccess"), one("iam:PassRole")])), New);
    // The content of another policy is not known.
    assert_eq!(verdict(&compare(Kind::Identity, &[one("s3:*")], &[one("s3:*"), managed("Whatever")])), Possible);
    let partition = Document::Managed(json!({"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/Whatever"}));
    assert_eq!(verdict(&compare(Kind::Identity, &[managed("Whatever")], &[partition])), Nothing);
}

#[test]
fn managed_policies_of_aws_are_compared_with_each_other() {
    let managed = |name: &str| [Document::Managed(json!(format!("arn:aws:iam::aws:policy/{name}")))];
    for (old, new, expected) in [
        ("AdministratorAccess", "ReadOnlyAccess", Nothing),
        ("AdministratorAccess", "PowerUserAccess", Nothing),
        ("ReadOnlyAccess", "AdministratorAccess", New),
        ("PowerUserAccess", "AdministratorAccess", New),
        ("ReadOnlyAccess", "PowerUserAccess", New),
        ("ReadOnlyAccess", "IAMFullAccess", New),
        ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", Nothing),
        ("AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", New),
        ("AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess", New),
        ("AmazonS3FullAccess", "AdministratorAccess", New),
        ("IAMFullAccess", "IAMReadOnlyAccess", Nothing),
        ("AWSLambda_FullAccess", "AmazonVPCFullAccess", Possible),
        ("ReadOnlyAccess", "SecurityAudit", Possible),
        ("AmazonSQSReadOnlyAccess", "AmazonS3ReadOnlyAccess", New),
    ] {
        let found = compare(Kind::WholeIdentity, &managed(old), &managed(new));
        assert_eq!(verdict(&found), expected, "{old} to {new}: {found:?}");
    }
}

#[test]
fn a_removed_denial_of_what_nothing_allows_grants_nothing() {
    let denial = document(deny("s3:Delete*".into(), "*".into()));
    let other = document(allow("ec2:*".into(), "*".into()));
    let unknown = Document::Managed(json!("arn:aws:iam::111122223333:policy/mine"));
    let verdict = |old: &[Document], new: &[Document]| verdict(&compare(Kind::WholeIdentity, old, new));
    assert_eq!(verdict(&[other.clone(), denial.clone()], std::slice::from_ref(&other)), Nothing);
    assert_eq!(verdict(&[unknown.clone(), denial.clone()], std::slice::from_ref(&unknown)), Possible);
    let all = document(allow("s3:*".into(), "*".into()));
    assert_eq!(verdict(&[all.clone(), denial], std::slice::from_ref(&all)), New);
}

#[test]
fn policies_as_text_and_single_statements_are_read() {
    let statement = allow("s3:*".into(), "*".into());
    let text = Document::Policy(json!(json!({"Version": "2012-10-17", "Statement": statement}).to_string()));
    assert_eq!(verdict(&compare(Kind::Identity, &[document(json!([statement]))], std::slice::from_ref(&text))), Nothing);
    assert_eq!(verdict(&compare(Kind::Identity, &[document(json!([]))], &[text])), New);
}

#[test]
fn hostile_policies_are_possible_in_bounded_time() {
    let many = |count: usize, action: &dyn Fn(usize) -> String| {
        document(Json::Array((0..count).map(|n| allow(json!(action(n)), json!(format!("arn:aws:s3:::{n}/*")))).collect()))
    };
    // Thousands of statements without a difference.
    let same = many(3000, &|n| format!("s3:Get{n}"));
    assert_eq!(verdict(&compare(Kind::Identity, std::slice::from_ref(&same), std::slice::from_ref(&same))), Nothing);
    // Thousands of statements that all differ a little.
    let narrower = many(3000, &|n| format!("s3:Get{n}"));
    let wider = many(3000, &|n| format!("s3:Get{n}*"));
    assert_ne!(verdict(&compare(Kind::Identity, &[narrower], &[wider])), Nothing);
    // Patterns with exponentially many combinations.
    let stars: Vec<String> = (0..40).map(|n| format!("*{}*{}*", n * 7, n * 11)).collect();
    let old = document(allow("s3:*".into(), json!(stars)));
    let new = document(allow("s3:*".into(), json!("*1*2*3*4*5*6*7*8*9*")));
    assert_ne!(verdict(&compare(Kind::Identity, &[old], &[new])), Nothing);
    let long = "*a".repeat(20_000);
    let old = document(allow("s3:*".into(), json!(long)));
    let new = document(allow("s3:*".into(), json!(format!("{long}b"))));
    assert_ne!(verdict(&compare(Kind::Identity, &[old], &[new])), Nothing);
    // Many condition keys, whose values are combined.
    let keys = |value: &str| {
        let keys: serde_json::Map<String, Json> = (0..60).map(|n| (format!("aws:RequestTag/{n}"), json!(value))).collect();
        document(under(
            json!({"StringLike": keys, "ForAllValues:StringEquals": {"aws:TagKeys": (0..60).map(|n| n.to_string()).collect::<Vec<_>>()}}),
        ))
    };
    assert_ne!(verdict(&compare(Kind::Identity, &[keys("a*"), keys("b*")], &[keys("c*")])), Nothing);
}
