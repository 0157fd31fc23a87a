//! Two hundred orders are sold out of little stock while the numbers come from the ERP every minute.
//!
//! The test keeps books of its own on what is really left, and looks at what the shop shows after every sale and every
//! run. A sale falls between two runs: the shop takes absolute numbers and nothing else, so what is sold between the
//! reading of its orders and the writing of its stock is seen by the next run.

use std::collections::{BTreeMap, BTreeSet};

use emulators::frame::{Fault, FaultKind};
use serde_json::{Value, json};
use toml::Table;

use crate::{
    goods::shown_in,
    minutes::Minutes,
    stage::{FAKTURA, home},
};

const PRESET: &str = include_str!("../../../../examples/presets/starweb-eekonomi/erp-leads.toml");
/// Stock comes at every run, read whole; the rest is the preset's own. The status goes back to the shop.
const RULES: &str = r#"
entities.stock.every = "0s"
entities.stock.complete_every = "0s"
entities.orders.systems.se = { read = true, update = true }
tables.payment_terms.erp = { invoice = "9b889a04-2ba0-563b-a6f2-4b6edeb103f2" }
"#;

/// Goods of which there is one, and never another.
const SINGLES: usize = 10;
/// Goods of which there are a few, and now and then some more.
const OTHERS: usize = 18;
const ORDERS: usize = 200;
/// More than it takes.
const MINUTES: usize = 400;

/// What differs from one play to the next, and is the same whenever a play is repeated.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }
    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

/// The shop showed more than there was, or the books do not agree.
#[derive(Debug)]
struct Breach(String);

/// What was played.
#[derive(Debug, Default)]
struct Played {
    orders: BTreeSet<u64>,
    /// Pieces sold in the shop, by number.
    sold: BTreeMap<String, i64>,
    /// Sales of the last piece.
    last: usize,
    /// Runs that met a fault.
    faults: usize,
    /// Moments at which an order was placed and the ERP had not heard of it.
    underway: usize,
}

struct Trade {
    world: Minutes,
    dice: Dice,
    /// What is really left: what there was and came in, less what was sold anywhere.
    left: BTreeMap<String, i64>,
    played: Played,
    minute: usize,
}

fn single(number: usize) -> String {
    format!("ENDA-{number:02}")
}

fn is_single(sku: &str) -> bool {
    sku.starts_with("ENDA")
}

impl Trade {
    /// The ERP keeps stock, and has goods; the shop is told of them.
    fn open(dice: u64, change: impl FnOnce(&mut Table)) -> Self {
        let mut world = Minutes::start();
        world.erp.act(json!({ "action": "set_company", "stock_module": true })).unwrap();
        let few = |number: usize| (format!("LAG-{number:02}"), i64::try_from(1 + number % 12).unwrap());
        let left: BTreeMap<String, i64> =
            (0..SINGLES).map(|number| (single(number), 1)).chain((0..OTHERS).map(few)).collect();
        let articles = left.iter().enumerate().map(|(at, (sku, stock))| {
            json!({
                "Id": format!("00000000-0000-4000-8000-0000000000{at:02}"), "Number": sku,
                "Name": format!("Vara {sku}"), "CodingId": "7b58e06c-5295-53a8-9935-7afe30f3aab2",
                "UnitId": "deaa377a-4985-598c-9c57-b9b018f1b7d4", "NetPrice": 100, "GrossPrice": 125,
                "IsActive": true, "IsStock": true, "SendToWebshop": true, "StockBalance": stock,
            })
        });
        world.erp.seed(json!({ "articles": articles.collect::<Vec<Value>>() })).unwrap();
        world.connect(PRESET, RULES, change);
        assert_eq!(world.minute().exit_code(), 0);
        let trade = Self { world, dice: Dice(dice), left, played: Played::default(), minute: 0 };
        assert_eq!(trade.shown(), trade.left, "it is told of everything");
        trade
    }

    /// What the shop shows, by number.
    fn shown(&self) -> BTreeMap<String, i64> {
        shown_in(&self.world.shop.state()).into_iter().map(|goods| (goods.sku, goods.stock)).collect()
    }
    /// The shop shows no more than is left.
    fn look(&self, when: &str) -> Result<(), Breach> {
        for (sku, shown) in self.shown() {
            let left = self.left[&sku];
            if shown > left {
                let line = format!("minute {}, {when}: the shop shows {shown} of {sku}, {left} are left", self.minute);
                return Err(Breach(line));
            }
        }
        Ok(())
    }
    /// The same from the systems' own books: what is on the shelves, less the shop's orders that nobody has invoiced.
    fn by_the_books(&self) -> BTreeMap<String, i64> {
        let (shop, erp) = (self.world.shop.state(), self.world.erp.state());
        let all = |name: &str| erp["companies"][0][name].as_array().unwrap().clone();
        let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let mut left: BTreeMap<String, i64> =
            all("articles").iter().map(|one| (text(one, "Number"), one["StockBalance"].as_i64().unwrap())).collect();
        left.retain(|sku, _| self.left.contains_key(sku));
        let invoiced: BTreeSet<String> =
            all("customerinvoices").iter().map(|one| text(one, "BuyersOrderReference")).collect();
        let open = shop["orders"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|order| !invoiced.contains(&format!("se-{}", order["orderId"])));
        for row in open.flat_map(|order| order["items"]["data"].as_array().unwrap()) {
            *left.get_mut(row["sku"].as_str().unwrap()).unwrap() -= row["quantity"].as_i64().unwrap();
        }
        left
    }

    /// Somebody buys what the shop shows, as much as it shows at most.
    fn sell(&mut self) {
        let mut buyable: Vec<(String, i64)> = self.shown().into_iter().filter(|(_, shown)| *shown > 0).collect();
        let mut rows = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let Some((sku, shown)) = self.dice.of(&buyable).cloned() else { break };
            buyable.retain(|(known, _)| *known != sku);
            let quantity = if shown > 1 && self.dice.one_in(3) { 2 } else { 1 };
            self.played.last += usize::from(shown == quantity);
            *self.played.sold.entry(sku.clone()).or_default() += quantity;
            *self.left.get_mut(&sku).unwrap() -= quantity;
            rows.push(json!({ "sku": sku, "quantity": quantity }));
        }
        if rows.is_empty() {
            return;
        }
        let placed = self.world.shop.act(json!({
            "action": "place_order", "paymentMethodId": FAKTURA, "paymentStatus": "", "shippingMethodId": 101,
            "shippingVatRate": 25, "paymentVatRate": 25, "currencyPrecision": 2,
            "originalCustomerEmail": format!("kund{}@example.org", self.dice.below(40)),
            "addresses": { "originalInvoice": home() }, "items": rows,
        }));
        self.played.orders.insert(placed.unwrap()["orderId"].as_u64().unwrap());
    }
    /// In the ERP orders are delivered and invoiced, goods come in, and, if the next run hears of it, somebody buys over
    /// the counter.
    fn work_in_the_erp(&mut self, tells: bool) {
        let act = |act: Value| self.world.erp.act(act).unwrap();
        let state = self.world.erp.state();
        let orders = state["companies"][0]["orders"].as_array().unwrap();
        self.played.underway += usize::from(orders.len() < self.played.orders.len());
        let open: Vec<&Value> = orders.iter().filter(|order| order["Status"] != 4).collect();
        let chosen: BTreeSet<usize> = (0..self.dice.below(4)).map(|_| self.dice.below(open.len().max(1))).collect();
        for order in chosen.into_iter().filter_map(|at| open.get(at)) {
            let action = match order["Status"].as_u64() {
                Some(1) => "start_order",
                Some(2) => "deliver_order",
                _ => "invoice_order",
            };
            act(json!({ "action": action, "id": order["Id"] }));
        }
        let others: Vec<String> = self.left.keys().filter(|sku| !is_single(sku)).cloned().collect();
        for sku in (0..self.dice.below(4)).filter_map(|_| self.dice.of(&others)).collect::<BTreeSet<_>>() {
            let pieces = 1 + self.dice.below(12);
            act(json!({ "action": "receive_stock", "number": sku, "quantity": pieces }));
            *self.left.get_mut(sku).unwrap() += i64::try_from(pieces).unwrap();
        }
        if let Some(sku) = self.dice.of(&others).filter(|sku| tells && self.left[*sku] > 0 && self.dice.one_in(4)) {
            act(json!({ "action": "sell_from_stock", "number": sku, "quantity": 1 }));
            *self.left.get_mut(sku).unwrap() -= 1;
        }
    }
    /// Something may go wrong in the next run. Gives whether it hears of the ERP's own stock all the same.
    fn fault(&mut self) -> bool {
        let (shop, erp) = (&self.world.shop, &self.world.erp);
        let down = FaultKind::Status { code: 503, handled: false };
        let roll = self.dice.below(12);
        match roll {
            0 => erp.fault(Fault::new(down).on("POST", "/v2/orders").times(40)),
            1 => erp.fault(Fault::new(FaultKind::DropAfter).on("POST", "/v2/orders")),
            2 => erp.fault(Fault::new(down).on("GET", "/v2/articles").times(40)),
            3 => shop.fault(Fault::new(FaultKind::DropAfter).on("PATCH", "/api/v2/products/*")),
            _ => return true,
        }
        self.played.faults += 1;
        roll != 2
    }

    fn play(mut self) -> Result<Played, Breach> {
        for minute in 1..=MINUTES {
            self.minute = minute;
            for _ in 0..self.dice.below(13) {
                if self.played.orders.len() < ORDERS {
                    self.sell();
                    self.look("after a sale")?;
                }
            }
            let tells = self.fault();
            self.work_in_the_erp(tells);
            self.world.minute();
            self.world.shop.clear_faults();
            self.world.erp.clear_faults();
            self.look("after a run")?;
            assert_eq!(self.by_the_books(), self.left, "the test counts as the systems do");
            if self.played.orders.len() == ORDERS {
                break;
            }
        }
        self.end()
    }
    /// A few quiet minutes later the shop shows all that is left, and each order is in the ERP once.
    fn end(self) -> Result<Played, Breach> {
        for _ in 0..6 {
            self.world.minute();
            self.look("when all was sold")?;
        }
        let report = self.world.minute();
        assert_eq!((report.exit_code(), report.writes()), (0, 0), "{report:#?}");
        assert_eq!(self.shown(), self.left);
        let state = self.world.erp.state();
        let orders = state["companies"][0]["orders"].as_array().unwrap();
        let mut marks: Vec<&str> = orders.iter().map(|order| order["BuyersOrderReference"].as_str().unwrap()).collect();
        marks.sort_unstable();
        let mut wanted: Vec<String> = self.played.orders.iter().map(|number| format!("se-{number}")).collect();
        wanted.sort_unstable();
        assert_eq!(marks, wanted);
        Ok(self.played)
    }
}

fn table<'a>(of: &'a mut Table, path: &[&str]) -> &'a mut Table {
    path.iter().fold(of, |table, key| table[*key].as_table_mut().unwrap())
}

/// What comes of a play with one setting changed.
#[track_caller]
fn breach(change: impl FnOnce(&mut Table)) -> String {
    match Trade::open(1, change).play() {
        Ok(played) => panic!("nothing was shown too often: {played:?}"),
        Err(Breach(line)) => line,
    }
}

#[test]
fn where_nothing_is_reserved_for_orders_it_shows_more() {
    let line = breach(|preset| {
        table(preset, &["entities", "stock"]).remove("reserve");
    });
    assert!(line.contains("the shop shows"), "{line}");
}

#[test]
fn two_hundred_orders_are_sold_and_never_more_than_is_left() {
    let played = Trade::open(1, |_| ()).play().unwrap_or_else(|breach| panic!("{}", breach.0));
    assert_eq!(played.orders.len(), ORDERS);
    let singles: Vec<i64> = (0..SINGLES).map(|number| played.sold.get(&single(number)).copied().unwrap_or(0)).collect();
    assert_eq!(singles, [1; SINGLES], "one piece is sold once");
    assert!(played.last > 30 && played.faults > 10 && played.underway > 10, "it would show: {played:?}");
}
