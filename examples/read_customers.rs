//! The customers of a web shop, with its connector alone: no engine, no store, no policy. The shop is emulated; of a real
//! one only the address and the credentials differ.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use std::{error::Error, path::Path, sync::Arc};

use connector_starweb::{Config, Environment, connect};
use emulators::starweb::{Settings, Starweb};
use emulators::{Emulator, Options};
use sync_core::connector::{Connector, ListFrom, ListQuery};
use sync_core::model::Organisation;
use sync_core::{Canonical, Context};
use sync_http::{Limits, MemoryTokens, SystemClock, TokioTimer, Transport};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulated = Emulator::start(Starweb::new(Settings::default()), Options::default()).await?;
    emulated.seed_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/starweb"))?;

    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
    let environment = Environment::new(Transport::new()?, limits, Arc::new(MemoryTokens::new()));
    let config = Config::new(format!("{}/api/v2", emulated.base_url()).parse()?, "samklang", "secret");
    let cx = Context::new(Arc::new(SystemClock), "read customers");
    let shop = connect(&cx, "se", config, environment, None).await?.router;
    println!("the shop is {}", shop.check(&cx).await?.name);

    let mut query = ListQuery::all("customers");
    let mut read = 0;
    loop {
        let page = shop.list(&cx, &query).await?;
        for item in &page.items {
            // what one row of the shop holds: the customer, and where there is one the contact
            for record in shop.decode(item)?.iter().filter(|record| record.reference.at.stream.as_str() == "customers")
            {
                let customer = Organisation::from_fields(&record.fields)?;
                let text = |field: &sync_core::Field<String>| field.as_deref().unwrap_or("-").to_owned();
                read += 1;
                if read <= 5 {
                    println!("{}: {}, {}", item.reference.id, text(&customer.name), text(&customer.billing.city));
                }
            }
        }
        for refused in &page.rejected {
            println!("a row without an id: {refused}");
        }
        let Some(next) = page.next else { break };
        query.from = ListFrom::Page(next);
    }
    println!("{read} customers, {} requests", emulated.requests().len());
    emulated.stop().await;
    Ok(())
}
