//! Quotation lines, and what their price means.
//!
//! The price of a line is a unit price in one system and the amount of the line in another. The configuration says which; each
//! line is held against it: with a quantity other than 1, list price and discount give at most one of the two. A line that
//! fits the other reading alone sets its document aside. A price that was typed fits neither and proves nothing.

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{
    error::{Error, ErrorKind, Result},
    model::{Line, LineKind},
};

use super::items::column;
use crate::{
    config::{Columns, LinePrice},
    wire::Wire,
};

const PREFIX: &str = "QuotationLine";
/// Decimals to which prices are compared: the vendor does not tell how many it keeps.
const CENTS: u32 = 2;
/// Decimals that a unit price may have when it is made of an amount.
const UNIT_DECIMALS: u32 = 6;

/// The lines in their order.
pub(super) fn lines(rows: &[Wire], price: LinePrice, columns: Option<&Columns>) -> Result<Vec<Line>> {
    let mut placed = rows
        .iter()
        .map(|row| {
            let key =
                row.whole("QuotationLineId")?.into_value().ok_or_else(|| fault("QuotationLineId", "is missing"))?;
            let order = row.whole("QuotationLineSortOrder")?.into_value().unwrap_or(i64::MAX);
            let line = line(row, key, price, columns).map_err(|error| error.with_context("row", key))?;
            Ok((order, key, line))
        })
        .collect::<Result<Vec<_>>>()?;
    placed.sort_by_key(|(order, key, _)| (*order, *key));
    Ok(placed.into_iter().map(|(.., line)| line).collect())
}

fn line(row: &Wire, key: i64, price: LinePrice, columns: Option<&Columns>) -> Result<Line> {
    let amount = |name: &str| row.decimal(&format!("{PREFIX}{name}"));
    let column = |nth| column(row, PREFIX, nth);
    let name = column(columns.map(|columns| columns.name))?;
    let text = if name.is_set() { name } else { row.text("QuotationLineMemo")? };
    // a system without VAT on lines has a zero there: it is no rate that somebody meant
    let rate = amount("VatPercentage")?.into_value().filter(|rate| !rate.is_zero());
    let line = Line::new()
        .key(key.to_string())
        .sku(column(columns.map(|columns| columns.number))?)
        .text(text)
        .unit(column(columns.and_then(|columns| columns.unit))?);
    let line = match rate {
        Some(rate) => line.vat_rate(rate),
        None => line,
    };
    let quantity = amount("Quantity")?.into_value().unwrap_or_default();
    let told = amount("Price")?.into_value().unwrap_or_default();
    if quantity.is_zero() && told.is_zero() {
        return Ok(line.kind(LineKind::Text));
    }
    let facts = Facts {
        quantity,
        price: told,
        list: amount("ListPrice")?.into_value().unwrap_or_default(),
        discount: amount("Discount")?.into_value().unwrap_or_default(),
    };
    let (unit_price, discount, net) = facts.read(price)?;
    Ok(line.kind(LineKind::Item).quantity(quantity).unit_price(unit_price).discount_percent(discount).net(net))
}

struct Facts {
    quantity: Decimal,
    price: Decimal,
    list: Decimal,
    discount: Decimal,
}

impl Facts {
    /// Unit price before discount, discount in percent, and the amount of the line.
    fn read(&self, means: LinePrice) -> Result<(Decimal, Decimal, Decimal)> {
        let unit = self.reduced(Decimal::ONE)?;
        let total = self.reduced(self.quantity)?;
        let (wanted, other) = match means {
            LinePrice::Unit => (unit, total),
            LinePrice::LineTotalAfterDiscount => (total, unit),
        };
        let fits = |expected: Decimal| !self.list.is_zero() && cents(expected) == cents(self.price);
        let telling = self.quantity != Decimal::ONE;
        if telling && fits(other) && !fits(wanted) {
            let (is, said) = match means {
                LinePrice::Unit => ("the amount of the line", "unit"),
                LinePrice::LineTotalAfterDiscount => ("a unit price", "line_total_after_discount"),
            };
            let what = format!(
                "is {is} by its list price and discount, while line_price says {said}; \
                 correct the line in webCRM, or the setting"
            );
            return Err(fault("QuotationLinePrice", &what));
        }
        if fits(wanted) {
            return Ok((self.list, self.discount, cents(total)));
        }
        match means {
            LinePrice::Unit => {
                let net = self.price.checked_mul(self.quantity).ok_or_else(too_large)?;
                Ok((self.price, Decimal::ZERO, cents(net)))
            }
            LinePrice::LineTotalAfterDiscount => {
                let each = self
                    .price
                    .checked_div(self.quantity)
                    .ok_or_else(|| fault("QuotationLineQuantity", "is 0 beside a price; correct the line in webCRM"))?;
                let each = each.round_dp(UNIT_DECIMALS).normalize();
                let back = each.checked_mul(self.quantity).ok_or_else(too_large)?;
                if cents(back) == cents(self.price) {
                    return Ok((each, Decimal::ZERO, cents(self.price)));
                }
                Err(fault("QuotationLinePrice", "cannot be divided by its quantity; correct the line in webCRM"))
            }
        }
    }
    /// So many at list price, less the discount.
    fn reduced(&self, quantity: Decimal) -> Result<Decimal> {
        let left = Decimal::ONE_HUNDRED.checked_sub(self.discount).ok_or_else(too_large)?;
        let whole = self.list.checked_mul(quantity).and_then(|whole| whole.checked_mul(left));
        whole.and_then(|whole| whole.checked_div(Decimal::ONE_HUNDRED)).ok_or_else(too_large)
    }
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(CENTS, RoundingStrategy::MidpointAwayFromZero)
}

fn too_large() -> Error {
    fault("QuotationLinePrice", "is too large to calculate with")
}

fn fault(key: &str, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, "decode", format!("{key} {what}")).with_context("field", key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(quantity: i64, list: &str, discount: i64, price: &str, means: LinePrice) -> Result<[String; 3]> {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let facts =
            Facts { quantity: quantity.into(), price: number(price), list: number(list), discount: discount.into() };
        let (unit, discount, net) = facts.read(means)?;
        Ok([unit, discount, net].map(|amount| amount.normalize().to_string()))
    }
    const UNIT: LinePrice = LinePrice::Unit;
    const TOTAL: LinePrice = LinePrice::LineTotalAfterDiscount;

    #[test]
    fn a_price_is_what_the_setting_says_if_the_line_agrees() {
        assert_eq!(read(10, "450", 10, "4050", TOTAL).unwrap(), ["450", "10", "4050"]);
        assert_eq!(read(2, "100", 0, "100", UNIT).unwrap(), ["100", "0", "200"]);
        assert_eq!(read(2, "100", 25, "75", UNIT).unwrap(), ["100", "25", "150"]);
        for means in [UNIT, TOTAL] {
            assert_eq!(read(1, "400", 0, "400", means).unwrap(), ["400", "0", "400"]);
        }
    }

    #[test]
    fn a_line_that_fits_the_other_reading_alone_is_refused() {
        for (quantity, list, discount, price, means) in
            [(10, "450", 10, "4050", UNIT), (2, "100", 0, "100", TOTAL), (3, "10", 0, "30", UNIT)]
        {
            let error = read(quantity, list, discount, price, means).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.message().contains("line_price"), "{error}");
        }
    }

    #[test]
    fn a_price_that_was_typed_proves_nothing() {
        assert_eq!(read(2, "100", 0, "90", UNIT).unwrap(), ["90", "0", "180"]);
        assert_eq!(read(2, "100", 0, "150", TOTAL).unwrap(), ["75", "0", "150"]);
        assert_eq!(read(4, "0", 0, "12.5", UNIT).unwrap(), ["12.5", "0", "50"]);
        assert!(read(0, "5", 0, "7", TOTAL).is_err(), "no quantity has that amount");
    }

    #[test]
    fn half_an_ore_is_no_difference() {
        assert_eq!(read(3, "33.335", 0, "100.01", TOTAL).unwrap()[2], "100.01");
        assert_eq!(read(3, "0", 0, "100", TOTAL).unwrap(), ["33.333333", "0", "100"]);
    }
}
