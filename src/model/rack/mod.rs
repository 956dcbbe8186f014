//! The typed rack: a network, an ECS cluster, the two build tasks and the build cache.
//!
//! Takes nothing; returns [`Sections`] in document order, and [`host_template`], the part of a rack that the build cache refers to.
//! Parameters, conditions and logical IDs have the same names as in a Convox rack, so that `host_template` fits both.
//!
//! One file per [`Area`], which declares its own parameters, conditions, resources and outputs; names that other areas refer to are
//! constants of the area that declares them. An area refers only to areas above it in [`AREAS`], because a file must not use another one
//! in a cycle. [`Sections`] keeps the order of declaration, and every parameter is declared in a group, so the rendered document needs
//! no list of names.

mod access;
mod api;
mod api_role;
mod builds;
mod cache;
mod containers;
mod domain;
mod encryption;
mod functions;
mod instances;
pub mod left_out;
mod logs;
mod methods;
mod network;
mod nlb;
mod notifications;
mod origin;
mod parameters;
mod region;
mod release;
mod roles;
mod router;
mod routing;
mod storage;

pub use builds::{DOCKER_IMAGE, KANIKO_IMAGE};
pub use cache::host_template;
pub use network::SUBNETS;
pub use origin::{ResourceOrigin, resource_origin};

use super::sections::Sections;

/// A part of the rack with a name for documentation.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    name: &'static str,
    declare: fn(&mut Sections),
}

/// The areas in document order.
pub const AREAS: [Area; 20] = [
    Area { name: "region", declare: region::declare },
    Area { name: "network", declare: network::declare },
    Area { name: "logs", declare: logs::declare },
    Area { name: "encryption", declare: encryption::declare },
    Area { name: "storage", declare: storage::declare },
    Area { name: "notifications", declare: notifications::declare },
    Area { name: "routing", declare: routing::declare },
    Area { name: "roles", declare: roles::declare },
    Area { name: "release", declare: release::declare },
    Area { name: "API role", declare: api_role::declare },
    Area { name: "access", declare: access::declare },
    Area { name: "functions", declare: functions::declare },
    Area { name: "build methods", declare: methods::declare },
    Area { name: "instances", declare: instances::declare },
    Area { name: "containers", declare: containers::declare },
    Area { name: "builds", declare: builds::declare },
    Area { name: "router", declare: router::declare },
    Area { name: "network load balancers", declare: nlb::declare },
    Area { name: "api", declare: api::declare },
    Area { name: "build cache", declare: cache::declare },
];

impl Area {
    /// Returns the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the area's own entries; they refer to entries of other areas.
    pub fn sections(&self) -> Sections {
        let mut sections = Sections::default();
        (self.declare)(&mut sections);
        sections
    }
}

/// Returns the rack's sections in document order.
pub fn rack() -> Sections {
    let mut rack = Sections::default();
    AREAS.iter().for_each(|area| (area.declare)(&mut rack));
    rack
}
