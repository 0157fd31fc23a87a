//! The rule of ten, by which Swedish numbers carry a control digit.

/// The digit that makes a row of digits right; none when it is no row of digits.
pub(crate) fn control_digit(digits: &str) -> Option<u32> {
    let mut sum = 0_u32;
    for (at, digit) in digits.chars().rev().enumerate() {
        let digit = digit.to_digit(10)?;
        let weighted = if at % 2 == 0 { digit.saturating_mul(2) } else { digit };
        sum = sum.saturating_add(weighted / 10).saturating_add(weighted % 10);
    }
    (!digits.is_empty()).then_some((10 - sum % 10) % 10)
}

/// Whether a registration number of ten digits, or twelve with the century, ends in the right digit.
pub(crate) fn is_right(number: &str) -> bool {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let ten = match digits.len() {
        12 => digits.get(2..),
        10 => Some(digits.as_str()),
        _ => None,
    };
    let parts = ten.and_then(|ten| ten.split_at_checked(9));
    parts.is_some_and(|(body, last)| control_digit(body).map(|digit| digit.to_string()).as_deref() == Some(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_and_wrong() {
        assert!(is_right("212000-0142") && is_right("162120000142"));
        assert!(!is_right("212000-0143") && !is_right("12345") && !is_right(""));
    }
}
