//! What makes a document whole: its lines, call after call, and what is told of a break in the middle.

use std::sync::atomic::Ordering;

use serde_json::value::RawValue;
use sync_core::{
    Context,
    error::{Error, ErrorKind, Result},
    model::Order,
};
use sync_http::Request;

use super::{
    documents::{Documents, LinesToBe, organisation},
    records::at_most,
    rows::{Head, LINE},
};
use crate::{
    client::{PAGE_MAX, quoted},
    wire::Wire,
};

impl Documents {
    /// Two deliveries with one number lock each other: no second one is given.
    pub(super) async fn number_is_free(&self, cx: &Context, own: Option<&str>, number: Option<&str>) -> Result<()> {
        let Some(number) = number else { return Ok(()) };
        // whatever capitals: the vendor does not tell them apart either
        let (entity, key) = (self.kind.of.entity, self.kind.key("Number"));
        let script = format!("SELECT * FROM {entity} WHERE {key} = {}", quoted(number));
        let rows = self.records.query(cx, self.kind.of.find, &script).await?;
        let id = |row: &RawValue| self.records.id_of(row).map(|id| id.to_string());
        match rows.iter().filter_map(|row| id(row)).find(|id| Some(id.as_str()) != own) {
            None => Ok(()),
            Some(other) => {
                let line = format!(
                    "delivery {other} of webCRM has this number, and two with one number cannot be changed any more"
                );
                Err(Error::new(ErrorKind::AlreadyExists, self.kind.of.update, line)
                    .with_context("field", Order::NUMBER))
            }
        }
    }
    /// The lines of a document as they come. Their pages end with an empty one, or with one that has fewer rows than a page of
    /// this kind was seen to hold: organisations that changed, or the lines of a document that was read before.
    pub(super) async fn rows_of(&self, cx: &Context, id: &str) -> Result<Vec<Box<RawValue>>> {
        let lines = || Request::get(self.kind.of.get, self.kind.lines).path("id", id);
        let whole = at_most(self.records.lists.pages.changes, PAGE_MAX).max(self.longest.load(Ordering::Relaxed));
        let (rows, largest) = self.records.api.pages(cx, self.kind.of.get, whole, lines).await?;
        self.longest.fetch_max(largest, Ordering::Relaxed);
        Ok(rows)
    }
    /// The lines that are there.
    async fn lines_there(&self, cx: &Context, id: &str) -> Result<Vec<Wire>> {
        let rows = self.rows_of(cx, id).await?;
        let unreadable = || {
            let line = "a line of this document cannot be read, so its lines are left alone";
            Error::new(ErrorKind::Protocol, self.kind.of.update, line).with_context("id", id)
        };
        rows.iter().map(|row| serde_json::from_str(row.get()).map_err(|_| unreadable())).collect()
    }
    /// Makes the lines what they are to be: new ones first, so that a break leaves more and never less.
    pub(super) async fn write_lines(&self, cx: &Context, id: &str, lines: &LinesToBe, is_new: bool) -> Result<()> {
        let mut applied = is_new;
        let there = match &lines.known {
            Some(known) => known.clone(),
            None if is_new => Vec::new(),
            None => self.lines_there(cx, id).await?,
        };
        let shown = there.iter().find_map(|row| organisation(row, "QuotationLineOrganisationId"));
        let head = Head { id, organisation: lines.organisation.or(shown) };
        let changes = self.rows().changes(&head, &lines.wanted, &there);
        let records = &self.records;
        for chunk in changes.add.chunks(records.batch_max().max(1)) {
            records.api.add(cx, &LINE, chunk).await.map_err(|error| partly(error, applied))?;
            applied = true;
        }
        for chunk in changes.change.chunks(records.batch_max().max(1)) {
            records.api.change_rows(cx, &LINE, chunk).await.map_err(|error| partly(error, applied))?;
            applied = true;
        }
        for row in &changes.remove {
            records.api.remove(cx, &LINE, row).await.map_err(|error| partly(error, applied))?;
            applied = true;
        }
        Ok(())
    }
}

/// An error in the middle: what could be tried again from the start is looked at instead, since some of it was done.
pub(super) fn partly(error: Error, applied: bool) -> Error {
    match error.kind() {
        ErrorKind::RateLimited | ErrorKind::Unavailable if applied => {
            let line = "some lines of this document were written and others not; it is looked at";
            Error::new(ErrorKind::AmbiguousWrite, error.operation(), line).with_detail(error.message())
        }
        _ => error,
    }
}

/// A document whose lines are not all there. It must not be made again, whatever the reason: it is found by its mark, and
/// made whole as a change, whose refusal then tells what is wrong.
pub(super) fn unfinished(error: &Error, id: &str) -> Error {
    let line = format!("document {id} was made, and not all of its lines; it is looked for, and made whole");
    let told = Error::new(ErrorKind::AmbiguousWrite, error.operation(), line).with_context("id", id);
    let told = told.with_detail(error.detail().unwrap_or(error.message()));
    match (error.vendor_code(), error.vendor_text()) {
        (Some(code), Some(text)) => told.with_vendor(code, text),
        _ => told,
    }
}
