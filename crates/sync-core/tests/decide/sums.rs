//! Amounts to which each side adds its part (4.15).

use sync_core::{capability::FieldCapability, decide::Why, policy::Rule};

use crate::side::{One, decided, edits, holds, joins, shows, told, unread, why};

const SUM: &Rule = &Rule::Sum { up_to: None };

#[test]
fn each_sides_difference_counts() {
    let zero = Some(("a", "0"));
    holds(&[
        ("nothing changed", SUM, zero, vec![shows("a", "0"), unread("b", "0")], "keep"),
        ("one adds", SUM, zero, vec![edits("a", "0", "500"), shows("b", "0")], "a 500"),
        ("both add", SUM, zero, vec![edits("a", "0", "500"), edits("b", "0", "300")], "@hub 800"),
        (
            "three add",
            SUM,
            Some(("a", "100")),
            vec![edits("a", "100", "101"), edits("b", "100", "102"), edits("c", "100", "103")],
            "@hub 106",
        ),
        ("a reversal", SUM, Some(("a", "800")), vec![edits("b", "800", "500")], "b 500"),
        ("all of it", SUM, Some(("a", "500")), vec![edits("a", "500", "0"), shows("b", "500")], "a 0"),
        (
            "a payment here, a reversal there",
            SUM,
            Some(("a", "500")),
            vec![edits("a", "500", "700"), edits("b", "500", "400")],
            "@hub 600",
        ),
        (
            "parts that make up for each other still have to reach the other side",
            SUM,
            zero,
            vec![edits("a", "0", "500"), edits("b", "0", "-500")],
            "@hub 0",
        ),
        (
            "one lags and adds",
            SUM,
            Some(("a", "500")),
            vec![shows("a", "500"), edits("b", "0", "300").lagging()],
            "b 800",
        ),
        ("nobody knows it", SUM, zero, vec![], "keep"),
    ]);
}

#[test]
fn the_same_amount_twice_is_held() {
    let zero = Some(("a", "0"));
    holds(&[
        (
            "on two sides at once",
            SUM,
            zero,
            vec![edits("a", "0", "500"), edits("b", "0", "500")],
            "hold SameAmountTwice: a 500, b 500",
        ),
        (
            "among three",
            SUM,
            zero,
            vec![edits("a", "0", "500"), edits("b", "0", "200"), edits("c", "0", "500")],
            "hold SameAmountTwice: a 500, b 200, c 500",
        ),
        (
            "the same reversal",
            SUM,
            Some(("a", "500")),
            vec![edits("a", "500", "0"), edits("b", "500", "0")],
            "hold SameAmountTwice: a 0, b 0",
        ),
        (
            "keyed by hand while it was on its way",
            SUM,
            Some(("a", "500")),
            vec![shows("a", "500"), edits("b", "0", "500").lagging()],
            "hold SameAmountTwice: b 500",
        ),
        (
            "another amount while it was on its way",
            SUM,
            Some(("a", "500")),
            vec![shows("a", "500"), edits("b", "0", "501").lagging()],
            "b 1001",
        ),
    ]);
}

#[test]
fn above_the_whole_is_held() {
    let sides = |a: &str, b: &str| vec![edits("a", "0", a), edits("b", "0", b)];
    let case = |sides: &[One], whole: Option<&str>| told(&decided(SUM, Some(("a", "0")), sides, whole));
    assert_eq!(case(&sides("600", "300"), Some("1000")), "@hub 900");
    assert_eq!(case(&sides("700", "300"), Some("1000")), "@hub 1000");
    assert_eq!(case(&sides("700", "301"), Some("1000")), "hold OverTotal: a 700, b 301");
    assert_eq!(case(&sides("700", "301"), None), "@hub 1001");
    assert_eq!(case(&sides("-700", "-301"), Some("-1000")), "hold OverTotal: a -700, b -301");
    assert_eq!(case(&sides("-600", "-300"), Some("-1000")), "@hub -900", "a credit note");
    let huge = [edits("a", "0", "79228162514264337593543950335"), edits("b", "0", "1")];
    assert_eq!(why(&decided(SUM, Some(("a", "0")), &huge, None)), Some(Why::OverTotal), "more than a decimal can hold");
    let met = [joins("a", "1200"), joins("b", "0")];
    assert_eq!(told(&decided(SUM, None, &met, Some("1000"))), "a 1200", "what is there when it is met is there");
}

#[test]
fn first_sight_of_amounts() {
    let round = FieldCapability::read_write().rounded_to(0);
    let both = || vec![joins("a", "10.6"), joins("b", "11").does(round.clone())];
    holds(&[
        ("nothing settled anywhere", SUM, None, vec![joins("a", "0"), joins("b", "0")], "a 0"),
        ("an amount here, nothing there", SUM, None, vec![joins("a", "0"), joins("b", "500")], "b 500"),
        ("the same amount on both sides is one", SUM, None, vec![joins("a", "500"), joins("b", "500")], "a 500"),
        ("one side rounds", SUM, None, both(), "a 10.6"),
        ("two amounts", SUM, None, vec![joins("a", "500"), joins("b", "300")], "hold Conflict: a 500, b 300"),
        ("one joins with nothing", SUM, Some(("a", "500")), vec![shows("a", "500"), joins("b", "0")], "keep"),
        ("one joins with the same", SUM, Some(("a", "500")), vec![shows("a", "500"), joins("b", "500")], "keep"),
        (
            "one joins with another",
            SUM,
            Some(("a", "500")),
            vec![shows("a", "500"), joins("b", "300")],
            "hold Conflict: b 300",
        ),
        (
            "one joins with an amount where nothing was settled",
            SUM,
            Some(("a", "0")),
            vec![shows("a", "0"), joins("b", "300")],
            "hold Conflict: b 300",
        ),
        (
            "one joins with another while one adds: both are told",
            SUM,
            Some(("a", "500")),
            vec![edits("a", "500", "600"), joins("b", "300")],
            "hold Conflict: a 600, b 300",
        ),
        (
            "one joins with nothing while one adds",
            SUM,
            Some(("a", "500")),
            vec![edits("a", "500", "600"), joins("b", "0")],
            "a 600",
        ),
    ]);
}
