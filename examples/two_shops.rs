//! Two shops and one ERP, embedded in a program: orders of both go to the ERP, whose stock both are told, and a customer
//! of both shops is one customer. All three are in memory; with real ones only the list of connectors differs.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use std::{collections::BTreeMap, error::Error, sync::Arc};

use rust_decimal::Decimal;
use sync_core::engine::{Cancel, Engine, Mode, Silent};
use sync_core::model::{Content, Fulfilment, Item, Line, LineKind, Lines, Order, Organisation, StockLevel};
use sync_core::{Canonical, Connector, FieldMap, FieldPath, Policy, StreamId};
use sync_testkit::{MemoryStore, Mock, VirtualClock, drive};

const RULES: &str = r#"
    [entities.customers]
    kind   = "organisation"
    master = "erp"
    match  = [{ on = ["email"] }]
    systems.se  = { read = true, update = true }
    systems.no  = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.phone = { rule = "shared", on_conflict = { prefer = ["erp", "se", "no"] } }

    [entities.items]
    kind   = "item"
    master = "erp"
    match  = [{ on = ["number"] }]
    systems.se  = { read = true }
    systems.no  = { read = true }
    systems.erp = { read = true }

    [entities.orders]                 # the shops are read only: what a shopper ordered stays as it is there
    kind   = "order"
    master = "se"
    systems.se  = { read = true }
    systems.no  = { read = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "off" }
    fields.fulfilment = { rule = "shared", on_conflict = { prefer = ["erp", "se", "no"] } }

    [entities.stock]
    kind   = "stock_level"
    master = "erp"
    match  = [{ on = ["sku"] }]
    systems.se  = { update = true }
    systems.no  = { update = true }
    systems.erp = { read = true }
    [entities.stock.reserve]          # what is sold and not in the ERP yet is not offered again
    orders = ["orders"]
"#;

fn shop(name: &str) -> Mock {
    let shop = Mock::new(name)
        .stream::<Organisation>("customers", |stream| stream.only(&["name", "email", "phone"]))
        .stream::<Item>("variants", |stream| stream.only(&["number", "name"]))
        .stream::<StockLevel>("stock", |stream| stream.only(&["sku", "available"]).facet_of("variants"))
        .stream::<Order>("orders", |stream| stream.only(&["content", "fulfilment"]));
    shop.put_parts("variants", mug(["variants", "stock"], 0));
    shop
}

fn erp() -> Mock {
    let erp = Mock::new("erp")
        .stream::<Organisation>("customer", |stream| stream)
        .stream::<Item>("articles", |stream| stream.only(&["number", "name"]))
        .stream::<StockLevel>("numbers", |stream| stream.only(&["sku", "available"]).facet_of("articles"))
        .stream::<Order>("order", |stream| {
            let stream = stream.only(&["content", "number", "fulfilment"]).marks("x.erp.mark");
            stream.documents(|documents| documents.names_items("articles"))
        });
    erp.put_parts("articles", mug(["articles", "numbers"], 10));
    erp
}

/// An item and how many there are, in one record.
fn mug([item, stock]: [&str; 2], available: i64) -> BTreeMap<StreamId, FieldMap> {
    let level = StockLevel::new().sku("MUG").available(available).to_fields();
    [(StreamId::new(item), Item::new().number("MUG").name("Mug").to_fields()), (StreamId::new(stock), level)].into()
}

fn order(pieces: i64, currency: &str) -> Order {
    let line = Line::new().key("1").kind(LineKind::Item).sku("MUG").quantity(pieces).unit_price(100).vat_rate(25);
    let content = Content::new().lines(Lines::new().with(line)).gross(100 * pieces).currency(currency);
    Order::new().content(content.prices_include_vat(true)).fulfilment(Fulfilment::Open)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (se, no, erp) = (shop("se"), shop("no"), erp());
    let systems: [Arc<dyn Connector>; 3] = [Arc::new(se.clone()), Arc::new(no.clone()), Arc::new(erp.clone())];
    let mut builder = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(VirtualClock::default()))
        .policy(Policy::from_toml(RULES).map_err(|mistakes| format!("{mistakes:?}"))?);
    for system in systems {
        builder = builder.system(system);
    }
    let engine = builder.build().map_err(|mistakes| format!("{mistakes:?}"))?;
    let run = |what: &str| -> Result<(), Box<dyn Error>> {
        let report = drive(engine.run(Mode::Sync, &Silent, &Cancel::new()))?;
        println!("{what}: wrote {}, waiting {}", report.writes(), report.waiting().count());
        for (stream, writes) in &report.written {
            println!("  {writes} to {stream}");
        }
        report.waiting().for_each(|line| println!("  waits: {line}"));
        Ok(())
    };
    let stock = |shop: &Mock| {
        let all = shop.all("variants");
        let level = all.keys().next().and_then(|id| shop.get::<StockLevel>("stock", id)).unwrap_or_default();
        level.available.value().copied().unwrap_or_default()
    };

    let anna = |phone: &str| Organisation::new().name("Anna Berg").email("anna@example.com").phone(phone);
    let first = se.put("customers", anna("+46 8 1"));
    drive(engine.run(Mode::Adopt, &Silent, &Cancel::new()))?;
    run("after the first contact")?;
    println!("  stock shown: {} and {}", stock(&se), stock(&no));

    no.put("customers", anna("+46 8 1"));
    se.put("orders", order(2, "SEK"));
    no.put("orders", order(3, "NOK"));
    run("Anna is in the other shop too, and each has an order")?;
    println!("  stock shown: {} and {}; customers in the ERP: {}", stock(&se), stock(&no), erp.all("customer").len());
    for order in erp.all("order").values() {
        let text = |path: &str| order.text(FieldPath::new(path)).unwrap_or("-").to_owned();
        let gross = order.get("content.gross".into()).and_then(|gross| gross.as_decimal()).unwrap_or(Decimal::ZERO);
        println!("  order {}: {gross} {}", text("x.erp.mark"), text("content.currency"));
    }

    se.edit::<Organisation>("customers", &first, |customer| customer.phone("+46 8 2"));
    run("Anna changes her number in one shop")?;
    let phones = no.one::<Organisation>("customers").phone;
    println!("  the other shop has {}", phones.as_deref().unwrap_or("-"));
    run("nothing happened")
}
