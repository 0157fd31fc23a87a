//! The catalogue through the engine: an ERP in memory on one side, the emulated shop on the other.

use std::sync::Arc;

use serde_json::json;
use sync_core::{
    connector::Connector,
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Item, Price, StockLevel},
    policy::Policy,
};
use sync_testkit::{MemoryStore, Mock};

use crate::support::{Shop, assert_shows, config, of};

const ERP_LEADS: &str = r#"
    [entities.items]
    kind = "item"
    master = "erp"
    match = [{ on = ["number"] }]
    systems.erp = { read = true }
    systems.se = { read = true, create = "always", update = true }
    [entities.prices]
    kind = "price"
    time_zone = "Europe/Stockholm"
    master = "erp"
    match = [{ on = ["sku"] }]
    systems.erp = { read = true }
    systems.se = { read = true, create = "always", update = true }
    [entities.stock]
    kind = "stock_level"
    master = "erp"
    match = [{ on = ["sku"] }]
    systems.erp = { read = true }
    systems.se = { read = true, create = "always", update = true }
"#;

struct Flow {
    shop: Shop,
    erp: Mock,
    engine: Engine,
}

impl Flow {
    async fn open() -> Self {
        Self::open_with(|_| ()).await
    }
    async fn open_with(change: impl FnOnce(&mut connector_starweb::Config)) -> Self {
        let shop = Shop::open().await;
        let mut config = config(shop.emulator.base_url());
        change(&mut config);
        let router = shop.bench.connect(&config).await.unwrap().router;
        let erp = Mock::new("erp")
            .stream::<Item>("articles", |stream| stream)
            .stream::<Price>("article_prices", |stream| stream)
            .stream::<StockLevel>("article_stock", |stream| stream);
        let systems: [Arc<dyn Connector>; 2] = [Arc::new(router), Arc::new(erp.clone())];
        let builder = Engine::builder(Arc::new(MemoryStore::default()), shop.bench.time.clone());
        let builder = systems.into_iter().fold(builder, |builder, system| builder.system(system));
        let engine = builder.policy(Policy::from_toml(ERP_LEADS).unwrap()).build().unwrap();
        shop.emulator.clear_requests();
        Self { shop, erp, engine }
    }
    async fn run(&self, mode: Mode) -> Report {
        self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap()
    }
    fn article(&self, number: &str, amount: i64, available: i64) -> (Arc<str>, Arc<str>) {
        let item = self.erp.put("articles", Item::new().number(number).name("Lampa").unit("st").vat_rate(25));
        let item = self.erp.at("articles").id(&item);
        let price = Price::new().item(item.clone()).sku(number).amount(amount).includes_vat(false).currency("SEK");
        let stock = StockLevel::new().item(item).sku(number).available(available);
        (self.erp.put("article_prices", price), self.erp.put("article_stock", stock))
    }
    /// Calls that change something.
    fn writes(&self) -> Vec<String> {
        self.shop.calls().into_iter().filter(|call| !call.starts_with("GET")).collect()
    }
}

#[tokio::test]
async fn an_article_of_the_erp_is_made_in_the_shop_with_price_and_stock_and_later_changes_go_alone() {
    let flow = Flow::open().await;
    let (price, stock) = flow.article("LAMPA-9", 400, 12);
    flow.run(Mode::Adopt).await;
    let report = flow.run(Mode::Sync).await;
    assert!(report.held.is_empty() && report.parked.is_empty(), "{report:?}");
    let made = flow.writes();
    assert_eq!((made.len(), made[0].as_str()), (2, "POST /products"), "one product, one price: {made:?}");
    let rows = flow.shop.items("products", sync_core::connector::ListFrom::Beginning).await;
    let records = flow.shop.router.decode(&rows[0]).unwrap();
    assert_shows(of(&records, "products").unwrap(), &[("number", "'LAMPA-9'"), ("name", "'Lampa'")]);
    assert_shows(of(&records, "prices").unwrap(), &[("amount", "400")]);
    assert_shows(of(&records, "stock").unwrap(), &[("available", "12")]);
    assert_eq!(flow.run(Mode::Sync).await.writes(), 0);
    flow.run(Mode::Sync).await;
    assert_eq!(flow.writes(), [""; 0]);

    flow.erp.edit::<Price>("article_prices", &price, |price| price.amount(450).campaign_amount(399));
    assert_eq!(flow.run(Mode::Sync).await.writes(), 1);
    let writes = flow.writes();
    assert!(writes.len() == 1 && writes[0].contains("/prices/"), "{writes:?}");
    flow.erp.edit::<StockLevel>("article_stock", &stock, |stock| stock.available(11));
    flow.run(Mode::Sync).await;
    let writes = flow.writes();
    assert!(writes.len() == 1 && writes[0].contains("/stocks/"), "{writes:?}");
    assert_eq!(flow.run(Mode::Sync).await.writes(), 0);
}

#[tokio::test]
async fn a_price_for_a_product_that_the_shop_has_already_goes_to_that_product() {
    let flow = Flow::open().await;
    let list = flow.shop.lists()["pricelists"][0]["pricelistId"].clone();
    let product = json!({ "productId": 71, "type": "basic", "visibility": "visible", "defaultVatRate": "25", "unitId": 1,
        "createdAt": "2024-02-01T08:00:00+01:00", "modifiedAt": "2024-02-01T08:00:00+01:00",
        "languages": [{ "langCode": "sv", "name": "Lampa" }],
        "variants": [{ "variantId": 72, "sku": "LAMPA-9", "attributeValueLinks": [], "isActive": true, "stockQuantity": 4 },
        ] });
    flow.shop.emulator.seed(json!({ "products": [product] })).unwrap();
    flow.article("LAMPA-9", 400, 4);
    flow.run(Mode::Adopt).await;
    let report = flow.run(Mode::Sync).await;
    assert!(report.held.is_empty() && report.parked.is_empty(), "{report:?}");
    let prices = "/products/71/variants/72/prices";
    assert_eq!(flow.writes(), [format!("PATCH {prices}/{list}"), format!("POST {prices}")], "the stock is as it is");
    assert_eq!(flow.run(Mode::Sync).await.writes(), 0);
}

#[tokio::test]
async fn stock_that_cannot_be_read_goes_with_its_product_and_then_only_its_changes() {
    let flow = Flow::open_with(|config| config.stock_on_product = Some(false)).await;
    let (price, stock) = flow.article("LAMPA-9", 400, 12);
    flow.run(Mode::Adopt).await;
    let mut writes = Vec::new();
    for _ in 0..3 {
        let report = flow.run(Mode::Sync).await;
        assert!(report.held.is_empty() && report.parked.is_empty(), "{report:?}");
        writes.push(flow.writes().len());
    }
    assert_eq!(writes, [3, 0, 0], "the product, its price, its stock; then nothing");
    assert!(flow.shop.emulator.state()["products"].to_string().contains("\"stockQuantity\":12"));
    flow.erp.edit::<Price>("article_prices", &price, |price| price.amount(450));
    flow.run(Mode::Sync).await;
    assert_eq!(flow.writes().len(), 1, "the stock is not written for a price's sake");
    flow.erp.edit::<StockLevel>("article_stock", &stock, |stock| stock.available(11));
    flow.run(Mode::Sync).await;
    let writes = flow.writes();
    assert!(writes.len() == 1 && writes[0].contains("/stocks/"), "{writes:?}");
}
