//! A house that sells one item in its shops, and an ERP that counts what it has.

use std::{collections::BTreeMap, sync::Arc};

use rust_decimal::Decimal;
use sync_core::{
    Canonical, StreamId,
    model::{Content, Fulfilment, Item, Line, Lines, Order, StockLevel},
};
use sync_testkit::mock::{Documents, Who};

use super::super::*;

pub(super) fn shop(name: &str) -> Mock {
    Mock::new(name)
        .stream::<Order>("orders", |s| s.only(&["content", "fulfilment", "location"]))
        .stream::<Item>("variants", |s| s.only(&["number", "name"]))
        .stream::<StockLevel>("stock", |s| s.only(&["sku", "available"]).rounds("available", 0).facet_of("variants"))
}

pub(super) fn erp(habits: impl Fn(Habits) -> Habits, articles: impl Fn(Habits) -> Habits) -> Mock {
    Mock::new("erp")
        .stream::<Item>("articles", |s| articles(s.only(&["number", "name"])))
        .stream::<StockLevel>("numbers", |s| s.only(&["sku", "available"]).facet_of("articles"))
        .stream::<Order>("order", |s| {
            let s = s.only(&["content", "number", "fulfilment"]).marks("x.erp.mark");
            habits(s.documents(|d: Documents| d.names_items("articles")))
        })
}

pub(super) fn parts(streams: [&str; 2], sku: &str, available: i64) -> BTreeMap<StreamId, FieldMap> {
    let level = StockLevel::new().sku(sku).available(available).to_fields();
    let item = Item::new().number(sku).name(format!("Item {sku}")).to_fields();
    [(StreamId::new(streams[0]), item), (StreamId::new(streams[1]), level)].into()
}

/// One item, what is there of it, and who bought it.
pub(super) struct House {
    pub(super) world: World,
    pub(super) shops: Vec<&'static str>,
    pub(super) on_hand: i64,
    /// The ERP's number counts the orders that it has.
    pub(super) reserves: bool,
    pub(super) article: Arc<str>,
    pub(super) sold: BTreeMap<(&'static str, Arc<str>), i64>,
    pub(super) looked: BTreeMap<&'static str, usize>,
    /// Writes of orders to the ERP, and what was there, when it counted last.
    pub(super) counted: std::cell::Cell<(u64, i64)>,
}

impl House {
    pub(super) fn new(world: World, shops: &[&'static str], on_hand: i64) -> Self {
        let erp = world.system("erp");
        let article = erp.put_parts("articles", parts(["articles", "numbers"], "A", on_hand));
        for name in shops {
            world.system(name).put_parts("variants", parts(["variants", "stock"], "A", 0));
        }
        let (shops, sold) = (shops.to_vec(), BTreeMap::new());
        let mut house = Self {
            world,
            shops,
            on_hand,
            reserves: true,
            article,
            sold,
            looked: BTreeMap::new(),
            counted: Default::default(),
        };
        house.world.adopt();
        house.run();
        house
    }
    pub(super) fn shown(&self, shop: &str) -> i64 {
        let mock = self.world.system(shop);
        let id = mock.all("variants").keys().next().unwrap().clone();
        let level: StockLevel = mock.get("stock", &id).unwrap();
        i64::try_from(level.available.value().copied().unwrap_or_default()).unwrap()
    }
    pub(super) fn left(&self) -> i64 {
        self.on_hand - self.sold.values().sum::<i64>()
    }
    /// The ERP counts what it has.
    pub(super) fn reserve(&self) {
        let erp = self.world.system("erp");
        if !self.reserves {
            return;
        }
        let now = (erp.calls().get("write order").copied().unwrap_or_default(), self.on_hand);
        if self.counted.replace(now) == now {
            return;
        }
        let there: Decimal = erp.all("order").values().map(pieces).sum();
        let number = Decimal::from(self.on_hand) - there;
        let before: StockLevel = erp.get("numbers", &self.article).unwrap();
        if before.available.value() != Some(&number) {
            erp.edit_fields("numbers", &self.article, &StockLevel::new().available(number).to_fields());
        }
    }
    /// A shopper buys, if the shop shows as much, and the shop counts by itself.
    pub(super) fn buy(&mut self, shop: &'static str, pieces: i64) -> Option<Arc<str>> {
        let shown = self.shown(shop);
        if shown < pieces {
            return None;
        }
        let mock = self.world.system(shop);
        let id = mock.all("variants").keys().next().unwrap().clone();
        mock.edit_fields("stock", &id, &StockLevel::new().available(shown - pieces).to_fields());
        let lines = Lines::new().with(Line::new().key("1").sku("A").quantity(pieces).unit_price(100).vat_rate(25));
        let content = Content::new().lines(lines).gross(125 * pieces).currency("SEK").payment_method("card");
        let order = mock.put("orders", Order::new().content(content).fulfilment(Fulfilment::Open));
        self.sold.insert((shop, order.clone()), pieces);
        Some(order)
    }
    pub(super) fn cancel(&mut self, shop: &'static str, order: &Arc<str>) {
        let cancelled = Order::new().fulfilment(Fulfilment::Cancelled).to_fields();
        self.world.system(shop).edit_fields("orders", order, &cancelled);
        self.sold.remove(&(shop, order.clone()));
    }
    /// Goods come in.
    pub(super) fn deliver(&mut self, pieces: i64) {
        self.on_hand += pieces;
        self.reserve();
    }
    /// A run a minute after the last one, in which the ERP counts at every turn; nobody is told of more than was left.
    pub(super) fn run(&mut self) -> Report {
        self.reserve();
        let report = run_while(&self.world, |_, _| self.reserve());
        self.check();
        report
    }
    /// A run that ends at a turn as if the machine had been switched off; whether it came to that.
    pub(super) fn crash_at(&mut self, turn: usize) -> bool {
        self.world.pass(60);
        let engine = self.world.engine().unwrap();
        let cancel = Cancel::new();
        let mut run = Box::pin(engine.run(Mode::Sync, &Silent, &cancel));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..turn {
            self.reserve();
            if run.as_mut().poll(&mut cx).is_ready() {
                return false;
            }
        }
        drop(run);
        self.world.pass(700); // its lease runs out
        true
    }
    /// Every number that was written since we looked last is at most what is left.
    pub(super) fn check(&mut self) {
        let left = self.left();
        for shop in &self.shops {
            let mock = self.world.system(shop);
            let stock = mock.at("stock");
            let written = mock
                .log()
                .into_iter()
                .skip(self.looked.get(shop).copied().unwrap_or_default())
                .filter(|c| c.who == Who::Engine && c.reference.at == stock);
            for change in written {
                let number = change.after.get(StockLevel::AVAILABLE).and_then(Value::as_decimal).unwrap_or_default();
                assert!(number <= Decimal::from(left.max(0)), "{shop} was told {number} of {left}");
            }
        }
        self.look_away();
    }
    /// What was written until now is not looked at.
    pub(super) fn look_away(&mut self) {
        self.looked = self.shops.iter().map(|shop| (*shop, self.world.system(shop).log().len())).collect();
    }
    /// Some runs later all is quiet, and every shop shows what is left.
    pub(super) fn settles(&mut self) {
        for _ in 0..4 {
            self.run();
        }
        for shop in self.shops.clone() {
            assert_eq!(self.shown(shop), self.left().max(0), "{shop}");
        }
        let report = self.run();
        assert_eq!((report.writes(), report.unclear), (0, 0), "{:?}", report.written);
    }
}

pub(super) fn pieces(order: &FieldMap) -> Decimal {
    let order = Order::from_fields(order).unwrap();
    if order.fulfilment == Fulfilment::Cancelled.into() {
        return Decimal::ZERO;
    }
    let lines = order.content.lines.value().into_iter().flatten();
    lines.filter_map(|line| line.quantity.value().copied()).sum()
}
