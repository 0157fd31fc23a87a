//! The lines that a target is to get: priced as it prices, with articles for what is no item, and a row that rounds.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    Trouble, has_rates,
    sums::{self, How},
};
use crate::{
    capability::{Arithmetic, Prices},
    model::{Content, Field, Line, LineKind, Lines, Money},
    policy::DocumentTable,
    value::{FieldPath, Value},
};

/// Lines and sums for a target. `shown` is what its record shows now; of one that is to be made, nothing.
pub(crate) fn outgoing(
    table: &DocumentTable,
    source: &Content,
    shown: &Content,
    private: Option<bool>,
) -> Result<Content, Trouble> {
    let arithmetic = &table.cap.arithmetic;
    let decimals = source.currency.value().map_or(2, |currency| Money::decimals(currency));
    let with_vat = with_vat(arithmetic.prices, source, shown, private);
    let how = How { with_vat, per_row: per_row(arithmetic, shown, with_vat, decimals), decimals };
    let priced = Pricing { table, from_vat: source.prices_include_vat.value() == Some(&true), how };
    let mut lines = Vec::new();
    for line in source.lines.value().into_iter().flatten() {
        lines.extend(priced.lines(line)?);
    }
    let expected = sums::of(&lines, how)?;
    let has_rates = has_rates(lines.iter());
    let (told, comes_to) = match has_rates || with_vat {
        true => (source.gross.value(), expected.gross),
        false => (source.net.value(), expected.net),
    };
    let mut sum = comes_to;
    if let Some(told) = told {
        let off = Money::checked_sub(*told, comes_to)?;
        if !off.is_zero() {
            lines.push(rounding(table, &lines, off, how).ok_or(Trouble::Totals { source: *told, target: comes_to })?);
            sum = *told;
        }
    }
    let lines: Vec<Line> = lines.into_iter().map(|line| only(line, &table.cap.lines)).collect();
    if !has_rates {
        let out = Content::new().lines(Lines::from(lines)).prices_include_vat(with_vat);
        return Ok(if with_vat { out.gross(sum.normalize()) } else { out.net(sum.normalize()) });
    }
    let gross = sum;
    let net = Money::checked_sub(gross, expected.vat)?;
    Ok(Content::new()
        .lines(Lines::from(lines))
        .prices_include_vat(with_vat)
        .net(net.normalize())
        .vat(expected.vat.normalize())
        .gross(gross.normalize()))
}

fn with_vat(prices: Prices, source: &Content, shown: &Content, private: Option<bool>) -> bool {
    match prices {
        Prices::AsGiven => source.prices_include_vat.value() == Some(&true),
        Prices::WithoutVat => false,
        Prices::WithVat => true,
        Prices::ByBuyer => shown.prices_include_vat.value().copied().or(private).unwrap_or(false),
    }
}

/// Where nobody says how VAT is rounded, the record shows it: that way of adding up its lines which makes its total.
fn per_row(arithmetic: &Arithmetic, shown: &Content, with_vat: bool, decimals: u32) -> bool {
    arithmetic.vat_per_row.unwrap_or_else(|| {
        let lines: &[Line] = shown.lines.value().map_or(&[], |lines| lines);
        let due = shown.gross.value().map(|gross| gross - shown.rounding.value().copied().unwrap_or_default());
        let comes_to = |per_row| sums::of(lines, How { with_vat, per_row, decimals }).ok().map(|sums| sums.gross);
        due.is_some() && comes_to(false) != due && comes_to(true) == due
    })
}

/// The row that makes up what is left, if it is switched on and small enough.
fn rounding(table: &DocumentTable, lines: &[Line], off: Decimal, how: How) -> Option<Line> {
    let row = table.carriers.rounding.as_ref().filter(|row| row.enabled)?;
    if off.abs() > sums::limit(lines, how.decimals).ok()? {
        return None;
    }
    let line = Line::new().key("rounding".to_owned()).kind(LineKind::Rounding).sku(row.article.clone());
    Some(line.quantity(1).unit_price(off.normalize()).vat_rate(Decimal::ZERO))
}

struct Pricing<'a> {
    table: &'a DocumentTable,
    /// The source's prices include VAT.
    from_vat: bool,
    how: How,
}

impl Pricing<'_> {
    /// A line of the source: itself, and a row for a discount that the target cannot take on the line.
    fn lines(&self, line: &Line) -> Result<Vec<Line>, Trouble> {
        let kind = line.kind.value().copied().unwrap_or(LineKind::Item);
        if kind == LineKind::Text {
            return Ok(vec![line.clone()]);
        }
        let rate = line.vat_rate.value().copied().unwrap_or_default().normalize();
        let mut own = line.clone().kind(kind);
        if let Field::Set(price) = line.unit_price {
            own = own.unit_price(self.price(price, rate)?);
        }
        if !(kind == LineKind::Item || line.item.is_set() || line.sku.is_set()) {
            own = own.sku(self.carrier(kind, rate)?);
        }
        let takes_amounts = self.table.cap.lines.contains(&Line::DISCOUNT_AMOUNT);
        let scale = self.table.cap.arithmetic.discount_scale;
        let percent = line.discount_percent.value().copied().unwrap_or_default().normalize();
        let takes_percent = percent.is_zero() || scale.is_some_and(|scale| percent.scale() <= scale);
        let mut off = line.discount_amount.value().copied().unwrap_or_default();
        if !takes_percent {
            let whole = Line { discount_amount: Field::Unknown, discount_percent: Field::Unknown, ..line.clone() };
            let before = sums::amount(&whole, self.how.decimals)?;
            let after = sums::amount(&Line { discount_percent: line.discount_percent, ..whole }, self.how.decimals)?;
            off = Money::checked_add(off, Money::checked_sub(before, after)?)?;
            own = own.discount_percent(Decimal::ZERO);
        }
        if off.is_zero() {
            return Ok(vec![own.discount_amount(Field::Unknown)]);
        }
        let off = self.price(off, rate)?;
        if takes_amounts {
            return Ok(vec![own.discount_amount(off)]);
        }
        let key = format!("{}-discount", line.key.as_deref().unwrap_or_default());
        let row = Line::new().key(key).kind(LineKind::Discount).sku(self.carrier(LineKind::Discount, rate)?);
        let row = row.quantity(1).unit_price(-off).vat_rate(rate);
        Ok(vec![own.discount_amount(Field::Unknown), row])
    }

    /// A price of the source's in the target's terms.
    fn price(&self, price: Decimal, rate: Decimal) -> Result<Decimal, Trouble> {
        let hundred = Decimal::ONE_HUNDRED;
        let price = match (self.from_vat, self.how.with_vat) {
            (false, true) => Money::checked_mul(price, hundred + rate)?.checked_div(hundred),
            (true, false) => Money::checked_mul(price, hundred)?.checked_div(hundred + rate),
            _ => Some(price),
        };
        let price = price.ok_or_else(|| Trouble::Unreadable("a price is too large".to_owned()))?;
        Ok(Money::round(price, self.table.cap.arithmetic.price_scale).normalize())
    }

    fn carrier(&self, kind: LineKind, rate: Decimal) -> Result<String, Trouble> {
        let article = self.table.carriers.article(kind, rate);
        article.map(str::to_owned).ok_or(Trouble::Carrier { kind, rate })
    }
}

/// A line without the leaves that the target does not take. What it is, and what it comes to, stays for whoever makes
/// the request of it.
fn only(line: Line, takes: &BTreeSet<FieldPath>) -> Line {
    let keep = |path: FieldPath| takes.is_empty() || takes.contains(&path);
    Line {
        text: if keep(Line::TEXT) { line.text } else { Field::Unknown },
        unit: if keep(Line::UNIT) { line.unit } else { Field::Unknown },
        account: if keep(Line::ACCOUNT) { line.account } else { Field::Unknown },
        cost_centre: if keep(Line::COST_CENTRE) { line.cost_centre } else { Field::Unknown },
        project: if keep(Line::PROJECT) { line.project } else { Field::Unknown },
        vat_code: if keep(Line::VAT_CODE) { line.vat_code } else { Field::Unknown },
        net: Field::Unknown,
        vat: Field::Unknown,
        ..line
    }
}

/// Leaves that say what a line is, and not what is written of it.
const SILENT: [FieldPath; 4] = [Line::KEY, Line::KIND, Line::NET, Line::VAT];

/// Whether lines are the same in every leaf that the target takes, of those that are wanted and shown.
pub(super) fn same(takes: &BTreeSet<FieldPath>, stored: &Value, wanted: &Value) -> bool {
    let (stored, wanted) = match (stored, wanted) {
        (Value::List(stored), Value::List(wanted)) => (stored.as_slice(), wanted.as_slice()),
        (Value::Null, Value::List(wanted)) => (&[][..], wanted.as_slice()),
        (Value::List(stored), Value::Null) => (stored.as_slice(), &[][..]),
        _ => return stored == wanted,
    };
    stored.len() == wanted.len()
        && stored.iter().zip(wanted).all(|pair| match pair {
            (Value::Map(stored), Value::Map(wanted)) => same_line(takes, stored, wanted),
            (stored, wanted) => stored == wanted,
        })
}

fn same_line(takes: &BTreeSet<FieldPath>, stored: &BTreeMap<String, Value>, wanted: &BTreeMap<String, Value>) -> bool {
    let (sku, item) = (Line::SKU.as_str(), Line::ITEM.as_str());
    let known = |line: &BTreeMap<String, Value>, name: &str| line.get(name).is_some_and(|value| !value.is_null());
    // an item is known by its number; its link may not be looked up yet
    let by_number = known(stored, sku) && known(wanted, sku);
    wanted.iter().filter(|(name, _)| !SILENT.iter().any(|path| path.as_str() == name.as_str())).all(|(name, wanted)| {
        let path = FieldPath::new(name);
        if (name == item && by_number) || !(takes.is_empty() || takes.contains(&path) || name == sku) {
            return true;
        }
        match (stored.get(name), wanted) {
            (None, _) | (_, Value::Null) => true,
            (Some(Value::Text(stored)), Value::Text(wanted)) if *name == Line::TEXT.as_str() => {
                // a text is cut to what fits
                stored == wanted || (!stored.is_empty() && wanted.starts_with(&**stored))
            }
            (Some(Value::Null), Value::Decimal(wanted)) => wanted.is_zero(),
            // a whole number is the same as a decimal one
            (Some(stored), wanted) => {
                stored == wanted || stored.as_decimal().is_some_and(|stored| Some(stored) == wanted.as_decimal())
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        capability::DocumentCapability,
        model::Fields,
        policy::{Carriers, Rounding},
        value::FieldMap,
    };

    const TAKES: [FieldPath; 5] = [Line::ITEM, Line::TEXT, Line::QUANTITY, Line::UNIT_PRICE, Line::DISCOUNT_PERCENT];

    /// A target whose lines take no discount in money, with articles for every rate.
    fn target(prices: Prices, vat_per_row: Option<bool>, rounds: bool) -> DocumentTable {
        let mut cap = DocumentCapability { lines: TAKES.into(), ..DocumentCapability::default() };
        (cap.arithmetic.prices, cap.arithmetic.vat_per_row) = (prices, vat_per_row);
        let by_rate = |word: &str| ["25", "12", "6", "0"].map(|rate| (rate.to_owned(), format!("{word}{rate}"))).into();
        let mut carriers = Carriers::default();
        (carriers.freight, carriers.fee, carriers.discount) = (by_rate("FRAKT"), by_rate("AVG"), by_rate("RAB"));
        carriers.rounding = Some(Rounding { article: "ORES".to_owned(), enabled: rounds });
        DocumentTable {
            cap,
            carriers,
            until: None,
            accounts: BTreeMap::new(),
            buyer_differs: crate::policy::BuyerDiffers::default(),
            items: None,
        }
    }
    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }
    fn goods(quantity: i64, price: &str, rate: i64) -> Line {
        let line = Line::new().key("1".to_owned()).kind(LineKind::Item).sku("A-1".to_owned());
        line.quantity(quantity).unit_price(dec(price)).vat_rate(rate)
    }
    fn document(lines: Vec<Line>, gross: &str) -> Content {
        Content::new().lines(Lines::from(lines)).currency("SEK").prices_include_vat(false).gross(dec(gross))
    }
    fn told(content: &Content) -> Vec<String> {
        let lines = content.lines.value().unwrap();
        let one = |line: &Line| {
            let of = |field: &Field<Decimal>| field.value().map_or("-".to_owned(), |n| n.normalize().to_string());
            format!("{} {} x {}", line.sku.as_deref().unwrap_or("-"), of(&line.quantity), of(&line.unit_price))
        };
        lines.iter().map(one).collect()
    }

    #[test]
    fn what_is_no_item_is_carried_by_an_article_of_its_rate() {
        let freight = Line::new().kind(LineKind::Freight).quantity(1).unit_price(dec("39.20")).vat_rate(25);
        let code = Line::new().kind(LineKind::Discount).quantity(1).unit_price(dec("-10")).vat_rate(12);
        let row = goods(2, "100", 25).discount_amount(dec("20"));
        let source = document(vec![row, freight.clone(), code], "262.8");
        let sent = outgoing(&target(Prices::WithoutVat, Some(false), true), &source, &Content::new(), None).unwrap();
        assert_eq!(told(&sent), ["A-1 2 x 100", "RAB25 1 x -20", "FRAKT25 1 x 39.2", "RAB12 1 x -10"]);
        let mut bare = target(Prices::WithoutVat, Some(false), true);
        bare.carriers.freight.remove("25");
        let trouble = outgoing(&bare, &document(vec![freight], "49"), &Content::new(), None).unwrap_err();
        assert_eq!(trouble, Trouble::Carrier { kind: LineKind::Freight, rate: dec("25") });
    }

    #[test]
    fn without_its_rates_a_document_is_held_against_its_net_alone() {
        let bare = |price: &str| Line { vat_rate: Field::Unknown, ..goods(2, price, 25) };
        let table = target(Prices::WithoutVat, Some(false), true);
        let source = document(vec![bare("100")], "250").net(dec("200"));
        let sent = outgoing(&table, &source, &Content::new(), None).unwrap();
        assert_eq!((sent.net, sent.vat.is_unknown(), sent.gross.is_unknown()), (200.into(), true, true));
        let trouble = outgoing(&table, &source.clone().net(dec("150")), &Content::new(), None).unwrap_err();
        assert_eq!(trouble, Trouble::Totals { source: dec("150"), target: dec("200") });
        let silent = Content { gross: Field::Unknown, net: Field::Unknown, ..source };
        assert!(outgoing(&table, &silent, &Content::new(), None).unwrap().gross.is_unknown(), "nothing is made up");
    }

    #[test]
    fn prices_are_told_as_the_target_has_them() {
        let source = document(vec![goods(3, "89.29", 12)], "300");
        let at = |prices, shown: &Content, private| {
            told(&outgoing(&target(prices, Some(false), true), &source, shown, private).unwrap())
        };
        assert_eq!(at(Prices::WithVat, &Content::new(), None), ["A-1 3 x 100"]);
        assert_eq!(at(Prices::WithoutVat, &Content::new(), None), ["A-1 3 x 89.29", "ORES 1 x -0.01"]);
        assert_eq!(at(Prices::ByBuyer, &Content::new(), Some(true)), ["A-1 3 x 100"]);
        let shown = Content::new().prices_include_vat(false);
        assert_eq!(
            at(Prices::ByBuyer, &shown, Some(true)),
            ["A-1 3 x 89.29", "ORES 1 x -0.01"],
            "what is shown counts"
        );
    }

    #[test]
    fn a_total_that_is_too_far_off_is_no_matter_of_rounding() {
        let source = document(vec![goods(1, "100", 25)], "125.03");
        let trouble = outgoing(&target(Prices::WithoutVat, Some(false), true), &source, &Content::new(), None);
        assert_eq!(trouble.unwrap_err(), Trouble::Totals { source: dec("125.03"), target: dec("125") });
        let near = document(vec![goods(1, "100", 25)], "125.01");
        assert!(outgoing(&target(Prices::WithoutVat, Some(false), true), &near, &Content::new(), None).is_ok());
        let off = outgoing(&target(Prices::WithoutVat, Some(false), false), &near, &Content::new(), None);
        assert_eq!(off.unwrap_err(), Trouble::Totals { source: dec("125.01"), target: dec("125") });
    }

    #[test]
    fn how_vat_is_rounded_is_learnt_from_what_the_target_shows() {
        let lines = vec![goods(1, "0.54", 12), goods(1, "0.54", 12), goods(1, "0.54", 12)];
        let source = document(lines.clone(), "1.81");
        let table = target(Prices::WithoutVat, None, true);
        assert_eq!(outgoing(&table, &source, &Content::new(), None).unwrap().lines.value().unwrap().len(), 3);
        let shown = document(lines, "1.80");
        let again = outgoing(&table, &source, &shown, None).unwrap();
        assert_eq!(told(&again).last().unwrap(), "ORES 1 x 0.01");
    }

    #[test]
    fn lines_are_compared_in_what_the_target_takes_of_what_both_know() {
        let value = |line: Line| {
            let mut fields = FieldMap::new();
            Content::new().lines(Lines::from(vec![line])).put(super::super::CONTENT, &mut fields);
            fields.get(super::super::LINES).unwrap().clone()
        };
        let wanted = goods(2, "100", 25).text("Garn, blått".to_owned());
        let stored = goods(2, "100.00", 25).key("7".to_owned()).text("Garn,".to_owned()).discount_percent(0);
        let takes = TAKES.into();
        assert!(same(&takes, &value(stored.clone()), &value(wanted.clone())));
        for other in [stored.clone().quantity(3), stored.clone().sku("B".to_owned()), stored.text("Tråd".to_owned())] {
            assert!(!same(&takes, &value(other.clone()), &value(wanted.clone())), "{other:?}");
        }
        assert!(!same(&takes, &Value::Null, &value(wanted)));
    }

    proptest! {
        /// Whatever is sent adds up to what is due, by the target's own arithmetic; or it is not sent.
        #[test]
        fn what_goes_out_comes_to_what_is_due(
            rows in prop::collection::vec(
                (-3_i64..6, 1_i64..200_000, prop::sample::select(vec![25_i64, 12, 6, 0]), 0_i64..3, 0_i64..500), 1..9),
            with_vat: bool, per_row: bool, off in -3_i64..4,
        ) {
            let lines: Vec<Line> = rows.iter().map(|(quantity, price, rate, percent, money)| {
                let line = goods(*quantity, &Decimal::new(*price, 2).to_string(), *rate);
                line.discount_percent(Decimal::from(*percent)).discount_amount(Decimal::new(*money, 2))
            }).collect();
            let exact = sums::of(&lines, How { with_vat: false, per_row: false, decimals: 2 }).unwrap().gross;
            let due = exact + Decimal::new(off, 2);
            let source = document(lines, &due.to_string());
            let prices = if with_vat { Prices::WithVat } else { Prices::WithoutVat };
            let how = How { with_vat, per_row, decimals: 2 };
            match outgoing(&target(prices, Some(per_row), true), &source, &Content::new(), None) {
                Ok(sent) => {
                    let lines = sent.lines.value().unwrap();
                    prop_assert_eq!(sums::of(lines, how).unwrap().gross, due);
                    prop_assert_eq!(sent.gross.value().copied(), Some(due.normalize()));
                    prop_assert!(lines.iter().all(|line| line.discount_amount.value().is_none()));
                }
                Err(Trouble::Totals { source, target }) => {
                    prop_assert_eq!(source, due);
                    prop_assert_ne!(source, target);
                }
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
