//! The guide for a CRM and an ERP: each piece of configuration in it is tried, on top of the preset.

use std::{path::Path, process::Command};

use emulators::{
    Emulator, Options,
    frame::Time,
    visma_net::{self, VismaNet},
    webcrm::{self, WebCrm},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::bench::{Ran, program};

struct Pair {
    folder: TempDir,
    crm: Emulator<WebCrm>,
    erp: Emulator<VismaNet>,
    _runtime: Runtime,
}

impl Pair {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { time: Time::Real, ..Options::default() };
        let crm = runtime.block_on(Emulator::start(WebCrm::default(), options)).unwrap();
        let erp = runtime.block_on(Emulator::start(VismaNet::default(), options)).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), crm, erp, _runtime: runtime }
    }
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
    /// The program with what only a user knows on top of the file: addresses, the meaning of a price, the company.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path(), arguments);
        let (crm, erp) = (self.crm.base_url(), self.erp.base_url());
        for (key, value) in [
            ("crm.base_url", crm),
            ("crm.line_price", "unit"),
            ("erp.base_url", erp),
            ("erp.order_url", erp),
            ("erp.identity_url", erp),
            ("erp.tenant_id", visma_net::TENANT),
        ] {
            command.arg("--set").arg(format!("connections.{key}='{value}'"));
        }
        command.env("WEBCRM_TOKEN", webcrm::AUTH_CODE);
        command.env("VISMA_NET_CLIENT_ID", visma_net::CLIENT_ID);
        command.env("VISMA_NET_CLIENT_SECRET", visma_net::CLIENT_SECRET);
        command
    }
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = Ran::of(&self.command(arguments).output().unwrap());
        assert_eq!(ran.code, code, "{arguments:?}: {}\n{}", ran.out, ran.err);
        ran
    }
}

/// What stands between marks for code of this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

const PAGE: &str = include_str!("../../../../docs/guide/crm-and-erp.md");

#[test]
fn each_piece_of_configuration_in_the_guide_fits_both_systems() {
    let pair = Pair::new();
    let pieces = blocks(PAGE, "toml");
    assert!(pieces.len() >= 12, "{}", pieces.len());
    for piece in pieces {
        let whole = if piece.starts_with("preset") { piece.to_owned() } else { preset(piece) };
        pair.write("samklang.toml", &whole);
        let ran = Ran::of(&pair.command(&["check"]).output().unwrap());
        assert_eq!(ran.code, 0, "{piece}\n{}", ran.err);
    }
}

fn preset(more: &str) -> String {
    format!("preset = \"webcrm-visma-net\"\n{more}")
}

#[test]
fn what_the_guide_links_to_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide");
    let links: Vec<&str> = PAGE.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()).collect();
    assert!(links.len() > 5);
    for link in links {
        assert!(folder.join(link).exists(), "{link}");
    }
}

#[test]
fn a_row_and_a_switch_of_the_guide_do_what_it_says() {
    let pair = Pair::new();
    pair.write("samklang.toml", &preset(""));
    let customer = json!([{ "OrganisationId": 7, "OrganisationName": "Fjord AS", "OrganisationType": "Customer",
        "OrganisationExtraCustom3": "A" }]);
    let person = json!([{ "PersonId": 8, "PersonOrganisationId": 7, "PersonLastName": "Holm",
        "PersonEmail": "h@fjord.example", "PersonCheckMark1": true }]);
    pair.crm.seed(json!({ "organisations": customer, "persons": person })).unwrap();
    pair.ends(0, &["adopt"]);
    let off = blocks(PAGE, "toml").into_iter().find(|piece| piece.starts_with("[entities]\n")).unwrap();
    pair.write("samklang.toml", &preset(off));
    pair.ends(0, &["run"]);
    let state = pair.erp.state();
    assert_eq!((state["customers"].as_array().unwrap().len(), state["contacts"].as_array().unwrap().len()), (1, 0));
    // a row is added: nobody has to adopt, and the preset's rows still hold
    let row = blocks(PAGE, "toml").into_iter().find(|piece| piece.contains("x.segment")).unwrap();
    pair.write("samklang.toml", &preset(&format!("{off}\n{row}")));
    let plan = pair.ends(0, &["plan", "--json"]).json();
    let ops = plan["plan"]["ops"].as_array().unwrap();
    assert_eq!((ops.len(), &plan["adopt_first"]), (1, &json!({})), "{plan}");
    assert!(ops[0]["because"][0].as_str().unwrap().contains("x.segment: (nothing) → 'A'"), "{plan}");
    pair.ends(0, &["run"]);
    assert!(pair.erp.state()["customers"][0].to_string().contains(r#""A""#));
    let number = pair.erp.state()["customers"][0]["number"].clone();
    assert_eq!(pair.crm.state()["organisations"][0]["OrganisationExtraCustom1"], number);
}

#[test]
fn a_condition_that_asks_for_what_nobody_can_choose_is_told_with_what_there_is() {
    let pair = Pair::new();
    let scope =
        |word: &str| format!("entities.companies.scope=[{{ at = \"erp\", when = [\"category in [{word}]\"] }}]");
    let file = "samklang.toml";
    pair.write(file, "preset = \"webcrm-visma-net\"\n");
    let ran = pair.ends(1, &["check", "--set", &scope("Costumer")]);
    assert!(ran.err.contains("entities.companies.scope: 'category in [Costumer]' asks for 'Costumer'"), "{}", ran.err);
    assert!(ran.err.contains("there are ") && ran.err.contains("Customer"), "{}", ran.err);
    assert!(ran.err.matches("Costumer").count() == 2, "told once: {}", ran.err);
    pair.ends(0, &["check", "--set", &scope("Customer")]);
    let linked = "entities.people.scope=[{ at = \"erp\", when = [\"organisation.category in [Custommer]\"] }]";
    let ran = pair.ends(1, &["check", "--set", linked]);
    assert!(ran.err.contains("entities.people.scope: 'organisation.category in [Custommer]'"), "{}", ran.err);
}
