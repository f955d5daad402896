-- Statements on live jobs. Each begins at a line "--- name"; see queries.hpp.

--- job_insert
insert into offstage_job (id, queue, kind, state, priority, max_attempts, run_at, created_at, unique_key, tags, args)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)

--- jobs_ready
select id, kind, priority, attempt, errors, crashes, max_attempts, created_at, run_at, args, checkpoint
from offstage_job
where queue = ?1 and state = 1 and crashes = 0
order by priority, run_at, id
limit ?2

--- jobs_suspect
select id, kind, priority, attempt, errors, crashes, max_attempts, created_at, run_at, args, checkpoint
from offstage_job
where queue = ?1 and state = 1 and crashes > 0
order by priority, run_at, id
limit ?2

--- job_start
update offstage_job set state = 2, lease = ?2, attempt = attempt + 1, worker = ?3, started_at = ?4 where id = ?1

--- jobs_due
select id, queue, crashes from offstage_job where state = 0 and run_at <= ?1 order by run_at limit ?2

--- job_ready
update offstage_job set state = 1 where id = ?1

--- job_run_now
update offstage_job set state = 1, run_at = ?2 where id = ?1

--- next_due
select min(run_at) from offstage_job where state = 0

--- job_get
select queue, kind, state, lease, crashes, cancel_requested_at, unique_key, started_at from offstage_job where id = ?1

--- job_again
update offstage_job
set state = ?2, run_at = ?3, attempt = attempt - ?4, errors = errors + ?5, crashes = ?6,
    error = coalesce(?7, error)
where id = ?1

--- job_crashed
update offstage_job set state = 1, crashes = ?2 where id = ?1

--- job_checkpoint
update offstage_job set checkpoint = ?3, crashes = 0 where id = ?1 and lease = ?2 and state = 2

--- job_progress
update offstage_job set progress_done = ?3, progress_total = ?4 where id = ?1 and lease = ?2 and state = 2

--- job_log_lines
select log_lines from offstage_job where id = ?1 and lease = ?2 and state = 2

--- job_set_log_lines
update offstage_job set log_lines = ?2 where id = ?1

--- job_request_cancel
update offstage_job set cancel_requested_at = ?2, cancel_why = ?3 where id = ?1

--- job_delete
delete from offstage_job where id = ?1

--- suspects
select queue, count(*) from offstage_job where state = 1 and crashes > 0 group by queue
