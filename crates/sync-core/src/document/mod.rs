//! Documents: orders and invoices on their way from one system to another. Pure functions over records.
//!
//! They are called at two seams only: before a decision, where records are [derived](becomes) and [rolled up](rollup),
//! and in the plan, where the [lines](lines) and [sums](sums) that a target is to get, the next [step](steps) and the
//! [mark](mark) are worked out. No other phase asks whether a kind is a document.

pub(crate) mod becomes;
pub(crate) mod lines;
pub(crate) mod mark;
pub(crate) mod rollup;
pub(crate) mod steps;
pub(crate) mod sums;

use rust_decimal::Decimal;

use crate::{
    capability,
    model::{Content, Fields, Invoice, Line, LineKind, Order},
    policy::{DocumentTable, StreamTable},
    value::{FieldMap, FieldPath, Value},
};

/// Where the content of a document stands, in orders and invoices alike.
pub(crate) const CONTENT: FieldPath = Order::CONTENT;
/// Its lines.
pub(crate) const LINES: FieldPath = FieldPath::from_static("content.lines");
/// What is to be paid.
pub(crate) const GROSS: FieldPath = FieldPath::from_static("content.gross");
/// What the rows come to without VAT.
pub(crate) const NET: FieldPath = FieldPath::from_static("content.net");

/// What is settled of an invoice.
pub(crate) const SETTLED: FieldPath = Invoice::SETTLED;

/// Why a document cannot be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A row names an item that is not known.
    Item {
        /// The row, from 1.
        row: usize,
        /// Its number, if it has one.
        sku: Option<String>,
    },
    /// No article is named that carries such a row.
    Carrier {
        /// Its kind.
        kind: LineKind,
        /// Its VAT rate in percent.
        rate: Decimal,
    },
    /// The target takes something of the buyer from its register, where it stands otherwise.
    Buyer {
        /// What: `currency`.
        what: &'static str,
        /// On the document.
        document: String,
        /// In the register.
        register: String,
    },
    /// The rows do not make up the total.
    Totals {
        /// What the source says that is to be paid.
        source: Decimal,
        /// What the rows would come to.
        target: Decimal,
    },
    /// The total agrees, and its VAT does not.
    Vat {
        /// By the source's word.
        source: Decimal,
        /// By the target's.
        target: Decimal,
    },
    /// A value has another form than the model's, or is too large.
    Unreadable(String),
}

impl From<crate::Error> for Trouble {
    fn from(error: crate::Error) -> Self {
        Self::Unreadable(error.message().to_owned())
    }
}

/// The content of a document in a field map.
///
/// # Errors
/// `Invalid` for a value of another form than the model's.
pub(crate) fn content(fields: &FieldMap) -> crate::Result<Content> {
    Content::take(CONTENT, fields)
}

/// What a target is to get in place of the agreed lines and sums: `content.*`. Nothing where the document has no lines.
pub(crate) fn wanted(
    table: &DocumentTable,
    agreed: &FieldMap,
    shown: &FieldMap,
    private: Option<bool>,
) -> Result<FieldMap, Trouble> {
    let mut out = FieldMap::new();
    let source = content(agreed)?;
    if source.lines.is_unknown() {
        return Ok(out);
    }
    let shown = content(shown).unwrap_or_default();
    lines::outgoing(table, &source, &shown, private)?.put(CONTENT, &mut out);
    Ok(out)
}

/// Is `stored` what a canonical leaf of this stream would show after `wanted` was written? Lines are compared in every
/// leaf that the target takes, of those that both know.
pub(crate) fn represents(table: &StreamTable, path: FieldPath, stored: &Value, wanted: &Value) -> bool {
    match &table.document {
        Some(document) if path == LINES => lines::same(&document.cap.lines, stored, wanted),
        _ => capability::represents(stored, wanted, table.fields.get(path)),
    }
}

/// What is to be paid at a target, the vendor's own rounding taken out; `None` if it does not say.
pub(crate) fn payable(fields: &FieldMap) -> Option<Decimal> {
    let content = content(fields).ok()?;
    let rounding = content.rounding.value().copied().unwrap_or_default();
    content.gross.value()?.checked_sub(rounding)
}

/// What a document comes to by its source's word and at a target, where both tell: what is to be paid, and of prices
/// without VAT of which nobody says the rates, what the rows come to.
pub(crate) fn totals(source: &FieldMap, shown: &FieldMap) -> Option<(Decimal, Decimal)> {
    let (ours, theirs) = (content(source).ok()?, content(shown).ok()?);
    match has_rates(ours.lines.value().into_iter().flatten()) || theirs.prices_include_vat.value() == Some(&true) {
        true => due(source).zip(payable(shown)),
        false => ours.net.into_value().zip(theirs.net.into_value()),
    }
}

/// Whether each line with money says its VAT rate: without, it is known what the prices come to, and not what VAT is on or
/// in them.
fn has_rates<'a>(mut lines: impl Iterator<Item = &'a Line>) -> bool {
    lines.all(|line| line.kind.value() == Some(&LineKind::Text) || line.vat_rate.is_set())
}

/// What is to be paid by the source's word.
pub(crate) fn due(fields: &FieldMap) -> Option<Decimal> {
    fields.get(GROSS)?.as_decimal()
}
