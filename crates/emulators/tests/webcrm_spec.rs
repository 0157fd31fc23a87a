//! Every answer of the emulated webCRM, in a session that uses all of its calls, fits the vendor's own description; and
//! so does every request that it takes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "the variable names the folder of descriptions")]

#[path = "webcrm/client.rs"]
mod client;
#[path = "webcrm/description.rs"]
mod description;

use client::Crm;
use description::description;
use serde_json::{Value, json};
use spec_check::{Exception, Exceptions};

/// Where the description is known to be wrong or silent.
const EXCEPTIONS: &[Exception] = &[
    Exception { place: "* 400", at: "", keyword: "status", reason: "it names no refusal but 401" },
    Exception { place: "* 404", at: "", keyword: "status", reason: "as 400" },
    Exception { place: "* 429", at: "", keyword: "status", reason: "the limit on speed is two years younger" },
    Exception { place: "POST /Auth/Api* 200", at: "/SystemId", keyword: "unknown", reason: "in answers of 2024" },
    Exception { place: "POST /Auth/Api* 200", at: "/Error*", keyword: "type", reason: "null in answers of 2024" },
    Exception {
        place: "GET *Persons* 200",
        at: "*/Person*",
        keyword: "type",
        reason: "obsolete and unset fields are null in answers of 2024",
    },
    Exception { place: "GET * 200", at: "*Plus*", keyword: "type", reason: "unset plus fields are null" },
    Exception { place: "GET */LinkedData* 200", at: "*Price", keyword: "type", reason: "null is allowed" },
];

#[tokio::test]
async fn every_answer_and_every_request_taken_fits_the_description() {
    let Some(spec) = description() else { return };
    let crm = Crm::open_with(Some(spec)).await;
    session(&crm).await;
    refusals(&crm).await;
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let problems = exceptions.filter(std::mem::take(&mut *crm.problems.lock().unwrap()));
    let shown = problems.iter().take(20).collect::<Vec<_>>();
    assert!(problems.is_empty(), "{} problems: {shown:#?}", problems.len());
    let unused = exceptions.unused();
    assert!(unused.is_empty(), "{unused:#?}");
    let used = crm.used.lock().unwrap();
    assert_eq!(used.len(), 93, "{used:#?}");
}

async fn session(crm: &Crm) {
    let given = crm.token_for(emulators::webcrm::AUTH_CODE).await.body;
    let refresh = [("refreshToken", given["RefreshToken"].as_str().unwrap())];
    assert_eq!(crm.send("POST", "Auth/ApiRefresh", "", &refresh).await.status, 200);
    let organisation = json!({ "OrganisationId": 0, "OrganisationName": "New", "OrganisationType": "Customer" });
    let person = json!({ "PersonId": 0, "PersonLastName": "Ny", "PersonOrganisationId": 1 });
    let delivery = json!({ "DeliveryId": 0, "DeliveryOrganisationId": 1, "DeliveryOrderDate": "2024-07-01T00:00:00Z" });
    let opportunity = json!({ "OpportunityId": 0, "OpportunityOrganisationId": 1, "OpportunityDiscount": 2.5 });
    let line = json!({ "QuotationLineId": 0, "QuotationLineOpportunityId": 8, "QuotationLineLinkedDataId": 1 });
    let user = json!({ "UserId": 0, "UserName": "Bo" });
    for (path, body) in [
        ("Organisations", organisation),
        ("Persons", person),
        ("Deliveries", delivery),
        ("Opportunities", opportunity),
        ("QuotationLines", line),
        ("Users", user),
    ] {
        crm.expect(200, "POST", path, body.clone()).await;
        crm.expect(200, "PATCH", path, json!([body])).await;
        let key = body.as_object().unwrap().keys().find(|name| name.ends_with("Id") && body[*name] == 0).unwrap();
        let last = crm.expect(200, "GET", path, Value::Null).await.all(key).pop().unwrap();
        crm.expect(200, "GET", &format!("{path}/{last}"), Value::Null).await;
        let mut part = body.clone();
        part[key] = last.clone();
        crm.expect(200, "PUT", &format!("{path}/{last}"), part).await;
        let hook = json!({ "Id": 0, "EventType": "Update", "Filter": ["All"], "IsEnabled": true, "TargetUrl": "http://127.0.0.1:1/" });
        let target =
            format!("{path}/Hooks/{}", crm.expect(200, "POST", &format!("{path}/Hooks"), hook.clone()).await.id());
        crm.expect(200, "GET", &format!("{path}/Hooks"), Value::Null).await;
        crm.expect(200, "GET", &target, Value::Null).await;
        crm.expect(200, "PUT", &target, hook).await;
        crm.expect(200, "DELETE", &target, Value::Null).await;
    }
    reads(crm).await;
    let mut item = crm.get("QuotationLines/LinkedData/1").await.body;
    item["QuotationLineLinkedDataItemCostPrice"] = json!(3.25);
    crm.expect(200, "PUT", "QuotationLines/LinkedData/1", item.clone()).await;
    item["QuotationLineLinkedDataItemId"] = json!(0);
    item.as_object_mut().unwrap().remove("QuotationLineLinkedDataItemPrice");
    let made = crm.expect(200, "POST", "QuotationLines/LinkedData", item).await.id();
    crm.expect(200, "GET", "QuotationLines/LinkedData", Value::Null).await;
    crm.expect(200, "DELETE", &format!("QuotationLines/LinkedData/{made}"), Value::Null).await;
    crm.expect(200, "DELETE", "QuotationLines/LinkedData", Value::Null).await;
    crm.expect(200, "DELETE", "QuotationLines/50", Value::Null).await;
    crm.expect(204, "POST", "Deliveries/8/Move", json!({ "NewOrganisationId": 2 })).await;
    crm.expect(204, "POST", "Opportunities/7/Move", json!({ "NewOrganisationId": 1 })).await;
    crm.expect(200, "POST", "Opportunities/7/ConvertToDelivery", Value::Null).await;
    crm.expect(200, "POST", "Deliveries/7/ConvertToOpportunity/2", Value::Null).await;
}

async fn reads(crm: &Crm) {
    let days = "2020-01-01T00:00:00Z/2030-01-01T00:00:00Z";
    let dated = ["Organisations", "Deliveries", "Opportunities"].map(|path| format!("{path}/FindByCreateDates/{days}"));
    for target in dated {
        assert!(!crm.expect(200, "GET", &target, Value::Null).await.rows().is_empty(), "{target}");
    }
    crm.expect(200, "GET", &format!("Organisations/FindByUpdateDates/{days}?Page=1&Size=1000"), Value::Null).await;
    for target in [
        "Organisations/1/Persons",
        "Deliveries/8/QuotationLines?Page=1&Size=2",
        "Opportunities/7/QuotationLines",
        "Deliveries/ByOrganisation/1",
        "Deliveries/ByResponsible/0",
        "Deliveries/ByResponsible2/0",
        "Deliveries/ByStatus/New",
        "Opportunities/ByOrganisation/1",
        "Opportunities/ByResponsible/0",
        "Opportunities/ByResponsible2/0",
        "Opportunities/ByPipelineLevel/2",
        "Users/AllActive",
        "FieldsMetadata",
        "FieldsMetadata/All",
        "QuotationLines/LinkedSetup",
        "QuotationLines/LinkedData/1",
    ] {
        crm.expect(200, "GET", target, Value::Null).await;
    }
    assert_eq!(crm.query("SELECT * FROM Delivery ORDER BY DeliveryId").await.status, 200);
}

async fn refusals(crm: &Crm) {
    crm.expect(400, "POST", "Persons", json!({ "PersonId": 0 })).await;
    crm.expect(404, "GET", "Persons/99999", Value::Null).await;
    crm.switch("rate_limit_per_minute", 1);
    crm.expect(429, "GET", "Users", Value::Null).await;
    crm.advance(3600);
    crm.expect(401, "GET", "Users", Value::Null).await;
}

/// The description requires hardly any field, and would let an answer pass that lacks the others.
#[tokio::test]
async fn answers_have_every_field_that_the_description_knows_and_no_other() {
    let Some(spec) = description() else { return };
    let crm = Crm::open().await;
    for (target, model) in [
        ("Organisations/1", "OrganisationDto"),
        ("Persons/1", "PersonDto"),
        ("Deliveries/8", "DeliveryDto"),
        ("Opportunities/7", "OpportunityDto"),
        ("QuotationLines/50", "QuotationLineDto"),
        ("QuotationLines/LinkedData/1", "QuotationLineLinkedDataItemDto"),
        ("QuotationLines/LinkedSetup", "QuotationLineLinkedSetupDto"),
        ("Users/3", "UserDto"),
    ] {
        let answer = crm.get(target).await;
        let mut known = spec.field_names(model);
        known.sort();
        assert!(!known.is_empty(), "{model}");
        assert_eq!(answer.body.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), known, "{target}");
    }
}
