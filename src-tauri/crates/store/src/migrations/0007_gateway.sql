-- Never edit this file once a version with it is out: write the next one.

-- Clients of the gateway. The id is a short word; run.app and budgets name it. A token is nowhere: what
-- is kept is its SHA-256, and its last characters to tell tokens apart.
CREATE TABLE app (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    name         TEXT    NOT NULL CHECK (name <> ''),
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    token_hint   TEXT    NOT NULL CHECK (length(token_hint) <= 4),
    rules        TEXT    NOT NULL CHECK (json_valid(rules)),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    deleted_at   INTEGER
) STRICT;

CREATE UNIQUE INDEX app_by_name ON app (name COLLATE NOCASE) WHERE deleted_at IS NULL;

-- What an app asked, beside its run. Texts are there only where the app keeps them.
CREATE TABLE app_request (
    -- For the search index.
    serial      INTEGER NOT NULL PRIMARY KEY,
    run         BLOB    NOT NULL UNIQUE REFERENCES run (id) ON DELETE CASCADE,
    app         TEXT    NOT NULL,
    endpoint    TEXT    NOT NULL,
    -- The name of the model or route, as the app wrote it.
    model       TEXT    NOT NULL,
    is_stream   INTEGER NOT NULL,
    -- What the app says of itself: its title, its address, its user agent.
    client      TEXT    NOT NULL CHECK (json_valid(client)),
    -- The words of the last turn, and the words that answered them.
    question    TEXT,
    answer      TEXT,
    -- All that was asked, in our own words and without pictures.
    request     TEXT    CHECK (request IS NULL OR json_valid(request)),
    -- Tools that the answer calls, as a list of objects.
    tool_calls  TEXT    CHECK (tool_calls IS NULL OR json_valid(tool_calls)),
    -- Its texts are in the search index.
    is_indexed  INTEGER NOT NULL DEFAULT 0 CHECK (is_indexed IN (0, 1)),
    -- The chat that it was opened as.
    opened_as   BLOB
) STRICT;

CREATE INDEX app_request_by_app ON app_request (app, serial);

-- What waits for the search index.
CREATE INDEX app_request_not_indexed ON app_request (serial)
    WHERE is_indexed = 0 AND answer IS NOT NULL;

-- What the search index holds.
CREATE VIEW answered_app_request AS
    SELECT serial, question, answer FROM app_request WHERE is_indexed = 1;

-- Written in the background, many requests at once: a segment of an index for each of a thousand
-- answers a second is most of what they would cost.
CREATE VIRTUAL TABLE app_request_fts USING fts5 (
    question, answer,
    content = 'answered_app_request',
    content_rowid = 'serial',
    prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER app_request_fts_forget BEFORE UPDATE OF is_indexed ON app_request
WHEN old.is_indexed = 1 AND new.is_indexed = 0 BEGIN
    INSERT INTO app_request_fts (app_request_fts, rowid, question, answer)
        VALUES ('delete', old.serial, old.question, old.answer);
END;

CREATE TRIGGER app_request_fts_delete BEFORE DELETE ON app_request
WHEN old.is_indexed = 1 BEGIN
    INSERT INTO app_request_fts (app_request_fts, rowid, question, answer)
        VALUES ('delete', old.serial, old.question, old.answer);
END;
