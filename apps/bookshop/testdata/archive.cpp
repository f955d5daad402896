#include "apps/bookshop/testdata/archive.hpp"

#include "apps/bookshop/testdata/oracle.hpp"
#include "offstage/base/error.hpp"

#include <cstdlib>
#include <string>

#include <unistd.h>
#include <zip.h>

namespace bookshop {

using offstage::Errc;
using offstage::Error;

namespace {

void append_xml(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '&')
            out += "&amp;";
        else
            out += c;
    }
}

} // namespace

std::string archive_of(const Parts& parts, const char* password) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/bookshop_archive_XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0) throw Error(Errc::io, "cannot create " + path);
    ::close(fd);
    int error = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_TRUNCATE, &error);
    for (const auto& [name, content] : parts) {
        zip_source_t* source = zip_source_buffer(zip, content.data(), content.size(), 0);
        const zip_int64_t index = zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8);
        if (password != nullptr)
            zip_file_set_encryption(zip, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password);
    }
    if (zip_close(zip) != 0) throw Error(Errc::io, std::string("cannot zip: ") + zip_strerror(zip));
    std::string bytes = read_file(path);
    ::unlink(path.c_str());
    return bytes;
}

Parts workbook_parts(const std::string& rows) {
    const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const std::string document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const std::string package = "http://schemas.openxmlformats.org/package/2006/relationships";
    return {{"XL/Workbook.xml", "<workbook xmlns='" + main + "' xmlns:r='" + document +
                                    "'><sheets><sheet name='A' r:id='r1'/></sheets></workbook>"},
            {"xl/_rels/workbook.xml.rels", "<Relationships xmlns='" + package +
                                               "'><Relationship Id='r1' Type='" + document +
                                               "/worksheet' Target='a.xml'/></Relationships>"},
            {"xl/a.xml", "<worksheet xmlns='" + main + "'><sheetData>" + rows + "</sheetData></worksheet>"}};
}

std::string sheet_row(const std::vector<std::string_view>& cells) {
    std::string row = "<row>";
    for (const std::string_view cell : cells) {
        row += "<c t='str'><v>";
        append_xml(row, cell);
        row += "</v></c>";
    }
    return row + "</row>";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string little(std::size_t number) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
}

} // namespace bookshop
