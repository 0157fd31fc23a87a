//! What is special about documents in a plan: the lines that go out, the check of sums, the next step. Pure.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::{Place, buyer, held, op};
use crate::{
    document::{self, Trouble, steps},
    engine::diff::{Diffed, name_of},
    fault::{self, Fault},
    id::CanonicalId,
    mapping::Problems,
    model::{Canonical, Content, Field, Fields, Item, Line, LineKind, Lines, Money, Organisation, Party, Payment},
    plan::{Doing, Op},
    policy::{Create, DocumentTable, Entity, StreamTable, axis},
    store::{Binding, BoundSide, HeldWhy, SideState},
    value::{FieldMap, FieldPath, Link, Value},
};

/// Lines and sums as this target is to get them, with its own items named; `None`, and held, if that cannot be.
pub(super) fn outgoing(at: &Place<'_>, diffed: &mut Diffed) -> Option<FieldMap> {
    let document = at.table.document.as_ref()?;
    let shown = shown(at.table, at.side);
    if let Some(buyer) = buyer::unknown(at) {
        diffed.waits_for = Some(buyer);
        return None;
    }
    if let Some(differs) = buyer::differs(at, document) {
        if !buyer::remedied(at, &differs, diffed) {
            hold(at, differs.trouble(), diffed);
        }
        return None;
    }
    let wanted = document::wanted(document, &at.binding.agreed, &shown, is_private(at));
    match wanted.and_then(|wanted| with_items(at, document, wanted)) {
        Ok(wanted) => Some(wanted),
        Err(trouble) => {
            hold(at, trouble, diffed);
            None
        }
    }
}

/// A document is made as little binding as its stream can have it.
pub(super) fn least_binding(at: &Place<'_>) -> FieldMap {
    let word = at.table.document.as_ref().and_then(|document| steps::first(document));
    let axis = axis(at.entity.kind).filter(|axis| at.table.fields.get(*axis).write_on_create);
    axis.zip(word).map(|(axis, word)| FieldMap::new().with(axis, word)).unwrap_or_default()
}

/// A payment that is to be registered: what is settled in all, less what is settled there.
pub(super) fn payment(at: &Place<'_>, id: &Arc<str>, diffed: &mut Diffed) -> Option<Op> {
    let document = at.table.document.as_ref()?;
    let act = document.cap.pays.as_ref().filter(|_| at.side.lagging.contains(&document::SETTLED))?;
    if at.facts.locks.hosts.contains(&at.table.host.id(id)) {
        return None;
    }
    let amount = |fields: &FieldMap| fields.get(document::SETTLED).and_then(Value::as_decimal);
    let (settled, there) = (amount(&at.binding.agreed)?, amount(&shown(at.table, at.side)).unwrap_or_default());
    let paid = settled.checked_sub(there)?.normalize();
    let name = name_of(at.binding);
    if paid <= Decimal::ZERO {
        let text = format!("{name}: {settled} are settled in all, and {there} at {} alone", at.table.key);
        diffed.held.push(held(
            at,
            Some(document::SETTLED),
            HeldWhy::Locked,
            text,
            "take the payment back there by hand",
        ));
        return None;
    }
    let text = |leaf: FieldPath| at.binding.agreed.text(document::CONTENT.join(leaf.as_str()));
    let method = text(Content::PAYMENT_METHOD).or(text(Content::PAYMENT_TERMS)).unwrap_or_default();
    let Some(account) = document.accounts.get(method) else {
        let line =
            format!("{name}: {paid} paid by '{method}' have no bank account at {}", at.table.key.system.connection());
        let cure = format!("name one in entities.{}.accounts.{}", at.entity.name, at.table.key.system.connection());
        diffed.held.push(held(at, Some(document::SETTLED), HeldWhy::Incomplete, line, &cure));
        return None;
    };
    let currency = text(Content::CURRENCY).unwrap_or_default();
    let payment = Payment::new().paid(Money::of(paid, currency)).account(account.clone());
    let payment = payment.reference(document::mark::mark_of(at.binding).unwrap_or_default());
    let doing = Doing::Act { id: id.clone(), act: act.clone(), with: payment.to_fields() };
    let mut op = op(at.entity, at.table, at.binding, doing, [document::SETTLED].into());
    op.key = format!("p-{}-{there}-{settled}", at.table.host.id(id));
    Some(op)
}

/// The next step of a document that we made: once its sums are as they should be.
pub(super) fn step(at: &Place<'_>, id: &Arc<str>, diffed: &mut Diffed) -> Option<Op> {
    let document = at.table.document.as_ref().filter(|_| is_ours(at.table, at.binding, at.side))?;
    let under_way = at.facts.locks.hosts.contains(&at.table.host.id(id));
    if at.side.lagging.contains(&document::CONTENT) || under_way {
        return None;
    }
    let shown = shown(at.table, at.side);
    if at.facts.withdrawn.contains(&at.binding.id) {
        let text = format!("{} has no order any more, and its draft at {} waits", name_of(at.binding), at.table.key);
        let cure = "delete the draft, or book it by hand";
        diffed.held.push(held(at, None, HeldWhy::Removed, text, cure));
        return None;
    }
    if at.facts.unsure.contains(&at.binding.id) {
        return None;
    }
    // of what its source tells no total, the rows say what it must come to
    let told = told(at, document, &shown);
    if let Err(trouble) = document::sums::agree(&told, &shown)
        && !fault::on(Fault::TotalsUnchecked)
    {
        match at.table.fields.get(document::LINES).writable(false) {
            true => hold(at, trouble, diffed),
            false => locked(at, diffed),
        }
        return None;
    }
    if is_edited_behind(at, document, &shown) {
        locked(at, diffed);
        return None;
    }
    let step = steps::next(document, at.entity.kind, &shown)?;
    let doing = Doing::Act { id: id.clone(), act: step.act.clone(), with: told };
    let mut op = op(at.entity, at.table, at.binding, doing, [].into());
    op.key = format!("a-{}-{}", step.act, at.table.host.id(id));
    op.because = vec![format!("{} → {}, as it is to go until {}", step.from, step.to, document.until?.word())];
    Some(op)
}

/// A document that cannot be changed any more, and whose lines are not those of its source.
fn is_edited_behind(at: &Place<'_>, document: &DocumentTable, shown: &FieldMap) -> bool {
    let open = at.table.fields.get(document::LINES).writable(false);
    let Some(stored) = shown.get(document::LINES).filter(|_| !open) else { return false };
    let wanted = document::wanted(document, &at.binding.agreed, shown, is_private(at)).unwrap_or_default();
    wanted.get(document::LINES).is_some_and(|wanted| !document::represents(at.table, document::LINES, stored, wanted))
}

fn locked(at: &Place<'_>, diffed: &mut Diffed) {
    let text = format!("{} was changed, and at {} it is booked", name_of(at.binding), at.table.key);
    let cure = "credit it and invoice again, or take the change back";
    diffed.held.push(held(at, Some(document::CONTENT), HeldWhy::Locked, text, cure));
}

/// Whether a document of ours is not as far yet as it is to go.
pub(in crate::engine) fn is_short(entity: &Entity, table: &StreamTable, binding: &Binding, side: &BoundSide) -> bool {
    table.document.as_ref().is_some_and(|document| {
        is_ours(table, binding, side) && steps::next(document, entity.kind, &shown(table, side)).is_some()
    })
}

/// A living document that was made for one of another system.
fn is_ours(table: &StreamTable, binding: &Binding, side: &BoundSide) -> bool {
    table.role.create != Create::Never
        && binding.origin != table.key.system
        && side.id.is_some()
        && !side.frozen
        && side.state == SideState::Live
}

/// What the step is told: the document as it should be, so that the vendor can check its sums.
fn told(at: &Place<'_>, document: &DocumentTable, shown: &FieldMap) -> FieldMap {
    let mut told = at.binding.agreed.clone();
    told.overlay(&document::wanted(document, &at.binding.agreed, shown, is_private(at)).unwrap_or_default());
    // a check needs sums, days and the rows' amounts; links would have to be told in the target's terms
    if let Ok(mut content) = document::content(&told)
        && let Some(lines) = content.lines.value()
    {
        let bare = |line: &Line| Line { item: Field::Unknown, ..line.clone() };
        content.lines = lines.iter().map(bare).collect::<Lines<Line>>().into();
        content.put(document::CONTENT, &mut told);
    }
    told.iter()
        .filter(|(path, value)| value.links().is_empty() && !path.is_extension())
        .map(|(path, value)| (path, value.clone()))
        .collect()
}

/// What a side shows, canonical.
fn shown(table: &StreamTable, side: &BoundSide) -> FieldMap {
    let mut theirs = side.shadow.clone();
    theirs.overlay(&side.pending);
    table.inbound(&theirs, &mut Problems::default()).unwrap_or_default()
}

/// Whether the buyer is a private person, where that is known.
fn is_private(at: &Place<'_>) -> Option<bool> {
    Some(buyer::agreed(at)?.text(Organisation::PARTY)? == Party::Private.word())
}

/// Each line with money names its item in our own terms.
fn with_items(at: &Place<'_>, document: &DocumentTable, mut wanted: FieldMap) -> Result<FieldMap, Trouble> {
    if !document.cap.names_items {
        return Ok(wanted);
    }
    let mut content = document::content(&wanted)?;
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    let mut named = Vec::with_capacity(lines.len());
    for (row, line) in (1..).zip(lines) {
        let mut line = line.clone();
        let known = line.item.value().is_some_and(|link| link.external().is_none());
        if !known && line.kind.value() != Some(&LineKind::Text) {
            let id = line.sku.as_deref().and_then(|sku| item(at, document, sku));
            let id = id.ok_or_else(|| Trouble::Item { row, sku: line.sku.value().cloned() })?;
            line.item = Field::Set(Link::Canonical(id).into());
        }
        named.push(line);
    }
    content.lines = named.into();
    content.put(document::CONTENT, &mut wanted);
    Ok(wanted)
}

fn item(at: &Place<'_>, document: &DocumentTable, number: &str) -> Option<CanonicalId> {
    at.facts.items.get(&(document.items.clone()?, number.to_owned())).copied()
}

/// The first row that says another VAT rate than its item has there: its place, the item, what it says, what the item has.
fn other_rate(at: &Place<'_>) -> Option<(usize, String, Decimal, Decimal)> {
    let document = at.table.document.as_ref()?;
    let content = document::content(&at.binding.agreed).ok()?;
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    (1..).zip(lines).find_map(|(row, line)| {
        let sku = line.sku.value()?;
        let item = item(at, document, sku)?;
        let shown = at.facts.registered.get(&(at.table.key.system.clone(), item))?;
        let (said, booked) = (*line.vat_rate.value()?, shown.get(Item::VAT_RATE)?.as_decimal()?);
        (said != booked).then(|| (row, sku.clone(), said.normalize(), booked.normalize()))
    })
}

fn hold(at: &Place<'_>, trouble: Trouble, diffed: &mut Diffed) {
    let (name, target) = (name_of(at.binding), &at.table.key);
    let (why, text, cure) = match &trouble {
        Trouble::Item { row, sku } => {
            let sku = sku.as_deref().map_or_else(|| "without a number".to_owned(), |sku| format!("'{sku}'"));
            let text = format!("{name}: row {row} sells {sku}, which is no item at {}", target.system.connection());
            (HeldWhy::MissingLink, text, "create the item there, or correct the row's number".to_owned())
        }
        Trouble::Carrier { kind, rate } => {
            let text = format!("{name}: nothing carries a row of {kind} with {rate} % VAT at {target}");
            let place = format!("entities.{}.rows.{}", at.entity.name, target.system.connection());
            (HeldWhy::Incomplete, text, format!("name an article for it in {place}"))
        }
        Trouble::Buyer { what, document, register } => {
            let text =
                format!("{name} has the {what} {document}, and its buyer {register} at {}", target.system.connection());
            let place = format!("entities.{}.buyer_differs.{what}", at.entity.name);
            let cure = "\"as_order\", \"update_register\" or \"as_register\"";
            (HeldWhy::BuyerDiffers, text, format!("correct the buyer there, or set {place} = {cure}"))
        }
        Trouble::Totals { source, target: sum } => {
            let text = format!("{name} comes to {source}, and to {sum} at {target}");
            (HeldWhy::Totals, text, "correct the rows, or let a rounding row make up for it".to_owned())
        }
        Trouble::Vat { source, target: vat } => {
            let text = format!("{name} has {source} VAT, and {vat} at {target}");
            (HeldWhy::Totals, text, "correct the VAT rates of the items there".to_owned())
        }
        Trouble::Unreadable(why) => {
            let text = format!("{name} cannot be written to {target}: {why}");
            (HeldWhy::Incomplete, text, "correct it in its source".to_owned())
        }
    };
    let (text, cure) = match other_rate(at).filter(|_| why == HeldWhy::Totals) {
        Some((row, sku, said, booked)) => (
            format!("{text}; row {row} ('{sku}') has {said} % VAT, and its item there {booked} %"),
            "correct the VAT rate of the row, or of the item there".to_owned(),
        ),
        None => (text, cure),
    };
    let mut held = held(at, None, why, text, &cure);
    if let Trouble::Totals { source, target: sum } = trouble {
        let of = document::due(&at.binding.agreed).map_or(document::NET, |_| document::GROSS);
        let total = |sum| FieldMap::new().with(of, Value::Decimal(sum));
        held.values =
            vec![(at.entity.master_of(&at.binding.origin).clone(), total(source)), (target.system.clone(), total(sum))];
    }
    diffed.held.push(held);
}
