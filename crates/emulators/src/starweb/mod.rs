//! The Starweb shop: Shop API v2 under `/api/v2`, all of it.
//!
//! Written from the vendor's OpenAPI description 2.12.0. There are the token address, orders with rows, addresses,
//! external services and comments, order statuses, customers with addresses and tags, webhooks, products with variants,
//! prices, stock per location and all that hangs on them, price lists, the registers that products refer to, the media
//! library and the shop's code lists. Records are kept in the vendor's own shapes.
//!
//! Seeds: the collections are named as the vendor's paths (`orders`, `customers`, `products`, `order-statuses` …), and
//! records have the shape of the vendor's answers with everything included, with or without `data` around nested
//! things. `unitPriceIncVat` on a row says what the shopper saw: the row then has the net price with two decimals, and
//! the order's totals follow from the price with VAT, as in a shop that sells to consumers.
//!
//! `GET /_emulator/state` has the same collections and three journals beside them: `mails` to shoppers, `captures` and
//! `cancellations` of payments, and `deliveries` of webhooks. What shoppers and staff do comes by
//! `POST /_emulator/act`; the actions are listed in `acts.rs` and in the refusal of an unknown one.

mod acts;
mod bundles;
mod catalogue;
mod check;
mod customer;
mod effects;
mod gate;
mod hooks;
mod listing;
mod lists;
mod media;
mod models;
mod order;
mod orders;
mod parts;
mod pricelists;
mod prices;
mod product_acts;
mod product_models;
mod product_parts;
mod products;
mod refusal;
mod register_rules;
mod registers;
mod seed;
mod stocks;
mod switches;
mod totals;
mod value;
mod variants;

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::frame::{Births, Call, Cx, Refused, Reply, Request, Switch, Switches, Vendor};

use catalogue::Catalogue;
use customer::Customer;
use effects::Journal;
use gate::Gate;
use hooks::Hooks;
use listing::Includes;
use lists::Lists;
use order::Order;
use refusal::Refusal;
use registers::{Register, Registers};
use switches::NOT_FOUND_BODY;
use value::{data, fields, list};

/// What tells one shop from another.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The client id of the one client that may sign in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The shop's own code, as webhooks carry it.
    pub shop_id_code: String,
    /// Where the shop's ids start. Ids of statuses and methods differ from shop to shop: two shops with different
    /// starts share none, so whoever writes them down by hand is found out.
    pub first_id: u64,
}

impl Default for Settings {
    /// Client `samklang` with the secret `secret`, shop `exempelbutiken`, ids from 100.
    fn default() -> Self {
        Self {
            client_id: "samklang".into(),
            client_secret: "secret".into(),
            shop_id_code: "exempelbutiken".into(),
            first_id: 100,
        }
    }
}

/// Who makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Api,
    Shop,
}

/// The next ids. Orders and customers have their own, the rest share one row; none is given twice.
#[derive(Debug)]
struct Ids {
    orders: u64,
    customers: u64,
    others: u64,
}

impl Ids {
    fn order(&mut self) -> u64 {
        self.orders += 1;
        self.orders
    }
    fn customer(&mut self) -> u64 {
        self.customers += 1;
        self.customers
    }
    fn next(&mut self) -> u64 {
        self.others += 1;
        self.others
    }
    fn item(&mut self) -> u64 {
        self.next()
    }
    fn comment(&mut self) -> u64 {
        self.next()
    }
    fn status(&mut self) -> u64 {
        self.next()
    }
    fn hook(&mut self) -> u64 {
        self.next()
    }
    fn saw_order(&mut self, id: u64) {
        self.orders = self.orders.max(id);
    }
    fn saw_customer(&mut self, id: u64) {
        self.customers = self.customers.max(id);
    }
    fn saw(&mut self, id: u64) {
        self.others = self.others.max(id);
    }
}

/// One emulated shop.
#[derive(Debug)]
pub struct Starweb {
    settings: Settings,
    gate: Gate,
    lists: Lists,
    registers: Registers,
    catalogue: Catalogue,
    customers: BTreeMap<u64, Customer>,
    orders: BTreeMap<u64, Order>,
    hooks: Hooks,
    journal: Journal,
    ids: Ids,
    births: Births,
}

impl Starweb {
    /// A shop with its code lists and neither products, customers nor orders.
    pub fn new(settings: Settings) -> Self {
        let first = settings.first_id;
        Self {
            gate: Gate::default(),
            lists: Lists::new(&settings),
            registers: lists::registers(&settings),
            catalogue: Catalogue::default(),
            customers: BTreeMap::new(),
            orders: BTreeMap::new(),
            hooks: Hooks::default(),
            journal: Journal::default(),
            births: Births::default(),
            ids: Ids { orders: first, customers: first, others: first.saturating_add(50) },
            settings,
        }
    }

    fn route(&mut self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let segments = request.segments();
        let segments = segments.iter().map(String::as_str).collect::<Vec<_>>();
        let Some(path) = segments.strip_prefix(["api", "v2"].as_slice()) else { return Err(Refusal::not_found()) };
        let method = request.method.as_str();
        if let ("POST", ["token"]) = (method, path) {
            return self.gate.token(cx, &self.settings, request);
        }
        self.gate.check(cx, request)?;
        match (method, path) {
            (_, ["orders", rest @ ..]) => self.route_orders(cx, rest, request),
            (_, ["customers", rest @ ..]) => self.route_customers(cx, rest, request),
            (_, ["order-statuses", rest @ ..]) => self.statuses(cx, rest, request),
            (_, ["web-hooks", rest @ ..]) => self.web_hooks(cx, rest, request),
            (_, ["products", rest @ ..]) => self.route_products(cx, rest, request),
            (_, ["pricelists", rest @ ..]) => self.route_price_lists(cx, rest, request),
            (_, ["media-files", rest @ ..]) => self.route_media(cx, rest, request),
            ("GET", ["customer-tags", rest @ ..]) => self.read_customer_tags(rest),
            (method, [name, rest @ ..]) => match Register::named(name).filter(|register| register.parent.is_none()) {
                Some(register) => self.route_register(cx, register, rest, request),
                None if method == "GET" => self.lists.read(path),
                None => Err(Refusal::not_found()),
            },
            _ => Err(Refusal::not_found()),
        }
    }

    fn route_orders(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let Some((id, below)) = path.split_first() else {
            return match method {
                "GET" => self.list_orders(cx, request),
                "POST" => self.post_order(cx, request),
                _ => Err(Refusal::not_found()),
            };
        };
        let id = id.parse().map_err(|_| Refusal::not_found())?;
        match (method, below) {
            ("GET", []) => self.get_order(cx, id, request),
            ("PUT" | "PATCH", []) => self.write_order(cx, id, request),
            ("DELETE", []) => self.delete_order(cx, id, By::Api),
            (_, ["items", rest @ ..]) => self.order_items(cx, id, rest, request),
            (_, ["addresses", rest @ ..]) => self.order_addresses(cx, id, rest, request),
            (_, ["external-services", rest @ ..]) => self.order_services(cx, id, rest, request),
            (_, ["comments", rest @ ..]) => self.order_comments(cx, id, rest, request),
            _ => Err(Refusal::not_found()),
        }
    }

    fn route_customers(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let Some((id, below)) = path.split_first() else {
            return match method {
                "GET" => self.list_customers(cx, request),
                "POST" => self.post_customer(cx, request),
                _ => Err(Refusal::not_found()),
            };
        };
        let id = id.parse().map_err(|_| Refusal::not_found())?;
        match (method, below) {
            ("GET", []) => self.get_customer(cx, id, request),
            ("PUT" | "PATCH", []) => self.write_customer(cx, id, request),
            ("DELETE", []) => self.delete_customer(cx, id, By::Api),
            (_, ["addresses", rest @ ..]) => self.customer_addresses(cx, id, rest, request),
            ("GET", ["external-services", rest @ ..]) => self.customer_services(id, rest),
            (_, ["tags", rest @ ..]) => self.customer_tags(cx, id, rest, request),
            _ => Err(Refusal::not_found()),
        }
    }
}

impl Vendor for Starweb {
    fn name(&self) -> &'static str {
        "starweb"
    }

    fn switches(&self) -> &'static [Switch] {
        switches::ALL
    }

    fn collections(&self) -> &'static [&'static str] {
        &seed::COLLECTIONS
    }

    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        if let Some(refusal) = self.gate.slow_down(cx) {
            return refusal;
        }
        let both = cx.switches.is(&NOT_FOUND_BODY, "both");
        self.route(cx, request).unwrap_or_else(|refusal| refusal.reply(both))
    }

    fn state(&self) -> Value {
        let mut plain = Switches::new(switches::ALL);
        // The one name and value are in the list, so nothing is refused.
        let _ = plain.set(&fields(json!({ "links": "absent" })));
        let cx = &Cx { now: DateTime::UNIX_EPOCH, switches: &plain };
        let order = |order: &Order| {
            let mut view = self.order_view(cx, order, &Includes::all(&order::INCLUDES));
            view.insert("comments".into(), data(list(order.comments.iter().cloned())));
            view
        };
        let customer = |customer: &Customer| {
            let mut view = customer.view(cx.switches, &Includes::all(&customer::INCLUDES));
            view.insert("hasAccount".into(), json!(customer.has_account));
            view
        };
        let of = |rows: &[value::Fields]| list(rows.iter().cloned());
        let lists = &self.lists;
        let mut state = fields(json!({
            "shop": [lists.shop],
            "currencies": of(&lists.currencies),
            "vat-rates": of(&lists.vat_rates),
            "shipping-tracking-types": of(&lists.tracking_types),
            "payment-methods": of(&lists.payment_methods),
            "shipping-methods": of(&lists.shipping_methods),
            "order-statuses": list(lists.statuses.values().cloned()),
            "products": list(self.catalogue.products().map(|product| self.whole_product(cx.switches, product))),
            "customers": list(self.customers.values().map(customer)),
            "orders": list(self.orders.values().map(order)),
            "web-hooks": list(self.hooks.registered()),
            "mails": self.journal.mails,
            "captures": self.journal.captures,
            "cancellations": self.journal.cancellations,
            "deliveries": self.hooks.deliveries(),
        }));
        for name in registers::SEEDED {
            state.insert(name.into(), list(self.whole_register(name)));
        }
        Value::Object(state)
    }

    fn seed(&mut self, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
        seed::seed(self, cx, collection, records)
    }

    fn failure(&self, status: u16) -> Reply {
        refusal::failure(status)
    }

    fn rate_limited(&self) -> Reply {
        refusal::too_fast(429)
    }

    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        self.do_act(cx, action, arguments)
    }

    fn webhooks(&self) -> Value {
        self.hooks.deliveries()
    }

    fn due_calls(&mut self, cx: &Cx<'_>) -> Vec<Call> {
        self.hooks.due(cx.now)
    }

    fn call_answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        self.hooks.answered(cx, id, status);
    }
}
