//! Every fault of the double at every call that the connector offers: what the design names comes of it, and nothing is
//! sent twice whose fate is not known.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use emulators::{Emulator, starweb::Starweb};
use serde_json::json;
use sync_core::{
    Canonical, Context, FieldMap,
    connector::{Action, Connector, Write},
    handler::Router,
    model::{Address, Item, Organisation, Party, Price, StockLevel},
};
use sync_http::Transport;

use crate::support::{STATUS, Shop, config, shares, update};

#[path = "../../../sync-http/tests/faults/table.rs"]
mod table;

use table::{Case, Operation, PATIENCE_MS, Ready, Traits, What};

struct Bench {
    shop: Shop,
    /// The same connection, which waits a moment only.
    hasty: Router,
    numbers: AtomicU32,
}

impl Bench {
    async fn set() -> Self {
        let shop = Shop::open().await;
        shop.emulator.switch("rate_limit_per_minute", 0).unwrap();
        let mut environment = shop.bench.environment.clone();
        environment.transport = Transport::new().unwrap().with_patience(Duration::from_millis(PATIENCE_MS));
        let config = config(shop.emulator.base_url());
        let hasty = connector_starweb::connect(&shop.bench.cx, "se", config, environment, None).await.unwrap().router;
        Self { shop, hasty, numbers: AtomicU32::new(0) }
    }
    fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
    fn fresh(&self, stream: &str) -> Write {
        let number = self.number();
        match stream {
            "customers" => {
                let billing = Address::new().name("Eva Ek").street("Storgatan 1").postal_code("111 11").city("Lund");
                let buyer = Organisation::new().party(Party::Private).email(format!("eva{number}@exempel.example"));
                shares("customers", None, &[("customers", buyer.billing(billing.country("SE")).to_fields())])
            }
            "products" => {
                let item = Item::new().number(format!("LAMPA-{number}")).name("Golvlampa").vat_rate(25);
                let (price, stock) = (Price::new().amount(560), StockLevel::new().available(12));
                let parts =
                    [("products", item.to_fields()), ("prices", price.to_fields()), ("stock", stock.to_fields())];
                shares("products", None, &parts)
            }
            other => panic!("nobody says what a new record of {other} is: a hole"),
        }
    }
    fn change(&self, stream: &str, id: &str) -> Write {
        let number = self.number();
        match stream {
            "customers" => {
                let change = Organisation::new().email(format!("ny{number}@exempel.example")).to_fields();
                shares("customers", Some(id), &[("customers", change)])
            }
            "products" => {
                let change = Item::new().name(format!("Lampa {number}")).to_fields();
                shares("products", Some(id), &[("products", change)])
            }
            "orders" => update(id, &[(STATUS, "picking")], &[]),
            other => panic!("nobody says what a change of {other} is: a hole"),
        }
    }
    async fn target(&self, stream: &str) -> String {
        match stream {
            "orders" => self.shop.order(json!({ "customerId": 1 })),
            _ => self.shop.write(self.fresh(stream)).await.unwrap().reference.id.to_string(),
        }
    }
}

impl table::Bench for Bench {
    type Vendor = Starweb;

    fn double(&self) -> &Emulator<Starweb> {
        &self.shop.emulator
    }
    fn connector(&self, hasty: bool) -> &dyn Connector {
        if hasty { &self.hasty } else { &self.shop.router }
    }
    fn context(&self) -> &Context {
        &self.shop.bench.cx
    }
    fn token(&self) -> (&str, &str) {
        ("customers", "/api/v2/token")
    }
    async fn ready(&self, case: &Case) -> Ready {
        let stream = case.stream.as_str();
        match (case.operation, &case.what) {
            (Operation::List | Operation::Token, _) => Ready::List,
            (Operation::Get, _) => Ready::Get(self.target(stream).await),
            (Operation::Find, What::By(by)) => Ready::Find(FieldMap::new().with(*by, "LAMPA-1")),
            (Operation::Create, _) => Ready::Write(Box::new(self.fresh(stream))),
            (Operation::Update, _) => Ready::Write(Box::new(self.change(stream, &self.target(stream).await))),
            (Operation::Remove, What::Remove(mode)) => {
                let action = Action::Remove { id: self.target(stream).await.into(), mode: *mode };
                Ready::Write(Box::new(Write { action, ..shares(stream, None, &[]) }))
            }
            (operation, what) => panic!("nobody says how {operation:?} {what:?} is made: a hole"),
        }
    }
    fn traits(&self, case: &Case, method: &str) -> Traits {
        // the texts of a product are a record of their own: where there are none in a language, they are added
        let absent_is_reference = case.stream == "products" && case.operation == Operation::Update;
        Traits { bodyless: method == "DELETE", posts: method == "POST", absent_is_reference, ..Traits::default() }
    }
    async fn token_ends(&self) {
        self.shop.advance(3600);
    }
    /// A shop gives another one for the asking.
    async fn token_again(&self) {
        for router in [&self.shop.router, &self.hasty] {
            router.check(&self.shop.bench.cx).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_fault_at_each_call_ends_as_the_design_says() {
    table::play("Starweb", &Bench::set().await).await;
}
