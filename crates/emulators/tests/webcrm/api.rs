//! Reading and writing through the API.

use emulators::frame::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::client::Crm;

#[tokio::test]
async fn lists_end_with_an_empty_page_and_ignore_unknown_filters() {
    let crm = Crm::open().await;
    assert_eq!(crm.get("Organisations?Page=1&Size=2").await.all("OrganisationId"), [json!(1), json!(2)]);
    assert_eq!(crm.get("organisations?page=2&size=2").await.all("OrganisationId"), [json!(3)]);
    assert_eq!(crm.get("Organisations?Page=3&Size=2").await.text, "[]");
    assert_eq!(crm.get("Persons?PersonEmail=nobody@example.com").await.rows().len(), 2);
    for wrong in ["Page=0", "Size=0", "Page=x", "Page=1000001"] {
        crm.expect(400, "GET", &format!("Organisations?{wrong}"), Value::Null).await;
    }
    assert_eq!(crm.get("Organisations?Page=1000000&Size=1000").await.text, "[]");
}

#[tokio::test]
async fn organisations_are_found_by_dates_with_the_end_left_out() {
    let crm = Crm::open().await;
    let found = |target: &'static str| async { crm.get(target).await.all("OrganisationId") };
    assert_eq!(found("Organisations/FindByUpdateDates/2024-06-01T08:00:00/2024-06-01T08:00:01").await, [json!(1)]);
    assert!(found("Organisations/FindByUpdateDates/2024-06-01T07:59:59Z/2024-06-01T08:00:00Z").await.is_empty());
    assert_eq!(found("Organisations/FindByCreateDates/2024-02-01T00:00:00Z/2024-04-01T00:00:00Z").await.len(), 2);
    crm.expect(400, "GET", "Organisations/FindByUpdateDates/soon/later", Value::Null).await;
    crm.expect(404, "GET", "Deliveries/FindByUpdateDates/2024-06-01/2024-06-02", Value::Null).await;
}

#[tokio::test]
async fn stamps_are_whole_seconds_in_london_time_and_no_date_is_year_one() {
    let crm = Crm::open().await;
    let id =
        crm.expect(200, "POST", "Persons", json!({ "PersonLastName": "Ny", "PersonOrganisationId": 1 })).await.id();
    let person = crm.get(&format!("Persons/{id}")).await.body;
    assert_eq!(person["PersonCreatedAt"], "2024-07-01T12:00:00+01:00");
    assert_eq!(person["PersonBirthday"], "0001-01-01T00:00:00+00:00");
    assert_eq!(person["PersonLastLoginDateTime"], Value::Null);
    assert_eq!((person["PersonPlus1"].clone(), person["PersonCustom4"].clone()), (Value::Null, json!("No")));
    assert_eq!(
        (person["PersonName"].clone(), person["PersonCreatedBy"].clone()),
        (json!("Ny"), json!("api2 samklang"))
    );
    assert!(person["PersonHistory"].as_str().unwrap().starts_with("<tr><td>01-07-2024&nbsp;13:00"));
    let organisation = crm.get("Organisations/1").await.body;
    assert_eq!(organisation["OrganisationCompareName"], "NORDLYSAS");
    assert_eq!(organisation["OrganisationTelephoneSearch"], "-55102030-");
    assert_eq!(organisation["OrganisationStatus"], "-- vælg --");
    assert_eq!(
        (organisation["OrganisationCustom6"].clone(), organisation["OrganisationCustom7"].clone()),
        (json!("--Velg--"), json!("[]"))
    );
}

#[tokio::test]
async fn a_part_of_a_record_is_put_and_the_rest_stays() {
    let crm = Crm::open().await;
    crm.advance(60);
    let put = json!({ "PersonId": 1, "PersonStatus": "Resigned", "PersonFirstName": "", "PersonTitle": null,
        "PersonUpdatedBy": "me", "PersonCreatedBy": "me", "PersonLoginLog": "x", "PersonUnheardOf": 1 });
    assert_eq!(crm.expect(200, "PUT", "Persons/1", put).await.text, "");
    let person = crm.get("Persons/1").await.body;
    assert_eq!(
        (person["PersonStatus"].clone(), person["PersonEmail"].clone()),
        (json!("Resigned"), json!("eva@example.com"))
    );
    assert_eq!(
        (person["PersonName"].clone(), person["PersonUpdatedBy"].clone()),
        (json!("Berg"), json!("api2 samklang"))
    );
    assert_eq!(person["PersonUpdatedAt"], "2024-07-01T12:01:00+01:00");
    assert_eq!((person["PersonCreatedBy"].clone(), person["PersonLoginLog"].clone()), (json!(""), json!("")));
    crm.expect(404, "PUT", "Persons/99", json!({ "PersonTitle": "x" })).await;
}

#[tokio::test]
async fn a_batch_tells_of_each_record_for_itself() {
    let crm = Crm::open().await;
    let batch = json!([
        { "OrganisationId": 1, "OrganisationCity": "Oslo" },
        { "OrganisationId": 0, "OrganisationName": "New" },
        { "OrganisationId": "0" },
        { "OrganisationId": 99, "OrganisationName": "Gone" },
        7,
    ]);
    let answer = crm.expect(200, "PATCH", "Organisations", batch).await;
    let expected =
        ["", "101", "OrganisationName: is required", "The record was not found", "The record must be an object"];
    assert_eq!(answer.body, json!(expected));
    assert_eq!(crm.get("Organisations/1").await.body["OrganisationCity"], "Oslo");
    assert_eq!(crm.get("Organisations").await.rows().len(), 4);
    crm.expect(400, "PATCH", "Organisations", json!({ "OrganisationId": 1 })).await;
}

#[tokio::test]
async fn an_order_is_made_head_first_and_its_rows_hang_on_its_id() {
    let crm = Crm::open().await;
    let head = json!({ "DeliveryId": 0, "DeliveryOrganisationId": 1, "DeliveryNumber": "9001", "DeliveryErpStatus": "Synchronized",
        "DeliveryErpId": "SO-1", "DeliveryErpSyncDateTime": "2024-07-01T11:00:00.123Z", "DeliveryOrderDate": "2024-07-01" });
    let order = crm.expect(200, "POST", "Deliveries", head).await.id();
    let row = |place: u64| {
        json!({ "QuotationLineId": 0, "QuotationLineOpportunityId": order, "QuotationLineOrganisationId": 1,
        "QuotationLineData1": "100", "QuotationLineLinkedDataId": 1, "QuotationLineSortOrder": 30 - place, "QuotationLinePrice": 12.50 })
    };
    let made = crm.expect(200, "PATCH", "QuotationLines", json!([row(10), row(20)])).await;
    let rows = crm.get(&format!("Deliveries/{order}/QuotationLines?Page=1&Size=1000")).await;
    assert_eq!(rows.all("QuotationLineSortOrder"), [json!(10), json!(20)]);
    assert_eq!(rows.rows()[0]["QuotationLinePrice"].to_string(), "12.5");
    assert!(rows.rows()[0].get("QuotationLineLinkedDataId").is_none());
    assert_eq!(crm.get(&format!("Deliveries/{order}/QuotationLines?Page=2&Size=2")).await.text, "[]");
    let first = made.body[0].as_str().unwrap().to_owned();
    assert_eq!(crm.expect(200, "DELETE", &format!("QuotationLines/{first}"), Value::Null).await.text, "");
    crm.expect(404, "GET", &format!("QuotationLines/{first}"), Value::Null).await;
    let delivery = crm.get(&format!("Deliveries/{order}")).await.body;
    assert_eq!(delivery["DeliveryErpSyncDateTime"], "2024-07-01T12:00:00+01:00");
    assert_eq!((delivery["DeliveryStatus"].clone(), delivery["DeliveryRisk"].clone()), (json!("New"), json!("NoRisk")));
    assert_eq!(delivery["DeliveryOrderValue"], 0);
}

#[tokio::test]
async fn opportunities_and_deliveries_share_their_ids() {
    let crm = Crm::open().await;
    let delivery = crm.expect(200, "POST", "Deliveries", json!({ "DeliveryOrganisationId": 1 })).await.id();
    let opportunity = crm.expect(200, "POST", "Opportunities", json!({ "OpportunityOrganisationId": 1 })).await.id();
    assert_eq!((delivery, opportunity), (101, 102));
    crm.expect(404, "GET", "Opportunities/101", Value::Null).await;
}

#[tokio::test]
async fn deals_are_listed_moved_and_converted() {
    let crm = Crm::open().await;
    for (target, found) in [
        ("Deliveries/ByOrganisation/1", 1),
        ("Deliveries/ByOrganisation/2", 0),
        ("Deliveries/ByStatus/New", 1),
        ("Deliveries/ByStatus/Completed", 0),
        ("Deliveries/ByResponsible/0", 1),
        ("Deliveries/ByResponsible2/5", 0),
        ("Opportunities/ByPipelineLevel/2", 1),
        ("Opportunities/ByResponsible/3", 0),
        ("Opportunities/ByOrganisation/2", 1),
        ("Persons/ByOrganisation/1", 1),
        ("Organisations/1/Persons", 1),
        ("Deliveries/FindByCreateDates/2024-01-01/2025-01-01", 1),
        ("Users/AllActive", 1),
    ] {
        assert_eq!(crm.get(target).await.rows().len(), found, "{target}");
    }
    crm.expect(400, "GET", "Deliveries/ByStatus/Lost", Value::Null).await;
    crm.expect(204, "POST", "Deliveries/8/Move", json!({ "NewOrganisationId": 2 })).await;
    assert_eq!(crm.get("Deliveries/8").await.body["DeliveryOrganisationId"], 2);
    let id = crm.expect(200, "POST", "Opportunities/7/ConvertToDelivery", Value::Null).await.id();
    let delivery = crm.get(&format!("Deliveries/{id}")).await.body;
    assert_eq!(
        (delivery["DeliveryNumber"].clone(), delivery["DeliveryOpportunityCustom1"].clone()),
        (json!("T-7"), json!("x"))
    );
    let back = crm.expect(200, "POST", &format!("Deliveries/{id}/ConvertToOpportunity/4"), Value::Null).await.id();
    let opportunity = crm.get(&format!("Opportunities/{back}")).await.body;
    assert_eq!(
        (opportunity["OpportunityLevelText"].clone(), opportunity["OpportunityCustom1"].clone()),
        (json!("Won"), json!("x"))
    );
}

#[tokio::test]
async fn the_catalogue_is_read_at_once_and_can_be_wiped() {
    let crm = Crm::open().await;
    assert_eq!(crm.get("QuotationLines/LinkedData?Page=2&Size=1").await.rows().len(), 2);
    let prefix = "QuotationLineLinkedDataItem";
    let mut item = json!({ format!("{prefix}EntityType"): "Product", format!("{prefix}Price"): 9.95 });
    for place in 1..=9 {
        item[format!("{prefix}Data{place}")] = json!("-");
    }
    let id = crm.expect(200, "POST", "QuotationLines/LinkedData", item.clone()).await.id();
    let target = format!("QuotationLines/LinkedData/{id}");
    crm.expect(200, "PUT", &target, json!({ format!("{prefix}Price"): 10 })).await;
    let read = crm.get(&target).await.body;
    assert_eq!(
        (read[format!("{prefix}Price")].clone(), read[format!("{prefix}CostPrice")].clone()),
        (json!(10), Value::Null)
    );
    item[format!("{prefix}Data5")] = json!("");
    let refused = crm.expect(400, "POST", "QuotationLines/LinkedData", item).await;
    assert_eq!(refused.message(), "QuotationLineLinkedDataItemData5: is required");
    crm.expect(200, "DELETE", &target, Value::Null).await;
    crm.expect(404, "GET", &target, Value::Null).await;
    crm.expect(200, "DELETE", "QuotationLines/LinkedData", Value::Null).await;
    assert_eq!(crm.get("QuotationLines/LinkedData").await.text, "[]");
    assert_eq!(crm.get("QuotationLines/LinkedSetup").await.body["QuotationLineLinkedSetupUseListPrice"], true);
}

#[tokio::test]
async fn metadata_tells_of_lists_lengths_and_currencies() {
    let crm = Crm::open().await;
    let fields = crm.get("FieldsMetadata/Organisation").await;
    let field = |name: &str| {
        let found = fields.rows().iter().find(|row| row["FieldMetadataFriendlyFieldName"] == name);
        found.cloned().unwrap_or_default()
    };
    assert_eq!(field("OrganisationCity")["FieldMetadataTextFieldMaxLength"], 50);
    assert_eq!(
        (
            field("OrganisationType")["FieldMetadataDbFieldName"].clone(),
            field("OrganisationType")["FieldMetadataDisplayType"].clone()
        ),
        (json!("o_type"), json!("D"))
    );
    assert_eq!(
        field("OrganisationCustom6")["FieldMetadataDropdownListData"][0],
        json!({ "Text": "--Velg--", "Value": "--Velg--" })
    );
    assert!(field("OrganisationCustom6").get("kind").is_none() && field("OrganisationPlus1").is_null());
    let deliveries = crm.get("FieldsMetadata/delivery").await;
    let currency = deliveries.rows().iter().find(|row| row["FieldMetadataFriendlyFieldName"] == "DeliveryCurrencyName");
    assert_eq!(currency.unwrap()["FieldMetadataDropdownListData"][0], json!({ "Text": "DKK", "Value": "00" }));
    let all = crm.get("FieldsMetadata").await.rows().len();
    assert_eq!(crm.get("FieldsMetadata/All").await.rows().len(), all);
    assert_eq!(crm.get("FieldsMetadata/Activity").await.text, "[]");
    crm.expect(400, "GET", "FieldsMetadata/Invoice", Value::Null).await;
}

#[tokio::test]
async fn the_state_can_be_seeded_again() {
    let crm = Crm::open().await;
    let mut state = crm.emulator.state();
    for name in ["systems", "hooks"] {
        state.as_object_mut().unwrap().remove(name);
    }
    crm.emulator.seed(state.clone()).unwrap();
    let mut again = crm.emulator.state();
    for name in ["systems", "hooks"] {
        again.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(again, state);
    for wrong in [
        json!({ "persons": [{ "PersonId": 9, "PersonOrganisationId": 77, "PersonLastName": "X" }] }),
        json!({ "persons": [{ "PersonOrganisationId": 1 }] }),
        json!({ "organisations": [{ "OrganisationId": 1, "_system": 5 }] }),
        json!({ "organisations": [{ "OrganisationId": 9, "OrganisationType": "Enemy" }] }),
        json!({ "fields-metadata": [{ "FieldMetadataFriendlyFieldName": "Nothing" }] }),
        json!({ "fields-metadata": [{ "FieldMetadataFriendlyFieldName": "PersonCustom1", "unique": true }] }),
        json!({ "linked-setup": [{ "QuotationLineLinkedSetupUsePriceLine": true }] }),
        json!({ "invoices": [] }),
    ] {
        assert!(crm.emulator.seed(wrong.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn ordered_faults_answer_in_the_vendors_shape() {
    let crm = Crm::open().await;
    crm.emulator.fault(Fault::new(FaultKind::Status { code: 503, handled: true }).on("POST", "/Persons"));
    let person = json!({ "PersonLastName": "Ny", "PersonOrganisationId": 1 });
    assert_eq!(crm.expect(503, "POST", "Persons", person).await.body["Type"], "Exception");
    assert_eq!(crm.get("Persons").await.rows().len(), 3);
    crm.emulator.fault(Fault::new(FaultKind::RateLimit));
    assert_eq!(crm.expect(429, "GET", "Persons", Value::Null).await.retry_after, Some(14));
    crm.emulator.fault(Fault::new(FaultKind::Status { code: 401, handled: false }));
    assert_eq!(crm.expect(401, "GET", "Persons", Value::Null).await.text, "");
    assert_eq!(crm.emulator.requests().last().unwrap().fault, Some("status"));
}

#[tokio::test]
async fn what_was_read_can_be_put_whole() {
    let crm = Crm::open().await;
    for setting in ["kept", "cleared"] {
        crm.switch("put_left_out", setting);
        for target in [
            "Organisations/1",
            "Persons/1",
            "Deliveries/8",
            "Opportunities/7",
            "QuotationLines/50",
            "QuotationLines/LinkedData/1",
            "Users/3",
        ] {
            let before = crm.get(target).await.body;
            crm.expect(200, "PUT", target, before.clone()).await;
            let mut after = crm.get(target).await.body;
            for (name, value) in before.as_object().unwrap() {
                if name.ends_with("UpdatedAt") || name.ends_with("UpdatedBy") || name.ends_with("History") {
                    after[name] = value.clone();
                }
            }
            assert_eq!(after, before, "{target} {setting}");
        }
    }
}
