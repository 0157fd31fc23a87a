//! Faults that a test orders in advance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The vendor's error answer with this status.
    Status {
        /// The HTTP status.
        code: u16,
        /// Whether the request was carried out before it was answered so.
        handled: bool,
    },
    /// The connection is closed; the request is not carried out.
    DropBefore,
    /// The request is carried out; then the connection is closed without an answer.
    DropAfter,
    /// The request waits for this many milliseconds of real time; then it is carried out and answered.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The request is carried out; its answer breaks off halfway through the body, whose length was announced whole.
    Truncate,
    /// A gateway's page in HTML instead of an answer.
    Html {
        /// The HTTP status.
        code: u16,
        /// Whether the request was carried out before it was answered so.
        handled: bool,
    },
    /// A status without any body, as a server answers that broke down.
    Empty {
        /// The HTTP status.
        code: u16,
        /// Whether the request was carried out before it was answered so.
        handled: bool,
    },
    /// The vendor's answer to a client that is too fast.
    RateLimit,
}

impl FaultKind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::Delay { .. } => "delay_ms",
            Self::Truncate => "truncate",
            Self::Html { .. } => "html",
            Self::Empty { .. } => "empty",
            Self::RateLimit => "rate_limit",
        }
    }
}

/// One ordered fault: which requests it meets and what happens to them.
///
/// As JSON: `{"method": "POST", "path": "/api/orders/*", "nth": 2, "times": 1, "kind": "status", "code": 503}`.
/// `path` has `*` for any run of characters and is compared with the path as sent, without query; it is `*` if left
/// out. The fault strikes from the `nth` matching request on (1 if left out), `times` requests in a row (1 if left
/// out). `code` goes with `status` (required), `html` (502 if left out) and `empty` (500 if left out), `handled` with
/// the same three (false if left out), `ms` with `delay_ms` (required). If several faults would strike at once the one ordered first does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Fault {
    /// Only this method; any if none.
    pub method: Option<String>,
    /// Only these paths.
    pub path: String,
    /// The first matching request that is struck, counted from 1.
    pub nth: u32,
    /// How many are struck in a row.
    pub times: u32,
    /// What happens to them.
    pub kind: FaultKind,
}

impl Fault {
    /// Strikes the next request, whatever it is.
    pub fn new(kind: FaultKind) -> Self {
        Self { method: None, path: "*".into(), nth: 1, times: 1, kind }
    }
    /// Strikes only requests with this method and path; `*` in the path is any run of characters.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.into());
        self.path = path.into();
        self
    }
    /// Strikes from the nth matching request on, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }
    /// Strikes this many in a row.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn meets(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method)) && glob(&self.path, path)
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    nth: Option<u32>,
    #[serde(default)]
    times: Option<u32>,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
}

const KINDS: &str = "status, drop_before, drop_after, delay_ms, truncate, html, empty, rate_limit";

impl TryFrom<Wire> for Fault {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let status = |default: Option<u16>| -> Result<u16, String> {
            let code = wire.code.or(default).ok_or("a fault of kind \"status\" needs \"code\", the HTTP status")?;
            if (200..600).contains(&code) {
                Ok(code)
            } else {
                Err(format!("\"code\" {code} is no HTTP status to send"))
            }
        };
        let handled = wire.handled.unwrap_or(false);
        let kind = match wire.kind.as_str() {
            "status" => FaultKind::Status { code: status(None)?, handled },
            "drop_before" => FaultKind::DropBefore,
            "drop_after" => FaultKind::DropAfter,
            "delay_ms" => FaultKind::Delay { ms: wire.ms.ok_or("a fault of kind \"delay_ms\" needs \"ms\"")? },
            "truncate" => FaultKind::Truncate,
            "html" => FaultKind::Html { code: status(Some(502))?, handled },
            "empty" => FaultKind::Empty { code: status(Some(500))?, handled },
            "rate_limit" => FaultKind::RateLimit,
            other => return Err(format!("there is no fault of kind {other:?}; there are: {KINDS}")),
        };
        let stray = match kind {
            FaultKind::Status { .. } | FaultKind::Html { .. } | FaultKind::Empty { .. } => wire.ms.map(|_| "ms"),
            FaultKind::Delay { .. } => wire.code.map(|_| "code").or(wire.handled.map(|_| "handled")),
            _ => wire.code.map(|_| "code").or(wire.handled.map(|_| "handled")).or(wire.ms.map(|_| "ms")),
        };
        if let Some(field) = stray {
            return Err(format!("a fault of kind {:?} takes no {field:?}", wire.kind));
        }
        let (nth, times) = (wire.nth.unwrap_or(1), wire.times.unwrap_or(1));
        if nth == 0 || times == 0 {
            return Err("\"nth\" and \"times\" of a fault count from 1".into());
        }
        Ok(Self { method: wire.method, path: wire.path.unwrap_or_else(|| "*".into()), nth, times, kind })
    }
}

impl From<Fault> for Wire {
    fn from(fault: Fault) -> Self {
        let mut wire = Self { kind: fault.kind.name().into(), ..Self::default() };
        wire.method = fault.method;
        wire.path = Some(fault.path);
        wire.nth = Some(fault.nth);
        wire.times = Some(fault.times);
        match fault.kind {
            FaultKind::Status { code, handled }
            | FaultKind::Html { code, handled }
            | FaultKind::Empty { code, handled } => {
                wire.code = Some(code);
                wire.handled = Some(handled);
            }
            FaultKind::Delay { ms } => wire.ms = Some(ms),
            _ => {}
        }
        wire
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    loop {
        if glob(rest, text) {
            return true;
        }
        let mut rest_of_text = text.chars();
        if rest_of_text.next().is_none() {
            return false;
        }
        text = rest_of_text.as_str();
    }
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    seen: u32,
}

/// The ordered faults with what they have met so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Waiting>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(Waiting { fault, seen: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts the request with all faults that it meets and gives what strikes it.
    pub(super) fn strike(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let mut struck = None;
        for waiting in &mut self.0 {
            if waiting.fault.meets(method, path) {
                waiting.seen = waiting.seen.saturating_add(1);
                let last = waiting.fault.nth.saturating_add(waiting.fault.times).saturating_sub(1);
                if struck.is_none() && (waiting.fault.nth..=last).contains(&waiting.seen) {
                    struck = Some(waiting.fault.kind.clone());
                }
            }
        }
        struck
    }

    pub(super) fn describe(&self) -> Value {
        self.0.iter().map(|waiting| json!({ "fault": waiting.fault, "met": waiting.seen })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text, fits) in [
            ("*", "/a", true),
            ("/orders", "/orders", true),
            ("/orders", "/orders/1", false),
            ("/orders/*", "/orders/1/items", true),
            ("/orders/*/items", "/orders/1/items", true),
            ("/orders/*/items", "/orders/1", false),
            ("*token", "/api/v2/token", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn it_strikes_from_the_nth_on_and_then_rests() {
        let mut faults = Faults::default();
        faults.add(Fault::new(FaultKind::DropBefore).on("GET", "/a*").nth(2).times(2));
        assert_eq!(faults.strike("POST", "/a"), None);
        let struck = (0..4).map(|_| faults.strike("GET", "/a/b").is_some()).collect::<Vec<_>>();
        assert_eq!(struck, [false, true, true, false]);
    }

    #[test]
    fn the_json_form_is_read_back_and_checked() {
        let fault: Fault = serde_json::from_value(json!({ "kind": "html", "path": "/x" })).unwrap();
        assert_eq!(fault.kind, FaultKind::Html { code: 502, handled: false });
        let again: Fault = serde_json::from_value(serde_json::to_value(&fault).unwrap()).unwrap();
        assert_eq!(again, fault);
        for (bad, says) in [
            (json!({ "kind": "fire" }), "there are: status"),
            (json!({ "kind": "status" }), "needs \"code\""),
            (json!({ "kind": "truncate", "ms": 1 }), "takes no \"ms\""),
            (json!({ "kind": "truncate", "nth": 0 }), "count from 1"),
            (json!({ "kind": "truncate", "url": "/" }), "unknown field"),
        ] {
            let error = serde_json::from_value::<Fault>(bad).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
