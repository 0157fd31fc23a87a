//! What an order holds and how it is shown.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Switches};

use super::{
    Starweb,
    listing::Includes,
    models::ORDER_ADDRESS_TYPES,
    switches::{GUEST_INCLUDE, LINKS},
    totals::{rounded, without_vat},
    value::{Fields, amount, data, id, list, number, stamp},
};

/// What `include` can name on orders.
pub(super) const INCLUDES: [&str; 6] =
    ["items", "items.bundledItems", "externalServices", "status", "customer", "addresses"];

/// The emulator's own field on rows that come from the shop's side: see [`Item::with_vat`].
pub(super) const WITH_VAT: &str = "unitPriceIncVat";

/// One order. Ids and stamps are held beside its other fields.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) fields: Fields,
    pub(super) items: Vec<Item>,
    pub(super) addresses: Fields,
    pub(super) services: Vec<Fields>,
    pub(super) comments: Vec<Fields>,
}

/// One row.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) id: u64,
    pub(super) fields: Fields,
    /// What the shopper saw: the unit price with VAT. The row's own price is this one's net, rounded, while the
    /// order's totals follow from this one.
    pub(super) with_vat: Option<Decimal>,
    pub(super) bundled: Vec<Fields>,
}

impl Item {
    /// A row with the vendor's defaults where `given` says nothing.
    pub(super) fn new(id: u64, given: Fields, place: usize) -> Self {
        let mut fields = super::value::fields(json!({
            "sku": "", "description": "", "quantity": 1, "unitSymbol": "", "unitPrice": 0, "vatRate": 0,
            "discount": 0, "discountType": "percent", "sortIndex": place,
        }));
        fields.extend(given);
        Self { id, fields, ..Self::default() }
    }

    /// Gives the row the price that shoppers see; its own is the net of it with two decimals.
    pub(super) fn set_price_with_vat(&mut self, price: Decimal) {
        let net = rounded(without_vat(price, amount(&self.fields, "vatRate")), 2);
        self.fields.insert("unitPrice".into(), number(net));
        self.with_vat = Some(price);
    }

    pub(super) fn view(&self) -> Fields {
        let mut view = self.fields.clone();
        view.insert("itemId".into(), json!(self.id));
        view
    }
}

/// The fields that an order has from the start, with the vendor's defaults.
pub(super) fn defaults() -> Fields {
    super::value::fields(json!({
        "customerId": null, "sendEmailsOnStatusChange": true,
        "shippingMethodId": null, "paymentMethodId": null, "paymentMethodName": "", "paymentFee": 0,
        "paymentVatRate": 0, "shippingMethodName": "", "shippingCost": 0, "shippingVatRate": 0,
        "customInfo1": "", "customInfo2": "", "customInfo3": "", "customInfo4": "", "discountCode": "",
        "amountPaid": 0, "isComplete": false, "currencyExchangeRate": 1, "currencyPrecision": 2,
        "paymentReference": "", "paymentStatus": "", "isRead": false, "internalComment": "",
        "shippingTrackingNo": "", "originalCustomerEmail": "", "originalCustomerNationalIdNo": "",
        "originalCustomerVatNo": "", "originalCustomerCustomInfo1": "", "originalCustomerCustomInfo2": "",
        "externalId": null, "externalIdType": null,
    }))
}

impl Order {
    pub(super) fn status(&self) -> Option<u64> {
        id(&self.fields, "statusId")
    }

    pub(super) fn customer(&self) -> Option<u64> {
        id(&self.fields, "customerId")
    }

    /// All addresses by type; null where there is none.
    pub(super) fn address_view(&self) -> Value {
        let entry = |name: &&str| ((*name).to_owned(), self.addresses.get(*name).cloned().unwrap_or(Value::Null));
        Value::Object(ORDER_ADDRESS_TYPES.iter().map(entry).collect())
    }

    pub(super) fn item_views(&self, with_bundled: bool) -> Value {
        list(self.items.iter().map(|item| {
            let mut view = item.view();
            if with_bundled {
                view.insert("bundledItems".into(), data(list(item.bundled.iter().cloned())));
            }
            view
        }))
    }
}

impl Starweb {
    /// The order as answers show it.
    pub(super) fn order_view(&self, cx: &Cx<'_>, order: &Order, includes: &Includes) -> Fields {
        let mut view = order.fields.clone();
        view.insert("orderId".into(), json!(order.id));
        view.insert("createdAt".into(), stamp(order.created));
        view.insert("modifiedAt".into(), stamp(order.modified));
        view.insert("hasComments".into(), json!(!order.comments.is_empty()));
        let of = |list: &[Fields], key: &str, wanted: &str| {
            let method =
                list.iter().find(|method| id(method, key).is_some() && id(method, key) == id(&order.fields, key));
            method.and_then(|method| method.get(wanted)).cloned().unwrap_or(Value::Null)
        };
        let (payment, shipping) = (&self.lists.payment_methods, &self.lists.shipping_methods);
        view.insert("paymentMethodIdCode".into(), of(payment, "paymentMethodId", "idCode"));
        view.insert("paymentMethodExternalId".into(), of(payment, "paymentMethodId", "externalId"));
        view.insert("shippingMethodExternalId".into(), of(shipping, "shippingMethodId", "externalId"));
        if includes.has("items") {
            view.insert("items".into(), data(order.item_views(includes.has("items.bundledItems"))));
        }
        if includes.has("addresses") {
            view.insert("addresses".into(), data(order.address_view()));
        }
        if includes.has("externalServices") {
            view.insert("externalServices".into(), data(list(order.services.iter().cloned())));
        }
        if includes.has("status") {
            let status = order.status().and_then(|status| self.lists.statuses.get(&status));
            view.insert("status".into(), data(status.cloned().map_or(Value::Null, Value::Object)));
        }
        if includes.has("customer") {
            self.include_customer(cx, order, &mut view);
        }
        linked(cx.switches, view, &format!("/orders/{}", order.id))
    }

    fn include_customer(&self, cx: &Cx<'_>, order: &Order, view: &mut Fields) {
        let customer = order.customer().and_then(|customer| self.customers.get(&customer));
        let included = match (customer, cx.switches.word(&GUEST_INCLUDE)) {
            (Some(customer), _) => data(Value::Object(customer.view(cx.switches, &Includes::default()))),
            (None, "null") => Value::Null,
            (None, "data_null") => data(Value::Null),
            (None, _) => return,
        };
        view.insert("customer".into(), included);
    }

    /// The weight of the order's rows, as far as their numbers are known here, in kg.
    pub(super) fn weight(&self, items: &[Item]) -> Decimal {
        let of = |item: &Item| {
            let variant = self.catalogue.by_sku(super::value::text(&item.fields, "sku"));
            let weight = variant.map(|(_, variant)| amount(&variant.fields, "weightInKg")).unwrap_or_default();
            weight * amount(&item.fields, "quantity")
        };
        items.iter().map(of).sum()
    }
}

/// The object with the `links` that the description does not mention.
pub(super) fn linked(switches: &Switches, mut view: Fields, uri: &str) -> Fields {
    if switches.is(&LINKS, "present") {
        view.insert("links".into(), json!([{ "rel": "self", "uri": uri }]));
    }
    view
}
