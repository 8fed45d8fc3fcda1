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
