//! What a policy says of documents: what they become at a target, how far they go there, what carries rows that are no
//! items.

use std::{collections::BTreeMap, sync::Arc};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Duplicates, Policy, Role, RuleSet};
use crate::{
    capability::{DocumentCapability, StreamCapability},
    id::{EntityKind, EntityName},
    model::{Item, LineKind},
    value::FieldPath,
};

/// What an order becomes at a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// An order.
    Order,
    /// An invoice, of which the hub keeps a record of its own.
    Invoice,
}

/// How far a document is brought at a system. What the system does not know as a step of its own is left to its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// As little binding as the system can have it.
    Draft,
    /// An order that stands.
    Open,
    /// An invoice that is booked.
    Booked,
    /// An invoice that is booked and has left the house.
    Sent,
}

impl Until {
    /// The word of the axis that it stands for: of `fulfilment` for orders, of `stage` for invoices.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Booked => "booked",
            Self::Sent => "sent",
        }
    }
}

/// `[entities.<name>.rows.<connection>]`: the articles that carry rows which are no items at the source, by VAT rate in
/// percent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Carriers {
    /// Carriage: `"25" = "FRAKT25"`.
    pub freight: BTreeMap<String, String>,
    /// Fees.
    pub fee: BTreeMap<String, String>,
    /// Discounts, those of a row in money among them.
    pub discount: BTreeMap<String, String>,
    /// What rounds a total that the target's prices cannot make up exactly.
    pub rounding: Option<Rounding>,
}

/// The row that rounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rounding {
    /// An article without VAT.
    pub article: String,
    /// Switched off, documents that do not add up are held.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// `[entities.<name>.buyer_differs]`: some systems take an invoice's currency, or its address, from their register of
/// customers, whatever the document says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BuyerDiffers {
    /// The document is in another currency.
    pub currency: Differs,
    /// The document goes to another address.
    pub address: Differs,
}

/// What becomes of a document whose buyer stands differently in the register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Differs {
    /// A person is asked.
    #[default]
    Hold,
    /// The register is right.
    AsRegister,
    /// An order that was to become an invoice goes as an order.
    AsOrder,
    /// The register is corrected first: it gets what the document says.
    UpdateRegister,
}

impl BuyerDiffers {
    /// Whether any difference has this consequence.
    pub(crate) fn has(self, differs: Differs) -> bool {
        self.currency == differs || self.address == differs
    }
}

impl Carriers {
    /// The tables by VAT rate, with their names in the file.
    pub(super) fn by_rate(&self) -> [(&'static str, &BTreeMap<String, String>); 3] {
        [("freight", &self.freight), ("fee", &self.fee), ("discount", &self.discount)]
    }
    /// Numbers of all articles.
    pub fn articles(&self) -> impl Iterator<Item = String> + '_ {
        let rounding = self.rounding.iter().map(|rounding| rounding.article.clone());
        self.by_rate().into_iter().flat_map(|(_, table)| table.values().cloned()).chain(rounding)
    }
    /// Number of the article that carries a row of this kind at this rate.
    pub fn article(&self, kind: LineKind, rate: Decimal) -> Option<&str> {
        let table = match kind {
            LineKind::Freight => &self.freight,
            LineKind::Fee => &self.fee,
            LineKind::Discount => &self.discount,
            LineKind::Rounding => return self.rounding.as_ref().map(|rounding| rounding.article.as_str()),
            LineKind::Item | LineKind::Text => return None,
        };
        table.iter().find(|(known, _)| known.parse::<Decimal>() == Ok(rate)).map(|(_, article)| article.as_str())
    }
}

/// Of one stream of documents, all that is looked up.
#[derive(Clone, Debug)]
pub struct DocumentTable {
    /// What the stream can do.
    pub cap: DocumentCapability,
    /// What carries rows that are no items.
    pub carriers: Carriers,
    /// How far a document is brought.
    pub until: Option<Until>,
    /// Bank accounts by way to pay.
    pub accounts: BTreeMap<String, String>,
    /// What happens where the register has the buyer otherwise.
    pub buyer_differs: BuyerDiffers,
    /// The entity whose records are the items of lines, found by their number.
    pub items: Option<EntityName>,
}

impl DocumentTable {
    pub(super) fn compile(
        policy: &Policy,
        set: &RuleSet,
        connection: &str,
        cap: &StreamCapability,
    ) -> Option<Arc<Self>> {
        let document = cap.document.clone()?;
        Some(Arc::new(Self {
            cap: document,
            carriers: set.rows.get(connection).cloned().unwrap_or_default(),
            until: set.systems.get(connection).and_then(|role| until(set.kind, role)),
            accounts: set.accounts.get(connection).cloned().unwrap_or_default(),
            buyer_differs: set.buyer_differs,
            items: items(policy, connection),
        }))
    }
}

/// How far documents of a kind are brought: an order that was to become an invoice stands, as far as that would have
/// been brought on.
fn until(kind: EntityKind, role: &Role) -> Option<Until> {
    match (role.becomes, role.until) {
        (Some(Becomes::Invoice), Some(Until::Booked | Until::Sent)) if kind == EntityKind::Order => Some(Until::Open),
        (_, until) => until,
    }
}

/// The rule set of items that takes in a connection and finds them by number.
pub(super) fn items(policy: &Policy, connection: &str) -> Option<EntityName> {
    let found = policy.entities.iter().find(|(_, set)| {
        let by_number = set.matches.iter().any(|rule| rule.on == [Item::NUMBER] && rule.duplicates == Duplicates::Hold);
        set.kind == EntityKind::Item && by_number && set.systems.get(connection).is_some_and(|role| role.read)
    });
    found.map(|(name, _)| name.clone())
}

/// The axis along which documents of a kind become binding.
pub fn axis(kind: EntityKind) -> Option<FieldPath> {
    match kind {
        EntityKind::Order => Some(crate::model::Order::FULFILMENT),
        EntityKind::Invoice => Some(crate::model::Invoice::STAGE),
        _ => None,
    }
}
