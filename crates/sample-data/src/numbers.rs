//! Numbers with check digits, in ranges that no register or dealer gives out (as far as known in 2026): Swedish limited
//! companies have not come to 5598, Finnish and Danish numbers not to 9. They are right and belong to nobody.

use crate::dice::Dice;

/// A Swedish organisation number without hyphen.
pub(crate) fn swedish_company(dice: &mut Dice) -> String {
    let body = format!("5598{:05}", dice.between(10_000, 99_999));
    let last = rule_of_ten(&body);
    format!("{body}{last}")
}
/// A Finnish business id without hyphen. Its check digit can be none at all (11 − 1): then another one is drawn.
pub(crate) fn finnish_company(dice: &mut Dice) -> String {
    loop {
        let body = format!("9{:06}", dice.between(100_000, 999_999));
        match weighted(&body, &[7, 9, 10, 5, 8, 4, 2]) % 11 {
            0 => return format!("{body}0"),
            1 => {}
            rest => return format!("{body}{}", 11 - rest),
        }
    }
}
/// A Danish CVR number: the weighted sum of all digits is a multiple of eleven.
pub(crate) fn danish_company(dice: &mut Dice) -> String {
    loop {
        let body = format!("9{:06}", dice.between(100_000, 999_999));
        match weighted(&body, &[2, 7, 6, 5, 4, 3, 2]) % 11 {
            0 => return format!("{body}0"),
            1 => {}
            rest => return format!("{body}{}", 11 - rest),
        }
    }
}
/// A Norwegian organisation number. Registered ones begin with 8 or 9, these with 1.
pub(crate) fn norwegian_company(dice: &mut Dice) -> String {
    loop {
        let body = format!("1{:07}", dice.between(1_000_000, 9_999_999));
        match weighted(&body, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
            0 => return format!("{body}0"),
            1 => {}
            rest => return format!("{body}{}", 11 - rest),
        }
    }
}
/// A number for use within one shop, in the form of a EAN-13.
pub(crate) fn shop_ean(number: u64) -> String {
    let body = format!("20{number:010}");
    let weights = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3];
    let last = (10 - weighted(&body, &weights) % 10) % 10;
    format!("{body}{last}")
}
/// A mobile number of the series that the Swedish authority keeps for fiction; there are 95.
pub(crate) fn mobile(number: u64) -> String {
    format!("+46701740{}", 605 + number % 95)
}

fn weighted(digits: &str, weights: &[u32]) -> u32 {
    digits.chars().filter_map(|digit| digit.to_digit(10)).zip(weights).map(|(digit, weight)| digit * weight).sum()
}
fn rule_of_ten(digits: &str) -> u32 {
    let doubled = |(at, digit): (usize, u32)| match at % 2 {
        0 => digit * 2 / 10 + digit * 2 % 10,
        _ => digit,
    };
    let sum: u32 = digits.chars().rev().filter_map(|digit| digit.to_digit(10)).enumerate().map(doubled).sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_examples() {
        assert_eq!(rule_of_ten("212000014"), 2);
        assert_eq!(weighted("0737546", &[7, 9, 10, 5, 8, 4, 2]) % 11, 9, "0737546-2");
        assert_eq!(weighted("1358562", &[2, 7, 6, 5, 4, 3, 2]) % 11, 3, "13585628");
        assert_eq!(weighted("97476067", &[3, 2, 7, 6, 5, 4, 3, 2]) % 11, 8, "974760673");
        assert_eq!(shop_ean(0), "2000000000008");
    }
}
