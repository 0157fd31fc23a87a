//! What follows for an order from its invoices.

use rust_decimal::Decimal;

use super::{due, payable};
use crate::{
    id::{CanonicalId, EntityKind, EntityName},
    model::{Canonical, Invoice, InvoiceStage, InvoiceState, Invoicing, Order, PaymentState},
    store::{Binding, MatchKey},
    value::{FieldMap, FieldPath, Link, Value},
};

/// The rule of the keys under which an order finds its invoices.
pub(crate) const PARENT: &str = "@order";

/// The rule of the keys under which an invoice finds the credit notes that name it and no order.
pub(crate) const CREDITED: &str = "@credited";

/// The fields of an order that are computed.
pub(crate) const COMPUTED: [FieldPath; 6] =
    [Order::INVOICING, Order::INVOICE_STATE, Order::PAYMENT, Order::PAID, Order::INVOICE_NUMBERS, Order::INVOICED_ON];

/// The order that an invoice is of.
pub(crate) fn parent(binding: &Binding) -> Option<CanonicalId> {
    if binding.kind != EntityKind::Invoice {
        return None;
    }
    let linked = match binding.agreed.get(Invoice::ORDER) {
        Some(Value::Link(Link::Canonical(order))) => Some(*order),
        _ => None,
    };
    binding.derived_from.or(linked)
}

/// The invoice that a credit note is of, if it names no order: it counts for the order of that invoice.
pub(crate) fn credited(binding: &Binding) -> Option<CanonicalId> {
    match binding.agreed.get(Invoice::CREDITS) {
        Some(Value::Link(Link::Canonical(invoice))) if parent(binding).is_none() => Some(*invoice),
        _ => None,
    }
}

/// The keys under which a document is found by the one that it counts for.
pub(crate) fn keys(binding: &Binding) -> impl Iterator<Item = MatchKey> {
    let entity = &binding.entity;
    let order = parent(binding).map(|order| key(entity, PARENT, order));
    order.into_iter().chain(credited(binding).map(|invoice| key(entity, CREDITED, invoice)))
}

/// The key under which what counts for a document is found in an entity: an order's invoices, or an invoice's credits.
pub(crate) fn key(entity: &EntityName, rule: &str, of: CanonicalId) -> MatchKey {
    MatchKey { entity: entity.clone(), rule: rule.to_owned(), key: of.to_string() }
}

/// What the living invoices of an order say of it. Of a total that nobody knows, one invoice is the whole.
pub(crate) fn order(agreed: &FieldMap, invoices: &[&FieldMap]) -> FieldMap {
    let all: Vec<(Invoice, &FieldMap)> =
        invoices.iter().filter_map(|fields| Some((Invoice::from_fields(fields).ok()?, *fields))).collect();
    let booked: Vec<&(Invoice, &FieldMap)> =
        all.iter().filter(|(invoice, _)| is_booked(invoice) && !is_void(invoice)).collect();
    let sum = |credits: bool| -> Decimal {
        let of_kind = booked.iter().filter(|(invoice, _)| is_credit(invoice) == credits);
        of_kind.filter_map(|(_, fields)| payable(fields)).map(|gross| gross.abs()).sum()
    };
    let (invoiced, credited) = (sum(false), sum(true));
    let whole = due(agreed).unwrap_or(invoiced);
    let invoicing = match () {
        () if booked.iter().all(|(invoice, _)| is_credit(invoice)) => Invoicing::None,
        () if credited >= invoiced && !credited.is_zero() => Invoicing::Credited,
        () if invoiced - credited >= whole => Invoicing::Invoiced,
        () => Invoicing::Partly,
    };
    let state = state(all.iter().map(|(invoice, _)| invoice).filter(|i| !is_credit(i)), invoicing);
    let mut rolled = Order::new().invoicing(invoicing).invoice_state(state);
    let real: Vec<&Invoice> = booked.iter().map(|(invoice, _)| invoice).filter(|i| !is_credit(i)).collect();
    if !real.is_empty() {
        rolled = rolled.payment(payment(&real, invoicing)).paid(settled(&real));
        let mut numbered: Vec<_> = real.iter().map(|i| (i.invoiced_on.value(), i.number.as_deref())).collect();
        numbered.sort();
        let numbers: Vec<&str> = numbered.iter().filter_map(|(_, number)| *number).collect();
        rolled = rolled.invoice_numbers(numbers.join(", ").as_str());
        if let Some(day) = real.iter().filter_map(|invoice| invoice.invoiced_on.value()).max() {
            rolled = rolled.invoiced_on(*day);
        }
    }
    rolled.to_fields()
}

fn is_credit(invoice: &Invoice) -> bool {
    invoice.is_credit.value() == Some(&true) || invoice.credits.is_set()
}

fn is_void(invoice: &Invoice) -> bool {
    invoice.is_cancelled.value() == Some(&true)
}

/// What became of invoices that are no credits.
fn state<'a>(invoices: impl Iterator<Item = &'a Invoice>, invoicing: Invoicing) -> InvoiceState {
    let (void, living): (Vec<&Invoice>, Vec<&Invoice>) = invoices.partition(|invoice| is_void(invoice));
    match () {
        () if living.iter().any(|invoice| !is_booked(invoice)) => InvoiceState::Awaiting,
        () if invoicing == Invoicing::Credited => InvoiceState::Credited,
        () if !living.is_empty() => InvoiceState::Approved,
        () if !void.is_empty() => InvoiceState::Cancelled,
        () => InvoiceState::None,
    }
}

/// Where nobody speaks of stages, an invoice is one when it has a number.
fn is_booked(invoice: &Invoice) -> bool {
    match invoice.stage.value() {
        Some(stage) => *stage != InvoiceStage::Draft,
        None => invoice.number.is_set(),
    }
}

fn settled(invoices: &[&Invoice]) -> Decimal {
    invoices.iter().filter_map(|invoice| invoice.settled.value()).sum()
}

/// An order is paid when it is invoiced as a whole and every invoice is paid.
fn payment(invoices: &[&Invoice], invoicing: Invoicing) -> PaymentState {
    let paid = |invoice: &&&Invoice| invoice.payment.value() == Some(&PaymentState::Paid);
    match () {
        () if invoicing != Invoicing::Partly && invoices.iter().filter(paid).count() == invoices.len() => {
            PaymentState::Paid
        }
        () if !settled(invoices).is_zero() => PaymentState::PartlyPaid,
        () => PaymentState::Unpaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Content;

    fn invoice(number: &str, gross: i32, settled: i32) -> Invoice {
        let payment = if gross == settled { PaymentState::Paid } else { PaymentState::Unpaid };
        let booked = Invoice::new().number(number).stage(InvoiceStage::Booked).content(Content::new().gross(gross));
        booked.settled(settled).payment(payment)
    }
    fn rolled(invoices: &[Invoice]) -> Order {
        let order = Order::new().content(Content::new().gross(100)).to_fields();
        let fields: Vec<FieldMap> = invoices.iter().map(Canonical::to_fields).collect();
        Order::from_fields(&super::order(&order, &fields.iter().collect::<Vec<_>>())).unwrap()
    }

    #[test]
    fn an_order_is_invoiced_and_paid_when_all_of_it_is() {
        let part = rolled(&[invoice("7", 60, 60)]);
        assert_eq!((part.invoicing, part.payment), (Invoicing::Partly.into(), PaymentState::PartlyPaid.into()));
        let open = rolled(&[invoice("8", 40, 0), invoice("7", 60, 60)]);
        assert_eq!((open.invoicing, open.payment), (Invoicing::Invoiced.into(), PaymentState::PartlyPaid.into()));
        assert_eq!((open.invoice_numbers, open.paid), ("7, 8".into(), 60.into()));
        let done = rolled(&[invoice("8", 40, 40), invoice("7", 60, 60)]);
        assert_eq!(done.payment, PaymentState::Paid.into());
    }

    #[test]
    fn drafts_and_void_invoices_say_nothing_and_credits_take_back() {
        let draft = || invoice("", 100, 0).stage(InvoiceStage::Draft);
        let void = || invoice("9", 100, 0).is_cancelled(true);
        let none = rolled(&[draft(), void()]);
        assert_eq!((none.invoicing, none.payment), (Invoicing::None.into(), crate::Field::Unknown));
        let credit = invoice("10", -100, -100).is_credit(true);
        assert_eq!(rolled(&[invoice("9", 100, 0), credit]).invoicing, Invoicing::Credited.into());
    }
    #[test]
    fn what_became_of_its_invoices_is_told_of_drafts_and_void_ones_too() {
        let booked = || invoice("9", 100, 0);
        let draft = || invoice("", 100, 0).stage(InvoiceStage::Draft);
        let void = || invoice("8", 100, 0).is_cancelled(true);
        let credit = || invoice("10", -100, -100).is_credit(true);
        let cases = [
            (vec![], InvoiceState::None),
            (vec![draft()], InvoiceState::Awaiting),
            (vec![booked(), draft()], InvoiceState::Awaiting),
            (vec![booked()], InvoiceState::Approved),
            (vec![booked(), void()], InvoiceState::Approved),
            (vec![booked(), credit()], InvoiceState::Credited),
            (vec![void()], InvoiceState::Cancelled),
            (vec![void(), draft()], InvoiceState::Awaiting),
            (vec![credit()], InvoiceState::None),
        ];
        for (invoices, state) in cases {
            assert_eq!(rolled(&invoices).invoice_state, state.into(), "{invoices:?}");
        }
    }
}
