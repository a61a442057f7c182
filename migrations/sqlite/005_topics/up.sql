-- What people write about in a journal, as topics that everybody may use and nobody may change, and
-- an index by which names are found that are like a text.
--
-- The rows are those of the deployment's migration 003_system_topics, id for id. A user's own topic of
-- the same name stays, and is the one that is meant by it.
INSERT INTO topics(id, name, description, user_id, created_at, is_system_topic)
SELECT column1, column2, column3, NULL, '2026-01-01T00:00:00.000000Z', 1 FROM (VALUES
    ('019b76da-a800-7000-8000-000000000001', 'animals', 'Pets and other animals'),
    ('019b76da-a800-7000-8000-000000000002', 'children', 'Raising children: their days, words, school and sorrows'),
    ('019b76da-a800-7000-8000-000000000003', 'creativity', 'Writing, drawing, making, building and ideas'),
    ('019b76da-a800-7000-8000-000000000004', 'dreams', 'What was dreamt at night'),
    ('019b76da-a800-7000-8000-000000000005', 'exercise', 'Running, walking, training, sport and the body in motion'),
    ('019b76da-a800-7000-8000-000000000006', 'family', 'Parents, siblings, relatives and life at home with them'),
    ('019b76da-a800-7000-8000-000000000007', 'film', 'Films, series, theatre and games'),
    ('019b76da-a800-7000-8000-000000000008', 'food', 'Cooking, meals, restaurants, appetite and diet'),
    ('019b76da-a800-7000-8000-000000000009', 'friends', 'Friends, company, invitations and time spent together'),
    ('019b76da-a800-7000-8000-000000000010', 'garden', 'Plants, beds, seeds, balcony and what grows there'),
    ('019b76da-a800-7000-8000-000000000011', 'goals', 'Plans, wishes, habits, resolutions and progress'),
    ('019b76da-a800-7000-8000-000000000012', 'gratitude', 'What was good today and whom to thank'),
    ('019b76da-a800-7000-8000-000000000013', 'health', 'Illness, pain, doctors, medicine and recovery'),
    ('019b76da-a800-7000-8000-000000000014', 'home', 'House, flat, neighbours, repairs, cleaning and moving'),
    ('019b76da-a800-7000-8000-000000000015', 'love', 'Partner, relationship, dating, intimacy and heartbreak'),
    ('019b76da-a800-7000-8000-000000000016', 'money', 'Income, spending, saving, debts and worries about them'),
    ('019b76da-a800-7000-8000-000000000017', 'music', 'Songs, concerts, instruments, practice and listening'),
    ('019b76da-a800-7000-8000-000000000018', 'nature', 'Woods, water, mountains, seasons and being outdoors'),
    ('019b76da-a800-7000-8000-000000000019', 'reading', 'Books, articles and thoughts about them'),
    ('019b76da-a800-7000-8000-000000000020', 'sleep', 'Falling asleep, waking, tiredness, naps and insomnia'),
    ('019b76da-a800-7000-8000-000000000021', 'study', 'School, university, courses, exams and languages'),
    ('019b76da-a800-7000-8000-000000000022', 'travel', 'Journeys, holidays, trains, places and people on the way'),
    ('019b76da-a800-7000-8000-000000000023', 'weather', 'Sun, rain, snow, wind, heat and cold'),
    ('019b76da-a800-7000-8000-000000000024', 'work', 'Job, colleagues, projects, deadlines and career'),
    ('019b76da-a800-7000-8000-000000000025', 'worries', 'Fear, stress, doubt and what keeps the mind busy')
) AS system_topics WHERE true ON CONFLICT DO NOTHING;

-- The counterpart of idx_topics_name_trgm: a projection of topics that follows the change log, and is
-- made anew when it belongs to another history. An owner is a user, or '' for system topics.
--
-- A number is never used for another name: a topic that is renamed gets a new one, and the old one is
-- left where it is until there are too many of them.
CREATE TABLE topic_trigram_names (
    number INTEGER PRIMARY KEY,
    topic_id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

-- The names of an owner that have a trigram, ascending: for each the number in four bytes and how many
-- trigrams the name has in two, so that similarity is counted without reading any name.
CREATE TABLE topic_trigrams (
    owner TEXT NOT NULL,
    trigram INTEGER NOT NULL,
    postings BLOB NOT NULL,
    PRIMARY KEY (owner, trigram)
) STRICT;

-- The row of the change log the index has come to, the last number given, and how many numbers stand for
-- no name any more.
CREATE TABLE topic_trigram_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    nonce INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    stale INTEGER NOT NULL
) STRICT;
