//! One module for each resource, and what they share.

mod changed_lines;
pub(crate) mod documents;
pub(crate) mod items;
pub(crate) mod kind;
mod lines;
pub(crate) mod organisations;
pub(crate) mod persons;
mod records;
mod rows;
mod walk;
mod writing;
