//! Proposes mappings: resources that only got another logical ID.

use crate::cloudformation::{ResourceLocation, ResourceMapping};
use crate::evaluate::{Evaluation, Resource};

/// What a comparison of the deployed template with the desired one proposes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Resources that only got another logical ID.
    pub mappings: Vec<ResourceMapping>,
    /// Resources with several possible partners.
    pub ambiguous: Vec<AmbiguousMove>,
}

/// Removed and added resources with equal types and properties, of which only the user knows which is which.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AmbiguousMove {
    /// The type.
    pub resource_type: String,
    /// The logical IDs that the desired template no longer has.
    pub removed: Vec<String>,
    /// Those that it has instead.
    pub added: Vec<String>,
}

/// Compares a stack's deployed template, after the mappings found so far, with the desired one.
///
/// A removed and an added resource belong together if their types and all of their resolved properties are equal, and no other resource
/// could be meant. A resource without properties has nothing to recognise it by, except that it is the only one of its type.
pub fn propose(stack: &str, deployed: &Evaluation<'_>, desired: &Evaluation<'_>) -> Proposal {
    let removed = only_in(deployed, desired);
    let added = only_in(desired, deployed);
    let mut proposal = Proposal::default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, resource) in &removed {
        if seen.contains(name) {
            continue;
        }
        let olds: Vec<&str> = removed.iter().filter(|(_, other)| is_same(resource, other)).map(|(name, _)| *name).collect();
        let news: Vec<&str> = added.iter().filter(|(_, other)| is_same(resource, other)).map(|(name, _)| *name).collect();
        seen.extend(&olds);
        match (olds.as_slice(), news.as_slice()) {
            (_, []) => {}
            ([old], [new]) => proposal
                .mappings
                .push(ResourceMapping { source: ResourceLocation::new(stack, *old), destination: ResourceLocation::new(stack, *new) }),
            _ => proposal.ambiguous.push(AmbiguousMove {
                resource_type: resource.resource_type.to_owned(),
                removed: olds.iter().map(|name| (*name).to_owned()).collect(),
                added: news.iter().map(|name| (*name).to_owned()).collect(),
            }),
        }
    }
    proposal
}

fn only_in<'e, 'a>(one: &'e Evaluation<'a>, other: &Evaluation<'_>) -> Vec<(&'a str, &'e Resource<'a>)> {
    one.resources.iter().filter(|(name, _)| !other.resources.contains_key(*name)).map(|(name, resource)| (*name, resource)).collect()
}

fn is_same(one: &Resource<'_>, other: &Resource<'_>) -> bool {
    one.resource_type == other.resource_type && one.properties.same(&other.properties)
}
