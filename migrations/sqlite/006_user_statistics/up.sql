-- The architecture's user_statistics without its nightly refresh: one row for each user and day that
-- has entries, counted again whenever the change log names that day.
--
-- A day holds what every other number is made of: sums, so that no average is ever averaged again.
-- `hours` counts the entries by the local hour in which they were written, midnight first. Entries of
-- nobody are under the empty `user_id`: a key has no NULL.
CREATE TABLE user_days (
    user_id TEXT NOT NULL,
    entry_date TEXT NOT NULL,
    entries INTEGER NOT NULL CHECK (entries > 0),
    words INTEGER NOT NULL,
    mood_count INTEGER NOT NULL,
    -- In hundredths, which are whole numbers: their sum is exact.
    mood_sum INTEGER NOT NULL,
    hours TEXT NOT NULL CHECK (json_valid(hours) AND json_array_length(hours) = 24),
    PRIMARY KEY (user_id, entry_date)
) STRICT, WITHOUT ROWID;

-- The row of the change log that a projection in this database has come to.
CREATE TABLE projection_positions (
    name TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    nonce INTEGER NOT NULL
) STRICT;

-- With the columns of the architecture's materialised view. It is as of the position of
-- 'user_statistics'; `journal stats` brings it up to date.
CREATE VIEW user_statistics AS
SELECT
    nullif(user_id, '') AS user_id,
    sum(entries) AS total_entries,
    sum(mood_sum) / 100.0 / nullif(sum(mood_count), 0) AS avg_mood,
    min(entry_date) AS first_entry_date,
    max(entry_date) AS last_entry_date,
    count(DISTINCT substr(entry_date, 1, 7)) AS active_months
FROM user_days
GROUP BY user_days.user_id;
