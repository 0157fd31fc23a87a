//! A released invoice that no order stands behind, as the order that it is at once: a facet of `invoices`, read only.

use sync_core::{
    EntityKind, FieldPath, Result,
    capability::{FieldCapability, StreamCapability},
    model::{Fulfilment, Invoice, Invoicing, Order, OrderStage},
};

use super::{document, invoice_lines as lines};
use crate::{columns, columns::own, config::Config, wire::Wire};

/// The stream. By its name it comes after those of orders: a new order is made in the first that takes it.
pub(crate) const SOLD_BY_INVOICE: &str = "sold_by_invoice";
/// The vendor's word for how far the invoice is.
pub(super) const STATUS: &str = "status";

/// What can be shown of it, by what can be of invoices.
pub(super) fn capability(invoices: &StreamCapability, config: &Config) -> StreamCapability {
    let mut can = StreamCapability::new(EntityKind::Order);
    can.holds.set(Order::STAGE, OrderStage::Order.word());
    for (path, field) in invoices.fields.iter().filter(|(path, field)| path.is_under(Order::CONTENT) && field.read) {
        let mut shown = FieldCapability::read_only().choices(field.choices.iter().cloned());
        shown.vendor_name.clone_from(&field.vendor_name);
        can.fields.insert(*path, shown);
    }
    let names: [(FieldPath, &str); 10] = [
        (Order::STAGE, "documentType"),
        (Order::CUSTOMER, "customer.number"),
        (Order::DESCRIPTION, "invoiceText"),
        (Order::ORDERED_ON, "documentDate"),
        (Order::INVOICED_ON, "documentDate"),
        (Order::INVOICE_NUMBERS, "referenceNumber"),
        (Order::FULFILMENT, STATUS),
        (Order::INVOICING, STATUS),
        (Order::PAYMENT, "balance"),
        (Order::PAID, "balance"),
    ];
    let shown = names.iter().map(|(path, _)| *path).chain([own(STATUS)]);
    can.fields.extend(shown.map(|path| (path, FieldCapability::read_only())));
    columns::call(&mut can, &names);
    can.document = Some(document::capability(config, &lines::LEAVES, false));
    can
}

/// Whether no order stands behind a released invoice: no row names one. One that is on its way, or that shows no rows, says
/// nothing yet; one with our mark was made of an order elsewhere.
pub(super) fn is_direct(read: &Wire, rows: &[Wire], mark: &str) -> Result<bool> {
    if !super::invoices::is_booked(read) || read.text(mark)?.is_set() {
        return Ok(false);
    }
    for row in rows {
        if row.text("soOrderNbr")?.is_set() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The invoice as an order: what is on it has been delivered, unless it was made void.
pub(super) fn order(invoice: &Invoice) -> Order {
    let is_void = invoice.is_cancelled.value() == Some(&true);
    let mut order = Order::new().stage(OrderStage::Order).content(invoice.content.clone());
    order.fulfilment = if is_void { Fulfilment::Cancelled } else { Fulfilment::Delivered }.into();
    if !is_void {
        order.invoicing = Invoicing::Invoiced.into();
    }
    order.customer = invoice.customer.clone();
    order.description = invoice.description.clone();
    order.ordered_on = invoice.invoiced_on;
    order.invoiced_on = invoice.invoiced_on;
    order.invoice_numbers = invoice.number.clone();
    order.payment = invoice.payment;
    order.paid = invoice.settled;
    order
}
