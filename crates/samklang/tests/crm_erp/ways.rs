//! Each kind on its own: off, webCRM → ERP, webCRM ← ERP, both ways. What a setting moves, and what it leaves.

use serde_json::{Value, json};
use toml::Table;

use crate::stage::{Stage, put};

/// What is set for one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Off,
    ToErp,
    FromErp,
    Both,
}

impl Way {
    fn writes_erp(self) -> bool {
        matches!(self, Self::ToErp | Self::Both)
    }
    fn writes_crm(self) -> bool {
        matches!(self, Self::FromErp | Self::Both)
    }
    /// Rewrites the preset. Who is off loses the rule set, with those that hang on it; else the rows of `systems` say it,
    /// beside what the preset has in them.
    fn set(self, preset: &mut Table, entity: &str, [crm, erp]: [&str; 2], hangs_on: &[&str]) {
        let entities = preset["entities"].as_table_mut().unwrap();
        if self == Self::Off {
            [&[entity], hangs_on].concat().iter().for_each(|name| drop(entities.remove(*name)));
            if !entities.contains_key("deliveries") {
                drop(preset.remove("tables"));
            }
            return;
        }
        let sent = |at: &str| if at == "crm" { self.writes_crm() } else { self.writes_erp() };
        for (connection, more) in [("crm", crm), ("erp", erp)] {
            let role =
                if sent(connection) { r#"read = true, create = "always", update = true"# } else { "read = true" };
            put(preset, &format!("entities.{entity}.systems.{connection}"), &format!("{{ {role}{more} }}"));
        }
    }
}

const ALL: [Way; 4] = [Way::Off, Way::ToErp, Way::FromErp, Way::Both];

/// A customer that both have.
fn shared(stage: &Stage) -> (u64, String) {
    let number = stage.customer("Vest Te AS");
    let company = json!({ "OrganisationName": "Vest Te AS", "OrganisationType": "Customer", "OrganisationAddress": "Kaien 1",
        "OrganisationPostCode": "5003", "OrganisationCity": "Bergen", "OrganisationCountry": "Norge" });
    (stage.crm_makes("organisations", company), number)
}

#[tokio::test]
async fn companies() {
    for way in ALL {
        let rows = ["", r#", streams = ["customers"]"#];
        let stage =
            Stage::before_contact(|preset| way.set(preset, "companies", rows, &["people", "deliveries", "invoices"]))
                .await;
        let (company, number) = shared(&stage);
        stage.adopt().await;
        stage.settles().await;
        stage.company("Fjord Handel AS", "Customer");
        stage.customer("Nord Kaffe AS");
        stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
        stage.settles().await;
        stage.erp_edits("customers", &number, json!({ "mainContact": { "web": "https://vest.example" } }));
        stage.settles_and_rests().await;
        let counts = (stage.at_erp("customers").len(), stage.at_crm("organisations").len());
        assert_eq!(counts, (2 + usize::from(way.writes_erp()), 2 + usize::from(way.writes_crm())), "{way:?}");
        let phone = stage.in_erp("customers", "number", number.as_str())["mainContact"]["phone1"] == "+47 1";
        let shown = stage.organisation(company);
        let web = shown["OrganisationWww"] == "https://vest.example";
        assert_eq!((phone, web), (way.writes_erp(), way.writes_crm()), "{way:?}");
        assert_eq!(shown["OrganisationExtraCustom1"] == json!(number), way.writes_crm(), "{way:?}");
    }
}

#[tokio::test]
async fn people() {
    for way in ALL {
        let stage = Stage::before_contact(|preset| way.set(preset, "people", ["", ""], &[])).await;
        let (company, number) = shared(&stage);
        let person = |first: &str| {
            let email = format!("{}@vest.example", first.to_lowercase());
            json!({ "PersonOrganisationId": company, "PersonFirstName": first, "PersonLastName": "Holm",
                "PersonEmail": email, "PersonStatus": "Active", "PersonCheckMark1": true })
        };
        let contact = |first: &str| {
            let email = format!("{}@vest.example", first.to_lowercase());
            json!({ "firstName": first, "lastName": "Holm", "email": email, "businessAccount": number })
        };
        let (known, there) = (stage.crm_makes("persons", person("Eva")), stage.erp_makes("contacts", contact("Eva")));
        stage.adopt().await;
        stage.settles().await;
        stage.crm_makes("persons", person("Bo"));
        stage.erp_makes("contacts", contact("Nils"));
        stage.crm_edits("persons", known, json!({ "PersonFirstName": "Eva Marie" }));
        stage.settles().await;
        stage.erp_edits("contacts", &there, json!({ "phone1": "+47 22 00 00 00" }));
        stage.settles_and_rests().await;
        let counts = (stage.at_erp("contacts").len(), stage.at_crm("persons").len());
        assert_eq!(counts, (2 + usize::from(way.writes_erp()), 2 + usize::from(way.writes_crm())), "{way:?}");
        let name = stage.in_erp("contacts", "email", "eva@vest.example")["firstName"] == "Eva Marie";
        let phone = stage.in_crm("persons", "PersonId", known)["PersonDirectPhone"] == "+47 22 00 00 00";
        assert_eq!((name, phone), (way.writes_erp(), way.writes_crm()), "{way:?}");
    }
}

#[tokio::test]
async fn items_come_from_the_erp_or_not_at_all() {
    const NUMBER: &str = "QuotationLineLinkedDataItemData1";
    for way in [Way::Off, Way::FromErp] {
        let stage = Stage::before_contact(|preset| {
            way.set(preset, "items", ["", ""], &["deliveries", "invoices"]);
            way.set(preset, "prices", ["", r#", streams = ["inventory_price"]"#], &[]);
        })
        .await;
        let item = |number: &str| {
            let mut item = json!({ NUMBER: number, "QuotationLineLinkedDataItemPrice": 5,
                "QuotationLineLinkedDataItemCostPrice": 0, "QuotationLineLinkedDataItemItemGroup": "-",
                "QuotationLineLinkedDataItemEntityType": "Product", "QuotationLineLinkedDataItemData2": format!("Vår {number}"),
                "QuotationLineLinkedDataItemData4": "STK" });
            for column in [3, 5, 6, 7, 8, 9] {
                item[format!("QuotationLineLinkedDataItemData{column}")] = json!("-");
            }
            item
        };
        stage.crm_makes("linked-data", item("BOLT"));
        stage.crm_makes("linked-data", item("OURS"));
        stage.adopt().await;
        stage.settles_and_rests().await;
        let offered = stage.at_crm("linked-data");
        assert_eq!(offered.len(), 2 + usize::from(way.writes_crm()), "{way:?}: {offered:#?}");
        let bolt = stage.in_crm("linked-data", NUMBER, "BOLT");
        assert_eq!(bolt["QuotationLineLinkedDataItemData2"] == "Name of BOLT", way.writes_crm(), "{way:?}");
        let theirs = stage.at_erp("items");
        assert_eq!(theirs.len(), 2, "nothing goes there: {theirs:#?}");
        assert_eq!(stage.in_erp("items", "inventoryNumber", "BOLT")["description"], "Name of BOLT");
    }
}

#[tokio::test]
async fn deliveries() {
    for way in ALL {
        let becomes = if way.writes_erp() { r#", becomes = "order", until = "open""# } else { "" };
        let rows = [r#", streams = ["deliveries"]"#, becomes];
        let stage = Stage::before_contact(|preset| way.set(preset, "deliveries", rows, &["invoices"])).await;
        let (company, number) = shared(&stage);
        stage.adopt().await;
        stage.settles().await;
        let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
        let order = json!({ "type": "SO", "customer": { "id": number }, "description": "På telefon",
            "orderLines": [{ "inventoryId": "BOLT", "quantity": 4 }] });
        let order = stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap()["key"].clone();
        stage.settles().await;
        let counts = (stage.at_erp("orders").len(), stage.at_crm("deliveries").len());
        assert_eq!(counts, (1 + usize::from(way.writes_erp()), 1 + usize::from(way.writes_crm())), "{way:?}");

        // what each side changes of what it made goes where it has gone
        stage.crm_edits("deliveries", delivery, json!({ "DeliveryDescription": "Haster" }));
        let set = json!({ "description": "Vent" });
        stage.erp.act(json!({ "action": "edit_order", "type": "SO", "key": order, "set": set })).unwrap();
        stage.settles_and_rests().await;
        let described = |all: &[Value], field: &str, text: &str| all.iter().any(|one| one[field] == text);
        let (orders, deliveries) = (stage.at_erp("orders"), stage.at_crm("deliveries"));
        let arrived =
            (described(&orders, "description", "Haster"), described(&deliveries, "DeliveryDescription", "Vent"));
        assert_eq!(arrived, (way.writes_erp(), way.writes_crm()), "{way:?}");
        assert_eq!((orders.len(), deliveries.len()), counts, "{way:?}");
        let told = stage.delivered(delivery)["DeliveryCustom1"] != "";
        assert_eq!(told, way == Way::Both, "{way:?}: its number comes back where the CRM may be changed");
    }
}
