//! Orders that become invoices: derived once, booked, paid once, whatever people and lost answers do.

use std::{cell::Cell, sync::Arc};

use rust_decimal::Decimal;
use sync_core::{
    Canonical,
    capability::Prices,
    model::{Invoice, InvoiceStage, Item, Line, LineKind, Lines, Order},
};
use sync_testkit::mock::{Documents, Who};

use super::{
    documents::{ROUNDED, ROWS, bought, dec, goods, is_quiet, row, shop, stock, word},
    *,
};

fn policy() -> String {
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
    systems.erp = {{ read = true, create = "always", update = true, becomes = "invoice" }}
    fields.number = {{ rule = "off" }}
    fields.fulfilment = {{ rule = "master", system = "shop" }}
    fields.invoicing = {{ rule = "master", system = "@hub" }}
    fields.payment = {{ rule = "master", system = "@hub" }}
    fields.invoice_numbers = {{ rule = "master", system = "@hub" }}
    [entities.orders.status.shop]
    field = "x.shop.status"
    read = [
      {{ status = "created", means = {{ fulfilment = "open", invoicing = "none" }} }},
      {{ status = "invoiced", means = {{ invoicing = "invoiced" }} }},
      {{ status = "paid", means = {{ invoicing = "invoiced", payment = "paid" }} }},
    ]
    write = [
      {{ when = {{ payment = "paid" }}, status = "paid", effects = ["notify_buyer"] }},
      {{ when = {{ invoicing = "invoiced" }}, status = "invoiced", effects = ["notify_buyer"] }},
    ]
    [entities.invoices]
    kind = "invoice"
    master = "erp"
    systems.erp = {{ read = true, create = "always", update = true, until = "booked" }}
    fields.content = {{ rule = "master", system = "@hub" }}
    fields.settled = {{ rule = "sum", up_to = "content.gross" }}
    accounts.erp = {{ card = "1930" }}
    [entities.invoices.rows.erp]
    {ROWS}
    {ROUNDED}
"#
    )
}

fn erp(how: impl Fn(Documents) -> Documents, habits: impl Fn(Habits) -> Habits) -> Mock {
    let erp = Mock::new("erp")
        .stream::<Item>("articles", |s| s.only(&["number", "name"]))
        .stream::<Invoice>("drafts", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            let moves = |d: Documents| d.names_items("articles").step_into("book", "draft", "booked", "invoices", 120);
            habits(s.late(60).documents(|d| how(moves(d.prices(Prices::WithVat)))))
        })
        .stream::<Invoice>("invoices", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            let booked = |d: Documents| d.names_items("articles").all_are("booked").numbered(501).locked();
            habits(s.late(60).documents(|d| how(booked(d.prices(Prices::WithVat)).pays("payments"))))
        });
    stock(&erp);
    erp
}

fn world_with(habits: impl Fn(Habits) -> Habits) -> World {
    World::new(5).with(shop()).with(erp(|d| d, habits)).policy(&policy())
}

fn place(world: &World, lines: Vec<Line>, gross: &str) -> Arc<str> {
    world.system("shop").put_fields("orders", bought(lines, gross))
}

/// Runs, each some minutes after the last.
fn runs(world: &mut World, times: usize) {
    for _ in 0..times {
        world.pass(200);
        world.run();
    }
}

/// One document of ours in all, and how often one was made.
fn made(world: &World) -> usize {
    let erp = world.system("erp");
    let made = |change: &sync_testkit::mock::Change| change.who == Who::Engine && change.before.is_empty();
    erp.log().iter().filter(|c| made(c) && !c.removed && c.reference.at == erp.at("drafts")).count()
}

fn payments(world: &World) -> Vec<(Who, Decimal)> {
    let acts = world.system("erp").acts();
    let amount = sync_core::FieldPath::new("paid.amount");
    let paid = |acted: &sync_testkit::mock::Acted| Some((acted.who, acted.with.get(amount)?.as_decimal()?));
    acts.iter().filter(|acted| acted.act == "payments").filter_map(paid).collect()
}

fn status(world: &World) -> String {
    let all = world.system("shop").all("orders");
    all.values().next().unwrap().text("x.shop.status".into()).unwrap().to_owned()
}

fn paid_in_shop(world: &World, id: &str, amount: &str) {
    let paid = Order::new().paid(dec(amount)).to_fields();
    world.system("shop").edit_fields("orders", id, &paid);
}

#[test]
fn an_order_becomes_one_invoice_that_is_booked_and_its_number_comes_back() {
    let mut world = world_with(|s| s);
    place(&world, vec![goods("100", 25), row(LineKind::Freight, "", 1, "49", 25)], "149");
    world.adopt();
    world.run();
    let invoice: Invoice = world.system("erp").one("invoices");
    assert_eq!((word(&invoice.stage), invoice.content.gross), (Some(InvoiceStage::Booked), 149.into()));
    assert!(world.system("erp").all("drafts").is_empty());
    runs(&mut world, 3);
    assert_eq!((made(&world), status(&world)), (1, "invoiced".to_owned()));
    let order: Order = world.system("shop").one("orders");
    assert_eq!(order.invoice_numbers, "501".into());
    is_quiet(&mut world);
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    // the draft's name goes on standing for the invoice
    let acted = &world.system("erp").acts()[0];
    let bound = drive(world.store().bound(&[acted.reference.clone(), acted.became.clone()])).unwrap();
    assert!(bound.len() == 2 && bound[0].1 == bound[1].1, "{bound:?}");
}

#[test]
fn what_was_paid_in_the_shop_is_registered_once() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 2);
    paid_in_shop(&world, &id, "100");
    runs(&mut world, 4);
    assert_eq!(payments(&world), [(Who::Engine, dec("100"))]);
    assert_eq!(status(&world), "paid");
    is_quiet(&mut world);
    assert_eq!(world.system("shop").effects().len(), 2, "one for each status");
}

#[test]
fn an_order_that_was_paid_at_once_is_paid_when_its_invoice_is_booked() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    paid_in_shop(&world, &id, "100");
    world.adopt();
    runs(&mut world, 4);
    assert_eq!(payments(&world), [(Who::Engine, dec("100"))]);
    is_quiet(&mut world);
}

#[test]
fn a_lost_answer_costs_no_second_document_and_no_second_payment() {
    let mut world = world_with(|s| s.loses_answers(1000));
    let id = place(&world, vec![goods("100", 25)], "100");
    paid_in_shop(&world, &id, "100");
    world.adopt();
    runs(&mut world, 14);
    assert_eq!(made(&world), 1);
    let erp = world.system("erp");
    assert_eq!((erp.all("drafts").len(), erp.all("invoices").len()), (0, 1));
    assert_eq!(erp.acts().iter().filter(|acted| acted.act == "book").count(), 1);
    assert_eq!(payments(&world), [(Who::Engine, dec("100"))]);
    is_quiet(&mut world);
}

#[test]
fn a_person_who_books_the_draft_first_has_booked_ours() {
    let mut world = world_with(|s| s.loses_answers(0));
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    let done = Cell::new(false);
    run_while(&world, |world, _| {
        let erp = world.system("erp");
        if let Some(id) = erp.all("drafts").keys().next().filter(|_| !done.get()) {
            done.set(erp.step("drafts", id, "book").is_some());
        }
    });
    assert!(done.get());
    runs(&mut world, 8);
    assert_eq!(made(&world), 1);
    assert_eq!(world.system("erp").all("invoices").len(), 1);
    assert_eq!(status(&world), "invoiced", "the invoice is known for ours by its mark");
    is_quiet(&mut world);
}

#[test]
fn a_person_books_while_the_answer_to_the_create_is_lost() {
    let mut world = world_with(|s| s.loses_answers(1000));
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    let done = Cell::new(false);
    run_while(&world, |world, _| {
        let erp = world.system("erp");
        if let Some(id) = erp.all("drafts").keys().next().filter(|_| !done.get()) {
            done.set(erp.step("drafts", id, "book").is_some());
        }
    });
    runs(&mut world, 12);
    assert_eq!(made(&world), 1, "in one of the two streams it is found");
    assert_eq!(world.system("erp").all("invoices").len(), 1);
    is_quiet(&mut world);
}

#[test]
fn a_person_who_pays_at_the_same_time_leaves_the_rest_to_us() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    let invoice = world.system("erp").all("invoices").keys().next().unwrap().clone();
    assert!(world.system("erp").pay("invoices", &invoice, dec("40")));
    paid_in_shop(&world, &id, "60");
    runs(&mut world, 5);
    let invoice: Invoice = world.system("erp").one("invoices");
    assert_eq!(invoice.settled, 100.into(), "each side adds its part");
    assert_eq!(payments(&world), [(Who::User, dec("40")), (Who::Engine, dec("60"))]);
    is_quiet(&mut world);
}

#[test]
fn the_same_amount_on_both_sides_is_shown_to_a_person() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    let invoice = world.system("erp").all("invoices").keys().next().unwrap().clone();
    world.system("erp").pay("invoices", &invoice, dec("100"));
    paid_in_shop(&world, &id, "100");
    world.pass(200);
    let report = world.run();
    assert!(report.held.iter().any(|held| held.unit == Some("settled".into())), "{:?}", report.held);
    runs(&mut world, 3);
    assert_eq!(payments(&world), [(Who::User, dec("100"))]);
    is_quiet(&mut world);
}

#[test]
fn what_was_paid_in_the_erp_is_not_registered_there_once_more() {
    for rule in [r#"fields.paid = { rule = "master", system = "@hub" }"#, ""] {
        let text = policy()
            .replace("    [entities.orders.status.shop]", &format!("    {rule}\n    [entities.orders.status.shop]"));
        let mut world = world_with(|s| s).policy(&text);
        place(&world, vec![goods("100", 25)], "100");
        world.adopt();
        runs(&mut world, 3);
        let invoice = world.system("erp").all("invoices").keys().next().unwrap().clone();
        world.system("erp").pay("invoices", &invoice, dec("40"));
        runs(&mut world, 4);
        assert_eq!(payments(&world), [(Who::User, dec("40"))], "{rule}");
        world.system("erp").pay("invoices", &invoice, dec("60"));
        runs(&mut world, 4);
        assert_eq!(payments(&world).len(), 2, "{rule}");
        assert_eq!(status(&world), "paid");
        is_quiet(&mut world);
    }
}

#[test]
fn a_status_that_a_person_sets_back_is_written_again_without_a_second_mail() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    assert_eq!((status(&world), world.system("shop").effects().len()), ("invoiced".to_owned(), 1));
    let back = sync_core::FieldMap::new().with("x.shop.status", "created");
    world.system("shop").edit_fields("orders", &id, &back);
    runs(&mut world, 3);
    assert_eq!((status(&world), world.system("shop").effects().len()), ("invoiced".to_owned(), 1));
    is_quiet(&mut world);
}

#[test]
fn a_copy_of_our_invoice_is_not_ours() {
    let mut world = world_with(|s| s);
    let shop_id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    let erp = world.system("erp").clone();
    let invoice = erp.all("invoices").keys().next().unwrap().clone();
    let copy = erp.copy("invoices", &invoice).unwrap();
    runs(&mut world, 3);
    paid_in_shop(&world, &shop_id, "100");
    runs(&mut world, 4);
    assert_eq!(made(&world), 1);
    assert_eq!(payments(&world), [(Who::Engine, dec("100"))]);
    assert_eq!(erp.get::<Invoice>("invoices", &copy).unwrap().settled, 0.into());
    is_quiet(&mut world);
}

#[test]
fn a_draft_that_a_person_removes_is_not_made_again_in_silence() {
    let mut world = world_with(|s| s);
    let text = policy().replace("until = \"booked\"", "until = \"draft\"");
    world = world.policy(&text);
    for _ in 0..3 {
        place(&world, vec![goods("100", 25)], "100");
    }
    world.adopt();
    runs(&mut world, 2);
    let erp = world.system("erp").clone();
    let draft = erp.all("drafts").keys().next().unwrap().clone();
    assert!(erp.delete("drafts", &draft));
    runs(&mut world, 3);
    let report = world.run();
    assert_eq!(made(&world), 3);
    assert!(!report.held.is_empty(), "a person is told");
}

#[test]
fn an_order_that_changes_after_booking_is_held_and_nothing_is_written() {
    let mut world = world_with(|s| s);
    let id = place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    world.system("shop").edit_fields("orders", &id, &bought(vec![goods("120", 25)], "120"));
    runs(&mut world, 2);
    let report = world.run();
    let booked: Invoice = world.system("erp").one("invoices");
    assert_eq!(booked.content.gross, 100.into());
    assert!(report.held.iter().any(|held| held.cure.contains("credit")), "{:?}", report.held);
    assert!(world.system("erp").turned_away().is_empty(), "what is locked is not tried");
    is_quiet(&mut world);
}

#[test]
fn a_credit_note_stands_beside_the_invoice_that_it_credits() {
    let mut world = world_with(|s| s);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 3);
    let erp = world.system("erp").clone();
    let invoice = erp.all("invoices").keys().next().unwrap().clone();
    erp.credit("invoices", &invoice).unwrap();
    runs(&mut world, 3);
    assert_eq!((made(&world), erp.all("invoices").len()), (1, 2));
    assert_eq!(status(&world), "invoiced", "the status goes forward only");
    is_quiet(&mut world);
}

#[test]
fn a_draft_that_a_person_changed_is_put_right_before_it_is_booked() {
    let mut world = world_with(|s| s);
    let draft_only = policy().replace("until = \"booked\"", "until = \"draft\"");
    world = world.policy(&draft_only);
    place(&world, vec![goods("100", 25)], "100");
    world.adopt();
    runs(&mut world, 2);
    let erp = world.system("erp").clone();
    let draft = erp.all("drafts").keys().next().unwrap().clone();
    erp.edit::<Invoice>("drafts", &draft, |invoice| {
        let content = invoice.content.clone().lines(Lines::new().with(goods("90", 25)));
        invoice.content(content)
    });
    world = world.policy(&policy());
    runs(&mut world, 6);
    let booked: Invoice = erp.one("invoices");
    assert_eq!(booked.content.gross, 100.into());
    is_quiet(&mut world);
}

#[test]
fn a_payment_on_an_invoice_of_which_nobody_here_has_heard_yet_counts() {
    let mut world = world_with(|s| s.loses_answers(1000));
    let id = place(&world, vec![goods("100", 25)], "100");
    paid_in_shop(&world, &id, "0");
    world.adopt();
    let erp = world.system("erp").clone();
    let booked = |world: &mut World| {
        runs(world, 1);
        erp.all("invoices").keys().next().cloned()
    };
    let invoice = (0..20).find_map(|_| booked(&mut world)).unwrap();
    assert!(erp.pay("invoices", &invoice, dec("100")), "a person takes the money before the answer is heard of");
    erp.calm();
    runs(&mut world, 8);
    let held = drive(world.store().held(None)).unwrap();
    assert!(held.is_empty(), "{held:#?}");
    assert_eq!((made(&world), status(&world).as_str()), (1, "paid"));
    assert_eq!(payments(&world), [(Who::User, dec("100"))]);
    is_quiet(&mut world);
}

/// Some ERPs keep credit notes as a resource of their own, in which they can be made too.
#[test]
fn an_order_becomes_an_invoice_where_invoices_are_made_and_a_return_a_credit_note() {
    let kept = |number: u64, is_credit: bool| {
        move |s: Habits| {
            let s = s.only(&["content", "number", "is_credit"]).marks("x.erp.mark").holds("is_credit", is_credit);
            s.documents(|d| d.names_items("articles").numbered(number).prices(Prices::WithVat))
        }
    };
    let erp = Mock::new("erp")
        .stream::<Item>("articles", |s| s.only(&["number", "name"]))
        .stream::<Invoice>("credit_notes", kept(901, true))
        .stream::<Invoice>("invoices", kept(501, false));
    stock(&erp);
    let policy = policy().replace("accounts.erp = { card = \"1930\" }", "").replace(", until = \"booked\"", "");
    let policy = policy.replace("fields.settled = { rule = \"sum\", up_to = \"content.gross\" }", "");
    let mut world = World::new(5).with(shop()).with(erp).policy(&policy);
    place(&world, vec![goods("100", 25)], "100");
    place(&world, vec![row(LineKind::Item, "A", -1, "100", 25)], "-100");
    world.adopt();
    let report = world.run();
    assert_eq!(report.held.len(), 0, "{:?}", report.held);
    let grosses = |stream: &str| {
        let all = world.system("erp").all(stream);
        all.values().map(|fields| Invoice::from_fields(fields).unwrap().content.gross).collect::<Vec<_>>()
    };
    assert_eq!(grosses("invoices"), [100.into()]);
    assert_eq!(grosses("credit_notes"), [(-100).into()]);
}

/// What people make stands as they made it, in a system too whose own totals are rounded.
#[test]
fn a_copy_of_our_draft_is_left_as_it_is_where_totals_are_rounded() {
    let erp =
        Mock::new("erp").stream::<Item>("articles", |s| s.only(&["number", "name"])).stream::<Invoice>("drafts", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            s.documents(|d| {
                d.names_items("articles").step("book", "draft", "booked").prices(Prices::WithVat).whole_units()
            })
        });
    stock(&erp);
    let mut world = World::new(5).with(shop()).with(erp).policy(
        &policy().replace("accounts.erp = { card = \"1930\" }", "").replace("fields.settled", "# fields.settled"),
    );
    place(&world, vec![row(LineKind::Item, "A", 3, "896.67", 25)], "2690.01");
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    let draft = erp.all("drafts").into_keys().next().unwrap();
    let copy = erp.copy("drafts", &draft).unwrap();
    let made = erp.fields("drafts", &copy);
    runs(&mut world, 4);
    assert_eq!(erp.fields("drafts", &copy), made);
}
