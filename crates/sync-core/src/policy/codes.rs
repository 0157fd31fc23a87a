//! Codes that tables translate: which there are in each system, which no row has, and which rows suggest themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Policy, RuleSet};
use crate::{
    capability::{Capabilities, Choice, FieldCapability},
    id::SystemId,
    mapping::{Cell, MapRow, Tables, codes::implied_table},
    value::FieldPath,
};

/// One table, as the systems' own lists show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableCodes {
    /// The codes that each connection has, in its own order. A connection whose codes nobody lists is missing.
    pub known: BTreeMap<String, Vec<Choice>>,
    /// Of these, those that no row translates.
    pub unmapped: BTreeMap<String, Vec<Choice>>,
    /// Codes in the table that the connection does not have, by connection.
    pub unknown: BTreeMap<String, Vec<String>>,
    /// Rows that suggest themselves; a person says whether they are right.
    pub proposed: Vec<ProposedRow>,
}

/// A row for a table, or what a row of it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProposedRow {
    /// The canonical code: the table's own, or one made of what users see.
    pub code: String,
    /// The code that each connection has for it.
    pub at: BTreeMap<String, Choice>,
}

/// So alike must two texts be that are proposed as a pair, in percent.
const ALIKE: u32 = 84;

impl Policy {
    /// The codes of every table that the policy has, or would have use for.
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use sync_core::{EntityKind, SystemId, capability::*, model::Organisation, policy::Policy};
    /// # let of = |choices: &[(&str, &str)]| {
    /// #     let mut can = StreamCapability::new(EntityKind::Organisation);
    /// #     let choices = choices.iter().map(|(code, label)| Choice::new(*code, *label));
    /// #     can.fields.insert(Organisation::PAYMENT_TERMS, FieldCapability::read_write().choices(choices));
    /// #     Capabilities { streams: BTreeMap::from([("all".into(), can)]) }
    /// # };
    /// let policy = Policy::from_toml(r#"
    ///     [entities.companies]
    ///     kind = "organisation"
    ///     master = "crm"
    ///     systems.crm = { read = true }
    ///     systems.erp = { read = true }
    /// "#).unwrap();
    /// let systems = BTreeMap::from([
    ///     (SystemId::new("webcrm:crm"), of(&[("30 dage netto", ""), ("Kontant", "")])),
    ///     (SystemId::new("visma-net:erp"), of(&[("30", "30 dage netto")])),
    /// ]);
    /// let terms = &policy.codes(&systems)["payment_terms"];
    /// assert_eq!(terms.proposed[0].code, "30_dage_netto");
    /// assert_eq!(terms.proposed[0].at["erp"].code, "30");
    /// assert_eq!(terms.unmapped["crm"].len(), 2);
    /// ```
    pub fn codes(&self, systems: &BTreeMap<SystemId, Capabilities>) -> BTreeMap<String, TableCodes> {
        let mut tables: BTreeMap<String, TableCodes> =
            self.tables.keys().map(|name| (name.clone(), TableCodes::default())).collect();
        for set in self.entities.values() {
            for (connection, role) in &set.systems {
                let all = systems.iter().filter(|(system, _)| system.connection() == connection);
                let streams = all.flat_map(|(_, all)| &all.streams).filter(|(name, cap)| {
                    let wanted = role.streams.is_empty() || role.streams.iter().any(|wanted| wanted == name.as_str());
                    cap.kind == set.kind && wanted
                });
                for (path, field) in streams.flat_map(|(_, cap)| &cap.fields) {
                    let choices = choices_of(field);
                    if let Some(table) = table_of(set, connection, *path).filter(|_| !choices.is_empty()) {
                        tables.entry(table.to_owned()).or_default().learn(connection, choices);
                    }
                }
            }
        }
        let none = Tables::default();
        for (name, table) in &mut tables {
            table.compare(self.tables.get(name).unwrap_or(&none));
        }
        tables
    }
}

/// What can stand in a field.
fn choices_of(field: &FieldCapability) -> Vec<Choice> {
    match field.choices.is_empty() {
        true => field.one_of.iter().flatten().map(|word| Choice::new(word, "")).collect(),
        false => field.choices.clone(),
    }
}

/// The table that translates a connection's field: named by a row, or by the name of the canonical field.
fn table_of<'s>(set: &'s RuleSet, connection: &str, theirs: FieldPath) -> Option<&'s str> {
    let names = |row: &&MapRow| row.at.get(connection).and_then(Cell::field) == Some(theirs);
    match set.map.iter().find(names) {
        Some(row) => row.table.as_deref().or_else(|| implied_table(row.field)),
        None => implied_table(theirs).filter(|_| !theirs.is_extension()),
    }
}

impl TableCodes {
    fn learn(&mut self, connection: &str, choices: Vec<Choice>) {
        let known = self.known.entry(connection.to_owned()).or_default();
        for choice in choices {
            if !known.iter().any(|other| other.code == choice.code) {
                known.push(choice);
            }
        }
    }

    /// Finds what the table lacks, and what it has for nothing.
    fn compare(&mut self, table: &Tables) {
        for (connection, known) in &self.known {
            let rows = table.0.get(connection).into_iter().flat_map(|rows| rows.values());
            let mapped: BTreeSet<&str> = rows.flat_map(|codes| codes.all()).map(String::as_str).collect();
            let unmapped = known.iter().filter(|choice| !mapped.contains(choice.code.as_str()));
            self.unmapped.insert(connection.clone(), unmapped.cloned().collect());
            let strange = |code: &&str| !code.is_empty() && !known.iter().any(|choice| choice.code == **code);
            let unknown: Vec<String> = mapped.into_iter().filter(strange).map(str::to_owned).collect();
            if !unknown.is_empty() {
                self.unknown.insert(connection.clone(), unknown);
            }
        }
        self.propose(table);
    }

    /// Pairs among what is unmapped, each code in one at most. A code that is like a row of the table, and of a system
    /// that has no code there, joins that row.
    fn propose(&mut self, table: &Tables) {
        let of_table: BTreeSet<&String> = table.0.values().flat_map(|column| column.keys()).collect();
        let mut rows: Vec<ProposedRow> =
            of_table.iter().map(|code| ProposedRow { code: (*code).clone(), at: BTreeMap::new() }).collect();
        for (connection, choices) in &self.unmapped {
            let column = table.0.get(connection);
            for choice in choices {
                let taken = |row: &ProposedRow| {
                    row.at.contains_key(connection) || column.is_some_and(|column| column.contains_key(&row.code))
                };
                let scored = rows.iter_mut().filter(|row| !taken(row)).map(|row| (row.likeness(choice), row));
                match scored.filter(|(score, _)| *score >= ALIKE).max_by_key(|(score, _)| *score) {
                    Some((_, row)) => drop(row.at.insert(connection.clone(), choice.clone())),
                    None => {
                        let at = BTreeMap::from([(connection.clone(), choice.clone())]);
                        rows.push(ProposedRow { code: slug(choice), at });
                    }
                }
            }
        }
        rows.retain(|row| row.at.len() > usize::from(!of_table.contains(&row.code)));
        self.proposed = rows;
    }
}

impl ProposedRow {
    fn likeness(&self, choice: &Choice) -> u32 {
        let canonical = Choice::new(self.code.replace('_', " "), "");
        self.at.values().chain([&canonical]).map(|other| alike(other, choice)).max().unwrap_or_default()
    }
}

/// A canonical code made of what people see.
fn slug(choice: &Choice) -> String {
    let text = if choice.label.is_empty() { &choice.code } else { &choice.label };
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// How alike two choices are, in percent: by their codes, by what users see, and by one against the other.
fn alike(one: &Choice, other: &Choice) -> u32 {
    let texts = |choice: &Choice| -> Vec<String> {
        let all = [&choice.code, &choice.label].into_iter().filter(|text| !text.is_empty());
        all.map(|text| text.trim().to_lowercase()).collect()
    };
    let (one, other) = (texts(one), texts(other));
    one.iter().flat_map(|a| other.iter().map(move |b| alike_texts(a, b))).max().unwrap_or_default()
}

fn alike_texts(a: &str, b: &str) -> u32 {
    if a == b {
        return 100;
    }
    let numbers = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if numbers(a) != numbers(b) {
        return 0; // 25 % is not 15 %, and 30 days are not 10
    }
    let (long, distance) = (a.chars().count().max(b.chars().count()).max(1), strsim::osa_distance(a, b));
    let percent = long.saturating_sub(distance).saturating_mul(100).checked_div(long).unwrap_or_default();
    let percent = u32::try_from(percent).unwrap_or_default();
    // of terms and rates the number says more than the words beside it, which may be of two languages
    if numbers(a).is_empty() { percent } else { percent.max(ALIKE.saturating_add(percent / 10)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Tables {
        toml::from_str(text).unwrap()
    }
    fn compared(known: &[(&str, &[(&str, &str)])], rows: &str) -> TableCodes {
        let mut codes = TableCodes::default();
        for (connection, choices) in known {
            codes.learn(connection, choices.iter().map(|(code, label)| Choice::new(*code, *label)).collect());
        }
        codes.compare(&table(rows));
        codes
    }
    fn proposed(codes: &TableCodes) -> Vec<String> {
        let row = |row: &ProposedRow| {
            let at: Vec<String> = row.at.iter().map(|(at, choice)| format!("{at}={}", choice.code)).collect();
            format!("{}: {}", row.code, at.join(" "))
        };
        codes.proposed.iter().map(row).collect()
    }

    #[test]
    fn what_is_named_alike_in_two_languages_is_paired_by_its_number() {
        let crm: &[(&str, &str)] = &[("30 dage netto", ""), ("8 dage netto", ""), ("Kontant", "")];
        let erp: &[(&str, &str)] = &[("08", "8 days net"), ("30", "30 days net"), ("CASH", "Kontant")];
        let codes = compared(&[("crm", crm), ("erp", erp)], "");
        let mut pairs = proposed(&codes);
        pairs.sort();
        assert_eq!(
            pairs,
            [
                "30_dage_netto: crm=30 dage netto erp=30",
                "8_dage_netto: crm=8 dage netto erp=08",
                "kontant: crm=Kontant erp=CASH"
            ]
        );
    }

    #[test]
    fn rates_that_differ_are_no_pair_however_alike_they_look() {
        let codes = compared(&[("crm", &[("25 % moms", "")]), ("erp", &[("15 % moms", "")])], "");
        assert_eq!(proposed(&codes), [""; 0]);
        assert_eq!((codes.unmapped["crm"].len(), codes.unmapped["erp"].len()), (1, 1));
    }

    #[test]
    fn a_row_that_lacks_a_column_is_completed_and_a_code_that_nobody_has_is_told() {
        let rows = "crm = { net30 = \"30 dage netto\" }\nerp = { cash = \"KONT\" }";
        let codes = compared(&[("crm", &[("30 dage netto", "")]), ("erp", &[("30", "net 30")])], rows);
        assert_eq!(proposed(&codes), ["net30: erp=30"]);
        assert_eq!(codes.unknown["erp"], ["KONT"]);
        assert!(codes.unmapped["crm"].is_empty());
    }

    #[test]
    fn no_code_is_proposed_twice() {
        let many: &[(&str, &str)] = &[("A1", "Terms 30"), ("A2", "Terms 30")];
        let codes = compared(&[("crm", &[("Terms 30", "")]), ("erp", many)], "");
        assert_eq!(proposed(&codes).len(), 1);
        assert_eq!(codes.proposed[0].at.len(), 2);
    }
}
