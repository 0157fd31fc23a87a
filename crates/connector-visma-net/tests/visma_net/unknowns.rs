//! The emulated vendor has a switch for each thing that the reference leaves open: records go in and come back either way.

use std::time::Duration;

use sync_core::{
    Canonical, FieldMap, FieldPath,
    connector::ListFrom,
    model::{Invoice, Item, Order, Organisation, Project},
};

use crate::{
    emulated::{Double, SO, line, marked},
    support::{assert_shows, create, dec},
};

/// What the vendor's reference leaves open, or a company may have otherwise.
const OPEN: [(&str, &str); 19] = [
    ("stamp_zone", "utc"),
    ("unset_fields", "null"),
    ("amount_scale", "four"),
    ("create_body", "object"),
    ("location_host", "other"),
    ("location_slash", "plain"),
    ("invoice_by_number", "list"),
    ("etags", "2025"),
    ("if_match_form", "quoted"),
    ("amount_before_release", "empty"),
    ("v3_lines_inline", "yes"),
    ("v3_extended_price", "after_discount"),
    ("gateway_body", "text"),
    ("number_without_override", "used"),
    ("null_means", "kept"),
    ("unknown_property", "refused"),
    ("client_secret_in", "form"),
    ("same_request_rule", "on"),
    ("unknown_key", "400"),
];

#[tokio::test]
async fn whatever_the_reference_leaves_open_records_go_in_and_come_back() {
    for (switch, value) in OPEN {
        let double = Double::start().await;
        double.switch(switch, value);
        let erp = double.connect().await;
        let named = FieldMap::new().with(Organisation::NAME, "Vest").with(Organisation::POSTING_GROUP, "1");
        let made = double.write(&erp, create("customers", named)).await.unwrap();
        double
            .update(&erp, "customers", &made.reference.id, FieldMap::new().with(Organisation::PHONE, "55"))
            .await
            .unwrap();
        let listed = double.records(&erp, "customers", ListFrom::Beginning).await;
        assert_eq!(listed.len(), 2, "{switch} {value}");
        let lines = || vec![line("RISTING", "2", "90.50").discount_percent(dec("10")), line("RISTING", "1", "50")];
        for (stream, wanted) in [(SO, double.order(lines())), ("invoices", double.invoice(lines()))] {
            let made = double.write(&erp, marked("shop-3", create(stream, wanted))).await;
            let id = made.unwrap_or_else(|error| panic!("{switch} {value}: {error}")).reference.id;
            let record = double.record(&erp, stream, &id).await;
            let sums: Vec<String> = ["content.net", "content.vat", "content.gross", "content.rounding"]
                .iter()
                .map(|path| record.fields.get(FieldPath::new(path)).unwrap().to_string())
                .collect();
            assert_eq!(sums, ["212.9", "53.23", "266.13", "0"], "{switch} {value}: {stream}");
            assert_eq!(record.mark.as_deref(), Some("shop-3"), "{switch} {value}: {stream}");
            let text = |text: &str| match stream {
                "invoices" => Invoice::new().description(text).to_fields(),
                _ => Order::new().description(text).to_fields(),
            };
            double
                .update(&erp, stream, &id, text("Ny"))
                .await
                .unwrap_or_else(|error| panic!("{switch} {value}: {error}"));
            assert_shows(&double.record(&erp, stream, &id).await.fields, &[("description", "'Ny'")]);
        }
        if switch != "unknown_key" {
            assert!(double.item(&erp, "customers", "nobody").await.is_none(), "{switch} {value}");
        }
        double.time.advance(Duration::from_secs(1));
    }
}

/// A number with a slash in it is one number, however the address of the new record has it.
#[tokio::test]
async fn numbers_with_a_slash_are_told_either_way() {
    for (slash, host) in [("coded", "same"), ("plain", "same"), ("coded", "other"), ("plain", "other")] {
        let double = Double::start().await;
        double.switch("location_slash", slash);
        double.switch("location_host", host);
        let mut config = double.config();
        config.more_streams = ["suppliers", "projects"].map(str::to_owned).into();
        config.project_subaccount = [(1, "0".to_owned())].into();
        let erp = double.try_connect(config).await.unwrap();
        let day: chrono::NaiveDate = "2026-03-01".parse().unwrap();
        for (stream, fields) in [
            ("customers", Organisation::new().number("A/7/b").name("A").posting_group("1").to_fields()),
            ("suppliers", Organisation::new().number("A/7/b").name("A").to_fields()),
            ("inventory", Item::new().number("A/7/b").name("A").category("SERVICE").to_fields()),
            ("projects", Project::new().number("A/7/b").name("A").starts_on(day).to_fields()),
        ] {
            let fields = if stream == "suppliers" { fields.with(Organisation::NUMBER, "S/7/b") } else { fields };
            let made = double.write(&erp, create(stream, fields)).await.unwrap();
            let id = made.reference.id;
            assert!(id.ends_with("/7/b"), "{slash} {host} {stream}: {id}");
            assert_eq!(double.record(&erp, stream, &id).await.reference.id, id, "{slash} {host} {stream}");
        }
    }
}
