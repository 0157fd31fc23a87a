//! Deliveries and opportunities with their lines.

use connector_webcrm::LinePrice;
use serde_json::json;
use sync_core::{
    ErrorKind, FieldMap, Value,
    connector::{Connector, ListFrom},
    model::Order,
};

use crate::support::{
    Crm, assert_shows, decoded, fixture, fixture_json, noon, offline, offline_with, query, shown, whole_delivery, write,
};

fn line(fields: &FieldMap, nth: usize, leaf: &str) -> String {
    let Some(Value::List(lines)) = fields.get(Order::CONTENT.join("lines")) else { panic!("no lines") };
    let Value::Map(line) = &lines[nth] else { panic!("no line") };
    line.get(leaf).map_or_else(|| "-".to_owned(), ToString::to_string)
}

#[tokio::test]
async fn a_delivery_is_an_order_with_its_lines_and_the_handshake() {
    let records = decoded(&offline().await, "deliveries", &whole_delivery(json!({}))).unwrap();
    let fields = &records[0].fields;
    assert_shows(
        fields,
        &[
            ("number", "'4634'"),
            ("stage", "'order'"),
            ("customer", "→webcrm:crm/organisations#145"),
            ("contact", "→webcrm:crm/persons#58"),
            ("ordered_on", "2024-06-11"),
            ("description", "'Lamper til kontoret'"),
            ("fulfilment", "-"), // the vendor's five words are for a table to translate
            ("x.webcrm.status", "'OnGoing'"),
            ("x.webcrm.erp_status", "'ReadyForSynchronization'"),
            ("x.webcrm.erp_id", "(empty)"),
            ("x.webcrm.erp_sync_date_time", "(empty)"),
            ("x.webcrm.erp_read_only", "'false'"),
            ("x.webcrm.order_value", "36850.0"), // somebody's own figure, and no total
            ("x.webcrm.product", "(empty)"),
            ("x.webcrm.custom_1", "'2024-06-28'"),
            ("content.currency", "'DKK'"),
            ("content.net", "-"),
            ("content.gross", "-"),
        ],
    );
    assert!(!records[0].partial);
    let expected =
        [["'49'", "'LAMPE-1'", "10", "450", "10", "25", "4050"], ["'50'", "'PÆRE-1'", "1", "40", "0", "25", "40"]];
    let leaves = ["key", "sku", "quantity", "unit_price", "discount_percent", "vat_rate", "net"];
    for (nth, values) in expected.iter().enumerate() {
        for (leaf, value) in leaves.iter().zip(values) {
            let found = line(fields, nth, leaf);
            let plain = found.strip_suffix(".00").or(found.strip_suffix(".0")).unwrap_or(&found);
            assert_eq!(plain, *value, "{nth} {leaf}");
        }
    }
    assert_eq!(line(fields, 0, "text"), "'Bordlampe'");
    assert_eq!(line(fields, 0, "unit"), "'stk'");
    assert_eq!(line(fields, 1, "text"), "'Pære, varm hvid'", "a dash is no name");
    assert_eq!((line(fields, 2, "kind"), line(fields, 2, "unit_price")), ("'text'".to_owned(), "-".to_owned()));
}

#[tokio::test]
async fn a_vat_rate_of_nothing_is_none_that_was_told() {
    let router = offline().await;
    let mut delivery = whole_delivery(json!({}));
    let text = serde_json::to_string(&delivery).unwrap();
    delivery = serde_json::from_str(
        &text.replace(r#""QuotationLineVatPercentage":25.0"#, r#""QuotationLineVatPercentage":0.0"#),
    )
    .unwrap();
    let records = decoded(&router, "deliveries", &delivery).unwrap();
    assert_eq!([0, 1].map(|nth| line(&records[0].fields, nth, "vat_rate")), ["-", "-"]);
    assert_eq!(line(&records[0].fields, 0, "net"), "4050.00");
}

#[tokio::test]
async fn a_line_whose_price_fits_the_other_reading_alone_sets_its_document_aside() {
    let router = offline_with(|mut config| {
        config.line_price = LinePrice::Unit;
        config
    })
    .await;
    let error = decoded(&router, "deliveries", &whole_delivery(json!({}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("line_price"), "{error}");
    assert!(error.context().iter().any(|(key, value)| *key == "row" && value == "49"), "{error:?}");
}

#[tokio::test]
async fn a_discount_on_the_whole_is_not_guessed_at() {
    let error = decoded(&offline().await, "deliveries", &whole_delivery(json!({ "DeliveryDiscount": 5 }))).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("DeliveryDiscount"), "{error}");
}

#[tokio::test]
async fn a_head_alone_says_nothing_of_lines_and_no_lines_are_none() {
    let router = offline().await;
    let head = decoded(&router, "deliveries", &fixture_json("delivery")).unwrap().remove(0);
    assert!(head.partial);
    assert_shows(&head.fields, &[("content.lines", "-")]);
    let none = decoded(&router, "deliveries", &whole_delivery(json!({ "QuotationLines": [] }))).unwrap().remove(0);
    assert_shows(&none.fields, &[("content.lines", "(empty)")]);
}

#[tokio::test]
async fn newer_names_are_read_and_a_currency_that_nobody_explains_stays_an_index() {
    let router = offline().await;
    let more = json!({ "DeliveryPersonId": "@out", "DeliveryOpportunityPersonId": 59, "DeliveryDescription": "@out",
        "DeliveryOpportunityDescription": "Lamper", "DeliveryStatus": 3, "DeliveryErpStatus": "2" });
    let records = decoded(&router, "deliveries", &whole_delivery(more)).unwrap();
    let expected = [
        ("contact", "→webcrm:crm/persons#59"),
        ("description", "'Lamper'"),
        ("x.webcrm.status", "'Completed'"),
        ("x.webcrm.erp_status", "'Synchronized'"),
    ];
    assert_shows(&records[0].fields, &expected);
    let quote = decoded(&router, "opportunities", &fixture_json("opportunity")).unwrap();
    let expected = [
        ("stage", "'quote'"),
        ("number", "'T-17'"),
        ("contact", "(empty)"),
        ("ordered_on", "2024-06-11"),
        ("content.currency", "'07'"),
        ("x.webcrm.level", "3"),
        ("x.webcrm.level_text", "'Tilbud sendt'"),
    ];
    assert_shows(&quote[0].fields, &expected);
}

#[tokio::test]
async fn of_two_names_of_a_field_the_one_that_is_filled_is_read() {
    let router = offline().await;
    let newer = json!({ "DeliveryPersonId": 0, "DeliveryOpportunityPersonId": 59, "DeliveryDescription": "",
        "DeliveryOpportunityDescription": "Lamper" });
    let older = json!({ "DeliveryPersonId": 59, "DeliveryOpportunityPersonId": 0, "DeliveryDescription": "Lamper",
        "DeliveryOpportunityDescription": null });
    for members in [newer, older] {
        let records = decoded(&router, "deliveries", &whole_delivery(members)).unwrap();
        let expected = [("contact", "→webcrm:crm/persons#59"), ("description", "'Lamper'")];
        assert_shows(&records[0].fields, &expected);
    }
    let none = json!({ "DeliveryPersonId": 0, "DeliveryOpportunityPersonId": 0 });
    let records = decoded(&router, "deliveries", &whole_delivery(none)).unwrap();
    assert_shows(&records[0].fields, &[("contact", "(empty)")]);
}

#[tokio::test]
async fn a_document_is_read_with_all_pages_of_its_lines() {
    let mut crm = Crm::open().await;
    crm.answers("GET", "/Deliveries/158", 200, fixture("delivery")).await;
    let lines = fixture_json("lines");
    for (page, rows) in [(1, json!([lines[0], lines[1]])), (2, json!([lines[2]])), (3, json!([]))] {
        let path = format!(r"/Deliveries/158/QuotationLines\?Page={page}&Size=1000");
        crm.answers("GET", &path, 200, rows.to_string()).await;
    }
    let item = crm.get("deliveries", "158").await.unwrap().unwrap();
    let records = crm.router.decode(&item).unwrap();
    assert_eq!(shown(&records[0].fields, "content.lines"), "3 lines");
    assert_eq!(crm.lines().len(), 4);
    crm.answers("GET", "/Deliveries/9", 404, "").await;
    assert_eq!(crm.get("deliveries", "9").await.unwrap(), None);
    assert_eq!(crm.lines().len(), 1);
}

#[tokio::test]
async fn a_page_of_lines_is_the_last_where_one_of_its_kind_was_seen_to_hold_more() {
    let lines = fixture_json("lines");
    let open = async |changes: usize| {
        let lists = json!({ "pages": { "queries": 1000, "changes": changes } });
        let mut crm = Crm::open_with(|config| config, lists).await;
        for (id, count) in [(1, 3), (2, 2), (3, 3)] {
            crm.answers("GET", &format!("/Deliveries/{id}"), 200, json!({ "DeliveryId": id }).to_string()).await;
            let rows = json!(lines.as_array().unwrap()[..count]);
            crm.lists(&format!("/Deliveries/{id}/QuotationLines"), &rows.to_string()).await;
        }
        crm
    };
    // a query tells nothing of the pages of a list
    for (changes, calls) in [(0, [3, 2, 3]), (3, [3, 2, 3]), (4, [2, 2, 2])] {
        let crm = open(changes).await;
        for (id, calls) in ["1", "2", "3"].into_iter().zip(calls) {
            crm.get("deliveries", id).await.unwrap().unwrap();
            assert_eq!(crm.lines().len(), calls, "{id} {changes}");
        }
    }
}

/// Heads that changed, then those of changed lines.
async fn changes(lines_in_queries: bool) -> (Crm, Vec<(String, String)>) {
    let mut crm = Crm::open_with(|config| config, json!({ "lines_in_queries": lines_in_queries })).await;
    let head = json!([{ "DeliveryId": 160, "DeliveryUpdatedAt": "2024-06-12T12:30:00+01:00" }]);
    crm.answers("GET", &query("FROM Delivery ", "DeliveryId >= 0 ", ".*"), 200, head.to_string()).await;
    crm.answers("GET", &query("FROM Delivery ", "DeliveryId >= 161 ", ".*"), 200, "[]").await;
    let row = |id: u64, parent: u64, at: &str| json!({ "QuotationLineId": id, "QuotationLineOpportunityId": parent, "QuotationLineUpdatedAt": at });
    let lines = json!([
        row(1, 158, "2024-06-12T12:10:00+01:00"),
        row(2, 158, "2024-06-12T12:20:00+01:00"),
        row(3, 159, "2024-06-12T12:20:00+01:00"), // of an opportunity
        row(4, 157, "2024-06-12T11:59:59+01:00")  // older
    ]);
    let (first, rest) = if lines_in_queries {
        let of = |id: &str| query("FROM QuotationLine ", &format!("QuotationLineId >= {id} "), ".*");
        (of("0"), of("5"))
    } else {
        (r"/QuotationLines\?Page=1&Size=2".to_owned(), r"/QuotationLines\?Page=2&Size=2".to_owned())
    };
    crm.answers("GET", &first, 200, lines.to_string()).await;
    crm.answers("GET", &rest, 200, "[]").await;
    let parents = |page: &str| {
        query("FROM Delivery ", "WHERE DeliveryId = 158 OR DeliveryId = 159", &format!("&.*Page={page}&.*"))
    };
    crm.answers("GET", &parents("1"), 200, json!([fixture_json("delivery")]).to_string()).await;
    crm.answers("GET", &parents("2"), 200, "[]").await;
    let items = crm.items("deliveries", ListFrom::ModifiedSince(noon())).await;
    assert!(items.iter().all(|item| item.partial));
    let seen = items.into_iter().map(|item| (item.reference.id.to_string(), item.raw.to_string())).collect();
    (crm, seen)
}

#[tokio::test]
async fn a_changed_line_names_its_document_though_the_head_did_not_move() {
    for lines_in_queries in [true, false] {
        let (crm, seen) = changes(lines_in_queries).await;
        let ids: Vec<&str> = seen.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["160", "158"], "{lines_in_queries}");
        // the latest change of its lines stands beside the head: else it would look as it did before
        assert!(seen[1].1.contains("2024-06-12T11:20:00+00:00"), "{}", seen[1].1);
        assert_eq!(crm.lines().len(), 6);
    }
}

#[tokio::test]
async fn a_stamp_within_a_second_belongs_to_a_window_that_begins_within_it() {
    let mut crm = Crm::open().await;
    crm.answers("GET", &query("FROM Delivery ", "DeliveryId >= ", ".*"), 200, "[]").await;
    let row = json!([{ "QuotationLineId": 1, "QuotationLineOpportunityId": 158,
        "QuotationLineUpdatedAt": "2024-06-12T12:00:00.9+01:00" }]);
    crm.answers("GET", &query("FROM QuotationLine ", "QuotationLineId >= 0 ", ".*"), 200, row.to_string()).await;
    crm.answers("GET", &query("FROM QuotationLine ", "QuotationLineId >= 2 ", ".*"), 200, "[]").await;
    let parent = query("FROM Delivery ", "WHERE DeliveryId = 158", "&.*Page=");
    crm.answers("GET", &format!("{parent}1&.*"), 200, json!([fixture_json("delivery")]).to_string()).await;
    crm.answers("GET", &format!("{parent}2&.*"), 200, "[]").await;
    let since = |ms| ListFrom::ModifiedSince(noon() + chrono::TimeDelta::milliseconds(ms));
    assert_eq!(crm.list("deliveries", since(500)).await, ["158"]);
    assert!(crm.list("deliveries", since(950)).await.is_empty());
}

#[tokio::test]
async fn documents_made_since_are_asked_for_by_their_own_address() {
    let mut crm = Crm::open().await;
    let made = json!([{ "OpportunityId": 5, "OpportunityCreatedAt": "2024-06-12T12:00:00+01:00" }]);
    crm.lists("/Opportunities/FindByCreateDates/.*", &made.to_string()).await;
    assert_eq!(crm.list("opportunities", ListFrom::CreatedSince(noon())).await, ["5"]);
}

#[tokio::test]
async fn the_handshake_is_written_and_a_number_is_not() {
    let mut crm = Crm::open().await;
    crm.answers("PUT", "/Deliveries/158", 200, "").await;
    crm.answers("GET", "/Deliveries/158", 200, fixture("delivery")).await;
    crm.lists("/Deliveries/158/QuotationLines", "[]").await;
    let wanted = FieldMap::new()
        .with("x.webcrm.erp_id", "SO-77")
        .with("x.webcrm.erp_status", "Synchronized")
        .with("x.webcrm.erp_sync_date_time", Value::Instant(noon()))
        .with("x.webcrm.status", "Completed")
        .with("x.webcrm.custom_2", "F-1")
        .with(Order::NOTE, "");
    let written = crm.write(&[write("deliveries", Some("158"), wanted)]).await.remove(0).unwrap();
    assert!(written.item.is_some());
    let sent = crm.met().remove(0).json();
    let expected = json!({ "DeliveryId": 158, "DeliveryErpId": "SO-77", "DeliveryErpStatus": "Synchronized",
        "DeliveryErpSyncDateTime": "2024-06-12T11:00:00+00:00", "DeliveryStatus": "Completed", "DeliveryCustom2": "F-1",
        "DeliveryNote": "" });
    assert_eq!(sent, expected);
    let made = crm.write(&[write("opportunities", None, FieldMap::new())]).await.remove(0).unwrap_err();
    assert_eq!(made.kind(), ErrorKind::Unsupported);
    let strange = FieldMap::new().with("x.webcrm.status", "Sent");
    let refused = crm.write(&[write("deliveries", Some("158"), strange)]).await.remove(0).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}
