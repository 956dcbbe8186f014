//! Checks properties against the schema of their resource type, in every reachable branch.

mod identifiers;
mod members;

use rustc_hash::FxHashSet;

use super::check::{Check, alternatives, hinted, is_no_value, type_name};
use super::clause::Literal;
use super::literals::{self, has_type};
use super::patterns::Patterns;
use super::walk::{self, Guards};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::schema::{PropertyFacts, ResourceType, Types};
use crate::template::{Entry, Intrinsic, Kind, Member, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can change properties in any way.
    if check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    let mut patterns = Patterns::default();
    for (_, entry, facts) in check.resources() {
        let Some(resource_type) = facts else { continue };
        let guards = check.exists(entry);
        let mut walk = Walk { check, patterns: &mut patterns, entry, resource_type, guards, path: Vec::new() };
        let root = resource_type.properties();
        match entry.body.member("Properties") {
            Some(member) => {
                walk.read_only(&member.value);
                walk.node(&root, &member.value);
            }
            None => walk.members(&root, &[], entry.name_span),
        }
    }
}

struct Walk<'w, 't, 'a> {
    check: &'w mut Check<'t, 'a>,
    patterns: &'w mut Patterns,
    entry: &'t Entry<'a>,
    resource_type: ResourceType,
    guards: Guards,
    path: Vec<String>,
}

impl<'a> Walk<'_, '_, 'a> {
    /// Describes the position: `Tags/0/Key` of `Subnet0`.
    fn location(&self) -> String {
        if self.path.is_empty() { format!("`{}`", self.entry.name) } else { format!("`{}` of `{}`", self.path.join("/"), self.entry.name) }
    }

    /// Returns the first character of a node, as a short span for a long value.
    fn head(&self, node: &Node<'a>) -> Span {
        self.check.template.source.first_character(node.span)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let guards = self.guards.clone();
        self.report_under(diagnostic, &guards);
    }

    fn report_under(&mut self, diagnostic: Diagnostic, guards: &[Literal]) {
        // A violation that only other parameter values reach is a warning.
        let exists = self.check.exists(self.entry);
        self.check.report_where(diagnostic, &exists, guards);
    }

    fn read_only(&mut self, properties: &Node<'a>) {
        for member in properties.members() {
            if self.resource_type.is_read_only(&[member.key]) && !is_no_value(&member.value) {
                let message = format!("`{}` of `{}` is read-only", member.key, self.entry.name);
                let diagnostic = self.check.error("read-only-property", message, member.key_span, "set by the service");
                self.report(diagnostic.hinted("remove the property; Fn::GetAtt returns its value"));
            }
        }
    }

    fn node(&mut self, facts: &PropertyFacts, node: &'a Node<'a>) {
        if let Some(function) = Intrinsic::of(node) {
            return self.function(facts, node, function);
        }
        let expands = |member: &Member<'_>| member.key == "Fn::Transform" || member.key.starts_with("Fn::ForEach");
        if node.members().iter().any(expands) {
            return;
        }
        if !has_type(facts.types, node) {
            return self.wrong_type(facts, node, node.kind_name());
        }
        if facts.is_json() {
            return;
        }
        match node.kind {
            Kind::Object(members) => {
                self.members(facts, members, self.head(node));
                for member in members {
                    self.path.push(member.key.to_owned());
                    match facts.member(member.key) {
                        Some(member_facts) => self.member(&member_facts, member),
                        None if facts.is_closed() => self.unknown(facts, member),
                        None => {}
                    }
                    self.path.pop();
                }
                self.port_range(members);
                self.alternatives(facts, node);
            }
            Kind::Array(items) => self.list(facts, node, items),
            _ => {
                if let Some((rule, problem)) = literals::scalar(facts, node, self.patterns) {
                    let diagnostic = self.check.error(rule, format!("{} {problem}", self.location()), node.span, "");
                    let near = node
                        .scalar()
                        .filter(|_| rule == "value-not-allowed")
                        .and_then(|text| self.check.did_you_mean(text, facts.allowed_values()));
                    self.report(hinted(diagnostic, near));
                }
                self.alternatives(facts, node);
            }
        }
    }

    fn member(&mut self, facts: &PropertyFacts, member: &'a Member<'a>) {
        self.node(facts, &member.value);
        if member.key.ends_with("Port") && facts.types.has(Types::INTEGER.or(Types::NUMBER)) {
            self.port(facts, member);
        }
        if matches!(member.key, "CidrBlock" | "CidrIp" | "DestinationCidrBlock") && type_name(self.entry).starts_with("AWS::EC2::") {
            self.block(member);
        }
    }

    /// Checks an IPv4 CIDR block; schemas declare it only as a string.
    fn block(&mut self, member: &'a Member<'a>) {
        for (guards, value) in alternatives(self.check.template, &member.value, &self.guards) {
            let Some(node) = value else { continue };
            let is_wrong = |text: &str| text.parse::<ipnet::Ipv4Net>().is_err() && !text.contains("{{resolve:");
            if let Some(text) = node.as_str() {
                if is_wrong(text) {
                    self.wrong_block(node, text, "", &guards);
                }
            } else if let Some(Intrinsic::Ref(name)) = Intrinsic::of(node) {
                let name = name.as_str().unwrap_or_default();
                for (literal, text) in self.check.parameter_values(name) {
                    // A blank default stands for a value that a deployment gives.
                    if is_wrong(&text) && (!text.is_empty() || self.check.is_chosen(name)) {
                        let guards: Guards = guards.iter().copied().chain([literal]).collect();
                        self.wrong_block(node, &text, &format!("value of parameter `{name}`"), &guards);
                    }
                }
            }
        }
    }

    fn wrong_block(&mut self, node: &'a Node<'a>, text: &str, label: &str, guards: &Guards) {
        let message = format!("{} has value `{}`, which is not an IPv4 CIDR block", self.location(), literals::short(text));
        let diagnostic = self.check.error("invalid-cidr", message, node.span, label).hinted("use the form 10.0.0.0/16");
        self.report_under(diagnostic, guards);
    }

    /// Checks a port whose schema has no maximum; `-1` means all ports.
    fn port(&mut self, facts: &PropertyFacts, member: &'a Member<'a>) {
        if facts.range().1 != f64::INFINITY {
            return;
        }
        for (guards, value) in alternatives(self.check.template, &member.value, &self.guards) {
            let Some(port) = value.and_then(|value| value.scalar()).and_then(|text| text.trim().parse::<f64>().ok()) else { continue };
            if port > 65_535.0 || (port < -1.0 && facts.range().0 == f64::NEG_INFINITY) {
                let message = format!("{} has value {port}, which is not a valid port", self.location());
                let diagnostic = self.check.error("port-out-of-range", message, member.value.span, "the maximum is 65535");
                self.report_under(diagnostic, &guards);
            }
        }
    }

    fn wrong_type(&mut self, facts: &PropertyFacts, node: &Node<'a>, found: &str) {
        let message = format!("{} must be {}, not {found}", self.location(), facts.types.names());
        let diagnostic = self.check.error("wrong-type", message, node.span, format!("must be {}", facts.types.names()));
        self.report(diagnostic);
    }

    fn function(&mut self, facts: &PropertyFacts, node: &'a Node<'a>, function: Intrinsic<'a>) {
        let (scalar, list) = (has_scalar(facts.types), facts.types.is_any() || facts.types.has(Types::ARRAY));
        match function {
            Intrinsic::If(operand) => {
                let [name, branches @ ..] = operand.items() else { return };
                for (branch, holds) in branches.iter().zip([true, false]).filter(|(branch, _)| !is_no_value(branch)) {
                    let depth = self.guards.len();
                    self.guards.extend(name.as_str().and_then(|name| walk::condition(self.check.template, name, holds)));
                    self.node(facts, branch);
                    self.guards.truncate(depth);
                }
            }
            Intrinsic::Ref(name) => {
                let name = name.as_str().unwrap_or_default();
                let parameter =
                    self.check.template.parameters.get(name).and_then(|entry| entry.body.get("Type")).and_then(|kind| kind.as_str());
                let gives_list = name == "AWS::NotificationARNs" || parameter.is_some_and(|kind| kind.contains("List"));
                if name != "AWS::NoValue" && (if gives_list { !list } else { !scalar }) {
                    return self.wrong_type(facts, node, if gives_list { "a list parameter" } else { "a string reference" });
                }
                if parameter.is_some() && !gives_list {
                    self.values(facts, node, name);
                }
                self.identifier(facts, node);
            }
            Intrinsic::Sub(_) | Intrinsic::Join(_) | Intrinsic::Base64(_) if !scalar => {
                self.wrong_type(facts, node, "a function that returns a string")
            }
            Intrinsic::Split(_) | Intrinsic::GetAzs(_) | Intrinsic::Cidr(_) if !list => {
                self.wrong_type(facts, node, "a function that returns a list")
            }
            Intrinsic::GetAtt(_) => self.identifier(facts, node),
            _ => {}
        }
    }

    /// Checks the known values of a parameter: the allowed ones and the current one.
    fn values(&mut self, facts: &PropertyFacts, node: &'a Node<'a>, parameter: &str) {
        if facts.is_json() || takes_any_text(facts) {
            return;
        }
        for (literal, text) in self.check.parameter_values(parameter) {
            let value = Node { span: node.span, kind: Kind::String(&text) };
            let problem = if has_type(facts.types, &value) {
                literals::scalar(facts, &value, self.patterns)
            } else {
                Some(("wrong-type", format!("has value `{}`, but must be {}", literals::short(&text), facts.types.names())))
            };
            let Some((rule, problem)) = problem else { continue };
            // A deployment may override a default.
            let chosen = self.check.is_chosen(parameter) || rule == "value-not-allowed";
            if !chosen && text.is_empty() {
                continue;
            }
            let guards: Guards = self.guards.iter().copied().chain([literal]).collect();
            let Some(when) = self.check.reached(&guards) else { continue };
            let message = format!("{} {problem}", self.location());
            let mut diagnostic = self.check.error(rule, message, node.span, format!("value of parameter `{parameter}`"));
            diagnostic.severity = if chosen { Severity::Error } else { Severity::Warning };
            let diagnostic = diagnostic.hinted(format!("change the allowed values of `{parameter}`, or the property"));
            // A current value is an error wherever the resource exists, like a literal.
            if self.check.is_in_force(literal) {
                let (exists, guards) = (self.check.exists(self.entry), self.guards.clone());
                self.check.report_where(diagnostic, &exists, &guards);
            } else {
                self.check.report_when(diagnostic, &when);
            }
        }
    }

    fn unknown(&mut self, facts: &PropertyFacts, member: &'a Member<'a>) {
        let where_ = if self.path.len() > 1 { self.path[..self.path.len() - 1].join("/") } else { String::new() };
        let inside = if where_.is_empty() { type_name(self.entry).to_owned() } else { format!("`{where_}` of {}", type_name(self.entry)) };
        let message = format!("unknown property `{}` of {inside}", member.key);
        let diagnostic = self
            .check
            .error("unknown-property", message, member.key_span, "not in the schema")
            .with_aws_message(format!("Encountered unsupported property {}", member.key));
        let near = self
            .check
            .did_you_mean(member.key, facts.member_names().filter(|name| self.path.len() > 1 || !self.resource_type.is_read_only(&[name])));
        self.report(hinted(diagnostic, near));
    }

    fn list(&mut self, facts: &PropertyFacts, node: &'a Node<'a>, items: &'a [Node<'a>]) {
        let certain = items.iter().all(|item| Intrinsic::of(item).is_none());
        let (minimum, maximum) = facts.count();
        let count = items.len() as u64;
        let problem = if count < u64::from(minimum) && certain {
            Some(format!("{} has {}; the minimum is {minimum}", self.location(), number_of_items(count)))
        } else {
            maximum
                .filter(|maximum| certain && count > u64::from(*maximum))
                .map(|maximum| format!("{} has {}; the maximum is {maximum}", self.location(), number_of_items(count)))
        };
        if let Some(message) = problem {
            let diagnostic = self.check.error("length-out-of-range", message, self.head(node), "");
            self.report(diagnostic);
        }
        if facts.is_unique() {
            self.unique(items);
        }
        let Some(item_facts) = facts.items() else { return };
        if item_facts.identifies().is_none() && facts.identifies().is_some() {
            items.iter().for_each(|item| self.identifier(facts, item));
        }
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            self.node(&item_facts, item);
            self.path.pop();
        }
    }

    fn unique(&mut self, items: &'a [Node<'a>]) {
        let mut texts: FxHashSet<&str> = FxHashSet::default();
        let mut others: Vec<&Node<'a>> = Vec::new();
        for item in items.iter().filter(|item| !is_no_value(item)) {
            let is_duplicate = match item.as_str() {
                Some(text) => !texts.insert(text),
                None => {
                    let is_found = others.iter().any(|other| self.check.may_compare() && other.same(item));
                    others.push(item);
                    is_found
                }
            };
            if is_duplicate {
                let diagnostic =
                    self.check.error("duplicate-item", format!("{} has a duplicate item", self.location()), item.span, "duplicate");
                self.report(diagnostic);
            }
        }
    }

    /// Checks that FromPort does not exceed ToPort; for ICMP the two are a type and a code.
    fn port_range(&mut self, members: &'a [Member<'a>]) {
        let text = |name: &str| members.iter().find(|member| member.key == name).and_then(|member| member.value.scalar());
        let port = |name: &str| text(name).and_then(|text| text.trim().parse::<f64>().ok());
        let ports = matches!(text("IpProtocol"), Some("tcp" | "udp" | "6" | "17"));
        if let (Some(from), Some(to), Some(member), true) =
            (port("FromPort"), port("ToPort"), members.iter().find(|member| member.key == "FromPort"), ports)
            && to < from
            && from <= 65_535.0
        {
            let message = format!("FromPort {from} of {} is greater than ToPort {to}", self.location());
            let diagnostic = self.check.error("port-out-of-range", message, member.value.span, "");
            self.report(diagnostic);
        }
    }
}

/// Returns whether the property accepts any string.
fn takes_any_text(facts: &PropertyFacts) -> bool {
    let is_bound = facts.allowed_values().len() > 0 || facts.pattern().is_some() || facts.length() != (0, None);
    (facts.types.is_any() || facts.types.has(Types::STRING)) && !is_bound
}

fn has_scalar(types: Types) -> bool {
    types.is_any() || types.has(Types::STRING.or(Types::NUMBER).or(Types::INTEGER).or(Types::BOOLEAN))
}

fn number_of_items(count: u64) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}
