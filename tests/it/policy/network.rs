//! Rules of security groups, compared as sets of traffic.

use rackform::policy::{Budget, Coverage, Peer, Traffic};

fn net(cidr: &str) -> Peer {
    Peer::Network(cidr.parse().unwrap())
}
fn tcp(from: i64, to: i64, cidr: &str) -> Traffic {
    Traffic::new("tcp", Some(from), Some(to), net(cidr))
}
fn group(name: &str) -> Peer {
    Peer::Named { name: name.to_owned(), is_id: name.starts_with("sg-") }
}

#[test]
fn old_rules_cover_a_new_one_together() {
    use Coverage::{All, Part, Unknown};
    let unknown = |e: &str| Peer::UnknownNetwork { expression: e.to_owned(), is_ipv6: Some(false) };
    for (name, new, old, expected) in [
        ("halves", tcp(22, 22, "10.0.0.0/24"), vec![tcp(22, 22, "10.0.0.0/25"), tcp(22, 22, "10.0.0.128/25")], All),
        ("half", tcp(22, 22, "10.0.0.0/24"), vec![tcp(22, 22, "10.0.0.0/25")], Part),
        ("ports joined", tcp(1, 20, "10.0.0.0/24"), vec![tcp(1, 10, "10.0.0.0/8"), tcp(11, 30, "10.0.0.0/24")], All),
        ("ports gap", tcp(1, 20, "10.0.0.0/24"), vec![tcp(1, 10, "10.0.0.0/8"), tcp(12, 30, "10.0.0.0/24")], Part),
        (
            "all protocols",
            Traffic::new("-1", None, None, net("10.0.0.0/24")),
            vec![tcp(0, 65535, "10.0.0.0/8"), Traffic::new("udp", Some(0), Some(65535), net("10.0.0.0/8"))],
            Part,
        ),
        ("covered by all", tcp(22, 22, "10.0.0.0/24"), vec![Traffic::new("-1", None, None, net("10.0.0.0/8"))], All),
        ("number", Traffic::new("6", Some(22), Some(22), net("::/0")), vec![Traffic::new("TCP", Some(22), Some(22), net("::/0"))], All),
        ("families", tcp(22, 22, "::/0"), vec![tcp(22, 22, "0.0.0.0/0")], Part),
        (
            "icmp",
            Traffic::new("icmp", Some(8), Some(-1), net("10.0.0.0/8")),
            vec![Traffic::new("icmp", Some(-1), Some(-1), net("10.0.0.0/8"))],
            All,
        ),
        (
            "icmp type",
            Traffic::new("icmp", Some(-1), Some(-1), net("10.0.0.0/8")),
            vec![Traffic::new("icmp", Some(8), Some(0), net("10.0.0.0/8"))],
            Part,
        ),
        ("group same", Traffic::new("tcp", Some(1), Some(2), group("Web")), vec![Traffic::new("tcp", Some(1), Some(3), group("Web"))], All),
        (
            "group other",
            Traffic::new("tcp", Some(1), Some(2), group("Web")),
            vec![Traffic::new("tcp", Some(1), Some(3), group("Db"))],
            Part,
        ),
        (
            "group literal",
            Traffic::new("tcp", Some(1), Some(2), group("Web")),
            vec![Traffic::new("tcp", Some(1), Some(3), group("sg-1"))],
            Unknown,
        ),
        ("group all", Traffic::new("tcp", Some(1), Some(2), group("Web")), vec![tcp(1, 2, "0.0.0.0/0"), tcp(1, 2, "::/0")], All),
        ("group v4", Traffic::new("tcp", Some(1), Some(2), group("Web")), vec![tcp(1, 2, "0.0.0.0/0")], Unknown),
        ("group net", Traffic::new("tcp", Some(1), Some(2), group("Web")), vec![tcp(1, 2, "10.0.0.0/8")], Part),
        (
            "unknown same",
            Traffic::new("tcp", Some(1), Some(2), unknown("a")),
            vec![Traffic::new("tcp", Some(1), Some(2), unknown("a"))],
            All,
        ),
        (
            "unknown other",
            Traffic::new("tcp", Some(1), Some(2), unknown("a")),
            vec![Traffic::new("tcp", Some(1), Some(2), unknown("b"))],
            Unknown,
        ),
        ("unknown in all", Traffic::new("tcp", Some(1), Some(2), unknown("a")), vec![tcp(1, 2, "0.0.0.0/0")], All),
        ("none", tcp(1, 2, "0.0.0.0/0"), vec![], Part),
    ] {
        assert_eq!(new.coverage(&old, &Budget::new(4_000_000)), expected, "{name}");
    }
}
