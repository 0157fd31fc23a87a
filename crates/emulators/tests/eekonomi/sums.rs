//! VAT and totals.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, order_row, path};

async fn article(erp: &Erp, number: &str, coding: &str, net: &str, gross: &str) -> Value {
    erp.post("/articles", erp.article_body(number, coding, net, gross).await).await.of(201)
}

fn row(article: &Value, quantity: &str, price: &str) -> Value {
    json!({ "ArticleId": article["Id"], "Quantity": decimal(quantity), "UnitPrice": decimal(price) })
}

#[tokio::test]
async fn prices_of_private_persons_include_vat_either_way() {
    for (direction, checked, includes) in [
        ("checked_includes", true, true),
        ("checked_includes", false, false),
        ("checked_excludes", true, false),
        ("checked_excludes", false, true),
    ] {
        let erp = Erp::start().await;
        erp.switch("prices_excl_vat", direction);
        erp.act("set_company", json!({ "settings": { "ShowPricesExclVatPC": checked } }));
        let private = erp.customer(json!({ "IsPrivatePerson": true })).await;
        let goods = erp.article("A").await;
        let invoice = erp.invoice(&private, &goods, json!({})).await;
        let (total, vat) = if includes { (json!(200), json!(40)) } else { (json!(250), json!(50)) };
        assert_eq!(
            (&invoice["IncludesVat"], &invoice["TotalAmount"], &invoice["TotalVatAmount"]),
            (&json!(includes), &total, &vat)
        );
        let company = erp.customer(json!({})).await;
        assert_eq!(erp.invoice(&company, &goods, json!({})).await["IncludesVat"], false);
    }
}

#[tokio::test]
async fn an_orders_amount_follows_its_price_basis_or_is_gross() {
    let erp = Erp::start().await;
    let (company, goods) = (erp.customer(json!({})).await, erp.article("A").await);
    let private = erp.customer(json!({ "IsPrivatePerson": true })).await;
    let order = erp.order(&company, &goods, json!({})).await;
    assert_eq!(
        (&order["IncludesVat"], &order["Amount"], &order["VatAmount"]),
        (&json!(false), &json!(200), &json!(50))
    );
    let order = erp.order(&private, &goods, json!({})).await;
    assert_eq!((&order["IncludesVat"], &order["Amount"], &order["VatAmount"]), (&json!(true), &json!(200), &json!(40)));
    erp.switch("order_amount", "gross");
    assert_eq!(erp.order(&company, &goods, json!({})).await["Amount"], 250);
}

#[tokio::test]
async fn vat_is_rounded_per_rate_or_per_row() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({})).await;
    let goods = article(&erp, "A", "Varor 25 %", "0.10", "0.13").await;
    let rows = json!({ "Rows": [row(&goods, "1", "0.10"), row(&goods, "1", "0.10")] });
    assert_eq!(erp.invoice(&customer, &goods, rows.clone()).await["TotalVatAmount"], decimal("0.05"));
    erp.switch("vat_rounding", "per_row");
    assert_eq!(erp.invoice(&customer, &goods, rows).await["TotalVatAmount"], decimal("0.06"));
}

#[tokio::test]
async fn several_rates_in_one_document() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({ "IsPrivatePerson": true })).await;
    let goods = article(&erp, "A", "Varor 25 %", "100", "125").await;
    let food = article(&erp, "B", "Varor 12 %", "17.77", "19.90").await;
    let books = article(&erp, "C", "Varor 6 %", "100", "106").await;
    let rows = json!({ "Rows": [row(&goods, "1", "125"), row(&food, "3", "19.90"), row(&books, "1", "106")] });
    let invoice = erp.invoice(&customer, &goods, rows).await;
    assert_eq!(invoice["TotalAmount"], decimal("290.7"));
    let rates: Vec<_> =
        invoice["VatSpecification"].as_array().unwrap().iter().map(|one| one["VatPercent"].clone()).collect();
    assert_eq!(rates, [25, 12, 6]);
    assert_eq!(invoice["VatSpecification"][1]["VatAmountInvoiceCurrency"], decimal("6.4"));
    assert_eq!(invoice["TotalVatAmount"], decimal("37.4"));
}

#[tokio::test]
async fn whole_kronor_in_the_total_or_beside_it() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "settings": { "DomesticCurrencyRounding": 1 } }));
    let customer = erp.customer(json!({})).await;
    let goods = erp.article("A").await;
    let rows = json!({ "Rows": [row(&goods, "1", "100.30")] });
    let invoice = erp.invoice(&customer, &goods, rows.clone()).await;
    assert_eq!((&invoice["TotalAmount"], &invoice["TotalRoundings"]), (&json!(125), &decimal("-0.38")));
    erp.switch("total_roundings", "beside");
    let invoice = erp.invoice(&customer, &goods, rows.clone()).await;
    assert_eq!((&invoice["TotalAmount"], &invoice["RemainingAmount"]), (&decimal("125.38"), &json!(125)));
    let abroad = erp.customer(json!({ "CurrencyCode": "EUR" })).await;
    assert_eq!(erp.invoice(&abroad, &goods, rows).await["TotalRoundings"], 0, "only in the company's own currency");
}

#[tokio::test]
async fn discounts_and_the_rows_own_amounts() {
    let erp = Erp::start().await;
    let (customer, goods) = (erp.customer(json!({})).await, erp.article("A").await);
    let mut discounted = order_row(1, &goods, "3", "33.33");
    discounted["DiscountPercentage"] = decimal("0.1");
    let order = erp.order(&customer, &goods, json!({ "Rows": [discounted] })).await;
    assert_eq!((&order["Rows"][0]["Amount"], &order["VatAmount"]), (&decimal("89.99"), &decimal("22.5")));
}

#[tokio::test]
async fn the_buyers_country_decides_on_vat() {
    let erp = Erp::start().await;
    let goods = erp.article("A").await;
    for (changes, vat) in [
        (json!({}), 50),
        (json!({ "InvoiceCountryCode": "SE" }), 50),
        (json!({ "InvoiceCountryCode": "DE", "VatNumber": "DE123456789" }), 0),
        (json!({ "InvoiceCountryCode": "DE" }), 50),
        (json!({ "InvoiceCountryCode": "DE", "VatNumber": "DE123456789", "IsPrivatePerson": true }), 40),
        (json!({ "InvoiceCountryCode": "NO" }), 0),
        (json!({ "InvoiceCountryCode": "NO", "ForceBookkeepVat": true }), 50),
        (
            json!({ "InvoiceCountryCode": "NO", "DeliveryBasedVat": true, "DeliveryCountryCode": "SE", "DeliveryCity": "Lund", "DeliveryPostalCode": "22222" }),
            50,
        ),
    ] {
        let customer = erp.customer(changes.clone()).await;
        assert_eq!(erp.invoice(&customer, &goods, json!({})).await["TotalVatAmount"], vat, "{changes}");
    }
}

#[tokio::test]
async fn a_coding_without_the_account_stops_the_booking() {
    let erp = Erp::start().await;
    let fee = article(&erp, "F", "Expeditionsavgift", "100", "125").await;
    let norwegian = erp.customer(json!({ "InvoiceCountryCode": "NO" })).await;
    let body = erp.invoice_body(&norwegian, &fee, json!({}));
    erp.post("/customerinvoices", body).await.refused(400, 4024);
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(&norwegian, &fee, json!({}))).await.of(201);
    erp.act_on(&format!("{}/convert", path("customerinvoicedrafts", &draft))).await.refused(400, 4024);
    erp.get(&path("customerinvoicedrafts", &draft)).await.of(200);
}

#[tokio::test]
async fn reverse_charge_is_for_services() {
    let erp = Erp::start().await;
    let service = article(&erp, "S", "Tjänster 25 %", "100", "125").await;
    let goods = erp.article("A").await;
    let builder =
        erp.customer(json!({ "VatNumber": "SE556677889901", "ReverseChargeOnConstructionServices": true })).await;
    let free = |article: &Value| json!({ "Rows": [{ "IsTextRow": false, "ArticleId": article["Id"], "Quantity": 1, "UnitPrice": 100, "ReversedConstructionServicesVatFree": true }] });
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(&builder, &service, free(&service))).await.of(201);
    assert_eq!((&draft["TotalVatAmount"], &draft["ReverseChargeOnConstructionServices"]), (&json!(0), &json!(true)));
    erp.act_on(&format!("{}/convert", path("customerinvoicedrafts", &draft))).await.of(201);
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(&builder, &goods, free(&goods))).await.of(201);
    erp.act_on(&format!("{}/convert", path("customerinvoicedrafts", &draft))).await.refused(400, 4027);
}
