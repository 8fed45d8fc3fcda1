-- Pairs of rows that may be one person's, and what people said of them.
--
-- A pair is known by its rows, the smaller list and number first: what people said outlives
-- examinations for as long as the lists stand. Nothing here tells what a row says.
--
-- Times are microseconds since 1970 UTC. NULL means unknown.

-- A pair that an examination was not sure of, or that chance has picked.
CREATE TABLE card_pair (
    -- By which examination; the newest that is done counts.
    run BIGINT NOT NULL,
    -- The rows.
    list_a BIGINT NOT NULL,
    number_a BIGINT NOT NULL,
    list_b BIGINT NOT NULL,
    number_b BIGINT NOT NULL,
    -- How probable it is that both are one person's.
    same DOUBLE PRECISION NOT NULL,
    -- Why people are asked: grey, refused or sample.
    kind TEXT NOT NULL,
    -- Of which band it is a random sample, from zero. NULL: it is none.
    band BIGINT,
    -- Whether the examination took both for one person.
    joined BIGINT NOT NULL,
    -- Whether a payment hangs on it: a family of either is on the running list.
    pays BIGINT NOT NULL,
    -- Where each row lies; empty where no area is known.
    area_a TEXT NOT NULL,
    area_b TEXT NOT NULL,
    -- JSON: what each field says in levels and bits, and what else the pair may be. No value
    -- of a row.
    why TEXT NOT NULL,
    PRIMARY KEY (run, list_a, number_a, list_b, number_b)
);

-- How many pairs of each band an examination has compared, and how many of these it joined.
CREATE TABLE card_band (
    -- By which examination, and which band, from zero.
    run BIGINT NOT NULL,
    band BIGINT NOT NULL,
    -- How many.
    pairs BIGINT NOT NULL,
    joined BIGINT NOT NULL,
    PRIMARY KEY (run, band)
);

-- What one person said of a pair; what he said before is in the audit.
CREATE TABLE card_word (
    -- Of which pair,
    list_a BIGINT NOT NULL,
    number_a BIGINT NOT NULL,
    list_b BIGINT NOT NULL,
    number_b BIGINT NOT NULL,
    -- who,
    by_person BYTEA NOT NULL,
    -- what: same, different or unsure,
    answer TEXT NOT NULL,
    -- whether a payment hung on it then,
    pays BIGINT NOT NULL,
    -- and when.
    at_us BIGINT NOT NULL,
    PRIMARY KEY (list_a, number_a, list_b, number_b, by_person)
);
