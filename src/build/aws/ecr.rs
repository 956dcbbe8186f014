//! ECR repositories and images, and the size of EFS file systems.

use std::sync::Arc;

use aws_sdk_ecr::types::{DescribeImagesFilter, ImageDetail, ImageIdentifier, ImageStatus, ImageStatusFilter, RctAppliedFor, Tag};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use crate::aws::{RequestError, Session, request_error};
use crate::build::registry::ecr::{EcrImage, EcrService, FileSystemSize, ImageStorage};
use crate::build::registry::{Credentials, EcrHost, Manifest, Repository};

/// The maximum number of images in one request.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const BATCH: usize = 100;

/// An account's ECR in a region.
pub struct AwsEcr {
    session: Arc<Session>,
    ecr: aws_sdk_ecr::Client,
    efs: aws_sdk_efs::Client,
}

impl std::fmt::Debug for AwsEcr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsEcr").field("region", &self.session.region()).finish_non_exhaustive()
    }
}

impl AwsEcr {
    /// Returns the ECR of a session's account and region.
    pub fn new(session: Arc<Session>) -> Self {
        Self { ecr: aws_sdk_ecr::Client::new(session.config()), efs: aws_sdk_efs::Client::new(session.config()), session }
    }
}

fn invalid_response(operation: &'static str, message: impl std::fmt::Display) -> RequestError {
    RequestError::Request { operation, code: None, message: message.to_string() }
}

fn repository(operation: &'static str, uri: Option<&str>) -> Result<Repository, RequestError> {
    uri.unwrap_or_default().parse().map_err(|error| invalid_response(operation, error))
}

fn identifiers(digests: &[String]) -> Vec<ImageIdentifier> {
    digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest).build()).collect()
}

fn storage(image: &ImageDetail) -> ImageStorage {
    let since = image.last_archived_at().and_then(|at| Timestamp::from_second(at.secs()).ok());
    match image.image_status() {
        Some(ImageStatus::Archived) => ImageStorage::Archive { since, is_restored: false },
        Some(ImageStatus::Activating) => ImageStorage::Archive { since, is_restored: true },
        _ => ImageStorage::Standard,
    }
}

impl EcrService for AwsEcr {
    fn region(&self) -> String {
        self.session.region().to_owned()
    }

    fn repository(&self, name: &str) -> Result<Option<Repository>, RequestError> {
        const OPERATION: &str = "DescribeRepositories";
        match self.session.block_on(self.ecr.describe_repositories().repository_names(name).send()) {
            Ok(response) => match response.repositories().iter().find(|found| found.repository_name() == Some(name)) {
                Some(found) => repository(OPERATION, found.repository_uri()).map(Some),
                None => Ok(None),
            },
            Err(error) if error.as_service_error().is_some_and(|error| error.is_repository_not_found_exception()) => Ok(None),
            Err(error) => Err(request_error(OPERATION, error)),
        }
    }

    fn create_repository(&self, name: &str, tags: &[(String, String)]) -> Result<Repository, RequestError> {
        const OPERATION: &str = "CreateRepository";
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| invalid_response(OPERATION, error))?;
        let call = self.ecr.create_repository().repository_name(name).set_tags((!tags.is_empty()).then_some(tags));
        match self.session.block_on(call.send()) {
            Ok(response) => repository(OPERATION, response.repository().and_then(|created| created.repository_uri())),
            // Another build has created it in the meantime.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_repository_already_exists_exception()) => {
                self.repository(name)?.ok_or_else(|| invalid_response(OPERATION, "the repository exists, but ECR does not return it"))
            }
            Err(error) => Err(request_error(OPERATION, error)),
        }
    }

    fn created_on_push(&self, name: &str) -> Result<Option<Repository>, RequestError> {
        const OPERATION: &str = "DescribeRepositoryCreationTemplates";
        let pages = self.ecr.describe_repository_creation_templates().into_paginator().send();
        let pages = self.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| request_error(OPERATION, error))?;
        let covers = |prefix: &str| prefix == "ROOT" || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        let templates = pages.iter().flat_map(|page| page.repository_creation_templates());
        // The longest prefix applies; ROOT, for all other names, is the least specific.
        let specific = |prefix: &str| if prefix == "ROOT" { 0 } else { prefix.len() };
        let applied =
            templates.filter(|template| template.prefix().is_some_and(covers)).max_by_key(|template| template.prefix().map_or(0, specific));
        let is_for_pushes = applied.is_some_and(|template| template.applied_for().contains(&RctAppliedFor::CreateOnPush));
        let account = pages.iter().find_map(|page| page.registry_id()).filter(|_| is_for_pushes);
        let Some(account) = account else { return Ok(None) };
        let host = EcrHost { account: account.to_owned(), region: self.region() }.host();
        Repository::new(&host, name).map(Some).map_err(|error| invalid_response(OPERATION, error))
    }

    fn lifecycle_policy(&self, name: &str) -> Result<Option<String>, RequestError> {
        match self.session.block_on(self.ecr.get_lifecycle_policy().repository_name(name).send()) {
            Ok(response) => Ok(response.lifecycle_policy_text().map(ToOwned::to_owned)),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_lifecycle_policy_not_found_exception()) => Ok(None),
            Err(error) => Err(request_error("GetLifecyclePolicy", error)),
        }
    }

    fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<(), RequestError> {
        let call = self.ecr.put_lifecycle_policy().repository_name(name).lifecycle_policy_text(policy);
        self.session.block_on(call.send()).map(drop).map_err(|error| request_error("PutLifecyclePolicy", error))
    }

    fn mounts_blobs(&self) -> Result<bool, RequestError> {
        let call = self.ecr.get_account_setting().name("BLOB_MOUNTING");
        let response = self.session.block_on(call.send()).map_err(|error| request_error("GetAccountSetting", error))?;
        Ok(response.value() == Some("ENABLED"))
    }

    fn has_image(&self, name: &str, tag: &str) -> Result<bool, RequestError> {
        let call = self.ecr.describe_images().repository_name(name).image_ids(ImageIdentifier::builder().image_tag(tag).build());
        match self.session.block_on(call.send()) {
            Ok(response) => Ok(!response.image_details().is_empty()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_image_not_found_exception() || error.is_repository_not_found_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(request_error("DescribeImages", error)),
        }
    }

    fn images(&self, name: &str) -> Result<Option<Vec<EcrImage>>, RequestError> {
        // Without the filter, ECR returns active images only.
        let all = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build();
        let pages = self.ecr.describe_images().repository_name(name).filter(all).into_paginator().items().send();
        let found = match self.session.block_on(pages.collect::<Result<Vec<_>, _>>()) {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_repository_not_found_exception()) => return Ok(None),
            Err(error) => return Err(request_error("DescribeImages", error)),
        };
        let image = |found: &ImageDetail| {
            Some(EcrImage {
                digest: found.image_digest()?.to_owned(),
                tags: found.image_tags().to_vec(),
                size_bytes: found.image_size_in_bytes().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                pushed_at: found.image_pushed_at().and_then(|at| Timestamp::from_second(at.secs()).ok()),
                pulled_at: found.last_recorded_pull_time().and_then(|at| Timestamp::from_second(at.secs()).ok()),
                storage: storage(found),
                media_type: found.image_manifest_media_type().unwrap_or_default().to_owned(),
                artifact_type: found.artifact_media_type().filter(|kind| !kind.is_empty()).map(ToOwned::to_owned),
            })
        };
        Ok(Some(found.iter().filter_map(image).collect()))
    }

    fn manifests(&self, name: &str, digests: &[String]) -> Result<Vec<Manifest>, RequestError> {
        const OPERATION: &str = "BatchGetImage";
        let mut manifests = Vec::new();
        for batch in digests.chunks(BATCH) {
            let call = self
                .ecr
                .batch_get_image()
                .repository_name(name)
                .set_image_ids(Some(identifiers(batch)))
                .set_accepted_media_types(Some(Manifest::MEDIA_TYPES.map(ToOwned::to_owned).to_vec()));
            let response = self.session.block_on(call.send()).map_err(|error| request_error(OPERATION, error))?;
            for image in response.images() {
                let text = image.image_manifest().unwrap_or_default();
                let mut read = Manifest::read(text.as_bytes(), image.image_manifest_media_type())
                    .map_err(|error| invalid_response(OPERATION, error))?;
                // ECR's response may differ from the pushed bytes in its whitespace, so use the digest that ECR reports.
                if let Some(digest) = image.image_id().and_then(|id| id.image_digest()) {
                    digest.clone_into(&mut read.digest);
                }
                manifests.push(read);
            }
        }
        Ok(manifests)
    }

    fn delete_images(&self, name: &str, digests: &[String]) -> Result<Vec<(String, String)>, RequestError> {
        let mut failed = Vec::new();
        for batch in digests.chunks(BATCH) {
            let call = self.ecr.batch_delete_image().repository_name(name).set_image_ids(Some(identifiers(batch)));
            let response = self.session.block_on(call.send()).map_err(|error| request_error("BatchDeleteImage", error))?;
            for failure in response.failures() {
                let digest = failure.image_id().and_then(|id| id.image_digest()).unwrap_or_default();
                // Another process has deleted the image in the meantime.
                if failure.failure_code().is_some_and(|code| code.as_str() == "ImageNotFound") {
                    continue;
                }
                let reason = failure.failure_reason().or(failure.failure_code().map(|code| code.as_str())).unwrap_or("no reason given");
                failed.push((digest.to_owned(), reason.to_owned()));
            }
        }
        Ok(failed)
    }

    fn credentials(&self) -> Result<Credentials, RequestError> {
        const OPERATION: &str = "GetAuthorizationToken";
        let response = self.session.block_on(self.ecr.get_authorization_token().send()).map_err(|error| request_error(OPERATION, error))?;
        let token = response.authorization_data().first().and_then(|data| data.authorization_token()).unwrap_or_default();
        let text = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = text.as_deref().and_then(|text| text.split_once(':'));
        let (user, password) = pair.ok_or_else(|| invalid_response(OPERATION, "invalid authorization token"))?;
        Ok(Credentials::Password { user: user.to_owned(), password: password.to_owned() })
    }

    fn file_system(&self, id: &str) -> Result<Option<FileSystemSize>, RequestError> {
        let response = match self.session.block_on(self.efs.describe_file_systems().file_system_id(id).send()) {
            Ok(response) => response,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_file_system_not_found()) => return Ok(None),
            Err(error) => return Err(request_error("DescribeFileSystems", error)),
        };
        let bytes = |size: i64| u64::try_from(size).unwrap_or_default();
        Ok(response.file_systems().iter().find(|found| found.file_system_id() == id).map(|found| {
            let size = found.size_in_bytes();
            FileSystemSize {
                id: id.to_owned(),
                bytes: size.map(|size| bytes(size.value())).unwrap_or_default(),
                standard_bytes: size.and_then(|size| size.value_in_standard()).map(bytes),
                infrequent_access_bytes: size.and_then(|size| size.value_in_ia()).map(bytes),
                archive_bytes: size.and_then(|size| size.value_in_archive()).map(bytes),
                counted_at: size.and_then(|size| size.timestamp()).and_then(|at| Timestamp::from_second(at.secs()).ok()),
                zone: found.availability_zone_name().map(ToOwned::to_owned),
            }
        }))
    }
}
