//! The control interface under `/_emulator/`.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{Fault, Refused, Reply, Request, Vendor, shared::Shared};

/// The path under which control requests come, without the slash at the end.
pub(super) const ROOT: &str = "/_emulator";

const PATHS: [&str; 8] =
    ["requests", "state", "seed", "faults", "clock", "switches", "act", "webhooks (and webhooks/deliver)"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deliver {
    #[serde(default)]
    reverse: bool,
    #[serde(default)]
    repeat: u32,
}

/// Answers a request whose path is below [`ROOT`].
pub(super) async fn answer<V: Vendor>(shared: &Shared<V>, request: &Request) -> Reply {
    let segments = request.segments();
    let path = segments.iter().skip(1).map(String::as_str).collect::<Vec<_>>();
    let result = match (request.method.as_str(), path.as_slice()) {
        ("POST", ["webhooks", "deliver"]) => match body_or_default::<Deliver>(request) {
            Ok(Deliver { reverse, repeat }) => Ok(shared.deliver(reverse, repeat).await),
            Err(refused) => Err(refused),
        },
        (method, [name]) => match at_once(shared, method, name, request) {
            Some(result) => result,
            None => return unknown(request),
        },
        _ => return unknown(request),
    };
    match result {
        Ok(value) => Reply::json(200, &value),
        Err(Refused(why)) => Reply::json(400, &json!({ "error": why })),
    }
}

fn unknown(request: &Request) -> Reply {
    let why = format!("no {} {}; below {ROOT}/ there are: {}", request.method, request.path, PATHS.join(", "));
    Reply::json(404, &json!({ "error": why }))
}

/// All that needs no waiting; none for an unknown call.
fn at_once<V: Vendor>(
    shared: &Shared<V>,
    method: &str,
    name: &str,
    request: &Request,
) -> Option<Result<Value, Refused>> {
    let mut core = shared.lock();
    Some(match (method, name) {
        ("GET", "requests") => serde_json::to_value(&core.log).map_err(|error| Refused::new(error.to_string())),
        ("DELETE", "requests") => {
            core.log.clear();
            Ok(json!({ "requests": 0 }))
        }
        ("GET", "state") => Ok(core.vendor.state()),
        ("POST", "seed") => body::<Map<String, Value>>(request).and_then(|collections| core.seed(collections)),
        ("GET", "faults") => Ok(core.faults.describe()),
        ("POST", "faults") => faults(request).map(|faults| {
            faults.into_iter().for_each(|fault| core.faults.add(fault));
            core.faults.describe()
        }),
        ("DELETE", "faults") => {
            core.faults.clear();
            Ok(core.faults.describe())
        }
        ("GET", "clock") => Ok(json!({ "now": core.clock.now() })),
        ("POST", "clock") => body::<Advance>(request)
            .and_then(|advance| core.clock.advance(Duration::from_secs(advance.advance_s)))
            .map(|()| json!({ "now": core.clock.now() })),
        ("GET", "switches") => Ok(core.switches.describe()),
        ("POST", "switches") => body::<Map<String, Value>>(request)
            .and_then(|values| core.switches.set(&values))
            .map(|()| core.switches.describe()),
        ("POST", "act") => body::<Map<String, Value>>(request)
            .and_then(|arguments| core.cx(|vendor, cx| act(arguments, |name, rest| vendor.act(cx, name, rest)))),
        ("GET", "webhooks") => Ok(core.vendor.webhooks()),
        _ => return None,
    })
}

/// Takes the action's name out of its arguments.
pub(super) fn act(
    mut arguments: Map<String, Value>,
    act: impl FnOnce(&str, &Map<String, Value>) -> Result<Value, Refused>,
) -> Result<Value, Refused> {
    match arguments.remove("action") {
        Some(Value::String(name)) => act(&name, &arguments),
        _ => Err(Refused::new("an act is {\"action\": \"<name>\", …arguments}")),
    }
}

fn faults(request: &Request) -> Result<Vec<Fault>, Refused> {
    match body::<Value>(request)? {
        Value::Array(list) => list.into_iter().map(read).collect(),
        one => Ok(vec![read(one)?]),
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| Refused::new(error.to_string()))
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    request.json().map_err(|error| Refused::new(format!("the body is no JSON: {error}"))).and_then(read)
}

fn body_or_default<T: DeserializeOwned + Default>(request: &Request) -> Result<T, Refused> {
    if request.body.is_empty() { Ok(T::default()) } else { body(request) }
}
