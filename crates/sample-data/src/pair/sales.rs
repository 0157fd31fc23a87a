//! Deliveries of the CRM, and orders of the ERP that nobody has in the CRM.

use chrono::{Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    companies::{Case, Company},
    items::Item,
};
use crate::dice::Dice;

/// What is to become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It must arrive.
    Arrives,
    /// It is older than the start date: never moved.
    Before,
    /// Its organisation is no customer: it waits, and the CRM says why.
    NoCustomer,
    /// A line's price fits the other reading alone: set aside.
    OtherPrice,
}

/// Something sold.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The item's place in the list.
    pub(crate) item: usize,
    pub(crate) quantity: Decimal,
    pub(crate) price: Decimal,
    /// In percent.
    pub(crate) discount: Decimal,
}

impl Line {
    /// It comes to the same whether its amount is rounded before the discount is taken off or after that alone.
    fn is_plain(&self) -> bool {
        let cents = |amount: Decimal| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let whole = self.price * self.quantity;
        let off = |amount: Decimal| amount * self.discount / Decimal::ONE_HUNDRED;
        cents(whole) - cents(off(cents(whole))) == cents(whole - off(whole))
    }
}

/// A delivery or an order.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) fate: Fate,
    /// The company's place in the list.
    pub(crate) company: usize,
    /// Id and number of a delivery; number of an order.
    pub(crate) number: u64,
    pub(crate) day: NaiveDate,
    pub(crate) lines: Vec<Line>,
}

/// What becomes of the deliveries, with how many there are.
pub(super) const FATES: [(Fate, usize); 4] =
    [(Fate::Before, 1), (Fate::Arrives, 55), (Fate::NoCustomer, 3), (Fate::OtherPrice, 1)];
/// How many orders the ERP has. The first few are older than the start date.
const ORDERS: usize = 34;
/// Before the first delivery's number.
const BEFORE_DELIVERY: u64 = 7000;
/// Before the first order's.
const BEFORE_ORDER: u64 = 100;

/// Deliveries in the order of their days.
pub(super) fn deliveries(seed: u64, companies: &[Company], items: &[Item]) -> Vec<Sale> {
    let mut dice = Dice::new(seed, "pair-deliveries");
    let sold: Vec<usize> = places(items, |item| item.active && item.in_crm.is_some());
    let customers = places(companies, |one| one.case.in_both() || one.case == Case::Customer);
    let prospects = places(companies, |one| one.case == Case::Prospect);
    let fates = FATES.iter().flat_map(|(fate, count)| std::iter::repeat_n(*fate, *count));
    let (mut number, mut after) = (BEFORE_DELIVERY, 0);
    fates
        .map(|fate| {
            number += 1;
            after += dice.between(0, 1);
            let day = if fate == Fate::Before { date(2025, 12, 18) } else { date(2026, 1, 5) + Days::new(after) };
            let company = dice.pick(if fate == Fate::NoCustomer { &prospects } else { &customers });
            let mut lines = lines(&mut dice, items, &sold);
            if let (Fate::OtherPrice, Some(line)) = (fate, lines.first_mut()) {
                line.quantity = Decimal::from(3);
            }
            Sale { fate, company, number, day, lines }
        })
        .collect()
}

/// Orders in the order of their days, one each day: of customers abroad, and of customers at home, who pay VAT.
pub(super) fn orders(seed: u64, companies: &[Company], items: &[Item]) -> Vec<Sale> {
    let mut dice = Dice::new(seed, "pair-orders");
    let sold: Vec<usize> = places(items, |item| item.active);
    let home = [Case::ByNumber, Case::ByName, Case::LongName];
    let customers = places(companies, |one| one.case == Case::Erp || home.contains(&one.case));
    let (first, start) = (date(2025, 12, 28), date(2026, 1, 1));
    (0..ORDERS)
        .zip(BEFORE_ORDER + 1..)
        .zip(0..)
        .map(|((_, number), after)| {
            let (company, lines) = (dice.pick(&customers), lines(&mut dice, items, &sold));
            let day = first + Days::new(after);
            let fate = if day < start { Fate::Before } else { Fate::Arrives };
            Sale { fate, company, number, day, lines }
        })
        .collect()
}

fn lines(dice: &mut Dice, items: &[Item], sold: &[usize]) -> Vec<Line> {
    let count = usize::try_from(dice.between(1, 4)).unwrap_or(1);
    dice.some(sold, count)
        .into_iter()
        .map(|item| {
            let price = items.get(item).map(|item| item.price).unwrap_or_default();
            let quantity = match dice.between(1, 8) {
                1 => Decimal::new(25, 1),
                more => Decimal::from(more),
            };
            let discount =
                if dice.chance(30) { dice.pick(&[5.into(), 10.into(), Decimal::new(125, 1)]) } else { 0.into() };
            let line = Line { item, quantity, price, discount };
            if line.is_plain() { line } else { Line { discount: Decimal::ZERO, ..line } }
        })
        .collect()
}

fn places<T>(list: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    list.iter().enumerate().filter(|(_, one)| wanted(one)).map(|(place, _)| place).collect()
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}
