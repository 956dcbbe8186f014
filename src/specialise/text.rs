//! Text with unknown parts as `Fn::Sub`, which is shorter and easier to read than `Fn::Join`.

use crate::evaluate::{Residual, Value, ValueKind};

/// Returns the text of an `Fn::Sub` with the meaning of these parts, or `None` if a part has no variable or the text would need escapes.
pub(super) fn substitution(parts: &[Value<'_>]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part.kind {
            ValueKind::Unknown(Residual::GetAtt(id, attribute)) if is_name(id) && is_path(attribute) => {
                text.push_str("${");
                text.push_str(id);
                text.push('.');
                text.push_str(attribute);
                text.push('}');
            }
            ValueKind::Unknown(
                Residual::Ref(name)
                | Residual::PseudoParameter(name)
                | Residual::Parameter(name)
                | Residual::SsmParameter { parameter: name, .. },
            ) if is_name(name) => {
                text.push_str("${");
                text.push_str(name);
                text.push('}');
            }
            ValueKind::Unknown(_) => return None,
            _ => {
                let literal = part.text()?;
                if literal.contains("${") || literal.ends_with('$') {
                    return None;
                }
                text.push_str(literal);
            }
        }
    }
    Some(text)
}

/// Returns whether a variable of `Fn::Sub` can have this name. A dot would make it an attribute.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'))
}

fn is_path(attribute: &str) -> bool {
    attribute.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}
