-- Televisions on walls, each paired once by a code that was shown on it and typed by a
-- person.
--
-- A screen is a person of its own with one grant of the role layar and no way in: what it
-- has is the session of its browser. Its name and its place stand in hall_person. Codes
-- that nobody has typed are held in memory and nowhere else.

CREATE TABLE hall_screen (
    -- Which one, and as whom it is here.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- What it shows: a path of this house with its query.
    shows TEXT NOT NULL,
    -- SHA-256 of the key that only its browser has, and when that was exchanged for a
    -- session, which happens once. NULL: not yet.
    key_hash BYTEA NOT NULL,
    taken_us BIGINT,
    -- Where it came from last. NULL: not known, or never here.
    address TEXT,
    -- Who has typed its code, and when.
    paired_us BIGINT NOT NULL,
    paired_by BYTEA NOT NULL REFERENCES hall_person (id),
    changed_us BIGINT NOT NULL,
    -- Who has taken it off. NULL: it may still show something.
    revoked_us BIGINT,
    revoked_by BYTEA REFERENCES hall_person (id)
);
CREATE UNIQUE INDEX hall_screen_key ON hall_screen (key_hash);
CREATE UNIQUE INDEX hall_screen_person ON hall_screen (person_id);
