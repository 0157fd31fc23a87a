//! What goes wrong in the vendor's own integration with ERP systems, as its published code shows, and the tests of this pair
//! that would fail if it went wrong here.
//!
//! | | there | here |
//! |---|---|---|
//! | 1 | only the first thousand changes are read | `more_than_a_thousand_companies_that_changed_since_the_last_run_are_all_read` |
//! | 2 | a call that failed is forgotten | `what_a_system_refuses_for_a_while_is_told_and_done_once_it_takes_it` |
//! | 3 | one failure stops all that comes after it | `one_record_that_is_refused_stops_no_other`, `a_tenant_that_is_refused_stops_no_other` |
//! | 4 | tenants that work at once swap their tokens | `two_tenants_in_parallel_never_get_each_others_records` |
//! | 5 | made there, and its id lost here: made twice | `lost` |
//! | 6 | an edit made meanwhile is written over | `what_people_type_while_the_number_is_on_its_way_back_stays_and_arrives` |
//! | 7 | the VAT number is read in one field and sent from another | `codes::a_vat_number_in_a_field_of_ones_own_is_read_and_written_there_alone` |
//! | 8 | a line is made with another column than it is changed with | `lines::a_line_that_changes_alone_is_seen_and_a_new_one_names_its_item` |
//! | 9 | discount, VAT, currency and terms are not sent | `lines::discount_currency_and_vat_of_a_delivery_arrive`, `codes` |
//! | 10 | an apostrophe breaks what is asked | `a_name_with_an_apostrophe_is_found_again` |
//! | 11 | a name that is cut comes back cut | `companies::a_name_that_the_crm_cuts_does_not_come_back_cut` |
//! | 12 | two runs undo each other's place in the list | `two_runs_at_once_make_everything_once` |
//! | 13 | a failure in the middle leaves a delivery without lines | `lines::a_delivery_whose_lines_cannot_be_written_keeps_what_it_had_and_gets_them_later`, `sold` |
//! | 14 | deliveries of anybody are sent | `deliveries::why_a_delivery_does_not_go_stands_in_the_crm_and_it_goes_by_itself_once_it_may` |
//! | 15 | a line that changes alone is not seen | `lines::a_line_that_changes_alone_is_seen_and_a_new_one_names_its_item` |
//! | 16 | filters are not sent, addresses go one way, new ones have no type, what is off goes, summer time is guessed | 1, `companies`, `ways`, `nothing_is_missed_in_summer_time` |
//! | 17 | secrets and persons' data lie about | `what_is_kept_and_told_holds_no_secret` |
//! | 18 | no dry run, and nobody sees why something did not go | `a_dry_run_writes_nothing_and_says_what_it_would`, 14 |

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

/// Two customers of both vendors, in one program.
async fn two_tenants() -> (Stage, Stage) {
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
    (one, two)
}

#[tokio::test]
async fn two_tenants_in_parallel_never_get_each_others_records() {
    let (one, two) = two_tenants().await;
    let (crm, erp) = (one.crm.clone(), one.erp.clone());
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

#[tokio::test]
async fn what_a_system_refuses_for_a_while_is_told_and_done_once_it_takes_it() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.settles().await;
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].as_str().unwrap().to_owned();
    let refused = |code: u16| FaultKind::Status { code, handled: false };
    for (code, phone) in [(503, "+47 1"), (500, "+47 2"), (400, "+47 3")] {
        stage.crm.clear_faults();
        stage.crm.fault(Fault::new(refused(code)).on("PUT", "/Organisations/*").times(u32::MAX));
        stage.erp_edits("customers", &number, json!({ "mainContact": { "phone1": phone } }));
        stage.run().await;
        stage.pass(150);
        let report = stage.run_now(Mode::Sync).await;
        let told = report.held.len() + report.parked.len() + report.put_off.len();
        assert!(told > 0 || report.unclear > 0, "{code}: {report:#?}");
        assert_ne!(stage.organisation(company)["OrganisationTelephone"], phone);
        stage.crm.clear_faults();
        stage.pass(2 * 3600);
        stage.comes_to_an_end().await;
        assert_eq!(stage.organisation(company)["OrganisationTelephone"], phone, "{code}");
    }
}

#[tokio::test]
async fn one_record_that_is_refused_stops_no_other() {
    let stage = Stage::set().await;
    let refused = FaultKind::Status { code: 400, handled: false };
    stage.erp.fault(Fault::new(refused).on("POST", "/v1/customer").nth(2).times(1));
    for name in ["Fjord Handel AS", "Vest Te AS", "Nord Kaffe AS"] {
        stage.company(name, "Customer");
    }
    let report = stage.run().await;
    assert_eq!(stage.at_erp("customers").len(), 2);
    assert_eq!(report.parked.len(), 1, "it is told: {report:#?}");
    stage.pass(2 * 3600);
    stage.settles_and_rests().await;
    assert_eq!(stage.at_erp("customers").len(), 3, "and tried again by itself");
}

#[tokio::test]
async fn a_tenant_that_is_refused_stops_no_other() {
    let (one, two) = two_tenants().await;
    let right = |rights: &str| {
        let act = json!({ "action": "set_rights", "system": 2, "token": "another-code", "area": "Organisations", "rights": rights });
        one.crm.act(act).unwrap();
    };
    right("none");
    two.customer_of(visma_net::OTHER_TENANT, "Nord Kaffe AS");
    for nth in 0..2 {
        one.customer(&format!("Vest Te {nth} AS"));
        let (_, in_trouble) = tokio::join!(one.run(), two.run_in_trouble());
        assert!(!in_trouble.stopped.is_empty() || !in_trouble.stopped_systems.is_empty(), "{in_trouble:#?}");
    }
    assert_eq!(one.at_crm("organisations").len(), 2);
    right("write");
    two.settles().await;
    let theirs = one.crm.state()["systems"]["2"]["organisations"].clone();
    assert_eq!(theirs.as_array().unwrap().len(), 1, "{theirs:#?}");
}

#[tokio::test]
async fn a_name_with_an_apostrophe_is_found_again() {
    let stage = Stage::set().await;
    let name = "Brødrene O'Dall \"Fisk\" AS";
    let number = stage.customer(name);
    stage.lose_answer_of_crm("POST", "/Organisations");
    stage.settles_and_rests().await;
    let made = stage.in_crm("organisations", "OrganisationName", name);
    assert_eq!(made["OrganisationExtraCustom1"], json!(number));
    assert_eq!((stage.at_erp("customers").len(), stage.at_crm("organisations").len()), (1, 1));
    assert_eq!(stage.crm.faults()[0]["met"], 1);
}

#[tokio::test]
async fn two_runs_at_once_make_everything_once() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.customer("Vest Te AS");
    stage.pass(150);
    let (one, two) = tokio::join!(stage.run_now(Mode::Sync), stage.run_now(Mode::Sync));
    assert!(!one.busy.is_empty() || !two.busy.is_empty(), "one finds that the other is at it");
    stage.settles_and_rests().await;
    assert_eq!((stage.at_erp("customers").len(), stage.at_crm("organisations").len()), (2, 2));
    assert_eq!((stage.at_erp("orders").len(), stage.at_crm("deliveries").len()), (1, 1));
}

#[tokio::test]
async fn nothing_is_missed_in_summer_time() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.settles().await;
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].as_str().unwrap().to_owned();
    stage.pass(150 * 24 * 3600);
    stage.settles().await;
    for nth in 0..3 {
        // on the hour and beside it, on both sides
        stage.pass(1800);
        stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": format!("+47 1{nth}") }));
        stage.settles().await;
        stage.erp_edits(
            "customers",
            &number,
            json!({ "mainContact": { "web": format!("https://fjord{nth}.example") } }),
        );
        stage.settles().await;
        let (shown, customer) = (stage.organisation(company), stage.in_erp("customers", "number", number.as_str()));
        assert_eq!(customer["mainContact"]["phone1"], json!(format!("+47 1{nth}")));
        assert_eq!(shown["OrganisationWww"], json!(format!("https://fjord{nth}.example")));
    }
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.crm_edits("deliveries", delivery, json!({ "DeliveryOrderDate": "2026-07-16T00:00:00+01:00" }));
    stage.settles_and_rests().await;
    assert!(stage.the_order()["date"].as_str().unwrap().starts_with("2026-07-16"), "{}", stage.the_order()["date"]);
}

#[tokio::test]
async fn what_is_kept_and_told_holds_no_secret() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let refused = FaultKind::Status { code: 400, handled: false };
    stage.erp.fault(Fault::new(refused).on("POST", "/v1/customer").times(1));
    stage.delivery(company, &[("BOLT", 10, "12.5")]);
    let report = stage.run().await;
    let told = format!("{report:#?}{}", stage.journal().await);
    assert!(told.contains("Fjord Handel AS"));
    for secret in [webcrm::AUTH_CODE, visma_net::CLIENT_SECRET, "Bearer", "access_token"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let stage = Stage::set().await;
    stage.company("Fjord Handel AS", "Customer");
    stage.customer("Vest Te AS");
    stage.pass(150);
    let report = stage.run_now(Mode::DryRun).await;
    assert_eq!((report.writes(), report.plan.ops.len()), (0, 2), "{:#?}", report.plan);
    let all: Vec<String> = stage.crm_calls().into_iter().chain(stage.erp_calls()).collect();
    assert!(all.iter().all(|call| call.starts_with("GET ")), "{all:#?}");
    assert_eq!((stage.at_erp("customers").len(), stage.at_crm("organisations").len()), (1, 1));
}

/// Lets the others go on until it is so.
async fn asked(is: impl Fn() -> bool) {
    while !is() {
        tokio::task::yield_now().await;
    }
}
