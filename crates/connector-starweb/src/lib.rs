//! Connector for Starweb web shops, Shop API v2.
//!
//! | stream | what it holds | read | written |
//! |---|---|---|---|
//! | `customers` | companies and private buyers | all, changed since, by id | no |
//! | `customer_contact` | the person in a company's address (a slot of `customers`) | with its host | no |
//! | `orders` | orders with rows, addresses, totals, payment, status | all, changed since, by id | status, tracking, mark |
//! | `order_buyer` | the buyer on an order without customer (a snapshot in `orders`) | with its host | no |
//!
//! The `README.md` beside this crate tells what is mapped how, and what was decided where the vendor's documentation is
//! silent.
//!
//! ```no_run
//! use std::sync::Arc;
//! use connector_starweb::{Config, Shared, connect};
//! use sync_core::{Context, connector::Connector};
//! use sync_http::{Limits, SystemClock, TokioTimer, Transport};
//!
//! # async fn example() -> sync_core::Result<()> {
//! let timer = Arc::new(TokioTimer::new());
//! let shared = Shared { transport: Transport::new()?, limits: Arc::new(Limits::new(timer.clone())), timer };
//! let address = "https://example.starwebserver.se/api/v2".parse().expect("an address");
//! let config = Config::new(address, "partner.integration", "the secret");
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let shop = connect(&cx, "starweb:se".into(), &config, &shared, None).await?;
//! println!("{}", shop.router.check(&cx).await?.name);
//! # Ok(())
//! # }
//! ```

mod client;
mod codes;
mod config;
mod hints;
mod streams;
mod wire;

use chrono::TimeDelta;
use sync_core::{
    Context, ExternalRef, Result, SystemId,
    connector::{ConnectorInfo, Tenant},
    handler::{Router, Session},
    store::Snapshot,
};

pub use client::Shared;
pub use codes::{Carrier, Lists, Method, ShopFacts, Status, VatRates};
pub use config::{AddressSource, Config};

use client::Shop;
use streams::{customers::Customers, orders::Orders};

/// A connection that stands.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connected {
    /// The connector.
    pub router: Router,
    /// What the shop told of its lists ([`Lists`] as JSON), to be handed in at the next connection. The one that was
    /// handed in, if it is not a day old.
    pub snapshot: Snapshot,
}

/// Hours that a snapshot is good for.
const GOOD_FOR_H: i64 = 24;

/// Connects to a shop. `system` is its id, `starweb:<connection>`; `kept` what an earlier connection gave as snapshot.
///
/// With a snapshot that is good nothing is sent; otherwise the shop's lists are read, in six calls.
///
/// # Errors
/// `Config` for settings that cannot work and for a host without a shop, `Auth` for wrong credentials, else as the
/// vendor answers.
pub async fn connect(
    cx: &Context,
    system: SystemId,
    config: &Config,
    shared: &Shared,
    kept: Option<Snapshot>,
) -> Result<Connected> {
    config.check()?;
    let shop = Shop::new(config, shared)?;
    let (lists, snapshot) = match kept.and_then(|kept| good(cx, kept)) {
        Some(good) => good,
        None => {
            let lists = Lists::read(cx, &shop).await?;
            // plain fields with text keys: this cannot fail
            let content = serde_json::to_value(&lists).unwrap_or_default();
            (lists, Snapshot { at: cx.clock.now(), content })
        }
    };
    let session = Tells {
        info: ConnectorInfo::new("starweb", system.clone(), "v2"),
        shop: shop.clone(),
        shop_id_code: lists.shop.id_code.clone(),
    };
    let router = Router::new(session)
        .with(Customers::new(shop.clone(), &system))?
        .with(Orders::new(shop, &system, config, lists))?;
    Ok(Connected { router, snapshot })
}

/// The lists of a snapshot that is not too old; one that another version wrote in another form is none.
fn good(cx: &Context, kept: Snapshot) -> Option<(Lists, Snapshot)> {
    let age = cx.clock.now() - kept.at;
    let fresh = age >= TimeDelta::zero() && age < TimeDelta::hours(GOOD_FOR_H);
    let lists = serde_json::from_value(kept.content.clone()).ok().filter(|_| fresh)?;
    Some((lists, kept))
}

/// Who the shop is.
#[derive(Debug)]
struct Tells {
    info: ConnectorInfo,
    shop: Shop,
    shop_id_code: String,
}

impl Session for Tells {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        let shop = codes::read_shop(cx, &self.shop).await?;
        Ok(Tenant { id: shop.id_code, name: shop.name, base_currency: shop.base_currency })
    }
    /// Calls are not signed: form and shop are all that can be checked, and nothing but ids is taken.
    fn hints(&self, _headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        hints::hints(&self.info.system, &self.shop_id_code, body)
    }
}
