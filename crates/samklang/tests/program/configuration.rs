//! Mistakes of a configuration, credentials and companies: exit codes, and words that say what to do.

use serde_json::json;

use crate::bench::{Bench, Ran, SHOP_SECRET, program};

#[test]
fn all_mistakes_come_at_once_with_their_lines() {
    let bench = Bench::new();
    let text = bench.read("samklang.toml")
        + "stor = \"x.db\"\n[connections.se]\nmarkr = \"a\"\nclient_secret = \"in-clear\"\n[entities.buyers.systems]\nerp = { creat = \"always\" }\n";
    // the first two dotted keys of `se` and `buyers` would open their tables twice
    let text = text
        .replace("[connections.se]\nmarkr", "connections.se.markr")
        .replace("\nclient_secret", "\nconnections.se.client_secret");
    let text = text.replace("[entities.buyers.systems]\nerp", "entities.buyers.systems.erp");
    bench.write("samklang.toml", &text);
    let ran = bench.ends(1, &["plan"]);
    ran.complains("4 mistakes in samklang.toml")
        .complains("line 7: stor: unknown key 'stor'; did you mean 'store'?")
        .complains("line 8: connections.se.markr: unknown key 'markr'; did you mean 'marker'?")
        .complains("line 9: connections.se.client_secret: a secret must not stand here in clear")
        .complains("line 10: entities.buyers.systems.erp.creat: unknown key 'creat'; did you mean 'create'?");
    assert!(!ran.err.contains("in-clear"), "{ran:?}");
}

#[test]
fn what_only_the_systems_can_tell_is_told_with_its_line_too() {
    let bench = Bench::signed_in();
    // orders are made by those who buy: no interface of the shop takes them
    let text = bench.read("samklang.toml")
        + "entities.buyers.master = \"shop\"\nentities.orders.kind = \"order\"\nentities.orders.master = \"erp\"\n\
           entities.orders.systems.erp.read = true\nentities.orders.systems.se = { read = true, create = \"always\" }\n";
    bench.write("samklang.toml", &text);
    bench
        .ends(1, &["check"])
        .complains("line 7: entities.buyers.master")
        .complains("line 11: entities.orders.systems.se");
}

#[test]
fn a_secret_that_is_not_there_is_named_and_lists_do_without() {
    let bench = Bench::signed_in();
    let without = |arguments: &[&str]| Ran::of(&program(bench.folder.path(), arguments).output().unwrap());
    let ran = without(&["plan"]);
    assert_eq!(ran.code, 1);
    ran.complains("the environment has no variable STARWEB_CLIENT_SECRET").complains("EEKONOMI_CLIENT_ID");
    bench.ends(0, &["adopt"]);
    assert_eq!(without(&["held"]).code, 0, "a list calls nobody");
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let bench = Bench::signed_in();
    bench.write("shop.secret", &format!("{SHOP_SECRET}\n"));
    let from_file = ["check", "--set", "connections.se.client_secret={ file = \"shop.secret\" }"];
    let mut command = bench.command(&from_file);
    let ran = Ran::of(&command.env_remove("STARWEB_CLIENT_SECRET").output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    bench
        .ends(1, &["check", "--set", "connections.se.client_secret={ file = \"gone\" }"])
        .complains("gone cannot be read");
}

#[test]
fn wrong_credentials_and_nobody_signed_in_are_told_together() {
    let bench = Bench::new();
    let ran = Ran::of(&bench.command(&["check"]).env("STARWEB_CLIENT_SECRET", "wrong").output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.complains("se: ").complains("client_secret").complains("erp: ").complains("log in");
    assert!(!ran.err.contains("wrong"), "{ran:?}");
    bench.ends(2, &["run"]).complains("erp: ");
}

#[test]
fn another_company_is_refused() {
    let bench = Bench::signed_in();
    let other = ["check", "--set", "connections.erp.company=559999-0000"];
    let ran = bench.run(&other);
    assert_ne!(ran.code, 0);
    ran.complains("erp: ").complains("556677-8899").complains("559999-0000");

    bench.ends(0, &["adopt"]);
    let id = "11111111-2222-4333-8444-555555555555";
    bench.erp.seed(json!({"companies": [{"Id": id, "Name": "Namnen AB"}]})).unwrap();
    bench.sign_in(json!({"action": "sign_in", "company": id}));
    let ran = bench.ends(1, &["check"]);
    ran.complains("the store belongs to");
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let bench = Bench::new();
    bench.ends(1, &["run", "--config", "other.toml"]).complains("other.toml").complains("--config");
    bench.ends(1, &["held"]).complains("samklang adopt");
    bench.ends(1, &["journal", "1"]).complains("samklang adopt");
    let ran = bench.ends(1, &["plan", "--set", "a b=in-clear"]);
    ran.complains("--set a: this is no key with a value").complains("write key=value");
    assert!(!ran.err.contains("in-clear"), "{ran:?}");
    bench
        .ends(1, &["plan", "--set", "preset=starweb-eekonomi/byers"])
        .complains("did you mean 'starweb-eekonomi/buyers'");
    bench.write("samklang.toml", "[connections\n");
    bench.ends(1, &["plan"]).complains("line 1: ");
    bench.write("samklang.toml", "");
    bench.ends(1, &["plan"]).complains("there is no connection");
}

#[test]
fn code_that_this_program_does_not_bring_cannot_be_named() {
    let bench = Bench::signed_in();
    let text = bench.read("samklang.toml")
        + "entities.buyers.hooks = [{ hook = \"ask\", at = \"erp\" }]\n\
           entities.buyers.map = [{ field = \"name\", se = \"name\", mapper = \"names\" }]\n";
    bench.write("samklang.toml", &text);
    bench
        .ends(1, &["check"])
        .complains("line 7: entities.buyers.hooks[0].hook: there is no hook 'ask'; the program that runs the policy brings hooks, and this one brings none")
        .complains("line 8: entities.buyers.map[0].mapper: there is no mapper 'names'; the program that runs the policy brings mappers");
}

#[test]
fn usage_ends_with_1_and_help_with_0() {
    let bench = Bench::new();
    bench.ends(1, &[]).complains("Usage");
    bench.ends(1, &["rum"]).complains("'run'");
    bench.ends(1, &["run", "--every", "soon"]).complains("30s");
    bench.ends(1, &["run", "--listen", "127.0.0.1:0"]).complains("--every");
    bench.ends(0, &["--version"]).says("samklang ");
    let help = bench.ends(0, &["--help"]);
    help.says("Exit codes: 0 done; 1 usage");
    for command in
        ["demo", "login", "check", "adopt", "approve", "plan", "run", "held", "parked", "journal", "emulate", "schema"]
    {
        help.says(&format!("  {command} "));
        bench.ends(0, &[command, "--help"]).says("--config <FILE>").says("--set <KEY=VALUE>");
    }
}

#[test]
fn the_schema_is_printed_and_takes_the_configuration() {
    let bench = Bench::new();
    let schema = bench.ends(0, &["schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let config: serde_json::Value = toml::from_str(&bench.read("samklang.toml")).unwrap();
    let faults: Vec<String> = validator.iter_errors(&config).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
}
