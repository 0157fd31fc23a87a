//! What a change of status does beside itself: mail, payment, stock.

use serde_json::{Value, json};

use crate::frame::Cx;

use super::{
    By, Starweb,
    hooks::Event,
    refusal::Refusal,
    switches::{CANCEL_STOCK, CAPTURE_FAILS, CAPTURE_ON, LEAVING_END, ORDER_COMPLETED, SAME_STATUS, STATUS_MAIL},
    totals,
    value::{Fields, flag, stamp, text},
};

/// The two flags of a call; both are on unless sent as false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) mail: bool,
    pub(super) payment: bool,
}

impl Effects {
    /// Takes the flags out of a body: they are never kept.
    pub(super) fn take(body: &mut Fields) -> Self {
        let mut take = |name: &str| body.remove(name).and_then(|value| value.as_bool()).unwrap_or(true);
        Self { mail: take("onOrderStatusChangeSendEmail"), payment: take("onOrderStatusChangeProcessPayment") }
    }
}

/// What happened that cannot be taken back, for tests to count.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) mails: Vec<Value>,
    pub(super) captures: Vec<Value>,
    pub(super) cancellations: Vec<Value>,
}

/// A payment that can be captured or cancelled. The set of values is the payment provider's; this one is the vendor's
/// own example.
pub(super) const RESERVED: &str = "reserved";

impl Starweb {
    /// Gives the order a status, with all that this does. `before` is none for a new order.
    ///
    /// # Errors
    /// 400 for a change that is refused; nothing has happened then.
    pub(super) fn enter_status(
        &mut self,
        cx: &Cx<'_>,
        order: u64,
        before: Option<u64>,
        status: u64,
        effects: Effects,
        by: By,
    ) -> Result<(), Refusal> {
        if before == Some(status) && cx.switches.is(&SAME_STATUS, "no_change") {
            return Ok(());
        }
        let code = self.status_code(Some(status));
        let was = self.status_code(before);
        let ended = ["completed", "canceled"].contains(&was.as_str()) && before != Some(status);
        if ended && cx.switches.is(&LEAVING_END, "refused") {
            return Err(Refusal::invalid(format!("statusId: an order cannot leave {was}")));
        }
        if effects.payment {
            self.process_payment(cx, order, &code)?;
        }
        if let Some(order) = self.orders.get_mut(&order) {
            order.fields.insert("statusId".into(), json!(status));
        }
        if effects.mail {
            self.mail(cx, order, status);
        }
        if before.is_some() && before != Some(status) {
            if code == "canceled" && cx.switches.is(&CANCEL_STOCK, "yes") {
                self.move_stock_of(cx, order, 1);
            }
            if code == "completed" && cx.switches.is(&ORDER_COMPLETED, "status") {
                self.fire_order(cx, Event::OrderCompleted, order, by);
            }
            self.fire_order(cx, Event::OrderStatusChanged, order, by);
        }
        Ok(())
    }

    fn status_code(&self, status: Option<u64>) -> String {
        let status = status.and_then(|status| self.lists.statuses.get(&status));
        status.map(|status| text(status, "idCode").to_owned()).unwrap_or_default()
    }

    /// Captures or cancels a reserved payment, as far as the status asks for it.
    fn process_payment(&mut self, cx: &Cx<'_>, id: u64, code: &str) -> Result<(), Refusal> {
        let Some(order) = self.orders.get_mut(&id) else { return Ok(()) };
        if text(&order.fields, "paymentStatus") != RESERVED {
            return Ok(());
        }
        let amount = order.fields.get("amountToPay").cloned().unwrap_or_default();
        let entry = json!({ "orderId": id, "amount": amount, "at": stamp(cx.now) });
        if code == cx.switches.word(&CAPTURE_ON) {
            match cx.switches.word(&CAPTURE_FAILS) {
                "refused" => return Err(Refusal::invalid("The payment could not be captured")),
                "silent" => return Ok(()),
                _ => {}
            }
            order.fields.insert("paymentStatus".into(), json!("captured"));
            order.fields.insert("amountPaid".into(), amount);
            totals::write_in_base(order);
            self.journal.captures.push(entry);
        } else if code == "canceled" {
            order.fields.insert("paymentStatus".into(), json!("cancelled"));
            self.journal.cancellations.push(entry);
        }
        Ok(())
    }

    /// Mails the shopper, unless the status sends none or the order is silenced for good.
    fn mail(&mut self, cx: &Cx<'_>, id: u64, status: u64) {
        let sends = self.lists.statuses.get(&status).is_some_and(|status| flag(status, "shouldSendEmail", false));
        let Some(order) = self.orders.get(&id) else { return };
        let sends = sends || cx.switches.is(&STATUS_MAIL, "always");
        if sends && flag(&order.fields, "sendEmailsOnStatusChange", true) {
            let to = text(&order.fields, "originalCustomerEmail");
            self.journal.mails.push(json!({ "orderId": id, "statusId": status, "to": to, "at": stamp(cx.now) }));
        }
    }
}
