//! What a product says: an item, its prices, its stock.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldPath,
    connector::{Connector, Writable},
    model::{Item, Price, StockLevel},
};

use crate::support::{
    Bench, assert_shows, changed, config, fixture, fixture_json, item, of, offline, offline_with, shown,
};

/// The product with other members of its variant.
fn with_variant(members: Json) -> String {
    let mut product = fixture_json("product");
    let variant = &mut product["variants"]["data"][0];
    for (key, value) in members.as_object().unwrap() {
        variant[key] = value.clone();
    }
    product.to_string()
}

#[tokio::test]
async fn a_product_is_an_item_with_its_own_price_and_its_stock() {
    let records = offline().await.decode(&item("products", "501-901", &fixture("product"))).unwrap();
    assert_eq!(records.len(), 3);
    let product = of(&records, "products").unwrap();
    assert_shows(
        product,
        &[
            ("number", "'LAMPA-1'"),
            ("name", "'Bordslampa'"),
            ("description", "'Mässing och glas'"),
            ("product", "(empty)"),
            ("variant", "(empty)"),
            ("barcode", "'7350000000011'"),
            ("unit", "'st'"),
            ("category", "'31'"),
            ("vat_rate", "25"),
            ("sales_account", "'3001'"),
            ("cost.amount", "212.50"),
            ("cost.currency", "'SEK'"),
            ("weight", "1.250"),
            ("manufacturer", "'Glimma'"),
            ("supplier_item_number", "'GL-9'"),
            ("is_active", "true"),
            ("is_sold_online", "true"),
            ("is_stocked", "-"),
            ("x.starweb.product_id", "501"),
            ("x.starweb.variant_id", "901"),
            ("x.starweb.external_id", "'ART-77'"),
            ("x.starweb.visibility", "'visible'"),
            ("x.starweb.category_ids", "'31,8'"),
            ("x.starweb.media_file_ids", "'71'"),
            ("x.starweb.image_file_id", "71"),
            ("x.starweb.permalink", "'bordslampa'"),
            ("x.starweb.product_name", "'Bordslampa'"),
            ("x.starweb.has_several_variants", "false"),
        ],
    );
    assert_shows(
        of(&records, "prices").unwrap(),
        &[
            ("item", "→starweb:se/products#501-901"),
            ("sku", "'LAMPA-1'"),
            ("list", "(empty)"),
            ("currency", "'SEK'"),
            ("from_quantity", "1"),
            ("includes_vat", "false"),
            ("amount", "399.20"),
            ("campaign_amount", "320"),
            ("campaign_from", "-"),
        ],
    );
    assert_shows(
        of(&records, "stock").unwrap(),
        &[
            ("item", "→starweb:se/products#501-901"),
            ("sku", "'LAMPA-1'"),
            ("location", "(empty)"),
            ("available", "14"),
            ("status", "'inStock'"),
            ("on_hand", "-"),
        ],
    );
    assert_eq!(records[0].version.modified_at, Some("2024-02-20T09:30:00Z".parse().unwrap()));
    assert_eq!(records[0].created_at, Some("2024-01-10T08:00:00Z".parse().unwrap()));
    assert!(records.iter().all(|record| record.writable == Writable::All && &*record.reference.id == "501-901"));
}

#[tokio::test]
async fn a_variant_among_several_is_told_from_the_others_and_shares_what_is_the_products() {
    let mut product = fixture_json("product");
    product["hasSeveralVariants"] = json!(true);
    product["variants"]["data"] = json!([fixture_json("variant")]);
    let router = offline().await;
    let records = router.decode(&item("products", "501-912", &product.to_string())).unwrap();
    assert_shows(
        &records[0].fields,
        &[
            ("number", "'SKJORTA-RX'"),
            ("name", "'Bordslampa, Röd, XL'"),
            ("variant", "'Röd, XL'"),
            ("product", "'ART-77'"),
            ("barcode", "(empty)"),
            ("weight", "(empty)"),
            ("cost.amount", "(empty)"),
            ("cost.currency", "-"),
            ("is_active", "true"),
            ("x.starweb.product_name", "'Bordslampa'"),
        ],
    );
    assert_shows(of(&records, "prices").unwrap(), &[("amount", "240"), ("campaign_amount", "(empty)")]);
    assert_shows(of(&records, "stock").unwrap(), &[("available", "0"), ("status", "'Beställningsvara'")]);
    let Writable::Except(shared) = &records[0].writable else { panic!("{:?}", records[0].writable) };
    assert!(shared.contains(&Item::NAME) && shared.contains(&Item::VAT_RATE) && !shared.contains(&Item::BARCODE));
    assert!(
        records[1..].iter().all(|record| record.writable == Writable::All),
        "price and stock are the variant's own"
    );
    product["externalId"] = json!(null);
    let records = router.decode(&item("products", "501-912", &product.to_string())).unwrap();
    assert_eq!(shown(&records[0].fields, "product"), "'501'");
}

#[tokio::test]
async fn what_is_null_and_what_is_left_out_are_two_things() {
    let router = offline().await;
    let decode = |raw: &str| router.decode(&item("products", "501-901", raw)).unwrap();
    let of_the_shop =
        decode(&changed("product", json!({ "defaultVatRate": null, "unitId": null, "manufacturerId": null })));
    let expected = [("vat_rate", "25"), ("unit", "(empty)"), ("manufacturer", "(empty)")];
    assert_shows(&of_the_shop[0].fields, &expected);
    let unknown =
        decode(&changed("product", json!({ "defaultVatRate": "@out", "languages": "@out", "categories": "@out" })));
    let expected = [("vat_rate", "-"), ("name", "-"), ("category", "-"), ("x.starweb.category_ids", "-")];
    assert_shows(&unknown[0].fields, &expected);
    let bare =
        decode(&changed("product", json!({ "categories": { "data": [] }, "unitId": 99, "visibility": "pricelists" })));
    let expected = [("category", "(empty)"), ("unit", "'99'"), ("is_sold_online", "true")];
    assert_shows(&bare[0].fields, &expected);
    let hidden = decode(&changed("product", json!({ "visibility": "hidden" })));
    assert_eq!(shown(&hidden[0].fields, "is_sold_online"), "false");

    let of_prices = |prices: Json| {
        let records = decode(&with_variant(json!({ "prices": prices })));
        let price = of(&records, "prices").unwrap();
        (shown(price, "amount"), shown(price, "campaign_amount"))
    };
    let two = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(of_prices(json!({ "data": [] })), two("(empty)", "(empty)"), "shown all the same: it can be written");
    assert_eq!(of_prices(json!([{ "pricelistId": 11, "priceExVat": "7.50" }])), two("7.50", "-"));
    assert_eq!(of_prices(json!(null)), two("(empty)", "(empty)"));
}

#[tokio::test]
async fn further_lists_quantities_and_locations_are_streams_that_the_configuration_names() {
    let mut lists = fixture_json("lists");
    lists["goods"]["locations"] = json!([
        { "id": 3, "code": "Webblager", "is_ecommerce": true },
        { "id": 4, "code": "Butik", "is_ecommerce": false }
    ]);
    let mut config = config("http://127.0.0.1:9");
    config.price_lists = vec!["Utland".into(), "11".into()];
    config.volume_quantities = vec![10];
    config.stock_locations = vec!["Butik".into()];
    let kept = sync_core::store::Snapshot { at: crate::support::noon(), content: lists };
    let router = Bench::new().connect_with("se", &config, Some(kept)).await.unwrap().router;
    let streams: Vec<&str> = router.capabilities().streams.keys().map(|stream| stream.as_str()).collect();
    let expected = ["prices", "prices_12", "prices_12_from_10", "prices_from_10", "products", "stock", "stock_4"];
    assert_eq!(streams.iter().filter(|name| name.starts_with(['p', 's'])).copied().collect::<Vec<_>>(), expected);
    let records = router.decode(&item("products", "501-901", &fixture("product"))).unwrap();
    assert_shows(
        of(&records, "prices_12").unwrap(),
        &[("list", "'12'"), ("currency", "'EUR'"), ("amount", "420"), ("campaign_amount", "(empty)")],
    );
    assert_shows(
        of(&records, "prices_12_from_10").unwrap(),
        &[("list", "'12'"), ("from_quantity", "10"), ("sku", "'LAMPA-1'"), ("amount", "-")],
    );
    // of several locations nobody says which one the product's own quantity is of
    assert_shows(of(&records, "stock").unwrap(), &[("location", "(empty)"), ("available", "-"), ("status", "-")]);
    assert_shows(of(&records, "stock_4").unwrap(), &[("location", "'Butik'"), ("available", "-")]);
    let streams = &router.capabilities().streams;
    let available = &streams["stock"].fields[&StockLevel::AVAILABLE];
    assert_eq!((available.read, available.write_on_update, available.max_scale), (false, true, None));
    let volume = &streams["prices_from_10"].fields;
    assert!(!volume[&Price::AMOUNT].read && !volume.contains_key(&Price::CAMPAIGN_AMOUNT));

    config.price_lists = vec!["Finland".into()];
    let kept = sync_core::store::Snapshot { at: crate::support::noon(), content: fixture_json("lists") };
    let error = Bench::new().connect_with("se", &config, Some(kept)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("'Finland'") && error.message().contains("12 (Utland)"), "{error}");
}

#[tokio::test]
async fn several_locations_are_read_where_the_owner_says_what_the_quantity_is_of() {
    let mut config = config("http://127.0.0.1:9");
    config.stock_on_product = Some(false);
    let records = offline_with(config).await.decode(&item("products", "501-901", &fixture("product"))).unwrap();
    assert_shows(of(&records, "stock").unwrap(), &[("available", "-")]);
}

#[tokio::test]
async fn a_product_without_variants_is_set_aside_and_faults_show_no_content() {
    let router = offline().await;
    let raw = changed("product", json!({ "variants": { "data": [] } }));
    let error = router.decode(&item("products", "501", &raw)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("no variant") && error.message().contains("give it one"), "{error}");
    let error = router.decode(&item("products", "501-901", &with_variant(json!({ "prices": "secret" })))).unwrap_err();
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn what_can_be_written_is_told_field_by_field() {
    let router = offline().await;
    let streams = &router.capabilities().streams;
    let writable = |stream: &str| -> Vec<&str> {
        let fields = streams[stream].fields.iter();
        fields.filter(|(_, field)| field.write_on_update).map(|(path, _)| path.as_str()).collect()
    };
    assert_eq!(writable("prices"), ["amount", "campaign_amount", "currency", "includes_vat"]);
    assert_eq!(writable("stock"), ["available", "status"]);
    let items = writable("products");
    for path in ["number", "name", "vat_rate", "is_sold_online", "x.starweb.external_id"] {
        assert!(items.contains(&path), "{path}");
    }
    for path in ["category", "product", "variant", "x.starweb.product_id", "x.starweb.permalink"] {
        assert!(!items.contains(&path), "{path}");
    }
    let products = &streams["products"];
    assert!(products.create && products.fields[&Item::CATEGORY].write_on_create);
    assert!(products.list.unwrap().since.unwrap().misses, "nobody says that a price moves the product's stamp");
    for facet in ["prices", "stock"] {
        assert_eq!(streams[facet].facet_of.as_ref().unwrap().as_str(), "products");
        assert!(streams[facet].fields[&FieldPath::new("item")].write_on_create);
    }
}

/// Members of product and variant that are one field each, with a value and how it is shown.
const MEMBERS: [(&str, &str, &str, &str); 9] = [
    ("", "unitId", "1", "unit"),
    ("", "accounting", "3001", "sales_account"),
    ("", "manufacturerId", "21", "manufacturer"),
    ("", "externalId", "\"A\"", "x.starweb.external_id"),
    ("variant", "ean", "\"735\"", "barcode"),
    ("variant", "mpn", "7", "supplier_item_number"),
    ("variant", "weightInKg", "\"1.5\"", "weight"),
    ("variant", "costPrice", "2", "cost.amount"),
    ("variant", "sku", "\"S\"", "number"),
];

#[test]
fn what_is_left_out_is_unknown_null_is_empty_and_a_value_is_there_whatever_stands_beside_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = runtime.block_on(offline());
    proptest!(|(states in prop::collection::vec(0_u8..3, MEMBERS.len()))| {
        let mut product = json!({ "productId": 1, "variants": { "data": [{ "variantId": 2 }] } });
        for ((of, name, value, _), state) in MEMBERS.iter().zip(&states) {
            let value: Json = serde_json::from_str(value).unwrap();
            let holder = if of.is_empty() { &mut product } else { &mut product["variants"]["data"][0] };
            match state {
                0 => {}
                1 => holder[*name] = Json::Null,
                _ => holder[*name] = value,
            }
        }
        let records = router.decode(&item("products", "1-2", &product.to_string())).unwrap();
        prop_assert_eq!(records.len(), 3);
        for ((_, _, _, path), state) in MEMBERS.iter().zip(&states) {
            let said = match shown(&records[0].fields, path).as_str() {
                "-" => 0,
                "(empty)" => 1,
                _ => 2,
            };
            prop_assert_eq!(said, *state, "{}", path);
        }
    });
}
