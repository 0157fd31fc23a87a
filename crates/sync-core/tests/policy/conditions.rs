//! Mistakes in conditions, scopes, match rules and the order of rule sets.

use crate::world::{COMPANIES, all_told, changed, condition, mistakes, with};

#[test]
fn conditions_fit_the_type_of_their_field() {
    all_told(vec![
        (
            condition("nmae = a"),
            &["entities.companies.where[0]: organisation has no field 'nmae'; did you mean 'name'?"],
        ),
        (
            condition("name >= a"),
            &["entities.companies.where[0]: 'name' is text and has no order; compare it with =, != or in"],
        ),
        (
            condition("is_customer = yes"),
            &[
                "entities.companies.where[0]: 'yes' cannot be in 'is_customer'; write true or false",
                "entities.companies.where[0]: no system shows 'is_customer', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("is_customer >= true"),
            &[
                "entities.companies.where[0]: 'is_customer' is yes or no and has no order; compare it with =, != or in",
                "entities.companies.where[0]: no system shows 'is_customer', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("party = compny"),
            &["entities.companies.where[0]: 'compny' cannot be in 'party'; did you mean 'company'?"],
        ),
        (
            condition("party >= company"),
            &["entities.companies.where[0]: 'party' is text and has no order; compare it with =, != or in"],
        ),
        (
            condition("party prefix c"),
            &[
                "entities.companies.where[0]: 'party' is one of a few words, which has no prefix; compare it with =, != or in",
            ],
        ),
        (
            condition("billing = a"),
            &[
                "entities.companies.where[0]: 'billing' is a group of fields; name one of them, 'billing.attention' for example",
            ],
        ),
        (
            condition("credit_limit.amount >= ten"),
            &[
                "entities.companies.where[0]: 'ten' cannot be in 'credit_limit.amount'; write a decimal number with a point: 10.50",
                "entities.companies.where[0]: no system shows 'credit_limit.amount', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("statistics.last_order_on < tomorrow"),
            &[
                "entities.companies.where[0]: 'tomorrow' cannot be in 'statistics.last_order_on'; write a day: 2026-01-31",
                "entities.companies.where[0]: no system shows 'statistics.last_order_on', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("website = a"),
            &[
                "entities.companies.where[0]: no system shows 'website', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
    ]);
}

#[test]
fn conditions_go_one_link_further() {
    all_told(vec![
        (
            condition("parent = 10"),
            &[
                "entities.companies.where[0]: '10' cannot be in 'parent'; ask for a field of the organisation, or write \"\" for none",
                "entities.companies.where[0]: no system shows 'parent', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("parent = \"\""),
            &[
                "entities.companies.where[0]: no system shows 'parent', so this never holds; fill it by a map row, or ask for another field",
            ],
        ),
        (
            condition("parent.nmae = a"),
            &["entities.companies.where[0]: organisation has no field 'nmae'; did you mean 'name'?"],
        ),
        (condition("parent.name = a"), &[]),
        (condition("parent.x.crm.type = a"), &[]),
        (
            condition("parent.x.crm.typ = a"),
            &[
                "entities.companies.where[0]: organisation has no field 'x.crm.typ'; no name that is known comes near it",
            ],
        ),
    ]);
}

#[test]
fn conditions_ask_for_own_and_vendors_fields() {
    all_told(vec![
        (condition("x.crm.type = a"), &[]),
        (
            condition("x.crm.typ = a"),
            &["entities.companies.where[0]: organisation has no field 'x.crm.typ'; did you mean 'x.crm.type'?"],
        ),
        (
            condition("x.a = b"),
            &["entities.companies.where[0]: organisation has no field 'x.a'; no name that is known comes near it"],
        ),
        (
            mistakes(&format!(
                "{}[[entities.companies.map]]\nfield = \"x.a\"\ncrm = \"x.crm.type\"",
                COMPANIES.replace("master =", "where = [\"x.crm.type = a\"]\nmaster =")
            )),
            &["entities.companies.where[0]: 'x.crm.type' is called 'x.a' here, by a map row; write 'x.a'"],
        ),
    ]);
}

#[test]
fn conditions_ask_for_origin_and_day() {
    all_told(vec![
        (condition("@orgin = crm"), &["entities.companies.where[0]: '@orgin' is not known; did you mean '@origin'?"]),
        (
            condition("@origin = cmr"),
            &["entities.companies.where[0]: there is no connection 'cmr'; did you mean 'crm'?"],
        ),
        (
            condition("@origin >= crm"),
            &[
                "entities.companies.where[0]: '@origin' is the name of a connection and has no order; compare it with =, != or in",
            ],
        ),
        (condition("@origin in [crm, erp]"), &[]),
        (
            condition("@created_on >= yesterday"),
            &["entities.companies.where[0]: 'yesterday' cannot be in '@created_on'; write a day: 2026-01-31"],
        ),
        (
            condition("@created_on prefix 2026"),
            &["entities.companies.where[0]: '@created_on' is a date, which has no prefix; compare it with =, != or in"],
        ),
    ]);
}

#[test]
fn conditions_on_documents() {
    let orders = r#"
[entities.orders]
kind = "order"
master = "se"
where = ['fulfilment >= cancelled', 'fulfilment < delivered', 'customer.x.crm.type = Kund', 'content.lines = 1',
  'content.gross = 1']
[entities.orders.systems]
se = { read = true }
erp = { read = true }
"#;
    all_told(vec![(
        mistakes(orders),
        &[
            "entities.orders.where[0]: 'cancelled' is an end of 'fulfilment' and has no order; match it by = or in",
            "entities.orders.where[3]: '1' cannot be in 'content.lines'; write \"\" for none",
            "entities.orders.where[4]: no system shows 'content.gross', so this never holds; fill it by a map row, or ask for another field",
        ],
    )]);
}

#[test]
fn a_scope_is_for_a_system_that_takes_part() {
    all_told(vec![
        (
            with("[[entities.companies.scope]]\nat = \"er\"\nwhen = []"),
            &[
                "entities.companies.scope[0].at: there is no connection 'er'; did you mean 'erp'?",
                "entities.companies.scope[0].when: there is no condition; write one, or take the scope out",
            ],
        ),
        (
            mistakes(&format!(
                "{}[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"name = a\"]",
                COMPANIES
                    .replace("erp = { read = true, create = \"always\", update = true }", "erp = { read = false }")
            )),
            &[
                "entities.companies.scope[0].at: 'erp' neither shows nor gets such records, so a scope for it does nothing; take it out, or let the system be read",
            ],
        ),
    ]);
}

#[test]
fn match_rules_can_fit() {
    all_told(vec![(
        changed(
            "{ on = [\"email\"] }",
            "{ on = [] }, { on = [\"name\"] }, { on = [\"emial\"] }, { on = [\"website\"] }, { on = [\"billing\"] }",
        ),
        &[
            "entities.companies.match[0]: on names no field; name what is the same in two systems",
            "entities.companies.match[1]: a name alone recognises nobody: two may share it; add what tells namesakes apart: on = [\"name\", \"billing.postal_code\"]",
            "entities.companies.match[2]: organisation has no field 'emial'; did you mean 'email'?",
            "entities.companies.match[3]: no system that is read shows 'website', so this never fits; take the rule out, or fill the field by a map row",
            "entities.companies.match[4]: 'billing' is a group of fields; name one of them, 'billing.attention' for example",
        ],
    )]);
}

#[test]
fn a_rule_set_that_never_gets_a_record_is_told() {
    all_told(vec![
        (
            with(&COMPANIES.replace("companies", "vendors")),
            &[
                "entities.vendors: 'companies' comes first and takes every organisation, so nothing is left for this one; give 'companies' a where; rule sets of one kind are tried in order of their names",
            ],
        ),
        (
            mistakes(&format!(
                "{}{}",
                COMPANIES.replace("master =", "where = [\"name = a\"]\nmaster ="),
                COMPANIES.replace("companies", "vendors")
            )),
            &[],
        ),
    ]);
}
