-- The frame of a group, and that of one application's body within it.

--- begin
begin immediate

--- begin_read
begin

--- commit
commit

--- rollback
rollback

--- body_begin
savepoint offstage_body

--- body_end
release offstage_body

--- body_rollback
rollback to offstage_body
