#include "offstage/base/utf8.hpp"
#include "offstage/stores/sqlite/work.hpp"

namespace offstage::stores::sqlite {

std::string cut(std::string_view raw, std::size_t bytes) {
    std::string text = repair_utf8(raw);
    if (text.size() <= bytes) return text;
    const std::string told = "… (cut, it had " + std::to_string(text.size()) + " bytes)";
    std::size_t end = bytes - told.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end; // within a character
    text.resize(end);
    return text + told;
}

void note(Work& work, JobId id, Lease lease, JobNote::What what, std::string_view text) {
    const std::int64_t line = [&] {
        auto rows = work.db["note_last_line"].rows(id.value);
        rows.next();
        return rows.integer(0) + 1;
    }();
    work.db["note_insert"].run(id.value, line, static_cast<int>(what), to_micros(work.now), lease.value,
                               text);
}

void report(Work& work, const Report& report) {
    const JobChange told{.id = report.id, .state = JobState::running, .reported = true};
    if (report.progress &&
        work.db["job_progress"].run(report.id.value, report.lease.value, report.progress->first,
                                    report.progress->second) > 0 &&
        report.log.empty())
        work.entry.tell(told);
    if (report.log.empty()) return;
    const auto kept = [&]() -> std::optional<std::int64_t> {
        auto rows = work.db["job_log_lines"].rows(report.id.value, report.lease.value);
        if (!rows.next()) return std::nullopt; // ended, or somebody else's by now
        return rows.integer(0);
    }();
    if (!kept || *kept >= max_log_lines) return;
    std::int64_t lines = *kept;
    for (const std::string& line : report.log) {
        if (lines == max_log_lines) break;
        const bool last = lines + 1 == max_log_lines;
        note(work, report.id, report.lease, JobNote::What::log,
             last ? "… (the log is cut here: a job keeps " + std::to_string(max_log_lines) + " lines)"
                  : cut(line, max_log_line_bytes));
        ++lines;
    }
    work.db["job_set_log_lines"].run(report.id.value, lines);
    work.entry.tell(told);
}

} // namespace offstage::stores::sqlite
