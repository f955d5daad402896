-- What readers ask. Records are rows of the view offstage_jobs.

--- record
select * from offstage_jobs where id = ?1

--- walk_live
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then coalesce(cancel_why, error) end
from offstage_job where id < ?1 order by id desc

--- walk_ended
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then error end
from offstage_history where id < ?1 order by id desc

--- walk_not_done
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then error end
from offstage_history where state <> 4 and state = ?3 and id < ?1 order by id desc

--- walk_few_scheduled
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then coalesce(cancel_why, error) end
from offstage_job indexed by offstage_job_scheduled where state = 0 and id < ?1 order by id desc

--- walk_few_ready
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then coalesce(cancel_why, error) end
from offstage_job indexed by offstage_job_ready where state = 1 and crashes = 0 and id < ?1
union all
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then coalesce(cancel_why, error) end
from offstage_job indexed by offstage_job_suspect where state = 1 and crashes > 0 and id < ?1
order by id desc

--- look_at_live
select id, state, queue, kind, tags, case when ?2 then args end, case when ?2 then coalesce(cancel_why, error) end
from offstage_job where id = ?1

--- name_numbers
select coalesce((select id from offstage_queue where name = ?1), 0), coalesce((select id from offstage_kind where name = ?2), 0)

--- notes
select what, at, lease, text from offstage_attempt where job = ?1 order by line
