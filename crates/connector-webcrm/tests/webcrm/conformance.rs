//! The rules for connectors, before the emulated system: see `sync_testkit::connector_suite`.

mod fixture;

use fixture::Desk;
pub(crate) use fixture::config;
use sync_testkit::connector_suite::Waiver;

/// On a thread of its own, as a program has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

const PAGES: &str = "lists are pages by number: what moves up by a removal is missed until the next listing";
const ONE_BY_ONE: &str = "records made together may be given one id: new ones go one by one, changes go together";
const CURRENCY: &str = "nothing is without a currency in webCRM: the first of its list, or the catalogue's";
const TOTAL: &str = "no document of webCRM shows a total: the value in its head is somebody's own figure";
const NUMBERS: &str = "a number is never empty in webCRM, but zero";

/// Facts of the vendor's, each with what it costs.
pub(crate) const WAIVERS: &[Waiver<'_>] = &[
    ("C-04", "item_prices/read.list", "the catalogue has one price for each item, which belongs to no list"),
    ("C-04", "item_prices/create.item", "a price has no link of its own: it is made with its item"),
    ("C-40", "item_prices/item", "a price has no link of its own: it is made with its item, which is not there yet"),
    ("C-12", "deliveries", PAGES),
    ("C-12", "opportunities", PAGES),
    ("C-12", "organisations", PAGES),
    ("C-12", "persons", PAGES),
    ("C-12", "items", "the catalogue comes at once, on one page"),
    ("C-40", "persons/name", "a person's name is made of its parts, and these were given too"),
    ("C-47", "organisations", ONE_BY_ONE),
    ("C-47", "persons", ONE_BY_ONE),
    ("C-52", "deliveries/content.currency", CURRENCY),
    ("C-52", "items/cost.currency", CURRENCY),
    ("C-52", "opportunities/content.currency", CURRENCY),
    ("C-52", "item_prices/currency", CURRENCY),
    ("C-52", "organisations/billing.street", "an address is lines: without its first one the second is the first"),
    ("C-52", "persons/name", "a person's name is made of its parts, and the last of them is mandatory"),
    ("C-73", "system", "which system it is, only signing in tells: each question of that is one"),
    ("C-93", "deliveries", TOTAL),
    ("C-93", "opportunities", TOTAL),
    ("C-52", "deliveries/x.webcrm.order_gm_value", NUMBERS),
    ("C-52", "deliveries/x.webcrm.order_value", NUMBERS),
    ("C-52", "deliveries/x.webcrm.percent", NUMBERS),
    ("C-52", "deliveries/x.webcrm.type", NUMBERS),
    ("C-52", "deliveries/x.webcrm.win_percent", NUMBERS),
    ("C-52", "deliveries/x.webcrm.win_percent_2", NUMBERS),
    ("C-52", "items/cost.amount", NUMBERS),
    ("C-52", "item_prices/amount", NUMBERS),
    ("C-52", "opportunities/x.webcrm.order_gm_value", NUMBERS),
    ("C-52", "opportunities/x.webcrm.order_value", NUMBERS),
    ("C-52", "opportunities/x.webcrm.percent", NUMBERS),
    ("C-52", "opportunities/x.webcrm.win_percent", NUMBERS),
    ("C-52", "opportunities/x.webcrm.win_percent_2", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_1", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_2", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_3", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_4", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_5", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_6", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_7", NUMBERS),
    ("C-52", "organisations/x.webcrm.x_int_8", NUMBERS),
    ("C-52", "persons/x.webcrm.sort_order", NUMBERS),
];

sync_testkit::connector_suite! {
    fixture: Desk::open(),
    run: run,
    waivers: WAIVERS,
}
