//! Deliveries that are made and changed with their lines: what goes out, and what comes of a break in the middle.

use connector_webcrm::{LinePrice, Numbers};
use emulators::frame::{Fault, FaultKind};
use rust_decimal::Decimal;
use serde_json::json;
use sync_core::{
    Canonical, ErrorKind, FieldMap, Link, StreamKey, Value,
    capability::UpdateMode,
    connector::{Action, Connector, Write},
    model::{Content, Line, LineKind, Lines, Order},
};

use crate::{
    emulated::System,
    support::{assert_shows, shown, write},
};

fn line(sku: &str, quantity: i64, price: &str) -> Line {
    let line = Line::new().kind(LineKind::Item).sku(sku.to_owned()).text(format!("Name of {sku}"));
    line.quantity(quantity).unit_price(price.parse::<Decimal>().unwrap()).vat_rate(25).unit("stk".to_owned())
}
fn order(lines: Vec<Line>) -> FieldMap {
    let customer = Link::External(StreamKey::new("webcrm:crm", "organisations").id("1"));
    let content = Content::new().lines(Lines::from(lines)).currency("DKK");
    let order = Order::new().customer(customer).content(content).description("Lamper".to_owned());
    order.ordered_on("2024-06-12".parse::<chrono::NaiveDate>().unwrap()).to_fields()
}
fn marked(wanted: FieldMap) -> Write {
    marked_in("deliveries", wanted)
}
fn marked_in(stream: &str, wanted: FieldMap) -> Write {
    Write { mark: Some("erp-1001".to_owned()), ..write(stream, None, wanted) }
}
fn lines_of(fields: &FieldMap) -> Vec<(String, String, String, String)> {
    let content = Order::from_fields(&fields.filter(|path| path.as_str().starts_with("content"))).unwrap().content;
    let text = |amount: Option<&Decimal>| amount.map(|amount| amount.normalize().to_string()).unwrap_or_default();
    let lines = content.lines.into_value().unwrap_or_default();
    let one = |line: &Line| {
        let sku = line.sku.as_deref().unwrap_or("-").to_owned();
        (line.key.value().cloned().unwrap(), sku, text(line.quantity.value()), text(line.unit_price.value()))
    };
    lines.iter().map(one).collect()
}
fn skus(fields: &FieldMap) -> Vec<String> {
    lines_of(fields).into_iter().map(|(_, sku, quantity, _)| format!("{quantity} {sku}")).collect()
}
/// As the engine does: with the record as it was read just before.
async fn changed(system: &System, id: &str, wanted: FieldMap) -> Write {
    Write { current: system.get("deliveries", id).await, ..write("deliveries", Some(id), wanted) }
}
fn content_lines(lines: Vec<Line>) -> FieldMap {
    Order::new().content(Content::new().lines(Lines::from(lines))).to_fields()
}

#[tokio::test]
async fn an_order_becomes_a_delivery_with_its_lines_whatever_a_price_means() {
    for (means, word) in [(LinePrice::Unit, "unit"), (LinePrice::LineTotalAfterDiscount, "line_total")] {
        let system = System::open_with(|config| config.line_price = means).await;
        system.emulator.switch("line_price", word).unwrap();
        let lines = vec![
            line("LAMPE-1", 10, "450").discount_percent(10),
            line("PÆRE-1", 3, "0.335"),
            Line::new().kind(LineKind::Text).text("Leveres i uge 27".to_owned()),
        ];
        let made = system.write(marked(order(lines))).await.unwrap();
        assert_eq!(
            system.calls()[..2],
            ["POST /Deliveries".to_owned(), "PATCH /QuotationLines".to_owned()],
            "the head, and all lines in one call"
        );
        let fields = system.shows("deliveries", &made.reference.id).await;
        let expected = [
            ("stage", "'order'"),
            ("customer", "→webcrm:crm/organisations#1"),
            ("ordered_on", "2024-06-12"),
            ("description", "'Lamper'"),
            ("content.currency", "'DKK'"),
            ("x.webcrm.erp_id", "'erp-1001'"),
        ];
        assert_shows(&fields, &expected);
        let told: Vec<_> =
            lines_of(&fields).into_iter().map(|(_, sku, quantity, price)| (sku, quantity, price)).collect();
        let row = |sku: &str, quantity: &str, price: &str| (sku.to_owned(), quantity.to_owned(), price.to_owned());
        assert_eq!(told, [row("LAMPE-1", "10", "450"), row("PÆRE-1", "3", "0.335"), row("-", "", "")], "{word}");
        let state = system.emulator.state();
        let rows: Vec<_> = state["quotation-lines"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["QuotationLineData1"] == "LAMPE-1" && row["QuotationLineDiscount"] == 10)
            .collect();
        assert_eq!(rows[0]["QuotationLinePrice"], if word == "unit" { json!(405) } else { json!(4050) });
        assert_eq!(rows[0]["QuotationLineOrganisationId"], 1);
    }
}

#[tokio::test]
async fn a_delivery_whose_lines_were_lost_is_found_by_its_mark_and_made_whole() {
    for fault in [
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::Status { code: 503, handled: false },
        FaultKind::Status { code: 400, handled: false },
        FaultKind::Html { code: 200, handled: true },
        FaultKind::RateLimit,
    ] {
        let system = System::open().await;
        system.emulator.fault(Fault::new(fault.clone()).on("PATCH", "/QuotationLines").times(20));
        let lines = || vec![line("LAMPE-1", 2, "100"), line("PÆRE-1", 1, "40")];
        let lost = system.write(marked(order(lines()))).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::AmbiguousWrite, "{fault:?}: it must not be made a second time");
        system.emulator.clear_faults();
        let by = FieldMap::new().with("x.webcrm.erp_id", "erp-1001");
        let found = system.router.find(&system.bench.cx, &"deliveries".into(), &by).await.unwrap();
        assert_eq!(found.len(), 1, "{fault:?}");
        let record = system.router.decode(&found[0]).unwrap().remove(0);
        assert_eq!(record.mark.as_deref(), Some("erp-1001"));
        let id = record.reference.id.to_string();
        let change = changed(&system, &id, content_lines(lines())).await;
        system.write(change).await.unwrap();
        assert_eq!(skus(&system.shows("deliveries", &id).await), ["2 LAMPE-1", "1 PÆRE-1"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_quote_becomes_an_opportunity_with_its_lines_and_changes_with_them() {
    let system = System::open_with(|config| config.make_opportunities = true).await;
    let wanted = || {
        let lines = vec![line("LAMPE-1", 2, "100").discount_percent(10), line("PÆRE-1", 1, "40")];
        order(lines).with("x.webcrm.level", Value::Decimal(2.into()))
    };
    // what is lost between head and lines is found by its mark, as deliveries are
    system.emulator.fault(Fault::new(FaultKind::DropBefore).on("PATCH", "/QuotationLines").times(20));
    let lost = system.write(marked_in("opportunities", wanted())).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::AmbiguousWrite);
    system.emulator.clear_faults();
    let by = FieldMap::new().with("x.webcrm.erp_id", "erp-1001");
    let found = system.router.find(&system.bench.cx, &"opportunities".into(), &by).await.unwrap();
    assert_eq!(system.router.decode(&found[0]).unwrap()[0].mark.as_deref(), Some("erp-1001"));
    let id = found[0].reference.id.to_string();
    let lines = vec![line("LAMPE-1", 3, "100"), line("NY", 1, "7")];
    let current = system.get("opportunities", &id).await;
    let change = Write { current, ..write("opportunities", Some(&id), content_lines(lines)) };
    system.write(change).await.unwrap();
    let fields = system.shows("opportunities", &id).await;
    let expected = [
        ("stage", "'quote'"),
        ("customer", "→webcrm:crm/organisations#1"),
        ("ordered_on", "2024-06-12"),
        ("description", "'Lamper'"),
        ("content.currency", "'DKK'"),
        ("x.webcrm.level", "2"),
    ];
    assert_shows(&fields, &expected);
    assert_eq!(skus(&fields), ["3 LAMPE-1", "1 NY"]);
    // a level is given once: a system may make a delivery of what reaches one
    let can = &system.router.capabilities().streams["opportunities"];
    let level = &can.fields[&sync_core::FieldPath::new("x.webcrm.level")];
    assert!(level.write_on_create && !level.write_on_update && can.acts.contains("convert"));
    assert!(!can.fields[&Order::NUMBER].write_on_create);
}

#[tokio::test]
async fn opportunities_are_made_only_where_somebody_wants_it() {
    let system = System::open().await;
    let refused = system.write(marked_in("opportunities", order(vec![line("A", 1, "1")]))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let can = &system.router.capabilities().streams["opportunities"];
    assert!(!can.create && can.create_mark.is_none() && can.document.is_none());
    assert!(can.fields.values().all(|field| !field.write_on_create));
    assert_eq!(system.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_line_that_webcrm_refuses_leaves_a_delivery_that_says_why_when_it_is_made_whole() {
    let system = System::open().await;
    system.emulator.switch("line_linked_id", "required").unwrap();
    let lines = || vec![line("LAMPE-1", 2, "100"), line("PÆRE-1", 1, "40")];
    let lost = system.write(marked(order(lines()))).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::AmbiguousWrite);
    assert!(lost.vendor_text().unwrap().contains("QuotationLineLinkedDataId"), "{lost:?}");
    let id = lost.context().iter().find(|(key, _)| *key == "id").unwrap().1.clone();
    let change = changed(&system, &id, content_lines(lines())).await;
    let refused = system.write(change).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.vendor_text().unwrap().contains("QuotationLineLinkedDataId"), "{refused:?}");
    // a system that wants it is one whose lines name items: then it is refused before anything is sent
    let strict = System::open_with(|config| config.lines_name_items = true).await;
    let refused = strict.write(marked(order(lines()))).await.unwrap_err();
    assert_eq!((refused.kind(), strict.calls().len()), (ErrorKind::Invalid, 0));
}

#[tokio::test]
async fn a_line_names_its_item_where_both_are_known() {
    let system = System::open_with(|config| config.lines_name_items = true).await;
    system.emulator.switch("line_linked_id", "required").unwrap();
    let columns = (1..=9).map(|nth| (format!("QuotationLineLinkedDataItemData{nth}"), json!("-")));
    let mut item: serde_json::Map<String, serde_json::Value> = columns.collect();
    item.extend([("QuotationLineLinkedDataItemId".to_owned(), json!(31))]);
    item.insert("QuotationLineLinkedDataItemData1".to_owned(), json!("LAMPE-1"));
    system.emulator.seed(json!({ "linked-data": [item] })).unwrap();
    let link = Link::External(StreamKey::new("webcrm:crm", "items").id("31"));
    let made = system.write(marked(order(vec![line("LAMPE-1", 2, "100").item(link)]))).await.unwrap();
    let state = system.emulator.state();
    let id: u64 = made.reference.id.parse().unwrap();
    let row = state["quotation-lines"].as_array().unwrap().iter().find(|row| row["QuotationLineOpportunityId"] == id);
    assert_eq!(row.unwrap()["QuotationLineLinkedDataId"], 31);
}

#[tokio::test]
async fn rows_are_changed_added_and_removed_and_those_that_stay_keep_their_ids() {
    for order_of_answers in ["as_sent", "inserts_first"] {
        let system = System::open().await;
        system.emulator.switch("patch_order", order_of_answers).unwrap();
        let first = vec![line("A", 1, "10"), line("B", 2, "20"), line("C", 3, "30"), line("D", 1, "5")];
        let id = system.write(marked(order(first))).await.unwrap().reference.id.to_string();
        let before = lines_of(&system.shows("deliveries", &id).await);
        let second =
            vec![line("A", 1, "10"), line("N", 9, "1"), line("C", 4, "30"), line("M", 1, "2"), line("D", 1, "6")];
        let change = changed(&system, &id, content_lines(second)).await;
        system.calls();
        system.write(change).await.unwrap();
        let calls = system.calls();
        let writes: Vec<&String> = calls.iter().filter(|call| !call.starts_with("GET")).collect();
        assert_eq!(writes[..2], ["PATCH /QuotationLines", "PATCH /QuotationLines"], "new ones, then changed ones");
        assert!(writes.len() == 3 && writes[2].starts_with("DELETE /QuotationLines/"), "{writes:?}");
        let after = lines_of(&system.shows("deliveries", &id).await);
        let told: Vec<&str> = after.iter().map(|line| line.1.as_str()).collect();
        assert_eq!(told, ["A", "N", "C", "M", "D"]);
        for (was, is) in [(0, 0), (2, 2), (3, 4)] {
            assert_eq!(before[was].0, after[is].0, "the row of {} is the same", after[is].1);
        }
    }
}

#[tokio::test]
async fn what_is_as_it_should_be_costs_no_call_and_no_lines_take_all_away() {
    let system = System::open().await;
    let lines = || vec![line("A", 1, "10"), line("B", 2, "20")];
    let id = system.write(marked(order(lines()))).await.unwrap().reference.id.to_string();
    let change = changed(&system, &id, content_lines(lines())).await;
    system.calls();
    system.write(change).await.unwrap();
    assert_eq!(system.calls(), Vec::<String>::new());
    let none = changed(&system, &id, FieldMap::new().with("content.lines", Value::Null)).await;
    system.write(none).await.unwrap();
    assert_eq!(shown(&system.shows("deliveries", &id).await, "content.lines"), "(empty)");
}

#[tokio::test]
async fn a_row_that_somebody_added_since_the_record_was_read_stays() {
    let system = System::open().await;
    let id = system.write(marked(order(vec![line("A", 1, "10")]))).await.unwrap().reference.id.to_string();
    let change = changed(&system, &id, content_lines(vec![line("A", 2, "10")])).await;
    let set = json!({ "QuotationLineOpportunityId": id.parse::<u64>().unwrap(), "QuotationLineData1": "USER",
        "QuotationLineQuantity": 1, "QuotationLineListPrice": 7, "QuotationLinePrice": 7, "QuotationLineSortOrder": 99 });
    system.emulator.act(json!({ "action": "create", "collection": "quotation-lines", "set": set })).unwrap();
    system.write(change).await.unwrap();
    assert_eq!(skus(&system.shows("deliveries", &id).await), ["2 A", "1 USER"]);
    // where the record was not read, the rows that are there are
    let blind = write("deliveries", Some(&id), content_lines(vec![line("A", 2, "10"), line("B", 1, "1")]));
    system.write(blind).await.unwrap();
    assert_eq!(skus(&system.shows("deliveries", &id).await), ["2 A", "1 B"]);
}

#[tokio::test]
async fn a_delivery_with_a_hundred_lines_takes_six_calls_and_comes_back_in_three() {
    let system = System::open().await;
    let lines = |price: &str| (0..100).map(|nth| line(&format!("A-{nth}"), 1, price)).collect::<Vec<_>>();
    let made = system.write(marked(order(lines("10")))).await.unwrap();
    let calls = system.calls();
    let expected = [
        "POST /Deliveries",
        "PATCH /QuotationLines",
        "PATCH /QuotationLines",
        "GET /Deliveries/*",
        "GET /Deliveries/*/QuotationLines",
        "GET /Deliveries/*/QuotationLines",
    ];
    let id = made.reference.id.to_string();
    let calls: Vec<String> = calls.iter().map(|call| call.replace(&id, "*")).collect();
    assert_eq!(calls, expected, "and the last of them ends the lines");
    let change = changed(&system, &id, content_lines(lines("11"))).await;
    system.calls();
    system.write(change).await.unwrap();
    assert_eq!(system.calls().iter().filter(|call| call.starts_with("PATCH")).count(), 2);
    assert_eq!(lines_of(&system.shows("deliveries", &id).await).len(), 100);
}

#[tokio::test]
async fn a_number_that_a_delivery_has_is_not_given_to_a_second_one() {
    let system = System::open_with(|config| config.numbers = Numbers::Others).await;
    let numbered = |number: &str| order(vec![line("A", 1, "10")]).with(Order::NUMBER, number);
    let made = system.write(marked(numbered("SO-1"))).await.unwrap();
    let id = made.reference.id.to_string();
    assert_shows(&system.shows("deliveries", &id).await, &[("number", "'SO-1'")]);
    system.calls();
    for number in ["SO-1", "so-1"] {
        let taken = system.write(marked(numbered(number))).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert!(taken.message().contains(&id), "{taken}");
    }
    let other = system.write(write("deliveries", Some("8"), FieldMap::new().with(Order::NUMBER, "SO-1"))).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(system.calls().iter().all(|call| call.starts_with("GET")), "nothing was sent");
    // its own number is no other's, whatever capitals
    let own = write("deliveries", Some(&id), FieldMap::new().with(Order::NUMBER, "so-1"));
    system.write(own).await.unwrap();
    let by = FieldMap::new().with(Order::NUMBER, "so-1");
    let found = system.router.find(&system.bench.cx, &"deliveries".into(), &by).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn what_the_erp_tells_goes_into_the_fields_that_the_configuration_names() {
    let emulator = System::emulator().await;
    let own = |name: &str, kind: &str| json!({ "FieldMetadataFriendlyFieldName": name, "kind": kind });
    let fields = [
        own("DeliveryCustom1", "text"),
        own("DeliveryCustom2", "date"),
        own("DeliveryCustom4", "text"),
        own("DeliveryCustom5", "checkbox"),
        own("DeliveryPlus3", "date"),
    ];
    emulator.seed(json!({ "fields-metadata": fields })).unwrap();
    let system = System::before(emulator, |config| {
        config.booked = Some("Custom5".to_owned());
        config.deliveries = [
            ("invoice_numbers", "Custom1"),
            ("invoiced_on", "Custom2"),
            ("content.delivery_on", "Plus3"),
            ("delivered_on", "NextFollowUp"),
            ("invoicing", "Custom4"),
        ]
        .map(|(path, name)| (path.to_owned(), name.to_owned()))
        .into();
    })
    .await;
    let day = |text: &str| Value::Date(text.parse().unwrap());
    let told = FieldMap::new()
        .with(Order::INVOICE_NUMBERS, "F-1, F-2")
        .with(Order::INVOICED_ON, day("2024-06-13"))
        .with("content.delivery_on", day("2024-07-01"))
        .with(Order::DELIVERED_ON, day("2024-06-14"))
        .with(Order::INVOICING, "invoiced")
        .with("x.webcrm.status", "Completed")
        .with("x.webcrm.erp_id", "SO-77")
        .with("x.webcrm.erp_status", "Synchronized");
    system.write(write("deliveries", Some("8"), told)).await.unwrap();
    let expected = [
        ("invoice_numbers", "'F-1, F-2'"),
        ("invoiced_on", "2024-06-13"),
        ("content.delivery_on", "2024-07-01"),
        ("delivered_on", "2024-06-14"),
        ("invoicing", "'invoiced'"),
        ("x.webcrm.status", "'Completed'"),
        ("x.webcrm.custom_2", "'2024-06-13'"),
        ("x.webcrm.plus_3", "'20240701'"),
        ("x.webcrm.custom_5", "'Yes'"),
        ("number", "'8101'"),
    ];
    assert_shows(&system.shows("deliveries", "8").await, &expected);
    let none = FieldMap::new().with(Order::INVOICING, "none");
    system.write(write("deliveries", Some("8"), none)).await.unwrap();
    assert_shows(&system.shows("deliveries", "8").await, &[("x.webcrm.custom_5", "'No'")]);
    let numbered = FieldMap::new().with(Order::INVOICE_NUMBERS, "F-1, F-2");
    system.write(write("deliveries", Some("8"), numbered)).await.unwrap();
    assert_shows(&system.shows("deliveries", "8").await, &[("x.webcrm.custom_5", "'Yes'")]);
    let gone = FieldMap::new().with(Order::INVOICED_ON, Value::Null).with(Order::DELIVERED_ON, Value::Null);
    system.write(write("deliveries", Some("8"), gone)).await.unwrap();
    assert_shows(
        &system.shows("deliveries", "8").await,
        &[("invoiced_on", "(empty)"), ("delivered_on", "(empty)"), ("invoice_numbers", "'F-1, F-2'")],
    );
}

#[tokio::test]
async fn the_contact_goes_by_the_name_that_this_system_takes() {
    for (drift, newer) in [("none", false), ("beside", true), ("instead", true)] {
        let system = System::open_with(|config| config.newer_names = newer).await;
        system.emulator.switch("drift", drift).unwrap();
        let contact = Value::Link(Link::External(StreamKey::new("webcrm:crm", "persons").id("1")));
        let told = FieldMap::new().with(Order::CONTACT, contact).with(Order::DESCRIPTION, "Nye lamper");
        system.write(write("deliveries", Some("8"), told)).await.unwrap();
        let expected = [("contact", "→webcrm:crm/persons#1"), ("description", "'Nye lamper'")];
        assert_shows(&system.shows("deliveries", "8").await, &expected);
        let none = FieldMap::new().with(Order::CONTACT, Value::Null);
        system.write(write("deliveries", Some("8"), none)).await.unwrap();
        assert_shows(&system.shows("deliveries", "8").await, &[("contact", "(empty)")]);
    }
}

#[tokio::test]
async fn what_a_delivery_cannot_be_is_refused_before_anything_is_sent() {
    let system = System::open().await;
    let elsewhere = Value::Link(Link::External(StreamKey::new("erp:x", "customers").id("1")));
    let lines = || vec![line("A", 1, "10")];
    for wanted in [
        order(lines()).with(Order::CUSTOMER, Value::Null),
        order(lines()).with(Order::CUSTOMER, elsewhere),
        order(lines()).with("content.currency", "ZAR"),
        order(vec![line("A", 1, "10").discount_amount(Decimal::ONE)]),
    ] {
        assert_eq!(system.write(marked(wanted)).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(system.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn an_opportunity_that_is_won_becomes_a_delivery_whether_it_keeps_its_id_or_not() {
    for word in ["moves", "copies"] {
        let system = System::open().await;
        system.emulator.switch("convert", word).unwrap();
        let act = Action::Act { id: "7".into(), act: "convert".to_owned(), with: FieldMap::new() };
        let step = Write { action: act, ..write("opportunities", Some("7"), FieldMap::new()) };
        let made = system.write(step).await.unwrap();
        assert_eq!((made.reference.at.stream.as_str(), &*made.reference.id == "7"), ("deliveries", word == "moves"));
        let fields = system.shows("deliveries", &made.reference.id).await;
        let number = format!("{}.0", made.reference.id);
        assert_shows(&fields, &[("stage", "'order'"), ("description", "'Lamper'"), ("content.lines", "1 lines")]);
        assert_eq!(shown(&fields, "x.webcrm.id"), number.trim_end_matches(".0"));
        assert_eq!(system.get("opportunities", "7").await.is_none(), word == "moves");
    }
    let system = System::open().await;
    let act = Action::Act { id: "8".into(), act: "convert".to_owned(), with: FieldMap::new() };
    let step = Write { action: act, ..write("deliveries", Some("8"), FieldMap::new()) };
    assert_eq!(system.write(step).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn where_a_change_replaces_the_whole_delivery_goes_back() {
    let system = System::open_with(|config| config.updates = connector_webcrm::Updates::Replace).await;
    system.emulator.switch("put_left_out", "cleared").unwrap();
    assert_eq!(system.router.capabilities().streams["deliveries"].update, UpdateMode::Replace);
    let id = system.write(marked(order(vec![line("A", 1, "10")]))).await.unwrap().reference.id.to_string();
    let change = changed(&system, &id, FieldMap::new().with(Order::NOTE, "Ring først")).await;
    system.write(change).await.unwrap();
    let expected = [("note", "'Ring først'"), ("description", "'Lamper'"), ("x.webcrm.erp_id", "'erp-1001'")];
    let fields = system.shows("deliveries", &id).await;
    assert_shows(&fields, &expected);
    assert_eq!(skus(&fields), ["1 A"]);
}

#[tokio::test]
async fn prices_keep_as_many_decimals_as_is_said_and_finer_ones_are_not_sent() {
    for (decimals, price, taken) in [(4, "0.3355", true), (2, "0.33", true), (2, "0.3355", false)] {
        for means in [LinePrice::Unit, LinePrice::LineTotalAfterDiscount] {
            let system = System::open_with(|config| (config.decimals, config.line_price) = (decimals, means)).await;
            system.emulator.switch("number_decimals", decimals).unwrap();
            let one = line("A", 3, price).discount_percent(10);
            match system.write(marked(order(vec![one]))).await {
                Ok(made) => {
                    let shown = lines_of(&system.shows("deliveries", &made.reference.id).await);
                    assert_eq!((taken, shown[0].3.as_str()), (true, price), "{decimals} {means:?}");
                }
                Err(error) => assert_eq!((taken, error.kind(), system.calls().len()), (false, ErrorKind::Invalid, 0)),
            }
        }
    }
}

#[tokio::test]
async fn a_batch_that_is_too_large_for_the_vendor_is_a_matter_of_a_setting() {
    let lines = || (0..7).map(|nth| line(&format!("A-{nth}"), 1, "10")).collect::<Vec<_>>();
    for (batch, whole) in [(50, false), (5, true), (1, true)] {
        let system = System::open_with(|config| config.batch = batch).await;
        system.emulator.switch("patch_limit", 5).unwrap();
        let made = system.write(marked(order(lines()))).await;
        assert_eq!(made.is_ok(), whole, "{batch}");
        if let Err(error) = made {
            assert!(error.vendor_text().unwrap().contains('5'), "{error:?}");
        }
    }
}
