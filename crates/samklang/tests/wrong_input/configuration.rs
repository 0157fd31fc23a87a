//! Mistakes in the file, on the command line and in the environment. None of them lets anything be called or written.

use crate::{
    bench::{Bench, Ran},
    judge::{clean, lines, one_line},
    stage::{self, PLAIN},
};

/// The line of the file at which a case's mistake stands.
const LINE: &str = "line 10: ";

/// What is added to the file, and what the line says that tells of it.
const MISTAKES: [(&str, &[&str]); 38] = [
    ("stor = \"x.db\"", &["stor: unknown key 'stor'; did you mean 'store'?"]),
    ("connections.se.markr = \"x\"", &["connections.se.markr: ", "did you mean 'marker'?"]),
    ("connections.erp.fillers.citty = \"x\"", &["connections.erp.fillers.citty: ", "did you mean 'city'?"]),
    ("connections.erp.long_names = \"shorten\"", &["unknown word 'shorten'; write one of cut, refuse"]),
    ("connections.se.calls_per_minute = \"many\"", &["calls_per_minute: ", "write a whole number"]),
    ("connections.se.base_url = \"x\"", &["base_url: this is said a second time; keep one of the two"]),
    ("connections.third = { system = \"fortknox\" }", &["unknown system 'fortknox'; write one of eekonomi, starweb"]),
    ("connections.third.client_id = \"x\"", &["connections.third: the key 'system' is missing; add system = "]),
    ("entities.buyers.mastr = \"se\"", &["entities.buyers.mastr: ", "did you mean 'master'?"]),
    ("entities.buyers.kind = \"organization\"", &["entities.buyers.kind: ", "did you mean 'organisation'?"]),
    ("entities.buyers.systems.erp.creat = \"always\"", &["systems.erp.creat: ", "did you mean 'create'?"]),
    ("entities.buyers.systems.erp.create = \"sometimes\"", &["'sometimes'; write one of always, asked, never"]),
    ("entities.orders.systems.se.create = \"always\"", &["'se' cannot create such records; set create = \"never\""]),
    ("entities.orders.systems.se.remove = true", &["'se' cannot remove such records; set remove = false"]),
    ("entities.invoices.systems.se = { read = true }", &["'se' has no invoice; take it out of systems"]),
    ("entities.items.every = \"soon\"", &["'soon' is no length of time; write a number and s, m, h or d"]),
    ("entities.buyers.master = \"shop\"", &["there is no connection 'shop'; write one of erp, se"]),
    (
        "entities.buyers.fields.emial = { rule = \"off\" }",
        &["organisation has no field 'emial'; did you mean 'email'?"],
    ),
    ("entities.buyers.where = [\"email ~ x\"]", &["'email ~ x' is no condition", "write field = value"]),
    ("entities.orders.scope = [{ at = \"erp\", when = [\"fulfilment in [opened]\"] }]", &["did you mean 'open'?"]),
    ("entities.orders.rows.erp.frieght = { \"25\" = \"FRAKT25\" }", &["rows.erp.frieght: ", "did you mean 'freight'?"]),
    (
        "entities.orders.rows.erp.freight = { \"25%\" = \"FRAKT25\" }",
        &["'25%' is no VAT rate; write percent as a number"],
    ),
    ("entities.orders.rows.erpp.freight = { \"25\" = \"FRAKT25\" }", &["connection 'erpp'; did you mean 'erp'?"]),
    ("entities.orders.rows.erp.rounding.artikle = \"X\"", &["rounding.artikle: ", "did you mean 'article'?"]),
    ("entities.orders.accounts.erp = { klarna = \"1580\" }", &["accounts.erp: 'erp' takes no payments", "take it out"]),
    ("entities.orders.status.se.reed = []", &["status.se.reed: ", "did you mean 'read'?"]),
    ("entities.orders.status.se.field = \"x.starweb.statuss\"", &["did you mean 'x.starweb.status'?"]),
    (
        "entities.orders.status.shop = { field = \"x\", read = [] }",
        &["there is no connection 'shop'; write one of erp, se"],
    ),
    (
        "entities.orders.status.se.write = [{ when = { fulfilment = \"delivered\" }, status = \"completed\", effects = [\"mail\"] }]",
        &["'se' has no effect 'mail'; write one of cancel_payment, capture, notify_buyer"],
    ),
    ("tables.payment_termz.erp = { klarna = \"x\" }", &["tables.payment_termz: ", "did you mean 'payment_terms'?"]),
    (
        "entities.buyers.systems.se.streams = [\"customer\"]",
        &["'se' has no stream 'customer'", "did you mean 'customers'?"],
    ),
    ("entities.orders.systems.erp.streams = [\"order\"]", &["'erp' has no stream 'order'", "did you mean 'orders'?"]),
    (
        "entities.orders.systems.erp = { becomes = \"invoice\", until = \"open\" }",
        &["entities.orders.systems.erp.until: 'open' is no stage of invoice; write one of draft, booked, sent"],
    ),
    ("guards.max_creat = 5", &["guards.max_creat: ", "did you mean 'max_create'?"]),
    ("guards.max_create = \"many\"", &["guards.max_create: ", "write a whole number"]),
    ("entities.orders.systems.erp.becomes = \"quote\"", &["unknown word 'quote'; write one of invoice, order"]),
    ("entities.orders.systems.erp.until = \"booked\"", &["'booked' is no stage of order; write one of draft, open"]),
    ("entities.orders.systems.erp.until = \"printed\"", &["'printed'; write one of booked, draft, open, sent"]),
];

#[test]
fn each_mistake_of_the_file_is_one_line_with_place_and_cure() {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    let text = bench.read("samklang.toml");
    for (mistake, words) in MISTAKES {
        // the file's tables come last
        bench.write("samklang.toml", &text.replace("[tables", &format!("{mistake}\n[tables")));
        let line = one_line(&bench.ends(1, &["run"]), words);
        assert!(line.starts_with(LINE), "{line}");
    }
    assert!(stage::arrived(&bench).is_empty());
    bench.write("samklang.toml", &text);
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"]);
}

#[test]
fn what_the_invoices_take_over_is_told_where_it_was_written() {
    let bench = stage::orders();
    let rows = "entities.orders.rows.erp.freight={ \"25%\" = \"FRAKT25\" }";
    let ran = bench.ends(1, &["run", "--set", "entities.orders.systems.erp.becomes=invoice", "--set", rows]);
    one_line(&ran, &["--set entities.orders.rows.erp.freight: '25%' is no VAT rate"]);
    assert_eq!(lines(&ran).len(), 2, "the count and the one mistake: {:#?}", lines(&ran));
}

#[test]
fn what_a_document_may_do_about_its_buyer_is_checked() {
    let bench = stage::orders();
    let told = |rules: &[&str], words: &[&str]| {
        let rules = rules.iter().flat_map(|rule| ["--set", rule]);
        let arguments: Vec<&str> =
            ["run", "--set", "entities.orders.systems.erp.becomes=invoice"].into_iter().chain(rules).collect();
        one_line(&bench.ends(1, &arguments), words);
    };
    told(
        &["entities.invoices.buyer_differs.address=as_order"],
        &["entities.invoices.buyer_differs: an invoice by itself cannot go as an order", "the rule set of the orders"],
    );
    told(
        &[
            "entities.orders.buyer_differs.address=update_register",
            "entities.buyers.fields.billing={ rule = \"master\", system = \"erp\" }",
        ],
        &[
            "entities.orders.buyer_differs.address: no rule lets a document change the address of its buyer at 'erp'",
            "give billing the rule \"seed\" or \"shared\"",
        ],
    );
    told(&["entities.orders.buyer_differs.address=as_ordered"], &["'as_ordered'", "did you mean 'as_order'?"]);
}

#[test]
fn what_is_set_wrong_on_the_command_line_is_named_once() {
    let bench = stage::orders();
    for (set, words) in [
        ("guards.max_create=many", &["--set guards.max_create: ", "write a whole number"][..]),
        ("entities.buyers=5", &["--set entities.buyers: 5 cannot stand here; write a table"]),
        ("guards.max=5", &["--set guards.max: unknown key 'max'; write one of max_change_percent"]),
        ("nothing", &["--set nothing: this is no key with a value; write key=value"]),
        ("entities..x=1", &["--set entities..x: this is no key with a value; write key=value"]),
        ("connections.se=5", &["--set connections.se: a connection is a table; write [connections.se]"]),
        (
            "connections.se.client_secret=clear-1",
            &["a secret must not stand here in clear; write client_secret = { env"],
        ),
        ("preset=starweb-eekonomi/shop-lead", &["--set preset: ", "did you mean 'starweb-eekonomi/shop-leads'?"]),
        ("preset=x", &["--set preset: unknown preset 'x'; write one of starweb-eekonomi/buyers, "]),
        ("store=", &["--set store: this is no path; write text in quotes"]),
        ("store=/nowhere/at/all.db", &["/nowhere/at/all.db cannot be made", "see that its folder exists"]),
    ] {
        let ran = bench.ends(1, &["plan", "--set", set]);
        let line = one_line(&ran, words);
        let key = format!("{}: ", set.split('=').next().unwrap());
        assert!(line.matches(&key).count() <= 1, "twice: {line}");
        assert!(!line.contains("clear-1"), "{line}");
    }
}

#[test]
fn a_secret_that_is_not_there_is_told_with_the_place_that_names_it() {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    let missing = ("STARWEB_CLIENT_SECRET", None);
    one_line(
        &stage::ends_with(&bench, 1, &["run"], missing),
        &[
            "connections.se.client_secret: the environment has no variable STARWEB_CLIENT_SECRET; set STARWEB_CLIENT_SECRET",
        ],
    );
    let empty = ("EEKONOMI_CLIENT_ID", Some(" \t"));
    let mut command = bench.command(&["run"]);
    let ran = Ran::of(&command.env(empty.0, " ").output().unwrap());
    assert_eq!(ran.code, 1);
    one_line(&ran, &["connections.erp.client_id: there is nothing in EEKONOMI_CLIENT_ID; put the value there"]);
    let from_file = |name: &str| format!("connections.se.client_secret={{ file = \"{name}\" }}");
    one_line(&bench.ends(1, &["run", "--set", &from_file("gone")]), &["the file gone cannot be read", "make the file"]);
    bench.write("empty", "\n");
    one_line(
        &bench.ends(1, &["run", "--set", &from_file("empty")]),
        &["there is nothing in empty; put the value there"],
    );
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"]);
}

#[test]
fn a_preset_that_does_not_exist_is_told_with_those_that_do() {
    let bench = Bench::new();
    bench.write("samklang.toml", "preset = \"starweb-eekonomi/byers\"\n");
    let ran = bench.ends(1, &["run"]);
    one_line(&ran, &["line 1: preset: unknown preset", "did you mean 'starweb-eekonomi/buyers'?"]);
    assert_eq!(lines(&ran).len(), 2, "the count and the one mistake: {:#?}", lines(&ran));
    bench.write("samklang.toml", "preset = \n[x");
    clean(&bench.ends(1, &["run"]));
}
