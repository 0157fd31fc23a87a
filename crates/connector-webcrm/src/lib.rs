//! Connector for webCRM, REST API v1.
//!
//! | stream | what it holds | read | written |
//! |---|---|---|---|
//! | `organisations` | organisations | all, changed since, by id, by name, VAT number and own fields | create, change |
//! | `persons` | persons | all, changed since, by id, by e-mail and own fields | create, change |
//! | `items` | the catalogue that quotation lines are made of | all, by id, by number | create, change |
//! | `item_prices` | its prices (a facet of `items`) | with its host | with its host |
//! | `deliveries` | orders with their quotation lines | all, changed since (lines too), by id, by number and mark | create, change |
//! | `opportunities` | quotes with their quotation lines | all, changed since (lines too), by id, by number | handshake, texts, own fields; a delivery is made of it; with `make_opportunities` create and lines too |
//!
//! The `README.md` beside this crate tells what is mapped how, and what was decided where the vendor's documentation is
//! silent.
//!
//! ```no_run
//! use std::sync::Arc;
//! use connector_webcrm::{Config, Environment, LinePrice, connect};
//! use sync_core::{Context, connector::Connector};
//! use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};
//!
//! # async fn example() -> sync_core::Result<()> {
//! let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
//! let environment = Environment::new(Transport::new()?, limits, Arc::new(MemoryTokens::new()));
//! let address = "https://api.webcrm.com".parse().expect("an address");
//! let config = Config::new(address, "the application token", LinePrice::Unit);
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let crm = connect(&cx, "crm", config, environment, None).await?;
//! println!("{}", crm.router.check(&cx).await?.name);
//! # Ok(())
//! # }
//! ```

mod client;
mod codes;
mod config;
mod fields;
mod streams;
mod wire;

use std::sync::Arc;

use chrono::TimeDelta;
use sync_core::{
    Context, Result, SystemId,
    connector::{ConnectorInfo, Tenant},
    handler::{Router, Session},
    store::Snapshot,
};

pub use codes::{Choice, FieldInfo, Lists, Pages};
pub use config::{Columns, Config, LinePrice, Numbers, Updates};
pub use sync_http::Environment;

use client::Api;
use streams::{
    documents::Documents,
    items::Items,
    kind::{DELIVERY, OPPORTUNITY},
    organisations::Organisations,
    persons::Persons,
};

/// What [`connect`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The connector.
    pub router: Router,
    /// The system's fields and lists.
    pub lists: Arc<Lists>,
    /// What the store is to keep: [`Lists`] as JSON, good for a day. The one that was handed in, if it is still good.
    pub snapshot: Snapshot,
}

/// Hours that a snapshot is good for.
const GOOD_FOR_H: i64 = 24;

/// Makes the connection that the configuration calls `connection`.
///
/// With a `snapshot` that is less than a day old no call is made; otherwise the system's fields and lists are read, in seven
/// calls beside the signing in.
///
/// # Errors
/// [`ErrorKind::Config`](sync_core::ErrorKind::Config) for settings that cannot work and for a host without webCRM,
/// [`ErrorKind::Auth`](sync_core::ErrorKind::Auth) for a wrong token, else as the vendor answers.
pub async fn connect(
    cx: &Context,
    connection: &str,
    config: Config,
    environment: Environment,
    snapshot: Option<Snapshot>,
) -> Result<Connection> {
    config.check()?;
    let system = SystemId::new(format!("webcrm:{connection}"));
    let api = Api::new(connection, &config, &environment)?;
    let (lists, snapshot) = match snapshot.and_then(|kept| good(cx, &api, kept)) {
        Some(good) => good,
        None => {
            let lists = Box::pin(Lists::read(cx, &api)).await?;
            // plain fields with text keys: this cannot fail
            let content = serde_json::to_value(&lists).unwrap_or_default();
            (lists, Snapshot { at: cx.clock.now(), content })
        }
    };
    let lists = Arc::new(lists);
    let tells = Tells { info: ConnectorInfo::new("webcrm", system.clone(), "v1"), api: api.clone() };
    let mut router = Router::new(tells);
    let sees = |entity: &str| !lists.denied.contains(entity);
    if sees("Organisation") {
        router = router.with(Organisations::new(api.clone(), &config, lists.clone()))?;
    }
    if sees("Person") {
        router = router.with(Persons::new(api.clone(), &system, &config, lists.clone()))?;
    }
    for kind in [&DELIVERY, &OPPORTUNITY].into_iter().filter(|kind| sees(kind.entity())) {
        kind.check(&config, &lists)?;
        router = router.with(Documents::new(kind, api.clone(), &system, &config, lists.clone()))?;
    }
    if let Some(columns) = config.columns {
        router = router.with(Items::new(api, &system, &config, columns))?;
    }
    Ok(Connection { router, lists, snapshot })
}

/// The lists of a snapshot that is this system's and not too old; one that another version wrote in another form is none.
fn good(cx: &Context, api: &Api, kept: Snapshot) -> Option<(Lists, Snapshot)> {
    let age = cx.clock.now() - kept.at;
    let fresh = age >= TimeDelta::zero() && age < TimeDelta::hours(GOOD_FOR_H);
    let lists: Lists = serde_json::from_value(kept.content.clone()).ok().filter(|_| fresh)?;
    (lists.place == api.place()).then_some((lists, kept))
}

/// Which system it is. Its webhooks are not signed, and what they carry is not documented: none is taken.
#[derive(Debug)]
struct Tells {
    info: ConnectorInfo,
    api: Api,
}

impl Session for Tells {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.api.tenant(cx).await
    }
}
