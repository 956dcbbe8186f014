//! Readable messages for requests that did not reach AWS. The SDK's messages name its layers; only the innermost cause helps a user.

/// The prefixes that the SDK's layers put before the cause.
const LAYERS: [&str; 16] = [
    "dispatch failure: ",
    "other: ",
    "io error: ",
    "client error (Connect): ",
    "client error (SendRequest): ",
    "error trying to connect: ",
    "tcp connect error: ",
    "construction failure: ",
    "failed to construct request: ",
    "an error occurred while loading credentials: ",
    "an error occurred while loading an access token: ",
    "unexpected credentials error: ",
    "the credentials provider was not properly configured: ",
    "the credential provider was not enabled: ",
    "ProfileFile provider could not be built: ",
    "service error: ",
];

/// Returns why there are no credentials, from the SDK's text.
pub(super) fn credentials_problem(text: &str) -> String {
    let between = |before: &str, after: &str| Some(text.split_once(before)?.1.split_once(after)?.0);
    if let Some(profile) = between("profile `", "` was not defined") {
        let referring = text.split_once(" referenced from ").map(|(_, rest)| rest.lines().next().unwrap_or_default().trim());
        return match referring.filter(|name| *name != "the root profile" && !name.is_empty()) {
            Some(other) => {
                format!("profile `{profile}`, the source profile of `{other}`, does not exist in ~/.aws/config or ~/.aws/credentials")
            }
            None => format!("profile `{profile}` does not exist in ~/.aws/config or ~/.aws/credentials"),
        };
    }
    if text.contains("no credentials found in chain") {
        return "no credentials in the environment or the profile, and none from a web identity, a container or an instance".to_owned();
    }
    // The last of the providers; the SDK reports its failure alone.
    if text.contains("IMDS") || text.contains("Ec2InstanceMetadata") {
        return "no credentials in the environment or the profile, and the metadata service of an instance gave none".to_owned();
    }
    if text.contains("SSO token has expired") || text.contains("token is expired") {
        return "the SSO session has expired".to_owned();
    }
    if text.contains("cached SSO token") {
        return "the profile uses SSO, but no SSO session exists".to_owned();
    }
    if let Some((_, output)) = text.split_once("external process exited with code ") {
        let output = output.replace(". Stderr: ", ": ");
        return format!("the profile's credential_process failed: {}", output.trim().trim_end_matches(':'));
    }
    if text.contains("could not parse profile file") {
        return "~/.aws/config or ~/.aws/credentials has a line that is neither a section nor `key = value`".to_owned();
    }
    plain(text)
}

/// Returns why AWS did not respond, from the SDK's text.
pub(super) fn connection_problem(text: &str) -> String {
    let has = |word: &str| text.contains(word);
    let message = plain(text);
    if has("dns error") {
        return "the host name of the endpoint has no address".to_owned();
    }
    if has("Connection refused") {
        return "the endpoint refused the connection".to_owned();
    }
    if has("timed out") || has("timeout occurred") || has("operation attempt timeout") {
        return format!("the request timed out: {message}");
    }
    message
}

/// Returns the first line of a text without the SDK's layers.
fn plain(text: &str) -> String {
    let mut text = text.lines().next().unwrap_or_default();
    while let Some(rest) = LAYERS.iter().find_map(|layer| text.strip_prefix(layer)) {
        text = rest;
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_omit_the_layers_of_the_sdk() {
        let chain =
            "dispatch failure: other: the credential provider was not enabled: no credentials found in chain. Attempted:\n  Profile: x";
        assert!(credentials_problem(chain).starts_with("no credentials in the environment"));
        let source =
            format!("{chain}: profile `missing` was not defined: could not find source profile missing referenced from dev\n  WebIdentity");
        assert_eq!(
            credentials_problem(&source),
            "profile `missing`, the source profile of `dev`, does not exist in ~/.aws/config or ~/.aws/credentials"
        );
        let metadata = "dispatch failure: other: an error occurred while loading credentials: failed to load IMDS session token: service error: request forbidden: IMDS is disabled";
        assert!(credentials_problem(metadata).ends_with("the metadata service of an instance gave none"));
        let process = "dispatch failure: other: an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit status: 1. Stderr: no vault";
        assert_eq!(credentials_problem(process), "the profile's credential_process failed: exit status: 1: no vault");
        let dns = "dispatch failure: io error: client error (Connect): dns error: failed to lookup address information";
        assert_eq!(connection_problem(dns), "the host name of the endpoint has no address");
    }
}
