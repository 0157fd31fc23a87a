//! Business steps and payments at a mock, by the engine and by its users.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sync_core::{
    Canonical, Clock, EntityKind, Error, ErrorKind, ExternalRef, FieldMap, FieldPath, Link, Result, StreamId,
    StreamKey, Value,
    capability::Step,
    connector::{Action, Write},
    model::{Content, Fields, Invoice, Item, Line, LineKind, Lines, Order, Payment},
};

use super::{
    Mock,
    documents::{CONTENT, at, axis},
    people::Who,
    vendor::{Row, Vendor},
};

/// A business step or a payment, as it was taken.
#[derive(Clone, Debug)]
pub struct Acted {
    /// When, by the true clock.
    pub at: DateTime<Utc>,
    /// When the call that asked for it began; of a user the same moment.
    pub began: DateTime<Utc>,
    /// By whom.
    pub who: Who,
    /// The vendor's word for it.
    pub act: String,
    /// The document before it.
    pub reference: ExternalRef,
    /// The document after it: in another stream, if it moved.
    pub became: ExternalRef,
    /// What it was told.
    pub with: FieldMap,
    /// The document as it stood.
    pub before: FieldMap,
    /// How many changes its system's log had before.
    pub place: usize,
}

/// Who takes a step, and when.
#[derive(Clone, Copy)]
struct By {
    who: Who,
    real: DateTime<Utc>,
}

impl Vendor {
    /// The fields of a new or changed record, with what the vendor computes; `None` in streams without documents.
    pub(super) fn computed(&self, stream: &StreamId, before: Option<&FieldMap>, fields: FieldMap) -> FieldMap {
        let Some(habits) = self.streams.get(stream) else { return fields };
        let Some(documents) = &habits.documents else { return fields };
        let mut fields = fields;
        if let Some(items) = &documents.items {
            self.number_lines(items, &mut fields);
        }
        documents.keep(habits.cap().kind, before, fields)
    }

    /// Lines show the number of the item that they name, and the item of the number that users typed.
    fn number_lines(&self, items: &StreamId, fields: &mut FieldMap) {
        let key = StreamKey { system: self.system.clone(), stream: items.clone() };
        let Ok(mut content) = Content::take(CONTENT, fields) else { return };
        let Some(lines) = content.lines.into_value() else { return };
        let number = |id: &str| {
            let row = self.find_row(items, id).ok()?;
            row.parts.get(items)?.text(Item::NUMBER).map(str::to_owned)
        };
        let named = |mut line: Line| {
            let known = line.item.value().and_then(|item| item.external().cloned());
            match (known, line.sku.value()) {
                (Some(item), _) => line.sku = number(&item.id).map(Into::into).unwrap_or(line.sku),
                (None, Some(sku)) => {
                    let mut rows = self.rows.get(items).into_iter().flatten().filter(|(_, row)| !row.removed);
                    let found = rows.find(|(id, _)| number(id).as_deref() == Some(sku.as_str()));
                    line.item = match found {
                        Some((id, _)) => Link::External(key.id(id)).into(),
                        None => sync_core::Field::Unknown,
                    };
                }
                (None, None) => {}
            }
            line
        };
        content.lines = lines.into_iter().map(named).collect::<Lines<Line>>().into();
        content.put(CONTENT, fields);
    }

    /// What a vendor refuses of a document that it is sent.
    pub(super) fn refuses_document(&self, write: &Write) -> Result<()> {
        let habits = self.habits(&write.stream)?;
        let Some(items) = habits.documents.as_ref().and_then(|documents| documents.items.clone()) else {
            return Ok(());
        };
        for part in write.action.parts().iter().filter(|part| part.stream == write.stream) {
            let content = Content::take(CONTENT, &part.wanted)?;
            for (row, line) in (1..).zip(content.lines.value().into_iter().flatten()) {
                let item = line.item.value().and_then(|item| item.external());
                let known = item.is_some_and(|item| item.at.stream == items && self.find_row(&items, &item.id).is_ok());
                if line.kind.value() != Some(&LineKind::Text) && !known {
                    let line = format!("row {row} names no article of {items}; create it");
                    return Err(Error::new(ErrorKind::Invalid, "write", line));
                }
            }
        }
        Ok(())
    }

    /// Gives a document its number and its lock, where it is far enough for them.
    pub(super) fn stamp_document(&mut self, stream: &StreamId, id: &str, real: DateTime<Utc>) {
        let day = self.now(real).date_naive();
        let Some(habits) = self.streams.get(stream) else { return };
        let (kind, Some(documents)) = (habits.cap().kind, &habits.documents) else { return };
        let Some(row) = self.rows.get_mut(stream).and_then(|rows| rows.get_mut(id)) else { return };
        let Some(fields) = row.parts.get_mut(stream) else { return };
        let word = fields.text(axis(kind)).unwrap_or_default().to_owned();
        row.locked = documents.lock(&word);
        if let Some(first) = documents.first_number(kind, &word).filter(|_| fields.filled(Order::NUMBER).is_none()) {
            let next = self.numbers.entry(stream.clone()).or_insert(first);
            fields.set(Order::NUMBER, next.to_string());
            *next += 1;
            if kind == EntityKind::Invoice {
                fields.overlay(&Invoice::new().invoiced_on(day).to_fields());
            }
        }
    }

    /// A step or a payment that the engine asks for; where the document is now.
    pub(super) fn act(&mut self, write: &Write, real: DateTime<Utc>) -> Result<ExternalRef> {
        let Action::Act { id, act, with } = &write.action else {
            return Err(Error::new(ErrorKind::Internal, "act", "this is no step"));
        };
        let by = By { who: Who::Engine, real };
        let documents = self.habits(&write.stream)?.documents.as_ref();
        if documents.is_some_and(|documents| documents.steps_run_on && documents.cap.pays.as_deref() != Some(act)) {
            return Err(Error::new(ErrorKind::UnderWay, act_name(act), "it was accepted, and runs on by itself"));
        }
        let taken = self.take_act(&write.stream, id, act, with, by)?;
        self.effects.extend(write.effects.iter().map(|effect| (taken.clone(), effect.clone())));
        Ok(taken)
    }

    fn take_act(&mut self, stream: &StreamId, id: &str, act: &str, with: &FieldMap, by: By) -> Result<ExternalRef> {
        let row = self.find_row(stream, id)?.clone();
        let habits = self.habits(stream)?.clone();
        let unknown = || Error::new(ErrorKind::Unsupported, "act", format!("{stream} has no step '{act}'"));
        let documents = habits.documents.as_ref().ok_or_else(unknown)?;
        let place = self.log.len();
        let shown = row.parts.get(stream).cloned().unwrap_or_default();
        let word = shown.text(axis(habits.cap().kind)).unwrap_or_default();
        let reference = StreamKey { system: self.system.clone(), stream: stream.clone() }.id(id);
        let became = if documents.cap.pays.as_deref() == Some(act) {
            if word == "draft" {
                return Err(Error::new(ErrorKind::Invalid, act_name(act), "a draft cannot be paid; book it first"));
            }
            self.register(stream, &row, with, by)?;
            reference.clone()
        } else {
            let mut steps = documents.cap.steps.iter();
            let step = steps.find(|step| step.act == act).ok_or_else(unknown)?;
            if step.from != word {
                let line = format!("the document is {word}; '{act}' is for what is {}", step.from);
                return Err(Error::new(ErrorKind::Invalid, act_name(act), line));
            }
            let (told, own) = (amount(with, at(Content::GROSS)), payable(&shown));
            if documents.checks && told.is_some_and(|told| told != own) {
                let line = format!("the document comes to {own}, not to {}", told.unwrap_or_default());
                return Err(Error::new(ErrorKind::Invalid, act_name(act), line));
            }
            let gap = documents.gaps.iter().find(|(name, _)| name == act).map_or(0, |(_, seconds)| *seconds);
            self.take_step(stream, &row, step, gap, by)
        };
        let began = self.began.filter(|_| by.who == Who::Engine).unwrap_or(by.real);
        let (who, at, act, with) = (by.who, by.real, act.to_owned(), with.clone());
        self.acts.push(Acted { at, began, who, act, reference, became: became.clone(), with, before: shown, place });
        Ok(became)
    }

    fn register(&mut self, stream: &StreamId, row: &Row, with: &FieldMap, by: By) -> Result<()> {
        let payment = Payment::from_fields(with)?;
        let paid = payment.paid.amount.into_value().unwrap_or_default();
        if paid <= Decimal::ZERO {
            return Err(Error::new(ErrorKind::Invalid, "register payment", "a payment needs an amount above zero"));
        }
        let shown = row.parts.get(stream).cloned().unwrap_or_default();
        let settled = amount(&shown, Invoice::SETTLED).unwrap_or_default() + paid;
        let mut after = shown;
        after.set(Invoice::SETTLED, Value::Decimal(settled.normalize()));
        self.put_fields_of(stream, &row.id, after, by);
        Ok(())
    }

    /// Takes a step in place, or into another stream.
    fn take_step(&mut self, stream: &StreamId, row: &Row, step: &Step, gap: i64, by: By) -> ExternalRef {
        let kind = self.streams.get(stream).map_or(EntityKind::Invoice, |habits| habits.cap().kind);
        let mut after = row.parts.get(stream).cloned().unwrap_or_default();
        after.set(axis(kind), step.to.as_str());
        let there = StreamKey { system: self.system.clone(), stream: step.moves_to.clone().unwrap_or(stream.clone()) };
        if step.moves_to.is_none() {
            self.put_fields_of(stream, &row.id, after, by);
            self.stamp_document(stream, &row.id, by.real);
            return there.id(&row.id);
        }
        self.remove(stream, &row.id, by.real, by.who, false);
        after.remove(Order::NUMBER);
        if let (Some(mark), Some(text)) =
            (self.streams.get(&there.stream).and_then(|habits| habits.cap().create_mark), &row.mark)
        {
            after.set(mark.field, text.as_str());
        }
        let parts = BTreeMap::from([(there.stream.clone(), after)]);
        let id = self.create(&there.stream, parts, row.mark.clone(), by.real, by.who);
        if let Some(moved) = self.rows.get_mut(&there.stream).and_then(|rows| rows.get_mut(&id)) {
            moved.born = by.real + TimeDelta::seconds(gap);
        }
        there.id(&id)
    }

    fn put_fields_of(&mut self, stream: &StreamId, id: &Arc<str>, after: FieldMap, by: By) {
        let now = self.now(by.real);
        let after = self.computed(stream, Some(&after), after.clone());
        let Some(row) = self.rows.get_mut(stream).and_then(|rows| rows.get_mut(id)) else { return };
        let before = row.parts.insert(stream.clone(), after.clone()).unwrap_or_default();
        row.version += 1;
        row.changed_at = now;
        row.touched = by.real;
        self.note(stream, id, before, after, by.real, by.who);
    }
}

fn act_name(act: &str) -> &'static str {
    if act.contains("pay") { "register payment" } else { "take step" }
}

fn amount(fields: &FieldMap, path: FieldPath) -> Option<Decimal> {
    fields.get(path).and_then(Value::as_decimal)
}

/// What is to be paid before the vendor rounds it.
fn payable(fields: &FieldMap) -> Decimal {
    let of = |leaf| amount(fields, at(leaf)).unwrap_or_default();
    of(Content::GROSS) - of(Content::ROUNDING)
}

impl Mock {
    /// A user takes a step: books a draft by hand. Where the document is then; `None` if it was not there or is further
    /// already.
    pub fn step(&self, stream: &str, id: &str, act: &str) -> Option<ExternalRef> {
        let real = self.lock().clock.now();
        let by = By { who: Who::User, real };
        self.lock().take_act(&StreamId::new(stream), id, act, &FieldMap::new(), by).ok()
    }
    /// A user registers a payment of so much; whether the document was there and could be paid.
    pub fn pay(&self, stream: &str, id: &str, amount: Decimal) -> bool {
        let real = self.lock().clock.now();
        let mut state = self.lock();
        let stream = StreamId::new(stream);
        let act = state.streams.get(&stream).and_then(|habits| habits.cap().document.as_ref()?.pays.clone());
        let payment = Payment::new().paid(sync_core::model::Money::new().amount(amount)).to_fields();
        act.is_some_and(|act| state.take_act(&stream, id, &act, &payment, By { who: Who::User, real }).is_ok())
    }
    /// A user makes an invoice of an order's rows, all of them or those at some places from 0; its id.
    pub fn invoice(&self, orders: &str, id: &str, invoices: &str, rows: Option<&[usize]>) -> Option<Arc<str>> {
        let real = self.lock().clock.now();
        let mut state = self.lock();
        let (orders, invoices) = (StreamId::new(orders), StreamId::new(invoices));
        let order = state.find_row(&orders, id).ok()?.parts.get(&orders)?.clone();
        let mut content = Content::take(CONTENT, &order).ok()?;
        let lines = content.lines.into_value().unwrap_or_default();
        let wanted = |place: &usize| rows.is_none_or(|rows| rows.contains(place));
        let kept = lines.into_iter().enumerate().filter(|(place, _)| wanted(place)).map(|(_, line)| line);
        content.lines = kept.collect::<Lines<Line>>().into();
        let reference = StreamKey { system: state.system.clone(), stream: orders }.id(id);
        let invoice = Invoice::new().order(Link::External(reference)).content(content);
        let parts = BTreeMap::from([(invoices.clone(), invoice.to_fields())]);
        Some(state.create(&invoices, parts, None, real, Who::User))
    }
    /// A user credits an invoice as a whole; the credit note's id.
    pub fn credit(&self, invoices: &str, id: &str) -> Option<Arc<str>> {
        let real = self.lock().clock.now();
        let mut state = self.lock();
        let stream = StreamId::new(invoices);
        let credited = state.find_row(&stream, id).ok()?.parts.get(&stream)?.clone();
        let reference = StreamKey { system: state.system.clone(), stream: stream.clone() }.id(id);
        let mut note = Invoice::from_fields(&credited).ok()?;
        let back = |mut line: Line| {
            line.quantity = line.quantity.map(|quantity| -quantity);
            line
        };
        note.content.lines =
            note.content.lines.into_value().unwrap_or_default().into_iter().map(back).collect::<Lines<Line>>().into();
        let (order, content) = (note.order, note.content);
        let mut note = Invoice::new().credits(Link::External(reference)).is_credit(true).content(content);
        note.order = order;
        let parts = BTreeMap::from([(stream.clone(), note.to_fields())]);
        Some(state.create(&stream, parts, None, real, Who::User))
    }
    /// Steps and payments that were taken, in order.
    pub fn acts(&self) -> Vec<Acted> {
        self.lock().acts.clone()
    }
    /// Writes that were turned away since the record is locked: when, and of what.
    pub fn turned_away(&self) -> Vec<(DateTime<Utc>, ExternalRef)> {
        self.lock().turned_away.clone()
    }
    /// Side effects that it was asked for, with the records that they were asked of, in order.
    pub fn effects_of(&self) -> Vec<(ExternalRef, String)> {
        self.lock().effects.clone()
    }
}
