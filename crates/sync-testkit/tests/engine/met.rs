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
