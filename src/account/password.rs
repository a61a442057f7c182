//! Passwords: argon2id, in the form that a deployment reads and writes too.
//!
//! The form is the PHC string `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. The costs are the least
//! that OWASP recommends: 19 MiB, two passes, one lane. A hash with other costs, as other programs
//! make them, is checked with those.

use crate::error::{Error, Kind, Result};
use argon2::password_hash::Error as Fault;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};

/// The fewest characters of a new password (NIST SP 800-63B). There is no rule about which.
pub const MIN_CHARACTERS: usize = 8;
/// The most bytes of a password.
pub const MAX_BYTES: usize = 1024;
/// Random bytes that go into each hash.
pub const SALT_BYTES: usize = 16;

/// Memory in KiB that a hash may ask for. One that asks for more is refused, not computed.
const MOST_MEMORY: u32 = 4 << 20;

/// Whether this can be a new password.
///
/// # Errors
/// Usage, naming the rule and never the password.
pub fn check_new(password: &str) -> Result<()> {
    let wrong = |what: String| Err(Error::usage(what).hint("several words are long, and easy to keep in mind"));
    if password.chars().count() < MIN_CHARACTERS {
        return wrong(format!("the password is shorter than {MIN_CHARACTERS} characters"));
    }
    if password.len() > MAX_BYTES {
        return wrong(format!("the password is longer than {MAX_BYTES} bytes"));
    }
    // Nobody can type one; in a file it means that this is not the file that was meant.
    if password.chars().any(char::is_control) {
        return wrong("the password has a line break or another control character in it".into());
    }
    Ok(())
}

/// What stands in `password_hash` for this password: a PHC string of 97 characters.
pub fn hash(password: &str, salt: [u8; SALT_BYTES]) -> Result<String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    let hash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|fault| Error::failure(format!("the password cannot be hashed: {fault}")))?;
    Ok(hash.to_string())
}

/// Whether this is the password. The comparison takes the same time wherever they differ.
///
/// # Errors
/// Denied when the hash is of another kind, as another program may have stored it, or damaged.
pub fn verify(password: &str, hash: &str) -> Result<bool> {
    let foreign = || {
        let kind = hash.split('$').nth(1).filter(|kind| kind.len() < 20).unwrap_or("unknown");
        Error::new(
            Kind::Denied,
            format!("the password of this user was stored in a form this program cannot check: {kind}"),
        )
        .hint("another program has set it; set one there that is stored as argon2id")
    };
    let parsed = PasswordHash::new(hash).map_err(|_| foreign())?;
    let params = Params::try_from(&parsed).map_err(|_| foreign())?;
    if params.m_cost() > MOST_MEMORY {
        return Err(foreign());
    }
    match Argon2::default().verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Ok(true),
        Err(Fault::PasswordInvalid) => Ok(false),
        Err(Fault::OutOfMemory) => Err(Error::failure("there is not enough memory to check the password")),
        Err(_) => Err(foreign()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_the_password_and_the_salt() {
        let first = hash("correct horse", [1; SALT_BYTES]).unwrap();
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert!(first.len() <= 255);
        assert_ne!(first, hash("correct horse", [2; SALT_BYTES]).unwrap());
        assert!(verify("correct horse", &first).unwrap());
        for wrong in ["correct hors", "correct horse ", "Correct horse", ""] {
            assert!(!verify(wrong, &first).unwrap(), "{wrong:?}");
        }
    }

    #[test]
    fn hashes_of_another_implementation_are_checked() {
        // argon2-cffi 25.1 (the reference implementation in C): PasswordHasher().hash(…), its defaults
        // and then other costs and another kind.
        for (password, hash) in [
            (
                "correct horse battery staple",
                "$argon2id$v=19$m=65536,t=3,p=4$NkeowtmXeNFlKHViYcQHfQ$x0H0tuDGPC36tqRAg96y71G2y/Q54BKxBeo0t3YrM5s",
            ),
            (
                "Grüße, Welt 🎉",
                "$argon2id$v=19$m=19456,t=2,p=1$5qhkcRbo2FBsqKL+VC7pIg$azafejqUsKZBq5HskX756l/onRhRL6eSSetw5w2lon4",
            ),
            ("x", "$argon2i$v=19$m=64,t=1,p=1$MIslFgb1J/dMtGGWOa6BAg$pdT9V7iOaTQVO029qQ7yNBh6SkznGJxat4OVhxD07rQ"),
        ] {
            assert!(verify(password, hash).unwrap(), "{hash}");
            assert!(!verify(&format!("{password}."), hash).unwrap(), "{hash}");
        }
    }

    #[test]
    fn another_form_is_told_from_a_wrong_password() {
        for hash in [
            "!",
            "",
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            "pbkdf2_sha256$600000$x$y",
            "$argon2id$v=19$m=4294967295,t=2,p=1$5qhkcRbo2FBsqKL+VC7pIg$azafejqUsKZBq5HskX756l/onRhRL6eSSetw5w2lon4",
            "$argon2id$v=19$m=19456,t=2,p=1$5qhkcRbo2FBsqKL+VC7pIg",
        ] {
            let outcome = verify("password", hash);
            assert!(
                outcome.as_ref().is_err_and(|error| error.kind() == Kind::Denied) || outcome.is_ok_and(|yes| !yes),
                "{hash}"
            );
        }
    }

    #[test]
    fn what_can_be_a_new_password() {
        for good in ["12345678", "ääääääää", "pass word", &"x".repeat(MAX_BYTES)] {
            assert!(check_new(good).is_ok(), "{good}");
        }
        for bad in ["", "1234567", "two\nlines of it", "nul\0 in the middle", &"x".repeat(MAX_BYTES + 1)] {
            let error = check_new(bad).unwrap_err();
            assert!(bad.is_empty() || !error.message().contains(bad), "{error}");
        }
    }
}
