//! Build arguments that need no `ARG`.

/// Arguments that every builder passes on without a declaration.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#predefined-args>
const PROXIES: [&str; 10] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"];

/// Arguments that BuildKit sets from the platforms of a build, at hand in `FROM` without a declaration.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>
const AUTOMATIC: [&str; 9] =
    ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "TARGETSTAGE"];

/// Tells whether the builder itself gives this argument a value.
pub(super) fn is_automatic(name: &str) -> bool {
    AUTOMATIC.contains(&name)
}

/// Tells whether an argument means something to the builder without an `ARG`.
///
/// `BUILDKIT_...` and `SOURCE_DATE_EPOCH` steer the builder:
/// <https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args>
pub(super) fn needs_no_declaration(name: &str) -> bool {
    PROXIES.contains(&name) || is_automatic(name) || name == "SOURCE_DATE_EPOCH" || name.starts_with("BUILDKIT_")
}
