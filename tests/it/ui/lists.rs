//! Lists and long values in the human view of a plan.

use serde_json::{Value as Json, json};

use super::Bench;

fn diff(before: &Json, after: &Json) -> String {
    let bench = Bench::new();
    let text = |resources: &Json| json!({ "Resources": resources }).to_string();
    bench.file("old.json", text(before)).file("new.json", text(after));
    let run = bench.run("diff old.json new.json");
    assert_eq!(run.code, 0, "{run}");
    run.stdout
}

#[test]
fn a_rule_removed_from_the_middle_is_one_line() {
    let group = |ports: &[u16], tags: &[&str]| {
        let rule = |port: &u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
        let tag = |key: &&str| json!({"Key": key, "Value": "v"});
        json!({"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
            "GroupDescription": "g",
            "SecurityGroupIngress": ports.iter().map(rule).collect::<Json>(),
            "Tags": tags.iter().map(tag).collect::<Json>()
        }}})
    };
    insta::assert_snapshot!(diff(&group(&[22, 80, 443, 8080], &["a", "b"]), &group(&[22, 443, 8080], &["a", "new", "b"])), @r#"
    Change set for old.json -> new.json (predicted offline)

    Updates
     ~  G  AWS::EC2::SecurityGroup  update, no interruption
          SecurityGroupIngress.1  {"IpProtocol":"tcp","FromPort":"80","ToPort":"80","CidrIp":"10.0.0.0/8"} -> (absent)
          Tags.1                  (absent) -> {"Key":"new","Value":"v"}

    Plan: 0 to add, 1 to update, 0 to replace, 0 to remove.
    "#);
}

#[test]
fn lists_of_the_same_length_are_compared_by_index() {
    let role = |arns: &[&str]| json!({"R": {"Type": "AWS::IAM::User", "Properties": {"Groups": arns}}});
    let shown = diff(&role(&["a", "b", "c"]), &role(&["a", "x", "c"]));
    assert!(shown.contains("Groups.1  b -> x\n"), "{shown}");
}

#[test]
fn output_to_a_file_is_never_shortened() {
    let parameter = |middle: &str| {
        let value = format!("{}{middle}{}", "x".repeat(2_000), "y".repeat(2_000));
        json!({"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}})
    };
    let shown = diff(&parameter("before"), &parameter("after"));
    assert!(shown.contains(&format!("before{}", "y".repeat(2_000))) && shown.contains(&format!("{}after", "x".repeat(2_000))), "{shown}");
}
