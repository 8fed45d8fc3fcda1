-- Who should receive: programmes as rules, numbered lists that people adopted, and what
-- was said against them.
--
-- What an examination knows lies sealed as one file (card_run.facts_blob), under a key of
-- its own. A list names the examination that it was judged by, and keeps that file: whoever
-- has both can judge it again. In the clear stand ids made by chance, areas and verdicts.
--
-- Times are microseconds since 1970 UTC, days ISO dates. NULL means unknown.

-- What an examination knows of families and persons, sealed, and the key of that, wrapped by
-- the vault (table card_run, row its number, column facts). Both NULL where it is not kept:
-- of examinations that a newer one has taken the place of and no list was judged by.
ALTER TABLE card_run ADD COLUMN facts_blob TEXT;
ALTER TABLE card_run ADD COLUMN facts_key BYTEA;

-- A programme as somebody wrote it. Rows are never changed: a change is a version more.
CREATE TABLE card_programme (
    -- What it is called in addresses and files, and which version, from one.
    slug TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- The whole of it, TOML, and its SHA-256 in hexadecimal.
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- Why this version.
    note TEXT,
    by_person BYTEA NOT NULL,
    added_us BIGINT NOT NULL,
    PRIMARY KEY (slug, version)
);

-- A list of who receives: at first a draft, in the end adopted or dropped.
CREATE TABLE card_decision (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- By which rules,
    slug TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- by what which examination knew,
    run BIGINT NOT NULL,
    -- on which day, by which ages go,
    on_day TEXT NOT NULL,
    -- and beside whom: the adopted list before it. NULL: the running list.
    baseline BIGINT,
    -- draft, writing (it is being adopted), adopted or dropped.
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    by_person BYTEA NOT NULL,
    began_us BIGINT NOT NULL,
    -- JSON: how many of each, and their money. NULL while it is a draft.
    result TEXT,
    -- JSON: number and day of the decree, and who signs it. NULL while it is a draft.
    decree TEXT,
    -- SHA-256 of its cover, in hexadecimal: the lines that card_part holds.
    sha256 TEXT,
    adopted_by BYTEA,
    adopted_us BIGINT,
    -- Until then nothing that it rests on is taken away.
    keep_until_us BIGINT
);
CREATE INDEX card_decision_slug ON card_decision (slug, state, number);

-- What somebody has decided about a group of those who receive and would not any more.
CREATE TABLE card_ruling (
    -- Of which list, and the group: the rule, and fails or unknown.
    decision BIGINT NOT NULL,
    grouped TEXT NOT NULL,
    -- remove or hold.
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (decision, grouped)
);

-- What somebody has decided about one family or person in a programme, whatever its rules say.
CREATE TABLE card_exception (
    -- Which one, Id<Exception>.
    id BYTEA NOT NULL PRIMARY KEY,
    -- In which programme, about whom: the id of a family or person.
    slug TEXT NOT NULL,
    subject BYTEA NOT NULL,
    -- Where that lives.
    area_code TEXT,
    -- include or exclude.
    answer TEXT NOT NULL,
    -- Why, sealed under the vault (row the printed id, column reason): it may name people.
    reason BYTEA NOT NULL,
    -- The objection that it follows from. NULL: none.
    objection BYTEA,
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- From then on it counts no more. NULL: it counts.
    ended_us BIGINT
);
CREATE INDEX card_exception_slug ON card_exception (slug, subject);

-- Whom an adopted list is about: all that it includes or holds, all of whom it is not known,
-- all who received before, and all about whom somebody decided. Whoever is not here was
-- excluded by the rules and did not receive.
CREATE TABLE card_judged (
    -- Which list, and whom: the id of a family or person.
    decision BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    -- The number on the annex. NULL for those who are not on it.
    place BIGINT,
    -- Where they live; empty where no area is known.
    area_code TEXT NOT NULL,
    -- included, held, excluded or unknown.
    verdict TEXT NOT NULL,
    -- Who decided: rules, group or person.
    decided_by TEXT NOT NULL,
    -- included, excluded or unknown: where they stood on the list before.
    was TEXT NOT NULL,
    -- The rule that speaks against them, or is unknown, and which of both (fails, unknown).
    -- NULL for none.
    rule TEXT,
    truth TEXT,
    -- The row under which they are on the annex.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (decision, subject)
);
CREATE INDEX card_judged_area ON card_judged (decision, area_code, subject);
CREATE INDEX card_judged_subject ON card_judged (subject, decision);

-- A village's part of the annex of an adopted list.
CREATE TABLE card_part (
    -- Of which list; the village, empty where none is known.
    decision BIGINT NOT NULL,
    area_code TEXT NOT NULL,
    -- How many stand on it, and what they get in a cycle. NULL: what one gets is not known.
    rows BIGINT NOT NULL,
    rupiah BIGINT,
    -- SHA-256 of its lines, in hexadecimal.
    sha256 TEXT NOT NULL,
    PRIMARY KEY (decision, area_code)
);

-- What somebody says against where he stands on an adopted list (sanggah).
CREATE TABLE card_objection (
    -- Which one, Id<Objection>, and the number that people say.
    id BYTEA NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    -- Against which list, about whom.
    decision BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    -- Where that lives.
    area_code TEXT,
    -- open, accepted or rejected.
    state TEXT NOT NULL,
    -- What is asked for: include or exclude.
    wants TEXT NOT NULL,
    -- Who objects and on what ground, sealed under a key of its own (associated data:
    -- card_objection and the id); the key wrapped by the vault (column key).
    sealed BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    -- Who wrote it down, and until when it is to be answered.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    -- Who answered, when, and with which reason (sealed as the ground is).
    answered_by BYTEA,
    answered_us BIGINT,
    answer BYTEA
);
CREATE INDEX card_objection_state ON card_objection (state, number);
CREATE INDEX card_objection_subject ON card_objection (subject, number);
