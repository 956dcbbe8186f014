//! Where the rack's model declares a resource: its area, and the template sources of its texts.

use serde_json::Value as Json;

use super::AREAS;
use crate::model::value::TEXT_OF;

/// Where a resource of the rack comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceOrigin {
    /// The name of the area that declares it.
    pub area: &'static str,
    /// The template source of the text at the place, such as `user_data.yaml.j2`, if it is one.
    pub template_source: Option<String>,
}

/// Returns where a resource of the rack is declared; `path` are the parts of the place below the resource, such as `Properties`.
pub fn resource_origin(logical_id: &str, path: &[String]) -> Option<ResourceOrigin> {
    AREAS.iter().find_map(|area| {
        let sections = area.sections();
        let resource = sections.resources.get(logical_id)?;
        Some(ResourceOrigin { area: area.name, template_source: template_source(resource, path) })
    })
}

/// Returns the template source of the text at a path, if the path leads to one or into one.
fn template_source(resource: &Json, path: &[String]) -> Option<String> {
    let mut value = resource;
    for part in path {
        let next = value.get(part).or_else(|| value.get(part.parse::<usize>().ok()?));
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    let is_property = path.len() > 1;
    is_property.then(|| source_in(value)).flatten()
}

/// Returns the first template source in a value.
fn source_in(value: &Json) -> Option<String> {
    match value {
        Json::Object(members) => match members.get(TEXT_OF) {
            Some(text) => text.get(0)?.as_str().map(ToOwned::to_owned),
            None => members.values().find_map(source_in),
        },
        Json::Array(items) => items.iter().find_map(source_in),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::resource_origin;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_resource_has_an_area_and_its_user_data_a_template_source() {
        let cache = resource_origin("BuildCacheFilesystem", &path("Properties/Encrypted"));
        assert_eq!(cache.map(|origin| (origin.area, origin.template_source)), Some(("build cache", None)));
        let rack = crate::model::rack::rack();
        let has_text = |value: &serde_json::Value| value.to_string().contains("user_data.yaml.j2");
        let found = rack.resources.iter().filter(|(_, resource)| has_text(resource)).find_map(|(name, resource)| {
            let properties = resource["Properties"].as_object()?;
            let (property, _) = properties.iter().find(|(_, value)| has_text(value))?;
            resource_origin(name, &path(&format!("Properties/{property}")))?.template_source
        });
        assert_eq!(found.as_deref(), Some("user_data.yaml.j2"));
        assert_eq!(resource_origin("Unknown", &[]), None);
    }
}
