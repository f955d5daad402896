-- The bookshop's tables, in the file where the jobs are, so that rows, counters, checkpoint and the end of the
-- job are one transaction.

-- No index but the key: nobody asked for one yet, and each one would make the import slower.
create table bookshop_book (
    id integer primary key autoincrement,
    title text not null,
    author text not null,
    book_type text not null,
    isbn text not null,
    year_published text not null,
    price_cents integer not null,
    no_of_pages integer,
    quantity integer not null,
    description text
) strict;

-- How many books there are of each type: kept by whoever adds or deletes, so that no list counts rows.
create table bookshop_book_count (
    book_type text primary key,
    books integer not null
) strict, without rowid;

-- An uploaded file and how far it is read. Its state is the job's.
create table bookshop_import (
    id integer primary key autoincrement,
    job integer not null unique,
    upload text not null unique,        -- its name in the spool
    file text not null,                 -- what the client called it
    sha256 text not null,
    created_at integer not null,
    encoding text not null,
    delimiter text not null,
    columns text not null,              -- JSON list: the header as it was given
    ignored_columns text not null,      -- JSON list
    bytes_total integer not null,
    bytes_read integer not null default 0,
    rows_read integer not null default 0,
    rows_inserted integer not null default 0,
    rows_refused integer not null default 0,
    busy_us integer not null default 0  -- time spent on what is committed, pauses and dead runs left out
) strict;

create table bookshop_row_error (
    import integer not null references bookshop_import (id),
    row integer not null,               -- from 1, the first after the header
    errors text not null,               -- {"field": ["code", ...]}
    cells text not null,                -- JSON list: the row as it was given
    primary key (import, row)
) strict, without rowid;
