//! AWS partitions.

/// Returns the partition and the URL suffix of a region, such as `("aws", "amazonaws.com")`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
pub fn partition(region: &str) -> (&'static str, &'static str) {
    for (prefix, partition, suffix) in [
        ("cn-", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-", "aws-us-gov", "amazonaws.com"),
        ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
        ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
        ("us-iso-", "aws-iso", "c2s.ic.gov"),
        ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
        ("eusc-", "aws-eusc", "amazonaws.eu"),
    ] {
        if region.starts_with(prefix) {
            return (partition, suffix);
        }
    }
    ("aws", "amazonaws.com")
}
