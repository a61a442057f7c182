//! How often a wrong password may be given: five times in an hour.

use crate::cache::{Cache, Namespace, Put};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Wrong passwords in an hour; after them none is looked at until the hour is over.
pub const MOST: u32 = 5;

/// `auth:rate_limit:{user_id}`. A deployment counts by network address; here there is none.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Count {
    failures: u32,
    /// When the hour began: with the first failure.
    since: u64,
}

/// When the next password is looked at, in seconds since 1970, if not now.
pub fn closed_until(cache: &Cache, user: Uuid, now: u64) -> Option<u64> {
    let count = read(cache, user, now)?;
    (count.failures >= MOST).then(|| count.since + Namespace::AuthRateLimit.ttl())
}

/// A wrong password was given. How many more may be tried.
pub fn failed(cache: &Cache, user: Uuid, now: u64) -> u32 {
    let Count { failures, since } = read(cache, user, now).unwrap_or(Count { failures: 0, since: now });
    let count = Count { failures: failures.saturating_add(1), since };
    let puts: Vec<Put> = Put::json(Namespace::AuthRateLimit, &user.to_string(), &count).into_iter().collect();
    let _ = cache.put_many(&puts, now);
    MOST.saturating_sub(count.failures)
}

/// The right password was given.
pub fn succeeded(cache: &Cache, user: Uuid) {
    let _ = cache.invalidate(Namespace::AuthRateLimit, &user.to_string());
}

/// The count of an hour that is not over.
fn read(cache: &Cache, user: Uuid, now: u64) -> Option<Count> {
    let count: Count = cache.get_json(Namespace::AuthRateLimit, &user.to_string(), now)?;
    (now < count.since.saturating_add(Namespace::AuthRateLimit.ttl())).then_some(count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cache::DEFAULT_MAX_BYTES;

    #[test]
    fn five_in_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cache.redb"), DEFAULT_MAX_BYTES);
        let (user, now) = (Uuid::from_u128(1), 1_700_000_000);
        for (minute, left) in (0..5u64).zip([4, 3, 2, 1, 0]) {
            assert_eq!(closed_until(&cache, user, now + minute * 600), None);
            assert_eq!(failed(&cache, user, now + minute * 600), left);
        }
        assert_eq!(closed_until(&cache, user, now + 2401), Some(now + 3600), "the hour began with the first");
        assert_eq!(closed_until(&cache, Uuid::from_u128(2), now + 2401), None);
        assert_eq!(closed_until(&cache, user, now + 3600), None);
        assert_eq!(failed(&cache, user, now + 3600), 4, "another hour");
        succeeded(&cache, user);
        assert_eq!(failed(&cache, user, now + 3601), 4);
    }
}
