//! Parameter declarations that several areas share: IDs and CIDR blocks with their patterns.

use crate::model::parameter::Parameter;

/// A number from 0 to 255.
const OCTET: &str = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
const IPV4_BLOCK_CONSTRAINT: &str = "must be an IPv4 CIDR block with a prefix length of 16 to 28, such as 10.0.0.0/16";

/// Returns a pattern for an IPv4 CIDR block with one of these prefix lengths.
fn ipv4_pattern(prefix_lengths: &str) -> String {
    format!(r"({OCTET}\.){{3}}{OCTET}/({prefix_lengths})")
}

/// Returns a parameter for the CIDR block of a VPC or subnet.
///
/// Source of the prefix lengths: <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
pub(super) fn ipv4_block(default: &str, description: &str) -> Parameter {
    Parameter::string(default, description).matching(&ipv4_pattern("1[6-9]|2[0-8]"), IPV4_BLOCK_CONSTRAINT)
}

/// Returns a parameter for up to `most` CIDR blocks, separated by commas, or blank.
pub(super) fn ipv4_blocks(default: &str, most: usize, description: &str) -> Parameter {
    let block = ipv4_pattern(r"\d|[12]\d|3[0-2]");
    Parameter::string(default, description).matching(
        &format!("({block}(,{block}){{0,{}}})?", most - 1),
        &format!("must be up to {most} IPv4 CIDR blocks, such as 10.0.0.0/8,192.0.2.1/32, or blank"),
    )
}

/// Returns a list parameter for the IDs of security groups, or blank.
pub(super) fn security_groups(description: &str) -> Parameter {
    Parameter::list("", description).matching("(sg-[0-9a-f]+)?", "must be IDs of security groups, such as sg-0123456789abcdef0, or blank")
}

/// Returns a parameter for the ID of a security group, or blank.
pub(super) fn security_group(description: &str) -> Parameter {
    Parameter::string("", description).matching("(sg-[0-9a-f]+)?", "must be a security group ID, such as sg-0123456789abcdef0, or blank")
}
