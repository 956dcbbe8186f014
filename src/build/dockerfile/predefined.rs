//! Predefined build arguments, which need no `ARG`.

/// The proxy arguments, which every builder passes without a declaration.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#predefined-args>
const PROXIES: [&str; 10] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"];

/// The platform arguments, which BuildKit sets and `FROM` can use without a declaration.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>
const AUTOMATIC: [&str; 9] =
    ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "TARGETSTAGE"];

/// Returns whether the builder sets this argument.
pub(super) fn is_automatic(name: &str) -> bool {
    AUTOMATIC.contains(&name)
}

/// Returns whether the builder supports an argument without an `ARG`.
///
/// `BUILDKIT_...` and `SOURCE_DATE_EPOCH` configure the builder:
/// <https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args>
pub(super) fn needs_no_declaration(name: &str) -> bool {
    PROXIES.contains(&name) || is_automatic(name) || name == "SOURCE_DATE_EPOCH" || name.starts_with("BUILDKIT_")
}
