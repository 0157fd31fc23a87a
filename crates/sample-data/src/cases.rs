//! Which order shows what. Who buys, what rates the rows have, and what else is about an order are drawn
//! independently, so that hard things meet in one order too.

use crate::{
    dice::Dice,
    people::{GUESTS, RETURNING},
};

/// How many orders are from before the start date.
pub(crate) const BEFORE: usize = 3;
/// How many must arrive.
pub(crate) const ARRIVING: usize = 57;
/// How many have rows of 12 % or of 6 % only.
pub(crate) const REDUCED: usize = 12;
/// How many have rows of more than one rate.
pub(crate) const MIXED: usize = 10;

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is older than the start date.
    Before,
    /// It must arrive.
    Arrives,
    /// A row has a number that neither side knows.
    UnknownSku,
    /// Its way to pay has no counterpart.
    UnmappedPayment,
    /// Its rows do not add up to its totals.
    WrongSums,
}

/// Who buys; the number is a place in a list of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Guest(usize),
    Known(usize),
    EuCompany(usize),
    Norwegian(usize),
    FinnInEuro,
    FinnInKronor,
    Regular,
}

impl Who {
    /// Sold without VAT.
    pub(crate) fn is_exempt(self) -> bool {
        matches!(self, Self::EuCompany(_) | Self::Norwegian(_))
    }
    /// Pays in the shop's own currency.
    pub(crate) fn is_in_kronor(self) -> bool {
        !self.is_exempt() && self != Self::FinnInEuro
    }
}

/// What is about an order beside its buyer and its rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    /// A row with a discount in money.
    MoneyOff,
    /// A row with a discount in percent.
    PercentOff,
    /// A discount code.
    Code,
    /// A row below zero: goods that came back.
    Returned,
    /// A bundle.
    Bundle,
    /// A fee for the way to pay.
    Fee,
}

impl Twist {
    /// With how many orders have it.
    pub(crate) const COUNTS: [(Self, usize); 6] = [
        (Self::MoneyOff, 8),
        (Self::PercentOff, 6),
        (Self::Code, 4),
        (Self::Returned, 2),
        (Self::Bundle, 1),
        (Self::Fee, 9),
    ];

    /// Whether an order can have it at all. What carries rows in the ERP is there for the VAT rates that a shop in
    /// Sweden has: discounts have no article without VAT, fees have one with 25 %.
    fn fits(self, case: &Case) -> bool {
        match self {
            Self::PercentOff => true,
            Self::MoneyOff | Self::Returned | Self::Bundle => !case.who.is_exempt(),
            Self::Code => case.who.is_in_kronor(),
            Self::Fee => case.who.is_in_kronor() && case.rates.contains(&25),
        }
    }
}

/// One order to be.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) fate: Fate,
    pub(crate) who: Who,
    /// The VAT rates of the articles; the order's own where VAT is due.
    pub(crate) rates: Vec<u32>,
    pub(crate) twists: Vec<Twist>,
}

impl Case {
    fn new(fate: Fate, who: Who) -> Self {
        Self { fate, who, rates: vec![25], twists: Vec::new() }
    }
    /// Whether it has this about it.
    pub(crate) fn has(&self, twist: Twist) -> bool {
        self.twists.contains(&twist)
    }
}

/// All orders in the order of their dates.
pub(crate) fn cases(seed: u64) -> Vec<Case> {
    let mut dice = Dice::new(seed, "cases");
    let mut arriving: Vec<Case> = buyers().into_iter().map(|who| Case::new(Fate::Arrives, who)).collect();
    draw_rates(&mut dice, &mut arriving);
    for (twist, count) in Twist::COUNTS {
        let fitting: Vec<usize> = places(&arriving, |case| twist.fits(case));
        for place in dice.some(&fitting, count) {
            if let Some(case) = arriving.get_mut(place) {
                case.twists.push(twist);
            }
        }
    }
    let held = [Fate::UnknownSku, Fate::UnmappedPayment, Fate::WrongSums];
    arriving.extend(held.map(|fate| Case::new(fate, Who::Regular)));
    dice.shuffle(&mut arriving);
    // the first one of the year is there to show which day counts: it must arrive
    if let Some(first) = arriving.iter().position(|case| case.fate == Fate::Arrives) {
        arriving.swap(0, first);
    }
    (0..BEFORE).map(|_| Case::new(Fate::Before, Who::Regular)).chain(arriving).collect()
}

fn buyers() -> Vec<Who> {
    let guests = (0..GUESTS).chain(0..RETURNING).map(Who::Guest);
    let known = (0..6).map(Who::Known);
    let foreign = [
        Who::EuCompany(0),
        Who::EuCompany(1),
        Who::Norwegian(0),
        Who::Norwegian(1),
        Who::FinnInEuro,
        Who::FinnInKronor,
    ];
    let mut all: Vec<Who> = guests.chain(known).chain(foreign).collect();
    all.resize(ARRIVING, Who::Regular);
    all
}

fn draw_rates(dice: &mut Dice, cases: &mut [Case]) {
    let mixes: [&[u32]; 7] = [&[25, 12], &[25, 12], &[25, 6], &[25, 12, 6], &[25, 0], &[12, 0], &[25, 12, 6, 0]];
    let taxed = places(cases, |case| !case.who.is_exempt());
    for (turn, place) in dice.some(&taxed, REDUCED + MIXED).into_iter().enumerate() {
        let Some(case) = cases.get_mut(place) else { continue };
        case.rates = match turn {
            turn if turn < REDUCED => vec![dice.pick(&[12, 12, 6])],
            _ => dice.pick(&mixes).to_vec(),
        };
    }
    // abroad everything goes without VAT, whatever it has at home
    for case in cases.iter_mut().filter(|case| case.who.is_exempt()) {
        case.rates = vec![25, 12, 6];
    }
}

fn places(cases: &[Case], wanted: impl Fn(&Case) -> bool) -> Vec<usize> {
    cases.iter().enumerate().filter(|(_, case)| wanted(case)).map(|(place, _)| place).collect()
}
