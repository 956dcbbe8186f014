//! Duplicate names: logical IDs, and physical names of resources.

use super::check::{Check, is_no_value, type_name};
use super::walk::Guards;
use crate::template::{Entry, Intrinsic, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for entry in &template.resources {
        if let Some(parameter) = template.parameters.get(entry.name) {
            let diagnostic = check
                .error(
                    "duplicate-name",
                    format!("a parameter and a resource have the same name `{}`", entry.name),
                    entry.name_span,
                    "resource",
                )
                .at(template.source, parameter.name_span, "parameter")
                .hinted("rename one of them; Ref cannot distinguish them");
            check.report(diagnostic);
        }
    }
    let named: Vec<(&Entry<'_>, Vec<&Node<'_>>)> =
        check.resources().filter_map(|(_, entry, facts)| Some((entry, identifier(entry, facts?)?))).collect();
    for (index, (later, names)) in named.iter().enumerate() {
        for (earlier, others) in &named[..index] {
            if !check.may_compare() {
                return;
            }
            if type_name(earlier) != type_name(later) || !names.iter().zip(others).all(|(name, other)| name.same(other)) {
                continue;
            }
            let exists: Guards = check.exists(earlier).into_iter().chain(check.exists(later)).collect();
            let message = format!("`{}` and `{}` have the same identifier of type {}", earlier.name, later.name, type_name(later));
            let diagnostic = check
                .error("duplicate-resource", message, names[0].span, "same identifier")
                .at(template.source, others[0].span, "first resource")
                .hinted("use a different name for each resource, or remove the names so that CloudFormation generates them");
            check.report_where(diagnostic, &exists, &exists);
        }
    }
}

/// Returns the primary identifier of a resource if the template contains all of it.
fn identifier<'a>(entry: &Entry<'a>, facts: crate::schema::ResourceType) -> Option<Vec<&'a Node<'a>>> {
    let properties = entry.body.get("Properties")?;
    let mut names = Vec::new();
    for path in facts.primary_identifier() {
        let name = path.single()?;
        let node = properties.get(name).filter(|node| !is_no_value(node) && !facts.is_read_only(&[name]))?;
        // Different branches of `Fn::If` are not compared.
        if matches!(Intrinsic::of(node), Some(Intrinsic::If(_))) {
            return None;
        }
        names.push(node);
    }
    (!names.is_empty()).then_some(names)
}
