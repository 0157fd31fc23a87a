//! `/v1/customer/balance`: what customers owe. The list has no pages and stamps of its own, so it is a stream beside that of
//! customers, whose numbers it names: a full listing is one call, and what moved since is one too.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Field, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Version, Writable},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{Organisation, Statistics},
};

use super::{Shared, own::Own, with_own};
use crate::{
    client::Resource,
    columns::{
        self, Column,
        Form::{Moment, Number, Text},
        column, within,
    },
    wire::Wire,
};

/// The stream.
pub(crate) const BALANCES: &str = "customer_balances";
static RESOURCE: Resource = Resource {
    name: BALANCES,
    all: "/v1/customer/balance",
    one: "/v1/customer/{id}/balance",
    create_at: "/v1/customer/balance",
    list: "list balances",
    get: "read balance",
    find: "find balances",
    create: "create balance",
    update: "update balance",
    remove: "delete balance",
    given: None,
    paged: false,
    created: false,
    with: &[],
};

/// What is beside the balance. Whether sales are with VAT, and which period is meant, is not published.
const OWN: &[Own] = &[
    ("customer.internalId", Number, None),
    ("customer.name", Text, None),
    ("totalOrder", Number, None),
    ("totalLoan", Number, None),
    ("totalSalePeriod", Number, None),
    ("totalSaleYear", Number, None),
    ("totalDiscountPeriod", Number, None),
    ("totalDiscountYear", Number, None),
    ("lastModified", Moment, None),
];

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    customer: Owner,
}

/// Whose balance it is.
#[derive(Deserialize)]
struct Owner {
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Balances {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Balances {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("customer.number", Organisation::NUMBER, Text),
            column("balance", within(Organisation::STATISTICS, Statistics::BALANCE), Number),
        ];
        Self { columns: with_own(columns, OWN), shared }
    }
}

impl StreamHandler for Balances {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        BALANCES.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.holds.set(Organisation::IS_CUSTOMER, true);
        columns::declare(&self.columns, &mut can);
        can.fields.insert(Organisation::IS_CUSTOMER, FieldCapability::read_only());
        // what moves the stamp of a balance is not published
        self.shared.declare(&mut can, true);
        can.natural_key = true;
        self.shared.describe(&mut can, &[]);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.customer.number.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("lastModified", self.shared.api.zone).ok().and_then(Field::into_value);
        let writable = Writable::Nothing("it follows from invoices and payments".to_owned());
        Head { version: Version { etag: None, modified_at }, writable, ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        Ok(vec![Shown::fields(BALANCES, fields)])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &RESOURCE, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &RESOURCE, ids).await
    }
}
