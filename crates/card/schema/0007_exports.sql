-- Why a list was not adopted, how many of its families have no head, and annexes as a whole.
--
-- Times are microseconds since 1970 UTC. NULL means unknown.

-- How many families receive by an adopted list of which nobody is known as a head. NULL where
-- its rules let in no such family, or judge persons, or nobody counted.
ALTER TABLE card_decision ADD COLUMN headless BIGINT;
-- Why the last adoption came to nothing (the slug of a problem), and when. NULL where it did
-- not, or was begun again.
ALTER TABLE card_decision ADD COLUMN failure TEXT;
ALTER TABLE card_decision ADD COLUMN failed_us BIGINT;

-- Somebody asks for the annex of an adopted list as a whole: another person grants it, and
-- whoever asked takes it within a day.
CREATE TABLE card_export (
    -- Counts up from one: each line that is handed out names it.
    number BIGINT NOT NULL PRIMARY KEY,
    -- Of which list, and how many rows that has.
    decision BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    -- asked, granted or refused.
    state TEXT NOT NULL,
    -- What for, sealed under the vault (row the number, column purpose).
    purpose BYTEA NOT NULL,
    -- Who asked, and when.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- Who granted or refused it, and when. NULL while nobody did.
    answered_by BYTEA,
    answered_us BIGINT,
    -- Before that it can be taken. NULL unless it was granted.
    until_us BIGINT,
    -- How often it was taken, and when last.
    taken BIGINT NOT NULL,
    taken_us BIGINT
);
CREATE INDEX card_export_decision ON card_export (decision, number);
