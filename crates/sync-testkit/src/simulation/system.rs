//! Systems of a history: what they do to values, how they list, what they lose.

use std::collections::BTreeMap;

use sync_core::{
    FieldPath, Value,
    model::{Organisation, Person},
};

use super::rules::Kind;
use crate::{Mock, mock::Habits};

/// One system.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SystemPlan {
    /// Its place among all that the seed made; its name.
    pub(super) place: usize,
    /// Its clock is ahead by so many seconds.
    pub(super) skew_s: i64,
    /// Its persons are part of its companies' records: one contact each.
    pub(super) facet: bool,
    /// What it has.
    pub(super) streams: BTreeMap<Kind, StreamPlan>,
}

/// The habits of one stream. The default is a plain one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StreamPlan {
    /// `name` and `billing.street` are cut to so many characters.
    pub(super) cut: Option<u32>,
    /// Amounts keep so many decimals.
    pub(super) rounds: Option<u32>,
    /// `name` and `website` come back in capitals.
    pub(super) upper: bool,
    /// `gold` is kept as `silver`, without saying so.
    pub(super) recodes: bool,
    /// Tells what changed since, in stamps of so many milliseconds.
    pub(super) since_ms: Option<u32>,
    /// Shows changes so late.
    pub(super) late_s: u32,
    /// Records in a page; 0 for many.
    pub(super) page: u32,
    /// Rows show the name alone.
    pub(super) partial: bool,
    pub(super) tombstones: bool,
    pub(super) replaces: bool,
    pub(super) versions: bool,
    pub(super) idempotent: bool,
    pub(super) marks: bool,
    pub(super) finds: bool,
    pub(super) incomplete: bool,
    /// Does not answer a write with the record.
    pub(super) silent: bool,
    /// Writes in a call, and calls at once; 0 for one.
    pub(super) batch: (u32, u32),
    /// Turns that a call takes beyond the usual ones.
    pub(super) slow: usize,
    /// Chances in a thousand.
    pub(super) loses: u32,
    pub(super) doubles: u32,
    pub(super) unavailable: u32,
    pub(super) limited: u32,
    pub(super) short: u32,
    pub(super) empty: u32,
    pub(super) shuffles: u32,
    /// Refuses every record whose `name` holds this.
    pub(super) refuses: Option<u64>,
    /// Cannot take `website`.
    pub(super) read_only: bool,
}

impl SystemPlan {
    /// Its connection's name.
    pub(super) fn name(&self) -> String {
        name(self.place)
    }
    pub(super) fn mock(&self) -> Mock {
        let mut mock = Mock::new(&self.name()).with_skew(self.skew_s);
        for (kind, plan) in &self.streams {
            let habits = |habits| plan.habits(*kind, habits);
            mock = match kind {
                Kind::Company => mock.stream::<Organisation>(kind.stream(), habits),
                Kind::Person if self.facet => {
                    mock.stream::<Person>(kind.stream(), |own| habits(own).facet_of(Kind::Company.stream()))
                }
                Kind::Person => mock.stream::<Person>(kind.stream(), habits),
            };
        }
        mock
    }
    /// The kind whose records carry those of a kind.
    pub(super) fn host(&self, kind: Kind) -> Kind {
        if self.facet { Kind::Company } else { kind }
    }
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.streams.contains_key(&kind)
    }
}

/// The name of the system at a place.
pub(super) fn name(place: usize) -> String {
    ["a", "b", "c", "d"].get(place).copied().unwrap_or("z").to_owned()
}

impl StreamPlan {
    /// Whether there is another way to tell what a record was made for than to compare it.
    pub(super) fn can_recognise(&self) -> bool {
        self.marks || self.idempotent
    }
    /// Where a listing is the only way to look for a create, a listing that lies leaves nothing to go by; and what alters
    /// values without saying so shows at least what came of a write.
    pub(super) fn is_fair(&self) -> bool {
        (self.can_recognise() || self.finds || (self.short == 0 && self.empty == 0)) && !(self.recodes && self.silent)
    }
    fn habits(&self, kind: Kind, habits: Habits) -> Habits {
        let mut habits = habits.only(kind.fields());
        if let Some(length) = self.cut {
            for field in self.cut_fields(kind) {
                habits = habits.cuts(field, length);
            }
        }
        if let (Some(scale), Kind::Company) = (self.rounds, kind) {
            habits = habits.rounds("discount_percent", scale);
        }
        if self.upper {
            habits = habits.uppercases("name");
        }
        if self.recodes && kind == Kind::Company {
            habits = habits.recodes("category", "gold", "silver");
        }
        if self.read_only && kind == Kind::Company {
            habits = habits.read_only("website");
        }
        if let Some(ms) = self.since_ms {
            habits = habits.since(ms);
        }
        if self.late_s > 0 {
            habits = habits.late(self.late_s);
        }
        if self.page > 0 {
            habits = habits.pages(self.page);
        }
        if self.partial {
            habits = habits.partial_rows(&["name"]);
        }
        let (in_a_call, at_once) = self.batch;
        habits = habits.batches(in_a_call, at_once);
        type Switch = fn(Habits) -> Habits;
        let switches: [(bool, Switch); 6] = [
            (self.tombstones, Habits::tombstones),
            (self.replaces, Habits::replaces),
            (self.versions, Habits::versions),
            (self.idempotent, Habits::idempotent),
            (self.incomplete, Habits::incomplete),
            (self.silent, Habits::answers_without_record),
        ];
        for (on, with) in switches {
            if on {
                habits = with(habits);
            }
        }
        if self.marks {
            habits = habits.marks("x.mock.mark");
        }
        if self.finds {
            habits = habits.finds("note");
        }
        if let Some(n) = self.refuses {
            habits = habits.refuses("name", &format!("{n} "));
        }
        habits
            .slow(self.slow)
            .loses_answers(self.loses)
            .doubles(self.doubles)
            .unavailable(self.unavailable)
            .rate_limited(self.limited)
            .short_listings(self.short, self.empty)
            .shuffles(self.shuffles)
    }
    fn cut_fields(&self, kind: Kind) -> &'static [&'static str] {
        match kind {
            Kind::Company => &["name", "billing.street"],
            Kind::Person => &["name"],
        }
    }
    /// Whether `shown` is what this stream shows after it was given `wanted`, by what a reader of its manual would say.
    pub(super) fn shows(&self, kind: Kind, path: FieldPath, wanted: Option<&Value>, shown: Option<&Value>) -> bool {
        let filled = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
        match (filled(wanted), filled(shown)) {
            (None, None) => true,
            (Some(Value::Text(wanted)), Some(Value::Text(shown))) => self.shows_text(kind, path, &wanted, &shown),
            (Some(Value::Decimal(wanted)), Some(Value::Decimal(shown))) => {
                let scale = self.rounds.filter(|_| path.as_str() == "discount_percent");
                let kept = scale.map_or(wanted, |scale| {
                    wanted.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
                });
                kept == shown
            }
            (wanted, shown) => wanted == shown,
        }
    }
    fn shows_text(&self, kind: Kind, path: FieldPath, wanted: &str, shown: &str) -> bool {
        let recoded = self.recodes && path.as_str() == "category" && wanted == "gold" && shown == "silver";
        let cut = self.cut.filter(|_| self.cut_fields(kind).contains(&path.as_str()));
        let kept: String = match cut {
            Some(length) => wanted.chars().take(usize::try_from(length).unwrap_or(usize::MAX)).collect(),
            None => wanted.to_owned(),
        };
        let upper = self.upper && path.as_str() == "name";
        recoded || kept == shown || (upper && kept.to_uppercase() == shown.to_uppercase())
    }
}
