//! The tables of builds and releases.

use super::{BUILDS, RELEASES};
use crate::model::declared::Declared;
use crate::model::dynamodb::Table;
use crate::model::name::ParameterName;
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::Value;

const DELETION_PROTECTION: ParameterName<bool> = ParameterName::new("DynamoDbTableDeletionProtectionEnabled");
const POINT_IN_TIME_RECOVERY: ParameterName<bool> = ParameterName::new("DynamoDbTablePointInTimeRecoveryEnabled");

pub(super) fn declare(rack: &mut Sections) {
    let no_or_yes = |description| Parameter::choice(&["false", "true"], description);
    let protection = "Refuse to delete the tables of builds and releases. With true, deleting the stack fails until it is false again";
    rack.parameter(Group::Storage, &DELETION_PROTECTION, &no_or_yes(protection));
    let recovery = "Keep backups with which the tables of builds and releases can be restored to any second of the last 35 days";
    rack.parameter(Group::Storage, &POINT_IN_TIME_RECOVERY, &no_or_yes(recovery));

    let table = |name: &str| {
        let table = Table::new(Value::sub(format!("${{AWS::StackName}}-{name}")), "id").indexed_by("app.created", "app", "created");
        Declared::new(table.protected(DELETION_PROTECTION.value(), POINT_IN_TIME_RECOVERY.value()))
    };
    rack.resource(&BUILDS, &table("builds"));
    rack.resource(&RELEASES, &table("releases"));
    rack.output(BUILDS.name(), None, "Table of builds", &BUILDS.reference().to_text());
    rack.output(RELEASES.name(), None, "Table of releases", &RELEASES.reference().to_text());
}
