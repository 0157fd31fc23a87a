//! Broken answers: what they mean for a read, and for a write, and how often anything is sent.

use serde_json::json;
use sync_core::{ErrorKind, FieldMap, connector::ListFrom, model::Organisation};

use crate::support::{Crm, write};

const LISTED: [&str; 4] = ["organisations", "persons", "deliveries", "opportunities"];

#[tokio::test]
async fn what_is_no_list_is_no_empty_list() {
    for body in ["", "{}", r#"{"Message":"odd"}"#, "null", "<html>maintenance</html>", r#"[{"PersonId":1},"#] {
        let mut crm = Crm::open().await;
        crm.answers("GET", "/.*", 200, body).await;
        for stream in LISTED.iter().chain(&["items"]) {
            let error = crm.page(stream, ListFrom::Beginning).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{stream} {body}");
        }
    }
}

#[tokio::test]
async fn a_row_without_an_id_is_left_out_and_one_with_a_fault_stays_on_its_page() {
    let mut crm = Crm::open().await;
    let rows = r#"[{"OrganisationId":1,"OrganisationName":{}},{"OrganisationName":"x"},{"OrganisationId":2},7]"#;
    crm.answers("GET", "/Organisations.*", 200, rows).await;
    let page = crm.page("organisations", ListFrom::Beginning).await.unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
    assert_eq!((ids, page.rejected.len()), (vec!["1", "2"], 2));
    use sync_core::connector::Connector;
    assert_eq!(crm.router.decode(&page.items[0]).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(crm.router.decode(&page.items[1]).is_ok());
}

#[tokio::test]
async fn a_row_is_known_by_the_name_of_its_own_kind() {
    let mut crm = Crm::open().await;
    let rows = r#"[{"OpportunityId":8,"DeliveryId":7,"RowNumber":1,"op_lastUpdatedById":2},{"OpportunityId":9},
        {"DeliveryId":"x"},{"DeliveryId":0}]"#;
    crm.answers("GET", "/Deliveries.*", 200, rows).await;
    let page = crm.page("deliveries", ListFrom::Beginning).await.unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
    assert_eq!((ids, page.rejected.len()), (vec!["7"], 3));
}

#[tokio::test]
async fn refusals_of_a_read_are_what_their_status_says_with_the_vendors_words() {
    for (status, kind) in [
        (400, ErrorKind::Invalid),
        (403, ErrorKind::Permission),
        (500, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
    ] {
        let mut crm = Crm::open().await;
        let told = json!({ "Message": "It is so", "Type": "SomeException" }).to_string();
        crm.answers("GET", "/.*", status, told).await;
        let error = crm.page("persons", ListFrom::Beginning).await.unwrap_err();
        assert_eq!((error.kind(), error.vendor_code()), (kind, Some("SomeException")), "{status}");
        assert_eq!(error.vendor_text(), Some("It is so"));
        assert!(crm.get("persons", "1").await.is_err(), "{status} is no absence");
    }
    let mut crm = Crm::open().await;
    crm.answers("GET", "/.*", 400, r#""only a text""#).await;
    assert_eq!(crm.get("persons", "1").await.unwrap_err().vendor_text(), Some("only a text"));
}

#[tokio::test]
async fn a_new_record_whose_fate_is_not_known_is_sent_once() {
    for status in [500, 502, 503, 504] {
        let mut crm = Crm::open().await;
        crm.answers("POST", "/Organisations", status, "").await;
        let wanted = FieldMap::new().with(Organisation::NAME, "Fjord");
        let error = crm.write(&[write("organisations", None, wanted)]).await.remove(0).unwrap_err();
        let posts = crm.lines().len();
        assert_eq!(posts == 1, error.kind() == ErrorKind::AmbiguousWrite, "{status} {error:?} after {posts}");
    }
}

#[tokio::test]
async fn a_refused_write_is_the_vendors_own_words() {
    let mut crm = Crm::open().await;
    let told = json!({ "Message": "ExtraCustom2 must be unique", "Type": "ValidationException" }).to_string();
    crm.answers("POST", "/Organisations", 400, told).await;
    let wanted = FieldMap::new().with(Organisation::NAME, "Fjord");
    let error = crm.write(&[write("organisations", None, wanted)]).await.remove(0).unwrap_err();
    assert_eq!((error.kind(), error.vendor_text()), (ErrorKind::Invalid, Some("ExtraCustom2 must be unique")));
    crm.answers("PUT", "/Organisations/9", 404, "").await;
    let gone = write("organisations", Some("9"), FieldMap::new().with(Organisation::PHONE, "1"));
    assert_eq!(crm.write(&[gone]).await.remove(0).unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_id_cannot_lead_anywhere_else() {
    let mut crm = Crm::open().await;
    crm.answers("GET", "/Persons/.*", 404, "").await;
    assert_eq!(crm.get("persons", "7/Relations?a&b").await.unwrap(), None);
    assert_eq!(crm.lines(), ["GET /Persons/7%2FRelations%3Fa%26b"]);
}

#[tokio::test]
async fn a_list_that_serves_one_page_for_ever_is_stopped() {
    let mut crm = Crm::open().await;
    crm.answers("GET", "/Persons.*", 200, r#"[{"PersonId":1},{"PersonId":2}]"#).await;
    let mut from = ListFrom::Beginning;
    let error = loop {
        match crm.page("persons", from).await {
            Ok(page) => from = ListFrom::Page(page.next.unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(crm.lines().len() < 20);
}
