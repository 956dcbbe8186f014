//! The IAM actions that CloudFormation needs to create, read, update and delete a resource, from the handlers in AWS's provider schemas.
//!
//! They are in a separate file, so that other commands do not load them. `facts/extract.py` writes the file;
//! `docs/design/schema-facts.md` describes its format.

use super::data::{u16_at, u32_at};

static PERMISSIONS: &[u8] = include_bytes!("facts/permissions.bin");

/// The length of the magic number before the table offsets, in bytes.
const MAGIC_LENGTH: usize = 8;

/// A handler of a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handler {
    /// Creates the resource.
    Create = 0,
    /// Reads the resource, for example after each change.
    Read = 1,
    /// Updates the resource.
    Update = 2,
    /// Deletes the resource.
    Delete = 3,
}

/// A table of records: a count, one offset more than records, then the records.
#[derive(Clone, Copy)]
struct Table(&'static [u8]);

impl Table {
    fn at(index: usize) -> Self {
        Self(PERMISSIONS.get(u32_at(PERMISSIONS, MAGIC_LENGTH + 4 * index) as usize..).unwrap_or_default())
    }

    fn len(self) -> usize {
        u32_at(self.0, 0) as usize
    }

    fn record(self, index: usize) -> &'static [u8] {
        if index >= self.len() {
            return &[];
        }
        let records = 4 + 4 * (self.len() + 1);
        let offset = |index: usize| records + u32_at(self.0, 4 + 4 * index) as usize;
        self.0.get(offset(index)..offset(index + 1)).unwrap_or_default()
    }

    fn text(self, index: usize) -> &'static str {
        std::str::from_utf8(self.record(index)).unwrap_or_default()
    }
}

/// Returns the sorted IAM actions that a type's handler needs; empty for types without a published handler.
pub fn handler_permissions(resource_type: &str, handler: Handler) -> impl ExactSizeIterator<Item = &'static str> {
    let (actions, types, records) = (Table::at(0), Table::at(1), Table::at(2));
    let (mut low, mut high) = (0, types.len());
    let mut record: &[u8] = &[];
    while low < high {
        let middle = low + (high - low) / 2;
        match types.record(middle).cmp(resource_type.as_bytes()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                record = records.record(middle);
                break;
            }
        }
    }
    // Four counted lists, one for each handler.
    let mut at = 0;
    for _ in 0..handler as usize {
        at += 2 + 2 * usize::from(u16_at(record, at));
    }
    let count = usize::from(u16_at(record, at));
    (0..count).map(move |index| actions.text(usize::from(u16_at(record, at + 2 + 2 * index))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_list_the_actions_that_they_call() {
        let actions = |name, handler| handler_permissions(name, handler).collect::<Vec<_>>();
        assert_eq!(
            actions("AWS::EFS::MountTarget", Handler::Delete),
            ["elasticfilesystem:DeleteMountTarget", "elasticfilesystem:DescribeMountTargets"]
        );
        assert!(actions("AWS::ECS::TaskDefinition", Handler::Create).contains(&"iam:PassRole"));
        assert!(actions("AWS::ECR::Repository", Handler::Update).contains(&"ecr:PutLifecyclePolicy"));
        assert_eq!(actions("Custom::Thing", Handler::Create), [""; 0]);
        let rack = ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::ECS::Cluster"];
        assert!(rack.iter().all(|name| handler_permissions(name, Handler::Create).len() > 0));
    }
}
