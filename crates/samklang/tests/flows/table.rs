//! Tables that name tests name tests that there are: the one at the top of this suite, and those of `docs/trust.md`.

use std::path::Path;

/// What is wrong with a test that a table names, if anything is: the file from the checkout's root, and the test's name.
fn wrong(file: &str, test: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let Ok(text) = std::fs::read_to_string(path) else { return Some(format!("there is no file {file}")) };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let opens = [format!("fn {test}("), format!("async fn {test}(")];
    let Some(place) = lines.iter().position(|line| opens.iter().any(|open| line.starts_with(open))) else {
        return Some(format!("{file} has no {test}"));
    };
    let above = lines[..place].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
    let attributes: Vec<&&str> = above.filter(|line| line.starts_with("#[")).collect();
    let is_test = |line: &&&str| ["#[test]", "#[tokio::test"].iter().any(|open| line.starts_with(open));
    match () {
        () if !attributes.iter().any(is_test) => Some(format!("{test} of {file} is no test")),
        () if attributes.iter().any(|line| line.contains("ignore")) => Some(format!("{test} of {file} is ignored")),
        () => None,
    }
}

/// The cells of the rows that start like this, without the first one's mark.
fn rows<'t>(text: &'t str, open: &str) -> Vec<Vec<&'t str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix(open)?.strip_suffix('|'));
    rows.map(|row| row.split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_flow_has_a_test_for_what_it_carries() {
    let mut named = 0;
    for cells in rows(include_str!("main.rs"), "//! | ").iter().filter(|cells| !cells[0].starts_with('|')) {
        let what = cells[0];
        for cell in cells[1..].iter().filter(|cell| **cell != "–") {
            let name = cell.trim_matches('`');
            let (module, test) = name.split_once("::").unwrap_or_else(|| panic!("{what}: {cell} is no test"));
            assert_eq!(wrong(&format!("crates/samklang/tests/flows/{module}.rs"), test), None, "{what}");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}

/// The numbered rows of a table of `docs/trust.md`, which begins with this line.
fn of_trust(head: &str) -> Vec<Vec<&'static str>> {
    let page = include_str!("../../../../docs/trust.md");
    let (_, after) = page.split_once(head).unwrap_or_else(|| panic!("docs/trust.md has no table '{head}'"));
    let table = after.split("\n\n").next().unwrap();
    rows(table, "| ").into_iter().filter(|cells| cells[0].parse::<usize>().is_ok()).collect()
}

#[test]
fn every_fault_and_every_complaint_has_a_test_that_is_there() {
    for (head, count) in [("| | fault |", 18), ("| | complaint |", 16)] {
        let rows = of_trust(head);
        let numbers: Vec<usize> = rows.iter().map(|cells| cells[0].parse().unwrap()).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{head}");
        for cells in rows {
            let [number, what, promise, tests] = cells[..] else { panic!("{head} {cells:?}") };
            assert!(what.len() > 20 && promise.len() > 20, "{head} {number}");
            let mut named = 0;
            for name in tests.split('`').skip(1).step_by(2) {
                let (file, test) =
                    name.split_once("::").unwrap_or_else(|| panic!("{head} {number}: {name} is no test"));
                assert_eq!(wrong(file, test), None, "{head} {number}");
                named += 1;
            }
            assert!(named > 0, "{head} {number} names no test");
        }
    }
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    let own = "crates/samklang/tests/flows/table.rs";
    assert_eq!(wrong(own, "a_test_that_is_not_there_is_noticed"), None);
    for (file, test) in [(own, "wrong"), (own, "a_test"), ("crates/samklang/tests/flows/tables.rs", "a_test")] {
        assert!(wrong(file, test).is_some(), "{file} {test}");
    }
}
