//! Hooks that rule sets name: where they end up, and every mistake with its exact words.

use rust_decimal::Decimal;
use serde::Deserialize;
use sync_core::{
    FieldMap, FieldPath, Result,
    hook::{Hook, Outbound, Place, Verdict},
    mapping::Problems,
    policy::{Entity, Hooks},
};

use crate::world::{COMPANIES, listed, mappers, read, systems};

/// Says so much of what is written.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Limits")]
struct Limit(Limits);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    over: Decimal,
    #[serde(default)]
    words: Vec<String>,
}

impl TryFrom<Limits> for Limit {
    type Error = String;
    fn try_from(limits: Limits) -> std::result::Result<Self, String> {
        match limits.over > Decimal::ZERO {
            true => Ok(Self(limits)),
            false => Err(format!("nothing is over {}; write a number above zero", limits.over)),
        }
    }
}

impl Hook for Limit {
    fn before_write(&self, _: &Place<'_>, _: &Outbound<'_>) -> Result<Verdict> {
        Ok(Verdict::Hold(format!("{} {}", self.0.over, self.0.words.join(" "))))
    }
}

/// Has nothing to know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shout {}

impl Hook for Shout {
    fn before_decide(&self, _: &Place<'_>, fields: &mut FieldMap, _: &mut Problems) -> Result<()> {
        if let Some(name) = fields.text("name".into()).map(str::to_uppercase) {
            fields.set(FieldPath::new("name"), name);
        }
        Ok(())
    }
}

fn brought() -> Hooks {
    Hooks::default().with::<Limit>("limit").with::<Shout>("shout")
}
fn entity(text: &str, hooks: &Hooks) -> Entity {
    read(text).compile(&systems(), &mappers(), hooks).unwrap().entities.remove(0)
}
fn told(text: &str, hooks: &Hooks) -> Vec<String> {
    read(text).compile(&systems(), &mappers(), hooks).map_or_else(|mistakes| listed(&mistakes), |_| Vec::new())
}

/// The shop's orders become invoices of the ERP.
const ORDERS_TO_INVOICES: &str = r#"
[entities.orders]
kind   = "order"
master = "se"

[entities.orders.systems]
se  = { read = true }
erp = { read = true, create = "always", becomes = "invoice" }
"#;

/// The mistakes of one row among the companies.
fn row(row: &str) -> Vec<String> {
    told(&COMPANIES.replacen("master", &format!("hooks = [{row}]\nmaster"), 1), &brought())
}

#[test]
fn rows_are_called_in_their_order_where_they_say_with_what_they_say() {
    let text = COMPANIES.to_owned()
        + "[[entities.companies.hooks]]\nhook = \"limit\"\nat = \"erp\"\nwith = { over = 0.10, words = [\"a\", \"b\"] }\n\
           [[entities.companies.hooks]]\nhook = \"shout\"\nat = \"crm\"\n\
           [[entities.companies.hooks]]\nhook = \"limit\"\nat = \"erp\"\nwith.over = \"1000.00\"\n";
    let entity = entity(&text, &brought());
    let at = |key: &str| {
        let table = entity.streams.values().find(|table| table.key.to_string() == key).unwrap();
        let (fields, changed) = (FieldMap::new(), std::collections::BTreeSet::new());
        let verdict = |hook: &std::sync::Arc<dyn Hook>| {
            let out = Outbound::new(true, &fields, &changed);
            match hook.before_write(&table.place(), &out).unwrap() {
                Verdict::Hold(why) => why,
                other => format!("{other:?}"),
            }
        };
        table.hooks.iter().map(verdict).collect::<Vec<_>>()
    };
    assert_eq!(at("eekonomi:erp/customer"), ["0.1 a b", "1000.00 "]);
    assert_eq!(at("webcrm:crm/company"), ["Keep"]);
    let company = entity.streams.values().find(|table| table.key.system.connection() == "crm").unwrap();
    let shown = company.inbound(&FieldMap::new().with("name", "Bolaget"), &mut Problems::default()).unwrap();
    assert_eq!(shown.text("name".into()), Some("BOLAGET"));
}

#[test]
fn a_hook_that_no_row_names_is_not_called_and_moves_nothing() {
    let (off, none) = (entity(COMPANIES, &brought()), entity(COMPANIES, &Hooks::default()));
    assert!(off.streams.values().all(|table| table.hooks.is_empty()));
    let on = COMPANIES.replacen("master", "hooks = [{ hook = \"shout\", at = \"crm\" }]\nmaster", 1);
    let on = entity(&on, &brought());
    assert_eq!((&on.shape, &on.unit_shapes), (&none.shape, &none.unit_shapes), "nothing is at first sight again");
}

#[test]
fn names_that_are_not_there_are_told_with_those_that_are() {
    let place = "entities.companies.hooks[0]";
    for (text, expected) in [
        ("{ hook = \"limt\", at = \"erp\" }", format!("{place}.hook: there is no hook 'limt'; did you mean 'limit'?")),
        (
            "{ hook = \"hold\", at = \"erp\" }",
            format!("{place}.hook: there is no hook 'hold'; write one of limit, shout"),
        ),
        ("{ hook = \"shout\", at = \"er\" }", format!("{place}.at: there is no connection 'er'; did you mean 'erp'?")),
        (
            "{ hook = \"shout\", at = \"se\" }",
            format!("{place}.at: 'se' takes no part in this entity; add it to systems, or name one of crm, erp"),
        ),
        (
            "{ hook = \"shout\", at = \"@hub\" }",
            format!("{place}.at: '@hub' is no system: it can decide fields, and nothing else; name a connection"),
        ),
    ] {
        assert_eq!(row(text), [expected]);
    }
    let without = COMPANIES.replacen("master", "hooks = [{ hook = \"limit\", at = \"erp\" }]\nmaster", 1);
    assert_eq!(
        told(&without, &Hooks::default()),
        [format!(
            "{place}.hook: there is no hook 'limit'; the program that runs the policy brings hooks, and this one brings none"
        )]
    );
}

#[test]
fn what_a_hook_cannot_be_told_is_a_mistake_at_its_place() {
    let place = "entities.companies.hooks[0].with";
    for (with, expected) in [
        ("{}", format!("{place}: the key 'over' is missing; add over = ...")),
        ("{ ovr = 1 }", format!("{place}.ovr: unknown key 'ovr'; did you mean 'over'? (allowed: over, words)")),
        ("{ over = 1, words = 7 }", format!("{place}.words: 7 cannot stand here; write a list in brackets")),
        ("{ over = 0 }", format!("{place}: nothing is over 0; write a number above zero")),
    ] {
        assert_eq!(row(&format!("{{ hook = \"limit\", at = \"erp\", with = {with} }}")), [expected]);
    }
    assert_eq!(
        row("{ hook = \"shout\", at = \"erp\", with = { loud = true } }"),
        [format!("{place}.loud: unknown key 'loud'; take it out")]
    );
}

#[test]
fn rows_of_another_form_are_told_with_their_line() {
    let wrong = |row: &str| {
        let text = COMPANIES.replacen("master", &format!("hooks = [{row}]\nmaster"), 1);
        listed(&sync_core::Policy::from_toml(&text).unwrap_err())
    };
    assert_eq!(
        wrong("\"limit\""),
        [
            "line 4: entities.companies.hooks[0]: \"limit\" cannot stand here; write a table: { hook = \"...\", at = \"...\" }"
        ]
    );
    assert_eq!(
        wrong("{ hook = \"limit\", a = \"erp\" }"),
        ["line 4: entities.companies.hooks[0].a: unknown key 'a'; did you mean 'at'? (allowed: hook, at, with)"]
    );
    assert_eq!(
        wrong("{ at = \"erp\" }"),
        ["line 4: entities.companies.hooks[0]: the key 'hook' is missing; add hook = ..."]
    );
}

#[test]
fn where_orders_become_invoices_the_hook_belongs_to_those() {
    let text = ORDERS_TO_INVOICES.replacen("master", "hooks = [{ hook = \"shout\", at = \"erp\" }]\nmaster", 1);
    let told = told(&text, &brought());
    assert!(
        told.contains(
            &"entities.orders.hooks[0].at: 'erp' makes invoices of these, and is called for them as such; put the hook \
              under [[entities.<name>.hooks]]"
                .to_owned()
        ),
        "{told:#?}"
    );
}
