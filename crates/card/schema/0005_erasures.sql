-- What is destroyed of people: by a decree about one of them, and by the terms of the house.
--
-- Nothing here tells who it was: ids that were made by chance, and numbers of lists and rows.
--
-- Times are microseconds since 1970 UTC, days ISO dates. NULL means unknown.

-- A family or person of whom all rows are to be destroyed, or were.
CREATE TABLE card_erasure (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- Whom: family or person, and the id.
    about TEXT NOT NULL,
    subject BYTEA NOT NULL,
    -- proposed, done or dropped.
    state TEXT NOT NULL,
    -- How many rows it is about.
    rows BIGINT NOT NULL,
    -- By which decree: its number and day.
    decree TEXT NOT NULL,
    decree_day TEXT NOT NULL,
    -- The number of the request that it follows from. NULL: none.
    request BIGINT,
    -- Why, sealed under a key of its own (associated data: card_erasure and the number), and
    -- that key, wrapped by the vault (column key). Both empty once it is done or dropped.
    reason BYTEA NOT NULL,
    reason_key BYTEA NOT NULL,
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- Who has confirmed it, and when it was done.
    confirmed_by BYTEA,
    confirmed_us BIGINT,
    -- JSON: what was destroyed and what stays; and the SHA-256 of that text, in hexadecimal.
    record TEXT,
    sha256 TEXT
);
CREATE INDEX card_erasure_state ON card_erasure (state, number);

-- Files whose keys are destroyed, until they are off the disk: a start goes on with them.
CREATE TABLE card_gone (
    -- The SHA-256 that is the name of the file.
    blob TEXT NOT NULL PRIMARY KEY,
    -- Since when.
    at_us BIGINT NOT NULL
);

-- How long something is kept, where somebody has said otherwise than the house does.
CREATE TABLE card_term (
    -- What: list_rows and so on.
    what TEXT NOT NULL PRIMARY KEY,
    -- So many days.
    days BIGINT NOT NULL,
    -- Why. It is about the term and about nobody.
    reason TEXT NOT NULL,
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL
);

-- The last time that a term was enforced; those before are in the audit.
CREATE TABLE card_term_run (
    -- Which term.
    what TEXT NOT NULL PRIMARY KEY,
    -- When.
    at_us BIGINT NOT NULL,
    -- How much was destroyed then,
    destroyed BIGINT NOT NULL,
    -- how much of what is past its term was held,
    held BIGINT NOT NULL,
    -- and when the first of it will not be any more. NULL: nothing is held, or until somebody
    -- answers.
    until_us BIGINT
);

-- Since when a list counts no more: it was withdrawn, or another has taken its place. NULL:
-- it counts.
ALTER TABLE card_list ADD COLUMN ended_us BIGINT;
-- Whatever of its rows is past its term is held; from then on it is looked at again.
ALTER TABLE card_list ADD COLUMN look_us BIGINT;
