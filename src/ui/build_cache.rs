//! Caches, shown.

use serde::Serialize;

use super::layout::visible;
use super::{Layout, styled};
use crate::build::cache_maintenance::{Age, Cost, Entry, Expiry, Inventory, PruneDecision, Size};
use crate::build::registry::ecr::FileSystemSize;

/// What is in a cache repository.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    repository: String,
    entries: Vec<EntryView>,
    notes: Vec<String>,
}

/// An entry of a cache repository.
#[derive(Clone, Debug, Serialize)]
pub struct EntryView {
    digest: String,
    tags: Vec<String>,
    /// `service`, `layer`, `image`, `untagged`, or `other` for what no cache made.
    kind: &'static str,
    size_bytes: u64,
    /// When it was pushed, or made; RFC 3339.
    at: Option<String>,
    pulled_at: Option<String>,
    /// The rule of the lifecycle policy that would expire it, and why.
    expires: Option<String>,
    #[serde(skip)]
    age: Option<Age>,
}

/// How much is kept, and what it costs.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// The repository.
    pub repository: Option<RepositorySize>,
    /// The file system.
    pub file_system: Option<FileSystemView>,
    /// What to know of it.
    pub notes: Vec<String>,
}

/// How much a repository keeps.
#[derive(Clone, Debug, Serialize)]
pub struct RepositorySize {
    /// Its name.
    pub name: String,
    /// How much.
    #[serde(flatten)]
    pub size: Size,
    /// What it costs.
    pub cost: Cost,
}

/// How much a file system keeps.
#[derive(Clone, Debug, Serialize)]
pub struct FileSystemView {
    id: String,
    bytes: u64,
    standard_bytes: Option<u64>,
    infrequent_access_bytes: Option<u64>,
    archive_bytes: Option<u64>,
    counted_at: Option<String>,
    availability_zone: Option<String>,
    /// What the Standard class costs.
    cost: Cost,
}

/// What goes, and what stays.
#[derive(Clone, Debug, Serialize)]
pub struct Removal {
    repository: String,
    /// Whether it is only shown.
    dry_run: bool,
    removed: Vec<ChoiceView>,
    kept: Vec<ChoiceView>,
    /// What could not be removed, and why.
    pub failed: Vec<ChoiceView>,
    /// Bytes that nothing else in the repository holds.
    freed_bytes: u64,
    notes: Vec<String>,
}

/// What becomes of an entry.
#[derive(Clone, Debug, Serialize)]
pub struct ChoiceView {
    digest: String,
    tags: Vec<String>,
    size_bytes: u64,
    reason: String,
}

impl Listing {
    /// Returns what there is to show of an inventory.
    pub fn new(inventory: &Inventory, expiries: &[Expiry<'_>], now: jiff::Timestamp) -> Self {
        let view = |entry: &Entry| EntryView {
            digest: entry.digest.clone(),
            tags: entry.tags.clone(),
            kind: entry.kind(),
            size_bytes: entry.size_bytes,
            at: entry.pushed_or_created_at.map(|at| at.to_string()),
            pulled_at: entry.pulled_at.map(|at| at.to_string()),
            expires: expiries
                .iter()
                .find(|expiry| expiry.entry.digest == entry.digest)
                .map(|expiry| format!("rule {}: {}", expiry.rule, expiry.reason)),
            age: entry.pushed_or_created_at.map(|at| Age::since(at, now)),
        };
        Self {
            repository: inventory.repository.clone(),
            entries: inventory.entries.iter().map(view).collect(),
            notes: inventory.notes.clone(),
        }
    }

    /// Adds something to know.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl FileSystemView {
    /// Returns what there is to show of a file system.
    pub fn new(size: FileSystemSize, cost: Cost) -> Self {
        Self {
            id: size.id,
            bytes: size.bytes,
            standard_bytes: size.standard_bytes,
            infrequent_access_bytes: size.infrequent_access_bytes,
            archive_bytes: size.archive_bytes,
            counted_at: size.counted_at.map(|at| at.to_string()),
            availability_zone: size.zone,
            cost,
        }
    }
}

impl Removal {
    /// Returns it as it is before anything is removed.
    #[must_use]
    pub fn ahead(&self) -> Self {
        Self { dry_run: true, ..self.clone() }
    }

    /// Returns what there is to show of choices.
    pub fn new(inventory: &Inventory, choices: &[PruneDecision<'_>], dry_run: bool) -> Self {
        let view = |choice: &PruneDecision<'_>| ChoiceView {
            digest: choice.entry.digest.clone(),
            tags: choice.entry.tags.clone(),
            size_bytes: choice.entry.size_bytes,
            reason: choice.reason.clone(),
        };
        let (gone, kept): (Vec<_>, Vec<_>) = choices.iter().partition(|choice| choice.is_removed);
        let left = Inventory { entries: kept.iter().map(|choice| choice.entry.clone()).collect(), ..inventory.clone() };
        Self {
            repository: inventory.repository.clone(),
            dry_run,
            removed: gone.into_iter().map(view).collect(),
            kept: kept.into_iter().map(view).collect(),
            failed: Vec::new(),
            freed_bytes: Size::of(inventory).stored_bytes.saturating_sub(Size::of(&left).stored_bytes),
            notes: inventory.notes.clone(),
        }
    }

    /// Returns the digests that go.
    pub fn digests(&self) -> Vec<String> {
        self.removed.iter().map(|gone| gone.digest.clone()).collect()
    }

    /// Moves what could not be removed to where it belongs.
    pub fn fail(&mut self, stayed: &[(String, String)]) {
        let (failed, removed) =
            std::mem::take(&mut self.removed).into_iter().partition(|gone| stayed.iter().any(|(digest, _)| *digest == gone.digest));
        self.removed = removed;
        self.failed = failed;
        for failed in &mut self.failed {
            if let Some((_, why)) = stayed.iter().find(|(digest, _)| *digest == failed.digest) {
                why.clone_into(&mut failed.reason);
            }
        }
    }

    /// Adds something to know.
    pub fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Returns the question to ask before anything is removed.
    pub fn question(&self) -> String {
        format!("Remove {} from {}?", things(self.removed.len()), self.repository)
    }
}

/// Returns what is in a repository, a line for each entry.
pub fn listing(listing: &Listing, layout: Layout) -> String {
    let styles = layout.styles;
    if listing.entries.is_empty() {
        return format!("{}: nothing is in it\n", listing.repository);
    }
    let mut text = format!("{}\n\n", styled(styles.strong, &listing.repository));
    for entry in &listing.entries {
        let age = entry.age.map_or_else(|| "age not known".to_owned(), |age| format!("{age} ago"));
        let digest: String = entry.digest.chars().take(19).collect();
        text.push_str(&format!("{:8}  {:>9}  {age:>14}  {}\n", entry.kind, bytes(entry.size_bytes), styled(styles.dim, digest)));
        for tag in &entry.tags {
            text.push_str(&format!("          {}\n", visible(tag)));
        }
        if let Some(expires) = &entry.expires {
            text.push_str(&format!("          {}\n", styled(styles.warning, format!("would expire by {expires}"))));
        }
    }
    text + &notes(&listing.notes, layout)
}

/// Returns how much is kept, and what it costs.
pub fn sizes(sizes: &Sizes, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    if let Some(RepositorySize { name, size, cost }) = &sizes.repository {
        text.push_str(&format!("{}\n", styled(styles.strong, name)));
        let exactly = if size.is_exact { "each layer once" } else { "at most: some layers count more than once" };
        text.push_str(&format!("  stored      {:>9}  {exactly}\n", bytes(size.stored_bytes)));
        text.push_str(&format!(
            "  added up    {:>9}  {} manifests, a shared layer with each\n",
            bytes(size.added_up_bytes),
            size.manifests
        ));
        for (kind, of_kind) in &size.by_kind {
            text.push_str(&format!("  {kind:10}  {:>9}  {}\n", bytes(of_kind.bytes), things(of_kind.manifests)));
        }
        text.push_str(&format!("  a month     {}\n", dollars(cost, "ECR")));
    }
    if let Some(file_system) = &sizes.file_system {
        if !text.is_empty() {
            text.push('\n');
        }
        let counted = file_system.counted_at.as_deref().map(|at| format!("metered {at}")).unwrap_or_default();
        text.push_str(&format!("{}\n  metered     {:>9}  {counted}\n", styled(styles.strong, &file_system.id), bytes(file_system.bytes)));
        let classes = [
            ("Standard", file_system.standard_bytes),
            ("Infrequent", file_system.infrequent_access_bytes),
            ("Archive", file_system.archive_bytes),
        ];
        for (class, size) in classes {
            if let Some(size) = size {
                text.push_str(&format!("  {class:10}  {:>9}\n", bytes(size)));
            }
        }
        text.push_str(&format!("  a month     {}\n", dollars(&file_system.cost, "EFS Standard")));
    }
    text + &notes(&sizes.notes, layout)
}

/// Returns what goes and what stays.
pub fn removal(removal: &Removal, layout: Layout) -> String {
    told(removal, true, layout)
}

/// Returns what came of a removal whose entries were shown before: what could not be removed, and the sums.
pub fn removal_done(removal: &Removal, layout: Layout) -> String {
    told(removal, false, layout)
}

fn told(removal: &Removal, with_entries: bool, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    let mut line = |sign: &str, style, choice: &ChoiceView| {
        let name = if choice.tags.is_empty() { choice.digest.chars().take(19).collect() } else { choice.tags.join(", ") };
        let name = visible(&name).into_owned();
        text.push_str(&format!(
            "{} {name}  {:>9}  {}\n",
            styled(style, sign),
            bytes(choice.size_bytes),
            styled(styles.dim, &choice.reason)
        ));
    };
    removal.removed.iter().filter(|_| with_entries).for_each(|choice| line("-", styles.remove, choice));
    removal.failed.iter().for_each(|choice| line("!", styles.alarm, choice));
    removal.kept.iter().filter(|_| with_entries).for_each(|choice| line(" ", styles.dim, choice));
    if !text.is_empty() {
        text.push('\n');
    }
    let did = if removal.dry_run { "would go" } else { "removed" };
    let failed = if removal.failed.is_empty() { String::new() } else { format!(", {} not removed", removal.failed.len()) };
    let summary = format!(
        "{}: {} {did}, {}{failed}, {} kept",
        removal.repository,
        removal.removed.len(),
        bytes(removal.freed_bytes),
        removal.kept.len()
    );
    text.push_str(&format!("{}\n", styled(styles.strong, summary)));
    text + &notes(&removal.notes, layout)
}

fn notes(notes: &[String], layout: Layout) -> String {
    notes.iter().map(|note| format!("{} {}\n", styled(layout.styles.hint, "note:"), visible(note))).collect()
}

fn things(count: usize) -> String {
    format!("{count} manifest{}", if count == 1 { "" } else { "s" })
}

/// Returns a cost with its price, or why there is none.
fn dollars(cost: &Cost, what: &str) -> String {
    let region = cost.region.as_deref();
    match (cost.usd_per_month, &cost.price, region) {
        (Some(usd), Some(price), _) => {
            let usd = if usd > 0.0 && usd < 0.01 { "< $0.01".to_owned() } else { format!("${usd:.2}") };
            let region = region.unwrap_or_default();
            format!("{usd:>9}  {what} in {region} at ${} a GB and month, {} ({})", price.usd_per_gb_month, price.as_of, price.source)
        }
        (_, _, Some(region)) => format!("{:>9}  no price of {what} in {region} is known here: `--price-list FILE` takes AWS's", "?"),
        _ => format!("{:>9}  no price is known: there are prices of ECR, and of EFS in its Standard class", "?"),
    }
}

/// Returns a size in words; a kB is 1000 bytes.
fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 1000.0 {
            return if unit == "B" { format!("{size:.0} {unit}") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}
