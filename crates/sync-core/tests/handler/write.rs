//! Writing: one request for all facets, and what a success may not turn into.

use rust_decimal::Decimal;
use serde_json::json;
use sync_core::{
    ErrorKind, FieldMap, Result,
    capability::RemoveMode,
    connector::{Action, Connector, Version, Write, Written},
    handler::Router,
    model::{Item, Price, StockLevel},
};

use crate::vendor::{Answers, Vendor, articles::GROUP, connect, create, cx, get, now, part, remove, update, write};

const LAMP: &str = r#"{"number":"A1","name":"Lamp","price":10.10,"stock":3,"shelf":{"row":7},"group":"north"}"#;

fn send(router: &Router, writes: &[Write]) -> Vec<Result<Written>> {
    now(router.write(&cx(), writes))
}
fn send_one(router: &Router, write: Write) -> Result<Written> {
    let [answer] = <[_; 1]>::try_from(send(router, &[write])).unwrap();
    answer
}
fn refusal(router: &Router, write: Write) -> ErrorKind {
    send_one(router, write).unwrap_err().kind()
}

/// The lamp, and an update of it with the record at hand.
fn lamp(vendor: &Vendor, router: &Router, name: &str, changed: &[&str]) -> Write {
    vendor.seed("article", "A1", LAMP);
    let current = Some(get(router, "article", "A1"));
    vendor.requests();
    let item = Item::new().number("A1").name(name);
    let fields = sync_core::Canonical::to_fields(&item);
    Write { current, ..update("article", "A1", vec![part("article", fields, changed)]) }
}

#[test]
fn all_facets_go_in_one_request_and_what_we_do_not_know_survives() {
    let (vendor, router) = connect();
    let mut write = lamp(&vendor, &router, "Lampa", &["name"]);
    if let Action::Update { parts, .. } = &mut write.action {
        let amount: Decimal = "12.50".parse().unwrap();
        parts.push(part("article_price", FieldMap::new().with(Price::AMOUNT, amount), &["amount"]));
        // settled, but not to be sent: the vendor's own stays
        parts.push(part("article_stock", FieldMap::new().with(StockLevel::AVAILABLE, Decimal::ONE), &[]));
    }
    let written = send_one(&router, write).unwrap();
    assert_eq!(vendor.requests(), ["put article A1"]);
    let stored = vendor.row("article", "A1");
    assert_eq!(stored["name"], "Lampa");
    assert_eq!(stored["price"].to_string(), "12.50");
    assert_eq!(stored["stock"].to_string(), "3");
    assert_eq!(stored["shelf"], json!({"row": 7}));
    let item = written.item.unwrap();
    assert!(!item.partial);
    assert_eq!(router.decode(&item).unwrap()[0].fields.text(Item::NAME), Some("Lampa"));
}

#[test]
fn nothing_to_change_is_no_request() {
    let (vendor, router) = connect();
    for write in [lamp(&vendor, &router, "Lampa", &[]), lamp(&vendor, &router, "Lamp", &["name"])] {
        let written = send_one(&router, write).unwrap();
        assert_eq!(written.reference.to_string(), "toy:a/article#A1");
        assert_eq!(&*written.item.unwrap().raw, LAMP);
    }
    assert_eq!(vendor.requests(), [""; 0]);
    // an effect is wanted for its own sake
    let mut write = lamp(&vendor, &router, "Lamp", &[]);
    write.effects = ["announce".to_owned()].into();
    send_one(&router, write).unwrap();
    assert_eq!(vendor.requests(), ["put article A1"]);
    assert_eq!(vendor.row("article", "A1")["announce"], true);
    let current = Some(get(&router, "article", "A1"));
    let fields = FieldMap::new().with(Item::NAME, "Lamp");
    let again = update("article", "A1", vec![part("article", fields, &["name"])]);
    vendor.requests();
    send_one(&router, Write { current: current.clone(), effects: ["announce".to_owned()].into(), ..again.clone() })
        .unwrap();
    assert_eq!(vendor.requests(), ["put article A1"], "though the body is what is there");
    send_one(&router, Write { current, ..again }).unwrap();
    assert_eq!(vendor.requests(), [""; 0]);
}

#[test]
fn what_the_answer_does_not_show_is_read_back_and_a_failure_there_is_no_failure() {
    let (vendor, router) = connect();
    vendor.set(|state| state.answers = Answers::Nothing);
    let written = send_one(&router, lamp(&vendor, &router, "Lampa", &["name"])).unwrap();
    assert_eq!(vendor.requests(), ["put article A1", "get article A1"]);
    assert!(written.item.unwrap().raw.contains("Lampa"));

    for fault in [ErrorKind::Unavailable, ErrorKind::Auth, ErrorKind::Protocol] {
        let write = lamp(&vendor, &router, "Lampa", &["name"]);
        vendor.set(|state| state.failing = Some(("get", fault)));
        let written = send_one(&router, write).unwrap();
        vendor.set(|state| state.failing = None);
        assert_eq!(written.item, None);
        assert_eq!(&*written.reference.id, "A1");
    }
}

#[test]
fn what_need_not_be_read_back_is_said_to_be_kept_as_sent() {
    let (vendor, router) = connect();
    vendor.set(|state| {
        state.answers = Answers::Nothing;
        state.keeps_as_sent = true;
    });
    let written = send_one(&router, lamp(&vendor, &router, "Lampa", &["name"])).unwrap();
    assert_eq!(vendor.requests(), ["put article A1"]);
    assert_eq!((written.item, written.as_sent), (None, true));
    vendor.set(|state| state.keeps_as_sent = false);
    let written = send_one(&router, lamp(&vendor, &router, "Lampa", &["name"])).unwrap();
    assert_eq!((written.item.is_some(), written.as_sent), (true, false));
}

#[test]
fn a_create_without_any_id_is_unclear_and_is_not_repeated() {
    let (vendor, router) = connect();
    let new = || {
        let fields = FieldMap::new().with(Item::NUMBER, "B7").with(GROUP, "south");
        Write { mark: Some("shop-7".to_owned()), ..create("article", vec![part("article", fields, &["number"])]) }
    };
    let written = send_one(&router, new()).unwrap();
    assert_eq!(written.reference.to_string(), "toy:a/article#B7");
    assert_eq!(vendor.row("article", "B7")["mark"], "shop-7");
    assert_eq!(vendor.row("article", "B7")["group"], "south");
    vendor.requests();

    vendor.set(|state| state.answers = Answers::Id);
    assert!(send_one(&router, new()).unwrap().item.is_some());
    assert_eq!(vendor.requests(), ["post article B7", "get article B7"]);

    vendor.set(|state| state.answers = Answers::Nothing);
    assert_eq!(refusal(&router, new()), ErrorKind::AmbiguousWrite);
    assert_eq!(vendor.requests(), ["post article B7"]);
}

#[test]
fn a_full_replace_needs_the_whole_record_at_hand() {
    let (vendor, router) = connect();
    let write = lamp(&vendor, &router, "Lampa", &["name"]);
    let mut partial = write.clone();
    partial.current.as_mut().unwrap().partial = true;
    let mut other = write.clone();
    other.current.as_mut().unwrap().reference.id = "A2".into();
    for faulty in [Write { current: None, ..write.clone() }, partial, other] {
        assert_eq!(refusal(&router, faulty), ErrorKind::Internal);
    }
    let mut garbled = write;
    garbled.current.as_mut().unwrap().raw = "{}".into();
    assert_eq!(refusal(&router, garbled), ErrorKind::Invalid);
    assert_eq!(vendor.requests(), [""; 0]);
}

#[test]
fn a_step_may_move_the_record_to_another_stream() {
    let (vendor, router) = connect();
    let convert = || write("order", Action::Act { id: "1".into(), act: "convert".to_owned(), with: FieldMap::new() });
    for (answers, requests) in [(Answers::Row, 1), (Answers::Id, 2)] {
        vendor.set(|state| state.answers = answers);
        let written = send_one(&router, convert()).unwrap();
        assert_eq!(written.reference.to_string(), "toy:a/invoice#9");
        assert_eq!(written.item.unwrap().reference, written.reference);
        assert_eq!(vendor.requests().len(), requests);
    }
    // the old id is not the new one
    vendor.set(|state| state.answers = Answers::Nothing);
    assert_eq!(refusal(&router, convert()), ErrorKind::AmbiguousWrite);
}

#[test]
fn steps_and_removals_go_through() {
    let (vendor, router) = connect();
    vendor.seed("article", "A1", LAMP);
    let lock = write("article", Action::Act { id: "A1".into(), act: "lock".to_owned(), with: FieldMap::new() });
    assert_eq!(&*send_one(&router, lock).unwrap().item.unwrap().raw, LAMP, "read back");
    let written = send_one(&router, remove("article", "A1")).unwrap();
    assert_eq!((&*written.reference.id, written.item), ("A1", None));
    assert_eq!(vendor.requests(), ["lock article A1 with 0", "get article A1", "remove article A1 Delete"]);
}

fn price(id: &str, amount: i64) -> Write {
    update("price", id, vec![part("price", FieldMap::new().with(Price::AMOUNT, Decimal::from(amount)), &["amount"])])
}

#[test]
fn a_batch_goes_in_requests_of_the_declared_size_and_is_answered_in_order() {
    let (vendor, router) = connect();
    vendor.set(|state| state.answers = Answers::Nothing);
    let writes = [price("P1", 1), price("P2", -2), price("P3", 3), price("P4", 4), price("P5", 5)];
    let answers = send(&router, &writes);
    let ids: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().ok().map(|done| done.reference.id.to_string())).collect();
    let expected = [Some("P1"), None, Some("P3"), Some("P4"), Some("P5")].map(|id| id.map(ToOwned::to_owned));
    assert_eq!(ids, expected);
    assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::Invalid, "refused by encode, alone");
    assert!(answers.iter().flatten().all(|done| done.item.as_ref().unwrap().reference == done.reference));
    let requests = ["put prices P1 P3 P4", "put prices P5", "get price P1 P3 P4 P5"];
    assert_eq!(vendor.requests(), requests, "read back together");
}

#[test]
fn a_batch_that_is_not_answered_one_by_one_is_unclear() {
    let (vendor, router) = connect();
    vendor.set(|state| state.failing = Some(("put prices P1", ErrorKind::Invalid)));
    let answers = send(&router, &[price("P1", 1), price("P2", 2), price("P3", 3), price("P4", 4)]);
    let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(sync_core::Error::kind)).collect();
    let unclear = Some(ErrorKind::AmbiguousWrite);
    assert_eq!(kinds, [unclear, unclear, unclear, None]);
}

#[test]
fn writes_of_several_streams_keep_their_places_and_a_record_is_written_once() {
    let (vendor, router) = connect();
    let lamp = lamp(&vendor, &router, "Lampa", &["name"]);
    let answers = send(&router, &[price("P1", 1), lamp.clone(), price("P1", 2), lamp, price("P2", 2)]);
    let at: Vec<_> = answers
        .iter()
        .map(|a| a.as_ref().map_or_else(|e| format!("{:?}", e.kind()), |w| w.reference.to_string()))
        .collect();
    assert_eq!(at, ["toy:a/price#P1", "toy:a/article#A1", "Internal", "Internal", "toy:a/price#P2"]);
    assert_eq!(vendor.requests(), ["put article A1", "put prices P1 P2"]);
}

#[test]
fn what_is_not_offered_is_refused_without_a_request() {
    let (vendor, router) = connect();
    let act =
        |stream, act: &str| write(stream, Action::Act { id: "1".into(), act: act.to_owned(), with: FieldMap::new() });
    let mut if_version = lamp(&vendor, &router, "Lampa", &["name"]);
    if let Action::Update { if_version, .. } = &mut if_version.action {
        *if_version = Some(Version::default());
    }
    let foreign = part("price", FieldMap::new(), &["amount"]);
    let refused = [
        create("order", vec![]),
        create("nowhere", vec![]),
        create("article_price", vec![]),
        create("article", vec![foreign]),
        update("order", "1", vec![]),
        update("article_stock", "A1", vec![]),
        act("order", "lock"),
        act("article", "convert"),
        remove("price", "P1"),
        write("article", Action::Remove { id: "A1".into(), mode: RemoveMode::Archive }),
        Write { effects: ["capture".to_owned()].into(), ..act("article", "lock") },
        if_version,
    ];
    let kinds: Vec<ErrorKind> = send(&router, &refused).into_iter().map(|answer| answer.unwrap_err().kind()).collect();
    assert_eq!(kinds, [ErrorKind::Unsupported; 12]);
    let long = Write { mark: Some("longer than 12".to_owned()), ..create("article", vec![]) };
    assert_eq!(refusal(&router, long), ErrorKind::Invalid);
    assert_eq!(vendor.requests(), [""; 0]);
}
