//! What records say, from recorded shapes with made-up content; no call is made.

use std::sync::Arc;

use connector_eekonomi::{Config, Connection, Environment, connect};
use sync_core::{
    Canonical, Context, ErrorKind, Field, Fingerprint, StreamKey, Value,
    connector::{Connector, Item, Record, Writable},
    model::{Invoice, Invoicing, LineKind, Order, Organisation, Party, PaymentState},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, TokioTimer, Transport, VirtualTime};

/// A connection out of a stored snapshot; the token store is empty, so that any call would fail.
async fn connection() -> Connection {
    let now = "2026-02-17T09:00:00Z".parse().unwrap();
    let cx = Context::new(Arc::new(VirtualTime::leaping(now)), "test");
    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
    let environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
    let content = serde_json::from_str(include_str!("../fixtures/company.json")).unwrap();
    let config = Config::new("client", "hush-hush".into(), "556677-8899");
    connect(&cx, "erp", config, environment, Some(Snapshot { at: now, content })).await.unwrap()
}
fn item(stream: &str, raw: &str) -> Item {
    let reference = StreamKey::new("eekonomi:erp", stream).id("x");
    Item { reference, hash: Fingerprint::of_bytes(raw.as_bytes()), raw: Arc::from(raw), partial: false }
}
async fn decoded(stream: &str, raw: &str) -> Vec<Record> {
    connection().await.router.decode(&item(stream, raw)).unwrap()
}
fn dec(text: &str) -> Field<rust_decimal::Decimal> {
    Field::Set(text.parse().unwrap())
}

#[tokio::test]
async fn a_private_customer_without_contact() {
    let records = decoded("customers", include_str!("../fixtures/customer_private.json")).await;
    assert_eq!(records.len(), 1, "empty columns hold nobody");
    assert_eq!(records[0].version.modified_at.unwrap().to_rfc3339(), "2026-02-17T09:15:00.123+00:00");
    let customer = Organisation::from_fields(&records[0].fields).unwrap();
    assert_eq!((customer.party, customer.is_active), (Party::Private.into(), false.into()));
    assert_eq!((customer.is_customer, customer.discount_percent), (true.into(), dec("5")));
    assert_eq!(customer.statistics.balance, dec("1250.5"));
    assert_eq!(customer.statistics.last_invoice_on.value().unwrap().to_string(), "2026-02-01");
    assert_eq!(customer.delivery_method, Field::Empty, "an id of zeros is none");
    assert!(customer.phone.is_unknown() && customer.delivery.city.is_unknown(), "not shown is not empty");
}

#[tokio::test]
async fn an_invoiced_order_with_a_discount_as_an_amount() {
    let record = decoded("orders", include_str!("../fixtures/order_invoiced.json")).await.remove(0);
    let order = Order::from_fields(&record.fields).unwrap();
    assert_eq!(order.invoicing, Invoicing::Invoiced.into());
    assert!(order.fulfilment.is_unknown(), "nothing says that the goods have left");
    assert_eq!(record.version.modified_at.unwrap().to_rfc3339(), "2026-02-16T08:00:00+00:00");
    assert_eq!(record.mark.as_deref(), Some("se-9001"));
    assert!(order.content.buyer_order_number.is_unknown(), "the field is our mark's");
    let content = order.content;
    assert_eq!((content.net, content.vat, content.gross), (dec("500"), dec("125"), dec("625")));
    assert_eq!(content.delivery_method, "80000000-0000-4000-8000-000000000001".into());
    let lines = content.lines.into_value().unwrap();
    assert_eq!(lines[0].key, "4".into());
    assert_eq!((lines[0].discount_amount, lines[0].discount_percent), (dec("24"), Field::Unknown));
    assert_eq!(lines[0].net, Field::Unknown, "the row's amount is with VAT");
    assert_eq!((lines[0].vat_rate, lines[1].vat_rate), (dec("25"), dec("25")));
    assert_eq!(lines[0].cost_centre, "c1000000-0000-4000-8000-000000000001".into());
    assert_eq!((lines[1].kind, lines[2].kind), (LineKind::Item.into(), LineKind::Text.into()));
    let article = lines[1].item.value().unwrap().external().unwrap();
    assert_eq!((&*article.id, article.at.stream.as_str()), ("a0000000-0000-4000-8000-000000000009", "articles"));
}

#[tokio::test]
async fn an_open_order_whose_discount_cannot_be_sent_back_is_locked() {
    let open = include_str!("../fixtures/order_invoiced.json").replace("\"Status\": 4", "\"Status\": 2");
    let record = decoded("orders", &open).await.remove(0);
    assert!(matches!(&record.writable, Writable::Nothing(why) if why.contains("discount")), "{:?}", record.writable);
    let percent = open.replace("\"IsDiscountInFixedAmount\": true", "\"IsDiscountInFixedAmount\": false");
    assert_eq!(decoded("orders", &percent).await[0].writable, Writable::All);
}

#[tokio::test]
async fn a_collective_invoice_in_another_currency() {
    let record = decoded("customerinvoices", include_str!("../fixtures/invoice_collective.json")).await.remove(0);
    let invoice = Invoice::from_fields(&record.fields).unwrap();
    assert_eq!((invoice.number, invoice.voucher_number), ("88".into(), "K17".into()));
    assert_eq!(invoice.order, Field::Empty, "it has no order of its own");
    assert_eq!(
        (invoice.payment, invoice.settled, invoice.remaining),
        (PaymentState::PartlyPaid.into(), dec("75"), dec("50"))
    );
    let content = invoice.content;
    assert_eq!(
        (content.net, content.vat, content.gross, content.rounding),
        (dec("100"), dec("25"), dec("125"), dec("0"))
    );
    assert_eq!((content.currency, content.exchange_rate), ("EUR".into(), dec("11.25")));
    let lines = content.lines.into_value().unwrap();
    assert_eq!((lines[0].net, lines[1].kind), (dec("100"), LineKind::Text.into()));
    assert_eq!(record.fields.get("x.eekonomi.status".into()), Some(&Value::from("Overdue")));
}

#[tokio::test]
async fn what_cannot_be_understood_names_the_field_and_not_the_value() {
    let connection = connection().await;
    let order = include_str!("../fixtures/order_invoiced.json");
    let customer = include_str!("../fixtures/customer_private.json");
    for (stream, raw, field) in [
        ("orders", order.replace("\"Status\": 4", "\"Status\": 47"), "Status"),
        ("orders", order.replace("\"Status\": 4,", ""), "Status"),
        ("orders", order.replace("\"UnitPrice\": 600.00", "\"UnitPrice\": \"hemligt\""), "UnitPrice"),
        ("customers", customer.replace("\"IsActive\": false", "\"IsActive\": \"hemligt\""), "IsActive"),
        ("customers", customer.replace("2026-02-01T00:00:00", "hemligt"), "LastInvoiceDate"),
    ] {
        let error = connection.router.decode(&item(stream, &raw)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(field) && !format!("{error:?}").contains("hemligt"), "{error:?}");
    }
}

#[tokio::test]
async fn a_snapshot_says_what_can_be_done() {
    let connection = connection().await;
    let streams = &connection.router.capabilities().streams;
    let since = |stream: &str| streams[stream].list.unwrap().since.is_some();
    assert_eq!((since("customers"), since("articles")), (true, false));
    assert_eq!(streams["customers"].find_by.len(), 1);
    assert!(streams["customer_contact"].facet_of.is_some());
    assert_eq!(connection.company.closed.len(), 1);
    // one of another form, of another company, or too old is not used: here that means a call, and there is no login
    let now = "2026-02-17T09:00:00Z".parse().unwrap();
    let content: serde_json::Value = serde_json::from_str(include_str!("../fixtures/company.json")).unwrap();
    assert_eq!(streams["customerinvoices"].document.as_ref().unwrap().pays, None, "no bank account is known");
    let mut other_form = content.clone();
    other_form["format"] = 1.into();
    for (at, content, company) in [
        (now, other_form, "556677-8899"),
        (now - chrono::TimeDelta::hours(24), content.clone(), "556677-8899"),
        (now, content, "556036-0793"),
    ] {
        let cx = Context::new(Arc::new(VirtualTime::leaping(now)), "test");
        let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
        let environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
        let config = Config::new("client", "hush-hush".into(), company);
        let error = connect(&cx, "erp", config, environment, Some(Snapshot { at, content })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    }
}
