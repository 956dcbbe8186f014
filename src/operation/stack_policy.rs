//! Reads a stack policy and checks its structure, before any request to a backend.
//!
//! Takes the path of the file; returns its text, or every error with its position. What a policy allows is up to the backend.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>

use std::path::Path;

use super::error::OperationError;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::template::{Arena, Document, Format, Kind, Member, Node};
use crate::text::did_you_mean;

/// Maximum length of a stack policy in a request, in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html>
const LIMIT_BYTES: usize = 16_384;

/// The code of the errors in a policy.
const RULE: &str = "stack-policy";

const EXAMPLES: &str = "see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html";
const POLICY_MEMBERS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_MEMBERS: &[&str] = &["Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"];
const EFFECTS: &[&str] = &["Allow", "Deny"];
const ACTIONS: &[&str] = &["Update:Modify", "Update:Replace", "Update:Delete", "Update:*"];
const OPERATORS: &[&str] = &["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"];
const CONDITION_KEYS: &[&str] = &["ResourceType"];
/// The prefix of a resource in a policy.
const RESOURCE: &str = "LogicalResourceId/";

/// Reads a stack policy.
///
/// # Errors
///
/// Returns an error if the file cannot be read or is too long for CloudFormation, and every error in its structure.
pub fn read_stack_policy(path: &Path) -> Result<String, OperationError> {
    let source = Source::read(path)?;
    let text = source.text();
    check(&source)?;
    let invalid = |problem: String| OperationError::StackPolicy { path: path.to_owned(), problem };
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Err(invalid(format!("invalid JSON: {error}")));
    }
    if text.len() > LIMIT_BYTES {
        return Err(invalid(format!("{} bytes, over CloudFormation's limit of {LIMIT_BYTES}", text.len())));
    }
    Ok(text.to_owned())
}

/// Checks the structure of a policy.
fn check(source: &Source) -> Result<(), Diagnostics> {
    let arena = Arena::new();
    let document = Document::read(source, &arena)?;
    let mut check = Check { source, problems: Diagnostics::default() };
    if document.format != Format::Json {
        let problem = check.wrong(document.root, "a stack policy must be JSON".to_owned(), "");
        return Err(problem.hinted(EXAMPLES).into());
    }
    check.policy(document.root);
    check.problems.into_result(())
}

struct Check<'s> {
    source: &'s Source,
    problems: Diagnostics,
}

impl<'s> Check<'s> {
    fn wrong(&self, node: &Node<'_>, message: String, label: &str) -> Diagnostic {
        Diagnostic::error(RULE, message).at(self.source, node.span, label)
    }

    fn policy(&mut self, root: &Node<'_>) {
        let Some(statements) = root.get("Statement") else {
            let problem = self.wrong(root, "a stack policy must be an object with `Statement`".to_owned(), "");
            let near = root.members().iter().find_map(|member| Some((member, did_you_mean(member.key, ["Statement"])?)));
            self.problems.push(match near {
                Some((member, hint)) => problem.at(self.source, member.key_span, "unknown element").hinted(hint),
                None => problem.hinted(EXAMPLES),
            });
            return;
        };
        self.members(root, POLICY_MEMBERS, "unknown stack policy element");
        match statements.kind {
            Kind::Array(items) => items.iter().for_each(|statement| self.statement(statement)),
            _ => self.statement(statements),
        }
    }

    fn statement(&mut self, statement: &Node<'_>) {
        if !matches!(statement.kind, Kind::Object(_)) {
            let problem = self.wrong(statement, format!("a stack policy statement must be an object, not {}", statement.kind_name()), "");
            return self.problems.push(problem.hinted("write an object with Effect, Action, Principal and Resource"));
        }
        self.members(statement, STATEMENT_MEMBERS, "unknown stack policy statement element");
        self.one_of(statement, &["Effect"], "write Allow or Deny", |text| EFFECTS.contains(&text), EFFECTS);
        let actions = "use Update:Modify, Update:Replace, Update:Delete or Update:*";
        self.one_of(statement, &["Action", "NotAction"], actions, |text| ACTIONS.contains(&text), ACTIONS);
        self.one_of(statement, &["Principal"], "write \"*\": a stack policy applies to every principal", |text| text == "*", &[]);
        let is_resource = |text: &str| text == "*" || text.strip_prefix(RESOURCE).is_some_and(|name| !name.is_empty());
        self.one_of(statement, &["Resource", "NotResource"], "write `*`, or `LogicalResourceId/` and a logical ID", is_resource, &[]);
        if let Some(condition) = statement.get("Condition") {
            self.condition(condition);
        }
    }

    /// Checks that a statement has exactly one of these elements, with valid values.
    fn one_of(&mut self, statement: &Node<'_>, names: &[&str], hint: &str, is_valid: impl Fn(&str) -> bool, choices: &[&str]) {
        let present: Vec<&Member<'_>> = names.iter().filter_map(|name| statement.member(name)).collect();
        if present.is_empty() {
            let required = names.join(" or ");
            let problem = self.wrong(statement, format!("stack policy statement without {required}"), "");
            self.problems.push(problem.hinted(hint));
        }
        if let [first, second] = present.as_slice() {
            let problem = self.wrong(&second.value, format!("stack policy statement with both {} and {}", first.key, second.key), "");
            self.problems.push(problem.hinted("keep one of them"));
        }
        for member in present {
            // `Effect` cannot be a list: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
            let items = if member.key == "Effect" { None } else { listed(&member.value) };
            for node in items.unwrap_or(std::slice::from_ref(&member.value)) {
                let message = match node.as_str() {
                    Some(text) if is_valid(text) => continue,
                    Some(text) => format!("invalid {} `{text}` in a stack policy", member.key),
                    None => format!("{} in a stack policy must be a string, not {}", member.key, node.kind_name()),
                };
                let near = node.as_str().and_then(|text| did_you_mean(text, choices.iter().copied()));
                let problem = self.wrong(node, message, "");
                self.problems.push(problem.hinted(near.unwrap_or_else(|| hint.to_owned())));
            }
        }
    }

    fn condition(&mut self, condition: &Node<'_>) {
        if !matches!(condition.kind, Kind::Object(_)) {
            let problem =
                self.wrong(condition, format!("Condition in a stack policy must be an object, not {}", condition.kind_name()), "");
            return self.problems.push(problem.hinted("write {\"StringEquals\": {\"ResourceType\": [...]}}"));
        }
        self.members(condition, OPERATORS, "unknown stack policy condition operator");
        for operator in condition.members() {
            self.members(&operator.value, CONDITION_KEYS, "unknown stack policy condition key");
            let types = operator.value.get("ResourceType");
            let is_types = |node: &Node<'_>| listed(node).unwrap_or(std::slice::from_ref(node)).iter().all(|item| item.as_str().is_some());
            if !types.is_some_and(is_types) && operator.value.members().iter().all(|member| member.key == "ResourceType") {
                let problem =
                    self.wrong(&operator.value, format!("{} in a stack policy condition has no resource types", operator.key), "");
                self.problems.push(problem.hinted("write {\"ResourceType\": [\"AWS::EC2::Instance\"]}"));
            }
        }
    }

    fn members(&mut self, node: &Node<'_>, known: &[&str], problem: &str) {
        for member in node.members().iter().filter(|member| !known.contains(&member.key)) {
            let problem = Diagnostic::error(RULE, format!("{problem} `{}`", member.key)).at(self.source, member.key_span, "");
            let near = did_you_mean(member.key, known.iter().copied());
            self.problems.push(problem.hinted(near.unwrap_or_else(|| format!("use one of {}", known.join(", ")))));
        }
    }
}

/// Returns the items of a list.
fn listed<'n>(node: &Node<'n>) -> Option<&'n [Node<'n>]> {
    match node.kind {
        Kind::Array(items) => Some(items),
        _ => None,
    }
}
