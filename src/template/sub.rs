//! Parser for the string of `Fn::Sub`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>

/// One part of the string of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubPart<'a> {
    /// Literal text.
    Text(&'a str),
    /// The name between `${` and `}`, without surrounding spaces.
    Variable(&'a str),
}

/// Splits the string of `Fn::Sub` into parts. `${!name}` is the text `${name}`, and an unclosed `${` is text.
pub fn sub_parts(text: &str) -> impl Iterator<Item = SubPart<'_>> {
    let mut rest = text;
    let mut pending: [Option<SubPart<'_>>; 2] = [None, None];
    std::iter::from_fn(move || {
        if let Some(part) = pending[0].take().or_else(|| pending[1].take()) {
            return Some(part);
        }
        if rest.is_empty() {
            return None;
        }
        let Some(open) = memchr::memmem::find(rest.as_bytes(), b"${") else {
            return Some(SubPart::Text(std::mem::take(&mut rest)));
        };
        let Some(length) = memchr::memchr(b'}', &rest.as_bytes()[open + 2..]) else {
            return Some(SubPart::Text(std::mem::take(&mut rest)));
        };
        let (before, inside) = (&rest[..open], &rest[open + 2..open + 2 + length]);
        let whole = &rest[open + 2..=open + 2 + length];
        rest = &rest[open + 3 + length..];
        if let Some(literal) = whole.strip_prefix('!') {
            pending = [Some(SubPart::Text("${")), Some(SubPart::Text(literal))];
        } else {
            pending = [Some(SubPart::Variable(inside.trim())), None];
        }
        if before.is_empty() { pending[0].take() } else { Some(SubPart::Text(before)) }
    })
}

#[cfg(test)]
mod tests {
    use super::{SubPart, sub_parts};

    #[test]
    fn a_string_is_split_at_its_variables() {
        let found: Vec<SubPart<'_>> = sub_parts("a${B}c${ D.E }${!F}$").collect();
        let expected = [
            SubPart::Text("a"),
            SubPart::Variable("B"),
            SubPart::Text("c"),
            SubPart::Variable("D.E"),
            SubPart::Text("${"),
            SubPart::Text("F}"),
            SubPart::Text("$"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_unclosed_variable_is_text() {
        assert_eq!(sub_parts("x${B").collect::<Vec<_>>(), [SubPart::Text("x${B")]);
        assert_eq!(sub_parts("").count(), 0);
    }
}
