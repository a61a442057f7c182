//! Addresses of users: compared as they are written, capitals and all.

use crate::error::{Error, Result};

/// The longest address, in characters.
pub const MAX_EMAIL: usize = 255;

/// Whether this can be the address of a user.
///
/// # Errors
/// Usage, naming the rule that is broken.
pub fn check(email: &str) -> Result<()> {
    let shown: String = email.chars().map(|c| if c.is_control() { '·' } else { c }).take(60).collect();
    let wrong = |rule: &str| {
        Err(Error::usage(format!("'{shown}' cannot be the address of a user: {rule}"))
            .hint("write it as ada@example.org"))
    };
    if email.trim().is_empty() {
        return wrong("it is empty");
    }
    if email.trim() != email {
        return wrong("it has white space at its ends");
    }
    if email.chars().any(char::is_control) {
        return wrong("it has a control character in it");
    }
    if email.chars().count() > MAX_EMAIL {
        return wrong("it is longer than 255 characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_an_address() {
        let longest = "é".repeat(MAX_EMAIL);
        for good in ["ada@example.org", "me@localhost", "Ada Lovelace <ada@example.org>", &longest] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "é".repeat(MAX_EMAIL + 1);
        for bad in ["", "  ", " a@b", "a@b\n", "a\u{1b}[2J@b", "a\0b", "\u{a0}a@b", &long] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
