-- Statements on what the ledger keeps: numbers, names, counts, workers, claims, unique keys, notes.

--- meta_get
select value from offstage_meta where name = ?1

--- meta_set
insert into offstage_meta (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value

--- queues
select id, name, scheduled, ready, running, waiting, done, failed, cancelled, paused from offstage_queue order by name

--- queue_insert
insert into offstage_queue (id, name) values (?1, ?2)

--- queue_set
update offstage_queue
set scheduled = ?2, ready = ?3, running = ?4, waiting = ?5, done = ?6, failed = ?7, cancelled = ?8
where id = ?1

--- queue_set_paused
update offstage_queue set paused = ?2 where id = ?1

--- kinds
select id, name from offstage_kind

--- kind_insert
insert into offstage_kind (id, name) values (?1, ?2)

--- worker_insert
insert into offstage_worker (name, started_at, heartbeat_at) values (?1, ?2, ?2)

--- worker_heartbeat
update offstage_worker set heartbeat_at = ?2 where id = ?1

--- worker_name
select name from offstage_worker where id = ?1

--- worker_delete
delete from offstage_worker where id = ?1

--- workers
select id, name, started_at, heartbeat_at from offstage_worker order by id

--- claim_insert
insert into offstage_claim (lease, worker, jobs) values (?1, ?2, ?3)

--- claim_delete
delete from offstage_claim where lease = ?1

--- claims
select lease, worker, jobs from offstage_claim order by lease

--- unique_get
select job, expires_at, whatever_became from offstage_unique_key where kind = ?1 and key = ?2

--- unique_set
insert into offstage_unique_key (kind, key, job, expires_at, whatever_became) values (?1, ?2, ?3, ?4, ?5)
on conflict (kind, key)
do update set job = excluded.job, expires_at = excluded.expires_at, whatever_became = excluded.whatever_became

--- unique_delete
delete from offstage_unique_key where kind = ?1 and key = ?2 and job = ?3

--- note_last_line
select coalesce(max(line), 0) from offstage_attempt where job = ?1

--- note_insert
insert into offstage_attempt (job, line, what, at, lease, text) values (?1, ?2, ?3, ?4, ?5, ?6)

--- notes_delete
delete from offstage_attempt where job = ?1
