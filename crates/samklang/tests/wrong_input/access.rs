//! Nobody gets in, or not far enough.

use emulators::{Emulator, Options, frame::Time, starweb};
use serde_json::json;

use crate::{
    bench::{Bench, SHOP_SECRET},
    front::Front,
    judge::{lines, one_line},
    stage::{self, PLAIN},
};

/// An order waits to be taken over.
fn ready() -> Bench {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    bench
}

/// The cause is mended: the order is taken over, once.
#[track_caller]
fn then_it_works(bench: &Bench) {
    bench.ends(0, &["run"]);
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(bench), ["se-1201"]);
}

#[test]
fn wrong_credentials_of_the_shop_stop_the_shop_alone() {
    let bench = ready();
    let ran = stage::ends_with(&bench, 2, &["run"], ("STARWEB_CLIENT_SECRET", Some("wrong-one")));
    let words = ["se: ", "refuses client_id and client_secret; compare both with the list of API clients"];
    one_line(&ran, &words);
    assert_eq!(lines(&ran).len(), 1);
    ran.complains("eekonomi:erp/articles: ");
    then_it_works(&bench);
}

#[test]
fn wrong_credentials_of_the_erp_stop_the_erp_alone() {
    let bench = ready();
    stage::sign_in_long_ago(&bench);
    let ran = stage::ends_with(&bench, 2, &["run"], ("EEKONOMI_CLIENT_SECRET", Some("wrong-one")));
    one_line(&ran, &["erp: ", "client_id and client_secret are refused: compare both"]);
    assert_eq!(lines(&ran).len(), 1);
    ran.complains("starweb:se/orders: ");
    then_it_works(&bench);
}

#[test]
fn a_login_that_has_ended_is_told_with_the_command_that_renews_it() {
    let bench = ready();
    stage::sign_in_long_ago(&bench);
    bench.erp.act(json!({"action": "change_password"})).unwrap();
    let ran = bench.ends(2, &["run"]);
    one_line(&ran, &["erp: ", "the login has ended", "log in again", "; to log in: samklang login erp"]);
    assert_eq!(lines(&ran).len(), 1);
    std::fs::remove_dir_all(bench.folder.path().join("samklang.tokens")).unwrap();
    one_line(&bench.ends(2, &["run"]), &["erp: ", "nobody has logged in", "samklang login erp"]);
    bench.sign_in(json!({"action": "sign_in"}));
    then_it_works(&bench);
}

#[test]
fn an_add_on_that_is_off_is_told_with_where_it_is_switched_on() {
    let bench = ready();
    bench.erp.act(json!({"action": "set_company", "api_addon": false})).unwrap();
    let words = ["erp: ", "add-on for integrations", "Appar och tillägg", "4002"];
    for command in ["run", "check"] {
        let ran = bench.ends(2, &[command]);
        one_line(&ran, &words);
        assert_eq!(lines(&ran).len(), 1);
    }
    one_line(&bench.ends(2, &["adopt", "--set", "store=new.db"]), &words);
    bench.erp.act(json!({"action": "set_company", "api_addon": true})).unwrap();
    then_it_works(&bench);
}

#[test]
fn a_module_that_is_missing_is_told_and_found_as_soon_as_it_is_bought() {
    let bench = stage::orders();
    let modules = |modules: &[&str]| {
        let settings = json!({ "ActivatedModules": modules });
        bench.erp.act(json!({"action": "set_company", "settings": settings})).unwrap();
    };
    modules(&["api_standard"]);
    // what is remembered says otherwise; who looks wants to know what is
    one_line(&bench.ends(1, &["check"]), &["entities.orders.systems.erp: 'erp' has no order"]);
    stage::place(&bench, &[PLAIN]);
    one_line(
        &bench.ends(2, &["run"]),
        &["eekonomi:erp/orders: list orders: the company lacks the module 'sales_standard': add it to"],
    );

    let new = ["adopt", "--set", "store=new.db"];
    let ran = bench.ends(1, &new);
    one_line(&ran, &["erp: orders cannot be reached: the company lacks the module 'sales_standard'"]);
    modules(&["api_standard", "sales_standard"]);
    // bought a moment ago, and yesterday's answer is no longer believed
    let ran = bench.run(&new);
    assert!([0, 3].contains(&ran.code) && !lines(&ran).concat().contains("module"), "{ran:?}");
    then_it_works(&bench);
}

#[test]
fn an_edition_without_orders_is_told() {
    let bench = stage::orders();
    bench.erp.act(json!({"action": "set_company", "settings": {"ProductVariant": 4}})).unwrap();
    let ran = bench.ends(1, &["adopt", "--set", "store=new.db"]);
    one_line(&ran, &["erp: orders cannot be reached: the company's edition of eEkonomi does not include this"]);
    one_line(&ran, &["erp: edition Solo"]);
}

#[test]
fn another_company_is_refused_by_name() {
    let bench = ready();
    let other = ["run", "--set", "connections.erp.company=559999-0000"];
    one_line(
        &bench.ends(2, &other),
        &["erp: ", "'Exempelbolaget AB' (556677-8899)", "names 559999-0000", "samklang login erp"],
    );
    then_it_works(&bench);
}

#[test]
fn another_shop_under_the_same_name_is_refused() {
    let bench = ready();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = starweb::Settings { client_secret: SHOP_SECRET.to_owned(), ..starweb::Settings::default() };
    let options = Options { time: Time::Real, ..Options::default() };
    let shop = runtime.block_on(Emulator::start(starweb::Starweb::new(settings), options)).unwrap();
    shop.seed(json!({"shop": [{"idCode": "skobutiken", "name": "Skobutiken"}]})).unwrap();
    let other = format!("connections.se.base_url={}/api/v2", shop.base_url());
    let words =
        ["se: this is Skobutiken (skobutiken), but the store belongs to Exempelbutiken", "correct the connection"];
    one_line(&bench.ends(1, &["run", "--set", &other]), &words);
    one_line(&bench.ends(1, &["check", "--set", &other]), &words);
    then_it_works(&bench);
}

#[test]
fn nobody_at_the_address_is_told_once_and_the_erp_goes_on() {
    let bench = ready();
    let front = Front::of(bench.shop.base_url());
    let set = format!("connections.se.base_url={}/api/v2", front.base_url);
    let run = ["run", "--set", &set];
    bench.ends(0, &run);
    stage::place(&bench, &[stage::Order { number: 1202, ..PLAIN }]);
    let address = front.close();
    let ran = bench.ends(2, &run);
    let host = address.trim_start_matches("http://");
    one_line(&ran, &["se: ", host, "cannot be reached: see that the address is right", "a later run tries again"]);
    assert_eq!(lines(&ran).len(), 1, "{ran:?}");
    ran.complains("eekonomi:erp/articles: ");
    let _front = Front::at(&address, bench.shop.base_url());
    bench.ends(0, &run);
    assert_eq!(stage::arrived(&bench), ["se-1201", "se-1202"]);
}
