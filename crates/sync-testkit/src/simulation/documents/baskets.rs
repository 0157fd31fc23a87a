//! What shoppers buy: rows and sums as a shop has them.

use rust_decimal::Decimal;
use sync_core::{
    FieldMap,
    model::{Canonical, Content, Line, LineKind, Lines, Order},
};

use crate::{
    mock::sums::{Sizes, sums},
    time::Dice,
};

/// An article that is not there at first.
pub(super) const LATE: &str = "LATE";

/// The order of a number: its rows, and what is to be paid.
pub(super) fn order(n: u64) -> FieldMap {
    let content = content(n, true);
    Order::new().content(content.currency("SEK").payment_method("card")).to_fields()
}

/// Rows of a number with their sums. Now and then the sum is off by more than any rounding.
pub(super) fn content(n: u64, with_vat: bool) -> Content {
    let dice = Dice::new(n);
    let count = 1 + dice.roll(4);
    let lines: Vec<Line> = (1..=count).map(|place| line(&dice, place)).collect();
    let sums = sums(&lines, with_vat, dice.roll(2) == 0, Sizes { decimals: 2, rounds_first: false });
    let off = if dice.roll(15) == 0 { Decimal::from(5) } else { Decimal::ZERO };
    let content = Content::new().lines(lines.into_iter().collect::<Lines<Line>>()).prices_include_vat(with_vat);
    content.gross((sums.gross + off).normalize())
}

fn line(dice: &Dice, place: usize) -> Line {
    let rate = Decimal::from(dice.pick(&[25_i64, 25, 12, 6]).copied().unwrap_or(25));
    let cents = i64::try_from(100 + dice.roll(90_000)).unwrap_or(100);
    let line = Line::new().key(place.to_string()).unit_price(Decimal::new(cents, 2)).vat_rate(rate);
    let one = |kind| line.clone().kind(kind).quantity(1);
    match dice.roll(14) {
        // the first row is always an article, so that no order is below zero
        _ if place == 1 => item(dice, line),
        0 => one(LineKind::Freight),
        1 => one(LineKind::Fee),
        2 => one(LineKind::Discount).unit_price(Decimal::new(-50, 2)),
        3 => Line::new().key(place.to_string()).kind(LineKind::Text).text("Thank you"),
        _ => item(dice, line),
    }
}

fn item(dice: &Dice, line: Line) -> Line {
    let sku = if dice.roll(14) == 0 { LATE } else { dice.pick(&["A", "B"]).copied().unwrap_or("A") };
    let quantity = i64::try_from(1 + dice.roll(6)).unwrap_or(1);
    let line = line.kind(LineKind::Item).sku(sku).quantity(quantity);
    match dice.roll(6) {
        0 => line.discount_percent(Decimal::new(i64::try_from(dice.roll(500)).unwrap_or(0), 1)),
        1 => line.discount_amount(Decimal::new(75, 2)),
        _ => line,
    }
}
