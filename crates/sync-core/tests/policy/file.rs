//! The TOML form: what is wrong with it, all at once.

use sync_core::{
    capability::FieldCapability,
    policy::{Hooks, Policy},
};

use crate::world::{COMPANIES, cap, compiled_with, entity, listed, mappers, read, systems};

fn wrong(text: &str) -> Vec<String> {
    listed(&Policy::from_toml(text).expect_err("it is wrong"))
}
/// The mistake that one changed line makes.
fn one(from: &str, to: &str) -> String {
    let text = COMPANIES.replacen(from, to, 1);
    assert_ne!(text, COMPANIES, "the change must hit");
    let mistakes = wrong(&text);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    mistakes.into_iter().next().unwrap()
}

#[test]
fn a_misspelt_key_names_its_line_and_the_right_one() {
    assert_eq!(
        one("update = true }", "updte = true }"),
        "line 8: entities.companies.systems.crm.updte: unknown key 'updte'; did you mean 'update'? \
         (allowed: read, create, update, remove, streams, becomes, until, every)"
    );
    assert_eq!(
        one("master =", "matser = \"x\"\nmaster ="),
        "line 4: entities.companies.matser: unknown key 'matser'; did you mean 'master'? (allowed: kind, where, master, \
         every, complete_every, systems, fields, map, status, rows, accounts, buyer_differs, scope, match, on_remove, recreate, on_empty_master, reserve, campaign, time_zone, hooks, guards)"
    );
}

#[test]
fn wrong_words_types_and_missing_keys_are_told() {
    assert_eq!(
        one("\"organisation\"", "\"organization\""),
        "line 3: entities.companies.kind: unknown word 'organization'; did you mean 'organisation'? (allowed: \
         organisation, person, project, item, order, invoice, payment, stock_level, price, ledger_entry)"
    );
    assert_eq!(
        one("create = \"always\"", "create = true"),
        "line 8: entities.companies.systems.crm.create: this cannot stand here; write a string or table"
    );
    assert_eq!(
        one("read = true", "read = \"yes\""),
        "line 8: entities.companies.systems.crm.read: \"yes\" cannot stand here; write true or false"
    );
    assert_eq!(
        one("master = \"crm\"\n", ""),
        "line 2: entities.companies: the key 'master' is missing; add master = ..."
    );
    assert_eq!(
        one("master =", "every = \"5 minutes\"\nmaster ="),
        "line 4: entities.companies.every: '5 minutes' is no length of time; write a number and s, m, h or d: 30s, 2m, \
         6h, 7d"
    );
    assert_eq!(
        one("master =", "where = [\"number\"]\nmaster ="),
        "line 4: entities.companies.where: 'number' is no condition: no comparison; write field = value, !=, >=, <, \
         prefix value, or in [a, b]"
    );
}

#[test]
fn rules_of_fields_tell_what_they_allow() {
    let with = |rule: &str| wrong(&format!("{COMPANIES}[entities.companies.fields]\nphone = {rule}\n")).remove(0);
    assert_eq!(
        with("{ rule = \"mastr\", system = \"crm\" }"),
        "line 11: entities.companies.fields.phone.rule: unknown word 'mastr'; did you mean 'master'? (allowed: master, \
         shared, seed, sum, off)"
    );
    assert_eq!(
        with("{ rule = \"master\", systm = \"crm\" }"),
        "line 11: entities.companies.fields.phone.systm: unknown key 'systm'; did you mean 'system'? (allowed: system, \
         on_foreign_change)"
    );
    assert_eq!(
        with("{ rule = \"off\", system = \"crm\" }"),
        "line 11: entities.companies.fields.phone.system: unknown key 'system'; take it out"
    );
    assert_eq!(
        with("{ system = \"crm\" }"),
        "line 11: entities.companies.fields.phone: the key 'rule' is missing; add rule = ..."
    );
    assert_eq!(
        with("{ rule = \"shared\", on_conflict = \"newest\" }"),
        "line 11: entities.companies.fields.phone: the word needs a value; write it with \
         its value: { newest = { otherwise = ... } } or { prefer = [...] }"
    );
}

#[test]
fn many_mistakes_come_at_once() {
    let text = r#"
[entities.companies]
knd = "organisation"
master = 5
systems = { crm = { raed = true, update = 1 }, erp = { create = "allways" } }
match = [{ on = "email" }, { on = ["email"], duplicate = "alias" }]

[entities.companies.fields]
name = { rule = "master" }

[entities.people]
kind = "person"
master = "crm"
systems = { crm = { read = true, write = true } }

[guards]
max_creates = 3
"#;
    let expected = [
        "line 3: entities.companies.knd: unknown key 'knd'; did you mean 'kind'? (",
        "line 4: entities.companies.master: 5 cannot stand here; write text in quotes",
        "line 5: entities.companies.systems.crm.raed: unknown key 'raed'; did you mean 'read'? (",
        "line 5: entities.companies.systems.crm.update: 1 cannot stand here; write true or false",
        "line 5: entities.companies.systems.erp.create: unknown word 'allways'; did you mean 'always'? (",
        "line 6: entities.companies.match[0].on: \"email\" cannot stand here; write a list in brackets",
        "line 6: entities.companies.match[1].duplicate: unknown key 'duplicate'; did you mean 'duplicates'? (",
        "line 9: entities.companies.fields.name: the key 'system' is missing; add system = ...",
        "line 14: entities.people.systems.crm.write: unknown key 'write'; write one of becomes, create, every, read, remove, streams, until, update",
        "line 17: guards.max_creates: unknown key 'max_creates'; did you mean 'max_create'? (",
    ];
    let found = wrong(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn a_fault_of_the_text_itself_comes_alone_with_its_line() {
    assert_eq!(
        wrong("[entities.a]\nkind = \"order\nmaster = 3\n"),
        ["line 2: invalid basic string, expected `\"`; mind quotes, brackets and commas around it"]
    );
}

#[test]
fn a_policy_can_be_a_part_of_a_larger_file() {
    let text = format!("store = \"x.db\"\n[connections.crm]\nsystem = \"webcrm\"\n{COMPANIES}[gards]\n");
    let mistakes = Policy::from_toml_beside(&text, &["store", "connections"]).unwrap_err();
    assert_eq!(
        listed(&mistakes),
        ["line 13: gards: unknown key 'gards'; did you mean 'guards'? (allowed: entities, tables, guards)"]
    );
    let whole = Policy::from_toml_beside(&text.replace("[gards]", ""), &["store", "connections"]).unwrap();
    assert_eq!(whole, read(COMPANIES));
}

#[test]
fn dotted_names_of_fields_need_no_quotes() {
    let dotted = format!(
        "{COMPANIES}[entities.companies.fields]\nstatistics.turnover = {{ rule = \"off\" }}\nstatistics.balance = \
         {{ rule = \"off\" }}\n"
    );
    let quoted = dotted.replace("statistics.turnover", "'statistics.turnover'");
    assert_eq!(read(&dotted), read(&quoted));
    assert_eq!(read(&dotted).entities["companies"].fields.len(), 2);
}

#[test]
fn a_policy_survives_its_stored_form() {
    let text = format!(
        "{COMPANIES}on_nothing = 0\n[[entities.companies.map]]\nfield = \"x.a\"\ncrm = \"x.crm.type\"\ntable = \"t\"\n\
         [tables.t]\ncrm = {{ a = \"b\", c = [\"d\", \"e\"] }}\n"
    )
    .replace("on_nothing = 0\n", "");
    let policy = read(&text);
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
}

#[test]
fn the_line_of_a_place_is_found_in_the_text() {
    let text = format!(
        "{COMPANIES}[entities.companies.fields]\nstatistics.turnover = {{ rule = \"seed\", from = \"ep\" }}\n\
         [[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"email != a\",\n  \"nme = b\"]\n"
    );
    let mut mistakes = read(&text).compile(&systems(), &mappers(), &Hooks::default()).unwrap_err();
    mistakes.iter_mut().for_each(|mistake| mistake.find_line(&text));
    assert_eq!(
        listed(&mistakes),
        [
            "line 11: entities.companies.fields.statistics.turnover: there is no connection 'ep'; did you mean 'erp'?",
            "line 11: entities.companies.fields.statistics.turnover: no system can be given 'statistics.turnover'; let a \
             system that can take it create or update, or write rule = \"off\"",
            "line 15: entities.companies.scope[0].when[1]: organisation has no field 'nme'; did you mean 'name'?",
        ]
    );
}

/// The guide's examples; those of documents stand for themselves.
fn guide(of_documents: bool) -> String {
    let guide = include_str!("../../../../docs/guide/policy.md");
    let blocks = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block).filter(|block| block.contains("entities.orders") == of_documents).collect()
}

#[test]
fn the_guide_shows_a_policy_that_is_right() {
    let text = guide(false);
    let set = entity(&text);
    assert_eq!((set.matches.len(), set.scope.len()), (2, 1));
    assert_eq!(read(&text).guards, sync_core::policy::Guards::default(), "the defaults are shown as they are");
}

#[test]
fn the_guide_shows_a_status_table_that_is_right() {
    let rest = "[entities.orders]\nkind = \"order\"\nmaster = \"erp\"\nsystems.erp = { read = true }\n\
                systems.se = { read = true, update = true }\n";
    let mut systems = systems();
    let shop = cap(&mut systems, "starweb:se", "orders");
    shop.fields.insert("x.starweb.status".into(), FieldCapability::read_write());
    shop.effects.insert("notify_buyer".to_owned());
    let policy = compiled_with(&format!("{rest}{}", guide(true)), &systems);
    let [orders] = policy.entities.as_slice() else { panic!() };
    let status = orders.streams.values().find_map(|table| table.status.as_ref()).unwrap();
    assert_eq!((status.read.len(), status.write.len()), (3, 2));
}
