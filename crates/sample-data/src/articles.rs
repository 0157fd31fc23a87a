//! What the shop sells: 500 articles, each one product with one variant in the shop and one article in the ERP.

use rust_decimal::Decimal;

use crate::{
    dice::Dice,
    money::{gross_price, net_price, rounded},
    numbers::shop_ean,
    words::{BOOKS, FINISHES, FOOD, GIFT_VALUES, GIFTS, GOODS, PACKS, TOPICS},
};

/// How many articles there are with each VAT rate.
pub(crate) const BY_RATE: [(u32, usize); 4] = [(25, 300), (12, 120), (6, 65), (0, 15)];
/// How many have a campaign price.
pub(crate) const CAMPAIGNS: usize = 40;
/// How many are not sold any more.
pub(crate) const INACTIVE: usize = 20;
/// The first product's id.
const FIRST_PRODUCT: u64 = 3001;
/// The first variant's id.
const FIRST_VARIANT: u64 = 7001;

/// One article.
#[derive(Clone, Debug, Default)]
pub(crate) struct Article {
    pub(crate) product: u64,
    pub(crate) variant: u64,
    pub(crate) sku: String,
    pub(crate) name: String,
    /// VAT in percent, where VAT is due.
    pub(crate) rate: u32,
    /// Sold by the pair or pack, not by the piece.
    pub(crate) unit: Unit,
    /// With VAT, in SEK.
    pub(crate) gross: Decimal,
    /// With VAT, in SEK, while the campaign goes on.
    pub(crate) campaign: Option<Decimal>,
    /// With VAT, in EUR.
    pub(crate) gross_eur: Decimal,
    /// Without VAT, in NOK.
    pub(crate) net_nok: Decimal,
    pub(crate) cost: Decimal,
    /// In kg.
    pub(crate) weight: Decimal,
    pub(crate) ean: String,
    /// What there was before the orders of the sample.
    pub(crate) stock: u64,
    pub(crate) active: bool,
    /// The shop says the rate; where it does not, its general one counts.
    pub(crate) says_rate: bool,
    /// The article numbers and quantities of a bundle.
    pub(crate) parts: Vec<Part>,
}

/// What a bundle holds of one article.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) product: u64,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) quantity: u64,
}

/// What an article is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unit {
    #[default]
    Piece,
    Pair,
    Pack,
}

impl Unit {
    /// As rows show it.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Piece => "st",
            Self::Pair => "par",
            Self::Pack => "förp",
        }
    }
}

impl Article {
    /// With VAT, in SEK, as shoppers pay today.
    pub(crate) fn price(&self) -> Decimal {
        self.campaign.unwrap_or(self.gross)
    }
}

/// All of them.
pub(crate) fn articles(seed: u64) -> Vec<Article> {
    let mut dice = Dice::new(seed, "articles");
    let mut all: Vec<Article> = BY_RATE.iter().flat_map(|(rate, count)| of_rate(&mut dice, *rate, *count)).collect();
    dice.shuffle(&mut all);
    number(&mut dice, &mut all);
    fill_bundles(&mut dice, &mut all);
    let in_bundles: Vec<u64> = all.iter().flat_map(|article| &article.parts).map(|part| part.product).collect();
    let is_plain =
        |article: &Article| article.rate > 0 && article.parts.is_empty() && !in_bundles.contains(&article.product);
    // campaigns and ends of sale are neither for bundles and their parts nor for gift cards
    let mut plain: Vec<usize> =
        all.iter().enumerate().filter(|(_, article)| is_plain(article)).map(|(place, _)| place).collect();
    dice.shuffle(&mut plain);
    for (turn, place) in plain.into_iter().take(CAMPAIGNS.saturating_add(INACTIVE)).enumerate() {
        let Some(article) = all.get_mut(place) else { continue };
        if turn < CAMPAIGNS {
            article.campaign = Some(campaign(&mut dice, article.gross));
        } else {
            article.active = false;
        }
    }
    all
}

fn of_rate(dice: &mut Dice, rate: u32, count: usize) -> Vec<Article> {
    let names: Vec<(String, Unit, u32)> = match rate {
        25 => pairs(&GOODS, &FINISHES, |noun, finish| (format!("{noun} {finish}"), Unit::Piece, 0)),
        12 => pairs(&FOOD, &PACKS, |food, (pack, grams)| (format!("{food} {pack}"), Unit::Pack, *grams)),
        6 => pairs(&BOOKS, &TOPICS, |kind, topic| (format!("{kind}: {topic}"), Unit::Piece, 0)),
        _ => pairs(&GIFTS, &GIFT_VALUES, |gift, value| (format!("Presentkort {gift} {value} kr"), Unit::Piece, 0)),
    };
    let bundle = match rate {
        25 => Some("Paket: allt för köket"),
        12 => Some("Paket: frukost på sängen"),
        6 => Some("Paket: tre böcker för mörka kvällar"),
        _ => None,
    };
    let bundle = bundle.map(|name| (name.to_owned(), Unit::Piece, 0));
    let singles = count.saturating_sub(usize::from(bundle.is_some()));
    dice.some(&names, singles).into_iter().chain(bundle).map(|named| article(dice, rate, named)).collect()
}

fn pairs<A, B, R>(ones: &[A], others: &[B], both: impl Fn(&A, &B) -> R) -> Vec<R> {
    ones.iter().flat_map(|one| others.iter().map(|other| both(one, other)).collect::<Vec<_>>()).collect()
}

fn article(dice: &mut Dice, rate: u32, (name, unit, grams): (String, Unit, u32)) -> Article {
    let gross = match (rate, name.strip_suffix(" kr").and_then(|name| name.rsplit(' ').next()?.parse::<u64>().ok())) {
        (0, Some(value)) => Decimal::from(value),
        (25, _) => price(dice, 25, 19, 1899),
        (12, _) => price(dice, 12, 14, 189),
        _ => price(dice, rate, 49, 379),
    };
    let pair = rate == 25 && dice.chance(8);
    Article {
        rate,
        gross,
        unit: if pair { Unit::Pair } else { unit },
        gross_eur: ending(dice, gross * Decimal::new(92, 3)),
        net_nok: (gross * Decimal::new(8, 1)).round().max(Decimal::ONE),
        cost: if rate == 0 { Decimal::ZERO } else { rounded(net_price(gross, rate) * dice.cents(35, 65)) },
        weight: match (rate, grams) {
            (0, _) => Decimal::ZERO,
            (_, 0) => Decimal::from(dice.between(40, 3800)) / Decimal::ONE_THOUSAND,
            (_, grams) => Decimal::from(grams) / Decimal::ONE_THOUSAND,
        },
        stock: dice.between(30, 900),
        active: true,
        says_rate: rate != 25 || dice.chance(65),
        name,
        ..Article::default()
    }
}

/// A price that a shopkeeper would write; in one case of ten one that came out of a price without VAT.
fn price(dice: &mut Dice, rate: u32, least: u64, most: u64) -> Decimal {
    if dice.chance(10) {
        let net = dice.cents(least * 100, most * 80);
        return gross_price(net, rate);
    }
    // small prices are more common than large ones
    let (one, other) = (dice.between(least, most), dice.between(least, most));
    ending(dice, Decimal::from(one.min(other)))
}

fn ending(dice: &mut Dice, about: Decimal) -> Decimal {
    let cents = dice.pick(&[0_i64, 0, 50, 90, 90, 95]);
    about.floor().max(Decimal::ONE) + Decimal::new(cents, 2)
}

fn campaign(dice: &mut Dice, gross: Decimal) -> Decimal {
    let lower = gross * dice.cents(50, 85);
    ending(dice, lower - Decimal::ONE).min(gross - Decimal::ONE).max(Decimal::ONE)
}

/// Ids and article numbers. A few numbers have digits only, with zeros in front.
fn number(dice: &mut Dice, all: &mut [Article]) {
    for (place, article) in (0_u64..).zip(all.iter_mut()) {
        let own = 1000 + place * 3 + dice.between(0, 2);
        let prefix = match article.rate {
            25 => "HEM",
            12 => "MAT",
            6 => "BOK",
            _ => "PK",
        };
        article.product = FIRST_PRODUCT + place;
        article.variant = FIRST_VARIANT + place;
        article.ean = shop_ean(own);
        article.sku = if dice.chance(6) { format!("00{own}") } else { format!("{prefix}-{own}") };
    }
}

/// A bundle has three articles of its own VAT rate and costs a tenth less than they do.
fn fill_bundles(dice: &mut Dice, all: &mut [Article]) {
    for rate in [25, 12, 6] {
        let of_rate =
            |article: &&Article| article.rate == rate && article.active && !article.name.starts_with("Paket: ");
        let singles: Vec<Article> = all.iter().filter(of_rate).cloned().collect();
        let parts = dice.some(&singles, 3);
        let worth: Decimal = parts.iter().map(|part| part.gross).sum();
        let weight: Decimal = parts.iter().map(|part| part.weight).sum();
        let eur: Decimal = parts.iter().map(|part| part.gross_eur).sum();
        let nok: Decimal = parts.iter().map(|part| part.net_nok).sum();
        let less = Decimal::new(9, 1);
        let bundle = all.iter_mut().find(|article| article.rate == rate && article.name.starts_with("Paket: "));
        if let Some(bundle) = bundle {
            bundle.unit = Unit::Piece;
            bundle.gross = (worth * less).floor();
            bundle.gross_eur = (eur * less).floor();
            bundle.net_nok = (nok * less).floor();
            bundle.weight = weight;
            bundle.cost = rounded(net_price(bundle.gross, rate) * Decimal::new(5, 1));
            bundle.parts = parts
                .into_iter()
                .map(|part| Part { product: part.product, sku: part.sku, name: part.name, quantity: 1 })
                .collect();
        }
    }
}
