//! Policies: read, checked, compiled.

mod compile;
mod conditions;
mod file;
mod mistakes;
mod predicates;
mod shapes;
mod world;
