-- Never edit this file once a version with it is out: write the next one.

-- The day on the person's calendar of a run that failed and asked nobody, or that a budget stopped.
-- Attempts carry their day themselves; what was never asked has none.
ALTER TABLE run ADD COLUMN refused_day INTEGER;

UPDATE run SET refused_day =
    coalesce(CAST(strftime('%Y%m%d', started_at / 1000, 'unixepoch', 'localtime') AS INTEGER), 19700101)
WHERE status = 'failed' AND (failure_class = 'over_budget'
    OR NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.run = run.id));

-- Few runs have one.
CREATE INDEX run_refused ON run (refused_day, failure_class) WHERE refused_day IS NOT NULL;

-- Pricing again is written in parts, so that it holds nobody up. Each part has its line; those of one
-- job are read as one, and a job without its last line was cut in the middle. Lines from before are
-- jobs of one part.
ALTER TABLE spend_audit ADD COLUMN job BLOB CHECK (job IS NULL OR length(job) = 16);
ALTER TABLE spend_audit ADD COLUMN is_last INTEGER NOT NULL DEFAULT 1 CHECK (is_last IN (0, 1));

-- The dearest chats of many days are found without reading every row of every day.
CREATE INDEX spend_conversation_by_place ON spend_conversation (conversation, day, known, attempts);

-- The slices that may have a hundred rows a day, by month too, under its first day: of a year, thirty
-- times fewer rows. The parts of a chart are read from whole months and the days at both ends.
DROP VIEW spend_slice_entry;
CREATE VIEW spend_slice_entry AS
SELECT slices.column1 AS slice, attempt,
    iif(slices.column3, day / 100 * 100 + 1, day) AS day,
    CASE slices.column2
        WHEN 'provider' THEN provider
        WHEN 'model' THEN iif(model_key = '', provider || '/' || model, model_key)
        WHEN 'endpoint' THEN provider
        WHEN 'origin' THEN origin
        WHEN 'purpose' THEN purpose
        WHEN 'app' THEN app
        WHEN 'key' THEN provider
        ELSE ''
    END AS key,
    CASE slices.column2 WHEN 'endpoint' THEN model WHEN 'key' THEN key_id ELSE '' END AS detail,
    cost_kind, attempts, first_tries, second_tries, answered, failed, known, wasted, compared,
    compared_paid, compared_list, billed, billed_paid, billed_computed, cache_saved, words,
    words_paid, counted, input, cache_read, cache_write, output, reasoning, media, web_searches
FROM spend_entry CROSS JOIN (VALUES ('all', 'all', 0), ('provider', 'provider', 0),
    ('model', 'model', 0), ('endpoint', 'endpoint', 0), ('origin', 'origin', 0),
    ('purpose', 'purpose', 0), ('app', 'app', 0), ('key', 'key', 0),
    ('provider_month', 'provider', 1), ('model_month', 'model', 1),
    ('endpoint_month', 'endpoint', 1), ('key_month', 'key', 1)) AS slices;

INSERT INTO spend_slice
SELECT slice || '_month', day / 100 * 100 + 1, key, detail, cost_kind,
    sum(attempts), sum(first_tries), sum(second_tries), sum(answered), sum(failed), sum(known),
    sum(wasted), sum(compared), sum(compared_paid), sum(compared_list), sum(billed), sum(billed_paid), sum(billed_computed),
    sum(cache_saved), sum(words), sum(words_paid), sum(counted), sum(input), sum(cache_read),
    sum(cache_write), sum(output), sum(reasoning), sum(media), sum(web_searches)
FROM spend_slice
WHERE slice IN ('provider', 'model', 'endpoint', 'key')
GROUP BY 1, 2, 3, 4, 5;
