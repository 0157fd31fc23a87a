//! What people did, as far as both systems must show it in the end.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::stage::Becomes;

/// How an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By invoice.
    Invoice,
    /// Klarna has reserved the amount.
    Klarna,
    /// The shopper has paid all of it.
    Swish,
}

impl Way {
    /// The shop's id of it.
    pub(crate) const fn id(self) -> u64 {
        match self {
            Self::Klarna => 102,
            Self::Invoice => 105,
            Self::Swish => 110,
        }
    }
}

/// How far people took a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Nobody has touched it in the ERP.
    Placed,
    /// An order was delivered, a draft was booked.
    Done,
    /// An invoice was paid.
    Paid,
}

/// A row of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) sku: String,
    pub(crate) quantity: u64,
    /// Of one, with VAT, in whole crowns.
    pub(crate) price: u64,
}

/// An order of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) email: String,
    pub(crate) way: Way,
    pub(crate) rows: Vec<Row>,
    pub(crate) step: Step,
    /// The period in which it was placed.
    pub(crate) placed: u32,
    /// The last period in which its rows were edited.
    pub(crate) edited: u32,
}

impl Order {
    /// With VAT.
    pub(crate) fn gross(&self) -> Decimal {
        self.rows.iter().map(|row| Decimal::from(row.quantity) * Decimal::from(row.price)).sum()
    }
}

/// A side of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Shop,
    Erp,
}

/// A buyer, under his e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buyer {
    /// The shop's id, if he has an account.
    pub(crate) account: Option<u64>,
    /// As typed last, on either side.
    pub(crate) phone: Option<String>,
    /// Who edits the phone in which period: what two people type at once is a conflict, and of those one loses.
    pub(crate) phone_side: Option<(u32, Side)>,
    /// As the ERP's people typed it: the name is theirs.
    pub(crate) erp_name: Option<String>,
}

/// An article of the ERP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Article {
    pub(crate) name: String,
    /// Without VAT.
    pub(crate) net: Decimal,
    pub(crate) stock: i64,
    /// Whether shoppers order it; then what the shop shows of it is less by what is on its way.
    pub(crate) ordered: bool,
}

/// Everything that people did in one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) becomes: Becomes,
    /// Grows with each judgement.
    pub(crate) period: u32,
    pub(crate) orders: BTreeMap<u64, Order>,
    pub(crate) buyers: BTreeMap<String, Buyer>,
    pub(crate) articles: BTreeMap<String, Article>,
}

impl Ledger {
    pub(crate) fn new(becomes: Becomes) -> Self {
        let (orders, buyers, articles) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { becomes, period: 1, orders, buyers, articles }
    }
    /// The mark of an order of the shop.
    pub(crate) fn mark(order: u64) -> String {
        format!("se-{order}")
    }
    /// Records that the next judgement looks at.
    pub(crate) fn records(&self) -> u64 {
        u64::try_from(self.orders.len() + self.buyers.len() + self.articles.len()).unwrap_or(u64::MAX)
    }
}

/// Collections of the ERP that an order of the shop may have become a record of.
pub(crate) const DOCUMENTS: [&str; 3] = ["orders", "customerinvoicedrafts", "customerinvoices"];

/// Records of a collection.
pub(crate) fn rows<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
/// A text of a record; empty if there is none.
pub(crate) fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}
/// A number of a record.
pub(crate) fn number(of: &Value, name: &str) -> Option<u64> {
    of.get(name).and_then(Value::as_u64)
}
/// An amount of a record.
pub(crate) fn amount(of: &Value, name: &str) -> Option<Decimal> {
    let text = of.get(name).filter(|value| value.is_number())?.to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}
/// All documents of the ERP with this mark: collection and record.
pub(crate) fn documents<'a>(erp: &'a Value, mark: &'a str) -> impl Iterator<Item = (&'static str, &'a Value)> {
    let of = move |name: &'static str| rows(erp, name).iter().map(move |record| (name, record));
    DOCUMENTS.into_iter().flat_map(of).filter(move |(_, record)| text(record, "BuyersOrderReference") == mark)
}
/// Texts that occur more than once.
pub(crate) fn twins<'a>(all: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    all.filter(|text| !seen.insert(*text)).collect()
}
