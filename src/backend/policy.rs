//! Stack policies: which updates of which resources a stack allows.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>

use serde_json::Value as Json;

use crate::cloudformation::{Action, Change, Replacement, ResourceChange};

/// A parsed stack policy.
pub(crate) struct StackPolicy {
    statements: Vec<Json>,
}

impl StackPolicy {
    /// Parses the text of a policy.
    ///
    /// # Errors
    ///
    /// Returns a message if the policy is invalid.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let policy: Json = serde_json::from_str(text).map_err(|error| format!("Error validating stack policy: {error}"))?;
        let statements = match policy.get("Statement") {
            Some(Json::Array(statements)) => statements.clone(),
            Some(statement @ Json::Object(_)) => vec![statement.clone()],
            _ => return Err("Error validating stack policy: no Statement".to_owned()),
        };
        Ok(Self { statements })
    }

    /// Returns the denied changes, with CloudFormation's messages. A change that no statement allows is denied, and `Deny` takes
    /// precedence.
    pub(crate) fn denied(&self, changes: &[Change]) -> Vec<String> {
        let mut denied = Vec::new();
        for change in changes {
            let change = &change.resource_change;
            let Some(action) = action(change) else { continue };
            let reach = |effect: &'static str| {
                move |(_, statement): &(usize, &Json)| {
                    statement.get("Effect").and_then(Json::as_str) == Some(effect) && applies(statement, action, change)
                }
            };
            let mut numbered = self.statements.iter().enumerate();
            let id = &change.logical_resource_id;
            if let Some((index, _)) = numbered.clone().find(reach("Deny")) {
                denied.push(format!("Statement [#{}] does not allow [{action}] for resource [{id}]", index + 1));
            } else if numbered.find(reach("Allow")).is_none() {
                denied.push(format!("no statement allows [{action}] for resource [{id}]"));
            }
        }
        denied
    }
}

/// Returns the action of a change in policies; an addition requires no permission.
fn action(change: &ResourceChange) -> Option<&'static str> {
    match (change.action, change.replacement) {
        (Action::Modify, Some(Replacement::True)) => Some("Update:Replace"),
        (Action::Modify, _) => Some("Update:Modify"),
        (Action::Remove, _) => Some("Update:Delete"),
        _ => None,
    }
}

fn applies(statement: &Json, action: &str, change: &ResourceChange) -> bool {
    let resource = format!("LogicalResourceId/{}", change.logical_resource_id);
    let one_of = |name: &str, text: &str| texts(statement.get(name)).into_iter().any(|pattern| matches(pattern, text));
    let names_action = if statement.get("NotAction").is_some() { !one_of("NotAction", action) } else { one_of("Action", action) };
    let names_resource =
        if statement.get("NotResource").is_some() { !one_of("NotResource", &resource) } else { one_of("Resource", &resource) };
    names_action && names_resource && conditions_match(statement, &change.resource_type)
}

/// Stack policies support only one condition key, the resource type.
fn conditions_match(statement: &Json, resource_type: &str) -> bool {
    let Some(Json::Object(conditions)) = statement.get("Condition") else { return true };
    conditions.iter().all(|(operator, keys)| {
        let types = texts(keys.get("ResourceType"));
        match operator.as_str() {
            "StringEquals" => types.contains(&resource_type),
            "StringLike" => types.iter().any(|pattern| matches(pattern, resource_type)),
            "StringNotEquals" => !types.contains(&resource_type),
            "StringNotLike" => !types.iter().any(|pattern| matches(pattern, resource_type)),
            _ => false,
        }
    })
}

fn texts(value: Option<&Json>) -> Vec<&str> {
    match value {
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// Matches a text with a pattern, in which `*` is any text and `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.split_at_checked(1), text.chars().next()) {
        (None, first) => first.is_none(),
        (Some(("*", rest)), first) => {
            matches(rest, text) || first.is_some_and(|first| matches(pattern, text.get(first.len_utf8()..).unwrap_or_default()))
        }
        (Some((one, rest)), Some(first)) => {
            (one == "?" || text.starts_with(one)) && matches(rest, text.get(first.len_utf8()..).unwrap_or_default())
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::StackPolicy;
    use crate::cloudformation::{Action, Change, Replacement, ResourceChange};

    fn change(action: Action, id: &str, resource_type: &str, replacement: Option<Replacement>) -> Change {
        Change::resource(ResourceChange { replacement, ..ResourceChange::new(action, id, resource_type) })
    }

    #[test]
    fn a_change_without_allow_is_denied_and_deny_takes_precedence() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "LogicalResourceId/Build*"},
            {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*",
             "Condition": {"StringEquals": {"ResourceType": ["AWS::EFS::FileSystem"]}}}]}"#;
        let policy = StackPolicy::parse(policy).ok();
        let changes = [
            change(Action::Modify, "BuildRole", "AWS::IAM::Role", Some(Replacement::False)),
            change(Action::Modify, "BuildQueue", "AWS::SQS::Queue", Some(Replacement::True)),
            change(Action::Modify, "Files", "AWS::EFS::FileSystem", Some(Replacement::False)),
            change(Action::Add, "BuildMore", "AWS::EFS::FileSystem", None),
        ];
        assert_eq!(
            policy.map(|policy| policy.denied(&changes)),
            Some(vec![
                "Statement [#2] does not allow [Update:Replace] for resource [BuildQueue]".to_owned(),
                "Statement [#3] does not allow [Update:Modify] for resource [Files]".to_owned(),
            ])
        );
        let narrow = StackPolicy::parse(
            r#"{"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "NotResource": "LogicalResourceId/Files"}}"#,
        );
        assert_eq!(narrow.ok().map(|policy| policy.denied(&changes).len()), Some(1), "nothing allows Files");
        assert!(StackPolicy::parse("{}").is_err());
    }
}
