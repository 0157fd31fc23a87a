//! What is in an order.

use rust_decimal::Decimal;

use crate::{
    articles::Article,
    cases::{Fate, Twist},
    dice::Dice,
    money::{gross_price, net_price, rounded},
    orders::{Order, Row, freight, once},
    sums::{Discount, Priced},
    words::CODES,
};

/// The number that is nowhere.
pub(crate) const UNKNOWN_SKU: &str = "UTG-8841";
/// The fee for an invoice, with VAT of 25 %, in SEK.
pub(crate) const FEE: i64 = 29;

/// Fills orders from the shelves.
pub(crate) struct Baskets<'a> {
    pub(crate) dice: Dice,
    pub(crate) articles: &'a [Article],
}

impl Baskets<'_> {
    /// Draws rows, freight and fee for an order.
    pub(crate) fn fill(&mut self, order: &mut Order) {
        order.rows = self.goods(order);
        self.unknown(order);
        self.bundle(order);
        self.discounts(order);
        self.returned(order);
        self.code(order);
        let highest = order.rows.iter().map(|row| row.price.rate).max().unwrap_or_default();
        (order.freight, order.shipping) = freight(&mut self.dice, order.currency, highest);
        order.fee = match order.case.has(Twist::Fee) {
            true => once(net_price(Decimal::from(FEE), 25), 25),
            false => once(Decimal::ZERO, highest),
        };
    }

    fn goods(&mut self, order: &Order) -> Vec<Row> {
        let both = order.case.has(Twist::MoneyOff) && order.case.has(Twist::PercentOff);
        let least = order.case.rates.len().max(1 + usize::from(both));
        let count = least + usize::try_from(self.dice.pick(&[0_u64, 0, 1, 1, 2, 3, 4])).unwrap_or_default();
        // each rate once, then any of them
        let mut rates = order.case.rates.clone();
        rates.resize_with(count, || self.dice.pick(&order.case.rates));
        self.dice.shuffle(&mut rates);
        rates.into_iter().map(|rate| self.row(order, rate)).collect()
    }

    fn article(&mut self, rate: u32) -> Article {
        let on_sale = |article: &&Article| article.rate == rate && article.active && article.parts.is_empty();
        let shelf: Vec<&Article> = self.articles.iter().filter(on_sale).collect();
        let campaigns: Vec<&Article> = shelf.iter().filter(|article| article.campaign.is_some()).copied().collect();
        let shelf = if !campaigns.is_empty() && self.dice.chance(20) { campaigns } else { shelf };
        let places: Vec<u64> = shelf.iter().map(|article| article.product).collect();
        let chosen = self.dice.pick(&places);
        shelf.into_iter().find(|article| article.product == chosen).cloned().unwrap_or_default()
    }

    fn row(&mut self, order: &Order, rate: u32) -> Row {
        let article = self.article(rate);
        let many = if order.buyer.is_company() { [1, 2, 4, 6, 10, 24] } else { [1, 1, 1, 2, 3, 5] };
        let quantity = if rate == 0 { 1 } else { self.dice.pick(&many) };
        sold(order, &article, quantity)
    }

    fn unknown(&mut self, order: &mut Order) {
        if order.case.fate == Fate::UnknownSku
            && let Some(row) = order.rows.first_mut()
        {
            row.sku = UNKNOWN_SKU.to_owned();
            row.text = "Utgången vara".to_owned();
            row.weight = Decimal::ZERO;
        }
    }

    fn bundle(&mut self, order: &mut Order) {
        if !order.case.has(Twist::Bundle) {
            return;
        }
        let rates = order.case.rates.clone();
        let fitting = |article: &&Article| !article.parts.is_empty() && rates.contains(&article.rate);
        if let Some(bundle) = self.articles.iter().find(fitting) {
            let mut row = sold(order, bundle, self.dice.pick(&[1, 1, 2]));
            row.parts = bundle.parts.iter().map(|part| (0, part.clone())).collect();
            order.rows.push(row);
        }
    }

    /// Something is taken off one row, so many percent off another one.
    fn discounts(&mut self, order: &mut Order) {
        if order.case.has(Twist::MoneyOff)
            && let Some(row) = self.any_row(order, |row| row.price.rate > 0)
        {
            let worth = row.price.quantity * gross_price(row.price.net, row.price.rate);
            let off = self.dice.pick(&[5_i64, 10, 20, 25, 50, 100].map(Decimal::from));
            let off = off.min(rounded(worth / Decimal::TWO));
            row.price.discount = Discount::Amount(net_price(off, row.price.rate));
        }
        if order.case.has(Twist::PercentOff)
            && let Some(row) = self.any_row(order, |row| row.price.discount == Discount::None)
        {
            let percent = [Decimal::TEN, Decimal::from(15), Decimal::new(125, 1), Decimal::from(33)];
            row.price.discount = Discount::Percent(self.dice.pick(&percent));
        }
    }

    fn any_row<'o>(&mut self, order: &'o mut Order, wanted: impl Fn(&Row) -> bool) -> Option<&'o mut Row> {
        let places = order.rows.iter().enumerate().filter(|(_, row)| wanted(row)).map(|(place, _)| place);
        let places: Vec<usize> = places.collect();
        let place = self.dice.some(&places, 1).pop()?;
        order.rows.get_mut(place)
    }

    /// Something bought before comes back: not dearer than half of what is bought now.
    fn returned(&mut self, order: &mut Order) {
        if !order.case.has(Twist::Returned) {
            return;
        }
        let now: Decimal = order.rows.iter().map(|row| row.price.quantity * row.price.net).sum();
        let rates: Vec<u32> = order.rows.iter().map(|row| row.price.rate).filter(|rate| *rate > 0).collect();
        let rate = self.dice.pick(&rates);
        let cheap = |article: &Article| net_price(article.price(), article.rate) * Decimal::TWO <= now;
        let found = (0..50).map(|_| self.article(rate)).find(cheap);
        if let Some(article) = found {
            order.rows.push(sold(order, &article, -1));
        }
    }

    /// What a code takes off comes as rows below zero without a number: one for each VAT rate where it takes percent
    /// of the goods, one where it takes an amount. Nothing is taken off gift cards.
    fn code(&mut self, order: &mut Order) {
        if !order.case.has(Twist::Code) {
            return;
        }
        let (code, is_percent, value) = self.dice.pick(&CODES);
        order.code = code;
        let mut goods: Vec<(u32, Decimal)> = Vec::new();
        for row in order.rows.iter().filter(|row| row.price.rate > 0) {
            let price = row.price.gross.unwrap_or(row.price.net) * row.price.quantity;
            match goods.iter_mut().find(|(rate, _)| *rate == row.price.rate) {
                Some((_, sum)) => *sum += price,
                None => goods.push((row.price.rate, price)),
            }
        }
        let value = Decimal::from(value);
        if is_percent {
            let rows = goods.iter().map(|(rate, sum)| (*rate, rounded(*sum * value / Decimal::ONE_HUNDRED)));
            let rows: Vec<Row> =
                rows.filter(|(_, off)| *off > Decimal::ZERO).map(|(rate, off)| taken_off(order, rate, off)).collect();
            order.rows.extend(rows);
        } else if let Some((rate, _)) = goods.iter().max_by_key(|(_, sum)| *sum) {
            order.rows.push(taken_off(order, *rate, value));
        }
    }
}

/// Whether the shop shows this buyer prices with VAT.
fn shows_vat(order: &Order) -> bool {
    !order.buyer.is_company() && !order.case.who.is_exempt()
}

/// An article at the price that its buyer pays.
fn sold(order: &Order, article: &Article, quantity: i64) -> Row {
    let gross = if order.currency == "EUR" { article.gross_eur } else { article.price() };
    let net = if order.currency == "NOK" { article.net_nok } else { net_price(gross, article.rate) };
    let price = Priced {
        quantity: Decimal::from(quantity),
        net,
        gross: shows_vat(order).then_some(gross),
        rate: if order.case.who.is_exempt() { 0 } else { article.rate },
        discount: Discount::None,
    };
    let (sku, text) = (article.sku.clone(), article.name.clone());
    Row { sku, text, unit: article.unit, price, weight: article.weight, ..Row::default() }
}

/// A discount of the whole order, in the terms in which the buyer sees prices.
fn taken_off(order: &Order, rate: u32, off: Decimal) -> Row {
    let with_vat = shows_vat(order);
    let price = Priced {
        quantity: Decimal::ONE,
        net: -if with_vat { net_price(off, rate) } else { off },
        gross: with_vat.then_some(-off),
        rate,
        discount: Discount::None,
    };
    Row { text: format!("Rabattkod {}", order.code), price, ..Row::default() }
}
