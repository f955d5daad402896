#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/file_at.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "offstage/base/error.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zipconf.h>

namespace bookshop {
namespace {

constexpr std::uint64_t most_entries = 4096;
constexpr std::uint64_t ratio_from = 16 << 20;

[[noreturn]] void refuse_expanded() {
    throw BadFile("too_expanded",
                  "this workbook would unpack to far more than it is worth; save its sheet as CSV");
}

/// Refuses an archive whose list of parts would fill the memory, before libzip reads it. libzip looks for the
/// end record in the same tail, and may take any that it finds there; so all of them are looked at.
void require_few_entries(const FileAt& file) {
    std::string tail = file.tail(zip_tail_size);
    std::uint64_t tail_at = file.size() - tail.size();
    constexpr std::string_view end_mark("PK\5\6", 4);
    constexpr std::string_view locator_mark("PK\6\7", 4);
    for (std::size_t at = tail.find(end_mark); at != tail.npos; at = tail.find(end_mark, at + 1)) {
        std::uint64_t entries = little_endian(tail, at + 10, 2);
        std::string locator = file.read(tail_at + at - std::min<std::uint64_t>(tail_at + at, 20), 20);
        if (std::string_view(locator).starts_with(locator_mark)) {
            std::string zip64 = file.read(little_endian(locator, 8, 8), 56);
            entries = std::max(entries == 0xFFFF ? 0 : entries, little_endian(zip64, 32, 8));
        }
        if (entries > most_entries) refuse_expanded();
    }
}

struct CloseArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct ClosePart {
    void operator()(zip_file_t* part) const { zip_fclose(part); }
};

class ArchivedPart final : public ByteReader {
public:
    ArchivedPart(zip_file_t* part, std::string name, std::uint64_t most, std::stop_token stop)
        : part_(part), name_(std::move(name)), most_(most), stop_(std::move(stop)) {}

    std::size_t read(std::span<char> into) override {
        require_no_stop(stop_);
        zip_int64_t got = zip_fread(part_.get(), into.data(), into.size());
        if (got < 0)
            refuse_broken(name_ +
                          " cannot be unpacked: " + zip_error_strerror(zip_file_get_error(part_.get())));
        position_ += static_cast<std::uint64_t>(got);
        if (position_ > most_) refuse_expanded(); // it is larger than it says
        return static_cast<std::size_t>(got);
    }

    std::uint64_t position() const override { return position_; }

private:
    std::unique_ptr<zip_file_t, ClosePart> part_;
    std::string name_;
    std::uint64_t most_;
    std::stop_token stop_;
    std::uint64_t position_ = 0;
};

class Archive final : public XlsxParts {
public:
    Archive(zip_t* archive, const XlsxLimits& limits, std::stop_token stop)
        : archive_(archive), limits_(limits), stop_(std::move(stop)) {}

    std::unique_ptr<ByteReader> open(const std::string& name, std::uint64_t most) override {
        zip_stat_t about;
        if (!find(name, about)) return nullptr;
        if (about.encryption_method != ZIP_EM_NONE)
            throw BadFile("encrypted",
                          "this workbook is behind a password; open it, take the password off and save it");
        if (about.size > most || (about.size > ratio_from && about.size / limits_.ratio > about.comp_size))
            refuse_expanded();
        zip_file_t* part = zip_fopen_index(archive_.get(), about.index, 0);
        if (!part) refuse_broken(name + " cannot be unpacked: " + zip_strerror(archive_.get()));
        return std::make_unique<ArchivedPart>(part, name, about.size, stop_);
    }

    std::uint64_t size(const std::string& name) override {
        zip_stat_t about;
        return find(name, about) ? about.size : 0;
    }

private:
    bool find(const std::string& name, zip_stat_t& about) {
        constexpr zip_uint64_t needed =
            ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
        zip_stat_init(&about);
        return zip_stat(archive_.get(), name.c_str(), ZIP_FL_NOCASE, &about) == 0 &&
               (about.valid & needed) == needed;
    }

    std::unique_ptr<zip_t, CloseArchive> archive_;
    XlsxLimits limits_;
    std::stop_token stop_;
};

} // namespace

std::unique_ptr<XlsxParts> open_archive(int fd, const XlsxLimits& limits, std::stop_token stop) {
    require_few_entries(FileAt(fd));
    // libzip moves the descriptor's position and closes it: it gets one of its own, not a duplicate that
    // shares it.
    int own = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
    if (own < 0)
        throw offstage::Error(offstage::Errc::io,
                              std::string("cannot open the file again: ") + std::strerror(errno));
    int error = 0;
    zip_t* archive = zip_fdopen(own, 0, &error);
    if (!archive) {
        ::close(own);
        zip_error_t text;
        zip_error_init_with_code(&text, error);
        std::string why = std::string("it is no whole archive: ") + zip_error_strerror(&text);
        zip_error_fini(&text);
        refuse_broken(why);
    }
    return std::make_unique<Archive>(archive, limits, std::move(stop));
}

void refuse_broken(const std::string& why) {
    throw BadFile("broken_xlsx", "this workbook is broken (" + why +
                                     "); open it and save it again, or send it anew if it was cut short");
}

} // namespace bookshop
