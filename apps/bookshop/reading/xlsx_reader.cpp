#include "apps/bookshop/reading/xlsx_reader.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/row.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_text.hpp"
#include "apps/bookshop/reading/xlsx_workbook.hpp"
#include "apps/bookshop/reading/xml_reader.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace bookshop {
namespace {

/// A number that is all of a text, or nothing.
std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t number = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The column of a place such as "AB12", from 0 on; nothing where it names none.
std::optional<std::size_t> column_of(std::string_view place) {
    std::size_t column = 0;
    std::size_t letters = 0;
    for (; letters < place.size() && letters < 4; ++letters) {
        char letter = static_cast<char>(place[letters] & ~0x20);
        if (letter < 'A' || letter > 'Z') break;
        column = column * 26 + static_cast<std::size_t>(letter - 'A' + 1);
    }
    if (letters == 0 || letters == 4) return std::nullopt;
    return column - 1;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::size_t begin = text.find_first_not_of(blanks);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

} // namespace

XlsxReader::XlsxReader(std::unique_ptr<XlsxParts> parts, std::string_view sheet, std::uint64_t file_bytes,
                       RowLimits limits, XlsxLimits xlsx_limits)
    : parts_(std::move(parts)), limits_(limits), xlsx_limits_(xlsx_limits), file_bytes_(file_bytes) {
    XlsxWorkbook workbook = read_workbook(*parts_, xlsx_limits);
    const XlsxSheet& chosen = choose_sheet(workbook, sheet);
    auto part = parts_->open(chosen.part, xlsx_limits.part_bytes);
    if (!part) refuse_broken("it has no " + chosen.part);
    sheet_ = chosen.name;
    sheet_bytes_ = parts_->size(chosen.part);
    formats_ = std::move(workbook.formats);
    from_1904_ = workbook.from_1904;
    strings_.emplace(*parts_, workbook.strings, xlsx_limits, limits.cell_bytes);
    xml_.emplace(std::move(part), chosen.part, static_cast<XmlHandler&>(*this), xlsx_limits.markup_bytes);
}

bool XlsxReader::next(Row& row) {
    do {
        row_ended_ = false;
        while (!row_ended_) {
            if (rows_ == 0 && xml_->position() > xlsx_limits_.header_bytes) refuse_late_header();
            if (!xml_->step()) return false;
        }
    } while (cells_.empty() && !too_many_cells_);
    row = Row{};
    row.number = rows_++;
    row.line = line_;
    row.cells = views_;
    row.error_cells = errors_;
    row.too_many_cells = too_many_cells_;
    return true;
}

std::uint64_t XlsxReader::bytes_read() const {
    std::uint64_t position = xml_->position();
    if (position >= sheet_bytes_) return file_bytes_;
    return static_cast<std::uint64_t>(static_cast<double>(file_bytes_) * static_cast<double>(position) /
                                      static_cast<double>(sheet_bytes_));
}

void XlsxReader::start(std::string_view name, const XmlAttributes& attributes) {
    taking_ = false;
    if (in_cell_) {
        if (name == "v") taking_ = given_ = true;
        if (name == "is") inline_ = true;
        if (name == "rPh") ++pronounced_;
        if (name == "t") taking_ = given_ = inline_ && pronounced_ == 0;
        if (name == "f") formula_ = true;
    } else if (in_row_) {
        if (name == "c") start_cell(attributes);
    } else if (in_rows_) {
        if (name == "row") start_row(attributes);
    } else {
        in_rows_ = name == "sheetData";
    }
}

void XlsxReader::end(std::string_view name) {
    taking_ = false;
    if (in_cell_) {
        if (name == "is") inline_ = false;
        if (name == "rPh") --pronounced_;
        if (name == "c") end_cell();
    } else if (in_row_) {
        if (name == "row") end_row();
    } else if (name == "sheetData") {
        in_rows_ = false;
    }
}

void XlsxReader::text(std::string_view text) {
    if (!taking_) return;
    texts_ += text;
    if (texts_.size() - begin_ > limits_.cell_bytes)
        throw BadFile("cell_too_large",
                      here() + " has a cell of more than " + std::to_string(limits_.cell_bytes) + " bytes");
    if (texts_.size() > limits_.row_bytes)
        throw BadFile("row_too_large",
                      here() + " is larger than " + std::to_string(limits_.row_bytes) + " bytes");
}

void XlsxReader::start_row(const XmlAttributes& attributes) {
    in_row_ = true;
    if (++sheet_rows_ > xlsx_limits_.rows)
        throw BadFile("too_many_rows", "the sheet \"" + sheet_ + "\" has more than the " +
                                           std::to_string(xlsx_limits_.rows) +
                                           " rows that a sheet can have; delete the blank ones, or send it "
                                           "in several files");
    if (rows_ == 0 && sheet_rows_ > xlsx_limits_.header_rows) refuse_late_header();
    line_ = whole_number(attributes["r"]).value_or(line_ + 1);
    cells_.clear();
    texts_.clear();
    column_ = 0;
    too_many_cells_ = false;
}

void XlsxReader::start_cell(const XmlAttributes& attributes) {
    in_cell_ = true;
    formula_ = given_ = inline_ = false;
    pronounced_ = 0;
    begin_ = texts_.size();
    column_ = column_of(attributes["r"]).value_or(column_);
    std::string_view type = attributes["t"];
    type_ = type == "s"                                           ? Type::shared
            : type == "inlineStr" || type == "str" || type == "d" ? Type::text
            : type == "b"                                         ? Type::truth
            : type == "e"                                         ? Type::error
                                                                  : Type::number;
    format_ = {};
    if (type_ == Type::number) {
        auto style = whole_number(attributes["s"]);
        if (style && *style < formats_.size()) format_ = formats_[*style];
    }
}

void XlsxReader::end_cell() {
    in_cell_ = false;
    Cell cell;
    read_cell(cell);
    std::size_t column = column_++;
    if (text_of(cell).empty() && !cell.error) return;
    if (column >= limits_.columns) {
        too_many_cells_ = true;
        return;
    }
    if (column >= cells_.size()) cells_.resize(column + 1);
    cells_[column] = cell;
}

// Turns the text that the file has for a cell into what the cell says.
void XlsxReader::read_cell(Cell& cell) {
    cell.begin = begin_;
    std::string_view given = std::string_view(texts_).substr(begin_);
    // A formula that nobody has computed. One that was may say an empty text, but no other empty value.
    cell.error = formula_ && (type_ == Type::text ? !given_ : trim(given).empty());
    switch (type_) {
    case Type::text:
        texts_.resize(begin_ + unescape(texts_.data() + begin_, given.size()));
        break;
    case Type::shared:
        if (std::string_view word = trim(given); !word.empty()) cell.shared = shared(word);
        texts_.resize(begin_);
        break;
    case Type::truth: {
        std::string_view word = trim(given);
        word = word == "1" ? "TRUE" : word == "0" ? "FALSE" : word;
        texts_ = texts_.substr(0, begin_).append(word);
        break;
    }
    case Type::error:
        cell.error = true;
        break;
    case Type::number: {
        std::string_view word = trim(given);
        std::size_t end = texts_.size();
        if (!word.empty()) {
            append_number(texts_, std::string(word), format_, from_1904_);
            cell.begin = end;
        }
        break;
    }
    }
    cell.size = texts_.size() - cell.begin;
}

std::uint64_t XlsxReader::shared(std::string_view number) {
    auto index = whole_number(number);
    if (!index || !strings_->has(*index, rows_ == 0))
        refuse_broken(here() + " points to a text that is not there");
    return *index;
}

std::string_view XlsxReader::text_of(const Cell& cell) const {
    return cell.shared ? (*strings_)[*cell.shared] : std::string_view(texts_).substr(cell.begin, cell.size);
}

void XlsxReader::end_row() {
    in_row_ = false;
    row_ended_ = true;
    views_.clear();
    errors_.clear();
    for (const Cell& cell : cells_) {
        if (cell.error) errors_.push_back(static_cast<std::uint32_t>(views_.size()));
        views_.push_back(text_of(cell));
    }
    xml_->pause();
}

// Whoever opens a workbook waits for its header, so what may come before it is bounded by itself.
void XlsxReader::refuse_late_header() const {
    throw BadFile("header_too_far", "the sheet \"" + sheet_ + "\" has no header within its first " +
                                        std::to_string(xlsx_limits_.header_rows) + " rows and " +
                                        std::to_string(xlsx_limits_.header_bytes >> 20) +
                                        " MiB; move the header to its first row, or name the sheet that has "
                                        "one");
}

std::string XlsxReader::here() const {
    return "row " + std::to_string(line_) + " of the sheet \"" + sheet_ + "\"";
}

} // namespace bookshop
