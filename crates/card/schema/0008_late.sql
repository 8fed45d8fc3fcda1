-- Lists that come after an examination and are taken into it alone.
--
-- Taking one is a run of its own that goes on from the run before: rows of card_member,
-- card_finding, card_total, card_pair and card_band name it as they name an examination of
-- all, and what the run before has found stays, so that it counts again where the list is
-- taken back. Beside the states of card_run there are two: undoing (it is being taken back
-- and counts no more) and undone.
--
-- NULL means unknown, or that there is none.

-- What pairs look like, as an examination has learned it: numbers of all pairs, and nobody's
-- values. NULL of older ones.
ALTER TABLE card_run ADD COLUMN model BYTEA;
-- From which run it goes on, and which list it takes. NULL: it examines all.
ALTER TABLE card_run ADD COLUMN late_of BIGINT;
ALTER TABLE card_run ADD COLUMN late_list BIGINT;
-- JSON: the lists that were taken since the last examination of all, this one included, the
-- oldest first: how many rows, what became of them, how long it took. NULL where there is none.
ALTER TABLE card_run ADD COLUMN late TEXT;
