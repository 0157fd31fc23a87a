//! The sample data, compiled in: 0.7 MB of text, a fraction of the program.

use serde_json::{Map, Value};

use super::second;
use crate::fail::Failure;

macro_rules! files {
    ($system:literal: $($collection:literal)*) => {
        &[$(($collection, include_str!(concat!("../../../../examples/sample-data/", $system, "/", $collection, ".json")))),*]
    };
}

type Files = &'static [(&'static str, &'static str)];

const STARWEB: Files = files!("starweb": "currencies" "customers" "order-statuses" "orders" "payment-methods" "pricelists"
    "product-units" "products" "shipping-methods" "shop" "vat-rates");
const EEKONOMI: Files = files!("eekonomi": "articleaccountcodings" "articles" "companies" "customers" "deliverymethods"
    "termsofpayments" "units");
const WEBCRM: Files = files!("webcrm": "deliveries" "fields-metadata" "linked-data" "organisations" "persons"
    "quotation-lines");
const VISMA_NET: Files = files!("visma-net": "contacts" "customers" "items" "orders");
const ABOUT: &str = include_str!("../../../../examples/sample-data/about.json");

/// What the demo puts on top of each preset.
pub(super) const OWN: &str = include_str!("../../../../examples/sample-data/demo.toml");

/// What of it is in the systems when a flow begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// Both sell the same goods.
    Both,
    /// The ERP has no articles yet.
    ShopAlone,
    /// The shop has no products yet.
    ErpAlone,
    /// A second shop, in another currency, has orders and no products yet.
    TwoShops,
}

/// So many goods are what a shop starts with where goods are made or a second shop is opened.
const GOODS: usize = 200;

impl Sample {
    /// All collections of the shop, as its emulator takes them.
    pub(super) fn starweb(self) -> Result<Value, Failure> {
        let mut all = collections(STARWEB)?;
        match self {
            Self::Both => {}
            Self::ErpAlone => drop(all.remove("products")),
            Self::ShopAlone | Self::TwoShops => few(&mut all),
        }
        Ok(Value::Object(all))
    }
    /// All collections of the ERP, as its emulator takes them.
    pub(super) fn eekonomi(self) -> Result<Value, Failure> {
        let mut all = collections(EEKONOMI)?;
        match self {
            Self::Both => {}
            Self::ShopAlone => drop(all.remove("articles")),
            Self::ErpAlone | Self::TwoShops => {
                let mut shop = collections(STARWEB)?;
                few(&mut shop);
                second::for_sale(&shop, &mut all);
                if self == Self::TwoShops {
                    second::price_list(&shop, &mut all);
                }
            }
        }
        Ok(Value::Object(all))
    }
    /// The same of the second shop, where there is one.
    pub(super) fn second(self) -> Result<Option<Value>, Failure> {
        let there = self == Self::TwoShops;
        there.then(|| collections(STARWEB).map(second::shop).map(Value::Object)).transpose()
    }
}

/// All collections of the CRM, as its emulator takes them.
pub(super) fn webcrm() -> Result<Value, Failure> {
    collections(WEBCRM).map(Value::Object)
}

/// All collections of the CRM's ERP, as its emulator takes them.
pub(super) fn visma_net() -> Result<Value, Failure> {
    collections(VISMA_NET).map(Value::Object)
}

/// Leaves the shop its first goods.
fn few(all: &mut Map<String, Value>) {
    if let Some(Value::Array(products)) = all.get_mut("products") {
        products.truncate(GOODS);
    }
}

fn collections(files: Files) -> Result<Map<String, Value>, Failure> {
    files.iter().map(|(name, text)| Ok(((*name).to_owned(), json(text)?))).collect()
}

fn json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::stopped(format!("the sample data cannot be read: {error}")))
}

/// What is in the sample data, and what is to become of it.
#[derive(Debug)]
pub(super) struct About(Value);

impl About {
    pub(super) fn read() -> Result<Self, Failure> {
        json(ABOUT).map(Self)
    }
    /// What it was generated from.
    pub(super) fn seed(&self) -> u64 {
        self.0.get("seed").and_then(Value::as_u64).unwrap_or_default()
    }
    /// Numbers of the orders of which this is to become: `must_arrive`, `held_unknown_sku` …
    pub(super) fn fate(&self, fate: &str) -> Vec<u64> {
        self.numbers("fates", fate)
    }
    /// Orders that must be in the ERP in the end.
    pub(super) fn must_arrive(&self, become_invoices: bool) -> Vec<u64> {
        let held = self.must_wait(become_invoices);
        self.fate("must_arrive").into_iter().filter(|number| !held.iter().any(|(waits, _)| waits == number)).collect()
    }
    /// Orders that must wait for a person, each with why. An invoice has the currency and the address of its customer in
    /// the ERP, so orders of a buyer who has another one there wait if they are to become invoices.
    pub(super) fn must_wait(&self, become_invoices: bool) -> Vec<(u64, &str)> {
        const AS_INVOICE: [&str; 2] = ["same_buyer_in_sek", "guest_moved"];
        let of = |part: &'static str, name| {
            self.numbers(part, name).into_iter().map(move |number| (number, name)).collect::<Vec<_>>()
        };
        let fates = self.0.get("fates").and_then(Value::as_object).into_iter().flatten();
        let fates = fates.map(|(fate, _)| fate.as_str()).filter(|fate| fate.starts_with("held_"));
        let others = AS_INVOICE.into_iter().filter(|_| become_invoices);
        fates.flat_map(|fate| of("fates", fate)).chain(others.flat_map(|name| of("arriving", name))).collect()
    }
    /// Orders that are to arrive and have nothing special about them.
    pub(super) fn plain_orders(&self) -> Vec<u64> {
        const COMMON: [&str; 3] = ["freight", "guest", "only_12_or_6"];
        let special = self.0.get("arriving").and_then(Value::as_object).into_iter().flatten();
        let special = special.filter(|(property, _)| !COMMON.contains(&property.as_str()));
        let special: Vec<u64> = special
            .flat_map(|(_, numbers)| numbers.as_array().into_iter().flatten().filter_map(Value::as_u64))
            .collect();
        self.fate("must_arrive").into_iter().filter(|number| !special.contains(number)).collect()
    }

    /// Orders of the shop that are to arrive and are in another country's currency: the second shop has them too.
    pub(super) fn of_second(&self) -> Vec<u64> {
        self.numbers("arriving", "norway")
    }

    /// Of the CRM and its ERP: numbers of a part (`companies`, `deliveries`) of which this is said.
    pub(super) fn of_pair(&self, part: &str, name: &str) -> Vec<u64> {
        let found = self.pair(part, name);
        found.iter().filter_map(Value::as_u64).collect()
    }
    /// The ERP's orders of which this is said.
    pub(super) fn orders_of_pair(&self, name: &str) -> Vec<&str> {
        self.pair("orders", name).iter().filter_map(Value::as_str).collect()
    }
    fn pair(&self, part: &str, name: &str) -> &[Value] {
        let found = self.0.get("pair").and_then(|pair| pair.get(part)).and_then(|part| part.get(name));
        found.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn numbers(&self, part: &str, name: &str) -> Vec<u64> {
        let found = self.0.get(part).and_then(|part| part.get(name)).and_then(Value::as_array);
        found.into_iter().flatten().filter_map(Value::as_u64).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sample-data");
        for (system, files) in
            [("starweb", STARWEB), ("eekonomi", EEKONOMI), ("webcrm", WEBCRM), ("visma-net", VISMA_NET)]
        {
            let there: BTreeSet<String> = fs::read_dir(folder.join(system))
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            let named: BTreeSet<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(named, there, "{system}");
        }
        for sample in [Sample::Both, Sample::ShopAlone, Sample::ErpAlone, Sample::TwoShops] {
            let (shop, erp) = (sample.starweb().unwrap(), sample.eekonomi().unwrap());
            assert_eq!(shop.get("products").is_some(), sample != Sample::ErpAlone);
            assert_eq!(erp.get("articles").is_some(), sample != Sample::ShopAlone);
            assert_eq!(sample.second().unwrap().is_some(), sample == Sample::TwoShops);
        }
    }

    #[test]
    fn fates_and_plain_orders_are_found() {
        let about = About::read().unwrap();
        assert_ne!(about.seed(), 0);
        assert_eq!(about.fate("must_arrive").len(), 57);
        assert_eq!((about.must_arrive(false).len(), about.must_wait(false).len()), (57, 3));
        assert_eq!((about.must_arrive(true).len(), about.must_wait(true).len()), (55, 5));
        let plain = about.plain_orders();
        assert!(plain.len() >= 4, "{plain:?}");
        assert!(!plain.iter().any(|number| about.numbers("arriving", "fee").contains(number)));
    }
}
