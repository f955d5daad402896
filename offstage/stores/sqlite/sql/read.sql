-- What readers ask. Records are rows of the view offstage_jobs.

--- record
select * from offstage_jobs where id = ?1

--- list_live
select * from offstage_jobs
where id in (select id from offstage_job
             where id < ?4
               and (?1 is null or state = ?1)
               and (?2 is null or queue = (select id from offstage_queue where name = ?2))
               and (?3 is null or kind = (select id from offstage_kind where name = ?3))
             order by id desc limit ?5)

--- list_ended
select * from offstage_jobs
where id in (select id from offstage_history
             where id < ?4
               and (?1 is null or state = ?1)
               and (?2 is null or queue = (select id from offstage_queue where name = ?2))
               and (?3 is null or kind = (select id from offstage_kind where name = ?3))
             order by id desc limit ?5)

--- list_not_done
select * from offstage_jobs
where id in (select id from offstage_history
             where state <> 4 and state = ?1 and id < ?4
               and (?2 is null or queue = (select id from offstage_queue where name = ?2))
               and (?3 is null or kind = (select id from offstage_kind where name = ?3))
             order by id desc limit ?5)

--- notes
select what, at, lease, text from offstage_attempt where job = ?1 order by line
