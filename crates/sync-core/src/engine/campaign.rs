//! Prices that are others today: computed by the hub after records are decided, before they are planned.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    hub,
    run::Decided,
    subject::{Sight, Subject},
    work::Work,
};
use crate::{
    campaign,
    connector::Record,
    error::Result,
    id::CanonicalId,
    model::Price,
    policy::{CampaignTable, Entity, Source},
    store::{Binding, MatchKey},
    value::Value,
};

impl Work<'_> {
    /// Computes the prices that were decided, and those whose campaign price was.
    pub(super) async fn run_campaigns(&mut self, decided: &mut Vec<Decided>) -> Result<()> {
        let places: BTreeSet<usize> = decided.iter().map(|one| one.place).collect();
        for place in places {
            let Some(entity) = self.entity(place) else { continue };
            let Some(table) = &entity.campaign else { continue };
            let own = decided.iter().filter(|one| one.place == place).map(|one| one.diffed.binding.clone());
            let mut prices: BTreeMap<CanonicalId, Binding> = own.map(|binding| (binding.id, binding)).collect();
            prices.extend(self.bases(entity, table, &prices).await?);
            let listed = self.listed(entity, table, &prices).await?;
            let at = hub::places(decided);
            for (id, price) in prices {
                let amount = listed.get(&id).copied();
                if let Some(subject) = self.priced(entity, table, price, amount) {
                    self.decide_again_at(at.get(&id).copied(), place, entity, subject, decided).await?;
                }
            }
        }
        Ok(())
    }

    /// The hub's word on a price, if it is a new one.
    fn priced(
        &self,
        entity: &Entity,
        table: &CampaignTable,
        price: Binding,
        listed: Option<Decimal>,
    ) -> Option<Subject> {
        let hub = entity.hub.as_ref().filter(|_| price.is_live() && !price.ambiguous)?;
        let word = campaign::word(table, &price.agreed, listed, self.as_of);
        let word = word.filter(|path| hub.cap.fields.contains_key(&path));
        let before = price.sides.get(&hub.key);
        let same = before.map_or(word.all_null(), |side| side.shadow == word);
        if same {
            return None;
        }
        let mut subject = Subject::of(price);
        let record = Record::new(hub.key.id(subject.binding.id.to_string()), word);
        subject.sights.insert(hub.key.clone(), Sight::new(record));
        Some(subject)
    }

    /// Prices that get their campaign from one of these.
    async fn bases(
        &self,
        entity: &Entity,
        table: &CampaignTable,
        prices: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<BTreeMap<CanonicalId, Binding>> {
        let of = prices.values().filter(|price| campaign::is_of_campaign(entity, &price.agreed));
        let keys = of.filter_map(|price| campaign::key(&entity.name, &price.agreed, &table.base)).collect();
        let mut found = BTreeMap::new();
        for binding in self.prices_under(&keys).await?.into_values() {
            found.insert(binding.id, binding);
        }
        found.retain(|id, _| !prices.contains_key(id));
        Ok(found)
    }

    /// What the campaign's list says of each of these.
    async fn listed(
        &self,
        entity: &Entity,
        table: &CampaignTable,
        prices: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<BTreeMap<CanonicalId, Decimal>> {
        let Some(Source::List(list)) = &table.source else { return Ok(BTreeMap::new()) };
        let keyed =
            prices.iter().filter_map(|(id, price)| Some((*id, campaign::key(&entity.name, &price.agreed, list)?)));
        let keyed: BTreeMap<CanonicalId, MatchKey> = keyed.collect();
        let found = self.prices_under(&keyed.values().cloned().collect()).await?;
        let amount = |binding: &Binding| binding.agreed.get(Price::AMOUNT).and_then(Value::as_decimal);
        Ok(keyed.iter().filter_map(|(id, key)| Some((*id, amount(found.get(key)?)?))).collect())
    }

    /// Living prices by their own keys; where two have one key, the one that was met first.
    async fn prices_under(&self, keys: &BTreeSet<MatchKey>) -> Result<BTreeMap<MatchKey, Binding>> {
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked: Vec<MatchKey> = keys.iter().cloned().collect();
        let mut ids: BTreeSet<CanonicalId> = self.store.keyed(&asked).await?.into_iter().map(|(_, id)| id).collect();
        ids.extend(self.bindings.values().filter(|b| b.keys.iter().any(|key| keys.contains(key))).map(|b| b.id));
        let mut found = BTreeMap::new();
        for binding in self.load(&ids).await?.into_values().filter(|binding| binding.is_live()) {
            for key in binding.keys.iter().filter(|key| keys.contains(*key)) {
                found.entry(key.clone()).or_insert_with(|| binding.clone());
            }
        }
        Ok(found)
    }
}
