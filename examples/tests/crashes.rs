//! The program is killed fifty times, and nothing is lost or doubled.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]

use std::process::{Command, Output};

fn crashes(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crashes")).args(arguments).output().unwrap()
}

#[test]
fn fifty_kills_lose_and_double_nothing() {
    let output = crashes(&["--kills", "50", "--world", "17", "--seed", "1"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        told.lines().last(),
        Some("kills 50 lost 0 doubled 0"),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success());
    // kills that only hit programs that start or read prove little
    let hits = told.lines().rev().nth(2).unwrap();
    let writing = hits.split("writing ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(writing.parse::<u32>().unwrap() >= 10, "{hits}");
}

#[test]
fn what_cannot_be_played_is_refused_in_words() {
    let output = crashes(&["--kills", "0"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("--kills"));
    let output = crashes(&["--kills", "1", "--program", "/nowhere/samklang"]);
    assert_eq!(output.status.code(), Some(1));
}
