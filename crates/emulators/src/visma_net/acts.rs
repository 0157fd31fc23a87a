//! What people do in the system's own screens, for `POST /_emulator/act`.
//!
//! | action | arguments |
//! |---|---|
//! | `create` | `collection` (any with bodies: `customers`, `contacts`, `items`, `invoices`, …), `set`: what a body of the API has, without the wrappers. Gives `key` |
//! | `edit` | `collection`, `key`, `set`: the same |
//! | `set` | `collection`, `key`, `fields`: fields as answers have them, set without any rule; for what no body can say (`lastCost`, `quantityOnHand`, a period's `closedInCustomerLedger`) |
//! | `delete` | `collection`, `key`: also what the API cannot delete |
//! | `release` | `collection` (`invoices`, `credit-notes`, `payments`, `journals`), `key`: at once |
//! | `reverse` | `key` of an invoice; `apply`: also settles it. Gives `key` of the credit note |
//! | `enter_order` | `order`: a body of the order service. Gives `type`, `key` |
//! | `edit_order` | `type`, `key`, `set`: a body of a patch; `lines`: lines of a patch |
//! | `cancel_order`, `reopen_order`, `delete_order` | `type`, `key` |
//! | `ship_order` | `type`, `key`, `warehouse`; `confirm` unless false; `invoice` if true; `release` if true. Gives `shipment` and `invoice` |
//! | `pay` | `invoice`, `amount` (all that is open unless given): a released payment. Gives `key` |
//! | `void` | `key` of a payment |
//! | `stock` | `item`, `warehouse`, `by`: goods come or go |
//! | `renumber` | `key` of a customer, `number` |
//! | `upgrade` | all stamps move, as after an upgrade of the vendor's |
//! | `revoke_tokens` | all tokens end |
//! | `api_role` | `allowed`: whether the person of the consent page may use the API |
//!
//! `tenant` names the company by its tenant; without it the first is meant.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Refused};

use super::{
    VismaNet,
    collection::{self, Collection},
    masters::move_stock,
    orders::body,
    payments,
    refusal::Refusal,
    store::{Company, ORDERS},
    value::{Fields, amount, decimal, flag, number, object, set_at, shown_day, text, text_at},
    write::key_of,
};

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.message())
    }
}

impl VismaNet {
    pub(super) fn do_act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        let mut arguments = arguments.clone();
        let place = self.place_of(&mut arguments, "tenant")?;
        match action {
            "revoke_tokens" => {
                self.access.revoke();
                return Ok(json!({}));
            }
            "api_role" => {
                self.access.without_role.retain(|known| *known != place);
                if !flag(&arguments, "allowed") {
                    self.access.without_role.push(place);
                }
                return Ok(json!({}));
            }
            _ => {}
        }
        let company = self.companies.get_mut(place).ok_or_else(|| Refused::new("there is no company"))?;
        company.tick(cx);
        company.act(cx, action, &arguments)
    }
}

fn known_of(arguments: &Fields) -> Result<&'static Collection, Refused> {
    let name = text(arguments, "collection");
    collection::named(name).ok_or_else(|| Refused::new(format!("collection: there is no {name:?}")))
}

fn part(arguments: &Fields, name: &str) -> Result<Fields, Refused> {
    let part = arguments.get(name).and_then(Value::as_object);
    part.cloned().ok_or_else(|| Refused::new(format!("{name}: is required, an object")))
}

impl Company {
    fn key_given(&self, known: &'static Collection, arguments: &Fields) -> Result<u64, Refused> {
        let key = match arguments.get("key") {
            Some(Value::String(key)) => key.clone(),
            Some(Value::Number(key)) => key.to_string(),
            _ => return Err(Refused::new("key: is required")),
        };
        let found = self.by_key(known, &key).map(|(id, _)| id);
        found.ok_or_else(|| Refused::new(format!("key: there is no {key:?} in {}", known.name)))
    }

    fn order_given(&self, arguments: &Fields) -> Result<u64, Refused> {
        let (kind, key) = (text(arguments, "type"), text(arguments, "key"));
        self.order(kind, key).ok_or_else(|| Refused::new(format!("key: there is no order {kind}/{key}")))
    }

    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        match action {
            "create" | "edit" | "set" | "delete" | "release" => self.act_on_record(cx, action, arguments),
            "enter_order" | "edit_order" | "cancel_order" | "reopen_order" | "delete_order" | "ship_order" => {
                self.act_on_order(cx, action, arguments)
            }
            "reverse" | "pay" | "void" => self.act_on_money(cx, action, arguments),
            "stock" => {
                let by =
                    arguments.get("by").and_then(decimal).ok_or_else(|| Refused::new("by: is required, a number"))?;
                move_stock(self, cx, text(arguments, "item"), text(arguments, "warehouse"), by);
                Ok(json!({}))
            }
            "renumber" => {
                let known = collection::named("customers").ok_or_else(|| Refused::new("there are no customers"))?;
                let id = self.key_given(known, arguments)?;
                self.change_number(cx, id, text(arguments, "number"))?;
                Ok(json!({}))
            }
            "upgrade" => {
                self.touch_all(cx);
                Ok(json!({}))
            }
            other => Err(Refused::new(format!("visma-net knows no action {other:?}"))),
        }
    }

    fn act_on_record(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        let known = known_of(arguments)?;
        if action == "create" {
            if known.write.is_empty() {
                return Err(Refused::new(format!("collection: {} are seeded", known.name)));
            }
            let id = self.create_from(cx, known, &part(arguments, "set")?)?;
            let key = self.get(known.name, id).map(|record| key_of(known, record));
            return Ok(json!({ "key": key }));
        }
        let id = self.key_given(known, arguments)?;
        match action {
            "edit" => self.update_from(cx, known, id, &part(arguments, "set")?)?,
            "set" => {
                let fields = part(arguments, "fields")?;
                self.change(cx, known.name, id, |record| {
                    for (path, value) in &fields {
                        set_at(record, path, value.clone());
                    }
                });
            }
            "release" => {
                self.releasable(known, id)?;
                self.release_now(cx, known.name, id);
            }
            _ => {
                let key = self.get(known.name, id).map(|record| key_of(known, record)).unwrap_or_default();
                self.remove(known.name, id);
                self.tell_of(cx, known, &key, super::hooks::Happened::Deleted);
            }
        }
        Ok(json!({}))
    }

    fn act_on_order(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        if action == "enter_order" {
            let given = body::accept_value("newOrder", &Value::Object(part(arguments, "order")?), cx.switches)?;
            let id = self.new_order(cx, &given, None)?;
            let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
            return Ok(json!({ "type": text(&order, "type"), "key": text(&order, "orderId") }));
        }
        let id = self.order_given(arguments)?;
        match action {
            "edit_order" => {
                if let Some(set) = arguments.get("set") {
                    let set = body::accept_value("patchOrder", set, cx.switches)?;
                    self.patch_order(cx, id, &set)?;
                }
                if let Some(lines) = arguments.get("lines") {
                    let lines = body::accept_value("patchOrderLines", &json!({ "lines": lines }), cx.switches)?;
                    self.patch_lines(cx, id, &lines)?;
                }
                Ok(json!({}))
            }
            "delete_order" => {
                self.delete_order(cx, id)?;
                Ok(json!({}))
            }
            "ship_order" => self.act_ship(cx, id, arguments),
            word => {
                self.cancel_order(cx, id, word == "cancel_order")?;
                Ok(json!({}))
            }
        }
    }

    fn act_ship(&mut self, cx: &Cx<'_>, id: u64, arguments: &Fields) -> Result<Value, Refused> {
        let date = shown_day(super::value::local(cx.now, cx.switches).date());
        let warehouse = if text(arguments, "warehouse").is_empty() { "1" } else { text(arguments, "warehouse") };
        let shipment = self.ship(cx, id, warehouse, date)?;
        if arguments.get("confirm") != Some(&Value::Bool(false)) {
            let made = self.find("shipments", "shipmentNumber", &shipment).map(|(id, _)| id);
            self.shipment_action(cx, made.unwrap_or_default(), "confirmshipment")?;
        }
        let mut invoice = None;
        if flag(arguments, "invoice") {
            let number = self.invoice_order(cx, id)?;
            let made = self.find("invoices", "referenceNumber", &number).map(|(id, _)| id);
            if let (true, Some(made)) = (flag(arguments, "release"), made) {
                self.release_now(cx, "invoices", made);
            }
            invoice = Some(number);
        }
        Ok(json!({ "shipment": shipment, "invoice": invoice }))
    }

    fn act_on_money(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        let named = |name: &str| collection::named(name).ok_or_else(|| Refused::new(format!("there are no {name}")));
        match action {
            "void" => {
                let id = self.key_given(named("payments")?, arguments)?;
                Ok(json!({ "key": payments::void_now(self, cx, id)? }))
            }
            "reverse" => {
                let id = self.key_given(named("invoices")?, arguments)?;
                Ok(json!({ "key": self.reverse_now(cx, id, flag(arguments, "apply"))? }))
            }
            _ => {
                let reference = text(arguments, "invoice").to_owned();
                let invoice =
                    self.find("invoices", "referenceNumber", &reference).map(|(_, record)| record.fields.clone());
                let invoice = invoice.ok_or_else(|| Refused::new(format!("invoice: there is no {reference:?}")))?;
                let paid =
                    arguments.get("amount").and_then(decimal).unwrap_or_else(|| amount(&invoice, "balanceInCurrency"));
                if paid <= Decimal::ZERO {
                    return Err(Refused::new("amount: must be more than 0"));
                }
                let given = object(
                    json!({ "customer": text_at(&invoice, "customer.number"), "paymentRef": format!("paid {reference}"),
                    "currency": text(&invoice, "currencyId"), "paymentAmount": number(paid),
                    "paymentLines": [{ "operation": "Insert", "documentType": "Invoice", "refNbr": reference, "amountPaid": number(paid) }] }),
                );
                let known = named("payments")?;
                let id = self.create_from(cx, known, &given)?;
                self.release_now(cx, "payments", id);
                let key = self.get("payments", id).map(|record| key_of(known, record));
                Ok(json!({ "key": key }))
            }
        }
    }
}
