//! Who may read and write a journal: passwords, logins, and how often one may try.
//!
//! A password guards the commands of `journal`, and the same account on a deployment. It does not
//! encrypt anything: who can read the file can read the journal.
//!
//! Time and randomness come in as arguments. What a login leaves lies in the cache, under the keys
//! of the deployment, and may vanish with it at any time: then one logs in again.

pub mod login;
pub mod password;
pub mod tries;
