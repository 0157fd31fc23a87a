//! What a system makes of a value that is typed or written into it.

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{FieldPath, NormalForm, Value, capability::FieldCapability, capability::represents};

use super::Chance;

/// What a leaf holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    /// Text in which case means nothing.
    Name,
    PostalCode,
    Amount,
    Currency,
}

impl Holds {
    /// A value that somebody types; the same number gives the same value.
    pub(crate) fn typed(self, n: usize) -> Value {
        if n % 11 == 10 {
            return Value::Null;
        }
        match self {
            Self::Text | Self::Name => Value::from(match n % 4 {
                0 => format!("b{n}"),
                1 => format!("Road {n} with a long end"),
                2 => format!("Storgatan Norra {n}"),
                _ => format!("Ab cd{n}"),
            }),
            Self::PostalCode => Value::from(format!("1{:02} {:02}", n % 100, n / 100 % 100)),
            Self::Amount => Value::Decimal(Decimal::new(i64::try_from(n).unwrap() * 1_3750 + 125, 4)),
            Self::Currency => Value::from(["SEK", "NOK", "EUR", "DKK"][n % 4]),
        }
    }
    /// Two ways of writing that mean the same.
    fn same(self, a: &Value, b: &Value) -> bool {
        let form = match self {
            Self::PostalCode => NormalForm::PostalCode,
            Self::Name => NormalForm::Name,
            _ => NormalForm::Exact,
        };
        form.of(a).is_some() && form.of(a) == form.of(b)
    }
}

/// How one system keeps one leaf.
#[derive(Clone, Debug)]
pub(crate) struct Keeping {
    holds: Holds,
    cut: Option<usize>,
    trims: bool,
    upper: bool,
    round: Option<(u32, RoundingStrategy)>,
    /// Written in another way without a word of it: `123 45` becomes `12345`.
    recodes: bool,
    pub(crate) cap: FieldCapability,
}

impl Keeping {
    pub(crate) fn by_chance(holds: Holds, chance: &mut Chance) -> Self {
        let mut cap = FieldCapability::read_write();
        let text = matches!(holds, Holds::Text | Holds::Name);
        let cut = (text && chance.percent(45)).then(|| chance.of(&[4, 6, 10, 16]));
        if let Some(cut) = cut {
            cap = cap.cut_to(u32::try_from(cut).unwrap());
        }
        let upper = text && chance.percent(25);
        if upper {
            cap = cap.folding_case();
        }
        let ways = [RoundingStrategy::MidpointAwayFromZero, RoundingStrategy::MidpointNearestEven];
        let round = (holds == Holds::Amount && chance.percent(50)).then(|| (chance.of(&[0, 1, 2]), chance.of(&ways)));
        if let Some((scale, _)) = round {
            cap = cap.rounded_to(scale);
        }
        let recodes = holds == Holds::PostalCode && chance.percent(40);
        Self { holds, cut, trims: chance.percent(50), upper, round, recodes, cap }
    }
    /// For sums: amounts as they are.
    pub(crate) fn exactly(holds: Holds) -> Self {
        let cap = FieldCapability::read_write();
        Self { holds, cut: None, trims: false, upper: false, round: None, recodes: false, cap }
    }
    /// What is stored of a value.
    pub(crate) fn kept(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => {
                let mut text = text.to_string();
                if self.recodes {
                    text.retain(|c| c != ' ');
                }
                if let Some(cut) = self.cut {
                    text = text.chars().take(cut).collect();
                }
                if self.trims {
                    text.truncate(text.trim_end().len());
                }
                Value::from(if self.upper { text.to_uppercase() } else { text })
            }
            Value::Decimal(amount) => {
                Value::Decimal(self.round.map_or(*amount, |(scale, how)| amount.round_dp_with_strategy(scale, how)))
            }
            other => other.clone(),
        }
    }
    /// Whether what is shown is what the system would show of `wanted`.
    pub(crate) fn fits(&self, shown: &Value, wanted: &Value) -> bool {
        *shown == self.kept(wanted) || represents(shown, wanted, &self.cap)
    }
    /// The same, with what merely means the same.
    pub(crate) fn means(&self, shown: &Value, wanted: &Value) -> bool {
        self.fits(shown, wanted) || self.holds.same(shown, wanted)
    }
}

/// What is decided as one.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) leaves: Vec<(FieldPath, Holds)>,
}

impl Unit {
    pub(crate) fn by_chance(chance: &mut Chance) -> Self {
        let leaves: &[(&'static str, Holds)] = match chance.below(5) {
            0 => &[("website", Holds::Text)],
            1 => &[("turnover", Holds::Amount)],
            2 => &[("credit_limit.amount", Holds::Amount), ("credit_limit.currency", Holds::Currency)],
            3 => &[("billing.city", Holds::Name), ("billing.street", Holds::Name)],
            _ => &[
                ("billing.city", Holds::Name),
                ("billing.postal_code", Holds::PostalCode),
                ("billing.street", Holds::Name),
            ],
        };
        Self { leaves: leaves.iter().map(|(path, holds)| (FieldPath::from_static(path), *holds)).collect() }
    }
    pub(crate) fn amount() -> Self {
        Self { leaves: vec![(FieldPath::from_static("settled"), Holds::Amount)] }
    }
}
