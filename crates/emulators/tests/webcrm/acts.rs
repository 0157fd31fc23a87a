//! What people do in the system's own screens.

use serde_json::{Value, json};

use crate::client::Crm;

#[tokio::test]
async fn people_create_edit_and_change_types() {
    let crm = Crm::open().await;
    crm.advance(30);
    let set = json!({ "OrganisationType": "Customer" });
    crm.act(json!({ "action": "edit", "collection": "organisations", "id": 2, "set": set, "user": "Bo" }));
    let organisation = crm.get("Organisations/2").await.body;
    assert_eq!(
        (organisation["OrganisationType"].clone(), organisation["OrganisationUpdatedBy"].clone()),
        (json!("Customer"), json!("Bo"))
    );
    assert_eq!(organisation["OrganisationUpdatedAt"], "2024-07-01T12:00:30+01:00");
    let made =
        crm.act(json!({ "action": "create", "collection": "deliveries", "set": { "DeliveryOrganisationId": 2 } }));
    assert_eq!(crm.get(&format!("Deliveries/{}", made["id"])).await.status, 200);
    let moved = json!({ "action": "edit", "collection": "persons", "id": 1, "set": { "PersonOrganisationId": 2 } });
    crm.act(moved);
    assert_eq!(crm.get("Persons/1").await.body["PersonOrganisationId"], 2);
    for (act, says) in [
        (json!({ "action": "sing" }), "knows no action"),
        (json!({ "action": "edit", "collection": "invoices" }), "there is none called"),
        (json!({ "action": "edit", "collection": "persons" }), "id: is required"),
        (json!({ "action": "edit", "collection": "persons", "id": 99, "set": {} }), "not found"),
        (json!({ "action": "merge", "collection": "persons", "keep": 1, "remove": 1 }), "two records"),
        (json!({ "action": "merge", "collection": "deliveries", "keep": 1, "remove": 2 }), "is nothing for"),
        (json!({ "action": "edit", "collection": "persons", "id": 1, "system": 1 }), "no such system"),
    ] {
        let why = crm.emulator.act(act.clone()).unwrap_err().0;
        assert!(why.contains(says), "{act}: {why}");
    }
}

#[tokio::test]
async fn a_merge_moves_what_hangs_on_the_removed_record() {
    let crm = Crm::open().await;
    let merge = json!({ "action": "merge", "collection": "organisations", "keep": 2, "remove": 1 });
    assert_eq!(crm.act(merge)["moved"], 4);
    crm.expect(404, "GET", "Organisations/1", Value::Null).await;
    assert_eq!(crm.get("Persons/1").await.body["PersonOrganisationId"], 2);
    assert_eq!(crm.get("Deliveries/8").await.body["DeliveryOrganisationId"], 2);
    assert_eq!(crm.get("QuotationLines/50").await.body["QuotationLineOrganisationId"], 2);
    crm.emulator
        .seed(json!({ "persons": [{ "PersonId": 3, "PersonOrganisationId": 2, "PersonLastName": "Y" }] }))
        .unwrap();
    crm.act(json!({ "action": "merge", "collection": "persons", "keep": 3, "remove": 1 }));
    assert_eq!(crm.get("Deliveries/8").await.body["DeliveryPersonId"], 3);
}

#[tokio::test]
async fn deleting_takes_along_what_hangs_on_the_record() {
    let crm = Crm::open().await;
    crm.act(json!({ "action": "delete", "collection": "persons", "id": 1 }));
    assert_eq!(crm.get("Deliveries/8").await.body["DeliveryPersonId"], 0);
    crm.act(json!({ "action": "delete", "collection": "organisations", "id": 1 }));
    for target in ["Organisations/1", "Deliveries/8", "QuotationLines/50", "QuotationLines/51"] {
        crm.expect(404, "GET", target, Value::Null).await;
    }
    crm.expect(200, "GET", "Persons/2", Value::Null).await;
    assert!(crm.emulator.act(json!({ "action": "delete", "collection": "persons", "id": 1 })).is_err());
}

#[tokio::test]
async fn a_row_typed_in_the_screen_gets_its_price() {
    let crm = Crm::open().await;
    for (switch, price) in [("line_total", 900), ("unit", 225)] {
        crm.switch("line_price", switch);
        let set = json!({ "QuotationLineOpportunityId": 8, "QuotationLineListPrice": 300, "QuotationLineQuantity": 4, "QuotationLineDiscount": 25 });
        let line = crm.act(json!({ "action": "create", "collection": "quotation-lines", "set": set }));
        let line = format!("QuotationLines/{}", line["id"]);
        assert_eq!(crm.get(&line).await.body["QuotationLinePrice"], price);
    }
    crm.act(
        json!({ "action": "edit", "collection": "quotation-lines", "id": 50, "set": { "QuotationLineQuantity": 1 } }),
    );
    assert_eq!(crm.get("QuotationLines/50").await.body["QuotationLinePrice"], 225);
    let won = crm.act(json!({ "action": "convert", "collection": "opportunities", "id": 7 }));
    assert_eq!(won["id"], 7);
}
