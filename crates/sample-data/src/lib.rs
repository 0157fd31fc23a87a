//! The sample data of a shop (Starweb) and its ERP (Visma eEkonomi), and of a CRM (webCRM) and its ERP (Visma.net), made up
//! from a seed.
//!
//! ```
//! let data = sample_data::generate(sample_data::SEED);
//! let orders = &data.collections("starweb").unwrap()["orders"];
//! assert_eq!(orders.len(), 63);
//! // into a started emulator: emulator.seed(data.seed_of("starweb"))
//! ```
//!
//! The same seed gives the same bytes, on every machine. The files under `examples/sample-data` are those of [`SEED`];
//! the page beside them tells what is in them.

mod about;
mod articles;
mod basket;
mod cases;
mod collections;
mod dice;
mod eekonomi;
mod json;
mod money;
mod numbers;
mod orders;
mod pair;
mod people;
mod starweb;
mod sums;
mod words;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The seed of the files in the repository.
pub const SEED: u64 = 20_260_101;

/// All of the sample data.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleData {
    systems: BTreeMap<&'static str, BTreeMap<&'static str, Vec<Value>>>,
    about: Value,
    readme: String,
}

/// Makes up the data of a seed.
pub fn generate(seed: u64) -> SampleData {
    let articles = articles::articles(seed);
    let people = people::people(seed);
    let orders = orders::orders(seed, &articles, &people);
    let pair = pair::Pair::new(seed);
    SampleData {
        systems: BTreeMap::from([
            ("starweb", starweb::collections(&articles, &people, &orders)),
            ("eekonomi", eekonomi::collections(seed, &articles, &people)),
            ("webcrm", pair.crm()),
            ("visma-net", pair.erp()),
        ]),
        about: about::about(seed, &articles, &people, &orders, &pair),
        readme: about::readme(seed, &articles, &orders, &pair),
    }
}

impl SampleData {
    /// The records of `starweb`, `eekonomi`, `webcrm` or `visma-net` by collection, in the vendor's shapes. None of another system.
    pub fn collections(&self, system: &str) -> Option<&BTreeMap<&'static str, Vec<Value>>> {
        self.systems.get(system)
    }
    /// The same as an object of arrays, as an emulator's `seed` and `POST /_emulator/seed` take it. Empty for another
    /// system.
    pub fn seed_of(&self, system: &str) -> Value {
        let collections = self.systems.get(system).into_iter().flatten();
        let named = |(name, records): (&&str, &Vec<Value>)| ((*name).to_owned(), Value::Array(records.clone()));
        Value::Object(collections.map(named).collect())
    }
    /// What is in it: the seed, and the numbers of the orders by what is about them.
    pub fn about(&self) -> &Value {
        &self.about
    }
    /// The files' contents by their place in the folder: `starweb/orders.json`, `about.json`, `README.md` …
    pub fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut files = BTreeMap::from([
            (PathBuf::from("README.md"), self.readme.clone()),
            (PathBuf::from("about.json"), json::sheet(&self.about)),
        ]);
        for (system, collections) in &self.systems {
            for (name, records) in collections {
                files.insert(Path::new(system).join(format!("{name}.json")), json::lines(records));
            }
        }
        files
    }
    /// Writes the files into a folder, which is made where it is not there. Other files in it stay.
    ///
    /// # Errors
    /// As the file system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (place, content) in self.files() {
            let file = folder.join(place);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, content)?;
        }
        Ok(())
    }
}
