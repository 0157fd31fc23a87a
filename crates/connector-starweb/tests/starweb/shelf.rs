//! Products, prices, stock and customers written to the emulated shop, over real HTTP.

use emulators::frame::{Fault, FaultKind};
use serde_json::json;
use sync_core::{
    Canonical, ErrorKind, FieldMap, StreamId,
    capability::RemoveMode,
    connector::{Action, Connector, Item as Row, ListFrom},
    model::{Address, Item, Organisation, Party, Price, StockLevel},
};

use crate::support::{Shop, assert_shows, of, shares, shown};

fn lamp() -> FieldMap {
    let item = Item::new().number("LAMPA-2").name("Golvlampa").barcode("7350000000028").unit("st").is_active(true);
    item.vat_rate(25).is_sold_online(true).weight(4).to_fields()
}
fn price(amount: &str) -> FieldMap {
    Price::new().amount(amount.parse::<rust_decimal::Decimal>().unwrap()).to_fields()
}
fn stock(available: i64) -> FieldMap {
    StockLevel::new().available(available).to_fields()
}
async fn create(shop: &Shop) -> Row {
    let parts = [("products", lamp()), ("prices", price("560")), ("stock", stock(12))];
    let made = shop.write(shares("products", None, &parts)).await.unwrap();
    assert!(made.item.is_none() && made.as_sent, "what was asked for was sent");
    shop.get("products", &made.reference.id).await.unwrap()
}
fn shows(shop: &Shop, row: &Row, stream: &str, expected: &[(&str, &str)]) {
    assert_shows(of(&shop.router.decode(row).unwrap(), stream).unwrap(), expected);
}

/// What the vendor's description leaves open about products, and the forms that it may have.
const OPEN: &[(&str, &[&str])] = &[
    ("product_answer", &["bare", "primary"]),
    ("variant_collections", &["wrapped", "bare"]),
    ("primary_variant_key", &["variants", "primaryVariant"]),
    ("new_variant_prices", &["none", "zero"]),
    ("duplicate_price", &["refused", "replaced"]),
    ("new_variant_stock", &["row", "none"]),
    ("patch_lists", &["replace", "merge"]),
    ("put_left_out", &["kept", "cleared"]),
    ("read_only_fields", &["refused", "ignored"]),
    ("filter_sku_scope", &["primary", "all_variants"]),
];

#[tokio::test]
async fn a_product_arrives_and_is_changed_whatever_the_shop_does_where_its_description_is_silent() {
    for (switch, values) in OPEN {
        for value in *values {
            let shop = Shop::open().await;
            shop.emulator.switch(switch, *value).unwrap();
            let made = create(&shop).await;
            let all = [("number", "'LAMPA-2'"), ("name", "'Golvlampa'"), ("unit", "'st'"), ("is_sold_online", "true")];
            shows(&shop, &made, "products", &all);
            shows(&shop, &made, "prices", &[("amount", "560"), ("campaign_amount", "(empty)")]);
            shows(&shop, &made, "stock", &[("available", "12"), ("status", "'inStock'")]);
            let mut text = lamp();
            text.set(Item::NAME, "Golvlampa mässing");
            let campaign = Price::new().amount(540).campaign_amount(499).to_fields();
            let parts = [("products", text), ("prices", campaign), ("stock", stock(7))];
            let id = made.reference.id.to_string();
            let changed = shop.write(shares("products", Some(&id), &parts)).await.unwrap().item.unwrap();
            shows(&shop, &changed, "products", &[("name", "'Golvlampa mässing'"), ("barcode", "'7350000000028'")]);
            shows(&shop, &changed, "prices", &[("amount", "540"), ("campaign_amount", "499")]);
            shows(&shop, &changed, "stock", &[("available", "7")]);
            let listed = shop.items("products", ListFrom::Beginning).await;
            assert_eq!(listed, [changed], "{switch} = {value}");
            let by = FieldMap::new().with(Item::NUMBER, "LAMPA-2");
            let found = shop.router.find(&shop.bench.cx, &StreamId::new("products"), &by).await.unwrap();
            assert_eq!(found, listed, "{switch} = {value}");
        }
    }
}

#[tokio::test]
async fn what_a_create_and_a_change_cost_in_calls() {
    let shop = Shop::open().await;
    shop.emulator.switch("product_answer", "primary").unwrap();
    let id = create(&shop).await.reference.id.to_string();
    let (product, variant) = id.split_once('-').unwrap();
    let prices = format!("/products/{product}/variants/{variant}/prices");
    let (one, list) = (format!("/products/{product}"), shop.lists()["pricelists"][0]["pricelistId"].clone());
    let expected =
        ["POST /products".to_owned(), format!("POST {prices}"), format!("PATCH {one}"), format!("GET {one}")];
    assert_eq!(shop.calls(), expected, "the last one is this test's own");
    shop.write(shares("products", Some(&id), &[("prices", price("550"))])).await.unwrap();
    assert_eq!(shop.calls(), [format!("PATCH {prices}/{list}")]);
    shop.write(shares("products", Some(&id), &[("stock", stock(3))])).await.unwrap();
    let location = shop.lists()["stock-locations"][0]["stockLocationId"].clone();
    let stocks = format!("/products/{product}/variants/{variant}/stocks/{location}");
    assert_eq!(shop.calls(), [format!("PATCH {stocks}")]);
    let mut text = lamp();
    text.set(Item::NAME, "Taklampa");
    let written = shop.write(shares("products", Some(&id), &[("products", text)])).await.unwrap();
    assert!(written.item.is_some(), "texts and codes are read back");
    // without a price it stays hidden, whatever was asked for
    let bare = shares("products", None, &[("products", lamp().with(Item::NUMBER, "LAMPA-3"))]);
    assert!(shop.write(bare).await.unwrap().item.is_some());
}

#[tokio::test]
async fn a_listing_is_a_call_for_a_hundred_products() {
    let shop = Shop::open().await;
    let list = shop.lists()["pricelists"][0]["pricelistId"].clone();
    let products: Vec<_> = (1..=250)
        .map(|id| {
            json!({ "productId": id, "type": "basic", "visibility": "visible", "defaultVatRate": "25",
                "createdAt": "2024-02-01T08:00:00+01:00", "modifiedAt": "2024-02-01T08:00:00+01:00",
                "languages": [{ "langCode": "sv", "name": format!("Sak {id}") }],
                "variants": [{ "variantId": 9000 + id, "sku": format!("SAK-{id}"), "attributeValueLinks": [],
                    "isActive": true, "stockQuantity": id, "prices": [{ "pricelistId": list, "priceExVat": id }] }] })
        })
        .collect();
    shop.emulator.seed(json!({ "products": products })).unwrap();
    let items = shop.items("products", ListFrom::Beginning).await;
    assert_eq!((items.len(), shop.calls().len()), (250, 3));
    shows(&shop, &items[249], "prices", &[("sku", "'SAK-250'"), ("amount", "250")]);
    shows(&shop, &items[249], "stock", &[("sku", "'SAK-250'"), ("available", "250")]);
    let since = ListFrom::ModifiedSince("2024-02-02T00:00:00Z".parse().unwrap());
    assert_eq!((shop.list("products", since).await.len(), shop.calls().len()), (0, 1));
}

#[tokio::test]
async fn each_variant_of_a_product_is_an_item_with_its_own_price_and_stock() {
    let shop = Shop::open().await;
    let first = create(&shop).await;
    let product: u64 = first.reference.id.split_once('-').unwrap().0.parse().unwrap();
    shop.act(json!({ "action": "add_variant", "productId": product, "variant": { "sku": "LAMPA-2-S",
        "attributeValueLinks": [], "stockQuantity": 4, "isActive": true } }));
    shop.requests();
    let items = shop.items("products", ListFrom::Beginning).await;
    assert_eq!(shop.calls(), ["GET /products".to_owned(), format!("GET /products/{product}/variants")]);
    assert_eq!((items.len(), &items[0].reference), (2, &first.reference), "the first one keeps its id");
    shows(&shop, &items[1], "products", &[("number", "'LAMPA-2-S'"), ("product", &format!("'{product}'"))]);
    for item in &items {
        assert_eq!(shop.get("products", &item.reference.id).await.as_ref(), Some(item));
    }
    let second = items[1].reference.id.to_string();
    let parts = [("prices", price("610")), ("stock", stock(5))];
    assert!(shop.write(shares("products", Some(&second), &parts)).await.unwrap().as_sent);
    let changed = shop.get("products", &second).await.unwrap();
    shows(&shop, &changed, "prices", &[("amount", "610")]);
    shows(&shop, &changed, "stock", &[("available", "5")]);
    shows(&shop, &shop.get("products", &first.reference.id).await.unwrap(), "prices", &[("amount", "560")]);

    // one of two variants goes without the other, and the last one with its product
    let remove = |id: &str, mode| {
        let mut write = shares("products", None, &[]);
        write.action = Action::Remove { id: id.into(), mode };
        shop.write(write)
    };
    remove(&second, RemoveMode::Delete).await.unwrap();
    assert_eq!(shop.list("products", ListFrom::Beginning).await, [first.reference.id.to_string()]);
    remove(&first.reference.id, RemoveMode::Archive).await.unwrap();
    shows(&shop, &shop.get("products", &first.reference.id).await.unwrap(), "products", &[("is_sold_online", "false")]);
    remove(&first.reference.id, RemoveMode::Delete).await.unwrap();
    assert_eq!(remove(&first.reference.id, RemoveMode::Delete).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(shop.list("products", ListFrom::Beginning).await, [""; 0]);
}

#[tokio::test]
async fn prices_that_the_shop_rounds_and_a_quantity_in_pieces_come_back_as_the_capability_says() {
    let shop = Shop::open().await;
    shop.emulator.switch("price_decimals", 2).unwrap();
    let id = create(&shop).await.reference.id.to_string();
    let parts = [("prices", price("187.7358")), ("stock", stock(7))];
    assert!(shop.write(shares("products", Some(&id), &parts)).await.unwrap().as_sent);
    let row = shop.get("products", &id).await.unwrap();
    shows(&shop, &row, "prices", &[("amount", "187.74")]);
    let amount = &shop.router.capabilities().streams["prices"].fields[&Price::AMOUNT];
    let (stored, wanted) = ("187.74".parse().unwrap(), "187.7358".parse().unwrap());
    let (stored, wanted) = (sync_core::Value::Decimal(stored), sync_core::Value::Decimal(wanted));
    assert!(sync_core::capability::represents(&stored, &wanted, amount));
}

#[tokio::test]
async fn a_sale_and_an_edit_in_the_shop_show_in_the_next_listing() {
    let shop = Shop::open().await;
    let id = create(&shop).await.reference.id.to_string();
    shop.act(json!({ "action": "set_stock", "sku": "LAMPA-2", "quantity": 9 }));
    let row = shop.get("products", &id).await.unwrap();
    shows(&shop, &row, "stock", &[("available", "9")]);
    shop.order(json!({ "items": [{ "sku": "LAMPA-2", "description": "Lampa", "quantity": 2, "unitPrice": 560,
        "vatRate": 25 }] }));
    shows(&shop, &shop.items("products", ListFrom::Beginning).await[0], "stock", &[("available", "7")]);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_its_number() {
    let shop = Shop::open().await;
    shop.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v2/products").times(1));
    let parts = [("products", lamp()), ("prices", price("560"))];
    let error = shop.write(shares("products", None, &parts)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousWrite, "{error}");
    let by = FieldMap::new().with(Item::NUMBER, "LAMPA-2");
    let found = shop.router.find(&shop.bench.cx, &StreamId::new("products"), &by).await.unwrap();
    assert_eq!(found.len(), 1);
    shows(&shop, &found[0], "products", &[("is_sold_online", "false")]);
    shows(&shop, &found[0], "prices", &[("amount", "(empty)")]);
}

#[tokio::test]
async fn a_customer_is_made_changed_and_removed() {
    for creates in ["yes", "no"] {
        let shop = Shop::open().await;
        shop.emulator.switch("put_creates_address", creates).unwrap();
        let eva = Organisation::new()
            .name("Eva Berg")
            .party(Party::Private)
            .email("eva.berg@exempel.example")
            .phone("+46701234567")
            .billing(Address::new().street("Vägen 2").postal_code("22222").city("Lund").country("SE"));
        let write = shares("customers", None, &[("customers", eva.to_fields())]);
        let made = shop.write(write).await.unwrap().item.unwrap();
        let expected = [
            ("name", "'Eva Berg'"),
            ("party", "'private'"),
            ("phone", "'+46701234567'"),
            ("billing.street", "'Vägen 2'"),
            ("billing.country", "'SE'"),
        ];
        shows(&shop, &made, "customers", &expected);
        let id = made.reference.id.to_string();
        let moved = Organisation::new().party(Party::Private).name("Eva Ek").email("eva.ek@exempel.example");
        let moved = moved.delivery(Address::new().name("Bo Ek").street("Gränd 3").city("Moss")).to_fields();
        let write = shares("customers", Some(&id), &[("customers", moved)]);
        let changed = shop.write(write).await.unwrap().item.unwrap();
        let expected = [
            ("name", "'Eva Ek'"),
            ("email", "'eva.ek@exempel.example'"),
            ("billing.street", "'Vägen 2'"),
            ("delivery.name", "'Bo Ek'"),
            ("delivery.city", "'Moss'"),
        ];
        shows(&shop, &changed, "customers", &expected);
        assert!(shop.list("customers", ListFrom::Beginning).await.contains(&id));
        let mut remove = shares("customers", None, &[]);
        remove.action = Action::Remove { id: id.as_str().into(), mode: RemoveMode::Delete };
        shop.write(remove).await.unwrap();
        assert!(shop.get("customers", &id).await.is_none());
        let gone = shares("customers", Some(&id), &[("customers", FieldMap::new().with(Organisation::PHONE, "1"))]);
        assert_eq!(shop.write(gone).await.unwrap_err().kind(), ErrorKind::NotFound, "{creates}");
    }
}

#[tokio::test]
async fn further_locations_lists_and_quantities_are_written_where_they_belong() {
    let shop = Shop::open().await;
    shop.emulator
        .seed(
            json!({ "stock-locations": [{ "stockLocationId": 301, "visibility": "never_show_in_store", "sortIndex": 1,
            "ecommerceStockLocation": false, "languages": [{ "langCode": "sv", "name": "Butik" }] }] }),
        )
        .unwrap();
    let mut config = crate::support::config(shop.emulator.base_url());
    config.stock_locations = vec!["Butik".into()];
    config.volume_quantities = vec![10];
    let router = shop.bench.connect(&config).await.unwrap().router;
    let id = create(&shop).await.reference.id.to_string();
    let ten = Price::new().amount(500).from_quantity(10).to_fields();
    let parts = [("stock", stock(5)), ("stock_301", stock(8)), ("prices_from_10", ten)];
    for _ in 0..2 {
        router.write(&shop.bench.cx, &[shares("products", Some(&id), &parts)]).await.remove(0).unwrap();
    }
    let state = shop.emulator.state().to_string();
    assert!(state.contains("\"stockQuantity\":8") || state.contains("\"stockQuantity\":8.0"), "{state}");
    let records = router.decode(&shop.get("products", &id).await.unwrap()).unwrap();
    let of_shop = of(&records, "stock").unwrap();
    assert_eq!(shown(of_shop, "available"), "-", "of several locations nobody says what the quantity is of");
    let none = [("prices_from_10", FieldMap::new().with(Price::AMOUNT, sync_core::Value::Null))];
    router.write(&shop.bench.cx, &[shares("products", Some(&id), &none)]).await.remove(0).unwrap();
}
