//! How a mock's documents behave: sums that the vendor computes itself, steps, payments, numbers, locks.
//!
//! ```
//! use sync_core::model::{Content, Invoice, Line, Lines};
//! use sync_testkit::Mock;
//!
//! let erp = Mock::new("erp")
//!     .stream::<Invoice>("drafts", |s| s.documents(|d| d.vat_per_row(true).step_into("book", "draft", "booked", "invoices", 0)))
//!     .stream::<Invoice>("invoices", |s| s.documents(|d| d.all_are("booked").numbered(1001).locked().pays("payments")));
//! let lines = Lines::new().with(Line::new().quantity(2).unit_price(50).vat_rate(25));
//! let draft = erp.put("drafts", Invoice::new().content(Content::new().lines(lines)));
//! let booked = erp.step("drafts", &draft, "book").unwrap();
//! let invoice: Invoice = erp.one("invoices");
//! assert_eq!((invoice.content.gross, invoice.number), (125.into(), "1001".into()));
//! assert!(erp.pay("invoices", &booked.id, 125.into()) && erp.all("drafts").is_empty());
//! ```

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sync_core::{
    EntityKind, Field, FieldMap, FieldPath, StreamId, Value,
    capability::{DocumentCapability, FieldCapability, Prices, Step, StreamCapability},
    model::{Canonical, Content, Fields, Invoice, InvoiceStage, Line, LineKind, Money, Order, PaymentState},
};

use super::sums::{Sizes, Sums, rounded, sums};

/// Where the content of a document stands.
pub(super) const CONTENT: FieldPath = FieldPath::from_static("content");
/// Number of a document.
const NUMBER: FieldPath = FieldPath::from_static("number");

/// The behaviour of a stream of documents: what it declares, and what it does beyond that.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    pub(super) cap: DocumentCapability,
    per_row: bool,
    /// What it decides about VAT in prices where it decides by the buyer.
    with_vat: bool,
    whole_units: bool,
    rounds_first: bool,
    /// Seconds for which a moved document is in neither stream, by act.
    pub(super) gaps: Vec<(String, i64)>,
    pub(super) steps_run_on: bool,
    /// A step is refused where the sums that it is told are others than its own.
    pub(super) checks: bool,
    /// The stream of items that lines have to name.
    pub(super) items: Option<StreamId>,
    all_are: Option<String>,
    numbered: Option<u64>,
    locked: bool,
}

impl Documents {
    fn arithmetic(mut self, change: impl FnOnce(&mut sync_core::capability::Arithmetic)) -> Self {
        change(&mut self.cap.arithmetic);
        self
    }
    /// Whether its prices include VAT; as given without this.
    #[must_use]
    pub fn prices(self, prices: Prices) -> Self {
        let with_vat = prices == Prices::WithVat;
        Self { with_vat, ..self }.arithmetic(|arithmetic| arithmetic.prices = prices)
    }
    /// Whether its prices include VAT is decided by the vendor when a document is made, and is this.
    #[must_use]
    pub fn prices_turn_out(self, with_vat: bool) -> Self {
        Self { with_vat, ..self }.arithmetic(|arithmetic| arithmetic.prices = Prices::ByBuyer)
    }
    /// Decimals of a unit price; two without this.
    #[must_use]
    pub fn price_scale(self, scale: u32) -> Self {
        self.arithmetic(|arithmetic| arithmetic.price_scale = scale)
    }
    /// Decimals of a discount in percent; `None` if its lines take none.
    #[must_use]
    pub fn discount_scale(self, scale: Option<u32>) -> Self {
        self.arithmetic(|arithmetic| arithmetic.discount_scale = scale)
    }
    /// VAT is rounded for each row, or once for each rate, and the vendor says which.
    #[must_use]
    pub fn vat_per_row(self, per_row: bool) -> Self {
        Self { per_row, ..self }.arithmetic(|arithmetic| arithmetic.vat_per_row = Some(per_row))
    }
    /// The same, but nobody says which.
    #[must_use]
    pub fn vat_per_row_untold(self, per_row: bool) -> Self {
        Self { per_row, ..self }.arithmetic(|arithmetic| arithmetic.vat_per_row = None)
    }
    /// Totals are rounded to whole units of the currency; the rounding stands on no line.
    #[must_use]
    pub fn whole_units(self) -> Self {
        Self { whole_units: true, ..self }
    }
    /// A row's amount is rounded before its discount is taken off, and nobody says so.
    #[must_use]
    pub fn rounds_before_discounts(self) -> Self {
        Self { rounds_first: true, ..self }
    }
    /// Lines take these leaves and no others: `sku`, `quantity`, `unit_price`, `discount_percent`, `vat_rate`.
    #[must_use]
    pub fn takes(mut self, leaves: &[&str]) -> Self {
        self.cap.lines = leaves.iter().map(|leaf| FieldPath::new(leaf)).collect();
        self
    }
    /// A line with money has to name a record of this stream of items.
    #[must_use]
    pub fn names_items(mut self, stream: &str) -> Self {
        self.cap.names_items = true;
        Self { items: Some(StreamId::new(stream)), ..self }
    }
    /// A step in place, from one word of its axis to the next: `fulfilment` of orders, `stage` of invoices.
    #[must_use]
    pub fn step(mut self, act: &str, from: &str, to: &str) -> Self {
        self.cap.steps.push(Step::new(act, from, to));
        self
    }
    /// A step that moves the document to another stream, under another id. For so many seconds listings and searches
    /// show it in neither of the two, which the stream says as its search delay.
    #[must_use]
    pub fn step_into(mut self, act: &str, from: &str, to: &str, stream: &str, gap_s: u32) -> Self {
        self.cap.steps.push(Step::new(act, from, to).moves_to(stream));
        self.gaps.push((act.to_owned(), i64::from(gap_s)));
        self
    }
    /// Steps are only accepted when the engine asks for them: they are done when a user takes them.
    #[must_use]
    pub fn steps_run_on(self) -> Self {
        Self { steps_run_on: true, ..self }
    }
    /// Each step is refused whose told sums are not the document's own.
    #[must_use]
    pub fn checks_sums(self) -> Self {
        Self { checks: true, ..self }
    }
    /// The act that registers a payment. What is no draft any more can be paid.
    #[must_use]
    pub fn pays(mut self, act: &str) -> Self {
        self.cap.pays = Some(act.to_owned());
        self
    }
    /// All its documents are at this word of their axis; none is made there directly.
    #[must_use]
    pub fn all_are(self, word: &str) -> Self {
        Self { all_are: Some(word.to_owned()), ..self }
    }
    /// Documents get numbers from this one on, invoices once they are booked.
    #[must_use]
    pub fn numbered(self, first: u64) -> Self {
        Self { numbered: Some(first), ..self }
    }
    /// Documents past their first word cannot be changed through the connector.
    #[must_use]
    pub fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// Says in the capabilities what it does.
    pub(super) fn declare(&self, cap: &mut StreamCapability) {
        let steps = self.cap.steps.iter().map(|step| step.act.clone());
        cap.acts.extend(steps.chain(self.cap.pays.clone()));
        cap.create &= self.all_are.is_none();
        let gap = self.gaps.iter().map(|(_, seconds)| *seconds).max().unwrap_or_default();
        cap.search_lag_s += u32::try_from(gap).unwrap_or_default();
        let axis = axis(cap.kind);
        let mut shown = vec![axis, NUMBER];
        shown.extend([Content::NET, Content::VAT, Content::GROSS, Content::ROUNDING].map(at));
        if self.cap.arithmetic.prices != Prices::AsGiven {
            shown.push(at(Content::PRICES_INCLUDE_VAT));
        }
        if cap.kind == EntityKind::Invoice {
            shown.extend([Invoice::ORDER, Invoice::CREDITS, Invoice::IS_CREDIT, Invoice::IS_CANCELLED]);
            shown.extend([Invoice::SETTLED, Invoice::REMAINING, Invoice::PAYMENT, Invoice::INVOICED_ON]);
        } else {
            let of_invoices =
                [Order::INVOICING, Order::PAYMENT, Order::PAID, Order::INVOICE_NUMBERS, Order::INVOICED_ON];
            cap.fields.retain(|path, _| !of_invoices.contains(path));
        }
        cap.fields.extend(shown.into_iter().map(|path| (path, FieldCapability::read_only())));
        cap.fields.entry(at(Content::LINES)).or_insert_with(FieldCapability::read_write);
        cap.fields.entry(at(Content::PRICES_INCLUDE_VAT)).or_insert_with(FieldCapability::read_write);
        if self.cap.pays.is_some() {
            let mut settled = FieldCapability::read_only();
            settled.write_on_update = true;
            cap.fields.insert(Invoice::SETTLED, settled);
        }
        if let Some(word) = &self.all_are {
            cap.holds.set(axis, word.as_str());
        }
        cap.document = Some(self.cap.clone());
    }

    /// The first number, where a document at this word has one.
    pub(super) fn first_number(&self, kind: EntityKind, word: &str) -> Option<u64> {
        self.numbered.filter(|_| kind != EntityKind::Invoice || word != InvoiceStage::Draft.word())
    }
    /// Why a document at this word cannot be changed.
    pub(super) fn lock(&self, word: &str) -> Option<String> {
        (self.locked && word != self.first_word()).then(|| format!("it is {word}; credit it and make it anew"))
    }
    fn first_word(&self) -> &str {
        self.cap.steps.first().map_or("draft", |step| step.from.as_str())
    }

    /// A document as the vendor keeps it: lines as it can have them, sums of its own, what is left to pay.
    pub(super) fn keep(&self, kind: EntityKind, before: Option<&FieldMap>, mut fields: FieldMap) -> FieldMap {
        let axis = axis(kind);
        if fields.filled(axis).is_none() {
            let known = before.and_then(|before| before.text(axis)).or(self.all_are.as_deref());
            let word = known.unwrap_or(self.first_word()).to_owned();
            fields.set(axis, word.as_str());
        }
        let mut content = Content::take(CONTENT, &fields).unwrap_or_default();
        let decimals = content.currency.value().map_or(2, |currency| Money::decimals(currency));
        let with_vat = self.basis(before, &content);
        let lines: Vec<Line> = content.lines.value().into_iter().flatten().cloned().collect();
        let lines: Vec<Line> = (1..).zip(lines).map(|(row, line)| self.line(row, line)).collect();
        let sizes = Sizes { decimals, rounds_first: self.rounds_first };
        let Sums { net, vat, gross } = sums(&lines, with_vat, self.per_row, sizes);
        let due = if self.whole_units { rounded(gross, 0) } else { gross };
        content = content.lines(lines).prices_include_vat(with_vat).net(net).vat(vat).gross(due);
        content = content.rounding(due - gross);
        content.put(CONTENT, &mut fields);
        if kind == EntityKind::Invoice {
            let settled = fields.get(Invoice::SETTLED).and_then(Value::as_decimal).unwrap_or_default();
            fields.overlay(&Invoice::new().settled(settled).remaining(due - settled).to_fields());
            fields.set(Invoice::PAYMENT, state(settled, due).word());
        }
        fields
    }

    fn basis(&self, before: Option<&FieldMap>, content: &Content) -> bool {
        if self.cap.arithmetic.prices == Prices::AsGiven {
            return content.prices_include_vat.value() == Some(&true);
        }
        let known = before.and_then(|before| before.get(at(Content::PRICES_INCLUDE_VAT)));
        known.map_or(self.with_vat, |known| *known == Value::Bool(true))
    }

    fn line(&self, row: u32, line: Line) -> Line {
        let takes: &BTreeSet<FieldPath> = &self.cap.lines;
        let keep = |path: FieldPath| takes.is_empty() || takes.contains(&path);
        let text = line.kind.value() == Some(&LineKind::Text);
        let arithmetic = &self.cap.arithmetic;
        let scaled = |field: Field<Decimal>, scale: Option<u32>| match (field, scale) {
            (Field::Set(amount), Some(scale)) => Field::Set(rounded(amount, scale).normalize()),
            _ => Field::Unknown,
        };
        let discounts = arithmetic.discount_scale.filter(|_| keep(Line::DISCOUNT_PERCENT));
        let mut kept = Line::new().key(row.to_string()).kind(if text { LineKind::Text } else { LineKind::Item });
        kept.text = if keep(Line::TEXT) { line.text } else { Field::Unknown };
        kept.unit = if keep(Line::UNIT) { line.unit } else { Field::Unknown };
        if !text {
            kept.sku = line.sku;
            kept.item = if self.items.is_some() { line.item } else { Field::Unknown };
            kept.quantity = scaled(line.quantity, Some(arithmetic.quantity_scale));
            kept.unit_price = scaled(line.unit_price, Some(arithmetic.price_scale));
            kept.vat_rate = line.vat_rate;
            kept.discount_percent = scaled(line.discount_percent, discounts);
            kept.discount_amount = if keep(Line::DISCOUNT_AMOUNT) { line.discount_amount } else { Field::Unknown };
        }
        kept
    }
}

/// The axis along which documents of a kind become binding.
pub(super) fn axis(kind: EntityKind) -> FieldPath {
    if kind == EntityKind::Invoice { Invoice::STAGE } else { Order::FULFILMENT }
}

/// What a copy has not of its original: the way that it went, its number, its payments.
pub(super) fn start_anew(kind: EntityKind, fields: &mut FieldMap) {
    let gone = [axis(kind), NUMBER, Invoice::SETTLED, Invoice::REMAINING, Invoice::PAYMENT, Invoice::INVOICED_ON];
    for path in gone {
        fields.remove(path);
    }
}

/// A leaf of the content.
pub(super) fn at(leaf: FieldPath) -> FieldPath {
    CONTENT.join(leaf.as_str())
}

fn state(settled: Decimal, due: Decimal) -> PaymentState {
    match () {
        () if settled.is_zero() => PaymentState::Unpaid,
        () if settled.abs() < due.abs() => PaymentState::PartlyPaid,
        () => PaymentState::Paid,
    }
}
