//! Envelope, pages, filters, order, selection, forms of printed values.

use serde_json::{Value, json};

use crate::client::{Erp, path};

async fn with_customers(count: usize) -> Erp {
    let erp = Erp::start().await;
    let customers: Vec<Value> = (1..=count)
        .map(|at| json!({ "CustomerNumber": format!("K{at:03}"), "Name": format!("Kund {at:03}"), "IsActive": at % 2 == 0 }))
        .collect();
    erp.emulator.seed(json!({ "customers": customers })).unwrap();
    erp
}

fn numbers(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["CustomerNumber"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_of_fifty_unless_asked_otherwise() {
    let erp = with_customers(121).await;
    let body = erp.get("/customers").await.of(200);
    assert_eq!(body["Data"].as_array().unwrap().len(), 50);
    assert_eq!(
        body["Meta"],
        json!({
            "CurrentPage": 1,
            "PageSize": 50,
            "TotalNumberOfPages": 3,
            "TotalNumberOfResults": 121,
            "ServerTimeUtc": "2026-02-17T09:00:00Z",
        })
    );
    assert_eq!(numbers(&erp.list("/customers?$page=3").await).len(), 21);
    assert_eq!(numbers(&erp.list("/customers?%24page=2&%24pagesize=100").await).first(), Some(&"K101"));
    for bad in ["$pagesize=0", "$pagesize=1001", "$page=0", "$page=x", "$top=5", "$expand=Rows"] {
        erp.get(&format!("/customers?{bad}")).await.refused(400, 6000);
    }
    assert!(erp.list("/customers?$page=4").await.is_empty());
    erp.switch("past_end", "refused");
    erp.get("/customers?$page=4").await.refused(400, 6000);
}

#[tokio::test]
async fn an_empty_list_has_no_page_or_one() {
    let erp = Erp::start().await;
    assert_eq!(erp.get("/customers").await.of(200)["Meta"]["TotalNumberOfPages"], 0);
    erp.switch("empty_pages", 1);
    assert_eq!(erp.get("/customers").await.of(200)["Meta"]["TotalNumberOfPages"], 1);
}

#[tokio::test]
async fn unsorted_pages_may_shift_and_sorted_ones_do_not() {
    let erp = with_customers(40).await;
    let pages = async |more: &str| {
        let mut all = Vec::new();
        for page in 1..=4 {
            all.extend(erp.list(&format!("/customers?$pagesize=10&$page={page}{more}")).await);
        }
        let mut found: Vec<String> = numbers(&all).into_iter().map(str::to_owned).collect();
        found.sort();
        found.dedup();
        found.len()
    };
    assert_eq!(pages("").await, 40);
    erp.switch("unsorted", "shifting");
    assert!(pages("").await < 40, "some came twice and others not at all");
    assert_eq!(pages("&$orderby=CustomerNumber").await, 40);
}

#[tokio::test]
async fn filter_order_and_select() {
    let erp = with_customers(10).await;
    let list = async |query: &str| erp.list(&format!("/customers?{query}")).await;
    assert_eq!(numbers(&list("$filter=CustomerNumber eq 'K003'").await), ["K003"]);
    assert_eq!(numbers(&list("$filter=contains(Name,'01') and IsActive eq true").await), ["K010"]);
    assert_eq!(
        numbers(&list("$filter=CustomerNumber gt 'K007' or Name eq 'Kund 001'&$orderby=CustomerNumber desc").await),
        ["K010", "K009", "K008", "K001"]
    );
    assert_eq!(numbers(&list("$orderby=IsActive, Name desc").await)[..2], ["K009", "K007"]);
    let selected = list("$select=Name,CustomerNumber&$pagesize=1").await;
    assert_eq!(selected, [json!({ "Name": "Kund 001", "CustomerNumber": "K001" })]);
    for bad in ["$orderby=Nonsense", "$orderby=Name sideways", "$select=Nonsense", "$filter=Telephone eq 'x'"] {
        erp.get(&format!("/customers?{bad}")).await.refused(400, 6000);
    }
    erp.switch("filterable", "all");
    assert!(list("$filter=Telephone eq 'x'").await.is_empty());
    assert!(list("$filter=Name eq 'KUND 001'").await.is_empty());
    erp.switch("text_compare", "ignore_case");
    assert_eq!(numbers(&list("$filter=Name eq 'KUND 001'").await), ["K001"]);
    assert_eq!(numbers(&list("$filter=contains(Name,'KUND 001')").await), ["K001"]);
}

#[tokio::test]
async fn stamps_and_lookups_can_be_closed_to_filters() {
    let erp = with_customers(2).await;
    erp.advance(60);
    erp.act(
        "edit_customer",
        json!({ "number": "K002", "set": { "Note": "ny", "InvoiceCity": "Lund", "InvoicePostalCode": "22222" } }),
    );
    let since = "/customers?$filter=ChangedUtc ge 2026-02-17T09:01:00Z";
    assert_eq!(numbers(&erp.list(since).await), ["K002"]);
    assert_eq!(erp.list("/customers?$filter=ChangedUtc gt 2026-02-17T09:01:00Z").await.len(), 0);
    assert_eq!(erp.list("/customers?$filter=ChangedUtc ge 2026-02-17T10:01:00%2B01:00").await.len(), 1);
    erp.get("/customers?$filter=ChangedUtc ge 2026-02-17T10:01:00+01:00").await.refused(400, 6001);
    erp.get("/customers?$filter=ChangedUtc ge 2026-02-30T10:01:00Z").await.refused(400, 6001);
    let lookup = "/customers?$filter=EmailAddress eq 'a@b.se'";
    erp.get(lookup).await.of(200);
    erp.switch("filter_stamps", "off");
    erp.switch("filter_lookups", "off");
    erp.get(since).await.refused(400, 6000);
    erp.get(lookup).await.refused(400, 6000);
}

#[tokio::test]
async fn filters_that_nobody_knows_about() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    erp.order(&customer, &article, json!({ "BuyersOrderReference": "se-1" })).await;
    erp.order(&customer, &article, json!({ "BuyersOrderReference": "se-2" })).await;
    let filter = "/orders?$filter=BuyersOrderReference eq 'se-2' and Status eq 2";
    erp.get(filter).await.refused(400, 6000);
    erp.switch("filterable", "unknown_too");
    assert_eq!(erp.list(filter).await.len(), 1);
    assert_eq!(erp.list("/orders?$filter=Rows/any(c: contains(c/Text,'Artikel'))").await.len(), 2);
    let by_customer = format!("/orders?$filter=CustomerId eq {}", customer["Id"].as_str().unwrap());
    assert_eq!(erp.list(&by_customer).await.len(), 2);
}

#[tokio::test]
async fn listed_documents_have_their_rows_or_not() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let order = erp.order(&customer, &article, json!({})).await;
    assert_eq!(erp.list("/orders").await[0]["Rows"], order["Rows"]);
    erp.switch("list_rows", "empty");
    assert_eq!(erp.list("/orders").await[0]["Rows"], json!([]));
    assert_eq!(erp.get(&path("orders", &order)).await.of(200)["Rows"], order["Rows"]);
}

#[tokio::test]
async fn dates_stamps_rates_and_nulls_take_their_forms() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let order = erp.order(&customer, &article, json!({})).await;
    let at = path("orders", &order);
    assert_eq!(order["OrderDate"], "2026-02-17T00:00:00Z");
    assert_eq!((&order["CreatedUtc"], &order["ModifiedUtc"]), (&json!("2026-02-17T09:00:00Z"), &Value::Null));
    assert_eq!(order["Rows"][0]["VatRate"], crate::client::decimal("0.25"));
    assert!(order.as_object().unwrap().contains_key("DeliveryDate"));
    for (form, printed) in [("midnight", "2026-02-17T00:00:00"), ("plain", "2026-02-17")] {
        erp.switch("dates", form);
        assert_eq!(erp.get(&at).await.of(200)["OrderDate"], printed);
    }
    erp.switch("vat_rate", "percent");
    erp.switch("nulls", "left_out");
    let printed = erp.get(&at).await.of(200);
    assert_eq!(printed["Rows"][0]["VatRate"], 25);
    assert!(!printed.as_object().unwrap().contains_key("DeliveryDate"));
    let codings = "/articleaccountcodings?$orderby=VatRatePercent desc";
    assert_eq!(erp.list(codings).await[0]["VatRatePercent"], 25);
    erp.switch("vat_percent", "fraction");
    assert_eq!(erp.list(codings).await[0]["VatRatePercent"], crate::client::decimal("0.25"));
    erp.switch("stamp_precision", "millis");
    erp.switch("modified_utc_new", "created");
    let order = erp.order(&customer, &article, json!({})).await;
    assert_eq!(order["CreatedUtc"], "2026-02-17T09:00:00.000Z");
    assert_eq!(order["ModifiedUtc"], order["CreatedUtc"]);
}

#[tokio::test]
async fn a_record_that_is_not_there() {
    let erp = Erp::start().await;
    let nobody = "/customers/6f9619ff-8b86-d011-b42d-00c04fc964ff";
    erp.get(nobody).await.refused(404, 3000);
    erp.switch("missing", "404_empty");
    let answer = erp.get(nobody).await;
    assert_eq!((answer.status, answer.body), (404, json!("")));
    erp.switch("missing", "400");
    erp.get(nobody).await.refused(400, 3000);
    let customer = erp.customer(json!({})).await;
    let capitals = customer["Id"].as_str().unwrap().to_uppercase();
    assert_eq!(erp.get(&format!("/customers/{capitals}")).await.of(200)["Id"], customer["Id"]);
}
