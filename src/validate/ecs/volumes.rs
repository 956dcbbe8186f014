//! Volumes of a task definition: names, and requirements of EFS and S3 Files volumes.

use crate::template::{Entry, Node};
use crate::validate::check::{Check, items, member, written};
use crate::validate::walk::Guards;

pub(super) fn check<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let volumes = items(check.template, properties.get("Volumes"), exists);
    super::containers::unique_names(check, entry, &volumes, exists, "duplicate-volume-name", "volumes");
    for (guards, volume) in &volumes {
        for (guards, configuration) in written(check.template, volume, "EFSVolumeConfiguration", guards) {
            file_system(check, entry, volume, configuration, exists, &guards);
        }
        for (guards, configuration) in written(check.template, volume, "S3FilesVolumeConfiguration", guards) {
            s3_files(check, entry, properties, (volume, configuration), exists, &guards);
        }
    }
}

/// Checks an EFS volume: an access point or IAM authorization requires transit encryption, and an access point excludes a root directory.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-efs-config.html>
fn file_system<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    volume: &'a Node<'a>,
    configuration: &'a Node<'a>,
    exists: &Guards,
    guards: &Guards,
) {
    let template = check.template;
    let name = volume.get("Name").and_then(|name| name.as_str()).unwrap_or("of a computed name");
    for (guards, authorization) in written(template, configuration, "AuthorizationConfig", guards) {
        let points = written(template, authorization, "AccessPointId", &guards);
        let iam = written(template, authorization, "IAM", &guards).into_iter().filter(|(_, iam)| iam.as_str() == Some("ENABLED"));
        let requirements = points.iter().map(|(guards, point)| (guards.clone(), *point, "an access point"));
        'requirements: for (guards, requirement, what) in requirements.chain(iam.map(|(guards, iam)| (guards, iam, "IAM authorization"))) {
            for (guards, transit) in member(template, configuration, "TransitEncryption", &guards) {
                if transit.is_none_or(|transit| transit.as_str() == Some("DISABLED")) {
                    let message = format!("volume `{name}` of `{}` has {what} without transit encryption", entry.name);
                    let diagnostic = check
                        .error("efs-volume-configuration", message, requirement.span, "requires TransitEncryption")
                        .hinted("set TransitEncryption to ENABLED");
                    if check.report_where(diagnostic, exists, &guards) {
                        break 'requirements;
                    }
                }
            }
        }
        root_directory(check, entry, (name, configuration), &points, exists, "efs-volume-configuration");
    }
}

/// Checks an S3 Files volume: the task has a role, and an access point excludes a root directory.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_S3FilesVolumeConfiguration.html>
fn s3_files<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    properties: &'a Node<'a>,
    (volume, configuration): (&'a Node<'a>, &'a Node<'a>),
    exists: &Guards,
    guards: &Guards,
) {
    const RULE: &str = "s3-files-volume-configuration";
    let name = volume.get("Name").and_then(|name| name.as_str()).unwrap_or("of a computed name");
    for (guards, role) in member(check.template, properties, "TaskRoleArn", guards) {
        if role.is_none() {
            let message = format!("volume `{name}` of `{}` is an S3 Files volume, but the task definition has no task role", entry.name);
            let diagnostic = check
                .error(RULE, message, configuration.span, "requires TaskRoleArn")
                .hinted("set TaskRoleArn to a role that may use the file system");
            if check.report_where(diagnostic, exists, &guards) {
                break;
            }
        }
    }
    let points = written(check.template, configuration, "AccessPointArn", guards);
    root_directory(check, entry, (name, configuration), &points, exists, RULE);
}

/// Reports a root directory in a volume that has an access point, which sets it.
fn root_directory<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    (name, configuration): (&str, &'a Node<'a>),
    access_points: &[(Guards, &'a Node<'a>)],
    exists: &Guards,
    rule: &'static str,
) {
    for (guards, _) in access_points {
        for (guards, root) in written(check.template, configuration, "RootDirectory", guards) {
            if let Some(path) = root.as_str().filter(|path| *path != "/") {
                let message = format!("volume `{name}` of `{}` has both an access point and the root directory `{path}`", entry.name);
                let diagnostic = check
                    .error(rule, message, root.span, "the access point sets the root directory")
                    .hinted("remove RootDirectory, or set it to `/`");
                check.report_where(diagnostic, exists, &guards);
            }
        }
    }
}
