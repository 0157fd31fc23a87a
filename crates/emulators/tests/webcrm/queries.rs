//! `/Queries`.

use serde_json::{Value, json};

use crate::client::Crm;

/// The ids that a condition on organisations finds.
async fn organisations(crm: &Crm, condition: &str) -> Vec<Value> {
    let answer = crm.query(&format!("SELECT OrganisationId FROM Organisation WHERE {condition}")).await;
    assert_eq!(answer.status, 200, "{condition}: {}", answer.text);
    answer.all("OrganisationId")
}

#[tokio::test]
async fn conditions_find_what_they_say() {
    let crm = Crm::open().await;
    for (condition, found) in [
        ("OrganisationName = 'BAKKELAND'", vec![3]),
        ("OrganisationName = 'O''Brien Ltd'", vec![2]),
        ("OrganisationName = ''''", vec![]),
        ("OrganisationName <> 'Bakkeland'", vec![1, 2]),
        ("OrganisationId > 1 AND organisationid <= 2", vec![2]),
        ("OrganisationId = 1 OR OrganisationId = 3", vec![1, 3]),
        ("OrganisationId = 1 OR OrganisationId = 3 AND OrganisationOwner = 3", vec![1]),
        ("(OrganisationId = 1 OR OrganisationId = 3) AND OrganisationOwner = 0", vec![3]),
        ("OrganisationType = 'customer' OR OrganisationType = 'Prospect'", vec![1, 2]),
        ("OrganisationType = '-- vælg --'", vec![3]),
        ("OrganisationUpdatedAt >= '2024-06-01T08:00:00.0000000Z'", vec![1]),
        ("OrganisationUpdatedAt >= '2024-06-01T08:00:00.0000001Z'", vec![]),
        ("OrganisationUpdatedAt < '2024-06-01T08:00:00.0000000Z'", vec![2, 3]),
        ("OrganisationXDate1 < '1900-01-01'", vec![1, 2, 3]),
        ("OrganisationName LIKE '%k%'", vec![3]),
        ("OrganisationPlus1 <> 'x'", vec![1]),
        ("OrganisationExtraCustom8 = 70012", vec![1]),
        ("Organisation.OrganisationId = '2'", vec![2]),
    ] {
        let found = found.into_iter().map(|id: u64| json!(id)).collect::<Vec<_>>();
        assert_eq!(organisations(&crm, condition).await, found, "{condition}");
    }
}

#[tokio::test]
async fn faulty_queries_are_refused() {
    let crm = Crm::open().await;
    for script in [
        "SELECT * FROM Organisation WHERE OrganisationName = 'O'Brien Ltd'",
        "SELECT * FROM Invoice",
        "SELECT Nothing FROM Organisation",
        "SELECT * FROM Organisation WHERE PersonId = 1",
        "SELECT * FROM Delivery WHERE DeliveryErpStatus = 'ReadyForSynchronization'",
        "SELECT * FROM Organisation WHERE OrganisationUpdatedAt > 'yesterday'",
        "SELECT * FROM Organisation ORDER BY Nothing",
        "SELECT * FROM User WHERE UserId = 77 AND Nothing = 1",
        "SELECT * FROM Person JOIN Organisation ON Person.PersonId = Person.PersonOrganisationId",
        "",
    ] {
        let answer = crm.query(script).await;
        assert_eq!((answer.status, answer.body["Type"].clone()), (400, json!("QueryException")), "{script}");
    }
}

#[tokio::test]
async fn joins_orders_and_pages() {
    let crm = Crm::open().await;
    let script = "SELECT Person.PersonId, OrganisationName FROM Person JOIN Organisation ON \
        (Person.PersonOrganisationId = Organisation.OrganisationId) WHERE PersonCustom4 = 'Yes' AND OrganisationType = 'Customer'";
    assert_eq!(crm.query(script).await.body, json!([{ "PersonId": 1, "OrganisationName": "Nordlys AS" }]));
    let down = "SELECT OrganisationId FROM Organisation ORDER BY OrganisationCreatedAt DESC";
    assert_eq!(crm.query(down).await.all("OrganisationId"), [json!(3), json!(2), json!(1)]);
    let page = crm.get("queries?SCRIPT=select+*+from+organisation+order+by+OrganisationName&page=2&size=2").await;
    assert_eq!((page.all("OrganisationId"), page.all("RowNumber")), (vec![json!(2)], vec![json!(3)]));
    let item =
        crm.query("SELECT * FROM LinkedData WHERE LinkedDataItemEntityType = 7 AND LinkedDataItemData1 = '200'").await;
    assert_eq!((item.rows().len(), item.rows()[0]["LinkedDataItemId"].clone()), (1, json!(2)));
    let ready = crm.query("SELECT * FROM Delivery WHERE DeliveryErpStatus = 1 ORDER BY DeliveryUpdatedAt").await;
    let row = &ready.rows()[0];
    assert_eq!(
        (row["DeliveryId"].clone(), row["OpportunityNumber"].clone(), row["RowNumber"].clone()),
        (json!(8), json!("8101"), json!(1))
    );
    assert!(row.get("op_multiTerritory").is_some());
    assert_eq!(crm.query("SELECT * FROM Opportunity").await.all("OpportunityId"), [json!(7)]);
}

#[tokio::test]
async fn an_unset_checkbox_is_neither_yes_nor_no_in_the_table() {
    let crm = Crm::open().await;
    assert_eq!(crm.query("SELECT PersonId FROM Person WHERE PersonCustom4 = 'No'").await.text, "[]");
    let unset = "SELECT PersonCustom4 FROM Person WHERE PersonCustom4 <> 'No' AND PersonId = 2";
    assert_eq!(crm.query(unset).await.body, json!([{ "PersonCustom4": "" }]));
    let formatted =
        crm.get("Queries?script=SELECT+PersonCustom4+FROM+Person+WHERE+PersonId=2&formatCustomFields=true").await;
    assert_eq!(formatted.body, json!([{ "PersonCustom4": "No" }]));
}
