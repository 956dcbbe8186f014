//! Plans the cache's insertions into the two build task definitions.

use serde_json::Value;

use super::compare::{same, short, short_of};
use super::insertion::{Insertion, Step};
use super::insertion_order;
use super::template_capabilities::{Task, TemplateCapabilities};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::model::{build_cache, json};
use crate::template::{Kind, Node};

/// A list in a task definition and the item that the cache adds to it.
struct Target<'a, 't> {
    task: &'t Task<'a>,
    /// The object that contains the list.
    holder: &'a Node<'a>,
    path: &'t [Step<'a>],
    list: &'static str,
    /// The member before which a missing list is inserted.
    next: &'static str,
    /// The value of the list if it is missing.
    whole: Value,
    /// The item that is added to an existing list.
    item: Value,
    /// Members whose values must be unique in the list.
    unique: &'static [&'static str],
}

/// Returns the insertions into both task definitions; reports clashes as problems.
pub(super) fn plan<'a>(capabilities: &TemplateCapabilities<'a>, problems: &mut Diagnostics) -> Vec<Insertion<'a>> {
    let mut targets = Vec::new();
    if let Some(task) = &capabilities.ec2 {
        targets.push(Target {
            task,
            holder: task.container,
            path: &task.container_path,
            list: "Environment",
            next: "Image",
            whole: json(&[build_cache::environment_variable()]),
            item: json(&build_cache::environment_variable()),
            unique: &["Name"],
        });
    }
    if let Some(task) = &capabilities.fargate {
        targets.push(Target {
            task,
            holder: task.container,
            path: &task.container_path,
            list: "MountPoints",
            next: "Name",
            whole: json(&build_cache::mount_points()),
            item: build_cache::mount_point_entry(),
            unique: &["ContainerPath", "SourceVolume"],
        });
        targets.push(Target {
            task,
            holder: task.properties,
            path: &task.properties_path,
            list: "Volumes",
            next: "TaskRoleArn",
            whole: json(&build_cache::volumes()),
            item: build_cache::volume_entry(),
            unique: &["Name"],
        });
    }
    targets.iter().filter_map(|target| target.plan(capabilities.source, problems)).collect()
}

impl<'a> Target<'a, '_> {
    fn plan(&self, source: &Source, problems: &mut Diagnostics) -> Option<Insertion<'a>> {
        let Some(list) = self.holder.get(self.list) else {
            let names: Vec<&str> = self.holder.members().iter().map(|member| member.key).collect();
            let index = insertion_order::before(&names, self.next);
            return Some(self.insertion(self.holder, self.path.to_vec(), index, Some(self.list.to_owned()), self.whole.clone()));
        };
        if same(list, &self.whole) {
            return None;
        }
        let Kind::Array(items) = list.kind else {
            problems.push(self.not_a_list(source, list));
            return None;
        };
        if items.iter().any(|present| same(present, &self.item)) {
            return None;
        }
        let clashes: Vec<Diagnostic> = items.iter().flat_map(|present| self.clash(source, present, present)).collect();
        if !clashes.is_empty() {
            problems.0.extend(clashes);
            return None;
        }
        // At the end, since CloudFormation compares items by index: an insertion in the middle would change every following item.
        let index = items.len();
        let mut path = self.path.to_vec();
        path.push(Step::Key(self.list));
        Some(self.insertion(list, path, index, None, self.item.clone()))
    }

    /// Returns the added item without the `Fn::If` around it.
    fn bare_item(&self) -> &Value {
        self.item.pointer("/Fn::If/1").unwrap_or(&self.item)
    }

    fn insertion(&self, container: &'a Node<'a>, path: Vec<Step<'a>>, index: usize, key: Option<String>, value: Value) -> Insertion<'a> {
        let what = match self.list {
            "Environment" => format!("environment variable `DOCKER_BUILDKIT` in `{}`", self.task.name),
            "MountPoints" => format!("mount point `/kaniko/caches` in `{}`", self.task.name),
            _ => format!("volume `build-cache` in `{}`", self.task.name),
        };
        Insertion { container, path, index, key, value, open_levels: 0, what }
    }

    fn not_a_list(&self, source: &Source, list: &Node<'_>) -> Diagnostic {
        let Self { task: Task { name, .. }, list: member, .. } = self;
        let wanted = short(&self.whole);
        Diagnostic::error(
            "patch-clash",
            format!("`{member}` of `{name}` differs from the build cache's: it is {}, expected {wanted}", short_of(list)),
        )
        .at(source, list.span, "not a plain list")
        .hinted(format!("write `{member}` as a plain list, whose items may be `Fn::If`; the build cache's item is then added to it"))
    }

    /// Returns the clashes of an existing item, or of the branches of its `Fn::If`, with the item to add.
    fn clash(&self, source: &Source, item: &Node<'_>, whole: &Node<'_>) -> Vec<Diagnostic> {
        if let Kind::Object([member]) = item.kind
            && member.key == "Fn::If"
        {
            return member.value.items().iter().skip(1).flat_map(|branch| self.clash(source, branch, whole)).collect();
        }
        let taken = self.unique.iter().find(|key| {
            let here = item.get(key).and_then(Node::scalar);
            here.map(without_trailing_slash).is_some_and(|here| self.bare_item().get(**key).and_then(Value::as_str) == Some(here))
        });
        let Some(key) = taken else { return Vec::new() };
        let wanted = short(&self.item);
        vec![
            Diagnostic::error(
                "patch-clash",
                format!(
                    "`{}` of `{}` has a different item with the same `{key}`: it is {}, expected {wanted}",
                    self.list,
                    self.task.name,
                    short_of(whole)
                ),
            )
            .at(source, whole.span, format!("expected {wanted}"))
            .hinted("remove this item, or change it to the expected value"),
        ]
    }
}

/// Returns a path without trailing slashes: `/kaniko/caches/` and `/kaniko/caches` are the same directory.
fn without_trailing_slash(path: &str) -> &str {
    if path.len() > 1 { path.trim_end_matches('/') } else { path }
}
