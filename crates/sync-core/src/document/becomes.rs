//! The invoice that an order becomes at a system: a record of the hub's, made of the order by a pure function.

use crate::{
    id::CanonicalId,
    model::{Invoice, Order},
    value::{FieldMap, Link, Value},
};

/// What the invoice of an order says. What was paid on the order is settled on its invoice.
pub(crate) fn invoice(id: CanonicalId, order: &FieldMap) -> FieldMap {
    let mut invoice = order.under(super::CONTENT);
    for (from, to) in [
        (Order::CUSTOMER, Invoice::CUSTOMER),
        (Order::CONTACT, Invoice::CONTACT),
        (Order::DESCRIPTION, Invoice::DESCRIPTION),
        (Order::PAID, Invoice::SETTLED),
    ] {
        if let Some(value) = order.get(from) {
            invoice.set(to, value.clone());
        }
    }
    invoice.set(Invoice::ORDER, Value::Link(Link::Canonical(id)));
    // where credit notes are records of their own, it is made as what it is
    let below_zero = super::due(order).is_some_and(|due| due.is_sign_negative() && !due.is_zero());
    invoice.set(Invoice::IS_CREDIT, below_zero);
    invoice
}
