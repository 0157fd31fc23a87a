//! Groups are decided as one value (4.7).

use sync_core::{capability::FieldCapability, policy::Rule};

use crate::side::{blanking, edits, holds, joins, master, prefer, shows, unread};
use sync_core::policy::Foreign;

const AGREED: Option<(&str, &str)> = Some(("a", "city=Stockholm; street=Storgatan 1"));

fn cut(max: u32) -> FieldCapability {
    FieldCapability::read_write().cut_to(max)
}

#[test]
fn a_group_is_taken_as_one() {
    let old = "city=Stockholm; street=Storgatan 1";
    let (town, road) = ("city=Lund; street=Storgatan 1", "city=Stockholm; street=Box 5");
    holds(&[
        ("one leaf edited", &Rule::Hold, AGREED, vec![edits("b", old, town)], "b city=Lund; street=Storgatan 1"),
        (
            "each edited another leaf: half of each is what nobody wrote",
            &Rule::Hold,
            AGREED,
            vec![edits("a", old, town), edits("b", old, road)],
            "hold Conflict: a city=Lund; street=Storgatan 1, b city=Stockholm; street=Box 5",
        ),
        (
            "the preferred one whole",
            &prefer(&["b", "a"]),
            AGREED,
            vec![edits("a", old, town), edits("b", old, road)],
            "b city=Stockholm; street=Box 5 over a city=Lund; street=Storgatan 1",
        ),
        (
            "a lagging one that wins brings all of its own, and what it overrules is told",
            &prefer(&["b", "a"]),
            AGREED,
            vec![edits("b", "city=Stockholm; street=Old 9", "city=Lund; street=Old 9").lagging()],
            "b city=Lund; street=Old 9 over a city=Stockholm; street=Storgatan 1",
        ),
    ]);
}

#[test]
fn an_untouched_cut_leaf_does_not_travel() {
    let before = "city=Stockholm; street=Storga";
    holds(&[
        (
            "the city is edited",
            &Rule::Hold,
            AGREED,
            vec![edits("b", before, "city=Lund; street=Storga").does(cut(6))],
            "b city=Lund; street=Storgatan 1",
        ),
        (
            "the street is edited",
            &Rule::Hold,
            AGREED,
            vec![edits("b", before, "city=Stockholm; street=Box 5").does(cut(6))],
            "b city=Stockholm; street=Box 5",
        ),
        (
            "the street is edited to its full length",
            &Rule::Hold,
            AGREED,
            vec![edits("b", before, "city=Lund; street=Norrga").does(cut(6))],
            "hold CutEdit: b city=Lund; street=Norrga, a city=Stockholm; street=Storgatan 1",
        ),
        (
            "nor does another way of writing",
            &Rule::Hold,
            Some(("a", "city=Lund; postal_code=223 50")),
            vec![edits("b", "city=Lund; postal_code=22350", "city=Malmö; postal_code=22350")],
            "b city=Malmö; postal_code=223 50",
        ),
        (
            "two edited the city alike, one writes the code otherwise",
            &Rule::Hold,
            Some(("a", "city=Lund; postal_code=223 50")),
            vec![
                edits("b", "city=Lund; postal_code=22350", "city=Malmö; postal_code=22350"),
                edits("a", "city=Lund; postal_code=223 50", "city=Malmö; postal_code=223 50"),
            ],
            "a city=Malmö; postal_code=223 50",
        ),
    ]);
}

#[test]
fn leaves_that_are_not_known() {
    let old = "city=Stockholm; street=Storgatan 1";
    holds(&[
        (
            "the winner has no street: it stays",
            &Rule::Hold,
            AGREED,
            vec![edits("b", "city=Stockholm", "city=Lund")],
            "b city=Lund; street=Storgatan 1",
        ),
        (
            "the street was not read this time",
            &Rule::Hold,
            AGREED,
            vec![edits("b", old, "city=Lund")],
            "b city=Lund; street=Storgatan 1",
        ),
        (
            "the street is read for the first time, and empty",
            &Rule::Hold,
            AGREED,
            vec![edits("b", "city=Stockholm", "city=Lund; street=-")],
            "b city=Lund; street=Storgatan 1",
        ),
        (
            "the street is read for the first time, and differs: that was written without sight of what is agreed",
            &Rule::Hold,
            AGREED,
            vec![edits("b", "city=Stockholm", "city=Lund; street=Box 5")],
            "hold Conflict: b city=Lund; street=Box 5, a city=Stockholm; street=Storgatan 1",
        ),
        (
            "a leaf that is new to what is agreed",
            &Rule::Hold,
            Some(("a", "city=Lund")),
            vec![shows("a", "city=Lund"), joins("b", "city=Lund; street=S")],
            "b city=Lund; street=S",
        ),
        (
            "the same, later and by itself",
            &Rule::Hold,
            Some(("a", "city=Lund")),
            vec![edits("a", "city=Lund", "city=Lund; street=S")],
            "a city=Lund; street=S",
        ),
        (
            "a joining side fills its empty leaf with what is agreed, and stands by it",
            &prefer(&["c", "b"]),
            Some(("a", "city=Lund")),
            vec![joins("b", "city=-; street=S"), edits("c", "city=-", "city=Malmö").lagging()],
            "c city=Malmö over b city=Lund; street=S",
        ),
        (
            "who had sight of it speaks for leaves that it does not have",
            &prefer(&["b", "c"]),
            AGREED,
            vec![
                edits("b", "city=Stockholm; street=Old 9", "city=Lund; street=Old 9").lagging(),
                edits("c", "city=Stockholm", "city=Malmö"),
            ],
            "b city=Lund; street=Old 9 over c city=Malmö; street=Storgatan 1",
        ),
    ]);
}

#[test]
fn first_sight_of_groups() {
    let none = None;
    holds(&[
        (
            "more of the same",
            &Rule::Hold,
            none,
            vec![joins("a", "city=Lund; street=-"), joins("b", "city=Lund; street=S")],
            "b city=Lund; street=S",
        ),
        (
            "one does not have the street",
            &Rule::Hold,
            none,
            vec![joins("a", "city=Lund"), joins("b", "city=Lund; street=S")],
            "b city=Lund; street=S",
        ),
        (
            "each has something that the other lacks",
            &Rule::Hold,
            none,
            vec![
                joins("a", "city=Lund; postal_code=-; street=S"),
                joins("b", "city=Lund; postal_code=22350; street=-"),
            ],
            "a city=Lund; postal_code=22350; street=S",
        ),
        (
            "each cuts another leaf",
            &Rule::Hold,
            none,
            vec![
                joins("a", "city=Stockh; street=Box").does(cut(6)),
                joins("b", "city=Stockholm; street=BOX").does(FieldCapability::read_write().folding_case()),
            ],
            "a city=Stockholm; street=Box",
        ),
        (
            "halves without anything in common",
            &Rule::Hold,
            none,
            vec![joins("a", "city=Lund; street=-"), joins("b", "city=-; street=S")],
            "hold Conflict: a city=Lund; street=-, b city=-; street=S",
        ),
        (
            "an empty leaf of a joining side is filled",
            &Rule::Hold,
            AGREED,
            vec![joins("b", "city=Stockholm; street=-")],
            "keep",
        ),
        (
            "a joining side never blanks by it",
            &prefer(&["b", "a"]),
            AGREED,
            vec![joins("b", "city=Stockholm; street=-")],
            "keep",
        ),
        (
            "another address is taken whole, or half of it would be the old one",
            &prefer(&["b", "a"]),
            AGREED,
            vec![joins("b", "city=Lund; street=-")],
            "b city=Lund; street=- over a city=Stockholm; street=Storgatan 1",
        ),
        ("an empty group joins", &prefer(&["b", "a"]), AGREED, vec![joins("b", "city=-; street=-")], "keep"),
    ]);
}

#[test]
fn mastered_groups() {
    let revert = &master(Foreign::Revert);
    holds(&[
        (
            "the master lacks the street: the others keep theirs",
            revert,
            None,
            vec![joins("m", "city=Lund; street=-"), joins("b", "city=Lund; street=S")],
            "m city=Lund",
        ),
        (
            "the master shows another address",
            revert,
            None,
            vec![joins("m", "city=Lund; street=-"), joins("b", "city=Malmö; street=S")],
            "m city=Lund; street=- over b city=Malmö; street=S",
        ),
        (
            "the same address in another way of writing keeps what the master lacks",
            revert,
            None,
            vec![
                joins("m", "city=-; postal_code=223 50"),
                edits("b", "city=Lund; postal_code=22220", "city=Lund; postal_code=22350"),
            ],
            "m postal_code=223 50 over b city=Lund; postal_code=22350",
        ),
        (
            "emptiness of the master counts, where the rule says so",
            &blanking(),
            None,
            vec![joins("m", "city=Lund; street=-"), joins("b", "city=Lund; street=S")],
            "m city=Lund; street=- over b city=Lund; street=S",
        ),
        (
            "a leaf of the master is read for the first time, and others had it",
            revert,
            Some(("m", "city=Lund")),
            vec![edits("m", "city=Lund", "city=Lund; street=T"), unread("b", "city=Lund; street=S")],
            "m city=Lund; street=T over b city=Lund; street=S",
        ),
        (
            "an untouched cut leaf is no word of the master",
            revert,
            Some(("b", "city=Lund; street=Storgatan 1")),
            vec![edits("m", "city=Lund; street=Storga", "city=Malmö; street=Storga").does(cut(6))],
            "m city=Malmö; street=Storgatan 1",
        ),
    ]);
}
