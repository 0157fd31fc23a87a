//! The requests that the engine made: counted, and kept so that they can be sent once more.

use std::{collections::BTreeMap, io::Write};

use emulators::frame::Entry;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Failure;

/// How many calls were made, by system, method and form of the path; those for tokens not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calls(pub(crate) BTreeMap<String, u64>);

impl Calls {
    pub(crate) fn of(logs: &[(&str, &[Entry])]) -> Self {
        let mut counted = BTreeMap::new();
        for (system, log) in logs {
            for entry in log.iter().filter(|entry| is_call(entry)) {
                *counted.entry(format!("{system} {} {}", entry.method, form(entry))).or_default() += 1;
            }
        }
        Self(counted)
    }
    pub(crate) fn of_system(&self, system: &str) -> u64 {
        let own = self.0.iter().filter(|(call, _)| call.split(' ').next() == Some(system));
        own.map(|(_, count)| count).sum()
    }
    pub(crate) fn all(&self) -> u64 {
        self.0.values().sum()
    }
    pub(crate) fn count(&self, call: &str) -> u64 {
        self.0.get(call).copied().unwrap_or_default()
    }
}

fn is_call(entry: &Entry) -> bool {
    const SIGNING_IN: [&str; 2] = ["/token", "/Auth/ApiLogin"];
    !SIGNING_IN.iter().any(|path| entry.path.ends_with(path))
}

/// The path with `{}` for ids: whatever has a digit in it, but the version of the interface. Where one path takes queries
/// over everything, what they read goes with it.
fn form(entry: &Entry) -> String {
    let version = |part: &str| part.strip_prefix('v').is_some_and(|number| number.len() == 1);
    let plain = |part: &&str| version(part) || !part.bytes().any(|byte| byte.is_ascii_digit());
    let path = entry.path.split('/').map(|part| if plain(&part) { part } else { "{}" }).collect::<Vec<_>>().join("/");
    let words = entry.query.split(['+', ' ']).flat_map(|part| part.split("%20"));
    let read = words.skip_while(|word| !word.eq_ignore_ascii_case("from")).nth(1);
    read.map_or(path.clone(), |read| format!("{path} {read}"))
}

/// Requests that must go one after another: all that is about one product, or a listing's pages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Chain {
    /// What is about one product may go beside others.
    pub(crate) is_product: bool,
    pub(crate) requests: Vec<Sent>,
}

/// One request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) to_shop: bool,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
}

/// The ids that the shop gave to the products, by number.
pub(crate) fn made(shop: &Value) -> BTreeMap<String, String> {
    let rows = |value: &Value, name: &str| {
        let rows = value.get(name).map(|rows| rows.get("data").unwrap_or(rows).clone());
        rows.and_then(|rows| rows.as_array().cloned()).unwrap_or_default()
    };
    let mut made = BTreeMap::new();
    for product in rows(shop, "products") {
        for variant in rows(&product, "variants") {
            if let (Some(sku), Some(id)) = (variant.get("sku").and_then(Value::as_str), product.get("productId")) {
                made.insert(sku.to_owned(), id.to_string());
            }
        }
    }
    made
}

/// Writes the requests as chains, one in a line: first what is about no product, then one for each product.
pub(crate) fn write(
    file: &mut impl Write,
    shop: &[Entry],
    erp: &[Entry],
    made: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut first = Chain::default();
    let mut order = Vec::new();
    let mut products: BTreeMap<String, Chain> = BTreeMap::new();
    let all = erp.iter().map(|entry| (false, entry)).chain(shop.iter().map(|entry| (true, entry)));
    for (to_shop, entry) in all.filter(|(_, entry)| is_call(entry)) {
        let sent = Sent {
            to_shop,
            method: entry.method.clone(),
            path: entry.path.clone(),
            query: entry.query.clone(),
            body: entry.body.clone(),
        };
        match product(entry, made) {
            None => first.requests.push(sent),
            Some(id) => {
                let chain = products.entry(id.clone()).or_insert_with(|| {
                    order.push(id);
                    Chain { is_product: true, requests: Vec::new() }
                });
                chain.requests.push(sent);
            }
        }
    }
    let chains = order.iter().filter_map(|id| products.get(id));
    for chain in std::iter::once(&first).chain(chains) {
        serde_json::to_writer(&mut *file, chain)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

/// The id of the product that a request is about.
fn product(entry: &Entry, made: &BTreeMap<String, String>) -> Option<String> {
    let (_, rest) = entry.path.split_once("/products")?;
    if let Some(id) = rest.strip_prefix('/') {
        return id.split('/').next().map(str::to_owned);
    }
    let body = (entry.method == "POST").then(|| entry.json())?;
    made.get(body.pointer("/variants/0/sku")?.as_str()?).cloned()
}
