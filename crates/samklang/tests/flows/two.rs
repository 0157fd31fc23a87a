//! A second shop beside the first one: it sells in Norwegian crowns, under ids of its own, and the ERP has a price list for it.

use std::ops::{Deref, DerefMut};

use emulators::{
    Emulator, Options,
    frame::Time,
    starweb::{self, Starweb},
};
use serde_json::{Value, json};

use crate::{
    goods::{Goods, shown_in},
    stage::{Bought, Rules, Stage, basket, home, shop_lists, status_in},
};

/// The ERP's price list in Norwegian crowns.
pub(crate) const LIST: &str = "5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2c01";

/// Two shops and an ERP.
pub(crate) struct Two {
    stage: Stage,
    pub(crate) no: Emulator<Starweb>,
}

impl Deref for Two {
    type Target = Stage;
    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl DerefMut for Two {
    fn deref_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }
}

impl Two {
    /// Everything was adopted, and went where it belongs.
    pub(crate) fn set(rules: Rules<'_>) -> Self {
        let two = Self::before_contact(rules);
        two.prices(&[("BOK-1004", "264"), ("HEM-1002", "799"), ("MAT-1009", "139.5")]);
        two.adopt();
        two.runs();
        two
    }
    /// The same before the first contact, with a price list that is empty.
    pub(crate) fn before_contact(rules: Rules<'_>) -> Self {
        let two = Self::without_list(rules);
        let list = json!({ "Id": LIST, "Name": "Norge", "Number": 2, "CurrencyCode": "NOK", "IsActive": true });
        two.erp.seed(json!({ "salespricelists": [list] })).unwrap();
        two
    }
    /// The same without such a list.
    pub(crate) fn without_list(rules: Rules<'_>) -> Self {
        let mut stage = Stage::of_preset("multishop", &[]);
        let settings = starweb::Settings {
            client_id: "samklang-no".to_owned(),
            client_secret: "secret-no".to_owned(),
            ..starweb::Settings::default()
        };
        let options = Options { time: Time::Real, ..Options::default() };
        let no = stage.runtime.block_on(Emulator::start(Starweb::new(settings), options)).unwrap();
        no.seed(lists()).unwrap();
        std::fs::write(stage.folder.path().join("no.secret"), "secret-no").unwrap();
        stage.rule(&format!("connections.no.base_url={}/api/v2", no.base_url()));
        stage
            .rule("connections.no.client_id=samklang-no")
            .rule("connections.no.client_secret={ file = \"no.secret\" }");
        for entity in ["prices", "prices_no", "stock"] {
            stage.rule(&format!("entities.{entity}.every=0s"));
        }
        stage.rule("entities.stock.complete_every=0s");
        for rule in rules {
            stage.rule(rule);
        }
        Self { stage, no }
    }
    /// Prices in the ERP's list for Norway, by number.
    pub(crate) fn prices(&self, prices: &[(&str, &str)]) {
        for (number, net) in prices {
            let net: Value = serde_json::from_str(net).unwrap();
            self.in_erp(json!({ "action": "set_list_price", "number": number, "list": "Norge", "net": net }));
        }
    }
    #[track_caller]
    pub(crate) fn in_no(&self, act: Value) -> Value {
        self.no.act(act).unwrap()
    }
    /// A guest buys by invoice in the Norwegian shop.
    pub(crate) fn guest_buys_in_no(&self, email: &str, items: &[Bought]) -> u64 {
        let who = json!({ "originalCustomerEmail": email, "addresses": { "originalInvoice": home() } });
        self.in_no(basket(&who, items))["orderId"].as_u64().unwrap()
    }
    /// The one order of the ERP that an order of a shop became.
    #[track_caller]
    pub(crate) fn order_of(&self, shop: &str, number: u64) -> Value {
        let mut all = self.documents_with(&format!("{shop}-{number}"));
        assert_eq!(all.len(), 1, "documents of {shop}-{number}: {all:#?}");
        all.swap_remove(0).1
    }
    #[track_caller]
    pub(crate) fn order_in_no(&self, number: u64) -> Value {
        let state = self.no.state();
        state["orders"].as_array().unwrap().iter().find(|order| order["orderId"] == number).unwrap().clone()
    }
    pub(crate) fn status_in_no(&self, number: u64) -> String {
        status_in(&self.no.state(), number)
    }
    /// All goods of the Norwegian shop.
    pub(crate) fn shown_in_no(&self) -> Vec<Goods> {
        shown_in(&self.no.state())
    }
    /// The number shown of an item in both shops.
    #[track_caller]
    pub(crate) fn stock(&self, sku: &str) -> [i64; 2] {
        [&self.shop, &self.no].map(|shop| {
            let all = shown_in(&shop.state());
            all.iter().find(|goods| goods.sku == sku).unwrap().stock
        })
    }
    /// The price in both shops, without VAT.
    #[track_caller]
    pub(crate) fn price(&self, sku: &str) -> [String; 2] {
        [&self.shop, &self.no].map(|shop| {
            let all = shown_in(&shop.state());
            all.iter().find(|goods| goods.sku == sku).unwrap().price.normalize().to_string()
        })
    }
}

/// The lists of a shop in Norway. The id of its price list is that which an emulated shop has already.
fn lists() -> Value {
    let mut lists = shop_lists();
    let own = json!({ "baseCurrency": "NOK", "shopCountryCode": "NO", "defaultCustomerCountryCode": "NO" });
    lists["shop"][0].as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    lists["currencies"] = json!([{ "code": "NOK", "exchangeRate": "1.0", "precision": 2 }]);
    let all = lists["pricelists"].as_array_mut().unwrap();
    all.truncate(1);
    all[0]
        .as_object_mut()
        .unwrap()
        .extend(json!({ "name": "Norge", "countryCodes": ["NO"], "currencyCode": "NOK" }).as_object().unwrap().clone());
    lists
}
