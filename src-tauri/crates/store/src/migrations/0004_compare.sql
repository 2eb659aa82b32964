-- Never edit this file once a version with it is out: write the next one.

-- What a person sets up.
CREATE TABLE comparison (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT    NOT NULL,
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX comparison_by_update ON comparison (updated_at DESC, id DESC) WHERE deleted_at IS NULL;

-- One execution of it, with the definition as it was then.
CREATE TABLE comparison_round (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    comparison BLOB    NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    -- 'running' is nobody's after a crash: the next start makes it 'paused'.
    state      TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'done')),
    -- Why it is paused; no CHECK on the word, since reasons are added in code alone.
    reason     TEXT,
    -- What it was thought to cost before it began; NULL where a price was not known.
    estimate   INTEGER,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    UNIQUE (comparison, ordinal),
    CHECK ((state = 'done') = (ended_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX comparison_round_running ON comparison_round (state) WHERE state = 'running';

-- The conversations that a round's answers are kept in. They stand in no list of chats; one that is
-- gone on with is copied to where chats are.
ALTER TABLE conversation ADD COLUMN round BLOB REFERENCES comparison_round (id) ON DELETE CASCADE;

CREATE INDEX conversation_by_round ON conversation (round) WHERE round IS NOT NULL;

DROP INDEX conversation_by_update;
CREATE INDEX conversation_by_update ON conversation (updated_at DESC, id DESC)
    WHERE deleted_at IS NULL AND round IS NULL;

-- Where a cell stands follows from its run, which is written in the same transaction: one without a
-- run waits.
CREATE TABLE comparison_cell (
    round        BLOB    NOT NULL REFERENCES comparison_round (id) ON DELETE CASCADE,
    case_index   INTEGER NOT NULL,
    repeat_index INTEGER NOT NULL,
    column_index INTEGER NOT NULL,
    conversation BLOB    REFERENCES conversation (id) ON DELETE SET NULL,
    run          BLOB    REFERENCES run (id),
    -- Why it could not even be begun.
    problem      TEXT,
    -- What the checks found in the answer of `run`; NULL until they were carried out.
    checks       TEXT    CHECK (checks IS NULL OR json_valid(checks)),
    PRIMARY KEY (round, case_index, repeat_index, column_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX comparison_cell_by_conversation ON comparison_cell (conversation);
CREATE INDEX comparison_cell_by_run ON comparison_cell (run);

-- Votes outlive the answers that they are about, since rankings are made of them.
CREATE TABLE vote (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    round        BLOB    REFERENCES comparison_round (id) ON DELETE SET NULL,
    case_index   INTEGER NOT NULL,
    repeat_index INTEGER NOT NULL,
    -- 'me', or the model that judged.
    voter        TEXT    NOT NULL,
    body         TEXT    NOT NULL CHECK (json_valid(body)),
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX vote_by_case ON vote (round, case_index, repeat_index, voter)
    WHERE round IS NOT NULL;

-- One answer made of several, by a model or by hand.
CREATE TABLE merged_answer (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    round        BLOB    NOT NULL REFERENCES comparison_round (id) ON DELETE CASCADE,
    case_index   INTEGER NOT NULL,
    repeat_index INTEGER NOT NULL,
    -- No CHECK on the word: a kind is added in code alone.
    kind         TEXT    NOT NULL,
    -- What it is made of, for one that was made by hand.
    parts        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(parts)),
    text         TEXT,
    -- Where a model wrote it.
    conversation BLOB    REFERENCES conversation (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    CHECK ((text IS NULL) = (conversation IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX merged_answer_by_case ON merged_answer (round, case_index, repeat_index);
CREATE INDEX merged_answer_by_conversation ON merged_answer (conversation);
