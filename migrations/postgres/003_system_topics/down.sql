-- Takes the system topics away, but nothing that a user has done with them: one that is in use becomes
-- the user's own, or joins the own topic of that name.
CREATE TEMPORARY TABLE leaving AS
SELECT id, name, description FROM topics
WHERE user_id IS NULL AND id::text ~ '^019b76da-a800-7000-8000-0000000000[0-9]{2}$';

INSERT INTO topics(name, description, user_id)
SELECT DISTINCT t.name, t.description, e.user_id
FROM leaving t JOIN entry_topics et ON et.topic_id = t.id JOIN journal_entries e ON e.id = et.entry_id
WHERE e.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM topics own WHERE own.user_id = e.user_id AND lower(own.name) = t.name);

INSERT INTO entry_topics AS kept (entry_id, topic_id, relevance_score, added_at)
SELECT et.entry_id, (SELECT own.id FROM topics own WHERE own.user_id = e.user_id AND lower(own.name) = t.name
    ORDER BY own.name COLLATE "C" DESC LIMIT 1), et.relevance_score, et.added_at
FROM leaving t JOIN entry_topics et ON et.topic_id = t.id JOIN journal_entries e ON e.id = et.entry_id
WHERE e.user_id IS NOT NULL
ON CONFLICT (entry_id, topic_id) DO UPDATE SET relevance_score = excluded.relevance_score
WHERE excluded.relevance_score > kept.relevance_score OR kept.relevance_score IS NULL;

DELETE FROM topics WHERE id IN (SELECT id FROM leaving);
DROP TABLE leaving;
