//! The same seed gives the same bytes, and the repository has them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sample_data::{SEED, generate};

use crate::records::folder;

#[test]
fn the_repository_has_what_its_seed_gives() {
    let files = generate(SEED).files();
    let mut size = 0;
    for (place, content) in &files {
        let kept = fs::read_to_string(folder().join(place)).unwrap_or_default();
        let why = "differs: `cargo run -p sample-data` writes it anew";
        assert!(kept == *content, "{} {why}", place.display());
        size += content.len();
    }
    assert!(size < 2_000_000, "{size} bytes");

    let systems = ["", "starweb", "eekonomi", "webcrm", "visma-net"];
    let beside = systems.map(|system| fs::read_dir(folder().join(system)).unwrap());
    let found = beside.into_iter().flatten().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let found = found.map(|path| path.strip_prefix(folder()).unwrap().to_owned());
    // what the demo of the command line puts on top is nobody's record
    let found: BTreeSet<PathBuf> = found.filter(|path| path != Path::new("demo.toml")).collect();
    assert_eq!(found, files.into_keys().collect(), "files that the generator does not write");
}

#[test]
fn each_record_is_a_line() {
    for (place, content) in generate(SEED).files() {
        let Some("json") = place.extension().and_then(|end| end.to_str()) else { continue };
        let records = serde_json::from_str::<serde_json::Value>(&content).unwrap();
        let count = records.as_array().map_or_else(|| records.as_object().unwrap().len(), Vec::len);
        assert_eq!(content.lines().count(), count + 2, "{}", place.display());
    }
}

#[test]
fn seeds_tell_data_apart_and_writing_makes_the_folder() {
    assert_eq!(generate(7), generate(7));
    assert_ne!(generate(7).files(), generate(8).files());

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("seven");
    generate(7).write(&folder).unwrap();
    for (place, content) in generate(7).files() {
        assert_eq!(fs::read_to_string(folder.join(&place)).unwrap(), content, "{}", place.display());
    }
    fs::remove_dir_all(folder).unwrap();
}
