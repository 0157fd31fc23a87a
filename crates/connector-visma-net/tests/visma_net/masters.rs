use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldMap, FieldPath, Link, StreamId, Value,
    connector::{Action, Connector},
    model::{Address, Item, Organisation, Person, Price},
};

use crate::support::{
    Erp, assert_shows, changed, create, decoded, fields, fixture, fixture_json, offline, offline_with, part, reference,
    shown, update, write,
};

fn billing(leaf: FieldPath) -> FieldPath {
    Organisation::BILLING.join(leaf.as_str())
}

#[tokio::test]
async fn a_customer_is_read_in_our_words() {
    let router = offline().await;
    let fields = fields(&router, "customers", &fixture_json("customer"), "customers");
    assert_shows(
        &fields,
        &[
            ("number", "'10001'"),
            ("name", "'Fjord Kaffe AS'"),
            ("is_active", "true"),
            ("registration_number", "'987654321'"),
            ("vat_number", "'NO987654321MVA'"),
            ("global_location_number", "'7080000000001'"),
            ("billing.street", "'Kaien 1'"),
            ("billing.postal_code", "'5003'"),
            ("billing.city", "'Bergen'"),
            ("billing.country", "'NO'"),
            ("delivery.street", "'Lageret 4'"),
            ("phone", "'55 12 34 56'"),
            ("email", "'post@fjord.example'"),
            ("invoice_email", "'faktura@fjord.example'"),
            ("currency", "'NOK'"),
            ("vat_group", "'01'"),
            ("posting_group", "'1'"),
            ("payment_terms", "'30'"),
            ("price_list", "'A'"),
            ("credit_limit.amount", "50000"),
            ("parent", "→visma-net:erp/customers#10000"),
            ("x.visma-net.internalId", "46"),
            ("x.visma-net.status", "'Active'"),
            ("x.visma-net.invoiceAddress.addressLine1", "'Boks 9'"),
            ("x.visma-net.mainContact.phone2", "(empty)"),
            ("x.visma-net.lastModifiedDateTime", "2026-02-17T09:16:00.123Z"),
            ("x.visma-net.attributes.BRANSJE", "'KAFE'"),
            ("x.visma-net.attributes.SIZE", "(empty)"),
            ("visiting.street", "-"),
        ],
    );
    let record = decoded(&router, "customers", &fixture_json("customer")).unwrap().remove(0);
    assert_eq!(record.version.modified_at, Some("2026-02-17T09:16:00.123Z".parse().unwrap()));
}

#[tokio::test]
async fn the_invoice_address_can_be_the_billing_address() {
    let router = offline_with(|config| config.billing_address = connector_visma_net::BillingAddress::Invoice).await;
    let fields = fields(&router, "customers", &fixture_json("customer"), "customers");
    assert_shows(&fields, &[("billing.street", "'Boks 9'"), ("visiting.street", "'Kaien 1'")]);
}

#[tokio::test]
async fn what_is_not_told_stays_unknown_and_a_status_of_nobody_is_refused() {
    let router = offline().await;
    let bare = json!({ "number": "1", "name": null, "status": "Inactive" });
    let fields = fields(&router, "customers", &bare, "customers");
    assert_shows(&fields, &[("name", "(empty)"), ("email", "-"), ("parent", "-"), ("is_active", "false")]);
    assert_eq!(shown(&fields, "x.visma-net.attributes.BRANSJE"), "-");
    let error = decoded(&router, "customers", &changed("customer", json!({ "status": "Gone" }))).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("status"), "{error}");
}

#[tokio::test]
async fn a_new_customer_is_wrapped_and_known_by_the_number_in_the_location() {
    let mut erp = Erp::open().await;
    let there = "http://integration.visma.net/API/controller/api/v1/customer/10002";
    erp.answers_with("POST", "/v1/customer", 201, &[("location", there)], "").await;
    erp.answers("GET", "/v1/customer/10002", 200, changed("customer", json!({ "number": "10002" })).to_string()).await;
    let wanted = FieldMap::new()
        .with(Organisation::NAME, "Vest Te AS")
        .with(billing(Address::STREET), "Gata 2")
        .with(billing(Address::COUNTRY), "NO")
        .with(Organisation::EMAIL, "post@vest.example")
        .with(Organisation::PAYMENT_TERMS, "14")
        .with(Organisation::PHONE, Value::Null)
        .with("x.visma-net.attributes.BRANSJE", "KAFE");
    let written = erp.write(create("customers", wanted)).await.unwrap();
    assert_eq!(&*written.reference.id, "10002");
    assert_eq!(
        erp.met()[0].json(),
        json!({ "name": { "value": "Vest Te AS" }, "creditTermsId": { "value": "14" },
            "mainAddress": { "value": { "addressLine1": { "value": "Gata 2" }, "countryId": { "value": "NO" } } },
            "mainContact": { "value": { "email": { "value": "post@vest.example" } } },
            "attributeLines": [{ "attributeId": { "value": "BRANSJE" }, "attributeValue": { "value": "KAFE" } }] })
    );
}

#[tokio::test]
async fn a_number_that_is_given_passes_over_the_series_and_is_never_changed() {
    let mut erp = Erp::open().await;
    erp.answers_with("POST", "/v1/customer", 201, &[("location", "/v1/customer/K7")], "{}").await;
    erp.answers("GET", "/v1/customer/K7", 200, fixture("customer")).await;
    erp.answers("PUT", "/v1/customer/K7", 204, "").await;
    let wanted = || FieldMap::new().with(Organisation::NUMBER, "K7").with(Organisation::NAME, "X");
    erp.write(create("customers", wanted())).await.unwrap();
    let body = erp.met()[0].json();
    assert_eq!(
        (&body["number"], &body["overrideNumberSeries"]),
        (&json!({ "value": "K7" }), &json!({ "value": true }))
    );
    erp.write(update("customers", "K7", wanted(), None)).await.unwrap();
    assert_eq!(erp.met()[0].json(), json!({ "name": { "value": "X" } }));
}

#[tokio::test]
async fn a_change_sends_what_changed_and_empty_empties() {
    let mut erp = Erp::open().await;
    erp.answers("PUT", "/v1/customer/10001", 204, "").await;
    erp.answers("GET", "/v1/customer/10001", 200, fixture("customer")).await;
    let wanted = FieldMap::new()
        .with(Organisation::IS_ACTIVE, Value::Bool(false))
        .with(Organisation::EMAIL, Value::Null)
        .with(Organisation::PRICE_LIST, Value::Null)
        .with("x.visma-net.attributes.SIZE", Value::Null)
        .with("x.visma-net.printInvoices", Value::Bool(true))
        .with(Organisation::PARENT, Value::Null);
    erp.write(update("customers", "10001", wanted, None)).await.unwrap();
    assert_eq!(
        erp.met()[0].json(),
        json!({ "status": { "value": "Inactive" }, "priceClassId": { "value": null },
            "mainContact": { "value": { "email": { "value": "" } } }, "printInvoices": { "value": true },
            "parentRecordNumber": { "value": null },
            "attributeLines": [{ "attributeId": { "value": "SIZE" }, "attributeValue": { "value": "" } }] })
    );
}

#[tokio::test]
async fn customers_are_found_by_what_the_list_filters_and_nothing_beside_it_is_taken() {
    let mut erp = Erp::open().await;
    let rows =
        json!([fixture_json("customer"), changed("customer", json!({ "number": "2", "corporateId": "9876543210" }))]);
    erp.answers("GET", r"/v1/customer\?.*", 200, rows.to_string()).await;
    erp.answers("GET", "/v1/customer/10001", 200, fixture("customer")).await;
    erp.answers("GET", "/v1/customer/.*", 404, "").await;
    let by = |path, value: &str| FieldMap::new().with(path, value);
    let found = erp.find("customers", by(Organisation::REGISTRATION_NUMBER, "987654321")).await.unwrap();
    assert_eq!(found.iter().map(|item| &*item.reference.id).collect::<Vec<_>>(), ["10001"]);
    assert!(erp.met()[0].query.contains("corporateId=987654321"));
    for (path, name) in
        [(Organisation::VAT_NUMBER, "vatRegistrationId"), (Organisation::EMAIL, "email"), (Organisation::NAME, "name")]
    {
        erp.find("customers", by(path, "a&b=c+d å")).await.unwrap();
        assert!(erp.met()[0].query.contains(&format!("{name}=a%26b%3Dc%2Bd%20%C3%A5")), "{name}");
    }
    assert_eq!(erp.find("customers", by(Organisation::NUMBER, "10001")).await.unwrap().len(), 1);
    assert!(erp.find("customers", by(Organisation::NUMBER, "a/b")).await.unwrap().is_empty());
    assert_eq!(erp.lines(), ["GET /v1/customer/10001", "GET /v1/customer/b64%28YS9i%29"]);
}

#[tokio::test]
async fn a_contact_is_read_and_its_owner_is_a_number() {
    let router = offline().await;
    let person = fields(&router, "contacts", &fixture_json("contact"), "contacts");
    assert_shows(
        &person,
        &[
            ("name", "'Eva Holm'"),
            ("first_name", "'Eva'"),
            ("last_name", "'Holm'"),
            ("title", "'Daglig leder'"),
            ("email", "'eva@fjord.example'"),
            ("phone", "'900 11 222'"),
            ("is_active", "true"),
            ("organisation", "→visma-net:erp/customers#10001"),
            ("x.visma-net.title", "'Ms'"),
            ("x.visma-net.contactId", "501"),
        ],
    );
    let vendors = changed("contact", json!({ "businessAccountType": "Vendor" }));
    assert_eq!(
        shown(&fields(&router, "contacts", &vendors, "contacts"), "organisation"),
        "→visma-net:erp/suppliers#10001"
    );
    let router = offline_with(|config| config.more_streams.clear()).await;
    assert_eq!(shown(&fields(&router, "contacts", &vendors, "contacts"), "organisation"), "-");
}

#[tokio::test]
async fn a_contact_is_written_with_the_parts_of_its_name() {
    let mut erp = Erp::open().await;
    erp.answers_with("POST", "/v1/contact", 201, &[("location", "/v1/contact/502")], "").await;
    erp.answers("GET", "/v1/contact/502", 200, fixture("contact")).await;
    let owner = Value::Link(Link::External(reference("customers", "10001")));
    let wanted = FieldMap::new()
        .with(Person::NAME, "Anna Maria Berg")
        .with(Person::ORGANISATION, owner)
        .with(Person::IS_ACTIVE, Value::Bool(true));
    erp.write(create("contacts", wanted)).await.unwrap();
    assert_eq!(
        erp.met()[0].json(),
        json!({ "firstName": { "value": "Anna Maria" }, "lastName": { "value": "Berg" }, "active": { "value": true },
            "businessAccount": { "value": "10001" } })
    );
    let error = erp.write(create("contacts", FieldMap::new().with(Person::EMAIL, "x@y.example"))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("last name"), "{error}");
    assert!(erp.met().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn an_item_shows_itself_its_price_and_its_stock() {
    let router = offline_with(|config| {
        config.stock = connector_visma_net::Stock::AvailableForShipment;
    })
    .await;
    let item = fields(&router, "inventory", &fixture_json("item"), "inventory");
    assert_shows(
        &item,
        &[
            ("number", "'KAFFE-1'"),
            ("name", "'Kaffe, 1 kg'"),
            ("unit", "'STK'"),
            ("category", "'GODS'"),
            ("vat_code", "'3'"),
            ("barcode", "'7038010000001'"),
            ("cost.amount", "80.25"),
            ("cost.currency", "'NOK'"),
            ("is_active", "true"),
            ("is_service", "false"),
            ("is_stocked", "true"),
            ("supplier", "→visma-net:erp/suppliers#50001"),
            ("supplier_item_number", "'L-77'"),
            ("x.visma-net.recommendedPrice", "149"),
            ("x.visma-net.type", "'FinishedGoodItem'"),
            ("x.visma-net.attributes.OPPHAV", "'BR'"),
        ],
    );
    let price = fields(&router, "inventory", &fixture_json("item"), "inventory_price");
    assert_shows(
        &price,
        &[("amount", "129.5"), ("currency", "'NOK'"), ("includes_vat", "false"), ("sku", "'KAFFE-1'")],
    );
    let stock = fields(&router, "inventory", &fixture_json("item"), "inventory_stock");
    assert_shows(&stock, &[("on_hand", "15"), ("available", "11.5"), ("item", "→visma-net:erp/inventory#KAFFE-1")]);
}

#[tokio::test]
async fn stock_counts_where_it_is_said_and_costs_are_chosen() {
    let router = offline_with(|config| {
        config.stock = connector_visma_net::Stock::Available;
        config.warehouses = ["2".to_owned()].into();
        config.item_cost = connector_visma_net::ItemCost::Last;
    })
    .await;
    let raw = changed("item", json!({ "status": "NoSales" }));
    assert_shows(&fields(&router, "inventory", &raw, "inventory_stock"), &[("on_hand", "5"), ("available", "5")]);
    assert_shows(&fields(&router, "inventory", &raw, "inventory"), &[("cost.amount", "79"), ("is_active", "false")]);
    let service = changed("item", json!({ "stockItem": false }));
    assert_eq!(decoded(&router, "inventory", &service).unwrap().len(), 2, "nothing is kept of a service");
}

#[tokio::test]
async fn an_item_and_its_price_go_out_in_one_call() {
    let mut erp = Erp::open().await;
    erp.answers("PUT", "/v1/inventory/KAFFE-1", 204, "").await;
    erp.answers("GET", "/v1/inventory/KAFFE-1", 200, fixture("item")).await;
    let item = part("inventory", FieldMap::new().with(Item::NAME, "Kaffe"));
    let price = FieldMap::new().with(Price::AMOUNT, Value::Decimal("135.50".parse().unwrap()));
    let parts = |price: FieldMap| vec![item.clone(), part("inventory_price", price)];
    let action = |price| Action::Update { id: "KAFFE-1".into(), parts: parts(price), if_version: None };
    erp.write(write("inventory", action(price.clone()))).await.unwrap();
    let sent = erp.met();
    assert_eq!(sent[0].body, r#"{"defaultPrice":{"value":135.50},"description":{"value":"Kaffe"}}"#);
    let foreign = price.with(Price::CURRENCY, "EUR");
    let error = erp.write(write("inventory", action(foreign))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("EUR"), "{error}");
}

#[tokio::test]
async fn prices_and_payments_are_read() {
    let router = offline().await;
    let price = fields(&router, "sales_prices", &fixture_json("price"), "sales_prices");
    assert_shows(
        &price,
        &[
            ("sku", "'KAFFE-1'"),
            ("list", "'A'"),
            ("amount", "119"),
            ("from_quantity", "10"),
            ("campaign_amount", "-"),
            ("x.visma-net.uoM", "'STK'"),
        ],
    );
    let offer =
        changed("price", json!({ "promotion": true, "priceType": "Base", "expirationDate": "2026-02-28T00:00:00" }));
    let offer = fields(&router, "sales_prices", &offer, "sales_prices");
    assert_shows(
        &offer,
        &[("amount", "-"), ("campaign_amount", "119"), ("campaign_to", "2026-02-28"), ("list", "(empty)")],
    );
    let payment = fields(&router, "payments", &fixture_json("payment"), "payments");
    assert_shows(
        &payment,
        &[
            ("number", "'400123'"),
            ("paid.amount", "386.875"),
            ("paid.currency", "'NOK'"),
            ("paid_on", "2026-02-18"),
            ("customer", "→visma-net:erp/customers#10001"),
            ("invoice", "→visma-net:erp/invoices#003547"),
            ("is_reversed", "false"),
        ],
    );
    let back: Json = changed("payment", json!({ "type": "Refund" }));
    assert_eq!(shown(&fields(&router, "payments", &back, "payments"), "paid.amount"), "-386.875");
    assert_eq!(router.capabilities().streams[&StreamId::new("payments")].get_max, 0);
}
