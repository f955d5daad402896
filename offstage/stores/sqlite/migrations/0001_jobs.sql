-- The tables of the jobs. Times are microseconds since 1970 UTC. Queues and kinds are numbers here, so that
-- rows and index entries stay narrow; the view offstage_jobs at the end has their names.
--
-- State: 0 scheduled, 1 ready, 2 running, 3 waiting, 4 done, 5 failed, 6 cancelled (stores/types.hpp).

-- Where the numbers that are never used again stand: see Ledger.
create table offstage_meta (
    name text primary key,
    value integer not null
) without rowid;

-- The counts are those of the rows of offstage_job and offstage_history, written with each commit.
create table offstage_queue (
    id integer primary key,
    name text not null unique,
    paused integer not null default 0,
    scheduled integer not null default 0,
    ready integer not null default 0,
    running integer not null default 0,
    waiting integer not null default 0,
    done integer not null default 0,
    failed integer not null default 0,
    cancelled integer not null default 0
);

create table offstage_kind (
    id integer primary key,
    name text not null unique
);

-- Live jobs only. What changes often and what claims read stands first, what may be long last.
create table offstage_job (
    id integer primary key,
    queue integer not null,
    kind integer not null,
    state integer not null,
    priority integer not null,
    attempt integer not null default 0,
    errors integer not null default 0,
    crashes integer not null default 0,
    max_attempts integer not null,
    lease integer not null default 0, -- the number of the last claim
    run_at integer not null,
    created_at integer not null,
    started_at integer,
    worker integer,
    cancel_requested_at integer,
    progress_done integer,
    progress_total integer,
    log_lines integer,
    unique_key text,
    tags text, -- one a line
    args text not null,
    checkpoint text,
    error text,
    cancel_why text
);
create index offstage_job_ready on offstage_job (queue, priority, run_at, id) where state = 1 and crashes = 0;
create index offstage_job_suspect on offstage_job (queue, priority, run_at, id) where state = 1 and crashes > 0;
create index offstage_job_scheduled on offstage_job (run_at) where state = 0;

-- Ended jobs.
create table offstage_history (
    id integer primary key,
    queue integer not null,
    kind integer not null,
    state integer not null,
    priority integer not null,
    attempt integer not null,
    errors integer not null,
    crashes integer not null,
    max_attempts integer not null,
    lease integer not null,
    run_at integer not null,
    created_at integer not null,
    started_at integer,
    ended_at integer not null,
    keep_until integer, -- null: for ever
    worker integer,
    cancel_requested_at integer,
    progress_done integer,
    progress_total integer,
    log_lines integer,
    unique_key text,
    tags text,
    args text not null,
    checkpoint text,
    error text,
    result text
);
create index offstage_history_keep on offstage_history (keep_until) where keep_until is not null;
-- Done jobs are many and found by id; the few others are what people look for.
create index offstage_history_not_done on offstage_history (state, id) where state <> 4;

-- What happened to a job, line by line: 1 an error of an attempt, 2 a death of its worker, 3 a line of its log.
create table offstage_attempt (
    job integer not null,
    line integer not null,
    what integer not null,
    at integer not null,
    lease integer not null,
    text text not null,
    primary key (job, line)
) without rowid;

create table offstage_worker (
    id integer primary key autoincrement,
    name text not null,
    started_at integer not null,
    heartbeat_at integer not null
);

-- One row for each fetch of a worker, while one of its jobs is running: how rescue finds them. `jobs` are
-- ranges of ids, "17-1016,1020". The lease is the number of the claim, and that of all its jobs.
create table offstage_claim (
    lease integer primary key,
    worker integer not null,
    jobs text not null
);

create table offstage_unique_key (
    kind integer not null,
    key text not null,
    job integer not null,
    expires_at integer, -- null: held while the job is live
    whatever_became integer not null, -- 1: held until then also where the job ends failed or cancelled
    primary key (kind, key)
) without rowid;

-- For people and programs that look on: live and ended jobs with names.
create view offstage_jobs as
select id,
       (select name from offstage_queue where offstage_queue.id = queue) as queue,
       (select name from offstage_kind where offstage_kind.id = kind) as kind,
       state, priority, attempt, errors, crashes, max_attempts, lease, run_at, created_at, started_at,
       null as ended_at, worker, cancel_requested_at, progress_done, progress_total, tags, args, checkpoint,
       coalesce(cancel_why, error) as error, null as result
from offstage_job
union all
select id,
       (select name from offstage_queue where offstage_queue.id = queue),
       (select name from offstage_kind where offstage_kind.id = kind),
       state, priority, attempt, errors, crashes, max_attempts, lease, run_at, created_at, started_at,
       ended_at, worker, cancel_requested_at, progress_done, progress_total, tags, args, checkpoint,
       error, result
from offstage_history;
