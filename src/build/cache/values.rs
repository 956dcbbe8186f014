//! Values of cache attributes that BuildKit refuses, and those that it ignores without a message.
//!
//! Sources: the functions that read the attributes, in
//! <https://github.com/moby/buildkit/blob/v0.32.2/cache/remotecache/registry/registry.go>, `local/local.go`, `s3/s3.go`, `gha/gha.go` and
//! `export.go` beside it, <https://github.com/moby/buildkit/blob/v0.32.2/util/compression/attrs.go>,
//! <https://github.com/moby/buildkit/blob/v0.32.2/client/solve.go> and <https://github.com/moby/buildkit/blob/v0.32.2/control/control.go>.

use url::{Host, Url};

use super::attributes::{Attributes, Direction};
use super::backend::Compression;

/// The levels of gzip, which estargz also uses: those of Go's `compress/gzip`.
///
/// Source: <https://pkg.go.dev/compress/gzip#NewWriterLevel>
const GZIP_LEVELS: std::ops::RangeInclusive<i64> = -2..=9;

/// Returns a boolean as Go's `strconv.ParseBool` reads it.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Returns a reason for each value, and each combination of values, with which BuildKit refuses to build, even with `ignore-error`.
pub(super) fn refused_values(attributes: &Attributes, direction: Direction) -> Vec<String> {
    let mut refused = Vec::new();
    let kind = attributes.get("type").unwrap_or_default();
    let is_layout = matches!(kind, "registry" | "local") && direction == Direction::Export;
    let booleans: &[&str] = match (kind, direction) {
        ("registry", Direction::Export) => &["oci-mediatypes", "image-manifest", "registry.insecure"],
        ("registry", Direction::Import) => &["registry.insecure"],
        ("local", Direction::Export) => &["oci-mediatypes", "image-manifest", "reset"],
        _ => &[],
    };
    let value = |name: &str| attributes.get(name);
    let mut invalid = |name: &str, expected: &str| {
        let text = value(name).unwrap_or_default().escape_debug();
        refused.push(format!("invalid value `{text}` of `{name}`: expected {expected}"));
    };
    for name in booleans.iter().filter(|name| value(name).is_some_and(|text| parse_bool(text).is_none())) {
        invalid(name, "true or false");
    }
    if is_layout {
        // Without a value it is true.
        if value("force-compression").is_some_and(|text| !text.is_empty() && parse_bool(text).is_none()) {
            invalid("force-compression", "true or false");
        }
        let compression = value("compression");
        if compression.is_some_and(|text| text.parse::<Compression>().is_err()) {
            invalid("compression", "gzip, estargz, zstd or uncompressed");
        }
        match value("compression-level").map(str::parse::<i64>) {
            Some(Err(_)) => invalid("compression-level", "a number"),
            Some(Ok(level)) if matches!(compression, None | Some("gzip" | "estargz")) && !GZIP_LEVELS.contains(&level) => {
                invalid("compression-level", "0 to 9 for gzip and estargz");
            }
            _ => {}
        }
    }
    if kind == "s3" {
        for name in ["upload_parallelism", "retry_max_attempts"] {
            let is_positive = |text: &str| text.parse::<i64>().is_ok_and(|number| number > 0);
            if value(name).is_some_and(|text| !is_positive(text)) {
                invalid(name, "a positive number");
            }
        }
        if value("retry_mode").is_some_and(|text| !matches!(text, "standard" | "adaptive")) {
            invalid("retry_mode", "standard or adaptive");
        }
    }
    if kind == "gha" {
        if value("version").is_some_and(|text| text.parse::<i64>().is_err()) {
            invalid("version", "1 or 2");
        }
        if value("timeout").is_some_and(|text| !is_duration(text)) {
            invalid("timeout", "a duration such as 10m");
        }
    }
    let flag = |name: &str| value(name).and_then(parse_bool);
    if is_layout && flag("image-manifest") == Some(true) && flag("oci-mediatypes") == Some(false) {
        refused.push("`image-manifest=true` requires OCI media types, but `oci-mediatypes` is false".to_owned());
    }
    if kind == "registry" && direction == Direction::Export && value("ref").is_some_and(|reference| reference.contains('@')) {
        refused.push("a cache cannot be written to a reference with a digest, which is known only after the build".to_owned());
    }
    refused
}

/// Returns a note for each value that BuildKit cannot read and replaces with the default without a message.
pub fn ignored_values(attributes: &Attributes, direction: Direction) -> Vec<String> {
    let mut ignored = Vec::new();
    let kind = attributes.get("type").unwrap_or_default();
    let mut ignore = |name: &str, is_valid: fn(&str) -> bool, instead: &str| {
        if let Some(text) = attributes.get(name).filter(|text| !is_valid(text)) {
            ignored.push(format!("BuildKit ignores the value `{}` of `{name}`: {instead}", text.escape_debug()));
        }
    };
    if direction == Direction::Export && kind != "inline" {
        ignore("mode", |text| matches!(text, "min" | "max"), "the cache contains only the layers of the final stage, as with `mode=min`");
        ignore("ignore-error", |text| parse_bool(text).is_some(), "the build fails if the cache cannot be written");
    }
    if kind == "s3" {
        ignore("use_path_style", |text| parse_bool(text).is_some(), "the bucket is part of the host name");
        ignore("disable_accept_encoding", |text| parse_bool(text).is_some(), "it is false");
        ignore("touch_refresh", is_duration, "it is 24h");
    }
    ignored
}

/// Returns whether a text is a duration in the syntax of Go.
///
/// Source: <https://pkg.go.dev/time#ParseDuration>
pub fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let Some(unit) = ["ms", "us", "µs", "ns", "h", "m", "s"].into_iter().find(|unit| after.starts_with(unit)) else { return false };
        if number.parse::<f64>().is_err() {
            return false;
        }
        rest = after.get(unit.len()..).unwrap_or_default();
    }
    true
}

/// Returns whether an endpoint of an S3-compatible service needs the bucket in the path: one that is not a service of AWS, and not one of
/// those that accept the bucket only in the host name.
///
/// The host name of a bucket below another name usually does not resolve, and below an address it cannot exist.
/// Sources: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>,
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/use-amazon-s3-sdks-to-access-oss> and
/// <https://www.tencentcloud.com/document/product/436/34688>.
pub fn needs_path_style(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return true };
    match url.host() {
        Some(Host::Domain(host)) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            let with_bucket_in_host =
                ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "on.aws", "aliyuncs.com", "myqcloud.com"];
            !with_bucket_in_host.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, direction: Direction) -> usize {
        Attributes::parse(text).map_or(usize::MAX, |attributes| refused_values(&attributes, direction).len())
    }

    #[test]
    fn values_that_buildkit_refuses_are_found() {
        for text in [
            "type=registry,ref=a,image-manifest=true,oci-mediatypes=false",
            "type=registry,ref=a,image-manifest=1,oci-mediatypes=F",
            "type=local,dest=a,image-manifest=yes",
            "type=registry,ref=a,force-compression=on",
            "type=registry,ref=a,compression=lz4",
            "type=registry,ref=a,compression-level=fast",
            "type=registry,ref=a,compression=estargz,compression-level=19",
            "type=registry,ref=a,compression-level=10",
            "type=registry,ref=a,registry.insecure=",
            "type=registry,ref=a@sha256:0",
            "type=local,dest=a,reset=sure",
            "type=s3,bucket=a,region=b,upload_parallelism=0",
            "type=s3,bucket=a,region=b,retry_mode=fast",
            "type=s3,bucket=a,region=b,retry_max_attempts=-1",
            "type=gha,version=two",
            "type=gha,timeout=10",
        ] {
            assert_eq!(refused(text, Direction::Export), 1, "{text}");
        }
        for text in [
            "type=registry,ref=a,image-manifest=true,oci-mediatypes=true",
            "type=registry,ref=a,image-manifest=false,oci-mediatypes=false",
            "type=registry,ref=a,oci-mediatypes=false",
            "type=registry,ref=a,force-compression=,compression=zstd,compression-level=22",
            "type=registry,ref=a,compression=uncompressed,compression-level=100",
            "type=s3,bucket=a,region=b,upload_parallelism=8,retry_mode=adaptive",
            "type=gha,timeout=1m30s,version=2",
        ] {
            assert_eq!(refused(text, Direction::Export), 0, "{text}");
        }
        assert_eq!(refused("type=registry,ref=a,registry.insecure=maybe", Direction::Import), 1);
    }

    #[test]
    fn values_that_buildkit_ignores_are_found() {
        for (text, count) in [
            ("type=registry,ref=a,mode=maxx,ignore-error=yes", 2),
            ("type=s3,bucket=a,region=b,mode=max,use_path_style=on,touch_refresh=1day", 2),
            ("type=registry,ref=a,mode=max,ignore-error=T", 0),
        ] {
            let found = Attributes::parse(text).map(|attributes| ignored_values(&attributes, Direction::Export).len());
            assert_eq!(found.ok(), Some(count), "{text}");
        }
    }

    #[test]
    fn endpoints_of_other_services_need_the_bucket_in_the_path() {
        for endpoint in [
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
            "http://localhost:5000",
            "http://minio:9000",
            "https://s3.example.com",
            "minio:9000",
        ] {
            assert!(needs_path_style(endpoint), "{endpoint}");
        }
        for endpoint in [
            "https://s3.us-west-2.amazonaws.com",
            "https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn",
            "https://oss-cn-hangzhou.aliyuncs.com",
        ] {
            assert!(!needs_path_style(endpoint), "{endpoint}");
        }
        assert!(needs_path_style("https://s3.notamazonaws.com"));
    }
}
