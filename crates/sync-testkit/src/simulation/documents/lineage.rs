//! Documents that the engine made, and what became of them, by the ERP's own log.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sync_core::{ExternalRef, FieldMap, FieldPath};

use super::{
    plan::{DRAFTS, INVOICES, MARK, ORDERS},
    play::{Stage, amount},
};
use crate::mock::{Acted, Change, Who};

/// A document that the engine made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) mark: String,
    pub(super) began: DateTime<Utc>,
    /// The name under which it was made.
    pub(super) first: ExternalRef,
    /// Its names, oldest first: a step may have moved it.
    pub(super) names: Vec<ExternalRef>,
    /// A copy that somebody made before the engine knew the original: nobody can tell the two apart.
    pub(super) twin: bool,
    /// When somebody removed it.
    pub(super) removed: Option<DateTime<Utc>>,
}

impl Made {
    pub(super) fn name(&self) -> &ExternalRef {
        self.names.last().unwrap_or(&self.first)
    }
}

/// An order of the shop with all that it ever was.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    pub(super) reference: ExternalRef,
    /// Fields from a moment on.
    pub(super) versions: Vec<(DateTime<Utc>, FieldMap)>,
    pub(super) removed: bool,
}

impl Ordered {
    /// What it says at the end.
    pub(super) fn now(&self) -> FieldMap {
        self.versions.last().map(|(_, fields)| fields.clone()).unwrap_or_default()
    }
    /// What it came to at some moment between two.
    pub(super) fn grosses(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Decimal> {
        let gross = |fields: &FieldMap| amount(fields, FieldPath::from_static("content.gross"));
        let within = self.versions.iter().filter(|(at, _)| *at > from && *at <= to).map(|(_, fields)| gross(fields));
        let before = self.versions.iter().rev().find(|(at, _)| *at <= from).map(|(_, fields)| gross(fields));
        before.into_iter().chain(within).collect()
    }
    /// The most that it ever said was paid.
    pub(super) fn paid(&self) -> Decimal {
        let paid = self.versions.iter().map(|(_, fields)| amount(fields, sync_core::model::Order::PAID));
        paid.max().unwrap_or_default()
    }
}

/// All that the oracle reads.
pub(super) struct Facts {
    pub(super) made: Vec<Made>,
    pub(super) orders: BTreeMap<String, Ordered>,
    pub(super) log: Vec<Change>,
    pub(super) acts: Vec<Acted>,
}

impl Facts {
    pub(super) fn gather(stage: &Stage<'_>) -> Self {
        let (log, acts) = (stage.erp().log(), stage.erp().acts());
        let made = made(&log, &acts, stage);
        Self { made, orders: orders(stage), log, acts }
    }
    /// The document of ours that a name belongs to.
    pub(super) fn owner(&self, name: &ExternalRef) -> Option<&Made> {
        self.made.iter().find(|made| made.names.contains(name))
    }
}

fn made(log: &[Change], acts: &[Acted], stage: &Stage<'_>) -> Vec<Made> {
    let moved = |name: &ExternalRef| acts.iter().find(|acted| acted.reference == *name && acted.became != *name);
    let became = |name: &ExternalRef| acts.iter().any(|acted| acted.became == *name && acted.reference != *name);
    let homes = [stage.erp().at(DRAFTS), stage.erp().at(INVOICES)];
    let is_twin = |name: &ExternalRef| stage.copies.iter().any(|(copy, known)| copy == name && !known);
    let is_new = |change: &&Change| {
        let new = change.before.is_empty() && !change.removed && homes.contains(&change.reference.at);
        new && (change.who == Who::Engine && !became(&change.reference) || is_twin(&change.reference))
    };
    let mut all = Vec::new();
    for change in log.iter().filter(is_new) {
        let mut names = vec![change.reference.clone()];
        while let Some(next) = names.last().and_then(moved) {
            names.push(next.became.clone());
        }
        let gone = |change: &&Change| change.removed && names.last() == Some(&change.reference);
        let removed = log.iter().find(gone).map(|change| change.at);
        let mark = change.after.text(FieldPath::new(MARK)).unwrap_or("-").to_owned();
        let (first, twin) = (change.reference.clone(), is_twin(&change.reference));
        all.push(Made { mark, began: change.began, first, names, twin, removed });
    }
    all
}

fn orders(stage: &Stage<'_>) -> BTreeMap<String, Ordered> {
    let mut all: BTreeMap<String, Ordered> = BTreeMap::new();
    let at = stage.shop().at(ORDERS);
    for change in stage.shop().log().into_iter().filter(|change| change.reference.at == at) {
        let mark = format!("shop-{}", change.reference.id);
        let reference = change.reference.clone();
        let order = all.entry(mark).or_insert(Ordered { reference, versions: Vec::new(), removed: false });
        if change.removed {
            order.removed = true;
        } else {
            order.versions.push((change.at, change.after));
        }
    }
    all
}
