//! The rules for connectors on a real shop: a test shop, with an API client of its own.
//!
//! `SAMKLANG_LIVE_STARWEB_URL` (`https://<shop>.starwebserver.se/api/v2`), `_CLIENT_ID` and `_CLIENT_SECRET` name it;
//! without them nothing is tried. It makes customers and hidden products with `samklang-` in their names, and deletes
//! them.

use std::sync::Arc;

use connector_starweb::{Config, Environment, connect};
use sync_core::{
    Canonical, Clock, Context, FieldMap, StreamId,
    layer::{Checked, Stack},
    model::{Address, Item, Organisation, Party},
};
use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};
use sync_testkit::connector_suite::{Live, Sample, prove_live};

use crate::conformance::WAIVERS;

#[allow(clippy::disallowed_methods, reason = "an account for tests is named by whoever runs them")]
fn set(name: &str) -> Option<String> {
    std::env::var(format!("SAMKLANG_LIVE_STARWEB_{name}")).ok().filter(|value| !value.is_empty())
}

fn sample(stream: &StreamId, prefix: &str, nth: usize) -> Option<Sample> {
    let fields: FieldMap = match stream.as_str() {
        "customers" => {
            let at = Address::new().street("Vägen 2").postal_code("222 22").city("Lund").country("SE");
            let customer = Organisation::new().name(format!("{prefix} {nth}")).party(Party::Company).billing(at);
            customer.email(format!("{prefix}-{nth}@exempel.example")).to_fields()
        }
        "products" => {
            let item = Item::new().number(format!("{prefix}-{nth}")).name(format!("{prefix} {nth}"));
            item.is_active(false).is_sold_online(false).vat_rate(25).to_fields()
        }
        _ => return None,
    };
    Some(vec![(stream.clone(), fields)])
}

#[tokio::test]
async fn a_real_shop_keeps_the_rules() {
    let (Some(url), Some(id), Some(secret)) = (set("URL"), set("CLIENT_ID"), set("CLIENT_SECRET")) else {
        eprintln!("no SAMKLANG_LIVE_STARWEB_URL, _CLIENT_ID, _CLIENT_SECRET: no real shop was tried");
        return;
    };
    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
    let environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
    let cx = Context::new(Arc::new(SystemClock), "conformance");
    let prefix = format!("samklang-{}", SystemClock.now().timestamp() % 1_000_000);
    let shop = connect(&cx, "live", Config::new(url.parse().unwrap(), id, secret), environment, None).await.unwrap();
    let connector = Stack::new(Arc::new(shop.router)).with(Checked).build();
    let live = Live::new(connector, cx, prefix, Arc::new(sample)).with_volatile(["modifiedAt"]);
    if let Err(found) = prove_live(&live, WAIVERS).await {
        panic!("{found}");
    }
}
