//! Projects, suppliers, vouchers.

use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, Field,
    capability::UpdateMode,
    connector::{Connector, ListFrom, ListQuery, Writable},
    model::{Address, LedgerEntry, Organisation, Person, Project},
};

use crate::{
    support::dec,
    vendor::{Vendor, create, page, part, reference, update},
};

const ID: &str = "f0000000-0000-4000-8000-000000000001";
const CUSTOMER: &str = "10000000-0000-4000-8000-000000000001";
const TERMS: &str = "70000000-0000-4000-8000-000000000030";

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}
async fn writing() -> Vendor {
    Vendor::with(
        |config| {
            config.scopes.extend(["ea:accounting".to_owned(), "ea:purchase".to_owned()]);
            config.more_streams.insert("suppliers".to_owned());
        },
        |_| {},
    )
    .await
}

fn project() -> Json {
    json!({ "Id": ID, "Number": "P-1", "Name": "Nytt kontor", "StartDate": "2026-01-01T00:00:00", "EndDate": null,
        "CustomerId": CUSTOMER, "CustomerName": "Exempel AB", "Notes": null, "Status": 1,
        "ModifiedUtc": "2026-02-16T08:00:00Z" })
}

#[tokio::test]
async fn a_project_goes_out_comes_back_and_is_finished() {
    let mut vendor = writing().await;
    let shown = Project::from_fields(&vendor.fields("projects", ID, &project(), "projects")).unwrap();
    assert_eq!((shown.number, shown.is_finished), ("P-1".into(), false.into()));
    assert_eq!((shown.starts_on.into_value(), shown.ends_on), (Some(day("2026-01-01")), Field::Empty));
    assert_eq!(shown.customer.value().unwrap().external(), Some(&reference("customers", CUSTOMER)));

    let body = json!({ "Number": "P-1", "Name": "Nytt kontor", "StartDate": "2026-01-01", "CustomerId": CUSTOMER,
        "Status": 1 });
    let mock = vendor.takes(("POST", "/v2/projects"), body, (201, project())).await;
    let new = Project::new().number("P-1").name("Nytt kontor").starts_on(day("2026-01-01"));
    let new = new.customer(reference("customers", CUSTOMER));
    vendor.write(create("projects", vec![part("projects", new.to_fields())])).await.unwrap();
    mock.assert_async().await;

    // it is said to answer with 201 here too
    let body = json!({ "Number": "P-1", "Name": "Nytt kontor", "StartDate": "2026-01-01", "EndDate": "2026-02-17",
        "CustomerId": CUSTOMER, "Notes": null, "Status": 2 });
    let mock = vendor.takes(("PUT", &format!("/v2/projects/{ID}")), body, (201, project())).await;
    let over = Project::new().is_finished(true).ends_on(day("2026-02-17"));
    vendor.write(update("projects", ID, &project(), vec![part("projects", over.to_fields())])).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn a_project_without_its_day_is_refused_and_one_is_written_with_the_scope_only() {
    let vendor = writing().await;
    let new = Project::new().number("P-1").name("Nytt kontor");
    let error = vendor.write(create("projects", vec![part("projects", new.to_fields())])).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("'starts_on'"), "{error}");
    let can = &vendor.connection.router.capabilities().streams["projects"];
    assert!(can.create && can.update == UpdateMode::Replace && can.remove.is_empty(), "there is no removal");
    let plain = Vendor::start().await;
    let can = &plain.connection.router.capabilities().streams["projects"];
    assert!(!can.create && can.update == UpdateMode::None && can.list.is_some(), "reading takes less than writing");
}

fn supplier() -> Json {
    json!({ "Id": ID, "SupplierNumber": "501", "Name": "Rosteriet AB", "IsActive": true, "Address1": "Hamngatan 4",
        "PostalCode": "411 14", "City": "Göteborg", "CountryCode": "SE", "TermsOfPaymentId": TERMS,
        "BankgiroNumber": "123-4567", "ContactPersonName": "Bo Lund", "ContactPersonEmail": "bo@rost.example",
        "UnpaidInvoicesAmount": 250.50, "CreatedUtc": "2025-01-01T08:00:00Z", "ModifiedUtc": null,
        "ForeignPaymentCode": null, "Notes": [] })
}

#[tokio::test]
async fn a_supplier_is_an_organisation_of_its_own_stream() {
    let mut vendor = writing().await;
    let records = vendor.decoded("suppliers", ID, &supplier());
    let shown = Organisation::from_fields(&records[0].fields).unwrap();
    assert_eq!((shown.is_supplier, shown.is_customer), (true.into(), Field::Unknown));
    assert_eq!((shown.number, shown.billing.city), ("501".into(), "Göteborg".into()));
    assert_eq!(shown.statistics.balance, dec("250.5").into());
    assert_eq!(records[0].version.modified_at.unwrap().to_rfc3339(), "2025-01-01T08:00:00+00:00");
    let contact = Person::from_fields(&records[1].fields).unwrap();
    assert_eq!(contact.organisation.value().unwrap().external(), Some(&reference("suppliers", ID)));

    let body = json!({ "Name": "Rosteriet AB", "IsActive": true, "TermsOfPaymentId": TERMS, "City": "Göteborg",
        "ContactPersonName": "Bo Lund" });
    let mock = vendor.takes(("POST", "/v2/suppliers"), body, (201, supplier())).await;
    let new = Organisation::new().name("Rosteriet AB").billing(Address::new().city("Göteborg"));
    let parts =
        vec![part("suppliers", new.to_fields()), part("supplier_contact", Person::new().name("Bo Lund").to_fields())];
    vendor.write(create("suppliers", parts)).await.unwrap();
    mock.assert_async().await;

    let mut body = supplier();
    for name in ["Id", "UnpaidInvoicesAmount", "CreatedUtc", "ModifiedUtc", "ForeignPaymentCode", "Notes"] {
        body.as_object_mut().unwrap().remove(name);
    }
    (body["City"], body["ContactPersonEmail"]) = (json!("Mölndal"), json!(null));
    let mock = vendor.takes(("PUT", &format!("/v2/suppliers/{ID}")), body, (200, supplier())).await;
    let mut nobody = Person::new();
    nobody.email = Field::Empty;
    let moved = Organisation::new().billing(Address::new().city("Mölndal"));
    let parts = vec![part("suppliers", moved.to_fields()), part("supplier_contact", nobody.to_fields())];
    vendor.write(update("suppliers", ID, &supplier(), parts)).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn suppliers_are_there_where_they_are_asked_for() {
    let streams = |vendor: &Vendor| vendor.connection.router.capabilities().streams.clone();
    let vendor = writing().await;
    let can = &streams(&vendor)["suppliers"];
    assert!(can.create && can.list.unwrap().since.unwrap().misses, "what is owed may not move the stamp");
    assert_ne!(can.holds, streams(&vendor)["customers"].holds);
    assert!(!streams(&Vendor::start().await).contains_key("suppliers"));
    let reading = Vendor::with(|config| _ = config.more_streams.insert("suppliers".to_owned()), |_| {}).await;
    assert!(!streams(&reading)["suppliers"].create, "its scope is not among those of the login");
}

fn voucher(rows: Json) -> Json {
    json!({ "Id": "v1", "VoucherDate": "2026-02-17T00:00:00", "VoucherText": "Kundfaktura 88", "NumberSeries": "K",
        "NumberAndNumberSeries": "K17", "VoucherType": 14, "SourceId": "i1", "CreatedUtc": "2026-02-17T08:00:00Z",
        "ModifiedUtc": null, "Rows": rows })
}

#[tokio::test]
async fn a_page_of_vouchers_is_read_as_its_rows() {
    let mut vendor = Vendor::start().await;
    let rows = json!([
        { "AccountNumber": 1510, "AccountDescription": "Kundfordringar", "DebitAmount": 125.00, "CreditAmount": 0 },
        { "AccountNumber": 3001, "AccountDescription": "Försäljning", "DebitAmount": 0, "CreditAmount": 125.00,
          "TransactionText": "Kaffe", "ProjectId": ID, "CostCenterItemId1": "c1", "VatCodeId": "m1" },
    ]);
    let strange = json!({ "Id": "v2", "Rows": 7 });
    let path = "/v2/vouchers?$page=1&$pagesize=1000&$orderby=Id";
    let mock = vendor.shows(path, page(&[voucher(rows), strange], 1, 2)).await;
    let listed = vendor.connection.router.list(&vendor.cx, &ListQuery::all("vouchers")).await.unwrap();
    mock.assert_async().await;
    let ids: Vec<String> = listed.items.iter().map(|item| item.reference.id.to_string()).collect();
    assert_eq!(ids, ["v1/1", "v1/2", "v2"]);
    assert!(listed.next.is_some());
    let entry = |at: usize| {
        let record = vendor.connection.router.decode(&listed.items[at]).unwrap().remove(0);
        assert!(matches!(&record.writable, Writable::Nothing(why) if why.contains("booked")));
        LedgerEntry::from_fields(&record.fields).unwrap()
    };
    let (debit, credit) = (entry(0), entry(1));
    assert_eq!((debit.account, debit.amount), ("1510".into(), dec("125").into()));
    assert_eq!((credit.account_name, credit.amount), ("Försäljning".into(), dec("-125").into()));
    assert_eq!((debit.voucher_series, debit.voucher_number), ("K".into(), "17".into()));
    assert_eq!((debit.text, credit.text), ("Kundfaktura 88".into(), "Kaffe".into()));
    assert_eq!((credit.position, credit.booked_on.into_value()), (Field::Set(2), Some(day("2026-02-17"))));
    assert_eq!((credit.cost_centre, credit.vat_code), ("c1".into(), "m1".into()));
    assert_eq!(credit.project.value().unwrap().external(), Some(&reference("projects", ID)));
    assert_eq!(debit.invoice.value().unwrap().external(), Some(&reference("customerinvoices", "i1")));
    let error = vendor.connection.router.decode(&listed.items[2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "it sets itself aside, and its page goes on");
}

#[tokio::test]
async fn vouchers_are_listed_since_and_never_written() {
    let mut vendor = Vendor::start().await;
    let can = &vendor.connection.router.capabilities().streams["vouchers"];
    assert!(!can.create && can.update == UpdateMode::None && can.get_max == 0);
    let at = "2026-02-17T08%3A58%3A00.000Z";
    let path = format!(
        "/v2/vouchers?$page=1&$pagesize=1000&$filter=ModifiedUtc%20ge%20{at}%20or%20CreatedUtc%20ge%20{at}&$orderby=Id"
    );
    let mock = vendor.shows(&path, page(&[], 1, 0)).await;
    let since = ListFrom::ModifiedSince("2026-02-17T08:58:00Z".parse().unwrap());
    let query = ListQuery { stream: "vouchers".into(), from: since, page_size: None };
    assert!(vendor.connection.router.list(&vendor.cx, &query).await.unwrap().items.is_empty());
    mock.assert_async().await;
}
