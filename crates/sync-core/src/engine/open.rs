//! Documents that are open yet: some systems change them without moving a stamp. A payment is such a change. So they are
//! read again, from the oldest open one on.

use chrono::{DateTime, Utc};

use super::{
    index::Index,
    read::{Reader, Reading},
};
use crate::{
    connector::{ListFrom, ListQuery, Record},
    error::Result,
    model::{Invoice, PaymentState},
};

/// When an open document was made; `None` for one that is closed, or of which nobody says so.
pub(super) fn since(record: &Record) -> Option<DateTime<Utc>> {
    let is = |path| record.fields.get(path) == Some(&crate::Value::Bool(true));
    let payment = record.fields.text(Invoice::PAYMENT)?;
    let closed = payment == PaymentState::Paid.word() || payment == PaymentState::Refunded.word();
    record.created_at.filter(|_| !closed && !record.deleted && !is(Invoice::IS_CANCELLED))
}

impl Reader<'_> {
    /// Whether changes of this stream's documents can be missed.
    fn misses(&self) -> bool {
        let cap = self.connector.capabilities().streams.get(&self.host.stream);
        cap.is_some_and(|cap| {
            cap.document.is_some() && cap.list.and_then(|list| list.since).is_some_and(|since| since.misses)
        })
    }

    /// Reads what was made since the oldest open document was; gives the oldest that is open now.
    pub(super) async fn open_documents(
        &self,
        oldest: Option<DateTime<Utc>>,
        index: &mut Index,
        reading: &mut Reading,
    ) -> Result<Option<DateTime<Utc>>> {
        let Some(oldest) = oldest.filter(|_| self.misses()) else { return Ok(reading.oldest_open) };
        let mut still: Option<DateTime<Utc>> = None;
        let mut query =
            ListQuery { stream: self.host.stream.clone(), from: ListFrom::CreatedSince(oldest), page_size: None };
        loop {
            let now = self.cx.clock.now();
            let page = self.connector.list(self.cx, &query).await?;
            let mut differ = 0;
            for item in &page.items {
                let records = self.connector.decode(item);
                let open = records.iter().flatten().filter_map(since).min();
                still = still.into_iter().chain(open).min();
                if !index.meet(&item.reference.id, item.hash) && !item.partial {
                    differ += 1;
                    self.sort(item, records, item.hash, now, reading, &mut None);
                }
            }
            self.observer.page(&self.host, page.items.len(), differ);
            match page.next {
                Some(cursor) => query.from = ListFrom::Page(cursor),
                None => return Ok(still.into_iter().chain(reading.oldest_open).min()),
            }
        }
    }
}
