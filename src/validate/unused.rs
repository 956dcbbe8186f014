//! Unused parameters, conditions and mappings.

use rustc_hash::FxHashSet;

use super::check::Check;
use super::walk::UseKind;
use crate::diagnostic::Diagnostic;
use crate::template::Section;

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can use any entry of the template, and an include brings expressions; functions in rules can refer to parameters indirectly.
    if check.template.is_rewritten() || check.template.source.text().contains("AWS::Include") {
        return;
    }
    let used = |wanted: fn(&UseKind<'_>) -> bool| -> FxHashSet<String> {
        check.uses.iter().filter(|reference| wanted(&reference.kind)).map(|reference| reference.target.to_owned()).collect()
    };
    let parameters = used(|kind| matches!(kind, UseKind::Ref));
    let conditions = used(|kind| matches!(kind, UseKind::Condition));
    let mappings = used(|kind| matches!(kind, UseKind::Mapping(_)));
    let computed = check.template.source.text().contains("Fn::ForEach");
    let rules = !check.template.rules.is_empty();
    for (section, used, rule, what) in [
        (&check.template.parameters, &parameters, "unused-parameter", "parameter"),
        (&check.template.conditions, &conditions, "unused-condition", "condition"),
        (&check.template.mappings, &mappings, "unused-mapping", "mapping"),
    ] {
        if computed || (rules && rule == "unused-parameter") || (rule == "unused-mapping" && check.template.has_language_extensions()) {
            continue;
        }
        unused(check.template.source, section, used, rule, what).into_iter().for_each(|diagnostic| check.report(diagnostic));
    }
}

fn unused(
    source: &crate::diagnostic::Source,
    section: &Section<'_>,
    used: &FxHashSet<String>,
    rule: &'static str,
    what: &str,
) -> Vec<Diagnostic> {
    let left = section.iter().filter(|entry| !used.contains(entry.name) && !entry.name.starts_with("Fn::"));
    left.map(|entry| {
        Diagnostic::warning(rule, format!("unused {what} `{}`", entry.name))
            .at(source, entry.name_span, "declared here")
            .hinted("remove or use it")
    })
    .collect()
}
