//! `tables`: codes that no row translates, and the rows that suggest themselves.

use std::collections::BTreeMap;

use serde_json::json;
use sync_core::{
    capability::Choice,
    policy::{ProposedRow, TableCodes},
};

use super::Shell;
use crate::{
    args::Tables,
    fail::Failure,
    file::{Config, suggest},
    session,
};

/// Lists what the tables of codes lack.
///
/// # Errors
/// A table that nobody has use for, and connections that fail.
pub(super) async fn tables(config: &Config, how: &Tables, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let takes_part = |name: &str| config.policy.entities.values().any(|set| set.systems.contains_key(name));
    let systems = session::capabilities(config, &shell.machine, takes_part).await?;
    let mut tables = config.policy.codes(&systems);
    if let Some(name) = &how.table {
        let names: Vec<String> = tables.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        tables.retain(|table, _| table == name);
        if tables.is_empty() {
            return Err(Failure::usage(format!("no system has codes for a table '{name}'; {}", suggest(name, &names))));
        }
    }
    if how.form.json {
        let told: BTreeMap<&String, _> = tables.iter().map(|(name, table)| (name, as_json(table))).collect();
        writeln!(shell.out, "{}", json!(told))?;
    } else if tables.is_empty() {
        writeln!(shell.out, "No system that takes part lists codes.")?;
    } else {
        for (place, (name, table)) in tables.iter().enumerate() {
            if place > 0 {
                writeln!(shell.out)?;
            }
            print(name, table, shell)?;
        }
    }
    Ok(0)
}

fn as_json(table: &TableCodes) -> serde_json::Value {
    let row = |row: &ProposedRow| json!({"code": row.code, "at": row.at});
    json!({
        "known": table.known,
        "unmapped": table.unmapped,
        "unknown": table.unknown,
        "proposed": table.proposed.iter().map(row).collect::<Vec<_>>(),
    })
}

fn print(name: &str, table: &TableCodes, shell: &mut Shell<'_>) -> Result<(), Failure> {
    writeln!(shell.out, "{name}")?;
    for (connection, known) in &table.known {
        let none = Vec::new();
        let unmapped = table.unmapped.get(connection).unwrap_or(&none);
        let of_these = if unmapped.is_empty() { "all have a row" } else { "without a row:" };
        let named: Vec<String> = unmapped.iter().map(shown).collect();
        writeln!(shell.out, "  {connection}: {} codes, {of_these} {}", known.len(), named.join(", "))?;
    }
    for (connection, codes) in &table.unknown {
        writeln!(shell.out, "  {connection} has no code {}, which has a row: is it misspelt?", codes.join(", "))?;
    }
    if table.known.is_empty() {
        writeln!(shell.out, "  no system lists its codes: what is met without a row is told by run and held")?;
    }
    let mut columns: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for row in &table.proposed {
        for (connection, choice) in &row.at {
            columns.entry(connection).or_default().push(format!("{} = {}", key(&row.code), quoted(&choice.code)));
        }
    }
    if !columns.is_empty() {
        writeln!(
            shell.out,
            "  these look like the same; add what is right to the configuration:\n\n  [tables.{name}]"
        )?;
        for (connection, codes) in columns {
            writeln!(shell.out, "  {connection} = {{ {} }}", codes.join(", "))?;
        }
    }
    Ok(())
}

fn shown(choice: &Choice) -> String {
    if choice.label.is_empty() { quoted(&choice.code) } else { format!("{} ({})", quoted(&choice.code), choice.label) }
}

/// As TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn key(code: &str) -> String {
    let bare = !code.is_empty() && code.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    if bare { code.to_owned() } else { quoted(code) }
}
