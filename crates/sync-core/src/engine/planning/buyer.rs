//! A document's buyer as the target has him in its register, where it takes something of him from there. Pure.

use super::{Place, held};
use crate::{
    document::{self, Trouble},
    engine::diff::{Correction, Diffed, name_of},
    id::{CanonicalId, EntityKind},
    model::{self, Address, Content, Order, Organisation},
    policy::{Differs, DocumentTable},
    store::{Event, HeldWhy},
    value::{FieldMap, FieldPath, Link, NormalForm, Value},
};

/// What of the register a document depends on: its name in the policy, the register's unit, and which of its leaves stand
/// where on the document.
struct Taken {
    what: &'static str,
    differs: Differs,
    unit: FieldPath,
    leaves: Vec<(FieldPath, FieldPath)>,
}

fn taken(document: &DocumentTable) -> [Taken; 2] {
    let own = |leaf: &str| document::CONTENT.join(leaf);
    let billing =
        |leaf: FieldPath| (own(&format!("{}.{leaf}", Content::BILLING)), Organisation::BILLING.join(leaf.as_str()));
    [
        Taken {
            what: "currency",
            differs: document.buyer_differs.currency,
            unit: Organisation::CURRENCY,
            leaves: vec![(own(Content::CURRENCY.as_str()), Organisation::CURRENCY)],
        },
        Taken {
            what: "address",
            differs: document.buyer_differs.address,
            unit: Organisation::BILLING,
            leaves: [Address::POSTAL_CODE, Address::CITY, Address::COUNTRY].into_iter().map(billing).collect(),
        },
    ]
}

/// A difference between a document and its buyer in the register.
pub(super) struct Difference {
    buyer: CanonicalId,
    taken: Taken,
    document: String,
    register: String,
}

impl Difference {
    pub(super) fn trouble(self) -> Trouble {
        Trouble::Buyer { what: self.taken.what, document: self.document, register: self.register }
    }
}

/// What is agreed of the buyer.
pub(super) fn agreed<'a>(at: &'a Place<'_>) -> Option<&'a FieldMap> {
    at.facts.linked.get(&of(at)?)
}

fn of(at: &Place<'_>) -> Option<CanonicalId> {
    match at.binding.agreed.get(Order::CUSTOMER)? {
        Value::Link(Link::Canonical(buyer)) => Some(*buyer),
        _ => None,
    }
}

/// The buyer, where the target takes something of him from its register and he is not there yet: what it will say of
/// him is known when he was made.
pub(super) fn unknown(at: &Place<'_>) -> Option<CanonicalId> {
    let of_register = !at.table.fields.writes(document::CONTENT.join(Content::CURRENCY.as_str()));
    let buyer = of(at).filter(|_| of_register)?;
    (!at.facts.registered.contains_key(&(at.table.key.system.clone(), buyer))).then_some(buyer)
}

/// What the target takes from its register of customers, and what stands there otherwise than on the document.
pub(super) fn differs(at: &Place<'_>, document: &DocumentTable) -> Option<Difference> {
    let buyer = of(at)?;
    let register = at.facts.registered.get(&(at.table.key.system.clone(), buyer))?;
    taken(document).into_iter().filter(|taken| taken.differs != Differs::AsRegister).find_map(|taken| {
        let (ours, theirs) = taken.leaves.iter().find_map(|(ours, theirs)| {
            let form = model::field(EntityKind::Organisation, *theirs).map_or(NormalForm::Exact, |field| field.form);
            let said = at.binding.agreed.filled(*ours).zip(register.filled(*theirs));
            // (or the document has its own)
            said.filter(|(a, b)| !at.table.fields.writes(*ours) && form.of(a) != form.of(b))
        })?;
        Some(Difference { buyer, document: ours.to_string(), register: theirs.to_string(), taken })
    })
}

/// Whether something is done about a difference, so that nobody has to be asked.
pub(super) fn remedied(at: &Place<'_>, difference: &Difference, diffed: &mut Diffed) -> bool {
    match difference.taken.differs {
        Differs::AsOrder => as_order(at, difference, diffed),
        Differs::UpdateRegister => corrects(at, difference, diffed),
        Differs::Hold | Differs::AsRegister => false,
    }
}

/// An invoice that was not made yet is not made: its order goes as an order.
fn as_order(at: &Place<'_>, difference: &Difference, diffed: &mut Diffed) -> bool {
    let Some(order) = at.binding.derived_from.filter(|_| at.side.id.is_none()) else { return false };
    let Difference { taken, document, register, .. } = difference;
    let why = format!("its buyer has the {} {register} there, and not {document}: it goes as an order", taken.what);
    diffed.events.push(Event::Skipped { at: at.table.key.clone(), why });
    diffed.goes_as_order = Some((order, at.table.key.system.clone()));
    true
}

/// The register gets what the document says, and the document waits for that.
fn corrects(at: &Place<'_>, difference: &Difference, diffed: &mut Diffed) -> bool {
    let value: FieldMap = match difference.taken.unit {
        Organisation::BILLING => {
            let own = document::CONTENT.join(Content::BILLING.as_str());
            let leaf = |path: FieldPath| path.as_str().strip_prefix(own.as_str())?.strip_prefix('.').map(str::to_owned);
            let said = at.binding.agreed.under(own);
            said.iter().filter_map(|(p, v)| Some((Organisation::BILLING.join(&leaf(p)?), v.clone()))).collect()
        }
        unit => {
            let said = difference.taken.leaves.iter().filter_map(|(ours, _)| at.binding.agreed.get(*ours));
            said.map(|value| (unit, value.clone())).collect()
        }
    };
    let there = (at.table.key.system.clone(), difference.buyer);
    diffed.waits_for = Some(difference.buyer);
    if at.facts.unsettled.contains(&there) {
        // a correction is on its way, this one or another document's; it is told while it does not arrive
        let (name, target) = (name_of(at.binding), &at.table.key.system);
        let text = format!(
            "{name} waits until its buyer has the {} {} at {}, not {}",
            difference.taken.what,
            difference.document,
            target.connection(),
            difference.register
        );
        let cure = "see what is parked or held of the buyer, or correct him there";
        diffed.held.push(held(at, None, HeldWhy::BuyerDiffers, text, cure));
        return true;
    }
    diffed.corrects = Some((difference.buyer, Correction { unit: difference.taken.unit, value, at: there.0 }));
    true
}
