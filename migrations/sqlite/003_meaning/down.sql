-- A journal without vectors.
DROP TRIGGER journal_entries_forget_analysis;
DROP TRIGGER journal_entries_delete_analysis;
DROP TRIGGER topics_forget_analysis;
DROP TRIGGER topics_delete_analysis;
DROP TRIGGER psychology_insights_forget_analysis;
DROP TRIGGER psychology_insights_delete_analysis;
DROP TABLE passages;
DROP TABLE embeddings;
