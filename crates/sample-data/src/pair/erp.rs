//! The ERP's files, in the shapes of Visma.net.

use serde_json::{Value, json};

use super::{
    Pair,
    companies::{Case, Company, respelt},
    items::Item,
    people::Person,
    sales::{Line, Sale},
};
use crate::{collections::Collections, json::number};

/// When masters were entered, in the ERP's zone.
const ENTERED: &str = "2025-11-03T09:00:00";
/// Pieces of each item in stock.
const IN_STOCK: u64 = 500;

/// All of them.
pub(super) fn collections(pair: &Pair) -> Collections {
    let companies = pair.companies.iter().filter(|company| company.case.in_erp());
    let people = pair.people.iter().filter(|person| person.contact > 0);
    Collections::from([
        ("contacts", people.map(|person| contact(pair, person)).collect()),
        ("customers", companies.flat_map(customers).collect()),
        ("items", pair.items.iter().map(item).collect()),
        ("orders", pair.orders.iter().map(|sale| order(pair, sale)).collect()),
    ])
}

/// The company; of the doubtful one both.
fn customers(company: &Company) -> Vec<Value> {
    let mut all = vec![customer(company, company.number, &company.name)];
    if company.case == Case::Ambiguous {
        all.insert(0, customer(company, company.number - 1, &format!("{} (gammel)", company.name)));
    }
    all
}

fn customer(company: &Company, number: u64, name: &str) -> Value {
    let (country, country_name) = if company.is_danish { ("DK", "Denmark") } else { ("NO", "Norway") };
    let written = company.case == Case::Respelt;
    let phone = if written { respelt(&company.phone) } else { company.phone.clone() };
    let (class, zone) = if company.case.is_abroad() { ("2", "02") } else { ("1", "01") };
    let address = json!({
        "addressLine1": company.street, "postalCode": company.postal_code, "city": company.city,
        "country": { "id": country, "name": country_name },
    });
    let contact = json!({ "name": name, "phone1": phone, "web": company.website });
    json!({
        "number": number.to_string(), "name": name, "status": "Active", "currencyId": "NOK",
        "mainAddress": address, "invoiceAddress": address, "deliveryAddress": address,
        "mainContact": contact, "invoiceContact": contact, "deliveryContact": contact,
        "vatRegistrationId": company.vat_number, "customerClass": { "id": class }, "creditTerms": { "id": "30" },
        "vatZone": { "id": zone }, "createdDateTime": ENTERED, "lastModifiedDateTime": ENTERED,
    })
}

fn contact(pair: &Pair, person: &Person) -> Value {
    json!({
        "contactId": person.contact, "displayName": format!("{} {}", person.first, person.last), "active": true,
        "firstName": person.first, "lastName": person.last, "email": person.email, "phone1": person.phone,
        "businessAccount": pair.companies.get(person.company).map(|company| company.number.to_string()),
        "businessAccountType": "Customer", "lastModifiedDateTime": ENTERED,
    })
}

fn item(item: &Item) -> Value {
    let (kind, class, posting) =
        if item.stock { ("FinishedGoodItem", "GOODS", "1") } else { ("NonStockItem", "SERVICE", "2") };
    let stock = json!([{
        "isDefault": true, "warehouse": "1", "quantityOnHand": IN_STOCK, "available": IN_STOCK,
        "availableForShipment": IN_STOCK, "lastModifiedDateTime": ENTERED,
    }]);
    json!({
        "inventoryNumber": item.number, "status": if item.active { "Active" } else { "Inactive" }, "type": kind,
        "description": item.name, "itemClass": { "id": class }, "postingClass": { "id": posting },
        "vatCode": { "id": "3" }, "defaultPrice": number(item.price), "baseUnit": item.unit, "salesUnit": item.unit,
        "purchaseUnit": item.unit, "stockItem": item.stock,
        "warehouseDetails": if item.stock { stock } else { json!([]) }, "lastModifiedDateTime": ENTERED,
    })
}

fn order(pair: &Pair, sale: &Sale) -> Value {
    let line = |line: &Line| {
        let item = pair.items.get(line.item)?;
        Some(json!({
            "inventoryId": item.number, "quantity": number(line.quantity), "unitPrice": number(line.price),
            "discountPercent": number(line.discount), "hasManualPrice": true, "hasManualDiscount": true,
        }))
    };
    json!({
        "type": "SO", "orderId": format!("{:06}", sale.number), "status": "Open", "currencyId": "NOK",
        "date": format!("{}T00:00:00Z", sale.day), "description": format!("Ordre {}", sale.number),
        "customer": { "id": pair.companies.get(sale.company).map(|company| company.number.to_string()) },
        "orderLines": sale.lines.iter().filter_map(line).collect::<Vec<_>>(),
        "lastModified": format!("{}T08:00:00Z", sale.day),
    })
}
