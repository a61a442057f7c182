-- Takes the index and the system topics away, but nothing that a user has done with them: a system
-- topic that is in use becomes the user's own, or joins the own topic of that name.
DROP TABLE topic_trigram_state;
DROP TABLE topic_trigrams;
DROP TABLE topic_trigram_names;

INSERT INTO topics(name, description, user_id)
SELECT DISTINCT t.name, t.description, e.user_id
FROM topics t JOIN entry_topics et ON et.topic_id = t.id JOIN journal_entries e ON e.id = et.entry_id
WHERE t.id GLOB '019b76da-a800-7000-8000-0000000000[0-9][0-9]' AND t.user_id IS NULL AND e.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM topics own WHERE own.user_id = e.user_id AND lower(own.name) = t.name);

INSERT INTO entry_topics(entry_id, topic_id, relevance_score, added_at)
SELECT et.entry_id, (SELECT own.id FROM topics own WHERE own.user_id = e.user_id AND lower(own.name) = t.name
    ORDER BY own.name DESC LIMIT 1), et.relevance_score, et.added_at
FROM topics t JOIN entry_topics et ON et.topic_id = t.id JOIN journal_entries e ON e.id = et.entry_id
WHERE t.id GLOB '019b76da-a800-7000-8000-0000000000[0-9][0-9]' AND t.user_id IS NULL AND e.user_id IS NOT NULL
ON CONFLICT DO UPDATE SET relevance_score = excluded.relevance_score
WHERE excluded.relevance_score > relevance_score OR relevance_score IS NULL;

DELETE FROM topics WHERE id GLOB '019b76da-a800-7000-8000-0000000000[0-9][0-9]' AND user_id IS NULL;
