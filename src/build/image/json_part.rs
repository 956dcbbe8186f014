//! Parts of JSON files as key inputs: `package.json#.dependencies`.

use sha2::{Digest as _, Sha256};

use crate::template::{Kind, Node};

/// A path in a JSON document, in jq's syntax: `.dependencies`, `.a["b c"]`, `.list[0]`, or `.` for the whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(i64),
}

impl JsonPath {
    /// Parses paths that are separated by commas.
    pub(super) fn read(text: &str) -> Result<Vec<Self>, String> {
        let mut rest = text.trim();
        let mut paths = Vec::new();
        loop {
            let (path, left) = Self::read_one(rest)?;
            paths.push(path);
            match left.trim_start().strip_prefix(',') {
                Some(next) => rest = next.trim_start(),
                None if left.trim().is_empty() => return Ok(paths),
                None => {
                    return Err(format!("unexpected `{}`; write a part as `.dependencies`, `.a[\"b c\"]` or `.list[0]`", left.trim()));
                }
            }
        }
    }

    fn read_one(text: &str) -> Result<(Self, &str), String> {
        let Some(mut rest) = text.strip_prefix('.') else {
            return Err("a part starts with a dot, for example `.dependencies`".to_owned());
        };
        let mut steps = Vec::new();
        // `.` alone is the whole document. No second dot precedes the first key or bracket: `.key`, `.["key"]`.
        if !rest.starts_with(is_word) && !rest.starts_with(['"', '[']) {
            return Ok((Self { steps }, rest));
        }
        loop {
            rest = if let Some(inside) = rest.strip_prefix('[') {
                let (step, after) = Self::bracket(inside)?;
                steps.push(step);
                after
            } else {
                let (key, after) = Self::key(rest)?;
                steps.push(Step::Key(key));
                after
            };
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
            } else if !rest.starts_with('[') {
                return Ok((Self { steps }, rest));
            }
        }
    }

    fn key(text: &str) -> Result<(String, &str), String> {
        if text.starts_with('"') {
            return string(text);
        }
        let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
        let key = &text[..end];
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("a key with characters other than letters, digits and `_` must be quoted, for example `.\"a-b\"`".to_owned());
        }
        Ok((key.to_owned(), &text[end..]))
    }

    fn bracket(text: &str) -> Result<(Step, &str), String> {
        let (step, rest) = if text.starts_with('"') {
            let (key, rest) = string(text)?;
            (Step::Key(key), rest)
        } else {
            let end = text.find(']').unwrap_or(text.len());
            let index = text[..end].trim().parse().map_err(|_| format!("`[{}]` is neither an index nor a quoted key", &text[..end]))?;
            (Step::Index(index), &text[end..])
        };
        rest.strip_prefix(']').map(|rest| (step, rest)).ok_or_else(|| "missing `]`".to_owned())
    }

    /// Returns the value at this path, if there is one.
    pub(super) fn find<'n>(&self, node: &'n Node<'n>) -> Option<&'n Node<'n>> {
        self.steps.iter().try_fold(node, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => {
                let items = node.items();
                let index = if *index < 0 {
                    items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
                } else {
                    usize::try_from(*index).ok()?
                };
                items.get(index)
            }
        })
    }
}

impl std::fmt::Display for JsonPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(".")?;
        for step in &self.steps {
            match step {
                // Equivalent spellings of a path have one normal form.
                Step::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Parses a JSON string at the start of a text.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
    match read.next() {
        Some(Ok(string)) => {
            let end = read.byte_offset();
            Ok((string, text.get(end..).unwrap_or_default()))
        }
        _ => Err("a quoted key must be a JSON string".to_owned()),
    }
}

/// Returns the digest of a value, independent of its spelling: whitespace, escapes in strings and the order of keys do not matter. The
/// order of items matters, and so do the digits of numbers (`1` and `1.0` differ).
pub(super) fn digest(node: &Node<'_>) -> [u8; 32] {
    let mut digest = Sha256::new();
    add(node, &mut digest);
    digest.finalize().into()
}

fn add(node: &Node<'_>, digest: &mut Sha256) {
    let mut text = |kind: &[u8], text: &str| {
        digest.update(kind);
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    match &node.kind {
        Kind::Null => text(b"null", ""),
        Kind::Bool(value) => text(b"bool", if *value { "true" } else { "false" }),
        Kind::Number(number) => text(b"number", number),
        Kind::String(string) => text(b"string", string),
        Kind::Array(items) => {
            text(b"array", &items.len().to_string());
            items.iter().for_each(|item| add(item, digest));
        }
        Kind::Object(members) => {
            text(b"object", &members.len().to_string());
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|member| member.key);
            for member in members {
                digest.update((member.key.len() as u64).to_be_bytes());
                digest.update(member.key);
                add(&member.value, digest);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{JsonPath, digest};
    use crate::diagnostic::Source;
    use crate::template::{Arena, Document};

    fn part(text: &str, path: &str) -> Option<[u8; 32]> {
        let (source, arena) = (Source::new("a.json", text), Arena::new());
        let document = Document::read(&source, &arena).unwrap();
        let paths = JsonPath::read(path).unwrap();
        paths[0].find(document.root).map(digest)
    }

    #[test]
    fn the_digest_depends_on_the_value_and_not_on_its_spelling() {
        let text = r#"{"dependencies":{"a":"^1","b":"2"},"list":[1,2],"n":null}"#;
        let same = "{\n  \"scripts\": {},\n  \"dependencies\": {\n \"b\": \"2\", \"\\u0061\": \"\\u005e1\" }\n}";
        let of = part(text, ".dependencies");
        assert!(of.is_some());
        assert_eq!(of, part(same, ".dependencies"));
        assert_eq!(of, part(text, r#".["dependencies"]"#));
        assert_eq!(of, part(text, r#"."dependencies""#));
        for other in [r#"{"dependencies":{"a":"^1","b":2}}"#, r#"{"dependencies":{"a":"^1"}}"#, r#"{"dependencies":["a","^1","b","2"]}"#] {
            assert_ne!(of, part(other, ".dependencies"), "{other}");
        }
        assert_ne!(part(text, ".list"), part(r#"{"list":[2,1]}"#, ".list"));
        assert_eq!(part(text, ".list[-1]"), part(text, ".list[1]"));
        assert_ne!(part(text, ".n"), None);
        assert_eq!(part(text, ".nothing"), None);
        assert_eq!(part(text, ".list[7]"), None);
        assert_ne!(part(text, "."), None);
    }

    #[test]
    fn paths_have_the_syntax_of_jq() {
        for (text, spelled) in
            [(".a.b", r#".["a"]["b"]"#), (r#".a["b c"].d"#, r#".["a"]["b c"]["d"]"#), (r#".a."b-c"[0]"#, r#".["a"]["b-c"][0]"#), (".", ".")]
        {
            assert_eq!(JsonPath::read(text).unwrap()[0].to_string(), spelled);
        }
        assert_eq!(JsonPath::read(".a, .b").unwrap().len(), 2);
        for text in ["a", "", ".a-b", ".a[", ".a | keys", ".a[b]", ".a,", ".a..b", ".1"] {
            assert!(JsonPath::read(text).is_err(), "{text}");
        }
    }
}
