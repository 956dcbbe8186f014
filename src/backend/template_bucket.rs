//! Which bucket a template over the inline limit goes through.

use super::{ChangeSetOptions, StackResource};

/// The resource of a rack that keeps its settings: its bucket takes templates too.
const SETTINGS: &str = "Settings";

/// The bucket that a template over the inline limit goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateBucket {
    /// The one that was named, whoever's it is.
    Named(String),
    /// The rack's own, for its settings.
    Settings(String),
    /// The one that this program makes on request, one in each account and region; see [`TemplateBucket::own_name`].
    Own,
}

impl TemplateBucket {
    /// Returns the bucket for a change of a stack with these resources.
    pub fn of(options: &ChangeSetOptions, resources: &[StackResource]) -> Self {
        let is_settings = |resource: &&StackResource| resource.logical_id == SETTINGS && resource.resource_type == "AWS::S3::Bucket";
        match (&options.template_bucket, resources.iter().find(is_settings)) {
            (Some(bucket), _) => Self::Named(bucket.clone()),
            (None, Some(settings)) => Self::Settings(settings.physical_id.clone()),
            (None, None) => Self::Own,
        }
    }

    /// Returns the name of the bucket that this program makes.
    pub fn own_name(account: &str, region: &str) -> String {
        format!("rackform-templates-{account}-{region}")
    }
}
