//! The rules for connectors, before the emulated system: see `sync_testkit::connector_suite`.

mod fixture;

use fixture::Desk;
use sync_testkit::connector_suite::Waiver;

/// On a thread of its own, as a program has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

const PAGES: &str = "lists are pages by number: what moves up by a removal is missed until the next listing";
const OWN_COUNTRY: &str = "an address without a country is taken to be in the company's own";
const OWN_TERMS: &str = "where no terms are sent, those of the customer or the company hold";
const OWN_CURRENCY: &str = "where no currency is sent, the company's own or the list's holds";
const NUMBERS: &str = "a number is never empty in eEkonomi, but zero";
const CENTRES: &str = "cost centres are a company's own, and the double has none";

/// Facts of the vendor's, each with what it costs.
pub(crate) const WAIVERS: &[Waiver<'_>] = &[
    ("C-04", "article_price/create.item", "a price has no link of its own: it is made with its article"),
    ("C-04", "suppliers/read.statistics.last_invoice_on", "the double has no invoices of suppliers"),
    (
        "C-40",
        "article_price/item",
        "a price has no link of its own: it is made with its article, which is not there yet",
    ),
    ("C-12", "customerinvoicedrafts", PAGES),
    ("C-12", "customers", PAGES),
    ("C-12", "orders", PAGES),
    ("C-12", "quotedrafts", PAGES),
    ("C-12", "quotes", PAGES),
    ("C-12", "suppliers", PAGES),
    ("C-52", "customerinvoicedrafts/content.delivery.country", OWN_COUNTRY),
    ("C-52", "orders/content.billing.country", OWN_COUNTRY),
    ("C-52", "orders/content.delivery.country", OWN_COUNTRY),
    ("C-52", "suppliers/billing.country", OWN_COUNTRY),
    ("C-52", "customerinvoicedrafts/content.payment_terms", OWN_TERMS),
    ("C-52", "customers/payment_terms", OWN_TERMS),
    ("C-52", "orders/content.payment_terms", OWN_TERMS),
    ("C-52", "quotedrafts/content.payment_terms", OWN_TERMS),
    ("C-52", "quotes/content.payment_terms", OWN_TERMS),
    ("C-52", "suppliers/payment_terms", OWN_TERMS),
    ("C-52", "articles/cost.currency", OWN_CURRENCY),
    ("C-52", "article_price/currency", OWN_CURRENCY),
    ("C-52", "customers/currency", OWN_CURRENCY),
    ("C-52", "salespricelistprices/currency", OWN_CURRENCY),
    ("C-52", "suppliers/currency", OWN_CURRENCY),
    ("C-52", "articles/cost.amount", NUMBERS),
    ("C-52", "article_price/amount", NUMBERS),
    ("C-52", "customers/discount_percent", NUMBERS),
    ("C-52", "articles/posting_group", "an article always has a coding, and its rate with it"),
    ("C-52", "articles/vat_rate", "an article always has a coding, and its rate with it"),
    ("C-52", "customers/number", "whoever has no number is given one"),
    ("C-52", "suppliers/number", "whoever has no number is given one"),
    ("C-52", "customerinvoicedrafts/due_on", "a draft without its days gets them from the day and its terms"),
    ("C-52", "customerinvoicedrafts/invoiced_on", "a draft without its days gets them from the day and its terms"),
    ("C-90", "customerinvoices/email", "an invoice shows that its mail failed, never that it was sent"),
    ("C-94", "customerinvoicedrafts/lines.cost_centre", CENTRES),
    ("C-94", "orders/lines.cost_centre", CENTRES),
    ("C-94", "quotedrafts/lines.cost_centre", CENTRES),
    ("C-94", "quotes/lines.cost_centre", CENTRES),
];

sync_testkit::connector_suite! {
    fixture: Desk::open(),
    run: run,
    waivers: WAIVERS,
}
