//! Views of `rackform build`: image keys, build commands and caches.
//!
//! Takes values of [`build`](crate::build) and returns text or types to serialize as JSON. Nothing here prints.

pub mod cache_listing;
pub mod cache_removal;
pub mod cache_report;
pub mod cache_size;
pub mod command;
pub mod hints;
pub mod image;

use super::visible::visible;
use super::{Layout, styled};

/// Returns notes, one per line.
fn notes(notes: &[String], layout: Layout) -> String {
    notes.iter().map(|note| format!("{} {}\n", styled(layout.styles.hint, "note:"), visible(note))).collect()
}

/// Returns a count of manifests in words.
fn manifests(count: usize) -> String {
    format!("{count} manifest{}", if count == 1 { "" } else { "s" })
}

/// Returns a size with its unit; a kB is 1000 bytes.
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
