//! What is sent to an order: its status with what that sets off, where the parcel is, and our mark.

use serde::Serialize;
use sync_core::{
    Field, FieldPath, Value,
    error::{Error, ErrorKind, Result},
    handler::Encode,
    model::{Order as Canonical, Tracking},
};

use super::{ORDERS, decode::Reading, wire::Order};
use crate::{
    codes::{CANCELED, COMPLETED, Status},
    config::MARKER_MAX,
    wire::Whole,
};

/// Effect: the shopper gets the status's mail.
pub(super) const NOTIFY_BUYER: &str = "notify_buyer";
/// Effect: the payment provider is told to take the money.
pub(super) const CAPTURE: &str = "capture";
/// Effect: the payment provider is told to give the money up.
pub(super) const CANCEL_PAYMENT: &str = "cancel_payment";
/// Own field: the status's word.
pub(super) const STATUS: FieldPath = FieldPath::from_static("x.starweb.status");
/// Own field: the value of our external service.
pub(super) const MARKER: FieldPath = FieldPath::from_static("x.starweb.marker");
/// Characters of a tracking number.
pub(super) const TRACKING_MAX: u32 = 50;

/// What a write does to an order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OrderWrite {
    /// The change of the order itself; none if only the marker changes.
    pub(super) patch: Option<Patch>,
    /// The change of our external service.
    pub(super) marker: Option<Marker>,
}

/// The body of the order's PATCH. Both flags are always in it: the vendor mails and captures where they are left out.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_id: Option<i64>,
    pub(super) on_order_status_change_send_email: bool,
    pub(super) on_order_status_change_process_payment: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shipping_tracker_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shipping_tracking_no: Option<String>,
}

/// What becomes of our external service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Its new value; `None`: it is removed.
    pub(super) value: Option<String>,
    /// Whether the order has it, if that is known.
    pub(super) is_there: Option<bool>,
}

/// The body of an external service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceBody<'a> {
    pub(super) service_name: &'a str,
    pub(super) external_id_value: &'a str,
}

impl Reading {
    /// The request for an update.
    pub(super) fn encode(&self, encode: &Encode<'_, Whole<Order>>) -> Result<OrderWrite> {
        let (sent, current) = (encode.sent(ORDERS), encode.current().map(|read| &read.known));
        let status = sent.get(STATUS).map(|value| self.wanted_status(value)).transpose()?;
        // a status that the order has already is no change, and whether writing it again mails and captures once more
        // is not documented: it is not written, and sets nothing off
        let has_it = |status: &Status| current.is_some_and(|now| now.status_id.get() == Some(status.id));
        let named = [NOTIFY_BUYER, CAPTURE, CANCEL_PAYMENT].into_iter().find(|effect| encode.has_effect(effect));
        if let (None, Some(effect)) = (status, named) {
            return Err(wrong(STATUS, format!("{effect} happens with a change of status only; name the status too")));
        }
        if let Some(status) = status {
            fits(status, encode.has_effect(CAPTURE), encode.has_effect(CANCEL_PAYMENT))?;
        }
        let status = status.filter(|status| !has_it(status));
        let tracking = match encode.sends(ORDERS, Canonical::TRACKING) {
            true => Some(self.tracking(&encode.wanted::<Canonical>(ORDERS)?.tracking)?),
            false => None,
        };
        let tracking = tracking.filter(|wanted| !current.is_some_and(|now| tracks(now, wanted)));
        let (tracker, number) = tracking.unwrap_or_default();
        let patch = Patch {
            status_id: status.map(|status| status.id),
            on_order_status_change_send_email: status.is_some() && encode.has_effect(NOTIFY_BUYER),
            on_order_status_change_process_payment: status.is_some()
                && (encode.has_effect(CAPTURE) || encode.has_effect(CANCEL_PAYMENT)),
            shipping_tracker_type: tracker,
            shipping_tracking_no: number,
        };
        let changes = status.is_some() || patch.shipping_tracking_no.is_some() || patch.shipping_tracker_type.is_some();
        let marker = sent.get(MARKER).map(|value| self.wanted_marker(value, current)).transpose()?;
        Ok(OrderWrite { patch: changes.then_some(patch), marker })
    }
    /// Whether all of it is so already.
    pub(super) fn unchanged(&self, body: &OrderWrite, current: &Order) -> bool {
        // status and tracking that are as wanted were left out of the body
        let order = body.patch.is_none();
        let marker = body.marker.as_ref().is_none_or(|marker| {
            let shown = self.marker(current);
            !shown.is_unknown() && shown == marker.value.clone().into()
        });
        order && marker
    }

    fn wanted_status(&self, value: &Value) -> Result<&Status> {
        let words = || self.lists.statuses.iter().map(|status| status.word.as_str()).collect::<Vec<_>>().join(", ");
        let word = value
            .as_text()
            .ok_or_else(|| wrong(STATUS, format!("an order always has a status; give one of {}", words())))?;
        self.lists
            .status_called(word)
            .ok_or_else(|| wrong(STATUS, format!("the shop has no order status '{word}'; it has {}", words())))
    }
    /// Carrier and number, which stand together.
    fn tracking(&self, wanted: &Tracking) -> Result<(Option<i64>, Option<String>)> {
        let carrier = match wanted.carrier.as_deref() {
            None => None,
            Some(code) => Some(self.lists.carrier(code).ok_or_else(|| {
                let known: Vec<String> =
                    self.lists.carriers.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
                let line = format!("the shop knows no carrier '{code}'; it knows {}", known.join(", "));
                wrong(Canonical::TRACKING.join("carrier"), line)
            })?),
        };
        let number = match &wanted.number {
            Field::Unknown => None,
            Field::Empty => Some(String::new()),
            Field::Set(number) => Some(number.clone()),
        };
        Ok((carrier.map(|carrier| carrier.id), number))
    }
    fn wanted_marker(&self, value: &Value, current: Option<&Order>) -> Result<Marker> {
        let is_there = current
            .filter(|order| !order.external_services.0.is_unknown())
            .map(|order| order.service(&self.marker).is_some());
        let value = match value {
            Value::Null => None,
            other => {
                let text = other.as_text().map_or_else(|| other.to_string(), ToOwned::to_owned);
                let length = text.chars().count();
                if length > MARKER_MAX {
                    let line = format!("'{MARKER}' has {length} characters, {MARKER_MAX} fit; shorten it");
                    return Err(wrong(MARKER, line));
                }
                Some(text)
            }
        };
        Ok(Marker { value, is_there })
    }
}

/// Whether an order shows this carrier and number already, as far as they are wanted.
fn tracks(order: &Order, (carrier, number): &(Option<i64>, Option<String>)) -> bool {
    carrier.is_none_or(|carrier| order.shipping_tracker_type.get() == Some(carrier))
        && number.as_deref().is_none_or(|number| {
            !order.shipping_tracking_no.0.is_unknown() && order.shipping_tracking_no.text() == number
        })
}

/// One flag of the vendor's takes money and gives it up, as the status has it; so what was asked for must be what the
/// status does. Which statuses of the shop's own do either is not documented.
fn fits(status: &Status, capture: bool, cancel: bool) -> Result<()> {
    let code = status.id_code.as_deref();
    let clash = match (capture, cancel) {
        (true, true) => Some("capture and cancel_payment exclude each other; name one"),
        (true, false) if code == Some(CANCELED) => {
            Some("'canceled' gives the payment up instead of capturing it; name cancel_payment, or another status")
        }
        (false, true) if code == Some(COMPLETED) => {
            Some("'completed' captures the payment instead of giving it up; name capture, or another status")
        }
        _ => None,
    };
    clash.map_or(Ok(()), |line| Err(wrong(STATUS, line.to_owned())))
}

fn wrong(field: FieldPath, line: String) -> Error {
    Error::new(ErrorKind::Invalid, "update order", line).with_context("field", field)
}
