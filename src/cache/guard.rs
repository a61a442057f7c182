//! Panics of the storage engine, caught and kept off the user's terminal.
//!
//! The engine checks much of a damaged file and answers with an error, but not all of it: some
//! damage makes it panic. That is a miss, or a reason to start anew, and never the user's concern.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that may panic. A panic becomes an error with its message, and is not printed.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    // What `work` borrows is not looked at again after a panic: the file is thrown away.
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(format!("the storage engine gave up: {message}"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| Ok(3)), Ok(3));
        assert_eq!(guarded::<()>(|| Err("no".into())), Err("no".into()));
        let number = String::from("7");
        let error = guarded::<()>(|| panic!("page {number}")).unwrap_err();
        assert!(error.ends_with("page 7"), "{error}");
        assert!(guarded::<()>(|| panic!("plain")).unwrap_err().ends_with("plain"));
        assert!(!QUIET.get());
    }
}
