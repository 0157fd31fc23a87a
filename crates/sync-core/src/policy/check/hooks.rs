//! Hooks that are on.

use super::{super::mistake::suggest, Case, Mistake};
use crate::policy::{Becomes, compile::invoices};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    for (number, row) in case.set.hooks.iter().enumerate() {
        let place = case.at(&format!("hooks[{number}]"));
        name(case, &format!("{place}.hook"), &row.hook, found);
        at(case, &format!("{place}.at"), &row.at, found);
    }
}

fn name(case: &Case<'_>, place: &str, name: &str, found: &mut Vec<Mistake>) {
    let brought = case.known.hooks;
    if !brought.contains(name) {
        let cure = match brought.names().next() {
            None => "the program that runs the policy brings hooks, and this one brings none".to_owned(),
            Some(_) => suggest(name, brought.names()),
        };
        found.push(Mistake::new(place, format!("there is no hook '{name}'"), cure));
    }
}

/// A hook that is never called would be one that nobody misses.
fn at(case: &Case<'_>, place: &str, connection: &str, found: &mut Vec<Mistake>) {
    let Some(role) = case.role(place, connection, found) else { return };
    if role.becomes == Some(Becomes::Invoice) {
        let keeper = invoices(case.policy, connection).map_or("<name>", |(name, _)| name.as_str());
        found.push(Mistake::new(
            place,
            format!("'{connection}' makes invoices of these, and is called for them as such"),
            format!("put the hook under [[entities.{keeper}.hooks]]"),
        ));
    } else if !case.is_refused(connection)
        && !case.entity.streams.keys().any(|key| key.system.connection() == connection)
    {
        let fault = format!("'{connection}' has no {}", case.set.kind);
        found.push(Mistake::new(place, fault, "name a connection that has them"));
    }
}
