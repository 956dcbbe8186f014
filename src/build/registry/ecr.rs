//! The requests to Amazon ECR and EFS; `build::aws` implements them with the AWS SDK.

use jiff::Timestamp;

use super::credentials::Credentials;
use super::manifest::Manifest;
use super::name::Repository;
use crate::aws::RequestError;

/// The ECR repositories and EFS file systems of an account in a region.
pub trait EcrService {
    /// Returns the region.
    fn region(&self) -> String;

    /// Returns a repository's address, or `None` if it does not exist.
    fn repository(&self, name: &str) -> Result<Option<Repository>, RequestError>;

    /// Creates a repository with tags, or returns it if it has been created in the meantime.
    fn create_repository(&self, name: &str, tags: &[(String, String)]) -> Result<Repository, RequestError>;

    /// Returns the address of a repository that a push would create by a repository creation template for pushes, if one covers the name.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html>
    fn created_on_push(&self, name: &str) -> Result<Option<Repository>, RequestError>;

    /// Returns a repository's lifecycle policy as JSON text, if it has one.
    fn lifecycle_policy(&self, name: &str) -> Result<Option<String>, RequestError>;

    /// Sets a repository's lifecycle policy.
    fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<(), RequestError>;

    /// Returns whether layers can be shared with the other repositories of the registry.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html>
    fn mounts_blobs(&self) -> Result<bool, RequestError>;

    /// Returns whether an image with a tag exists that can be pulled; an archived image cannot, and pushing it again restores it.
    fn has_image(&self, name: &str, tag: &str) -> Result<bool, RequestError>;

    /// Returns all images in unspecified order, archived ones included, or `None` if the repository does not exist.
    fn images(&self, name: &str) -> Result<Option<Vec<EcrImage>>, RequestError>;

    /// Returns the manifests of images with these digests, if they exist.
    fn manifests(&self, name: &str, digests: &[String]) -> Result<Vec<Manifest>, RequestError>;

    /// Deletes images; returns those that were not deleted, with the reason.
    fn delete_images(&self, name: &str, digests: &[String]) -> Result<Vec<(String, String)>, RequestError>;

    /// Returns credentials for pushing and pulling, valid for twelve hours.
    fn credentials(&self) -> Result<Credentials, RequestError>;

    /// Returns a file system's metered size, or `None` if it does not exist.
    fn file_system(&self, id: &str) -> Result<Option<FileSystemSize>, RequestError>;
}

/// An image in ECR.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrImage {
    /// Its digest.
    pub digest: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its size in bytes; that of an index does not include its images.
    pub size_bytes: u64,
    /// When it was pushed.
    pub pushed_at: Option<Timestamp>,
    /// When it was last pulled; ECR records only the day.
    pub pulled_at: Option<Timestamp>,
    /// Its storage class.
    pub storage: ImageStorage,
    /// The media type of its manifest.
    pub media_type: String,
    /// The artifact type in its manifest.
    pub artifact_type: Option<String>,
}

/// The storage class of an image.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageStorage {
    /// The image can be pulled.
    #[default]
    Standard,
    /// A pull fails with status 404 until the image is restored, which takes up to 20 minutes, or pushed again.
    Archive {
        /// When it was archived.
        since: Option<Timestamp>,
        /// Whether it is being restored.
        is_restored: bool,
    },
}

impl ImageStorage {
    /// Returns whether the image is archived.
    pub fn is_archive(self) -> bool {
        matches!(self, Self::Archive { .. })
    }
}

/// The metered size of a file system, which AWS updates about every hour.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystemSize {
    /// Its ID.
    pub id: String,
    /// The total size in bytes.
    pub bytes: u64,
    /// The size in the Standard storage class.
    pub standard_bytes: Option<u64>,
    /// The size in the Infrequent Access storage class.
    pub infrequent_access_bytes: Option<u64>,
    /// The size in the Archive storage class.
    pub archive_bytes: Option<u64>,
    /// When it was measured.
    pub counted_at: Option<Timestamp>,
    /// The availability zone of a One Zone file system, which has different prices.
    pub zone: Option<String>,
}
