//! Properties that are one switch, with a safe side and another.

use crate::evaluate::{Value, ValueKind};
use crate::plan::compare::Difference;
use crate::plan::values::{member, scalar_text};

/// Switches that are on or off: their name, whether on is the safe side, and what leaving it means.
const SWITCHES: &[(&str, bool, &str)] = &[
    ("BlockPublicAcls", true, "no longer blocks public access"),
    ("BlockPublicPolicy", true, "no longer blocks public access"),
    ("IgnorePublicAcls", true, "no longer blocks public access"),
    ("RestrictPublicBuckets", true, "no longer blocks public access"),
    ("PubliclyAccessible", false, "becomes reachable from the internet"),
    ("AssociatePublicIpAddress", false, "gets public addresses"),
    ("AssignPublicIp", false, "gets public addresses"),
    ("MapPublicIpOnLaunch", false, "gives public addresses to what starts in it"),
    ("EndpointPublicAccess", false, "becomes reachable from the internet"),
    ("Encrypted", true, "is no longer encrypted"),
    ("StorageEncrypted", true, "is no longer encrypted"),
    ("SSEEnabled", true, "is no longer encrypted"),
    ("SqsManagedSseEnabled", true, "is no longer encrypted"),
    ("AtRestEncryptionEnabled", true, "is no longer encrypted at rest"),
    ("TransitEncryptionEnabled", true, "no longer encrypts what goes over the network"),
    ("TransitEncryption", true, "no longer encrypts what goes over the network"),
    ("EnforceHTTPS", true, "takes requests that are not encrypted"),
    ("RequireSSL", true, "takes requests that are not encrypted"),
    ("EnableKeyRotation", true, "no longer rotates its key material"),
    ("ScanOnPush", true, "no longer scans images"),
    ("EnableLogFileValidation", true, "no longer proves that its log is whole"),
    ("EnableExecuteCommand", false, "lets people run commands inside its tasks"),
    ("Privileged", false, "runs with every right on its host"),
    ("ReadonlyRootFilesystem", true, "may write to its root file system"),
    ("ApiKeyRequired", true, "no longer asks for an API key"),
    ("UserDataEncryptionEnabled", true, "is no longer encrypted"),
    ("RootVolumeEncryptionEnabled", true, "is no longer encrypted"),
];

/// Groups whose `Enabled` is such a switch.
const ENABLED: &[(&str, &str)] = &[
    ("EncryptionAtRestOptions", "is no longer encrypted at rest"),
    ("NodeToNodeEncryptionOptions", "no longer encrypts what goes over the network"),
    ("AdvancedSecurityOptions", "no longer controls access by user"),
];

/// Settings with words for values: the name, the type's ending where the name alone says too little, what is safe, and what leaving it
/// means.
const SETTINGS: &[(&str, &str, &[&str], &str)] = &[
    ("HttpTokens", "", &["required"], "no longer asks for session tokens before it hands out its role's credentials"),
    ("ViewerProtocolPolicy", "", &["https-only", "redirect-to-https"], "takes requests that are not encrypted"),
    ("ClientBroker", "", &["TLS"], "takes traffic that is not encrypted"),
    ("MfaConfiguration", "", &["ON"], "no longer asks everybody for a second factor"),
    ("Protocol", "::Listener", &["HTTPS", "TLS"], "takes traffic that is not encrypted"),
    ("ObjectOwnership", "::Bucket", &["BucketOwnerEnforced"], "may be opened by access control lists"),
];

/// Properties whose removal turns protection off.
const PROTECTIONS: &[(&str, &str)] = &[
    ("PublicAccessBlockConfiguration", "no longer blocks public access"),
    ("BucketEncryption", "loses its own encryption settings"),
    ("EncryptionConfiguration", "loses its own encryption settings"),
    ("SSESpecification", "loses its own encryption settings"),
    ("KmsKeyId", "is no longer encrypted under its own key"),
    ("KmsMasterKeyId", "is no longer encrypted under its own key"),
    ("PermissionsBoundary", "is no longer held within its permissions boundary"),
];

type Note<'n> = dyn FnMut(String, String) + 'n;

/// Calls `note` with the path and the reason for each switch that a difference takes off its safe side.
pub(super) fn switched(id: &str, resource_type: &str, difference: &Difference<'_>, note: &mut Note<'_>) {
    let Some(name) = difference.path.last() else { return };
    let path = difference.path_text();
    if difference.after.is_none()
        && let Some((_, words)) = PROTECTIONS.iter().find(|(property, _)| property == name)
    {
        return note(path, format!("`{id}` {words}: `{name}` is removed."));
    }
    let parent = difference.path.len().checked_sub(2).map_or("", |index| &difference.path[index]);
    let place = Place { id, resource_type, parent: parent.to_owned(), name: name.to_string(), path };
    leaves(&place, difference.before.as_ref(), difference.after.as_ref(), note);
}

struct Place<'p> {
    id: &'p str,
    resource_type: &'p str,
    parent: String,
    name: String,
    path: String,
}

/// Walks both sides to their scalars: what comes or goes as a whole has switches inside.
fn leaves(place: &Place<'_>, before: Option<&Value<'_>>, after: Option<&Value<'_>>, note: &mut Note<'_>) {
    let mut keys: Vec<&str> = Vec::new();
    for value in [before, after].into_iter().flatten() {
        if let ValueKind::Map(members) = value.kind {
            keys.extend(members.iter().map(|(key, _)| *key).filter(|key| !keys.contains(key)).collect::<Vec<_>>());
        }
    }
    if keys.is_empty() {
        return leaf(place, before, after, note);
    }
    for key in keys {
        let [before, after] = [before, after].map(|value| value.and_then(|value| member(value, key)));
        let below = Place {
            parent: place.name.clone(),
            name: key.to_owned(),
            path: format!("{}/{key}", place.path),
            ..Place { id: place.id, resource_type: place.resource_type, parent: String::new(), name: String::new(), path: String::new() }
        };
        leaves(&below, before.as_ref(), after.as_ref(), note);
    }
}

fn leaf(place: &Place<'_>, before: Option<&Value<'_>>, after: Option<&Value<'_>>, note: &mut Note<'_>) {
    let Place { id, resource_type, parent, name, path } = place;
    let text = |value: Option<&Value<'_>>| value.and_then(|value| scalar_text(value.kind)).map(str::to_owned);
    let (old, new) = (text(before), text(after));
    let is_on = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("enabled"))
    };
    let from_to = || format!("`{name}` goes from {} to {}", shown(&old), shown(&new));
    let group = ENABLED.iter().find(|(group, _)| name == "Enabled" && group == parent).map(|(_, words)| (true, *words));
    let switch = SWITCHES.iter().find(|(switch, _, _)| switch == name).map(|(_, safe, words)| (*safe, *words));
    if let Some((safe, words)) = switch.or(group) {
        if is_on(&old) == safe && is_on(&new) != safe {
            note(path.clone(), format!("`{id}` {words}: {}.", from_to()));
        }
        return;
    }
    let setting = SETTINGS.iter().find(|(setting, ending, ..)| setting == name && resource_type.ends_with(ending));
    if let Some((_, _, safe, words)) = setting {
        let is_safe = |text: &Option<String>| text.as_deref().is_some_and(|text| safe.contains(&text));
        if is_safe(&old) && !is_safe(&new) {
            note(path.clone(), format!("`{id}` {words}: {}.", from_to()));
        }
        return;
    }
    let is_now = |open: &[&str]| new.as_deref().is_some_and(|new| open.contains(&new)) && old != new;
    let opens = match name.as_str() {
        "AccessControl" => new.as_deref().is_some_and(|new| new.starts_with("Public")) && old != new,
        "Scheme" => is_now(&["internet-facing"]),
        "AuthType" | "AuthorizationType" => is_now(&["NONE"]),
        _ => false,
    };
    if opens {
        note(path.clone(), format!("`{id}` opens to the public: {}.", from_to()));
    }
}

fn shown(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"))
}
