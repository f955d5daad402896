-- Grows with every change of the books, in the same transaction: what a list was made from is still so while this is.
create table bookshop_book_version (
    id integer primary key check (id = 1),
    version integer not null
) strict;
insert into bookshop_book_version (id, version) values (1, 0);

-- One action on many books, and how far it is. Its state is the job's.
create table bookshop_bulk (
    id integer primary key autoincrement,
    job integer not null unique,
    action text not null,               -- delete, set_type
    value text not null,                -- the type to set
    ids text not null,                  -- JSON list, ascending; empty: those of the filter
    search text not null,
    book_type text not null,
    highest integer not null,           -- no book beyond this id: those that come later are not meant
    created_at integer not null,
    total integer not null,             -- books that were meant when it was asked for
    last integer not null default 0,    -- the book that was looked at last
    looked integer not null default 0,
    changed integer not null default 0
) strict;
