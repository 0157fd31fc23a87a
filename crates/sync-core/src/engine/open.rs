//! Documents that are open yet: some systems change them without moving a stamp, a payment is such a change; and people
//! delete them, of which no stamp tells at all. So they are read again, from the oldest open one on.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};

use super::{
    index::Index,
    read::{Order, Reader, Reading},
};
use crate::{
    connector::{ListFrom, ListQuery, Record},
    error::Result,
    model::{self, Fulfilment, Invoice, InvoiceStage, PaymentState},
    store::Checkpoint,
};

/// When an open document was made; `None` for one that is closed, or of which nobody says so.
pub(super) fn since(record: &Record) -> Option<DateTime<Utc>> {
    let is = |path| record.fields.get(path) == Some(&crate::Value::Bool(true));
    let says = |path, words: &[&str]| record.fields.text(path).map(|word| words.contains(&word));
    let closed = [
        says(Invoice::PAYMENT, &[PaymentState::Paid.word(), PaymentState::Refunded.word()]),
        says(model::Order::FULFILMENT, &[Fulfilment::Delivered.word(), Fulfilment::Cancelled.word()]),
        says(Invoice::STAGE, &[InvoiceStage::Draft.word()]).map(|draft| !draft),
    ];
    let open = closed.contains(&Some(false));
    record.created_at.filter(|_| open && !record.deleted && !is(Invoice::IS_CANCELLED))
}

impl Reader<'_> {
    /// Whether changes of this stream's documents can be missed.
    fn misses(&self) -> bool {
        let cap = self.connector.capabilities().streams.get(&self.host.stream);
        cap.is_some_and(|cap| {
            cap.document.is_some() && cap.list.and_then(|list| list.since).is_some_and(|since| since.misses)
        })
    }

    /// Reads what was made since the oldest open document was; gives the oldest that is open now, and all that are.
    pub(super) async fn open_documents(
        &self,
        known: &Checkpoint,
        order: Order,
        index: &mut Index,
        reading: &mut Reading,
    ) -> Result<(Option<DateTime<Utc>>, BTreeSet<Arc<str>>)> {
        let oldest = known.open_since.filter(|_| order.ours || self.misses());
        let Some(oldest) = oldest else { return Ok((reading.oldest_open, reading.open.clone())) };
        let mut still: Option<DateTime<Utc>> = None;
        let (mut open, mut met) = (BTreeSet::new(), BTreeSet::new());
        let mut query =
            ListQuery { stream: self.host.stream.clone(), from: ListFrom::CreatedSince(oldest), page_size: None };
        loop {
            let now = self.cx.clock.now();
            let page = self.connector.list(self.cx, &query).await?;
            let mut differ = 0;
            for item in &page.items {
                let records = self.connector.decode(item);
                let made = records.iter().flatten().filter_map(since).min();
                still = still.into_iter().chain(made).min();
                met.insert(item.reference.id.clone());
                open.extend(made.map(|_| item.reference.id.clone()));
                if !index.meet(&item.reference.id, item.hash) && !item.partial {
                    differ += 1;
                    self.sort(item, records, item.hash, now, reading, &mut None);
                }
            }
            self.observer.page(&self.host, page.items.len(), differ);
            match page.next {
                Some(cursor) => query.from = ListFrom::Page(cursor),
                None => break,
            }
        }
        if order.ours {
            let absent: Vec<&Arc<str>> = known.open.difference(&met).filter(|id| !reading.open.contains(*id)).collect();
            reading.absent.extend(absent.iter().map(|id| self.host.id(id)));
            open.extend(absent.into_iter().cloned()); // until it is proven that it is gone
        }
        open.extend(reading.open.iter().cloned());
        Ok((still.into_iter().chain(reading.oldest_open).min(), open))
    }
}
