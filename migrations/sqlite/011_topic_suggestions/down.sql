-- Topics that a model attached stay, and look like any other.
DROP TABLE topic_suggestions;
