//! Orders: made, changed, stepped through, invoiced.

use crate::support::{Erp, Stage, create, dec, part, path, write};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, Field, FieldMap, Link, Result,
    capability::RemoveMode,
    connector::{Action, Connector, ListFrom, Record, Writable, Write, Written},
    model::{Address, Content, Fulfilment, Invoice, Invoicing, Line, LineKind, Lines, Order, OrderStage, PaymentState},
};

fn order(stage: &Stage) -> Order {
    Order::new()
        .customer(Link::External(stage.customer.clone()))
        .ordered_on("2026-02-16".parse::<chrono::NaiveDate>().unwrap())
        .fulfilment(Fulfilment::Open)
        .content(stage.content())
}
async fn make(stage: &Stage, order: &Order) -> Result<Written> {
    let mut write = create("orders", vec![part("orders", order.to_fields())]);
    write.mark = Some("se-1234".to_owned());
    stage.erp.write(&stage.connection, write).await
}
fn record(stage: &Stage, written: &Written) -> Record {
    stage.connection.router.decode(written.item.as_ref().unwrap()).unwrap().remove(0)
}
fn act(stage: &Stage, id: &str, act: &str) -> Write {
    let _ = stage;
    write("orders", Action::Act { id: id.into(), act: act.to_owned(), with: FieldMap::new() })
}
fn sent(erp: &Erp, method: &str) -> Json {
    erp.emulator.requests().into_iter().rfind(|sent| sent.method == method).unwrap().json()
}

#[tokio::test]
async fn an_order_goes_out_and_comes_back_with_its_sums() {
    let stage = Stage::set().await;
    let written = make(&stage, &order(&stage)).await.unwrap();
    let record = record(&stage, &written);
    assert_eq!(record.mark.as_deref(), Some("se-1234"));
    let shown = Order::from_fields(&record.fields).unwrap();
    assert_eq!(shown.number, "1".into());
    assert_eq!(shown.stage, OrderStage::Order.into());
    assert_eq!((shown.fulfilment, shown.invoicing), (Fulfilment::Open.into(), Invoicing::None.into()));
    assert_eq!(shown.customer, Link::External(stage.customer.clone()).into());
    assert_eq!(shown.ordered_on.value().unwrap().to_string(), "2026-02-16");
    let content = shown.content;
    assert_eq!((content.net, content.vat), (Field::Set(dec("230.25")), Field::Set(dec("51.03"))));
    assert_eq!((content.gross, content.rounding), (Field::Set(dec("281.28")), Field::Set(dec("0"))));
    assert_eq!(content.billing.street, "Registergatan 9".into(), "the customer's where the source has none");
    let lines = content.lines.into_value().unwrap();
    let kinds: Vec<_> = lines.iter().map(|line| (line.key.clone().into_value().unwrap(), line.kind)).collect();
    assert_eq!(kinds[0], ("1".to_owned(), LineKind::Item.into()));
    assert_eq!(kinds[2], ("3".to_owned(), LineKind::Text.into()));
    assert_eq!(lines[0].discount_percent, Field::Set(10.into()));
    assert_eq!((lines[0].vat_rate, lines[1].vat_rate), (Field::Set(25.into()), Field::Set(12.into())));
    assert_eq!((lines[0].net, lines[1].net), (Field::Set(180.into()), Field::Set(dec("50.25"))));
    assert_eq!(lines[1].text, "Artikel F-1".into(), "the article's name where the source has no text");
    assert_eq!(record.fields.text(path("x.eekonomi.status")), Some("Ongoing"));

    let listed = stage.erp.records(&stage.connection, "orders").await;
    assert_eq!(listed[0].fields, record.fields);
}

#[tokio::test]
async fn a_new_order_is_a_draft_unless_it_is_known_to_be_more() {
    let stage = Stage::set().await;
    let mut draft = order(&stage);
    draft.fulfilment = Field::Unknown;
    let written = make(&stage, &draft).await.unwrap();
    let shown = Order::from_fields(&record(&stage, &written).fields).unwrap();
    assert_eq!((shown.fulfilment, shown.number), (Fulfilment::Draft.into(), Field::Empty));
    let id = written.reference.id;
    let written = stage.erp.write(&stage.connection, act(&stage, &id, "open")).await.unwrap();
    let shown = Order::from_fields(&record(&stage, &written).fields).unwrap();
    assert_eq!((shown.fulfilment, shown.number), (Fulfilment::Open.into(), "1".into()));
}

#[tokio::test]
async fn the_buyers_address_is_not_mixed_with_the_registers() {
    let stage = Stage::set().await;
    let mut wanted = order(&stage);
    wanted.content.billing =
        Address::new().name("Anna Berg").street("Ågatan 3").street_2(Field::Empty).postal_code("111 11").city("Kiruna");
    let written = make(&stage, &wanted).await.unwrap();
    let billing = Order::from_fields(&record(&stage, &written).fields).unwrap().content.billing;
    assert_eq!((billing.street, billing.street_2), ("Ågatan 3".into(), Field::Empty), "not the register's second line");
    assert_eq!((billing.name, billing.city), ("Anna Berg".into(), "Kiruna".into()));
}

#[tokio::test]
async fn a_moment_is_a_day_where_the_company_is() {
    let stage = Stage::set().await;
    let mut wanted = order(&stage);
    wanted.ordered_on = Field::Unknown;
    wanted.ordered_at = "2026-02-16T23:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into();
    make(&stage, &wanted).await.unwrap();
    assert_eq!(sent(&stage.erp, "POST")["OrderDate"], "2026-02-17");
    wanted.ordered_at = Field::Unknown;
    assert!(make(&stage, &wanted).await.unwrap_err().message().contains("ordered_on"));
}

#[tokio::test]
async fn changed_lines_replace_the_old_ones_and_keep_what_they_knew() {
    let stage = Stage::set().await;
    let written = make(&stage, &order(&stage)).await.unwrap();
    let id = written.reference.id.clone();
    let rows = stage.erp.stored("orders")[0]["Rows"].clone();
    let mut rows = rows.as_array().unwrap().clone();
    rows[0]["WorkHours"] = json!(7);
    rows[1]["WorkHours"] = json!(8);
    stage.erp.act("edit_order", json!({ "id": &*id, "set": { "Rows": rows, "OurReference": "Lisa" } }));

    // the first line goes, another one comes, the second gets another price
    let item =
        |reference: &sync_core::ExternalRef| Line::new().kind(LineKind::Item).item(Link::External(reference.clone()));
    let lines = Lines::new()
        .with(item(&stage.food).quantity(1).unit_price(dec("60.25")).discount_percent(0))
        .with(item(&stage.article).quantity(dec("1.5")).unit_price(10));
    let change = Order::new().content(Content::new().lines(lines));
    stage.erp.emulator.clear_requests();
    let written =
        stage.erp.update(&stage.connection, "orders", &id, vec![part("orders", change.to_fields())]).await.unwrap();
    let stored = &stage.erp.stored("orders")[0];
    let rows = stored["Rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "two equal updates do not double a line");
    assert_eq!((&rows[0]["WorkHours"], &rows[1]["WorkHours"]), (&json!(8), &json!(7)), "carried over by article");
    assert_eq!((&stored["OurReference"], &stored["BuyersOrderReference"]), (&json!("Lisa"), &json!("se-1234")));
    let shown = Order::from_fields(&record(&stage, &written).fields).unwrap();
    assert_eq!(shown.content.net, Field::Set(dec("75.25")));

    stage.erp.emulator.clear_requests();
    stage.erp.update(&stage.connection, "orders", &id, vec![part("orders", change.to_fields())]).await.unwrap();
    assert_eq!(stage.erp.calls(), [format!("GET /v2/orders/{id}")], "the same again is no call");
}

#[tokio::test]
async fn a_line_without_article_is_refused_before_it_loses_its_money() {
    let stage = Stage::set().await;
    let plain = Line::new().kind(LineKind::Item).sku("X-7").quantity(1).unit_price(10);
    for (line, words) in [
        (plain.clone(), "line 1: the item 'X-7' is linked to no article"),
        (plain.clone().kind(LineKind::Freight).sku(Field::Unknown).text("Frakt"), "line 1: the freight 'Frakt' is"),
        (plain.clone().kind(Field::Unknown).unit_price(0), "line 1: the item 'X-7'"),
        (plain.clone().item(Link::External(stage.customer.clone())), "line 1: the item 'X-7'"),
        (plain.clone().item(Link::External(stage.article.clone())).discount_amount(5), "line of its own"),
        (plain.clone().item(Link::External(stage.article.clone())).quantity(dec("0.00001")), "quantity 0.00001"),
        (plain.clone().item(Link::External(stage.article.clone())).unit_price(dec("0.00001")), "unit price 0.00001"),
        (plain.clone().item(Link::External(stage.article.clone())).quantity(Field::Empty), "quantity is missing"),
    ] {
        let mut wanted = order(&stage);
        wanted.content.lines = Lines::new().with(line).into();
        let error = make(&stage, &wanted).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(words), "{error}");
    }
    assert!(stage.erp.calls().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn whatever_an_article_stands_for_its_row_names_it() {
    let stage = Stage::set().await;
    let freight = stage.item("FRAKT").kind(LineKind::Freight).text("Frakt").quantity(1).unit_price(49);
    let mut wanted = order(&stage);
    // a line that says nothing of itself and has no money is text
    wanted.content.lines = Lines::new().with(freight).with(Line::new().text("Tack")).into();
    let written = make(&stage, &wanted).await.unwrap();
    let lines = Order::from_fields(&record(&stage, &written).fields).unwrap().content.lines.into_value().unwrap();
    assert_eq!((lines[0].kind, lines[0].sku.clone()), (LineKind::Item.into(), "FRAKT".into()));
    assert_eq!(lines[0].item, stage.item("FRAKT").item);
    assert_eq!((lines[1].kind, lines[1].text.clone()), (LineKind::Text.into(), "Tack".into()));
}

#[tokio::test]
async fn part_deliveries_show_on_the_lines_and_what_is_shipped_is_locked() {
    let stage = Stage::set().await;
    let id = make(&stage, &order(&stage)).await.unwrap().reference.id;
    stage.erp.act("deliver_order", json!({ "id": &*id, "rows": [{ "line": 1, "quantity": 1 }] }));
    let read = stage.erp.records(&stage.connection, "orders").await.remove(0);
    let shown = Order::from_fields(&read.fields).unwrap();
    assert_eq!(shown.fulfilment, Fulfilment::PartlyDelivered.into());
    let first = shown.delivered.value().unwrap()[0].clone();
    assert_eq!((first.key, first.delivered, first.remaining), ("1".into(), 1.into(), 1.into()));
    let Writable::Nothing(why) = &read.writable else { panic!("{:?}", read.writable) };
    assert!(why.contains("shipped"), "{why}");
    assert!(shown.delivered_on.is_set());
    let remove = write("orders", Action::Remove { id, mode: RemoveMode::Delete });
    let error = stage.erp.write(&stage.connection, remove).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Invalid, Some("4001")));
}

#[tokio::test]
async fn steps_lead_to_an_invoice_that_names_its_order() {
    let stage = Stage::set().await;
    let id = make(&stage, &order(&stage)).await.unwrap().reference.id;
    let written = stage.erp.write(&stage.connection, act(&stage, &id, "deliver")).await.unwrap();
    let shown = Order::from_fields(&record(&stage, &written).fields).unwrap();
    assert_eq!(shown.fulfilment, Fulfilment::Delivered.into());
    stage.erp.write(&stage.connection, act(&stage, &id, "take_back")).await.unwrap();
    stage.erp.write(&stage.connection, act(&stage, &id, "deliver")).await.unwrap();

    let written = stage.erp.write(&stage.connection, act(&stage, &id, "invoice")).await.unwrap();
    assert_eq!(written.reference.at.stream.as_str(), "customerinvoices");
    let invoice = Invoice::from_fields(&record(&stage, &written).fields).unwrap();
    assert_eq!(invoice.order.value().unwrap().external().unwrap().id, id);
    assert_eq!(invoice.content.gross, Field::Set(dec("281.28")));
    assert_eq!(invoice.payment, PaymentState::Unpaid.into());
    let read = stage.erp.records(&stage.connection, "orders").await.remove(0);
    let order = Order::from_fields(&read.fields).unwrap();
    assert_eq!((order.invoicing, order.fulfilment), (Invoicing::Invoiced.into(), Fulfilment::Delivered.into()));
    assert!(matches!(&read.writable, Writable::Nothing(why) if why.contains("credit")));
}

#[tokio::test]
async fn an_order_that_was_never_changed_is_among_the_changes() {
    let stage = Stage::set().await;
    make(&stage, &order(&stage)).await.unwrap();
    let since = ListFrom::ModifiedSince(stage.erp.emulator.now() - chrono::TimeDelta::seconds(1));
    let listed = stage.erp.records_from(&stage.connection, "orders", since).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].version.modified_at, Some(stage.erp.emulator.now()));
    let later = ListFrom::CreatedSince(stage.erp.emulator.now() + chrono::TimeDelta::seconds(1));
    assert!(stage.erp.records_from(&stage.connection, "orders", later).await.is_empty());
}

#[tokio::test]
async fn our_mark_is_looked_for_only_where_the_list_takes_it() {
    for (switch, found) in [("reference", false), ("unknown_too", true)] {
        let erp = Erp::start().await;
        erp.switch("filterable", switch);
        let config = erp.config();
        let stage = Stage::set_with(erp, config).await;
        make(&stage, &order(&stage)).await.unwrap();
        let can = &stage.connection.router.capabilities().streams["orders"];
        let mark = can.create_mark.unwrap();
        assert_eq!((mark.field, mark.max_len), (path("x.eekonomi.BuyersOrderReference"), 35));
        assert_eq!(can.find_by.contains(&mark.field), found, "{switch}");
        let by = FieldMap::new().with(mark.field, "se-1234");
        let looked = stage.connection.router.find(&stage.erp.cx, &"orders".into(), &by).await;
        match found {
            true => assert_eq!(looked.unwrap().len(), 1),
            false => assert_eq!(looked.unwrap_err().kind(), ErrorKind::Unsupported),
        }
    }
}

#[tokio::test]
async fn each_form_in_which_an_order_may_be_printed_says_the_same() {
    let mut seen: Option<FieldMap> = None;
    for (switch, value) in [
        ("dates", "midnight_utc"),
        ("dates", "midnight"),
        ("dates", "plain"),
        ("vat_rate", "percent"),
        ("order_amount", "gross"),
        ("stamp_precision", "millis"),
        ("nulls", "printed"),
    ] {
        let stage = Stage::set().await;
        stage.erp.switch(switch, value);
        let written = make(&stage, &order(&stage)).await.unwrap();
        let fields = record(&stage, &written).fields;
        match &seen {
            Some(seen) => assert_eq!(*seen, fields, "{switch} {value}: {:?}", seen.differs(&fields)),
            None => seen = Some(fields),
        }
    }
}

#[tokio::test]
async fn a_listing_without_rows_shows_no_lines_and_says_so() {
    let stage = Stage::set().await;
    make(&stage, &order(&stage)).await.unwrap();
    stage.erp.switch("list_rows", "empty");
    let record = stage.erp.records(&stage.connection, "orders").await.remove(0);
    assert!(record.partial);
    assert_eq!(record.fields.get(path("content.lines")), None);
    assert_eq!(record.fields.get(path("content.gross")).unwrap().as_decimal(), Some(dec("281.28")));
}

#[tokio::test]
async fn rows_that_a_listing_left_out_are_not_replaced_by_none() {
    let stage = Stage::set().await;
    let id = make(&stage, &order(&stage)).await.unwrap().reference.id;
    stage.erp.switch("list_rows", "empty");
    let query = sync_core::connector::ListQuery::all("orders");
    let listed = stage.connection.router.list(&stage.erp.cx, &query).await.unwrap().items.remove(0);
    let change = Order::new().content(Content::new().buyer_reference("Karin"));
    let parts = vec![part("orders", change.to_fields())];
    let mut update = write("orders", Action::Update { id: id.clone(), parts: parts.clone(), if_version: None });
    update.current = Some(listed);
    let error = stage.erp.write(&stage.connection, update).await.unwrap_err();
    assert_eq!(error.disposition(), sync_core::Disposition::RetryLater, "{error}");
    stage.erp.update(&stage.connection, "orders", &id, parts).await.unwrap();
    let stored = &stage.erp.stored("orders")[0];
    assert_eq!((stored["Rows"].as_array().unwrap().len(), &stored["YourReference"]), (3, &json!("Karin")));
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let stage = Stage::set().await;
    let fault = emulators::frame::Fault::new(emulators::frame::FaultKind::DropAfter).on("POST", "/v2/orders");
    stage.erp.emulator.fault(fault);
    let error = make(&stage, &order(&stage)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousWrite);
    assert_eq!(stage.erp.stored("orders").len(), 1);
    let made = stage.erp.records(&stage.connection, "orders").await;
    assert_eq!(made[0].mark.as_deref(), Some("se-1234"));
}

#[tokio::test]
async fn delivery_is_a_code_of_the_list_both_ways() {
    let stage = Stage::set().await;
    let parcel = stage.erp.code("deliverymethods", "Paket");
    let mut wanted = order(&stage);
    wanted.content.delivery_method = parcel.as_str().into();
    wanted.content.delivery_terms = "Egen text".into();
    let written = make(&stage, &wanted).await.unwrap();
    let sent = sent(&stage.erp, "POST");
    assert_eq!((&sent["DeliveryMethodName"], &sent["DeliveryMethodCode"]), (&json!("Paket"), &json!("PKT")));
    let content = Order::from_fields(&record(&stage, &written).fields).unwrap().content;
    assert_eq!((content.delivery_method, content.delivery_terms), (parcel.as_str().into(), "Egen text".into()));
}
