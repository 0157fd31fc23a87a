//! Connector for Starweb web shops, Shop API v2.
//!
//! | stream | what it holds | read | written |
//! |---|---|---|---|
//! | `customers` | companies and private buyers | all, changed since, by id | create, change, delete |
//! | `customer_contact` | the person in a company's address (a slot of `customers`) | with its host | no |
//! | `products` | items: one for each variant of a product | all, changed since, by id, by number | create, change, hide, delete |
//! | `prices`, `prices_<list>` | the price in the shop's own list, and in others (facets of `products`) | with its host | with its host |
//! | `prices_from_<n>` and with a list | the price from a quantity (a facet of `products`) | no | with its host |
//! | `stock` | stock at the location that the shop sells from (a facet of `products`) | with its host | with its host |
//! | `stock_<location>` | stock elsewhere (a facet of `products`) | no | with its host |
//! | `orders` | orders with rows, addresses, totals, payment, status | all, changed since, by id | status, tracking, mark |
//! | `order_buyer` | the buyer on an order without customer (a snapshot in `orders`) | with its host | no |
//!
//! The `README.md` beside this crate tells what is mapped how, and what was decided where the vendor's documentation is
//! silent.
//!
//! ```no_run
//! use std::sync::Arc;
//! use connector_starweb::{Config, Environment, connect};
//! use sync_core::{Context, connector::Connector};
//! use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};
//!
//! # async fn example() -> sync_core::Result<()> {
//! let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
//! let environment = Environment::new(Transport::new()?, limits, Arc::new(MemoryTokens::new()));
//! let address = "https://example.starwebserver.se/api/v2".parse().expect("an address");
//! let config = Config::new(address, "partner.integration", "the secret");
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let shop = connect(&cx, "se", config, environment, None).await?;
//! println!("{}", shop.router.check(&cx).await?.name);
//! # Ok(())
//! # }
//! ```

mod client;
mod codes;
mod config;
mod goods;
mod hints;
mod pricelists;
mod streams;
mod wire;

use chrono::TimeDelta;
use sync_core::{
    Context, ExternalRef, Result, SystemId,
    connector::{ConnectorInfo, Tenant},
    handler::{Router, Session},
    store::Snapshot,
};

pub use codes::{Carrier, Lists, Method, ShopFacts, Status, VatRates};
pub use config::{AddressSource, Config};
pub use goods::{Goods, Location, Manufacturer, StockStatus, Unit};
pub use pricelists::PriceList;
pub use sync_http::Environment;

use client::Shop;
use streams::{customers::Customers, orders::Orders, products::Products};

/// What [`connect`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The connector.
    pub router: Router,
    /// The shop's lists.
    pub lists: Lists,
    /// What the store is to keep: [`Lists`] as JSON, good for a day. The one that was handed in, if it is still good.
    pub snapshot: Snapshot,
}

/// Hours that a snapshot is good for.
const GOOD_FOR_H: i64 = 24;

/// Makes the connection that the configuration calls `connection`.
///
/// With a `snapshot` that is less than a day old no call is made; otherwise the shop's lists are read, in eleven calls.
///
/// # Errors
/// [`ErrorKind::Config`](sync_core::ErrorKind::Config) for settings that cannot work and for a host without a shop,
/// [`ErrorKind::Auth`](sync_core::ErrorKind::Auth) for wrong credentials, else as the vendor answers.
pub async fn connect(
    cx: &Context,
    connection: &str,
    config: Config,
    environment: Environment,
    snapshot: Option<Snapshot>,
) -> Result<Connection> {
    config.check()?;
    let system = SystemId::new(format!("starweb:{connection}"));
    let shop = Shop::new(connection, &config, &environment)?;
    let (lists, snapshot) = match snapshot.and_then(|kept| good(cx, &shop, kept)) {
        Some(good) => good,
        None => {
            let lists = Box::pin(Lists::read(cx, &shop)).await?;
            // plain fields with text keys: this cannot fail
            let content = serde_json::to_value(&lists).unwrap_or_default();
            (lists, Snapshot { at: cx.clock.now(), content })
        }
    };
    let tells = Tells {
        info: ConnectorInfo::new("starweb", system.clone(), "v2"),
        shop: shop.clone(),
        shop_id_code: lists.shop.id_code.clone(),
    };
    let router = Router::new(tells)
        .with(Customers::new(shop.clone(), &system, &config, &lists))?
        .with(Products::new(shop.clone(), &system, &config, lists.clone())?)?
        .with(Orders::new(shop, &system, &config, lists.clone()))?;
    Ok(Connection { router, lists, snapshot })
}

/// The lists of a snapshot that is this shop's and not too old; one that another version wrote in another form is none.
fn good(cx: &Context, shop: &Shop, kept: Snapshot) -> Option<(Lists, Snapshot)> {
    let age = cx.clock.now() - kept.at;
    let fresh = age >= TimeDelta::zero() && age < TimeDelta::hours(GOOD_FOR_H);
    let lists: Lists = serde_json::from_value(kept.content.clone()).ok().filter(|_| fresh)?;
    // one that does not say where it was read is of a release before; it is good for its day
    if !lists.base_url.is_empty() && lists.base_url != shop.base_url() {
        return None;
    }
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
