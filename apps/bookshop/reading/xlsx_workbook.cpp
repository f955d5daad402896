#include "apps/bookshop/reading/xlsx_workbook.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"
#include "apps/bookshop/reading/xlsx_text.hpp"
#include "apps/bookshop/reading/xml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bookshop {
namespace {

constexpr std::size_t most_items =
    1 << 17; // sheets, relationships, formats; Excel has at most 65,490 formats

std::size_t to_number(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// One part pointing to another. A target is relative to its part's folder, or begins with a slash.
struct Relationship {
    std::string id;
    std::string type; // what stands behind the last slash: "worksheet", whether strict or not
    std::string target;
};

class RelationshipHandler final : public XmlHandler {
public:
    explicit RelationshipHandler(std::string folder) : folder_(std::move(folder)) {}

    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name != "Relationship" || attributes["TargetMode"] == "External") return;
        if (all.size() == most_items) refuse_broken("it has too many relationships");
        std::string_view type = attributes["Type"];
        all.push_back({std::string(attributes["Id"]), std::string(type.substr(type.rfind('/') + 1)),
                       resolve(attributes["Target"])});
    }
    void end(std::string_view) override {}

    const Relationship* of_type(std::string_view type) const {
        auto found = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.type == type; });
        return found == all.end() ? nullptr : &*found;
    }

    std::vector<Relationship> all;

private:
    std::string resolve(std::string_view target) const {
        std::string path = target.starts_with('/') ? "" : folder_;
        while (!target.empty()) {
            std::size_t end = std::min(target.find('/'), target.size());
            std::string_view step = target.substr(0, end);
            target.remove_prefix(std::min(end + 1, target.size()));
            if (step == "..")
                path.erase(path.find_last_of('/') == path.npos ? 0 : path.find_last_of('/'));
            else if (!step.empty() && step != ".")
                path.append(path.empty() ? "" : "/").append(step);
        }
        return path;
    }

    std::string folder_;
};

class WorkbookHandler final : public XmlHandler {
public:
    struct Sheet {
        std::string name;
        std::string relationship;
        bool hidden;
    };

    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "workbookPr") from_1904 = attributes.flag("date1904");
        if (name != "sheet") return;
        if (sheets.size() == most_items) refuse_broken("it has too many sheets");
        std::string_view state = attributes["state"];
        sheets.push_back({std::string(attributes["name"]), std::string(attributes.relationship()),
                          state == "hidden" || state == "veryHidden"});
    }
    void end(std::string_view) override {}

    std::vector<Sheet> sheets;
    bool from_1904 = false;
};

class StylesHandler final : public XmlHandler {
public:
    void start(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "cellXfs") in_formats_ = true;
        if (name == "numFmt" && codes_.size() < most_items)
            codes_[to_number(attributes["numFmtId"])] = format_of_code(attributes["formatCode"]);
        if (name != "xf" || !in_formats_) return;
        if (formats.size() == most_items) refuse_broken("it has too many formats");
        std::size_t id = to_number(attributes["numFmtId"]);
        auto code = codes_.find(id);
        formats.push_back(code == codes_.end() ? format_of_id(static_cast<unsigned>(id)) : code->second);
    }
    void end(std::string_view name) override {
        if (name == "cellXfs") in_formats_ = false;
    }

    std::vector<CellFormat> formats;

private:
    std::map<std::size_t, CellFormat> codes_;
    bool in_formats_ = false;
};

/// Reads a whole small part; false when there is none.
bool read_part(XlsxParts& parts, const std::string& name, XmlHandler& handler, const XlsxLimits& limits) {
    auto part = parts.open(name, limits.small_part_bytes);
    if (!part) return false;
    XmlReader xml(std::move(part), name, handler, limits.markup_bytes);
    while (xml.step()) {
    }
    return true;
}

std::string folder_of(const std::string& part) {
    std::size_t slash = part.rfind('/');
    return slash == part.npos ? "" : part.substr(0, slash);
}

RelationshipHandler read_relationships(XlsxParts& parts, const std::string& part, const XlsxLimits& limits) {
    std::string folder = folder_of(part);
    RelationshipHandler handler(folder);
    std::string name = part.substr(folder.empty() ? 0 : folder.size() + 1);
    read_part(parts, folder + (folder.empty() ? "" : "/") + "_rels/" + name + ".rels", handler, limits);
    return handler;
}

} // namespace

XlsxWorkbook read_workbook(XlsxParts& parts, const XlsxLimits& limits) {
    RelationshipHandler package = read_relationships(parts, "", limits);
    const Relationship* main = package.of_type("officeDocument");
    std::string name = main ? main->target : "xl/workbook.xml";
    WorkbookHandler book;
    if (!read_part(parts, name, book, limits)) refuse_broken("it has no " + name);
    RelationshipHandler relationships = read_relationships(parts, name, limits);

    XlsxWorkbook workbook;
    workbook.from_1904 = book.from_1904;
    std::map<std::string_view, const Relationship*> by_id;
    for (const Relationship& one : relationships.all) by_id.emplace(one.id, &one);
    for (auto& sheet : book.sheets) {
        auto found = by_id.find(sheet.relationship);
        if (found != by_id.end() && found->second->type == "worksheet")
            workbook.sheets.push_back({std::move(sheet.name), found->second->target, sheet.hidden});
    }
    if (const Relationship* styles = relationships.of_type("styles")) {
        StylesHandler handler;
        read_part(parts, styles->target, handler, limits);
        workbook.formats = std::move(handler.formats);
    }
    if (const Relationship* strings = relationships.of_type("sharedStrings"))
        workbook.strings = strings->target;
    return workbook;
}

const XlsxSheet& choose_sheet(const XlsxWorkbook& workbook, std::string_view name) {
    auto same = [](char a, char b) {
        return a == b || ((a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z');
    };
    std::string names;
    for (const XlsxSheet& sheet : workbook.sheets) {
        if (sheet.name.size() > 1000) refuse_broken("a sheet's name has more than 1000 bytes");
        bool is_it = name.empty()
                         ? !sheet.hidden
                         : std::equal(sheet.name.begin(), sheet.name.end(), name.begin(), name.end(), same);
        if (is_it) return sheet;
        if (names.size() < 1000) names += (names.empty() ? "" : ", ") + sheet.name;
    }
    if (workbook.sheets.empty()) throw BadFile("no_such_sheet", "this workbook has no sheet with cells");
    if (name.empty())
        throw BadFile("no_such_sheet", "every sheet of this workbook is hidden; name one: " + names);
    throw BadFile("no_such_sheet",
                  "this workbook has no sheet \"" + std::string(name) + "\"; it has: " + names);
}

SharedStrings::SharedStrings(XlsxParts& parts, const std::string& part, const XlsxLimits& limits,
                             std::size_t string_bytes)
    : limits_(limits), string_bytes_(string_bytes) {
    if (part.empty()) return;
    auto bytes = parts.open(part, limits.part_bytes);
    if (!bytes) return;
    // Room that is not touched costs nothing; growing by copies would cost three times the texts.
    texts_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(parts.size(part), limits.string_bytes)));
    xml_.emplace(std::move(bytes), part, static_cast<XmlHandler&>(*this), limits.markup_bytes);
}

bool SharedStrings::read_to(std::uint64_t index, bool of_header) {
    if (!xml_) return false;
    while (index >= ends_.size()) {
        if (of_header && xml_->position() > limits_.header_strings)
            throw BadFile("header_too_far", "the header's texts come after more than " +
                                                std::to_string(limits_.header_strings >> 20) +
                                                " MiB of this workbook's other texts; save its sheet as CSV");
        if (!xml_->step()) return false;
    }
    return true;
}

// A string is an `si` with a text `t`, or with runs `r` of one format each that have a text; what is in `rPh`
// tells how to pronounce it and is no part of it.
void SharedStrings::start(std::string_view name, const XmlAttributes&) {
    if (name == "si") begin_ = texts_.size();
    if (name == "rPh") ++pronounced_;
    taking_ = name == "t" && pronounced_ == 0;
}

void SharedStrings::end(std::string_view name) {
    taking_ = false;
    if (name == "rPh") --pronounced_;
    if (name != "si") return;
    texts_.resize(begin_ + unescape(texts_.data() + begin_, texts_.size() - begin_));
    require_room(0);
    ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
}

void SharedStrings::text(std::string_view text) {
    if (!taking_) return;
    require_room(text.size());
    texts_ += text;
}

void SharedStrings::require_room(std::size_t more) const {
    constexpr std::size_t bytes_of_end =
        3 * sizeof ends_[0]; // while ends_ grows, it is there one and a half times
    if (texts_.size() + more - begin_ > string_bytes_)
        throw BadFile("cell_too_large", "string " + std::to_string(ends_.size()) +
                                            " of this workbook has more than " +
                                            std::to_string(string_bytes_) + " bytes");
    if (texts_.size() + more + (ends_.size() + 1) * bytes_of_end > limits_.string_bytes)
        throw BadFile("too_expanded", "this workbook's texts take more than " +
                                          std::to_string(limits_.string_bytes >> 20) +
                                          " MiB of memory; save its sheet as CSV");
}

} // namespace bookshop
