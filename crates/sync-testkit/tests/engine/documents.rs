//! Orders that stay orders: rows, sums, steps, marks, and what their invoices say of them.

use std::{cell::Cell, sync::Arc};

use rust_decimal::Decimal;
use sync_core::{
    Canonical, Field,
    capability::Prices,
    model::{Content, Invoice, Item, Line, LineKind, Lines, Order},
    store::HeldWhy,
};
use sync_testkit::mock::{Documents, Who};

use super::*;

pub(super) const ROWS: &str = r#"
    freight = { "25" = "FRAKT25", "12" = "FRAKT12" }
    fee = { "25" = "AVG25" }
    discount = { "25" = "RAB25" }
"#;
pub(super) const ROUNDED: &str = r#"rounding = { article = "ORES" }"#;

fn policy(rows: &str) -> String {
    format!(
        r#"
    [entities.items]
    kind = "item"
    master = "erp"
    match = [{{ on = ["number"] }}]
    systems.erp = {{ read = true }}
    [entities.orders]
    kind = "order"
    master = "shop"
    systems.shop = {{ read = true, update = true }}
    systems.erp = {{ read = true, create = "always", update = true, until = "open" }}
    fields.number = {{ rule = "off" }}
    fields.content = {{ rule = "master", system = "shop" }}
    fields.fulfilment = {{ rule = "shared", on_conflict = {{ prefer = ["erp", "shop"] }} }}
    fields.invoicing = {{ rule = "master", system = "@hub" }}
    fields.payment = {{ rule = "master", system = "@hub" }}
    fields.paid = {{ rule = "master", system = "@hub" }}
    fields.invoice_numbers = {{ rule = "master", system = "@hub" }}
    fields.invoiced_on = {{ rule = "master", system = "@hub" }}
    [entities.orders.status.shop]
    field = "x.shop.status"
    read = [
      {{ status = "created", means = {{ fulfilment = "open" }} }},
      {{ status = "paid", means = {{ payment = "paid" }} }},
      {{ status = "completed", means = {{ fulfilment = "delivered" }} }},
    ]
    write = [
      {{ when = {{ payment = "paid" }}, status = "paid", effects = ["notify_buyer"] }},
    ]
    [entities.orders.rows.erp]
    {rows}
    [entities.invoices]
    kind = "invoice"
    master = "erp"
    systems.erp = {{ read = true }}
"#
    )
}

/// A shop whose orders have a status of its own.
pub(super) fn shop() -> Mock {
    Mock::new("shop").stream::<Order>("orders", |s| {
        s.only(&["content", "invoice_numbers", "paid"]).has("x.shop.status").offers_effect("notify_buyer")
    })
}

fn erp(how: impl Fn(Documents) -> Documents, habits: impl Fn(Habits) -> Habits) -> Mock {
    let erp = Mock::new("erp")
        .stream::<Item>("articles", |s| s.only(&["number", "name"]))
        .stream::<Order>("order", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            habits(s.documents(|d| how(d.names_items("articles").step("start", "draft", "open"))))
        })
        .stream::<Invoice>("invoices", |s| {
            let s = s.only(&["content", "number"]);
            s.documents(|d| how(d.names_items("articles").all_are("booked").numbered(501).locked().pays("payments")))
        });
    stock(&erp);
    erp
}

/// Articles of the rows and of what carries the others.
pub(super) fn stock(erp: &Mock) {
    for number in ["A", "B", "FRAKT25", "FRAKT12", "AVG25", "RAB25", "ORES"] {
        erp.put("articles", Item::new().number(number).name(format!("Article {number}")));
    }
}

pub(super) fn world(rows: &str, how: impl Fn(Documents) -> Documents, habits: impl Fn(Habits) -> Habits) -> World {
    World::new(5).with(shop()).with(erp(how, habits)).policy(&policy(rows))
}

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A row: what it is, its article, how many, its price, its VAT.
pub(super) fn row(kind: LineKind, sku: &str, quantity: i64, price: &str, rate: i64) -> Line {
    let line = Line::new().kind(kind).quantity(quantity).unit_price(dec(price)).vat_rate(rate);
    if sku.is_empty() { line } else { line.sku(sku) }
}

/// An order as a shop has it: prices with VAT, and what is to be paid.
pub(super) fn bought(lines: Vec<Line>, gross: &str) -> sync_core::FieldMap {
    let keyed = (1..).zip(lines).map(|(place, line): (u32, Line)| line.key(place.to_string()));
    let content = Content::new().lines(keyed.collect::<Lines<Line>>()).gross(dec(gross));
    let content = content.prices_include_vat(true).currency("SEK").payment_method("card");
    Order::new().content(content).to_fields().with("x.shop.status", "created")
}

pub(super) fn goods(price: &str, rate: i64) -> Line {
    row(LineKind::Item, "A", 1, price, rate)
}

pub(super) fn place(world: &World, lines: Vec<Line>, gross: &str) -> Arc<str> {
    world.system("shop").put_fields("orders", bought(lines, gross))
}

pub(super) fn order(world: &World) -> Order {
    world.system("erp").one("order")
}

pub(super) fn word<T: Copy>(field: &Field<T>) -> Option<T> {
    field.value().copied()
}

pub(super) fn open(order: &Order) -> bool {
    word(&order.fulfilment) == Some(sync_core::model::Fulfilment::Open)
}

/// Nothing is written any more.
pub(super) fn is_quiet(world: &mut World) {
    for _ in 0..3 {
        let report = world.run();
        assert_eq!((report.writes(), report.unclear), (0, 0), "{:?}", report.written);
    }
}

fn held(report: &Report, why: HeldWhy) -> Vec<String> {
    report.held.iter().filter(|held| held.why == why).map(|held| held.text.clone()).collect()
}

fn skus(order: &Order) -> Vec<(String, Decimal)> {
    let lines = order.content.lines.value().into_iter().flatten();
    let shown = |line: &Line| {
        (line.sku.value().cloned().unwrap_or_default(), line.unit_price.value().copied().unwrap_or_default())
    };
    lines.map(shown).collect()
}

#[test]
fn an_order_comes_to_the_same_sum_by_a_row_that_rounds() {
    let mut world = world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithoutVat).vat_per_row(false), |s| s);
    // without VAT 7 × 9.90 and 44.55, which come to 136.53
    place(&world, vec![row(LineKind::Item, "A", 7, "12.37", 25), goods("49.90", 12)], "136.49");
    world.adopt();
    world.run();
    let made = order(&world);
    assert_eq!(made.content.gross, dec("136.49").into(), "{made:?}");
    assert_eq!(skus(&made).last().unwrap().0, "ORES");
    assert!(open(&made), "the step was taken once the sums were right");
    assert_eq!(made.content.prices_include_vat, false.into());
    is_quiet(&mut world);
}

#[test]
fn an_order_that_does_not_add_up_is_held_with_both_sums() {
    // more than rounding can be
    let mut wide = world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithVat), |s| s);
    place(&wide, vec![goods("100", 25)], "103");
    wide.adopt();
    let report = wide.run();
    let told = held(&report, HeldWhy::Totals);
    assert!(told.len() == 1 && told[0].contains("103") && told[0].contains("100"), "{told:?}");
    assert!(wide.system("erp").all("order").is_empty());
    is_quiet(&mut wide);

    // rounding switched off
    let mut off = world(
        &format!("{ROWS}rounding = {{ article = \"ORES\", enabled = false }}"),
        |d| d.prices(Prices::WithoutVat),
        |s| s,
    );
    place(&off, vec![row(LineKind::Item, "A", 7, "12.37", 25)], "86.59");
    off.adopt();
    let report = off.run();
    let held = report.held.iter().find(|held| held.why == HeldWhy::Totals).unwrap();
    assert_eq!(held.values.len(), 2, "{held:?}");
    assert!(off.system("erp").all("order").is_empty());
    is_quiet(&mut off);
}

/// A vendor that carries a step out by itself is waited for, and asked again only when it forgot.
#[test]
fn a_step_that_was_accepted_is_waited_for() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat).steps_run_on(), |s| s);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    let report = world.run();
    assert_eq!((report.under_way, report.unclear, report.exit_code()), (1, 0, 0), "{report:?}");
    let erp = world.system("erp").clone();
    let asked = |erp: &Mock| erp.calls().get("write order").copied().unwrap_or_default();
    let before = asked(&erp);
    for _ in 0..5 {
        world.pass(300);
        assert_eq!((world.run().under_way, asked(&erp)), (1, before), "it is not asked again");
    }
    world.pass(3600);
    world.run();
    assert!(asked(&erp) > before, "nothing came of it in an hour");
    let id = erp.all("order").into_keys().next().unwrap();
    erp.step("order", &id, "start").unwrap();
    assert_eq!((world.run().under_way, open(&order(&world))), (0, true));
    is_quiet(&mut world);
}

/// A CRM knows no VAT: its total is without, and that is what the rows must come to.
#[test]
fn where_nobody_says_the_vat_the_totals_without_it_are_compared() {
    let place = |world: &World| {
        let line = Line::new().key("1").kind(LineKind::Item).sku("A").quantity(dec("2.5"));
        let line = line.unit_price(dec("172.01")).discount_percent(5);
        let content = Content::new().lines(Lines::from(vec![line])).net(dec("408.52")).prices_include_vat(false);
        let fields = Order::new().content(content.currency("SEK").payment_method("card")).to_fields();
        world.system("shop").put_fields("orders", fields.with("x.shop.status", "created"));
    };
    let made = |how: fn(Documents) -> Documents| {
        let mut world = world(ROWS, move |d| how(d.prices(Prices::WithoutVat)), |s| s);
        place(&world);
        world.adopt();
        let report = world.run();
        is_quiet(&mut world);
        (open(&order(&world)), report.held)
    };
    let (opened, held) = made(|d| d);
    assert!(opened && held.is_empty(), "{held:?}");
    let (opened, held) = made(Documents::rounds_before_discounts);
    assert!(!opened, "no step is taken");
    assert!(held[0].text.contains("408.52") && held[0].text.contains("408.53"), "{held:?}");
    assert!(held[0].values.iter().all(|(_, told)| told.get("content.net".into()).is_some()), "{held:?}");
}

#[test]
fn what_is_no_item_is_carried_by_articles_and_a_discount_in_money_is_a_row() {
    let takes = ["quantity", "unit_price", "discount_percent", "vat_rate", "text"];
    let mut world = world(&format!("{ROWS}{ROUNDED}"), move |d| d.prices(Prices::WithVat).takes(&takes), |s| s);
    let mut goods = goods("200", 25);
    goods.discount_amount = dec("20").into();
    let text = Line::new().kind(LineKind::Text).text("Thank you");
    let lines = vec![
        goods,
        row(LineKind::Freight, "", 1, "49", 25),
        row(LineKind::Freight, "", 1, "10", 12),
        row(LineKind::Fee, "", 1, "29", 25),
        row(LineKind::Discount, "", 1, "-15", 25),
        text,
    ];
    place(&world, lines, "253");
    world.adopt();
    world.run();
    let made = order(&world);
    let numbers: Vec<String> = skus(&made).into_iter().map(|(sku, _)| sku).collect();
    assert_eq!(numbers, ["A", "RAB25", "FRAKT25", "FRAKT12", "AVG25", "RAB25", ""], "{made:?}");
    assert_eq!(skus(&made)[1].1, dec("-20"));
    assert_eq!(made.content.gross, 253.into());
    assert!(open(&made));
    is_quiet(&mut world);
}

#[test]
fn a_row_that_nothing_carries_is_held() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![goods("100", 25), row(LineKind::Freight, "", 1, "49", 6)], "149");
    world.adopt();
    let report = world.run();
    let told = held(&report, HeldWhy::Incomplete);
    assert!(told.iter().any(|line| line.contains("freight") && line.contains('6')), "{told:?}");
    assert!(world.system("erp").all("order").is_empty());
}

#[test]
fn an_order_for_an_unknown_item_waits_for_the_item() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![row(LineKind::Item, "NEW", 1, "100", 25)], "100");
    world.adopt();
    let report = world.run();
    assert!(held(&report, HeldWhy::MissingLink)[0].contains("'NEW'"), "{:?}", report.held);
    assert!(world.system("erp").all("order").is_empty());
    world.system("erp").put("articles", Item::new().number("NEW").name("New"));
    world.run();
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(skus(&order(&world)), [("NEW".to_owned(), dec("100"))]);
    is_quiet(&mut world);
}

#[test]
fn a_wrong_guess_of_the_price_basis_is_mended_before_the_step() {
    for (turns_out, told) in [(true, "with VAT"), (false, "without VAT")] {
        let mut world = world(&format!("{ROWS}{ROUNDED}"), move |d| d.prices_turn_out(turns_out), |s| s);
        place(&world, vec![goods("125", 25), row(LineKind::Freight, "", 1, "62.50", 25)], "187.50");
        world.adopt();
        world.run();
        let made = order(&world);
        assert_eq!(made.content.gross, dec("187.5").into(), "{told}");
        assert!(open(&made), "{told}");
        let acts = world.system("erp").acts();
        assert_eq!(acts.len(), 1);
        assert_eq!(acts[0].before.get(sync_core::FieldPath::new("content.gross")), Some(&dec("187.5").into()));
        is_quiet(&mut world);
    }
}

#[test]
fn a_vendor_that_rounds_vat_row_by_row_without_saying_so_is_found_out() {
    let mut world =
        world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithoutVat).vat_per_row_untold(true), |s| s);
    // each row: 0.54 without VAT; per rate 1.81, per row 1.80
    let rows = (0..3).map(|_| goods("0.60", 12)).collect();
    place(&world, rows, "1.80");
    world.adopt();
    world.run();
    world.run();
    let made = order(&world);
    assert_eq!(made.content.gross, dec("1.8").into(), "{made:?}");
    assert!(open(&made));
    is_quiet(&mut world);
}

#[test]
fn a_vendor_that_rounds_to_whole_units_is_compared_without_its_rounding() {
    let mut world = world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithVat).whole_units(), |s| s);
    place(&world, vec![goods("99.90", 25)], "99.90");
    world.adopt();
    world.run();
    let made = order(&world);
    assert_eq!((made.content.gross, made.content.rounding), (100.into(), dec("0.10").into()));
    assert!(open(&made), "it comes to the same, but for the vendor's own rounding");
    is_quiet(&mut world);
}

#[test]
fn no_step_is_taken_while_somebody_has_changed_the_sums() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    let done = Cell::new(false);
    // a person puts a row into the draft as soon as it is there
    run_while(&world, |world, _| {
        let erp = world.system("erp");
        if let Some(id) = erp.all("order").keys().next().filter(|_| !done.get()) {
            done.set(erp.edit::<Order>("order", id, |order| {
                let lines = Lines::new().with(goods("100", 25)).with(goods("7", 25));
                let content = order.content.clone().lines(lines);
                order.content(content)
            }));
        }
    });
    for acted in world.system("erp").acts() {
        let gross = acted.before.get(sync_core::FieldPath::new("content.gross"));
        assert_eq!(gross, Some(&Value::Decimal(dec("100.00"))), "{acted:?}");
    }
    for _ in 0..3 {
        world.run();
    }
    assert_eq!(order(&world).content.gross, 100.into(), "the shop's rows are right");
    assert!(open(&order(&world)));
    is_quiet(&mut world);
}

#[test]
fn an_edited_order_goes_to_its_counterpart_whole() {
    let mut world = world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithoutVat), |s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    world.run();
    let after = bought(vec![goods("100", 25), row(LineKind::Item, "B", 2, "31.30", 12)], "162.60");
    world.system("shop").edit_fields("orders", &id, &after);
    world.run();
    assert_eq!(order(&world).content.gross, dec("162.6").into());
    is_quiet(&mut world);
    assert_eq!(world.system("erp").all("order").len(), 1);
}

#[test]
fn what_its_invoices_say_goes_back_to_the_order() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![goods("100", 25), row(LineKind::Item, "B", 1, "60", 25)], "160");
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    let id = erp.all("order").keys().next().unwrap().clone();
    let first = erp.invoice("order", &id, "invoices", Some(&[0])).unwrap();
    world.run();
    let shown = |world: &World| world.system("shop").one::<Order>("orders");
    let status = |world: &World| {
        let all = world.system("shop").all("orders");
        all.values().next().unwrap().text("x.shop.status".into()).unwrap().to_owned()
    };
    assert_eq!(shown(&world).invoice_numbers, "501".into());
    assert!(erp.pay("invoices", &first, dec("100")));
    world.run();
    assert_eq!((shown(&world).paid, status(&world)), (100.into(), "created".to_owned()), "partly invoiced");
    let second = erp.invoice("order", &id, "invoices", Some(&[1])).unwrap();
    world.run();
    assert_eq!(shown(&world).invoice_numbers, "501, 502".into());
    assert_eq!(status(&world), "created", "half of it is paid");
    erp.pay("invoices", &second, dec("60"));
    world.run();
    assert_eq!((shown(&world).paid, status(&world)), (160.into(), "paid".to_owned()));
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    is_quiet(&mut world);
    assert_eq!(world.system("shop").effects(), ["notify_buyer"], "once, and never again");
    // credited: what was told stays told, nothing is written over
    erp.credit("invoices", &second).unwrap();
    world.run();
    is_quiet(&mut world);
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    assert_eq!(erp.all("order").len(), 1, "invoices get no counterpart of their own");
}

/// An ERP tells of a credit note which invoice it takes back, and no order.
#[test]
fn a_credit_note_that_names_its_invoice_alone_counts_for_the_order_of_that_invoice() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    let id = erp.all("order").keys().next().unwrap().clone();
    let invoice = erp.invoice("order", &id, "invoices", None).unwrap();
    world.run();
    let invoicing = |world: &World| {
        let order = drive(world.store().bound(&[erp.at("order").id(&id)])).unwrap()[0].1;
        drive(world.store().bindings(&[order])).unwrap()[0].agreed.text(Order::INVOICING).map(str::to_owned)
    };
    assert_eq!(invoicing(&world).as_deref(), Some("invoiced"));
    let credit = erp.credit("invoices", &invoice).unwrap();
    erp.edit_fields("invoices", &credit, &FieldMap::new().with(Invoice::ORDER, Value::Null));
    world.run();
    assert_eq!(invoicing(&world).as_deref(), Some("credited"));
    is_quiet(&mut world);
}

#[test]
fn one_order_is_made_though_answers_are_lost() {
    for searched in [true, false] {
        let mut world = World::new(5).with(shop()).policy(&policy(ROWS));
        let erp = Mock::new("erp")
            .stream::<Item>("articles", |s| s.only(&["number", "name"]))
            .stream::<Order>("order", |s| {
                let s = s.only(&["content", "number"]).late(90).loses_answers(1000);
                let s = if searched { s.marks("x.erp.mark") } else { s.marks_unsearched("x.erp.mark") };
                s.documents(|d| d.prices(Prices::WithVat).names_items("articles").step("start", "draft", "open"))
            })
            .stream::<Invoice>("invoices", |s| s.documents(|d| d.all_are("booked")));
        stock(&erp);
        world = world.with(erp);
        place(&world, vec![goods("100", 25)], "100");
        world.adopt();
        for _ in 0..12 {
            world.run();
        }
        let erp = world.system("erp");
        let made = erp.log().into_iter().filter(|change| change.who == Who::Engine && change.before.is_empty());
        assert_eq!(made.filter(|change| change.reference.at == erp.at("order")).count(), 1, "searched {searched}");
        assert_eq!(erp.acts().len(), 1, "searched {searched}");
        assert!(open(&order(&world)));
        is_quiet(&mut world);
    }
}

#[test]
fn a_copy_by_a_person_is_a_record_of_its_own() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    let id = erp.all("order").keys().next().unwrap().clone();
    let copy = erp.copy("order", &id).unwrap();
    for _ in 0..3 {
        world.run();
    }
    assert_eq!(erp.all("order").len(), 2);
    assert_eq!(world.system("shop").all("orders").len(), 1);
    let copied = erp.get::<Order>("order", &copy).unwrap();
    assert!(!open(&copied), "nobody takes a step with what a person copied");
    is_quiet(&mut world);
}

#[test]
fn a_status_that_was_set_back_is_written_again_without_a_second_mail() {
    let mut world = world(ROWS, |d| d.prices(Prices::WithVat), |s| s);
    let shop_id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    let id = erp.all("order").keys().next().unwrap().clone();
    let invoice = erp.invoice("order", &id, "invoices", None).unwrap();
    erp.pay("invoices", &invoice, dec("100"));
    world.run();
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    let back = sync_core::FieldMap::new().with("x.shop.status", "created");
    world.system("shop").edit_fields("orders", &shop_id, &back);
    for _ in 0..4 {
        world.run();
    }
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    is_quiet(&mut world);
}
