//! The own price of an article. eEkonomi keeps it without VAT and with it, and refuses two amounts that the VAT rate of
//! the article's coding does not join: one of them leads, by configuration, and the other one is worked out.

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{
    Error, Field, Link, Result, Value,
    capability::{FieldCapability, StreamCapability},
    connector::Writable,
    handler::{Encode, Shown},
    model::Price,
};

use super::{
    Shared,
    articles::{ARTICLES, PRICE, refused},
    codings,
    price_list::from_one,
};
use crate::{
    config::PriceBasis,
    wire::{Wire, number},
};

/// The most that the vendor's description allows.
const MOST: i64 = 99_000_000;

pub(super) fn capability(shared: &Shared) -> StreamCapability {
    let mut can = StreamCapability::new(sync_core::EntityKind::Price);
    // prices of lists are records of their own
    can.holds.set(Price::LIST, Value::Null);
    can.fields.insert(Price::LIST, FieldCapability::read_only());
    from_one(&mut can);
    can.fields.insert(Price::AMOUNT, FieldCapability::read_write().rounded_to(2));
    // not set by anybody, but compared: an amount of another currency or basis would be a wrong one
    let mut currency = FieldCapability::read_write();
    currency.one_of = Some([shared.company.currency.clone()].into());
    can.fields.insert(Price::CURRENCY, currency);
    can.fields.insert(Price::INCLUDES_VAT, FieldCapability::read_write());
    for path in [Price::ITEM, Price::SKU] {
        let mut once = FieldCapability::read_only();
        once.write_on_create = true;
        can.fields.insert(path, once);
    }
    can
}

/// Field that leads, field that follows.
fn names(basis: PriceBasis) -> (&'static str, &'static str) {
    match basis {
        PriceBasis::WithoutVat => ("NetPrice", "GrossPrice"),
        PriceBasis::WithVat => ("GrossPrice", "NetPrice"),
    }
}

pub(super) fn decode(shared: &Shared, read: &Wire) -> Result<Shown> {
    let basis = shared.config.article_prices;
    let mut price = Price::new();
    price.item = read.id("Id")?.map(|id| Link::External(shared.link(ARTICLES.name, id)).into());
    price.sku = read.text("Number")?;
    price.amount = read.number(names(basis).0)?.map(|amount| cents(amount).normalize());
    price.currency = shared.company.currency.as_str().into();
    price.includes_vat = (basis == PriceBasis::WithVat).into();
    Ok(Shown::of(PRICE, &price).writable(Writable::All))
}

/// Writes both amounts: from a new price, or from the one that stands there where the VAT rate has changed.
pub(super) fn write(shared: &Shared, encode: &Encode<'_, Wire>, body: &mut Wire) -> Result<()> {
    let basis = shared.config.article_prices;
    let (leads, follows) = names(basis);
    let before = encode.current().map(|current| current.id("CodingId")).transpose()?.and_then(Field::into_value);
    let coding = body.id("CodingId")?.into_value();
    let amount = if encode.sends(PRICE, Price::AMOUNT) {
        let wanted: Price = encode.wanted(PRICE)?;
        check(shared, basis, &wanted)?;
        wanted.amount.into_value().unwrap_or_default()
    } else if before.is_some() && before != coding {
        let Some(amount) = body.number(leads)?.into_value() else { return Ok(()) };
        amount
    } else {
        return Ok(());
    };
    let amount = cents(amount);
    if amount.is_sign_negative() && !amount.is_zero() || amount > Decimal::from(MOST) {
        return Err(refused(Price::AMOUNT, &format!("the price {amount} is none that eEkonomi takes (0 to {MOST})")));
    }
    let other = other(basis, amount, rate(shared, coding.as_deref())?);
    for (name, amount) in [(leads, amount), (follows, other)] {
        if body.number(name)? != Field::Set(amount) {
            body.set(name, number(amount.normalize()));
        }
    }
    Ok(())
}

fn check(shared: &Shared, basis: PriceBasis, wanted: &Price) -> Result<()> {
    let ours = &shared.company.currency;
    if let Some(currency) = wanted.currency.value().filter(|currency| *currency != ours) {
        let what = format!("the price is in {currency}, an article's own price in eEkonomi is in {ours}");
        return Err(refused(Price::CURRENCY, &what));
    }
    let (is, named) = match basis {
        PriceBasis::WithVat => (true, "without_vat"),
        PriceBasis::WithoutVat => (false, "with_vat"),
    };
    match wanted.includes_vat.value() {
        Some(includes) if *includes != is => {
            let words = if *includes { "with" } else { "without" };
            let what = format!("the price is {words} VAT: set article_prices = \"{named}\" for this connection");
            Err(refused(Price::INCLUDES_VAT, &what))
        }
        _ => Ok(()),
    }
}

fn rate(shared: &Shared, coding: Option<&str>) -> Result<Decimal> {
    let known = coding.and_then(|id| shared.company.code(codings::LIST, id)).and_then(|coding| coding.vat_rate);
    known.ok_or_else(|| -> Error {
        let what = match coding {
            Some(id) => {
                format!("the VAT rate of the article's coding {id} is not known; connect anew to read the codings")
            }
            None => "without a coding the VAT in a price is not known".to_owned(),
        };
        refused(Price::AMOUNT, &what)
    })
}

/// The amount that belongs to the leading one at this rate, in hundredths.
fn other(basis: PriceBasis, amount: Decimal, percent: Decimal) -> Decimal {
    let factor = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    cents(match basis {
        PriceBasis::WithoutVat => amount * factor,
        PriceBasis::WithVat => amount / factor,
    })
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Prices may be shown with more decimals than are taken.
pub(super) fn round(body: &mut Wire) -> Result<()> {
    for name in ["NetPrice", "GrossPrice"] {
        if let Field::Set(amount) = body.number(name)?
            && amount != cents(amount)
        {
            body.set(name, number(cents(amount).normalize()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_other_amount_follows_by_the_rate() {
        for (basis, amount, percent, follows) in [
            (PriceBasis::WithoutVat, "100", "25", "125.00"),
            (PriceBasis::WithoutVat, "79.99", "25", "99.99"),
            (PriceBasis::WithoutVat, "10.02", "25", "12.53"),
            (PriceBasis::WithVat, "99", "12", "88.39"),
            (PriceBasis::WithVat, "99.90", "25", "79.92"),
            (PriceBasis::WithVat, "50", "0", "50"),
        ] {
            assert_eq!(other(basis, dec(amount), dec(percent)), dec(follows), "{amount} {percent}");
        }
    }

    proptest! {
        /// Without VAT leading, a price in whole hundredths comes back from its amount with VAT.
        #[test]
        fn a_net_price_survives_its_gross_price(hundredths in 0_i64..10_000_000, percent in prop::sample::select(vec![0, 6, 12, 25])) {
            let net = Decimal::new(hundredths, 2);
            let gross = other(PriceBasis::WithoutVat, net, Decimal::from(percent));
            prop_assert!(gross.scale() <= 2 && gross >= net);
            prop_assert_eq!(other(PriceBasis::WithVat, gross, Decimal::from(percent)), net);
        }
        /// With VAT leading, it may come back a hundredth off, never more: more steps with VAT than without it.
        #[test]
        fn a_gross_price_is_a_hundredth_off_at_most(hundredths in 0_i64..10_000_000, percent in prop::sample::select(vec![0, 6, 12, 25])) {
            let gross = Decimal::new(hundredths, 2);
            let net = other(PriceBasis::WithVat, gross, Decimal::from(percent));
            let back = other(PriceBasis::WithoutVat, net, Decimal::from(percent));
            prop_assert!((back - gross).abs() <= Decimal::new(1, 2));
        }
    }
}
