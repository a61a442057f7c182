//! What is kept, under which key, for how long. The same as in a deployment's Redis.

use sha2::{Digest, Sha256};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A kind of entry. Each has a key of the form `<prefix>:<id>` and a time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `auth:sessions:{user_id}`: who is logged in, JSON. Seven days.
    AuthSessions,
    /// `auth:refresh:{token_hash}`: what a session is made again from, JSON. Thirty days.
    AuthRefresh,
    /// `auth:rate_limit:{user_id}`: wrong passwords of the last hour, JSON. One hour.
    AuthRateLimit,
    /// `models:embeddings:{text_hash}`: a text's vector, raw little-endian f32. One day.
    ModelsEmbeddings,
    /// `models:sentiment:{text_hash}`: a text's sentiment, JSON. One day.
    ModelsSentiment,
    /// `models:topics:{user_id}`: topics suggested to a user, JSON. Two hours.
    ModelsTopics,
    /// `api:user_data:{user_id}`: a user's profile, the JSON of the column. One hour.
    ApiUserData,
    /// `api:analytics:{user_id}`: computed statistics and insights, JSON. Six hours.
    ApiAnalytics,
    /// `api:response:{route_hash}`: a whole answer, with whose it is and what it answers, JSON. Five minutes.
    ApiResponse,
    /// `tasks:status:{task_id}`: how far a task is, JSON. One hour.
    TasksStatus,
    /// `tasks:results:{task_id}`: what a task came to, JSON. One day.
    TasksResults,
}

impl Namespace {
    /// Every namespace.
    pub const ALL: [Namespace; 11] = [
        Namespace::AuthSessions,
        Namespace::AuthRefresh,
        Namespace::AuthRateLimit,
        Namespace::ModelsEmbeddings,
        Namespace::ModelsSentiment,
        Namespace::ModelsTopics,
        Namespace::ApiUserData,
        Namespace::ApiAnalytics,
        Namespace::ApiResponse,
        Namespace::TasksStatus,
        Namespace::TasksResults,
    ];

    /// What becomes wrong when a user's entries change.
    pub const OF_A_USER: [Namespace; 3] = [Namespace::ApiUserData, Namespace::ApiAnalytics, Namespace::ModelsTopics];

    /// What is made anew of a user when their entries have changed.
    pub const WRITTEN_THROUGH: [Namespace; 2] = [Namespace::ApiAnalytics, Namespace::ApiUserData];

    /// The part of the key before the id, without the colon between.
    pub fn prefix(self) -> &'static str {
        match self {
            Namespace::AuthSessions => "auth:sessions",
            Namespace::AuthRefresh => "auth:refresh",
            Namespace::AuthRateLimit => "auth:rate_limit",
            Namespace::ModelsEmbeddings => "models:embeddings",
            Namespace::ModelsSentiment => "models:sentiment",
            Namespace::ModelsTopics => "models:topics",
            Namespace::ApiUserData => "api:user_data",
            Namespace::ApiAnalytics => "api:analytics",
            Namespace::ApiResponse => "api:response",
            Namespace::TasksStatus => "tasks:status",
            Namespace::TasksResults => "tasks:results",
        }
    }

    /// The key of an entry.
    pub fn key(self, id: &str) -> String {
        format!("{}:{id}", self.prefix())
    }

    /// The namespace and the id of a key; `None` when it is of no namespace.
    pub fn of_key(key: &str) -> Option<(Namespace, &str)> {
        Namespace::ALL.into_iter().find_map(|namespace| {
            let id = key.strip_prefix(namespace.prefix())?.strip_prefix(':')?;
            (!id.is_empty()).then_some((namespace, id))
        })
    }

    /// How long an entry is valid, in seconds.
    pub fn ttl(self) -> u64 {
        match self {
            Namespace::AuthSessions => 7 * DAY,
            Namespace::AuthRefresh => 30 * DAY,
            Namespace::AuthRateLimit => HOUR,
            Namespace::ModelsEmbeddings | Namespace::ModelsSentiment | Namespace::TasksResults => DAY,
            Namespace::ModelsTopics => 2 * HOUR,
            Namespace::ApiUserData | Namespace::TasksStatus => HOUR,
            Namespace::ApiAnalytics => 6 * HOUR,
            Namespace::ApiResponse => 5 * MINUTE,
        }
    }
}

/// The `text_hash` of a key: SHA-256, as 64 hexadecimal digits, of the model's full name (with its
/// revision), a NUL, and the text; so a result never outlives the model that made it.
pub fn text_hash(model: &str, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(model);
    digest.update([0]);
    digest.update(text);
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_lifetimes_are_those_of_the_deployment() {
        let expected = [
            ("auth:sessions:x", 604_800),
            ("auth:refresh:x", 2_592_000),
            ("auth:rate_limit:x", 3_600),
            ("models:embeddings:x", 86_400),
            ("models:sentiment:x", 86_400),
            ("models:topics:x", 7_200),
            ("api:user_data:x", 3_600),
            ("api:analytics:x", 21_600),
            ("api:response:x", 300),
            ("tasks:status:x", 3_600),
            ("tasks:results:x", 86_400),
        ];
        assert_eq!(Namespace::ALL.map(|n| (n.key("x"), n.ttl())), expected.map(|(key, ttl)| (key.to_owned(), ttl)));
    }

    #[test]
    fn a_key_is_taken_apart_as_it_was_put_together() {
        for namespace in Namespace::ALL {
            assert_eq!(Namespace::of_key(&namespace.key("a:b")), Some((namespace, "a:b")));
        }
        for other in ["", "auth", "auth:sessions", "auth:sessions:", "api:responses:x", "tasks:queue:ai_analysis"] {
            assert_eq!(Namespace::of_key(other), None, "{other}");
        }
    }

    #[test]
    fn a_text_hash_knows_where_the_model_ends() {
        // `printf 'm\0hello' | sha256sum`
        assert_eq!(text_hash("m", "hello"), "ceeefc2ffbf7e824321da8464fe34abee4df8ad14b6349190542d95d327911da");
        assert_ne!(text_hash("m", "hello"), text_hash("mh", "ello"));
    }
}
