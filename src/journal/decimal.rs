//! Decimals as PostgreSQL reads and rounds them: half away from zero, before any range is checked.
//!
//! Works on the digits, so that no number of them is too many, and none is ever off by a bit.

/// Why a text has no value as a whole number of some decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDecimal {
    /// It is not a number.
    Malformed,
    /// It is infinite, or has more digits than can be kept.
    TooLarge,
}

/// A decimal text as a whole number of 10^-scale: `1.005` with a scale of 2 is 101.
///
/// # Errors
/// See [`NoDecimal`]; `NaN` is malformed.
pub fn rounded(text: &str, scale: u32) -> Result<i64, NoDecimal> {
    let bare = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let (negative, unsigned) = match bare.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, bare.strip_prefix('+').unwrap_or(bare)),
    };
    if unsigned.eq_ignore_ascii_case("infinity") || unsigned.eq_ignore_ascii_case("inf") {
        return Err(NoDecimal::TooLarge);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(NoDecimal::Malformed);
            }
            (mantissa, exponent.parse::<i64>().map_err(|_| NoDecimal::TooLarge)?)
        }
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NoDecimal::Malformed);
    }
    if exponent.abs() > 1000 {
        return Err(NoDecimal::TooLarge);
    }
    // How many digits stand before the point once it is moved to the last one kept.
    let kept = whole.len() as i64 + exponent + i64::from(scale);
    let digit =
        |at: i64| usize::try_from(at).ok().and_then(|at| digits.get(at)).map_or(0, |byte| i64::from(byte - b'0'));
    let mut number: i64 = 0;
    for at in 0..kept {
        number = number.checked_mul(10).and_then(|number| number.checked_add(digit(at))).ok_or(NoDecimal::TooLarge)?;
    }
    if kept >= 0 && digit(kept) >= 5 {
        number = number.checked_add(1).ok_or(NoDecimal::TooLarge)?;
    }
    Ok(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (text, hundredths) in [
            ("1.004", 100),
            ("1.005", 101),
            ("-1.005", -101),
            ("-0.004", 0),
            ("0.00499999999999999999999999999999999999999", 0),
            ("  5e-1 ", 50),
            ("12.345E-1", 123),
            (".5", 50),
            ("5.", 500),
            ("0.0000005e4", 1),
            ("000000000000000000000000000000000001", 100),
        ] {
            assert_eq!(rounded(text, 2), Ok(hundredths), "{text}");
        }
        for text in ["", ".", "1e", "1e+", "0x1", "1_0", "--1", "1 2", "NaN"] {
            assert_eq!(rounded(text, 2), Err(NoDecimal::Malformed), "{text}");
        }
        for text in ["inf", "-Infinity", "1e30", "1e99999", "99999999999999999999"] {
            assert_eq!(rounded(text, 2), Err(NoDecimal::TooLarge), "{text}");
        }
    }
}
