//! What Amazon ECR, and EFS, can be asked; the SDK behind it is `build::aws`'s.

use jiff::Timestamp;

use super::credentials::Credentials;
use super::manifest::Manifest;
use super::name::Repository;
use crate::aws::RequestError;

/// An account's ECR in a region, and its file systems.
pub trait EcrService {
    /// Returns the region.
    fn region(&self) -> String;

    /// Returns a repository's address, `None` where there is none of that name.
    fn repository(&self, name: &str) -> Result<Option<Repository>, RequestError>;

    /// Makes a repository with tags; one that somebody else made meanwhile is as good.
    fn create_repository(&self, name: &str, tags: &[(String, String)]) -> Result<Repository, RequestError>;

    /// Returns a repository's lifecycle policy as JSON text, where it has one.
    fn lifecycle_policy(&self, name: &str) -> Result<Option<String>, RequestError>;

    /// Sets a repository's lifecycle policy.
    fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<(), RequestError>;

    /// Tells whether there is an image with a tag.
    fn has_image(&self, name: &str, tag: &str) -> Result<bool, RequestError>;

    /// Returns every image, in no order; `None` where there is no such repository.
    fn images(&self, name: &str) -> Result<Option<Vec<EcrImage>>, RequestError>;

    /// Returns the manifests of images that have one, by digest.
    fn manifests(&self, name: &str, digests: &[String]) -> Result<Vec<Manifest>, RequestError>;

    /// Deletes images; returns those that stay, with why.
    fn delete_images(&self, name: &str, digests: &[String]) -> Result<Vec<(String, String)>, RequestError>;

    /// Returns who may push and pull for the next twelve hours.
    fn credentials(&self) -> Result<Credentials, RequestError>;

    /// Returns a file system's metered size, `None` where there is none of that ID.
    fn file_system(&self, id: &str) -> Result<Option<FileSystemSize>, RequestError>;
}

/// An image as ECR describes it.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrImage {
    /// Its digest.
    pub digest: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its size in bytes; of an index that of the index alone.
    pub size_bytes: u64,
    /// When it was pushed.
    pub pushed_at: Option<Timestamp>,
    /// When it was last pulled, which ECR knows to the day.
    pub pulled_at: Option<Timestamp>,
    /// What kind of manifest it has.
    pub media_type: String,
    /// What kind of artifact it says it is.
    pub artifact_type: Option<String>,
}

/// What a file system is metered at; AWS counts every hour or so.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystemSize {
    /// Its ID.
    pub id: String,
    /// All of it, in bytes.
    pub bytes: u64,
    /// What is in the Standard class.
    pub standard_bytes: Option<u64>,
    /// What is in Infrequent Access.
    pub infrequent_access_bytes: Option<u64>,
    /// What is in Archive.
    pub archive_bytes: Option<u64>,
    /// When it was counted.
    pub counted_at: Option<Timestamp>,
    /// The zone of a One Zone file system, which has other prices.
    pub zone: Option<String>,
}
