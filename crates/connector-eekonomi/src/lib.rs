//! Connector for Visma eEkonomi, since 2025 Spiris Bokföring & Fakturering: eAccounting API v2.
//!
//! One connection is one company: a login opens the company that the person chose, no call names it, and [`connect`]
//! refuses a login to another one than configured.
//!
//! ```no_run
//! # async fn example(tokens: std::sync::Arc<dyn sync_http::TokenStore>) -> sync_core::Result<()> {
//! use std::sync::Arc;
//! use connector_eekonomi::{Config, Environment, connect};
//! use sync_core::{Context, connector::{Connector, ListQuery}};
//! use sync_http::{Limits, SystemClock, TokioTimer, Transport};
//!
//! // once per process
//! let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
//! let environment = Environment::new(Transport::new()?, limits, tokens);
//!
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let config = Config::new("client-id", "client-secret".into(), "556677-8899");
//! let connection = connect(&cx, "erp", config, environment, None).await?;
//! println!("{}", connection.company.name);
//! let page = connection.router.list(&cx, &ListQuery::all("customers")).await?;
//! println!("{} customers", page.items.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Streams
//!
//! | stream | kind | can |
//! |---|---|---|
//! | `customers`, facet `customer_contact` | organisation, person | list, changes, find, create, replace, delete |
//! | `articles`, facets `article_price`, `article_stock` | item, price, stock level | list, changes, find, create, replace, archive |
//! | `salespricelistprices` | price | list, changes, create, change; a thousand a call |
//! | `orders` | order | list, changes, create, replace, delete; acts `open`, `deliver`, `take_back`, `invoice` |
//! | `quotedrafts` | order | list, changes, create, replace, delete; act `convert` |
//! | `quotes` | order | list, changes, create, replace, delete; acts `accept`, `converttoorder`, `converttocustomerinvoice` |
//! | `customerinvoicedrafts` | invoice | list, create, replace, delete; act `book` |
//! | `customerinvoices` | invoice | list, changes; acts `payments`, `void`, `email` |
//! | `customerledgeritems` | invoice | list, changes |
//! | `projects` | project | list, changes, find, create, replace |
//! | `suppliers`, facet `supplier_contact` | organisation, person | list, changes, find, create, replace, delete |
//! | `vouchers` | ledger entry | list, changes |
//!
//! Quotes, their drafts and suppliers are there where [`Config::more_streams`] asks for them.
//!
//! Documents tell how they add up, which leaves of a line they take, and their steps:
//! [`DocumentCapability`](sync_core::capability::DocumentCapability).
//!
//! A stream that the company's edition, its modules or the login's scopes do not reach is not there;
//! [`Company::closed`] says why.
//!
//! # What is not published by the vendor, and what is done about it
//!
//! * *Which properties can be filtered and sorted by*: tried when the connection is made. A list that cannot be filtered
//!   by its stamps is read whole each time; a number that cannot be looked for is no `find_by`.
//! * *Whether stamps move with payments, credits, stock and computed prices*: those streams say that changes are missed, and
//!   are read whole on a timetable.
//! * *Whether a write of some prices of a list leaves the others*: all of them are sent, unless the configuration says that
//!   it was tried.
//! * *Whether a listed document has its rows*: a document with sums and without rows shows no lines, and says that it is
//!   partial.
//! * *How calendar dates are printed*: the first ten characters are read; plain dates are sent.
//! * *Whether a VAT rate is 0.25 or 25*: below 1 it is a fraction.
//! * *Whether a total contains its rounding, and whether an order's amount contains VAT*: what agrees with the rows.
//! * *Whether row ids outlive an update*: they are taken not to. Lines are keyed by their number in the document.
//! * *Which jumps of an order's status an update may make*: none is tried; each step is an act.
//! * *Which way a setting turns prices with VAT for private persons*: a new document takes its prices as they are given;
//!   it shows then whether they include VAT, and from that on no others are written to it.
//! * *Statuses of most error codes*: the code decides, then the status.

mod client;
mod codes;
mod columns;
mod company;
mod config;
mod errors;
mod login;
mod streams;
mod wire;

use std::sync::Arc;

use sync_core::{
    Context, Result, SystemId,
    connector::{ConnectorInfo, Tenant},
    handler::{Router, Session},
    store::Snapshot,
};

pub use company::{Code, Company};
pub use config::{Codings, Config, Filled, Fillers, LongNames, MarkField, PriceBasis, PriceListWrites, StockUse};
pub use login::Login;
pub use sync_http::Environment;

use client::Api;

/// What [`connect`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The connector.
    pub router: Router,
    /// What is known of the company.
    pub company: Company,
    /// What the store is to keep: good for a day, or until a call is refused against expectation.
    pub snapshot: Snapshot,
}

/// Makes the connection that the configuration calls `connection`.
///
/// With a `snapshot` that is less than a day old no call is made. Without one the company's settings and lists are
/// read, and each stream's list is tried: some forty calls.
///
/// # Errors
/// [`ErrorKind::Config`](sync_core::ErrorKind::Config) for settings that cannot be meant,
/// [`ErrorKind::Auth`](sync_core::ErrorKind::Auth) where nobody has logged in or the login is to another company,
/// [`ErrorKind::Permission`](sync_core::ErrorKind::Permission) where the company's add-on for integrations is off.
pub async fn connect(
    cx: &Context,
    connection: &str,
    config: Config,
    environment: Environment,
    snapshot: Option<Snapshot>,
) -> Result<Connection> {
    let config = Arc::new(config.checked()?);
    let api = Api::new(connection, &config, &environment)?;
    let now = cx.clock.now();
    // a bank account or a unit that was added today is in no list of yesterday
    let of_today = Company::stored(snapshot.as_ref(), now);
    let stored = of_today.filter(|company| company.check_named(&config).is_ok() && company.covers(&config));
    let (company, snapshot) = match (stored, snapshot) {
        (Some(company), Some(snapshot)) => {
            company.check(&config)?;
            (company, snapshot)
        }
        _ => {
            let company = Box::pin(Company::read(cx, &api, &config)).await?;
            company.check_named(&config)?;
            let snapshot = company.snapshot(now)?;
            (company, snapshot)
        }
    };
    let system = SystemId::new(format!("eekonomi:{connection}"));
    let company = Arc::new(company);
    let me =
        Me { info: ConnectorInfo::new("eekonomi", system.clone(), "v2"), api: api.clone(), config: config.clone() };
    let shared = Arc::new(streams::Shared { api, config, company: company.clone(), system });
    let router = streams::add(Router::new(me), &shared)?;
    Ok(Connection { router, company: Company::clone(&company), snapshot })
}

/// The part of the connection that belongs to no stream.
#[derive(Debug)]
struct Me {
    info: ConnectorInfo,
    api: Api,
    config: Arc<Config>,
}

impl Session for Me {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        let company = Company::settings(cx, &self.api).await?;
        company.check(&self.config)?;
        Ok(company.tenant())
    }
}
