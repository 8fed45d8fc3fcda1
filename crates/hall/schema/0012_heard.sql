-- In which order records were held, and how they came.

-- Counts up over all records as they are held: rooms read behind it. NULL: held before
-- there was such a number; rooms have read nothing of it.
ALTER TABLE hall_record ADD COLUMN number BIGINT;
-- Whether the box itself brought it, over a connection (1), or somebody on a stick (0).
-- NULL: not known.
ALTER TABLE hall_record ADD COLUMN by_line BIGINT;
CREATE UNIQUE INDEX hall_record_number ON hall_record (number);
-- What is known of a box's clocks (kind 1).
CREATE INDEX hall_record_clock ON hall_record (agent_id) WHERE kind = 1;
