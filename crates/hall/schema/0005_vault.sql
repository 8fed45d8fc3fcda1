-- The data keys of the vault, each wrapped by the master key, which lies in a
-- file outside this database and its backups. A value that was sealed names its
-- key by number; numbers are never used twice.
CREATE TABLE hall_vault_key (
    number  BIGINT NOT NULL PRIMARY KEY, -- counts up from one; the highest seals
    wrapped BYTEA  NOT NULL,             -- nonce (12), then AES-256-GCM-SIV of 32 octets
    made_us BIGINT NOT NULL              -- when it was made
);
