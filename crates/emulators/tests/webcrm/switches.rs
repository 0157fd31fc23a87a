//! Each switch of the emulated system, at each of its settings.

use std::collections::BTreeMap;

use emulators::webcrm::AUTH_CODE;
use serde_json::{Value, json};

use crate::{client::Crm, hooks::hook};

async fn crm_at(name: &str, value: impl Into<Value>) -> Crm {
    let crm = Crm::open().await;
    crm.switch(name, value);
    crm
}

/// Runs the same story at each setting and gives what came of it.
macro_rules! at_each {
    ($name:literal, [$($value:expr => $expected:expr),+ $(,)?], |$crm:ident| $story:block) => {
        $({
            let $crm = crm_at($name, $value).await;
            let found = async { $story }.await;
            assert_eq!(json!(found), json!($expected), "{} at {:?}", $name, $value);
        })+
    };
}

#[tokio::test]
async fn all_switches_are_tested_here() {
    let crm = Crm::open().await;
    let url = format!("{}/_emulator/switches", crm.emulator.base_url());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let known: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let tested = include_str!("switches.rs");
    for (name, switch) in known {
        let (_, story) = tested.split_once(&format!("at_each!(\"{name}\"")).unwrap_or_else(|| panic!("{name}"));
        for word in switch["allowed"].as_array().into_iter().flatten() {
            let settings = story.split_once("|crm|").unwrap().0;
            assert!(settings.contains(&word.to_string()), "{name} at {word}");
        }
        assert!(!switch["about"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn at_the_gate() {
    at_each!("rate_limit_per_minute", [0 => 200, 1 => 429], |crm| {
        crm.get("Users/3").await;
        crm.get("Users/3").await.status
    });
    at_each!("login_counts", ["no" => 200, "yes" => 429], |crm| {
        crm.switch("rate_limit_per_minute", 1);
        crm.token_for(AUTH_CODE).await;
        crm.get("Users/3").await.status
    });
    at_each!("token_lifetime_s", [5 => 401, 6 => 200], |crm| {
        let mut crm = crm;
        crm.log_in().await;
        crm.advance(5);
        crm.get("Users/3").await.status
    });
    at_each!("refresh_lifetime_s", [5 => 400, 6 => 200], |crm| {
        let given = crm.token_for(AUTH_CODE).await.body;
        crm.advance(5);
        crm.send("POST", "Auth/ApiRefresh", "", &[("refreshToken", given["RefreshToken"].as_str().unwrap())]).await.status
    });
    at_each!("refresh_rotates", ["no" => json!([true, 200]), "yes" => json!([false, 400])], |crm| {
        let given = crm.token_for(AUTH_CODE).await.body;
        let header = [("refreshToken", given["RefreshToken"].as_str().unwrap())];
        let again = crm.send("POST", "Auth/ApiRefresh", "", &header).await.body;
        let same = again["RefreshToken"] == given["RefreshToken"];
        json!([same, crm.send("POST", "Auth/ApiRefresh", "", &header).await.status])
    });
    at_each!("bad_auth_code", ["400" => json!([400, true]), "401" => json!([401, null]), "200_is_error" => json!([200, true])], |crm| {
        let answer = crm.token_for("x").await;
        json!([answer.status, answer.body.get("IsError")])
    });
    at_each!("rights_refusal", ["401" => 401, "403" => 403], |crm| {
        crm.act(json!({ "action": "set_rights", "area": "Users", "rights": "none" }));
        crm.get("Users/3").await.status
    });
}

#[tokio::test]
async fn errors() {
    at_each!("missing_id", ["404" => json!([404, "Message"]), "200_null" => json!([200, "null"]), "204" => json!([204, ""])], |crm| {
        let answer = crm.get("Persons/99").await;
        let text = if answer.body.get("Message").is_some() { "Message" } else { answer.text.as_str() };
        json!([answer.status, text])
    });
    at_each!("no_delete", ["405" => 405, "404" => 404], |crm| { crm.call("DELETE", "Persons/1", Value::Null).await.status });
    at_each!("error_body", [
        "message_type" => json!({ "Message": "PersonLastName: is required", "Type": "ValidationException" }).to_string(),
        "text" => "PersonLastName: is required",
        "error_description" => json!({ "Error": "ValidationException", "ErrorDescription": "PersonLastName: is required" }).to_string(),
        "empty" => ""], |crm| {
        crm.call("POST", "Persons", json!({})).await.text
    });
    at_each!("validation_status", ["400" => 400, "422" => 422, "500" => 500], |crm| {
        crm.call("POST", "Persons", json!({})).await.status
    });
    at_each!("id_clash_every", [0 => json!([200, 200, 200]), 2 => json!([200, 500, 200])], |crm| {
        let mut found = Vec::new();
        for _ in 0..3 {
            found.push(crm.call("POST", "Organisations", json!({ "OrganisationName": "N" })).await.status);
        }
        json!(found)
    });
}

#[tokio::test]
async fn reading() {
    at_each!("listing_lag_s", [0 => json!([4, 200]), 10 => json!([3, 200])], |crm| {
        crm.call("POST", "Organisations", json!({ "OrganisationName": "N" })).await;
        json!([crm.get("Organisations").await.rows().len(), crm.get("Organisations/101").await.status])
    });
    at_each!("default_size", [1 => 1, 100 => 3], |crm| { crm.get("Organisations").await.rows().len() });
    at_each!("size_max", [2 => 2, 1000 => 3], |crm| { crm.get("Organisations?Size=1000").await.rows().len() });
    at_each!("size_over", ["clamped" => 200, "refused" => 400], |crm| { crm.get("Organisations?Size=1001").await.status });
    at_each!("list_order", ["created" => 1, "newest_first" => 3], |crm| {
        crm.get("Organisations").await.rows()[0]["OrganisationId"].clone()
    });
    at_each!("search_parameter", ["input" => json!([1, 3]), "term" => json!([3, 1])], |crm| {
        let found = [crm.get("Organisations/Search?input=brien").await, crm.get("Organisations/Search?term=brien").await];
        json!(found.map(|answer| answer.rows().len()))
    });
    at_each!("search_in", ["names" => 0, "all_texts" => 1], |crm| {
        crm.get("Persons/Search?input=eva@example.com").await.rows().len()
    });
    at_each!("zoneless_times", ["utc" => json!([1, 0, 0]), "london" => json!([0, 1, 0]), "copenhagen" => json!([0, 0, 1])], |crm| {
        let mut found = Vec::new();
        for hour in ["08", "09", "10"] {
            let target = format!("Organisations/FindByUpdateDates/2024-06-01T{hour}:00:00/2024-06-01T{hour}:00:01");
            found.push(crm.get(&target).await.rows().len());
        }
        json!(found)
    });
    at_each!("stamp_offset", ["london" => "2024-06-01T09:00:00+01:00", "utc" => "2024-06-01T08:00:00+00:00"], |crm| {
        crm.get("Organisations/1").await.body["OrganisationUpdatedAt"].clone()
    });
    at_each!("date_only", ["midnight_utc" => "2024-06-12T01:00:00+01:00", "midnight_london" => "2024-06-12T00:00:00+01:00"], |crm| {
        crm.get("Deliveries/8").await.body["DeliveryOrderDate"].clone()
    });
    at_each!("drift", [
        "none" => json!([1, null, null, null, null]),
        "beside" => json!([1, 1, "DKK", "", "Danmark"]),
        "instead" => json!([null, 1, "DKK", "", "Danmark"])], |crm| {
        crm.call("PUT", "Opportunities/7", json!({ "OpportunityCountryValue": "Danmark" })).await;
        let [delivery, organisation, opportunity] = [crm.get("Deliveries/8").await.body, crm.get("Organisations/1").await.body, crm.get("Opportunities/7").await.body];
        json!([delivery["DeliveryPersonId"], delivery["DeliveryOpportunityPersonId"], delivery["DeliveryCurrencySymbol"],
            organisation["OrganisationDeliveryCity"], opportunity["OpportunityCountry"]["Name"]])
    });
    at_each!("drift", ["none" => "Order", "beside" => "Both", "instead" => "Newer"], |crm| {
        crm.call("PUT", "Deliveries/8", json!({ "DeliveryOpportunityDescription": "Newer" })).await;
        if crm.emulator.state()["deliveries"][0]["DeliveryDescription"] == "Newer" {
            // Only where both names are known does the older one still count.
            crm.call("PUT", "Deliveries/8", json!({ "DeliveryDescription": "Both" })).await;
        }
        crm.emulator.state()["deliveries"][0]["DeliveryDescription"].clone()
    });
}

#[tokio::test]
async fn writing() {
    at_each!("organisation_answer", ["empty" => "", "id" => "101", "object" => "N"], |crm| {
        let answer = crm.call("POST", "Organisations", json!({ "OrganisationName": "N" })).await;
        answer.body["OrganisationName"].as_str().unwrap_or(&answer.text).to_owned()
    });
    at_each!("user_answer", ["empty" => "", "id" => "101"], |crm| {
        crm.call("POST", "Users", json!({ "UserName": "Bo" })).await.text
    });
    at_each!("put_left_out", ["kept" => json!(["eva@example.com", "Ny", 1]), "cleared" => json!(["", "Ny", 1])], |crm| {
        crm.expect(200, "PUT", "Persons/1", json!({ "PersonLastName": "Ny" })).await;
        let person = crm.get("Persons/1").await.body;
        json!([person["PersonEmail"], person["PersonLastName"], person["PersonOrganisationId"]])
    });
    at_each!("null_means", ["kept" => "eva@example.com", "cleared" => ""], |crm| {
        crm.expect(200, "PUT", "Persons/1", json!({ "PersonEmail": null })).await;
        crm.get("Persons/1").await.body["PersonEmail"].clone()
    });
    at_each!("empty_text", ["clears" => "", "kept" => "eva@example.com"], |crm| {
        crm.expect(200, "PUT", "Persons/1", json!({ "PersonEmail": "" })).await;
        crm.get("Persons/1").await.body["PersonEmail"].clone()
    });
    at_each!("too_long", ["refused" => json!([400, 0]), "cut" => json!([200, 50])], |crm| {
        let status = crm.call("PUT", "Organisations/1", json!({ "OrganisationCity": "å".repeat(60) })).await.status;
        let city = crm.get("Organisations/1").await.body["OrganisationCity"].as_str().unwrap().chars().count();
        json!([status, city])
    });
    at_each!("list_values", ["checked" => 400, "free" => 200], |crm| {
        crm.call("PUT", "Organisations/1", json!({ "OrganisationType": "Enemy" })).await.status
    });
    at_each!("vat_group", ["free_text" => json!([200, 0]), "list" => json!([400, 4])], |crm| {
        let status = crm.call("PUT", "Organisations/1", json!({ "OrganisationVatGroup": "Moon" })).await.status;
        let fields = crm.get("FieldsMetadata/Organisation").await;
        let group = fields.rows().iter().find(|row| row["FieldMetadataFriendlyFieldName"] == "OrganisationVatGroup").unwrap();
        json!([status, group["FieldMetadataDropdownListData"].as_array().unwrap().len()])
    });
    at_each!("patch_updated", ["empty" => json!([""]), "id" => json!(["1"])], |crm| {
        crm.call("PATCH", "Persons", json!([{ "PersonId": 1, "PersonTitle": "x" }])).await.body
    });
    at_each!("patch_order", ["as_sent" => json!(["", "101"]), "inserts_first" => json!(["101", ""])], |crm| {
        crm.call("PATCH", "Organisations", json!([{ "OrganisationId": 1 }, { "OrganisationId": 0, "OrganisationName": "N" }])).await.body
    });
    at_each!("patch_limit", [0 => 200, 1 => 400], |crm| {
        crm.call("PATCH", "Persons", json!([{ "PersonId": 1 }, { "PersonId": 2 }])).await.status
    });
    at_each!("auto_number", ["off" => "", "on" => "8102"], |crm| {
        let id = crm.call("POST", "Deliveries", json!({ "DeliveryOrganisationId": 1 })).await.id();
        crm.get(&format!("Deliveries/{id}")).await.body["DeliveryNumber"].clone()
    });
    at_each!("responsible_mandatory", ["no" => json!([200, 200]), "yes" => json!([400, 200])], |crm| {
        let without = crm.call("POST", "Deliveries", json!({ "DeliveryOrganisationId": 1 })).await.status;
        let with = crm.call("POST", "Deliveries", json!({ "DeliveryOrganisationId": 1, "DeliveryResponsible": 3 })).await.status;
        json!([without, with])
    });
    at_each!("fixed_organisation", ["refused" => json!([400, 1]), "ignored" => json!([200, 1])], |crm| {
        let status = crm.call("PUT", "Persons/1", json!({ "PersonOrganisationId": 2 })).await.status;
        json!([status, crm.get("Persons/1").await.body["PersonOrganisationId"]])
    });
    at_each!("erp_read_only", ["no_effect" => 200, "locks" => 400], |crm| {
        crm.expect(200, "PUT", "Deliveries/8", json!({ "DeliveryErpReadOnly": "true" })).await;
        crm.call("PUT", "Deliveries/8", json!({ "DeliveryNote": "x" })).await.status
    });
    at_each!("convert", ["moves" => json!([7, 404, [1, 0]]), "copies" => json!([101, 200, [1, 1]])], |crm| {
        crm.call("POST", "QuotationLines", json!({ "QuotationLineOpportunityId": 7 })).await;
        let id = crm.call("POST", "Opportunities/7/ConvertToDelivery", Value::Null).await.id();
        let rows = [crm.get(&format!("Deliveries/{id}/QuotationLines")).await, crm.get("Opportunities/7/QuotationLines").await];
        let rows = rows.map(|answer| answer.body.as_array().map_or(0, Vec::len));
        json!([id, crm.get("Opportunities/7").await.status, rows])
    });
}

#[tokio::test]
async fn rows_and_items() {
    at_each!("line_moves_head", ["no" => "2024-06-12T09:00:00+01:00", "yes" => "2024-07-01T12:00:00+01:00"], |crm| {
        crm.expect(200, "PUT", "QuotationLines/50", json!({ "QuotationLinePrice": 1 })).await;
        crm.get("Deliveries/8").await.body["DeliveryUpdatedAt"].clone()
    });
    at_each!("line_linked_id", ["optional" => 200, "required" => 400], |crm| {
        crm.call("POST", "QuotationLines", json!({ "QuotationLineOpportunityId": 8 })).await.status
    });
    at_each!("number_decimals", [15 => "1.23456", 2 => "1.23", 0 => "1"], |crm| {
        crm.expect(200, "PUT", "QuotationLines/50", json!({ "QuotationLinePrice": 1.23456 })).await;
        crm.get("QuotationLines/50").await.body["QuotationLinePrice"].to_string()
    });
    at_each!("line_price", ["line_total" => json!([true, 900]), "unit" => json!([false, 225])], |crm| {
        let set = json!({ "QuotationLineListPrice": 300 });
        crm.act(json!({ "action": "edit", "collection": "quotation-lines", "id": 50, "set": set }));
        let setup = crm.get("QuotationLines/LinkedSetup").await.body;
        json!([setup["QuotationLineLinkedSetupUsePriceLine"], crm.get("QuotationLines/50").await.body["QuotationLinePrice"]])
    });
    at_each!("update_date_field", ["none" => json!(["", "-"]), "data9" => json!(["Data9", "2024-07-01"])], |crm| {
        crm.expect(200, "PUT", "QuotationLines/LinkedData/1", json!({ "QuotationLineLinkedDataItemPrice": 1 })).await;
        let setup = crm.get("QuotationLines/LinkedSetup").await.body;
        let item = crm.get("QuotationLines/LinkedData/1").await.body;
        json!([setup["QuotationLineLinkedSetupUpdateDateField"], item["QuotationLineLinkedDataItemData9"]])
    });
}

#[tokio::test]
async fn queries() {
    at_each!("query_enums", ["number" => 1, "text" => "ReadyForSynchronization"], |crm| {
        crm.query("SELECT DeliveryErpStatus FROM Delivery").await.rows()[0]["DeliveryErpStatus"].clone()
    });
    at_each!("query_plus", ["text" => json!(["17", "17"]), "number" => json!([17, "17"])], |crm| {
        let script = "Queries?script=SELECT+OrganisationPlus1+FROM+Organisation";
        let plain = crm.get(script).await.rows()[0]["OrganisationPlus1"].clone();
        let formatted = crm.get(&format!("{script}&formatCustomFields=true")).await;
        json!([plain, formatted.rows()[0]["OrganisationPlus1"]])
    });
    at_each!("query_line_table", ["QuotationLine" => 200, "none" => 400], |crm| {
        crm.query("SELECT QuotationLineId FROM QuotationLine WHERE QuotationLineUpdatedAt >= '2024-01-01'").await.status
    });
    at_each!("query_like", ["works" => 200, "refused" => 400], |crm| {
        crm.query("SELECT * FROM Organisation WHERE OrganisationName LIKE 'A%'").await.status
    });
    at_each!("query_where_with_order", ["works" => 200, "refused" => 400], |crm| {
        crm.query("SELECT * FROM Organisation WHERE OrganisationId > 0 ORDER BY OrganisationId").await.status
    });
    at_each!("query_flags", ["number" => json!([1, 0]), "text" => json!([0, 1])], |crm| {
        let found = |script| crm.query(script);
        let number = found("SELECT PersonId FROM Person WHERE PersonCheckMark7 = 1").await;
        let text = found("SELECT PersonId FROM Person WHERE PersonCheckMark7 = 'true'").await;
        json!([number, text].map(|answer| answer.body.as_array().map_or(0, Vec::len)))
    });
    at_each!("query_length", [0 => 200, 20 => 400], |crm| { crm.query("SELECT * FROM Organisation").await.status });
    at_each!("query_error", ["400" => 400, "500" => 500], |crm| { crm.query("SELECT").await.status });
}

#[tokio::test]
async fn hooks() {
    at_each!("own_writes_fire_hooks", ["yes" => 2, "no" => 1], |crm| {
        crm.expect(200, "POST", "Persons/Hooks", hook("Update")).await;
        crm.expect(200, "PUT", "Persons/1", json!({ "PersonTitle": "x" })).await;
        crm.act(json!({ "action": "edit", "collection": "persons", "id": 1, "set": {} }));
        crm.emulator.webhooks().as_array().unwrap().len()
    });
    at_each!("hook_body", [
        "url_json" => json!({ "EventType": "Update", "ItemResourceUrl": "https://api.webcrm.com/Persons/1" }).to_string(),
        "url_text" => "https://api.webcrm.com/Persons/1",
        "record" => "eva@example.com"], |crm| {
        crm.expect(200, "POST", "Persons/Hooks", hook("Update")).await;
        crm.act(json!({ "action": "edit", "collection": "persons", "id": 1, "set": {} }));
        let body = crm.emulator.webhooks()[0]["body"].as_str().unwrap().to_owned();
        let record: Value = serde_json::from_str(&body).unwrap_or_default();
        record["PersonEmail"].as_str().unwrap_or(&body).to_owned()
    });
    at_each!("hook_tries", [1 => json!([1, false]), 2 => json!([2, false]), 3 => json!([2, true])], |crm| {
        crm.expect(200, "POST", "Persons/Hooks", hook("Update")).await;
        crm.act(json!({ "action": "edit", "collection": "persons", "id": 1, "set": {} }));
        let id = crm.emulator.webhooks()[0]["id"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            crm.emulator.with(|vendor, cx| {
                use emulators::frame::Vendor;
                for call in vendor.due_calls(cx) {
                    assert_eq!((call.id.as_str(), call.url.as_str()), (id.as_str(), "http://127.0.0.1:1/hooks/crm"));
                    vendor.call_answered(cx, &call.id, Some(500));
                }
            });
        }
        let call = crm.emulator.webhooks()[0].clone();
        json!([call["tries"], call["waits"]])
    });
}
