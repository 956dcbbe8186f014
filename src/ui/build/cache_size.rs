//! The output of `rackform build cache size`.

use serde::Serialize;

use super::{bytes, manifests, notes};
use crate::build::cache_maintenance::{Cost, Size};
use crate::build::registry::ecr::FileSystemSize;
use crate::ui::{Layout, styled};

/// The sizes and costs of a cache.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// The repository.
    pub repository: Option<RepositorySize>,
    /// The file system.
    pub file_system: Option<FileSystemView>,
    /// Notes.
    pub notes: Vec<String>,
}

/// The size and cost of a repository.
#[derive(Clone, Debug, Serialize)]
pub struct RepositorySize {
    /// The repository name.
    pub name: String,
    /// The size.
    #[serde(flatten)]
    pub size: Size,
    /// The storage cost.
    pub cost: Cost,
}

/// The size and cost of a file system.
#[derive(Clone, Debug, Serialize)]
pub struct FileSystemView {
    id: String,
    bytes: u64,
    standard_bytes: Option<u64>,
    infrequent_access_bytes: Option<u64>,
    archive_bytes: Option<u64>,
    counted_at: Option<String>,
    availability_zone: Option<String>,
    /// The storage cost of the Standard class.
    cost: Cost,
}

impl FileSystemView {
    /// Returns the view of a file system.
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

/// Formats the sizes and costs of a cache.
pub fn sizes(sizes: &Sizes, layout: Layout) -> String {
    let styles = layout.styles;
    let mut text = String::new();
    if let Some(RepositorySize { name, size, cost }) = &sizes.repository {
        text.push_str(&format!("{}\n", styled(styles.strong, name)));
        let accuracy = if size.is_exact { "each layer counted once" } else { "upper bound: some layers are counted more than once" };
        text.push_str(&format!("  stored      {:>9}  {accuracy}\n", bytes(size.stored_bytes)));
        text.push_str(&format!(
            "  sum         {:>9}  {} manifests, shared layers counted in each\n",
            bytes(size.added_up_bytes),
            size.manifests
        ));
        for (kind, total) in &size.by_kind {
            text.push_str(&format!("  {kind:10}  {:>9}  {}\n", bytes(total.bytes), manifests(total.manifests)));
        }
        if size.archived.manifests > 0 {
            let (bytes, manifests) = (bytes(size.archived.bytes), manifests(size.archived.manifests));
            text.push_str(&format!("  archived    {bytes:>9}  {manifests}, not in the sizes above and not in the cost\n"));
        }
        text.push_str(&format!("  monthly     {}\n", dollars(cost, "ECR")));
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
        text.push_str(&format!("  monthly     {}\n", dollars(&file_system.cost, "EFS Standard")));
    }
    text + &notes(&sizes.notes, layout)
}

/// Formats a monthly cost with its price, or the reason why the cost is unknown.
fn dollars(cost: &Cost, what: &str) -> String {
    let region = cost.region.as_deref();
    match (cost.usd_per_month, &cost.price, region) {
        (Some(usd), Some(price), _) => {
            let usd = if usd > 0.0 && usd < 0.01 { "< $0.01".to_owned() } else { format!("${usd:.2}") };
            let region = region.unwrap_or_default();
            format!("{usd:>9}  {what} in {region} at ${} per GB-month, {} ({})", price.usd_per_gb_month, price.as_of, price.source)
        }
        (_, _, Some(region)) => {
            format!("{:>9}  no built-in price of {what} in {region}; add an AWS price list with `--price-list FILE`", "?")
        }
        _ => format!("{:>9}  unknown price; prices are available for ECR and EFS Standard", "?"),
    }
}
