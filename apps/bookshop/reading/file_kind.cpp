#include "apps/bookshop/reading/file_kind.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/encoding.hpp"
#include "apps/bookshop/reading/file_at.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bookshop {
namespace {

/// As little_endian, of at most four bytes.
std::uint32_t number(std::string_view bytes, std::size_t offset, std::size_t size) {
    return static_cast<std::uint32_t>(little_endian(bytes, offset, size));
}

bool office_part(std::string_view name) {
    return name == "[Content_Types].xml" || name.starts_with("_rels/") || name.starts_with("docProps/") ||
           name.starts_with("xl/");
}

FileKind zip_kind(const FileAt& file) {
    constexpr std::size_t entry_size = 46;
    std::string tail = file.tail(zip_tail_size);
    std::size_t end = tail.rfind(std::string_view("PK\5\6", 4));
    if (end == tail.npos) { // cut short: the XLSX reader says so, if it began as one
        std::string first = file.read(0, 512);
        std::string_view name = std::string_view(first).substr(std::min<std::size_t>(30, first.size()));
        return office_part(name.substr(0, number(first, 26, 2))) ? FileKind::xlsx : FileKind::other;
    }
    std::size_t size = std::min<std::size_t>(number(tail, end + 12, 4), 256 << 10);
    std::string directory = file.read(number(tail, end + 16, 4), size);
    FileKind kind = FileKind::other;
    for (std::size_t at = 0; number(directory, at, 4) == 0x02014B50;) {
        std::size_t length = number(directory, at + 28, 2);
        std::size_t name_at = std::min(at + entry_size, directory.size());
        std::string_view name = std::string_view(directory).substr(name_at, length);
        if (name == "xl/workbook.bin" || name == "content.xml") return FileKind::other_format;
        if (name.starts_with("xl/")) kind = FileKind::xlsx;
        at += entry_size + length + number(directory, at + 30, 2) + number(directory, at + 32, 2);
    }
    return kind;
}

/// An OLE container's directory is a chain of sectors, told by an allocation table; of the table's own
/// sectors the header lists the first 109, which is as far as this looks (7 MB of file at 512 bytes a
/// sector).
FileKind ole_kind(const FileAt& file) {
    std::string header = file.read(0, 512);
    std::uint32_t shift = number(header, 30, 2);
    if (shift != 9 && shift != 12) return FileKind::other;
    const std::size_t sector_size = std::size_t{1} << shift;
    const std::uint32_t ids = static_cast<std::uint32_t>(sector_size / 4);
    auto sector = [&](std::uint32_t id) { return file.read((std::uint64_t{id} + 1) << shift, sector_size); };

    bool workbook = false;
    std::uint32_t id = number(header, 48, 4);
    for (int seen = 0; seen < 64 && id < 0xFFFFFFFA; ++seen) {
        std::string entries = sector(id);
        for (std::size_t at = 0; at + 128 <= entries.size(); at += 128) {
            std::size_t length = std::min<std::size_t>(number(entries, at + 64, 2), 64);
            std::string name; // UTF-16LE in the file, with a NUL behind; those that matter are ASCII
            for (std::size_t i = 0; i + 2 < length; i += 2)
                name += entries[at + i + 1] == 0 ? entries[at + i] : '?';
            if (name == "EncryptedPackage" || name == "EncryptionInfo") return FileKind::encrypted;
            if (name == "Workbook" || name == "Book") workbook = true;
        }
        if (id / ids >= 109) break;
        id = number(sector(number(header, 76 + 4 * (id / ids), 4)), 4 * (id % ids), 4);
    }
    return workbook ? FileKind::old_xls : FileKind::other;
}

/// Whether a file begins as texts do: a byte-order mark, UTF-16, or hardly any control characters. (Some are
/// allowed: the rules refuse a row with a NUL, not its file.)
bool begins_as_text(std::string_view start) {
    if (start.starts_with("\xEF\xBB\xBF") || utf16(start)) return true;
    auto control = std::count_if(start.begin(), start.end(), [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte == 0x7F || (byte < 0x20 && !(byte >= '\t' && byte <= '\r') && byte != 0x1B);
    });
    return static_cast<std::size_t>(control) * 20 <= start.size();
}

bool has_other_signature(std::string_view start) {
    using namespace std::string_view_literals;
    constexpr std::array signatures = {"%PDF-"sv,
                                       "\x89PNG"sv,
                                       "\xFF\xD8\xFF"sv,
                                       "GIF8"sv,
                                       "\x1F\x8B"sv,
                                       "BZh"sv,
                                       "\xFD"
                                       "7zXZ"sv,
                                       "7z\xBC\xAF"sv,
                                       "Rar!"sv,
                                       "\x7F"
                                       "ELF"sv,
                                       "SQLite format 3"sv,
                                       "\x28\xB5\x2F\xFD"sv,
                                       "{\\rtf"sv,
                                       "<?xml"sv,
                                       "<!DOCTYPE"sv,
                                       "<html"sv};
    return std::any_of(signatures.begin(), signatures.end(),
                       [&](auto sign) { return start.starts_with(sign); });
}

} // namespace

FileKind file_kind(int fd) {
    using namespace std::string_view_literals;
    FileAt file(fd);
    if (file.size() == 0) return FileKind::empty;
    std::string start = file.read(0, 8192);
    if (start.starts_with("PK\3\4"sv) || start.starts_with("PK\5\6"sv)) return zip_kind(file);
    if (start.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv)) return ole_kind(file);
    return has_other_signature(start) || !begins_as_text(start) ? FileKind::other : FileKind::text;
}

void require_readable(FileKind kind) {
    switch (kind) {
    case FileKind::text:
    case FileKind::xlsx:
        return;
    case FileKind::empty:
        throw BadFile("empty_file", "the file is empty");
    case FileKind::old_xls:
        throw BadFile("old_xls", "this is a workbook of Excel before 2007; open it and save it as XLSX");
    case FileKind::encrypted:
        throw BadFile("encrypted",
                      "this workbook is behind a password; open it, take the password off and save it");
    case FileKind::other_format:
        throw BadFile("other_format", "this is a workbook, but no XLSX; open it and save it as XLSX or CSV");
    case FileKind::other:
        throw BadFile("not_a_table", "Invalid File Format");
    }
}

} // namespace bookshop
