//! Webhooks: which records to look at.
//!
//! Neither the header of the signature nor the form of a call is published. The header is a setting, and of a call only
//! names of records are taken, wherever they stand: addresses of records, the vendor's names of keys, and an `entityId`
//! beside the name of an event. A name that is none costs a read that finds nothing.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use ring::hmac;
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use sync_core::{Error, ErrorKind, ExternalRef, Result, StreamKey, SystemId};

use crate::{client::plain_key, config::Config, streams};

const OPERATION: &str = "hints";

/// A resource of the ERP API: its name in addresses, what its key is called there, what events call it, and its stream.
struct Known {
    path: &'static str,
    key: &'static str,
    events: &'static [&'static str],
    stream: &'static str,
}

const KNOWN: [Known; 7] = [
    Known { path: "customer", key: "customercd", events: &["customer"], stream: "customers" },
    Known { path: "supplier", key: "suppliercd", events: &["supplier"], stream: "suppliers" },
    Known { path: "contact", key: "contactid", events: &[], stream: "contacts" },
    Known { path: "inventory", key: "inventorynumber", events: &["inventoryitem"], stream: "inventory" },
    Known { path: "customerinvoice", key: "invoicenumber", events: &["arinvoice"], stream: "invoices" },
    Known { path: "customercreditnote", key: "creditnotenumber", events: &[], stream: "credit_notes" },
    Known { path: "project", key: "projectid", events: &["project", "pmproject"], stream: "projects" },
];
/// What may follow the name of a resource in the name of an event.
const HAPPENED: [&str; 9] = [
    "changed",
    "created",
    "updated",
    "deleted",
    "actiontriggered",
    "statuschanged",
    "identitychanged",
    "pmtaskupdated",
    "uicustomaction",
];
/// In an address, what stands in place of a key and is none.
const NO_KEYS: [&str; 2] = ["internal", "action"];
/// What events of the order service begin with.
const ORDER: &str = "salesorder";

/// What connects to a company, as far as calls are about it.
pub(crate) struct Hints<'c> {
    pub(crate) system: &'c SystemId,
    pub(crate) config: &'c Config,
}

/// What a call says, in whatever form.
#[derive(Default)]
struct Said {
    /// Names in small letters with texts and numbers, at any depth.
    members: Vec<(String, String)>,
}

impl Hints<'_> {
    /// The records that a call names.
    ///
    /// # Errors
    /// `Unsupported` where the configuration does not take calls, `Auth` for one that is not signed with the secret,
    /// `Invalid` for one that is no JSON.
    pub(crate) fn of(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.verify(headers, body)?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Vec::new());
        }
        let call: Json = serde_json::from_slice(body).map_err(|_| {
            Error::new(ErrorKind::Invalid, OPERATION, "the call is signed and no JSON; nothing is taken from it")
        })?;
        let mut said = Said::default();
        said.gather("", &call);
        let mut named = BTreeSet::new();
        for (name, text) in &said.members {
            named.extend(self.at(text));
            named.extend(self.keyed(name, text, &said));
        }
        Ok(named.into_iter().collect())
    }

    fn verify(&self, headers: &[(String, String)], body: &[u8]) -> Result<()> {
        let (Some(secret), Some(name)) = (&self.config.webhook_secret, &self.config.webhook_header) else {
            let line = "calls of Visma.net are not taken: set webhook_secret and webhook_header";
            return Err(Error::new(ErrorKind::Unsupported, OPERATION, line));
        };
        let refuse = |line: String| Err(Error::new(ErrorKind::Auth, OPERATION, line));
        let Some((_, given)) = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)) else {
            return refuse(format!("the call has no header {name}, in which webhook_header looks for its signature"));
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().trim().as_bytes());
        let signed = STANDARD.decode(given.trim()).ok();
        if signed.is_some_and(|signature| hmac::verify(&key, body, &signature).is_ok()) {
            return Ok(());
        }
        refuse(format!("the signature in {name} is not that of webhook_secret: nothing is taken from the call"))
    }

    /// The record at an address.
    fn at(&self, text: &str) -> Vec<ExternalRef> {
        let path = match text.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => text.strip_prefix('/').unwrap_or_default(),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let key = |part: &str| plain_key(&percent_decode_str(part).decode_utf8_lossy());
        for window in parts.windows(3) {
            let [version, resource, id] = window else { continue };
            if !matches!(version.to_ascii_lowercase().as_str(), "v1" | "v2") || id.is_empty() {
                continue;
            }
            let resource = resource.to_ascii_lowercase();
            let known = KNOWN.iter().find(|known| known.path == resource);
            if let Some(known) = known.filter(|_| !NO_KEYS.contains(&id.to_ascii_lowercase().as_str())) {
                return self.record(known.stream, &key(id));
            }
        }
        let order =
            parts.windows(3).find(|window| window.first().is_some_and(|word| word.eq_ignore_ascii_case("salesorders")));
        match order {
            Some([_, order_type, id]) => self.order(&[&key(order_type)], &key(id)),
            _ => Vec::new(),
        }
    }

    /// The record whose key this is.
    fn keyed(&self, name: &str, text: &str, said: &Said) -> Vec<ExternalRef> {
        if name == "orderid" {
            return self.order(&said.order_types(self.config), text);
        }
        if let Some(known) = KNOWN.iter().find(|known| known.key == name) {
            return self.record(known.stream, text);
        }
        if name != "entityid" {
            return Vec::new();
        }
        let mut named = Vec::new();
        for (_, word) in &said.members {
            if is_event(word, ORDER) {
                named.extend(match text.split_once('/') {
                    Some((order_type, id)) => self.order(&[order_type], id),
                    None => self.order(&said.order_types(self.config), text),
                });
            }
            for known in KNOWN.iter().filter(|known| known.events.iter().any(|noun| is_event(word, noun))) {
                named.extend(self.record(known.stream, text));
            }
        }
        named
    }

    /// The record of a stream that the connection has.
    fn record(&self, stream: &'static str, id: &str) -> Vec<ExternalRef> {
        let known = !id.trim().is_empty() && self.config.wants(stream);
        known.then(|| StreamKey::new(self.system.clone(), stream).id(id)).into_iter().collect()
    }
    /// An order of one of these types; of any type that the connection has, where none is told.
    fn order(&self, order_types: &[&str], id: &str) -> Vec<ExternalRef> {
        if id.trim().is_empty() || self.config.order_scopes.is_empty() {
            return Vec::new();
        }
        let fits =
            |known: &&String| order_types.is_empty() || order_types.iter().any(|told| told.eq_ignore_ascii_case(known));
        let types = self.config.order_types.iter().filter(fits);
        types.map(|known| StreamKey::new(self.system.clone(), streams::order_stream(known)).id(id)).collect()
    }
}

impl Said {
    fn gather(&mut self, name: &str, value: &Json) {
        match value {
            Json::Object(members) => {
                for (name, value) in members {
                    self.gather(&name.to_ascii_lowercase(), value);
                }
            }
            Json::Array(values) => values.iter().for_each(|value| self.gather(name, value)),
            Json::String(text) => self.members.push((name.to_owned(), text.clone())),
            Json::Number(number) => self.members.push((name.to_owned(), number.to_string())),
            Json::Null | Json::Bool(_) => {}
        }
    }
    /// The types of orders that are told anywhere: which belongs to which of several orders nobody publishes. A plain
    /// `type` may just as well be that of the event, so it counts where it is the word for a type of orders.
    fn order_types(&self, config: &Config) -> Vec<&str> {
        let is_known = |word: &str| config.order_types.iter().any(|known| known.eq_ignore_ascii_case(word));
        let told = |(name, word): &&(String, String)| name == "ordertype" || name == "type" && is_known(word);
        self.members.iter().filter(told).map(|(_, word)| word.as_str()).collect()
    }
}

/// Whether this is the name of an event about such a resource: `Customer Changed`, `SALESORDER_CREATED`.
fn is_event(word: &str, noun: &str) -> bool {
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    plain.strip_prefix(noun).is_some_and(|rest| HAPPENED.contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "hush-4711";

    fn config() -> Config {
        let mut config = Config::new("isv_ours", "s".into(), "t");
        config.order_types = vec!["SO".to_owned(), "QT".to_owned()];
        (config.webhook_secret, config.webhook_header) = (Some(SECRET.into()), Some("X-Sign".to_owned()));
        config
    }
    fn signed(body: &str, secret: &str) -> Vec<(String, String)> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        vec![("x-sign".to_owned(), STANDARD.encode(hmac::sign(&key, body.as_bytes())))]
    }
    fn told_by(config: &Config, body: &str) -> Result<Vec<String>> {
        let system = SystemId::new("visma-net:erp");
        let found = Hints { system: &system, config }.of(&signed(body, SECRET), body.as_bytes())?;
        Ok(found.iter().map(|found| found.to_string().replace("visma-net:erp/", "")).collect())
    }
    fn told(body: &str) -> Vec<String> {
        told_by(&config(), body).unwrap()
    }

    #[test]
    fn addresses_name_records_wherever_they_stand() {
        for (address, named) in [
            ("https://api.finance.visma.net/v1/customer/10001", "customers#10001"),
            ("http://integration.visma.net/API/controller/api/v1/CustomerInvoice/003547?x=1", "invoices#003547"),
            ("/v1/inventory/b64(Oi8_I1tdQCYqKzs)/attachment", "inventory#:/?#[]@&*+;"),
            ("/v1/contact/501", "contacts#501"),
            ("https://salesorder.visma.net/api/v3/SalesOrders/SO/000012/lines", "orders_SO#000012"),
        ] {
            assert_eq!(told(&format!(r#"{{"data":[{{"resourceUri":"{address}"}}]}}"#)), [named], "{address}");
        }
        for nothing in [
            "/v1/customer/internal/7",
            "/v1/supplier/50001",
            "/v1/project/P1",
            "/v1/shipment/000001",
            "/api/v3/SalesOrders/XX/1",
            "/v1/customer/",
            "v1/customer/1",
        ] {
            assert_eq!(told(&format!(r#"{{"resourceUri":"{nothing}"}}"#)), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn keys_name_records_by_themselves_or_with_the_event() {
        for (body, named) in [
            (r#"{"entityId":"10001","source":"Customer Changed"}"#, vec!["customers#10001"]),
            (r#"{"entityId":"KAFFE-1","source":"Inventory Item Action Triggered"}"#, vec!["inventory#KAFFE-1"]),
            (r#"{"entityId":"SO/000012","source":"SALESORDER_UPDATED"}"#, vec!["orders_SO#000012"]),
            (r#"{"entityId":"000012","source":"SALESORDER_UPDATED"}"#, vec!["orders_QT#000012", "orders_SO#000012"]),
            (r#"{"orderId":"000012","orderType":"qt"}"#, vec!["orders_QT#000012"]),
            (r#"{"orderId":"000012","type":"so"}"#, vec!["orders_SO#000012"]),
            (r#"{"orderId":"000012","type":"SALESORDER_UPDATED"}"#, vec!["orders_QT#000012", "orders_SO#000012"]),
            (r#"{"orderId":"000012","orderType":"XX"}"#, vec![]),
            (
                r#"[{"orderId":"1","orderType":"SO"},{"orderId":"2","orderType":"QT"}]"#,
                vec!["orders_QT#1", "orders_QT#2", "orders_SO#1", "orders_SO#2"],
            ),
            (r#"{"event":{"name":"x"},"data":{"customerCd":10001}}"#, vec!["customers#10001"]),
            (
                r#"[{"invoiceNumber":"1"},{"invoiceNumber":"2"},{"invoiceNumber":"1"}]"#,
                vec!["invoices#1", "invoices#2"],
            ),
            (r#"{"entityId":"7","source":"Customer Relations AS"}"#, vec![]),
            (r#"{"entityId":"7","source":"Shipment Changed"}"#, vec![]),
            (r#"{"entityId":"7"}"#, vec![]),
            (r#"{"entityId":" ","source":"Customer Changed"}"#, vec![]),
            ("", vec![]),
            ("7", vec![]),
        ] {
            assert_eq!(told(body), named, "{body}");
        }
    }

    #[test]
    fn streams_that_the_connection_lacks_are_not_named() {
        let mut config = config();
        config.more_streams = ["projects", "suppliers"].map(str::to_owned).into();
        config.order_scopes.clear();
        let body = r#"{"projectId":"P1","supplierCd":"5","orderId":"1","source":"PM Project Updated","entityId":"P1"}"#;
        assert_eq!(told_by(&config, body).unwrap(), ["projects#P1", "suppliers#5"]);
    }

    #[test]
    fn calls_that_are_not_signed_with_the_secret_are_refused_and_nothing_is_told_of_it() {
        let (system, config, body) = (SystemId::new("visma-net:erp"), config(), r#"{"customerCd":"1"}"#);
        let hints = Hints { system: &system, config: &config };
        let other = signed(body, "another");
        let plain = vec![("x-sign".to_owned(), "no base 64".to_owned())];
        let elsewhere = vec![("signature".to_owned(), signed(body, SECRET).remove(0).1)];
        for headers in [vec![], other, plain, elsewhere, signed("{}", SECRET)] {
            let error = hints.of(&headers, body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Auth);
            assert!(!format!("{error:?}{error}").contains(SECRET));
        }
        assert!(!format!("{config:?}").contains(SECRET));
        let html = "<html>";
        assert_eq!(hints.of(&signed(html, SECRET), html.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn without_the_settings_no_call_is_taken() {
        let (system, config) = (SystemId::new("visma-net:erp"), Config::new("isv_ours", "s".into(), "t"));
        let error = Hints { system: &system, config: &config }.of(&[], b"{}").unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.message().contains("webhook_header"), "{error}");
    }
}
