//! Webhooks: which records to look at.

use serde::Deserialize;
use sync_core::{
    ExternalRef, StreamKey, SystemId,
    error::{Error, ErrorKind, Result},
};

use crate::{
    streams::{customers::CUSTOMERS, orders::ORDERS, products::PRODUCTS},
    wire::Told,
};

/// What every call carries, and the ids that some carry. The bodies of several events are not documented, so the ids
/// are looked at whatever the event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    uuid: String,
    event_id: Told<String>,
    shop_id_code: String,
    event_timestamp: String,
    #[serde(default)]
    order_id: Told<i64>,
    #[serde(default)]
    customer_id: Told<i64>,
    #[serde(default)]
    product_id: Told<i64>,
}

/// The records that a call names; none for events about anything else.
///
/// # Errors
/// `Invalid` for a body that is no such call, `Auth` for one of another shop.
pub(crate) fn hints(system: &SystemId, shop: &str, body: &[u8]) -> Result<Vec<ExternalRef>> {
    let refuse = |kind, line: &str| Error::new(kind, "hints", line);
    let call: Call = serde_json::from_slice(body)
        .ok()
        .filter(|call: &Call| !call.uuid.is_empty() && call.event_id.0.is_set() && !call.event_timestamp.is_empty())
        .ok_or_else(|| refuse(ErrorKind::Invalid, "the call is no webhook of Starweb's; nothing is taken from it"))?;
    if call.shop_id_code != shop {
        let line = "the webhook is of another shop than this connection's; have the shop call its own address";
        return Err(refuse(ErrorKind::Auth, line));
    }
    let named = [(ORDERS, call.order_id.get()), (CUSTOMERS, call.customer_id.get()), (PRODUCTS, call.product_id.get())];
    let reference = |(stream, id): (&str, Option<i64>)| {
        let id = id.filter(|id| *id > 0)?;
        Some(StreamKey::new(system.clone(), stream).id(id.to_string()))
    };
    Ok(named.into_iter().filter_map(reference).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ids: &str) -> Result<Vec<String>> {
        let body = format!(
            r#"{{"uuid":"5f1c","eventId":"order-updated","shopIdCode":"lampor","eventTimestamp":"2024-03-01T12:00:00+01:00"{ids}}}"#
        );
        let found = hints(&"starweb:se".into(), "lampor", body.as_bytes())?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn orders_customers_and_products_are_named_and_nothing_of_the_content_is_taken() {
        assert_eq!(told(r#","orderId":101,"totalAmount":"269.20""#).unwrap(), ["starweb:se/orders#101"]);
        assert_eq!(told(r#","customerId":"7""#).unwrap(), ["starweb:se/customers#7"]);
        assert_eq!(told(r#","productId":5"#).unwrap(), ["starweb:se/products#5"]);
        for nothing in ["", r#","productId":null"#, r#","orderId":0"#, r#","orderId":null"#] {
            assert_eq!(told(nothing).unwrap(), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn other_shops_and_other_bodies_are_refused() {
        let of = |body: &str| hints(&"starweb:se".into(), "skor", body.as_bytes()).unwrap_err().kind();
        let body = r#"{"uuid":"1","eventId":"x","shopIdCode":"lampor","eventTimestamp":"y","orderId":1}"#;
        assert_eq!(of(body), ErrorKind::Auth);
        for body in ["", "<html>", "[]", r#"{"shopIdCode":"skor","orderId":1}"#] {
            assert_eq!(of(body), ErrorKind::Invalid, "{body}");
        }
        assert!(told(r#","orderId":"../7""#).is_err());
    }
}
