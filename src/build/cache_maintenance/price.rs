//! What keeping a cache costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is stored.
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

/// What a GB costs for a month, and who says so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    /// US dollars for a GB and month.
    pub usd_per_gb_month: f64,
    /// The day from which it is known, `YYYY-MM-DD`.
    pub as_of: String,
    /// Where it stands.
    pub source: String,
}

/// What something costs a month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The region.
    pub region: Option<String>,
    /// US dollars a month, `None` where no price is known.
    pub usd_per_month: Option<f64>,
    /// The price.
    pub price: Option<Price>,
}

/// Prices by region.
#[derive(Clone, Debug, Default)]
pub struct PriceTable {
    listed: BTreeMap<(StorageService, String), Price>,
}

/// A price list of AWS, as its bulk API gives it, was not understood.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// It is no price list.
    #[error("this is no price list of AWS")]
    Text(#[from] serde_json::Error),
    /// It has no price of what is stored here.
    #[error("this price list has no storage of ECR, and none of EFS Standard")]
    Nothing,
}

/// A price that is built in.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInPrice {
    stored: StorageService,
    regions: &'static [&'static str],
    usd_per_gb_month: f64,
    source: &'static str,
}

/// The day on which the prices that are built in were looked up.
const LOOKED_UP: &str = "2026-11-21";

/// Bytes of a GB, as AWS counts storage.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>
const GB_BYTES: f64 = (1_u64 << 30) as f64;

/// Prices that are built in: those that could be looked up, and no others. A price list of AWS has all of them.
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
struct Listed {
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
    /// Returns the prices that are built in.
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

    /// Takes prices from a price list of AWS, in place of those that are known.
    ///
    /// Source: <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api-fetching-price-list-files-manually.html>
    ///
    /// # Errors
    ///
    /// Returns that it is none, or has nothing of use.
    pub fn add_list(&mut self, text: &[u8], source: &str) -> Result<(), PriceError> {
        let list: Listed = serde_json::from_slice(text)?;
        let as_of: String = list.publication_date.chars().take(10).collect();
        let before = self.listed.len();
        let mut found = 0;
        for (sku, Product { attributes }) in &list.products {
            // The usage type has the region's short name before it, except in us-east-1: `EU-TimedStorage-ByteHrs`.
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
            // The first tier: a cache does not come to the second.
            let first = prices.filter(|price| price.unit == "GB-Mo" && matches!(price.begin_range.as_str(), "" | "0"));
            let usd = first.filter_map(|price| price.price_per_unit.get("USD")?.parse::<f64>().ok()).find(|usd| *usd > 0.0);
            if let (true, Some(usd_per_gb_month), false) = (is_storage, usd, attributes.region_code.is_empty()) {
                found += 1;
                let price = Price { usd_per_gb_month, as_of: as_of.clone(), source: source.to_owned() };
                self.listed.insert((stored, attributes.region_code.clone()), price);
            }
        }
        if found == 0 && self.listed.len() == before { Err(PriceError::Nothing) } else { Ok(()) }
    }

    /// Returns what so many bytes cost a month.
    pub fn cost(&self, stored: StorageService, region: Option<&str>, bytes: u64) -> Cost {
        let price = region.and_then(|region| self.listed.get(&(stored, region.to_owned()))).cloned();
        #[expect(clippy::cast_precision_loss, reason = "a bill has no more digits than that")]
        let gb = bytes as f64 / GB_BYTES;
        Cost { region: region.map(ToOwned::to_owned), usd_per_month: price.as_ref().map(|price| gb * price.usd_per_gb_month), price }
    }
}

#[cfg(test)]
mod tests {
    use super::{PriceError, PriceTable, StorageService};

    /// A price list, cut down to one product and its neighbours.
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
    fn an_unknown_region_has_no_price_until_a_list_has_it() {
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
        assert!(matches!(prices.add_list(other.as_bytes(), "x"), Err(PriceError::Nothing)));
    }
}
