//! Every request to the ERP API fits the vendor's own description.

use serde_json::{Value as Json, json};
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    Canonical, FieldMap, Link, StreamId, Value,
    capability::RemoveMode,
    connector::{Action, Connector, ListFrom, Write},
    model::{Address, Content, Invoice, Item, Line, LineKind, Lines, Organisation, Person, Price},
};

use crate::support::{
    Erp, Met, act, config, create, dec, fields, fixture, fixture_json, noon, offline, part, reference, update, write,
};

const DESCRIPTION: &str = "visma-net/spec/visma-net-erp-openapi-2025-04.json";

/// Where a request differs from the description, and why.
pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        place: "* body",
        at: "*Date/value",
        keyword: "format",
        reason: "a business day has no zone, and the vendor's own examples write it without one",
    },
    Exception {
        place: "GET /v1/customerSalesPrice query",
        at: "effectiveAsOf",
        keyword: "format",
        reason: "a business day has no zone",
    },
    Exception {
        place: "PUT /v1/project/{projectId} body",
        at: "/endDate/value",
        keyword: "type",
        reason: "a day has no other empty than null, and its type is called nullable",
    },
    Exception {
        place: "*attachment body",
        at: "",
        keyword: "body",
        reason: "the description leaves the form with the file out, which the vendor's guide tells",
    },
];

fn spec() -> Option<Spec> {
    Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap()
}

#[tokio::test]
async fn every_request_fits_the_description() {
    let Some(spec) = spec() else { return };
    let met = session().await;
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for met in met.iter().filter(|met| met.path.starts_with("/v")) {
        let problems = spec.check_request(&met.method, &met.path, &met.query, &met.body);
        wrong.extend(exceptions.filter(problems).iter().map(|problem| format!("{problem}\n  {}", met.body)));
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 40, "{checked}");
}

/// What a record shows of the vendor's own is in the description, and can be written where it is said to be.
#[tokio::test]
async fn own_fields_are_the_vendors() {
    let Some(_) = spec() else { return };
    #[allow(clippy::disallowed_methods, reason = "tests have no configuration")]
    let folder = std::env::var("SAMKLANG_VENDORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vendors").to_owned());
    let text = std::fs::read_to_string(format!("{folder}/{DESCRIPTION}")).unwrap();
    let description: Json = serde_json::from_str(&text).unwrap();
    let schema = |name: &str| description["components"]["schemas"][name].clone();
    let resolved = |schema: &Json| match schema["$ref"].as_str() {
        Some(name) => description["components"]["schemas"][name.rsplit('/').next().unwrap()].clone(),
        None => schema.clone(),
    };
    let router = offline().await;
    for (stream, dto) in [
        ("customers", "CustomerDto"),
        ("suppliers", "SupplierDto"),
        ("contacts", "ContactDto"),
        ("inventory", "InventoryDto"),
        ("invoices", "CustomerInvoiceDto"),
        ("credit_notes", "CustomerCreditNoteDto"),
        ("payments", "PaymentDto"),
        ("projects", "ProjectDto"),
        ("journal", "JournalTransactionDto"),
        ("customer_balances", "CustomerBalanceDto"),
    ] {
        let can = &router.capabilities().streams[&StreamId::new(stream)];
        let own = can.fields.keys().filter_map(|path| path.as_str().strip_prefix("x.visma-net."));
        // a later description has it: the version of a record
        for name in own.filter(|name| !name.starts_with("attributes.") && *name != "timeStamp") {
            let mut here = schema(dto);
            for step in name.split('.') {
                // lines of a batch are told one by one
                let rows = if here["type"] == "array" { resolved(&here["items"]) } else { here };
                here = resolved(&rows["properties"][step]);
                assert!(!here.is_null(), "{dto} has no {name}");
            }
        }
    }
}

/// Uses each call once.
async fn session() -> Vec<Met> {
    let mut erp = Erp::open_with(|config| {
        config.line_account = Some("3900".to_owned());
        config.make_credit_notes = true;
        config.project_subaccount = [(1, "0".to_owned())].into();
        config.stock = connector_visma_net::Stock::AvailableForShipment;
    })
    .await;
    erp.answers("GET", r"/v[12]/.*", 200, "[]").await;
    let none = json!({ "pageNumber": 1, "pageSize": 1, "totalCount": 0, "records": [] }).to_string();
    for path in ["creditTerm", "salesperson"] {
        erp.answers("GET", &format!("/v1/{path}.*"), 200, none.clone()).await;
    }
    for (path, name) in [
        ("customer/10001", "customer"),
        ("supplier/10001", "customer"),
        ("contact/501", "contact"),
        ("inventory/KAFFE-1", "item"),
        ("project/P-100", "project"),
        ("customerinvoice/003547", "invoice"),
        ("customerCreditNote/003547", "invoice"),
    ] {
        erp.answers("GET", &format!("/v1/{path}"), 200, fixture(name)).await;
        erp.answers("PUT", &format!("/v1/{path}"), 204, "").await;
        erp.answers("DELETE", &format!("/v1/{path}"), 204, "").await;
        let (resource, _) = path.split_once('/').unwrap();
        let there = format!("/v1/{path}");
        erp.answers_with("POST", &format!("/v[12]/{resource}"), 201, &[("location", there.as_str())], "").await;
        erp.answers("POST", &format!("/v1/{path}/action/release"), 200, r#"{"actionResult":"Done"}"#).await;
    }
    let mut config = config(&erp.server.url());
    config.order_types.clear();
    erp.bench.connect(&config, None).await.unwrap();
    erp.router.check(&erp.bench.cx).await.unwrap();
    reads(&erp).await;
    for one in writes(&erp).await {
        let acts = matches!(one.action, Action::Act { .. });
        let written = erp.write(one).await;
        // the draft that is shown is none that was released
        assert!(acts || written.is_ok(), "{written:?}");
    }
    erp.met()
}

async fn reads(erp: &Erp) {
    let streams = [
        "customers",
        "suppliers",
        "contacts",
        "inventory",
        "invoices",
        "credit_notes",
        "payments",
        "projects",
        "journal",
        "customer_balances",
    ];
    for stream in streams {
        erp.list(stream, ListFrom::Beginning).await;
        erp.list(stream, ListFrom::ModifiedSince(noon())).await;
    }
    for stream in ["customers", "inventory", "invoices", "credit_notes", "projects"] {
        erp.list(stream, ListFrom::CreatedSince(noon())).await;
    }
    erp.list("sales_prices", ListFrom::Beginning).await;
    for (stream, id) in [("customers", "10001"), ("contacts", "501"), ("inventory", "KAFFE-1"), ("invoices", "003547")]
    {
        assert!(erp.get(stream, id).await.unwrap().is_some());
    }
    for path in [Organisation::NAME, Organisation::EMAIL, Organisation::VAT_NUMBER, Organisation::REGISTRATION_NUMBER] {
        erp.find("customers", FieldMap::new().with(path, "x")).await.unwrap();
    }
    erp.find("contacts", FieldMap::new().with(Person::EMAIL, "x")).await.unwrap();
    erp.find("invoices", FieldMap::new().with("x.visma-net.externalReference", "x")).await.unwrap();
}

/// Everything that a stream says it takes, as it is shown.
fn all(router: &sync_core::handler::Router, stream: &str, raw: &Json, on_create: bool) -> FieldMap {
    let can = router.capabilities().streams[&StreamId::new(stream)].clone();
    let writable = |path: sync_core::FieldPath| {
        can.fields.iter().any(|(field, can)| path.is_under(*field) && can.writable(on_create))
    };
    fields(router, stream, raw, stream).filter(writable)
}

async fn writes(erp: &Erp) -> Vec<Write> {
    let mut all_writes = Vec::new();
    for (stream, id, name) in [
        ("customers", "10001", "customer"),
        ("suppliers", "10001", "customer"),
        ("contacts", "501", "contact"),
        ("inventory", "KAFFE-1", "item"),
        ("projects", "P-100", "project"),
    ] {
        let raw = fixture_json(name);
        all_writes.push(create(stream, all(&erp.router, stream, &raw, true)));
        let filled = all(&erp.router, stream, &raw, false);
        // a code that is emptied is told as null
        let code = if stream == "projects" { "x.visma-net.rateTable.id" } else { "x.visma-net.priceClass.id" };
        let emptied = FieldMap::new().with(code, Value::Null);
        all_writes.push(update(stream, id, filled, Some(&raw)));
        all_writes.push(update(stream, id, emptied.with("name", "Ny Navn"), Some(&raw)));
    }
    let address = Organisation::BILLING.join(Address::CITY.as_str());
    all_writes.push(update("customers", "10001", FieldMap::new().with(address, Value::Null), None));
    all_writes.push(update("inventory", "KAFFE-1", FieldMap::new().with(Item::NAME, "Ny"), None));
    let price = part("inventory_price", FieldMap::new().with(Price::AMOUNT, Value::Decimal(dec("9.50"))));
    let priced = Action::Update { id: "KAFFE-1".into(), parts: vec![price], if_version: None };
    all_writes.push(write("inventory", priced));
    for (stream, sign) in [("invoices", "1"), ("credit_notes", "-1")] {
        let lines = vec![
            Line::new().kind(LineKind::Item).sku("RISTING").quantity(dec(sign)).unit_price(dec("10.25")).vat_code("3"),
            Line::new().kind(LineKind::Text).text("Takk"),
        ];
        let billing = Address::new().street("Gata 2").city("Oslo").country("NO").name("Vest").attention("Eva");
        let content = Content::new().lines(Lines::from(lines)).billing(billing).currency("NOK");
        let customer = Link::External(reference("customers", "10001"));
        let day: chrono::NaiveDate = "2026-02-16".parse().unwrap();
        let invoice = Invoice::new().customer(customer).invoiced_on(day).due_on(day).content(content).note("x");
        let wanted = invoice.to_fields().with("x.visma-net.customerProject", "P1").with("x.visma-net.project.id", "X");
        all_writes.push(Write { mark: Some("shop-1".to_owned()), ..create(stream, wanted.clone()) });
        let current = match stream {
            "invoices" => fixture_json("invoice"),
            _ => {
                let mut note = fixture_json("invoice");
                note["lines"] = note["invoiceLines"].take();
                note
            }
        };
        all_writes.push(update(stream, "003547", wanted, Some(&current)));
        let mut held = current;
        held["hold"] = json!(true);
        all_writes.push(act(stream, "003547", "release", Some(&held)));
        all_writes.push(write(stream, Action::Remove { id: "003547".into(), mode: RemoveMode::Delete }));
    }
    all_writes
}
