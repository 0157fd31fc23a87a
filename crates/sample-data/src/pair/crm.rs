//! The CRM's files, in webCRM's shapes.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::{
    Pair,
    companies::{Case, Company},
    items::Item,
    people::Person,
    sales::{Fate, Line, Sale},
};
use crate::{
    collections::Collections,
    json::{members, number},
};

/// Where a column or field has nothing to say.
const NOTHING: &str = "-";
/// The index of Norwegian crowns in the CRM's list.
const NOK: &str = "03";
/// When everything but deliveries was entered.
const ENTERED: &str = "2025-11-03T08:00:00Z";
/// The first line's id.
const FIRST_LINE: usize = 9001;

/// All of them.
pub(super) fn collections(pair: &Pair) -> Collections {
    let companies = pair.companies.iter().filter(|company| company.case.in_crm());
    let people = pair.people.iter().filter(|person| person.id > 0);
    let lines = pair.deliveries.iter().flat_map(|sale| sale.lines.iter().enumerate().map(move |line| (sale, line)));
    let lines = lines.enumerate().filter_map(|(place, (sale, line))| row(pair, FIRST_LINE + place, sale, line));
    Collections::from([
        ("deliveries", pair.deliveries.iter().map(|sale| delivery(pair, sale)).collect()),
        ("fields-metadata", fields()),
        ("linked-data", pair.items.iter().filter_map(item).collect()),
        ("organisations", companies.map(organisation).collect()),
        ("persons", people.map(|one| person(pair, one)).collect()),
        ("quotation-lines", lines.collect()),
    ])
}

/// What an administrator set up: the fields for what the ERP tells.
fn fields() -> Vec<Value> {
    let field = |name: &str, label: &str, kind: &str, unique: bool| {
        json!({
            "FieldMetadataFriendlyFieldName": name, "FieldMetadataLabel": label, "kind": kind, "unique": unique,
        })
    };
    vec![
        field("OrganisationExtraCustom1", "Kundenummer i ERP", "text", true),
        field("PersonCheckMark1", "Relevant for ERP", "checkbox", false),
        field("DeliveryCustom1", "Ordrenummer i ERP", "text", false),
        field("DeliveryCustom2", "Faktura", "text", false),
        field("DeliveryCustom3", "Faktureret den", "date", false),
        field("DeliveryCustom4", "Ikke sendt til ERP", "text", false),
        field("DeliveryCustom5", "Leveringsdag", "date", false),
        field("DeliveryCustom6", "Betaling", "text", false),
        field("DeliveryCustom7", "Faktureret", "checkbox", false),
        field("DeliveryCustom8", "Status for faktura", "text", false),
    ]
}

fn organisation(company: &Company) -> Value {
    let number = if company.case == Case::ByNumber { company.number.to_string() } else { String::new() };
    json!({
        "OrganisationId": company.id, "OrganisationName": company.name, "OrganisationType": company.case.kind(),
        "OrganisationAddress": company.street, "OrganisationPostCode": company.postal_code,
        "OrganisationCity": company.city, "OrganisationCountry": if company.is_danish { "Danmark" } else { "Norge" },
        "OrganisationTelephone": company.phone, "OrganisationWww": company.website,
        "OrganisationVatNumber": company.vat_number, "OrganisationExtraCustom1": number,
        "OrganisationCreatedAt": ENTERED, "OrganisationUpdatedAt": ENTERED,
    })
}

fn person(pair: &Pair, person: &Person) -> Value {
    json!({
        "PersonId": person.id, "PersonFirstName": person.first, "PersonLastName": person.last,
        "PersonEmail": person.email, "PersonDirectPhone": person.phone, "PersonStatus": "Active",
        "PersonCheckMark1": person.checked,
        "PersonOrganisationId": pair.companies.get(person.company).map(|company| company.id),
        "PersonCreatedAt": ENTERED, "PersonUpdatedAt": ENTERED,
    })
}

fn item(item: &Item) -> Option<Value> {
    let (id, price) = item.in_crm?;
    let mut record = members(json!({
        "QuotationLineLinkedDataItemId": id, "QuotationLineLinkedDataItemPrice": number(price),
        "QuotationLineLinkedDataItemCostPrice": 0, "QuotationLineLinkedDataItemItemGroup": NOTHING,
        "QuotationLineLinkedDataItemEntityType": "Product",
    }));
    for column in 1..=9 {
        let text = match column {
            1 => item.number.as_str(),
            2 => item.name.as_str(),
            4 => item.unit,
            _ => NOTHING,
        };
        record.insert(format!("QuotationLineLinkedDataItemData{column}"), json!(text));
    }
    Some(Value::Object(record))
}

fn delivery(pair: &Pair, sale: &Sale) -> Value {
    let at = format!("{}T09:30:00Z", sale.day);
    json!({
        "DeliveryId": sale.number, "DeliveryNumber": sale.number.to_string(),
        "DeliveryOrganisationId": pair.companies.get(sale.company).map(|company| company.id),
        "DeliveryDescription": format!("Levering {}", sale.number), "DeliveryCurrencyName": NOK,
        "DeliveryStatus": "New", "DeliveryOrderDate": format!("{}T00:00:00Z", sale.day),
        "DeliveryCreatedAt": at, "DeliveryUpdatedAt": at,
    })
}

fn row(pair: &Pair, id: usize, sale: &Sale, (place, line): (usize, &Line)) -> Option<Value> {
    let item = pair.items.get(line.item)?;
    let unit = line.price * (Decimal::ONE_HUNDRED - line.discount) / Decimal::ONE_HUNDRED;
    // the amount of the whole line, where the CRM has the price of one
    let price = if sale.fate == Fate::OtherPrice && place == 0 { unit * line.quantity } else { unit };
    let price = price.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    Some(json!({
        "QuotationLineId": id, "QuotationLineOpportunityId": sale.number, "QuotationLineSortOrder": place + 1,
        "QuotationLineOrganisationId": pair.companies.get(sale.company).map(|company| company.id),
        "QuotationLineLinkedDataId": item.in_crm.map(|(id, _)| id),
        "QuotationLineData1": item.number, "QuotationLineData2": item.name, "QuotationLineData3": NOTHING,
        "QuotationLineData4": item.unit, "QuotationLineQuantity": number(line.quantity),
        "QuotationLineListPrice": number(line.price), "QuotationLineDiscount": number(line.discount),
        "QuotationLinePrice": number(price), "QuotationLineVatPercentage": 25,
    }))
}
