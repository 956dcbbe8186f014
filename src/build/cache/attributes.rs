//! `--cache-to` and `--output` values: attributes as one record of CSV.

/// Attributes of a cache or an output, in order.
///
/// BuildKit reads them with Go's `encoding/csv`: a field with a comma, a quote or a line break is quoted whole, and a quote in it is
/// doubled. Source: <https://docs.docker.com/reference/cli/docker/buildx/build/#output>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(String, String)>);

/// A text that is no record of `name=value` fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedAttributes(String);

impl Attributes {
    /// Returns none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns those of a kind of cache or output.
    pub fn of_type(kind: &str) -> Self {
        Self::new().with("type", kind)
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

    /// Adds one when a condition holds.
    #[must_use]
    pub fn with_if(self, condition: bool, name: &str, value: &str) -> Self {
        if condition { self.with(name, value) } else { self }
    }

    /// Returns the value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads attributes as buildx and buildctl do; a lone field without `=` is the reference of a registry's cache.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the quotes, or the field that has no `=`.
    pub fn parse(text: &str) -> Result<Self, MalformedAttributes> {
        let fields = fields(text)?;
        if let [field] = fields.as_slice()
            && !field.contains('=')
        {
            return Ok(Self::of_type("registry").with("ref", field));
        }
        let pairs = fields.into_iter().map(|field| match field.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_ascii_lowercase(), value.to_owned())),
            _ => Err(MalformedAttributes(format!("`{}` is no `name=value`", field.escape_debug()))),
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

/// Returns a field as `encoding/csv` reads it back.
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
                    let Some((before, after)) = quoted.split_once('"') else { return wrong("a quote that is not closed") };
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
                    return wrong("a quote inside a field that does not start with one");
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
    fn a_lone_reference_is_a_registry() {
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
