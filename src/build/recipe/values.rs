//! Whether what a recipe is about can be: names that AWS and registries take.

use super::Options;
use crate::build::cache::ImageRef;
use crate::template::{Diagnostic, Diagnostics};

impl Options {
    /// Returns every value that no build could use, by the flag that gives it.
    pub fn problems(&self) -> Diagnostics {
        let mut problems = Diagnostics::default();
        let mut wrong = |message: String, hint: &str| problems.push(Diagnostic::error("recipe-value", message).hinted(hint));
        if let Some(arn) = self.role_arn.as_deref().filter(|arn| !is_role(arn)) {
            wrong(format!("`--role-arn`: `{}` is no role's ARN", arn.escape_debug()), "it is arn:aws:iam::ACCOUNT:role/NAME");
        }
        if let Some(region) = self.region.as_deref().filter(|region| !is_region(region)) {
            wrong(format!("`--region`: `{}` is no region", region.escape_debug()), "it is such as eu-west-1");
        }
        for (flag, text) in [("--repository", &self.repository), ("--image", &self.image)] {
            match text.as_deref().map(str::parse::<ImageRef>) {
                Some(Err(problem)) => wrong(format!("`{flag}`: {problem}"), "it is HOST/NAME"),
                Some(Ok(reference)) if reference.tag.is_some() || reference.digest.is_some() => {
                    wrong(format!("`{flag}`: `{reference}` is a reference, not a repository"), "the recipe gives the tag: leave it out");
                }
                _ => {}
            }
        }
        if let Some(Err(problem)) = self.container.as_deref().map(str::parse::<ImageRef>) {
            wrong(format!("`--container`: {problem}"), "it is an image's name, such as docker:27.5.1-cli");
        }
        problems
    }
}

/// Tells whether it is the ARN of a role.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let is_partition = |text: &str| text == "aws" || (text.starts_with("aws-") && text.bytes().all(is_small));
    next() == "arn" && is_partition(next()) && next() == "iam" && next().is_empty() && {
        let account = next();
        let name = next().strip_prefix("role/").unwrap_or_default();
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/+=,.@_-".contains(&byte);
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account && !name.is_empty() && !name.ends_with('/') && name.bytes().all(is_of_name)
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3 && text.bytes().all(is_small) && parts.iter().all(|part| !part.is_empty())
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}
