//! Orders: read with their rows, addresses, customer, status and external services; written are status, tracking and
//! our mark.
//!
//! Setting a status is an action on money and mail: the vendor mails the shopper and captures or cancels the payment
//! unless told not to. Both flags are in every request, and are false for every effect that is not named.

mod decode;
mod lines;
mod wire;
mod write;

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Field, FieldPath, StreamId, StreamKey, SystemId,
    capability::{FieldCapability, Listing, Shows, Since, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Writable, Write},
    error::{ErrorKind, Result},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Content, Order as Canonical, Organisation},
};
use sync_http::Request;

use self::{
    decode::Reading,
    wire::{Order, Row},
    write::{CANCEL_PAYMENT, CAPTURE, MARKER, Marker, NOTIFY_BUYER, OrderWrite, STATUS, ServiceBody, TRACKING_MAX},
};
use super::{
    Own,
    customers::{ADDRESS, CUSTOMERS, OF_ORGANISATION},
    own_fields, own_paths, reads,
    walk::{OVERLAP_S, PAGE, Walk, Window, stamp},
};
use crate::{
    client::Shop,
    codes::Lists,
    config::{Config, MARKER_MAX},
    wire::Whole,
};

/// The host stream.
pub(crate) const ORDERS: &str = "orders";
/// The buyer on an order that has no customer in the register.
pub(crate) const BUYER: &str = "order_buyer";

const OWN: &Own = &[
    ("isComplete", "is_complete"),
    ("statusId", "status_id"),
    ("customerId", "customer_id"),
    ("paymentMethodId", "payment_method_id"),
    ("paymentMethodIdCode", "payment_method_id_code"),
    ("paymentMethodExternalId", "payment_method_external_id"),
    ("paymentMethodName", "payment_method_name"),
    ("paymentReference", "payment_reference"),
    ("paymentStatus", "payment_status"),
    ("shippingMethodId", "shipping_method_id"),
    ("shippingMethodExternalId", "shipping_method_external_id"),
    ("shippingMethodName", "shipping_method_name"),
    ("shippingTrackerType", "shipping_tracker_type"),
    ("customInfo1", "custom_info_1"),
    ("customInfo2", "custom_info_2"),
    ("customInfo3", "custom_info_3"),
    ("customInfo4", "custom_info_4"),
    ("originalCustomerCustomInfo1", "buyer_custom_info_1"),
    ("originalCustomerCustomInfo2", "buyer_custom_info_2"),
    ("externalId", "external_id"),
    ("externalIdType", "external_id_type"),
    ("baseCurrencyCode", "base_currency"),
    ("shopCountryCode", "shop_country"),
    ("currencyExchangeRate", "currency_exchange_rate"),
    ("currencyPrecision", "currency_precision"),
    ("totalAmountInBaseCurrency", "total_amount_in_base_currency"),
    ("totalVatInBaseCurrency", "total_vat_in_base_currency"),
    ("amountToPayInBaseCurrency", "amount_to_pay_in_base_currency"),
    ("amountPaidInBaseCurrency", "amount_paid_in_base_currency"),
    ("totalWeight", "total_weight"),
    ("sendEmailsOnStatusChange", "sends_mails"),
    ("hasComments", "has_comments"),
    ("isRead", "is_read"),
];
const LIST: &str = "list orders";
/// A single order can be asked for with these, so a list is asked for with no more.
const INCLUDE: &str = "items,addresses,externalServices,status,customer";

/// The handler.
#[derive(Debug)]
pub(crate) struct Orders {
    shop: Shop,
    reading: Reading,
    unfinished: bool,
}

impl Orders {
    pub(crate) fn new(shop: Shop, system: &SystemId, config: &Config, lists: Lists) -> Self {
        let reading = Reading {
            customers: StreamKey::new(system.clone(), CUSTOMERS),
            buyers: StreamKey::new(system.clone(), BUYER),
            lists,
            addresses: config.addresses.clone(),
            marker: config.marker.clone(),
        };
        Self { shop, reading, unfinished: config.unfinished_orders }
    }
    /// Sets, changes or removes our external service. A change of one that is not there is answered 404.
    async fn mark(&self, cx: &Context, id: &str, marker: &Marker) -> Result<()> {
        const ONE: &str = "/orders/{id}/external-services/{name}";
        let name = &self.reading.marker;
        let Some(value) = &marker.value else {
            let request = Request::delete("remove marker", ONE).path("id", id).path("name", name);
            return match self.shop.write(cx, request).await {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()), // as wanted
                other => other,
            };
        };
        let body = ServiceBody { service_name: name, external_id_value: value };
        if marker.is_there != Some(false) {
            let request = Request::patch("change marker", ONE).path("id", id).path("name", name).json(&body);
            match self.shop.write(cx, request).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => return other,
            }
        }
        let request = Request::post("set marker", "/orders/{id}/external-services").path("id", id).json(&body);
        self.shop.write(cx, request).await
    }
}

impl StreamHandler for Orders {
    type Row = Row;
    type Read = Whole<Order>;
    type Body = OrderWrite;

    fn stream(&self) -> StreamId {
        ORDERS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        // whether external services and the end of a payment move the stamp is not documented
        let since = Since { precision_ms: 1000, inclusive: true, lag_s: OVERLAP_S, ascending: false, misses: true };
        // Orders with an unfinished payment are not listed unless that is set. One that a webhook named is then absent
        // from the listing and is asked for by id, which gives it: such an absence costs a call and removes nothing.
        can.list = Some(Listing::complete(PAGE).since(since));
        can.get_max = 1;
        can.stamps = true;
        can.update = UpdateMode::Merge;
        can.effects = [NOTIFY_BUYER, CAPTURE, CANCEL_PAYMENT].map(str::to_owned).into();
        reads(&mut can, OF_ORDER);
        reads(&mut can, OF_CONTENT.map(|leaf| Canonical::CONTENT.join(leaf.as_str())));
        for at in [Content::BILLING, Content::DELIVERY] {
            reads(&mut can, ADDRESS.map(|leaf| Canonical::CONTENT.join(at.as_str()).join(leaf.as_str())));
        }
        reads(&mut can, own_paths(OWN));
        let later = || {
            let mut field = FieldCapability::read_only();
            field.write_on_update = true;
            field
        };
        let mut status = later();
        status.one_of = Some(self.reading.lists.statuses.iter().map(|status| status.word.clone()).collect());
        let mut carrier = later();
        carrier.one_of = Some(self.reading.lists.carriers.iter().map(|carrier| carrier.id.to_string()).collect());
        can.fields.insert(STATUS, status);
        can.fields.insert(Canonical::TRACKING.join("carrier"), carrier);
        can.fields.insert(Canonical::TRACKING.join("number"), later().cut_to(TRACKING_MAX).exact());
        can.fields.insert(MARKER, later().cut_to(u32::try_from(MARKER_MAX).unwrap_or(u32::MAX)).exact());
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut buyer = StreamCapability::new(EntityKind::Organisation);
        buyer.shows = Shows::Snapshot;
        buyer.holds.set(Organisation::IS_CUSTOMER, true);
        reads(&mut buyer, OF_ORGANISATION);
        reads(&mut buyer, [Organisation::IS_CUSTOMER]);
        for at in [Organisation::BILLING, Organisation::DELIVERY] {
            reads(&mut buyer, ADDRESS.map(|leaf| at.join(leaf.as_str())));
        }
        vec![(BUYER.into(), buyer)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.order_id.to_string()
    }
    fn head(&self, read: &Self::Read) -> Head {
        let order = &read.known;
        let locked = order.service(&self.reading.marker).is_some_and(|service| service.read_only.get() == Some(true));
        Head {
            version: Version { etag: None, modified_at: order.modified_at.get().map(|at| at.to_utc()) },
            writable: if locked { Writable::Except([MARKER].into()) } else { Writable::All },
            ..Head::default()
        }
    }
    fn decode(&self, read: &Self::Read) -> Result<Vec<Shown>> {
        let mut own = own_fields(&read.all, OWN);
        if let Some(status) = self.reading.status(&read.known) {
            own.set(STATUS, status.word);
        }
        match self.reading.marker(&read.known) {
            Field::Unknown => {}
            Field::Empty => own.set(MARKER, ""),
            Field::Set(value) => own.set(MARKER, value),
        }
        let host = Shown::of(self.stream(), &self.reading.order(&read.known)?).extras(&own);
        let buyer = self.reading.buyer(&read.known).map(|buyer| Shown::of(BUYER, &buyer));
        Ok([host].into_iter().chain(buyer).collect())
    }
    fn encode(&self, encode: &Encode<'_, Self::Read>) -> Result<Self::Body> {
        self.reading.encode(encode)
    }
    fn unchanged(&self, body: &Self::Body, current: &Self::Read) -> bool {
        self.reading.unchanged(body, &current.known)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, _page_size: u32) -> Result<RawPage> {
        let walk = Walk::from(LIST, from)?;
        let mut request = Request::get(LIST, "/orders").query("include", INCLUDE).query("page", walk.page());
        if self.unfinished {
            request = request.query("includeNonCompletePayments", true);
        }
        let sort = |request: Request, by, order| request.query("sortBy", by).query("sortOrder", order);
        match walk.window {
            Window::All => {
                let page = self.shop.page(cx, sort(request, "orderId", "ASC")).await?;
                walk.turn(LIST, page)
            }
            Window::CreatedSince(at) => {
                let request = sort(request, "orderId", "ASC").query("ordersCreatedAfter", stamp(at));
                let page = self.shop.page(cx, request).await?;
                walk.turn(LIST, page)
            }
            Window::ModifiedSince(_) => {
                let page = self.shop.page(cx, sort(request, "modifiedAt", "DESC")).await?;
                walk.turn_back(LIST, page)
            }
        }
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            let request = Request::get("get order", "/orders/{id}").path("id", id).query("include", INCLUDE);
            found.extend(self.shop.record(cx, request).await?);
        }
        Ok(found)
    }
    /// The marker goes first: setting it twice does no harm, while an order's PATCH may mail and capture.
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        if let Some(marker) = &body.marker {
            self.mark(cx, id, marker).await?;
        }
        if let Some(patch) = &body.patch {
            let request = Request::patch("update order", "/orders/{id}").path("id", id).json(patch);
            self.shop.write(cx, request).await?;
        }
        Ok(Answer::done())
    }
}

const OF_ORDER: [FieldPath; 10] = [
    Canonical::NUMBER,
    Canonical::STAGE,
    Canonical::CUSTOMER,
    Canonical::ORDERED_AT,
    Canonical::ORDERED_ON,
    Canonical::FULFILMENT,
    Canonical::PAYMENT,
    Canonical::PAID,
    Canonical::LOCATION,
    Canonical::NOTE,
];
const OF_CONTENT: [FieldPath; 13] = [
    Content::LINES,
    Content::NET,
    Content::VAT,
    Content::GROSS,
    Content::CURRENCY,
    Content::EXCHANGE_RATE,
    Content::PRICES_INCLUDE_VAT,
    Content::PAYMENT_METHOD,
    Content::PAYMENT_TERMS,
    Content::DELIVERY_METHOD,
    Content::BUYER_REFERENCE,
    Content::DISCOUNT_CODE,
    Content::LANGUAGE,
];
