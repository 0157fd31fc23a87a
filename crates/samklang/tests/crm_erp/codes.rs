//! What else an organisation has: EAN, VAT number, terms, currency and debtor group, by rows and tables that a user adds.

use serde_json::json;
use toml::Table;

use crate::stage::{Stage, row};

/// Rows for fields of the user's own, and their codes.
fn more(preset: &mut Table) {
    for (field, crm, erp) in [
        ("global_location_number", "x.webcrm.extra_custom_2", "global_location_number"),
        ("vat_number", "x.webcrm.extra_custom_3", "vat_number"),
        ("payment_terms", "x.webcrm.custom_4", "payment_terms"),
        ("currency", "x.webcrm.custom_5", "currency"),
        ("posting_group", "x.webcrm.custom_6", "posting_group"),
    ] {
        let table = match field {
            "payment_terms" | "currency" | "posting_group" => format!("\ntable = '{field}'"),
            _ => String::new(),
        };
        row(preset, "companies", &format!("field = '{field}'\ncrm = '{crm}'\nerp = '{erp}'{table}"));
    }
    let tables = "payment_terms.crm = { net14 = '14 dage', net30 = '30 dage' }\npayment_terms.erp = { net14 = '14', net30 = '30' }\n\
        currency.crm = { NOK = 'Kroner', EUR = 'Euro' }\ncurrency.erp = { NOK = 'NOK', EUR = 'EUR' }\n\
        posting_group.crm = { home = 'Indland', abroad = 'Udland' }\nposting_group.erp = { home = '1', abroad = '2' }";
    let tables: Table = tables.parse().unwrap();
    preset["tables"].as_table_mut().unwrap().extend(tables);
}

#[tokio::test]
async fn ean_vat_number_terms_currency_and_debtor_group_go_both_ways_in_each_sides_words() {
    let stage = Stage::set_with(more).await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let set = json!({ "OrganisationExtraCustom2": "5790001330552", "OrganisationExtraCustom3": "NO974761076MVA",
        "OrganisationCustom4": "14 dage", "OrganisationCustom5": "Euro", "OrganisationCustom6": "Udland" });
    stage.crm_edits("organisations", company, set);
    stage.settles_and_rests().await;
    let customer = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_eq!((&customer["gln"], &customer["vatRegistrationId"]), (&json!("5790001330552"), &json!("NO974761076MVA")));
    assert_eq!((&customer["creditTerms"]["id"], &customer["currencyId"]), (&json!("14"), &json!("EUR")));
    assert_eq!(customer["customerClass"]["id"], "2");

    let number = stage.customer("Vest Te AS");
    let set = json!({ "gln": "7080000123456", "vatRegistrationId": "NO999888777MVA", "creditTermsId": "30" });
    stage.erp_edits("customers", &number, set);
    stage.settles_and_rests().await;
    let made = stage.in_crm("organisations", "OrganisationName", "Vest Te AS");
    let shown = [2, 3].map(|nth| made[format!("OrganisationExtraCustom{nth}")].clone());
    assert_eq!(shown, [json!("7080000123456"), json!("NO999888777MVA")]);
    let shown = [4, 5, 6].map(|nth| made[format!("OrganisationCustom{nth}")].clone());
    assert_eq!(shown, [json!("30 dage"), json!("Kroner"), json!("Indland")]);
}

#[tokio::test]
async fn a_vat_number_in_a_field_of_ones_own_is_read_and_written_there_alone() {
    let stage = Stage::set_with(more).await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let set = json!({ "OrganisationExtraCustom3": "NO974761076MVA", "OrganisationVatNumber": "noget andet" });
    stage.crm_edits("organisations", company, set);
    stage.settles_and_rests().await;
    let customer = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_eq!(customer["vatRegistrationId"], "NO974761076MVA");
    stage.crm_edits("organisations", company, json!({ "OrganisationExtraCustom3": "NO889640782MVA" }));
    stage.settles_and_rests().await;
    assert_eq!(stage.in_erp("customers", "name", "Fjord Handel AS")["vatRegistrationId"], "NO889640782MVA");
    let number = customer["number"].as_str().unwrap();
    stage.erp_edits("customers", number, json!({ "vatRegistrationId": "NO983163327MVA" }));
    stage.settles_and_rests().await;
    let shown = stage.organisation(company);
    assert_eq!(
        (&shown["OrganisationExtraCustom3"], &shown["OrganisationVatNumber"]),
        (&json!("NO983163327MVA"), &json!("noget andet"))
    );
}
