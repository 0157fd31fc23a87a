//! Companies: who is in which of the two systems, and how the one knows the other's.

use super::words::{DENMARK, NORWAY, PLACES, STREETS, TRADES};
use crate::{
    dice::Dice,
    numbers::{danish_company, norwegian_company},
};

/// Where a company is, and what is about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// In both; the CRM has the ERP's number.
    ByNumber,
    /// In both, with the same VAT number.
    ByVat,
    /// In both, with the same VAT number; the phone is written in another way.
    Respelt,
    /// In both, with the same name and postal code.
    ByName,
    /// The same, and there is another of this name in another town.
    Namesake,
    /// In the CRM: customers.
    Customer,
    /// In the CRM: not customers yet.
    Prospect,
    /// In the CRM: suppliers.
    Supplier,
    /// In the ERP: customers abroad, who pay no VAT.
    Erp,
    /// In the ERP, with a name that is too long for the CRM.
    LongName,
    /// In the CRM once and twice in the ERP, with one VAT number.
    Ambiguous,
}

impl Case {
    /// All of them with how many there are.
    pub(super) const COUNTS: [(Self, usize); 11] = [
        (Self::ByNumber, 14),
        (Self::ByVat, 14),
        (Self::Respelt, 6),
        (Self::ByName, 8),
        (Self::Namesake, 2),
        (Self::Customer, 28),
        (Self::Prospect, 18),
        (Self::Supplier, 8),
        (Self::Erp, 18),
        (Self::LongName, 1),
        (Self::Ambiguous, 1),
    ];
    /// The CRM has it.
    pub(crate) fn in_crm(self) -> bool {
        !matches!(self, Self::Erp | Self::LongName)
    }
    /// The ERP has it.
    pub(crate) fn in_erp(self) -> bool {
        !matches!(self, Self::Customer | Self::Prospect | Self::Supplier)
    }
    /// Both have it, and there is no doubt which it is.
    pub(crate) fn in_both(self) -> bool {
        self.in_crm() && self.in_erp() && self != Self::Ambiguous
    }
    /// The ERP sells to it without VAT.
    pub(super) fn is_abroad(self) -> bool {
        self == Self::Erp
    }
    /// The CRM's type.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Prospect => "Prospect",
            Self::Supplier => "Supplier",
            _ => "Customer",
        }
    }
}

/// One company.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) case: Case,
    /// The CRM's id, if it is there.
    pub(crate) id: u64,
    /// The ERP's number, if it is there.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) street: String,
    pub(crate) postal_code: &'static str,
    pub(crate) city: &'static str,
    pub(crate) is_danish: bool,
    pub(crate) vat_number: String,
    pub(crate) phone: String,
    pub(crate) website: String,
}

/// The name of two.
const NAMESAKE: &str = "Brødrene O'Dall AS";
/// Before the CRM's first id.
const BEFORE_ID: u64 = 1000;
/// Before the ERP's first number.
const BEFORE_NUMBER: u64 = 20_000;

/// All of them.
pub(super) fn companies(seed: u64) -> Vec<Company> {
    let mut dice = Dice::new(seed, "pair-companies");
    let cases = Case::COUNTS.iter().flat_map(|(case, count)| std::iter::repeat_n(*case, *count));
    let (mut id, mut number) = (BEFORE_ID, BEFORE_NUMBER);
    cases
        .enumerate()
        .map(|(place, case)| {
            // the two of one name are in different towns of one country
            let is_danish = case.is_abroad() || case != Case::Namesake && dice.chance(40);
            let towns: &[(&str, &str)] = if is_danish { &DENMARK } else { &NORWAY };
            let turn = if case == Case::Namesake { place } else { place.wrapping_mul(7) };
            let (postal_code, city) = towns.get(turn % towns.len()).copied().unwrap_or_default();
            id += u64::from(case.in_crm());
            // of the doubtful one there is a second in the ERP
            number += u64::from(case.in_erp()) + u64::from(case == Case::Ambiguous);
            Company {
                case,
                id,
                number,
                name: name(place, case, is_danish),
                street: format!("{} {}", dice.pick(&STREETS), dice.between(1, 98)),
                postal_code,
                city,
                is_danish,
                vat_number: vat_number(&mut dice, case, is_danish),
                phone: phone(&mut dice, is_danish),
                website: format!("https://www.firma{:03}.example", place + 1),
            }
        })
        .collect()
}

fn name(place: usize, case: Case, is_danish: bool) -> String {
    let form = if is_danish { "A/S" } else { "AS" };
    let at = |list: &[&'static str], place: usize| list.get(place % list.len()).copied().unwrap_or_default();
    let (town, trade) = (at(&PLACES, place), at(&TRADES, place / PLACES.len() + place));
    match case {
        Case::Namesake => NAMESAKE.to_owned(),
        Case::LongName => {
            let all: Vec<String> = PLACES.iter().map(|place| format!("{place}-")).collect();
            format!("Interessentselskapet {} Fiskeri- og Båtbyggerlag {form}", all.concat())
        }
        _ if place % 13 == 5 => format!("O'{town}s {trade} {form}"),
        _ => format!("{town} {trade} {form}"),
    }
}

fn vat_number(dice: &mut Dice, case: Case, is_danish: bool) -> String {
    let number =
        if is_danish { format!("DK{}", danish_company(dice)) } else { format!("NO{}MVA", norwegian_company(dice)) };
    if matches!(case, Case::ByName | Case::Namesake) { String::new() } else { number }
}

/// Of series that have no subscribers: numbers of eight digits begin with 2 or higher in both countries.
fn phone(dice: &mut Dice, is_danish: bool) -> String {
    let code = if is_danish { 45 } else { 47 };
    let mut two = || dice.between(10, 99);
    format!("+{code} 10 {} {} {}", two(), two(), two())
}

/// The same phone as somebody else writes it.
pub(super) fn respelt(phone: &str) -> String {
    phone.replace(' ', "").replacen('+', "00", 1)
}
