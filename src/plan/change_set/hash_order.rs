//! JSON documents in change sets: the members of every object in the order of a Java hash map.
//!
//! CloudFormation keeps a property that is a JSON document (a policy, a map of tags) in a Java hash map, whose order shows in `BeforeValue`
//! and `AfterValue`: a policy recorded from AWS has `Version, Statement`, its statements have `Action, Resource, Effect`.
//! Source: the change set with IAM changes among the test data of `aws/aws-cdk-cli`, `packages/@aws-cdk/cloudformation-diff/test/util.ts`.

use serde_json::Value as Json;

/// Returns the document with the members of every object in the order of a Java hash map.
pub(super) fn in_hash_order(document: Json) -> Json {
    match document {
        Json::Array(items) => Json::Array(items.into_iter().map(in_hash_order).collect()),
        Json::Object(members) => {
            let buckets = buckets(members.len());
            let mut members: Vec<(String, Json)> = members.into_iter().collect();
            // The sort is stable: members of one bucket keep their order of insertion.
            members.sort_by_key(|(key, _)| hash(key) & (buckets - 1));
            Json::Object(members.into_iter().map(|(key, value)| (key, in_hash_order(value))).collect())
        }
        scalar => scalar,
    }
}

/// Returns the number of buckets of a map with this many members: sixteen, doubled whenever the load exceeds three quarters.
fn buckets(members: usize) -> u32 {
    let mut buckets = 16;
    while members > buckets / 4 * 3 {
        buckets *= 2;
    }
    u32::try_from(buckets).unwrap_or(u32::MAX / 2 + 1)
}

/// Returns Java's hash of a string, its upper half folded into the lower half as `HashMap` does.
fn hash(key: &str) -> u32 {
    let hash = key.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::in_hash_order;
    use serde_json::json;

    #[test]
    fn members_are_in_the_order_that_aws_recorded() {
        let statement = json!({"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"});
        let policy = json!({"Statement": [statement], "Version": "2012-10-17"});
        assert_eq!(
            in_hash_order(policy).to_string(),
            r#"{"Version":"2012-10-17","Statement":[{"Action":["sqs:SendMessage"],"Resource":"*","Effect":"Allow"}]}"#
        );
        let trust = json!({"Principal": {"Service": "lambda.amazonaws.com"}, "Effect": "Allow", "Action": "sts:AssumeRole"});
        assert_eq!(
            in_hash_order(trust).to_string(),
            r#"{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}"#
        );
    }
}
