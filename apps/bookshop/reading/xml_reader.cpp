#include "apps/bookshop/reading/xml_reader.hpp"

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"

#include <cstddef>
#include <expat.h>

#include <exception>
#include <expat_external.h>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bookshop {
namespace {

constexpr char separator = ' '; // between namespace and name; no namespace has one
constexpr int chunk = 64 << 10;

/// The name of an element if it is in a namespace of ours.
std::string_view own_name(std::string_view expanded) {
    constexpr std::string_view namespaces[] = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/package/2006/relationships"};
    std::size_t end = expanded.rfind(separator);
    if (end == expanded.npos) return {};
    for (std::string_view ours : namespaces)
        if (expanded.substr(0, end) == ours) return expanded.substr(end + 1);
    return {};
}

} // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
    for (const char** at = all_; *at; at += 2)
        if (*at == name) return at[1];
    return {};
}

std::string_view XmlAttributes::relationship() const {
    for (const char** at = all_; *at; at += 2) {
        std::string_view name = *at;
        if (name == "http://schemas.openxmlformats.org/officeDocument/2006/relationships id" ||
            name == "http://purl.oclc.org/ooxml/officeDocument/relationships id")
            return at[1];
    }
    return {};
}

bool XmlAttributes::flag(std::string_view name) const {
    std::string_view value = (*this)[name];
    return value == "1" || value == "true" || value == "on";
}

struct XmlReader::Callbacks {
    /// Calls the handler; what it throws is kept until expat has returned.
    template <class Call>
    static void guarded(void* data, Call call) {
        auto& reader = *static_cast<XmlReader*>(data);
        reader.silent_ = 0;
        if (reader.thrown_) return;
        try {
            call(reader.handler_);
        } catch (...) {
            reader.thrown_ = std::current_exception();
            XML_StopParser(reader.parser_, XML_FALSE);
        }
    }

    static void XMLCALL start(void* data, const XML_Char* name, const XML_Char** attributes) {
        guarded(data, [&](XmlHandler& handler) { handler.start(own_name(name), XmlAttributes(attributes)); });
    }
    static void XMLCALL end(void* data, const XML_Char* name) {
        guarded(data, [&](XmlHandler& handler) { handler.end(own_name(name)); });
    }
    static void XMLCALL text(void* data, const XML_Char* text, int size) {
        guarded(data, [&](XmlHandler& handler) { handler.text({text, static_cast<std::size_t>(size)}); });
    }
    static void XMLCALL doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        auto& reader = *static_cast<XmlReader*>(data);
        reader.doctype_ = true;
        XML_StopParser(reader.parser_, XML_FALSE);
    }
};

XmlReader::XmlReader(std::unique_ptr<ByteReader> part, std::string name, XmlHandler& handler,
                     std::size_t markup_bytes)
    : part_(std::move(part)), name_(std::move(name)), handler_(handler), markup_bytes_(markup_bytes),
      parser_(XML_ParserCreateNS(nullptr, separator)) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, Callbacks::start, Callbacks::end);
    XML_SetCharacterDataHandler(parser_, Callbacks::text);
    XML_SetStartDoctypeDeclHandler(parser_, Callbacks::doctype);
}

XmlReader::~XmlReader() {
    XML_ParserFree(parser_);
}

void XmlReader::pause() {
    XML_StopParser(parser_, XML_TRUE);
}

bool XmlReader::step() {
    XML_ParsingStatus before;
    XML_GetParsingStatus(parser_, &before);
    if (before.parsing == XML_FINISHED) return false;
    XML_Status result;
    if (before.parsing == XML_SUSPENDED) {
        result = XML_ResumeParser(parser_);
    } else {
        void* buffer = XML_GetBuffer(parser_, chunk);
        if (!buffer) throw std::bad_alloc();
        // Filled whole, because expat looks again at all of a token that the last piece cut.
        std::span<char> room(static_cast<char*>(buffer), static_cast<std::size_t>(chunk));
        std::size_t got = 0;
        while (got < room.size()) {
            std::size_t more = part_->read(room.subspan(got));
            if (more == 0) break;
            got += more;
        }
        silent_ += got;
        if (silent_ > markup_bytes_)
            refuse_broken(name_ + " has markup of more than " + std::to_string(markup_bytes_) + " bytes");
        result = XML_ParseBuffer(parser_, static_cast<int>(got), got == 0);
    }
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (doctype_) refuse_broken(name_ + " has a document type");
    if (result == XML_STATUS_ERROR)
        refuse_broken(name_ + ", line " + std::to_string(XML_GetCurrentLineNumber(parser_)) + ": " +
                      XML_ErrorString(XML_GetErrorCode(parser_)));
    return true;
}

} // namespace bookshop
