//! The progress of BuildKit, as docker, buildx and buildctl print it.
//!
//! A vertex is one operation: a step of the Dockerfile, the import or export of a cache, and others. In plain text, its first line is
//! `#5 NAME`; later lines are its status, log and end. Log lines of a `RUN` start with a time, so they are never taken for an end.
//!
//! Sources: the lines are those of <https://github.com/moby/buildkit/blob/master/util/progress/progressui/printer.go>; the names of
//! imports are in <https://github.com/moby/buildkit/blob/master/solver/llbsolver/bridge.go>, those of exports in
//! <https://github.com/moby/buildkit/tree/master/cache/remotecache> (`Name`; before 0.11 all were `exporting cache`), their status in
//! <https://github.com/moby/buildkit/blob/master/cache/remotecache/export.go>; the JSON is that of
//! <https://pkg.go.dev/github.com/moby/buildkit/client#SolveStatus>. `ignore-error` hides the failure of an export from the exit status,
//! not from the progress: <https://github.com/moby/buildkit/blob/master/solver/llbsolver/export.go>. If layers of a cached step have to be
//! downloaded, its vertex starts again and ends as not cached, with the downloads as its status:
//! <https://github.com/moby/buildkit/blob/master/util/progress/controller/controller.go>.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ExportEnd, ExportProgress, ImportProgress, LIMIT, Progress, Steps, reason};

/// The operations of a build, by their number or digest.
#[derive(Debug, Default)]
pub(super) struct Vertices {
    vertices: BTreeMap<String, Vertex>,
    /// The order of the first lines.
    order: usize,
    /// Imports that the client skipped before it started the build.
    skipped: Vec<ImportProgress>,
    has_overflown: bool,
    inline: bool,
}

#[derive(Debug)]
struct Vertex {
    order: usize,
    role: Role,
    end: Option<End>,
    is_empty: bool,
    digest: Option<String>,
    /// Whether its layers were downloaded, so that it did not run.
    is_downloaded: bool,
}

impl Vertex {
    fn finish(&mut self, end: End) {
        // A cached step that ends once more was only downloaded.
        if !matches!((&self.end, &end), (Some(End::Cached), End::Done)) {
            self.end = Some(end);
        }
    }

    fn is_cached(&self) -> bool {
        matches!(self.end, Some(End::Cached)) || (self.is_downloaded && matches!(self.end, Some(End::Done)))
    }
}

#[derive(Debug)]
enum Role {
    Step,
    Import(String),
    Export(Option<&'static str>),
    Other,
}

#[derive(Debug)]
enum End {
    Done,
    Cached,
    Failed(String),
}

impl Vertices {
    /// Reads a line of plain progress.
    pub(super) fn plain_line(&mut self, line: &str) {
        let Some((number, text)) = line.strip_prefix('#').and_then(|rest| rest.split_once(' ')) else { return self.client_line(line) };
        if number.is_empty() || number.len() > 9 || !number.bytes().all(|byte| byte.is_ascii_digit()) || number == "0" {
            return;
        }
        let Some(vertex) = self.vertex(number, text) else { return };
        let end = match text {
            "CACHED" => Some(End::Cached),
            "CANCELED" => Some(End::Failed("canceled".to_owned())),
            _ if text == "DONE" || text.starts_with("DONE ") => Some(End::Done),
            _ => text.strip_prefix("ERROR: ").map(|message| End::Failed(reason(message))),
        };
        match end {
            Some(end) => vertex.finish(end),
            None => {
                // A step of Docker 20.10 begins with its own digest; a download has a size, such as `157B / 157B`.
                vertex.is_downloaded |= text.starts_with("sha256:") && text.contains(" / ");
                self.status(number, text);
            }
        }
    }

    /// Reads a line of JSON.
    pub(super) fn json_line(&mut self, line: &str) {
        let Ok(Object { vertexes, statuses }) = serde_json::from_str::<Object>(line) else { return self.client_line(line) };
        for JsonVertex { digest, name, completed, cached, error } in vertexes {
            let Some(vertex) = self.vertex(&digest, &name) else { continue };
            if !error.is_empty() {
                vertex.finish(End::Failed(reason(&error)));
            } else if completed.is_some() {
                vertex.finish(if cached { End::Cached } else { End::Done });
            }
        }
        for JsonStatus { id, vertex } in statuses {
            if let Some(vertex) = self.vertices.get_mut(&vertex) {
                vertex.is_downloaded |= id.starts_with("sha256:");
            }
            self.status(&vertex, &id);
        }
    }

    /// Reads a line of the client itself.
    ///
    /// Source: <https://github.com/moby/buildkit/blob/master/client/solve.go>
    fn client_line(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once("local cache import at ") else { return };
        let found = [" not found due to err: ", " skipped due to err: ", " skipped: "]
            .into_iter()
            .filter_map(|words| rest.split_once(words))
            .min_by_key(|(source, _)| source.len());
        if let Some((source, message)) = found.filter(|_| self.skipped.len() < LIMIT) {
            self.skipped.push(ImportProgress { source: source.to_owned(), end: Some(Err(reason(message.trim_end_matches('"')))) });
        }
    }

    /// Returns the vertex with a number or digest; `name` is its name if it is new.
    fn vertex(&mut self, id: &str, name: &str) -> Option<&mut Vertex> {
        if !self.vertices.contains_key(id) {
            if self.vertices.len() >= LIMIT {
                self.has_overflown = true;
                return None;
            }
            self.order += 1;
            let vertex = Vertex { order: self.order, role: role(name), end: None, is_empty: false, digest: None, is_downloaded: false };
            // Before 0.13 this was an operation of its own.
            self.inline |= name == "preparing layers for inline cache";
            self.vertices.insert(id.to_owned(), vertex);
        }
        self.vertices.get_mut(id)
    }

    /// Reads a status line of a vertex.
    fn status(&mut self, id: &str, text: &str) {
        let Some(vertex) = self.vertices.get_mut(id) else { return };
        if text.starts_with("preparing layers for inline cache") && matches!(vertex.role, Role::Other) {
            self.inline = true;
        }
        if !matches!(vertex.role, Role::Export(_)) {
            return;
        }
        vertex.is_empty |= text.starts_with("skipping cache export for empty result");
        let manifest = ["writing cache image manifest ", "writing cache manifest ", "writing manifest "];
        if let Some(rest) = manifest.into_iter().find_map(|words| text.strip_prefix(words)) {
            vertex.digest = rest.split(' ').next().filter(|digest| digest.starts_with("sha256:") && digest.len() == 71).map(str::to_owned);
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let mut vertices: Vec<&Vertex> = self.vertices.values().collect();
        vertices.sort_by_key(|vertex| vertex.order);
        let mut progress = Progress { is_understood: !vertices.is_empty() && !self.has_overflown, ..Progress::default() };
        let mut steps = Steps::default();
        progress.imports.clone_from(&self.skipped);
        for vertex in vertices {
            match &vertex.role {
                Role::Other => {}
                Role::Step => {
                    steps.total += 1;
                    steps.cached += usize::from(vertex.is_cached());
                }
                Role::Import(source) => {
                    let end = vertex.end.as_ref().map(|end| match end {
                        End::Done | End::Cached => Ok(()),
                        End::Failed(message) => Err(message.clone()),
                    });
                    progress.imports.push(ImportProgress { source: source.clone(), end });
                }
                Role::Export(kind) => {
                    let end = vertex.end.as_ref().map(|end| match end {
                        End::Done | End::Cached if vertex.is_empty => ExportEnd::Empty,
                        End::Done | End::Cached => ExportEnd::Written,
                        End::Failed(message) => ExportEnd::Failed(message.clone()),
                    });
                    progress.exports.push(ExportProgress { kind: *kind, digest: vertex.digest.clone(), end });
                }
            }
        }
        if self.inline {
            progress.exports.push(ExportProgress { kind: Some("inline"), digest: None, end: Some(ExportEnd::Written) });
        }
        progress.steps = progress.is_understood.then_some(steps);
        progress
    }
}

fn role(name: &str) -> Role {
    if let Some(source) = name.strip_prefix("importing cache manifest from ") {
        return Role::Import(source.to_owned());
    }
    match name {
        "exporting cache" | "exporting content cache" => return Role::Export(None),
        "exporting cache to registry" => return Role::Export(Some("registry")),
        "exporting cache to client directory" => return Role::Export(Some("local")),
        "exporting cache to Amazon S3" | "exporting cache to s3" => return Role::Export(Some("s3")),
        "exporting cache to Azure Blob Storage" | "exporting cache to azure blob store" => return Role::Export(Some("azblob")),
        "exporting to GitHub Actions Cache" | "exporting to GitHub cache" => return Role::Export(Some("gha")),
        _ => {}
    }
    if is_step(name) { Role::Step } else { Role::Other }
}

/// Returns whether a vertex is a step of the Dockerfile, `[stage 2/5] RUN ...`, except `FROM`.
fn is_step(name: &str) -> bool {
    let Some((bracket, instruction)) = name.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else { return false };
    let number = bracket.rsplit(' ').next().unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number.split_once('/').is_some_and(|(step, total)| is_number(step) && is_number(total)) && !instruction.starts_with("FROM ")
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    vertexes: Vec<JsonVertex>,
    #[serde(default)]
    statuses: Vec<JsonStatus>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct JsonVertex {
    digest: String,
    name: String,
    completed: Option<serde::de::IgnoredAny>,
    cached: bool,
    error: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JsonStatus {
    id: String,
    vertex: String,
}
