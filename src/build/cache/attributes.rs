//! Values of `--cache-to` and `--output`: attributes as one CSV record.

/// Whether a cache is exported or imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `--cache-to`, `--export-cache`.
    Export,
    /// `--cache-from`, `--import-cache`.
    Import,
}

/// Attributes of a cache or an output, in order.
///
/// BuildKit reads them with Go's `encoding/csv`: a field that contains a comma, a quote or a line break is quoted, and quotes in it are
/// doubled. Source: <https://docs.docker.com/reference/cli/docker/buildx/build/#output>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(String, String)>);

/// Invalid syntax of attributes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedAttributes(String);

impl Attributes {
    /// Returns no attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the attribute `type` for a kind of cache or output.
    pub fn of_type(kind: &str) -> Self {
        Self::new().with("type", kind)
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// Adds an attribute if it has a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds an attribute if a condition is true.
    #[must_use]
    pub fn with_if(self, condition: bool, name: &str, value: &str) -> Self {
        if condition { self.with(name, value) } else { self }
    }

    /// Returns the value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all attributes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads attributes as buildx and buildctl do: a single field without `=` is the reference of a registry cache.
    ///
    /// # Errors
    ///
    /// Returns an error if a quote is invalid or a field has no `=`.
    pub fn parse(text: &str) -> Result<Self, MalformedAttributes> {
        let fields = fields(text)?;
        if let [field] = fields.as_slice()
            && !field.contains('=')
        {
            return Ok(Self::of_type("registry").with("ref", field));
        }
        let pairs = fields.into_iter().map(|field| match field.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_ascii_lowercase(), value.to_owned())),
            _ => Err(MalformedAttributes(format!("invalid attribute `{}`: expected `name=value`", field.escape_debug()))),
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
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

/// Returns a field, quoted if `encoding/csv` requires it.
fn field(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']) && !text.starts_with(char::is_whitespace);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// Returns the fields of one record.
fn fields(text: &str) -> Result<Vec<String>, MalformedAttributes> {
    let wrong = |what: &str| Err(MalformedAttributes(format!("{what} in `{}`", text.escape_debug())));
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let after = match rest.strip_prefix('"') {
            Some(mut quoted) => {
                let mut field = String::new();
                loop {
                    let Some((before, after)) = quoted.split_once('"') else { return wrong("unterminated quote") };
                    field.push_str(before);
                    match after.strip_prefix('"') {
                        Some(after) => {
                            field.push('"');
                            quoted = after;
                        }
                        None => {
                            fields.push(field);
                            break after;
                        }
                    }
                }
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return wrong("quote inside an unquoted field");
                }
                fields.push(field.to_owned());
                after
            }
        };
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return wrong("text after a closing quote"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_comma_is_one_field() {
        let attributes = Attributes::of_type("image").with("name", "a:1,b:2").with("note", "say \"hi\"");
        let text = attributes.to_string();
        assert_eq!(text, "type=image,\"name=a:1,b:2\",\"note=say \"\"hi\"\"\"");
        assert_eq!(Attributes::parse(&text).unwrap(), attributes);
    }

    #[test]
    fn a_single_reference_is_a_registry_cache() {
        assert_eq!(Attributes::parse("user/app:cache").unwrap().to_string(), "type=registry,ref=user/app:cache");
    }

    #[test]
    fn malformed_records_are_refused() {
        for text in ["", "type=a,", "a=\"b", "\"a=b", "\"a=b\"c", "type=a,b", "=a,type=b"] {
            let parsed = Attributes::parse(text);
            assert!(parsed.is_err() || text.is_empty(), "{text}: {parsed:?}");
        }
    }
}
