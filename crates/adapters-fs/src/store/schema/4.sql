-- Of what webhooks are told only once a write is settled: a word such as `ACTION_CREATED`.
ALTER TABLE intents ADD COLUMN tells TEXT;
