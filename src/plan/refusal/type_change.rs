//! Logical IDs that keep their name and get another resource type.
//!
//! The words are those of a bug report: <https://github.com/aws/aws-sam-cli/issues/6786>.

use super::{Refusal, RefusalKind, Search};
use crate::plan::certainty::Certainty;
use crate::schema::serverless;

const SOURCE: &str = "https://github.com/aws/aws-sam-cli/issues/6786";

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    // SAM runs before CloudFormation compares types: a serverless function is a Lambda function by then.
    let with_other_type = || {
        let modified = search.changed.modified.iter();
        modified.filter(|modified| !serverless::may_become(modified.before.resource_type, modified.after.resource_type))
    };
    // CloudFormation names all such resources in one message.
    let ids: Vec<&str> = with_other_type().map(|modified| modified.id).collect();
    let message = format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
        ids.join(", ")
    );
    let found = with_other_type().map(|modified| {
        let (id, before, after) = (modified.id, modified.before.resource_type, modified.after.resource_type);
        Refusal {
            kind: RefusalKind::TypeChange,
            certainty: Certainty::Certain,
            operation: None,
            logical_resource_id: Some(id.to_owned()),
            resource_type: Some(after.to_owned()),
            previous_type: Some(before.to_owned()),
            path: None,
            code: Some("ValidationError".to_owned()),
            message: Some(message.clone()),
            reason: format!("`{id}` changes its type from {before} to {after}; CloudFormation does not permit that."),
            fix: Some(format!("give the new resource another logical ID; `{id}` is then deleted, or retained by its deletion policy")),
            source: Some(SOURCE.to_owned()),
        }
    });
    let found: Vec<Refusal> = found.collect();
    search.found.extend(found);
}
