//! From an order, or its shipments, to its invoice; and orders that are cancelled.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply};

use super::{
    collection, documents,
    hooks::Happened,
    refusal::Refusal,
    shape::shape,
    shipping::made,
    store::{Company, ORDERS},
    switches::INVOICE_ORDER,
    value::{Fields, amount, at, list, number, object, rows, set_at, text, text_at, whole},
    write::{Draft, apply},
};

/// What was tried, as refusals name it.
const INVOICE: &str = "Error preparing the invoice.";

/// A part of an order to be invoiced.
#[derive(Clone, Debug)]
struct Part {
    shipment: String,
    line: Option<u64>,
    quantity: Decimal,
}

impl Company {
    /// `prepareInvoice`: an invoice of what is shipped and not yet billed.
    pub(super) fn prepare_invoice(&mut self, cx: &Cx<'_>, kind: &str, order_number: &str) -> Result<Reply, Refusal> {
        let id = self.order(kind, order_number);
        let id =
            id.ok_or_else(|| Refusal::Key(format!("Sales order '{order_number}' cannot be found in the system.")))?;
        let number = self.invoice_order(cx, id)?;
        Ok(made(self, cx, &number, None))
    }

    /// Makes the invoice of an order; gives its number.
    pub(super) fn invoice_order(&mut self, cx: &Cx<'_>, id: u64) -> Result<String, Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let direct = text(&order, "_behavior") == "Invoice" && cx.switches.is(&INVOICE_ORDER, "no");
        if direct && !matches!(text(&order, "status"), "Open") {
            return Err(Refusal::business(INVOICE, "The order cannot be invoiced in its status."));
        }
        let ready = if direct { self.unbilled(&order) } else { self.shipped(&order) };
        if ready.is_empty() {
            return Err(Refusal::business(INVOICE, "There is nothing to invoice."));
        }
        let reference = self.invoice_of(cx, &order, &ready)?;
        let mut order = order;
        let lines = rows(&order, "lines").cloned().map(|mut line| {
            let billed = ready
                .iter()
                .filter(|part| part.line == whole(&line, "lineId"))
                .map(|part| part.quantity)
                .sum::<Decimal>();
            let sum = amount(&line, "billedQuantity").saturating_add(billed);
            line.insert("billedQuantity".into(), number(sum));
            line
        });
        let lines = list(lines.collect::<Vec<_>>());
        let mut shipments = rows(&order, "shipments").cloned().collect::<Vec<_>>();
        if direct {
            shipments.push(object(json!({ "id": "", "type": "DropShip", "date": order.get("date"), "quantity": order.get("orderQty"), "weight": 0, "volume": 0 })));
            order.insert("status".into(), json!("Invoiced"));
        }
        for row in &mut shipments {
            if direct || ready.iter().any(|part| part.shipment == text(row, "id")) {
                row.insert("invoiceType".into(), json!("Invoice"));
                row.insert("invoiceId".into(), json!(reference));
            }
        }
        order.insert("lines".into(), lines);
        order.insert("shipments".into(), list(shipments));
        self.recount(cx, id, order);
        self.mark_shipments(cx, &ready, Some(&reference));
        Ok(reference)
    }

    /// What of an order without shipments is not billed.
    fn unbilled(&self, order: &Fields) -> Vec<Part> {
        let parts = rows(order, "lines").map(|line| Part {
            shipment: String::new(),
            line: whole(line, "lineId"),
            quantity: amount(line, "quantity").saturating_sub(amount(line, "billedQuantity")),
        });
        parts.filter(|part| !part.quantity.is_zero()).collect()
    }

    /// What of an order is on confirmed shipments that have no invoice.
    fn shipped(&self, order: &Fields) -> Vec<Part> {
        let open = rows(order, "shipments").filter(|row| text(row, "invoiceId").is_empty());
        let confirmed = open.filter_map(|row| self.find("shipments", "shipmentNumber", text(row, "id")));
        let confirmed = confirmed.filter(|(_, record)| text(&record.fields, "status") == "Confirmed");
        let parts = confirmed.flat_map(|(_, record)| {
            rows(&record.fields, "shipmentDetailLines").map(|line| Part {
                shipment: text(&record.fields, "shipmentNumber").to_owned(),
                line: whole(line, "orderLineNbr"),
                quantity: amount(line, "shippedQty"),
            })
        });
        parts.collect()
    }

    fn mark_shipments(&mut self, cx: &Cx<'_>, ready: &[Part], invoice: Option<&str>) {
        let mut seen = Vec::new();
        for part in ready.iter().filter(|part| !part.shipment.is_empty()) {
            let Some((id, _)) = self.find("shipments", "shipmentNumber", &part.shipment) else { continue };
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            self.change(cx, "shipments", id, |fields| {
                let status = if invoice.is_some() { "Invoiced" } else { "Confirmed" };
                fields.insert("status".into(), json!(status));
                let lines = rows(fields, "shipmentOrderLines").cloned().map(|mut line| {
                    set_at(&mut line, "invoiceType", invoice.map_or(Value::Null, |_| json!("Invoice")));
                    set_at(&mut line, "invoiceNbr", invoice.map_or(Value::Null, |number| json!(number)));
                    line
                });
                let lines = list(lines.collect::<Vec<_>>());
                fields.insert("shipmentOrderLines".into(), lines);
            });
            self.tell_by_id(cx, "shipments", id, Happened::Status);
        }
    }

    fn invoice_of(&mut self, cx: &Cx<'_>, order: &Fields, ready: &[Part]) -> Result<String, Refusal> {
        let known = collection::named("invoices").ok_or(Refusal::Path)?;
        let find = |id: Option<u64>| rows(order, "lines").find(|line| whole(line, "lineId") == id);
        let lines = ready.iter().enumerate().filter_map(|(place, part)| {
            let line = find(part.line)?;
            let mut row = object(json!({ "operation": "Insert", "lineNumber": place.saturating_add(1),
                "inventoryNumber": text_at(line, "inventory.id"), "description": text(line, "description"),
                "quantity": number(part.quantity), "uom": text(line, "unitOfMeasure"), "unitPriceInCurrency": line.get("unitPrice"),
                "discountPercent": line.get("discountPercent") }));
            if !text(line, "taxCategoryId").is_empty() {
                row.insert("vatCodeId".into(), json!(text(line, "taxCategoryId")));
            }
            Some(row)
        });
        let mut given =
            object(json!({ "customerNumber": text_at(order, "customer.id"), "currencyId": text(order, "currencyId") }));
        given.insert("invoiceLines".into(), list(lines.collect::<Vec<_>>()));
        for (to, from) in [
            ("customerRefNumber", "customer.order"),
            ("externalReference", "customer.refNo"),
            ("invoiceText", "description"),
            ("creditTermsId", "financialInformation.terms.id"),
            ("customerVatZoneId", "customer.taxZone.id"),
            ("documentDate", "financialInformation.invoiceDate"),
        ] {
            if let Some(value) = at(order, from).filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
                given.insert(to.into(), value.clone());
            }
        }
        let from_order = Fields::from_iter([("_fromOrder".to_owned(), json!(true))]);
        let mut new = from_order;
        let mut errors = Vec::new();
        let shapes = (shape(known.write), shape(known.read));
        apply(self, cx.switches, shapes, &given, &mut new, &mut errors);
        let mut draft = Draft { company: self, cx, given: &given, old: None, new, errors };
        documents::settle(&mut draft, true);
        if !draft.errors.is_empty() {
            return Err(Refusal::Business(INVOICE.into(), draft.errors));
        }
        let mut new = draft.new;
        let linked = rows(&new, "invoiceLines").cloned().zip(ready).map(|(mut line, part)| {
            line.insert("soOrderType".into(), json!(text(order, "type")));
            line.insert("soOrderNbr".into(), json!(text(order, "orderId")));
            if !part.shipment.is_empty() {
                line.insert("soShipmentNbr".into(), json!(part.shipment));
            }
            if let Some(link) = find(part.line).and_then(|line| line.get("externalLink")) {
                line.insert("externalLink".into(), link.clone());
            }
            line
        });
        let linked = list(linked.collect::<Vec<_>>());
        new.insert("invoiceLines".into(), linked);
        let taken = |company: &Self, number: &str| company.find("invoices", "referenceNumber", number).is_some();
        let reference = self.next_number("invoices", 1, taken);
        new.insert("referenceNumber".into(), json!(reference));
        let id = self.next_id("invoices");
        self.add(cx, "invoices", id, new);
        self.tell(cx, known, id, Happened::Created);
        Ok(reference)
    }

    /// An order that was invoiced without a shipment is done when its invoice is released.
    pub(super) fn orders_invoiced(&mut self, cx: &Cx<'_>, invoice: &Fields) {
        for line in rows(invoice, "invoiceLines") {
            let Some(id) = self.order(text(line, "soOrderType"), text(line, "soOrderNbr")) else { continue };
            let mut order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
            if text(&order, "status") == "Invoiced" {
                order.insert("status".into(), json!("Completed"));
                self.keep_order(cx, id, order);
            }
        }
    }

    /// An invoice that was deleted leaves its order and shipments to be invoiced again.
    pub(super) fn invoice_gone(&mut self, cx: &Cx<'_>, invoice: &Fields) {
        let gone = text(invoice, "referenceNumber");
        let Some(first) = rows(invoice, "invoiceLines").next() else { return };
        let Some(id) = self.order(text(first, "soOrderType"), text(first, "soOrderNbr")) else { return };
        let mut order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let ours = rows(&order, "shipments").filter(|row| text(row, "invoiceId") == gone);
        let parts = ours.map(|row| Part { shipment: text(row, "id").to_owned(), line: None, quantity: Decimal::ZERO });
        let parts = parts.collect::<Vec<_>>();
        let shipments =
            rows(&order, "shipments").filter(|row| !text(row, "id").is_empty() || text(row, "invoiceId") != gone);
        let shipments = shipments.cloned().map(|mut row| {
            if text(&row, "invoiceId") == gone {
                row.insert("invoiceId".into(), Value::Null);
                row.insert("invoiceType".into(), Value::Null);
            }
            row
        });
        let shipments = list(shipments.collect::<Vec<_>>());
        order.insert("shipments".into(), shipments);
        let lines = rows(&order, "lines").cloned().map(|mut line| {
            line.insert("billedQuantity".into(), json!(0));
            line
        });
        let lines = list(lines.collect::<Vec<_>>());
        order.insert("lines".into(), lines);
        if text(&order, "status") == "Invoiced" {
            order.insert("status".into(), json!("Open"));
        }
        self.recount(cx, id, order);
        self.mark_shipments(cx, &parts, None);
    }

    /// `cancelSalesOrder` and `reopenSalesOrder` of the older service.
    pub(super) fn cancel_order(&mut self, cx: &Cx<'_>, id: u64, cancel: bool) -> Result<(), Refusal> {
        let mut order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let shipped = rows(&order, "lines").any(|line| !amount(line, "quantityOnShipments").is_zero());
        let fits = match cancel {
            true => matches!(text(&order, "status"), "Open" | "Hold" | "BackOrder" | "CreditHold") && !shipped,
            false => text(&order, "status") == "Cancelled",
        };
        if !fits {
            let rule = format!("The order has the status '{}'.", text(&order, "status"));
            return Err(Refusal::business("Error updating the sales order.", rule));
        }
        order.insert("status".into(), json!(if cancel { "Cancelled" } else { "Open" }));
        self.keep_order(cx, id, order);
        Ok(())
    }
}
