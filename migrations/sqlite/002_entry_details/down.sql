-- Entries without their details.
DROP TRIGGER journal_entries_forget_hash;
DROP TABLE entry_details;
