-- Never edit this file once a version with it is out: write the next one.
--
-- **No column may hold a key.** SQLite cannot check that: it rests on the types of what is written
-- here, none of which can hold one, and on a test that looks for a key in the whole file.

-- What is counted apart from text, so that each can have its own price.
ALTER TABLE attempt ADD COLUMN audio_input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN audio_cache_read_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN image_input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN audio_output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN image_output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN web_searches INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN price_tag TEXT CHECK (price_tag IS NULL OR json_valid(price_tag));
-- No CHECK on the word: a tier of service is added in code alone.
ALTER TABLE attempt ADD COLUMN service_tier TEXT;
-- The slot in provider_key; no reference, since a receipt outlives the key.
ALTER TABLE attempt ADD COLUMN key_id TEXT;
ALTER TABLE attempt ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings));

-- What a person asked for last, each endpoint found with one step in the index. What apps ask over
-- the gateway and what the latency lab measures was not chosen in the list.
CREATE INDEX run_by_endpoint ON run (provider, model, started_at DESC)
    WHERE origin IN ('chat', 'compare');

ALTER TABLE provider ADD COLUMN preset TEXT;
ALTER TABLE provider ADD COLUMN attribution INTEGER NOT NULL DEFAULT 1 CHECK (attribution IN (0, 1));
ALTER TABLE provider ADD COLUMN options TEXT NOT NULL DEFAULT '{}'
    CHECK (json_valid(options) AND json_type(options) = 'object');
-- Counts the slots that were ever made, so that none is given to a second key: receipts name them.
ALTER TABLE provider ADD COLUMN key_slots INTEGER NOT NULL DEFAULT 0;

-- Where a provider's keys lie, never the keys: those are in the keychain, under the provider's
-- origin and `id`. A row says nothing of whether there is one.
CREATE TABLE provider_key (
    provider       TEXT    NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    -- A short word, shorter than any key.
    id             TEXT    NOT NULL CHECK (length(id) BETWEEN 1 AND 16 AND id NOT GLOB '*[^a-z0-9-]*'),
    label          TEXT    NOT NULL,
    position       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    last_tested_at INTEGER,
    last_test      TEXT    CHECK (last_test IS NULL OR json_valid(last_test)),
    disabled       INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    PRIMARY KEY (provider, id),
    UNIQUE (provider, label),
    CHECK ((last_tested_at IS NULL) = (last_test IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO provider_key (provider, id, label, position, created_at)
    SELECT id, 'default', 'Key 1', 0, created_at FROM provider;
UPDATE provider SET key_slots = 1;

-- What a provider said that is left of a key, or why it did not.
CREATE TABLE key_balance (
    provider   TEXT    NOT NULL,
    key_id     TEXT    NOT NULL,
    fetched_at INTEGER,
    balance    TEXT    CHECK (balance IS NULL OR json_valid(balance)),
    failed_at  INTEGER,
    failure    TEXT,
    PRIMARY KEY (provider, key_id),
    FOREIGN KEY (provider, key_id) REFERENCES provider_key (provider, id) ON DELETE CASCADE,
    CHECK ((fetched_at IS NULL) = (balance IS NULL)),
    CHECK ((failed_at IS NULL) = (failure IS NULL))
) STRICT, WITHOUT ROWID;

ALTER TABLE provider_model ADD COLUMN max_output INTEGER;
ALTER TABLE provider_model ADD COLUMN released_at INTEGER;
ALTER TABLE provider_model ADD COLUMN capabilities TEXT NOT NULL DEFAULT '{}'
    CHECK (json_valid(capabilities));
ALTER TABLE provider_model ADD COLUMN quantization TEXT;
ALTER TABLE provider_model ADD COLUMN price TEXT CHECK (price IS NULL OR json_valid(price));
-- Why the price on the newest list was not believed; the one before it is kept.
ALTER TABLE provider_model ADD COLUMN price_problem TEXT;
ALTER TABLE provider_model ADD COLUMN is_chat INTEGER CHECK (is_chat IN (0, 1));
-- NULL for what stood on the provider's first list: nobody knows when it came.
ALTER TABLE provider_model ADD COLUMN first_seen_at INTEGER;
-- Since when the provider lists it no more. The row stays a while, so that a model that comes back
-- is not taken for a new one.
ALTER TABLE provider_model ADD COLUMN gone_at INTEGER;

-- How fresh a provider's list is.
CREATE TABLE model_refresh (
    provider     TEXT NOT NULL PRIMARY KEY REFERENCES provider (id) ON DELETE CASCADE,
    refreshed_at INTEGER,
    -- Of the newest attempt, where that failed.
    failed_at    INTEGER,
    failure      TEXT,
    CHECK ((failed_at IS NULL) = (failure IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO model_refresh (provider, refreshed_at)
    SELECT provider, max(fetched_at) FROM provider_model GROUP BY provider;

-- What endpoints cost, and since when. Prices outlive their provider, as receipts do.
CREATE TABLE price_history (
    serial          INTEGER NOT NULL PRIMARY KEY,
    provider        TEXT    NOT NULL,
    model           TEXT    NOT NULL,
    -- The rules, as a JSON array.
    price           TEXT    NOT NULL CHECK (json_array_length(price) > 0),
    source          TEXT    NOT NULL CHECK (source IN ('snapshot', 'provider', 'person')),
    name            TEXT    NOT NULL,
    as_of           INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    -- The newest list that said the same.
    confirmed_as_of INTEGER NOT NULL
) STRICT;

CREATE INDEX price_history_by_endpoint ON price_history (provider, model, source);
CREATE INDEX price_history_by_source ON price_history (source, provider, model);

CREATE TRIGGER price_history_is_not_rewritten
BEFORE UPDATE OF serial, provider, model, price, source, name, as_of, recorded_at ON price_history
BEGIN
    SELECT raise(ABORT, 'prices are added and never changed');
END;

CREATE TRIGGER price_history_is_not_shortened BEFORE DELETE ON price_history BEGIN
    SELECT raise(ABORT, 'prices are added and never removed');
END;

-- A person's own price. Taking it back leaves its row in price_history.
CREATE TABLE price_override (
    provider TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    -- The row in price_history.
    price    INTEGER NOT NULL REFERENCES price_history (serial),
    set_at   INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX price_override_by_price ON price_override (price);

-- `key` names a canonical model or one endpoint; whoever sets a star knows which.
CREATE TABLE model_star (
    key        TEXT    NOT NULL PRIMARY KEY CHECK (length(key) > 0),
    starred_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
