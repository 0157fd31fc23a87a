use super::*;

const FILE: &str = r#"
preset = "starweb-eekonomi/buyers"
connections.se.base_url = "https://a.starwebserver.se/api/v2"
connections.erp.company = "556677-8899"
"#;

/// What only the user of a CRM and an ERP knows, but for the meaning of a line's price.
const PAIR: &str = r#"
preset = "webcrm-visma-net"
connections.erp.tenant_id = "4f1c7a52-2f0b-11ee-be56-0242ac120002"
"#;

fn asked(sets: &[&str]) -> Asked {
    Asked { path: "some/samklang.toml".into(), sets: sets.iter().map(ToString::to_string).collect() }
}

fn read(text: &str, sets: &[&str]) -> Result<Config, String> {
    let env = |name: &str| Some(format!("value of {name}"));
    asked(sets).read(text, &env, true).map_err(|mistakes| mistakes.iter().map(|m| format!("{m}\n")).collect())
}

#[test]
fn every_preset_is_whole_but_for_what_only_its_user_knows() {
    for preset in preset::ALL {
        let second = preset.text.contains("[connections.no]");
        let sets: &[&str] = if second { &["connections.no.base_url=https://no.example/api/v2"] } else { &[] };
        let config = match preset.name {
            "webcrm-visma-net" => read(PAIR, &["connections.crm.line_price=unit"]),
            name => read(&FILE.replace("starweb-eekonomi/buyers", name), sets),
        };
        assert!(!config.unwrap().policy.entities.is_empty(), "{}", preset.name);
    }
}

#[test]
fn a_word_that_is_missing_is_told_once() {
    let told = read(PAIR, &[]).unwrap_err();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("connections.crm: the key 'line_price' is missing; add line_price = \"...\": "), "{told}");
    assert!(told.contains("write one of unit, line_total_after_discount"), "{told}");
    let told = read(PAIR, &["connections.crm.line_price=total"]).unwrap_err();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("unknown word 'total'; write one of unit, line_total_after_discount"), "{told}");
}

#[test]
fn paths_are_seen_from_the_files_folder() {
    let config = read(FILE, &[]).unwrap();
    assert_eq!((config.store, config.tokens), ("some/samklang.db".into(), "some/samklang.tokens".into()));
    let config = read(FILE, &["store=other.db", "tokens=\"/var/t\""]).unwrap();
    assert_eq!((config.store, config.tokens), ("some/other.db".into(), "/var/t".into()));
    assert!(read(FILE, &["store=7"]).unwrap_err().contains("write text in quotes: store ="));
}

#[test]
fn the_file_replaces_keys_of_the_preset() {
    let config = read(FILE, &["entities.buyers.every=7s"]).unwrap();
    let buyers = &config.policy.entities["buyers"];
    assert_eq!(buyers.every.map(sync_core::policy::Span::as_secs), Some(7));
    assert_eq!(buyers.matches.len(), 2, "what nobody replaces stays");
    let config = read(&format!("{FILE}entities.buyers.match = [{{ on = [\"email\"] }}]"), &[]).unwrap();
    assert_eq!(config.policy.entities["buyers"].matches.len(), 1, "a list whole");
}

#[test]
fn a_row_that_is_added_takes_no_other_away_and_one_of_the_same_field_is_replaced() {
    let rows = |more: &str| {
        let file = format!("{PAIR}[connections.crm]\nline_price = \"unit\"\n{more}");
        let config = read(&file, &[]).unwrap();
        let table = config.layers.merged();
        let rows = table["entities"]["companies"]["map"].as_array().unwrap().clone();
        rows.iter().map(|row| format!("{}: {}", row["field"], row["crm"]).replace('"', "")).collect::<Vec<_>>()
    };
    let preset = ["category: category", "number: x.webcrm.extra_custom_1"];
    assert_eq!(rows(""), preset);
    let row = |field: &str, crm: &str| format!("[[entities.companies.map]]\nfield = '{field}'\ncrm = '{crm}'\n");
    let added = rows(&row("x.segment", "x.webcrm.extra_custom_3"));
    assert_eq!(added, ["x.segment: x.webcrm.extra_custom_3", preset[0], preset[1]]);
    let replaced = rows(&row("number", "x.webcrm.extra_custom_2"));
    assert_eq!(replaced, ["number: x.webcrm.extra_custom_2", preset[0]]);
    assert_eq!(rows("[entities.companies]\nmap = []\n"), Vec::<String>::new());
    // and a mistake in a row of the file has the line of that row
    let wrong = format!("{}direction = 'up'\n", row("x.segment", "x.webcrm.extra_custom_3"));
    let told = read(&format!("{PAIR}[connections.crm]\nline_price = \"unit\"\n{wrong}"), &[]).unwrap_err();
    assert!(told.contains("line 9: entities.companies.map[0].direction"), "{told}");
}

#[test]
fn a_rule_set_of_the_preset_can_be_left_out() {
    let more = "[connections.crm]\nline_price = \"unit\"\n[entities]\npeople = false\n";
    let config = read(&format!("{PAIR}{more}"), &[]);
    let left: Vec<String> = match &config {
        Ok(config) => config.policy.entities.keys().map(ToString::to_string).collect(),
        Err(told) => panic!("{told}"),
    };
    assert_eq!(left, ["companies", "deliveries", "invoices", "items", "prices"]);
    let config = read(FILE, &["entities.buyers=false"]).unwrap();
    assert!(config.policy.entities.is_empty());
    assert!(read(FILE, &["entities.buyers=true"]).is_err());
}

#[test]
fn secrets_stay_out_of_the_file_and_out_of_sight() {
    for (key, value) in [("connections.se.client_secret", "hush"), ("connections.se.secret_prefix", "hush")] {
        let told = read(FILE, &[&format!("{key}={value}")]).unwrap_err();
        assert!(told.contains(&format!("{key}: a secret must not stand here in clear")), "{told}");
        assert!(told.contains("env = ") && !told.contains("hush"), "{told}");
    }
    let config = read(FILE, &[]).unwrap();
    assert!(!format!("{config:?}").contains("value of"), "{config:?}");
}

#[test]
fn what_stands_for_a_value_must_name_a_place() {
    let nobody = |_: &str| None;
    let told = asked(&[]).read(FILE, &nobody, true).unwrap_err();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|mistake| mistake.to_string().contains("the environment has no variable")), "{told:?}");
    asked(&[]).read(FILE, &nobody, false).unwrap();
    let empty = |_: &str| Some(" \n".to_owned());
    assert!(asked(&[]).read(FILE, &empty, true).unwrap_err()[0].to_string().contains("there is nothing in"));
    assert!(read(FILE, &["connections.se.client_id={ env = 7 }"]).unwrap_err().contains("names no place"));
}

#[test]
fn mistakes_inside_of_settings_are_named_by_their_place() {
    let told =
        read(FILE, &["connections.erp.fillers.cty=\"Lund\"", "connections.erp.long_names=\"keep\""]).unwrap_err();
    assert!(told.contains("connections.erp.fillers.cty: unknown key 'cty'; did you mean 'city'?"), "{told}");
    assert!(told.contains("connections.erp.long_names: unknown word 'keep'; write one of cut, refuse"), "{told}");
    let told =
        read(FILE, &["connections.se.base_url=\"nowhere\"", "connections.se.calls_per_minute=\"many\""]).unwrap_err();
    assert!(told.contains("connections.se.base_url: ") && told.contains("connections.se.calls_per_minute: "), "{told}");
}

#[test]
fn settings_reach_their_connectors() {
    let config = read(
        FILE,
        &[
            "connections.se.price_lists=[\"Norge\"]",
            "connections.se.volume_quantities=[10, 100]",
            "connections.se.stock_locations=[\"Butik\"]",
            "connections.se.stock_on_product=true",
            "connections.se.price_decimals=4",
            "connections.erp.codings={ goods = { 25 = \"coding-a\" }, services = { \"12.5\" = \"coding-b\" } }",
            "connections.erp.fillers.unit=\"unit-c\"",
            "connections.erp.article_prices=\"with_vat\"",
            "connections.erp.stock=\"write\"",
            "connections.erp.price_list_writes=\"changed\"",
            "connections.erp.more_streams=[\"quotes\"]",
        ],
    )
    .unwrap();
    let settings = |name: &str| format!("{:?}", config.connections[name].settings);
    let shop = settings("se");
    for told in [
        "price_lists: [\"Norge\"]",
        "volume_quantities: [10, 100]",
        "stock_locations: [\"Butik\"]",
        "stock_on_product: Some(true)",
        "price_decimals: 4",
    ] {
        assert!(shop.contains(told), "{told} is not in {shop}");
    }
    let erp = settings("erp");
    for told in [
        "codings: Codings { goods: {\"25\": \"coding-a\"}, services: {\"12.5\": \"coding-b\"} }",
        "unit: Some(\"unit-c\")",
        "article_prices: WithVat",
        "stock: Write",
        "price_list_writes: Changed",
        "more_streams: {\"quotes\"}",
    ] {
        assert!(erp.contains(told), "{told} is not in {erp}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_named_by_their_place() {
    let told = read(
        FILE,
        &[
            "connections.se.volume_quantities=[\"ten\"]",
            "connections.erp.codings={ good = { 25 = \"a\" } }",
            "connections.erp.stock=\"both\"",
        ],
    )
    .unwrap_err();
    assert!(told.contains("connections.se.volume_quantities"), "{told}");
    assert!(told.contains("connections.erp.codings.good: unknown key 'good'; did you mean 'goods'?"), "{told}");
    assert!(told.contains("connections.erp.stock: unknown word 'both'; write one of read, write"), "{told}");
}

#[test]
fn a_misspelt_key_is_not_missing_too() {
    let told = read(&FILE.replace("company", "compny"), &[]).unwrap_err();
    assert_eq!(told.lines().count(), 1, "{told}");
    let told = read(&FILE.replace("connections.erp.company = \"556677-8899\"", ""), &[]).unwrap_err();
    assert!(told.contains("connections.erp: the key 'company' is missing"), "{told}");
}

#[test]
fn a_connection_has_a_known_system_and_a_plain_name() {
    let told = read(FILE, &["connections.x.system=\"starwib\"", "connections.\"a b\".system=\"starweb\""]).unwrap_err();
    assert!(told.contains("connections.x.system: unknown system 'starwib'; did you mean 'starweb'?"), "{told}");
    assert!(told.contains("'a b' cannot name a connection"), "{told}");
    assert!(read(FILE, &["connections.x.client_id=\"a\""]).unwrap_err().contains("the key 'system' is missing"));
    assert!(read(FILE, &["connections.x=\"a\""]).unwrap_err().contains("write [connections.x]"));
    assert!(read("store = \"a\"", &[]).unwrap_err().contains("there is no connection"));
}
