-- Photographs of families and of what belongs to them.
--
-- The picture itself is no part of the database: it lies sealed in a file named by the hash of
-- what is sealed. No number is taken of a face, here or anywhere.
--
-- Times are microseconds since 1970 UTC, days ISO dates. NULL means unknown, or that there is none.

CREATE TABLE card_photo (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- Of which family it was taken, and of whom of it; NULL: of the family. Both as they were
    -- called on that day: whoever was found to be another one since is asked for by rows.
    family BYTEA NOT NULL,
    person BYTEA,
    -- house, person or paper.
    kind TEXT NOT NULL,
    -- What it was taken for: verification, sample, objection or request; and the number of
    -- that, NULL of a verification.
    taken_for TEXT NOT NULL,
    taken_in BIGINT,
    -- When it was taken, as whoever sent it says; its term counts from then.
    taken_us BIGINT NOT NULL,
    -- Who sent it, and when it was kept.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- What is kept: pixels, and octets of JPEG.
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    octets BIGINT NOT NULL,
    -- What the same file that is sent again has in common: a keyed hash. NULL once it is
    -- destroyed.
    same BYTEA,
    -- 16 octets, made by chance and time, that the file was sealed for.
    file BYTEA NOT NULL,
    -- The SHA-256 that is the name of the sealed file (associated data: card_photo, what is
    -- printed of file, and photo); its key, wrapped by the vault (row that, column key). Once it is
    -- destroyed NULL, and empty.
    blob TEXT,
    wrapped BYTEA NOT NULL,
    -- When it was destroyed, by whom (NULL: by the house), and why: wrong, unclear, replaced,
    -- asked, term, erasure or lost (its key came
    -- back with no backup).
    ended_us BIGINT,
    ended_by BYTEA,
    ended_why TEXT,
    -- By which decree, where it was held: its number and day.
    decree TEXT,
    decree_day TEXT
);
CREATE INDEX card_photo_family ON card_photo (family, number);
CREATE INDEX card_photo_person ON card_photo (person, number);
-- The same file is one photograph of a family, however often it is sent.
CREATE UNIQUE INDEX card_photo_same ON card_photo (family, same);
