//! What a user sees when something is wrong: one line that says what, where and what to do, the documented exit code,
//! and nothing lost when the cause is mended.

#[cfg(test)]
mod access;
#[cfg(test)]
mod answers;
#[cfg(test)]
#[path = "../program/bench.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest of it")]
mod bench;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod front;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod records;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod state;
