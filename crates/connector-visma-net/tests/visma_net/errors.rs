use serde_json::json;
use sync_core::{
    Error, ErrorKind, FieldMap, Result,
    connector::{ListFrom, Written},
    model::Organisation,
};

use crate::support::{Erp, create};

async fn created(erp: &Erp) -> Result<Written> {
    erp.write(create("customers", FieldMap::new().with(Organisation::NAME, "X"))).await
}

async fn refused(status: usize, body: &str) -> Error {
    let mut erp = Erp::open().await;
    erp.answers("POST", "/v1/customer", status, body).await;
    let error = created(&erp).await.unwrap_err();
    let sent = erp.met().len();
    assert_eq!(sent, 1, "a create is sent once");
    error
}

#[tokio::test]
async fn the_erps_words_are_kept_whatever_the_case_of_their_name() {
    let words = "VismaId: b0727629-4a3b. Error inserting the customer. Error: Inserting 'Customer' record raised at least one error.\r\nError: Terms 'TT' cannot be found in the system.\r\n";
    for name in ["message", "Message", "MESSAGE"] {
        let error = refused(400, &json!({ name: words }).to_string()).await;
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let text = error.vendor_text().unwrap();
        assert!(text.contains("Terms 'TT'") && !text.contains("VismaId") && !text.contains('\n'), "{text}");
        assert!(error.context().contains(&("visma_id", "b0727629-4a3b".to_owned())), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_with_status_500_is_one_and_a_breakdown_is_not() {
    let words = json!({ "message": "VismaId: x. Error creating document. Error: TaxCategoryID '0' cannot be found" });
    assert_eq!(refused(500, &words.to_string()).await.kind(), ErrorKind::Invalid);
    for body in ["", "<html>oops</html>", r#"{"message":"An unexpected fault"}"#] {
        assert_eq!(refused(500, body).await.kind(), ErrorKind::AmbiguousWrite, "{body}");
    }
}

#[tokio::test]
async fn what_was_never_read_as_a_document_and_what_is_there_already_are_told_apart() {
    let shape = "Data received not recognized as CustomerUpdateDto. Value cannot be null.\r\nParameter name: entity";
    assert_eq!(refused(400, &json!({ "message": shape }).to_string()).await.kind(), ErrorKind::Invalid);
    let taken = json!({ "message": "VismaId: x. Error: Customer '10001' already exists." });
    assert_eq!(refused(400, &taken.to_string()).await.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn an_answer_to_a_create_that_names_no_record_is_unclear() {
    let mut erp = Erp::open().await;
    erp.answers("POST", "/v1/customer", 201, "").await;
    assert_eq!(created(&erp).await.unwrap_err().kind(), ErrorKind::AmbiguousWrite);
}

#[tokio::test]
async fn who_is_too_fast_waits_as_told() {
    let mut erp = Erp::open().await;
    let headers = [("retry-after", "30"), ("x-ratelimit-policy", "4-fixed-window"), ("x-ratelimit-remaining", "0")];
    let mock = erp.answers_with("GET", "/v1/contact", 429, &headers, "").await;
    let error = erp.page("contacts", ListFrom::Beginning).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(erp.met().len(), 2, "a call that fails is made twice and no more");
    mock.remove_async().await;
    erp.answers("GET", "/v1/contact", 200, "[]").await;
    erp.page("contacts", ListFrom::Beginning).await.unwrap();
}

#[tokio::test]
async fn a_window_that_is_used_up_is_waited_for() {
    let mut erp = Erp::open().await;
    let headers = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "600")];
    erp.answers_with("GET", "/v1/contact", 200, &headers, "[]").await;
    let before = erp.bench.cx.clock.now();
    erp.page("contacts", ListFrom::Beginning).await.unwrap();
    erp.page("contacts", ListFrom::Beginning).await.unwrap();
    let waited = erp.bench.cx.clock.now() - before;
    assert!(waited.num_seconds() >= 600, "{waited}");
}
