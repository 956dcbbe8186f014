//! Expected values of outputs, where the template determines them.
//!
//! A change set shows a reference to a new resource as unknown, so properties keep it unknown. An output shows the finished stack:
//! there, `Ref` of a bucket with an explicit name is that name, and `Fn::GetAtt` of an attribute that is also a property is the
//! property. The provider schemas define which attributes these are.

use super::evaluator::Evaluator;
use super::text::Text;
use super::value::{Residual, Value, ValueKind};
use super::{Named, Resource};
use crate::schema;
use crate::template::Node;

/// Most references that are followed for one output; a longer chain stays unknown.
const MOST_STEPS: u32 = 4096;
/// The properties of a resource that count as one reference.
const MEMBERS_PER_STEP: u32 = 64;

/// Services that convert names to lowercase, so that `Ref` does not return the name in the template.
const LOWERCASING: [&str; 5] = ["AWS::RDS::", "AWS::ElastiCache::", "AWS::Redshift::", "AWS::Neptune::", "AWS::DocDB::"];

impl<'a> Evaluator<'_, 'a> {
    /// Returns the value with every reference replaced that the template determines.
    pub(super) fn expected(&self, value: Value<'a>, resources: &Named<'a, Resource<'a>>) -> Value<'a> {
        self.expected_within(value, resources, &mut { MOST_STEPS }).unwrap_or(value)
    }

    fn expected_within(&self, value: Value<'a>, resources: &Named<'a, Resource<'a>>, steps: &mut u32) -> Option<Value<'a>> {
        let ValueKind::Unknown(residual) = value.kind else {
            return Some(value);
        };
        *steps = steps.checked_sub(1)?;
        match residual {
            Residual::Ref(id) => {
                let resource = resources.get(id)?;
                let facts = schema::resource_type(resource.resource_type)?;
                let mut identifier = facts.primary_identifier();
                let (Some(path), None) = (identifier.next(), identifier.next()) else { return None };
                if LOWERCASING.iter().any(|service| resource.resource_type.starts_with(service)) {
                    return None;
                }
                self.property(resource, path.single()?, value.origin, resources, steps)
            }
            Residual::GetAtt(id, attribute) => self.property(resources.get(id)?, attribute, value.origin, resources, steps),
            Residual::Concat(parts) => {
                let mut text = Text::new(self.arena, value.origin);
                for part in parts {
                    text.push(self.expected_within(*part, resources, steps).unwrap_or(*part));
                }
                (!text.is_too_long()).then(|| text.finish())
            }
            _ => None,
        }
    }

    /// Returns the value of a property that has the same name as the attribute.
    fn property(
        &self,
        resource: &Resource<'a>,
        name: &str,
        origin: &'a Node<'a>,
        resources: &Named<'a, Resource<'a>>,
        steps: &mut u32,
    ) -> Option<Value<'a>> {
        // Most attributes are not the name of a property, and the template is read sooner than the facts are found.
        let property = *resource.properties.get(name)?;
        let facts = schema::resource_type(resource.resource_type)?;
        facts.property(&[name])?;
        if facts.is_read_only(&[name]) {
            return None;
        }
        // A property is found one by one among many.
        let members = u32::try_from(resource.properties.members()?.len()).ok()?;
        *steps = steps.checked_sub(members / MEMBERS_PER_STEP)?;
        let value = self.expected_within(property, resources, steps)?;
        // A dynamic reference is resolved by CloudFormation, usually to a secret.
        let text = value.text()?;
        (!text.contains("{{resolve:")).then(|| Value::new(ValueKind::String(text), origin))
    }
}
