//! The rules for connectors on a real company: a sandbox company, with a login of its own.
//!
//! `SAMKLANG_LIVE_EEKONOMI_CLIENT_ID`, `_CLIENT_SECRET`, `_COMPANY` (its organisation number) and `_TOKENS` (the folder in
//! which a login to the connection `live` keeps its tokens) name it; without them nothing is tried. It makes customers
//! with `samklang-` in their names, and deletes them. Articles and projects cannot be deleted and documents are for
//! bookkeeping, so it makes none.

use std::sync::Arc;

use connector_eekonomi::{Config, Environment, connect};
use sync_core::{
    Canonical, Clock, Context, StreamId,
    layer::{Checked, Stack},
    model::{Address, Organisation, Party},
};
use sync_http::{FileTokens, Limits, SystemClock, TokioTimer, Transport};
use sync_testkit::connector_suite::{Live, Sample, prove_live};

use crate::conformance::WAIVERS;

#[allow(clippy::disallowed_methods, reason = "an account for tests is named by whoever runs them")]
fn set(name: &str) -> Option<String> {
    std::env::var(format!("SAMKLANG_LIVE_EEKONOMI_{name}")).ok().filter(|value| !value.is_empty())
}

fn sample(stream: &StreamId, prefix: &str, nth: usize) -> Option<Sample> {
    let at = Address::new().street("Vägen 2").postal_code("222 22").city("Lund").country("SE");
    let customer = Organisation::new().name(format!("{prefix} {nth}")).party(Party::Company).billing(at);
    (stream.as_str() == "customers").then(|| vec![(stream.clone(), customer.to_fields())])
}

#[tokio::test]
async fn a_real_company_keeps_the_rules() {
    let named = (set("CLIENT_ID"), set("CLIENT_SECRET"), set("COMPANY"), set("TOKENS"));
    let (Some(id), Some(secret), Some(company), Some(tokens)) = named else {
        eprintln!("no SAMKLANG_LIVE_EEKONOMI_CLIENT_ID, _CLIENT_SECRET, _COMPANY, _TOKENS: no real company was tried");
        return;
    };
    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
    let tokens = Arc::new(FileTokens::new(tokens));
    let environment = Environment::new(Transport::new().unwrap(), limits, tokens);
    let cx = Context::new(Arc::new(SystemClock), "conformance");
    let prefix = format!("samklang-{}", SystemClock.now().timestamp() % 1_000_000);
    let config = Config::new(id, secret.into(), company);
    let erp = connect(&cx, "live", config, environment, None).await.unwrap();
    let connector = Stack::new(Arc::new(erp.router)).with(Checked).build();
    let live = Live::new(connector, cx, prefix, Arc::new(sample)).with_volatile(["ChangedUtc", "ModifiedUtc"]);
    if let Err(found) = prove_live(&live, WAIVERS).await {
        panic!("{found}");
    }
}
