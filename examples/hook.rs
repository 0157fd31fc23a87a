//! A hook that changes a standard flow: orders of companies wait until somebody has asked for the buyer's reference, and
//! large ones get a remark for the warehouse.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use std::{error::Error, sync::Arc};

use rust_decimal::Decimal;
use sync_core::engine::{Cancel, Engine, Mode, Report, Silent};
use sync_core::hook::{Hook, Outbound, Place, Verdict};
use sync_core::model::{Content, Fulfilment, Item, Line, LineKind, Lines, Order};
use sync_core::{FieldMap, FieldPath, Policy, Result as SyncResult};
use sync_testkit::{MemoryStore, Mock, VirtualClock, drive};

const RULES: &str = r#"
    [entities.items]
    kind   = "item"
    master = "erp"
    match  = [{ on = ["number"] }]
    systems.erp = { read = true }

    [entities.orders]
    kind   = "order"
    master = "shop"
    systems.shop = { read = true }
    systems.erp  = { read = true, create = "always", update = true }
    fields.number = { rule = "off" }
"#;
const REFERENCE: FieldPath = FieldPath::from_static("content.buyer_reference");
const GROSS: FieldPath = FieldPath::from_static("content.gross");
const NOTE: FieldPath = FieldPath::from_static("note");

/// Pure: no call, no clock; the same order gives the same verdict.
#[derive(Debug)]
struct House;

impl Hook for House {
    fn before_write(&self, _: &Place<'_>, order: &Outbound<'_>) -> SyncResult<Verdict> {
        if order.creates && order.fields.filled(REFERENCE).is_none() {
            return Ok(Verdict::Hold(
                "the buyer's reference is missing; ask for it and enter it in the shop".to_owned(),
            ));
        }
        let large = order.fields.get(GROSS).and_then(|gross| gross.as_decimal()) >= Some(Decimal::from(10_000));
        Ok(if large && order.creates {
            Verdict::Change(FieldMap::new().with(NOTE, "two to lift")) // to the ERP alone; not agreed upon
        } else {
            Verdict::Keep
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let shop = Mock::new("shop").stream::<Order>("orders", |stream| stream.only(&["content", "fulfilment"]));
    let erp = Mock::new("erp").stream::<Item>("articles", |stream| stream.only(&["number", "name"])).stream::<Order>(
        "order",
        |stream| {
            let fields = stream.only(&["content", "number", "note", "fulfilment"]);
            fields.marks("x.erp.mark").documents(|documents| documents.names_items("articles"))
        },
    );
    erp.put("articles", Item::new().number("BORR-1").name("Drill"));
    let engine = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(VirtualClock::default()))
        .system(Arc::new(shop.clone()))
        .system(Arc::new(erp.clone()))
        .hook("erp", "orders", House)
        .policy(Policy::from_toml(RULES).map_err(|mistakes| format!("{mistakes:?}"))?)
        .build()
        .map_err(|mistakes| format!("{mistakes:?}"))?;
    let run = |mode| drive(engine.run(mode, &Silent, &Cancel::new()));

    run(Mode::Adopt)?;
    shop.put("orders", order(2, "Anna, purchasing"));
    shop.put("orders", order(9, "Bengt, site 4"));
    let third = shop.put("orders", order(1, ""));
    tell("three orders", &run(Mode::Sync)?);
    for order in erp.all("order").values() {
        let gross = order.get(GROSS).and_then(|gross| gross.as_decimal()).unwrap_or_default();
        println!("the ERP has one of {gross} for {}: {}", text(order, REFERENCE), text(order, NOTE));
    }
    shop.edit::<Order>("orders", &third, |order| {
        let content = order.content.clone().buyer_reference("Cecilia, stores");
        order.content(content)
    });
    tell("somebody asked", &run(Mode::Sync)?);
    Ok(())
}

fn text(order: &FieldMap, field: FieldPath) -> &str {
    order.text(field).unwrap_or("-")
}

fn tell(what: &str, run: &Report) {
    println!("{what}: wrote {}", run.writes());
    for line in run.waiting() {
        println!("waits: {line}");
    }
}

/// So many drills of 1250 each, VAT included.
fn order(pieces: i64, reference: &str) -> Order {
    let drill = Line::new().key("1").kind(LineKind::Item).sku("BORR-1").quantity(pieces).unit_price(1250).vat_rate(25);
    let content = Content::new().lines(Lines::new().with(drill)).gross(1250 * pieces).currency("SEK");
    let content = content.prices_include_vat(true).buyer_reference(reference);
    Order::new().content(content).fulfilment(Fulfilment::Open)
}
