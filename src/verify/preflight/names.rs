//! Custom names.

use super::{Inspector, Requirements, pass_or_fail, unchecked};
use crate::verify::Verdict;
use crate::verify::names::NAME_TAKEN;
use crate::verify::verdict::About;

pub(super) fn check(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for named in &requirements.names {
        // Types without a lookup are skipped; docs/checks.md lists the supported types.
        let Some(found) = inspector.name_owner(&named.resource_type, &named.name, named.scope.as_deref()) else { continue };
        let expected = format!("the name `{}` is available for {}", named.name, named.resource_type);
        let about = About { logical_id: Some(&named.logical_id), physical_id: named.replaces.as_deref() };
        verdicts.push(match found {
            Ok(None) => pass_or_fail(&NAME_TAKEN, about, true, (expected, "available".to_owned()), ""),
            Ok(Some(owner)) => {
                let own = requirements
                    .stack_resources
                    .iter()
                    .find(|(_, physical_id)| is_of(&owner, physical_id))
                    .map(|(logical_id, _)| logical_id);
                match own {
                    Some(own) if *own == named.logical_id && named.releases_name => {
                        pass_or_fail(&NAME_TAKEN, about, true, (expected, "used by the replaced resource itself".to_owned()), "")
                    }
                    Some(own) => {
                        let remedy = "CloudFormation creates the new resource before it deletes the old one: change the name, or remove it \
                            from the template";
                        let found = format!("used by `{own}` of this stack until the cleanup: {owner}");
                        pass_or_fail(&NAME_TAKEN, about, false, (expected, found), remedy)
                    }
                    None => {
                        let remedy = "delete or rename the resource that uses it, import it into the stack, or choose another name; the \
                            name of a build cache contains the stack name";
                        pass_or_fail(&NAME_TAKEN, about, false, (expected, format!("used by {owner}")), remedy)
                    }
                }
            }
            Err(error) => unchecked(&NAME_TAKEN, about, &expected, &error),
        });
    }
    verdicts
}

/// Returns whether an owner, an ARN or ID, is the resource with this physical ID.
fn is_of(owner: &str, physical_id: &str) -> bool {
    owner == physical_id || owner.strip_suffix(physical_id).is_some_and(|before| before.ends_with(['/', ':']))
}
