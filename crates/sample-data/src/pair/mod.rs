//! The sample data of a CRM (webCRM) and its ERP (Visma.net) before they are connected.

mod companies;
mod crm;
mod erp;
mod items;
mod people;
mod sales;
mod told;
mod words;

use companies::Company;
use items::Item;
use people::Person;
use sales::Sale;

use crate::collections::Collections;

/// All that is in both.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    companies: Vec<Company>,
    people: Vec<Person>,
    items: Vec<Item>,
    deliveries: Vec<Sale>,
    orders: Vec<Sale>,
}

impl Pair {
    /// Makes it up.
    pub(crate) fn new(seed: u64) -> Self {
        let (items, companies) = (items::items(seed), companies::companies(seed));
        Self {
            people: people::people(seed, &companies),
            deliveries: sales::deliveries(seed, &companies, &items),
            orders: sales::orders(seed, &companies, &items),
            companies,
            items,
        }
    }
    /// The CRM's files.
    pub(crate) fn crm(&self) -> Collections {
        crm::collections(self)
    }
    /// The ERP's files.
    pub(crate) fn erp(&self) -> Collections {
        erp::collections(self)
    }
}
