//! What an order says, in our words.

use rust_decimal::Decimal;
use sync_core::{
    Field, StreamKey,
    error::Result,
    model::{Content, Fulfilment, Order as Canonical, OrderStage, Organisation, Party, PaymentState, Tracking},
};

use super::{lines::lines, wire::Order};
use crate::{
    codes::{self, Lists, Method, Status},
    config::AddressSource,
    wire::Told,
};

/// What decoding needs of the shop and of the configuration.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) customers: StreamKey,
    pub(super) buyers: StreamKey,
    pub(super) lists: Lists,
    pub(super) addresses: Vec<AddressSource>,
    pub(super) marker: String,
}

impl Reading {
    /// The order itself.
    pub(super) fn order(&self, order: &Order) -> Result<Canonical> {
        let id = order.order_id.get().map(|id| id.to_string());
        let customer = match (order.customer(), &id) {
            (Some(customer), _) => self.customers.id(customer.to_string()).into(),
            (None, Some(id)) => self.buyers.id(id).into(),
            (None, None) => Field::Unknown,
        };
        let created = order.created_at.0;
        Ok(Canonical::new()
            .number(id.map_or(Field::Unknown, Field::Set))
            .stage(OrderStage::Order)
            .customer(customer)
            .ordered_at(created.map(|at| at.to_utc()))
            .ordered_on(created.map(|at| at.date_naive())) // the day that the shop's own clock showed
            .fulfilment(self.fulfilment(order))
            .payment(payment(order))
            .paid(order.amount_paid.0)
            .tracking(tracking(order))
            .location(order.stock_location_id.0.clone())
            .note(order.internal_comment.0.clone())
            .content(self.content(order)?))
    }
    /// The status under the word that it has in `x.starweb.status`.
    pub(super) fn status(&self, order: &Order) -> Option<Status> {
        let listed = order.status_id.get().and_then(|id| self.lists.status(id)).cloned();
        let language = self.lists.shop.language.as_deref().unwrap_or_default();
        // one that was added since the lists were read comes with the order
        listed.or_else(|| order.status.0.value()?.status(language))
    }
    /// The buyer as the order's own copy: of a guest, or of a customer who is not in the register any more.
    pub(super) fn buyer(&self, order: &Order) -> Option<Organisation> {
        if order.customer().is_some() {
            return None;
        }
        let (invoice, delivery) = (order.invoice(&self.addresses), order.delivery(&self.addresses));
        let main = invoice.or(delivery);
        let is_company = order.original_customer_vat_no.0.is_set() || main.is_some_and(|at| at.company_name.0.is_set());
        let buyer = Organisation::new()
            .party(if is_company { Party::Company } else { Party::Private })
            .registration_number(order.original_customer_national_id_no.0.clone())
            .vat_number(order.original_customer_vat_no.0.clone())
            .email(order.original_customer_email.0.clone())
            .language(order.lang_code.0.clone())
            .currency(order.currency_code.0.clone()) // what he bought in
            .billing(invoice.map(|address| address.canonical()).unwrap_or_default())
            .delivery(delivery.map(|address| address.canonical()).unwrap_or_default());
        Some(match main {
            Some(at) => buyer.name(at.name()).phone(at.phone_no.0.clone()).mobile(at.mobile_phone_no.0.clone()),
            None => buyer,
        })
    }
    /// The value of our own external service; unknown if services were not asked for.
    pub(super) fn marker(&self, order: &Order) -> Field<String> {
        let value = |_: &Vec<_>| order.service(&self.marker).and_then(|service| service.external_id_value.get());
        match order.external_services.0.value() {
            Some(services) => value(services).into(),
            None if order.external_services.0.is_empty() => Field::Empty,
            None => Field::Unknown,
        }
    }

    /// Own statuses say nothing of the goods; an order that nobody has paid or confirmed is not binding.
    fn fulfilment(&self, order: &Order) -> Field<Fulfilment> {
        if order.is_complete.get() == Some(false) {
            return Field::Set(Fulfilment::Draft);
        }
        let word = self.status(order).and_then(|status| status.id_code);
        word.and_then(|word| codes::fulfilment(&word)).map_or(Field::Unknown, Field::Set)
    }
    fn content(&self, order: &Order) -> Result<Content> {
        let (invoice, delivery) = (order.invoice(&self.addresses), order.delivery(&self.addresses));
        let pays = code(
            &order.payment_method_external_id,
            order.payment_method_id.get(),
            &self.lists.payment_methods,
            &order.payment_method_name,
        );
        let goes = code(
            &order.shipping_method_external_id,
            order.shipping_method_id.get(),
            &self.lists.shipping_methods,
            &order.shipping_method_name,
        );
        let content = Content::new()
            .net(order.total_amount.0)
            .vat(order.total_vat.0)
            .gross(order.amount_to_pay.0)
            .currency(order.currency_code.0.clone())
            .exchange_rate(exchange_rate(&order.currency_exchange_rate))
            .prices_include_vat(false)
            .billing(invoice.map(|address| address.canonical()).unwrap_or_default())
            .delivery(delivery.map(|address| address.canonical()).unwrap_or_default())
            .payment_method(pays.clone())
            .payment_terms(pays)
            .delivery_method(goes)
            .buyer_reference(invoice.or(delivery).map_or(Field::Unknown, |address| address.reference.0.clone()))
            .discount_code(order.discount_code.0.clone())
            .language(order.lang_code.0.clone());
        Ok(match lines(order)? {
            Some(lines) => content.lines(lines),
            None => content,
        })
    }
}

/// What the shop's owner typed for another system, else what the shop calls the method, else what the shopper saw.
fn code(typed: &Told<String>, id: Option<i64>, listed: &[Method], shown: &Told<String>) -> Field<String> {
    let listed = || listed.iter().find(|method| Some(method.id) == id).map(|method| method.code.clone());
    match typed.get().or_else(listed) {
        Some(code) => Field::Set(code),
        None => shown.0.clone(),
    }
}

/// One unit of the order's currency in the shop's; the vendor has it the other way round.
fn exchange_rate(rate: &Told<Decimal>) -> Field<Decimal> {
    match rate.get() {
        Some(rate) if rate == Decimal::ONE => Field::Set(Decimal::ONE),
        Some(rate) => {
            Decimal::ONE.checked_div(rate).map_or(Field::Unknown, |rate| Field::Set(rate.round_dp(8).normalize()))
        }
        None => Field::Unknown,
    }
}

/// The vendor names one word of the payment providers, which says more than the amount; else the amounts tell.
fn payment(order: &Order) -> Field<PaymentState> {
    if order.payment_status.text().eq_ignore_ascii_case(codes::RESERVED) {
        return Field::Set(PaymentState::Authorised);
    }
    let (Some(paid), Some(gross)) = (order.amount_paid.get(), order.amount_to_pay.get()) else { return Field::Unknown };
    Field::Set(match () {
        () if gross < Decimal::ZERO => return Field::Unknown, // goods that came back: nothing is paid to us
        () if paid >= gross => PaymentState::Paid,
        () if paid.is_zero() => PaymentState::Unpaid,
        () => PaymentState::PartlyPaid,
    })
}

/// A carrier is set on every order; without a number it says nothing.
fn tracking(order: &Order) -> Tracking {
    let number = order.shipping_tracking_no.0.clone();
    let carrier = match &number {
        Field::Set(_) => order.shipping_tracker_type.0.map(|carrier| carrier.to_string()),
        Field::Empty => Field::Empty,
        Field::Unknown => Field::Unknown,
    };
    Tracking::new().carrier(carrier).number(number)
}
