-- Never edit this file once a version with it is out: write the next one.

-- No CHECK on the word: a reason is added in code alone.
ALTER TABLE attempt ADD COLUMN made_because TEXT NOT NULL DEFAULT 'first';
-- Characters that stood before it went on.
ALTER TABLE attempt ADD COLUMN continues_at INTEGER;
ALTER TABLE attempt ADD COLUMN data_policy TEXT
    CHECK (data_policy IS NULL OR json_valid(data_policy));

-- Until now a run asked one endpoint, so a later attempt had the next key, or was the same again.
UPDATE attempt SET made_because = CASE
        WHEN key_id IS (SELECT before.key_id FROM attempt AS before
                        WHERE before.run = attempt.run AND before.ordinal = attempt.ordinal - 1)
        THEN 'retry' ELSE 'next_key' END
    WHERE ordinal > 0;

-- What the person chose; NULL for the runs from before there was a choice.
ALTER TABLE run ADD COLUMN target TEXT CHECK (target IS NULL OR json_valid(target));
-- As it was called then: a receipt outlives the route.
ALTER TABLE run ADD COLUMN route_name TEXT;
ALTER TABLE run ADD COLUMN skipped TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(skipped));

ALTER TABLE conversation ADD COLUMN last_target TEXT
    CHECK (last_target IS NULL OR json_valid(last_target));

-- The search of receipts walks this from the newest run on. It holds what can be told of a run
-- without its attempts.
CREATE INDEX run_by_start ON run (started_at DESC, id DESC, status, origin, route_name);

-- All that the search asks about attempts, so that it never touches the wide rows.
CREATE INDEX attempt_of_run ON attempt (run, ordinal, provider, model, key_id, made_because, status,
    first_token_millis, cost_amount);

-- The newest attempts of each endpoint, with all that a measurement reads of them.
CREATE INDEX attempt_by_endpoint ON attempt (provider, model, started_at DESC, status,
    failure_class, first_token_millis, ended_millis, output_tokens, reasoning_tokens,
    audio_output_tokens, image_output_tokens);

CREATE TABLE route (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT    NOT NULL,
    -- The name in small letters, of any script; SQLite alone would know those of English.
    folded     TEXT    NOT NULL,
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    position   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX route_by_name ON route (folded) WHERE deleted_at IS NULL;

-- How endpoints fare. No reference to the provider: the model in this process may have no row there.
CREATE TABLE circuit (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    circuit  TEXT NOT NULL CHECK (json_valid(circuit)),
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_limit (
    provider    TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    limits      TEXT    NOT NULL CHECK (json_valid(limits)),
    received_at INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER provider_health_goes_with_it AFTER DELETE ON provider BEGIN
    DELETE FROM circuit WHERE provider = old.id;
    DELETE FROM rate_limit WHERE provider = old.id;
END;

CREATE TABLE lab (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at INTEGER NOT NULL,
    body       TEXT    NOT NULL CHECK (json_valid(body))
) STRICT, WITHOUT ROWID;

CREATE INDEX lab_by_age ON lab (created_at DESC, id DESC);
