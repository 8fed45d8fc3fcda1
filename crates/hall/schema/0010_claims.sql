-- What somebody has said: claims, each with its source, the day whose state it
-- tells and what its words mean.
--
-- Invariants
--   1. A claim is never changed and never deleted. One that is not to count any more
--      has a row in hall_claim_withdrawal, which says who, when and why; before that
--      moment it counted, and a question about then goes on seeing it.
--   2. Two times: as_of is the day that it tells of, recorded_us is when the house
--      learned it.
--   3. Where a claim lies, as rights see it, is the area of its subject when it was
--      recorded.
--
-- Days are ISO dates (YYYY-MM-DD) of the house's own zone.

-- One value that somebody has stated about one thing.
CREATE TABLE hall_claim (
    -- Which one, Id<Claim>.
    id BYTEA NOT NULL PRIMARY KEY,
    -- What it is about: village point project indicator camera, and which one of
    -- those: an area code, a printed id, or a key of the room that owns it.
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- Where the subject lies.
    area_code TEXT NOT NULL REFERENCES hall_area (code),
    -- What is said of it: a word of the room that owns the property.
    property TEXT NOT NULL,
    -- flag whole word day, and the value written so: ya or tidak, digits, the word,
    -- an ISO date.
    value_kind TEXT NOT NULL,
    value TEXT NOT NULL,
    -- Who says so, and in which row of the file. NULL: not by row.
    source_id BYTEA NOT NULL REFERENCES hall_source (id),
    source_row BIGINT,
    -- The day whose state it tells.
    as_of TEXT NOT NULL,
    -- What its words mean, where that is not what the source says of all of them.
    definition TEXT,
    -- When the house learned it, and by whose hand (Id<Person>).
    recorded_us BIGINT NOT NULL,
    recorded_by BYTEA NOT NULL
);
CREATE INDEX hall_claim_subject ON hall_claim (subject_kind, subject, property);
CREATE INDEX hall_claim_source ON hall_claim (source_id);
CREATE INDEX hall_claim_area ON hall_claim (area_code);

-- Claims that do not count any more, from a moment on.
CREATE TABLE hall_claim_withdrawal (
    -- Which claim; once.
    claim_id BYTEA NOT NULL PRIMARY KEY REFERENCES hall_claim (id),
    -- When, by whom (Id<Person>) and why.
    at_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL,
    why TEXT NOT NULL
);
