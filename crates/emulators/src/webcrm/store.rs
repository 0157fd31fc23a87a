//! One system's records, and how answers show them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::{Births, Cx, Switches};

use super::{
    SystemSettings,
    check::ALIASES,
    hooks::Hooks,
    model::{ENTITIES, Entity, Field, Kind, Own},
    refusal::Refusal,
    setup::Setups,
    switches::DRIFT,
    value::{Fields, id, shown, text},
};

/// One customer's system: its records by kind and id.
#[derive(Debug)]
pub(super) struct System {
    pub(super) settings: SystemSettings,
    pub(super) setups: Setups,
    tables: BTreeMap<Entity, BTreeMap<u64, Fields>>,
    /// The last id given. Opportunities and deliveries share one row of ids.
    last_ids: BTreeMap<Entity, u64>,
    pub(super) births: Births,
    pub(super) hooks: Hooks,
    /// Creates asked for so far.
    pub(super) creates: i64,
    /// The set-up of rows and items.
    pub(super) linked_setup: Fields,
}

impl System {
    pub(super) fn new(settings: SystemSettings) -> Self {
        let (tables, last_ids) = (BTreeMap::new(), BTreeMap::new());
        let (setups, births, hooks) = (Setups::new(), Births::default(), Hooks::default());
        let linked_setup = super::items::first_setup();
        Self { settings, setups, tables, last_ids, births, hooks, creates: 0, linked_setup }
    }

    pub(super) fn get(&self, entity: Entity, id: u64) -> Option<&Fields> {
        self.tables.get(&entity)?.get(&id)
    }

    /// The record, or the refusal for a missing one.
    pub(super) fn found(&self, entity: Entity, id: u64) -> Result<&Fields, Refusal> {
        self.get(entity, id).ok_or_else(Refusal::missing)
    }

    pub(super) fn get_mut(&mut self, entity: Entity, id: u64) -> Option<&mut Fields> {
        self.tables.get_mut(&entity)?.get_mut(&id)
    }

    pub(super) fn all(&self, entity: Entity) -> impl DoubleEndedIterator<Item = (u64, &Fields)> {
        self.tables.get(&entity).into_iter().flatten().map(|(id, record)| (*id, record))
    }

    pub(super) fn put(&mut self, entity: Entity, id: u64, record: Fields) {
        let last = self.last_ids.entry(id_row(entity)).or_insert(self.settings.first_id);
        *last = (*last).max(id);
        self.tables.entry(entity).or_default().insert(id, record);
    }

    pub(super) fn remove(&mut self, entity: Entity, id: u64) -> Option<Fields> {
        self.tables.get_mut(&entity)?.remove(&id)
    }

    pub(super) fn clear(&mut self, entity: Entity) {
        self.tables.remove(&entity);
    }

    /// An id that no record of this kind has had.
    pub(super) fn next_id(&mut self, entity: Entity) -> u64 {
        let last = self.last_ids.entry(id_row(entity)).or_insert(self.settings.first_id);
        *last = last.saturating_add(1);
        *last
    }

    /// The quote or order that a row with this parent hangs on.
    pub(super) fn parent(&self, id: u64) -> Option<Entity> {
        [Entity::Delivery, Entity::Opportunity].into_iter().find(|entity| self.get(*entity, id).is_some())
    }

    /// The rows of a quote or order, by their sort order.
    pub(super) fn lines_of(&self, parent: u64) -> Vec<u64> {
        let ours = self.all(Entity::Line).filter(|(_, line)| id(line, "QuotationLineOpportunityId") == Some(parent));
        let place = |line: &Fields| line.get("QuotationLineSortOrder").and_then(Value::as_i64).unwrap_or(0);
        let mut lines = ours.map(|(id, line)| (place(line), id)).collect::<Vec<_>>();
        lines.sort_unstable();
        lines.into_iter().map(|(_, id)| id).collect()
    }

    /// The record as the API answers it.
    pub(super) fn view(&self, switches: &Switches, entity: Entity, record: &Fields) -> Fields {
        let drift = switches.word(&DRIFT);
        let mut view = Fields::new();
        for field in &entity.model().fields {
            let hidden = field.own == Own::Newer && drift == "none" || field.name == "QuotationLineLinkedDataId";
            if !hidden {
                view.insert(field.name.clone(), self.rendered(field, record, switches));
            }
        }
        match entity {
            Entity::Opportunity => {
                let level = record.get("OpportunityLevel").map(Value::to_string).unwrap_or_default();
                view.insert(
                    "OpportunityLevelText".into(),
                    json!(self.choice_text("OpportunityLevel", &level, switches)),
                );
                if drift != "none" {
                    let name = text(record, "OpportunityCountryValue");
                    let country = (!name.is_empty()).then(|| json!({ "Name": name, "CodeISO": "", "CodeUN": "" }));
                    view.insert("OpportunityCountry".into(), json!(country));
                    view.insert("OpportunitySecurityInfo".into(), json!({ "CanRead": true, "CanEdit": true }));
                }
            }
            Entity::Delivery if drift != "none" => {
                for (newer, older) in ALIASES {
                    let value = view.get(older).cloned().unwrap_or_default();
                    view.insert(newer.into(), value);
                    if drift == "instead" {
                        view.remove(older);
                    }
                }
            }
            _ => {}
        }
        if drift != "none" && entity.is_deal() {
            let field = entity.model().name("CurrencyName");
            let symbol = self.choice_text(&field, text(record, &field), switches);
            view.insert(entity.model().name("CurrencySymbol"), json!(symbol));
        }
        view
    }

    /// The text of a list's choice by its value.
    pub(super) fn choice_text(&self, field: &str, value: &str, switches: &Switches) -> String {
        let setup = self.setups.of(field, switches);
        let choice = setup.and_then(|setup| setup.values.iter().find(|(_, known)| known == value));
        choice.map(|(text, _)| text.clone()).unwrap_or_default()
    }

    /// One field as the API answers it.
    pub(super) fn rendered(&self, field: &Field, record: &Fields, switches: &Switches) -> Value {
        let value = record.get(&field.name).cloned().unwrap_or_else(|| field.default());
        match field.kind {
            Kind::Instant | Kind::Day => shown(&value, field.kind == Kind::Day, switches),
            Kind::Text(_) => match self.setups.of(&field.name, switches) {
                Some(setup) if value.is_null() || value == "" => json!(setup.when_empty()),
                _ => value,
            },
            _ => value,
        }
    }

    /// Whether lists and queries leave the record out.
    pub(super) fn hidden(&self, cx: &Cx<'_>, entity: Entity, id: u64) -> bool {
        self.births.hides(cx, entity.collection(), id)
    }

    /// All that there is, in the shapes in which it can be seeded again.
    pub(super) fn state(&self, switches: &Switches) -> Fields {
        let mut state = Fields::new();
        for entity in ENTITIES {
            let view = |(_, record): (u64, &Fields)| {
                let mut view = self.view(switches, entity, record);
                if entity == Entity::Line {
                    let linked = record.get("QuotationLineLinkedDataId").cloned().unwrap_or(json!(0));
                    view.insert("QuotationLineLinkedDataId".into(), linked);
                }
                Value::Object(view)
            };
            state.insert(entity.collection().into(), self.all(entity).map(view).collect());
        }
        state.insert("fields-metadata".into(), Value::Array(self.setups.state()));
        state.insert("hooks".into(), self.hooks.registered());
        state.insert("linked-setup".into(), json!([self.linked_setup]));
        state
    }
}

fn id_row(entity: Entity) -> Entity {
    if entity == Entity::Delivery { Entity::Opportunity } else { entity }
}
