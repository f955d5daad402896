#include "offstage/stores/sqlite/testing/consistency.hpp"

#include "offstage/stores/sqlite/id_ranges.hpp"

#include <algorithm>

namespace offstage::stores::testing {
namespace {

/// Each gives a row for each fault, with a sentence.
constexpr const char* questions[] = {
    R"(select 'queue ' || q.name || ' counts ' || n.name || ' wrongly' from offstage_queue q,
       (select 0 as state, 'scheduled' as name union all select 1, 'ready' union all select 2, 'running'
        union all select 3, 'waiting' union all select 4, 'done' union all select 5, 'failed'
        union all select 6, 'cancelled') n
       where (case n.state when 0 then q.scheduled when 1 then q.ready when 2 then q.running when 3 then q.waiting
                           when 4 then q.done when 5 then q.failed else q.cancelled end)
          <> (select count(*) from offstage_job j where j.queue = q.id and j.state = n.state)
           + (select count(*) from offstage_history h where h.queue = q.id and h.state = n.state))",
    "select 'job ' || id || ' is live and ended' from offstage_job where id in (select id from "
    "offstage_history)",
    "select 'job ' || id || ' has no queue or kind' from offstage_job where queue not in (select id from "
    "offstage_queue) or kind not in (select id from offstage_kind)",
    "select 'running job ' || id || ' has no claim' from offstage_job where state = 2 and lease not in "
    "(select "
    "lease from offstage_claim)",
    "select 'claim ' || lease || ' has no worker' from offstage_claim where worker not in (select id from "
    "offstage_worker)",
    "select 'key ' || key || ' names no job' from offstage_unique_key where job not in (select id from "
    "offstage_job union all select id from offstage_history)",
    "select 'live job ' || id || ' has lost its key' from offstage_job j where unique_key is not null and "
    "not "
    "exists (select 1 from offstage_unique_key k where k.kind = j.kind and k.key = j.unique_key and k.job = "
    "j.id)",
    "select 'a note of job ' || job || ', which is gone' from offstage_attempt where job not in (select id "
    "from "
    "offstage_job union all select id from offstage_history)",
    "select 'the database: ' || integrity_check from pragma_integrity_check where integrity_check <> 'ok'",
};

} // namespace

std::vector<std::string> faults_in(Store& store) {
    std::vector<std::string> faults;
    store.read([&](Session& session) {
        for (const char* question : questions) {
            auto rows = session.query(question);
            while (rows.next()) faults.push_back(rows.string(0));
        }
        auto running = session.query("select j.id, c.jobs from offstage_job j, offstage_claim c "
                                     "where j.state = 2 and c.lease = j.lease");
        while (running.next()) {
            const auto ids = sqlite::from_ranges(running.text(1));
            if (!std::ranges::binary_search(ids, running.integer(0)))
                faults.push_back("running job " + running.string(0) + " is not in its claim");
        }
    });
    return faults;
}

} // namespace offstage::stores::testing
