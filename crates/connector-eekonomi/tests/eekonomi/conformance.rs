//! The rules for connectors, before the emulated system: see `sync_testkit::connector_suite`.

mod fixture;

use fixture::Desk;
use sync_testkit::connector_suite::Waiver;

/// On a thread of its own, as a program has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Facts of the vendor's, each with what it costs.
pub(crate) const WAIVERS: &[Waiver<'_>] = &[
    (
        "C-40",
        "article_price/item",
        "a price has no link of its own: it is made with its article, which is not there yet",
    ),
    ("C-04", "article_price/create.item", "a price has no link of its own: it is made with its article"),
    (
        "C-12",
        "customerinvoicedrafts",
        "lists are pages by number: what moves up by a removal is missed until the next listing",
    ),
    ("C-12", "orders", "lists are pages by number: what moves up by a removal is missed until the next listing"),
    ("C-90", "customerinvoices/email", "an invoice shows that its mail failed, never that it was sent"),
    ("C-94", "customerinvoicedrafts/lines.cost_centre", "cost centres are a company's own, and the double has none"),
    ("C-94", "orders/lines.cost_centre", "cost centres are a company's own, and the double has none"),
    ("C-94", "quotedrafts/lines.cost_centre", "cost centres are a company's own, and the double has none"),
    ("C-94", "quotes/lines.cost_centre", "cost centres are a company's own, and the double has none"),
];

sync_testkit::connector_suite! {
    fixture: Desk::open(),
    run: run,
    waivers: WAIVERS,
}
