//! Condition blocks: operators, keys, values and quantifiers.

use serde_json::json;

use super::Expected::{New, Nothing, Possible};
use super::{allow, check, deny, under, x};

#[test]
fn new_access_is_found_by_meaning() {
    check(vec![
        ("cond added", allow("s3:Get*".into(), "*".into()), under(json!({"Bool":{"aws:MultiFactorAuthPresent":"true"}})), Nothing),
        ("mfa removed", under(json!({"Bool":{"aws:MultiFactorAuthPresent":"true"}})), allow("s3:Get*".into(), "*".into()), New),
        (
            "mfa ifexists",
            under(json!({"Bool":{"aws:MultiFactorAuthPresent":"true"}})),
            under(json!({"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}})),
            New,
        ),
        (
            "mfa ifexists narrower",
            under(json!({"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}})),
            under(json!({"Bool":{"aws:multifactorauthpresent":true}})),
            Nothing,
        ),
        (
            "bool union",
            json!([under(json!({"Bool":{"k":"true"}})), under(json!({"Bool":{"k":"false"}})), under(json!({"Null":{"k":"true"}}))]),
            allow("s3:Get*".into(), "*".into()),
            Nothing,
        ),
        (
            "every request has the key",
            json!([under(json!({"Bool":{"aws:SecureTransport":"true"}})), under(json!({"Bool":{"aws:SecureTransport":"false"}}))]),
            allow("s3:Get*".into(), "*".into()),
            Nothing,
        ),
        ("secure transport removed", under(json!({"Bool":{"aws:SecureTransport":"true"}})), allow("s3:Get*".into(), "*".into()), New),
        (
            "every request has a region",
            json!([
                under(json!({"StringEquals":{"aws:RequestedRegion":"eu-west-1"}})),
                under(json!({"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}))
            ]),
            allow("s3:Get*".into(), "*".into()),
            Nothing,
        ),
        ("key renamed", under(json!({"StringEquals":{"aws:a":"1"}})), under(json!({"StringEquals":{"aws:b":"1"}})), New),
        ("key case", under(json!({"StringEquals":{"aws:SourceVpc":"1"}})), under(json!({"StringEquals":{"AWS:sourcevpc":"1"}})), Nothing),
        ("fewer values", under(json!({"StringEquals":{"a":["1","2"]}})), under(json!({"StringEquals":{"a":"1"}})), Nothing),
        ("more values", under(json!({"StringEquals":{"a":["1"]}})), under(json!({"StringEquals":{"a":["1","2"]}})), New),
        ("equals to like", under(json!({"StringEquals":{"a":"o-1"}})), under(json!({"StringLike":{"a":"o-*"}})), New),
        ("like to equals", under(json!({"StringLike":{"a":"o-*"}})), under(json!({"StringEquals":{"a":["o-1","o-2"]}})), Nothing),
        ("equals star is literal", under(json!({"StringLike":{"a":"o-*"}})), under(json!({"StringEquals":{"a":"o-*"}})), Nothing),
        ("equals star is literal 2", under(json!({"StringEquals":{"a":"*"}})), under(json!({"StringLike":{"a":"*"}})), New),
        ("equals same as like", under(json!({"StringLike":{"a":"o-1"}})), under(json!({"StringEquals":{"a":"o-1"}})), Nothing),
        ("ignore case wider", under(json!({"StringEquals":{"a":"Ab"}})), under(json!({"StringEqualsIgnoreCase":{"a":"aB"}})), New),
        ("ignore case narrower", under(json!({"StringEqualsIgnoreCase":{"a":"Ab"}})), under(json!({"StringEquals":{"a":"aB"}})), Nothing),
        ("not equals narrower", under(json!({"StringNotEquals":{"a":"1"}})), under(json!({"StringNotEquals":{"a":["1","2"]}})), Nothing),
        ("not equals wider", under(json!({"StringNotEquals":{"a":["1","2"]}})), under(json!({"StringNotEquals":{"a":["1"]}})), New),
        ("equals in not equals", under(json!({"StringNotEquals":{"a":["1","2"]}})), under(json!({"StringEquals":{"a":["3"]}})), Nothing),
        ("like star is presence", under(json!({"StringLike":{"a":"*"}})), under(json!({"Null":{"a":"false"}})), Nothing),
        ("null false removed", under(json!({"Null":{"a":"false"}})), allow("s3:Get*".into(), "*".into()), New),
        (
            "ip narrower",
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.0.0/16"}})),
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.1.0/24"}})),
            Nothing,
        ),
        (
            "ip wider",
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.1.0/24"}})),
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.0.0/16"}})),
            New,
        ),
        (
            "ip union",
            under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/25","10.0.0.128/25"]}})),
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.0.0/24"}})),
            Nothing,
        ),
        (
            "ip union over statements",
            json!([
                under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/25"]}})),
                under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.128/25"]}}))
            ]),
            under(json!({"IpAddress":{"aws:SourceIp":"10.0.0.0/24"}})),
            Nothing,
        ),
        (
            "ip single",
            under(json!({"IpAddress":{"aws:SourceIp":"1.2.3.4"}})),
            under(json!({"IpAddress":{"aws:SourceIp":"1.2.3.4/32"}})),
            Nothing,
        ),
        (
            "not ip",
            under(json!({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/16"}})),
            under(json!({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/24"}})),
            New,
        ),
        (
            "not ip narrower",
            under(json!({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/24"}})),
            under(json!({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/16"}})),
            Nothing,
        ),
        ("ip all", under(json!({"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}})), allow("s3:Get*".into(), "*".into()), New),
        (
            "ip unknown",
            under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/8",x()]}})),
            under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}})),
            Nothing,
        ),
        (
            "ip unknown added",
            under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}})),
            under(json!({"IpAddress":{"aws:SourceIp":["10.0.0.0/8",x()]}})),
            Possible,
        ),
        ("numeric", under(json!({"NumericLessThan":{"a":"10"}})), under(json!({"NumericLessThan":{"a":"20"}})), New),
        ("numeric narrower", under(json!({"NumericLessThan":{"a":"10"}})), under(json!({"NumericLessThanEquals":{"a":"9"}})), Nothing),
        ("numeric int", under(json!({"NumericLessThanEquals":{"a":"9"}})), under(json!({"NumericLessThan":{"a":"10"}})), Possible),
        (
            "numeric interval",
            under(json!({"NumericLessThan":{"a":"10"},"NumericGreaterThan":{"a":"1"}})),
            under(json!({"NumericEquals":{"a":["5","6"]}})),
            Nothing,
        ),
        (
            "date",
            under(json!({"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}})),
            under(json!({"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}})),
            New,
        ),
        (
            "date narrower",
            under(json!({"DateLessThan":{"aws:CurrentTime":"2026-01-01"}})),
            under(json!({"DateLessThan":{"aws:CurrentTime":"2025-12-31T23:00:00Z"}})),
            Nothing,
        ),
        (
            "arnlike",
            under(json!({"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:1:t"}})),
            under(json!({"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:1:t"}})),
            Nothing,
        ),
        (
            "arnlike segments",
            under(json!({"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:1:t"}})),
            under(json!({"StringLike":{"aws:SourceArn":"arn:aws:sns:*:1:t"}})),
            New,
        ),
        (
            "forall",
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}})),
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})),
            Nothing,
        ),
        (
            "forall wider",
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})),
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}})),
            New,
        ),
        (
            "forany",
            under(json!({"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}})),
            under(json!({"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}})),
            Nothing,
        ),
        (
            "forall to forany",
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})),
            under(json!({"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}})),
            New,
        ),
        (
            "forall+null to forall",
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})),
            under(json!({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"Null":{"aws:TagKeys":"false"}})),
            Nothing,
        ),
        ("unknown op", under(json!({"Weird":{"a":"1"}})), under(json!({"Weird":{"a":"1"}, "Bool":{"b":"true"}})), Nothing),
        ("unknown op changed", under(json!({"Weird":{"a":"1"}})), under(json!({"Weird":{"a":"2"}})), Possible),
        (
            "values split over statements",
            json!([under(json!({"StringEquals":{"a":"1"}})), under(json!({"StringEquals":{"a":"2"}}))]),
            under(json!({"StringEquals":{"a":["1","2"]}})),
            Nothing,
        ),
        ("cond unknown value", under(json!({"StringEquals":{"a":[x(), "b"]}})), under(json!({"StringEquals":{"a":x()}})), Nothing),
        (
            "cond unknown value neg",
            under(json!({"StringNotEquals":{"a":[x()]}})),
            under(json!({"StringNotEquals":{"a":[x(), "b"]}})),
            Nothing,
        ),
        (
            "federated aud removed",
            json!({"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"x"},"Condition":{"StringEquals":{"t:aud":"a","t:sub":"b"}}}),
            json!({"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"x"},"Condition":{"StringEquals":{"t:aud":"a"}}}),
            New,
        ),
        ("condition star key dup", under(json!({"StringLike":{"a":["x*","*y"]}})), under(json!({"StringLike":{"a":"x*y"}})), Nothing),
        (
            "deny cond added",
            json!([allow("s3:*".into(), "*".into()), deny("s3:*".into(), "*".into())]),
            json!([allow("s3:*".into(),"*".into()), {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]),
            New,
        ),
        (
            "deny cond removed",
            json!([allow("s3:*".into(),"*".into()), {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]),
            json!([allow("s3:*".into(), "*".into()), deny("s3:*".into(), "*".into())]),
            Nothing,
        ),
        ("text of a Boolean", under(json!({"Bool": {"k": "True"}})), under(json!({"StringEquals": {"k": "true"}})), Nothing),
        ("Boolean of a text", under(json!({"StringEquals": {"k": "true"}})), under(json!({"Bool": {"k": true}})), Nothing),
    ]);
}
