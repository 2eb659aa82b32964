-- Never edit this file once a version with it is out: write the next one.

-- No CHECK on the word: a purpose is added in code alone.
ALTER TABLE run ADD COLUMN purpose TEXT NOT NULL DEFAULT 'answer';
-- The app of the gateway that asked.
ALTER TABLE run ADD COLUMN app TEXT;
-- What a budget changed about it, in one sentence.
ALTER TABLE run ADD COLUMN budget_note TEXT;
-- Its conversation, kept when that is gone: what was spent there stays spent there.
ALTER TABLE run ADD COLUMN spent_in BLOB;
-- What is known of the cost of its settled attempts, so that the dearest runs are found by an index.
ALTER TABLE run ADD COLUMN known_amount INTEGER NOT NULL DEFAULT 0;

-- The day on the person's calendar, as 20261125, settled when the attempt begins.
ALTER TABLE attempt ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
-- The most that it could cost, held from before it was sent until it is settled.
ALTER TABLE attempt ADD COLUMN reserved_amount INTEGER;
-- The same tokens at the rates of this row, beside what the provider said.
ALTER TABLE attempt ADD COLUMN computed_amount INTEGER;
-- The same tokens by the list of the model's maker, and which list.
ALTER TABLE attempt ADD COLUMN list_amount INTEGER;
ALTER TABLE attempt ADD COLUMN list_tag TEXT CHECK (list_tag IS NULL OR json_valid(list_tag));
ALTER TABLE attempt ADD COLUMN model_key TEXT;
-- What caches saved against reading all afresh; below zero where writing to them cost more.
ALTER TABLE attempt ADD COLUMN cache_saved INTEGER;
ALTER TABLE attempt ADD COLUMN answer_words INTEGER;

UPDATE attempt SET
    day = coalesce(CAST(strftime('%Y%m%d', started_at / 1000, 'unixepoch', 'localtime') AS INTEGER),
        19700101),
    computed_amount = CASE WHEN cost_kind IN ('computed', 'estimated') THEN cost_amount END;

UPDATE run SET spent_in = conversation;

-- Few runs have one; a budget of a chat adds theirs up.
CREATE INDEX run_by_place ON run (spent_in) WHERE spent_in IS NOT NULL;
CREATE INDEX run_by_cost ON run (known_amount DESC, started_at DESC, id);
CREATE INDEX attempt_by_day ON attempt (day, provider, model);
-- Rows from before this version, until their model and list price are filled in. Then it is empty.
CREATE INDEX attempt_without_model ON attempt (id) WHERE model_key IS NULL;

-- Sums of settled attempts. Kept in the transaction that settles an attempt, and equal to the sums
-- over `attempt` at any time: a test compares them. Empty words stand for what there is not, since a
-- primary key takes no NULL.
CREATE TABLE spend_day (
    day             INTEGER NOT NULL,
    provider        TEXT    NOT NULL,
    model           TEXT    NOT NULL,
    model_key       TEXT    NOT NULL,
    key_id          TEXT    NOT NULL,
    origin          TEXT    NOT NULL,
    purpose         TEXT    NOT NULL,
    app             TEXT    NOT NULL,
    cost_kind       TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    first_tries     INTEGER NOT NULL,
    second_tries    INTEGER NOT NULL,
    answered        INTEGER NOT NULL,
    failed          INTEGER NOT NULL,
    known           INTEGER NOT NULL,
    wasted          INTEGER NOT NULL,
    -- Where the maker's list price is known too.
    compared        INTEGER NOT NULL,
    compared_paid   INTEGER NOT NULL,
    compared_list   INTEGER NOT NULL,
    -- Where the provider said what it charged, and its list says what it should have.
    billed          INTEGER NOT NULL,
    billed_paid     INTEGER NOT NULL,
    billed_computed INTEGER NOT NULL,
    cache_saved     INTEGER NOT NULL,
    words           INTEGER NOT NULL,
    words_paid      INTEGER NOT NULL,
    counted         INTEGER NOT NULL,
    input           INTEGER NOT NULL,
    cache_read      INTEGER NOT NULL,
    cache_write     INTEGER NOT NULL,
    output          INTEGER NOT NULL,
    reasoning       INTEGER NOT NULL,
    media           INTEGER NOT NULL,
    web_searches    INTEGER NOT NULL,
    PRIMARY KEY (day, provider, model, model_key, key_id, origin, purpose, app, cost_kind)
) STRICT, WITHOUT ROWID;

-- The same by conversation, which would make the other table as long as the history.
CREATE TABLE spend_conversation (
    day             INTEGER NOT NULL,
    conversation    BLOB    NOT NULL,
    cost_kind       TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    first_tries     INTEGER NOT NULL,
    second_tries    INTEGER NOT NULL,
    answered        INTEGER NOT NULL,
    failed          INTEGER NOT NULL,
    known           INTEGER NOT NULL,
    wasted          INTEGER NOT NULL,
    compared        INTEGER NOT NULL,
    compared_paid   INTEGER NOT NULL,
    compared_list   INTEGER NOT NULL,
    billed          INTEGER NOT NULL,
    billed_paid     INTEGER NOT NULL,
    billed_computed INTEGER NOT NULL,
    cache_saved     INTEGER NOT NULL,
    words           INTEGER NOT NULL,
    words_paid      INTEGER NOT NULL,
    counted         INTEGER NOT NULL,
    input           INTEGER NOT NULL,
    cache_read      INTEGER NOT NULL,
    cache_write     INTEGER NOT NULL,
    output          INTEGER NOT NULL,
    reasoning       INTEGER NOT NULL,
    media           INTEGER NOT NULL,
    web_searches    INTEGER NOT NULL,
    PRIMARY KEY (day, conversation, cost_kind)
) STRICT, WITHOUT ROWID;

-- The same by one thing at a time, which is what charts ask: of a year the table above may have a
-- hundred thousand rows, a slice of this one a few thousand. 'all', 'provider', 'model', 'endpoint',
-- 'origin', 'purpose', 'app' and 'key'.
CREATE TABLE spend_slice (
    slice           TEXT    NOT NULL,
    day             INTEGER NOT NULL,
    key             TEXT    NOT NULL,
    detail          TEXT    NOT NULL,
    cost_kind       TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    first_tries     INTEGER NOT NULL,
    second_tries    INTEGER NOT NULL,
    answered        INTEGER NOT NULL,
    failed          INTEGER NOT NULL,
    known           INTEGER NOT NULL,
    wasted          INTEGER NOT NULL,
    compared        INTEGER NOT NULL,
    compared_paid   INTEGER NOT NULL,
    compared_list   INTEGER NOT NULL,
    billed          INTEGER NOT NULL,
    billed_paid     INTEGER NOT NULL,
    billed_computed INTEGER NOT NULL,
    cache_saved     INTEGER NOT NULL,
    words           INTEGER NOT NULL,
    words_paid      INTEGER NOT NULL,
    counted         INTEGER NOT NULL,
    input           INTEGER NOT NULL,
    cache_read      INTEGER NOT NULL,
    cache_write     INTEGER NOT NULL,
    output          INTEGER NOT NULL,
    reasoning       INTEGER NOT NULL,
    media           INTEGER NOT NULL,
    web_searches    INTEGER NOT NULL,
    PRIMARY KEY (slice, day, key, detail, cost_kind)
) STRICT, WITHOUT ROWID;

-- One settled attempt as the sums see it. What is absurd (beyond a hundred thousand dollars, or a
-- trillion tokens, for one request) counts as that much: a sum that overflows could not be kept.
CREATE VIEW spend_entry AS
SELECT attempt.id AS attempt, attempt.run AS run, run.spent_in AS conversation,
    attempt.day AS day, attempt.provider AS provider, attempt.model AS model,
    coalesce(attempt.model_key, '') AS model_key, coalesce(attempt.key_id, '') AS key_id,
    run.origin AS origin, run.purpose AS purpose, coalesce(run.app, '') AS app,
    attempt.cost_kind AS cost_kind,
    1 AS attempts,
    attempt.ordinal = 0 AS first_tries,
    attempt.ordinal = 1 AS second_tries,
    attempt.status = 'answered' AS answered,
    attempt.status = 'failed' AS failed,
    max(min(coalesce(cost_amount, 0), 100000000000000), -100000000000000) AS known,
    iif(attempt.status = 'answered', 0, max(min(coalesce(cost_amount, 0), 100000000000000), -100000000000000)) AS wasted,
    list_amount IS NOT NULL AND cost_amount IS NOT NULL AS compared,
    iif(list_amount IS NULL, 0, max(min(coalesce(cost_amount, 0), 100000000000000), -100000000000000)) AS compared_paid,
    iif(cost_amount IS NULL, 0, max(min(coalesce(list_amount, 0), 100000000000000), -100000000000000)) AS compared_list,
    reported_cost IS NOT NULL AND computed_amount IS NOT NULL AS billed,
    iif(computed_amount IS NULL, 0, max(min(coalesce(reported_cost, 0), 100000000000000), -100000000000000)) AS billed_paid,
    iif(reported_cost IS NULL, 0, max(min(coalesce(computed_amount, 0), 100000000000000), -100000000000000)) AS billed_computed,
    max(min(coalesce(cache_saved, 0), 100000000000000), -100000000000000) AS cache_saved,
    min(coalesce(answer_words, 0), 1000000000000) AS words,
    iif(answer_words IS NULL, 0, max(min(coalesce(cost_amount, 0), 100000000000000), -100000000000000)) AS words_paid,
    input_tokens IS NOT NULL AS counted,
    min(coalesce(input_tokens, 0), 1000000000000) AS input,
    min(coalesce(cache_read_tokens, 0), 1000000000000) AS cache_read,
    min(coalesce(cache_write_tokens, 0), 1000000000000)
        + min(coalesce(cache_write_long_tokens, 0), 1000000000000) AS cache_write,
    min(coalesce(output_tokens, 0), 1000000000000) AS output,
    min(coalesce(reasoning_tokens, 0), 1000000000000) AS reasoning,
    min(coalesce(audio_input_tokens, 0), 1000000000000)
        + min(coalesce(audio_cache_read_tokens, 0), 1000000000000)
        + min(coalesce(image_input_tokens, 0), 1000000000000)
        + min(coalesce(audio_output_tokens, 0), 1000000000000)
        + min(coalesce(image_output_tokens, 0), 1000000000000) AS media,
    min(coalesce(web_searches, 0), 1000000000000) AS web_searches
FROM attempt JOIN run ON run.id = attempt.run
WHERE attempt.status <> 'running';

-- The same, once for each slice.
CREATE VIEW spend_slice_entry AS
SELECT slices.column1 AS slice, spend_entry.*,
    CASE slices.column1
        WHEN 'provider' THEN provider
        WHEN 'model' THEN iif(model_key = '', provider || '/' || model, model_key)
        WHEN 'endpoint' THEN provider
        WHEN 'origin' THEN origin
        WHEN 'purpose' THEN purpose
        WHEN 'app' THEN app
        WHEN 'key' THEN provider
        ELSE ''
    END AS key,
    CASE slices.column1 WHEN 'endpoint' THEN model WHEN 'key' THEN key_id ELSE '' END AS detail
FROM spend_entry CROSS JOIN (VALUES ('all'), ('provider'), ('model'), ('endpoint'), ('origin'),
    ('purpose'), ('app'), ('key')) AS slices;

UPDATE run SET known_amount = coalesce(
    (SELECT sum(known) FROM spend_entry WHERE spend_entry.run = run.id), 0);

INSERT INTO spend_day
SELECT day, provider, model, model_key, key_id, origin, purpose, app, cost_kind,
    sum(attempts), sum(first_tries), sum(second_tries), sum(answered), sum(failed), sum(known),
    sum(wasted), sum(compared), sum(compared_paid), sum(compared_list), sum(billed), sum(billed_paid), sum(billed_computed),
    sum(cache_saved), sum(words), sum(words_paid), sum(counted), sum(input), sum(cache_read),
    sum(cache_write), sum(output), sum(reasoning), sum(media), sum(web_searches)
FROM spend_entry
GROUP BY day, provider, model, model_key, key_id, origin, purpose, app, cost_kind;

INSERT INTO spend_conversation
SELECT day, conversation, cost_kind,
    sum(attempts), sum(first_tries), sum(second_tries), sum(answered), sum(failed), sum(known),
    sum(wasted), sum(compared), sum(compared_paid), sum(compared_list), sum(billed), sum(billed_paid), sum(billed_computed),
    sum(cache_saved), sum(words), sum(words_paid), sum(counted), sum(input), sum(cache_read),
    sum(cache_write), sum(output), sum(reasoning), sum(media), sum(web_searches)
FROM spend_entry
WHERE conversation IS NOT NULL
GROUP BY day, conversation, cost_kind;

INSERT INTO spend_slice
SELECT slice, day, key, detail, cost_kind,
    sum(attempts), sum(first_tries), sum(second_tries), sum(answered), sum(failed), sum(known),
    sum(wasted), sum(compared), sum(compared_paid), sum(compared_list), sum(billed), sum(billed_paid), sum(billed_computed),
    sum(cache_saved), sum(words), sum(words_paid), sum(counted), sum(input), sum(cache_read),
    sum(cache_write), sum(output), sum(reasoning), sum(media), sum(web_searches)
FROM spend_slice_entry
GROUP BY slice, day, key, detail, cost_kind;

CREATE TABLE budget (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;

-- What providers said was left, each time that they said so. No reference to the key: what was spent
-- with it is reconciled after it is gone.
CREATE TABLE balance_reading (
    provider TEXT    NOT NULL,
    key_id   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    balance  TEXT    NOT NULL CHECK (json_valid(balance)),
    PRIMARY KEY (provider, key_id, at)
) STRICT, WITHOUT ROWID;

INSERT INTO balance_reading (provider, key_id, at, balance)
    SELECT provider, key_id, fetched_at, balance FROM key_balance WHERE balance IS NOT NULL;

-- What a provider says that it billed, as read from its file.
CREATE TABLE usage_import (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    provider   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    body       TEXT    NOT NULL CHECK (json_valid(body)),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes of what history cost. Every attempt that was priced again keeps what stood there before.
CREATE TABLE spend_audit (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    at            INTEGER NOT NULL,
    words         TEXT    NOT NULL,
    changed       INTEGER NOT NULL,
    before_amount INTEGER NOT NULL,
    after_amount  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt_repriced (
    audit         BLOB    NOT NULL REFERENCES spend_audit (id),
    attempt       BLOB    NOT NULL REFERENCES attempt (id),
    before_amount INTEGER,
    before_kind   TEXT    NOT NULL,
    before_rates  TEXT,
    after_amount  INTEGER,
    after_kind    TEXT    NOT NULL,
    PRIMARY KEY (audit, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX attempt_repriced_by_attempt ON attempt_repriced (attempt);

CREATE TRIGGER spend_audit_is_not_rewritten BEFORE UPDATE ON spend_audit BEGIN
    SELECT raise(ABORT, 'audit lines are added and never changed');
END;

CREATE TRIGGER spend_audit_is_not_shortened BEFORE DELETE ON spend_audit BEGIN
    SELECT raise(ABORT, 'audit lines are added and never removed');
END;
