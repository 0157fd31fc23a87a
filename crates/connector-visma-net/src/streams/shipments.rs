//! What has been sent of an order. The canonical model has no shipment, so an order shows what its shipments say: when
//! the latest left, where its parcel is, which invoices came of them.
//!
//! An order names its shipments, and only a shipment says whether it left and with which parcels: a call for the order and
//! one for each shipment, where the configuration asks for them. An order of which no row is on a shipment costs none.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    Context, Field, FieldMap, Result, Value,
    capability::{FieldCapability, StreamCapability},
    model::{Order, Tracking},
};
use sync_http::Request;

use super::Shared;
use crate::{
    client::key,
    columns::{own, within},
    wire::Wire,
};

const OPERATION: &str = "read shipments";
/// What is put beside what the vendor says of an order.
pub(super) const SHIPMENTS: &str = "shipments";
/// What is put beside what the order says of a shipment: the shipment itself.
const ITSELF: &str = "shipment";
/// The goods have left.
const GONE: [&str; 5] = ["Completed", "Confirmed", "Invoiced", "PartiallyInvoiced", "Receipted"];
/// Numbers of the shipments, and of all parcels.
const OWN: [&str; 2] = ["shipments", "trackingNumbers"];

/// What can be shown of shipments.
pub(super) fn declare(can: &mut StreamCapability) {
    let shown = [
        (Order::DELIVERED_ON, "shipment.shipmentDate"),
        (Order::INVOICE_NUMBERS, "shipment.invoiceId"),
        (within(Order::TRACKING, Tracking::NUMBER), "shipment.shipmentPackageLines.trackingNumber"),
        (within(Order::TRACKING, Tracking::CARRIER), "shipment.shipVia.id"),
    ];
    can.fields.extend(shown.map(|(path, name)| (path, FieldCapability::read_only().called(name))));
    can.fields.extend(OWN.map(|name| (own(name), FieldCapability::read_only())));
}

/// The shipments of an order, each with what it says itself. None are asked for where no row was shipped or billed.
pub(super) async fn read(
    cx: &Context,
    shared: &Shared,
    order_type: &str,
    id: &str,
    rows: &[Wire],
) -> Result<Vec<Json>> {
    let nothing = |row: &Wire, at: &str| row.amount(at).ok().and_then(Field::into_value) == Some(Decimal::ZERO);
    if rows.iter().all(|row| nothing(row, "quantityOnShipments") && nothing(row, "billedQuantity")) {
        return Ok(Vec::new());
    }
    let request = Request::get(OPERATION, "/api/v3/SalesOrders/{type}/{id}/shipment");
    let request = request.path("type", order_type).path("id", id);
    let Some(answer) = shared.api.order_record(cx, request).await? else { return Ok(Vec::new()) };
    let mut shipments: Vec<Wire> = answer.json()?;
    for shipment in &mut shipments {
        // what was invoiced without a shipment is listed without a number
        let Field::Set(number) = shipment.text("id")? else { continue };
        let request = Request::get(OPERATION, "/v1/shipment/{id}").path("id", key(&number));
        if let Some(itself) = shared.api.read_if_there(cx, request).await? {
            shipment.set(ITSELF, kept(&itself.json()?));
        }
    }
    Ok(shipments.into_iter().map(Wire::into_json).collect())
}

/// What is wanted of a shipment: the rest, its stamp among it, changes by itself.
fn kept(shipment: &Wire) -> Json {
    let names = ["status", "shipmentDate", "shipVia", "shipmentPackageLines"];
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), shipment.get(name)?.clone())));
    Json::Object(members.collect())
}

/// Puts what the shipments of an order say into it, and what else they show into `extras`. A row of a list says nothing.
pub(super) fn show(shared: &Shared, read: &Wire, order: &mut Order, extras: &mut FieldMap) -> Result<()> {
    let mut shipments = match read.rows(SHIPMENTS)? {
        Field::Unknown => return Ok(()),
        shipments => shipments.into_value().unwrap_or_default(),
    };
    // the latest one last; one without a day is still to come
    shipments.sort_by_cached_key(|shipment| day(shared, shipment).unwrap_or(NaiveDate::MAX));
    let (mut numbers, mut invoices, mut parcels) = (Vec::new(), Vec::new(), Vec::new());
    (order.delivered_on, order.tracking.number, order.tracking.carrier) = (Field::Empty, Field::Empty, Field::Empty);
    for shipment in &shipments {
        numbers.extend(shipment.text("id")?.into_value());
        let invoice = shipment.text("invoiceId")?.into_value();
        invoices.extend(invoice.filter(|invoice| !invoices.contains(invoice)));
        if !GONE.contains(&shipment.text("shipment.status")?.as_deref().unwrap_or_default()) {
            continue;
        }
        if let Some(day) = day(shared, shipment) {
            order.delivered_on = Field::Set(day);
        }
        let mut own_parcels = Vec::new();
        for parcel in shipment.rows("shipment.shipmentPackageLines")?.into_value().unwrap_or_default() {
            own_parcels.extend(parcel.text("trackingNumber")?.into_value());
        }
        if let Some(first) = own_parcels.first() {
            order.tracking.number = Field::Set(first.clone());
            order.tracking.carrier = shipment.text("shipment.shipVia.id")?.or(Field::Empty);
        }
        parcels.extend(own_parcels);
    }
    order.invoice_numbers = invoices.join(", ").into();
    for (name, all) in OWN.into_iter().zip([numbers, parcels]) {
        extras.set(own(name), if all.is_empty() { Value::Null } else { Value::from(all.join(", ")) });
    }
    Ok(())
}

/// When a shipment leaves.
fn day(shared: &Shared, shipment: &Wire) -> Option<NaiveDate> {
    let at = |at| shipment.day(at, shared.api.zone).ok().and_then(Field::into_value);
    at("shipment.shipmentDate").or_else(|| at("date"))
}
