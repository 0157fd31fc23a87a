//! Every request that the connector sends, in a session that uses all of its calls, fits the vendor's own description.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    Canonical, FieldMap, Link, StreamKey, Value,
    connector::{Action, Connector, ListFrom, Write},
    model::{Address, Content, Item, Line, LineKind, Lines, Order, Organisation, Person},
};

use crate::support::{Crm, Met, config, decoded, fixture, fixture_json, noon, offline, write};

const DESCRIPTION: &str = "webcrm/spec/webcrm-rest-v1-swagger-2019-09-30.json";

/// Where a request differs from the description, and why.
const EXCEPTIONS: &[Exception] = &[Exception {
    place: "GET /*/FindBy*Dates/{startDate}/{endDate} path",
    at: "*Date",
    keyword: "format",
    reason: "the vendor's own client writes these moments without a zone, and which one is meant is not documented",
}];

#[allow(clippy::disallowed_methods, reason = "tests have no configuration")]
fn description() -> Option<Json> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vendors");
    let folder = std::env::var("SAMKLANG_VENDORS").unwrap_or_else(|_| beside.to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{folder}/{DESCRIPTION}")) else {
        eprintln!("NOT CHECKED: the vendor's description {folder}/{DESCRIPTION} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// What is not read: secrets, counters of wrong ones, and logs in HTML.
const NOT_READ: [&str; 3] = ["Password", "History", "LoginLog"];

/// A value that a field of the description may have.
fn sample(field: &Json) -> Json {
    match (field["type"].as_str().unwrap(), field["format"].as_str(), field["enum"].get(0)) {
        (_, _, Some(word)) => word.clone(),
        ("string", Some("date-time"), _) => json!("2024-06-11T00:00:00+01:00"),
        ("string", ..) => json!("x"),
        ("boolean", ..) => json!(true),
        _ => json!(7),
    }
}

#[tokio::test]
async fn every_field_of_the_description_is_read_or_left_out_on_purpose() {
    let Some(description) = description() else { return };
    let router = offline().await;
    for (stream, entity, dto) in [
        ("organisations", "Organisation", "OrganisationDto"),
        ("persons", "Person", "PersonDto"),
        ("deliveries", "Delivery", "DeliveryDto"),
        ("opportunities", "Opportunity", "OpportunityDto"),
        ("items", "QuotationLineLinkedDataItem", "QuotationLineLinkedDataItemDto"),
    ] {
        let fields = description["definitions"][dto]["properties"].as_object().unwrap();
        assert!(fields.len() > 15, "{dto}");
        let id = format!("{entity}Id");
        let shows = |more: Option<(&String, &Json)>| {
            let mut record = json!({ id.as_str(): 1 });
            if let Some((key, field)) = more {
                record[key] = sample(field);
            }
            let records = decoded(&router, stream, &record).unwrap();
            records.iter().map(|record| record.fields.paths().len()).sum::<usize>()
        };
        let bare = shows(None);
        for (key, field) in fields.iter().filter(|(key, _)| **key != id) {
            let left_out = NOT_READ.iter().any(|part| key.contains(part));
            assert_eq!(shows(Some((key, field))) > bare, !left_out, "{key}");
        }
    }
}

#[tokio::test]
async fn every_request_fits_the_description() {
    let Some(description) = description() else { return };
    let spec = Spec::from_value(description).unwrap();
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let mut used = BTreeSet::new();
    for Met { line, body } in use_all().await {
        let (method, address) = line.split_once(' ').unwrap();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let left = exceptions.filter(spec.check_request(method, path, query, &body));
        assert!(left.is_empty(), "{line} {body}\n{left:?}");
        used.insert(spec.operation_name(method, path).unwrap_or_else(|| panic!("{line} is not described")));
    }
    assert!(exceptions.unused().is_empty(), "not needed: {:?}", exceptions.unused());
    assert_eq!(used.len(), 37, "{used:#?}");
    // the check can fail
    let problems = spec.check_request("PUT", "/Persons/7", "", r#"{"PersonId":"seven"}"#);
    assert!(!problems.is_empty());
    assert!(!spec.check_request("GET", "/Persons", "Page=0&Size=1001", "").is_empty());
}

async fn use_all() -> Vec<Met> {
    let makes = |mut config: connector_webcrm::Config| {
        config.make_opportunities = true;
        config
    };
    let mut crm = Crm::open_with(makes, json!({ "lines_in_queries": false })).await;
    crm.answers("POST", "/Auth/ApiLogin", 200, crate::support::TOKEN).await;
    let fields = fixture_json("fields");
    for (entity, fields) in fields.as_object().unwrap() {
        crm.answers("GET", &format!("/FieldsMetadata/{entity}"), 200, fields.to_string()).await;
    }
    for (path, name) in [
        ("/Organisations", "organisation"),
        ("/Organisations/FindByUpdateDates/.*", "organisation"),
        ("/Organisations/FindByCreateDates/.*", "organisation"),
        ("/Persons", "person"),
        ("/Deliveries", "delivery"),
        ("/Deliveries/FindByCreateDates/.*", "delivery"),
        ("/Opportunities", "opportunity"),
        ("/Opportunities/FindByCreateDates/.*", "opportunity"),
        ("/Queries", "delivery"),
    ] {
        crm.lists(path, &json!([fixture_json(name)]).to_string()).await;
    }
    crm.answers("GET", r"/Queries\?.*%3E%3D.*", 200, "[]").await;
    let lines = fixture_json("lines");
    let lines = json!([lines[0], lines[1]]).to_string();
    for path in ["/QuotationLines", "/Deliveries/158/QuotationLines", "/Opportunities/160/QuotationLines"] {
        crm.lists(path, &lines).await;
    }
    for (path, name) in [
        ("/Organisations/145", "organisation"),
        ("/Persons/58", "person"),
        ("/Deliveries/158", "delivery"),
        ("/Opportunities/160", "opportunity"),
        ("/QuotationLines/LinkedData/31", "item"),
    ] {
        crm.answers("GET", path, 200, fixture(name)).await;
        crm.answers("PUT", path, 200, "").await;
    }
    crm.answers("GET", "/QuotationLines/LinkedData", 200, format!("[{}]", fixture("item"))).await;
    crm.answers("POST", "/Organisations", 200, "145").await;
    crm.answers("POST", "/Persons", 200, "58").await;
    crm.answers("PATCH", "/(Organisations|Persons)", 200, r#"["",""]"#).await;
    crm.answers("POST", "/Deliveries", 200, "158").await;
    crm.answers("POST", "/Opportunities", 200, "160").await;
    crm.answers("POST", "/QuotationLines", 200, "60").await;
    crm.answers("POST", "/QuotationLines/LinkedData", 200, "31").await;
    crm.answers("POST", "/Opportunities/160/ConvertToDelivery", 200, "158").await;
    crm.answers("PATCH", "/QuotationLines", 200, r#"["61","62"]"#).await;
    crm.answers("PUT", r"/QuotationLines/\d+", 200, "").await;
    crm.answers("DELETE", r"/QuotationLines/\d+", 200, "").await;
    crm.bench.connect(&config(&crm.server.url()), None).await.unwrap();
    crm.router.check(&crm.bench.cx).await.unwrap();
    reads(&crm).await;
    writes(&crm).await;
    crm.met()
}

async fn reads(crm: &Crm) {
    for (stream, id) in
        [("organisations", "145"), ("persons", "58"), ("deliveries", "158"), ("opportunities", "160"), ("items", "31")]
    {
        crm.list(stream, ListFrom::Beginning).await;
        assert!(crm.get(stream, id).await.unwrap().is_some());
        if stream != "items" {
            crm.list(stream, ListFrom::ModifiedSince(noon())).await;
        }
        if !matches!(stream, "items" | "persons") {
            crm.list(stream, ListFrom::CreatedSince(noon())).await;
        }
    }
    crm.find("persons", FieldMap::new().with(Person::EMAIL, "a'b@c.example")).await.unwrap();
}

async fn writes(crm: &Crm) {
    let organisation = || {
        FieldMap::new()
            .with(Organisation::NAME, "Fjord")
            .with(Organisation::CATEGORY, "Kunde")
            .with(Organisation::BILLING.join(Address::STREET.as_str()), "Kaj 1")
            .with(Organisation::BILLING.join(Address::COUNTRY.as_str()), "DK")
            .with("x.webcrm.extra_custom_2", "K-1")
            .with("x.webcrm.x_int_1", Value::Decimal(7.into()))
    };
    let person = || {
        FieldMap::new()
            .with(Person::NAME, "Eva Holm")
            .with(Person::IS_ACTIVE, Value::Bool(true))
            .with("x.webcrm.check_mark_7", Value::Bool(true))
            .with("x.webcrm.sort_order", Value::Decimal(3.into()))
    };
    let link = Value::Link(Link::External(StreamKey::new("webcrm:crm", "organisations").id("145")));
    let shake = FieldMap::new()
        .with("x.webcrm.erp_status", "Synchronized")
        .with("x.webcrm.erp_id", "SO-1")
        .with("x.webcrm.erp_sync_date_time", Value::Instant(noon()))
        .with(Order::DESCRIPTION, "Lamper");
    let delivery = shake.clone().with("x.webcrm.status", "Completed");
    let line = |sku: &str| {
        let line = Line::new().kind(LineKind::Item).sku(sku.to_owned()).quantity(2).unit_price(90).vat_rate(25);
        line.item(Link::External(StreamKey::new("webcrm:crm", "items").id("31")))
    };
    let order = |lines: Vec<Line>| {
        let content = Content::new().lines(Lines::from(lines)).currency("DKK");
        let customer = Link::External(StreamKey::new("webcrm:crm", "organisations").id("145"));
        let contact = Link::External(StreamKey::new("webcrm:crm", "persons").id("58"));
        let order = Order::new().customer(customer).contact(contact).content(content).description("Lamper".to_owned());
        order.ordered_on("2024-06-12".parse::<chrono::NaiveDate>().unwrap()).to_fields()
    };
    // one line goes alone and several together, and what is there is changed and removed by its id
    let lines = || Order::new().content(Content::new().lines(Lines::new().with(line("LAMPE-1")))).to_fields();
    let quote = order(vec![line("A")]).with("x.webcrm.level", Value::Decimal(2.into()));
    let convert = Action::Act { id: "160".into(), act: "convert".to_owned(), with: FieldMap::new() };
    let item = FieldMap::new()
        .with(Item::NUMBER, "LAMPE-2")
        .with(Item::NAME, "Gulvlampe")
        .with(Item::COST.join("amount"), Value::Decimal("120.50".parse().unwrap()))
        .with("x.webcrm.vat_code", "1010");
    for batch in [
        vec![Write { mark: Some("erp-1".to_owned()), ..write("deliveries", None, order(vec![line("A")])) }],
        vec![Write { mark: Some("erp-2".to_owned()), ..write("deliveries", None, order(vec![line("A"), line("B")])) }],
        vec![Write { mark: Some("erp-3".to_owned()), ..write("opportunities", None, quote) }],
        vec![write("deliveries", Some("158"), lines())],
        vec![Write { action: convert, ..write("opportunities", Some("160"), FieldMap::new()) }],
        vec![write("items", None, item.clone())],
        vec![write("items", Some("31"), item)],
        vec![
            write("organisations", None, organisation()),
            write("persons", None, person().with(Person::ORGANISATION, link)),
        ],
        vec![write("organisations", Some("145"), organisation()), write("persons", Some("58"), person())],
        vec![write("persons", Some("58"), person()), write("persons", Some("59"), person())],
        vec![write("organisations", Some("145"), organisation()), write("organisations", Some("146"), organisation())],
        vec![write("deliveries", Some("158"), delivery)],
        vec![write("opportunities", Some("160"), shake)],
    ] {
        for written in crm.write(&batch).await {
            written.unwrap();
        }
    }
}
