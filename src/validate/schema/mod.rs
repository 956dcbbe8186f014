//! Properties against the facts of their resource type, in every branch that can be reached.

mod identifiers;
mod members;

use super::check::{Check, alternatives, is_no_value, type_name};
use super::literals::{self, Patterns, has_type};
use super::references::hinted;
use super::solver::Literal;
use super::walk::{self, Guards};
use crate::schema::{PropertyFacts, ResourceType, Types};
use crate::template::{Diagnostic, Entry, Intrinsic, Kind, Member, Node, Severity, Span, did_you_mean};

pub(super) fn check(check: &mut Check<'_, '_>) {
    // What a macro makes of properties, nobody knows before it ran.
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
    /// Names the place: `Subnet0`'s `Tags/0/Key`.
    fn place(&self) -> String {
        if self.path.is_empty() { format!("`{}`", self.entry.name) } else { format!("`{}` of `{}`", self.path.join("/"), self.entry.name) }
    }

    /// Returns where something long starts.
    fn head(&self, node: &Node<'a>) -> Span {
        self.check.template.source.first_character(node.span)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let guards = self.guards.clone();
        self.report_under(diagnostic, &guards);
    }

    fn report_under(&mut self, diagnostic: Diagnostic, guards: &[Literal]) {
        if let Some(when) = self.check.reached(guards) {
            self.check.report_reached(diagnostic, &when);
        }
    }

    fn read_only(&mut self, properties: &Node<'a>) {
        for member in properties.members() {
            if self.resource_type.is_read_only(&[member.key]) && !is_no_value(&member.value) {
                let message = format!("`{}` of `{}` is set by the service", member.key, self.entry.name);
                let diagnostic = self.check.error("read-only-property", message, member.key_span, "read-only");
                self.report(diagnostic.hinted("take it out; Fn::GetAtt reads it"));
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
                    let diagnostic = self.check.error(rule, format!("{} {problem}", self.place()), node.span, "");
                    let near =
                        node.scalar().filter(|_| rule == "value-not-allowed").and_then(|text| did_you_mean(text, facts.allowed_values()));
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

    /// Checks an IPv4 address block, of which schemas only say that it is text.
    fn block(&mut self, member: &'a Member<'a>) {
        for (guards, value) in alternatives(self.check.template, &member.value, &self.guards) {
            let Some((node, text)) = value.and_then(|node| Some((node, node.as_str()?))) else { continue };
            if text.parse::<ipnet::Ipv4Net>().is_err() && !text.contains("{{resolve:") {
                let message = format!("{} is `{}`, which is not an IPv4 address block", self.place(), literals::short(text));
                let diagnostic = self.check.error("invalid-cidr", message, node.span, "").hinted("write it as in 10.0.0.0/16");
                self.report_under(diagnostic, &guards);
            }
        }
    }

    /// Checks a port whose schema has no upper bound of its own; `-1` is all of them.
    fn port(&mut self, facts: &PropertyFacts, member: &'a Member<'a>) {
        if facts.range().1 != f64::INFINITY {
            return;
        }
        for (guards, value) in alternatives(self.check.template, &member.value, &self.guards) {
            let Some(port) = value.and_then(|value| value.scalar()).and_then(|text| text.trim().parse::<f64>().ok()) else { continue };
            if port > 65_535.0 || (port < -1.0 && facts.range().0 == f64::NEG_INFINITY) {
                let message = format!("{} is {port}, which is not a port", self.place());
                let diagnostic = self.check.error("port-out-of-range", message, member.value.span, "ports end at 65535");
                self.report_under(diagnostic, &guards);
            }
        }
    }

    fn wrong_type(&mut self, facts: &PropertyFacts, node: &Node<'a>, found: &str) {
        let message = format!("{} is {found}, but must be {}", self.place(), facts.types.words());
        let diagnostic = self.check.error("wrong-type", message, node.span, format!("wants {}", facts.types.words()));
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
                    return self.wrong_type(facts, node, if gives_list { "a list, by its Ref" } else { "text, by its Ref" });
                }
                if parameter.is_some() && !gives_list {
                    self.values(facts, node, name);
                }
                self.identifier(facts, node);
            }
            Intrinsic::Sub(_) | Intrinsic::Join(_) | Intrinsic::Base64(_) if !scalar => {
                self.wrong_type(facts, node, "text, by its function")
            }
            Intrinsic::Split(_) | Intrinsic::GetAzs(_) | Intrinsic::Cidr(_) if !list => {
                self.wrong_type(facts, node, "a list, by its function")
            }
            Intrinsic::GetAtt(_) => self.identifier(facts, node),
            _ => {}
        }
    }

    /// Checks the values that a parameter is known to take: those it allows, and the one in force.
    fn values(&mut self, facts: &PropertyFacts, node: &'a Node<'a>, parameter: &str) {
        if facts.is_json() || takes_any_text(facts) {
            return;
        }
        for (literal, text) in self.check.parameter_values(parameter) {
            let value = Node { span: node.span, kind: Kind::String(&text) };
            let problem = if has_type(facts.types, &value) {
                literals::scalar(facts, &value, self.patterns)
            } else {
                Some(("wrong-type", format!("is `{}`, but must be {}", literals::short(&text), facts.types.words())))
            };
            let Some((rule, problem)) = problem else { continue };
            // A default that nobody chose may be there to be overwritten.
            let chosen = self.check.is_chosen(parameter) || rule == "value-not-allowed";
            if !chosen && text.is_empty() {
                continue;
            }
            let guards: Guards = self.guards.iter().copied().chain([literal]).collect();
            let Some(when) = self.check.reached(&guards) else { continue };
            let message = format!("{} {problem}", self.place());
            let mut diagnostic = self.check.error(rule, message, node.span, format!("by parameter `{parameter}`"));
            diagnostic.severity = if chosen { Severity::Error } else { Severity::Warning };
            let diagnostic = diagnostic.hinted(format!("change what `{parameter}` allows, or the property"));
            // As with what is written out, a value in force is as bad wherever it is reached.
            if self.check.is_in_force(literal) {
                self.check.report_reached(diagnostic, &when);
            } else {
                self.check.report_when(diagnostic, &when);
            }
        }
    }

    fn unknown(&mut self, facts: &PropertyFacts, member: &'a Member<'a>) {
        let where_ = if self.path.len() > 1 { self.path[..self.path.len() - 1].join("/") } else { String::new() };
        let inside = if where_.is_empty() { type_name(self.entry).to_owned() } else { format!("`{where_}` of {}", type_name(self.entry)) };
        let message = format!("{inside} has no property `{}`", member.key);
        let diagnostic = self
            .check
            .error("unknown-property", message, member.key_span, "unknown property")
            .as_aws_says(format!("Encountered unsupported property {}", member.key));
        let near =
            did_you_mean(member.key, facts.member_names().filter(|name| self.path.len() > 1 || !self.resource_type.is_read_only(&[name])));
        self.report(hinted(diagnostic, near));
    }

    fn list(&mut self, facts: &PropertyFacts, node: &'a Node<'a>, items: &'a [Node<'a>]) {
        let certain = items.iter().all(|item| Intrinsic::of(item).is_none());
        let (least, most) = facts.count();
        let count = items.len() as u64;
        let problem = if count < u64::from(least) && certain {
            Some(format!("{} has {count} items; it needs {least}", self.place()))
        } else {
            most.filter(|most| certain && count > u64::from(*most))
                .map(|most| format!("{} has {count} items; it may have {most}", self.place()))
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
        for (index, item) in items.iter().enumerate() {
            if !is_no_value(item) && items[..index].iter().any(|other| other.same(item)) {
                let diagnostic = self.check.error("duplicate-item", format!("{} has an item twice", self.place()), item.span, "again here");
                self.report(diagnostic);
            }
        }
    }

    /// Checks that a range of ports does not run backwards; for ICMP the two are a type and a code.
    fn port_range(&mut self, members: &'a [Member<'a>]) {
        let text = |name: &str| members.iter().find(|member| member.key == name).and_then(|member| member.value.scalar());
        let port = |name: &str| text(name).and_then(|text| text.trim().parse::<f64>().ok());
        let ports = matches!(text("IpProtocol"), Some("tcp" | "udp" | "6" | "17"));
        if let (Some(from), Some(to), Some(member), true) =
            (port("FromPort"), port("ToPort"), members.iter().find(|member| member.key == "FromPort"), ports)
            && to < from
            && from <= 65_535.0
        {
            let message = format!("{} has ports from {from} to {to}, which runs backwards", self.place());
            let diagnostic = self.check.error("port-out-of-range", message, member.value.span, "");
            self.report(diagnostic);
        }
    }
}

/// Tells whether any text at all will do.
fn takes_any_text(facts: &PropertyFacts) -> bool {
    let is_bound = facts.allowed_values().len() > 0 || facts.pattern().is_some() || facts.length() != (0, None);
    (facts.types.is_any() || facts.types.has(Types::STRING)) && !is_bound
}

fn has_scalar(types: Types) -> bool {
    types.is_any() || types.has(Types::STRING.or(Types::NUMBER).or(Types::INTEGER).or(Types::BOOLEAN))
}
