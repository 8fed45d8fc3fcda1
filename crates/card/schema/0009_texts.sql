-- What people write down of their own words, each under a key of its own: whoever is erased
-- takes it along, in backups of an earlier day as well.
--
-- Times are microseconds since 1970 UTC. NULL means unknown.

-- Why somebody decided about one family or person: sealed under a key of its own (associated
-- data: card_exception, the printed id and reason); the key wrapped by the vault (row the
-- printed id, column key). An empty or absent key: it was destroyed. The column reason holds
-- what was sealed under the vault before there were such keys, until the next start, and is
-- empty since.
ALTER TABLE card_exception ADD COLUMN sealed BYTEA;
ALTER TABLE card_exception ADD COLUMN wrapped BYTEA;

-- What an annex as a whole is asked for, in the same way (card_export, the number and
-- purpose; row the number, column key). The column purpose is empty since.
ALTER TABLE card_export ADD COLUMN sealed BYTEA;
ALTER TABLE card_export ADD COLUMN wrapped BYTEA;
