//! The options of a recipe, and which of their values AWS and registries accept.

use std::fmt;

use crate::build::Engine;
use crate::build::cache::ImageRef;

/// The options of a recipe. A missing option gets a default or an example value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The ARN of the role that the build assumes.
    pub role_arn: Option<String>,
    /// The region; by default the region of the cache repository if that is in ECR.
    pub region: Option<String>,
    /// The cache repository of the rack.
    pub repository: Option<String>,
    /// The repository that the image is pushed to.
    pub image: Option<String>,
    /// The service; the name of its cache.
    pub service: Option<String>,
    /// The app's directory; by default the root of the checkout.
    pub directory: Option<String>,
    /// The engine; by default buildx.
    pub engine: Option<Engine>,
    /// The image that the job runs in, for GitLab CI.
    pub container: Option<String>,
    /// The bucket of a cache in S3, instead of the rack's cache repository.
    pub s3_bucket: Option<String>,
    /// The prefix of the keys in the bucket.
    pub s3_prefix: Option<String>,
}

/// An option with a text value. `cli` knows the flag that sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipeOption {
    /// [`Options::role_arn`].
    RoleArn,
    /// [`Options::region`].
    Region,
    /// [`Options::repository`].
    Repository,
    /// [`Options::image`].
    Image,
    /// [`Options::service`].
    Service,
    /// [`Options::directory`].
    Directory,
    /// [`Options::container`].
    Container,
    /// [`Options::s3_bucket`].
    Bucket,
    /// [`Options::s3_prefix`].
    Prefix,
}

impl fmt::Display for RecipeOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RoleArn => "role ARN",
            Self::Region => "region",
            Self::Repository => "cache repository",
            Self::Image => "image repository",
            Self::Service => "service",
            Self::Directory => "directory",
            Self::Container => "job image",
            Self::Bucket => "bucket",
            Self::Prefix => "prefix",
        })
    }
}

/// A value that no build can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOption {
    /// The option.
    pub option: RecipeOption,
    /// The problem.
    pub problem: String,
    /// The expected value, or how to correct the value.
    pub hint: &'static str,
}

impl Options {
    /// Returns all values that no build can use, in the order of the fields.
    pub fn invalid(&self) -> Vec<InvalidOption> {
        let mut invalid = Vec::new();
        let mut report = |option, problem, hint| invalid.push(InvalidOption { option, problem, hint });
        if let Some(arn) = self.role_arn.as_deref().filter(|arn| !is_role_arn(arn)) {
            report(
                RecipeOption::RoleArn,
                format!("`{}` is not the ARN of an IAM role", arn.escape_debug()),
                "expected arn:aws:iam::ACCOUNT:role/NAME",
            );
        }
        if let Some(region) = self.region.as_deref().filter(|region| !is_region(region)) {
            report(RecipeOption::Region, format!("`{}` is not a region", region.escape_debug()), "expected a region such as eu-west-1");
        }
        for (option, repository) in [(RecipeOption::Repository, &self.repository), (RecipeOption::Image, &self.image)] {
            match repository.as_deref().map(str::parse::<ImageRef>) {
                Some(Err(problem)) => report(option, problem, "expected HOST/NAME"),
                Some(Ok(reference)) if reference.tag.is_some() || reference.digest.is_some() => {
                    report(
                        option,
                        format!("`{reference}` has a tag or digest, but must be a repository"),
                        "remove the tag; the recipe sets it",
                    );
                }
                _ => {}
            }
        }
        if let Some(bucket) = self.s3_bucket.as_deref().filter(|bucket| !is_bucket(bucket)) {
            report(
                RecipeOption::Bucket,
                format!("`{}` is not the name of a bucket", bucket.escape_debug()),
                "expected 3 to 63 small letters, digits, `-` and `.`",
            );
        }
        if let Some(Err(problem)) = self.container.as_deref().map(str::parse::<ImageRef>) {
            report(RecipeOption::Container, problem, "expected an image such as docker:27.5.1-cli");
        }
        invalid
    }
}

/// Returns whether a text is the ARN of an IAM role.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
fn is_role_arn(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let is_partition = |text: &str| text == "aws" || (text.starts_with("aws-") && text.bytes().all(is_region_byte));
    next() == "arn" && is_partition(next()) && next() == "iam" && next().is_empty() && {
        let account = next();
        let name = next().strip_prefix("role/").unwrap_or_default();
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"/+=,.@_-".contains(&byte);
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account && !name.is_empty() && !name.ends_with('/') && name.bytes().all(is_name_byte)
    }
}

/// Returns whether a text can be the name of a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
        && is_end(bytes.first())
        && is_end(bytes.last())
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3 && text.bytes().all(is_region_byte) && parts.iter().all(|part| !part.is_empty())
}

fn is_region_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}
