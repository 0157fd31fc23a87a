//! Conditions: read, shown, compared.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use sync_core::{
    EntityKind, FieldPath, Value,
    model::{Fulfilment, Order},
    policy::{Hop, Operator, Predicate, Ranked, Scene},
};

struct Fields(BTreeMap<&'static str, Value>);
impl Scene for Fields {
    fn value(&self, field: FieldPath) -> Option<Value> {
        self.0.get(field.as_str()).cloned()
    }
}
struct ByModel;
impl Ranked for ByModel {
    fn rank(&self, field: FieldPath, word: &str) -> Option<i64> {
        (field == Order::FULFILMENT).then(|| word.parse::<Fulfilment>().ok()?.rank()?.try_into().ok())?
    }
}

fn holds(condition: &str, field: &'static str, value: Value) -> bool {
    let condition: Predicate = condition.parse().unwrap();
    condition.holds(&Fields(BTreeMap::from([(field, value)])), &ByModel)
}

#[test]
fn conditions_compare_by_the_type_of_the_field() {
    let text = |t: &str| Value::from(t);
    assert!(holds("fulfilment in [open, picking]", "fulfilment", text("picking")));
    assert!(holds("fulfilment >= open", "fulfilment", text("delivered")));
    assert!(!holds("fulfilment >= open", "fulfilment", text("draft")));
    assert!(!holds("fulfilment >= open", "fulfilment", text("cancelled")), "an end has no order");
    assert!(holds("fulfilment = cancelled", "fulfilment", text("cancelled")));
    let amount = |t: &str| Value::Decimal(t.parse::<Decimal>().unwrap());
    assert!(holds("content.gross = 10.5", "content.gross", amount("10.50")));
    assert!(holds("content.gross >= 9", "content.gross", amount("10.00")), "as numbers, not as text");
    assert!(holds("content.gross < 10.01", "content.gross", amount("10.00")));
    let day = Value::Date("2026-03-01".parse().unwrap());
    assert!(holds("@created_on >= 2026-01-01", "@created_on", day.clone()));
    assert!(!holds("@created_on < 2026-03-01", "@created_on", day));
    assert!(holds("is_customer = true", "is_customer", Value::Bool(true)));
    assert!(holds("number prefix 10", "number", text("1042")));
    assert!(!holds("number prefix 10", "number", text("2042")));
    assert!(holds("email = \"\"", "email", Value::Null));
    assert!(holds("email != \"\"", "email", text("a@b.se")));
    assert!(holds("category = Stor kund", "category", text("Stor kund")), "quotes are needed only where it is unclear");
}

#[test]
fn what_is_unknown_satisfies_nothing() {
    for condition in ["a = 1", "a != 1", "a in [1]", "a < 1", "a >= 1", "a prefix 1"] {
        assert!(!holds(condition, "b", Value::Int(1)), "{condition}");
    }
}

#[test]
fn what_is_no_condition_says_why() {
    let cases = [
        ("fulfilment", "no comparison"),
        ("fulfilment open", "no comparison that is known"),
        ("a <= 3", "no comparison that is known"),
        ("a == 3", "no comparison that is known"),
        ("a > 3", "no comparison that is known"),
        ("= 3", "no field"),
        ("a =", "a value is missing (\"\" is the empty one)"),
        ("a in open", "'in' needs a list in brackets"),
        ("a in []", "a value is missing (\"\" is the empty one)"),
        ("a in [b,]", "a value is missing (\"\" is the empty one)"),
        ("a in [\"b\" c]", "a comma is missing between two values"),
        ("a = \"b", "a quote is not closed"),
        ("a = \"b\" c", "something follows the closing quote"),
    ];
    for (text, why) in cases {
        let form = "write field = value, !=, >=, <, prefix value, or in [a, b]";
        assert_eq!(text.parse::<Predicate>(), Err(format!("'{text}' is no condition: {why}; {form}")));
    }
}

#[test]
fn a_field_behind_a_link_is_one_hop_away() {
    let hop = |field: &str, kind| Predicate { field: field.into(), operator: Operator::Is, operands: vec![] }.hop(kind);
    let expected = Hop { link: "customer".into(), kind: EntityKind::Organisation, field: "x.type".into() };
    assert_eq!(hop("customer.x.type", EntityKind::Order), Some(expected));
    let expected = Hop { link: "content.project".into(), kind: EntityKind::Project, field: "number".into() };
    assert_eq!(hop("content.project.number", EntityKind::Order), Some(expected));
    assert_eq!(hop("customer", EntityKind::Order), None);
    assert_eq!(hop("billing.city", EntityKind::Organisation), None);
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let operand = prop_oneof!["[a-z0-9_.:@/+-]{0,8}", "\\PC{0,12}", "[ \"'\\\\,\\[\\]=<>a]{0,8}"];
    let operator = prop_oneof![
        Just(Operator::Is),
        Just(Operator::IsNot),
        Just(Operator::In),
        Just(Operator::AtLeast),
        Just(Operator::Below),
        Just(Operator::Prefix),
    ];
    ("@?[a-z][a-z0-9_]{0,6}(\\.[a-z0-9_]{1,6}){0,2}", operator, prop::collection::vec(operand, 1..4)).prop_map(
        |(field, operator, mut operands)| {
            if operator != Operator::In {
                operands.truncate(1);
            }
            Predicate { field: FieldPath::new(&field), operator, operands }
        },
    )
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_as_the_same(predicate in predicate()) {
        prop_assert_eq!(predicate.to_string().parse::<Predicate>(), Ok(predicate));
    }
    #[test]
    fn no_text_makes_the_reader_fall_over(text in "\\PC{0,30}") {
        let _ = text.parse::<Predicate>();
    }
}
