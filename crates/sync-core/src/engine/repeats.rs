//! Values that are written again and again to the same place and do not stay: a vendor that alters them, another program
//! that puts them back, two systems that each write a code in a way of their own. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::outcome::sent;
use crate::{
    id::SystemId,
    policy::Guards,
    store::{Binding, BoundSide, Repeats, Share},
    value::FieldPath,
};

/// Values that are remembered of a field: those that two or three systems write in turn.
const VALUES: usize = 4;

/// Notes what a change wrote. What the hub counts goes up and down by nature and is not noted.
pub(super) fn note(binding: &mut Binding, share: &Share, now: DateTime<Utc>) {
    let wrote = sent(share);
    for unit in share.units.iter().filter(|unit| binding.origins.get(*unit) != Some(&SystemId::hub())) {
        let Some(side) = binding.sides.get_mut(&share.at) else { return };
        let value = short(wrote.under(*unit).fingerprint().bits());
        match side.repeats.get_mut(unit) {
            Some(known) if known.values.contains(&value) => known.times += 1,
            Some(known) => {
                known.values.push(value);
                let over = known.values.len().saturating_sub(VALUES);
                known.values.drain(..over);
            }
            None => {
                side.repeats.insert(*unit, Repeats { since: now, times: 0, values: vec![value] });
            }
        }
    }
}

/// Half of a fingerprint tells a few values apart.
fn short(bits: u128) -> u64 {
    u64::try_from(bits >> 64).unwrap_or_default()
}

/// Forgets what is older than the window.
pub(super) fn fade(side: &mut BoundSide, guards: &Guards, now: DateTime<Utc>) {
    let window = TimeDelta::seconds(i64::try_from(guards.rewrites_within.as_secs()).unwrap_or(i64::MAX / 1000));
    side.repeats.retain(|_, known| now.signed_duration_since(known.since) < window);
}

/// How often values of this unit were written anew, if that is too often.
pub(super) fn too_often(side: &BoundSide, unit: FieldPath, guards: &Guards) -> Option<u32> {
    let times = side.repeats.get(&unit)?.times;
    (guards.max_rewrites > 0 && times >= guards.max_rewrites).then_some(times)
}
