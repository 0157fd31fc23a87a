//! Writes the sample data: `sample-data [SEED [FOLDER]]`, both the repository's own if left out.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seed = match arguments.next() {
        None => sample_data::SEED,
        Some(text) => text.parse().map_err(|_| format!("the seed must be a whole number, not {text:?}"))?,
    };
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/sample-data"));
    let folder = arguments.next().map_or(own, PathBuf::from);
    sample_data::generate(seed).write(&folder)?;
    Ok(())
}
