//! The rules for connectors, before the emulated system: see `sync_testkit::connector_suite`.

mod fixture;

use fixture::Desk;
use sync_testkit::connector_suite::Waiver;

/// On a thread of its own, as a program has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Facts of the vendor's, each with what it costs.
const PAGES: &str = "lists are pages by number: what moves up by a removal is missed until the next listing";
const TWICE: &str =
    "stamps have no zone: of an hour that comes twice nobody can tell which one it was, and the earlier one is taken";
const DEFAULTS: &str = "where nothing is sent, what the customer, the class or the company has holds";
const OWN: &str =
    "fields of the vendor's own that the double's records have no values in are shown by tests with recorded records";
const SHOWN: &str = "the double's drafts have none; tests with recorded records show it";
const NULLS: &str = "the order service takes null for nothing said, and days have no other empty";
const ALWAYS: &str = "it is never empty in the ERP";

pub(crate) const WAIVERS: &[Waiver<'_>] = &[
    ("C-12", "contacts", "the list has no pages: all of it is one"),
    ("C-12", "customer_balances", "the list has no pages: all of it is one"),
    ("C-12", "credit_notes", PAGES),
    ("C-12", "invoices", PAGES),
    ("C-12", "journal", PAGES),
    ("C-12", "orders_SO", PAGES),
    ("C-12", "payments", PAGES),
    ("C-12", "projects", PAGES),
    ("C-12", "sales_prices", PAGES),
    ("C-12", "suppliers", PAGES),
    ("C-22", "contacts", TWICE),
    ("C-22", "credit_notes", TWICE),
    ("C-22", "customer_balances", TWICE),
    ("C-22", "customers", TWICE),
    ("C-22", "inventory", TWICE),
    ("C-22", "invoices", TWICE),
    ("C-22", "journal", TWICE),
    ("C-22", "payments", TWICE),
    ("C-22", "projects", TWICE),
    ("C-22", "suppliers", TWICE),
    ("C-49", "customers", "customers cannot be removed; their numbers can be changed, which frees the old one"),
    ("C-49", "inventory", "items cannot be removed; their numbers can be changed, which frees the old one"),
    ("C-49", "projects", "projects cannot be removed; their numbers can be changed, which frees the old one"),
    ("C-49", "suppliers", "suppliers cannot be removed; their numbers can be changed, which frees the old one"),
    ("C-52", "orders_SO/content.delivery_on", NULLS),
    ("C-52", "orders_SO/x.visma-net.cancelBy", NULLS),
    ("C-52", "orders_SO/x.visma-net.customer.contactId", NULLS),
    ("C-52", "orders_SO/x.visma-net.financialInformation.dueDate", NULLS),
    ("C-52", "orders_SO/x.visma-net.financialInformation.invoiceDate", NULLS),
    ("C-52", "orders_SO/x.visma-net.requestOn", NULLS),
    ("C-52", "contacts/name", "a contact has a last name"),
    ("C-52", "credit_notes/content.currency", DEFAULTS),
    ("C-52", "credit_notes/invoiced_on", DEFAULTS),
    ("C-52", "credit_notes/x.visma-net.branchNumber.number", DEFAULTS),
    ("C-52", "credit_notes/x.visma-net.customerVatZone.id", DEFAULTS),
    ("C-52", "credit_notes/x.visma-net.project.id", DEFAULTS),
    ("C-52", "customers/billing.country", DEFAULTS),
    ("C-52", "customers/currency", DEFAULTS),
    ("C-52", "inventory/posting_group", DEFAULTS),
    ("C-52", "inventory/unit", DEFAULTS),
    ("C-52", "inventory/vat_code", DEFAULTS),
    ("C-52", "inventory/x.visma-net.status", DEFAULTS),
    ("C-52", "invoices/content.currency", DEFAULTS),
    ("C-52", "invoices/content.payment_terms", DEFAULTS),
    ("C-52", "invoices/invoiced_on", DEFAULTS),
    ("C-52", "invoices/x.visma-net.branchNumber.number", DEFAULTS),
    ("C-52", "invoices/x.visma-net.customerVatZone.id", DEFAULTS),
    ("C-52", "invoices/x.visma-net.project.id", DEFAULTS),
    ("C-52", "orders_SO/ordered_on", DEFAULTS),
    ("C-52", "projects/status", DEFAULTS),
    ("C-52", "suppliers/billing.country", DEFAULTS),
    ("C-52", "suppliers/currency", DEFAULTS),
    ("C-52", "suppliers/x.visma-net.numberOfEmployees", ALWAYS),
    ("C-52", "suppliers/x.visma-net.paymentLeadTime", ALWAYS),
    ("C-52", "suppliers/x.visma-net.retainagePct", ALWAYS),
    ("C-52", "customers/credit_limit.amount", ALWAYS),
    ("C-52", "customers/x.visma-net.creditDaysPastDue", ALWAYS),
    ("C-52", "customers/x.visma-net.numberOfEmployees", ALWAYS),
    ("C-52", "inventory_price/amount", ALWAYS),
    ("C-52", "orders_SO/x.visma-net.shipping.priority", ALWAYS),
    ("C-40", "contacts/name", "a whole name is written by its parts, where those are given"),
    ("C-04", "inventory_price/create.item", "a price has no record of its own: it is made with its item"),
    ("C-40", "inventory_price/item", "a price has no record of its own: it is made with its item"),
    ("C-40", "inventory_price/sku", "a price has no record of its own: it is made with its item"),
    ("C-04", "contacts/read.x.visma-net.*", OWN),
    ("C-04", "credit_notes/read.x.visma-net.*", OWN),
    ("C-04", "customers/read.x.visma-net.*", OWN),
    ("C-04", "inventory/read.x.visma-net.*", OWN),
    ("C-04", "invoices/read.x.visma-net.*", OWN),
    ("C-04", "journal/read.x.visma-net.*", OWN),
    ("C-04", "orders_SO/read.x.visma-net.*", OWN),
    ("C-04", "payments/read.x.visma-net.*", OWN),
    ("C-04", "projects/read.x.visma-net.*", OWN),
    ("C-04", "suppliers/read.x.visma-net.*", OWN),
    ("C-04", "credit_notes/read.credits", SHOWN),
    ("C-04", "credit_notes/read.due_on", SHOWN),
    ("C-04", "credit_notes/read.payment_reference", SHOWN),
    ("C-04", "inventory/read.barcode", SHOWN),
    ("C-04", "inventory/read.supplier_item_number", SHOWN),
    ("C-04", "inventory/read.supplier", SHOWN),
    ("C-04", "invoices/read.payment_reference", SHOWN),
    ("C-04", "projects/read.manager", "the double has no employees; tests with recorded records show it"),
    ("C-04", "sold_by_invoice/read.content.billing.attention", SHOWN),
    ("C-04", "sold_by_invoice/read.content.billing.street_2", SHOWN),
    ("C-04", "sold_by_invoice/read.content.buyer_order_number", SHOWN),
];

sync_testkit::connector_suite! {
    fixture: Desk::open(),
    run: run,
    waivers: WAIVERS,
}
