//! Rules of security groups and network lists as sets of traffic: protocol, ports and peer.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>

use ipnet::IpNet;

use super::budget::{Budget, Exhausted};
use super::key::starts;
use super::truth::Truth;

/// The most steps of one comparison of rules.
const STEPS: u64 = 4_000_000;

/// Every port, ICMP type or ICMP code.
const ALL: (i64, i64) = (0, 65_535);

/// Traffic that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Traffic {
    /// The name of the protocol in lower case, or `-1` for every protocol.
    protocol: String,
    /// Ports, or ICMP types.
    ports: (i64, i64),
    /// ICMP codes.
    codes: (i64, i64),
    peer: Peer,
}

/// The other end of the traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// A network.
    Network(IpNet),
    /// A network that is not known, by its expression.
    UnknownNetwork {
        /// The expression.
        expression: String,
        /// Whether it is an IPv6 network; `None` if either is possible.
        is_ipv6: Option<bool>,
    },
    /// A security group or prefix list.
    Named {
        /// The ID, or the expression of the ID.
        name: String,
        /// Whether the name is the ID itself.
        is_id: bool,
    },
}

/// Whether old rules together allow what a new rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    All,
    /// Perhaps not all: that depends on unknown values, or there are too many rules.
    Unknown,
    /// Not all of it.
    Part,
}

impl Traffic {
    /// Returns the traffic of a rule. Ports of protocols other than TCP, UDP and ICMP have no effect.
    pub fn new(protocol: &str, from: Option<i64>, to: Option<i64>, peer: Peer) -> Self {
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "" | "-1" | "all" => "-1".to_owned(),
            "1" => "icmp".to_owned(),
            "6" => "tcp".to_owned(),
            "17" => "udp".to_owned(),
            "58" => "icmpv6".to_owned(),
            other => other.to_owned(),
        };
        let one = |value: Option<i64>| value.filter(|value| *value >= 0).map_or(ALL, |value| (value, value));
        let (ports, codes) = match (protocol.as_str(), from, to) {
            ("icmp" | "icmpv6", kind, code) => (one(kind), one(code)),
            ("tcp" | "udp", Some(from), Some(to)) if from >= 0 && to >= 0 => ((from, to), ALL),
            _ => (ALL, ALL),
        };
        Self { protocol, ports, codes, peer }
    }

    /// Returns whether the old rules together allow everything that this rule allows. Pays from a budget that comparisons share.
    pub fn coverage(&self, old: &[Self], total: &Budget) -> Coverage {
        match total.share(STEPS, |budget| self.covered(old, budget)) {
            Ok(Truth::Yes) => Coverage::All,
            Ok(Truth::No) => Coverage::Part,
            Ok(Truth::Maybe) | Err(Exhausted) => Coverage::Unknown,
        }
    }

    fn covered(&self, old: &[Self], budget: &Budget) -> Result<Truth, Exhausted> {
        budget.spend(old.len())?;
        let relevant: Vec<&Self> = old.iter().filter(|old| old.shares_protocol(self) && old.meets_ports(self)).collect();
        let mut protocols: Vec<&str> = vec![&self.protocol];
        if self.protocol == "-1" {
            protocols.extend(relevant.iter().map(|old| old.protocol.as_str()));
            protocols.sort_unstable();
            protocols.dedup();
        }
        let ports = borders(self.ports, relevant.iter().map(|old| old.ports));
        let codes = borders(self.codes, relevant.iter().map(|old| old.codes));
        let peers = self.peers(&relevant, budget)?;
        let mut covered = Truth::Yes;
        for protocol in protocols {
            for port in &ports {
                for code in &codes {
                    for peer in &peers {
                        budget.spend(relevant.len() + 1)?;
                        let matches = relevant.iter().zip(peer).filter(|(old, _)| old.matches(protocol, *port, *code));
                        covered = covered.min(Truth::any(matches.map(|(_, truth)| *truth)));
                        if covered == Truth::No {
                            return Ok(covered);
                        }
                    }
                }
            }
        }
        Ok(covered)
    }

    fn shares_protocol(&self, other: &Self) -> bool {
        self.protocol == "-1" || other.protocol == "-1" || self.protocol == other.protocol
    }

    fn meets_ports(&self, other: &Self) -> bool {
        let meet = |own: (i64, i64), other: (i64, i64)| own.0 <= other.1 && other.0 <= own.1;
        meet(self.ports, other.ports) && meet(self.codes, other.codes)
    }

    fn matches(&self, protocol: &str, port: i64, code: i64) -> bool {
        let is_in = |range: (i64, i64), value| range.0 <= value && value <= range.1;
        (self.protocol == "-1" || self.protocol == protocol) && is_in(self.ports, port) && is_in(self.codes, code)
    }

    /// Returns, for each kind of peer that this rule allows, which of the old rules allow it.
    fn peers(&self, old: &[&Self], budget: &Budget) -> Result<Vec<Vec<Truth>>, Exhausted> {
        let networks: Vec<IpNet> = old.iter().filter_map(|old| old.peer.network()).collect();
        let is_whole = |peer: &Peer, is_ipv6: bool| {
            peer.network().is_some_and(|network| network.prefix_len() == 0 && network.addr().is_ipv6() == is_ipv6)
        };
        budget.spend(old.len() * (networks.len() + 1))?;
        Ok(match &self.peer {
            Peer::Network(own) => {
                let addresses = starts(&networks).into_iter().chain([own.network()]).filter(|address| own.contains(address));
                let allows = |address: std::net::IpAddr, peer: &Peer| match peer {
                    Peer::Network(network) => Truth::known(network.contains(&address)),
                    Peer::UnknownNetwork { is_ipv6, .. } if is_ipv6.is_none_or(|is_ipv6| is_ipv6 == address.is_ipv6()) => Truth::Maybe,
                    _ => Truth::No,
                };
                addresses.map(|address| old.iter().map(|old| allows(address, &old.peer)).collect()).collect()
            }
            Peer::UnknownNetwork { expression, is_ipv6 } => {
                let families = is_ipv6.map_or(vec![false, true], |is_ipv6| vec![is_ipv6]);
                let allows = |is_ipv6: bool, peer: &Peer| match peer {
                    Peer::UnknownNetwork { expression: other, .. } if other == expression => Truth::Yes,
                    peer if is_whole(peer, is_ipv6) => Truth::Yes,
                    Peer::Named { .. } => Truth::No,
                    _ => Truth::Maybe,
                };
                families.into_iter().map(|is_ipv6| old.iter().map(|old| allows(is_ipv6, &old.peer)).collect()).collect()
            }
            Peer::Named { name, is_id } => {
                // Members of a group have addresses of both families.
                let allows = |is_ipv6: bool, peer: &Peer| match peer {
                    Peer::Named { name: other, .. } if other == name => Truth::Yes,
                    Peer::Named { is_id: other, .. } => {
                        if other == is_id {
                            Truth::No
                        } else {
                            Truth::Maybe
                        }
                    }
                    peer if is_whole(peer, is_ipv6) => Truth::Yes,
                    _ if is_whole(peer, !is_ipv6) => Truth::Maybe,
                    _ => Truth::No,
                };
                [false, true].into_iter().map(|is_ipv6| old.iter().map(|old| allows(is_ipv6, &old.peer)).collect()).collect()
            }
        })
    }
}

impl Peer {
    fn network(&self) -> Option<IpNet> {
        match self {
            Self::Network(network) => Some(*network),
            _ => None,
        }
    }
}

/// Returns one value of each part of a range that the borders of other ranges delimit.
fn borders(own: (i64, i64), others: impl Iterator<Item = (i64, i64)>) -> Vec<i64> {
    let mut starts = vec![own.0];
    starts.extend(others.flat_map(|(from, to)| [from, to.saturating_add(1)]).filter(|start| own.0 <= *start && *start <= own.1));
    starts.sort_unstable();
    starts.dedup();
    starts
}
