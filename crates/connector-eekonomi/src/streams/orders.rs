//! `/orders`. An update replaces the whole order with all its rows; steps of its life are acts.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, Link, Result, StreamId,
    capability::{FieldCapability, Mark, RemoveMode, Step, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Writable, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Content, DeliveredLine, Fulfilment, Lines, Order, OrderStage},
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
    codes::{self, Delivered, OrderStatus},
    columns::{self, Column, Form, column},
    wire::Wire,
};

pub(crate) static ORDERS: Resource = Resource {
    name: "orders",
    all: "/orders",
    one: "/orders/{id}",
    list: "list orders",
    get: "read order",
    find: "find orders",
    create: "create order",
    update: "update order",
    remove: "delete order",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};

/// What the vendor computes, or takes from the customer.
const COMPUTED: [&str; 25] = [
    "Id",
    "Amount",
    "VatAmount",
    "RoundingsAmount",
    "DeliveredAmount",
    "DeliveredVatAmount",
    "DeliveredRoundingsAmount",
    "CreatedUtc",
    "CustomerNumber",
    "CustomerName",
    "DeliveryTermId",
    "DeliveryMethodId",
    "CustomerIsPrivatePerson",
    "IncludesVat",
    "Number",
    "ModifiedUtc",
    "SalesDocumentAttachments",
    "MessageThreads",
    "Notes",
    "MaxAllowedTaxReductionAmount",
    "RotReducedInvoicingPercent",
    "IsNotDelivered",
    "ContributionMargin",
    "CreatedFromQuoteId",
    "BackgroundId",
];
const DAYS: [&str; 3] = ["OrderDate", "DeliveryDate", "ShippedDateTime"];
const ROWS: RowKind = RowKind {
    quantity_scale: 4,
    flags: &["IsWorkCost", "EligibleForReverseChargeOnVat"],
    computed: &[
        "Id",
        "IsServiceArticle",
        "UnitId",
        "ArticleNumber",
        "Amount",
        "IsDiscountInFixedAmount",
        "DiscountFixedAmount",
        "VatRate",
        "ContributionMargin",
        "PurchasePrice",
        "FreightCosts",
    ],
};
/// The step that makes a draft an order; there is no way back.
const OPEN: &str = "open";
/// The step that makes an invoice of an order.
const INVOICE: &str = "invoice";
/// Steps, as people call them, with their paths and what they are called in errors.
const ACTS: [(&str, &str, &str); 4] = [
    (OPEN, "/orders/{id}/converteddrafttoorder", "make draft an order"),
    ("deliver", "/orders/{id}/completed", "ship order"),
    ("take_back", "/orders/{id}/voided", "take back shipping of order"),
    (INVOICE, "/orders/{id}/convert", "invoice order"),
];

#[derive(Debug)]
pub(crate) struct Orders {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Orders {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let mut columns = document::columns(&shared, 100);
        columns.extend(document::billing_columns());
        columns.push(column("CurrencyCode", document::content(Content::CURRENCY), Form::Text).exact(3).required());
        columns.push(column("OrderDate", Order::ORDERED_ON, Form::Day));
        columns.push(column("ShippedDateTime", Order::DELIVERED_ON, Form::Day).read_only());
        Self { shared, columns }
    }

    fn status(read: &Wire) -> Result<OrderStatus> {
        let code = read.whole("Status")?.into_value();
        code.and_then(OrderStatus::of).ok_or_else(|| {
            let what = match code {
                Some(code) => format!("Status {code} of an order is not known"),
                None => "Status of an order is missing".to_owned(),
            };
            Error::new(ErrorKind::Invalid, "decode", what).with_context("field", "Status")
        })
    }
    fn sums(read: &Wire) -> Result<Option<Sums>> {
        let amount = |name| read.number(name).map(Field::into_value);
        let Some(total) = amount("Amount")? else { return Ok(None) };
        let (vat, rounding) =
            (amount("VatAmount")?.unwrap_or_default(), amount("RoundingsAmount")?.unwrap_or_default());
        let includes_vat = read.flag("IncludesVat")?.into_value().unwrap_or(false);
        let net = rows::sum(read, "Amount")?.map(|sum| if includes_vat { sum - vat } else { sum });
        Ok(Some(Sums::of(total, vat, rounding, net, includes_vat)))
    }
    /// The day of a new order: the one given, else that of its moment where the company is.
    fn day(&self, order: &Order) -> Result<String> {
        let zone = self.shared.company.zone();
        let by_moment = order.ordered_at.value().map(|at| at.with_timezone(&zone).date_naive());
        let day = order.ordered_on.value().copied().or(by_moment);
        day.map(|day| day.to_string()).ok_or_else(|| {
            let what = "an order needs the day on which it was placed (ordered_on)";
            Error::new(ErrorKind::Invalid, "encode", what).with_context("field", Order::ORDERED_ON)
        })
    }
    fn begin(&self, encode: &Encode<'_, Wire>, order: &Order, body: &mut Wire) -> Result<()> {
        body.set("OrderDate", self.day(order)?);
        body.set("Status", OrderStatus::to_create(order.fulfilment.value().copied()).code());
        body.set("EuThirdParty", false);
        body.set("RotReducedInvoicingType", 0);
        body.set("ReverseChargeOnConstructionServices", false);
        if let Some(mark) = encode.mark() {
            body.set(self.shared.config.mark.name(), mark);
        }
        Ok(())
    }
}

/// What is delivered of each line, and of the whole.
fn delivered(read: &Wire) -> Result<(Field<Lines<DeliveredLine>>, Delivered)> {
    let mut lines = Vec::new();
    let (mut any, mut rest) = (false, false);
    for (row, at) in read.rows("Rows")?.into_value().unwrap_or_default().iter().zip(1_i64..) {
        let (Field::Set(ordered), Field::Set(done)) = (row.number("Quantity")?, row.number("DeliveredQuantity")?)
        else {
            continue;
        };
        if !row.id("ArticleId")?.is_set() {
            continue;
        }
        any |= !done.is_zero();
        rest |= done.abs() < ordered.abs();
        let key = row.whole("LineNumber")?.into_value().unwrap_or(at);
        let line = DeliveredLine::new().key(key.to_string()).sku(row.text("ArticleNumber")?);
        lines.push(line.delivered(done.normalize()).remaining((ordered - done).normalize()));
    }
    let whole = match (any, rest) {
        (false, _) => Delivered::Nothing,
        (true, true) => Delivered::Some,
        (true, false) => Delivered::All,
    };
    Ok((if lines.is_empty() { Field::Unknown } else { lines.into() }, whole))
}

impl StreamHandler for Orders {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        ORDERS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        can.holds.set(Order::STAGE, OrderStage::Order.word());
        columns::declare(&self.columns, &mut can);
        document::declare(&mut can, true);
        let (shown, given) = (FieldCapability::read_only, FieldCapability::read_write);
        for path in [Order::NUMBER, Order::STAGE, Order::INVOICING, Order::DELIVERED, own("status")] {
            can.fields.insert(path, shown());
        }
        can.fields.insert(Order::CUSTOMER, given().required());
        let mut fulfilment = given();
        fulfilment.write_on_update = false;
        can.fields.insert(Order::FULFILMENT, fulfilment);
        let mut moment = FieldCapability::default();
        moment.write_on_create = true;
        can.fields.insert(Order::ORDERED_AT, moment);
        let mark = own(self.shared.config.mark.name());
        can.fields.insert(mark, shown());
        self.shared.declare(&ORDERS, &mut can, false, &[(self.shared.config.mark.name(), mark)]);
        let mut document = document::capability(ROWS.quantity_scale);
        if !self.shared.company.read_only {
            can.create = true;
            can.create_mark = Some(Mark { field: mark, max_len: self.shared.config.mark.max_len() });
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.remove = [RemoveMode::Delete].into();
            can.acts = ACTS.iter().map(|(act, ..)| (*act).to_owned()).collect();
            let (draft, open) = (Fulfilment::Draft.word(), Fulfilment::Open.word());
            document.steps.push(Step::new(OPEN, draft, open));
            declare_own(&self.shared.config.own_fields(ORDERS.name), &COMPUTED, &mut can);
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
            Ok(OrderStatus::Shipped) => Writable::Nothing(
                "it is shipped; take the delivery back in eEkonomi, or write another order".to_owned(),
            ),
            Ok(OrderStatus::Invoiced) => {
                Writable::Nothing("it is invoiced; credit the invoice and write another order".to_owned())
            }
            _ => rows::lock_of_fixed_discounts(read),
        };
        Head {
            version: Version { etag: None, modified_at: stamp("ModifiedUtc").or_else(|| stamp("CreatedUtc")) },
            created_at: stamp("CreatedUtc"),
            partial: rows::are_left_out(read, "Amount"),
            writable,
            mark: document::mark(&self.shared, read),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read)?;
        document::read_delivery(&self.shared, read, &mut fields)?;
        let mut order = Order::from_fields(&fields)?;
        let status = Self::status(read)?;
        let (lines, goods) = delivered(read)?;
        order.number = read.text("Number")?;
        order.customer = read.id("CustomerId")?.map(|id| Link::External(self.shared.link("customers", id)).into());
        order.fulfilment = match codes::fulfilment(status, goods, order.delivered_on.is_set()) {
            Some(fulfilment) => fulfilment.into(),
            None => Field::Unknown,
        };
        order.invoicing = status.invoicing().into();
        order.delivered = lines;
        order.content.lines = rows::decode(&self.shared, read, "Amount")?;
        order.content.prices_include_vat = read.flag("IncludesVat")?;
        if let Some(sums) = Self::sums(read)? {
            sums.put(&mut order.content);
        }
        let shown = Shown::of(ORDERS.name, &order).extras(&self.shared.own_fields(&ORDERS, read));
        let mark = read.text(self.shared.config.mark.name())?.into_value().unwrap_or_default();
        Ok(vec![shown.extra(own("status"), status.word()).extra(own(self.shared.config.mark.name()), mark)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut sent = encode.sent(ORDERS.name);
        let order: Order = encode.wanted(ORDERS.name)?;
        rows::check_whole(encode.current(), "Amount")?;
        let mut body = encode.current().map(replaced).unwrap_or_default();
        document::check_prices(&order.content, encode.current())?;
        if encode.is_create() {
            sent = document::without_empty_addresses(&sent);
        }
        columns::write(&self.columns, &sent, &mut body)?;
        document::write_delivery(&self.shared, &sent, &mut body)?;
        write_own(&sent, &mut body)?;
        if encode.sends(ORDERS.name, Order::CUSTOMER) {
            let customer = order.customer.value().and_then(|link| link.external());
            body.set("CustomerId", customer.map_or(Json::Null, |customer| Json::from(&*customer.id)));
        }
        if encode.is_create() {
            self.begin(encode, &order, &mut body)?;
        } else if sent.get(Order::ORDERED_ON).is_some() {
            body.set("OrderDate", self.day(&order)?); // an order always has one
        }
        if encode.sends(ORDERS.name, document::content(Content::LINES)) {
            let old = body.rows("Rows")?.into_value().unwrap_or_default();
            let currency = body.text("CurrencyCode")?;
            let currency = currency.value().map(String::as_str);
            body.set("Rows", rows::encode(&self.shared, &ROWS, &order.content, currency, &old)?);
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &ORDERS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &ORDERS, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let mark = self.shared.config.mark.name();
        self.shared.find(cx, &ORDERS, by, |path, text| (path == own(mark)).then(|| equals(mark, text))).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &ORDERS, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &ORDERS, id, body).await
    }
    async fn act(&self, cx: &Context, id: &str, act: &str, _: &FieldMap, _: &Write) -> Result<Answer> {
        let Some((_, path, operation)) = ACTS.iter().find(|(known, ..)| *known == act) else {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("an order has no step '{act}'")));
        };
        let invoices = act == INVOICE;
        // the body of a conversion is about house work only
        let none = Wire::default();
        let answer = self.shared.api.step(cx, operation, path, id, &[], invoices.then_some(&none)).await?;
        Ok(if invoices { shown(&answer, None).moved_to("customerinvoices") } else { shown(&answer, Some(id)) })
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, &ORDERS, id).await
    }
}

/// What goes back of an order that is replaced: all that the vendor does not compute, rows and persons too.
fn replaced(current: &Wire) -> Wire {
    let mut body = current.clone().without(&COMPUTED).with_plain_days(&DAYS);
    super::strip(&mut body, "Rows", ROWS.computed);
    super::strip(&mut body, "Persons", &["Id"]);
    body
}
