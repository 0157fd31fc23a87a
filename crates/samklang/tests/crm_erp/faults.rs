//! What goes wrong in the vendor's own integration with ERP systems, as far as two systems are needed to show it.

use std::{collections::BTreeSet, sync::Arc};

use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    visma_net::{self, VismaNet},
    webcrm::{self, ApplicationToken, SystemSettings, WebCrm},
};
use serde_json::{Value, json};
use sync_core::engine::Mode;

use crate::stage::{Stage, Tenant, values};

#[tokio::test]
async fn more_than_a_thousand_companies_that_changed_since_the_last_run_are_all_read() {
    let stage = Stage::before_contact(|_| ()).await;
    let company = |id: u64, kind: &str, at: &str| {
        json!({ "OrganisationId": id, "OrganisationName": format!("Firma {id}"), "OrganisationType": kind,
            "OrganisationAddress": "Gata 1", "OrganisationPostCode": "0150", "OrganisationCity": "Oslo",
            "OrganisationCountry": "Norge", "OrganisationUpdatedAt": at })
    };
    let before: Vec<Value> = (1000..2345).map(|id| company(id, "Prospect", "2026-01-05T10:00:00Z")).collect();
    stage.crm.seed(json!({ "organisations": before })).unwrap();
    stage.adopt().await;
    stage.settles().await;
    assert!(stage.at_erp("customers").is_empty());

    // somebody imports a list: all change within one second, and some of them are customers from now on
    stage.pass(3600);
    let now = stage.crm.now().to_rfc3339();
    let bought = [1000, 1999, 2000, 2001, 2344];
    let kind = |id: &u64| if bought.contains(id) { "Customer" } else { "Prospect" };
    let after: Vec<Value> = (1000..2345).map(|id| company(id, kind(&id), &now)).collect();
    stage.crm.seed(json!({ "organisations": after })).unwrap();
    stage.settles_and_rests().await;
    let expected: BTreeSet<String> = bought.iter().map(|id| format!("Firma {id}")).collect();
    assert_eq!(values(&stage.at_erp("customers"), "name"), expected);
}

#[tokio::test]
async fn two_tenants_in_parallel_never_get_each_others_records() {
    let token = |code: &str| vec![ApplicationToken { auth_code: code.to_owned(), name: "samklang".to_owned() }];
    let systems = vec![
        SystemSettings { system_id: 1, tokens: token(webcrm::AUTH_CODE), first_id: 100 },
        SystemSettings { system_id: 2, tokens: token("another-code"), first_id: 5000 },
    ];
    let at = Options::at("2026-02-16T09:00:00Z".parse().unwrap());
    let crm = Arc::new(Emulator::start(WebCrm::new(webcrm::Settings { systems }), at).await.unwrap());
    let erp = Arc::new(Emulator::start(VismaNet::default(), at).await.unwrap());
    let one = Stage::between(crm.clone(), erp.clone(), Tenant::default(), |_| ()).await;
    let other = Tenant { token: "another-code", company: visma_net::OTHER_TENANT };
    let two = one.beside(other).await;
    one.adopt().await;
    two.adopt().await;
    for round in 0..3 {
        for nth in 0..5 {
            let company = |of: u64| {
                json!({ "OrganisationName": format!("{of}: {round}.{nth}"), "OrganisationType": "Customer",
                "OrganisationAddress": "Gata 1", "OrganisationPostCode": "0150", "OrganisationCity": "Oslo", "OrganisationCountry": "Norge" })
            };
            for of in [1, 2] {
                crm.act(json!({ "action": "create", "system": of, "collection": "organisations", "set": company(of) }))
                    .unwrap();
            }
            for (of, tenant) in [(1, visma_net::TENANT), (2, visma_net::OTHER_TENANT)] {
                let set = json!({ "name": format!("{of}: erp {round}.{nth}"), "customerClassId": "1" });
                erp.act(json!({ "action": "create", "tenant": tenant, "collection": "customers", "set": set }))
                    .unwrap();
            }
        }
        for _ in 0..5 {
            // both sign in anew in the second round
            one.pass(if round == 1 { 3600 } else { 150 });
            let (first, second) = tokio::join!(one.run_now(Mode::Sync), two.run_now(Mode::Sync));
            assert!(first.waiting().chain(second.waiting()).next().is_none());
        }
    }
    let (crm, erp) = (crm.state(), erp.state());
    let names = |of: &Value, collection: &str, field: &str| values(of[collection].as_array().unwrap(), field);
    let sides = [
        names(&crm, "organisations", "OrganisationName"),
        names(&crm["systems"]["2"], "organisations", "OrganisationName"),
        names(&erp, "customers", "name"),
        names(&erp["companies"][visma_net::OTHER_TENANT], "customers", "name"),
    ];
    for (side, of) in sides.iter().zip(["1: ", "2: ", "1: ", "2: "]) {
        assert_eq!(side.len(), 30, "{side:?}");
        assert!(side.iter().all(|name| name.starts_with(of)), "{of}{side:?}");
    }
}

#[tokio::test]
async fn what_people_type_while_the_number_is_on_its_way_back_stays_and_arrives() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    let slow = |method: &str, path: &str| Fault::new(FaultKind::Delay { ms: 150 }).on(method, path).times(1);
    // while the ERP makes the customer, and while the CRM takes its number and that of the order
    stage.erp.fault(slow("POST", "/v1/customer"));
    stage.crm.fault(slow("PUT", "/Organisations/*"));
    stage.crm.fault(slow("PUT", "/Deliveries/*"));
    let typing = async {
        asked(|| stage.erp.faults()[0]["met"] == 1).await;
        stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
        asked(|| stage.crm.faults()[0]["met"] == 1).await;
        stage.crm_edits("organisations", company, json!({ "OrganisationWww": "https://fjord.example" }));
        asked(|| stage.crm.faults()[1]["met"] == 1).await;
        stage.crm_edits("deliveries", delivery, json!({ "DeliveryDescription": "Haster" }));
    };
    tokio::join!(stage.settles(), typing);
    stage.settles_and_rests().await;
    let (shown, customer) = (stage.organisation(company), stage.in_erp("customers", "name", "Fjord Handel AS"));
    assert_eq!(shown["OrganisationExtraCustom1"], customer["number"]);
    for (typed, field, there) in
        [("+47 1", "OrganisationTelephone", "phone1"), ("https://fjord.example", "OrganisationWww", "web")]
    {
        assert_eq!((&shown[field], &customer["mainContact"][there]), (&json!(typed), &json!(typed)));
    }
    let (shown, order) = (stage.delivered(delivery), stage.the_order());
    assert_eq!((&shown["DeliveryDescription"], &order["description"]), (&json!("Haster"), &json!("Haster")));
    assert_eq!(shown["DeliveryCustom1"], order["orderId"]);
}

/// Lets the others go on until it is so.
async fn asked(is: impl Fn() -> bool) {
    while !is() {
        tokio::task::yield_now().await;
    }
}
