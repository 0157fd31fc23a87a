//! The rules for connectors, before the emulated shop: see `sync_testkit::connector_suite`.

mod fixture;

use fixture::Counter;
use sync_testkit::connector_suite::Waiver;

/// On a thread of its own, as a program has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Facts of the vendor's, each with what it costs.
pub(crate) const WAIVERS: &[Waiver<'_>] = &[
    ("C-12", "customers", "lists are pages by number: what moves up by a removal is missed until the next listing"),
    ("C-12", "orders", "lists are pages by number: what moves up by a removal is missed until the next listing"),
    ("C-12", "products", "lists are pages by number: what moves up by a removal is missed until the next listing"),
    ("C-40", "prices/item", "a price has no link of its own: it is made with its product, which is not there yet"),
    ("C-40", "stock/item", "stock has no link of its own: it is made with its product, which is not there yet"),
    ("C-04", "prices/create.item", "a price has no link of its own: it is made with its product"),
    ("C-04", "stock/create.item", "stock has no link of its own: it is made with its product"),
    (
        "C-45",
        "products",
        "the answer to a new product need not tell its variant, which is half of our id: it is looked for",
    ),
    (
        "C-51",
        "customers/party",
        "a private person's name stands where a company has its contact, so one replaces the other",
    ),
    ("C-52", "customers/billing.country", "a country is two letters and no empty text: what is emptied keeps it"),
    ("C-52", "customers/delivery.country", "a country is two letters and no empty text: what is emptied keeps it"),
    (
        "C-52",
        "customers/name",
        "a customer has no name beside those in its addresses: without the company its person shows",
    ),
    ("C-52", "customers/delivery.name", "an address without its company shows its person"),
    ("C-52", "orders/tracking.carrier", "an order has a carrier once it has a number: both are emptied, or none"),
    ("C-52", "products/cost.currency", "what an item costs is always in the shop's own currency"),
    ("C-52", "prices/currency", "a price is always in its list's currency"),
];

sync_testkit::connector_suite! {
    fixture: Counter::open(),
    run: run,
    waivers: WAIVERS,
}
