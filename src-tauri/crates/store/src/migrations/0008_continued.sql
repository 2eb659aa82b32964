-- Never edit this file once a version with it is out: write the next one.

-- What another request needs that goes on from this one: whether its first system turn were
-- instructions, which hold for one answer alone, and the thinking that its format wants back.
ALTER TABLE app_request ADD COLUMN has_instructions INTEGER NOT NULL DEFAULT 0
    CHECK (has_instructions IN (0, 1));
ALTER TABLE app_request ADD COLUMN thinking TEXT CHECK (thinking IS NULL OR json_valid(thinking));
