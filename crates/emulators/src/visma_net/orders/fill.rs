//! What a body makes of an order: references looked up, lines priced, totals computed.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::Cx;

use super::super::{
    documents::rate_of,
    masters::price_for,
    store::Company,
    sums::Taxes,
    switches::V3_EXTENDED,
    value::{
        Fields, amount, at, cents, decimal, flag, list, number, object, rows, set_at, shown_utc, text, text_at, utc,
        whole,
    },
};
use super::problem::Problems;

/// What is said of an item that is no longer sold.
pub(super) const WITHDRAWN: &str = "The item cannot be sold.";

/// An order in the making.
pub(in super::super) struct Making<'a> {
    pub(in super::super) company: &'a Company,
    pub(in super::super) cx: &'a Cx<'a>,
    pub(in super::super) order: Fields,
    pub(in super::super) problems: Problems,
}

impl Making<'_> {
    /// Takes the head of a body over; `new` says that it is a create, where what is left out gets its default.
    pub(in super::super) fn head(&mut self, given: &Fields, new: bool) {
        for (name, value) in given {
            match (name.as_str(), value) {
                ("orderLines" | "status" | "customer" | "type" | "orderId", _) => {}
                (
                    "billing" | "shipping" | "financialInformation" | "freight" | "paymentSettings" | "print",
                    Value::Object(part),
                ) => {
                    self.part(name, part, new);
                }
                ("date" | "requestOn" | "cancelBy", Value::String(at)) => self.stamp(name, at),
                ("branchId", Value::String(key)) => self.code("branch", "branches", key, "0003-InvalidValue"),
                ("projectId", Value::String(key)) => self.code("project", "projects", key, "1904-ProjectNotFound"),
                ("salesPersonId", Value::String(key)) => self.salesperson(key),
                ("taxZoneId", Value::String(key)) => {
                    self.code("customer.taxZone", "vat-zones", key, "0003-InvalidValue")
                }
                ("currencyId", Value::String(key)) => {
                    if self.company.named("currencies", key).is_none() {
                        self.problems.add("0003-InvalidValue", "currencyId", "There is no such currency.");
                    }
                    set_at(&mut self.order, "currencyId", json!(key));
                }
                ("ownerId", Value::String(key)) => set_at(&mut self.order, "owner", json!({ "id": key })),
                (_, Value::Null) => {}
                (_, value) => set_at(&mut self.order, name, value.clone()),
            }
        }
    }

    fn stamp(&mut self, path: &str, at: &str) {
        set_at(&mut self.order, path, utc(at).map(shown_utc).unwrap_or_default());
    }

    /// A reference of key and description.
    fn code(&mut self, path: &str, collection: &str, key: &str, code: &'static str) {
        if key.is_empty() {
            return set_at(&mut self.order, path, Value::Null);
        }
        let known = super::super::collection::named(collection);
        match known.and_then(|known| Some((known, self.company.by_key(known, key)?.1))) {
            Some((known, record)) => {
                let label = text_at(&record.fields, known.label);
                let mut reference = json!({ "id": at(&record.fields, known.key), "description": label });
                if let (Some(id), Some(reference)) = (whole(&record.fields, known.id), reference.as_object_mut()) {
                    reference.insert("internalId".into(), json!(id));
                }
                set_at(&mut self.order, path, reference);
            }
            None => self.problems.add(code, path, format!("'{key}' cannot be found.")),
        }
    }

    fn salesperson(&mut self, key: &str) {
        let known = self.company.named("salespersons", key);
        if known.is_some_and(|record| !flag(&record.fields, "isActive")) {
            self.problems.add("1901-InactiveSalesPerson", "salesPersonId", "The sales person is not active.");
        }
        self.code("salesPerson", "salespersons", key, "1902-SalesPersonNotFound");
    }

    fn part(&mut self, name: &str, part: &Fields, new: bool) {
        for (field, value) in part {
            let path = format!("{name}.{field}");
            match (field.as_str(), value) {
                ("address" | "contact", Value::Object(inner)) => self.block(&path, inner, new),
                (_, Value::Null) => {}
                ("scheduledDate" | "cashDiscountDate" | "dueDate" | "invoiceDate", Value::String(at)) => {
                    self.stamp(&path, at)
                }
                ("preferredWarehouseId", Value::String(key)) => {
                    self.code("shipping.preferredWarehouse", "warehouses", key, "1802-InvalidWarehouseId");
                }
                ("paymentMethodId", Value::String(key)) => {
                    self.code("paymentSettings.paymentMethod", "payment-methods", key, "1402-PaymentMethodIdNotFound");
                }
                ("cashAccountId", Value::String(key)) if self.company.named("cash-accounts", key).is_none() => {
                    self.problems.add("1502-CashAccountNotFound", path, "There is no such cash account.");
                }
                ("fobPointId" | "shipViaId" | "termsId" | "zoneId", Value::String(key)) => {
                    let plain = path.trim_end_matches("Id");
                    let value = if key.is_empty() { Value::Null } else { json!({ "id": key }) };
                    set_at(&mut self.order, plain, value);
                }
                (_, value) => set_at(&mut self.order, &path, value.clone()),
            }
        }
    }

    /// An address or contact: a create must give all of it, and nothing of the customer's stays.
    fn block(&mut self, path: &str, given: &Fields, new: bool) {
        let mut kept = if new { Fields::new() } else { at(&self.order, path).cloned().map(object).unwrap_or_default() };
        for (name, value) in given {
            match (name.as_str(), value) {
                ("countryId", Value::String(key)) => match self.company.named("countries", key) {
                    Some(record) => {
                        let country = json!({ "id": text(&record.fields, "id"), "name": text(&record.fields, "name") });
                        kept.insert("country".into(), country);
                    }
                    None => {
                        self.problems.add("0003-InvalidValue", format!("{path}.countryId"), "There is no such country.")
                    }
                },
                ("stateId", Value::String(key)) => drop(kept.insert("county".into(), json!({ "id": key }))),
                (_, value) => drop(kept.insert(name.clone(), value.clone())),
            }
        }
        if new && path.ends_with("address") && !kept.contains_key("country") {
            self.problems.add("0001-NullNotAllowed", format!("{path}.countryId"), "An address needs its country.");
        }
        kept.entry("overridesDefault").or_insert_with(|| json!(true));
        set_at(&mut self.order, path, Value::Object(kept));
    }

    /// The customer of the order, by id or by GLN.
    pub(in super::super) fn customer(&mut self, given: &Fields, new: bool) {
        let (id, gln) = (text(given, "id"), text(given, "gln"));
        if new || !id.is_empty() {
            let found = match id {
                "" => self.company.find("customers", "gln", gln),
                id => self.company.find("customers", "number", id),
            };
            let found = found.filter(|_| !id.is_empty() || !gln.is_empty()).map(|(_, record)| record.fields.clone());
            match found {
                Some(customer) => self.owner(&customer),
                None => self.problems.add("1400-CustomerLookupException", "customer", "The customer cannot be found."),
            }
        }
        for (name, path) in [
            ("order", "customer.order"),
            ("refNo", "customer.refNo"),
            ("contactId", "customer.contactId"),
            ("locationId", "customer.location.id"),
        ] {
            if let Some(value) = given.get(name).filter(|value| !value.is_null()) {
                set_at(&mut self.order, path, value.clone());
            }
        }
        if let Some(key) = given.get("termsId").and_then(Value::as_str) {
            self.code("financialInformation.terms", "credit-terms", key, "0003-InvalidValue");
        }
    }

    fn owner(&mut self, customer: &Fields) {
        if matches!(text(customer, "status"), "Inactive" | "OnHold") {
            self.problems.add("1407-InvalidCustomerStatus", "customer", "The customer's status does not allow orders.");
        }
        let zone = at(customer, "vatZone").cloned().map(object).unwrap_or_default();
        let location = at(customer, "location").cloned().map(object).unwrap_or_default();
        set_at(&mut self.order, "customer.id", json!(text(customer, "number")));
        set_at(&mut self.order, "customer.internalId", customer.get("internalId").cloned().unwrap_or_default());
        set_at(&mut self.order, "customer.name", json!(text(customer, "name")));
        set_at(
            &mut self.order,
            "customer.location",
            json!({ "id": text(&location, "id"), "name": text(&location, "name"),
            "gln": text(customer, "gln"), "corporateId": text(customer, "corporateId"),
            "taxRegistrationId": text(customer, "vatRegistrationId"), "countryId": text(&location, "countryId") }),
        );
        set_at(
            &mut self.order,
            "customer.taxZone",
            json!({ "id": text(&zone, "id"), "description": text(&zone, "description") }),
        );
        set_at(&mut self.order, "currencyId", json!(text(customer, "currencyId")));
        let terms = text_at(customer, "creditTerms.id");
        if !terms.is_empty() {
            self.code("financialInformation.terms", "credit-terms", terms, "0003-InvalidValue");
        }
        for (part, from) in [("billing", "invoice"), ("shipping", "delivery")] {
            set_at(&mut self.order, &format!("{part}.address"), address(customer, &format!("{from}Address")));
            set_at(&mut self.order, &format!("{part}.contact"), contact(customer, &format!("{from}Contact")));
        }
        if text(customer, "status") == "CreditHold" {
            set_at(&mut self.order, "status", json!("CreditHold"));
        }
    }

    /// One line of a body, new or changed.
    pub(in super::super) fn line(&mut self, place: &str, given: &Fields, before: Option<Fields>) -> Fields {
        let new = before.is_none();
        let mut line = before.unwrap_or_default();
        if new {
            self.item(place, given, &mut line);
        }
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            match (name.as_str(), value) {
                (
                    "inventoryId" | "lineId" | "unitPrice" | "discountPercent" | "discountAmount" | "discountCode"
                    | "sortOrder",
                    _,
                ) => {}
                ("warehouseId", Value::String(key)) if self.company.named("warehouses", key).is_none() => {
                    self.problems.add(
                        "1802-InvalidWarehouseId",
                        format!("{place}.warehouseId"),
                        "There is no such warehouse.",
                    );
                }
                ("taxCategoryId", Value::String(key)) if self.company.named("vat-categories", key).is_none() => {
                    self.problems.add(
                        "1805-InvalidTaxCategoryId",
                        format!("{place}.taxCategoryId"),
                        "There is no such tax category.",
                    );
                }
                ("salesAccountId", Value::String(key)) if self.company.named("accounts", key).is_none() => {
                    self.problems.add(
                        "1806-InvalidSalesAccountId",
                        format!("{place}.salesAccountId"),
                        "There is no such account.",
                    );
                }
                ("unitOfMeasure", Value::String(key)) if self.company.named("units", key).is_none() => {
                    self.problems.add(
                        "1808-InvalidUnitOfMeasure",
                        format!("{place}.unitOfMeasure"),
                        "There is no such unit.",
                    );
                }
                ("quantity", value) if decimal(value).is_some_and(|quantity| quantity < Decimal::ZERO) => {
                    self.problems.add(
                        "1809-InvalidQuantityForType",
                        format!("{place}.quantity"),
                        "The quantity is negative.",
                    );
                }
                ("requestDate" | "shipDate", Value::String(at)) => {
                    drop(line.insert(name.clone(), utc(at).map(shown_utc).unwrap_or_default()));
                }
                ("branchId" | "salesPersonId" | "warehouseLocationId", value) => {
                    drop(line.insert(name.trim_end_matches("Id").to_owned(), json!({ "id": value })));
                }
                ("supplierId", value) => drop(line.insert("supplier".into(), json!({ "id": value }))),
                (_, value) => drop(line.insert(name.clone(), value.clone())),
            }
        }
        self.price(given, &mut line, new);
        line
    }

    fn item(&mut self, place: &str, given: &Fields, line: &mut Fields) {
        let wanted = text(given, "inventoryId");
        let property = format!("{place}.inventoryId");
        if wanted.is_empty() {
            return self.problems.add("0001-NullNotAllowed", property, "The item is required.");
        }
        let Some((_, record)) = self.company.find("items", "inventoryNumber", wanted) else {
            return self.problems.add("1804-InventoryIdNotFound", property, "The item cannot be found.");
        };
        let item = &record.fields;
        if matches!(text(item, "status"), "Inactive" | "NoSales" | "MarkedForDeletion") {
            self.problems.add("1804-InventoryIdNotFound", property, WITHDRAWN);
        }
        let stock = flag(item, "stockItem");
        let warehouse =
            rows(item, "warehouseDetails").find(|row| flag(row, "isDefault")).map(|row| text(row, "warehouse"));
        let warehouse = warehouse.unwrap_or_default();
        *line = object(
            json!({ "inventory": { "id": text(item, "inventoryNumber"), "description": text(item, "description"),
                "baseUnit": text(item, "baseUnit") },
            "lineType": if stock { "GoodsForInventory" } else { "NonInventoryGoods" }, "operation": "Issue",
            "description": text(item, "description"), "quantity": 0, "unitOfMeasure": text(item, "salesUnit"),
            "taxCategoryId": text_at(item, "vatCode.id"), "warehouseId": warehouse, "unitCost": number(amount(item, "lastCost")),
            "quantityOnShipments": 0, "billedQuantity": 0, "openLine": true, "completed": false, "freeItem": false,
            "commissionable": true, "shippingRule": "BackOrderAllowed", "overshipThreshold": 100, "undershipThreshold": 100,
            "hasManualPrice": false, "hasManualDiscount": false }),
        );
        if warehouse.is_empty() {
            line.remove("warehouseId");
        }
    }

    /// A given price counts unless the body says that it is not one by hand; so do discounts.
    fn price(&mut self, given: &Fields, line: &mut Fields, new: bool) {
        let by_hand = given.get("hasManualPrice") != Some(&Value::Bool(false));
        match given.get("unitPrice").and_then(decimal).filter(|_| by_hand) {
            Some(price) => {
                line.insert("unitPrice".into(), number(price));
                line.insert("hasManualPrice".into(), json!(true));
            }
            None if new || given.contains_key("quantity") && !flag(line, "hasManualPrice") || !by_hand => {
                let customer = text_at(&self.order, "customer.id");
                let item = self.company.find("items", "inventoryNumber", text_at(line, "inventory.id"));
                let price = item.map(|(_, record)| {
                    let currency = text(&self.order, "currencyId");
                    {
                        let quantity = amount(line, "quantity");
                        price_for(
                            self.company,
                            self.cx.switches,
                            customer,
                            &record.fields,
                            currency,
                            quantity,
                            self.day(),
                        )
                    }
                });
                line.insert("unitPrice".into(), number(price.unwrap_or_default()));
                line.insert("hasManualPrice".into(), json!(false));
            }
            None => {}
        }
        if given.get("hasManualDiscount") != Some(&Value::Bool(false)) {
            let given_discount = ["discountPercent", "discountAmount", "discountCode"].into_iter();
            for name in given_discount {
                if let Some(value) = given.get(name).filter(|value| !value.is_null()) {
                    line.insert(name.into(), value.clone());
                    line.insert("hasManualDiscount".into(), json!(true));
                    if name == "discountAmount" && given.get("discountPercent").is_none() {
                        line.remove("discountPercent");
                    }
                }
            }
        }
    }

    fn day(&self) -> NaiveDate {
        utc(text(&self.order, "date")).unwrap_or(self.cx.now).date_naive()
    }

    /// Numbers the lines and computes all sums.
    pub(in super::super) fn finish(&mut self) {
        let extended = self.cx.switches.word(&V3_EXTENDED);
        let (date, requested) = (self.order.get("date").cloned(), self.order.get("requestOn").cloned());
        let lines = rows(&self.order, "lines").cloned().enumerate().map(|(place, mut line)| {
            line.insert("sortOrder".into(), json!(place.saturating_add(1)));
            for (name, value) in [("orderDate", &date), ("requestDate", &requested)] {
                line.entry(name).or_insert_with(|| value.clone().unwrap_or_default());
            }
            settled(line, extended)
        });
        let lines = lines.collect::<Vec<_>>();
        self.order.insert("lines".into(), list(lines));
        self.totals();
    }

    fn totals(&mut self) {
        let zone = text_at(&self.order, "customer.taxZone.id").to_owned();
        let nets =
            rows(&self.order, "lines").map(|line| (text(line, "taxCategoryId").to_owned(), amount(line, "_net")));
        let freight = at(&self.order, "freight.premiumAmount").and_then(decimal).unwrap_or_default();
        let category = text_at(&self.order, "freight.taxCategoryId").to_owned();
        let nets = nets.chain((!freight.is_zero()).then_some((category, freight)));
        let taxes = Taxes::of(self.company, &zone, self.day(), nets);
        let sum = |of: &dyn Fn(&Fields) -> Decimal| rows(&self.order, "lines").map(of).sum::<Decimal>();
        let net = sum(&|line| amount(line, "_net"));
        let open = |line: &Fields, done: &str| {
            let part = amount(line, "quantity").saturating_sub(amount(line, done)).max(Decimal::ZERO);
            cents(amount(line, "_net").saturating_mul(part).checked_div(amount(line, "quantity")).unwrap_or_default())
        };
        let quantity = sum(&|line| amount(line, "quantity"));
        let discount = sum(&|line| amount(line, "discountAmount"));
        let cost = sum(&|line| amount(line, "quantity").saturating_mul(amount(line, "unitCost")));
        let (unshipped, unbilled) =
            (sum(&|line| open(line, "quantityOnShipments")), sum(&|line| open(line, "billedQuantity")));
        let total = net.saturating_add(taxes.vat()).saturating_add(freight);
        let rate = rate_of(self.company, text(&self.order, "currencyId"));
        let mut totals = Fields::new();
        for (name, sum) in [
            ("orderTotal", total),
            ("taxTotal", taxes.vat()),
            ("taxableTotal", taxes.taxable),
            ("taxExemptTotal", taxes.exempt),
            ("discountTotal", discount),
            ("freightCost", at(&self.order, "freight.cost").and_then(decimal).unwrap_or_default()),
            ("freightTotal", freight),
            ("costTotal", cost),
            ("unbilledAmount", unbilled),
            ("unshippedAmount", unshipped),
        ] {
            totals.insert(name.into(), number(sum));
            totals.insert(format!("{name}InBaseCurrency"), number(cents(sum.saturating_mul(rate))));
        }
        for name in ["orderTotal", "orderTotalInBaseCurrency"] {
            self.order.insert(name.into(), totals.get(name).cloned().unwrap_or_default());
        }
        self.order.insert("totals".into(), Value::Object(totals));
        self.order.insert("orderQty".into(), number(quantity));
        self.order.insert("taxes".into(), taxes_of(&taxes));
    }
}

fn taxes_of(taxes: &Taxes) -> Value {
    list(taxes.rows.iter().map(|row| {
        object(json!({ "taxId": row.id, "taxType": "VAT", "taxRate": number(row.rate), "taxableAmount": number(row.taxable),
            "taxAmount": number(row.vat), "exemptTax": row.exempt, "includeInTaxable": false, "isPendingTax": false,
            "isReverseTax": false, "isStatisticalTax": false }))
    }))
}

/// A line with its sums.
fn settled(mut line: Fields, extended: &str) -> Fields {
    let quantity = amount(&line, "quantity");
    let gross = cents(quantity.saturating_mul(amount(&line, "unitPrice")));
    let discount = match line.get("discountPercent").and_then(decimal) {
        Some(percent) => cents(gross.saturating_mul(percent).checked_div(Decimal::ONE_HUNDRED).unwrap_or_default()),
        None => amount(&line, "discountAmount"),
    };
    let net = gross.saturating_sub(discount);
    let percent = discount.saturating_mul(Decimal::ONE_HUNDRED).checked_div(gross).unwrap_or_default().round_dp(6);
    line.entry("discountPercent").or_insert_with(|| number(percent));
    line.insert("discountAmount".into(), number(discount));
    line.insert("lineTotalBeforeDiscount".into(), number(gross));
    line.insert("extendedPrice".into(), number(if extended == "after_discount" { net } else { gross }));
    line.insert("_net".into(), number(net));
    line.insert("baseOrderQuantity".into(), number(quantity));
    let open = quantity.saturating_sub(amount(&line, "quantityOnShipments")).max(Decimal::ZERO);
    line.insert("openQuantity".into(), number(open));
    line
}

fn address(customer: &Fields, name: &str) -> Value {
    let from = customer.get(name).or_else(|| customer.get("mainAddress")).cloned().map(object).unwrap_or_default();
    let mut to = Fields::new();
    for (old, new) in [
        ("addressId", "id"),
        ("addressLine1", "line1"),
        ("addressLine2", "line2"),
        ("addressLine3", "line3"),
        ("postalCode", "postalCode"),
        ("city", "city"),
        ("country", "country"),
        ("county", "county"),
    ] {
        if let Some(value) = from.get(old) {
            to.insert(new.into(), value.clone());
        }
    }
    to.insert("overridesDefault".into(), json!(false));
    Value::Object(to)
}

fn contact(customer: &Fields, name: &str) -> Value {
    let from = customer.get(name).or_else(|| customer.get("mainContact")).cloned().map(object).unwrap_or_default();
    let names = ["name", "attention", "email", "phone1", "phone2", "fax"].into_iter();
    let mut to = names.filter_map(|name| Some((name.to_owned(), from.get(name)?.clone()))).collect::<Fields>();
    to.insert("overridesDefault".into(), json!(false));
    Value::Object(to)
}
