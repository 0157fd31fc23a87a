//! From an order to its shipment and its invoice.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    accept::accept_action,
    collection, documents,
    hooks::Happened,
    masters::move_stock,
    orders::{fill::Making, problem::Problems},
    refusal::Refusal,
    store::{Company, ORDERS, view},
    switches::ACTION_STATUS,
    value::{
        Fields, amount, at, day, flag, list, number, object, rows, set_at, shown_day, shown_utc, text, text_at, whole,
    },
    write::Draft,
};

/// What was tried, as refusals name it.
const SHIP: &str = "Error creating the shipment.";

/// Checks a changed shipment: only an open one changes, and only in what its body can name.
pub(super) fn settle(draft: &mut Draft<'_>) {
    if draft.old.is_none() {
        return draft.refuse("Shipments are made of orders.");
    }
    if !matches!(draft.old.map(|old| text(old, "status")), Some("Open" | "Hold")) {
        return draft.refuse("The shipment cannot be updated in its status.");
    }
    // These are references in answers; their registers are not here.
    for name in [
        "location",
        "customer",
        "owner",
        "fromWarehouse",
        "toWarehouse",
        "shipVia",
        "fobPoint",
        "shippingTerms",
        "shippingZone",
        "transactionType",
        "modeOfTrasport",
    ] {
        let old = draft.old.and_then(|old| old.get(name)).cloned();
        set_at(&mut draft.new, name, old.unwrap_or_default());
    }
    let hold = flag(&draft.new, "hold");
    draft.new.insert("status".into(), json!(if hold { "Hold" } else { "Open" }));
    documents::each_line(
        draft,
        "shipmentPackageLines",
        ("shipmentPackageLineUpdate", "packageDetailLine"),
        |_, _, _| {},
    );
    documents::each_line(
        draft,
        "shipmentDetailLines",
        ("shipmentDetailLineUpdate", "shipmentDetailLine"),
        |_, _, line| {
            // Names of places are written bare and read as references.
            for name in ["warehouse", "location"] {
                if line.get(name).is_some_and(Value::is_string) {
                    let key = line.remove(name).unwrap_or_default();
                    line.insert(name.into(), json!({ "id": key }));
                }
            }
        },
    );
    let shipped = super::listing::sum(rows(&draft.new, "shipmentDetailLines"), "shippedQty");
    draft.new.insert("shippedQuantity".into(), number(shipped));
}

/// The answer to an action that makes something.
pub(super) fn made(company: &mut Company, cx: &Cx<'_>, reference: &str, more: Option<(&str, Fields)>) -> Reply {
    if cx.switches.is(&ACTION_STATUS, "204") {
        return Reply::empty(204);
    }
    let action = company.action_id();
    let mut body = object(json!({ "referenceNumber": reference, "actionId": action, "actionResult": "Done" }));
    body.extend(more.map(|(name, fields)| (name.to_owned(), Value::Object(fields))));
    Reply::json(200, &body)
}

impl Company {
    /// `createShipment` of an order: body and address together name it.
    pub(super) fn create_shipment(
        &mut self,
        cx: &Cx<'_>,
        order_number: &str,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let given = accept_action("createShipmentAction", request, cx.switches)?;
        for name in ["orderType", "shipmentDate", "shipmentWarehouse"] {
            if text(&given, name).is_empty() {
                return Err(Refusal::business(SHIP, format!("'{name}' cannot be empty.")));
            }
        }
        if !matches!(text(&given, "operation"), "" | "I" | "Issue") {
            return Err(Refusal::business(SHIP, "The operation does not fit the order."));
        }
        let id = self.order(text(&given, "orderType"), order_number);
        let id =
            id.ok_or_else(|| Refusal::Key(format!("Sales order '{order_number}' cannot be found in the system.")))?;
        let date = day(text(&given, "shipmentDate")).map(shown_day).unwrap_or_default();
        let number = self.ship(cx, id, text(&given, "shipmentWarehouse"), date)?;
        let known = collection::named("shipments");
        let record = known.and_then(|known| Some((known, self.by_key(known, &number)?.1)));
        let shown = record
            .filter(|_| flag(&given, "returnShipmentDto"))
            .map(|(known, record)| view(known, record, cx.switches));
        Ok(made(self, cx, &number, shown.map(|shown| ("shipmentDto", shown))))
    }

    /// Makes a shipment of what an order still wants of a warehouse; gives its number.
    pub(super) fn ship(&mut self, cx: &Cx<'_>, id: u64, warehouse: &str, date: Value) -> Result<String, Refusal> {
        let mut order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        if !matches!(text(&order, "status"), "Open" | "BackOrder") || text(&order, "_behavior") != "SalesOrder" {
            let rule = format!("The order has the status '{}' and cannot be shipped.", text(&order, "status"));
            return Err(Refusal::business(SHIP, rule));
        }
        let Some(place) = self.named("warehouses", warehouse).map(|record| record.fields.clone()) else {
            return Err(Refusal::business(SHIP, format!("Warehouse '{warehouse}' cannot be found in the system.")));
        };
        let mut lines = Vec::new();
        let mut parts = Vec::new();
        for mut line in rows(&order, "lines").cloned() {
            let wanted = amount(&line, "quantity").saturating_sub(amount(&line, "quantityOnShipments"));
            let elsewhere = !text(&line, "warehouseId").is_empty() && text(&line, "warehouseId") != warehouse;
            if !elsewhere && wanted > Decimal::ZERO {
                let there = self.to_ship(text_at(&line, "inventory.id"), warehouse).unwrap_or(wanted);
                if there < wanted && text(&line, "shippingRule") == "ShipComplete" {
                    return Err(Refusal::Status(409, "The order cannot be shipped completely.".into()));
                }
                let shipped = wanted.min(there).max(Decimal::ZERO);
                if !shipped.is_zero() {
                    let sum = amount(&line, "quantityOnShipments").saturating_add(shipped);
                    parts.push(detail(&order, &line, &place, (shipped, wanted), parts.len()));
                    line.insert("quantityOnShipments".into(), number(sum));
                }
            }
            lines.push(line);
        }
        if parts.is_empty() {
            return Err(Refusal::business(SHIP, "There are no lines to ship."));
        }
        let taken = |company: &Self, number: &str| company.find("shipments", "shipmentNumber", number).is_some();
        let reference = self.next_number("shipments", 1, taken);
        let shipped = super::listing::sum(parts.iter(), "shippedQty");
        let shipment = self.shipment_of(&order, &place, &reference, (parts, shipped), &date);
        let made = self.next_id("shipments");
        self.add(cx, "shipments", made, shipment);
        let mut shipments = rows(&order, "shipments").cloned().collect::<Vec<_>>();
        let on = day(date.as_str().unwrap_or_default())
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .map(|at| shown_utc(at.and_utc()));
        shipments.push(object(json!({ "id": reference, "type": "Shipment", "date": on, "quantity": number(shipped), "weight": 0, "volume": 0,
            "invoiceType": null, "invoiceId": null, "inventoryDocumentType": null, "inventoryReferenceId": null })));
        order.insert("shipments".into(), list(shipments));
        order.insert("lines".into(), list(lines));
        order.insert("status".into(), json!("Shipping"));
        self.recount(cx, id, order);
        self.tell_by_id(cx, "shipments", made, Happened::Created);
        Ok(reference)
    }

    /// How much of a stock item can be shipped; none for one without stock.
    fn to_ship(&self, item: &str, warehouse: &str) -> Option<Decimal> {
        let (_, record) = self.find("items", "inventoryNumber", item)?;
        if !flag(&record.fields, "stockItem") {
            return None;
        }
        let detail = rows(&record.fields, "warehouseDetails").find(|row| text(row, "warehouse") == warehouse);
        Some(detail.map(|row| amount(row, "availableForShipment")).unwrap_or_default())
    }

    fn shipment_of(
        &self,
        order: &Fields,
        place: &Fields,
        reference: &str,
        lines: (Vec<Fields>, Decimal),
        date: &Value,
    ) -> Fields {
        let (parts, shipped) = lines;
        let owner =
            self.find("customers", "number", text_at(order, "customer.id")).map(|(_, record)| record.fields.clone());
        let owner = owner.unwrap_or_default();
        let mut shipment = object(
            json!({ "shipmentNumber": reference, "shipmentType": "Issue", "status": "Open", "hold": false,
            "operation": "Issue", "shipmentDate": date,
            "customer": { "internalId": whole(&owner, "internalId"), "number": text(&owner, "number"), "name": text(&owner, "name") },
            "fromWarehouse": { "id": text(place, "warehouseID"), "description": text(place, "description") },
            "currencyId": text(order, "currencyId"), "shippedQuantity": number(shipped), "shippedWeight": 0, "shippedVolume": 0,
            "packages": 0, "packagesWeight": 0, "packagesVolume": 0, "controlQuantity": number(shipped), "freightCost": 0,
            "freightAmt": 0, "shipmentPackageLines": [],
            "shipmentOrderLines": [{ "orderType": text(order, "type"), "orderNbr": text(order, "orderId"),
                "shippedQty": number(shipped), "shippedWeight": 0, "shippedVolume": 0 }] }),
        );
        shipment.insert("shipmentDetailLines".into(), list(parts));
        if let Some(location) = owner.get("location") {
            shipment.insert("location".into(), location.clone());
        }
        let mut address = Fields::new();
        for (from, to) in [
            ("line1", "addressLine1"),
            ("line2", "addressLine2"),
            ("line3", "addressLine3"),
            ("postalCode", "postalCode"),
            ("city", "city"),
            ("country", "country"),
            ("county", "county"),
        ] {
            if let Some(value) = at(order, &format!("shipping.address.{from}")) {
                address.insert(to.into(), value.clone());
            }
        }
        shipment.insert("deliveryAddress".into(), Value::Object(address));
        shipment.insert("deliveryContact".into(), at(order, "shipping.contact").cloned().unwrap_or_default());
        shipment
    }

    /// An order whose lines were shipped or billed: its sums follow.
    pub(super) fn recount(&mut self, cx: &Cx<'_>, id: u64, order: Fields) {
        let mut making = Making { company: self, cx, order, problems: Problems::default() };
        making.finish();
        let order = making.order;
        self.keep_order(cx, id, order);
    }

    pub(super) fn tell_by_id(&mut self, cx: &Cx<'_>, name: &str, id: u64, happened: Happened) {
        if let Some(known) = collection::named(name) {
            self.tell(cx, known, id, happened);
        }
    }

    /// `confirmShipment`, `correctShipment` and `cancelShipment`.
    pub(super) fn shipment_action(&mut self, cx: &Cx<'_>, id: u64, action: &str) -> Result<Reply, Refusal> {
        let shipment = self.get("shipments", id).map(|record| record.fields.clone()).unwrap_or_default();
        let (from, to, stock) = match action {
            "confirmshipment" => ("Open", "Confirmed", -1),
            "correctshipment" => ("Confirmed", "Open", 1),
            "cancelshipment" => ("Open", "Cancelled", 0),
            _ => return Err(Refusal::Path),
        };
        if text(&shipment, "status") != from {
            let rule = format!("The shipment has the status '{}'.", text(&shipment, "status"));
            return Err(Refusal::business("Error updating the shipment.", rule));
        }
        for line in rows(&shipment, "shipmentDetailLines") {
            let by = amount(line, "shippedQty").saturating_mul(Decimal::from(stock));
            if !by.is_zero() {
                move_stock(self, cx, text(line, "inventoryNumber"), text_at(line, "warehouse.id"), by);
            }
        }
        self.change(cx, "shipments", id, |fields| drop(fields.insert("status".into(), json!(to))));
        self.tell_by_id(cx, "shipments", id, Happened::Status);
        self.order_after(cx, &shipment, to);
        let action = self.action_id();
        Ok(Reply::json(200, &json!({ "actionId": action, "actionResult": "Done" })))
    }

    /// The order of a shipment that was confirmed, opened again or cancelled.
    fn order_after(&mut self, cx: &Cx<'_>, shipment: &Fields, status: &str) {
        let Some(first) = rows(shipment, "shipmentOrderLines").next() else { return };
        let Some(id) = self.order(text(first, "orderType"), text(first, "orderNbr")) else { return };
        let mut order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        if status == "Cancelled" {
            let shipped = |line: &Fields| {
                let ours =
                    rows(shipment, "shipmentDetailLines").filter(|row| row.get("orderLineNbr") == line.get("lineId"));
                super::listing::sum(ours, "shippedQty")
            };
            let lines = rows(&order, "lines").cloned().map(|mut line| {
                let left = amount(&line, "quantityOnShipments").saturating_sub(shipped(&line));
                line.insert("quantityOnShipments".into(), number(left));
                line
            });
            let lines = list(lines.collect::<Vec<_>>());
            let kept =
                rows(&order, "shipments").filter(|row| text(row, "id") != text(shipment, "shipmentNumber")).cloned();
            let kept = list(kept.collect::<Vec<_>>());
            order.insert("lines".into(), lines);
            order.insert("shipments".into(), kept);
        }
        let whole = |line: &Fields| amount(line, "quantityOnShipments") >= amount(line, "quantity");
        let confirmed = status == "Confirmed";
        let lines = rows(&order, "lines").cloned().map(|mut line| {
            let done = confirmed && whole(&line);
            line.insert("completed".into(), json!(done));
            line.insert("openLine".into(), json!(!done));
            line
        });
        let lines = lines.collect::<Vec<_>>();
        let all = lines.iter().all(whole);
        order.insert("lines".into(), list(lines));
        let word = match status {
            "Confirmed" if all => "Completed",
            "Confirmed" => "BackOrder",
            "Open" => "Shipping",
            _ => "Open",
        };
        order.insert("status".into(), json!(word));
        self.recount(cx, id, order);
    }
}

fn detail(
    order: &Fields,
    line: &Fields,
    place: &Fields,
    (shipped, wanted): (Decimal, Decimal),
    before: usize,
) -> Fields {
    let mut row = object(
        json!({ "lineNumber": before.saturating_add(1), "orderType": text(order, "type"), "orderNbr": text(order, "orderId"),
        "orderLineNbr": whole(line, "lineId"), "inventoryNumber": text_at(line, "inventory.id"), "freeItem": false,
        "warehouse": { "id": text(place, "warehouseID"), "description": text(place, "description") },
        "uom": text(line, "unitOfMeasure"), "shippedQty": number(shipped), "orderedQty": number(amount(line, "quantity")),
        "openQty": number(wanted.saturating_sub(shipped)), "description": text(line, "description") }),
    );
    if let Some(link) = line.get("externalLink") {
        row.insert("externalLink".into(), link.clone());
    }
    row
}
