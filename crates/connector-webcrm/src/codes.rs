//! The system's own lists and fields, and the vendor's closed lists.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use sync_core::{
    NormalForm, Value,
    context::Context,
    error::{Error, ErrorKind, Result},
};
use sync_http::Request;

use crate::client::{Api, PAGE_MAX, quoted};

/// What a person is; only the first is still there.
pub(crate) const PERSON_STATUS: [&str; 4] = [ACTIVE, RESIGNED, "Other", "Guest"];
/// A person who is there.
pub(crate) const ACTIVE: &str = "Active";
/// A person who has left.
pub(crate) const RESIGNED: &str = "Resigned";
/// How far a delivery is, by the vendor's words.
pub(crate) const DELIVERY_STATUS: [&str; 5] = ["New", "Planned", "OnGoing", "Completed", "GeneralDelivery"];
/// What can go wrong with a delivery, by the vendor's words.
pub(crate) const RISK: [&str; 5] = ["NoRisk", "Small", "Medium", "High", "Crises"];
/// How far a document is on its way to the other system.
pub(crate) const ERP_STATUS: [&str; 3] = ["NotReadyForSynchronization", "ReadyForSynchronization", "Synchronized"];

/// What a system tells of itself: it is read when the connection is made and kept for a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lists {
    /// Where they were read, and by whom: those of another system say nothing about this one.
    #[serde(default)]
    pub(crate) place: String,
    /// The fields that are set up, by the vendor's name: `OrganisationCustom3`.
    pub fields: BTreeMap<String, FieldInfo>,
    /// What the application token may not see: `Opportunity`. Its stream is not offered.
    #[serde(default)]
    pub denied: BTreeSet<String>,
    /// Queries take a condition and an order together: without both, nobody can walk through what changed.
    pub ordered_queries: bool,
    /// Quotation lines can be asked for in queries: else all of them are read to find those that changed.
    pub lines_in_queries: bool,
    /// Rows that a page was seen to hold: one with fewer is the last.
    #[serde(default)]
    pub pages: Pages,
}

/// Rows that one page was seen to hold, asked for with the largest size. The vendor may give fewer than it is asked for, and
/// does not tell how many; a page with fewer than it gave before is the last one all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pages {
    /// A page of a query.
    pub queries: usize,
    /// A page of organisations that changed.
    pub changes: usize,
}

/// One field as an administrator set it up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldInfo {
    /// What users see.
    pub label: String,
    /// What it holds, by the vendor's short word: `D` is a list; the others are not documented.
    #[serde(default)]
    pub kind: String,
    /// Characters that it holds, if told.
    pub max_len: Option<u32>,
    /// What can be chosen, in its order; nothing for a field that is no list.
    pub choices: Vec<Choice>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// What users see, and what records hold.
    pub text: String,
    /// What stands for it inside: the index of a currency.
    pub value: String,
}

#[derive(Debug, Deserialize)]
struct WireField {
    #[serde(rename = "FieldMetadataFriendlyFieldName", default)]
    name: Option<String>,
    #[serde(rename = "FieldMetadataLabel", default)]
    label: Option<String>,
    #[serde(rename = "FieldMetadataDisplayType", default)]
    kind: Option<String>,
    #[serde(rename = "FieldMetadataTextFieldMaxLength", default)]
    max_len: Option<i64>,
    #[serde(rename = "FieldMetadataDropdownListData", default)]
    choices: Option<Vec<WireChoice>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireChoice {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    value: Option<String>,
}

impl Lists {
    /// Reads them: seven calls, of which the last three only ask whether a query is taken, and what a page holds.
    ///
    /// # Errors
    /// As the vendor answers.
    pub(crate) async fn read(cx: &Context, api: &Api) -> Result<Self> {
        let (mut fields, mut denied) = (BTreeMap::new(), BTreeSet::new());
        let mut last = None;
        let entities = ["Organisation", "Person", "Opportunity", "Delivery"];
        for entity in entities {
            let request = Request::get("read the fields", "/FieldsMetadata/{entity}").path("entity", entity);
            match api.read::<Vec<WireField>>(cx, request).await {
                Ok(told) => fields.extend(told.into_iter().filter_map(WireField::info)),
                // with which status a right that is missing is told is not documented: one area alone that is refused is that
                Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::Auth) => {
                    denied.insert(entity.to_owned());
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = last.filter(|_| denied.len() == entities.len()) {
            return Err(error);
        }
        let lately = cx.clock.now() - TimeDelta::days(LATELY_D);
        let (persons, lines) =
            (takes(cx, api, "Person", lately).await?, takes(cx, api, "QuotationLine", lately).await?);
        let pages = Pages { queries: persons.max(lines).unwrap_or_default(), changes: changed(cx, api, lately).await };
        let (ordered_queries, lines_in_queries) = (persons.is_some(), lines.is_some());
        Ok(Self { place: api.place(), fields, denied, ordered_queries, lines_in_queries, pages })
    }
    /// What users call a field, by the vendor's name of it.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.fields.get(key).map(|field| field.label.as_str()).filter(|label| !label.is_empty())
    }
    /// Whether the fields of this entity are known at all.
    pub(crate) fn knows(&self, entity: &str) -> bool {
        self.fields.keys().any(|key| key.starts_with(entity))
    }
    pub(crate) fn choices(&self, key: &str) -> &[Choice] {
        self.fields.get(key).map_or(&[], |field| &field.choices)
    }
    /// What a list shows where nothing is chosen: its first entry, if that is between dashes.
    pub(crate) fn placeholder(&self, key: &str) -> Option<&str> {
        let first = self.choices(key).first()?;
        is_dashed(&first.text).then_some(first.text.as_str())
    }
    /// Whether a text that a record shows stands for nothing: the placeholder, which a system need not tell of with its list.
    pub(crate) fn is_nothing(&self, key: &str, text: &str) -> bool {
        let choices = self.choices(key);
        let listed = || choices.iter().any(|choice| choice.text == text);
        self.placeholder(key) == Some(text) || !choices.is_empty() && is_dashed(text) && !listed()
    }
    pub(crate) fn max_len(&self, key: &str) -> Option<u32> {
        self.fields.get(key).and_then(|field| field.max_len)
    }
}

fn is_dashed(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('-') && text.ends_with('-')
}

/// Days of which the changes are counted: enough for a page with some rows, and few enough for a small one.
const LATELY_D: i64 = 30;

/// How many rows a query with a condition, and an order beside it, has on its first page; none where it is not taken. A refusal
/// is an answer, whatever its status: how the vendor refuses one is not documented.
async fn takes(cx: &Context, api: &Api, table: &str, lately: DateTime<Utc>) -> Result<Option<usize>> {
    let script = since(table, table, "UpdatedAt", lately, 0);
    let request = crate::client::query("try a query", &script).query("Page", 1).query("Size", PAGE_MAX);
    match api.read::<Vec<IgnoredAny>>(cx, request).await {
        Ok(rows) => Ok(Some(rows.len())),
        Err(error) => match error.kind() {
            ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unavailable => Ok(None),
            ErrorKind::Permission | ErrorKind::Auth => Ok(None), // the token itself was taken before
            _ => Err(error),
        },
    }
}

/// How many organisations one page of those that changed lately has. It saves calls and decides nothing: a refusal is none.
async fn changed(cx: &Context, api: &Api, lately: DateTime<Utc>) -> usize {
    let stamp = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let request = Request::get("count what changed", "/Organisations/FindByUpdateDates/{from}/{until}");
    let request = request.path("from", stamp(lately)).path("until", stamp(cx.clock.now() + TimeDelta::hours(3)));
    let request = request.query("Page", 1).query("Size", PAGE_MAX);
    api.read::<Vec<IgnoredAny>>(cx, request).await.map_or(0, |rows| rows.len())
}

/// What changed since a moment, from an id on. Only conditions that were seen at work are used.
pub(crate) fn since(table: &str, prefix: &str, stamp: &str, at: DateTime<Utc>, from_id: u64) -> String {
    let at = quoted(&at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('Z', ".0000000Z"));
    format!("SELECT * FROM {table} WHERE {prefix}{stamp} >= {at} AND {prefix}Id >= {from_id} ORDER BY {prefix}Id ASC")
}

impl WireField {
    fn info(self) -> Option<(String, FieldInfo)> {
        let choice = |choice: WireChoice| {
            let text = choice.text?;
            Some(Choice { value: choice.value.unwrap_or_else(|| text.clone()), text })
        };
        let info = FieldInfo {
            label: self.label.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            max_len: self.max_len.and_then(|max| u32::try_from(max).ok()).filter(|max| *max > 0),
            choices: self.choices.unwrap_or_default().into_iter().filter_map(choice).collect(),
        };
        Some((self.name.filter(|name| !name.is_empty())?, info))
    }
}

/// Countries as this system writes them.
#[derive(Clone, Debug)]
pub(crate) struct Countries {
    named: BTreeMap<String, String>,
    listed: Vec<String>,
}

impl Countries {
    pub(crate) fn new(named: &BTreeMap<String, String>, lists: &Lists) -> Self {
        let key = "OrganisationCountry";
        let empty = lists.placeholder(key);
        let listed = lists.choices(key).iter().map(|choice| choice.text.clone());
        Self { named: named.clone(), listed: listed.filter(|text| Some(text.as_str()) != empty).collect() }
    }
    /// The two letters of what a user wrote; what is no known name stays as it is, for a table to translate.
    pub(crate) fn read(&self, written: &str) -> String {
        let written = written.trim();
        let named = self.named.iter().find(|(_, name)| name.to_lowercase() == written.to_lowercase());
        match named {
            Some((code, _)) => code.clone(),
            None => code(written).unwrap_or_else(|| written.to_owned()),
        }
    }
    /// What is written for a country.
    ///
    /// # Errors
    /// `Invalid` if the system has a list, and this country is not in it.
    pub(crate) fn write(&self, wanted: &str) -> Result<String> {
        if let Some(name) = self.named.get(&wanted.to_uppercase()) {
            return Ok(name.clone());
        }
        let same = |name: &&String| *name == wanted || code(name).is_some_and(|code| code == wanted.to_uppercase());
        match self.listed.iter().find(same) {
            Some(name) => Ok(name.clone()),
            None if self.listed.is_empty() => Ok(wanted.to_owned()),
            None => {
                let line =
                    format!("webCRM's list of countries has none that is '{wanted}'; add it there, or to countries");
                Err(Error::new(ErrorKind::Invalid, "encode", line).with_context("field", "country"))
            }
        }
    }
}

/// ISO 3166-1 alpha-2 of a name, if it is one of those known.
fn code(name: &str) -> Option<String> {
    NormalForm::Country.of(&Value::from(name)).filter(|code| code.len() == 2 && code.is_ascii())
}

/// Currencies by index: as configured, else as the system's list of a field has them.
#[derive(Clone, Debug)]
pub(crate) struct Currencies(BTreeMap<String, String>);

impl Currencies {
    pub(crate) fn new(configured: &BTreeMap<String, String>, lists: &Lists, key: &str) -> Self {
        let is_code = |text: &str| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase());
        let listed = lists.choices(key).iter().filter(|choice| is_code(&choice.text));
        let mut known: BTreeMap<String, String> =
            listed.map(|choice| (choice.value.clone(), choice.text.clone())).collect();
        known.extend(configured.clone());
        Self(known)
    }
    /// The currencies that are known.
    pub(crate) fn known(&self) -> BTreeSet<String> {
        self.0.values().cloned().collect()
    }
    /// The index of a currency.
    ///
    /// # Errors
    /// `Invalid` for a currency that this system does not have.
    pub(crate) fn write(&self, wanted: &str) -> Result<String> {
        match self.0.iter().find(|(_, code)| *code == wanted) {
            Some((index, _)) => Ok(index.clone()),
            // an index that is made up would be another currency, or none
            None => {
                let line = format!(
                    "which index of webCRM's list of currencies is '{wanted}' is not known; say it in currencies of the connection"
                );
                Err(Error::new(ErrorKind::Invalid, "encode", line).with_context("field", "content.currency"))
            }
        }
    }
    /// The currency; an index that nobody explains stays as it is, for a table to translate.
    pub(crate) fn read(&self, index: &str) -> String {
        self.0.get(index).cloned().unwrap_or_else(|| index.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(key: &str, choices: &[(&str, &str)]) -> Lists {
        let choice = |(value, text): &(&str, &str)| Choice { text: (*text).to_owned(), value: (*value).to_owned() };
        let info = FieldInfo { choices: choices.iter().map(choice).collect(), ..FieldInfo::default() };
        Lists { fields: [(key.to_owned(), info)].into(), ..Lists::default() }
    }

    #[test]
    fn a_placeholder_is_the_first_entry_between_dashes_and_no_other() {
        let of = |texts: &[&str]| {
            let choices: Vec<(&str, &str)> = texts.iter().map(|text| ("", *text)).collect();
            lists("A", &choices).placeholder("A").map(str::to_owned)
        };
        assert_eq!(of(&["-- vælg --", "Kunde"]).as_deref(), Some("-- vælg --"));
        assert_eq!(of(&["--Velg--"]).as_deref(), Some("--Velg--"));
        assert_eq!(of(&["Kunde", "-- vælg --"]), None);
        assert_eq!(of(&["-"]), None);
        let untold = lists("A", &[("1", "Kunde"), ("2", "--intern--")]);
        let nothing = ["-- vælg --", "--intern--", "Kunde", "-"].map(|text| untold.is_nothing("A", text));
        assert_eq!(nothing, [true, false, false, false], "a placeholder need not be told of with its list");
        assert!(!lists("A", &[]).is_nothing("A", "-- vælg --"), "what is no list has no placeholder");
        assert_eq!(lists("A", &[]).placeholder("B"), None);
    }

    #[test]
    fn countries_are_read_by_name_and_written_as_the_system_has_them() {
        let none = BTreeMap::new();
        let free = Countries::new(&none, &Lists::default());
        for (written, code) in [("Danmark", "DK"), ("norge ", "NO"), ("GB", "GB"), ("Atlantis", "Atlantis")] {
            assert_eq!(free.read(written), code);
        }
        assert_eq!(free.write("DK").unwrap(), "DK");
        let listed = Countries::new(&none, &lists("OrganisationCountry", &[("0", "-- vælg --"), ("1", "Danmark")]));
        assert_eq!(listed.write("DK").unwrap(), "Danmark");
        let refused = listed.write("SE").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid);
        let named = Countries::new(&[("SE".to_owned(), "Sverige (EU)".to_owned())].into(), &Lists::default());
        assert_eq!((named.read("sverige (eu)").as_str(), named.write("SE").unwrap().as_str()), ("SE", "Sverige (EU)"));
    }

    #[test]
    fn an_index_is_a_currency_where_the_list_or_the_configuration_says_so() {
        let listed = lists("DeliveryCurrencyName", &[("00", "DKK"), ("01", "euro")]);
        let known = Currencies::new(&[("02".to_owned(), "SEK".to_owned())].into(), &listed, "DeliveryCurrencyName");
        let read: Vec<String> = ["00", "01", "02"].iter().map(|index| known.read(index)).collect();
        assert_eq!(read, ["DKK", "01", "SEK"]);
        assert_eq!(known.write("SEK").unwrap(), "02");
        let unknown = Currencies::new(&BTreeMap::new(), &Lists::default(), "DeliveryCurrencyName");
        for error in [known.write("USD"), unknown.write("DKK")].map(Result::unwrap_err) {
            assert!(error.kind() == ErrorKind::Invalid && error.message().contains("currencies"), "{error}");
        }
    }

    #[test]
    fn a_script_uses_what_was_seen_at_work() {
        let at = "2024-03-01T11:00:00Z".parse().unwrap();
        assert_eq!(
            since("Person", "Person", "UpdatedAt", at, 7),
            "SELECT * FROM Person WHERE PersonUpdatedAt >= '2024-03-01T11:00:00.0000000Z' AND PersonId >= 7 \
             ORDER BY PersonId ASC"
        );
    }
}
