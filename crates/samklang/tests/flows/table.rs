//! The table at the top of this suite names tests that there are.

use std::path::Path;

#[test]
fn every_flow_has_a_test_for_what_it_carries() {
    let rows = include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut named = 0;
    for row in rows.filter(|row| !row.starts_with('|')) {
        let mut cells = row.trim_end_matches('|').split(" | ").map(str::trim);
        let what = cells.next().unwrap();
        for cell in cells.filter(|cell| *cell != "–") {
            let name = cell.trim_matches('`');
            let (module, test) = name.split_once("::").unwrap_or_else(|| panic!("{what}: {cell} is no test"));
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/flows/{module}.rs"));
            let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{what}: there is no {module}"));
            assert!(text.contains(&format!("#[test]\nfn {test}()")), "{what}: there is no {name}");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}
