//! Members of an object: required, mutually exclusive and alternative ones.

use super::Walk;
use crate::diagnostic::Span;
use crate::schema::PropertyFacts;
use crate::template::{Intrinsic, Kind, Member, Node};
use crate::validate::check::{alternatives, is_no_value, type_name};
use crate::validate::literals::has_type;
use crate::validate::walk::Guards;

impl<'a> Walk<'_, '_, 'a> {
    /// Checks required members.
    pub(super) fn members(&mut self, facts: &PropertyFacts, members: &'a [Member<'a>], span: Span) {
        let find = |name: &str| members.iter().find(|member| member.key == name);
        for name in facts.required() {
            let missing: Vec<Guards> = match find(name) {
                None => vec![self.guards.clone()],
                Some(member) => {
                    let absent = |(guards, value): (Guards, Option<&Node<'_>>)| value.is_none().then_some(guards);
                    alternatives(self.check.template, &member.value, &self.guards).into_iter().filter_map(absent).collect()
                }
            };
            for guards in missing {
                let message = format!("{} has no `{name}`, which {} requires", self.location(), type_name(self.entry));
                let diagnostic = self.check.error("missing-property", message, span, format!("`{name}` is missing"));
                self.report_under(diagnostic, &guards);
            }
        }
        let given = |name: &&str| find(name).is_some_and(|member| !is_no_value(&member.value));
        let missing = (facts.required_or().len() > 0 && !facts.required_or().any(|name| given(&name)))
            || (facts.required_xor().len() > 0 && !facts.required_xor().any(|name| given(&name)));
        if missing {
            let names: Vec<&str> = facts.required_or().chain(facts.required_xor()).collect();
            let message = format!("{} requires one of {}", self.location(), names.join(", "));
            let diagnostic = self.check.error("missing-alternative", message, span, "");
            self.report(diagnostic.hinted("add one of these properties"));
        }
        let mut reported = Vec::new();
        for (name, other) in facts.dependent_excluded() {
            if let (Some(one), Some(two)) = (find(name), find(other))
                && !reported.contains(&(other, name))
            {
                reported.push((name, other));
                self.excluded(one, two);
            }
        }
        for (name, other) in facts.dependent_required() {
            if let Some(member) = find(name) {
                self.beside(member, other, find(other));
            }
        }
        let several: Vec<&Member<'a>> = facts.required_xor().filter_map(find).collect();
        for (index, later) in several.iter().enumerate() {
            for earlier in &several[..index] {
                self.excluded(earlier, later);
            }
        }
    }

    /// Reports a member that can be present without another member that it requires.
    fn beside(&mut self, member: &'a Member<'a>, name: &str, other: Option<&'a Member<'a>>) {
        for (guards, value) in alternatives(self.check.template, &member.value, &self.guards) {
            if !value.is_some_and(says) {
                continue;
            }
            let absent: Vec<Guards> = match other {
                None => vec![guards],
                Some(other) => {
                    let others = alternatives(self.check.template, &other.value, &guards);
                    others.into_iter().filter_map(|(guards, value)| value.is_none().then_some(guards)).collect()
                }
            };
            for guards in absent {
                let message = format!("{} has {} without {name}, which it requires", self.location(), member.key);
                let diagnostic = self.check.error("missing-property", message, member.key_span, format!("requires `{name}`"));
                self.report_under(diagnostic, &guards);
            }
        }
    }

    /// Reports two mutually exclusive members that can be present together.
    fn excluded(&mut self, earlier: &'a Member<'a>, later: &'a Member<'a>) {
        for (guards, _) in
            alternatives(self.check.template, &earlier.value, &self.guards).iter().filter(|(_, value)| value.is_some_and(says))
        {
            for (guards, value) in alternatives(self.check.template, &later.value, guards) {
                let Some(when) = value.filter(|value| says(value)).and_then(|_| self.check.reached(&guards)) else { continue };
                let message = format!("{} has both {} and {}, which are mutually exclusive", self.location(), earlier.key, later.key);
                let diagnostic = self
                    .check
                    .error("excluded-property", message, later.key_span, "mutually exclusive")
                    .at(self.check.template.source, earlier.key_span, "with this property")
                    .hinted("remove one of the two properties");
                return self.check.report_when(diagnostic, &when);
            }
        }
    }

    /// Checks that a value matches one of the alternatives of its schema (`anyOf`, `oneOf`), as far as its literals show.
    pub(super) fn alternatives(&mut self, facts: &PropertyFacts, node: &'a Node<'a>) {
        for part in facts.all_of() {
            if let Kind::Object(members) = node.kind {
                self.members(&part, members, self.head(node));
            }
        }
        for fails in [none_fits(facts.any_of(), node), none_fits(facts.one_of(), node)] {
            if fails {
                let groups: Vec<String> =
                    facts.any_of().chain(facts.one_of()).map(|part| part.required().collect::<Vec<_>>().join(" with ")).collect();
                let wanted: Vec<String> = groups.into_iter().filter(|group| !group.is_empty()).collect();
                let message = if wanted.is_empty() || !matches!(node.kind, Kind::Object(_)) {
                    format!("{} matches none of the alternatives in the schema of {}", self.location(), type_name(self.entry))
                } else {
                    format!("{} requires one of: {}", self.location(), wanted.join("; "))
                };
                let diagnostic = self.check.error("missing-alternative", message, self.head(node), "");
                self.report(diagnostic);
            }
        }
    }
}

/// Returns whether a value is not empty; an empty list counts as absent.
fn says(value: &Node<'_>) -> bool {
    !matches!(value.kind, Kind::Array([]))
}

fn none_fits(mut parts: impl ExactSizeIterator<Item = PropertyFacts>, node: &Node<'_>) -> bool {
    parts.len() > 0 && !parts.any(|part| may_fit(&part, node))
}

/// Returns whether a value can match: no literal excludes it.
fn may_fit(facts: &PropertyFacts, node: &Node<'_>) -> bool {
    if Intrinsic::of(node).is_some() {
        return true;
    }
    if !has_type(facts.types, node) {
        return false;
    }
    let members = node.members();
    let object = matches!(node.kind, Kind::Object(_));
    let complete = !object || facts.required().all(|name| members.iter().any(|member| member.key == name));
    complete && facts.all_of().all(|part| may_fit(&part, node)) && !none_fits(facts.any_of(), node) && !none_fits(facts.one_of(), node)
}
