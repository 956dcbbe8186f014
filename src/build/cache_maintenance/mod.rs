//! The life of a cache: what is kept, how much that is, what it costs, what goes away by itself, and what may be taken away.
//!
//! Takes a repository as a [`Store`] knows it, which is a registry by its API ([`RegistryStore`]) or an account's ECR ([`EcrStore`]); gives an
//! [`Inventory`], its [`Size`], the [`Cost`] by a [`PriceTable`], what a lifecycle policy would expire ([`LifecyclePolicy`]), and by a [`Selection`]
//! what goes and what stays, each with its reason. Choosing is pure: the time is handed in, and nothing is removed but by
//! [`Store::remove`].
//!
//! Leaves filling a cache to [`command`](super::command), and file systems to the account.

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
pub use lifecycle::{Expiry, LifecyclePolicy, LifecyclePolicyError};
pub use price::{BuiltInPrice, Cost, Price, PriceError, PriceTable, StorageService};
pub use select::{PruneDecision, Selection};
pub use size::Size;
pub use store::{EcrStore, RegistryStore, Store, StoreError};
pub use tag::{CacheTag, of_service};
