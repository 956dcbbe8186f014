//! The S3 bucket for a template over the inline limit.

use super::{ChangeSetOptions, StackResource};

/// The logical ID of a rack's settings bucket, to which templates are uploaded too.
const SETTINGS: &str = "Settings";

/// The S3 bucket that a template over the inline limit is uploaded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateBucket {
    /// The bucket that the user named.
    Named(String),
    /// The rack's settings bucket.
    Settings(String),
    /// The bucket that rackform creates on request, one in each account and region; see [`TemplateBucket::own_name`].
    Own,
}

impl TemplateBucket {
    /// Returns the bucket for a stack with these resources.
    pub fn of(options: &ChangeSetOptions, resources: &[StackResource]) -> Self {
        let is_settings = |resource: &&StackResource| resource.logical_id == SETTINGS && resource.resource_type == "AWS::S3::Bucket";
        match (&options.template_bucket, resources.iter().find(is_settings)) {
            (Some(bucket), _) => Self::Named(bucket.clone()),
            (None, Some(settings)) => Self::Settings(settings.physical_id.clone()),
            (None, None) => Self::Own,
        }
    }

    /// Returns the name of the bucket that rackform creates.
    pub fn own_name(account: &str, region: &str) -> String {
        format!("rackform-templates-{account}-{region}")
    }
}
