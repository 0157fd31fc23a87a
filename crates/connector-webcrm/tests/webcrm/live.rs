//! The rules for connectors on a real system: one for tests, with a token of its own that may read and write.
//!
//! `SAMKLANG_LIVE_WEBCRM_TOKEN` names it, and `_LINE_PRICE` (`unit` or `line_total_after_discount`) says what a line's price
//! means there; without them nothing is tried. It makes organisations with `samklang-` in their names. webCRM's interface
//! deletes none, so they stay until somebody deletes them there; documents and items are not tried for that reason.

use std::sync::Arc;

use connector_webcrm::{Config, Environment, connect};
use serde_json::json;
use sync_core::{
    Canonical, Clock, Context, StreamId,
    layer::{Checked, Stack},
    model::Organisation,
};
use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};
use sync_testkit::connector_suite::{Live, Sample, prove_live};

use crate::conformance::WAIVERS;

#[allow(clippy::disallowed_methods, reason = "an account for tests is named by whoever runs them")]
fn set(name: &str) -> Option<String> {
    std::env::var(format!("SAMKLANG_LIVE_WEBCRM_{name}")).ok().filter(|value| !value.is_empty())
}

fn sample(stream: &StreamId, prefix: &str, nth: usize) -> Option<Sample> {
    let organisation = Organisation::new().name(format!("{prefix} {nth}"));
    (stream.as_str() == "organisations").then(|| vec![(stream.clone(), organisation.to_fields())])
}

#[tokio::test]
async fn a_real_system_keeps_the_rules() {
    let (Some(token), Some(line_price)) = (set("TOKEN"), set("LINE_PRICE")) else {
        eprintln!("no SAMKLANG_LIVE_WEBCRM_TOKEN, _LINE_PRICE: no real system was tried");
        return;
    };
    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
    let environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
    let cx = Context::new(Arc::new(SystemClock), "conformance");
    let prefix = format!("samklang-{}", SystemClock.now().timestamp() % 1_000_000);
    let config: Config =
        serde_json::from_value(json!({ "application_token": token, "line_price": line_price })).unwrap();
    let crm = connect(&cx, "live", config, environment, None).await.unwrap();
    let connector = Stack::new(Arc::new(crm.router)).with(Checked).build();
    let volatile = ["OrganisationUpdatedAt", "OrganisationUpdatedBy", "OrganisationHistory"];
    let live = Live::new(connector, cx, prefix, Arc::new(sample)).with_volatile(volatile);
    if let Err(found) = prove_live(&live, WAIVERS).await {
        panic!("{found}");
    }
}
