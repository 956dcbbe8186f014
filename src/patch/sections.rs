//! Parameters, conditions and resources of the cache: what is there, what has to come, what is in the way.

use serde_json::{Map, Value};

use super::cache_entries::CacheEntries;
use super::compare::{Difference, differences, short, short_of};
use super::insertion::{Insertion, Step};
use super::insertion_order;
use super::template_capabilities::TemplateCapabilities;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::Entries;
use crate::template::{Section, Template};

/// One section with the pieces that it takes.
struct Part {
    section: &'static str,
    kind: &'static str,
    pieces: Entries,
    /// Members that an entry may have otherwise without being another thing.
    free: &'static [&'static str],
    /// How many levels stand open where the section's other entries do.
    open_levels: usize,
}

/// Plans the three sections; clashes become problems.
pub(super) fn plan<'a>(template: &Template<'a>, capabilities: &TemplateCapabilities<'a>, problems: &mut Diagnostics) -> Vec<Insertion<'a>> {
    let pieces = CacheEntries::for_template(capabilities);
    let parts = [
        Part {
            section: "Parameters",
            kind: "parameter",
            pieces: pieces.parameters,
            free: &["Description", "ConstraintDescription"],
            open_levels: 1,
        },
        Part { section: "Conditions", kind: "condition", pieces: pieces.conditions, free: &[], open_levels: 0 },
        Part { section: "Resources", kind: "resource", pieces: pieces.resources, free: &["Metadata"], open_levels: 2 },
    ];
    other_kind(template, &parts[0], &template.resources, "resource", problems);
    other_kind(template, &parts[2], &template.parameters, "parameter", problems);
    let sections = [&template.parameters, &template.conditions, &template.resources];
    parts.into_iter().zip(sections).flat_map(|(part, section)| part.plan(template, section, problems)).collect()
}

impl Part {
    fn plan<'a>(self, template: &Template<'a>, section: &Section<'a>, problems: &mut Diagnostics) -> Vec<Insertion<'a>> {
        let names: Vec<&str> = section.iter().map(|entry| entry.name).collect();
        let mut missing: Vec<(usize, String, Value)> = Vec::new();
        let own: Vec<&str> = self.pieces.keys().map(String::as_str).collect();
        for (number, (name, value)) in self.pieces.iter().enumerate() {
            match section.get(name) {
                Some(entry) => {
                    let parted = differences(entry.body, value, self.free);
                    if !parted.is_empty() {
                        let found = short_of(entry.body);
                        problems.push(self.clash(template, name, &found, &short(value), &parted, entry.name_span));
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

    /// Plans the section itself, for a template that has none.
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
        parted: &[Difference],
        name_span: crate::diagnostic::Span,
    ) -> Diagnostic {
        let kind = self.kind;
        let message = match parted {
            [only] if !only.path.is_empty() => {
                format!("the {kind} `{name}` is another one: its `{}` is {}, the build cache's is {}", only.path, only.found, only.wanted)
            }
            _ => format!("the {kind} `{name}` is another one: here it is {found}, the build cache's is {wanted}"),
        };
        let mut problem = Diagnostic::error("patch-clash", message);
        for difference in parted.iter().take(5) {
            let Difference { path, span, found, wanted } = difference;
            let text = match (path.as_str(), found.as_str()) {
                ("", _) => format!("the build cache's is {wanted}"),
                (path, "nothing") => format!("`{path}` is missing; the build cache's is {wanted}"),
                (path, _) => format!("`{path}` here; the build cache's is {wanted}"),
            };
            problem = problem.at(template.source, if found == "nothing" { name_span } else { *span }, text);
        }
        problem.hinted(format!("rename this {kind} everywhere in the template, or make it what the build cache needs"))
    }
}

/// Tells of names that stand for another kind of thing: parameters and resources share one namespace, since `Ref` takes both.
fn other_kind(template: &Template<'_>, part: &Part, others: &Section<'_>, kind: &str, problems: &mut Diagnostics) {
    for name in part.pieces.keys() {
        if let Some(entry) = others.get(name) {
            problems.push(
                Diagnostic::error("patch-clash", format!("`{name}` is a {kind} here, and the build cache's {} has that name", part.kind))
                    .at(template.source, entry.name_span, format!("this {kind}"))
                    .hinted(format!(
                        "rename this {kind} everywhere in the template: `Ref` takes parameters and resources alike, so no two share a name"
                    )),
            );
        }
    }
}
