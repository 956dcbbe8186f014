//! Policies with which an identity can give itself any permission.

use serde_json::Value as Json;

/// Actions on every resource that lead to any permission: they attach or change policies, or sign in as someone else.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html> describes what each changes.
const ACTIONS: [&str; 15] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "sts:AssumeRoot",
];

/// Returns the action, as the document writes it, that leads to any permission, unless the document denies it.
pub(super) fn granted(document: &Json) -> Option<String> {
    let statements = items(document.get("Statement")?);
    let of =
        |effect: &'static str| statements.iter().filter(move |statement| statement.get("Effect").and_then(Json::as_str) == Some(effect));
    let is_denied = |action: &str| of("Deny").any(|statement| is_everywhere(statement) && written(statement, action).is_some());
    of("Allow").filter(|statement| is_everywhere(statement)).find_map(|statement| {
        let allowed = ACTIONS.iter().filter(|action| !is_denied(action));
        allowed.filter_map(|action| written(statement, action)).next()
    })
}

/// Returns whether a statement is about every resource of IAM, without a condition, and about an identity.
fn is_everywhere(statement: &Json) -> bool {
    let is_all =
        |resource: &Json| resource.as_str().is_some_and(|text| text == "*" || (text.starts_with("arn:") && text.contains(":iam::*:")));
    let has_condition = statement.get("Condition").is_some_and(|condition| condition.as_object().is_none_or(|members| !members.is_empty()));
    statement.get("Principal").is_none() && !has_condition && statement.get("Resource").is_some_and(|list| items(list).iter().any(is_all))
}

/// Returns the pattern of a statement that contains an action; of `NotAction`, the action itself.
fn written(statement: &Json, action: &str) -> Option<String> {
    let matching = |list: &Json| items(list).iter().filter_map(Json::as_str).find(|pattern| matches(pattern, action)).map(str::to_owned);
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(list), _) => matching(list),
        (None, Some(list)) => matching(list).is_none().then(|| action.to_owned()),
        (None, None) => None,
    }
}

/// Returns whether a pattern with `*` and `?` matches a text, without regard to case.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    // For each prefix of the pattern, which prefixes of the text it matches.
    let mut reached: Vec<bool> = std::iter::once(true).chain(std::iter::repeat_n(false, text.len())).collect();
    for symbol in pattern.bytes() {
        let mut next: Vec<bool> = Vec::with_capacity(reached.len());
        for (index, is_reached) in reached.iter().enumerate() {
            let before = index.checked_sub(1);
            let was_reached = before.is_some_and(|before| reached[before]);
            next.push(match symbol {
                b'*' => *is_reached || next.last() == Some(&true),
                b'?' => was_reached,
                other => was_reached && before.and_then(|before| text.as_bytes().get(before)) == Some(&other),
            });
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

fn items(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}
