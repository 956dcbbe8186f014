//! `--cache-to` and `--output` values: attributes as one record of CSV.

/// Attributes of a cache or an output, in order.
///
/// BuildKit reads them with Go's `encoding/csv`: a field with a comma, a quote or a line break is quoted whole, and a quote in it is
/// doubled. Source: <https://docs.docker.com/reference/cli/docker/buildx/build/#output>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// Returns none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// Adds one when it has a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Returns the value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl std::fmt::Display for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            f.write_str(&field(&format!("{name}={value}")))?;
        }
        Ok(())
    }
}

/// Returns a field as `encoding/csv` reads it back.
fn field(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']) && !text.starts_with(char::is_whitespace);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
