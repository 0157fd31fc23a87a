//! A shop, a CRM and an ERP as their connectors would describe them.

use std::collections::BTreeMap;

use sync_core::{
    EntityKind, SystemId,
    capability::{Capabilities, FieldCapability, Listing, RemoveMode, Shows, StreamCapability, UpdateMode},
    mapping::Mapper,
    policy::{Compiled, Entity, Hooks, Mistake, Policy},
};

pub(crate) type Systems = BTreeMap<SystemId, Capabilities>;

/// A stream that can do everything with fields that can be read and written.
pub(crate) fn stream(kind: EntityKind, fields: &[&str]) -> StreamCapability {
    let mut cap = StreamCapability::new(kind);
    cap.list = Some(Listing::complete(100));
    cap.get_max = 1;
    cap.create = true;
    cap.update = UpdateMode::Merge;
    cap.remove = [RemoveMode::Archive, RemoveMode::Delete].into();
    cap.stamps = true;
    cap.fields = fields.iter().map(|path| ((*path).into(), FieldCapability::read_write())).collect();
    cap
}

pub(crate) fn systems() -> Systems {
    use EntityKind::{Order, Organisation};
    let mut shop = Capabilities::default();
    shop.streams.insert("customers".into(), {
        let mut cap = stream(Organisation, &["name", "email", "phone", "billing.city", "billing.postal_code"]);
        cap.remove.clear();
        cap
    });
    shop.streams.insert("orders".into(), {
        let mut cap = stream(Order, &["number", "customer", "fulfilment", "content.lines", "content.payment_terms"]);
        cap.create = false;
        cap.fields.insert("x.starweb.is_complete".into(), FieldCapability::read_only());
        cap.fields.insert("number".into(), FieldCapability::read_only());
        cap
    });
    shop.streams.insert("order_buyer".into(), {
        let mut cap = StreamCapability::new(Organisation);
        cap.shows = Shows::Snapshot;
        cap.facet_of = Some("orders".into());
        cap.fields = ["name", "email", "billing.city"].map(|p| (p.into(), FieldCapability::read_only())).into();
        cap
    });

    let mut crm = Capabilities::default();
    let text = ["name", "email", "phone", "billing.city", "billing.postal_code", "category", "payment_terms"];
    let own = ["x.crm.district", "x.crm.codes", "x.crm.type"];
    crm.streams.insert("company".into(), {
        let mut cap = stream(Organisation, &[text.as_slice(), &own].concat());
        cap.stamps = false;
        cap.remove = [RemoveMode::Archive].into();
        cap
    });

    let mut erp = Capabilities::default();
    let fields = ["name", "email", "phone", "billing.city", "billing.postal_code", "payment_terms", "x.erp.district"];
    erp.streams.insert("customer".into(), {
        let mut cap = stream(Organisation, &fields);
        cap.fields.insert("number".into(), FieldCapability::read_only());
        cap.fields.insert("name".into(), FieldCapability::read_write().required().cut_to(20));
        cap
    });
    let fields = ["customer", "fulfilment", "content.lines", "content.payment_terms", "content.currency", "note"];
    erp.streams.insert("orders".into(), {
        let mut cap = stream(Order, &fields);
        cap.fields.insert("number".into(), FieldCapability::read_only());
        cap.fields.insert("paid".into(), FieldCapability::read_write());
        cap
    });
    [("starweb:se", shop), ("webcrm:crm", crm), ("eekonomi:erp", erp)].map(|(id, cap)| (id.into(), cap)).into()
}

/// The ability of one stream of one system, to be changed.
pub(crate) fn cap<'a>(systems: &'a mut Systems, system: &str, stream: &str) -> &'a mut StreamCapability {
    systems.get_mut(system).unwrap().streams.get_mut(stream).unwrap()
}

pub(crate) fn mappers() -> BTreeMap<String, Mapper> {
    BTreeMap::from([
        ("codes".to_owned(), Mapper::joined("x.crm.codes", ";", ["x.district", "x.seller"])),
        ("lost".to_owned(), Mapper::joined("x.crm.gone", ";", ["x.a", "nothing"])),
    ])
}

/// CRM and ERP keep one set of companies.
pub(crate) const COMPANIES: &str = r#"
[entities.companies]
kind   = "organisation"
master = "crm"
match  = [{ on = ["email"] }]

[entities.companies.systems]
crm = { read = true, create = "always", update = true }
erp = { read = true, create = "always", update = true }
"#;

pub(crate) fn read(text: &str) -> Policy {
    Policy::from_toml(text).unwrap_or_else(|mistakes| panic!("{}", listed(&mistakes).join("\n")))
}

pub(crate) fn compiled(text: &str) -> Compiled {
    compiled_with(text, &systems())
}
pub(crate) fn compiled_with(text: &str, systems: &Systems) -> Compiled {
    read(text)
        .compile(systems, &mappers(), &Hooks::default())
        .unwrap_or_else(|mistakes| panic!("{}", listed(&mistakes).join("\n")))
}
pub(crate) fn entity(text: &str) -> Entity {
    compiled(text).entities.remove(0)
}

pub(crate) fn listed(mistakes: &[Mistake]) -> Vec<String> {
    mistakes.iter().map(ToString::to_string).collect()
}
pub(crate) fn mistakes_with(text: &str, systems: &Systems) -> Vec<String> {
    match read(text).compile(systems, &mappers(), &Hooks::default()) {
        Ok(_) => Vec::new(),
        Err(mistakes) => listed(&mistakes),
    }
}
pub(crate) fn mistakes(text: &str) -> Vec<String> {
    mistakes_with(text, &systems())
}

/// Mistakes of the companies' policy with one part changed.
pub(crate) fn changed(from: &str, to: &str) -> Vec<String> {
    let text = COMPANIES.replacen(from, to, 1);
    assert_ne!(text, COMPANIES, "the change must hit");
    mistakes(&text)
}
/// Mistakes of the companies' policy with something more.
pub(crate) fn with(more: &str) -> Vec<String> {
    mistakes(&format!("{COMPANIES}{more}"))
}
pub(crate) fn rule(rule: &str) -> Vec<String> {
    with(&format!("[entities.companies.fields]\n{rule}\n"))
}
pub(crate) fn row(row: &str) -> Vec<String> {
    with(&format!("[[entities.companies.map]]\n{row}\n"))
}
pub(crate) fn two_rows(first: &str, second: &str, field: &str, theirs: &str) -> Vec<String> {
    row(&format!(
        "field = \"x.a\"\ncrm = \"x.crm.type\"\ndirection = \"{first}\"\n[[entities.companies.map]]\nfield = \"{field}\"\n\
         crm = \"{theirs}\"\ndirection = \"{second}\""
    ))
}
pub(crate) fn condition(condition: &str) -> Vec<String> {
    changed("master =", &format!("where = ['{condition}']\nmaster ="))
}
pub(crate) fn customer(change: impl Fn(&mut StreamCapability)) -> Vec<String> {
    able(|systems| change(cap(systems, "eekonomi:erp", "customer")))
}
pub(crate) fn able(change: impl Fn(&mut Systems)) -> Vec<String> {
    let mut systems = systems();
    change(&mut systems);
    mistakes_with(COMPANIES, &systems)
}

/// A policy's mistakes beside what they should be.
pub(crate) type Case = (Vec<String>, &'static [&'static str]);

pub(crate) fn all_told(cases: Vec<Case>) {
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}
