//! Identities: sets of properties that at most one resource can have.
//!
//! CloudFormation creates before it deletes. So a new resource meets the old one if both have the same identity: the same name, or
//! the same combination of properties, such as the zone, name and type of a DNS record. `table` and `ec2` hold the identities that AWS
//! documents or that were observed; the others come from the provider schema: the custom name, the primary identifier and the
//! additional identifiers. What a plan makes of them is left to [`plan`](crate::plan).

mod ec2;
mod table;

use super::{PropertyPath, ResourceType};

/// What happens if a resource is created while another one has its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCreate {
    /// The creation fails.
    Fails,
    /// The creation fails in some cases, which the template does not decide.
    MayFail,
    /// The creation succeeds by changing the existing resource. The cleanup then deletes that, so that none is left.
    Overwrites,
    /// The creation fails, or it changes the existing resource; which of them is not documented.
    FailsOrOverwrites,
}

/// How the values of one part of an identity are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// As text.
    Text,
    /// As domain names: without regard to case, and with or without the dot at the end.
    DomainName,
    /// As address ranges, which must not overlap.
    Network,
    /// As IP protocols, by name or number.
    Protocol,
}

/// One property of an identity.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The path below `Properties`, with `/` between names; `*` stands for each item of a list.
    pub path: &'static str,
    /// Whether a resource without the property has the identity too.
    pub is_optional: bool,
    /// Whether the property names the same thing as the part before it in another way, such as a zone by its name instead of its ID.
    pub is_alternative: bool,
    /// How values are compared.
    pub by: Match,
}

/// A set of properties that at most one resource can have.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The properties. Without any, an account can have only one such resource in a region.
    pub parts: Vec<Part>,
    /// What happens if a second one is created.
    pub on_create: OnCreate,
    /// What the resource takes for itself alone, such as `volume`, if it attaches something that has one owner at a time.
    pub attaches: Option<&'static str>,
    /// Whether the only part is the custom name of the resource.
    pub is_name: bool,
    /// The service's own words, where a source proves them.
    pub message: Option<&'static str>,
    /// The page that says so.
    pub source: &'static str,
}

const NAMES: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html";
const HANDLER_CONTRACT: &str = "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/contract-tests.html";

impl ResourceType {
    /// Returns the identities of a type, those of the table first.
    ///
    /// A create handler must fail for a resource whose identifier exists, as the contract of resource types says, so identifiers of the
    /// schema count if a template can set all their properties.
    pub fn identities(&self) -> Vec<Identity> {
        let rows = rows().filter(|row| row.resource_type == self.name());
        let mut found: Vec<Identity> = rows.map(table::Row::identity).collect();
        let is_in_table = !found.is_empty();
        if let Some(name) = self.custom_name_property()
            && !found.iter().any(|identity| identity.parts.iter().any(|part| part.path == name))
        {
            found.push(Identity { is_name: true, ..of_schema(vec![Part::required(name)], OnCreate::Fails, NAMES) });
        }
        if is_in_table {
            return found;
        }
        let primary = self.primary_identifier().collect::<Vec<_>>();
        let can_set_primary = primary.iter().all(|path| path.single().is_some_and(|name| !self.is_read_only(&[name])));
        if primary.len() > 1 && can_set_primary {
            found.extend(identifier(&primary, OnCreate::Fails));
        }
        // A few schemas list the parent alone, which identifies nothing.
        let names_resource =
            |identity: &Identity| identity.parts.len() > 1 || identity.parts.iter().any(|part| part.path.ends_with("Name"));
        let additional = self.additional_identifiers().filter_map(|paths| identifier(&paths, OnCreate::MayFail));
        found.extend(additional.filter(names_resource));
        // A name that is part of a longer identifier is unique only with the rest of it.
        let is_scoped =
            |name: &Identity| found.iter().any(|other| !other.is_name && other.parts.iter().any(|part| part.path == name.parts[0].path));
        let scoped: Vec<bool> = found.iter().map(|identity| identity.is_name && is_scoped(identity)).collect();
        let mut scoped = scoped.into_iter();
        found.retain(|_| !scoped.next().unwrap_or(false));
        found
    }
}

impl Part {
    const fn required(path: &'static str) -> Self {
        Self { path, is_optional: false, is_alternative: false, by: Match::Text }
    }
}

fn rows() -> impl Iterator<Item = &'static table::Row> {
    table::TABLE.iter().chain(ec2::TABLE)
}

fn identifier(paths: &[PropertyPath], on_create: OnCreate) -> Option<Identity> {
    let parts: Option<Vec<Part>> = paths.iter().map(|path| path.single().map(Part::required)).collect();
    Some(of_schema(parts?, on_create, HANDLER_CONTRACT))
}

fn of_schema(parts: Vec<Part>, on_create: OnCreate, source: &'static str) -> Identity {
    Identity { parts, on_create, attaches: None, is_name: false, message: None, source }
}

#[cfg(test)]
mod tests {
    use super::{OnCreate, rows};

    fn identities(name: &str) -> Vec<String> {
        let identities = super::super::resource_type(name).map(|facts| facts.identities()).unwrap_or_default();
        identities.iter().map(|identity| identity.parts.iter().map(|part| part.path).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn identities_come_from_the_table_the_name_and_the_identifiers() {
        for (resource_type, expected) in [
            ("AWS::SQS::Queue", vec!["QueueName"]),
            ("AWS::ApiGateway::BasePathMapping", vec!["DomainName BasePath"]),
            ("AWS::VpcLattice::Rule", vec!["ListenerIdentifier Name ServiceIdentifier"]),
            ("AWS::Cognito::UserPoolGroup", vec!["GroupName UserPoolId"]),
            ("AWS::DataZone::Project", vec![]),
            ("AWS::EC2::VPC", vec![]),
        ] {
            assert_eq!(identities(resource_type), expected, "{resource_type}");
        }
    }

    #[test]
    fn every_row_names_properties_of_its_type_and_a_source() {
        for row in rows() {
            let facts = super::super::resource_type(row.resource_type);
            assert!(facts.is_some(), "{} has no schema", row.resource_type);
            let Some(facts) = facts else { continue };
            for part in row.identity().parts {
                let path: Vec<&str> = part.path.split('/').collect();
                assert!(facts.property(&path).is_some(), "{} has no {}", row.resource_type, part.path);
            }
            assert!(row.source.starts_with("https://"), "{}", row.resource_type);
            let repeats = rows().filter(|other| other.resource_type == row.resource_type && other.parts == row.parts);
            assert_eq!(repeats.count(), 1, "{}", row.resource_type);
        }
        assert!(rows().any(|row| row.on_create == OnCreate::Overwrites));
    }
}
