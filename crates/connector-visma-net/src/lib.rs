//! Connector for Visma.net ERP (Visma Net Financials): the ERP API (v1 and v2) and the Sales Order Service (v3).
//!
//! One connection is one company: the token is asked for it by its Company Tenant ID, and opens no other.
//!
//! ```no_run
//! # async fn example() -> sync_core::Result<()> {
//! use std::sync::Arc;
//! use connector_visma_net::{Config, Environment, connect};
//! use sync_core::{Context, connector::{Connector, ListQuery}};
//! use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};
//!
//! // once per process
//! let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
//! let environment = Environment::new(Transport::new()?, limits, Arc::new(MemoryTokens::new()));
//!
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let config = Config::new("isv_ours", "client-secret".into(), "company-tenant-id");
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
//! | `customers` | organisation | list, changes, find, create, change |
//! | `contacts` | person | list, changes, find, create, change |
//! | `inventory`, facets `inventory_price`, `inventory_stock` | item, price, stock level | list, changes, find, create, change |
//! | `orders_<type>`, one for each order type | order | list, changes; the first one create; change, delete; act `open` |
//! | `invoices`, and `credit_notes` where [`Config::make_credit_notes`] says so | invoice | list, changes, find, create, change, delete; act `release` |
//! | `sold_by_invoice`, facet of `invoices` | order | read with its host |
//! | `suppliers` | organisation | list, changes, create, change |
//! | `sales_prices` | price | list |
//! | `payments` | payment | list, changes |
//! | `projects` | project | list, changes, find, create, change |
//! | `journal` | ledger entry | list, changes |
//! | `customer_balances` | organisation | list, changes |
//!
//! The last six and `sold_by_invoice` are there where [`Config::more_streams`] asks for them, stock where [`Config::stock`] does.
//!
//! Beside the streams there are the files of records ([`Connection::files`]) and the vendor's webhooks, which name records to
//! look at ([`Config::webhook_header`]).
//!
//! The `README.md` beside this crate tells what is mapped how, and what was decided where the vendor is silent.

mod client;
mod codes;
mod columns;
mod company;
mod config;
mod errors;
mod files;
mod hints;
mod login;
mod streams;
mod wire;

use std::sync::Arc;

use sync_core::{
    Context, ExternalRef, Result, SystemId,
    connector::{ConnectorInfo, Tenant},
    handler::{Router, Session},
    store::Snapshot,
};

pub use company::{Attribute, Code, Company, OrderType};
pub use config::{
    BillingAddress, Config, InvoiceMark, InvoiceSending, InvoiceStamps, ItemCost, NewInvoices, OrderMark,
    OrderShipments, Prices, SignIn, Stock,
};
pub use files::{File, FileContent, Files, Holder};
pub use login::Login;
pub use sync_http::Environment;

use client::Api;
use hints::Hints;

/// What [`connect`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The connector.
    pub router: Router,
    /// What is known of the company.
    pub company: Company,
    /// What the store is to keep: good for a day.
    pub snapshot: Snapshot,
    /// The files of the company's records, which are no part of the streams.
    pub files: Files,
}

/// Makes the connection that the configuration calls `connection`.
///
/// With a `snapshot` of this company that is less than a day old no call is made. Otherwise the company, its code lists,
/// attributes and order types are read: fifteen calls beside the signing in, and one or two more for streams that are asked
/// for.
///
/// # Errors
/// [`ErrorKind::Config`](sync_core::ErrorKind::Config) for settings that cannot be meant, such as an order type that the
/// company does not have; [`ErrorKind::Auth`](sync_core::ErrorKind::Auth) for wrong credentials, and for a tenant id that
/// is not a company's; [`ErrorKind::Permission`](sync_core::ErrorKind::Permission) for a scope that is not granted.
pub async fn connect(
    cx: &Context,
    connection: &str,
    config: Config,
    environment: Environment,
    snapshot: Option<Snapshot>,
) -> Result<Connection> {
    config.check()?;
    let api = Api::new(connection, &config, &environment)?;
    let now = cx.clock.now();
    let stored = snapshot.and_then(|kept| Some((Company::stored(&kept, &config, now)?, kept)));
    let (company, snapshot) = match stored {
        Some(stored) => stored,
        None => {
            let company = Box::pin(Company::read(cx, &api, &config)).await?;
            let snapshot = company.snapshot(now);
            (company, snapshot)
        }
    };
    company.check(&config)?;
    let system = SystemId::new(format!("visma-net:{connection}"));
    let info = ConnectorInfo::new("visma-net", system.clone(), "v1, v2, v3");
    let config = Arc::new(config);
    let me = Me { info, api: api.clone(), config: config.clone() };
    let shared = Arc::new(streams::Shared { api, config, company: Arc::new(company.clone()), system });
    let files = Files::new(shared.api.clone());
    let router = streams::add(Router::new(me), &shared)?;
    Ok(Connection { router, company, snapshot, files })
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
        let company = Company::tell(cx, &self.api, &self.config).await?;
        Ok(company.tenant(&self.config))
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        Hints { system: &self.info.system, config: &self.config }.of(headers, body)
    }
}
