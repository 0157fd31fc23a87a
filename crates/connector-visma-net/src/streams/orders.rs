//! `/api/v3/SalesOrders/{type}` of the order service: one stream for each order type. Lists show heads; an order is read
//! with its rows, in two calls. Every write of one that is there names the version that it is a change of.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Result, StreamId,
    capability::{FieldCapability, Listing, Mark, RemoveMode, Since, Step, StreamCapability, UpdateMode},
    connector::{Action, ListFrom, Version, Writable, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Content, Fulfilment, Order},
};
use sync_http::Request;

use super::{
    LAG_S, Shared,
    document::{self, Sums, content},
    key_of,
    order_lines::{self as lines, Changes},
    organisations::CUSTOMERS,
    own as own_fields,
    shipments::{self, SHIPMENTS},
    with_own,
};
use crate::{
    client::{made, unmodifiable},
    codes,
    columns::{self, Column, Form, column, own, within},
    config::{OrderMark, OrderShipments, Prices},
    wire::{Body, Dialect, Wire},
};

/// Orders in a page: what the service gives by itself; one that is too large is refused, and nobody tells which is.
const PAGE_MAX: u32 = 100;
/// The step that makes an order binding.
const OPEN: &str = "open";
const REFERENCE_MAX: u32 = 40;
/// All that is not a list of its own.
const EXPAND: &str = "Billing,Payment,FinancialInformation,Shipping,Customer,Owner,Origin,Note,Freight";
/// What is put beside what the vendor says: the rows, and the version from the answer's header.
const LINES: &str = "lines";
const ETAG: &str = "etag";
const ONE: &str = "/api/v3/SalesOrders/{type}/{id}";
const ROWS: &str = "/api/v3/SalesOrders/{type}/{id}/lines";

/// The stream of an order type.
pub(crate) fn stream(order_type: &str) -> String {
    format!("orders_{order_type}")
}

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "orderId")]
    id: String,
}

/// What a write sends: the head, and what becomes of the rows.
#[derive(Debug)]
pub(crate) struct OrderBody {
    head: Body,
    rows: Changes,
    etag: Option<String>,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Orders {
    shared: Arc<Shared>,
    order_type: String,
    stream: String,
    /// New orders are made here.
    makes: bool,
    columns: Vec<Column>,
    addresses: Vec<Column>,
}

impl Orders {
    pub(crate) fn new(shared: Arc<Shared>, order_type: &str, makes: bool) -> Self {
        // null is taken for nothing said: codes are emptied as texts are
        let code = |at, path, to, max| column(at, path, Form::Text).to(to).exact(max);
        let beside = match shared.config.order_mark {
            OrderMark::RefNo => column("customer.order", content(Content::BUYER_ORDER_NUMBER), Form::Text),
            OrderMark::Order => column("customer.refNo", content(Content::BUYER_REFERENCE), Form::Text),
        };
        let to = if shared.config.order_mark == OrderMark::RefNo { "customer.order" } else { "customer.refNo" };
        let columns = vec![
            column("orderId", Order::NUMBER, Form::Text),
            column("date", Order::ORDERED_ON, Form::Day).to("date"),
            column("description", Order::DESCRIPTION, Form::Text).to("description").cut(255),
            column("note", Order::NOTE, Form::Text).to("note").cut(2048),
            code("currencyId", content(Content::CURRENCY), "currencyId", 5),
            column("shipping.scheduledDate", content(Content::DELIVERY_ON), Form::Day).to("shipping.scheduledDate"),
            code("financialInformation.terms.id", content(Content::PAYMENT_TERMS), "customer.termsId", 10),
            code("shipping.terms.id", content(Content::DELIVERY_TERMS), "shipping.termsId", 15),
            column("shipping.shipVia.id", content(Content::DELIVERY_METHOD), Form::Text)
                .to("shipping.shipViaId")
                .exact(15),
            code(
                "paymentSettings.paymentMethod.id",
                content(Content::PAYMENT_METHOD),
                "paymentSettings.paymentMethodId",
                10,
            ),
            code("salesPerson.id", content(Content::SALESPERSON), "salesPersonId", 15),
            beside.to(to).exact(REFERENCE_MAX),
        ];
        let columns = with_own(columns, own_fields::ORDER);
        Self {
            makes,
            order_type: order_type.to_owned(),
            stream: stream(order_type),
            columns,
            addresses: addresses(),
            shared,
        }
    }
    fn mark_at(&self) -> (&'static str, &'static str) {
        match self.shared.config.order_mark {
            OrderMark::RefNo => ("customer.refNo", "customerRefNo"),
            OrderMark::Order => ("customer.order", "customerOrder"),
        }
    }
    /// Our mark: the whole order has it in one place, a row of a list in another.
    fn mark(&self, read: &Wire) -> Result<Field<String>> {
        let (whole, listed) = self.mark_at();
        Ok(read.text(whole)?.or(read.text(listed)?))
    }
    fn request(&self, request: Request, id: &str) -> Request {
        request.path("type", &self.order_type).path("id", id)
    }
    async fn read(&self, cx: &Context, id: &str) -> Result<Option<Box<RawValue>>> {
        const OPERATION: &str = "read order";
        let request = self.request(Request::get(OPERATION, ONE), id).query("expand", EXPAND);
        let Some(answer) = self.shared.api.order_record(cx, request).await? else { return Ok(None) };
        let mut order: Wire = answer.json()?;
        let lines = self.shared.api.order_lines(cx, OPERATION, &self.order_type, id).await?;
        if let Some(etag) = answer.header("etag") {
            order.set(ETAG, etag);
        }
        order.set(LINES, lines);
        if self.shared.config.order_shipments == OrderShipments::Read {
            let rows = order.rows(LINES)?.into_value().unwrap_or_default();
            order.set(SHIPMENTS, shipments::read(cx, &self.shared, &self.order_type, id, &rows).await?);
        }
        Ok(order.raw())
    }
    /// The version that is there now, for writes that were not told one.
    async fn version(&self, cx: &Context, operation: &'static str, id: &str) -> Result<String> {
        let answer = self.shared.api.order_service(cx, self.request(Request::get(operation, ONE), id)).await?;
        let order: Wire = answer.json()?;
        let etag = answer.header("etag").map(str::to_owned).or(order.text("version")?.into_value());
        etag.ok_or_else(|| answer.error(ErrorKind::Protocol, "without a version, which a change has to name"))
    }
    /// A change of an order or of its rows; the version after it.
    async fn change(&self, cx: &Context, request: Request, id: &str, etag: &str) -> Result<String> {
        let request = self.request(request, id).header("if-match", quoted(etag));
        let answer = self.shared.api.order_service(cx, request).await.map_err(unmodifiable)?;
        Ok(answer.header("etag").unwrap_or_default().to_owned())
    }
    /// The version that a write is a change of.
    async fn etag(&self, cx: &Context, operation: &'static str, id: &str, write: &Write) -> Result<String> {
        let told = match &write.action {
            Action::Update { if_version: Some(version), .. } => version.etag.clone(),
            _ => None,
        };
        let read = || {
            let current: Wire = serde_json::from_str(&write.current.as_ref()?.raw).ok()?;
            etag_of(&current)
        };
        match told.or_else(read) {
            Some(etag) => Ok(etag),
            None => self.version(cx, operation, id).await,
        }
    }
    fn order(&self, read: &Wire, fields: &FieldMap) -> Result<Order> {
        let mut order = Order::from_fields(&fields.filter(|path| !path.is_extension()))?;
        order.stage = self.shared.company.stage(&self.order_type).into();
        let customer = read.text("customer.id")?.or(read.text("customerId")?);
        order.customer = self.shared.linked(CUSTOMERS, customer);
        order.content.currency = order.content.currency.or(read.text("currency")?);
        order.content.prices_include_vat = (self.shared.config.prices == Prices::WithVat).into();
        let word = status(read)?.into_value().unwrap_or_default();
        let rows = read.rows(LINES)?;
        let Field::Set(rows) = rows else {
            order.fulfilment = codes::fulfilment(&word, false).map_or(Field::Unknown, Field::Set);
            return Ok(order);
        };
        let shown = lines::decode(&self.shared, &rows, read)?;
        order.fulfilment = codes::fulfilment(&word, shown.partly).map_or(Field::Unknown, Field::Set);
        order.invoicing = codes::invoicing(&word, shown.billed).map_or(Field::Unknown, Field::Set);
        order.delivered = shown.delivered;
        order.content.lines = shown.lines;
        let vat = read.amount("totals.taxTotal")?.into_value();
        if let (Some(total), Some(vat)) = (read.amount("totals.orderTotal")?.into_value(), vat) {
            let with_vat = self.shared.config.prices == Prices::WithVat;
            Sums::of(Some(total), shown.net, vat, Decimal::ZERO, with_vat).put(&mut order.content);
        }
        Ok(order)
    }
}

/// The version in its quotes.
fn quoted(etag: &str) -> String {
    if etag.starts_with('"') || etag.starts_with("W/") { etag.to_owned() } else { format!("\"{etag}\"") }
}

fn etag_of(read: &Wire) -> Option<String> {
    let text = |at| read.text(at).ok().and_then(Field::into_value);
    text(ETAG).or_else(|| text("version"))
}

/// The order's own word: a text in lists, an object in the order itself.
fn status(read: &Wire) -> Result<Field<String>> {
    match read.get("status") {
        Some(Json::Object(_)) => read.text("status.description"),
        _ => read.text("status"),
    }
}

fn addresses() -> Vec<Column> {
    macro_rules! part {
        ($group:literal, $leaf:literal, $to:literal) => {
            (concat!($group, ".", $leaf), concat!($group, ".", $to))
        };
    }
    macro_rules! parts {
        ($group:literal) => {
            [
                (part!($group, "address.line1", "address.line1"), Address::STREET, 50),
                (part!($group, "address.line2", "address.line2"), Address::STREET_2, 50),
                (part!($group, "address.postalCode", "address.postalCode"), Address::POSTAL_CODE, 20),
                (part!($group, "address.city", "address.city"), Address::CITY, 50),
                (part!($group, "address.country.id", "address.countryId"), Address::COUNTRY, 2),
                (part!($group, "contact.name", "contact.name"), Address::NAME, 255),
            ]
        };
    }
    let groups = [(Content::BILLING, parts!("billing")), (Content::DELIVERY, parts!("shipping"))];
    let one = |group: FieldPath, ((at, to), leaf, max): ((&'static str, &'static str), FieldPath, u32)| {
        column(at, content(within(group, leaf)), Form::Text).to(to).exact(max)
    };
    groups.into_iter().flat_map(|(group, parts)| parts.map(|part| one(group, part))).collect()
}

/// An address that is given is given whole: nothing of it comes from the customer, and a new one needs its country.
fn check_addresses(body: &mut Body, is_create: bool) -> Result<()> {
    for (group, path) in [("billing", Content::BILLING), ("shipping", Content::DELIVERY)] {
        let Some(Json::Object(members)) = body.0.get_mut(group) else { continue };
        for (part, has_country) in [("address", true), ("contact", false)] {
            let Some(Json::Object(given)) = members.get_mut(part) else { continue };
            if !is_create {
                given.insert("overridesDefault".to_owned(), json!(true));
            } else if has_country && !given.contains_key("countryId") {
                let what = format!("'{}' has no country, and Visma.net takes no address without one", content(path));
                let path = content(within(path, Address::COUNTRY));
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path));
            }
        }
    }
    Ok(())
}

impl StreamHandler for Orders {
    type Row = Row;
    type Read = Wire;
    type Body = OrderBody;

    fn stream(&self) -> StreamId {
        self.stream.as_str().into()
    }
    fn capability(&self) -> StreamCapability {
        let config = &self.shared.config;
        let mut can = StreamCapability::new(EntityKind::Order);
        can.holds.set(Order::STAGE, self.shared.company.stage(&self.order_type).word());
        columns::declare(&self.columns, &mut can);
        columns::declare(&self.addresses, &mut can);
        document::declare(&mut can);
        for path in [Order::STAGE, Order::FULFILMENT, Order::INVOICING, Order::DELIVERED, own("status")] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        can.fields.insert(Order::CUSTOMER, FieldCapability::read_write().required());
        if config.order_shipments == OrderShipments::Read {
            shipments::declare(&mut can);
        }
        let mark = own(self.mark_at().0);
        can.fields.insert(mark, FieldCapability::read_only());
        // whether a delivery moves the stamp is not published, nor whether the moment itself is included
        let since = Since { precision_ms: 1000, inclusive: false, lag_s: LAG_S, ascending: false, misses: true };
        let mut listing = Listing::complete(PAGE_MAX).since(since);
        listing.partial = true; // without rows
        can.list = Some(listing);
        can.get_max = 1;
        can.stamps = true;
        can.search_lag_s = config.search_lag_s;
        let mut document = document::capability(config, &lines::LEAVES, true);
        if config.order_scopes.iter().any(|scope| scope.ends_with(":write")) {
            can.create = self.makes;
            can.create_mark = self.makes.then_some(Mark { field: mark, max_len: REFERENCE_MAX });
            // a write names the rows that it changes, so what stands there must be known
            can.update = UpdateMode::Replace;
            can.update_if_version = true;
            can.remove = [RemoveMode::Delete].into();
            can.acts = [OPEN.to_owned()].into();
            document.steps.push(Step::new(OPEN, Fulfilment::Draft.word(), Fulfilment::Open.word()));
        }
        can.document = Some(document);
        let names = [
            (Order::CUSTOMER, "customer.id"),
            (Order::FULFILMENT, "status"),
            (content(Content::LINES), LINES),
            (content(Content::VAT), "totals.taxTotal"),
            (content(Content::GROSS), "totals.orderTotal"),
        ];
        self.shared.describe(&mut can, &names);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("lastModified", chrono_tz::UTC).ok().and_then(Field::into_value);
        let word = status(read).ok().and_then(Field::into_value).unwrap_or_default();
        Head {
            version: Version { etag: etag_of(read), modified_at },
            partial: read.get(LINES).is_none(),
            writable: match codes::is_changeable(&word) {
                true => Writable::All,
                false => {
                    Writable::Nothing(format!("it is {word} in Visma.net; change it there, or write another order"))
                }
            },
            mark: self.mark(read).ok().and_then(Field::into_value),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        fields.overlay(&columns::read(&self.addresses, read, self.shared.api.zone)?);
        let mut order = self.order(read, &fields)?;
        let mut extras = fields.filter(|path| path.is_extension());
        shipments::show(&self.shared, read, &mut order, &mut extras)?;
        let shown = Shown::of(self.stream(), &order).extras(&extras);
        let shown = match status(read)? {
            Field::Set(word) => shown.extra(own("status"), word),
            _ => shown,
        };
        let mark = self.mark(read)?.into_value().unwrap_or_default();
        Ok(vec![shown.extra(own(self.mark_at().0), mark)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<OrderBody> {
        let sent = encode.sent(&self.stream);
        let order: Order = encode.wanted(&self.stream)?;
        let mut head = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Plain, &mut head)?;
        columns::write(&self.addresses, &sent, encode.is_create(), Dialect::Plain, &mut head)?;
        check_addresses(&mut head, encode.is_create())?;
        if let Some(customer) = sent.get(Order::CUSTOMER).filter(|value| !value.is_null()) {
            head.plain("customer.id", key_of(customer).map_or(Json::Null, Json::from));
        }
        let rows = match (encode.sends(&self.stream, content(Content::LINES)), encode.current()) {
            (false, _) => Changes::default(),
            (true, current) => {
                let old = current.map(|current| current.rows(LINES)).transpose()?.and_then(Field::into_value);
                lines::encode(&self.shared, &order.content, &old.unwrap_or_default())?
            }
        };
        if encode.is_create() {
            head.plain("type", self.order_type.as_str());
            head.plain("status", "Hold");
            if let Some(mark) = encode.mark() {
                head.plain(self.mark_at().0, mark);
            }
            head.plain("orderLines", rows.new.clone());
        }
        Ok(OrderBody { head, rows, etag: encode.current().and_then(etag_of) })
    }
    fn unchanged(&self, body: &OrderBody, _: &Wire) -> bool {
        body.head.is_empty() && body.rows.is_empty()
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.api.order_page(cx, "list orders", &self.order_type, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            found.extend(self.read(cx, id).await?);
        }
        Ok(found)
    }
    async fn post(&self, cx: &Context, body: &OrderBody, _: &Write) -> Result<Answer> {
        let request = Request::post("create order", "/api/v3/SalesOrders").json(&body.head);
        Ok(made(&self.shared.api.order_service(cx, request).await?))
    }
    /// The head, then the rows that go, those that change and those that come: each change names the version that the one
    /// before it made.
    async fn put(&self, cx: &Context, id: &str, body: &OrderBody, write: &Write) -> Result<Answer> {
        const OPERATION: &str = "update order";
        let mut etag = match (&write.action, &body.etag) {
            (Action::Update { if_version: None, .. }, Some(etag)) => etag.clone(),
            _ => self.etag(cx, OPERATION, id, write).await?,
        };
        if !body.head.is_empty() {
            etag = self.change(cx, Request::patch(OPERATION, ONE).json(&body.head), id, &etag).await?;
        }
        let Changes { new, changed, gone } = &body.rows;
        for ids in gone.chunks(1000) {
            etag = self.change(cx, Request::delete(OPERATION, ROWS).query("ids", ids.join(",")), id, &etag).await?;
        }
        if !changed.is_empty() {
            let request = Request::patch(OPERATION, ROWS).json(&json!({ "lines": changed }));
            etag = self.change(cx, request, id, &etag).await?;
        }
        if !new.is_empty() {
            let request = Request::post(OPERATION, ROWS).json(&json!({ "lines": new }));
            self.change(cx, request, id, &etag).await?;
        }
        Ok(Answer::id(id))
    }
    async fn act(&self, cx: &Context, id: &str, act: &str, _: &FieldMap, write: &Write) -> Result<Answer> {
        const OPERATION: &str = "open order";
        if act != OPEN {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("an order has no step '{act}'")));
        }
        let etag = self.etag(cx, OPERATION, id, write).await?;
        let request = Request::patch(OPERATION, ONE).json(&json!({ "status": "Open" }));
        self.change(cx, request, id, &etag).await?;
        Ok(Answer::id(id))
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, write: &Write) -> Result<()> {
        const OPERATION: &str = "delete order";
        let etag = self.etag(cx, OPERATION, id, write).await?;
        self.change(cx, Request::delete(OPERATION, ONE), id, &etag).await.map(drop)
    }
}
