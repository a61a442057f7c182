-- The number in the header of the file is all that is known of the schema.
DROP TABLE schema_migrations;
