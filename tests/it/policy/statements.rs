//! Effects, actions and resources.

use serde_json::json;

use super::Expected::{New, Nothing, Possible};
use super::{allow, check, deny};

#[test]
fn new_access_is_found_by_meaning() {
    check(vec![
        ("same", allow("s3:*".into(), "*".into()), allow("s3:*".into(), "*".into()), Nothing),
        ("case", allow("s3:getobject".into(), "a".into()), allow("S3:GetObject".into(), "a".into()), Nothing),
        (
            "sid",
            json!([allow("s3:Get*".into(), "a".into())]),
            json!({"Sid":"x","Effect":"Allow","Action":["s3:Get*"],"Resource":["a"]}),
            Nothing,
        ),
        ("narrower actions", allow("s3:Get*".into(), "*".into()), allow(json!(["s3:GetObject", "s3:GetBucket*"]), "*".into()), Nothing),
        ("wider actions", allow("s3:Get*".into(), "*".into()), allow("s3:*".into(), "*".into()), New),
        (
            "action split",
            allow(json!(["s3:Get*", "s3:Put*"]), "*".into()),
            json!([allow("s3:Get*".into(), "*".into()), allow("s3:Put*".into(), "*".into())]),
            Nothing,
        ),
        (
            "union covers",
            json!([allow("s3:*".into(), "a/*".into()), allow("s3:*".into(), "b/*".into())]),
            allow("s3:Get*".into(), json!(["a/1", "b/2"])),
            Nothing,
        ),
        (
            "cross product",
            json!([allow("s3:Get*".into(), "a".into()), allow("s3:Put*".into(), "b".into())]),
            allow(json!(["s3:Get*", "s3:Put*"]), json!(["a", "b"])),
            New,
        ),
        ("union of patterns", allow(json!(["s3:a*", "s3:b*"]), "*".into()), allow(json!("s3:a?b"), "*".into()), Nothing),
        (
            "union of notaction",
            json!([{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}, allow("s3:*".into(),"*".into())]),
            allow("*".into(), "*".into()),
            Nothing,
        ),
        (
            "star minus deny",
            json!([allow("*".into(), "*".into()), deny("s3:DeleteObject".into(), "*".into())]),
            allow(json!("s3:GetObject*"), "*".into()),
            Nothing,
        ),
        (
            "star minus deny 2",
            json!([allow("*".into(), "*".into()), deny("s3:DeleteObject".into(), "*".into())]),
            allow(json!("s3:*Object"), "*".into()),
            New,
        ),
        (
            "deny removed",
            json!([allow("*".into(), "*".into()), deny("s3:DeleteObject".into(), "*".into())]),
            allow(json!("*"), "*".into()),
            New,
        ),
        (
            "deny narrowed",
            json!([allow("*".into(), "*".into()), deny("s3:*".into(), "*".into())]),
            json!([allow(json!("*"),"*".into()), {"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::a/*"}]),
            New,
        ),
        (
            "deny split",
            json!([allow("*".into(), "*".into()), deny("s3:*".into(), "*".into())]),
            json!([allow(json!("*"),"*".into()), {"Effect":"Deny","Action":"s3:*","NotResource":"a/*"}, deny("s3:*".into(),"a/*".into())]),
            Nothing,
        ),
        ("deny added", allow("*".into(), "*".into()), json!([allow("*".into(), "*".into()), deny("iam:*".into(), "*".into())]), Nothing),
        (
            "star to notaction",
            json!([allow("*".into(), "*".into()), deny("iam:*".into(), "*".into())]),
            json!({"Effect":"Allow","NotAction":"iam:*","Resource":"*"}),
            Nothing,
        ),
        (
            "notaction to star+deny",
            json!({"Effect":"Allow","NotAction":"iam:*","Resource":"*"}),
            json!([allow("*".into(), "*".into()), deny("iam:*".into(), "*".into())]),
            Nothing,
        ),
        (
            "notaction narrower",
            json!({"Effect":"Allow","NotAction":"iam:*","Resource":"*"}),
            json!({"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}),
            Nothing,
        ),
        (
            "notaction wider",
            json!({"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}),
            json!({"Effect":"Allow","NotAction":"iam:*","Resource":"*"}),
            New,
        ),
        (
            "notresource wider",
            json!({"Effect":"Allow","Action":"s3:*","NotResource":["a","b"]}),
            json!({"Effect":"Allow","Action":"s3:*","NotResource":["a"]}),
            New,
        ),
        ("resource wider", allow("s3:*".into(), "bucket/a*".into()), allow("s3:*".into(), "bucket/*".into()), New),
        ("resource narrower", allow("s3:*".into(), "bucket/*".into()), allow("s3:*".into(), "bucket/a*".into()), Nothing),
        ("resource case", allow("s3:*".into(), "Bucket".into()), allow("s3:*".into(), "bucket".into()), New),
        ("empty", json!([]), json!([]), Nothing),
        ("empty actions", json!([]), allow(json!([]), "*".into()), Nothing),
        (
            "allow shrinks with deny",
            json!([allow("s3:*".into(), "*".into()), deny("s3:Delete*".into(), "*".into())]),
            json!([allow("s3:Get*".into(), "*".into())]),
            Nothing,
        ),
        ("deny alone removed", json!([deny("s3:Delete*".into(), "*".into())]), json!([]), Possible),
        ("version variables", json!([allow("s3:*".into(), "a".into())]), json!([allow("s3:*".into(), "a".into())]), Nothing),
    ]);
}
