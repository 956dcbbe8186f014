//! Which token server may get the credentials of a registry.

use url::Url;

use super::name::{is_loopback_host, server_of};

/// Token servers of registries that have no domain in common with them.
///
/// Sources: <https://distribution.github.io/distribution/spec/auth/token/> (Docker Hub), and the challenges of the registries.
const KNOWN: [(&str, &str); 5] = [
    ("docker.io", "auth.docker.io"),
    ("registry-1.docker.io", "auth.docker.io"),
    ("index.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    ("ghcr.io", "ghcr.io"),
];

/// Why a token server is not asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its address is unusable, and why.
    Invalid(String),
    /// Requests to it are not encrypted.
    WithoutTls,
    /// It is not known as a token server of the registry, and would get credentials.
    Unknown {
        /// Its host.
        server: String,
    },
}

/// How much to trust the addresses of a registry.
pub(super) struct Trust<'t> {
    /// The registry's host, with its port if it has one.
    pub(super) registry: &'t str,
    /// Whether the registry is used without TLS.
    pub(super) insecure: bool,
    /// Whether the request carries credentials.
    pub(super) has_credentials: bool,
    /// Further token servers that may get them.
    pub(super) servers: &'t [String],
}

/// Checks the address of a token server as a registry's challenge names it.
///
/// # Errors
///
/// Returns why it is not asked.
pub(super) fn check(realm: &str, trust: &Trust<'_>) -> Result<Url, Refusal> {
    let address = Url::parse(realm).map_err(|error| Refusal::Invalid(error.to_string()))?;
    let Some(server) = address.host_str().map(str::to_ascii_lowercase) else { return Err(Refusal::Invalid("it has no host".to_owned())) };
    if !address.username().is_empty() || address.password().is_some() {
        return Err(Refusal::Invalid("it contains a user name or password".to_owned()));
    }
    if address.fragment().is_some() {
        return Err(Refusal::Invalid("it contains a fragment".to_owned()));
    }
    let registry = host_name(trust.registry);
    match address.scheme() {
        "https" => {}
        // Without TLS only what is used without it anyway: a remote registry must not reach services of this machine.
        "http" if is_loopback_host(&server) && is_loopback_host(&registry) => {}
        "http" if trust.insecure && server == registry => {}
        "http" => return Err(Refusal::WithoutTls),
        scheme => return Err(Refusal::Invalid(format!("its scheme is `{scheme}`"))),
    }
    let is_named = trust.servers.iter().any(|named| host_name(named) == server);
    if trust.has_credentials && !is_named && !is_related(&registry, &server) {
        return Err(Refusal::Unknown { server });
    }
    Ok(address)
}

/// Returns whether a token server belongs to a registry: it is the same host, is below it, or shares its parent domain.
fn is_related(registry: &str, server: &str) -> bool {
    let is_below = |domain: &str| server == domain || server.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    if KNOWN.iter().any(|(host, known)| *host == registry && *known == server) || server == registry {
        return true;
    }
    let is_address = |host: &str| host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    if is_address(registry) || is_address(server) {
        return false;
    }
    is_below(registry) || registry.split_once('.').is_some_and(|(_, parent)| !is_public_suffix(parent) && is_below(parent))
}

/// Returns whether unrelated organizations have domains below a domain: `com`, `co.uk`, or one of shared hosting.
fn is_public_suffix(domain: &str) -> bool {
    const HOSTING: [&str; 8] =
        ["amazonaws.com", "azurecr.io", "pkg.dev", "jfrog.io", "azurewebsites.net", "github.io", "gitlab.io", "on.aws"];
    let labels: Vec<&str> = domain.split('.').collect();
    match labels.as_slice() {
        [_] => true,
        // Second-level domains of countries are short: `co.uk`, `com.au`.
        [second, country] if country.len() == 2 => second.len() <= 3 || HOSTING.contains(&domain),
        _ => HOSTING.iter().any(|hosting| domain == *hosting || domain.ends_with(&format!(".{hosting}"))),
    }
}

/// Returns the name of a host without its port, in the form in which it is compared.
fn host_name(host: &str) -> String {
    let parsed = Url::parse(&format!("https://{}/", server_of(host)));
    parsed.ok().and_then(|address| address.host_str().map(str::to_ascii_lowercase)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Trust, check};

    fn checked(registry: &str, realm: &str) -> Result<(), Refusal> {
        check(realm, &Trust { registry, insecure: false, has_credentials: true, servers: &[] }).map(|_| ())
    }

    #[test]
    fn related_token_servers_get_credentials() {
        for (registry, realm) in [
            ("docker.io", "https://auth.docker.io/token"),
            ("ghcr.io", "https://ghcr.io/token"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
            ("registry.example.com", "https://auth.example.com/token"),
            ("registry.example.com:5000", "https://example.com/token"),
            ("example.com", "https://auth.example.com/token"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/"),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token"),
            ("registry.example.co.uk", "https://auth.example.co.uk/token"),
        ] {
            assert_eq!(checked(registry, realm), Ok(()), "{registry} {realm}");
        }
    }

    #[test]
    fn other_token_servers_do_not() {
        for (registry, realm) in [
            ("registry.example.com", "https://auth.example.org/token"),
            ("registry.example.com", "https://notexample.com/token"),
            ("registry.example.com", "https://registry.example.com.evil.example/token"),
            ("example.co.uk", "https://evil.co.uk/token"),
            ("example.com", "https://evil.com/token"),
            ("acme.jfrog.io", "https://evil.jfrog.io/token"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://evil.dkr.ecr.eu-west-1.amazonaws.com/"),
            ("docker.io", "https://auth.docker.io.evil.example/token"),
            ("10.0.0.1", "https://11.0.0.1/token"),
            ("127.0.0.1:5000", "http://localhost:5000/token"),
        ] {
            assert!(matches!(checked(registry, realm), Err(Refusal::Unknown { .. })), "{registry} {realm}");
        }
        let servers = ["auth.example.org".to_owned()];
        let trust = Trust { registry: "registry.example.com", insecure: false, has_credentials: true, servers: &servers };
        assert!(check("https://auth.example.org/token", &trust).is_ok());
    }

    #[test]
    fn the_real_host_decides_about_tls() {
        for realm in ["http://registry.example.com/token", "http://127.0.0.1.evil.example/", "http://localhost/", "http://[::1]/"] {
            assert_eq!(checked("registry.example.com", realm), Err(Refusal::WithoutTls), "{realm}");
        }
        for realm in [
            "http://localhost:1@evil.example/",
            "https://user@registry.example.com/",
            "ftp://registry.example.com/",
            "token",
            "https://",
            "data:x",
        ] {
            assert!(matches!(checked("127.0.0.1:5000", realm), Err(Refusal::Invalid(_))), "{realm}");
        }
    }
}
