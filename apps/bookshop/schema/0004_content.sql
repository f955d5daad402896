-- Every upload looks for an earlier import of the same content.
create index bookshop_import_content on bookshop_import (sha256, sheet);
