//! Policies: read, checked, compiled.
#![cfg(test)]

mod compile;
mod conditions;
mod file;
mod mistakes;
mod predicates;
mod shapes;
mod world;
