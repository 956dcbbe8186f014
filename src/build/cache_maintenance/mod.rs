//! Cache maintenance: lists, measures, prices and prunes a build cache repository.
//!
//! Takes a repository through a [`Store`]: any registry by the OCI distribution API ([`RegistryStore`]), or ECR by the AWS API
//! ([`EcrStore`]). Returns its [`Inventory`], its [`Size`], its monthly [`Cost`] from a [`PriceTable`], the images that a
//! [`LifecyclePolicy`] would expire, and for a [`Selection`] a [`PruneDecision`] with a reason for every manifest. Deciding is pure: the
//! caller passes the current time, and only [`Store::remove`] deletes anything.
//!
//! Leaves writing a cache to [`command`](super::command), and EFS file systems to the AWS account.

mod age;
mod inventory;
mod lifecycle;
mod price;
mod select;
mod size;
mod store;
mod tag;

pub use age::Age;
pub use inventory::{Entry, Inventory};
pub use lifecycle::{Expiry, LifecycleAction, LifecyclePolicy, LifecyclePolicyError};
pub use price::{Cost, Price, PriceError, PriceTable, StorageService};
pub use select::{PruneDecision, Selection};
pub use size::Size;
pub use store::{EcrStore, RegistryStore, Store, StoreError};
pub use tag::{CacheTag, of_service};
