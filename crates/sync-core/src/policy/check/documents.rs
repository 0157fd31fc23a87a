//! Checks of what is said of documents.

use rust_decimal::Decimal;

use super::{Case, Mistake};
use crate::{
    id::EntityKind,
    model::Organisation,
    policy::{
        Becomes, Create, Differs, FieldRule, Role, RuleSet, Until,
        compile::{invoices, rule_at},
        document::items,
    },
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    for (connection, role) in &case.set.systems {
        let place = case.at(&format!("systems.{connection}"));
        becomes(case, &place, connection, role, found);
        until(case, &place, connection, role, found);
        names_items(case, &place, connection, role, found);
    }
    as_order(case, found);
    update_register(case, found);
    for connection in case.set.rows.keys() {
        rows(case, connection, found);
    }
    for connection in case.set.accounts.keys() {
        let place = case.at(&format!("accounts.{connection}"));
        let mut streams = case.known.streams(connection, case.set.kind);
        let becomes = case.role(&place, connection, found).map(|role| role.becomes);
        if !case.lacks_kind(connection)
            && becomes.is_some_and(|becomes| becomes != Some(Becomes::Invoice))
            && !streams.any(|(_, cap)| cap.document.as_ref().is_some_and(|document| document.pays.is_some()))
        {
            let fault = format!("'{connection}' takes no payments on its records of kind {}", case.set.kind);
            found.push(Mistake::new(place, fault, "take it out"));
        }
    }
}

fn becomes(case: &Case<'_>, place: &str, connection: &str, role: &Role, found: &mut Vec<Mistake>) {
    let Some(becomes) = role.becomes else { return };
    let place = format!("{place}.becomes");
    if case.set.kind != EntityKind::Order {
        let fault = format!("only an order becomes something else, and this is of kind {}", case.set.kind);
        found.push(Mistake::new(place, fault, "take it out"));
    } else if becomes == Becomes::Invoice && role.create == Create::Never {
        let fault = "orders become invoices there, but nothing is to be made".to_owned();
        found.push(Mistake::new(place, fault, "set create = \"always\""));
    } else if becomes == Becomes::Invoice && invoices(case.policy, connection).is_none() {
        let fault = format!("no rule set keeps the invoices made at '{connection}'");
        let cure = format!("add one of kind \"invoice\" with {connection} = {{ read = true }}");
        found.push(Mistake::new(place, fault, cure));
    }
}

/// Where a document may go as an order, its rule set must know the orders that are there.
fn as_order(case: &Case<'_>, found: &mut Vec<Mistake>) {
    if !case.set.buyer_differs.has(Differs::AsOrder) {
        return;
    }
    let place = case.at("buyer_differs");
    let makes = |role: &Role| role.becomes == Some(Becomes::Invoice);
    if case.set.kind == EntityKind::Invoice {
        let orders = case.policy.entities.values().filter(|set| set.kind == EntityKind::Order);
        let mut deriving = orders.filter(|set| set.systems.values().any(makes));
        if !deriving.any(|set| set.buyer_differs.has(Differs::AsOrder)) {
            let cure = "write it in the rule set of the orders that become these invoices";
            found.push(Mistake::new(place, "an invoice by itself cannot go as an order", cure));
        }
        return;
    }
    for (connection, _) in case.set.systems.iter().filter(|(_, role)| makes(role)) {
        if !case.is_refused(connection) && !case.known.streams(connection, EntityKind::Order).any(|(_, cap)| cap.create)
        {
            let fault = format!("'{connection}' makes no orders, so nothing can go there as one");
            found.push(Mistake::new(&place, fault, "write \"hold\", \"update_register\" or \"as_register\""));
        }
    }
}

/// What a document corrects must be left to it by the rules of its buyers.
fn update_register(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let differs = case.set.buyer_differs;
    let asked =
        [("currency", differs.currency, Organisation::CURRENCY), ("address", differs.address, Organisation::BILLING)];
    for (what, _, unit) in asked.into_iter().filter(|(_, differs, _)| *differs == Differs::UpdateRegister) {
        let made = case.set.systems.iter().filter(|(_, role)| role.create != Create::Never);
        for (connection, _) in made {
            let buyers = case.policy.entities.values().filter(|set| set.kind == EntityKind::Organisation);
            let mut buyers = buyers.filter(|set| set.systems.get(connection).is_some_and(|role| role.update));
            let takes = case
                .known
                .streams(connection, EntityKind::Organisation)
                .any(|(_, cap)| cap.fields.iter().any(|(path, field)| path.is_under(unit) && field.writable(false)));
            let left =
                |set: &RuleSet| matches!(rule_at(set, unit), Some(FieldRule::Seed { .. } | FieldRule::Shared { .. }));
            if !(takes && buyers.any(left)) {
                let fault = format!("no rule lets a document change the {what} of its buyer at '{connection}'");
                let cure = format!(
                    "let {connection} update the rule set of its buyers, and give {unit} the rule \"seed\" or \"shared\""
                );
                found.push(Mistake::new(case.at(&format!("buyer_differs.{what}")), fault, cure));
            }
        }
    }
}

fn until(case: &Case<'_>, place: &str, connection: &str, role: &Role, found: &mut Vec<Mistake>) {
    let Some(until) = role.until else { return };
    let invoices = case.set.kind == EntityKind::Invoice || role.becomes == Some(Becomes::Invoice);
    let (kind, words) = match case.set.kind {
        _ if invoices => (EntityKind::Invoice, [Until::Draft, Until::Booked, Until::Sent].as_slice()),
        EntityKind::Order => (EntityKind::Order, [Until::Draft, Until::Open].as_slice()),
        _ => (case.set.kind, [].as_slice()),
    };
    let place = format!("{place}.until");
    if !words.contains(&until) {
        let fault = format!("'{}' is no stage of {kind}", until.word());
        let words: Vec<&str> = words.iter().map(|word| word.word()).collect();
        let cure = match words.is_empty() {
            true => "take it out: only orders and invoices have stages".to_owned(),
            false => format!("write one of {}", words.join(", ")),
        };
        found.push(Mistake::new(place, fault, cure));
        return;
    }
    let reaches = case.known.streams(connection, kind).any(|(_, cap)| {
        cap.document.as_ref().is_some_and(|document| {
            document.steps.iter().any(|step| step.to == until.word() || step.from == until.word())
        })
    });
    if !reaches && !case.lacks_kind(connection) {
        let fault = format!("'{connection}' has no step that leads to '{}'", until.word());
        found.push(Mistake::new(place, fault, "take it out, and let people do it there"));
    }
}

/// Where a line has to name an item, the items must be known.
fn names_items(case: &Case<'_>, place: &str, connection: &str, role: &Role, found: &mut Vec<Mistake>) {
    let mut streams = case.known.streams(connection, case.set.kind);
    let names = streams.any(|(_, cap)| cap.create && cap.document.as_ref().is_some_and(|d| d.names_items));
    if names && role.create != Create::Never && items(case.policy, connection).is_none() {
        let fault =
            format!("a row of {} at '{connection}' names an item, and nothing finds items there", case.set.kind);
        let cure = format!(
            "add a rule set of kind \"item\" with {connection} = {{ read = true }} and match = [{{ on = [\"number\"] }}]"
        );
        found.push(Mistake::new(format!("{place}.create"), fault, cure));
    }
}

fn rows(case: &Case<'_>, connection: &str, found: &mut Vec<Mistake>) {
    let place = case.at(&format!("rows.{connection}"));
    if case.role(&place, connection, found).is_none() {
        return;
    }
    let Some(carriers) = case.set.rows.get(connection) else { return };
    for (name, table) in carriers.by_rate() {
        for rate in table.keys().filter(|rate| rate.parse::<Decimal>().is_err()) {
            let fault = format!("'{rate}' is no VAT rate");
            found.push(Mistake::new(format!("{place}.{name}"), fault, "write percent as a number: \"25\""));
        }
    }
}
