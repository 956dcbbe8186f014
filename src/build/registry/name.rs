//! Names of repositories and tags.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

use super::super::cache::ImageRef;

/// A repository in a registry: `HOST/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    /// The registry, with its port if it has one.
    pub host: String,
    /// The name in the registry, such as `build-cache/acme/web`.
    pub name: String,
}

/// Why the name of a repository is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It contains no registry.
    #[error("`{text}` contains no registry")]
    NoHost {
        /// The text.
        text: String,
    },
    /// Its syntax is invalid.
    #[error("{0}")]
    Name(String),
    /// It contains a tag or digest.
    #[error("`{text}` is an image: a repository has no tag or digest")]
    Image {
        /// The text.
        text: String,
    },
}

impl NameError {
    /// Returns how to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoHost { .. } => "write it as HOST/NAME, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com/rack-build-cache`",
            Self::Name(_) => "write it as HOST/NAME, such as `registry.example.com/build-cache/web`",
            Self::Image { .. } => "remove the tag or digest after the repository's name",
        }
    }
}

impl Repository {
    /// Returns the repository of a registry with this name.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is invalid.
    pub fn new(host: &str, name: &str) -> Result<Self, NameError> {
        format!("{host}/{name}").parse()
    }

    /// Returns the reference of an image in the repository.
    pub fn image(&self, tag: &str) -> String {
        format!("{self}:{tag}")
    }
}

impl FromStr for Repository {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read: ImageRef = text.parse().map_err(NameError::Name)?;
        if read.tag.is_some() || read.digest.is_some() {
            return Err(NameError::Image { text: text.to_owned() });
        }
        match read.host {
            Some(host) => Ok(Self { host, name: read.repository }),
            None => Err(NameError::NoHost { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)
    }
}

/// Returns whether a host, with or without a port, is this machine, to which a connection without TLS is safe.
///
/// A text that is more than a host, such as `localhost:1@registry.example.com`, is not a host.
pub fn is_loopback(host: &str) -> bool {
    server_address(host).and_then(|address| address.host_str().map(is_loopback_host)).unwrap_or(false)
}

/// Returns whether the host of an address is this machine.
pub(super) fn is_loopback_host(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the server of a registry's API, which differs from the host in image names for Docker Hub.
pub(super) fn server_of(host: &str) -> &str {
    if host == "docker.io" { "registry-1.docker.io" } else { host }
}

/// Returns the address of a registry's host, or `None` if the text is not a host with or without a port.
pub(super) fn server_address(host: &str) -> Option<Url> {
    let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@?#\\".contains(c));
    Url::parse(&format!("https://{}/", server_of(host)))
        .ok()
        .filter(|address| is_host && address.path() == "/" && address.query().is_none())
}

/// A private ECR registry.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrHost {
    /// The account, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
}

impl EcrHost {
    /// Returns the account and region of an ECR host, or `None` for other hosts. ECR hosts are `{account}.dkr.ecr.{region}.amazonaws.com`,
    /// with the suffix of the partition and `ecr-fips` for FIPS, and `{account}.dkr-ecr.{region}.on.aws` for IPv4 and IPv6.
    pub fn parse(host: &str) -> Option<Self> {
        let (account, rest) = host.split_once('.')?;
        let region = match rest.strip_prefix("dkr.ecr").or_else(|| rest.strip_prefix("dkr-ecr")) {
            Some(rest) => {
                let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
                let (region, suffix) = rest.split_once('.')?;
                let suffixes = [crate::aws::partition(region).1, "on.aws", "on.amazonwebservices.com.cn"];
                suffixes.contains(&suffix).then_some(region)?
            }
            None => return None,
        };
        let is_account = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
        is_account.then(|| Self { account: account.to_owned(), region: region.to_owned() })
    }

    /// Returns the host: `{account}.dkr.ecr.{region}.{suffix}` with the suffix of the partition.
    pub fn host(&self) -> String {
        let (_, suffix) = crate::aws::partition(&self.region);
        format!("{}.dkr.ecr.{}.{suffix}", self.account, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::{EcrHost, NameError, Repository, is_loopback};

    #[test]
    fn a_repository_is_a_host_and_a_valid_name() {
        for good in
            ["127.0.0.1:5000/app", "localhost/a__b/c-d", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rack-build-cache", "[::1]:5000/a"]
        {
            assert_eq!(good.parse::<Repository>().map(|read| read.to_string()), Ok(good.to_owned()));
        }
        for text in ["app", "acme/app"] {
            assert!(matches!(text.parse::<Repository>(), Err(NameError::NoHost { .. })), "{text}");
        }
        for text in ["host.example/App", "host.example/a//b", "host.example/a_-b", "host.example/a$(id)"] {
            assert!(matches!(text.parse::<Repository>(), Err(NameError::Name(_))), "{text}");
        }
        assert!(matches!("host.example/app:1".parse::<Repository>(), Err(NameError::Image { .. })));
        assert!("host.example/a b".parse::<Repository>().is_err());
        assert!("user@host.example/a".parse::<Repository>().is_err());
    }

    #[test]
    fn ecr_is_recognized_by_its_host() {
        let read = |host: &str| EcrHost::parse(host).map(|ecr| ecr.region);
        assert_eq!(read("123456789012.dkr.ecr.eu-west-1.amazonaws.com").as_deref(), Some("eu-west-1"));
        assert_eq!(read("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn").as_deref(), Some("cn-north-1"));
        assert_eq!(read("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com").as_deref(), Some("us-gov-west-1"));
        assert_eq!(read("123456789012.dkr-ecr.us-west-2.on.aws").as_deref(), Some("us-west-2"));
        for other in
            ["gcr.io", "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example", "public.ecr.aws", "12.dkr.ecr.eu-west-1.amazonaws.com"]
        {
            assert_eq!(read(other), None, "{other}");
        }
        let ecr = EcrHost { account: "123456789012".to_owned(), region: "cn-north-1".to_owned() };
        assert_eq!(ecr.host(), "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(["127.0.0.1:5000", "localhost", "[::1]:80"].iter().all(|host| is_loopback(host)));
        assert!(
            ["10.0.0.1", "localhost.example", "127.0.0.1.example", "localhost:1@evil.example", "127.0.0.1:80/@evil.example", ""]
                .iter()
                .all(|host| !is_loopback(host))
        );
    }
}
