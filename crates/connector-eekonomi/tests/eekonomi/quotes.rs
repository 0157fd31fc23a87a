//! Quotes and their drafts.

use connector_eekonomi::{Config, MarkField};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, Field,
    capability::RemoveMode,
    connector::{Action, Connector, Writable},
    model::{Content, Invoicing, Line, Lines, Order, OrderStage},
};

use crate::{
    support::dec,
    vendor::{Vendor, create, part, reference, update, write},
};

const ID: &str = "e0000000-0000-4000-8000-000000000001";
const CUSTOMER: &str = "10000000-0000-4000-8000-000000000001";
const ARTICLE: &str = "a0000000-0000-4000-8000-000000000001";
const TERMS: &str = "70000000-0000-4000-8000-000000000030";

fn quote() -> Json {
    serde_json::from_str(include_str!("../fixtures/quote.json")).unwrap()
}
fn with(set: Json) -> Json {
    let mut quote = quote();
    for (name, value) in set.as_object().unwrap() {
        quote[name.as_str()] = value.clone();
    }
    quote
}
fn asked(config: &mut Config) {
    config.more_streams = ["quotes", "quotedrafts"].map(str::to_owned).into();
}
async fn vendor() -> Vendor {
    Vendor::with(asked, |_| {}).await
}
fn act(stream: &str, act: &str, with: Order) -> sync_core::connector::Write {
    write(stream, Action::Act { id: ID.into(), act: act.to_owned(), with: with.to_fields() }, None)
}
fn coffee() -> Line {
    Line::new().item(reference("articles", ARTICLE)).quantity(dec("2.5")).unit_price(dec("80")).text("Mellanrost")
}

#[tokio::test]
async fn a_quote_is_an_order_that_is_not_placed_yet() {
    let vendor = vendor().await;
    let record = vendor.decoded("quotes", ID, &quote()).remove(0);
    let order = Order::from_fields(&record.fields).unwrap();
    assert_eq!((order.stage, order.number), (OrderStage::Quote.into(), "17".into()));
    assert_eq!((order.fulfilment, order.invoicing), (Field::Set("open".parse().unwrap()), Invoicing::None.into()));
    assert_eq!(order.expires_on.value().unwrap().to_string(), "2026-03-01");
    assert_eq!(order.customer.value().unwrap().external(), Some(&reference("customers", CUSTOMER)));
    assert_eq!((record.mark.as_deref(), &record.writable), (Some("crm-44"), &Writable::All));
    assert_eq!(record.fields.text("x.eekonomi.status".into()), Some("Approved"));
    let content = order.content;
    assert_eq!((content.net, content.vat, content.gross), (dec("200").into(), dec("24").into(), dec("224").into()));
    assert_eq!((content.payment_terms, content.buyer_reference), (TERMS.into(), "Karin".into()));
    let lines = content.lines.into_value().unwrap();
    assert_eq!((lines.len(), lines[0].quantity, lines[0].vat_rate), (2, dec("2.5").into(), dec("12").into()));
    for (status, words) in [(3, "invoiced"), (4, "order")] {
        let record = vendor.decoded("quotes", ID, &with(json!({ "Status": status }))).remove(0);
        assert!(matches!(&record.writable, Writable::Nothing(why) if why.contains(words)));
        assert_eq!(record.fields.get(Order::FULFILMENT), None, "its order or invoice says it");
    }
}

#[tokio::test]
async fn a_draft_is_made_with_what_can_be_given_and_no_more() {
    let mut vendor = vendor().await;
    let body = json!({ "CustomerId": CUSTOMER, "QuoteDate": "2026-02-17", "DueDate": "2026-03-01", "EuThirdParty": false,
        "RotReducedInvoicingType": 0, "CustomerReference": "Karin", "BuyersOrderReference": "crm-44",
        "TermsOfPayment": { "Id": TERMS },
        "Rows": [{ "ArticleId": ARTICLE, "Text": "Mellanrost", "Quantity": 2.5, "UnitPrice": 80, "DiscountPercentage": 0 },
                 { "Text": "Leverans i mars" }] });
    let mock = vendor.takes(("POST", "/v2/quotedrafts"), body, (201, with(json!({ "Status": 0 })))).await;
    let lines = Lines::new().with(coffee()).with(Line::new().text("Leverans i mars"));
    let content = Content::new().lines(lines).buyer_reference("Karin").payment_terms(TERMS);
    let order = Order::new().customer(reference("customers", CUSTOMER)).content(content);
    let order = order.ordered_on("2026-02-17".parse::<chrono::NaiveDate>().unwrap());
    let order = order.expires_on("2026-03-01".parse::<chrono::NaiveDate>().unwrap());
    let mut write = create("quotedrafts", vec![part("quotedrafts", order.to_fields())]);
    write.mark = Some("crm-44".to_owned());
    let written = vendor.write(write).await.unwrap();
    assert_eq!(written.reference, reference("quotedrafts", ID));
    mock.assert_async().await;
}

#[tokio::test]
async fn a_change_keeps_what_we_do_not_know_and_sends_nothing_that_is_computed() {
    let mut vendor = vendor().await;
    let body = json!({ "CustomerId": CUSTOMER, "QuoteDate": "2026-02-17", "DueDate": "2026-04-01", "DeliveryDate": null,
        "EuThirdParty": false, "RotReducedInvoicingType": 0, "CustomerReference": "Karin", "CompanyReference": "Per",
        "BuyersOrderReference": "crm-44", "TermsOfPayment": { "Id": TERMS, "Name": "30 dagar" }, "Persons": [],
        "Rows": [{ "ArticleId": ARTICLE, "Text": "Mellanrost", "Quantity": 3, "UnitPrice": 80.00, "DiscountPercentage": 0,
                   "IsVatFree": false, "ProjectId": "f0000000-0000-4000-8000-000000000001" },
                 { "ArticleId": null, "Text": "Leverans i mars", "Quantity": 0, "UnitPrice": 0, "DiscountPercentage": 0,
                   "IsVatFree": false, "ProjectId": null }] });
    let mock = vendor.takes(("PUT", &format!("/v2/quotes/{ID}")), body, (200, quote())).await;
    let lines = Lines::new().with(coffee().key("1").quantity(3)).with(Line::new().key("2").text("Leverans i mars"));
    let order = Order::new().content(Content::new().lines(lines));
    let order = order.expires_on("2026-04-01".parse::<chrono::NaiveDate>().unwrap());
    vendor.write(update("quotes", ID, &quote(), vec![part("quotes", order.to_fields())])).await.unwrap();
    mock.assert_async().await;
    // the same again is no call
    let same = Order::new().expires_on("2026-03-01".parse::<chrono::NaiveDate>().unwrap());
    vendor.write(update("quotes", ID, &quote(), vec![part("quotes", same.to_fields())])).await.unwrap();
}

#[tokio::test]
async fn each_step_leads_where_the_vendor_says() {
    let mut vendor = vendor().await;
    let path = format!("/v2/quotedrafts/{ID}/convert");
    crate::vendor::allowed("PUT", &path, "", &Json::Null);
    vendor.server.mock("PUT", path.as_str()).with_body(quote().to_string()).create_async().await;
    let made = vendor.write(act("quotedrafts", "convert", Order::new())).await.unwrap();
    assert_eq!(made.reference, reference("quotes", ID));

    let path = format!("/v2/quotes/{ID}/accept");
    vendor.server.mock("PUT", path.as_str()).create_async().await;
    vendor.shows(&format!("/v2/quotes/{ID}"), quote()).await;
    let accepted = vendor.write(act("quotes", "accept", Order::new())).await.unwrap();
    assert!(accepted.item.is_some(), "an answer without a body is read back");

    let path = format!("/v2/quotes/{ID}/converttoorder");
    for (source, kind) in [(Order::new(), 0), (Order::new().fulfilment(sync_core::model::Fulfilment::Open), 1)] {
        let order = json!({ "Id": "o1", "Status": 1 });
        let mock = vendor.takes(("POST", &path), json!({ "Type": kind }), (200, order)).await;
        let made = vendor.write(act("quotes", "converttoorder", source)).await.unwrap();
        assert_eq!(made.reference, reference("orders", "o1"));
        mock.assert_async().await;
        vendor.server.reset();
    }
    let path = format!("/v2/quotes/{ID}/converttocustomerinvoice");
    let mock = vendor.takes(("POST", &path), json!({}), (200, json!({ "Id": "i1" }))).await;
    let made = vendor.write(act("quotes", "converttocustomerinvoice", Order::new())).await.unwrap();
    assert_eq!(made.reference, reference("customerinvoices", "i1"));
    mock.assert_async().await;
}

#[tokio::test]
async fn what_quotes_can_is_declared_where_it_is_asked_for() {
    let vendor = vendor().await;
    let streams = &vendor.connection.router.capabilities().streams;
    let (quotes, drafts) = (&streams["quotes"], &streams["quotedrafts"]);
    assert_ne!(quotes.holds, drafts.holds, "a new one must know where it goes");
    assert_eq!(drafts.holds.text(Order::FULFILMENT), Some("draft"));
    let step = &drafts.document.as_ref().unwrap().steps[0];
    assert_eq!((step.act.as_str(), step.moves_to.as_ref().unwrap().as_str()), ("convert", "quotes"));
    assert_eq!(quotes.acts, ["accept", "converttocustomerinvoice", "converttoorder"].map(str::to_owned).into());
    assert_eq!(quotes.remove, [RemoveMode::Delete].into());
    let mark = quotes.create_mark.unwrap();
    assert_eq!((mark.field.as_str(), mark.max_len), ("x.eekonomi.BuyersOrderReference", 35));
    assert!(!quotes.fields[&Order::CONTENT.join("billing.city")].write_on_create, "it is the customer's");
    let ours = Vendor::with(
        |config| {
            asked(config);
            config.mark = MarkField::OurReference;
        },
        |_| {},
    );
    let ours = ours.await;
    let mark = ours.connection.router.capabilities().streams["quotes"].create_mark.unwrap();
    assert_eq!((mark.field.as_str(), mark.max_len), ("x.eekonomi.CompanyReference", 100));
    let plain = Vendor::start().await;
    assert!(!plain.connection.router.capabilities().streams.contains_key("quotes"), "nobody asked for them");
}

#[tokio::test]
async fn a_status_that_is_not_known_is_told_and_a_step_too() {
    let vendor = vendor().await;
    let strange = crate::vendor::item("quotes", ID, &with(json!({ "Status": 9 })));
    let error = vendor.connection.router.decode(&strange).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("Status 9"), "{error}");
    let error = vendor.write(act("quotes", "convert", Order::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
