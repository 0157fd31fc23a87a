//! The 63 orders.

use chrono::{DateTime, FixedOffset, TimeDelta, TimeZone};
use rust_decimal::Decimal;

use crate::{
    articles::{Article, Part, Unit},
    basket::Baskets,
    cases::{BEFORE, Case, Fate, Twist, Who, cases},
    dice::Dice,
    money::net_price,
    people::{Address, Buyer, People},
    sums::{Discount, Priced, Sums},
};

/// The first order's number.
const FIRST_ORDER: u64 = 1201;
/// The first row's id.
const FIRST_ROW: u64 = 20_001;
/// How often rows are drawn anew until an order can be taken over.
const TRIES: usize = 200;

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pays {
    Klarna,
    Invoice,
    Swish,
    /// Cash on delivery: nobody has mapped it.
    OnDelivery,
}

/// One row of an order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) id: u64,
    /// Empty on a discount.
    pub(crate) sku: String,
    pub(crate) text: String,
    pub(crate) unit: Unit,
    pub(crate) price: Priced,
    pub(crate) weight: Decimal,
    /// What a bundle holds, with ids of rows.
    pub(crate) parts: Vec<(u64, Part)>,
}

/// One order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: u64,
    pub(crate) case: Case,
    pub(crate) created: DateTime<FixedOffset>,
    pub(crate) modified: DateTime<FixedOffset>,
    pub(crate) is_picked: bool,
    pub(crate) buyer: Buyer,
    /// A guest who was here before.
    pub(crate) returns: bool,
    pub(crate) currency: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) freight: Priced,
    pub(crate) fee: Priced,
    pub(crate) pays: Pays,
    pub(crate) code: &'static str,
    pub(crate) sums: Sums,
    pub(crate) shipping: u64,
    /// How many times its rows were drawn anew.
    pub(crate) redrawn: usize,
}

impl Order {
    /// The rows, freight and fee.
    pub(crate) fn priced(&self) -> Vec<Priced> {
        self.rows.iter().map(|row| row.price).chain([self.freight, self.fee]).collect()
    }
}

/// All of them by number.
pub(crate) fn orders(seed: u64, articles: &[Article], people: &People) -> Vec<Order> {
    let mut dice = Dice::new(seed, "orders");
    let cases = cases(seed);
    let moments = moments(&mut dice, cases.len());
    let mut buyers = Buyers::new(&mut dice, people);
    let mut baskets = Baskets { dice: Dice::new(seed, "rows"), articles };
    let mut orders: Vec<Order> = Vec::new();
    for ((number, case), created) in (FIRST_ORDER..).zip(cases).zip(moments) {
        let (buyer, returns) = buyers.of(&mut dice, case.who);
        orders.push(order(
            &mut dice,
            &mut baskets,
            Order {
                number,
                created,
                modified: created,
                is_picked: false,
                buyer,
                returns,
                currency: currency(case.who),
                rows: Vec::new(),
                freight: Priced::default(),
                fee: Priced::default(),
                pays: Pays::Klarna,
                code: "",
                sums: Sums::default(),
                shipping: 0,
                redrawn: 0,
                case,
            },
        ));
    }
    number_rows(&mut orders);
    orders
}

fn currency(who: Who) -> &'static str {
    match who {
        Who::Norwegian(_) => "NOK",
        who if who.is_in_kronor() => "SEK",
        _ => "EUR",
    }
}

/// The last order of the old year is from its last hour, the first one of the new year from its first, when it is still
/// the old one in UTC.
fn moments(dice: &mut Dice, count: usize) -> Vec<DateTime<FixedOffset>> {
    let year = FixedOffset::east_opt(3600).and_then(|zone| zone.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single());
    let year = year.unwrap_or_default();
    let at = |minutes: i64| year.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(year);
    let day = 24 * 60;
    let mut minute = |least: u64, most: u64| i64::try_from(dice.between(least, most)).unwrap_or_default();
    let mut before: Vec<i64> = (1..BEFORE).map(|_| -minute(2 * day, 30 * day)).collect();
    before.push(-minute(3, 50));
    let rest = count.saturating_sub(BEFORE).saturating_sub(1);
    let mut after: Vec<i64> = (0..rest).map(|_| minute(8 * 60, 31 * day)).collect();
    after.push(minute(3, 50));
    before.sort_unstable();
    after.sort_unstable();
    before.into_iter().chain(after).map(at).collect()
}

/// Who is behind a case.
struct Buyers<'a> {
    people: &'a People,
    /// Each regular customer buys once before one buys again.
    regulars: Vec<Buyer>,
    /// Guests who were here.
    met: Vec<usize>,
}

impl<'a> Buyers<'a> {
    fn new(dice: &mut Dice, people: &'a People) -> Self {
        let mut regulars = people.regulars.clone();
        dice.shuffle(&mut regulars);
        Self { people, regulars, met: Vec::new() }
    }
    fn of(&mut self, dice: &mut Dice, who: Who) -> (Buyer, bool) {
        let in_list = |list: &[Buyer], place: usize| list.get(place).cloned().unwrap_or_default();
        let buyer = match who {
            Who::Guest(place) => {
                let guest = in_list(&self.people.guests, place);
                let returns = self.met.contains(&place);
                self.met.push(place);
                return (if returns { self.back(guest, place) } else { guest }, returns);
            }
            Who::Known(place) => in_list(&self.people.known, place),
            Who::EuCompany(place) => in_list(&self.people.eu_companies, place),
            Who::Norwegian(place) => in_list(&self.people.norwegians, place),
            Who::FinnInEuro | Who::FinnInKronor => self.people.finn.clone(),
            Who::Regular => self.regulars.pop().unwrap_or_else(|| dice.pick(&self.people.regulars)),
        };
        (buyer, false)
    }
    /// One of those who come back has moved, one writes the e-mail address in capitals.
    fn back(&self, guest: Buyer, place: usize) -> Buyer {
        match place {
            0 => Buyer { invoice: self.people.moved.clone(), delivery: None, ..guest },
            1 => Buyer { email: in_capitals(&guest.email), ..guest },
            _ => guest,
        }
    }
}

/// `MAJA.LUND@Example.se`.
fn in_capitals(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or_default();
    let (first, rest) = domain.split_at_checked(1).unwrap_or_default();
    format!("{}@{}{rest}", name.to_uppercase(), first.to_uppercase())
}

/// Fills an order. Rows are drawn anew where the totals could not be met by an ERP's prices of two decimals: such an
/// order would have to be held, and that is the part of three others.
fn order(dice: &mut Dice, baskets: &mut Baskets<'_>, mut order: Order) -> Order {
    order.is_picked = order.case.fate != Fate::Before && dice.chance(30);
    let hours = if order.is_picked { dice.between(3, 60) } else { 0 };
    let minutes = i64::try_from(hours * 60 + dice.between(0, 40)).unwrap_or_default();
    order.modified = order.created.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(order.created);
    order.pays = pays(dice, &order);
    for turn in 0..TRIES {
        order.redrawn = turn;
        baskets.fill(&mut order);
        order.sums = Sums::of_shop(&order.priced());
        if is_as_meant(&order) {
            break;
        }
    }
    if order.case.fate == Fate::WrongSums {
        let (net, vat) = (Decimal::from(dice.between(30, 90)), order.sums.vat);
        let more = net * Decimal::new(25, 2);
        order.sums = Sums { net: order.sums.net + net, vat: vat + more, gross: order.sums.gross + net + more };
    }
    order
}

/// Whether everything came about that the case asks for, and the totals can be met.
fn is_as_meant(order: &Order) -> bool {
    let least = if order.currency == "EUR" { Decimal::TEN } else { Decimal::ONE_HUNDRED };
    let has = |wanted: fn(&Row) -> bool| order.rows.iter().any(wanted);
    let came_about = |twist: &Twist| match twist {
        Twist::MoneyOff => has(|row| matches!(row.price.discount, Discount::Amount(_))),
        Twist::PercentOff => has(|row| matches!(row.price.discount, Discount::Percent(_))),
        Twist::Code => has(|row| row.sku.is_empty()),
        Twist::Returned => has(|row| row.price.quantity < Decimal::ZERO),
        Twist::Bundle => has(|row| !row.parts.is_empty()),
        Twist::Fee => !order.fee.net.is_zero(),
    };
    let pieces: Decimal = order.rows.iter().map(|row| row.price.quantity).sum();
    order.case.twists.iter().all(came_about)
        && order.sums.gross > least
        && order.sums.can_be_met(&order.priced(), pieces)
}

fn pays(dice: &mut Dice, order: &Order) -> Pays {
    match order.case.fate {
        Fate::UnmappedPayment => Pays::OnDelivery,
        _ if order.case.has(Twist::Fee) => Pays::Invoice,
        _ if order.buyer.is_company() && order.currency == "SEK" => Pays::Invoice,
        _ if order.buyer.language == "sv" && dice.chance(35) => Pays::Swish,
        _ => Pays::Klarna,
    }
}

/// The freight of an order at its highest rate.
pub(crate) fn freight(dice: &mut Dice, currency: &str, rate: u32) -> (Priced, u64) {
    let ways: &[(u64, Decimal)] = &match currency {
        "SEK" => [(0, Decimal::from(49)), (0, Decimal::from(59)), (1, Decimal::from(99)), (2, Decimal::from(29))],
        "NOK" => [(0, Decimal::from(99)), (0, Decimal::from(129)), (1, Decimal::from(179)), (0, Decimal::from(79))],
        _ => [
            (0, Decimal::new(590, 2)),
            (0, Decimal::new(790, 2)),
            (1, Decimal::new(1290, 2)),
            (2, Decimal::new(490, 2)),
        ],
    };
    let (way, gross) = dice.pick(ways);
    (once(net_price(gross, rate), rate), way)
}

/// Something that is there once, without a discount.
pub(crate) fn once(net: Decimal, rate: u32) -> Priced {
    Priced { quantity: Decimal::ONE, net, gross: None, rate, discount: Discount::None }
}

fn number_rows(orders: &mut [Order]) {
    let mut next = FIRST_ROW;
    for row in orders.iter_mut().flat_map(|order| &mut order.rows) {
        for id in [&mut row.id].into_iter().chain(row.parts.iter_mut().map(|(id, _)| id)) {
            *id = next;
            next += 1;
        }
    }
}

/// The address that goods go to.
pub(crate) fn goes_to(buyer: &Buyer) -> &Address {
    buyer.delivery.as_ref().unwrap_or(&buyer.invoice)
}
