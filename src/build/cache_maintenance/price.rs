//! Storage prices: the monthly cost of a cache.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The AWS service that stores the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum StorageService {
    /// Images in ECR.
    #[serde(rename = "AmazonECR")]
    Ecr,
    /// Files in the Standard class of a regional EFS file system.
    #[serde(rename = "AmazonEFS")]
    EfsStandard,
}

impl StorageService {
    /// Returns the service's code in AWS's price lists.
    fn code(self) -> &'static str {
        match self {
            Self::Ecr => "AmazonECR",
            Self::EfsStandard => "AmazonEFS",
        }
    }
}

/// A storage price with its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    /// US dollars per GB and month.
    pub usd_per_gb_month: f64,
    /// The date of the source, `YYYY-MM-DD`.
    pub as_of: String,
    /// The web page or price list that has it.
    pub source: String,
}

/// A monthly cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The region.
    pub region: Option<String>,
    /// US dollars per month; `None` if the price is unknown.
    pub usd_per_month: Option<f64>,
    /// The price that it is computed from.
    pub price: Option<Price>,
}

/// Prices by region.
#[derive(Clone, Debug, Default)]
pub struct PriceTable {
    listed: BTreeMap<(StorageService, String), Price>,
}

/// Why an AWS price list (from the Price List Bulk API) could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The text is not a price list.
    #[error("not an AWS price list")]
    Text(#[from] serde_json::Error),
    /// The price list has no storage price that is used here.
    #[error("the price list has no storage price for ECR or EFS Standard")]
    NoStoragePrice,
}

/// A built-in price.
#[derive(Clone, Copy, Debug)]
struct BuiltInPrice {
    stored: StorageService,
    regions: &'static [&'static str],
    usd_per_gb_month: f64,
    source: &'static str,
}

/// The date on which the built-in prices were looked up.
const LOOKED_UP: &str = "2026-11-21";

/// Bytes per GB, as AWS meters storage.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>
const GB_BYTES: f64 = (1_u64 << 30) as f64;

/// The built-in prices: only those that were looked up. An AWS price list has the prices of all regions.
const BUILT_IN_PRICES: [BuiltInPrice; 2] = [
    BuiltInPrice {
        stored: StorageService::Ecr,
        regions: &["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1"],
        usd_per_gb_month: 0.10,
        source: "https://aws.amazon.com/ecr/pricing/",
    },
    BuiltInPrice {
        stored: StorageService::EfsStandard,
        regions: &["us-east-1", "us-west-2"],
        usd_per_gb_month: 0.30,
        source: "https://aws.amazon.com/efs/pricing/",
    },
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PriceListJson {
    publication_date: String,
    offer_code: String,
    products: BTreeMap<String, Product>,
    terms: Terms,
}

#[derive(Deserialize)]
struct Product {
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    #[serde(default)]
    region_code: String,
    #[serde(default)]
    usagetype: String,
    #[serde(default)]
    storage_class: String,
}

#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand")]
    on_demand: BTreeMap<String, BTreeMap<String, Term>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    unit: String,
    #[serde(default)]
    begin_range: String,
    price_per_unit: BTreeMap<String, String>,
}

impl PriceTable {
    /// Returns the built-in prices.
    pub fn built_in() -> Self {
        let mut table = Self::default();
        for BuiltInPrice { stored, regions, usd_per_gb_month, source } in BUILT_IN_PRICES {
            for region in regions {
                let price = Price { usd_per_gb_month, as_of: LOOKED_UP.to_owned(), source: source.to_owned() };
                table.listed.insert((stored, (*region).to_owned()), price);
            }
        }
        table
    }

    /// Adds the prices of an AWS price list, which replace known prices of the same service and region.
    ///
    /// Source: <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api-fetching-price-list-files-manually.html>
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a price list, or has no storage price.
    pub fn add_list(&mut self, text: &[u8], source: &str) -> Result<(), PriceError> {
        let list: PriceListJson = serde_json::from_slice(text)?;
        let as_of: String = list.publication_date.chars().take(10).collect();
        let before = self.listed.len();
        let mut found = 0;
        for (sku, Product { attributes }) in &list.products {
            // The usage type has a short region name as a prefix, except in us-east-1: `EU-TimedStorage-ByteHrs`.
            let is_storage = attributes.usagetype == "TimedStorage-ByteHrs" || attributes.usagetype.ends_with("-TimedStorage-ByteHrs");
            let stored = match list.offer_code.as_str() {
                code if code == StorageService::Ecr.code() => StorageService::Ecr,
                code if code == StorageService::EfsStandard.code() && attributes.storage_class == "General Purpose" => {
                    StorageService::EfsStandard
                }
                _ => continue,
            };
            let prices =
                list.terms.on_demand.get(sku).into_iter().flat_map(BTreeMap::values).flat_map(|term| term.price_dimensions.values());
            // Only the first price tier: a cache is too small for the second.
            let first = prices.filter(|price| price.unit == "GB-Mo" && matches!(price.begin_range.as_str(), "" | "0"));
            let usd = first.filter_map(|price| price.price_per_unit.get("USD")?.parse::<f64>().ok()).find(|usd| *usd > 0.0);
            if let (true, Some(usd_per_gb_month), false) = (is_storage, usd, attributes.region_code.is_empty()) {
                found += 1;
                let price = Price { usd_per_gb_month, as_of: as_of.clone(), source: source.to_owned() };
                self.listed.insert((stored, attributes.region_code.clone()), price);
            }
        }
        if found == 0 && self.listed.len() == before { Err(PriceError::NoStoragePrice) } else { Ok(()) }
    }

    /// Returns the monthly cost of storing `bytes`.
    pub fn cost(&self, stored: StorageService, region: Option<&str>, bytes: u64) -> Cost {
        let price = region.and_then(|region| self.listed.get(&(stored, region.to_owned()))).cloned();
        #[expect(clippy::cast_precision_loss, reason = "a bill has fewer digits")]
        let gb = bytes as f64 / GB_BYTES;
        Cost { region: region.map(ToOwned::to_owned), usd_per_month: price.as_ref().map(|price| gb * price.usd_per_gb_month), price }
    }
}

#[cfg(test)]
mod tests {
    use super::{PriceError, PriceTable, StorageService};

    /// A price list reduced to two products.
    const LIST: &str = r#"{
      "formatVersion": "v1.0", "offerCode": "AmazonEFS", "publicationDate": "2026-10-02T17:07:35Z",
      "products": {
        "A": {"sku": "A", "attributes": {"regionCode": "eu-central-1", "usagetype": "EUC1-TimedStorage-ByteHrs", "storageClass": "General Purpose"}},
        "B": {"sku": "B", "attributes": {"regionCode": "eu-central-1", "usagetype": "EUC1-IATimedStorage-ByteHrs", "storageClass": "Infrequent Access"}}
      },
      "terms": {"OnDemand": {
        "A": {"A.1": {"priceDimensions": {"A.1.1": {"unit": "GB-Mo", "beginRange": "0", "pricePerUnit": {"USD": "0.3600000000"}}}}},
        "B": {"B.1": {"priceDimensions": {"B.1.1": {"unit": "GB-Mo", "beginRange": "0", "pricePerUnit": {"USD": "0.0300000000"}}}}}
      }}
    }"#;

    #[test]
    fn a_region_without_a_built_in_price_gets_it_from_a_price_list() {
        let mut prices = PriceTable::built_in();
        let gb = 1 << 30;
        assert_eq!(prices.cost(StorageService::EfsStandard, Some("us-east-1"), 10 * gb).usd_per_month, Some(3.0));
        assert_eq!(prices.cost(StorageService::EfsStandard, Some("eu-central-1"), gb).usd_per_month, None);
        assert_eq!(prices.cost(StorageService::Ecr, None, gb).usd_per_month, None);
        assert!(prices.add_list(LIST.as_bytes(), "prices.json").is_ok());
        let cost = prices.cost(StorageService::EfsStandard, Some("eu-central-1"), gb);
        assert_eq!(cost.usd_per_month, Some(0.36));
        assert_eq!(cost.price.map(|price| price.as_of).as_deref(), Some("2026-10-02"));
        assert!(matches!(prices.add_list(br#"{"a":1}"#, "x"), Err(PriceError::Text(_))));
        let other = LIST.replace("AmazonEFS", "AmazonS3");
        assert!(matches!(prices.add_list(other.as_bytes(), "x"), Err(PriceError::NoStoragePrice)));
    }
}
