//! The state file, and two runs at once.

use crate::{
    bench::Running,
    front::Front,
    judge::{lines, one_line},
    stage::{self, PLAIN},
};

/// Where SQLite keeps the format's number, big-endian.
const FORMAT: std::ops::Range<usize> = 60..64;

#[test]
fn a_state_file_that_cannot_be_used_is_told_and_left_as_it_is() {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    let path = bench.folder.path().join("newer.db");
    let mut bytes = std::fs::read(bench.folder.path().join("samklang.db")).unwrap();
    bytes.get_mut(FORMAT).unwrap().copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    for command in ["run", "check", "held", "adopt"] {
        let ran = bench.ends(1, &[command, "--set", "store=newer.db"]);
        one_line(&ran, &["newer.db has format 99, and this release knows formats up to", "install a newer release"]);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    bench.write("text.db", "no database at all");
    let ran = bench.ends(1, &["run", "--set", "store=text.db"]);
    one_line(&ran, &["text.db is no state file; name another file as `store`"]);
    assert_eq!(bench.read("text.db"), "no database at all");
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"]);
}

#[test]
fn of_two_runs_at_once_the_second_says_so_and_the_first_does_the_work() {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    let front = Front::of(bench.shop.base_url());
    let set = format!("connections.se.base_url={}/api/v2", front.base_url);
    let (came, go) = front.hold("GET /api/v2/orders?");
    let first = Running::start(bench.command(&["run", "--set", &set]));
    came.recv().unwrap();
    let second = bench.ends(2, &["run"]);
    for line in lines(&second) {
        assert!(line.contains("another run is at it; try again when it has ended"), "{line}");
    }
    one_line(&second, &["buyers, orders, invoices: another run is at it"]);
    go.send(()).unwrap();
    let (code, rest) = first.end();
    assert_eq!(code, Some(0), "{rest}");
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"]);
}
