//! Streams beside the daily ones, against the emulated system.

use connector_eekonomi::{Connection, PriceListWrites};
use rust_decimal::Decimal;
use serde_json::json;
use sync_core::{
    Canonical, ErrorKind, Field, Link,
    connector::{Action, Connector, Write},
    model::{
        Address, Content, Invoice, Item, LedgerEntry, Line, LineKind, Lines, Order, OrderStage, Organisation, Price,
        Project,
    },
};

use crate::support::{Erp, Stage, create, dec, of, part, write};

/// A company with all streams, and a login that covers them; with a price list and two labels, too.
async fn stage() -> Stage {
    stage_with(&[]).await
}
/// The same where the vendor does otherwise in what it does not publish.
async fn stage_with(switches: &[(&str, &str)]) -> Stage {
    let erp = Erp::start().await;
    let lists = json!([{ "Name": "Grossist", "CurrencyCode": "SEK", "IsActive": true }]);
    let seed = json!({ "salespricelists": lists, "articlelabels": [{ "Name": "Kaffe" }, { "Name": "Te" }] });
    erp.emulator.seed(seed).unwrap();
    for (name, value) in switches {
        erp.switch(name, *value);
    }
    let scopes = "ea:api offline_access ea:sales ea:accounting ea:purchase";
    erp.sign_in(json!({ "scopes": scopes })).await;
    let mut config = erp.config();
    config.scopes = scopes.split(' ').map(str::to_owned).collect();
    config.more_streams = ["quotes", "quotedrafts", "suppliers"].map(str::to_owned).into();
    config.price_list_writes = PriceListWrites::Whole;
    Stage::set_with(erp, config).await
}
fn list(connection: &Connection) -> String {
    let lists = &connection.company.lists["salespricelists"];
    lists.iter().find(|list| list.name == "Grossist").unwrap().id.clone()
}
fn changed(id: &str, net: &str) -> Write {
    let parts = vec![part("salespricelistprices", Price::new().amount(dec(net)).to_fields())];
    write("salespricelistprices", Action::Update { id: id.into(), parts, if_version: None })
}

#[tokio::test]
async fn prices_of_a_list_go_out_come_back_and_leave_the_others() {
    for puts in ["upsert", "replace"] {
        let stage = stage_with(&[("put_prices", puts)]).await;
        let (erp, connection) = (&stage.erp, &stage.connection);
        let list = list(connection);
        let price = |item: &sync_core::ExternalRef, net: &str| {
            let price = Price::new().item(item.clone()).list(list.as_str()).amount(dec(net)).currency("SEK");
            create("salespricelistprices", vec![part("salespricelistprices", price.to_fields())])
        };
        let both = [price(&stage.article, "90"), price(&stage.food, "80.50")];
        let written = connection.router.write(&erp.cx, &both).await;
        let ids: Vec<String> = written.into_iter().map(|one| one.unwrap().reference.id.to_string()).collect();
        erp.write(connection, changed(&ids[0], "85")).await.unwrap();
        let listed = erp.records(connection, "salespricelistprices").await;
        let amount = |id: &str| {
            let record = listed.iter().find(|record| *record.reference.id == *id).unwrap();
            Price::from_fields(&record.fields).unwrap().amount
        };
        assert_eq!((amount(&ids[0]), amount(&ids[1])), (dec("85").into(), dec("80.5").into()), "{puts}");
        let got = erp.item(connection, "salespricelistprices", &ids[1]).await.unwrap();
        assert_eq!(*got.reference.id, *ids[1]);
    }
}

#[tokio::test]
async fn a_quote_goes_from_draft_to_order() {
    let stage = stage().await;
    let (erp, connection) = (&stage.erp, &stage.connection);
    let item = Line::new().kind(LineKind::Item).item(Link::External(stage.article.clone())).quantity(2).unit_price(90);
    let lines = Lines::new().with(item).with(Line::new().kind(LineKind::Text).text("Leverans i mars"));
    let content = Content::new().lines(lines).buyer_reference("Karin").prices_include_vat(false);
    let order = Order::new().customer(stage.customer.clone()).content(content);
    let order = order.ordered_on("2026-02-17".parse::<chrono::NaiveDate>().unwrap());
    let mut new = create("quotedrafts", vec![part("quotedrafts", order.to_fields())]);
    new.mark = Some("crm-44".to_owned());
    let draft = erp.write(connection, new).await.unwrap();
    let shown = connection.router.decode(&draft.item.unwrap()).unwrap().remove(0);
    let made = Order::from_fields(&shown.fields).unwrap();
    assert_eq!((made.stage, shown.mark.as_deref()), (OrderStage::Quote.into(), Some("crm-44")));
    assert_eq!((made.content.net, made.content.gross), (180.into(), 225.into()));
    let step = |stream: &str, id: &str, act: &str| {
        write(stream, Action::Act { id: id.into(), act: act.to_owned(), with: sync_core::FieldMap::new() })
    };
    let quote = erp.write(connection, step("quotedrafts", &draft.reference.id, "convert")).await.unwrap();
    assert_eq!(quote.reference.at.stream.as_str(), "quotes");
    let id = quote.reference.id.clone();
    let due = Order::new().expires_on("2026-03-31".parse::<chrono::NaiveDate>().unwrap());
    erp.update(connection, "quotes", &id, vec![part("quotes", due.to_fields())]).await.unwrap();
    erp.write(connection, step("quotes", &id, "accept")).await.unwrap();
    let order = erp.write(connection, step("quotes", &id, "converttoorder")).await.unwrap();
    assert_eq!(order.reference.at.stream.as_str(), "orders");
    let quotes = erp.records(connection, "quotes").await;
    assert_eq!(quotes[0].fields.text("x.eekonomi.status".into()), Some("OrderCreated"));
    let ordered = connection.router.decode(&order.item.unwrap()).unwrap().remove(0);
    assert_eq!(Order::from_fields(&ordered.fields).unwrap().content.gross, 225.into());
}

#[tokio::test]
async fn projects_and_suppliers_go_out_and_come_back() {
    let stage = stage().await;
    let (erp, connection) = (&stage.erp, &stage.connection);
    let project = Project::new().number("P-1").name("Nytt kontor").customer(stage.customer.clone());
    let project = project.starts_on("2026-01-01".parse::<chrono::NaiveDate>().unwrap());
    let made = erp.write(connection, create("projects", vec![part("projects", project.to_fields())])).await.unwrap();
    let over = Project::new().is_finished(true);
    let id = made.reference.id;
    erp.update(connection, "projects", &id, vec![part("projects", over.to_fields())]).await.unwrap();
    let projects = erp.records(connection, "projects").await;
    let shown = Project::from_fields(&projects[0].fields).unwrap();
    assert_eq!((shown.is_finished, shown.number, shown.name), (true.into(), "P-1".into(), "Nytt kontor".into()));
    let again = part("projects", project.to_fields());
    let error = erp.write(connection, create("projects", vec![again])).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::AlreadyExists, Some("4000")));

    let supplier = Organisation::new().name("Rosteriet AB").billing(Address::new().city("Lund"));
    let new = create("suppliers", vec![part("suppliers", supplier.to_fields())]);
    let id = erp.write(connection, new).await.unwrap().reference.id;
    let moved = Organisation::new().billing(Address::new().city("Malmö"));
    erp.update(connection, "suppliers", &id, vec![part("suppliers", moved.to_fields())]).await.unwrap();
    let records = erp.records(connection, "suppliers").await;
    let shown = Organisation::from_fields(&of(&records, "suppliers")[0].fields).unwrap();
    assert_eq!((shown.billing.city, shown.is_supplier), ("Malmö".into(), Field::Set(true)));
    assert_eq!(
        of(&erp.records(connection, "customers").await, "customers").len(),
        2,
        "they are not among the customers"
    );
}

#[tokio::test]
async fn an_article_is_changed_whatever_the_vendor_makes_of_what_it_does_not_publish() {
    for switches in [
        [("label_link", "id"), ("read_only_in_body", "refused"), ("stock_fields_without_module", "ignored")],
        [("label_link", "name"), ("nulls", "left_out"), ("single_price", "computed")],
        [("vat_percent", "fraction"), ("vat_rate", "percent"), ("stock_fields_without_module", "refused")],
    ] {
        let stage = stage_with(&switches).await;
        let (erp, connection) = (&stage.erp, &stage.connection);
        let labels = &connection.company.lists["articlelabels"];
        let label = |name: &str| labels.iter().find(|label| label.name == name).unwrap().id.clone();
        let change = Item::new().name("Kaffe 500 g").category(label("Kaffe")).vat_rate(12).barcode("7310865004703");
        let price = Price::new().amount(dec("49.90")).includes_vat(false);
        let parts = vec![part("articles", change.to_fields()), part("article_price", price.to_fields())];
        let id = stage.article.id.clone();
        let written = erp.update(connection, "articles", &id, parts).await.unwrap();
        let shown = connection.router.decode(&written.item.unwrap()).unwrap();
        let item = Item::from_fields(&of(&shown, "articles")[0].fields).unwrap();
        assert_eq!((item.category, item.vat_rate), (label("Kaffe").into(), Field::Set(12.into())), "{switches:?}");
        assert_eq!((item.barcode, item.name), ("7310865004703".into(), "Kaffe 500 g".into()), "{switches:?}");
        let price = Price::from_fields(&of(&shown, "article_price")[0].fields).unwrap();
        assert_eq!(price.amount, dec("49.9").into(), "{switches:?}");
        let tea = part("articles", Item::new().category(label("Te")).to_fields());
        erp.update(connection, "articles", &id, vec![tea]).await.unwrap();
        let stored = erp.stored("articles").into_iter().find(|article| article["Id"] == *id).unwrap();
        assert_eq!(stored["ArticleLabels"].as_array().unwrap().len(), 1, "{switches:?}");
        assert_eq!((&stored["StockBalance"], &stored["GrossPrice"]), (&json!(50), &json!(55.89)), "{switches:?}");
    }
}

#[tokio::test]
async fn what_an_invoice_booked_shows_row_by_row() {
    let stage = stage().await;
    let (erp, connection) = (&stage.erp, &stage.connection);
    let draft = Invoice::new().customer(stage.customer.clone()).content(stage.content());
    let new = create("customerinvoicedrafts", vec![part("customerinvoicedrafts", draft.to_fields())]);
    let id = erp.write(connection, new).await.unwrap().reference.id;
    let book = Action::Act { id, act: "book".to_owned(), with: sync_core::FieldMap::new() };
    let invoice = erp.write(connection, write("customerinvoicedrafts", book)).await.unwrap();
    let entries: Vec<LedgerEntry> = erp
        .records(connection, "vouchers")
        .await
        .iter()
        .map(|record| LedgerEntry::from_fields(&record.fields).unwrap())
        .collect();
    assert!(entries.len() >= 3, "a claim, sales and VAT: {}", entries.len());
    let sum: Decimal = entries.iter().map(|entry| *entry.amount.value().unwrap()).sum();
    assert_eq!(sum, Decimal::ZERO, "what is booked balances");
    let claim = entries.iter().find(|entry| *entry.amount.value().unwrap() == dec("281.28")).unwrap();
    assert_eq!(claim.invoice.value().unwrap().external(), Some(&invoice.reference));
}
