//! Whatever stands in the file: it is read, or its mistakes are told, and none of them shows a secret.

use proptest::{prelude::*, sample::Index};
use serde_json::Value as Json;
use toml::Value as Toml;

use super::*;

#[path = "../../../sync-http/tests/fuzz/mutate.rs"]
#[allow(dead_code, reason = "records of vendors are another matter")]
mod mutate;

use mutate::{anything, mutated, play, structure};

/// What stands in a file where only its place may stand.
const SECRET: &str = "hush-secret-77";

/// Whole configurations: every preset with what its user adds, and settings of every kind.
fn corpus() -> Vec<String> {
    let own = format!(
        "store = \"a.db\"\ntokens = \"t\"\n\
         connections.se.base_url = \"https://a.starwebserver.se/api/v2\"\n\
         connections.no.base_url = \"https://no.example/api/v2\"\n\
         connections.erp.company = \"556677-8899\"\n\
         connections.erp.fillers = {{ city = \"-\", unit = \"x\", party = \"company\" }}\n\
         connections.erp.codings = {{ goods = {{ 25 = \"x\" }} }}\n\
         connections.se.price_lists = [\"Norge\"]\nconnections.se.volume_quantities = [10, 100]\n\
         connections.other = {{ system = \"starweb\", base_url = \"https://x.example\", client_id = \"a\", \
         client_secret = \"{SECRET}\", secret_prefix = {{ env = \"PREFIX\" }} }}\n\
         guards = {{ max_create = 10, max_change_percent = 7 }}\n"
    );
    let mut all: Vec<String> = preset::ALL
        .iter()
        .map(|preset| {
            let mut whole: Table = preset.text.parse().unwrap();
            for (key, value) in own.parse::<Table>().unwrap() {
                match (whole.get_mut(&key), value) {
                    (Some(Toml::Table(under)), Toml::Table(over)) => under.extend(over),
                    (_, value) => drop(whole.insert(key, value)),
                }
            }
            whole.to_string()
        })
        .collect();
    all.extend(preset::ALL.iter().map(|preset| format!("preset = \"{}\"\n{own}", preset.name)));
    all
}

fn as_json(value: &Toml) -> Json {
    match value {
        Toml::Table(table) => table.iter().map(|(key, value)| (key.clone(), as_json(value))).collect(),
        Toml::Array(all) => all.iter().map(as_json).collect(),
        Toml::String(text) => text.clone().into(),
        Toml::Integer(number) => (*number).into(),
        Toml::Boolean(flag) => (*flag).into(),
        Toml::Float(_) | Toml::Datetime(_) => value.to_string().into(),
    }
}

/// Numbers that TOML does not have as whole ones are fractions; there is no null.
fn as_toml(value: &Json) -> Option<Toml> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Toml::Float(number.to_string().parse().unwrap_or_default()), Toml::Integer)
        }
        Json::String(text) => text.clone().into(),
        Json::Array(all) => Toml::Array(all.iter().filter_map(as_toml).collect()),
        Json::Object(fields) => {
            Toml::Table(fields.iter().filter_map(|(key, value)| Some((key.clone(), as_toml(value)?))).collect())
        }
    })
}

fn read(text: &str, sets: &[String]) -> Result<Config, Vec<Mistake>> {
    let asked = Asked { path: "some/samklang.toml".into(), sets: sets.to_vec() };
    asked.read(text, &|name| Some(format!("value of {name}")), true)
}

fn told(read: Result<Config, Vec<Mistake>>, secret: &str) -> Result<(), TestCaseError> {
    let Err(mistakes) = read else { return Ok(()) };
    prop_assert!(!mistakes.is_empty(), "refused without a word");
    for mistake in mistakes {
        let line = mistake.to_string();
        prop_assert!(!line.trim().is_empty());
        prop_assert!(!line.contains(secret), "{line}");
    }
    Ok(())
}

#[test]
fn the_corpus_has_one_mistake_of_its_own() {
    for text in corpus() {
        let mistakes = read(&text, &[]).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.to_string().contains("connections.other")), "{mistakes:?}");
    }
}

#[test]
fn fuzz_keys_and_values() {
    let corpus: Vec<String> =
        corpus().iter().map(|text| as_json(&Toml::Table(text.parse().unwrap())).to_string()).collect();
    play(200, (any::<Index>(), structure()), |(which, mutations)| {
        let bytes = mutated(&corpus[which.index(corpus.len())], &mutations);
        // what lies deeper than JSON may is left to the text
        let Ok(json) = serde_json::from_slice::<Json>(&bytes) else { return Ok(()) };
        let Some(Toml::Table(table)) = as_toml(&json) else { return Ok(()) };
        told(read(&table.to_string(), &[]), SECRET)
    });
}

#[test]
fn fuzz_text() {
    let corpus = corpus();
    play(200, (any::<Index>(), anything()), |(which, mutations)| {
        let text = mutated(&corpus[which.index(corpus.len())], &mutations);
        // a secret whose quotes are gone is a key like any other
        told(read(&String::from_utf8_lossy(&text), &[]), "\n")
    });
}

#[test]
fn fuzz_what_the_command_line_sets() {
    let pairs = [
        "connections.se.base_url=https://a.example",
        "entities.orders.systems.erp.becomes=invoice",
        "entities.orders.scope=[{ at = \"erp\", when = [\"@created_on >= 2026-01-01\"] }]",
        "guards.max_create=50",
        "connections.other.client_secret=hush-secret-77",
        "tables.vat.se={ a = \"1\" }",
    ];
    let corpus = corpus();
    play(100, (any::<Index>(), any::<Index>(), anything()), |(which, pair, mutations)| {
        let pair = String::from_utf8_lossy(&mutated(pairs[pair.index(pairs.len())], &mutations)).into_owned();
        let secret = if pair.starts_with("connections.other.client_secret=") { SECRET } else { "\n" };
        told(read(&corpus[which.index(corpus.len())], &[pair]), secret)
    });
}

#[test]
fn of_what_the_command_line_sets_nothing_but_the_key_is_told() {
    for pair in ["connections.se.client_secret hush-secret-77", "connections.se.client_secret:hush-secret-77", "a\nb=1"]
    {
        let lines: Vec<String> = read("", &[pair.to_owned()]).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(lines.iter().all(|line| !line.contains(SECRET) && !line.contains('\n')), "{lines:?}");
    }
}

#[test]
fn what_is_nested_without_end_is_refused_in_words() {
    for (open, close) in [("[", "]"), ("{ a = ", " }")] {
        for depth in [100, 10_000] {
            let text = format!("guards = {}1{}\n", open.repeat(depth), close.repeat(depth));
            assert!(!read(&text, &[]).unwrap_err().is_empty());
        }
    }
    let text = format!("{}a = 1\n", "a.".repeat(10_000));
    assert!(!read(&text, &[]).unwrap_err().is_empty());
}
