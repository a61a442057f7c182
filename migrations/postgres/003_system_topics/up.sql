-- What people write about in a journal, as topics that everybody may use and nobody may change.
--
-- The rows are those of the embedded store's migration 005_topics, id for id.
INSERT INTO topics(id, name, description, user_id, created_at, is_system_topic)
SELECT column1::uuid, column2, column3, NULL, '2026-01-01T00:00:00Z', TRUE FROM (VALUES
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
) AS system_topics ON CONFLICT DO NOTHING;
