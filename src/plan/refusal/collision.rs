//! Resources that are created or updated while another one certainly has their identity: the service refuses the second one.

use super::{Refusal, RefusalKind, Search};
use crate::plan::collision::Collision;
use crate::plan::redact::Secrets;

pub(super) fn search<'a>(search: &mut Search<'_, '_, 'a>, collisions: &[Collision<'a>], secrets: &Secrets<'a>) {
    let refused = collisions.iter().filter(|collision| collision.is_refused());
    search.found.extend(refused.map(|collision| {
        let consequence = if collision.consequence.is_empty() { ", so the update fails" } else { &collision.consequence };
        Refusal {
            kind: RefusalKind::Collision,
            certainty: collision.certainty,
            operation: None,
            logical_resource_id: Some(collision.logical_id.to_owned()),
            resource_type: Some(collision.resource_type.to_owned()),
            previous_type: None,
            path: collision.path.clone(),
            code: None,
            message: collision.message.map(str::to_owned),
            reason: secrets.text(format!("{}{consequence}.", collision.statement)),
            fix: collision.fix.clone().map(|fix| secrets.text(fix)),
            source: Some(collision.source.to_owned()),
        }
    }));
}
