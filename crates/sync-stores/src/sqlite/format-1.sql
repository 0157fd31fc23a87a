-- Format 1. Never changed after its release: later formats are steps from here.
-- Bodies are JSON, or MessagePack where there are many (BLOB); the columns beside them are what is searched for.

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL,
    changes INTEGER NOT NULL -- how often bindings were changed: their common order
) STRICT;

CREATE TABLE streams (
    no INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE, -- starweb:se/orders
    bound INTEGER NOT NULL DEFAULT 0 -- living bindings with a side there
) STRICT;

CREATE TABLE bindings (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    entity TEXT NOT NULL,
    rev INTEGER NOT NULL,
    changed INTEGER NOT NULL, -- the place of its last change among all
    forgotten INTEGER NOT NULL DEFAULT 0,
    wake_at INTEGER, -- nanoseconds since 1970; of living ones only
    named BLOB NOT NULL, -- 16 bytes: a fingerprint of its rows in refs, keys and numbers
    body BLOB NOT NULL
) STRICT;
CREATE INDEX bindings_forgotten ON bindings (id) WHERE forgotten = 1;
CREATE INDEX bindings_due ON bindings (entity, wake_at, no, id) WHERE wake_at IS NOT NULL;

-- names of living bindings, dead sides and aliases too
CREATE TABLE refs (
    stream INTEGER NOT NULL REFERENCES streams,
    id TEXT NOT NULL,
    binding INTEGER NOT NULL REFERENCES bindings,
    counted INTEGER NOT NULL, -- 1 for a side that is there
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refs_of ON refs (binding);

-- match keys of living bindings
CREATE TABLE keys (
    entity TEXT NOT NULL,
    rule TEXT NOT NULL,
    key TEXT NOT NULL,
    binding INTEGER NOT NULL REFERENCES bindings,
    PRIMARY KEY (entity, rule, key, binding)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of ON keys (binding);

-- numbers of bindings of any age
CREATE TABLE numbers (
    number TEXT NOT NULL,
    binding INTEGER NOT NULL REFERENCES bindings,
    PRIMARY KEY (number, binding)
) STRICT, WITHOUT ROWID;
CREATE INDEX numbers_of ON numbers (binding);

CREATE TABLE listed (
    host INTEGER NOT NULL REFERENCES streams,
    key INTEGER NOT NULL, -- the 64 bits with the first one turned, so that they sort as unsigned
    hash BLOB NOT NULL, -- 16 bytes, big end first
    id TEXT NOT NULL,
    PRIMARY KEY (host, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE entities (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE tenants (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE intents (
    key TEXT PRIMARY KEY NOT NULL,
    lease_group TEXT NOT NULL,
    at INTEGER NOT NULL, -- nanoseconds since 1970
    body BLOB NOT NULL
) STRICT;
CREATE TABLE effects (
    subject BLOB NOT NULL,
    effect TEXT NOT NULL,
    occasion TEXT NOT NULL,
    intent TEXT NOT NULL, -- the key of the intent that took it
    PRIMARY KEY (subject, effect, occasion)
) STRICT, WITHOUT ROWID;

CREATE TABLE held (
    subject BLOB NOT NULL,
    place INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (subject, place)
) STRICT;
CREATE TABLE parked (key TEXT PRIMARY KEY NOT NULL, subject BLOB, body TEXT NOT NULL) STRICT;

CREATE TABLE waiting (reference TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE waiting_on (
    what TEXT NOT NULL,
    reference TEXT NOT NULL REFERENCES waiting ON DELETE CASCADE,
    PRIMARY KEY (what, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_on_of ON waiting_on (reference);

CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
CREATE TABLE verdicts (
    reference TEXT NOT NULL, -- each that the verdict names
    body TEXT NOT NULL,
    PRIMARY KEY (reference, body)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE journal (no INTEGER PRIMARY KEY, subject BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX journal_of ON journal (subject);

CREATE TABLE forgotten (hash BLOB PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    token INTEGER NOT NULL,
    until INTEGER -- nanoseconds since 1970; empty when it was given back
) STRICT, WITHOUT ROWID;
