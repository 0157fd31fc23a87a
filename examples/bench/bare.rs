//! The process of the bare loop: the requests that the engine had sent, once more, without engine and store.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    sync::Arc,
    time::Instant,
};

use clap::Args;
use emulators::starweb;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::{Context, Result};
use sync_http::{
    Auth, Client, ClientCredentials, Limit, LimitKey, Limits, MemoryTokens, Method, OAuthClient, Proof, Quota, Renewal,
    Request, Response, SystemClock, TokioTimer, Transport,
};
use url::{Url, form_urlencoded};

use crate::{
    Failure, Place, Systems,
    calls::{Chain, Sent},
    child, measure,
};

/// Calls a minute where the vendor's limit is lifted.
pub(crate) const UNLIMITED: u32 = 100_000_000;

/// Setting of this role.
#[derive(Debug, Args)]
pub(crate) struct Setting {
    #[command(flatten)]
    systems: Systems,
    #[command(flatten)]
    requests: Place,
}

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) wall_us: u64,
    pub(crate) cpu_us: u64,
    pub(crate) requests: u64,
}

/// Connects, says so, waits for the word, sends everything, tells what it took.
pub(crate) fn serve(setting: &Setting) -> std::result::Result<(), Failure> {
    let read = BufReader::new(File::open(&setting.requests.file)?).lines();
    let mut chains =
        read.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<std::result::Result<Vec<Chain>, Failure>>()?;
    let products = chains.split_off(chains.len().min(1));
    let requests = chains.iter().chain(&products).map(|chain| chain.requests.len()).sum::<usize>();
    let at_once = usize::try_from(setting.systems.concurrency)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients = Clients::new(&setting.systems)?;
        clients.greet().await?;
        child::tell(&"ready")?;
        if child::order::<String>()?.is_none() {
            return Ok(());
        }
        let (start, cpu) = (Instant::now(), measure::cpu()?);
        for chain in &chains {
            clients.send(chain).await?;
        }
        let sending = stream::iter(&products).map(|chain| clients.send(chain)).buffer_unordered(at_once);
        sending.try_collect::<()>().await?;
        let (wall, cpu) = (start.elapsed(), measure::cpu()?.saturating_sub(cpu));
        child::tell(&Took {
            wall_us: measure::micros(wall),
            cpu_us: measure::micros(cpu),
            requests: u64::try_from(requests)?,
        })
    })
}

struct Clients {
    shop: Client,
    erp: Client,
    cx: Context,
}

impl Clients {
    fn new(systems: &Systems) -> std::result::Result<Self, Failure> {
        let transport = Transport::new()?;
        let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
        let client = |url: Url, key: &str| {
            let limit = Limit::known(LimitKey::new(key), Quota::per_minute(UNLIMITED));
            Client::builder(transport.clone(), url).limits(limits.clone()).limit(limit)
        };
        let own = starweb::Settings::default();
        let tokens = client(systems.shop.join("/api/v2/token")?, "shop").build()?;
        let grant =
            ClientCredentials::new(tokens, OAuthClient::new(own.client_id, Proof::Body(own.client_secret.into())));
        let renewal = Renewal::new(Arc::new(grant), Arc::new(MemoryTokens::new()), "se");
        Ok(Self {
            shop: client(systems.shop.clone(), "shop").auth(Auth::renewing(renewal)).build()?,
            erp: client(systems.erp.clone(), "erp").auth(Auth::bearer(&systems.token.clone().into())).build()?,
            cx: Context::new(Arc::new(SystemClock), "bare"),
        })
    }
    /// A first call to both, as the engine made them when it connected.
    async fn greet(&self) -> Result<()> {
        self.shop.send(&self.cx, Request::get("greet", "/api/v2/shop")).await?;
        self.erp.send(&self.cx, Request::get("greet", "/v2/companysettings")).await?;
        Ok(())
    }
    /// One request after another. A product that is made gets another id than it had in the engine's run.
    async fn send(&self, chain: &Chain) -> Result<()> {
        let mut ids: [Option<String>; 2] = [None, None];
        for sent in &chain.requests {
            let client = if sent.to_shop { &self.shop } else { &self.erp };
            let answer = client.send(&self.cx, request(sent, &ids)).await?;
            let makes = sent.method == "POST" && sent.path.ends_with("/products");
            let tells = ids[0].is_some() && ids[1].is_none() && sent.method == "GET";
            if chain.is_product && (makes || tells) {
                learn(&answer, &mut ids);
            }
        }
        Ok(())
    }
}

/// The ids of a product and its variant, as far as the answer tells them.
fn learn(answer: &Response, [product, variant]: &mut [Option<String>; 2]) {
    let Some(value) = answer.value() else { return };
    let id = |pointer: &str| value.pointer(pointer).filter(|id| id.is_u64()).map(Value::to_string);
    if product.is_none() {
        *product = id("/data/productId");
    }
    if variant.is_none() {
        *variant = id("/data/variants/data/0/variantId").or_else(|| id("/data/variants/0/variantId"));
    }
}

/// Templates with so many parts: they stand in traces only.
const TEMPLATES: [&str; 9] = [
    "/{0}",
    "/{0}/{1}",
    "/{0}/{1}/{2}",
    "/{0}/{1}/{2}/{3}",
    "/{0}/{1}/{2}/{3}/{4}",
    "/{0}/{1}/{2}/{3}/{4}/{5}",
    "/{0}/{1}/{2}/{3}/{4}/{5}/{6}",
    "/{0}/{1}/{2}/{3}/{4}/{5}/{6}/{7}",
    "/{0}/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}",
];
const NAMES: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];

fn request(sent: &Sent, [product, variant]: &[Option<String>; 2]) -> Request {
    let method = match sent.method.as_str() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    };
    let parts: Vec<&str> = sent.path.trim_start_matches('/').split('/').collect();
    let template = TEMPLATES.get(parts.len().saturating_sub(1)).copied().unwrap_or_default();
    let mut request = Request::new(method, "replay", template);
    let mut before = "";
    for (name, part) in NAMES.into_iter().zip(parts) {
        let instead = match before {
            "products" => product.as_deref(),
            "variants" => variant.as_deref(),
            _ => None,
        };
        request = request.path(name, instead.unwrap_or(part));
        before = part;
    }
    for (name, value) in form_urlencoded::parse(sent.query.as_bytes()) {
        request = request.query(name, value);
    }
    if sent.body.is_empty() { request } else { request.bytes("application/json", sent.body.clone().into_bytes()) }
}
