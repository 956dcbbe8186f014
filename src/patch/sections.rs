//! Plans the cache's parameters, conditions and resources: which exist, which are missing and which clash with existing entries.

use serde_json::{Map, Value};

use super::cache_entries::CacheEntries;
use super::compare::{Difference, differences, short, short_of};
use super::insertion::{Insertion, Step};
use super::insertion_order;
use super::template_capabilities::TemplateCapabilities;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::Entries;
use crate::template::{Section, Template};

/// One section and the cache's entries for it.
struct SectionPlan {
    section: &'static str,
    kind: &'static str,
    pieces: Entries,
    /// Members in which an existing entry may differ without a clash.
    free: &'static [&'static str],
    /// How many levels are written on separate lines if most of the section's entries are.
    open_levels: usize,
}

/// Returns the insertions into the three sections; reports clashes as problems.
pub(super) fn plan<'a>(template: &Template<'a>, capabilities: &TemplateCapabilities<'a>, problems: &mut Diagnostics) -> Vec<Insertion<'a>> {
    let pieces = CacheEntries::for_template(capabilities);
    let plans = [
        SectionPlan {
            section: "Parameters",
            kind: "parameter",
            pieces: pieces.parameters,
            free: &["Description", "ConstraintDescription"],
            open_levels: 1,
        },
        SectionPlan { section: "Conditions", kind: "condition", pieces: pieces.conditions, free: &[], open_levels: 0 },
        SectionPlan { section: "Resources", kind: "resource", pieces: pieces.resources, free: &["Metadata"], open_levels: 2 },
    ];
    report_shared_names(template, &plans[0], &template.resources, "resource", problems);
    report_shared_names(template, &plans[2], &template.parameters, "parameter", problems);
    let sections = [&template.parameters, &template.conditions, &template.resources];
    plans.into_iter().zip(sections).flat_map(|(plan, section)| plan.insertions(template, section, problems)).collect()
}

impl SectionPlan {
    fn insertions<'a>(self, template: &Template<'a>, section: &Section<'a>, problems: &mut Diagnostics) -> Vec<Insertion<'a>> {
        let names: Vec<&str> = section.iter().map(|entry| entry.name).collect();
        let mut missing: Vec<(usize, String, Value)> = Vec::new();
        let own: Vec<&str> = self.pieces.keys().map(String::as_str).collect();
        for (number, (name, value)) in self.pieces.iter().enumerate() {
            match section.get(name) {
                Some(entry) => {
                    let clashing = differences(entry.body, value, self.free);
                    if !clashing.is_empty() {
                        let found = short_of(entry.body);
                        problems.push(self.clash(template, name, &found, &short(value), &clashing, entry.name_span));
                    }
                }
                None if self.kind == "resource" => {
                    let index = insertion_order::beside(&names, &own, number).unwrap_or_else(|| insertion_order::by_area(&names, name));
                    missing.push((index, name.clone(), value.clone()));
                }
                None => missing.push((insertion_order::by_name(&names, name), name.clone(), value.clone())),
            }
        }
        if self.kind != "resource" {
            missing.sort_by(|(_, a, _), (_, b, _)| a.cmp(b));
        }
        let Some(container) = template.root.get(self.section) else {
            return self.whole_section(template, missing);
        };
        let text = |entry: &crate::template::Entry<'_>| template.source.slice(entry.body.span).contains('\n');
        let open = section.iter().filter(|entry| text(entry)).count() * 2 > section.len();
        let path = vec![Step::Key(self.section)];
        let insertion = |(index, name, value): (usize, String, Value)| Insertion {
            container,
            path: path.clone(),
            index,
            what: format!("{} `{name}`", self.kind),
            key: Some(name),
            value,
            open_levels: if open { self.open_levels } else { 0 },
        };
        missing.into_iter().map(insertion).collect()
    }

    /// Returns the insertion of the whole section, for a template without it.
    fn whole_section<'a>(self, template: &Template<'a>, missing: Vec<(usize, String, Value)>) -> Vec<Insertion<'a>> {
        let names: Vec<&str> = template.root.members().iter().map(|member| member.key).collect();
        let entries: Map<String, Value> = missing.into_iter().map(|(_, name, value)| (name, value)).collect();
        vec![Insertion {
            container: template.root,
            path: Vec::new(),
            index: insertion_order::before(&names, "Resources"),
            key: Some(self.section.to_owned()),
            value: Value::Object(entries),
            open_levels: 1 + self.open_levels,
            what: format!("section `{}`", self.section),
        }]
    }

    fn clash(
        &self,
        template: &Template<'_>,
        name: &str,
        found: &str,
        wanted: &str,
        clashing: &[Difference],
        name_span: crate::diagnostic::Span,
    ) -> Diagnostic {
        let kind = self.kind;
        let message = match clashing {
            [only] if !only.path.is_empty() => {
                format!(
                    "the {kind} `{name}` differs from the build cache's: its `{}` is {}, expected {}",
                    only.path, only.found, only.wanted
                )
            }
            _ => format!("the {kind} `{name}` differs from the build cache's: it is {found}, expected {wanted}"),
        };
        let mut problem = Diagnostic::error("patch-clash", message);
        for difference in clashing.iter().take(5) {
            let Difference { path, span, found, wanted } = difference;
            let text = match (path.as_str(), found.as_str()) {
                ("", _) => format!("expected {wanted}"),
                (path, "nothing") => format!("`{path}` is missing; expected {wanted}"),
                (path, _) => format!("`{path}` differs; expected {wanted}"),
            };
            problem = problem.at(template.source, if found == "nothing" { name_span } else { *span }, text);
        }
        problem.hinted(format!("rename this {kind} everywhere in the template, or change it to the expected value"))
    }
}

/// Reports names of the cache that the template uses for the other kind: parameters and resources share one namespace, since `Ref`
/// accepts both.
fn report_shared_names(template: &Template<'_>, plan: &SectionPlan, others: &Section<'_>, kind: &str, problems: &mut Diagnostics) {
    for name in plan.pieces.keys() {
        if let Some(entry) = others.get(name) {
            problems.push(
                Diagnostic::error(
                    "patch-clash",
                    format!("`{name}` is a {kind} in this template, but the build cache's {} has the same name", plan.kind),
                )
                .at(template.source, entry.name_span, format!("this {kind}"))
                .hinted(format!(
                    "rename this {kind} everywhere in the template: `Ref` accepts parameters and resources, so their names must differ"
                )),
            );
        }
    }
}
