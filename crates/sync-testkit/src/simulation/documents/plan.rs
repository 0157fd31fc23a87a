//! How the shop and the ERP of a history behave, and the rules between them.

use std::fmt::Write as _;

use sync_core::{
    capability::Prices,
    model::{Invoice, Item, Order},
};

use crate::{
    Mock,
    mock::{Documents, Habits},
};

/// The two systems and their rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Orders become invoices.
    pub(super) as_invoice: bool,
    /// A booked draft moves to another stream.
    pub(super) moves: bool,
    /// 0 as given, 1 without VAT, 2 with, 3 and 4 as the vendor decides: without, with.
    pub(super) prices: usize,
    pub(super) per_row: bool,
    /// Nobody says how VAT is rounded.
    pub(super) untold: bool,
    pub(super) whole_units: bool,
    pub(super) price_scale: u32,
    /// Lines take a discount in percent, and one in money.
    pub(super) takes: (bool, bool),
    pub(super) names_items: bool,
    /// Our mark can be searched for; else only listings show it.
    pub(super) searched: bool,
    pub(super) idempotent: bool,
    pub(super) checks: bool,
    pub(super) pays: bool,
    /// Each side adds its part to what is settled; else what the shop says counts.
    pub(super) sum: bool,
    /// Documents stay drafts.
    pub(super) drafts_only: bool,
    pub(super) rounding: bool,
    /// `revert`, `hold` or `ignore`, for rows that are changed in the ERP.
    pub(super) foreign: &'static str,
    pub(super) late_s: u32,
    pub(super) gap_s: u32,
    pub(super) since_ms: Option<u32>,
    pub(super) silent: bool,
    pub(super) slow: usize,
    pub(super) loses: u32,
    pub(super) doubles: u32,
    pub(super) unavailable: u32,
    pub(super) limited: u32,
    pub(super) short: u32,
    pub(super) shop_loses: u32,
    pub(super) shop_unavailable: u32,
}

/// Where orders live in the shop.
pub(super) const ORDERS: &str = "orders";
/// The shop's own status.
pub(super) const STATUS: &str = "x.shop.status";
/// Our mark in the ERP.
pub(super) const MARK: &str = "x.erp.mark";
/// Where documents of ours are made in the ERP.
pub(super) const DRAFTS: &str = "drafts";
/// Where invoices live that are none of ours from the start.
pub(super) const INVOICES: &str = "invoices";
/// Where articles live.
pub(super) const ARTICLES: &str = "articles";
/// The ERP's word for a payment.
pub(super) const PAY: &str = "payments";

impl Plan {
    /// The word at which a document of ours ends.
    pub(super) fn until(&self) -> &'static str {
        match (self.drafts_only, self.as_invoice) {
            (true, _) => "draft",
            (false, true) => "booked",
            (false, false) => "open",
        }
    }
    /// Streams in which documents of ours may live.
    pub(super) fn homes(&self) -> &'static [&'static str] {
        if self.as_invoice && self.moves { &[DRAFTS, INVOICES] } else { &[DRAFTS] }
    }

    pub(super) fn shop(&self) -> Mock {
        Mock::new("shop").stream::<Order>(ORDERS, |s| {
            let s = s.only(&["content", "paid", "invoice_numbers"]).has(STATUS).offers_effect("notify_buyer");
            let s = s.loses_answers(self.shop_loses).unavailable(self.shop_unavailable).slow(self.slow);
            if let Some(ms) = self.since_ms { s.since(ms) } else { s }
        })
    }

    pub(super) fn erp(&self) -> Mock {
        let erp = Mock::new("erp").stream::<Item>(ARTICLES, |s| s.only(&["number", "name"]));
        if !self.as_invoice {
            let made = erp.stream::<Order>(DRAFTS, |s| {
                self.habits(s).documents(|d| self.documents(d).step("start", "draft", "open").numbered(1))
            });
            return made.stream::<Invoice>(INVOICES, |s| {
                let s = s.only(&["content", "number"]);
                s.documents(|d| self.documents(d).all_are("booked").numbered(501).locked().pays(PAY))
            });
        }
        let pays = |d: Documents| if self.pays { d.pays(PAY) } else { d };
        if !self.moves {
            return erp.stream::<Invoice>(DRAFTS, |s| {
                let steps = |d: Documents| pays(self.documents(d).step("book", "draft", "booked"));
                self.habits(s).documents(|d| steps(d).numbered(501).locked())
            });
        }
        let made = erp.stream::<Invoice>(DRAFTS, |s| {
            let gap = self.gap_s;
            self.habits(s).documents(|d| self.documents(d).step_into("book", "draft", "booked", INVOICES, gap))
        });
        made.stream::<Invoice>(INVOICES, |s| {
            self.habits(s).documents(|d| pays(self.documents(d).all_are("booked").numbered(501).locked()))
        })
    }

    fn habits(&self, habits: Habits) -> Habits {
        let mut s = habits.only(&["content", "number"]).late(self.late_s).slow(self.slow);
        s = s.loses_answers(self.loses).doubles(self.doubles).unavailable(self.unavailable).rate_limited(self.limited);
        s = if self.searched { s.marks(MARK) } else { s.marks_unsearched(MARK) };
        if self.searched {
            s = s.short_listings(self.short, 0);
        }
        if let Some(ms) = self.since_ms {
            s = s.since(ms).late(self.late_s);
        }
        if self.idempotent {
            s = s.idempotent();
        }
        if self.silent { s.answers_without_record() } else { s }
    }

    fn documents(&self, documents: Documents) -> Documents {
        let prices = [Prices::AsGiven, Prices::WithoutVat, Prices::WithVat];
        let mut d = match (prices.get(self.prices), self.prices) {
            (Some(prices), _) => documents.prices(*prices),
            (None, other) => documents.prices_turn_out(other == 4),
        };
        d = if self.untold { d.vat_per_row_untold(self.per_row) } else { d.vat_per_row(self.per_row) };
        let mut leaves = vec!["text", "quantity", "unit_price", "vat_rate"];
        leaves.extend(self.takes.0.then_some("discount_percent"));
        leaves.extend(self.takes.1.then_some("discount_amount"));
        d = d.takes(&leaves).price_scale(self.price_scale).discount_scale(self.takes.0.then_some(2));
        if self.whole_units {
            d = d.whole_units();
        }
        if self.names_items {
            d = d.names_items(ARTICLES);
        }
        if self.checks { d.checks_sums() } else { d }
    }

    pub(super) fn policy(&self) -> String {
        let mut out = String::new();
        if self.names_items {
            let _ = writeln!(
                out,
                "[entities.items]\nkind = \"item\"\nmaster = \"erp\"\nmatch = [{{ on = [\"number\"] }}]\n\
                 systems.erp = {{ read = true }}"
            );
        }
        let becomes =
            if self.as_invoice { "becomes = \"invoice\"".to_owned() } else { format!("until = \"{}\"", self.until()) };
        let _ = writeln!(
            out,
            "[entities.orders]\nkind = \"order\"\nmaster = \"shop\"\ncomplete_every = \"60s\"\n\
             guards.min_listed_percent = 1\n\
             systems.shop = {{ read = true, update = true }}\n\
             systems.erp = {{ read = true, create = \"always\", update = true, {becomes} }}\n\
             fields.number = {{ rule = \"off\" }}\n\
             fields.content = {{ rule = \"master\", system = \"shop\", on_foreign_change = \"{foreign}\" }}\n\
             fields.fulfilment = {{ rule = \"off\" }}\n\
             fields.invoicing = {{ rule = \"master\", system = \"@hub\" }}\n\
             fields.payment = {{ rule = \"master\", system = \"@hub\" }}\n\
             fields.paid = {{ rule = \"master\", system = \"shop\" }}\n\
             fields.invoice_numbers = {{ rule = \"master\", system = \"@hub\" }}",
            foreign = self.foreign,
        );
        let _ = writeln!(
            out,
            "[entities.orders.status.shop]\nfield = \"{STATUS}\"\nread = [\n\
             {{ status = \"created\", means = {{ invoicing = \"none\" }} }},\n\
             {{ status = \"invoiced\", means = {{ invoicing = \"invoiced\" }} }},\n\
             {{ status = \"paid\", means = {{ invoicing = \"invoiced\", payment = \"paid\" }} }},\n]\nwrite = [\n\
             {{ when = {{ invoicing = \"invoiced\", payment = \"paid\" }}, status = \"paid\", effects = [\"notify_buyer\"] }},\n\
             {{ when = {{ invoicing = \"invoiced\" }}, status = \"invoiced\", effects = [\"notify_buyer\"] }},\n]"
        );
        let invoices = if self.as_invoice {
            let settled = match (self.pays, self.sum) {
                (false, _) => "",
                (true, true) => "fields.settled = { rule = \"sum\", up_to = \"content.gross\" }\n",
                (true, false) => {
                    "fields.settled = { rule = \"master\", system = \"@hub\", on_foreign_change = \"ignore\" }\n"
                }
            };
            let accounts = if self.pays { "accounts.erp = { card = \"1930\" }\n" } else { "" };
            format!(
                "systems.erp = {{ read = true, create = \"always\", update = true, until = \"{}\" }}\n\
                 fields.content = {{ rule = \"master\", system = \"@hub\", on_foreign_change = \"{}\" }}\n{settled}{accounts}",
                self.until(),
                self.foreign,
            )
        } else {
            "systems.erp = { read = true }\n".to_owned()
        };
        let _ = write!(
            out,
            "[entities.invoices]\nkind = \"invoice\"\nmaster = \"erp\"\ncomplete_every = \"60s\"\n\
             guards.min_listed_percent = 1\n{invoices}"
        );
        let rows = if self.as_invoice { "invoices" } else { "orders" };
        let _ = writeln!(
            out,
            "[entities.{rows}.rows.erp]\nfreight = {{ \"25\" = \"FRAKT\", \"12\" = \"FRAKT\" }}\n\
             fee = {{ \"25\" = \"AVG\", \"12\" = \"AVG\", \"6\" = \"AVG\" }}\n\
             discount = {{ \"25\" = \"RAB\", \"12\" = \"RAB\", \"6\" = \"RAB\" }}\n\
             rounding = {{ article = \"ORES\", enabled = {} }}",
            self.rounding
        );
        out
    }
}
