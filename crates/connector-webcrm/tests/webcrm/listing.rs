//! Documents by what changed: each once in a listing, and in one form for as long as nothing of it changes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use sync_core::{
    Fingerprint,
    connector::{Connector, Cursor, ListFrom, ListQuery},
};

use crate::{emulated::System, support::noon};

fn head(id: u64, at: DateTime<Utc>) -> Json {
    json!({ "DeliveryId": id, "DeliveryOrganisationId": 1, "DeliveryUpdatedAt": at })
}
fn quote(id: u64, at: DateTime<Utc>) -> Json {
    json!({ "OpportunityId": id, "OpportunityOrganisationId": 1, "OpportunityUpdatedAt": at })
}
fn line(id: u64, parent: u64, at: DateTime<Utc>) -> Json {
    json!({ "QuotationLineId": id, "QuotationLineOpportunityId": parent, "QuotationLineData1": "LAMPE-1",
        "QuotationLineUpdatedAt": at })
}
fn minutes(before: i64) -> DateTime<Utc> {
    noon() - TimeDelta::minutes(before)
}

/// Deliveries that were changed by their head, by their lines, and by both in either order; those of the seed are older.
async fn system() -> System {
    system_with("QuotationLine").await
}
async fn system_with(table_of_lines: &str) -> System {
    let emulator = System::emulator().await;
    emulator.switch("query_line_table", table_of_lines).unwrap();
    let far = minutes(60 * 24 * 30);
    let heads = [head(8, far), head(101, minutes(20)), head(102, minutes(40)), head(103, minutes(60))];
    let heads: Vec<Json> = heads.into_iter().chain([head(104, minutes(80)), head(105, far)]).collect();
    let lines = [
        line(50, 8, far),
        line(51, 7, far),
        line(201, 101, minutes(90)), // long before its head
        line(202, 102, minutes(90)),
        line(203, 102, minutes(30)), // after it
        line(204, 103, minutes(62)), // shortly before it: the line may have come to light after it
        line(205, 104, minutes(80)), // in the same second
        line(206, 105, minutes(70)), // the line alone
        line(207, 105, minutes(75)),
        line(208, 110, minutes(50)), // of an opportunity
    ];
    let quotes = [quote(7, far), quote(110, minutes(55))];
    // enough of them to show what a page holds
    let person = |id: u64| json!({ "PersonId": id, "PersonOrganisationId": 1, "PersonLastName": "Holm" });
    let persons: Vec<Json> = (500..520).map(person).collect();
    emulator
        .seed(json!({ "deliveries": heads, "quotation-lines": lines, "opportunities": quotes, "persons": persons }))
        .unwrap();
    System::before(emulator, |_| ()).await
}

/// What one listing shows, with the place stored and read again between all pages. No record is shown twice.
async fn listing(system: &System, stream: &str, since: DateTime<Utc>, size: u32) -> BTreeMap<String, Fingerprint> {
    let mut seen = BTreeMap::new();
    let mut from = ListFrom::ModifiedSince(since);
    loop {
        let query = ListQuery { stream: stream.into(), from, page_size: Some(size) };
        let page = system.router.list(&system.bench.cx, &query).await.unwrap();
        assert!(page.rejected.is_empty());
        for item in page.items {
            let id = item.reference.id.to_string();
            assert_eq!(seen.insert(id.clone(), item.hash), None, "{id} since {since} in pages of {size}");
        }
        let Some(Cursor(place)) = page.next else { return seen };
        from = ListFrom::Page(Cursor(serde_json::from_str(&place.to_string()).unwrap()));
    }
}

/// Those of `now` that look otherwise than before, or were not there.
fn news(before: &BTreeMap<String, Fingerprint>, now: &BTreeMap<String, Fingerprint>) -> Vec<String> {
    now.iter().filter(|(id, hash)| before.get(*id) != Some(*hash)).map(|(id, _)| id.clone()).collect()
}

#[tokio::test]
async fn a_document_is_listed_once_and_in_one_form_wherever_the_window_begins() {
    for table in ["QuotationLine", "none"] {
        let system = system_with(table).await;
        system.emulator.switch("rate_limit_per_minute", 0).unwrap();
        for size in [1, 2, 1000] {
            let all = listing(&system, "deliveries", minutes(100), size).await;
            assert_eq!(all.keys().collect::<Vec<_>>(), ["101", "102", "103", "104", "105"], "{size}");
            // a window that begins at any second about any of the stamps
            for stamp in [20, 30, 40, 60, 62, 65, 67, 70, 75, 80, 85, 90] {
                for second in [-1, 0, 1] {
                    let since = minutes(stamp) + TimeDelta::seconds(second);
                    let seen = listing(&system, "deliveries", since, size).await;
                    assert_eq!(news(&all, &seen), Vec::<String>::new(), "since {since} in pages of {size}");
                }
            }
            let quotes = listing(&system, "opportunities", minutes(100), size).await;
            assert_eq!(quotes.keys().collect::<Vec<_>>(), ["110"]);
            assert_eq!(listing(&system, "opportunities", minutes(52), size).await, quotes, "by its line");
        }
    }
}

#[tokio::test]
async fn the_edge_of_a_window_belongs_to_it() {
    let system = system().await;
    let ids = async |since| listing(&system, "deliveries", since, 1000).await.into_keys().collect::<Vec<_>>();
    let second = TimeDelta::seconds(1);
    assert_eq!(ids(minutes(20)).await, ["101"], "a head of that very second");
    assert!(ids(minutes(20) + second).await.is_empty());
    assert_eq!(ids(minutes(30)).await, ["101", "102"], "a line of that very second");
    assert_eq!(ids(minutes(30) + second).await, ["101"]);
    assert_eq!(ids(minutes(70)).await, ["101", "102", "103", "105"]);
    assert_eq!(ids(minutes(70) + second).await, ["101", "102", "103"], "105 is past, its other line too");
}

#[tokio::test]
async fn whatever_changes_of_a_document_changes_its_form_and_no_other() {
    let system = system().await;
    let since = minutes(100);
    let mut before = listing(&system, "deliveries", since, 2).await;
    let edits: [(&str, u64, Json, &[&str]); 5] = [
        ("quotation-lines", 201, json!({ "QuotationLineQuantity": 7 }), &["101"]),
        ("quotation-lines", 207, json!({ "QuotationLineQuantity": 7 }), &["105"]),
        ("deliveries", 102, json!({ "DeliveryDescription": "Haster" }), &["102"]),
        ("quotation-lines", 202, json!({ "QuotationLineMemo": "x" }), &["102"]),
        ("quotation-lines", 50, json!({ "QuotationLineMemo": "x" }), &["8"]),
    ];
    for (collection, id, set, changed) in edits {
        system.advance(60);
        system.edit(collection, id, set);
        let now = listing(&system, "deliveries", since, 2).await;
        assert_eq!(news(&before, &now), changed, "{collection} {id}");
        assert_eq!(news(&now, &listing(&system, "deliveries", since, 1000).await), Vec::<String>::new());
        before = now;
    }
    // a line that is taken away leaves the latest of those that stay
    system.emulator.act(json!({ "action": "delete", "collection": "quotation-lines", "id": 203 })).unwrap();
    let now = listing(&system, "deliveries", since, 2).await;
    assert_eq!(news(&before, &now), Vec::<String>::new(), "it was not the latest");
    system.emulator.act(json!({ "action": "delete", "collection": "quotation-lines", "id": 202 })).unwrap();
    let now = listing(&system, "deliveries", since, 2).await;
    assert_eq!(news(&before, &now), ["102"], "nothing but its form tells of it");
}

#[tokio::test]
async fn a_listing_of_what_is_known_takes_a_call_for_heads_and_one_for_lines() {
    let system = system().await;
    for (since, calls) in [(45, 2), (65, 3)] {
        listing(&system, "deliveries", minutes(since), 1000).await;
        let made = system.calls();
        assert_eq!(made.len(), calls, "one more where a line is newer than its head, or of an opportunity: {made:?}");
    }
}
