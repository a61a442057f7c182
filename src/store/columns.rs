//! What the columns of the architecture hold: from text, as PostgreSQL reads it, to what SQLite keeps.
//!
//! Whatever is accepted here, PostgreSQL accepts, and gives back equal. It accepts more: dates before
//! the year 1 and after 9999, `infinity`, loose spellings (`Jan 5 2024`, `yes`, `10.1/16`), more than
//! six digits of a second (which it rounds), numbers in JSON beyond the range of a double. Those are
//! refused as malformed or out of range, since they would not come back as they were given.

use super::value::timestamp;
use crate::journal::decimal::{NoDecimal, rounded};
use crate::journal::lexemes::fits_full_text;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::types::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use uuid::Uuid;

/// The type of a column, by the architecture's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UUID.
    Uuid,
    /// TEXT.
    Text,
    /// TEXT that is indexed word by word.
    IndexedText,
    /// VARCHAR(n): so many characters.
    Varchar(usize),
    /// DATE.
    Date,
    /// TIMESTAMP WITH TIME ZONE.
    Timestamp,
    /// DECIMAL(precision, scale).
    Decimal(u32, u32),
    /// BOOLEAN.
    Boolean,
    /// JSONB.
    Json,
    /// INET.
    Inet,
}

/// Why a value is not one of its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// More characters than the column holds (SQLSTATE 22001).
    TooLong,
    /// A date that does not exist, or a number with too many digits before the point (22003, 22008).
    OutOfRange,
    /// Not a value of this type (22P02, 22007).
    Malformed,
    /// More different words than a full-text index holds (54000).
    TooManyWords,
    /// The character NUL, which PostgreSQL cannot hold (22021, 22P05).
    Nul,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misfit::TooLong => "has more characters than the column holds",
            Misfit::OutOfRange => "is outside the range of the column",
            Misfit::Malformed => "is not a value of the column's type",
            Misfit::TooManyWords => "has more different words than a full-text index holds (1 MB)",
            Misfit::Nul => "contains the character NUL",
        })
    }
}

impl ColumnType {
    /// Reads a value.
    pub(super) fn read(self, text: &str) -> Result<Value, Misfit> {
        if text.contains('\0') {
            return Err(Misfit::Nul);
        }
        match self {
            ColumnType::IndexedText if !fits_full_text(text) => Err(Misfit::TooManyWords),
            ColumnType::Text | ColumnType::IndexedText => Ok(Value::Text(text.to_string())),
            ColumnType::Varchar(length) => varchar(text, length),
            ColumnType::Uuid => uuid(text),
            ColumnType::Date => date(text),
            ColumnType::Timestamp => instant(text),
            ColumnType::Decimal(precision, scale) => decimal(text, precision, scale),
            ColumnType::Boolean => match text {
                "true" | "t" | "1" => Ok(Value::Integer(1)),
                "false" | "f" | "0" => Ok(Value::Integer(0)),
                _ => Err(Misfit::Malformed),
            },
            ColumnType::Json => json(text, 0).map(Value::Text),
            ColumnType::Inet => inet(text),
        }
    }

    /// A stored value as PostgreSQL prints it, save that a timestamp is RFC 3339 in UTC with
    /// microseconds and JSON is as it was given.
    pub(super) fn print(self, value: Value) -> Option<String> {
        Some(match (self, value) {
            (_, Value::Null) => return None,
            (ColumnType::Decimal(_, scale), Value::Real(number)) => format!("{number:.*}", scale as usize),
            (ColumnType::Boolean, Value::Integer(number)) => (number != 0).to_string(),
            (_, Value::Integer(number)) => number.to_string(),
            (_, Value::Real(number)) => number.to_string(),
            (_, Value::Text(text)) => text,
            (_, Value::Blob(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

impl ColumnType {
    /// A value of an image in the change log, in which a number may have lost its point.
    pub(super) fn print_image(self, value: Value) -> Option<String> {
        match (self, value) {
            (ColumnType::Decimal(_, scale), Value::Integer(whole)) => {
                Some(format!("{whole}.{:0<1$}", "", scale as usize))
            }
            (ColumnType::Json, Value::Text(text)) => Some(json_or_as_it_is(&text)),
            (_, value) => self.print(value),
        }
    }
}

/// JSON in the one form in which equal values are equal text.
pub(super) fn json_or_as_it_is(text: &str) -> String {
    json(text, 0).unwrap_or_else(|_| text.to_string())
}

/// Excess that is only spaces is cut, as the SQL standard asks.
fn varchar(text: &str, length: usize) -> Result<Value, Misfit> {
    let Some((end, _)) = text.char_indices().nth(length) else { return Ok(Value::Text(text.to_string())) };
    if text[end..].bytes().all(|byte| byte == b' ') {
        Ok(Value::Text(text[..end].to_string()))
    } else {
        Err(Misfit::TooLong)
    }
}

fn uuid(text: &str) -> Result<Value, Misfit> {
    // The crate also reads URNs, which PostgreSQL does not.
    let known = !text.starts_with("urn:");
    let id = Uuid::try_parse(text).ok().filter(|_| known).ok_or(Misfit::Malformed)?;
    Ok(Value::Text(id.to_string()))
}

fn date(text: &str) -> Result<Value, Misfit> {
    let is_iso = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !is_iso {
        return Err(Misfit::Malformed);
    }
    let date: NaiveDate = text.parse().map_err(|_| Misfit::OutOfRange)?;
    if date.year() < 1 {
        return Err(Misfit::OutOfRange);
    }
    Ok(Value::Text(text.to_string()))
}

fn instant(text: &str) -> Result<Value, Misfit> {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    if fraction.bytes().take_while(u8::is_ascii_digit).count() > 6 {
        return Err(Misfit::Malformed);
    }
    let at = DateTime::parse_from_rfc3339(text).map_err(|error| match error.kind() {
        chrono::format::ParseErrorKind::OutOfRange | chrono::format::ParseErrorKind::Impossible => Misfit::OutOfRange,
        _ => Misfit::Malformed,
    })?;
    let at = at.with_timezone(&Utc);
    // chrono keeps a leap second as more than a second of nanoseconds.
    if !(1..=9999).contains(&at.year()) || at.timestamp_subsec_nanos() >= 1_000_000_000 {
        return Err(Misfit::OutOfRange);
    }
    Ok(Value::Text(timestamp(at)))
}

fn decimal(text: &str, precision: u32, scale: u32) -> Result<Value, Misfit> {
    // PostgreSQL reads it, and no range of the schema allows it; neither does SQLite allow this.
    if text.trim_ascii().eq_ignore_ascii_case("nan") {
        return Ok(Value::Real(f64::INFINITY));
    }
    let number = rounded(text, scale).map_err(|reason| match reason {
        NoDecimal::Malformed => Misfit::Malformed,
        NoDecimal::TooLarge => Misfit::OutOfRange,
    })?;
    if number.abs() >= 10i64.pow(precision) {
        return Err(Misfit::OutOfRange);
    }
    Ok(Value::Real(number as f64 / 10f64.powi(scale as i32)))
}

/// As deep as PostgreSQL is sure to follow.
const MAX_DEPTH: usize = 120;

/// JSON with one value for each key, the last one given, as JSONB keeps it; numbers as they stand.
fn json(text: &str, depth: usize) -> Result<String, Misfit> {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    if depth > MAX_DEPTH {
        return Err(Misfit::Malformed);
    }
    let malformed = |_| Misfit::Malformed;
    match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(malformed)?;
            let fields = fields
                .into_iter()
                .map(|(key, value)| Ok(format!("{}:{}", string(&key)?, json(value.get(), depth + 1)?)));
            Ok(format!("{{{}}}", fields.collect::<Result<Vec<_>, Misfit>>()?.join(",")))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(malformed)?;
            let items = items.into_iter().map(|item| json(item.get(), depth + 1));
            Ok(format!("[{}]", items.collect::<Result<Vec<_>, Misfit>>()?.join(",")))
        }
        Some(b'"') => string(&serde_json::from_str::<String>(text).map_err(malformed)?),
        Some(b'-' | b'0'..=b'9') => {
            let number: f64 = serde_json::from_str(text).map_err(malformed)?;
            let exponent = text.split_once(['e', 'E']).map_or(Ok(0), |(_, exponent)| exponent.parse::<i64>());
            if !number.is_finite() || text.len() > 1000 || !exponent.is_ok_and(|exponent| exponent.abs() < 400) {
                return Err(Misfit::Malformed);
            }
            Ok(text.to_string())
        }
        _ => match text {
            "null" | "true" | "false" => Ok(text.to_string()),
            _ => Err(Misfit::Malformed),
        },
    }
}

/// A string in JSON. The schema looks for `\u0000` in the text, so a backslash before `u0000` is
/// written in its other form.
fn string(text: &str) -> Result<String, Misfit> {
    if text.contains('\0') {
        return Err(Misfit::Nul);
    }
    let quoted = serde_json::to_string(text).map_err(|_| Misfit::Malformed)?;
    Ok(quoted.replace("\\\\u0000", "\\u005cu0000"))
}

/// Keeps the bits of the host beside the length of the network; the length of a whole address is not
/// written.
fn inet(text: &str) -> Result<Value, Misfit> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| Misfit::Malformed)?;
    let whole: u8 = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => whole,
        Some(bits) => {
            let plain = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
            bits.parse().ok().filter(|bits| plain && *bits <= whole).ok_or(Misfit::Malformed)?
        }
    };
    Ok(Value::Text(if bits == whole { address.to_string() } else { format!("{address}/{bits}") }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_before_the_range() {
        let mood = |text: &str| ColumnType::Decimal(3, 2).read(text);
        assert_eq!(mood("-1.005"), Ok(Value::Real(-1.01)));
        assert_eq!(mood("9.9949"), Ok(Value::Real(9.99)));
        assert_eq!(mood("9.995"), Err(Misfit::OutOfRange));
        assert_eq!(mood("NaN"), Ok(Value::Real(f64::INFINITY)));
        assert_eq!(mood("x"), Err(Misfit::Malformed));
    }

    #[test]
    fn json_keeps_the_last_of_equal_keys_and_numbers_as_they_stand() {
        let read = |text: &str| json(text, 0);
        assert_eq!(
            read(" {\"b\": 1.50, \"a\": [1e2, {\"x\":1,\"x\":2}], \"b\": null} ").unwrap(),
            "{\"a\":[1e2,{\"x\":2}],\"b\":null}"
        );
        assert_eq!(read("12345678901234567890123").unwrap(), "12345678901234567890123");
        assert_eq!(read("\"\\\\u0000\"").unwrap(), "\"\\u005cu0000\"");
        assert_eq!(read("\"\\u0000\""), Err(Misfit::Nul));
        for text in ["", "{", "[1,]", "NaN", "\"\\ud800\"", "01", "1e999", "nul", "{1:2}"] {
            assert_eq!(read(text), Err(Misfit::Malformed), "{text}");
        }
        assert!(read(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }

    #[test]
    fn dates_addresses_and_instants() {
        let text = |kind: ColumnType, text: &str| kind.read(text).map(|value| kind.print(value).unwrap());
        assert_eq!(text(ColumnType::Date, "2024-02-29").unwrap(), "2024-02-29");
        assert_eq!(text(ColumnType::Date, "2023-02-29"), Err(Misfit::OutOfRange));
        assert_eq!(text(ColumnType::Date, "0000-01-01"), Err(Misfit::OutOfRange));
        assert_eq!(text(ColumnType::Date, "2024-1-01"), Err(Misfit::Malformed));
        assert_eq!(text(ColumnType::Timestamp, "2024-01-01T00:30:00.5+01:00").unwrap(), "2023-12-31T23:30:00.500000Z");
        assert_eq!(text(ColumnType::Timestamp, "2024-01-01T00:00:00.1234567Z"), Err(Misfit::Malformed));
        assert_eq!(text(ColumnType::Timestamp, "2024-01-01T23:59:60Z"), Err(Misfit::OutOfRange));
        assert_eq!(text(ColumnType::Inet, "10.1.2.3/32").unwrap(), "10.1.2.3");
        assert_eq!(text(ColumnType::Inet, "10.1.2.3/8").unwrap(), "10.1.2.3/8");
        assert_eq!(text(ColumnType::Inet, "2001:DB8:0:0::1").unwrap(), "2001:db8::1");
        assert_eq!(text(ColumnType::Inet, "010.1.1.1"), Err(Misfit::Malformed));
        assert_eq!(text(ColumnType::Varchar(3), "abc  ").unwrap(), "abc");
        assert_eq!(text(ColumnType::Varchar(3), "äöüß"), Err(Misfit::TooLong));
    }
}
