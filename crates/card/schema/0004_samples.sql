-- How well an adopted list meets whom it is for: probability samples that people visit.
--
-- A sample is drawn from everybody whom the examination of a list knows, by a seed that
-- follows from the hash of the list, and can be drawn again. Villages are drawn first, then
-- in each some who receive and some who do not. Nothing here names anybody: a visit keeps
-- the row by which its sheet is opened.
--
-- Times are microseconds since 1970 UTC. NULL means unknown.

-- A sample that was drawn.
CREATE TABLE card_sample (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- Of which adopted list.
    decision BIGINT NOT NULL,
    -- open (people visit), closed (nothing is changed any more) or dropped.
    state TEXT NOT NULL,
    -- By what whoever visits judges.
    reference TEXT NOT NULL,
    -- SHA-256 of the hash of the list and of the number, in hexadecimal: what chance is
    -- made of.
    seed TEXT NOT NULL,
    -- JSON: what was expected and how sure one wants to be, as it was drawn by.
    design TEXT NOT NULL,
    -- SHA-256 of everybody who could be drawn, with the village and where each stands.
    frame TEXT NOT NULL,
    -- How many could not be drawn, since it is not known in which village they live.
    not_covered BIGINT NOT NULL,
    drawn_by BYTEA NOT NULL,
    drawn_us BIGINT NOT NULL,
    -- When it was closed or dropped. NULL: it is open.
    closed_us BIGINT
);
CREATE INDEX card_sample_decision ON card_sample (decision, number);

-- A village that was drawn.
CREATE TABLE card_sample_village (
    -- Into which sample; its code.
    sample BIGINT NOT NULL,
    area_code TEXT NOT NULL,
    -- How probable it was that it is drawn, and whether it was certain (1) or not (0).
    chance DOUBLE PRECISION NOT NULL,
    certain BIGINT NOT NULL,
    -- How many who receive live there, and how many others.
    receiving_frame BIGINT NOT NULL,
    others_frame BIGINT NOT NULL,
    PRIMARY KEY (sample, area_code)
);

-- Somebody who was drawn, and what was found on the spot.
CREATE TABLE card_visit (
    -- Of which sample; counts up from one, by village, in an order that tells nothing.
    sample BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- Whom: the id of a family or person; the village where that lives.
    subject BYTEA NOT NULL,
    area_code TEXT NOT NULL,
    -- Whether it receives by the list (1) or not (0). Whoever visits is not told.
    receives BIGINT NOT NULL,
    -- For how many it stands.
    weight DOUBLE PRECISION NOT NULL,
    -- The row by which its sheet is opened.
    list BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    -- unreached, gone, part or found. NULL: nobody has been there yet.
    outcome TEXT,
    -- Of what was found: how many households it is, and how many of them should receive by
    -- the reference.
    households BIGINT,
    eligible BIGINT,
    by_person BYTEA,
    at_us BIGINT,
    PRIMARY KEY (sample, number)
);
CREATE INDEX card_visit_area ON card_visit (sample, area_code, number);
