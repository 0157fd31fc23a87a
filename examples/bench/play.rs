//! The course of a measurement, and what it comes to.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Failure, Items, bare,
    calls::Calls,
    child::Role,
    emulated::{Addresses, Order},
    engine, show,
};

/// More than any `every` of the preset, less than its `complete_every`.
const PAUSE_S: u64 = 600;
const HALF_AN_HOUR_S: u64 = 1860;
/// One article in so many gets another price.
const STEP: u64 = 100;

/// A scenario: what the engine took, what the bare loop took, and the calls.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) engine: engine::Took,
    pub(crate) bare: bare::Took,
    pub(crate) calls: Calls,
    pub(crate) minimum: Calls,
    /// Records of single streams that must have been written.
    pub(crate) must_apply: u64,
}

/// All scenarios of one round, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) load: Played,
    /// The first run after the load, which reads what it left.
    pub(crate) after: engine::Took,
    pub(crate) change: Played,
    pub(crate) complete: Played,
}

/// Plays all rounds with the delay and without one, and shows what came of them.
pub(crate) fn items(items: &Items) -> Result<(), Failure> {
    if !items.json {
        show::settings(items);
    }
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    let mut delays = vec![items.delay_ms, 0];
    delays.dedup();
    for delay in delays {
        let rounds = (0..items.rounds).map(|_| round(items, delay)).collect::<Result<Vec<Round>, Failure>>()?;
        wrong.extend(rounds.iter().flat_map(faults));
        if items.json {
            told.push(show::json(delay, &rounds));
        } else {
            show::text(delay, &rounds);
        }
    }
    if items.json {
        let settings = json!({ "articles": items.articles, "concurrency": items.concurrency, "rounds": items.rounds });
        println!("{}", json!({ "settings": settings, "measured": Value::Array(told) }));
    }
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// What did not go as it should: then the figures mean nothing.
fn faults(round: &Round) -> Vec<String> {
    let mut faults = round.after.wrong.clone();
    for played in [&round.load, &round.change, &round.complete] {
        faults.extend(played.engine.wrong.iter().cloned());
        let (applied, must) = (played.engine.applied, played.must_apply);
        if applied != must {
            faults.push(format!("{applied} records were applied, not {must}"));
        }
        if played.bare.requests != played.calls.all() {
            faults.push(format!("the bare loop sent {} requests, not {}", played.bare.requests, played.calls.all()));
        }
    }
    faults
}

fn round(items: &Items, delay: u64) -> Result<Round, Failure> {
    let folder = tempfile::Builder::new().prefix("samklang-bench").tempdir()?;
    let mut stage = Stage::set(items, delay, &folder)?;
    let articles = items.articles;
    let load = stage.engine(true)?;
    let load_calls = stage.calls("load")?;
    let mut other = Stage::set(items, delay, &folder)?;
    let bare = other.bare("load")?;
    drop(other);
    let load = Played {
        engine: load,
        bare,
        calls: load_calls,
        minimum: minimum_of_load(articles),
        must_apply: articles.saturating_mul(3),
    };
    stage.later(HALF_AN_HOUR_S)?;
    stage.do_it(&Order::OwnProduct)?;
    stage.later(HALF_AN_HOUR_S)?;
    let after = stage.engine(false)?;
    stage.later(PAUSE_S)?;
    let change = stage.change(1, |changed| minimum_of_change(1, 1, changed))?;
    stage.later(HALF_AN_HOUR_S)?;
    let (pages, products) = (articles.div_ceil(1000), articles.saturating_add(1).div_ceil(100));
    let complete = stage.change(2, |changed| minimum_of_change(pages, products, changed))?;
    Ok(Round { load, after, change, complete })
}

/// The listing of the ERP in pages of 1000, that of the empty shop, both systems' names, and for each article: the product,
/// which takes its stock along; its variant's id, which the answer does not tell; its price; and that it is shown, which no
/// product may be before it has a price.
fn minimum_of_load(articles: u64) -> Calls {
    let counted = [
        ("erp GET /v2/articles", articles.div_ceil(1000)),
        ("erp GET /v2/companysettings", 1),
        ("se GET /api/v2/shop", 1),
        ("se GET /api/v2/products", 1),
        ("se POST /api/v2/products", articles),
        ("se GET /api/v2/products/{}", articles),
        ("se POST /api/v2/products/{}/variants/{}/prices", articles),
        ("se PATCH /api/v2/products/{}", articles),
    ];
    Calls(counted.into_iter().map(|(call, count)| (call.to_owned(), count)).collect())
}

/// The listings' pages, and a call for each price.
fn minimum_of_change(erp: u64, shop: u64, changed: u64) -> Calls {
    let counted = [
        ("erp GET /v2/articles", erp),
        ("se GET /api/v2/products", shop),
        ("se PATCH /api/v2/products/{}/variants/{}/prices/{}", changed),
    ];
    Calls(counted.into_iter().map(|(call, count)| (call.to_owned(), count)).collect())
}

/// Emulated systems with the articles in the ERP, and whoever calls them.
struct Stage<'a> {
    items: &'a Items,
    folder: &'a Path,
    systems: Role,
    addresses: Addresses,
    delay: u64,
    ahead_s: u64,
}

impl<'a> Stage<'a> {
    fn set(items: &'a Items, delay: u64, folder: &'a TempDir) -> Result<Self, Failure> {
        let arguments = ["emulators".to_owned(), "--articles".to_owned(), items.articles.to_string()];
        let mut systems = Role::start(&arguments)?;
        let addresses = systems.hear()?;
        Ok(Self { items, folder: folder.path(), systems, addresses, delay, ahead_s: 0 })
    }
    fn do_it(&mut self, order: &Order) -> Result<u64, Failure> {
        self.systems.ask(order)
    }
    fn later(&mut self, s: u64) -> Result<(), Failure> {
        self.ahead_s = self.ahead_s.saturating_add(s);
        self.do_it(&Order::Advance { s }).map(drop)
    }
    /// A child process in this role, ready to go; the delay is on, and what it called until now is forgotten.
    fn ready(&mut self, role: &str, more: &[String]) -> Result<Role, Failure> {
        let token: String = self.systems.ask(&Order::SignIn)?;
        let named = [
            ("--shop", self.addresses.shop.clone()),
            ("--erp", self.addresses.erp.clone()),
            ("--token", token),
            ("--concurrency", self.items.concurrency.to_string()),
        ];
        let mut arguments = vec![role.to_owned()];
        arguments.extend(named.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        arguments.extend_from_slice(more);
        let mut role = Role::start(&arguments)?;
        let _ready: String = role.hear()?;
        self.do_it(&Order::Delay { ms: self.delay })?;
        self.do_it(&Order::Forget)?;
        Ok(role)
    }
    fn engine(&mut self, first: bool) -> Result<engine::Took, Failure> {
        let store = self.folder.join("samklang.db").display().to_string();
        let mut more = vec!["--store".to_owned(), store, "--ahead-s".to_owned(), self.ahead_s.to_string()];
        more.extend(first.then(|| "--first".to_owned()));
        let took = self.ready("engine", &more)?.ask(&"go")?;
        self.do_it(&Order::Delay { ms: 0 })?;
        Ok(took)
    }
    /// The calls of the engine's run, kept to be sent once more.
    fn calls(&mut self, name: &str) -> Result<Calls, Failure> {
        self.systems.ask(&Order::Calls { file: Some(self.folder.join(name)) })
    }
    fn bare(&mut self, name: &str) -> Result<bare::Took, Failure> {
        let more = ["--file".to_owned(), self.folder.join(name).display().to_string()];
        let took = self.ready("bare", &more)?.ask(&"go")?;
        self.do_it(&Order::Delay { ms: 0 })?;
        Ok(took)
    }
    /// One price in a hundred changes; the engine takes it over, and the bare loop says it once more.
    fn change(&mut self, from: u64, minimum: impl FnOnce(u64) -> Calls) -> Result<Played, Failure> {
        let changed = self.do_it(&Order::Reprice { from, step: STEP })?;
        let engine = self.engine(false)?;
        let calls = self.calls("change")?;
        let bare = self.bare("change")?;
        Ok(Played { engine, bare, calls, minimum: minimum(changed), must_apply: changed })
    }
}
