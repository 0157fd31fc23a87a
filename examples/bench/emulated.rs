//! The process in which both systems are emulated.

use std::{fs::File, io::BufWriter, path::PathBuf, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use emulators::{
    Emulator, Options,
    eekonomi::Eekonomi,
    frame::{Fault, FaultKind, Refused, Time},
    starweb::{self, Starweb},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    Failure,
    calls::{self, Calls},
    child,
};

/// Setting of this role.
#[derive(Debug, Args)]
pub(crate) struct Setting {
    #[arg(long)]
    articles: u64,
}

/// What the parent orders.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Somebody signs in to the ERP: answers a token.
    SignIn,
    /// Each answer takes so long from now on.
    Delay { ms: u64 },
    /// So much later, by the clocks of both systems.
    Advance { s: u64 },
    /// The shop gets a product of its own, newer than all others.
    OwnProduct,
    /// Articles from this place on, one in so many, get another price: answers how many.
    Reprice { from: u64, step: u64 },
    /// The requests so far are forgotten.
    Forget,
    /// The requests so far, counted; written to the file as well, if one is named.
    Calls { file: Option<PathBuf> },
}

/// Where the systems are.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) shop: String,
    pub(crate) erp: String,
}

macro_rules! sample {
    ($system:literal: $($collection:literal)*) => {
        &[$(($collection, include_str!(concat!("../sample-data/", $system, "/", $collection, ".json")))),*]
    };
}

/// What both companies have beside what they sell.
const SHOP: &[(&str, &str)] = sample!("starweb": "currencies" "pricelists" "product-units" "shop" "vat-rates");
const ERP: &[(&str, &str)] =
    sample!("eekonomi": "articleaccountcodings" "companies" "deliverymethods" "termsofpayments" "units");
/// Goods at 25 % VAT, and pieces, among them.
const CODING: &str = "7b58e06c-5295-53a8-9935-7afe30f3aab2";
const UNIT: &str = "deaa377a-4985-598c-9c57-b9b018f1b7d4";

/// Serves both systems, and the parent's orders, until there are no more.
pub(crate) fn serve(setting: &Setting) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stage = runtime.block_on(Stage::set(setting.articles))?;
    child::tell(&Addresses { shop: stage.shop.base_url().to_owned(), erp: stage.erp.base_url().to_owned() })?;
    std::thread::scope(|scope| {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        // the systems answer here, while the main thread waits for orders
        scope.spawn(move || runtime.block_on(ended));
        let served = stage.orders();
        let _ = end.send(()); // nobody waits where the other thread has failed
        served
    })
}

struct Stage {
    shop: Emulator<Starweb>,
    erp: Emulator<Eekonomi>,
    articles: u64,
}

impl Stage {
    async fn set(articles: u64) -> Result<Self, Failure> {
        let options = Options { time: Time::Real, ..Options::default() };
        let shop = Emulator::start(Starweb::new(starweb::Settings::default()), options).await?;
        let erp = Emulator::start(Eekonomi::default(), options).await?;
        // both sides are to be measured, not the vendors' limits
        shop.switch("rate_limit_per_minute", 0)?;
        erp.switch("rate_limit", 1_000_000)?;
        shop.seed(sample(SHOP)?)?;
        erp.seed(sample(ERP)?)?;
        let first = DateTime::from_timestamp(1_735_718_400, 0).unwrap_or_default(); // 2025-01-01, a minute for each
        erp.seed(json!({ "articles": (0..articles).map(|place| article(place, first)).collect::<Vec<_>>() }))?;
        Ok(Self { shop, erp, articles })
    }

    fn orders(&self) -> Result<(), Failure> {
        while let Some(order) = child::order()? {
            match order {
                Order::SignIn => {
                    let tokens = self.erp.act(json!({ "action": "sign_in" }))?;
                    child::tell(&tokens.get("access_token"))?;
                }
                Order::Calls { file } => child::tell(&self.calls(file)?)?,
                other => child::tell(&self.change(&other)?)?,
            }
        }
        Ok(())
    }
    /// Gives how many records were changed.
    fn change(&self, order: &Order) -> Result<u64, Refused> {
        match order {
            Order::Delay { ms } => {
                let delay = || Fault::new(FaultKind::Delay { ms: *ms }).times(u32::MAX);
                self.shop.clear_faults();
                self.erp.clear_faults();
                if *ms > 0 {
                    self.shop.fault(delay());
                    self.erp.fault(delay());
                }
            }
            Order::Advance { s } => {
                self.shop.advance(Duration::from_secs(*s))?;
                self.erp.advance(Duration::from_secs(*s))?;
            }
            Order::OwnProduct => {
                let variant = json!({ "sku": "SHOP-1", "stockQuantity": 1 });
                let own = json!({ "action": "create_product", "name": "Presentkort", "visibility": "hidden",
                    "defaultVatRate": "25", "variant": variant });
                self.shop.act(own)?;
                return Ok(1);
            }
            Order::Reprice { from, step } => {
                let (mut changed, mut place) = (0, *from);
                while place < self.articles {
                    let net = format!("{}.50", 200 + place % 900);
                    let net: Value = serde_json::from_str(&net).unwrap_or_default();
                    self.erp.act(json!({ "action": "set_price", "number": number(place), "net": net }))?;
                    changed += 1;
                    place += step;
                }
                return Ok(changed);
            }
            Order::Forget => {
                self.shop.clear_requests();
                self.erp.clear_requests();
            }
            Order::SignIn | Order::Calls { .. } => {}
        }
        Ok(0)
    }
    fn calls(&self, file: Option<PathBuf>) -> Result<Calls, Failure> {
        let (shop, erp) = (self.shop.requests(), self.erp.requests());
        if let Some(path) = file {
            let made = calls::made(&self.shop.state());
            calls::write(&mut BufWriter::new(File::create(path)?), &shop, &erp, &made)?;
        }
        Ok(Calls::of(&[("se", &shop), ("erp", &erp)]))
    }
}

fn sample(files: &[(&str, &str)]) -> Result<Value, Failure> {
    let read = files.iter().map(|(name, text)| Ok(((*name).to_owned(), serde_json::from_str(text)?)));
    Ok(Value::Object(read.collect::<Result<Map<_, _>, serde_json::Error>>()?))
}

fn number(place: u64) -> String {
    format!("ART-{place:06}")
}

/// Made-up goods for the web shop: no two have the same stamp.
fn article(place: u64, first: DateTime<Utc>) -> Value {
    const WORDS: [&str; 8] = ["Skruv", "Mutter", "Bricka", "Gångjärn", "Handtag", "Krok", "Lampa", "Hylla"];
    let word = usize::try_from(place % 8).ok().and_then(|word| WORDS.get(word)).copied().unwrap_or_default();
    let changed = first + TimeDelta::minutes(i64::try_from(place).unwrap_or_default());
    let net = 10 + place % 900;
    json!({
        "Id": Uuid::new_v5(&Uuid::NAMESPACE_OID, number(place).as_bytes()), "Number": number(place),
        "Name": format!("{word} {} mm, förzinkad", place % 120), "CodingId": CODING, "UnitId": UNIT,
        "Barcodes": [{ "Barcode": format!("20{place:010}8"), "BarcodeType": 0 }],
        "NetPrice": net * 4, "GrossPrice": net * 5, "PurchasePrice": net * 2, "StockBalance": 1 + place % 1000,
        "SendToWebshop": true, "IsActive": true, "CreatedUtc": first, "ChangedUtc": changed,
    })
}
