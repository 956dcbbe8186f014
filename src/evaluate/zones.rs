//! Availability zones by region.
//!
//! For `Fn::GetAZs`, AWS returns the zones with a default subnet of the account, or all zones of the region if the account has no default
//! VPC. This table holds all zones that accept new resources. A region that is not listed stays unknown.
//! Source: <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>

/// Returns the letters of a region's availability zones.
fn letters(region: &str) -> Option<&'static str> {
    Some(match region {
        "us-east-1" => "abcdef",
        "us-west-2" | "ap-northeast-2" => "abcd",
        "us-west-1" => "ac",
        "ap-northeast-1" => "acd",
        "ca-central-1" => "abd",
        "cn-north-1" => "abd",
        "us-east-2" | "eu-west-1" | "eu-west-2" | "eu-west-3" | "eu-central-1" | "eu-central-2" | "eu-north-1" | "eu-south-1"
        | "eu-south-2" | "ap-south-1" | "ap-south-2" | "ap-southeast-1" | "ap-southeast-2" | "ap-southeast-3" | "ap-southeast-4"
        | "ap-southeast-5" | "ap-southeast-6" | "ap-southeast-7" | "ap-northeast-3" | "ap-east-1" | "ap-east-2" | "sa-east-1"
        | "af-south-1" | "me-south-1" | "me-central-1" | "il-central-1" | "ca-west-1" | "mx-central-1" | "cn-northwest-1"
        | "us-gov-east-1" | "us-gov-west-1" => "abc",
        _ => return None,
    })
}

/// Returns the names of a region's availability zones, or `None` for a region that is not in the table.
pub fn availability_zones(region: &str) -> Option<impl Iterator<Item = String> + '_> {
    letters(region).map(|letters| letters.chars().map(move |letter| format!("{region}{letter}")))
}
