#include "apps/bookshop/intake.hpp"

#include "apps/bookshop/import_job.hpp"
#include "apps/bookshop/json_text.hpp"
#include "apps/bookshop/reading/file_kind.hpp"
#include "apps/bookshop/reading/guard.hpp"
#include "apps/bookshop/reading/table.hpp"
#include "apps/bookshop/reading/unicode.hpp"
#include "apps/bookshop/refusal.hpp"
#include "apps/bookshop/rules/book.hpp"
#include "offstage/base/check.hpp"
#include "offstage/base/utf8.hpp"
#include "offstage/sys/clock.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace stores = offstage::stores;
using offstage::Errc;

namespace {

constexpr std::size_t max_ignored = 100;       // names of ignored columns that are told
constexpr std::size_t max_ignored_bytes = 200; // of each

/// At most `bytes` of a text, cut between characters.
std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return text.substr(0, bytes);
}

std::string json_list(std::span<const std::string> names, std::size_t most, std::size_t bytes) {
    std::string list = "[";
    for (const std::string& name : names.first(std::min(names.size(), most))) {
        if (list.size() > 1) list += ", ";
        append_json(list, cut(name, bytes));
    }
    return list + "]";
}

/// What became of a file: which import is its, and what there was of that before.
struct Added {
    std::int64_t import = 0;
    bool existed = false;      ///< the import is live or done, and has no use for the file
    std::string replaced = {}; ///< the file in the spool that this one takes the place of
};

/// The import and its job, both or neither; or the earlier import of the same content. One that failed or was
/// cancelled goes on behind the rows that it kept, whenever that was: a new one would put them in a second
/// time.
Added add(stores::Transaction& tx, jobs::Client& client, const ImportRecord& import, bool again) {
    const auto earlier = again ? std::nullopt : find_import_of_content(tx, import.sha256, import.sheet);
    if (const auto job = earlier ? tx.find(earlier->job) : std::nullopt) {
        const bool stopped =
            job->state == stores::JobState::failed || job->state == stores::JobState::cancelled;
        if (stopped && tx.retry(job->id) == stores::ChangeResult::changed) {
            tx.execute("update bookshop_import set upload = ?2 where id = ?1", earlier->id, import.upload);
            return {.import = earlier->id, .replaced = earlier->upload};
        }
        if (!has_ended(job->state) || earlier->created_at > import.created_at - Intake::same_for)
            return {.import = earlier->id, .existed = true};
    }
    const std::int64_t id = insert_import(tx, import);
    const jobs::Enqueued job = client.enqueue(tx, ImportBooks{id});
    tx.execute("update bookshop_import set job = ?2 where id = ?1", id, job.id.value);
    return {.import = id};
}

} // namespace

Accepted Intake::accept(SpoolFile& file, Received received, std::stop_token stop) {
    const bool again = received.again;
    const ImportRecord import = look_into(file, std::move(received), std::move(stop));
    file.finish();
    stores::Store& store = client_.store();
    Added added;
    store.transact([&](stores::Transaction& tx) { added = add(tx, client_, import, again); });
    if (!added.existed) file.keep();
    if (!added.replaced.empty()) spool_.remove(added.replaced);
    auto now = import_now(store, added.import);
    OFFSTAGE_CHECK(now.has_value(), "imports are not deleted");
    return {std::move(*now), added.existed};
}

/// What a file says of itself; of its texts nothing stays in memory.
ImportRecord Intake::look_into(const SpoolFile& file, Received received, std::stop_token stop) {
    std::optional<Turnstile::Turn> turn;
    if (file_kind(file.fd()) == FileKind::xlsx) {
        turn = workbooks_.enter(stop);
        if (!turn)
            throw Refusal(Errc::timed_out, "busy",
                          "The server is busy with other workbooks. Send this one again in some seconds.");
    }
    const Table table =
        open_table(file.fd(), book_columns(), {.sheet = std::move(received.sheet), .stop = std::move(stop)});
    std::vector<std::string> ignored = table.header.ignored();
    std::erase_if(ignored, [](const std::string& name) { return is_column(name, error_column); });
    return {
        .upload = file.name(),
        .file = tidy_file_name(received.file),
        .sha256 = std::move(received.sha256),
        .created_at = client_.store().now(),
        .encoding = table.encoding,
        .delimiter = table.delimiter,
        .sheet = table.sheet,
        .columns = json_list(table.header.names(), table.header.names().size(), std::string_view::npos),
        .ignored_columns = json_list(ignored, max_ignored, max_ignored_bytes),
        .bytes_total = static_cast<std::int64_t>(file.size()),
    };
}

std::string tidy_file_name(std::string_view name) {
    const std::string readable = offstage::repair_utf8(name);
    std::string tidy;
    for (std::string_view rest = cut(readable, 255); !rest.empty();) {
        const std::string_view all = rest;
        if (!is_control(take_character(rest))) tidy += all.substr(0, all.size() - rest.size());
    }
    return tidy.empty() ? "upload" : tidy;
}

} // namespace bookshop
