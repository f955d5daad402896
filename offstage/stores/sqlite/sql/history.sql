-- Statements on ended jobs.

--- history_insert
insert into offstage_history (id, queue, kind, state, priority, attempt, errors, crashes, max_attempts, lease, run_at,
    created_at, started_at, ended_at, keep_until, worker, cancel_requested_at, progress_done, progress_total, log_lines,
    unique_key, tags, args, checkpoint, error, result)
select id, queue, kind, ?2, priority, attempt, errors + ?3, crashes, max_attempts, lease, run_at,
    created_at, started_at, ?4, ?5, worker, cancel_requested_at, progress_done, progress_total, log_lines,
    unique_key, tags, args, checkpoint, case ?2 when 6 then coalesce(?6, cancel_why, error) else coalesce(?6, error) end, ?7
from offstage_job where id = ?1

--- history_expired
select id, queue, kind, state, unique_key from offstage_history where keep_until <= ?1 order by keep_until limit ?2

--- history_delete
delete from offstage_history where id = ?1

--- history_state
select state from offstage_history where id = ?1

--- history_get
select queue, kind, state, unique_key from offstage_history where id = ?1

--- job_revive
insert into offstage_job (id, queue, kind, state, priority, attempt, max_attempts, lease, run_at, created_at, started_at,
    worker, progress_done, progress_total, log_lines, unique_key, tags, args, checkpoint)
select id, queue, kind, 1, priority, attempt, max_attempts, lease, ?2, created_at, started_at,
    worker, progress_done, progress_total, log_lines, unique_key, tags, args, checkpoint
from offstage_history where id = ?1

--- newest_id
select max((select coalesce(max(id), 0) from offstage_job), (select coalesce(max(id), 0) from offstage_history))
