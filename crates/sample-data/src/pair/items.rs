//! What is sold: the ERP's items, half of which are in the CRM's catalogue already.

use rust_decimal::Decimal;

use super::words::{GOODS, KINDS, WORK};
use crate::dice::Dice;

/// One item.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    /// Kept in stock.
    pub(crate) stock: bool,
    /// May be sold.
    pub(crate) active: bool,
    pub(crate) price: Decimal,
    /// The CRM's id of it, and what it costs there, where it is in the catalogue already.
    pub(crate) in_crm: Option<(u64, Decimal)>,
}

/// How many are kept in stock.
const STOCKED: usize = 66;
/// Each so many-th is not sold any more.
const WITHDRAWN: usize = 11;
/// The CRM's first id of one.
const FIRST_ID: u64 = 501;

/// All of them.
pub(super) fn items(seed: u64) -> Vec<Item> {
    let mut dice = Dice::new(seed, "pair-items");
    let goods = KINDS.iter().flat_map(|kind| GOODS.iter().map(move |thing| format!("{thing}, {kind}")));
    let goods = goods.take(STOCKED).map(|name| (name, true));
    let work = WORK.iter().map(|name| ((*name).to_owned(), false));
    let mut id = FIRST_ID;
    goods
        .chain(work)
        .enumerate()
        .map(|(place, (name, stock))| {
            let price = dice.cents(4_900, 249_900);
            let active = place % WITHDRAWN != 7;
            let in_crm = (place % 2 == 0).then(|| {
                id += 1;
                // what it cost last year, here and there
                let other = place % 16 == 4;
                (id, if other { price - Decimal::new(1_050, 2) } else { price })
            });
            let unit = if stock { "STK" } else { "TIME" };
            let number = if stock { format!("V-{}", 1001 + place) } else { format!("T-{}", 1001 + place) };
            Item { number, name, unit, stock, active, price, in_crm }
        })
        .collect()
}
