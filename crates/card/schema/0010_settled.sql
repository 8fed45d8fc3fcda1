-- What is destroyed and may lie in the file of the database still, or in a copy beside it.
--
-- Times are microseconds since 1970 UTC.

-- Something was destroyed since the file was settled last. One row at most, and none where
-- nothing waits.
CREATE TABLE card_unsettled (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    -- Since when it waits.
    since_us BIGINT NOT NULL,
    -- How often more was destroyed meanwhile: whoever settles takes the row away as he found it.
    times BIGINT NOT NULL
);

-- Rows of this list were destroyed by term, and what hangs on them is not yet: 1. NULL: nothing
-- hangs on any. Runs of before were cut off without a word, so that all lists are looked at.
ALTER TABLE card_list ADD COLUMN hanging BIGINT;
UPDATE card_list SET hanging = 1 WHERE ended_us IS NOT NULL;
