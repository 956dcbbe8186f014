//! The platforms of container images: the operating systems and architectures for which Go compiles.

use crate::text::did_you_mean;

/// The operating systems and architectures of platforms, as Go and BuildKit name them.
///
/// Sources: <https://go.dev/doc/install/source#environment>, <https://docs.docker.com/build/building/multi-platform/>,
/// <https://github.com/containerd/platforms/blob/main/database.go>
const SYSTEMS: [&str; 7] = ["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasip1"];
const ARCHITECTURES: [&str; 14] =
    ["amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64", "mips64le", "mips64", "mipsle", "mips", "ppc64", "wasm"];
/// Names of architectures that containerd replaces.
const ALIASES: [&str; 6] = ["x86_64", "x86-64", "aarch64", "i386", "armhf", "armel"];

/// A platform that no image has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPlatform {
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// How to correct it.
    pub hint: String,
}

/// Checks a platform, `OS/ARCHITECTURE` or `OS/ARCHITECTURE/VARIANT`.
///
/// # Errors
///
/// Returns an error if it has another form, or if no image has that operating system or architecture.
pub fn check_platform(platform: &str) -> Result<(), UnknownPlatform> {
    let parts: Vec<&str> = platform.split('/').collect();
    let is_word =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if !matches!(parts.len(), 2 | 3) || !parts.iter().all(is_word) {
        let message = format!("invalid platform `{}`", platform.escape_debug());
        let is_architecture = is_known(&ARCHITECTURES, platform) || is_known(&ALIASES, platform);
        let hint = match is_architecture {
            true => format!("write `linux/{platform}`"),
            false => "write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64".to_owned(),
        };
        return Err(UnknownPlatform { message, hint });
    }
    check_part("operating system", parts[0], &SYSTEMS, &[], platform)?;
    check_part("architecture", parts[1], &ARCHITECTURES, &ALIASES, platform)?;
    match parts.get(2).filter(|variant| !is_variant(variant)) {
        Some(variant) => Err(UnknownPlatform {
            message: format!("unknown variant `{variant}` in the platform `{platform}`"),
            hint: "a variant is `v` and a number, such as linux/arm/v7".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Checks an architecture, with or without the operating system `linux`, and with or without a variant.
///
/// # Errors
///
/// Returns an error if no image has that architecture.
pub fn check_architecture(text: &str) -> Result<(), UnknownPlatform> {
    let lower = text.trim().to_ascii_lowercase();
    let architecture = lower.strip_prefix("linux/").unwrap_or(&lower);
    // Names of the kernel and of Debian, which are replaced by Docker's.
    if matches!(architecture, "armv7l" | "i686" | "x86" | "powerpc64le") {
        return Ok(());
    }
    match check_platform(&format!("linux/{architecture}")) {
        Err(unknown) if unknown.message.starts_with("invalid") => Err(UnknownPlatform {
            message: format!("invalid architecture `{}`", text.escape_debug()),
            hint: "write an architecture such as amd64, arm64 or linux/arm64".to_owned(),
        }),
        // The user wrote an architecture, not a platform.
        Err(unknown) if !lower.starts_with("linux/") => Err(UnknownPlatform {
            message: unknown.message.replace(&format!(" in the platform `linux/{architecture}`"), ""),
            hint: unknown.hint,
        }),
        checked => checked,
    }
}

fn is_known(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn check_part(what: &str, name: &str, names: &[&str], aliases: &[&str], platform: &str) -> Result<(), UnknownPlatform> {
    if is_known(names, name) || is_known(aliases, name) {
        return Ok(());
    }
    let candidates = names.iter().chain(aliases).copied();
    Err(UnknownPlatform {
        message: format!("unknown {what} `{name}` in the platform `{platform}`"),
        hint: did_you_mean(&name.to_ascii_lowercase(), candidates).unwrap_or_else(|| format!("the known ones are {}", names.join(", "))),
    })
}

/// Returns whether a text is a variant such as `v7`, or a version of Windows or an ABI level such as `8` or `v8.2`.
fn is_variant(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    number.starts_with(|first: char| first.is_ascii_digit()) && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::{check_architecture, check_platform};

    #[test]
    fn platforms_of_images_are_known() {
        for platform in ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64", "Linux/X86_64", "linux/386", "linux/amd64/v2"] {
            assert_eq!(check_platform(platform), Ok(()), "{platform}");
        }
        for (platform, hint) in [
            ("linux/arm64x", "did you mean `arm64`?"),
            ("linx/amd64", "did you mean `linux`?"),
            ("arm64", "write `linux/arm64`"),
            ("linux/arm/seven", "linux/arm/v7"),
            ("linux/", "OS/ARCHITECTURE"),
            ("", "OS/ARCHITECTURE"),
        ] {
            assert!(check_platform(platform).is_err_and(|unknown| unknown.hint.contains(hint)), "{platform}");
        }
    }

    #[test]
    fn architectures_may_be_written_as_the_kernel_writes_them() {
        for text in ["amd64", "x86_64", "linux/arm64", "aarch64", "arm/v7", "armv7l", "i686", std::env::consts::ARCH] {
            assert_eq!(check_architecture(text), Ok(()), "{text}");
        }
        assert!(
            check_architecture("amd640")
                .is_err_and(|unknown| { unknown.message == "unknown architecture `amd640`" && unknown.hint == "did you mean `amd64`?" })
        );
        assert!(check_architecture("").is_err_and(|unknown| unknown.message == "invalid architecture ``"));
    }
}
