//! Volumes of a task definition: names, and requirements of EFS volumes.

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
        for (guards, _) in &points {
            for (guards, root) in written(template, configuration, "RootDirectory", guards) {
                if let Some(path) = root.as_str().filter(|path| *path != "/") {
                    let message = format!("volume `{name}` of `{}` has both an access point and the root directory `{path}`", entry.name);
                    let diagnostic = check
                        .error("efs-volume-configuration", message, root.span, "the access point sets the root directory")
                        .hinted("remove RootDirectory, or set it to `/`");
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}
