//! A stack policy as `rack.yaml` or a flag names it: read, and looked into before anything is asked of a backend.
//!
//! Takes the file; gives its text, or everything that is wrong with it, with places. What a policy allows is for the backend.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>

use std::path::Path;

use crate::cli::{ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::template::{Arena, Document, Format, Kind, Member, Node};
use crate::text::did_you_mean;

/// Longest stack policy that CloudFormation takes in a request, in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html>
const LIMIT_BYTES: usize = 16_384;

/// The rule that a policy of another shape breaks.
const RULE: &str = "stack-policy";

const EXAMPLES: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html has examples";
const POLICY_MEMBERS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_MEMBERS: &[&str] = &["Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"];
const EFFECTS: &[&str] = &["Allow", "Deny"];
const ACTIONS: &[&str] = &["Update:Modify", "Update:Replace", "Update:Delete", "Update:*"];
const OPERATORS: &[&str] = &["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"];
const CONDITION_KEYS: &[&str] = &["ResourceType"];
/// What a resource's name in a policy starts with.
const RESOURCE: &str = "LogicalResourceId/";

/// Reads a stack policy; `named_at` is the place that names the file, where one does.
///
/// # Errors
///
/// Returns that the file cannot be read, every problem of its shape, or that CloudFormation takes none so long.
pub fn read(path: &Path, named_at: Option<String>) -> Result<String, Failure> {
    let source = Source::read(path).map_err(|error| match named_at {
        Some(place) => Failure::from(error).hinted(format!("{place} names it as the stack policy")),
        None => error.into(),
    })?;
    let text = source.text();
    check(&source)?;
    let bad = |message: String| Failure::new(ExitCode::Data, format!("`{}`: {message}", path.display()));
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Err(bad(format!("no stack policy: {error}")));
    }
    if text.len() > LIMIT_BYTES {
        return Err(bad(format!("{} bytes, and CloudFormation takes {LIMIT_BYTES}", text.len())));
    }
    Ok(text.to_owned())
}

/// Checks the shape of a policy.
fn check(source: &Source) -> Result<(), Diagnostics> {
    let arena = Arena::new();
    let document = Document::read(source, &arena)?;
    let mut check = Check { source, problems: Diagnostics::default() };
    if document.format != Format::Json {
        let problem = check.wrong(document.root, "a stack policy is JSON, and this is not".to_owned(), "");
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
            let problem = self.wrong(root, "a stack policy is an object with `Statement`".to_owned(), "");
            let near = root.members().iter().find_map(|member| Some((member, did_you_mean(member.key, ["Statement"])?)));
            self.problems.push(match near {
                Some((member, hint)) => problem.at(self.source, member.key_span, "instead of this").hinted(hint),
                None => problem.hinted(EXAMPLES),
            });
            return;
        };
        self.members(root, POLICY_MEMBERS, "a stack policy has no element");
        match statements.kind {
            Kind::Array(items) => items.iter().for_each(|statement| self.statement(statement)),
            _ => self.statement(statements),
        }
    }

    fn statement(&mut self, statement: &Node<'_>) {
        if !matches!(statement.kind, Kind::Object(_)) {
            let problem = self.wrong(statement, format!("a statement of a stack policy is {}", statement.kind_name()), "not a statement");
            return self.problems.push(problem.hinted("a statement is an object with Effect, Action, Principal and Resource"));
        }
        self.members(statement, STATEMENT_MEMBERS, "a stack policy's statement has no element");
        self.one_of(statement, &["Effect"], "write Allow or Deny", |text| EFFECTS.contains(&text), EFFECTS);
        let actions = "the actions are Update:Modify, Update:Replace, Update:Delete and Update:*";
        self.one_of(statement, &["Action", "NotAction"], actions, |text| ACTIONS.contains(&text), ACTIONS);
        self.one_of(statement, &["Principal"], "write \"*\": a stack policy is for everybody", |text| text == "*", &[]);
        let is_resource = |text: &str| text == "*" || text.strip_prefix(RESOURCE).is_some_and(|name| !name.is_empty());
        self.one_of(statement, &["Resource", "NotResource"], "write `*`, or `LogicalResourceId/` and a logical ID", is_resource, &[]);
        if let Some(condition) = statement.get("Condition") {
            self.condition(condition);
        }
    }

    /// Checks that a statement has exactly one of these elements, and that its texts are such as it takes.
    fn one_of(&mut self, statement: &Node<'_>, names: &[&str], hint: &str, takes: impl Fn(&str) -> bool, choices: &[&str]) {
        let given: Vec<&Member<'_>> = names.iter().filter_map(|name| statement.member(name)).collect();
        if given.is_empty() {
            let wanted = names.join(" or ");
            let problem = self.wrong(statement, format!("a stack policy's statement has no {wanted}"), "here");
            self.problems.push(problem.hinted(hint));
        }
        if let [first, second] = given.as_slice() {
            let problem = self.wrong(&second.value, format!("a stack policy's statement has {} and {}", first.key, second.key), "");
            self.problems.push(problem.hinted("keep one of them"));
        }
        for member in given {
            // One effect is no list, as IAM's grammar has it.
            let items = if member.key == "Effect" { None } else { listed(&member.value) };
            for node in items.unwrap_or(std::slice::from_ref(&member.value)) {
                let message = match node.as_str() {
                    Some(text) if takes(text) => continue,
                    Some(text) => format!("{} of a stack policy cannot be `{text}`", member.key),
                    None => format!("{} of a stack policy is {}", member.key, node.kind_name()),
                };
                let near = node.as_str().and_then(|text| did_you_mean(text, choices.iter().copied()));
                let problem = self.wrong(node, message, "");
                self.problems.push(problem.hinted(near.unwrap_or_else(|| hint.to_owned())));
            }
        }
    }

    fn condition(&mut self, condition: &Node<'_>) {
        if !matches!(condition.kind, Kind::Object(_)) {
            let problem = self.wrong(condition, format!("Condition of a stack policy is {}", condition.kind_name()), "");
            return self.problems.push(problem.hinted("write {\"StringEquals\": {\"ResourceType\": [...]}}"));
        }
        self.members(condition, OPERATORS, "a stack policy's Condition has no operator");
        for operator in condition.members() {
            self.members(&operator.value, CONDITION_KEYS, "a stack policy's Condition has no key");
            let types = operator.value.get("ResourceType");
            let is_types = |node: &Node<'_>| listed(node).unwrap_or(std::slice::from_ref(node)).iter().all(|item| item.as_str().is_some());
            if !types.is_some_and(is_types) && operator.value.members().iter().all(|member| member.key == "ResourceType") {
                let problem = self.wrong(&operator.value, format!("{} of a stack policy names no resource types", operator.key), "");
                self.problems.push(problem.hinted("write {\"ResourceType\": [\"AWS::EC2::Instance\"]}"));
            }
        }
    }

    fn members(&mut self, node: &Node<'_>, known: &[&str], lacks: &str) {
        for member in node.members().iter().filter(|member| !known.contains(&member.key)) {
            let problem = Diagnostic::error(RULE, format!("{lacks} `{}`", member.key)).at(self.source, member.key_span, "");
            let near = did_you_mean(member.key, known.iter().copied());
            self.problems.push(problem.hinted(near.unwrap_or_else(|| format!("there is {}", known.join(", ")))));
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
