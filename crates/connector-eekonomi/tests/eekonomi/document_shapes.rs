//! What is sent for a document, letter by letter.

use std::{collections::BTreeSet, sync::Arc};

use connector_eekonomi::{Config, Connection, Environment, connect};
use mockito::{Matcher, Server, ServerGuard};
use serde_json::{Value as Json, json};
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    Canonical, Context, Field, FieldMap, Fingerprint, Link, Result, StreamKey,
    connector::{Action, Connector, Item, Part, Write, Written},
    model::{Address, Content, Fulfilment, Invoice, Line, LineKind, Lines, Money, Order, Payment},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Token, TokenStore, Transport, VirtualTime};

const CUSTOMER: &str = "10000000-0000-4000-8000-000000000001";
const ARTICLE: &str = "a0000000-0000-4000-8000-000000000001";
const FREIGHT: &str = "a0000000-0000-4000-8000-000000000009";
const CENTRE: &str = "c1000000-0000-4000-8000-000000000001";
const TERMS: &str = "70000000-0000-4000-8000-000000000030";
const ID: &str = "20000000-0000-4000-8000-000000000001";

struct Vendor {
    server: ServerGuard,
    cx: Context,
    connection: Connection,
}

async fn vendor() -> Vendor {
    let server = Server::new_async().await;
    let now = "2026-02-17T09:00:00Z".parse().unwrap();
    let time = Arc::new(VirtualTime::leaping(now));
    let cx = Context::new(time.clone(), "test");
    let tokens = Arc::new(MemoryTokens::new());
    tokens.save("erp", &Token::new("acc".into(), now, None)).await.unwrap();
    let mut environment = Environment::new(Transport::new().unwrap(), Arc::new(Limits::new(time.clone())), tokens);
    environment.timer = time.clone();
    let content = serde_json::from_str(include_str!("../fixtures/company.json")).unwrap();
    let mut config = Config::new("client", "hush-hush".into(), "556677-8899");
    config.base_url = Some(format!("{}/v2/", server.url()).parse().unwrap());
    config.identity_url = Some(server.url().parse().unwrap());
    let connection = connect(&cx, "erp", config, environment, Some(Snapshot { at: now, content })).await.unwrap();
    Vendor { server, cx, connection }
}

impl Vendor {
    /// Expects exactly this body, which must be one that the vendor's description allows, and writes.
    async fn expect(&mut self, call: (&str, &str, &str), body: Json, answer: (usize, Json), write: Write) -> Written {
        let (method, path, query) = call;
        let (status, answer) = answer;
        allowed(method, path, query, &body);
        let query = if query.is_empty() { Matcher::Missing } else { Matcher::Exact(query.to_owned()) };
        let mock = self.server.mock(method, path).match_query(query).match_body(Matcher::Json(body));
        let mock = mock.with_status(status).with_body(answer.to_string()).expect(1).create_async().await;
        let written = self.write(write).await.unwrap();
        mock.assert_async().await;
        written
    }
    async fn write(&self, write: Write) -> Result<Written> {
        self.connection.router.write(&self.cx, &[write]).await.remove(0)
    }
}

fn allowed(method: &str, path: &str, query: &str, body: &Json) {
    let file = "eekonomi/spec/eaccounting-v2-openapi-3.1-2026-02.json";
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), file).unwrap() else { return };
    let mut exceptions = Exceptions::new(&KNOWN);
    let problems = spec.with_base("/v2").check_request(method, path, query, &body.to_string());
    let wrong = exceptions.filter(problems);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Where a request differs from the description, and why that is right.
const KNOWN: [Exception; 1] = [Exception {
    place: "* body",
    at: "*Date*",
    keyword: "format",
    reason: "declared as date-time; the field's own text asks for YYYY-MM-DD",
}];

fn write(stream: &str, action: Action, current: Option<&Json>) -> Write {
    let current = current.map(|raw| {
        let raw: Arc<str> = Arc::from(raw.to_string());
        let reference = StreamKey::new("eekonomi:erp", stream).id(ID);
        Item { reference, hash: Fingerprint::of_bytes(raw.as_bytes()), raw, partial: false }
    });
    Write {
        stream: stream.into(),
        action,
        idempotency_key: "key".to_owned(),
        mark: Some("se-1234".to_owned()).filter(|_| current.is_none()),
        effects: BTreeSet::new(),
        current,
    }
}
fn part(stream: &str, wanted: FieldMap) -> Vec<Part> {
    let changed = wanted.paths().collect();
    vec![Part { stream: stream.into(), wanted, changed }]
}
fn act(name: &str, with: FieldMap) -> Action {
    Action::Act { id: ID.into(), act: name.to_owned(), with }
}
fn dec(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap()
}
/// A JSON number with its digits as they are meant to be sent.
fn digits(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}
fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}
fn link(stream: &str, id: &str) -> Link {
    Link::External(StreamKey::new("eekonomi:erp", stream).id(id))
}
fn lines() -> Lines<Line> {
    let item = |id| Line::new().item(link("articles", id));
    Lines::new()
        .with(
            item(ARTICLE)
                .sku("A-1")
                .text("Sko")
                .quantity(dec("1.5"))
                .unit_price(dec("99.90"))
                .discount_percent(dec("12.5"))
                .cost_centre(CENTRE),
        )
        .with(item(FREIGHT).kind(LineKind::Freight).sku("FRAKT").quantity(1).unit_price(49))
        .with(Line::new().kind(LineKind::Text).text("Tack"))
}
/// The rows of those lines; `flag` is the one that rows of this document need.
fn rows(flags: &[&str]) -> Json {
    let mut rows = json!([
        { "LineNumber": 1, "IsTextRow": false, "ArticleId": ARTICLE, "Text": "Sko", "Quantity": digits("1.5"),
          "UnitPrice": digits("99.9"), "DiscountPercentage": digits("0.125"), "CostCenterItemId1": CENTRE },
        { "LineNumber": 2, "IsTextRow": false, "ArticleId": FREIGHT, "Quantity": 1, "UnitPrice": 49,
          "DiscountPercentage": 0 },
        { "LineNumber": 3, "IsTextRow": true, "Text": "Tack" },
    ]);
    for row in rows.as_array_mut().unwrap() {
        for flag in flags {
            row[*flag] = json!(false);
        }
    }
    rows
}

#[tokio::test]
async fn an_order_as_a_draft() {
    let billing =
        Address::new().name("Anna Berg").street("Ågatan 3").postal_code("111 11").city("Kiruna").country("SE");
    let content = Content::new().lines(lines()).currency("SEK").prices_include_vat(true).billing(billing);
    // a delivery address of which nothing is known is left to the register
    let delivery = Address::new().name(Field::Empty).street(Field::Empty).city(Field::Empty);
    let content = content.delivery(delivery).payment_terms(TERMS).delivery_on(day("2026-03-01"));
    let order = Order::new().customer(link("customers", CUSTOMER)).fulfilment(Fulfilment::Draft).content(content);
    // half past midnight in Stockholm
    let order = order.ordered_at("2026-02-15T23:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let body = json!({
        "CustomerId": CUSTOMER, "CurrencyCode": "SEK", "OrderDate": "2026-02-16", "Status": 1, "EuThirdParty": false,
        "RotReducedInvoicingType": 0, "ReverseChargeOnConstructionServices": false, "BuyersOrderReference": "se-1234",
        "InvoiceCustomerName": "Anna Berg", "InvoiceAddress1": "Ågatan 3", "InvoicePostalCode": "111 11",
        "InvoiceCity": "Kiruna", "InvoiceCountryCode": "SE", "TermsOfPaymentId": TERMS, "DeliveryDate": "2026-03-01",
        "Rows": rows(&["IsWorkCost", "EligibleForReverseChargeOnVat"]),
    });
    let parts = part("orders", order.to_fields());
    let write = write("orders", Action::Create { parts }, None);
    let answer = (201, json!({ "Id": ID, "Status": 1, "IncludesVat": false }));
    let written = vendor().await.expect(("POST", "/v2/orders", ""), body, answer, write).await;
    assert_eq!(&*written.reference.id, ID);
}

#[tokio::test]
async fn an_order_in_the_basis_that_it_shows() {
    let current = json!({
        "Id": ID, "Number": null, "CustomerId": CUSTOMER, "CurrencyCode": "SEK", "OrderDate": "2026-02-16T00:00:00",
        "Status": 1, "EuThirdParty": false, "RotReducedInvoicingType": 0, "ReverseChargeOnConstructionServices": false,
        "BuyersOrderReference": "se-1234", "IncludesVat": true, "Amount": 100, "VatAmount": 20, "RoundingsAmount": 0,
        "Rows": [{ "Id": ID, "LineNumber": 1, "IsTextRow": false, "ArticleId": ARTICLE, "Text": "Sko", "Quantity": 1,
            "UnitPrice": 100, "DiscountPercentage": 0, "IsWorkCost": false, "EligibleForReverseChargeOnVat": false,
            "Amount": 100, "VatRate": digits("0.25"), "WorkHours": 2 }],
    });
    let line = Line::new().item(link("articles", ARTICLE)).text("Sko").quantity(1).unit_price(125);
    let content = Content::new().lines(Lines::new().with(line)).prices_include_vat(true);
    let body = json!({
        "CustomerId": CUSTOMER, "CurrencyCode": "SEK", "OrderDate": "2026-02-16", "Status": 1, "EuThirdParty": false,
        "RotReducedInvoicingType": 0, "ReverseChargeOnConstructionServices": false, "BuyersOrderReference": "se-1234",
        "Rows": [{ "LineNumber": 1, "IsTextRow": false, "ArticleId": ARTICLE, "Text": "Sko", "Quantity": 1,
            "UnitPrice": 125, "DiscountPercentage": 0, "IsWorkCost": false, "EligibleForReverseChargeOnVat": false,
            "WorkHours": 2 }],
    });
    let parts = part("orders", Order::new().content(content).to_fields());
    let write = write("orders", Action::Update { id: ID.into(), parts, if_version: None }, Some(&current));
    let path = format!("/v2/orders/{ID}");
    vendor().await.expect(("PUT", &path, ""), body, (200, current.clone()), write).await;
}

#[tokio::test]
async fn a_draft_and_its_booking() {
    let mut vendor = vendor().await;
    let content = Content::new().lines(lines()).prices_include_vat(false);
    let mut content_of_draft = content.clone();
    // what the register has on drafts goes nowhere
    content_of_draft.billing = Address::new().street("Ågatan 3").postal_code("111 11").city("Kiruna");
    let invoice = Invoice::new().customer(link("customers", CUSTOMER)).invoiced_on(day("2026-02-16"));
    let body = json!({
        "CustomerId": CUSTOMER, "InvoiceDate": "2026-02-16", "EuThirdParty": false, "RotReducedInvoicingType": 0,
        "IsCreditInvoice": false, "ReplaceUnitPriceWhenZero": false, "BuyersOrderReference": "se-1234",
        "Rows": rows(&["ReversedConstructionServicesVatFree"]),
    });
    let parts = part("customerinvoicedrafts", invoice.clone().content(content_of_draft).to_fields());
    let create = write("customerinvoicedrafts", Action::Create { parts }, None);
    vendor.expect(("POST", "/v2/customerinvoicedrafts", ""), body, (201, json!({ "Id": ID })), create).await;

    // eEkonomi has rounded to whole kronor and prints the total with the rounding; the source knows nothing of it
    let draft = json!({
        "Id": ID, "IncludesVat": false, "TotalAmount": 225, "TotalVatAmount": digits("45.03"),
        "TotalRoundings": digits("-0.16"),
        "Rows": [
            { "LineNumber": 1, "ArticleId": ARTICLE, "Amount": digits("131.12") },
            { "LineNumber": 2, "ArticleId": FREIGHT, "Amount": digits("49.01") },
            { "LineNumber": 3, "ArticleId": null, "Amount": 0 },
        ],
    });
    let nets = [dec("131.12"), dec("49"), dec("0")];
    let lines = lines().into_iter().zip(nets).map(|(line, net)| line.net(net));
    let content = content.lines(lines.collect::<Lines<_>>()).vat(dec("45.03")).gross(dec("225.16"));
    let body = json!({
        "TotalAmountInvoiceCurrency": 225, "TotalVatAmountInvoiceCurrency": digits("45.03"),
        "TotalRoundingsInvoiceCurrency": digits("-0.16"),
        "Rows": [
            { "LineNumber": 1, "TotalAmountNoVatInvoiceCurrency": digits("131.12") },
            { "LineNumber": 3, "TotalAmountNoVatInvoiceCurrency": 0 },
        ],
    });
    let convert = act("book", invoice.content(content).to_fields());
    let convert = write("customerinvoicedrafts", convert, Some(&draft));
    let path = format!("/v2/customerinvoicedrafts/{ID}/convert");
    let query = "keepOriginalDraftDate=true&overrideCompanyKeepOriginalDraftDate=true";
    let written = vendor.expect(("POST", &path, query), body, (201, json!({ "Id": "new" })), convert).await;
    assert_eq!((written.reference.at.stream.as_str(), &*written.reference.id), ("customerinvoices", "new"));
}

#[tokio::test]
async fn a_payment() {
    let mut vendor = vendor().await;
    let read = json!({ "Id": ID, "RemainingAmountInvoiceCurrency": digits("225.00"), "CurrencyCode": "SEK" });
    let path = format!("/v2/customerinvoices/{ID}");
    vendor.server.mock("GET", path.as_str()).with_body(read.to_string()).create_async().await;
    let bank = "b0000000-0000-4000-8000-000000000001";
    for (amount, kind) in [("225", 2), ("224.99", 1)] {
        let payment = Payment::new().paid(Money::of(dec(amount), "SEK")).paid_on(day("2026-02-16")).account(bank);
        let body = json!({ "CompanyBankAccountId": bank, "PaymentDate": "2026-02-16", "PaymentAmount": digits(amount),
            "PaymentCurrency": "SEK", "PaymentType": kind, "Reference": "WEB-1" });
        let pay = write("customerinvoices", act("payments", payment.reference("WEB-1").to_fields()), Some(&read));
        vendor.expect(("POST", &format!("{path}/payments"), ""), body, (201, json!({})), pay).await;
    }
}
