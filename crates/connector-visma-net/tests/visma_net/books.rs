//! Projects and the journal.

use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, FieldMap, Link, StreamId, Value,
    connector::{Connector, ListFrom, ListQuery, Writable},
    model::Project,
};

use crate::{
    emulated::Double,
    support::{Erp, assert_shows, changed, create, fields, fixture_json, noon, offline, reference, shown, update},
};

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_project_is_read_in_our_words() {
    let router = offline().await;
    let fields = fields(&router, "projects", &fixture_json("project"), "projects");
    assert_shows(
        &fields,
        &[
            ("number", "'P-100'"),
            ("name", "'Ombygging'"),
            ("customer", "→visma-net:erp/customers#10001"),
            ("manager", "'EP0007'"),
            ("status", "'Active'"),
            ("is_finished", "false"),
            ("starts_on", "2026-01-05"),
            ("ends_on", "(empty)"),
            ("x.visma-net.income", "12000.5"),
            ("x.visma-net.visibility.visibleInAp", "false"),
            ("x.visma-net.projectManager.employeeName", "'Kari Nes'"),
            ("x.visma-net.template.number", "'MAL'"),
        ],
    );
    for (status, finished) in [("Completed", "true"), ("Cancelled", "true"), ("OnHold", "false"), ("Planned", "false")]
    {
        let raw = changed("project", json!({ "status": status }));
        assert_eq!(shown(&crate::support::fields(&router, "projects", &raw, "projects"), "is_finished"), finished);
    }
    let raw = changed("project", json!({ "status": "Sleeping" }));
    let error = crate::support::decoded(&router, "projects", &raw).unwrap_err();
    assert!(error.message().contains("status"), "{error}");
}

#[tokio::test]
async fn a_new_project_is_made_by_its_template_or_has_a_subaccount() {
    let wanted = || Project::new().number("P-7").name("Bygg").starts_on(day("2026-03-01")).to_fields();
    let made = async |template: Option<&str>, subaccount: &[(u32, &str)], wanted: FieldMap| -> Result<Json, String> {
        let subaccount = subaccount.iter().map(|(id, value)| (*id, (*value).to_owned())).collect();
        let mut erp = Erp::open_with(|config| {
            (config.project_template, config.project_subaccount) = (template.map(str::to_owned), subaccount);
        })
        .await;
        erp.answers_with("POST", "/v1/project", 201, &[("location", "http://x/v1/project/P-7")], "").await;
        erp.answers("GET", "/v1/project/P-7", 200, json!({ "projectID": "P-7" }).to_string()).await;
        let written = erp.write(create("projects", wanted)).await;
        let met = erp.met();
        let written = written.map_err(|error| {
            assert!(met.is_empty(), "nothing is sent");
            error.to_string()
        })?;
        assert_eq!(&*written.reference.id, "P-7");
        Ok(met[0].json())
    };
    let body = made(None, &[(1, "0"), (2, "10")], wanted()).await.unwrap();
    assert_eq!(
        body,
        json!({ "projectID": { "value": "P-7" }, "description": { "value": "Bygg" },
            "startDate": { "value": "2026-03-01T00:00:00" },
            "defSub": [{ "segmentId": 1, "segmentValue": "0" }, { "segmentId": 2, "segmentValue": "10" }] })
    );
    let body = made(Some("MAL"), &[(1, "0")], wanted()).await.unwrap();
    assert_eq!((&body["template"], body.get("defSub")), (&json!({ "value": "MAL" }), None));
    let own = wanted().with("x.visma-net.template.number", "ANNEN");
    assert_eq!(made(Some("MAL"), &[], own).await.unwrap()["template"], json!({ "value": "ANNEN" }));
    let refused = made(None, &[], wanted()).await.unwrap_err();
    assert!(refused.contains("project_template"), "{refused}");
}

#[tokio::test]
async fn a_project_goes_in_changes_and_is_found() {
    let double = Double::start().await;
    let mut config = double.config();
    config.more_streams = ["projects".to_owned()].into();
    config.project_subaccount = [(1, "0".to_owned())].into();
    let erp = double.try_connect(config).await.unwrap();
    let customer = Link::External(reference("customers", &double.customer()));
    let project = Project::new().number("P/7").name("Bygg").starts_on(day("2026-03-01")).ends_on(day("2026-09-01"));
    let made = double.write(&erp, create("projects", project.customer(customer).to_fields())).await.unwrap();
    let id = made.reference.id;
    assert_eq!(&*id, "P/7");
    let record = double.record(&erp, "projects", &id).await;
    let customer = format!("→visma-net:erp/customers#{}", double.customer());
    assert_shows(&record.fields, &[("name", "'Bygg'"), ("status", "'Planned'"), ("customer", &customer)]);
    let change = Project::new().name("Bygg 2").status("Completed").to_fields().with(Project::ENDS_ON, Value::Null);
    double.update(&erp, "projects", &id, change).await.unwrap();
    let record = double.record(&erp, "projects", &id).await;
    assert_shows(&record.fields, &[("name", "'Bygg 2'"), ("is_finished", "true"), ("ends_on", "-")]);
    let by = FieldMap::new().with(Project::NUMBER, "P/7");
    assert_eq!(erp.router.find(&double.cx, &"projects".into(), &by).await.unwrap().len(), 1);
    let again = double.write(&erp, create("projects", project_again())).await.unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::AlreadyExists), "{again}");
    // a template, and what stands for no project, are none
    let template = json!({ "projectID": "MAL", "description": "Mal", "status": "Active", "systemTemplate": true });
    double.emulator.seed(json!({ "projects": [template] })).unwrap();
    let listed = double.records(&erp, "projects", ListFrom::Beginning).await;
    let ids: Vec<&str> = listed.iter().map(|record| &*record.reference.id).collect();
    assert_eq!(ids, ["P/7"]);
}
fn project_again() -> FieldMap {
    Project::new().number("P/7").name("Igjen").starts_on(day("2026-03-01")).to_fields()
}

#[tokio::test]
async fn a_change_of_a_project_sends_what_changed() {
    let mut erp = Erp::open().await;
    erp.answers("PUT", "/v1/project/P-100", 204, "").await;
    erp.answers("GET", "/v1/project/P-100", 200, fixture_json("project").to_string()).await;
    let wanted = FieldMap::new()
        .with(Project::CUSTOMER, Value::Null)
        .with("x.visma-net.restrictEmployees", false)
        .with("x.visma-net.automaticReleaseAr", true);
    erp.write(update("projects", "P-100", wanted, Some(&fixture_json("project")))).await.unwrap();
    // misspelled as the vendor has it
    assert_eq!(
        erp.met()[0].json(),
        json!({ "customer": { "value": "" }, "restricEmployees": { "value": false },
            "automaticReleaseArDoc": { "value": true }, "description": { "value": "Ombygging" },
            "startDate": { "value": "2026-01-05T00:00:00" } })
    );
    // nothing but what each change has
    let same = FieldMap::new().with(Project::NAME, "Ombygging");
    erp.write(update("projects", "P-100", same, Some(&fixture_json("project")))).await.unwrap();
    assert!(erp.met().is_empty());
}

/// The entries of a listing with the lines of batches, page by page.
async fn entries(erp: &mut Erp, pages: &[Json], page_size: u32) -> (Vec<String>, usize) {
    for (at, page) in pages.iter().enumerate() {
        let line = format!(r"/v2/journaltransaction\?.*pageNumber={}&.*", at + 1);
        erp.answers("GET", &line, 200, page.to_string()).await;
    }
    let mut ids = Vec::new();
    let mut query = ListQuery { stream: "journal".into(), from: ListFrom::Beginning, page_size: Some(page_size) };
    loop {
        let page = erp.router.list(&erp.bench.cx, &query).await.unwrap();
        assert!(page.rejected.is_empty(), "{:?}", page.rejected);
        ids.extend(page.items.iter().map(|item| item.reference.id.to_string()));
        match page.next {
            Some(next) => query.from = ListFrom::Page(next),
            None => return (ids, erp.met().len()),
        }
    }
}
fn batch(number: &str, lines: &[u32], total: u32) -> Json {
    let lines: Vec<Json> = lines.iter().map(|line| json!({ "lineNumber": line, "accountNumber": "3000" })).collect();
    json!({ "module": "ModuleGL", "batchNumber": number, "status": "Posted", "journalTransactionLines": lines,
        "metadata": { "totalCount": total, "maxPageSize": 1000 } })
}

#[tokio::test]
async fn a_batch_that_is_split_over_pages_comes_out_once_and_whole() {
    let whole = ["GL/1/1", "GL/1/2", "GL/1/3", "GL/2/1", "GL/2/2"];
    // the lines that do not fit go on in the next page, or the batch is shown whole on each page that it touches
    let split = [
        json!([batch("1", &[1, 2], 5)]),
        json!([batch("1", &[3], 5), batch("2", &[1], 5)]),
        json!([batch("2", &[2], 5)]),
    ];
    let (ids, calls) = entries(&mut Erp::open().await, &split, 2).await;
    assert_eq!((ids, calls), (whole.map(str::to_owned).to_vec(), 3));
    let shown_twice = [
        json!([batch("1", &[1, 2, 3], 5)]),
        json!([batch("1", &[1, 2, 3], 5), batch("2", &[1, 2], 5)]),
        json!([batch("2", &[1, 2], 5)]),
    ];
    let (mut ids, calls) = entries(&mut Erp::open().await, &shown_twice, 2).await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids, calls), (whole.map(str::to_owned).to_vec(), 3));
    // a page that is cut in silence
    let mut cut = split.to_vec();
    for page in &mut cut {
        for batch in page.as_array_mut().unwrap() {
            batch["metadata"]["maxPageSize"] = json!(2);
        }
    }
    assert_eq!(entries(&mut Erp::open().await, &cut, 500).await.1, 3);
    assert_eq!(entries(&mut Erp::open().await, &[json!([])], 2).await, (Vec::new(), 1));
}

#[tokio::test]
async fn the_journal_is_asked_for_by_its_one_stamp() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v2/journaltransaction\?.*", 200, "[]").await;
    erp.list("journal", ListFrom::Beginning).await;
    erp.list("journal", ListFrom::ModifiedSince(noon())).await;
    let met = erp.met();
    assert!(met[0].query.contains("lastModifiedDateTime=1900-01-01T00%3A00%3A00.000&"), "{met:?}");
    assert!(met[1].query.contains("lastModifiedDateTime=2026-02-17T12%3A00%3A00.000&"), "{met:?}");
    assert!(met.iter().all(|met| !met.query.contains("Condition")), "{met:?}");
    let list = erp.router.capabilities().streams[&StreamId::new("journal")].list.unwrap();
    assert!(!list.since.unwrap().inclusive, "nobody says that the moment itself is included");
}

#[tokio::test]
async fn an_entry_of_the_ledger_is_a_line_with_what_its_batch_says() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v2/journaltransaction\?.*", 200, json!([fixture_json("batch")]).to_string()).await;
    let page = erp.page("journal", ListFrom::Beginning).await.unwrap();
    let records: Vec<_> = page.items.iter().map(|item| erp.router.decode(item).unwrap().remove(0)).collect();
    assert_eq!(&*records[0].reference.id, "AR/000042/1");
    assert!(matches!(records[0].writable, Writable::Nothing(_)));
    assert_shows(
        &records[0].fields,
        &[
            ("voucher_series", "'AR'"),
            ("voucher_number", "'000042'"),
            ("position", "1"),
            ("booked_on", "2026-02-16"),
            ("account", "'1500'"),
            ("amount", "1150"),
            ("original.amount", "100"),
            ("original.currency", "'EUR'"),
            ("text", "'Faktura 003547'"),
            ("cost_centre", "'0'"),
            ("project", "→visma-net:erp/projects#P-100"),
            ("x.visma-net.status", "'Posted'"),
            ("x.visma-net.journalTransactionLines.referenceNumber", "'003547'"),
            ("x.visma-net.journalTransactionLines.customerSupplier", "'10001'"),
            ("x.visma-net.journalTransactionLines.transactionType", "'INV'"),
        ],
    );
    let second = [("amount", "-1150"), ("text", "'Kaffe'"), ("vat_code", "'3'"), ("quantity", "2"), ("position", "2")];
    assert_shows(&records[1].fields, &second);
}

#[tokio::test]
async fn what_is_not_released_has_no_day_of_booking_and_our_own_currency_is_no_other() {
    let mut erp = Erp::open().await;
    let batches: Vec<Json> = ["Hold", "Balanced", "Scheduled", "Voided", "Unposted", "Released", "Archived"]
        .iter()
        .enumerate()
        .map(|(at, status)| changed("batch", json!({ "batchNumber": at, "status": status, "currencyId": "NOK" })))
        .collect();
    erp.answers("GET", r"/v2/journaltransaction\?.*", 200, json!(batches).to_string()).await;
    let page = erp.page("journal", ListFrom::Beginning).await.unwrap();
    let booked: Vec<String> = page
        .items
        .iter()
        .step_by(2)
        .map(|item| {
            let fields = erp.router.decode(item).unwrap().remove(0).fields;
            assert_shows(&fields, &[("original.currency", "(empty)"), ("x.visma-net.transactionDate", "2026-02-16")]);
            shown(&fields, "booked_on")
        })
        .collect();
    assert_eq!(booked, ["(empty)", "(empty)", "(empty)", "(empty)", "2026-02-16", "2026-02-16", "-"]);
}

#[tokio::test]
async fn the_journal_of_a_company_is_read_whole_however_it_is_paged() {
    let double = Double::start().await;
    let mut config = double.config();
    config.more_streams = ["journal", "projects"].map(str::to_owned).into();
    let erp = double.try_connect(config).await.unwrap();
    let line = |side: &str, account: &str, amount: u32| {
        json!({ "operation": "Insert", "accountNumber": account, side: amount, "project": "X",
            "subaccount": [{ "segmentId": 1, "segmentValue": "1" }] })
    };
    let debit = |amount| line("debitAmountInCurrency", "1920", amount);
    let credit = |amount| line("creditAmountInCurrency", "3000", amount);
    for lines in [vec![debit(3), credit(1), credit(2)], vec![debit(5), credit(5)]] {
        let set = json!({ "description": "Bunt", "journalTransactionLines": lines });
        double.act("create", json!({ "collection": "journals", "set": set }));
    }
    // two lines a page
    let records = double.records(&erp, "journal", ListFrom::Beginning).await;
    let told: Vec<String> =
        records.iter().map(|record| format!("{} {}", record.reference.id, shown(&record.fields, "amount"))).collect();
    assert_eq!(told, ["GL/000001/1 3", "GL/000001/2 -1", "GL/000001/3 -2", "GL/000002/1 5", "GL/000002/2 -5"]);
    assert_shows(&records[0].fields, &[("cost_centre", "'1'"), ("project", "→visma-net:erp/projects#X")]);
    assert_shows(&records[0].fields, &[("booked_on", "(empty)"), ("x.visma-net.status", "'Balanced'")]);
    let now = double.emulator.now();
    double.advance(600);
    double.act("release", json!({ "collection": "journals", "key": "000002" }));
    let since = ListFrom::ModifiedSince(now + chrono::TimeDelta::seconds(300));
    let moved = double.records(&erp, "journal", since).await;
    assert_eq!(moved.len(), 2);
    assert_shows(&moved[0].fields, &[("booked_on", "2026-02-17"), ("x.visma-net.status", "'Unposted'")]);
}
