-- Workbooks: which of its sheets an import reads; empty for a text.
alter table bookshop_import add column sheet text not null default '';
