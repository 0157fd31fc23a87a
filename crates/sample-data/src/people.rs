//! Who buys, and who was in the ERP before.

use crate::{
    dice::Dice,
    numbers::{danish_company, finnish_company, mobile, swedish_company},
    words::{FINNISH, FIRST, LAST, NORWEGIAN, PLACES, STREETS, TOWNS, TRADES},
};

/// How many guests there are.
pub(crate) const GUESTS: usize = 9;
/// How many of them come back, each once.
pub(crate) const RETURNING: usize = 5;
/// How many registered customers buy and are nothing special.
const REGULARS: usize = 24;
/// How many registered customers do not buy.
const IDLE: usize = 5;
/// How many customers the ERP has that have nothing to do with the shop.
const STRANGERS: usize = 22;
/// The first shop customer's id. The ERP's own numbers run over the same range: a number alone tells nothing.
const FIRST_CUSTOMER: u64 = 1009;
/// The ERP's first customer number.
pub(crate) const FIRST_ERP_NUMBER: u64 = 1001;

/// An address as a shop asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) company: String,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) care_of: String,
    pub(crate) reference: String,
    pub(crate) street: String,
    pub(crate) postal_code: String,
    pub(crate) city: String,
    pub(crate) country: String,
    pub(crate) mobile: String,
}

impl Address {
    /// The company, else the person.
    pub(crate) fn name(&self) -> String {
        if self.company.is_empty() { format!("{} {}", self.first, self.last) } else { self.company.clone() }
    }
}

/// A buyer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buyer {
    /// The shop's number of a registered one; 0 of a guest.
    pub(crate) number: u64,
    pub(crate) email: String,
    pub(crate) registration: String,
    pub(crate) vat_number: String,
    pub(crate) invoice: Address,
    /// Where goods go, if not to the invoice's address.
    pub(crate) delivery: Option<Address>,
    pub(crate) language: &'static str,
}

impl Buyer {
    /// Whether it is a company.
    pub(crate) fn is_company(&self) -> bool {
        !self.invoice.company.is_empty()
    }
}

/// A customer that the ERP had before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) guid: String,
    pub(crate) number: u64,
    pub(crate) buyer: Buyer,
    pub(crate) active: bool,
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) guests: Vec<Buyer>,
    /// The second address of the guest who moved.
    pub(crate) moved: Address,
    /// Registered buyers whom the ERP knows under another number.
    pub(crate) known: Vec<Buyer>,
    /// Two companies in other EU countries.
    pub(crate) eu_companies: Vec<Buyer>,
    /// Two persons in Norway.
    pub(crate) norwegians: Vec<Buyer>,
    /// A person in Finland.
    pub(crate) finn: Buyer,
    pub(crate) regulars: Vec<Buyer>,
    pub(crate) idle: Vec<Buyer>,
    /// All customers of the ERP.
    pub(crate) in_erp: Vec<Known>,
}

impl People {
    /// All registered customers by number.
    pub(crate) fn registered(&self) -> Vec<&Buyer> {
        let groups = [&self.known, &self.eu_companies, &self.norwegians, &self.regulars, &self.idle];
        let mut all: Vec<&Buyer> = groups.into_iter().flatten().chain([&self.finn]).collect();
        all.sort_by_key(|buyer| buyer.number);
        all
    }
}

/// Makes up people, each name, company and telephone once.
struct Makers {
    dice: Dice,
    names: Vec<(&'static str, &'static str)>,
    companies: Vec<String>,
    phones: u64,
}

/// Everybody.
pub(crate) fn people(seed: u64) -> People {
    let mut dice = Dice::new(seed, "people");
    let mut names: Vec<_> = FIRST.iter().flat_map(|first| LAST.iter().map(|last| (*first, *last))).collect();
    let mut companies: Vec<_> =
        PLACES.iter().flat_map(|place| TRADES.iter().map(move |trade| format!("{place}s {trade}"))).collect();
    dice.shuffle(&mut names);
    dice.shuffle(&mut companies);
    let mut makers = Makers { dice, names, companies, phones: 0 };
    let mut people = makers.everybody();
    makers.number(&mut people);
    makers.erp(&mut people);
    people
}

impl Makers {
    fn everybody(&mut self) -> People {
        let guests: Vec<Buyer> = (0..GUESTS).map(|_| self.person()).collect();
        let first = guests.first().map(|guest| guest.invoice.clone()).unwrap_or_default();
        let moved = Address { first: first.first, last: first.last, mobile: first.mobile, ..self.home() };
        let known = (0..6).map(|place| if place < 3 { self.company() } else { self.person() }).collect();
        let regulars =
            (0..REGULARS).map(|_| if self.dice.chance(30) { self.company() } else { self.person() }).collect();
        let idle = (0..IDLE).map(|_| self.person()).collect();
        People {
            guests,
            moved,
            known,
            eu_companies: vec![self.finnish_company(), self.danish_company()],
            norwegians: self.norwegians(),
            finn: self.finn(),
            regulars,
            idle,
            in_erp: Vec::new(),
        }
    }

    fn name(&mut self) -> (String, String) {
        let (first, last) = self.names.pop().unwrap_or_default();
        (first.to_owned(), last.to_owned())
    }
    fn phone(&mut self) -> String {
        self.phones += 1;
        mobile(self.phones)
    }
    /// A Swedish address without a name.
    fn home(&mut self) -> Address {
        let dice = &mut self.dice;
        let (city, code) = dice.pick(&TOWNS);
        let space = if dice.chance(70) { " " } else { "" };
        let letter = dice.pick(&["", "", "", " A", " B"]);
        Address {
            street: format!("{} {}{letter}", dice.pick(&STREETS), dice.between(1, 94)),
            postal_code: format!("{code}{space}{:02}", dice.between(10, 69)),
            city: city.to_owned(),
            country: "SE".to_owned(),
            ..Address::default()
        }
    }
    fn person(&mut self) -> Buyer {
        let (first, last) = self.name();
        let care_of = if self.dice.chance(8) { self.name().1 } else { String::new() };
        let email = format!("{}.{}@example.{}", ascii(&first), ascii(&last), self.dice.pick(&["se", "com", "org"]));
        let invoice = Address { first, last, care_of, mobile: self.phone(), ..self.home() };
        let delivery = self.dice.chance(15).then(|| self.elsewhere());
        Buyer { email, invoice, delivery, language: "sv", ..Buyer::default() }
    }
    /// A present goes to somebody else.
    fn elsewhere(&mut self) -> Address {
        let (first, last) = self.name();
        Address { first, last, ..self.home() }
    }
    fn company(&mut self) -> Buyer {
        let company = self.companies.pop().unwrap_or_default();
        let (first, last) = self.name();
        let host: Vec<String> = company.split(' ').take(2).map(ascii).collect();
        let invoice =
            Address { reference: format!("{first} {last}"), company, first, last, mobile: self.phone(), ..self.home() };
        let number = swedish_company(&mut self.dice);
        let (head, tail) = number.split_at_checked(6).unwrap_or_default();
        Buyer {
            email: format!("{}@{}.example.com", self.dice.pick(&["order", "inkop", "kontor"]), host.join("-")),
            registration: format!("{head}-{tail}"),
            vat_number: format!("SE{number}01"),
            invoice,
            language: "sv",
            ..Buyer::default()
        }
    }
    fn finnish_company(&mut self) -> Buyer {
        let number = finnish_company(&mut self.dice);
        let (head, tail) = number.split_at_checked(7).unwrap_or_default();
        let (first, last) = self.foreigner(&FINNISH, 0);
        Buyer {
            email: "tilaukset@hamarinsaari.example.com".to_owned(),
            registration: format!("{head}-{tail}"),
            vat_number: format!("FI{number}"),
            invoice: Address {
                company: "Hämärinsaaren Puoti Oy".to_owned(),
                reference: format!("{first} {last}"),
                first,
                last,
                street: format!("Pihlajakuja {}", self.dice.between(1, 60)),
                postal_code: format!("331{:02}", self.dice.between(10, 90)),
                city: "Tampere".to_owned(),
                country: "FI".to_owned(),
                ..Address::default()
            },
            language: "en",
            ..Buyer::default()
        }
    }
    fn danish_company(&mut self) -> Buyer {
        let number = danish_company(&mut self.dice);
        Buyer {
            email: "indkob@tangsohave.example.com".to_owned(),
            vat_number: format!("DK{number}"),
            registration: number,
            invoice: Address {
                company: "Tangsø Have & Hjem ApS".to_owned(),
                reference: "Indkøb".to_owned(),
                street: format!("Rønnebærvej {}", self.dice.between(1, 120)),
                postal_code: format!("82{:02}", self.dice.between(0, 60)),
                city: "Aarhus".to_owned(),
                country: "DK".to_owned(),
                ..Address::default()
            },
            language: "en",
            ..Buyer::default()
        }
    }
    fn norwegians(&mut self) -> Vec<Buyer> {
        let towns = [("Oslo", "05"), ("Tromsø", "90")];
        let one = |(place, (city, code)): (usize, (&str, &str))| {
            let (first, last) = self.foreigner(&NORWEGIAN, place * 2);
            Buyer {
                email: format!("{}.{}@example.no", ascii(&first), ascii(&last)),
                invoice: Address {
                    first,
                    last,
                    street: format!(
                        "{} {}",
                        self.dice.pick(&["Multestien", "Bjørkelia", "Åsveien"]),
                        self.dice.between(1, 99)
                    ),
                    postal_code: format!("{code}{:02}", self.dice.between(10, 89)),
                    city: city.to_owned(),
                    country: "NO".to_owned(),
                    ..Address::default()
                },
                language: "en",
                ..Buyer::default()
            }
        };
        towns.into_iter().enumerate().map(one).collect()
    }
    fn finn(&mut self) -> Buyer {
        let (first, last) = self.foreigner(&FINNISH, 2);
        Buyer {
            email: format!("{}.{}@example.com", ascii(&first), ascii(&last)),
            invoice: Address {
                first,
                last,
                street: format!("Koivupolku {}", self.dice.between(1, 80)),
                postal_code: format!("90{}", self.dice.between(100, 580)),
                city: "Oulu".to_owned(),
                country: "FI".to_owned(),
                ..Address::default()
            },
            language: "en",
            ..Buyer::default()
        }
    }
    /// One of two names of the list.
    fn foreigner(&mut self, list: &[(&str, &str)], from: usize) -> (String, String) {
        let two = list.get(from..from.saturating_add(2)).unwrap_or_default();
        let (first, last) = self.dice.pick(two);
        (first.to_owned(), last.to_owned())
    }

    /// The shop's numbers, in no order of groups.
    fn number(&mut self, people: &mut People) {
        let count = u64::try_from(people.registered().len()).unwrap_or_default();
        let mut numbers: Vec<u64> = (FIRST_CUSTOMER..FIRST_CUSTOMER + count).collect();
        self.dice.shuffle(&mut numbers);
        let groups = [
            &mut people.known,
            &mut people.eu_companies,
            &mut people.norwegians,
            &mut people.regulars,
            &mut people.idle,
        ];
        let all = groups.into_iter().flatten().chain([&mut people.finn]);
        all.zip(numbers).for_each(|(buyer, number)| buyer.number = number);
    }

    /// The ERP's customers: the six that are in the shop too, written in its own way, and strangers.
    fn erp(&mut self, people: &mut People) {
        let mut all: Vec<Buyer> =
            people.known.iter().enumerate().map(|(place, buyer)| in_erp_words(place, buyer)).collect();
        all.extend((0..STRANGERS).map(|_| if self.dice.chance(60) { self.company() } else { self.person() }));
        let count = u64::try_from(all.len()).unwrap_or_default();
        // nobody may have the same number in both by chance
        let same = |all: &[Buyer]| (FIRST_ERP_NUMBER..).zip(all).any(|(number, buyer)| buyer.number == number);
        self.dice.shuffle(&mut all);
        while same(&all) {
            self.dice.shuffle(&mut all);
        }
        let idle = self.dice.between(FIRST_ERP_NUMBER, FIRST_ERP_NUMBER + count - 1);
        let known = |(number, buyer): (u64, Buyer)| Known {
            guid: self.dice.guid(),
            number,
            active: buyer.number > 0 || number != idle,
            buyer,
        };
        people.in_erp = (FIRST_ERP_NUMBER..).zip(all).map(known).collect();
    }
}

/// The same buyer as a book-keeper wrote it down. Each form differs from the shop's in another way.
fn in_erp_words(place: usize, buyer: &Buyer) -> Buyer {
    let mut other = buyer.clone();
    match place {
        0 => other.registration.retain(|letter| letter != '-'),
        1 => {
            let (_, domain) = buyer.email.split_once('@').unwrap_or_default();
            other.email = format!("faktura@{domain}");
        }
        2 => other.registration = format!("16{}", buyer.registration.replace('-', "")),
        3 => other.email = buyer.email.to_uppercase(),
        4 => {
            other.invoice.postal_code = match buyer.invoice.postal_code.split_once(' ') {
                Some((head, tail)) => format!("{head}{tail}"),
                None => buyer
                    .invoice
                    .postal_code
                    .split_at_checked(3)
                    .map(|(head, tail)| format!("{head} {tail}"))
                    .unwrap_or_default(),
            };
        }
        _ => {}
    }
    other
}

/// The letters that an address of mail may have.
fn ascii(name: &str) -> String {
    let plain = |letter: char| match letter {
        'å' | 'ä' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        'é' => 'e',
        other => other,
    };
    name.to_lowercase().chars().map(plain).filter(char::is_ascii_alphanumeric).collect()
}
