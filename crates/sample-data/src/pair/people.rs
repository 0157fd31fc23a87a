//! Persons at companies.

use super::{
    companies::{Case, Company},
    words::{FIRST, LAST},
};
use crate::dice::Dice;

/// One person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The company's place in the list.
    pub(crate) company: usize,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    /// Has the CRM's check mark.
    pub(crate) checked: bool,
    /// The CRM's id; 0 of one who is not there.
    pub(crate) id: u64,
    /// The ERP's number; 0 of one who is not there.
    pub(crate) contact: u64,
}

/// How many there are.
const ALL: usize = 150;
/// Before the CRM's first id.
const BEFORE_ID: u64 = 3000;
/// Before the ERP's first number.
const BEFORE_CONTACT: u64 = 700;

/// All of them.
pub(super) fn people(seed: u64, companies: &[Company]) -> Vec<Person> {
    let mut dice = Dice::new(seed, "pair-people");
    let (mut id, mut contact) = (BEFORE_ID, BEFORE_CONTACT);
    let fitting: Vec<(usize, &Company)> =
        companies.iter().enumerate().filter(|(_, company)| company.case != Case::Ambiguous).collect();
    (0..ALL)
        .filter_map(|place| {
            let (at, company) = fitting.get(place % fitting.len())?;
            let (first, last): (&str, &str) = (dice.pick(&FIRST), dice.pick(&LAST));
            // where both have the company, each third is in both, each third in one of them
            let turn = (place + place / fitting.len()) % 3;
            let in_crm = company.case.in_crm() && (!company.case.in_erp() || turn != 2);
            let in_erp = company.case.in_erp() && (!company.case.in_crm() || turn != 1);
            id += u64::from(in_crm);
            contact += u64::from(in_erp);
            Some(Person {
                company: *at,
                first: first.to_owned(),
                last: last.to_owned(),
                email: format!("{}.{}@firma{:03}.example", plain(first), plain(last), at + 1),
                phone: format!("+47 10 {} {} {}", dice.between(10, 99), dice.between(10, 99), dice.between(10, 99)),
                checked: in_erp || dice.chance(50),
                id: if in_crm { id } else { 0 },
                contact: if in_erp { contact } else { 0 },
            })
        })
        .collect()
}

/// A name as it is in an e-mail address.
fn plain(name: &str) -> String {
    let small = name.to_lowercase().replace('æ', "ae").replace('ø', "o").replace('å', "a");
    small.chars().filter(char::is_ascii_alphanumeric).collect()
}
