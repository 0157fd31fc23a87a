//! Records that are too new for lists.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Allowed, Cx, Switch};

/// How long lists and searches leave out a record after its creation, in seconds of the emulator's clock; a call by id
/// shows it at once. 0, the default: no time at all. Every vendor has this switch, and none documents the delay: with it a
/// test proves that a client looks twice before it takes a record for missing.
pub const LISTING_LAG: Switch = Switch {
    name: "listing_lag_s",
    about: "how long lists and searches leave out a newly made record, in seconds; calls by id show it at once",
    allowed: Allowed::Number { min: 0, max: LONGEST, default: 0 },
};

/// A day: older records need not be remembered.
const LONGEST: i64 = 86_400;

/// When records came into being, of all kinds that a vendor names, each under a number of its own within its kind.
///
/// A vendor notes each creation ([`note`](Births::note)) but not its seeds, and asks when it lists
/// ([`hides`](Births::hides)). The delay is the switch [`LISTING_LAG`].
#[derive(Clone, Debug, Default)]
pub struct Births {
    at: HashMap<(&'static str, u64), DateTime<Utc>>,
    order: VecDeque<(DateTime<Utc>, &'static str, u64)>,
}

impl Births {
    /// A record was made now.
    pub fn note(&mut self, cx: &Cx<'_>, kind: &'static str, number: u64) {
        self.at.insert((kind, number), cx.now);
        self.order.push_back((cx.now, kind, number));
        while let Some((at, kind, number)) = self.order.front().copied()
            && at + TimeDelta::seconds(LONGEST) < cx.now
        {
            self.order.pop_front();
            if self.at.get(&(kind, number)) == Some(&at) {
                self.at.remove(&(kind, number));
            }
        }
    }

    /// Whether lists leave out anything at all now: most lists need not ask for each record.
    pub fn any(&self, cx: &Cx<'_>) -> bool {
        self.order.back().is_some_and(|(at, ..)| young(cx, *at))
    }

    /// Whether lists leave out this record.
    pub fn hides(&self, cx: &Cx<'_>, kind: &'static str, number: u64) -> bool {
        self.any(cx) && self.at.get(&(kind, number)).is_some_and(|at| young(cx, *at))
    }
}

fn young(cx: &Cx<'_>, at: DateTime<Utc>) -> bool {
    let lag = cx.switches.number(&LISTING_LAG);
    lag > 0 && cx.now < at + TimeDelta::seconds(lag)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::frame::Switches;

    static KNOWN: &[Switch] = &[LISTING_LAG];

    #[test]
    fn a_record_is_hidden_for_as_long_as_the_switch_says() {
        let mut switches = Switches::new(KNOWN);
        let start = DateTime::UNIX_EPOCH;
        let mut births = Births::default();
        births.note(&Cx { now: start, switches: &switches }, "orders", 7);
        assert!(!births.hides(&Cx { now: start, switches: &switches }, "orders", 7));
        switches.set(json!({ "listing_lag_s": 10 }).as_object().unwrap()).unwrap();
        let at = |seconds| Cx { now: start + TimeDelta::seconds(seconds), switches: &switches };
        assert!(births.hides(&at(9), "orders", 7));
        assert!(!births.hides(&at(9), "orders", 8) && !births.hides(&at(9), "customers", 7));
        assert!(!births.hides(&at(10), "orders", 7) && !births.any(&at(10)));
    }

    #[test]
    fn what_is_older_than_any_delay_is_forgotten() {
        let switches = Switches::new(KNOWN);
        let mut births = Births::default();
        let at = |seconds| Cx { now: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds), switches: &switches };
        births.note(&at(0), "orders", 1);
        births.note(&at(LONGEST + 1), "orders", 2);
        assert_eq!((births.at.len(), births.order.len()), (1, 1));
    }
}
