-- Which cameras may be heard (UU 27/2022 art. 17), and who has heard them.
--
-- Invariants
--   1. A camera without a row may not be heard, and nothing asks it for its sound.
--   2. Switched on, a row says what for and by which right; the constraint holds
--      whatever a program writes.

-- Whether a camera may be heard, beside its legal card.
CREATE TABLE watch_sound (
    camera_id  BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_camera (id), -- which
    switched   BIGINT NOT NULL,  -- 1: it may be heard; 0: it may not
    purpose    TEXT   NOT NULL,  -- what for; empty only while it may not be heard
    basis      TEXT   NOT NULL,  -- the regulation or decree; empty only while it may not be heard
    person_id  BYTEA,            -- Id<Person>, who wrote this; empty when the house did itself
    changed_us BIGINT NOT NULL,  -- when it was written
    CHECK (switched = 0 OR (purpose <> '' AND basis <> ''))
);

-- 1: sound was sent, 0: none was; empty while it lasts and after a crash.
ALTER TABLE watch_viewing ADD COLUMN sound BIGINT;
