//! Units that one system decides, row by row.

use sync_core::{
    capability::FieldCapability,
    policy::{Foreign, Rule},
};

use crate::side::{blanking, edits, holds, joins, master, shows, unread, unseeded};

const AGREED: Option<(&str, &str)> = Some(("m", "website=old"));

#[test]
fn the_masters_word_counts() {
    let revert = &master(Foreign::Revert);
    holds(&[
        ("nothing changed", revert, AGREED, vec![shows("m", "website=old"), shows("b", "website=old")], "keep"),
        (
            "it changes",
            revert,
            AGREED,
            vec![edits("m", "website=old", "website=new"), shows("b", "website=old")],
            "m website=new",
        ),
        (
            "it empties",
            revert,
            AGREED,
            vec![edits("m", "website=old", "website=-"), shows("b", "website=old")],
            "m website=-",
        ),
        (
            "both change",
            revert,
            AGREED,
            vec![edits("m", "website=old", "website=new"), edits("b", "website=old", "website=x")],
            "m website=new over b website=x",
        ),
        (
            "both change alike",
            revert,
            AGREED,
            vec![edits("m", "website=old", "website=x"), edits("b", "website=old", "website=x")],
            "m website=x",
        ),
        (
            "it is met, others differ",
            revert,
            None,
            vec![joins("m", "website=x"), joins("b", "website=y")],
            "m website=x over b website=y",
        ),
        (
            "it is met, others cut",
            revert,
            None,
            vec![
                joins("m", "website=Nordic Widgets"),
                joins("b", "website=Nordic").does(FieldCapability::read_write().cut_to(6)),
            ],
            "m website=Nordic Widgets",
        ),
        (
            "it is met, others write the same otherwise",
            revert,
            None,
            vec![joins("m", "phone=+46812345678"), joins("b", "phone=0046812345678")],
            "m phone=+46812345678",
        ),
    ]);
}

#[test]
fn changes_made_elsewhere() {
    let foreign = || vec![unread("m", "website=old"), edits("b", "website=old", "website=x")];
    let met = || vec![unread("m", "website=old"), joins("b", "website=x")];
    let (revert, ignore, hold) = (&master(Foreign::Revert), &master(Foreign::Ignore), &master(Foreign::Hold));
    let arrived = || vec![shows("m", "website=old"), edits("b", "website=older", "website=old").lagging()];
    holds(&[
        ("revert", revert, AGREED, foreign(), "m website=old over b website=x"),
        ("ignore", ignore, AGREED, foreign(), "keep"),
        ("hold", hold, AGREED, foreign(), "hold ForeignChange: b website=x"),
        ("revert what is met", revert, AGREED, met(), "m website=old over b website=x"),
        ("hold what is met", hold, AGREED, met(), "hold ForeignChange: b website=x"),
        ("typed by hand as the master has it", hold, AGREED, arrived(), "keep"),
        ("the same, where it would be reverted", revert, AGREED, arrived(), "keep"),
        (
            "the master has gone",
            &unseeded(),
            AGREED,
            vec![edits("b", "website=old", "website=x")],
            "m website=old over b website=x",
        ),
        (
            "a person decided otherwise",
            revert,
            Some(("@person", "website=p")),
            vec![shows("m", "website=old"), shows("b", "website=p")],
            "keep",
        ),
        (
            "the master changes it after that",
            revert,
            Some(("@person", "website=p")),
            vec![edits("m", "website=p", "website=new")],
            "m website=new",
        ),
    ]);
}

/// What others say stands while the master has no such record; once it has, it has the word, and what it overrules is
/// told.
#[test]
fn while_the_master_has_no_record() {
    let (revert, alone) = (&master(Foreign::Revert), &unseeded());
    let from_b = Some(("b", "website=x"));
    holds(&[
        ("one other", revert, None, vec![joins("b", "website=x")], "b website=x"),
        (
            "two others differ",
            revert,
            None,
            vec![joins("b", "website=x"), joins("c", "website=y")],
            "hold Conflict: b website=x, c website=y",
        ),
        ("another changes it", revert, from_b, vec![edits("b", "website=x", "website=y")], "b website=y"),
        ("a number that the master gives comes from nowhere else", alone, None, vec![joins("b", "website=x")], "keep"),
        ("it comes with the same", revert, from_b, vec![joins("m", "website=x"), shows("b", "website=x")], "keep"),
        (
            "it comes with another",
            revert,
            from_b,
            vec![joins("m", "website=m"), shows("b", "website=x")],
            "m website=m over b website=x",
        ),
        (
            "it changes what has not reached it",
            revert,
            from_b,
            vec![edits("m", "website=w", "website=m").lagging(), shows("b", "website=x")],
            "m website=m over b website=x",
        ),
        (
            "it changes what it had seen",
            revert,
            from_b,
            vec![edits("m", "website=x", "website=m"), shows("b", "website=x")],
            "m website=m",
        ),
        (
            "its own is overruled, and was never agreed",
            alone,
            None,
            vec![joins("m", "website=m"), unread("b", "website=x")],
            "m website=m over b website=x",
        ),
        (
            "it cannot take what others gave",
            revert,
            from_b,
            vec![shows("m", "website=m"), shows("b", "website=x")],
            "m website=m over b website=x",
        ),
    ]);
}

/// 4.11: an empty master keeps the others' values, or blanks them where the rule says so.
#[test]
fn an_empty_master() {
    let keep = &master(Foreign::Revert);
    let from_b = Some(("b", "website=x"));
    holds(&[
        ("it is met", keep, None, vec![joins("m", "website=-"), joins("b", "website=x")], "keep"),
        ("it is met later", keep, from_b, vec![joins("m", "website=-"), shows("b", "website=x")], "keep"),
        ("it cannot be filled", keep, from_b, vec![shows("m", "website=-"), shows("b", "website=x")], "keep"),
        (
            "others go on",
            keep,
            from_b,
            vec![shows("m", "website=-").lagging(), edits("b", "website=x", "website=y")],
            "b website=y",
        ),
        (
            "it speaks at last",
            keep,
            None,
            vec![edits("m", "website=-", "website=m"), unread("b", "website=x")],
            "m website=m over b website=x",
        ),
        (
            "it blanks",
            &blanking(),
            None,
            vec![joins("m", "website=-"), joins("b", "website=x")],
            "m website=- over b website=x",
        ),
        (
            "it blanks, met later",
            &blanking(),
            from_b,
            vec![joins("m", "website=-"), shows("b", "website=x")],
            "m website=- over b website=x",
        ),
    ]);
}

#[test]
fn a_master_with_two_streams_of_two_minds_is_held() {
    let revert = &master(Foreign::Revert);
    let rule: &Rule = revert;
    for sides in [
        vec![joins("m", "website=x"), joins("m", "website=y")],
        vec![edits("m", "website=old", "website=x"), edits("m", "website=old", "website=y")],
    ] {
        let agreed = AGREED.filter(|_| sides.iter().all(|side| format!("{side:?}").contains("old")));
        let decision = crate::side::told_in_order(rule, agreed, &sides);
        assert_eq!(decision, "hold Conflict: m website=x, m website=y");
    }
    holds(&[
        (
            "one changes, the other lags behind",
            revert,
            AGREED,
            vec![edits("m", "website=old", "website=x"), shows("m", "website=old")],
            "m website=x",
        ),
        (
            "one is empty",
            revert,
            None,
            vec![joins("m", "website=-"), joins("m", "website=x"), joins("b", "website=x")],
            "m website=x",
        ),
    ]);
}

/// 4.12: also where the master itself holds only the beginning of what others gave.
#[test]
fn a_cut_edit_of_the_master_is_held() {
    let revert = &master(Foreign::Revert);
    let long = Some(("b", "website=Nordic Widgets"));
    let typed = |now: &str| edits("m", "website=Nordic", now).does(FieldCapability::read_write().cut_to(6));
    holds(&[
        (
            "it fills its length",
            revert,
            long,
            vec![typed("website=Nordec")],
            "hold CutEdit: m website=Nordec, b website=Nordic Widgets",
        ),
        ("it is shorter", revert, long, vec![typed("website=Nord")], "m website=Nord"),
        (
            "another edit is told with it",
            revert,
            long,
            vec![typed("website=Nordec"), edits("c", "website=Nordic Widgets", "website=W")],
            "hold CutEdit: m website=Nordec, c website=W, b website=Nordic Widgets",
        ),
    ]);
}
