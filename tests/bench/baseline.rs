//! The baseline of the ratios: reads a file, parses it into a `serde_json::Value`, and writes it.

use std::io::Write as _;

/// Reads, parses and writes `path`.
pub fn run(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read(path)?;
    let value: serde_json::Value = serde_json::from_slice(&text)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, &value)?;
    out.flush()?;
    Ok(())
}
