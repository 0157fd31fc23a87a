//! What shoppers and the shop's staff do, for `POST /_emulator/act`.
//!
//! | action | arguments |
//! |---|---|
//! | `place_order` | a shopper buys: `items` with `sku`, `quantity` and, where the product does not say them, `description`, `unitPrice` or `unitPriceIncVat`, `vatRate`; `customerId`, or none for a guest, with `originalCustomerEmail`; `addresses`; any other field of an order. The payment step is done and an amount reserved unless `isComplete` and `paymentStatus` say otherwise. Gives `orderId` |
//! | `complete_payment` | `orderId`: the payment step of an order that was not complete is done |
//! | `edit_order` | `orderId`, `set`: fields of an order |
//! | `edit_row` | `orderId`, `sku` or `itemId`, `set`: fields of a row |
//! | `add_row`, `remove_row` | `orderId` and `row`, or `sku` or `itemId` |
//! | `set_address` | `orderId`, `type` (`originalDelivery` …), `address` |
//! | `set_status` | `orderId`, `status`: a standard code or an id; `mail`, `payment`: the effects, both off unless true |
//! | `delete_order` | `orderId` |
//! | `create_customer` | fields of a customer; `hasAccount`. Gives `customerId` |
//! | `edit_customer` | `customerId`, `set`: fields of a customer |
//! | `delete_customer` | `customerId` |
//! | `create_product` | `sku`, `name`; any field of a product, and of its variant under `variant`. Gives `productId` and `variantId` |
//! | `edit_product` | `productId` or `sku`, `set`: fields of a product, as PATCH takes them |
//! | `delete_product` | `productId` or `sku` |
//! | `add_variant` | `productId`, `variant`: its fields. Gives `variantId` |
//! | `edit_variant`, `delete_variant` | `sku`; `set`: fields of a variant |
//! | `set_price` | `sku`, `pricelistId` or none for the master list, `price` without VAT, `special`: the campaign price or null |
//! | `remove_price` | `sku`, `pricelistId` |
//! | `set_stock` | `sku`, `stockLocationId` or none for the shop's own, `quantity`, `stockStatusId` |

use serde_json::{Value, json};

use crate::frame::{Cx, Refused};

use super::{
    By, Starweb,
    catalogue::vat_rate,
    check,
    effects::RESERVED,
    models::{ADDRESS, CUSTOMER, ITEM, ORDER},
    order::{Item, WITH_VAT},
    refusal::Refusal,
    switches::GUEST_CUSTOMERS,
    value::{Fields, decimal, fields, flag, id, number, rows, text},
};

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::new(format!("{} {}", refusal.status, refusal.description))
    }
}

pub(super) fn required(arguments: &Fields, name: &str) -> Result<u64, Refused> {
    id(arguments, name).ok_or_else(|| Refused::new(format!("{name}: is required, an id")))
}

pub(super) fn object(arguments: &Fields, name: &str) -> Result<Fields, Refused> {
    match arguments.get(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        _ => Err(Refused::new(format!("{name}: is required, an object"))),
    }
}

impl Starweb {
    pub(super) fn do_act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        match action {
            "place_order" => {
                let id = self.place_order(cx, arguments.clone())?;
                return Ok(json!({ "orderId": id }));
            }
            "create_customer" => {
                let mut body = arguments.clone();
                let has_account = body.remove("hasAccount").is_none_or(|flag| flag == json!(true));
                let body = check::object(body, CUSTOMER, cx.switches, "")?;
                let id = self.create_customer(cx, body, has_account, By::Shop)?;
                return Ok(json!({ "customerId": id }));
            }
            "edit_customer" => {
                let body = check::object(object(arguments, "set")?, CUSTOMER, cx.switches, "set")?;
                self.update_customer(cx, required(arguments, "customerId")?, body, false, By::Shop)?;
            }
            "delete_customer" => {
                self.delete_customer(cx, required(arguments, "customerId")?, By::Shop)?;
            }
            _ => match self.act_on_product(cx, action, arguments)? {
                Some(answer) => return Ok(answer),
                None => self.act_on_order(cx, action, arguments)?,
            },
        }
        Ok(json!({}))
    }

    fn act_on_order(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<(), Refused> {
        let order = || required(arguments, "orderId");
        match action {
            "complete_payment" => self.edit_order(cx, order()?, fields(json!({ "isComplete": true }))),
            "edit_order" => {
                let mut body = check::object(object(arguments, "set")?, ORDER, cx.switches, "set")?;
                body.remove("statusId");
                self.edit_order(cx, order()?, body)
            }
            "set_status" => self.staff_status(cx, order()?, arguments),
            "set_address" => {
                let address = check::object(object(arguments, "address")?, ADDRESS, cx.switches, "address")?;
                let named = Fields::from_iter([(text(arguments, "type").to_owned(), Value::Object(address))]);
                let body = fields(json!({ "addresses": named }));
                self.edit_order(cx, order()?, check::object(body, ORDER, cx.switches, "")?)
            }
            "edit_row" => {
                let id = order()?;
                let item = self.row_of(id, arguments)?;
                let body = check::object(object(arguments, "set")?, ITEM, cx.switches, "set")?;
                self.write_item(id, item, body, false)?;
                self.rows_changed(cx, id)
            }
            "add_row" => {
                let id = order()?;
                let given = object(arguments, "row")?;
                let row = self.bought(cx, given)?;
                let order = self.orders.get_mut(&id).ok_or_else(Refusal::not_found)?;
                order.items.push(row);
                self.rows_changed(cx, id)
            }
            "remove_row" => {
                let id = order()?;
                let item = self.row_of(id, arguments)?;
                let order = self.orders.get_mut(&id).ok_or_else(Refusal::not_found)?;
                order.items.retain(|known| known.id != item);
                self.rows_changed(cx, id)
            }
            "delete_order" => Ok(self.delete_order(cx, order()?, By::Shop).map(drop)?),
            _ => Err(Refused::new(format!(
                "there is no action {action:?}; there are: place_order, complete_payment, edit_order, edit_row, \
                 add_row, remove_row, set_address, set_status, delete_order, create_customer, edit_customer, \
                 delete_customer, create_product, edit_product, delete_product, add_variant, edit_variant, \
                 delete_variant, set_price, remove_price, set_stock"
            ))),
        }
    }

    fn edit_order(&mut self, cx: &Cx<'_>, id: u64, body: Fields) -> Result<(), Refused> {
        Ok(self.update_order(cx, id, body, false, By::Shop)?)
    }

    fn rows_changed(&mut self, cx: &Cx<'_>, id: u64) -> Result<(), Refused> {
        self.recompute(cx, id);
        self.touched(cx, id, By::Shop);
        Ok(())
    }

    fn staff_status(&mut self, cx: &Cx<'_>, id: u64, arguments: &Fields) -> Result<(), Refused> {
        let status = match arguments.get("status") {
            Some(Value::String(code)) => self.lists.status(code),
            Some(other) => other.as_u64().filter(|id| self.lists.statuses.contains_key(id)),
            None => None,
        };
        let status = status.ok_or_else(|| Refused::new("status: is required, a standard code or a known id"))?;
        let body = json!({
            "statusId": status,
            "onOrderStatusChangeSendEmail": flag(arguments, "mail", false),
            "onOrderStatusChangeProcessPayment": flag(arguments, "payment", false),
        });
        self.edit_order(cx, id, fields(body))
    }

    fn row_of(&self, id: u64, arguments: &Fields) -> Result<u64, Refused> {
        let order = self.orders.get(&id).ok_or_else(Refusal::not_found)?;
        let wanted = super::value::id(arguments, "itemId");
        let sku = text(arguments, "sku");
        let found = order.items.iter().find(|item| match wanted {
            Some(wanted) => item.id == wanted,
            None => text(&item.fields, "sku") == sku,
        });
        found.map(|item| item.id).ok_or_else(|| Refused::new("the order has no such row; name it by itemId or sku"))
    }

    fn place_order(&mut self, cx: &Cx<'_>, mut arguments: Fields) -> Result<u64, Refused> {
        let rows = rows(arguments.remove("items")).into_iter().map(|row| self.bought(cx, row));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let mut body = check::object(arguments, ORDER, cx.switches, "")?;
        body.entry("isComplete").or_insert(json!(true));
        body.entry("paymentStatus").or_insert(json!(RESERVED));
        for (key, list) in
            [("paymentMethodId", &self.lists.payment_methods), ("shippingMethodId", &self.lists.shipping_methods)]
        {
            let first = list.first().and_then(|method| method.get(key)).cloned();
            body.entry(key).or_insert(first.unwrap_or_default());
        }
        let written = |row: Item| {
            let with_vat = row.with_vat.map(|price| (WITH_VAT.to_owned(), number(price)));
            Value::Object(row.fields.into_iter().chain(with_vat).collect())
        };
        body.insert("items".into(), rows.into_iter().map(written).collect());
        self.add_buyer(cx, &mut body)?;
        Ok(self.create_order(cx, body, By::Shop)?)
    }

    /// A row as the shop writes it: the product's own data where the shopper's basket says nothing else.
    fn bought(&mut self, cx: &Cx<'_>, mut row: Fields) -> Result<Item, Refused> {
        let with_vat = row.remove(WITH_VAT);
        let mut given = Fields::new();
        if let Some((product, variant)) = self.catalogue.by_sku(text(&row, "sku")) {
            given.insert("description".into(), json!(product.name()));
            given.insert("vatRate".into(), number(vat_rate(product, &self.lists.shop)));
            given.extend(self.sold_at(variant).map(|price| ("unitPrice".to_owned(), number(price))));
        }
        given.extend(check::object(row, ITEM, cx.switches, "items")?);
        let mut item = Item::new(self.ids.item(), given, 0);
        if let Some(price) = with_vat {
            item.set_price_with_vat(decimal(&price).ok_or_else(|| Refused::new("unitPriceIncVat: must be a number"))?);
        }
        Ok(item)
    }

    /// Copies what the order keeps of its buyer; a guest may get a customer without an account.
    fn add_buyer(&mut self, cx: &Cx<'_>, body: &mut Fields) -> Result<(), Refused> {
        let original = fields(body.get("addresses").cloned().unwrap_or_default());
        if !body.contains_key("customerId") && cx.switches.is(&GUEST_CUSTOMERS, "without_account") {
            let mut guest = fields(json!({ "email": text(body, "originalCustomerEmail"), "addresses": {} }));
            let address = |name: &str| original.get(name).cloned().unwrap_or_else(|| json!({}));
            let addresses = json!({ "invoice": address("originalInvoice"), "delivery": address("originalDelivery") });
            guest.insert("addresses".into(), addresses);
            let id = self.create_customer(cx, guest, false, By::Shop)?;
            body.insert("customerId".into(), json!(id));
        }
        let Some(customer) = id(body, "customerId").and_then(|id| self.customers.get(&id)) else { return Ok(()) };
        for (own, name) in [
            ("email", "originalCustomerEmail"),
            ("nationalIdNo", "originalCustomerNationalIdNo"),
            ("vatNo", "originalCustomerVatNo"),
            ("customInfo1", "originalCustomerCustomInfo1"),
            ("customInfo2", "originalCustomerCustomInfo2"),
        ] {
            body.entry(name).or_insert(json!(text(&customer.fields, own)));
        }
        let mut addresses = Fields::new();
        for (own, names) in [
            ("invoice", ["originalInvoice", "customerInvoice"]),
            ("delivery", ["originalDelivery", "customerDelivery"]),
        ] {
            let address = customer.addresses.get(own).or_else(|| customer.addresses.get("invoice"));
            addresses
                .extend(address.into_iter().flat_map(|address| names.map(|name| (name.to_owned(), address.clone()))));
        }
        addresses.extend(original);
        body.insert("addresses".into(), Value::Object(addresses));
        Ok(())
    }
}
