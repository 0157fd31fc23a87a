//! An ERP in memory, the engine, and the emulated webCRM: what a run costs, and what arrives.

use std::sync::Arc;

use connector_webcrm::Config;
use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    webcrm::{Settings, WebCrm},
};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use sync_core::{
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Content, Fulfilment, Item, Line, LineKind, Lines, Order, Organisation, Person, Price},
    policy::Policy,
};
use sync_testkit::{MemoryStore, Mock};
use uuid::Uuid;

use crate::{emulated::System, support::noon};

const POLICY: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["vat_number"] }]
    systems.crm = { read = true, create = "always", update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "master", system = "erp" }
    fields.name = { rule = "shared", on_conflict = { prefer = ["erp", "crm"] } }
    map = [
      { field = "number", crm = "x.webcrm.extra_custom_2" },
      { field = "vat_number", crm = "x.webcrm.extra_custom_1" },
    ]
    [entities.persons]
    kind = "person"
    master = "crm"
    match = [{ on = ["email"] }]
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    [entities.items]
    kind = "item"
    master = "erp"
    every = "6h"
    match = [{ on = ["number"] }]
    systems.erp = { read = true }
    systems.crm = { read = true, create = "always", update = true }
    [entities.prices]
    kind = "price"
    master = "erp"
    every = "6h"
    match = [{ on = ["sku"] }]
    systems.erp = { read = true }
    systems.crm = { read = true, create = "always", update = true }
    [entities.orders]
    kind = "order"
    master = "@origin"
    systems.crm = { read = true, create = "always", update = true, streams = ["deliveries"] }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "master", system = "erp" }
    fields.fulfilment = { rule = "master", system = "erp" }
    map = [{ field = "number", crm = "x.webcrm.erp_id" }]
    [entities.orders.status.crm]
    field = "x.webcrm.status"
    read = [
      { status = "Completed", means = { fulfilment = "delivered" } },
      { status = "Planned", means = { fulfilment = "open" } },
    ]
    write = [
      { when = { fulfilment = "delivered" }, status = "Completed" },
      { when = { fulfilment = "open" }, status = "Planned" },
    ]
    [guards]
    max_change_percent = 100
"#;

pub(crate) struct House {
    pub(crate) crm: System,
    pub(crate) erp: Mock,
    engine: Engine,
}

fn erp() -> Mock {
    Mock::new("erp")
        .stream::<Organisation>("customer", |s| {
            s.since(1_000).only(&["name", "number", "vat_number", "phone"]).numbers("number", 501)
        })
        .stream::<Person>("contact", |s| s.since(1_000).only(&["name", "email", "organisation"]))
        .stream::<Item>("article", |s| s.only(&["number", "name", "unit"]))
        .stream::<Price>("price", |s| s.only(&["sku", "item", "amount", "currency"]))
        .stream::<Order>("order", |s| {
            let s = s
                .since(1_000)
                .only(&["content", "number", "customer", "description", "fulfilment"])
                .numbers("number", 7001);
            s.marks("x.erp.mark").documents(|d| d)
        })
}

impl House {
    async fn build() -> Self {
        Self::build_with(|_| ()).await
    }
    async fn build_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::build_in(&[("organisation_answer", "id")], change).await
    }
    /// In a system that is set like this.
    pub(crate) async fn build_in(switches: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Self {
        let emulator = Emulator::start(WebCrm::new(Settings::default()), Options::at(noon())).await.unwrap();
        for (name, value) in switches {
            let word = emulator.switch(name, *value);
            word.or_else(|_| emulator.switch(name, value.parse::<u64>().unwrap())).unwrap();
        }
        let company = |id: u64, name: &str| json!({ "OrganisationId": id, "OrganisationName": name, "OrganisationExtraCustom1": format!("DK{id}") });
        let person = |id: u64| {
            json!({ "PersonId": id, "PersonOrganisationId": 1, "PersonLastName": "Holm",
                "PersonEmail": format!("p{id}@fjord.example"), "PersonUpdatedAt": "2024-06-07T10:00:00+01:00" })
        };
        let companies = [company(1, "Fjord Handel"), company(2, "O'Hara & Søn")];
        emulator.seed(json!({ "organisations": companies, "persons": [person(1), person(2), person(3), person(4), person(5)] })).unwrap();
        let crm = System::before(emulator, |config| {
            config.catalogue_currency = Some("DKK".to_owned());
            config.mark = "Search2".to_owned();
            change(config);
        })
        .await;
        let erp = erp();
        let store = MemoryStore::new(Uuid::from_u128(7));
        let builder = Engine::builder(Arc::new(store), crm.bench.time.clone());
        let builder = builder.system(Arc::new(erp.clone())).system(crm.again());
        let engine = builder.policy(Policy::from_toml(POLICY).unwrap()).build().unwrap();
        let house = Self { crm, erp, engine };
        house.run(Mode::Adopt).await;
        house.run(Mode::Sync).await;
        house.run(Mode::Sync).await;
        house
    }
    async fn run(&self, mode: Mode) -> Report {
        self.later(60).run_now(mode).await
    }
    pub(crate) fn later(&self, seconds: u64) -> &Self {
        self.crm.advance(seconds);
        self
    }
    async fn run_now(&self, mode: Mode) -> Report {
        self.crm.emulator.clear_requests();
        let report = self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap();
        assert!(report.stopped.is_empty() && report.stopped_systems.is_empty(), "{:?}", report.stopped);
        assert!(report.parked.is_empty(), "{:?}", report.parked);
        report
    }
    /// A run of which something may be refused.
    pub(crate) async fn report(&self) -> Report {
        self.later(60).engine.run(Mode::Sync, &Silent, &Cancel::new()).await.unwrap()
    }
    /// Until nothing is to be done any more.
    pub(crate) async fn settle(&self) {
        for _ in 0..6 {
            let report = self.run(Mode::Sync).await;
            if report.writes() == 0 && report.unclear == 0 {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.run(Mode::Sync).await);
    }
    pub(crate) fn rows(&self, collection: &str) -> Vec<Json> {
        self.crm.emulator.state()[collection].as_array().unwrap().clone()
    }
    pub(crate) fn sells(&self, number: &str, price: i64) -> (Arc<str>, Arc<str>) {
        let item = self.erp.put("article", Item::new().number(number).name(format!("Name of {number}")).unit("stk"));
        let price = Price::new().sku(number).amount(Decimal::from(price)).currency("DKK");
        (item.clone(), self.erp.put("price", price.item(self.erp.at("article").id(&item))))
    }
    /// People make a delivery with a line.
    pub(crate) fn delivers(&self, organisation: u64) {
        let create = |collection: &str, set: Json| {
            self.crm.emulator.act(json!({ "action": "create", "collection": collection, "set": set })).unwrap();
        };
        let head = json!({ "DeliveryOrganisationId": organisation, "DeliveryDescription": "Lamper til kontoret" });
        create("deliveries", head);
        let id = self.rows("deliveries")[0]["DeliveryId"].as_u64().unwrap();
        let line = json!({ "QuotationLineOpportunityId": id, "QuotationLineOrganisationId": organisation,
            "QuotationLineData1": "A", "QuotationLineData2": "Lampe", "QuotationLineQuantity": 10,
            "QuotationLineListPrice": 450, "QuotationLineDiscount": 10, "QuotationLineVatPercentage": 25,
            "QuotationLineSortOrder": 10 });
        create("quotation-lines", line);
    }
    /// An order as the ERP has it, for the customer that stands for organisation 1.
    pub(crate) fn orders(&self, lines: Vec<Line>) -> Arc<str> {
        let all = self.erp.all("customer");
        let (customer, _) = all.iter().find(|(_, c)| c.text(Organisation::NAME) == Some("Fjord Handel")).unwrap();
        let keyed = (1..).zip(lines).map(|(place, line): (u32, Line)| line.key(place.to_string()));
        let content = Content::new().lines(keyed.collect::<Lines<Line>>()).currency("DKK").prices_include_vat(false);
        let order = Order::new().content(content).customer(self.erp.at("customer").id(customer));
        self.erp.put("order", order.description("From the ERP".to_owned()).number("7900"))
    }
}

pub(crate) fn line(sku: &str, quantity: i64, price: i64) -> Line {
    let line = Line::new().kind(LineKind::Item).sku(sku.to_owned()).text(format!("Name of {sku}"));
    line.quantity(quantity).unit_price(price).vat_rate(25)
}

#[tokio::test]
async fn an_idle_run_makes_four_calls_and_an_edit_of_an_organisation_at_most_two_more() {
    let house = House::build().await;
    house.delivers(1);
    house.settle().await;
    // a day on which people work: one change of each, and the catalogue, which comes every six hours
    house.later(8 * 3600);
    house.crm.edit("organisations", 1, json!({ "OrganisationTelephone": "+45 1" }));
    house.crm.edit("persons", 1, json!({ "PersonTitle": "Chef" }));
    let delivery = house.rows("deliveries")[0]["DeliveryId"].as_u64().unwrap();
    house.crm.edit("deliveries", delivery, json!({ "DeliveryDescription": "Haster" }));
    house.settle().await;
    // a document whose line was changed is read once more: its row lacks the line's stamp from now on
    house.later(5 * 3600).run_now(Mode::Sync).await;
    let report = house.run(Mode::Sync).await;
    assert_eq!(report.writes(), 0);
    let idle = house.crm.calls();
    assert_eq!(idle.len(), 4, "{idle:?}");
    house.crm.edit("organisations", 2, json!({ "OrganisationTelephone": "+45 2" }));
    let report = house.run(Mode::Sync).await;
    assert_eq!(report.writes(), 1, "it goes to the ERP");
    let edited = house.crm.calls();
    assert!(edited.len() <= 6, "{edited:?}");
    let customers = house.erp.all("customer");
    assert!(customers.values().any(|c| c.text(Organisation::PHONE) == Some("+45 2")));
}

#[tokio::test]
async fn numbers_of_the_erp_come_back_into_the_field_that_a_row_names() {
    let house = House::build().await;
    house.settle().await;
    let organisations = house.rows("organisations");
    let mut numbers: Vec<&str> =
        organisations.iter().map(|o| o["OrganisationExtraCustom2"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["501", "502"]);
    // one row says where a number stands: the standard field is left alone, and the ERP keeps what it has
    assert!(organisations.iter().all(|o| o["OrganisationVatNumber"] == ""));
    let told: Vec<_> =
        house.erp.all("customer").values().map(|c| c.text(Organisation::VAT_NUMBER).unwrap().to_owned()).collect();
    assert!(told.contains(&"DK1".to_owned()) && told.contains(&"DK2".to_owned()), "{told:?}");
    assert_eq!(house.erp.all("contact").len(), 5);
}

#[tokio::test]
async fn a_name_that_webcrm_cuts_is_not_cut_in_the_erp() {
    let house = House::build().await;
    let long = "x".repeat(240);
    house.erp.put("customer", Organisation::new().name(long.as_str()).vat_number("DK9"));
    house.settle().await;
    let made = house.rows("organisations").into_iter().find(|o| o["OrganisationExtraCustom1"] == "DK9").unwrap();
    assert_eq!(made["OrganisationName"].as_str().unwrap().len(), 200);
    let id = made["OrganisationId"].as_u64().unwrap();
    house.crm.edit("organisations", id, json!({ "OrganisationTelephone": "+45 9" }));
    house.settle().await;
    let names: Vec<_> = house.erp.all("customer").values().map(|c| c.text(Organisation::NAME).unwrap().len()).collect();
    assert!(names.contains(&240), "{names:?}");
}

#[tokio::test]
async fn the_catalogue_is_the_erps_and_an_item_goes_out_with_its_price() {
    let house = House::build().await;
    let (item, price) = house.sells("LAMPE-1", 399);
    house.later(7 * 3600).run_now(Mode::Sync).await;
    let calls = house.crm.calls();
    assert_eq!(calls.iter().filter(|call| *call == "POST /QuotationLines/LinkedData").count(), 1, "{calls:?}");
    let stored = house.rows("linked-data").remove(0);
    let key = |name: &str| format!("QuotationLineLinkedDataItem{name}");
    assert_eq!((&stored[key("Data1")], &stored[key("Data2")]), (&json!("LAMPE-1"), &json!("Name of LAMPE-1")));
    assert_eq!((&stored[key("Data4")], &stored[key("Data9")]), (&json!("stk"), &json!("-")));
    assert_eq!(stored[key("Price")].to_string(), "399");
    house.erp.edit::<Item>("article", &item, |item| item.name("Gulvlampe"));
    house.erp.edit::<Price>("price", &price, |price| price.amount(Decimal::from(410)));
    house.later(7 * 3600).run_now(Mode::Sync).await;
    let stored = house.rows("linked-data").remove(0);
    assert_eq!((&stored[key("Data2")], stored[key("Price")].to_string()), (&json!("Gulvlampe"), "410".to_owned()));
    house.later(7 * 3600);
    assert_eq!(house.run_now(Mode::Sync).await.writes(), 0);
}

#[tokio::test]
async fn an_order_of_the_erp_becomes_a_delivery_and_a_change_of_its_rows_arrives() {
    let house = House::build().await;
    let id = house.orders(vec![line("A", 2, 100), line("B", 1, 50)]);
    house.settle().await;
    let delivery = house.rows("deliveries").remove(0);
    assert_eq!(delivery["DeliveryErpId"], "7900");
    assert_eq!(delivery["DeliverySearch2"], format!("erp-{id}"), "our mark");
    assert_eq!((&delivery["DeliveryOrganisationId"], &delivery["DeliveryCurrencyName"]), (&json!(1), &json!("00")));
    let prices = |house: &House| {
        let rows = house.rows("quotation-lines");
        rows.iter()
            .map(|row| (row["QuotationLineData1"].as_str().unwrap().to_owned(), row["QuotationLinePrice"].to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(prices(&house), [("A".to_owned(), "200".to_owned()), ("B".to_owned(), "50".to_owned())]);
    house.erp.edit::<Order>("order", &id, |mut order| {
        order.content.lines = vec![line("A", 3, 100).key("1".to_owned()), line("C", 1, 7).key("3".to_owned())].into();
        order
    });
    house.settle().await;
    assert_eq!(prices(&house), [("A".to_owned(), "300".to_owned()), ("C".to_owned(), "7".to_owned())]);
    assert_eq!(house.rows("deliveries").len(), 1);
}

#[tokio::test]
async fn a_break_between_head_and_lines_makes_no_second_delivery_and_leaves_none_without_lines() {
    for kind in [FaultKind::DropBefore, FaultKind::DropAfter, FaultKind::Status { code: 500, handled: true }] {
        let house = House::build().await;
        house.orders(vec![line("A", 2, 100), line("B", 1, 50)]);
        house.crm.emulator.fault(Fault::new(kind.clone()).on("PATCH", "/QuotationLines").times(1));
        let report = house.run(Mode::Sync).await;
        assert_eq!(report.unclear, 1, "{kind:?}");
        house.settle().await;
        assert_eq!(house.rows("deliveries").len(), 1, "{kind:?}");
        let mut skus: Vec<String> = house
            .rows("quotation-lines")
            .iter()
            .map(|row| row["QuotationLineData1"].as_str().unwrap().to_owned())
            .collect();
        skus.sort();
        assert_eq!(skus, ["A", "B"], "{kind:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_people_make_goes_to_the_erp_and_is_told_its_number() {
    let house = House::build().await;
    house.delivers(2);
    house.settle().await;
    let orders = house.erp.all("order");
    assert_eq!(orders.len(), 1);
    let order = orders.values().next().unwrap();
    let told = format!("{:?}", order.get(sync_core::FieldPath::new("content.lines")).unwrap());
    for part in ["450", "discount_percent", "vat_rate", "\"A\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(house.rows("deliveries")[0]["DeliveryErpId"], json!(order.text(Order::NUMBER).unwrap()));
    assert_eq!(house.rows("deliveries").len(), 1);
    // a row that people change moves no stamp of its head, and arrives all the same
    let row = house.rows("quotation-lines")[0]["QuotationLineId"].as_u64().unwrap();
    house.crm.edit("quotation-lines", row, json!({ "QuotationLineQuantity": 12 }));
    house.settle().await;
    let order = house.erp.all("order").values().next().unwrap().clone();
    assert!(format!("{:?}", order.get(sync_core::FieldPath::new("content.lines")).unwrap()).contains("12"));
}

#[tokio::test]
async fn what_becomes_of_an_order_in_the_erp_is_shown_on_its_delivery() {
    let house = House::build().await;
    house.delivers(1);
    house.settle().await;
    let (order, _) = house.erp.all("order").into_iter().next().unwrap();
    house.erp.edit::<Order>("order", &order, |order| order.fulfilment(Fulfilment::Delivered));
    house.settle().await;
    let delivery = house.rows("deliveries").remove(0);
    assert_eq!(delivery["DeliveryStatus"], "Completed");
    assert_eq!(delivery["DeliveryDescription"], "Lamper til kontoret");
}

#[tokio::test]
async fn where_mark_and_number_share_a_field_the_number_stands_there_in_the_end() {
    let house = House::build_with(|config| config.mark = "ErpId".to_owned()).await;
    house.orders(vec![line("A", 2, 100)]);
    house.crm.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/Deliveries").times(1));
    assert_eq!(house.run(Mode::Sync).await.unclear, 1);
    house.settle().await;
    let deliveries = house.rows("deliveries");
    assert_eq!((deliveries.len(), &deliveries[0]["DeliveryErpId"]), (1, &json!("7900")));
    assert_eq!(house.erp.all("order").len(), 1);
    assert!(house.erp.all("order").values().all(|order| order.text(Order::NUMBER) == Some("7900")));
}

#[tokio::test]
async fn ids_that_clash_cost_another_look_and_no_line() {
    let house = House::build().await;
    house.crm.emulator.switch("id_clash_every", 3).unwrap();
    house.orders((0..5).map(|nth| line(&format!("A-{nth}"), 1, 10)).collect());
    house.settle().await;
    assert_eq!(house.rows("deliveries").len(), 1);
    let mut skus: Vec<String> = house
        .rows("quotation-lines")
        .iter()
        .map(|row| row["QuotationLineData1"].as_str().unwrap().to_owned())
        .collect();
    skus.sort();
    assert_eq!(skus, ["A-0", "A-1", "A-2", "A-3", "A-4"]);
}
