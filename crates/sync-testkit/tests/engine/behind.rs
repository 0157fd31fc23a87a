//! What the engine is shown beside what it asked about, and what it must not do twice in one run.

use super::*;

#[test]
fn a_create_without_an_answer_is_not_sent_again_when_the_record_is_decided_once_more() {
    const POLICY: &str = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "never", update = true }
        systems.erp = { read = true, create = "always", update = true }
        systems.shop = { read = true, create = "never", update = true }
        fields.name = { rule = "shared", on_conflict = { prefer = ["crm", "shop"] } }
    "#;
    for place in 0..60 {
        let mut world = World::new(1)
            .with(Mock::new("crm").stream::<Organisation>("company", plain))
            .with(Mock::new("erp").stream::<Organisation>("customer", |s| s.loses_answers(1000)))
            .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
            .policy(POLICY);
        let crm = world.system("crm").put("company", company("A", "1"));
        let shop = world.system("shop").put("buyer", company("A", "1"));
        world.adopt();
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
        run_while(&world, |world, turn| {
            if turn == place {
                world.pass(40); // what was read is no longer fresh
                world.system("shop").edit::<Organisation>("buyer", &shop, |o| o.name("C"));
            }
        });
        assert_eq!(world.system("erp").all("customer").len(), 1, "edited at turn {place}");
    }
}
