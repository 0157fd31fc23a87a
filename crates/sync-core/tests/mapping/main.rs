//! Mappings between a connector's fields and the canonical ones.
#![cfg(test)]

mod codes;
mod mappers;
mod parts;
mod rows;
