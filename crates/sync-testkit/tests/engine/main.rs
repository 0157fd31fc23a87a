//! The engine on mocks: what each settled point of its semantics means for users.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used, reason = "tests may")]

mod behind;
mod campaigns;
mod complaints;
mod desk;
mod documents;
mod documents_as_invoices;
mod facets;
mod fields;
mod library_alone;
mod life;
mod loops;
mod mappers;
mod matching;
mod met;
mod people;
mod scope;
mod sent;
mod status;
mod stock;
mod webcrm_faults;
mod writes;

use sync_core::{
    FieldMap, SystemId, Value,
    engine::{Cancel, Mode, Report, Silent},
    model::Organisation,
    store::{Event, StateStore},
};
use sync_testkit::{Mock, World, drive, mock::Habits};

/// A CRM that leads and an ERP that follows.
const ONE_WAY: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

/// Both may change everything; two at once are held.
const SHARED: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    systems.crm = { read = true, create = "always", update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.name = { rule = "shared", on_conflict = "hold" }
    fields.email = { rule = "shared", on_conflict = { prefer = ["erp", "crm"] } }
    fields.phone = { rule = "shared", on_conflict = "hold" }
    fields.billing = { rule = "shared", on_conflict = "hold" }
    fields.registration_number = { rule = "shared", on_conflict = "hold" }
"#;

fn two(policy: &str, crm: impl FnOnce(Habits) -> Habits, erp: impl FnOnce(Habits) -> Habits) -> World {
    World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", crm))
        .with(Mock::new("erp").stream::<Organisation>("customer", erp))
        .policy(policy)
}

fn plain(habits: Habits) -> Habits {
    habits
}

fn company(name: &str, number: &str) -> Organisation {
    Organisation::new().name(name).registration_number(number)
}

/// A run a minute after the last one, in which `meanwhile` is asked before each turn.
fn run_while(world: &World, mut meanwhile: impl FnMut(&World, usize)) -> Report {
    world.pass(60);
    let engine = world.engine().unwrap();
    let cancel = Cancel::new();
    let mut run = std::pin::pin!(engine.run(Mode::Sync, &Silent, &cancel));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut turn = 0;
    loop {
        meanwhile(world, turn);
        if let std::task::Poll::Ready(report) = run.as_mut().poll(&mut cx) {
            return report.unwrap();
        }
        turn += 1;
    }
}

/// Whether the journal names a value that lost.
fn is_journaled(world: &World, field: &str, value: &str) -> bool {
    let of = |(_, lost): &(SystemId, FieldMap)| lost.get(sync_core::FieldPath::new(field)) == Some(&Value::from(value));
    let journal = drive(world.store().journal(&[], usize::MAX)).unwrap();
    journal.iter().any(|entry| match &entry.event {
        Event::Settled { overridden, .. } => overridden.iter().any(of),
        _ => false,
    })
}
