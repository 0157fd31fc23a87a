//! The rules of customers, suppliers, persons, delivery places, items and prices.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Switches};

use super::{
    collection::Collection,
    store::Company,
    switches::PRICE_ORDER,
    value::{Fields, amount, at, day, flag, list, number, object, rows, set_at, shown_day, shown_stamp, text, text_at},
    write::Draft,
};

/// Item types that have stock.
const STOCK: [&str; 3] = ["FinishedGoodItem", "ComponentPartItem", "SubassemblyItem"];

/// Checks and completes a record.
pub(super) fn settle(draft: &mut Draft<'_>, name: &str) {
    match name {
        "customers" => customer(draft),
        "suppliers" => supplier(draft),
        "contacts" => contact(draft),
        "locations" => place(draft),
        "items" => item(draft),
        "prices" => price(draft),
        "shipments" => super::shipping::settle(draft),
        _ => {}
    }
    attributes(draft);
}

/// What follows from a write for other records.
pub(super) fn after(company: &mut Company, cx: &Cx<'_>, known: &Collection, id: u64, given: &Fields) {
    match known.name {
        "customers" => main_place(company, id),
        "projects" => super::projects::after(company, cx, id, given),
        _ => {}
    }
}

/// Each customer has a first delivery place.
pub(super) fn main_place(company: &mut Company, customer: u64) {
    let Some(record) = company.get("customers", customer).cloned() else { return };
    let customer = &record.fields;
    let key = format!("{}/Main", text(customer, "number"));
    if company.find("locations", "_key", &key).is_some() {
        return;
    }
    let mut place =
        object(json!({ "_key": key, "locationId": "Main", "locationName": "Primary Location", "active": true }));
    let names = ["internalId", "number", "name"].into_iter();
    let owner = names.filter_map(|name| Some((name.to_owned(), customer.get(name)?.clone()))).collect();
    place.insert("baccount".into(), Value::Object(owner));
    let id = company.next_id("locations");
    place.insert("internalId".into(), json!(id));
    for (from, to) in [("mainAddress", "address"), ("mainContact", "contact"), ("vatZone", "vatZone"), ("gln", "gln")] {
        if let Some(value) = customer.get(from) {
            place.insert(to.into(), value.clone());
        }
    }
    company.put("locations", id, place, record.created, record.created);
}

/// A class set on a create, or changed with the word that its values count, gives its values.
fn class_values(draft: &mut Draft<'_>, field: &str, given: &str, collection: &str) {
    if draft.old.is_none() && at(&draft.new, field).is_none() {
        let first = draft.company.all(collection).next().map(|(_, record)| text(&record.fields, "id").to_owned());
        draft.refer(field, collection, &first.unwrap_or_default(), "coded");
    }
    let takes = draft.old.is_none() || draft.given.contains_key(given) && flag(draft.given, "overrideWithClassValues");
    let class = draft.company.named(collection, text_at(&draft.new, &format!("{field}.id")));
    let Some(class) = class.filter(|_| takes).map(|record| record.fields.clone()) else { return };
    for (path, collection, key, body) in [
        ("vatZone", "vat-zones", "taxZoneId", "vatZoneId"),
        ("creditTerms", "credit-terms", "_terms", "creditTermsId"),
        ("paymentMethod", "payment-methods", "paymentMethodId", "paymentMethodId"),
    ] {
        let read = if path == "vatZone" { "vatZone" } else { "coded" };
        if !draft.given.contains_key(body) {
            draft.refer(path, collection, text(&class, key), read);
        }
    }
    if flag(&class, "requiredTaxzoneId") {
        draft.required("vatZone", "Tax Zone");
    }
}

/// Addresses and contacts that are not given are the main ones.
fn follow_main(draft: &mut Draft<'_>, others: &[&str]) {
    let name = draft.new.get("name").cloned().unwrap_or_default();
    draft.default("mainContact.name", name);
    draft.default("mainAddress.country.id", "NO");
    let country = text_at(&draft.new, "mainAddress.country.id").to_owned();
    draft.refer("mainAddress.country", "countries", &country, "idName");
    for (part, id) in [("Address", "addressId"), ("Contact", "contactId")] {
        let main = format!("main{part}");
        let before = draft.old.and_then(|old| old.get(&main));
        let value = draft.new.get(&main).cloned().unwrap_or_default();
        for other in others.iter().map(|other| format!("{other}{part}")) {
            let own = draft.new.get(&other).cloned();
            let follows =
                own.is_none() || draft.old.is_some() && own.as_ref() == before && !draft.given.contains_key(&other);
            if follows {
                draft.new.insert(other, value.clone());
            } else if at(&draft.new, &format!("{other}.{id}")).is_none() {
                set_at(&mut draft.new, &format!("{other}.{id}"), json!(0));
            }
        }
    }
}

fn customer(draft: &mut Draft<'_>) {
    draft.required("name", "Customer name");
    class_values(draft, "customerClass", "customerClassId", "customer-classes");
    draft.default("status", "Active");
    let base = draft.company.settings.base_currency.clone();
    draft.default("currencyId", base);
    draft.default("creditVerification", "Disabled");
    draft.default("creditLimit", 0);
    draft.default("statementType", "OpenItem");
    for name in ["printInvoices", "acceptAutoInvoices", "sendInvoicesByEmail", "excludeDebtCollection"] {
        draft.default(name, false);
    }
    follow_main(draft, &["invoice", "delivery"]);
    draft.default("location", json!({ "countryId": "NO", "id": "Main", "name": "Primary Location" }));
    visible_terms(draft, &["AL", "CU"]);
}

fn supplier(draft: &mut Draft<'_>) {
    draft.required("name", "Vendor name");
    class_values(draft, "supplierClass", "supplierClassId", "supplier-classes");
    draft.default("status", "Active");
    let base = draft.company.settings.base_currency.clone();
    draft.default("currencyId", base);
    follow_main(draft, &["remit", "supplier"]);
    visible_terms(draft, &["AL", "VE"]);
}

/// Terms are for customers, for suppliers, or for both.
fn visible_terms(draft: &mut Draft<'_>, words: &[&str]) {
    let key = text_at(&draft.new, "creditTerms.id").to_owned();
    let visible = draft.company.named("credit-terms", &key).map(|record| text(&record.fields, "visibleTo").to_owned());
    if visible.is_some_and(|visible| !visible.is_empty() && !words.contains(&visible.as_str())) {
        draft.refuse(format!("Terms '{key}' cannot be found in the system."));
    }
}

fn contact(draft: &mut Draft<'_>) {
    draft.required("lastName", "Last Name");
    draft.default("active", true);
    draft.default("contactMethod", "Any");
    let names = ["lastName", "firstName"].map(|name| text(&draft.new, name).to_owned());
    let names = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>();
    draft.new.insert("displayName".into(), json!(names.join(", ")));
    let owner = text(&draft.new, "businessAccount").to_owned();
    let kind = ["customers", "suppliers"].into_iter().find(|name| draft.company.find(name, "number", &owner).is_some());
    match kind {
        Some("customers") => drop(draft.new.insert("businessAccountType".into(), json!("Customer"))),
        Some(_) => drop(draft.new.insert("businessAccountType".into(), json!("Vendor"))),
        None if owner.is_empty() => drop(draft.new.remove("businessAccountType")),
        None => draft.refuse(format!("Business Account '{owner}' cannot be found in the system.")),
    }
    if flag(&draft.new, "sameAsAccount")
        && let Some((_, record)) = kind.and_then(|name| draft.company.find(name, "number", &owner))
        && let Some(address) = record.fields.get("mainAddress")
    {
        draft.new.insert("address".into(), address.clone());
    }
}

fn place(draft: &mut Draft<'_>) {
    draft.required("baccount", "Business Account");
    draft.required("locationId", "Location ID");
    draft.default("active", true);
    let key = format!("{}/{}", text_at(&draft.new, "baccount.number"), text(&draft.new, "locationId"));
    if let Some(old) = draft.old {
        // Both parts of the key are given once.
        for name in ["baccount", "locationId", "_key"] {
            set_at(&mut draft.new, name, old.get(name).cloned().unwrap_or_default());
        }
    } else if draft.company.find("locations", "_key", &key).is_some() {
        draft.refuse(format!("Location '{}' already exists.", text(&draft.new, "locationId")));
    } else {
        draft.new.insert("_key".into(), json!(key));
    }
}

fn item(draft: &mut Draft<'_>) {
    draft.required("inventoryNumber", "Inventory ID");
    draft.required("itemClass", "Item Class");
    let number_given = text(&draft.new, "inventoryNumber").to_owned();
    if draft.old.is_none() && draft.company.find("items", "inventoryNumber", &number_given).is_some() {
        draft.refuse(format!("InventoryID '{number_given}' already exists."));
    }
    let class = draft.company.named("item-classes", text_at(&draft.new, "itemClass.id"));
    let class = class.map(|record| record.fields.clone()).unwrap_or_default();
    draft.default("type", text(&class, "type"));
    let stock = STOCK.contains(&text(&draft.new, "type"));
    if stock != STOCK.contains(&text(&class, "type")) {
        draft.refuse("The type of the item does not fit its item class.");
    }
    draft.new.insert("stockItem".into(), json!(stock));
    draft.default("status", "Active");
    draft.default("kitItem", false);
    for name in ["defaultPrice", "lastCost", "currentCost"] {
        draft.default(name, 0);
    }
    for name in ["baseUnit", "salesUnit", "purchaseUnit"] {
        draft.default(name, text(&class, "_unit"));
    }
    if at(&draft.new, "vatCode").is_none() {
        draft.refer("vatCode", "vat-categories", text(&class, "_vat"), "coded");
    }
    if at(&draft.new, "postingClass").is_none() {
        draft.refer("postingClass", "posting-classes", text(&class, "_posting"), "coded");
    }
    let wrong: &[&str] = if stock { &["expenseAccount"] } else { &["inventoryAccount", "cogsAccount"] };
    for name in wrong.iter().filter(|name| draft.given.contains_key(**name)).collect::<Vec<_>>() {
        draft.refuse(format!("'{name}' does not fit the type of the item."));
    }
    if stock && draft.new.get("warehouseDetails").is_none() {
        let switches = draft.cx.switches;
        let stamp = shown_stamp(draft.cx.now, switches);
        let details = draft.company.all("warehouses").enumerate().map(|(place, (_, record))| {
            object(json!({ "isDefault": place == 0, "warehouse": text(&record.fields, "warehouseID"),
                "quantityOnHand": 0, "available": 0, "availableForShipment": 0, "lastModifiedDateTime": stamp }))
        });
        let details = list(details);
        draft.new.insert("warehouseDetails".into(), details);
    }
}

fn price(draft: &mut Draft<'_>) {
    draft.required("priceType", "Price Type");
    draft.required("inventoryId", "Inventory ID");
    let number_given = text(&draft.new, "inventoryId").to_owned();
    match draft.company.find("items", "inventoryNumber", &number_given) {
        Some((_, record)) => {
            for (to, from) in [("description", "description"), ("uoM", "salesUnit")] {
                let value = record.fields.get(from).cloned().unwrap_or_default();
                draft.default(to, value);
            }
        }
        None => draft.refuse(format!("InventoryID '{number_given}' cannot be found in the system.")),
    }
    let code = text(&draft.new, "priceCode").to_owned();
    match text(&draft.new, "priceType") {
        "Customer" if draft.company.find("customers", "number", &code).is_none() => {
            draft.refuse(format!("Customer '{code}' cannot be found in the system."));
        }
        "CustomerPriceClass" => draft.required("priceCode", "Price Code"),
        "All" => draft.refuse("Price Type 'All' is for lists only."),
        _ => {}
    }
    let base = draft.company.settings.base_currency.clone();
    draft.default("currency", base);
    draft.default("promotion", false);
    draft.default("breakQty", 0);
    draft.default("price", 0);
    let today = shown_day(draft.today());
    draft.default("effectiveDate", today);
}

/// Whether a price holds on a day.
pub(super) fn price_holds(price: &Fields, on: NaiveDate) -> bool {
    let bound = |name: &str| day(text(price, name));
    bound("effectiveDate").is_none_or(|from| from <= on) && bound("expirationDate").is_none_or(|to| on <= to)
}

/// What a customer pays for a piece in this currency, before discounts: the customer's own price, else the price of all
/// for the currency, else the item's, turned into the currency.
pub(super) fn price_for(
    company: &Company,
    switches: &Switches,
    customer: &str,
    item: &Fields,
    currency: &str,
    quantity: Decimal,
    on: NaiveDate,
) -> Decimal {
    let wanted = text(item, "inventoryNumber");
    let best = |kind: &str, code: &str| {
        let fits = |price: &&Fields| {
            text(price, "inventoryId").eq_ignore_ascii_case(wanted)
                && text(price, "priceType") == kind
                && (code.is_empty() || text(price, "priceCode") == code)
                && text(price, "currency") == currency
                && amount(price, "breakQty") <= quantity
                && price_holds(price, on)
        };
        let prices = company.all("prices").map(|(_, record)| &record.fields).filter(fits);
        prices.max_by_key(|price| amount(price, "breakQty")).map(|price| amount(price, "price"))
    };
    let class = company.find("customers", "number", customer);
    let class = class.map(|(_, record)| text_at(&record.fields, "priceClass.id").to_owned()).unwrap_or_default();
    let of_class = || if class.is_empty() { None } else { best("CustomerPriceClass", &class) };
    let rate = super::documents::rate_of(company, currency);
    let of_item = amount(item, "defaultPrice").checked_div(rate).unwrap_or_default().round_dp(4);
    let nearest_first = [best("Customer", customer), of_class(), best("Base", ""), Some(of_item)].into_iter().flatten();
    let price = match switches.word(&PRICE_ORDER) {
        "cheapest" => nearest_first.min(),
        _ => nearest_first.into_iter().next(),
    };
    price.unwrap_or_default()
}

/// Attribute lines of a body: each changes the one attribute that it names.
fn attributes(draft: &mut Draft<'_>) {
    let given = rows(draft.given, "attributeLines").cloned().collect::<Vec<_>>();
    if given.is_empty() {
        return;
    }
    let mut kept = rows(&draft.new, "attributes").cloned().collect::<Vec<_>>();
    for line in given {
        let id = text(&line, "attributeId").to_owned();
        let Some(definition) = draft.company.named("attributes", &id).map(|record| record.fields.clone()) else {
            draft.refuse(format!("Attribute '{id}' cannot be found in the system."));
            continue;
        };
        let value = text(&line, "attributeValue").to_owned();
        let choice = rows(&definition, "details").find(|detail| text(detail, "valueId") == value);
        if text(&definition, "controlType") == "Combo" && !value.is_empty() && choice.is_none() {
            draft.refuse(format!("Attribute value '{value}' cannot be found in the system."));
        }
        kept.retain(|known| !text(known, "id").eq_ignore_ascii_case(&id));
        if !value.is_empty() {
            let description = choice.map_or(value.as_str(), |choice| text(choice, "description"));
            let key = text(&definition, "attributeID");
            kept.push(object(json!({ "id": key, "value": value, "description": description })));
        }
    }
    draft.new.insert("attributes".into(), list(kept));
}

/// Changes the stock of an item in a warehouse.
pub(super) fn move_stock(company: &mut Company, cx: &Cx<'_>, item: &str, warehouse: &str, by: Decimal) {
    let Some((id, _)) = company.find("items", "inventoryNumber", item) else { return };
    let stamp = shown_stamp(cx.now, cx.switches);
    company.change(cx, "items", id, |fields| {
        let details = rows(fields, "warehouseDetails").cloned().map(|mut detail| {
            if text(&detail, "warehouse") == warehouse {
                for name in ["quantityOnHand", "available", "availableForShipment"] {
                    let sum = amount(&detail, name).saturating_add(by);
                    detail.insert(name.into(), number(sum));
                }
                detail.insert("lastModifiedDateTime".into(), stamp.clone());
            }
            detail
        });
        let details = list(details.collect::<Vec<_>>());
        fields.insert("warehouseDetails".into(), details);
    });
}
