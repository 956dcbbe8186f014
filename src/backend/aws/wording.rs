//! Why AWS was not asked, in words of our own: the SDK's name its layers, and only what lies below them helps anybody.

/// What the SDK puts before the cause: where in itself it happened.
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
pub(super) fn of_credentials(text: &str) -> String {
    let between = |before: &str, after: &str| Some(text.split_once(before)?.1.split_once(after)?.0);
    if let Some(profile) = between("profile `", "` was not defined") {
        let referring = text.split_once(" referenced from ").map(|(_, rest)| rest.lines().next().unwrap_or_default().trim());
        return match referring.filter(|name| *name != "the root profile" && !name.is_empty()) {
            Some(other) => format!("profile `{profile}`, which profile `{other}` builds on, is not in ~/.aws/config or ~/.aws/credentials"),
            None => format!("profile `{profile}` is not in ~/.aws/config or ~/.aws/credentials"),
        };
    }
    if text.contains("no credentials found in chain") {
        return "none are in the environment or in the profile, and no web identity, container or instance offers any".to_owned();
    }
    if text.contains("SSO token has expired") || text.contains("token is expired") {
        return "the SSO session has expired".to_owned();
    }
    if text.contains("cached SSO token") {
        return "the profile takes them from SSO, and there is no SSO session yet".to_owned();
    }
    if let Some((_, said)) = text.split_once("external process exited with code ") {
        let said = said.replace(". Stderr: ", ": ");
        return format!("the profile's credential_process failed: {}", said.trim().trim_end_matches(':'));
    }
    if text.contains("could not parse profile file") {
        return "~/.aws/config or ~/.aws/credentials cannot be read: a line in it is neither a section nor `key = value`".to_owned();
    }
    plain(text)
}

/// Returns what kept AWS from answering, from the SDK's text.
pub(super) fn of_silence(text: &str) -> String {
    let has = |word: &str| text.contains(word);
    let said = plain(text);
    if has("dns error") {
        return "its host name has no address".to_owned();
    }
    if has("Connection refused") {
        return "the connection was refused".to_owned();
    }
    if has("timed out") || has("timeout occurred") || has("operation attempt timeout") {
        return format!("it took too long: {said}");
    }
    said
}

/// Returns a text without the SDK's layers, on one line.
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
    fn the_sdk_s_layers_are_left_out() {
        let chain =
            "dispatch failure: other: the credential provider was not enabled: no credentials found in chain. Attempted:\n  Profile: x";
        assert!(of_credentials(chain).starts_with("none are in the environment"));
        let source =
            format!("{chain}: profile `missing` was not defined: could not find source profile missing referenced from dev\n  WebIdentity");
        assert_eq!(
            of_credentials(&source),
            "profile `missing`, which profile `dev` builds on, is not in ~/.aws/config or ~/.aws/credentials"
        );
        let process = "dispatch failure: other: an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit status: 1. Stderr: no vault";
        assert_eq!(of_credentials(process), "the profile's credential_process failed: exit status: 1: no vault");
        let dns = "dispatch failure: io error: client error (Connect): dns error: failed to lookup address information";
        assert_eq!(of_silence(dns), "its host name has no address");
    }
}
