-- What lies aside is read again once the house can read it: under which name a piece
-- was made, and of which release. NULL for what came before, which cannot be put in its
-- place.

-- The name it was made under: epoch, number, digest.
ALTER TABLE hall_quarantine ADD COLUMN made_epoch BIGINT;
ALTER TABLE hall_quarantine ADD COLUMN made_seq BIGINT;
ALTER TABLE hall_quarantine ADD COLUMN made_digest BYTEA;
-- The release that the box said it ran.
ALTER TABLE hall_quarantine ADD COLUMN version TEXT;
