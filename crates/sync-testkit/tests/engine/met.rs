//! Records that are met: whose they are, what of theirs gives way, and what points to them.

use sync_core::model::Person;

use super::*;

#[test]
fn a_record_that_is_listed_and_hinted_at_is_met_once() {
    let policy = ONE_WAY.replace(
        "match = [{ on = [\"registration_number\"] }]",
        "match = [{ on = [\"registration_number\"], duplicates = \"alias\" }]",
    );
    let mut world = two(&policy, plain, plain);
    let first = world.system("crm").put("company", company("A", "1"));
    let second = world.system("crm").put("company", company("A too", "1"));
    let body = format!("{}\n", world.system("crm").at("company").id(&second));
    let system = world.system("crm").system().clone();
    drive(world.engine().unwrap().hint(&system, &[], body.as_bytes())).unwrap();
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
    world.system("crm").edit::<Organisation>("company", &first, |o| o.name("B"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into());
}

#[test]
fn a_seeded_gate_is_judged_by_what_was_agreed() {
    let policy = format!(
        "{ONE_WAY}\nfields.category = {{ rule = \"seed\", from = \"crm\" }}\n[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"category = gold\"]\n"
    );
    let mut world = two(&policy, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1").category("gold"));
    world.adopt();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.category("silver"));
    world.run();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1, "it was made for what it was agreed to be");
}
