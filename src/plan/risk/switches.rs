//! Properties with a safe and an unsafe value.

use super::leaf::{self, Leaf};
use crate::plan::compare::{Difference, ModifiedResource};
use crate::plan::values::scalar_text;

/// Boolean properties: the name, the safe value, and the effect of leaving it.
const SWITCHES: &[(&str, bool, &str)] = &[
    ("BlockPublicAcls", true, "no longer blocks public access"),
    ("BlockPublicPolicy", true, "no longer blocks public access"),
    ("IgnorePublicAcls", true, "no longer blocks public access"),
    ("RestrictPublicBuckets", true, "no longer blocks public access"),
    ("PubliclyAccessible", false, "becomes reachable from the internet"),
    ("AssociatePublicIpAddress", false, "gets public addresses"),
    ("AssignPublicIp", false, "gets public addresses"),
    ("MapPublicIpOnLaunch", false, "gives public addresses to instances that start in it"),
    ("EndpointPublicAccess", false, "becomes reachable from the internet"),
    ("Encrypted", true, "is no longer encrypted"),
    ("StorageEncrypted", true, "is no longer encrypted"),
    ("SSEEnabled", true, "is no longer encrypted"),
    ("SqsManagedSseEnabled", true, "is no longer encrypted"),
    ("AtRestEncryptionEnabled", true, "is no longer encrypted at rest"),
    ("TransitEncryptionEnabled", true, "no longer encrypts network traffic"),
    ("TransitEncryption", true, "no longer encrypts network traffic"),
    ("EnforceHTTPS", true, "accepts unencrypted requests"),
    ("RequireSSL", true, "accepts unencrypted requests"),
    ("EnableKeyRotation", true, "no longer rotates its key material"),
    ("ScanOnPush", true, "no longer scans images"),
    ("EnableLogFileValidation", true, "no longer validates the integrity of its log files"),
    ("EnableExecuteCommand", false, "allows commands to be executed in its tasks"),
    ("Privileged", false, "runs privileged on its host"),
    ("ReadonlyRootFilesystem", true, "may write to its root file system"),
    ("ApiKeyRequired", true, "no longer requires an API key"),
    ("UserDataEncryptionEnabled", true, "is no longer encrypted"),
    ("RootVolumeEncryptionEnabled", true, "is no longer encrypted"),
];

/// Properties whose `Enabled` is such a boolean.
const ENABLED: &[(&str, &str)] = &[
    ("EncryptionAtRestOptions", "is no longer encrypted at rest"),
    ("NodeToNodeEncryptionOptions", "no longer encrypts network traffic"),
    ("AdvancedSecurityOptions", "no longer controls access by user"),
];

/// Properties with an enumerated value: the name, the end of the resource type if the name alone is ambiguous, the safe values, and the
/// effect of leaving them.
const SETTINGS: &[(&str, &str, &[&str], &str)] = &[
    ("HttpTokens", "", &["required"], "no longer requires session tokens for its instance metadata (IMDSv1 is allowed)"),
    ("ViewerProtocolPolicy", "", &["https-only", "redirect-to-https"], "accepts unencrypted requests"),
    ("ClientBroker", "", &["TLS"], "accepts unencrypted traffic"),
    ("MfaConfiguration", "", &["ON"], "no longer requires multi-factor authentication of every user"),
    ("Protocol", "::Listener", &["HTTPS", "TLS"], "accepts unencrypted traffic"),
    ("TransitEncryptionMode", "", &["required"], "accepts unencrypted traffic"),
    ("ImageTagMutability", "", &["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"], "allows image tags to be overwritten"),
    ("ObjectOwnership", "::Bucket", &["BucketOwnerEnforced"], "can be made accessible by access control lists"),
];

/// Properties whose removal turns a protection off.
const PROTECTIONS: &[(&str, &str)] = &[
    ("PublicAccessBlockConfiguration", "no longer blocks public access"),
    ("BucketEncryption", "loses its own encryption settings"),
    ("EncryptionConfiguration", "loses its own encryption settings"),
    ("SSESpecification", "loses its own encryption settings"),
    ("KmsKeyId", "is no longer encrypted under its own key"),
    ("KmsMasterKeyId", "is no longer encrypted under its own key"),
    ("PermissionsBoundary", "is no longer limited by its permissions boundary"),
];

type Note<'n> = dyn FnMut(String, String) + 'n;

/// Calls `note` with the path and the reason for each property that a difference changes from a safe to an unsafe value.
pub(super) fn unsafe_values<'a>(modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>, note: &mut Note<'_>) {
    let Some(name) = difference.path.last() else { return };
    if difference.after.is_none()
        && let Some((_, effect)) = PROTECTIONS.iter().find(|(property, _)| property == name)
    {
        return note(difference.path_text(), format!("`{}` {effect}: `{name}` is removed.", modified.id));
    }
    leaf::visit(modified, difference, &mut |leaf| unsafe_value(leaf, note));
}

fn unsafe_value(leaf: &Leaf<'_, '_>, note: &mut Note<'_>) {
    let Leaf { id, resource_type, parent, name, ref path, .. } = *leaf;
    let [old, new] = [&leaf.before, &leaf.after].map(|value| value.as_ref().and_then(|value| scalar_text(value.kind)).map(str::to_owned));
    let is_on = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("enabled"))
    };
    let from_to = || format!("`{name}` changes from {} to {}", shown(&old), shown(&new));
    let group = ENABLED.iter().find(|(group, _)| name == "Enabled" && *group == parent).map(|(_, effect)| (true, *effect));
    let switch = SWITCHES.iter().find(|(switch, _, _)| *switch == name).map(|(_, safe, effect)| (*safe, *effect));
    if let Some((safe, effect)) = switch.or(group) {
        if is_on(&old) == safe && is_on(&new) != safe {
            note(path.clone(), format!("`{id}` {effect}: {}.", from_to()));
        }
        return;
    }
    let setting = SETTINGS.iter().find(|(setting, ending, ..)| *setting == name && resource_type.ends_with(ending));
    if let Some((_, _, safe, effect)) = setting {
        let is_safe = |text: &Option<String>| text.as_deref().is_some_and(|text| safe.contains(&text));
        if is_safe(&old) && !is_safe(&new) {
            note(path.clone(), format!("`{id}` {effect}: {}.", from_to()));
        }
        return;
    }
    if let Some(effect) = weaker_tls(name, old.as_deref(), new.as_deref()) {
        return note(path.clone(), format!("`{id}` {effect}: {}.", from_to()));
    }
    let is_now = |open: &[&str]| new.as_deref().is_some_and(|new| open.contains(&new)) && old != new;
    let opens = match name {
        "AccessControl" => new.as_deref().is_some_and(|new| new.starts_with("Public")) && old != new,
        "Scheme" => is_now(&["internet-facing"]),
        "AuthType" | "AuthorizationType" => is_now(&["NONE"]),
        _ => false,
    };
    if opens {
        note(path.clone(), format!("`{id}` becomes public: {}.", from_to()));
    }
}

/// Properties that set the earliest version of TLS that is accepted, directly or by the name of a policy.
const TLS: &[&str] = &["MinimumProtocolVersion", "SecurityPolicy", "SslPolicy", "TLSSecurityPolicy"];

/// Returns the effect of accepting an earlier version of TLS than before.
fn weaker_tls(name: &str, old: Option<&str>, new: Option<&str>) -> Option<&'static str> {
    let (old, new) = (old.filter(|_| TLS.contains(&name))?, new?);
    (tls_version(new)? < tls_version(old)?).then_some("accepts connections with an earlier version of TLS")
}

/// Returns the minor version of TLS 1 that a value or the name of a policy allows at least; SSL 3 is -1.
///
/// Sources: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>,
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html>
fn tls_version(text: &str) -> Option<i8> {
    let lower = text.to_ascii_lowercase().replace('_', "-");
    Some(match lower.as_str() {
        "sslv3" => -1,
        "tlsv1" | "tlsv1-2016" | "tls-1-0" | "tls1.0" => 0,
        "elbsecuritypolicy-2016-08"
        | "elbsecuritypolicy-fs-2018-06"
        | "elbsecuritypolicy-tls-1-0-2015-04"
        | "elbsecuritypolicy-2015-05" => 0,
        text if text.contains("tls13-1-3") || text.contains("tlsv1.3") => 3,
        text if text.contains("tls13-1-2") || text.contains("tls-1-2") || text.contains("-1-2-") || text.contains("v1.2") => 2,
        text if text.contains("tls13-1-1") || text.contains("tls-1-1") || text.contains("-1-1-") || text.contains("v1.1") => 1,
        text if text.contains("tls13-1-0") || text.contains("tls-1-0") => 0,
        _ => return None,
    })
}

fn shown(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"))
}
