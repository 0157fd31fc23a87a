//! What the system refuses.

use serde_json::{Value, json};

use crate::client::Crm;

/// What a refused write says.
async fn refused(crm: &Crm, method: &str, target: &str, body: Value) -> String {
    let answer = crm.expect(400, method, target, body).await;
    assert_eq!(answer.body["Type"], "ValidationException", "{}", answer.text);
    answer.message().to_owned()
}

#[tokio::test]
async fn required_fields_lengths_lists_and_types_are_enforced() {
    let crm = Crm::open().await;
    for (method, target, body, says) in [
        ("POST", "Organisations", json!({ "OrganisationCity": "Oslo" }), "OrganisationName: is required"),
        ("PUT", "Organisations/1", json!({ "OrganisationName": " " }), "OrganisationName: is required"),
        ("POST", "Persons", json!({ "PersonOrganisationId": 1 }), "PersonLastName: is required"),
        ("POST", "Persons", json!({ "PersonLastName": "X" }), "PersonOrganisationId: is required"),
        (
            "POST",
            "Persons",
            json!({ "PersonLastName": "X", "PersonOrganisationId": 77 }),
            "PersonOrganisationId: there is no such organisation",
        ),
        ("POST", "Deliveries", json!({ "DeliveryNumber": "1" }), "DeliveryOrganisationId: is required"),
        (
            "PUT",
            "Organisations/1",
            json!({ "OrganisationCity": "x".repeat(51) }),
            "OrganisationCity: the text is longer than 50 characters",
        ),
        (
            "PUT",
            "Organisations/1",
            json!({ "OrganisationType": "Enemy" }),
            "OrganisationType: the value \"Enemy\" is not valid",
        ),
        (
            "PUT",
            "Organisations/1",
            json!({ "OrganisationCustom6": "30 dage" }),
            "OrganisationCustom6: the value \"30 dage\" is not valid",
        ),
        (
            "PUT",
            "Organisations/1",
            json!({ "OrganisationCustom7": "[\"c\"]" }),
            "OrganisationCustom7: the value \"[\\\"c\\\"]\" is not valid",
        ),
        ("PUT", "Persons/1", json!({ "PersonCustom4": "true" }), "PersonCustom4: the value \"true\" is not valid"),
        ("PUT", "Persons/1", json!({ "PersonStatus": "Gone" }), "PersonStatus: the value \"Gone\" is not valid"),
        (
            "PUT",
            "Persons/1",
            json!({ "PersonCheckMark1": "maybe" }),
            "PersonCheckMark1: the value \"maybe\" is not valid",
        ),
        (
            "PUT",
            "Deliveries/8",
            json!({ "DeliveryOrderDate": "12/6" }),
            "DeliveryOrderDate: the value \"12/6\" is not valid",
        ),
        (
            "PUT",
            "Deliveries/8",
            json!({ "DeliveryDiscount": "ten" }),
            "DeliveryDiscount: the value \"ten\" is not valid",
        ),
        ("PUT", "Opportunities/7", json!({ "OpportunityLevel": 9 }), "OpportunityLevel: the value 9 is not valid"),
        (
            "PUT",
            "Deliveries/8",
            json!({ "DeliveryCurrencyName": "77" }),
            "DeliveryCurrencyName: the value \"77\" is not valid",
        ),
        (
            "POST",
            "QuotationLines",
            json!({ "QuotationLineOpportunityId": 99 }),
            "QuotationLineOpportunityId: there is no such record",
        ),
        (
            "POST",
            "QuotationLines",
            json!({ "QuotationLineOpportunityId": 8, "QuotationLineLinkedDataId": 99 }),
            "QuotationLineLinkedDataId: there is no such item",
        ),
    ] {
        assert_eq!(refused(&crm, method, target, body).await, says);
    }
    let good = json!({ "OrganisationCity": "x".repeat(50), "OrganisationCustom6": "01: 30 dage", "OrganisationCustom7": "[\"a\",\"b\"]" });
    crm.expect(200, "PUT", "Organisations/1", good).await;
    for broken in ["{", "[]", ""] {
        let bearer = format!("Bearer {}", crm.token);
        let answer = crm.send("POST", "Organisations", broken, &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 400, "{broken}");
    }
}

#[tokio::test]
async fn a_unique_field_takes_a_value_once() {
    let crm = Crm::open().await;
    let body = json!({ "OrganisationExtraCustom8": "70012" });
    let says = refused(&crm, "PUT", "Organisations/2", body.clone()).await;
    assert_eq!(says, "OrganisationExtraCustom8: the value '70012' is used already");
    crm.expect(200, "PUT", "Organisations/1", body).await;
    crm.expect(200, "PUT", "Organisations/2", json!({ "OrganisationExtraCustom8": "" })).await;
}

#[tokio::test]
async fn what_a_customer_made_mandatory_is_asked_for() {
    let crm = Crm::open().await;
    crm.act(json!({ "action": "set_field", "FieldMetadataFriendlyFieldName": "OrganisationCustom6", "mandatory": true,
        "FieldMetadataDropdownListData": ["-- vælg --", "x"] }));
    for unset in [json!({}), json!({ "OrganisationCustom6": "-- vælg --" })] {
        let mut body = json!({ "OrganisationName": "N" });
        body.as_object_mut().unwrap().extend(unset.as_object().unwrap().clone());
        assert_eq!(refused(&crm, "POST", "Organisations", body).await, "OrganisationCustom6: is required");
    }
    crm.expect(200, "POST", "Organisations", json!({ "OrganisationName": "N", "OrganisationCustom6": "x" })).await;
    crm.expect(200, "PUT", "Organisations/2", json!({ "OrganisationCity": "Bergen" })).await;
}

#[tokio::test]
async fn nobody_changes_organisation_and_main_records_stay() {
    let crm = Crm::open().await;
    let says = refused(&crm, "PUT", "Persons/1", json!({ "PersonOrganisationId": 2 })).await;
    assert_eq!(says, "PersonOrganisationId: cannot be changed");
    refused(&crm, "PUT", "Deliveries/8", json!({ "DeliveryOrganisationId": 2 })).await;
    crm.expect(200, "PUT", "Persons/1", json!({ "PersonOrganisationId": 1, "PersonTitle": "x" })).await;
    for target in ["Organisations/1", "Persons/1", "Deliveries/8", "Opportunities/7"] {
        crm.expect(405, "DELETE", target, Value::Null).await;
        crm.expect(200, "GET", target, Value::Null).await;
    }
}

#[tokio::test]
async fn a_number_given_twice_locks_both_deliveries() {
    let crm = Crm::open().await;
    let twin = json!({ "DeliveryOrganisationId": 2, "DeliveryNumber": "8101" });
    let twin = crm.expect(200, "POST", "Deliveries", twin).await.id();
    for id in [8, twin] {
        let says = refused(&crm, "PUT", &format!("Deliveries/{id}"), json!({ "DeliveryNumber": "5000" })).await;
        assert_eq!(says, "DeliveryNumber: '8101' is used by several deliveries");
    }
    crm.act(json!({ "action": "edit", "collection": "deliveries", "id": twin, "set": { "DeliveryNumber": "8102" } }));
    crm.expect(200, "PUT", "Deliveries/8", json!({ "DeliveryNote": "x" })).await;
}
