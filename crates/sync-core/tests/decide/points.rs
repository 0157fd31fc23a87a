//! Shared units, row by row: edits, contention (4.10), first sight (4.11), cut edits (4.12), newest (4.15).

use sync_core::{capability::FieldCapability, policy::Rule};

use crate::side::{edits, holds, joins, newest, prefer, shows, unread};

fn cut(max: u32) -> FieldCapability {
    FieldCapability::read_write().cut_to(max)
}

const AGREED: Option<(&str, &str)> = Some(("a", "website=old"));

#[test]
fn an_edit_is_what_differs_from_the_same_sides_shadow() {
    let hold = &Rule::Hold;
    let long = Some(("a", "website=Nordic Widgets"));
    holds(&[
        ("nothing changed", hold, AGREED, vec![shows("a", "website=old"), unread("b", "website=old")], "keep"),
        (
            "one changed",
            hold,
            AGREED,
            vec![edits("a", "website=old", "website=new"), shows("b", "website=old")],
            "a website=new",
        ),
        (
            "one changed, the other not read",
            hold,
            AGREED,
            vec![edits("a", "website=old", "website=new"), unread("b", "website=old")],
            "a website=new",
        ),
        (
            "one emptied it",
            hold,
            AGREED,
            vec![edits("a", "website=old", "website=-"), shows("b", "website=old")],
            "a website=-",
        ),
        (
            "both changed it alike",
            hold,
            AGREED,
            vec![edits("b", "website=old", "website=new"), edits("a", "website=old", "website=new")],
            "a website=new",
        ),
        (
            "both changed it, one cuts",
            hold,
            AGREED,
            vec![edits("a", "website=old", "website=new one"), edits("b", "website=old", "website=new").does(cut(3))],
            "a website=new one",
        ),
        ("a cut form is no edit", hold, long, vec![shows("b", "website=Nordic").does(cut(6))], "keep"),
        (
            "other case is no edit where the system folds it",
            hold,
            long,
            vec![
                edits("b", "website=NORDIC WIDGETS", "website=nordic widgets")
                    .does(FieldCapability::read_write().folding_case()),
            ],
            "a website=Nordic Widgets",
        ),
        (
            "a rounded amount that is typed is a new one",
            hold,
            Some(("a", "turnover=10.125")),
            vec![edits("b", "turnover=10.13", "turnover=10.12").does(FieldCapability::read_write().rounded_to(2))],
            "b turnover=10.12",
        ),
        ("nothing known at all", hold, None, vec![], "keep"),
    ]);
}

#[test]
fn several_edits_are_decided_by_the_rule() {
    let (a, b) = (edits("a", "website=old", "website=x"), edits("b", "website=old", "website=y"));
    let both = || vec![a.clone(), b.clone()];
    let bystander = || vec![a.clone(), b.clone(), shows("c", "website=old")];
    holds(&[
        ("hold", &Rule::Hold, AGREED, both(), "hold Conflict: a website=x, b website=y"),
        ("prefer", &prefer(&["b", "a"]), AGREED, both(), "b website=y over a website=x"),
        ("the first that changed it", &prefer(&["c", "a", "b"]), AGREED, bystander(), "a website=x over b website=y"),
        ("nobody is preferred", &prefer(&["c"]), AGREED, bystander(), "hold Conflict: a website=x, b website=y"),
        ("nobody wins", &newest("c"), AGREED, bystander(), "hold Conflict: a website=x, b website=y"),
    ]);
}

/// 4.15: stamps are per record.
#[test]
fn the_newest_wins_where_stamps_can_tell() {
    let (a, b) = (edits("a", "website=old", "website=x"), edits("b", "website=old", "website=y"));
    let rule = &newest("a");
    holds(&[
        ("the later", rule, AGREED, vec![a.clone().at(1), b.clone().at(2)], "b website=y over a website=x"),
        ("at the same time", rule, AGREED, vec![a.clone().at(2), b.clone().at(2)], "a website=x over b website=y"),
        ("without a stamp", rule, AGREED, vec![a.clone().at(1), b.clone()], "a website=x over b website=y"),
        (
            "not all that changed there",
            rule,
            AGREED,
            vec![a.clone().at(1), b.clone().at(2).among_others()],
            "a website=x over b website=y",
        ),
        (
            "not all that changed in the loser",
            rule,
            AGREED,
            vec![a.clone().at(1).among_others(), b.clone().at(2)],
            "a website=x over b website=y",
        ),
        ("one joins", rule, AGREED, vec![a.at(1), joins("b", "website=y").at(2)], "a website=x over b website=y"),
        ("the agreed value has no stamp", rule, AGREED, vec![b.at(2).lagging()], "a website=old over b website=y"),
    ]);
}

/// 4.10: who lags or joins had not seen the agreed value; it contends, with the rank of where it came from.
#[test]
fn an_edit_without_sight_of_the_agreed_value_contends_with_it() {
    let lags = || vec![edits("b", "website=older", "website=x").lagging(), shows("a", "website=old")];
    holds(&[
        ("hold", &Rule::Hold, AGREED, lags(), "hold Conflict: b website=x, a website=old"),
        ("its origin ranks first", &prefer(&["a", "b"]), AGREED, lags(), "a website=old over b website=x"),
        ("the edit ranks first", &prefer(&["b", "a"]), AGREED, lags(), "b website=x over a website=old"),
        (
            "typed as agreed",
            &Rule::Hold,
            AGREED,
            vec![edits("b", "website=older", "website=old").lagging()],
            "a website=old",
        ),
        (
            "typed as a cut form of it",
            &Rule::Hold,
            Some(("a", "website=Nordic Widgets")),
            vec![edits("b", "website=older", "website=Nordic").lagging().does(cut(6))],
            "a website=Nordic Widgets",
        ),
        (
            "an edit in sight of it overrules it",
            &Rule::Hold,
            AGREED,
            vec![edits("a", "website=old", "website=y"), shows("b", "website=older").lagging()],
            "a website=y",
        ),
        (
            "one in sight of it, one not: those two contend",
            &prefer(&["b", "c"]),
            AGREED,
            vec![edits("b", "website=older", "website=x").lagging(), edits("c", "website=old", "website=y")],
            "b website=x over c website=y",
        ),
        (
            "a person's decision contends too, and has no rank",
            &prefer(&["a"]),
            Some(("@person", "website=old")),
            vec![edits("b", "website=older", "website=x").lagging()],
            "hold Conflict: b website=x, @person website=old",
        ),
        (
            "a system that returns is no better than what it gave before",
            &prefer(&["a", "b"]),
            AGREED,
            vec![joins("a", "website=ancient"), shows("b", "website=old")],
            "hold Conflict: a website=ancient, a website=old",
        ),
    ]);
}

/// 4.11: first sight never blanks and never wins by itself; forms of writing that mean the same are equal.
#[test]
fn first_sight() {
    let hold = &Rule::Hold;
    let folds = FieldCapability::read_write().folding_case();
    holds(&[
        ("an empty side joins", hold, AGREED, vec![shows("a", "website=old"), joins("b", "website=-")], "keep"),
        ("all are empty", hold, None, vec![joins("a", "website=-"), joins("b", "website=-")], "keep"),
        ("empty and filled", hold, None, vec![joins("a", "website=-"), joins("b", "website=x")], "b website=x"),
        (
            "met empty before, filled now",
            hold,
            None,
            vec![shows("a", "website=-"), joins("b", "website=x")],
            "b website=x",
        ),
        ("a side joins with the agreed value", hold, AGREED, vec![joins("b", "website=old")], "keep"),
        (
            "a side joins with another",
            hold,
            AGREED,
            vec![joins("b", "website=x")],
            "hold Conflict: b website=x, a website=old",
        ),
        (
            "preferred, it wins and that is told",
            &prefer(&["b"]),
            AGREED,
            vec![joins("b", "website=x")],
            "b website=x over a website=old",
        ),
        ("all join and agree", hold, None, vec![joins("a", "website=x"), joins("b", "website=x")], "a website=x"),
        (
            "all join and differ",
            hold,
            None,
            vec![joins("a", "website=x"), joins("b", "website=y")],
            "hold Conflict: a website=x, b website=y",
        ),
        (
            "one cuts",
            hold,
            None,
            vec![joins("a", "website=Nordic").does(cut(6)), joins("b", "website=Nordic Widgets")],
            "b website=Nordic Widgets",
        ),
        (
            "one folds case",
            hold,
            None,
            vec![joins("a", "website=NORDIC").does(folds), joins("b", "website=Nordic")],
            "b website=Nordic",
        ),
        ("telephone", hold, Some(("a", "phone=+46 8 123 456 78")), vec![joins("b", "phone=0046812345678")], "keep"),
        (
            "registration number",
            hold,
            Some(("a", "registration_number=556016-0680")),
            vec![joins("b", "registration_number=5560160680")],
            "keep",
        ),
        ("name", hold, Some(("a", "name=Nordic  AB")), vec![joins("b", "name=NORDIC AB")], "keep"),
        (
            "another registration number",
            hold,
            Some(("a", "registration_number=556016-0680")),
            vec![joins("b", "registration_number=5560160681")],
            "hold Conflict: b registration_number=5560160681, a registration_number=556016-0680",
        ),
        (
            "what is typed in another form is an edit",
            hold,
            Some(("a", "phone=+46 8 123 456 78")),
            vec![edits("b", "phone=0046812345678", "phone=08-12345678")],
            "b phone=08-12345678",
        ),
        (
            "nothing agreed, but all known",
            hold,
            None,
            vec![edits("a", "website=x", "website=y"), unread("b", "website=z")],
            "hold Conflict: a website=y, b website=z",
        ),
    ]);
}

/// 4.12.
#[test]
fn a_cut_edit_is_held() {
    let long = Some(("a", "website=Nordic Widgets"));
    let typed = |now: &str| edits("b", "website=Nordic", now).does(cut(6));
    holds(&[
        (
            "it fills its length again",
            &Rule::Hold,
            long,
            vec![typed("website=Nordec")],
            "hold CutEdit: b website=Nordec, a website=Nordic Widgets",
        ),
        (
            "preferred or not",
            &prefer(&["b"]),
            long,
            vec![typed("website=Nordec")],
            "hold CutEdit: b website=Nordec, a website=Nordic Widgets",
        ),
        ("it is shorter, so it is meant", &Rule::Hold, long, vec![typed("website=Nord")], "b website=Nord"),
        (
            "nothing was cut off",
            &Rule::Hold,
            Some(("a", "website=Nordic")),
            vec![typed("website=Nordec")],
            "b website=Nordec",
        ),
        (
            "another edit wins, so nothing is cut",
            &prefer(&["a", "b"]),
            long,
            vec![typed("website=Nordec"), edits("a", "website=Nordic Widgets", "website=Southern")],
            "a website=Southern over b website=Nordec",
        ),
        (
            "the cut edit wins over another",
            &prefer(&["b", "a"]),
            long,
            vec![typed("website=Nordec"), edits("a", "website=Nordic Widgets", "website=Southern")],
            "hold CutEdit: a website=Southern, b website=Nordec, a website=Nordic Widgets",
        ),
        (
            "two that cut, edited alike",
            &Rule::Hold,
            long,
            vec![typed("website=Nordec"), edits("c", "website=Nordic", "website=Nordec").does(cut(6))],
            "hold CutEdit: b website=Nordec, c website=Nordec, a website=Nordic Widgets",
        ),
        (
            "retyped in another case where case is folded",
            &Rule::Hold,
            long,
            vec![edits("b", "website=NORDIC", "website=nordic").does(cut(6).folding_case())],
            "a website=Nordic Widgets",
        ),
    ]);
}

#[test]
fn a_seed_is_copied_once() {
    let seed = &Rule::Seed(crate::side::id("a"));
    holds(&[
        ("it is there", seed, None, vec![joins("a", "website=x"), joins("b", "website=y")], "a website=x"),
        ("it is empty", seed, None, vec![joins("a", "website=-"), joins("b", "website=y")], "keep"),
        ("it is not read now, but known", seed, None, vec![unread("a", "website=x")], "a website=x"),
        ("others have it", seed, None, vec![joins("b", "website=y")], "keep"),
        ("it changes later", seed, Some(("a", "website=x")), vec![edits("a", "website=x", "website=z")], "keep"),
        ("others change it", seed, Some(("a", "website=x")), vec![edits("b", "website=x", "website=z")], "keep"),
        ("another joins", seed, Some(("a", "website=x")), vec![joins("b", "website=y")], "keep"),
        (
            "a leaf that was not read before",
            seed,
            Some(("a", "city=Lund")),
            vec![edits("a", "city=Lund", "city=Lund; street=S")],
            "a city=Lund; street=S",
        ),
        (
            "a leaf that was empty then",
            seed,
            Some(("a", "city=Lund")),
            vec![edits("a", "city=Lund; street=-", "city=Lund; street=S")],
            "keep",
        ),
    ]);
}
