//! Where the vendor's documentation is silent: one and the same day of work, in systems that do there what nobody can know.
//! What arrives on either side must not hang on it.

use serde_json::{Value as Json, json};
use sync_core::model::{Fulfilment, Order, Organisation};

use crate::{
    emulated::System,
    engine::{House, line},
    support::{shown, write},
};

/// What people do on a day, and what both sides show in the evening.
async fn day(house: &House) -> Vec<String> {
    house.crm.edit("organisations", 1, json!({ "OrganisationTelephone": "+45 1" }));
    house.crm.edit("persons", 1, json!({ "PersonLastName": "Holm-Lund", "PersonCheckMark1": true }));
    house.delivers(2);
    house.sells("A", 450);
    let ordered = house.orders(vec![line("A", 2, 100), line("B", 1, 50)]);
    house.erp.put("customer", Organisation::new().name("O'Neil \"Lys\" & 100 %").vat_number("DK9").phone("9"));
    house.later(7 * 3600).settle().await;
    let row = house.rows("quotation-lines").iter().find_map(|row| row["QuotationLineId"].as_u64());
    house.crm.edit("quotation-lines", row.unwrap(), json!({ "QuotationLineQuantity": 12 }));
    house.erp.edit::<Order>("order", &ordered, |order| order.fulfilment(Fulfilment::Delivered));
    let all = house.erp.all("customer");
    let (named, _) = all.iter().find(|(_, one)| one.text(Organisation::VAT_NUMBER) == Some("DK2")).unwrap();
    house.erp.edit::<Organisation>("customer", named, |one| one.phone("+45 22"));
    house.settle().await;
    // what is emptied is empty on the other side, and nothing else is
    house.erp.edit::<Organisation>("customer", named, |one| one.phone(sync_core::Field::Empty));
    house.settle().await;
    evening(house)
}

fn evening(house: &House) -> Vec<String> {
    let pick = |collection: &str, keys: &[&str]| {
        let row = |row: &Json| keys.iter().map(|key| row[*key].to_string()).collect::<Vec<_>>().join(" ");
        let mut rows: Vec<String> =
            house.rows(collection).iter().map(|one| format!("{collection}: {}", row(one))).collect();
        rows.sort();
        rows
    };
    let mut all = pick(
        "organisations",
        &["OrganisationName", "OrganisationTelephone", "OrganisationExtraCustom1", "OrganisationExtraCustom2"],
    );
    all.extend(pick("persons", &["PersonLastName", "PersonEmail", "PersonCheckMark1"]));
    all.extend(pick(
        "deliveries",
        &["DeliveryOrganisationId", "DeliveryErpId", "DeliveryStatus", "DeliveryDescription"],
    ));
    let line = ["QuotationLineData1", "QuotationLineQuantity", "QuotationLineListPrice", "QuotationLineDiscount"];
    all.extend(pick("quotation-lines", &line));
    let item = ["Data1", "Data2", "Data4", "Price"].map(|name| format!("QuotationLineLinkedDataItem{name}"));
    all.extend(pick("linked-data", &item.each_ref().map(String::as_str)));
    for (stream, paths) in [("customer", ["name", "phone", "number"]), ("contact", ["name", "email", "organisation"])] {
        let mut rows: Vec<String> = house
            .erp
            .all(stream)
            .values()
            .map(|one| format!("{stream}: {}", paths.map(|path| shown(one, path)).join(" ")))
            .collect();
        rows.sort();
        all.extend(rows);
    }
    let mut orders: Vec<String> = house
        .erp
        .all("order")
        .values()
        .map(|one| {
            let lines = one.get(sync_core::FieldPath::new("content.lines")).map(|lines| format!("{lines:?}"));
            let lines = lines.unwrap_or_default();
            let told = ["\"A\"", "\"B\"", "450", "12"].map(|part| lines.contains(part));
            format!("order: {} {} {told:?}", shown(one, "number"), shown(one, "fulfilment"))
        })
        .collect();
    orders.sort();
    all.extend(orders);
    all
}

const SYSTEMS: &[(&str, &[(&str, &str)])] = &[
    (
        "answers with objects, as in 2026",
        &[("organisation_answer", "object"), ("patch_updated", "id"), ("drift", "beside")],
    ),
    ("answers with nothing", &[("organisation_answer", "empty"), ("error_body", "empty"), ("missing_id", "204")]),
    ("other words for no", &[("error_body", "text"), ("validation_status", "422"), ("missing_id", "200_null")]),
    (
        "other words for no, with a status of trouble",
        &[("error_body", "error_description"), ("validation_status", "500")],
    ),
    ("lists the other way about, one on a page", &[("list_order", "newest_first"), ("size_max", "1")]),
    ("refuses a page that is too large", &[("size_over", "refused"), ("default_size", "1")]),
    (
        "queries that give words, and numbers for plus fields",
        &[("query_enums", "text"), ("query_plus", "number"), ("query_flags", "text")],
    ),
    ("no lines in queries", &[("query_line_table", "none"), ("query_error", "500")]),
    ("no order beside a condition", &[("query_where_with_order", "refused")]),
    ("short queries", &[("query_length", "1000")]),
    (
        "stamps in UTC, days in London, moments in Copenhagen",
        &[("stamp_offset", "utc"), ("date_only", "midnight_london"), ("zoneless_times", "copenhagen")],
    ),
    ("stamps in London, moments too", &[("zoneless_times", "london"), ("line_moves_head", "yes")]),
    ("null empties, and lists are free", &[("null_means", "cleared"), ("list_values", "free"), ("too_long", "cut")]),
    (
        "inserts are told first",
        &[("patch_order", "inserts_first"), ("fixed_organisation", "ignored"), ("erp_read_only", "locks")],
    ),
    (
        "numbers deliveries, and counts who signs in",
        &[("auto_number", "on"), ("login_counts", "yes"), ("token_lifetime_s", "700")],
    ),
    ("items tell when they changed, groups are a list", &[("update_date_field", "data9"), ("vat_group", "list")]),
    ("finds late", &[("listing_lag_s", "30")]),
];

#[tokio::test]
async fn a_day_of_work_ends_the_same_whatever_the_system_does_where_the_vendor_is_silent() {
    let usual = day(&House::build_in(&[("organisation_answer", "id")], |_| ()).await).await;
    let told = usual.join("\n");
    for part in ["\"+45 1\" \"DK1\" \"501\"", "Holm-Lund", "\"Completed\"", "DK9", "[true, false, true, true]"] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    for (what, switches) in SYSTEMS {
        let other = day(&House::build_in(switches, |_| ()).await).await;
        assert_eq!(other.join("\n"), told, "a system that {what}");
    }
}

#[tokio::test]
async fn a_day_is_one_day_however_a_system_shows_its_midnight() {
    for (offset, midnight) in [("london", "midnight_utc"), ("london", "midnight_london"), ("utc", "midnight_london")] {
        let system = System::open().await;
        system.emulator.switch("stamp_offset", offset).unwrap();
        system.emulator.switch("date_only", midnight).unwrap();
        for day in ["2024-06-12", "2024-12-12", "2024-03-31", "2024-10-27"] {
            let wanted = sync_core::Value::Date(day.parse().unwrap());
            let wanted = sync_core::FieldMap::new().with(Order::ORDERED_ON, wanted);
            system.write(write("deliveries", Some("8"), wanted)).await.unwrap();
            assert_eq!(shown(&system.shows("deliveries", "8").await, "ordered_on"), day, "{offset} {midnight}");
        }
    }
}
