//! `/quotes` and `/quotedrafts`: orders that are not placed yet. A draft becomes a quote, a quote an order or an invoice;
//! there is no way back.

use std::sync::Arc;

use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Link, Result, StreamId,
    capability::{FieldCapability, Mark, RemoveMode, Step, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Writable, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Content, Fulfilment, Order, OrderStage},
};

use super::{
    Row, Shared, declare_own,
    document::{self, Sums},
    own,
    rows::{self, RowKind},
    write_own,
};
use crate::{
    client::{Resource, equals, shown},
    codes::QuoteStatus,
    columns::{self, Column, Form, column, within},
    config::{Config, MarkField},
    wire::Wire,
};

pub(crate) static QUOTES: Resource = Resource {
    name: "quotes",
    all: "/quotes",
    one: "/quotes/{id}",
    list: "list quotes",
    get: "read quote",
    find: "find quotes",
    create: "create quote",
    update: "update quote",
    remove: "delete quote",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};
pub(crate) static DRAFTS: Resource = Resource {
    name: "quotedrafts",
    all: "/quotedrafts",
    one: "/quotedrafts/{id}",
    list: "list quote drafts",
    get: "read quote draft",
    find: "find quote drafts",
    create: "create quote draft",
    update: "update quote draft",
    remove: "delete quote draft",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};

/// What the vendor computes, or takes from the customer.
const COMPUTED: [&str; 41] = [
    "ApprovedDate",
    "BackgroundId",
    "CreatedUtc",
    "CurrencyCode",
    "CurrencyRate",
    "CustomerIsPrivatePerson",
    "CustomerName",
    "CustomerNumber",
    "DeliveryAddress1",
    "DeliveryAddress2",
    "DeliveryCity",
    "DeliveryCountryCode",
    "DeliveryCustomerName",
    "DeliveryMethodCode",
    "DeliveryMethodName",
    "DeliveryPostalCode",
    "DeliveryTermCode",
    "DeliveryTermName",
    "Id",
    "IncludesVat",
    "InvoiceAddress1",
    "InvoiceAddress2",
    "InvoiceCity",
    "InvoiceCountryCode",
    "InvoiceCustomerName",
    "InvoicePostalCode",
    "IsDomestic",
    "IsNotDelivered",
    "MaxAllowedTaxReductionAmount",
    "MessageThreads",
    "ModifiedUtc",
    "Notes",
    "Number",
    "RotReducedInvoicingAutomaticDistribution",
    "RotReducedInvoicingPercent",
    "RoundingsAmount",
    "SalesDocumentAttachments",
    "Status",
    "TotalAmount",
    "VatAmount",
    "ContributionMargin",
];
const DAYS: [&str; 3] = ["QuoteDate", "DueDate", "DeliveryDate"];
const ROWS: RowKind = RowKind {
    quantity_scale: 4,
    flags: &[],
    computed: &[
        "Id",
        "IsServiceArticle",
        "UnitId",
        "Amount",
        "IsDiscountInFixedAmount",
        "DiscountFixedAmount",
        "IsWorkCost",
        "VatRate",
        "ArticleNumber",
        "ContributionMargin",
        "PurchasePrice",
        "FreightCosts",
    ],
};
/// The vendor numbers rows by their order, and knows text by its having no article.
const NUMBERED: [&str; 2] = ["LineNumber", "IsTextRow"];
const CONVERT: &str = "convert";
const ACCEPT: &str = "accept";
const TO_ORDER: &str = "converttoorder";
const TO_INVOICE: &str = "converttocustomerinvoice";

/// The field that keeps our mark: quotes name our reference otherwise than orders do.
pub(crate) fn mark_name(config: &Config) -> &'static str {
    match config.mark {
        MarkField::BuyersOrderReference => "BuyersOrderReference",
        MarkField::OurReference => "CompanyReference",
    }
}

#[derive(Debug)]
pub(crate) struct Quotes {
    shared: Arc<Shared>,
    of: &'static Resource,
    columns: Vec<Column>,
}

impl Quotes {
    pub(crate) fn new(shared: Arc<Shared>, of: &'static Resource) -> Self {
        let (text, content) = (Form::Text, document::content);
        let delivery = |leaf| content(within(Content::DELIVERY, leaf));
        let mut columns = vec![
            column("CustomerReference", content(Content::BUYER_REFERENCE), text).exact(100),
            column("QuoteDate", Order::ORDERED_ON, Form::Day),
            column("DueDate", Order::EXPIRES_ON, Form::Day),
            column("DeliveryDate", content(Content::DELIVERY_ON), Form::Day),
            column("CurrencyCode", content(Content::CURRENCY), text).read_only(),
            column("CurrencyRate", content(Content::EXCHANGE_RATE), Form::Number).read_only(),
            column("DeliveryCustomerName", delivery(Address::NAME), text).read_only(),
            column("DeliveryAddress1", delivery(Address::STREET), text).read_only(),
            column("DeliveryAddress2", delivery(Address::STREET_2), text).read_only(),
            column("DeliveryPostalCode", delivery(Address::POSTAL_CODE), text).read_only(),
            column("DeliveryCity", delivery(Address::CITY), text).read_only(),
            column("DeliveryCountryCode", delivery(Address::COUNTRY), text).read_only(),
        ];
        columns.extend(document::billing_columns().into_iter().map(Column::read_only));
        columns.push(match shared.config.mark {
            MarkField::BuyersOrderReference => {
                column("CompanyReference", content(Content::SELLER_REFERENCE), text).exact(100)
            }
            MarkField::OurReference => {
                column("BuyersOrderReference", content(Content::BUYER_ORDER_NUMBER), text).exact(35)
            }
        });
        Self { shared, of, columns }
    }
    fn are_drafts(&self) -> bool {
        self.of.name == DRAFTS.name
    }
    fn mark(&self) -> &'static str {
        mark_name(&self.shared.config)
    }
    fn status(read: &Wire) -> Result<QuoteStatus> {
        let code = read.whole("Status")?.into_value();
        code.and_then(QuoteStatus::of).ok_or_else(|| {
            let what = match code {
                Some(code) => format!("Status {code} of a quote is not known"),
                None => "Status of a quote is missing".to_owned(),
            };
            Error::new(ErrorKind::Invalid, "decode", what).with_context("field", "Status")
        })
    }
    fn sums(read: &Wire) -> Result<Option<Sums>> {
        let amount = |name| read.number(name).map(Field::into_value);
        let Some(total) = amount("TotalAmount")? else { return Ok(None) };
        let vat = amount("VatAmount")?.unwrap_or_default();
        let rounding = amount("RoundingsAmount")?.unwrap_or_default();
        let includes_vat = read.flag("IncludesVat")?.into_value().unwrap_or(false);
        let net = rows::sum(read, "Amount")?.map(|sum| if includes_vat { sum - vat } else { sum });
        Ok(Some(Sums::of(total, vat, rounding, net, true)))
    }
    fn begin(&self, encode: &Encode<'_, Wire>, order: &Order, body: &mut Wire) {
        let zone = self.shared.company.zone();
        let by_moment = order.ordered_at.value().map(|at| at.with_timezone(&zone).date_naive());
        if let Some(day) = order.ordered_on.value().copied().or(by_moment) {
            body.set("QuoteDate", day.to_string());
        }
        body.set("EuThirdParty", false);
        body.set("RotReducedInvoicingType", 0);
        if let Some(mark) = encode.mark() {
            body.set(self.mark(), mark);
        }
    }
}

/// The id of the terms of payment, which are an object here.
fn terms(read: &Wire) -> Field<String> {
    match read.get("TermsOfPayment") {
        None => Field::Unknown,
        Some(Json::Object(terms)) => match terms.get("Id").and_then(Json::as_str) {
            Some(id) => Field::Set(id.to_owned()),
            None => Field::Unknown,
        },
        Some(_) => Field::Empty,
    }
}

impl StreamHandler for Quotes {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        self.of.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        can.holds.set(Order::STAGE, OrderStage::Quote.word());
        columns::declare(&self.columns, &mut can);
        document::declare(&mut can, true);
        let (shown, given) = (FieldCapability::read_only, FieldCapability::read_write);
        let delivery = [Content::DELIVERY_METHOD, Content::DELIVERY_TERMS].map(document::content);
        let status = [Order::NUMBER, Order::STAGE, Order::FULFILMENT, Order::INVOICING, own("status")];
        for path in delivery.into_iter().chain(status) {
            can.fields.insert(path, shown());
        }
        if self.are_drafts() {
            can.holds.set(Order::FULFILMENT, Fulfilment::Draft.word());
        }
        can.fields.insert(Order::CUSTOMER, given().required());
        can.fields.insert(document::content(Content::PAYMENT_TERMS), given());
        let mut moment = FieldCapability::default();
        moment.write_on_create = true;
        can.fields.insert(Order::ORDERED_AT, moment);
        let mark = own(self.mark());
        can.fields.insert(mark, shown());
        self.shared.declare(self.of, &mut can, false, &[(self.mark(), mark)]);
        let mut document = document::capability(ROWS.quantity_scale);
        if self.shared.writes("ea:sales") {
            can.create = true;
            can.create_mark = Some(Mark { field: mark, max_len: self.shared.config.mark.max_len() });
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.remove = [RemoveMode::Delete].into();
            let acts: &[&str] = if self.are_drafts() { &[CONVERT] } else { &[ACCEPT, TO_ORDER, TO_INVOICE] };
            can.acts = acts.iter().map(|act| (*act).to_owned()).collect();
            if self.are_drafts() && self.shared.has(QUOTES.name) {
                let (draft, open) = (Fulfilment::Draft.word(), Fulfilment::Open.word());
                document.steps.push(Step::new(CONVERT, draft, open).moves_to(QUOTES.name));
            }
            declare_own(&self.shared.config.own_fields(self.of.name), &COMPUTED, &mut can);
        }
        can.document = Some(document);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let stamp = |name| read.moment(name).ok().and_then(Field::into_value);
        let writable = match Self::status(read) {
            Ok(QuoteStatus::Invoiced) => Writable::Nothing("it is invoiced; credit the invoice instead".to_owned()),
            Ok(QuoteStatus::OrderCreated) => {
                Writable::Nothing("an order was made of it; change the order instead".to_owned())
            }
            _ => rows::lock_of_fixed_discounts(read),
        };
        Head {
            version: Version { etag: None, modified_at: stamp("ModifiedUtc").or_else(|| stamp("CreatedUtc")) },
            created_at: stamp("CreatedUtc"),
            partial: rows::are_left_out(read, "TotalAmount"),
            writable,
            mark: read.text(self.mark()).ok().and_then(Field::into_value),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read)?;
        document::read_delivery(&self.shared, read, &mut fields)?;
        let mut order = Order::from_fields(&fields)?;
        let status = Self::status(read)?;
        order.number = read.text("Number")?;
        order.customer = read.id("CustomerId")?.map(|id| Link::External(self.shared.link("customers", id)).into());
        order.fulfilment = status.fulfilment().map_or(Field::Unknown, Field::Set);
        order.invoicing = status.invoicing().into();
        order.content.payment_terms = terms(read);
        order.content.lines = rows::decode(&self.shared, read, "TotalAmount")?;
        order.content.prices_include_vat = read.flag("IncludesVat")?;
        if let Some(sums) = Self::sums(read)? {
            sums.put(&mut order.content);
        }
        let shown = Shown::of(self.of.name, &order).extras(&self.shared.own_fields(self.of, read));
        let mark = read.text(self.mark())?.into_value().unwrap_or_default();
        Ok(vec![shown.extra(own("status"), status.word()).extra(own(self.mark()), mark)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let name = self.of.name;
        let sent = encode.sent(name);
        let order: Order = encode.wanted(name)?;
        rows::check_whole(encode.current(), "TotalAmount")?;
        document::check_prices(&order.content, encode.current())?;
        let mut body = encode.current().map(replaced).unwrap_or_default();
        columns::write(&self.columns, &sent, &mut body)?;
        write_own(&sent, &mut body)?;
        let terms_path: FieldPath = document::content(Content::PAYMENT_TERMS);
        if let Some(wanted) = sent.get(terms_path)
            && terms(&body).value().map(String::as_str) != wanted.as_text()
        {
            // left out it is empty: the vendor's description takes no null here
            match wanted.as_text() {
                Some(id) => body.set("TermsOfPayment", json!({ "Id": id })),
                None => body = body.without(&["TermsOfPayment"]),
            }
        }
        let emptied = |path: &FieldPath| sent.get(*path).is_some_and(sync_core::Value::is_null);
        if let Some(path) =
            [Order::ORDERED_ON, Order::EXPIRES_ON].iter().find(|path| !encode.is_create() && emptied(path))
        {
            let what = format!("a quote in eEkonomi always has its '{path}'; give a day");
            return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path));
        }
        if encode.sends(name, Order::CUSTOMER) {
            let customer = order.customer.value().and_then(|link| link.external());
            body.set("CustomerId", customer.map_or(Json::Null, |customer| Json::from(&*customer.id)));
        }
        if encode.is_create() {
            self.begin(encode, &order, &mut body);
        }
        if encode.sends(name, document::content(Content::LINES)) {
            let old = encode.current().map(|current| current.rows("Rows")).transpose()?.and_then(Field::into_value);
            let currency = encode.current().map(|current| current.text("CurrencyCode")).transpose()?;
            let currency = currency.as_ref().and_then(Field::value).map(String::as_str);
            let rows = rows::encode(&self.shared, &ROWS, &order.content, currency, &old.unwrap_or_default())?;
            body.set("Rows", rows);
            super::strip(&mut body, "Rows", &NUMBERED);
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, self.of, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, self.of, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let mark = self.mark();
        self.shared.find(cx, self.of, by, |path, text| (path == own(mark)).then(|| equals(mark, text))).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, self.of, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, self.of, id, body).await
    }
    /// `with` is the order as its source has it: one that is further than a draft becomes an order that is, too.
    async fn act(&self, cx: &Context, id: &str, act: &str, with: &FieldMap, _: &Write) -> Result<Answer> {
        let api = &self.shared.api;
        Ok(match (self.are_drafts(), act) {
            (true, CONVERT) => {
                let path = "/quotedrafts/{id}/convert";
                shown(&api.put_step(cx, "make draft a quote", path, id).await?, None).moved_to(QUOTES.name)
            }
            (false, ACCEPT) => shown(&api.put_step(cx, "accept quote", "/quotes/{id}/accept", id).await?, Some(id)),
            (false, TO_ORDER) => {
                let wanted = Order::from_fields(with)?.fulfilment.into_value();
                let is_order = !matches!(wanted, None | Some(Fulfilment::Draft));
                let body = conversion(is_order);
                let path = "/quotes/{id}/converttoorder";
                shown(&api.step(cx, "make quote an order", path, id, &[], Some(&body)).await?, None).moved_to("orders")
            }
            (false, TO_INVOICE) => {
                let path = "/quotes/{id}/converttocustomerinvoice";
                // what it becomes is in the path; the body has hours of house work
                let answer = api.step(cx, "invoice quote", path, id, &[], Some(&Wire::default())).await?;
                shown(&answer, None).moved_to("customerinvoices")
            }
            _ => {
                let what = format!("'{}' has no step '{act}'", self.of.name);
                return Err(Error::new(ErrorKind::Unsupported, "act", what));
            }
        })
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, self.of, id).await
    }
}

/// `Type`: 0 a draft of an order, 1 an order.
fn conversion(is_order: bool) -> Wire {
    let mut body = Wire::default();
    body.set("Type", i64::from(is_order));
    body
}

/// What goes back of a quote that is replaced.
fn replaced(current: &Wire) -> Wire {
    let mut body = current.clone().without(&COMPUTED).with_plain_days(&DAYS);
    let rows: Vec<&str> = ROWS.computed.iter().chain(&NUMBERED).copied().collect();
    super::strip(&mut body, "Rows", &rows);
    super::strip(&mut body, "Persons", &["Id"]);
    body
}
