//! Intrinsic functions and policy variables, whose values are not known.

use serde_json::json;

use super::Expected::{New, Nothing, Possible};
use super::{allow, bucket, check, deny, objects, x, y};

#[test]
fn new_access_is_found_by_meaning() {
    check(vec![
        (
            "role path",
            allow("iam:PassRole".into(), json!({"Fn::Sub":"arn:${AWS::Partition}:iam::*:role/convox/*"})),
            allow("iam:PassRole".into(), json!({"Fn::Sub":"arn:${AWS::Partition}:iam::*:role/*"})),
            New,
        ),
        (
            "role path reverse",
            allow("iam:PassRole".into(), json!({"Fn::Sub":"arn:${AWS::Partition}:iam::*:role/*"})),
            allow("iam:PassRole".into(), json!({"Fn::Sub":"arn:${AWS::Partition}:iam::*:role/convox/*"})),
            Nothing,
        ),
        (
            "sub vs join",
            allow("s3:*".into(), json!({"Fn::Sub":"arn:aws:s3:::${B}/*"})),
            allow("s3:*".into(), json!({"Fn::Join":["",["arn:aws:s3:::",{"Ref":"B"},"/*"]]})),
            Nothing,
        ),
        (
            "join colon",
            allow("s3:*".into(), json!({"Fn::Sub":"arn:aws:s3:::${B}/*"})),
            allow("s3:*".into(), json!({"Fn::Join":[":",["arn:aws:s3::",{"Fn::Join":["/",[{"Ref":"B"},"*"]]}]]})),
            Nothing,
        ),
        ("getatt spelling", allow("s3:*".into(), json!({"Fn::Sub":"${B.Arn}/*"})), allow("s3:*".into(), objects()), Nothing),
        ("unknown same", allow("s3:*".into(), x()), allow("s3:Get*".into(), x()), Nothing),
        ("unknown different", allow("s3:*".into(), x()), allow("s3:*".into(), y()), Possible),
        ("unknown to star", allow("s3:*".into(), x()), allow("s3:*".into(), "*".into()), New),
        ("star to unknown", allow("s3:*".into(), "*".into()), allow("s3:*".into(), x()), Nothing),
        (
            "unknown prefix",
            allow("s3:*".into(), json!({"Fn::Sub":"arn:aws:iam::1:role/*"})),
            allow("s3:*".into(), json!({"Fn::Sub":"arn:aws:iam::1:role/convox/${X}"})),
            Nothing,
        ),
        ("bucket to objects", allow("s3:*".into(), bucket()), allow("s3:*".into(), objects()), New),
        ("objects to both", allow("s3:*".into(), objects()), allow("s3:*".into(), json!([bucket(), objects()])), New),
        ("known vs unknown", allow("s3:*".into(), x()), allow("s3:*".into(), "abc".into()), Possible),
        (
            "different unknown prefix",
            allow("s3:*".into(), json!({"Fn::Sub":"a/${X}"})),
            allow("s3:*".into(), json!({"Fn::Sub":"b/${X}"})),
            New,
        ),
        (
            "deny unknown kept",
            json!([allow("s3:*".into(), "*".into()), deny("s3:*".into(), x())]),
            json!([allow("s3:Get*".into(), "*".into()), deny("s3:*".into(), x())]),
            Nothing,
        ),
        (
            "deny unknown changed",
            json!([allow("s3:*".into(), "*".into()), deny("s3:*".into(), x())]),
            json!([allow("s3:Get*".into(), "*".into()), deny("s3:*".into(), y())]),
            Possible,
        ),
        (
            "deny becomes unknown",
            json!([allow("s3:*".into(), "*".into()), deny("s3:*".into(), "abc".into())]),
            json!([allow("s3:Get*".into(), x())]),
            Possible,
        ),
        (
            "variable",
            allow("s3:*".into(), "home/${aws:username}/*".into()),
            allow("s3:*".into(), "home/${AWS:UserName}/a*".into()),
            Nothing,
        ),
        ("variable removed", allow("s3:*".into(), "home/${aws:username}/*".into()), allow("s3:*".into(), "home/*".into()), New),
        ("escaped star", allow("s3:*".into(), "a/*".into()), allow("s3:*".into(), "a/${*}".into()), Nothing),
        ("escaped star 2", allow("s3:*".into(), "a/${*}".into()), allow("s3:*".into(), "a/*".into()), New),
        (
            "fn if statement",
            json!([{"Fn::If":["C", allow("s3:*".into(),"*".into()), {"Ref":"AWS::NoValue"}]}]),
            json!([{"Fn::If":["C", allow("s3:Get*".into(),"*".into()), {"Ref":"AWS::NoValue"}]}]),
            Nothing,
        ),
        (
            "fn if statement unconditional",
            json!([{"Fn::If":["C", allow("s3:*".into(),"*".into()), {"Ref":"AWS::NoValue"}]}]),
            json!([allow("s3:Get*".into(), "*".into())]),
            Possible,
        ),
        (
            "fn if opens one branch",
            allow("s3:Get*".into(), "*".into()),
            allow(json!({"Fn::If":["C","s3:*","s3:Get*"]}), "*".into()),
            Possible,
        ),
        ("fn if opens both branches", allow("s3:Get*".into(), "*".into()), allow(json!({"Fn::If":["C","s3:*","sqs:*"]}), "*".into()), New),
        (
            "fn if beside a certain statement",
            json!([allow("s3:Get*".into(), "*".into())]),
            json!([allow("s3:*".into(), "*".into()), {"Fn::If":["C", allow("sqs:*".into(),"*".into()), {"Ref":"AWS::NoValue"}]}]),
            New,
        ),
        (
            "a denial under a condition",
            json!([allow("s3:*".into(), "*".into()), deny("s3:Put*".into(), "*".into())]),
            json!([allow("s3:*".into(), "*".into()), {"Fn::If":["C", deny("s3:Put*".into(),"*".into()), {"Ref":"AWS::NoValue"}]}]),
            Possible,
        ),
        (
            "many conditions",
            allow("s3:Get*".into(), "*".into()),
            json!(["A", "B", "C", "D", "E"].map(|name| json!({"Fn::If":[name, allow("s3:*".into(), "*".into()), {"Ref":"AWS::NoValue"}]}))),
            Possible,
        ),
        (
            "fn if both branches",
            json!([{"Fn::If":["C", allow("s3:*".into(),"*".into()), allow("s3:Get*".into(),"*".into())]}]),
            json!([allow("s3:GetObject".into(), "*".into())]),
            Nothing,
        ),
        ("fn if resource", allow("s3:*".into(), json!([{"Fn::If":["C","a","b"]}])), allow("s3:*".into(), json!(["a"])), Possible),
    ]);
}
