//! Names that the template fixes.

use super::{Inspector, Requirements, judged, unchecked};
use crate::verify::Verdict;
use crate::verify::names::NAME_TAKEN;
use crate::verify::verdict::Of;

pub(super) fn survey(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for named in &requirements.names {
        // A type that nobody knows how to ask for is passed over: docs/checks.md says which are asked for.
        let Some(asked) = inspector.holder(&named.resource_type, &named.name, named.scope.as_deref()) else { continue };
        let expected = format!("the name `{}` is free for {}", named.name, named.resource_type);
        let of = Of { logical_id: Some(&named.logical_id), physical_id: named.replaces.as_deref() };
        verdicts.push(match asked {
            Ok(None) => judged(&NAME_TAKEN, of, true, (expected, "free".to_owned()), ""),
            Ok(Some(holder)) => {
                let own = requirements.held.iter().find(|(_, physical_id)| is_of(&holder, physical_id)).map(|(logical_id, _)| logical_id);
                match own {
                    Some(own) if *own == named.logical_id && named.yields => {
                        judged(&NAME_TAKEN, of, true, (expected, "its own".to_owned()), "")
                    }
                    Some(own) => {
                        let remedy = "CloudFormation makes the new one first and deletes the old one at the end: give the new one another name, or leave the name out";
                        judged(&NAME_TAKEN, of, false, (expected, format!("`{own}` of this stack has it until the end: {holder}")), remedy)
                    }
                    None => {
                        let remedy = "delete or rename what has it, import it into the stack, or give the resource another name; for a build cache, another stack's name does";
                        judged(&NAME_TAKEN, of, false, (expected, format!("taken by {holder}")), remedy)
                    }
                }
            }
            Err(refusal) => unchecked(&NAME_TAKEN, of, &expected, &refusal),
        });
    }
    verdicts
}

/// Tells whether a holder, which is told by its ARN or ID, is what has this physical ID.
fn is_of(holder: &str, physical_id: &str) -> bool {
    holder == physical_id || holder.strip_suffix(physical_id).is_some_and(|before| before.ends_with(['/', ':']))
}
