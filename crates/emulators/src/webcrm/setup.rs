//! What each customer of webCRM sets up: the lists and own fields of a system, and how `/FieldsMetadata` tells of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::Switches;

use super::{
    model::{Entity, Field, Kind, Own},
    refusal::Refusal,
    switches::VAT_GROUP,
    value::{Fields, text},
};

/// The emulator's names for the types of an own field; the vendor's display types are known for lists only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    List,
    Checkbox,
    Multi,
    Date,
    Number,
}

const SORTS: [(&str, Sort, &str); 6] = [
    ("text", Sort::Text, "T"),
    ("list", Sort::List, "D"),
    ("checkbox", Sort::Checkbox, "C"),
    ("multi", Sort::Multi, "ML"),
    ("date", Sort::Date, "DT"),
    ("number", Sort::Number, "I"),
];

/// How one field is set up.
#[derive(Clone, Debug)]
pub(super) struct FieldSetup {
    pub(super) label: String,
    pub(super) sort: Sort,
    /// Text and value of each choice; the first of a list may be its placeholder.
    pub(super) values: Vec<(String, String)>,
    pub(super) max: Option<usize>,
    pub(super) mandatory: bool,
    pub(super) unique: bool,
    display: Option<String>,
}

impl FieldSetup {
    fn list(label: &str, values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(text, value)| ((*text).to_owned(), (*value).to_owned())).collect();
        let label = label.to_owned();
        Self { label, sort: Sort::List, values, max: None, mandatory: false, unique: false, display: None }
    }

    /// The text that a list shows where nothing is chosen.
    pub(super) fn placeholder(&self) -> &str {
        let first = self.values.first().map_or("", |(_, value)| value.as_str());
        if is_placeholder(first) { first } else { "" }
    }

    /// What answers show where nothing is kept.
    pub(super) fn when_empty(&self) -> &str {
        match self.sort {
            Sort::List => self.placeholder(),
            Sort::Checkbox => "No",
            Sort::Multi => "[]",
            Sort::Number => "0",
            Sort::Text | Sort::Date => "",
        }
    }

    /// The value that is kept for a text that was sent.
    pub(super) fn value_of(&self, sent: &str) -> Option<&str> {
        let chosen = |(text, value): &&(String, String)| value == sent || text == sent;
        self.values.iter().find(chosen).map(|(_, value)| value.as_str())
    }
}

fn is_placeholder(text: &str) -> bool {
    text.starts_with("--") && text.ends_with("--")
}

/// The set-up of all fields of one system, by the field's name.
#[derive(Debug)]
pub(super) struct Setups {
    fields: BTreeMap<String, FieldSetup>,
    vat_groups: FieldSetup,
}

impl Setups {
    /// The lists that a system starts with; the placeholder is that of a Danish one.
    pub(super) fn new() -> Self {
        const NONE: (&str, &str) = ("-- vælg --", "-- vælg --");
        let plain = |label: &str, words: &[&str]| {
            let words = words.iter().map(|word| (*word, *word));
            FieldSetup::list(label, &std::iter::once(NONE).chain(words).collect::<Vec<_>>())
        };
        let currencies = FieldSetup::list("Currency", &[("DKK", "00"), ("SEK", "01"), ("EUR", "02"), ("NOK", "03")]);
        let levels = [("Lead", "1"), ("Quote", "2"), ("Negotiation", "3"), ("Won", "4"), ("Lost", "5")];
        let fields = [
            ("OrganisationType", plain("Org_Type", &["Customer", "Prospect", "Supplier", "Partner"])),
            ("OrganisationStatus", plain("Org_Status", &["Active", "Passive"])),
            ("OrganisationIndustry", plain("Org_Industry", &["IT", "Trade", "Building"])),
            ("OpportunityLevel", FieldSetup::list("Level", &levels)),
            ("OpportunityCurrencyName", currencies.clone()),
            ("DeliveryCurrencyName", currencies),
            ("OpportunityProduct", plain("Product", &["Service", "Goods"])),
            ("DeliveryProduct", plain("Product", &["Service", "Goods"])),
        ];
        let fields = fields.into_iter().map(|(name, setup)| (name.to_owned(), setup)).collect();
        Self { fields, vat_groups: plain("VAT group", &["Domestic", "EU", "Export"]) }
    }

    /// The set-up of a field, if it has any.
    pub(super) fn of(&self, name: &str, switches: &Switches) -> Option<&FieldSetup> {
        if name == "OrganisationVatGroup" && switches.is(&VAT_GROUP, "list") {
            return Some(self.fields.get(name).unwrap_or(&self.vat_groups));
        }
        self.fields.get(name)
    }

    pub(super) fn mandatory(&self, entity: Entity) -> impl Iterator<Item = &String> {
        let model = entity.model();
        let mandatory = self.fields.iter().filter(|(_, setup)| setup.mandatory).map(|(name, _)| name);
        mandatory.filter(|name| model.field(name).is_some())
    }

    pub(super) fn unique(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().filter(|(_, setup)| setup.unique).map(|(name, _)| name)
    }

    /// Sets a field up from a record in the vendor's shape with the emulator's own keys beside: see the module's page.
    pub(super) fn set(&mut self, record: &Fields) -> Result<(), String> {
        let name = text(record, "FieldMetadataFriendlyFieldName");
        let known = super::model::ENTITIES.iter().find_map(|entity| entity.model().field(name));
        let known = known.ok_or_else(|| format!("FieldMetadataFriendlyFieldName: there is no field {name:?}"))?;
        let values = choices(record.get("FieldMetadataDropdownListData"))?;
        let sort = match text(record, "kind") {
            "" if values.is_empty() => Sort::Text,
            "" => Sort::List,
            word => SORTS.iter().find(|(known, ..)| *known == word).map(|(_, sort, _)| *sort).ok_or_else(|| {
                let all = SORTS.map(|(known, ..)| known).join(", ");
                format!("kind: one of {all}, not {word:?}")
            })?,
        };
        let flag = |name: &str| record.get(name).and_then(Value::as_bool).unwrap_or(false);
        if flag("unique") && !known.name.starts_with("OrganisationExtraCustom") {
            return Err("unique: only OrganisationExtraCustom1 to 8 can be".into());
        }
        let max = record.get("FieldMetadataTextFieldMaxLength").and_then(Value::as_u64).filter(|max| *max > 0);
        let label = text(record, "FieldMetadataLabel");
        let setup = FieldSetup {
            label: if label.is_empty() { known.name.clone() } else { label.to_owned() },
            sort,
            values,
            max: max.and_then(|max| usize::try_from(max).ok()),
            mandatory: flag("mandatory"),
            unique: flag("unique"),
            display: record.get("FieldMetadataDisplayType").and_then(Value::as_str).map(str::to_owned),
        };
        self.fields.insert(known.name.clone(), setup);
        Ok(())
    }

    /// The metadata of one kind of record: all fields that a client may write, plus fields only where set up.
    fn metadata(&self, entity: Entity, switches: &Switches, own_keys: bool) -> Vec<Value> {
        let model = entity.model();
        let rows = model.fields.iter().enumerate().filter_map(|(place, field)| {
            let setup = self.of(&field.name, switches);
            let listed = setup.is_some() || matches!(field.own, Own::Client) && !field.is_plus();
            listed.then(|| row(model.prefix, place, field, setup, own_keys))
        });
        rows.collect()
    }

    /// `GET /FieldsMetadata/{entityTypes}`; `kind` in small letters.
    pub(super) fn read(&self, kind: &str, switches: &Switches) -> Result<Vec<Value>, Refusal> {
        const OTHERS: [&str; 5] = ["activity", "event", "product", "supportcase", "syncedmeeting"];
        let known = [Entity::Organisation, Entity::Person, Entity::Opportunity, Entity::Delivery, Entity::User];
        let wanted =
            known.into_iter().filter(|entity| kind == "all" || kind.eq_ignore_ascii_case(entity.model().prefix));
        let wanted = wanted.collect::<Vec<_>>();
        if wanted.is_empty() && !OTHERS.contains(&kind) {
            return Err(Refusal::parameter(format!("The value '{kind}' is not valid.")));
        }
        Ok(wanted.into_iter().flat_map(|entity| self.metadata(entity, switches, false)).collect())
    }

    /// What is set up, as it can be seeded again.
    pub(super) fn state(&self) -> Vec<Value> {
        let rows = self.fields.iter().filter_map(|(name, setup)| {
            let model = super::model::ENTITIES.iter().map(|entity| entity.model()).find(|m| m.field(name).is_some())?;
            let place = model.fields.iter().position(|field| field.name == *name)?;
            Some(row(model.prefix, place, model.fields.get(place)?, Some(setup), true))
        });
        rows.collect()
    }
}

fn choices(given: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let rows = given.and_then(Value::as_array).into_iter().flatten();
    let choice = |row: &Value| match row {
        Value::String(word) => Ok((word.clone(), word.clone())),
        Value::Object(row) => Ok((text(row, "Text").to_owned(), text(row, "Value").to_owned())),
        _ => Err("FieldMetadataDropdownListData: has texts, or objects with Text and Value".to_owned()),
    };
    rows.map(choice).collect()
}

fn row(prefix: &str, place: usize, field: &Field, setup: Option<&FieldSetup>, own_keys: bool) -> Value {
    let table = match prefix {
        "Organisation" => "o",
        "Person" => "p",
        "User" => "u",
        _ => "op",
    };
    let rest = field.name.strip_prefix(prefix).unwrap_or(&field.name);
    let mut letters = rest.chars();
    let column =
        letters.next().map(|first| first.to_lowercase().chain(letters).collect::<String>()).unwrap_or_default();
    let sort = setup.map_or(Sort::Text, |setup| setup.sort);
    let plain = match field.kind {
        Kind::Int | Kind::Number => "I",
        Kind::Flag => "C",
        Kind::Instant | Kind::Day => "DT",
        Kind::Text(_) | Kind::Words(_) => "T",
    };
    let by_sort = SORTS.iter().find(|(_, known, _)| *known == sort).map_or("T", |(_, _, display)| *display);
    let by_sort = if setup.is_some() { by_sort } else { plain };
    let display = setup.and_then(|setup| setup.display.as_deref()).unwrap_or(by_sort);
    let limit = match field.kind {
        Kind::Text(max) => max,
        _ => 0,
    };
    let values = setup.map(|setup| setup.values.as_slice()).unwrap_or_default();
    let values = values.iter().map(|(text, value)| json!({ "Text": text, "Value": value })).collect::<Vec<_>>();
    let mut row = json!({
        "FieldMetadataDbFieldName": format!("{table}_{column}"),
        "FieldMetadataFriendlyFieldName": field.name,
        "FieldMetadataId": place.saturating_add(1),
        "FieldMetadataLabel": setup.map_or(rest, |setup| setup.label.as_str()),
        "FieldMetadataSortOrder": place.saturating_add(1).saturating_mul(10),
        "FieldMetadataDisplayType": display,
        "FieldMetadataTextFieldMaxLength": setup.and_then(|setup| setup.max).unwrap_or(limit),
        "FieldMetadataDropdownListData": values,
    });
    if let (true, Some(setup), Some(row)) = (own_keys, setup, row.as_object_mut()) {
        let kind = SORTS.iter().find(|(_, known, _)| *known == sort).map_or("text", |(word, ..)| *word);
        row.insert("kind".into(), json!(kind));
        row.insert("mandatory".into(), json!(setup.mandatory));
        row.insert("unique".into(), json!(setup.unique));
    }
    row
}
