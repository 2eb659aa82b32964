-- Never edit this file once a version with it is out: write the next one.
--
-- Times are milliseconds since 1970 UTC, ids are the sixteen bytes of a UUID version 7, money is
-- whole nano-dollars. Enumerations are words, checked where their list is closed.

-- "PTCH": tells this file from other programs' databases.
PRAGMA application_id = 0x50544348;

CREATE TABLE conversation (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    title           TEXT    NOT NULL,
    title_is_custom INTEGER NOT NULL DEFAULT 0 CHECK (title_is_custom IN (0, 1)),
    system_prompt   TEXT    NOT NULL DEFAULT '',
    -- Deferred, since a conversation and its first message are written together.
    active_leaf     BLOB    REFERENCES message (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    last_provider   TEXT,
    last_model      TEXT,
    parameters      TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER,
    CHECK ((last_provider IS NULL) = (last_model IS NULL))
) STRICT;

CREATE INDEX conversation_by_update ON conversation (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX conversation_by_deletion ON conversation (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX conversation_by_leaf ON conversation (active_leaf);

CREATE TABLE message (
    -- An explicit integer key: VACUUM may renumber an implicit one, and the search index hangs on it.
    serial       INTEGER NOT NULL PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation BLOB    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent       BLOB,
    role         TEXT    NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
    text         TEXT    NOT NULL,
    reasoning    TEXT    NOT NULL DEFAULT '',
    status       TEXT    NOT NULL
        CHECK (status IN ('complete', 'streaming', 'stopped', 'interrupted', 'failed')),
    -- Checked at once: a deferred reference would make each new run look through all messages.
    run          BLOB    REFERENCES run (id),
    created_at   INTEGER NOT NULL,
    UNIQUE (conversation, id),
    -- Both columns, so that a parent is always a message of the same conversation.
    FOREIGN KEY (conversation, parent) REFERENCES message (conversation, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX message_by_parent ON message (conversation, parent);
CREATE INDEX message_streaming ON message (status) WHERE status = 'streaming';

-- Runs and attempts outlive their conversation: what was spent stays spent.
CREATE TABLE run (
    id                         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    conversation               BLOB    REFERENCES conversation (id) ON DELETE SET NULL,
    -- Deferred, since a run is written before the answer that names it.
    answer                     BLOB
        REFERENCES message (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    origin                     TEXT    NOT NULL CHECK (origin IN ('chat', 'compare', 'gateway', 'lab')),
    provider                   TEXT    NOT NULL,
    model                      TEXT    NOT NULL,
    status                     TEXT    NOT NULL
        CHECK (status IN ('running', 'answered', 'failed', 'stopped', 'interrupted')),
    finish_reason              TEXT
        CHECK (finish_reason IN ('stop', 'length', 'content_filter', 'tool_calls', 'other')),
    failure_class              TEXT,
    failure_message            TEXT,
    failure_http_status        INTEGER,
    failure_code               TEXT,
    failure_retry_after_millis INTEGER,
    failure_request_id         TEXT,
    started_at                 INTEGER NOT NULL,
    ended_at                   INTEGER,
    CHECK ((status = 'running') = (ended_at IS NULL)),
    CHECK ((status = 'failed') = (failure_class IS NOT NULL)),
    CHECK ((failure_class IS NULL) = (failure_message IS NULL))
) STRICT;

CREATE INDEX run_by_conversation ON run (conversation);
CREATE INDEX run_by_answer ON run (answer);
CREATE INDEX run_running ON run (status) WHERE status = 'running';

CREATE TABLE attempt (
    id                         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    run                        BLOB    NOT NULL REFERENCES run (id),
    ordinal                    INTEGER NOT NULL,
    provider                   TEXT    NOT NULL,
    model                      TEXT    NOT NULL,
    provider_name              TEXT    NOT NULL,
    key_label                  TEXT,
    started_at                 INTEGER NOT NULL,
    opened_millis              INTEGER,
    first_token_millis         INTEGER,
    ended_millis               INTEGER,
    status                     TEXT    NOT NULL
        CHECK (status IN ('running', 'answered', 'failed', 'stopped', 'interrupted')),
    failure_class              TEXT,
    failure_message            TEXT,
    failure_http_status        INTEGER,
    failure_code               TEXT,
    failure_retry_after_millis INTEGER,
    failure_request_id         TEXT,
    left_because               TEXT,
    finish_reason              TEXT
        CHECK (finish_reason IN ('stop', 'length', 'content_filter', 'tool_calls', 'other')),
    served_model               TEXT,
    served_by                  TEXT,
    request_id                 TEXT,
    malformed_events           INTEGER NOT NULL DEFAULT 0,
    input_tokens               INTEGER,
    cache_read_tokens          INTEGER,
    cache_write_tokens         INTEGER,
    cache_write_long_tokens    INTEGER,
    output_tokens              INTEGER,
    reasoning_tokens           INTEGER,
    raw_usage                  TEXT,
    rates                      TEXT CHECK (rates IS NULL OR json_valid(rates)),
    reported_cost              INTEGER,
    cost_amount                INTEGER,
    cost_kind                  TEXT    NOT NULL
        CHECK (cost_kind IN ('reported', 'computed', 'estimated', 'unknown')),
    replaced_text              TEXT,
    UNIQUE (run, ordinal),
    CHECK ((cost_kind = 'unknown') = (cost_amount IS NULL)),
    CHECK ((failure_class IS NULL) = (failure_message IS NULL)),
    CHECK ((input_tokens IS NULL) = (output_tokens IS NULL))
) STRICT;

-- Holds all that a sum of money reads, so that it never touches the wide rows.
CREATE INDEX attempt_spend ON attempt (started_at, status, cost_kind, cost_amount);
CREATE INDEX attempt_running ON attempt (status) WHERE status = 'running';

CREATE TABLE provider (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) > 0),
    name          TEXT    NOT NULL,
    -- No CHECK on the word: a wire family is added in code alone.
    family        TEXT    NOT NULL,
    base_url      TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    extra_headers TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(extra_headers)),
    position      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    deleted_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE provider_model (
    provider       TEXT    NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    model          TEXT    NOT NULL,
    name           TEXT,
    context_length INTEGER,
    owned_by       TEXT,
    position       INTEGER NOT NULL,
    fetched_at     INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

CREATE TABLE model_colour (
    model  TEXT    NOT NULL PRIMARY KEY,
    colour INTEGER NOT NULL CHECK (colour BETWEEN 0 AND 5)
) STRICT, WITHOUT ROWID;

-- What the search index covers. A message that is being written is left out: its text changes four
-- times a second, and each change would rewrite the index.
CREATE VIEW settled_message AS SELECT serial, text FROM message WHERE status <> 'streaming';

CREATE VIRTUAL TABLE message_fts USING fts5 (
    text,
    content = 'settled_message',
    content_rowid = 'serial',
    -- For search as you type, whose first words are two or three letters long.
    prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER message_fts_insert AFTER INSERT ON message
WHEN new.status <> 'streaming' BEGIN
    INSERT INTO message_fts (rowid, text) VALUES (new.serial, new.text);
END;

-- One trigger for both halves, because the order of two would not be defined.
CREATE TRIGGER message_fts_update AFTER UPDATE OF text, status ON message
WHEN (old.status = 'streaming') <> (new.status = 'streaming')
    OR (new.status <> 'streaming' AND old.text IS NOT new.text)
BEGIN
    INSERT INTO message_fts (message_fts, rowid, text)
        SELECT 'delete', old.serial, old.text WHERE old.status <> 'streaming';
    INSERT INTO message_fts (rowid, text)
        SELECT new.serial, new.text WHERE new.status <> 'streaming';
END;

CREATE TRIGGER message_fts_delete AFTER DELETE ON message
WHEN old.status <> 'streaming' BEGIN
    INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.serial, old.text);
END;
