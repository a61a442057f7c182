-- Statistics that nobody keeps.
DROP VIEW user_statistics;
DROP TABLE projection_positions;
DROP TABLE user_days;
