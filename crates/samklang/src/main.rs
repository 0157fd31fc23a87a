//! The `samklang` program.
fn main() {}
