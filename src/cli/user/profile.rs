//! The profile of a user: a JSON object, kept number for number as it was given.

use crate::error::{Error, Result};
use crate::output::text;
use crate::store::Account;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

/// The members of a profile, each as it was written.
type Members = BTreeMap<String, Box<RawValue>>;

/// The profile that is given: JSON, `@FILE`, or `-` for standard input. An empty text takes it away.
pub(super) fn given(text: &str) -> Result<Option<String>> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| Error::io("cannot read the profile in", path, error))
    };
    let text = match (text, text.strip_prefix('@')) {
        ("-", _) => std::io::read_to_string(std::io::stdin())
            .map_err(|error| Error::usage(format!("cannot read the profile from standard input: {error}")))?,
        (_, Some(path)) => read(Path::new(path))?,
        _ => text.to_string(),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    written(&members(&text)?).map(Some)
}

/// A profile with some members set (`key=value`) and others taken away.
pub(super) fn changed(profile: Option<&str>, set: &[String], unset: &[String]) -> Result<Option<String>> {
    let mut found = profile.map(members).transpose()?.unwrap_or_default();
    for name in unset {
        if found.remove(name).is_none() {
            return Err(
                Error::usage(format!("the profile has no '{name}'")).hint("`journal user show` shows what it has")
            );
        }
    }
    for assignment in set {
        let (name, value) = assignment.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Error::usage(format!("--set '{assignment}' is not key=value")).hint("write --set name=Ada")
        })?;
        found.insert(name.to_string(), value_of(value)?);
    }
    if found.is_empty() { Ok(None) } else { written(&found).map(Some) }
}

/// A value as JSON, or else as text; one that looks like JSON and is not is refused.
fn value_of(value: &str) -> Result<Box<RawValue>> {
    let text = match checked(value) {
        Ok(()) => value.to_string(),
        Err(error) if value.trim_start().starts_with(['{', '[', '"']) => return Err(error),
        Err(_) => Value::String(value.to_string()).to_string(),
    };
    RawValue::from_string(text).map_err(|error| not_json(value, &error))
}

fn members(text: &str) -> Result<Members> {
    checked(text)?;
    serde_json::from_str(text).map_err(|_| {
        Error::usage("a profile is a JSON object").hint("write it as {\"name\": \"Ada\", \"languages\": [\"en\"]}")
    })
}

/// Whether both sides of the schema can keep this.
fn checked(text: &str) -> Result<()> {
    // The raw form does not look into strings and numbers.
    serde_json::from_str::<Value>(text).map_err(|error| not_json(text, &error))?;
    if text.contains("\\u0000") {
        return Err(Error::usage("the profile has a NUL character in it").hint("remove \\u0000"));
    }
    Ok(())
}

fn not_json(text: &str, error: &serde_json::Error) -> Error {
    let start: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Error::usage(format!("'{start}' is not JSON: {error}")).hint("keys and texts are in double quotes")
}

fn written(members: &Members) -> Result<String> {
    serde_json::to_string(members).map_err(|error| Error::failure("the profile cannot be written").source(error))
}

/// The profile over several lines; empty when there is none.
pub(super) fn pretty(account: &Account) -> String {
    let Some(profile) = &account.profile else { return String::new() };
    let value: Option<Value> = serde_json::from_str(profile).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    text::safe(&pretty.unwrap_or_else(|| profile.clone()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn members_are_set_as_json_or_as_text_and_kept_as_written() {
        let set = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            changed(Some(r#"{"a": 1.50, "big": 123456789012345678901234567890}"#), &values, &[])
        };
        assert_eq!(
            set(&["name=Ada Lovelace", "zip=01234", "n=2", "list=[1, 2]", "eq=a=b", "none="]).unwrap().unwrap(),
            r#"{"a":1.50,"big":123456789012345678901234567890,"eq":"a=b","list":[1, 2],"n":2,"name":"Ada Lovelace","none":"","zip":"01234"}"#
        );
        for wrong in ["name", "=x", "l=[1,", "o={\"a\":}", "s=\"x", "z=\"\\u0000\"", "s=\"\\ud800\""] {
            assert!(set(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(changed(Some(r#"{"a":1}"#), &[], &["a".into()]).unwrap(), None);
        assert!(changed(None, &[], &["a".into()]).is_err());
    }

    #[test]
    fn a_profile_is_an_object() {
        assert_eq!(given(r#" {"b": [1.0], "a": null} "#).unwrap().unwrap(), r#"{"a":null,"b":[1.0]}"#);
        assert_eq!(given("").unwrap(), None);
        for wrong in ["[]", "1", "null", "{", "{'a': 1}", "{\"a\": 1,}", "{\"a\": 1e999}", "@/nosuch"] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }
}
