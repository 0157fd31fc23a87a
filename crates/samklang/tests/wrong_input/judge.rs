//! What every line that people see must be like.

use crate::bench::Ran;

/// Words of a developer, and of what belongs to others.
const NEVER: [&str; 20] = [
    "Error {",
    "Error(",
    "Some(",
    "None",
    "Ok(",
    "Err(",
    "ErrorKind",
    "Inner",
    "panicked",
    "\\n",
    "\\\"",
    "reqwest",
    "hyper",
    "serde",
    "RUST_BACKTRACE",
    "<html",
    "Bearer ",
    "stand-in.invalid",
    "bolaget.example",
    "Ågatan",
];

/// The lines that tell of a fault: those of `error:`, and of what stopped or waits.
pub(crate) fn lines(ran: &Ran) -> Vec<String> {
    let err = ran.err.lines().skip_while(|line| !line.starts_with("error: "));
    let mut told: Vec<String> = err.map(|line| line.trim().to_owned()).collect();
    let heads = ["Stopped:", "Waiting for a person:", "A guard tripped, nothing was written:"];
    let mut under = false;
    for line in ran.out.lines() {
        if heads.contains(&line) {
            under = true;
        } else if under && line.starts_with("  ") {
            told.push(line.trim().to_owned());
        } else {
            under = false;
        }
    }
    told
}

/// Exactly one line tells of it, in words for people; gives the line.
#[track_caller]
pub(crate) fn one_line(ran: &Ran, words: &[&str]) -> String {
    let told = lines(ran);
    let fits: Vec<&String> = told.iter().filter(|line| words.iter().all(|word| line.contains(word))).collect();
    assert_eq!(fits.len(), 1, "{words:?} in exactly one of:\n{}\n{}\n{}", told.join("\n"), ran.out, ran.err);
    clean(ran);
    println!("{} | {}", ran.code, fits[0]);
    fits[0].clone()
}

/// No line shows what is not for people.
#[track_caller]
pub(crate) fn clean(ran: &Ran) {
    for line in lines(ran) {
        for word in NEVER {
            assert!(!line.contains(word), "'{word}' in: {line}");
        }
        assert!(line.len() < 600, "too long: {line}");
    }
}
