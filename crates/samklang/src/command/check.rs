//! `check`: can we sign in, to whom, and can the systems do what the configuration asks for.

use std::sync::Arc;

use sync_core::{
    Context,
    connector::{Connector, Tenant},
};

use super::{Shell, conditions, prices};
use crate::{
    fail::Failure,
    file::Config,
    session::{self, Session},
    show::text,
};

/// Looks at each connection, whatever is remembered of it, then at all of them under the policy.
///
/// # Errors
/// Connections that fail, all of them; else the policy's mistakes, all of them; else prices that can never arrive, and conditions that
/// can never hold.
pub(super) async fn check(config: &Config, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let store = session::open_or_memory(&config.store).await?;
    let shared = session::shared(config, &shell.machine)?;
    let cx = Context::new(shell.machine.clock.clone(), "check");
    let (mut rows, mut notes, mut failures, mut connectors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, connection) in &config.connections {
        let id = session::id_of(name, connection);
        let met = match session::connect(name, connection, (&shell.machine, &shared), None).await {
            Ok(connected) => {
                let met = connected.connector.check(&cx).await.map_err(|error| Failure::of_system(&id, &error));
                notes.extend(connected.notes.into_iter().map(|note| format!("{name}: {note}")));
                connectors.push(connected.connector);
                met
            }
            Err(failure) => Err(failure),
        };
        let known = store.tenants(std::slice::from_ref(&id)).await?.pop().map(|(_, tenant)| tenant);
        match met.and_then(|tenant| session::same(&id, tenant, known)) {
            Ok(tenant) => rows.push(row(name, connection.system.name, &tenant, connectors.last())),
            Err(failure) => {
                rows.push(vec![name.clone(), connection.system.name.to_owned(), "failed".to_owned()]);
                failures.push(failure);
            }
        }
    }
    writeln!(shell.out, "{}", text::table(&["connection", "system", "company", "currency", "streams"], rows))?;
    notes.iter().try_for_each(|note| writeln!(shell.out, " {note}"))?;
    if let Some(failure) = failures.into_iter().reduce(|first, other| other.after(Some(first))) {
        return Err(failure);
    }
    let mut builder = config.engine(store.clone(), shell.machine.clock.clone());
    for connector in connectors {
        builder = builder.system(connector);
    }
    let engine = builder.build().map_err(|mistakes| config.mistakes(mistakes))?;
    let session = Session { engine, store };
    entities(&session, shell)?;
    hooks(config, shell)?;
    let unknown = prices::unknown_lists(&config.policy, &session.engine);
    let never = unknown.into_iter().chain(prices::without_source(&session.engine));
    let mut never = never.chain(conditions::never(&session.engine));
    if let Some(line) = never.next() {
        return Err(Failure { more: never.collect(), ..Failure::usage(line) });
    }
    writeln!(shell.out, "\nThe configuration fits the systems.")?;
    Ok(0)
}

fn row(name: &str, system: &str, tenant: &Tenant, connector: Option<&Arc<dyn Connector>>) -> Vec<String> {
    let streams = connector.map(|connector| {
        connector.capabilities().streams.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    });
    vec![
        name.to_owned(),
        system.to_owned(),
        format!("{} ({})", tenant.name, tenant.id),
        tenant.base_currency.clone().unwrap_or_default(),
        streams.unwrap_or_default(),
    ]
}

/// Which streams take part in what, and how.
fn entities(session: &Session, shell: &mut Shell<'_>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for entity in &session.engine.policy().entities {
        for table in entity.streams.values() {
            let role = &table.role;
            let mut does = Vec::new();
            does.extend(role.read.then_some("read"));
            does.extend(match role.create {
                sync_core::policy::Create::Never => None,
                sync_core::policy::Create::Asked => Some("create when asked"),
                sync_core::policy::Create::Always => Some("create"),
            });
            does.extend(role.update.then_some("update"));
            does.extend(role.remove.then_some("remove"));
            rows.push(vec![entity.name.to_string(), table.key.to_string(), does.join(", ")]);
        }
    }
    writeln!(shell.out, "\n{}", text::table(&["entity", "stream", "does"], rows))?;
    Ok(())
}

/// Code of one's own that is on, in the order in which it is called; and what the program brings for nothing.
fn hooks(config: &Config, shell: &mut Shell<'_>) -> Result<(), Failure> {
    let on = || config.policy.entities.iter().flat_map(|(entity, set)| set.hooks.iter().map(move |row| (entity, row)));
    let rows: Vec<Vec<String>> =
        on().map(|(entity, row)| vec![entity.to_string(), row.at.clone(), row.hook.clone()]).collect();
    if !rows.is_empty() {
        writeln!(shell.out, "\n{}", text::table(&["entity", "connection", "hook that is on"], rows))?;
    }
    let off: Vec<&str> = config.plugins.hooks.names().filter(|name| !on().any(|(_, row)| row.hook == *name)).collect();
    if !off.is_empty() {
        writeln!(shell.out, "\nHooks that no rule set names, so they do nothing: {}", off.join(", "))?;
    }
    Ok(())
}
