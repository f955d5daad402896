// Reads one XML part of a workbook as it is unpacked, and stops whenever its handler has enough.
//
// Only elements of the spreadsheet's own namespaces (transitional and strict, and that of relationships)
// reach the handler under their names; any other comes with an empty name. A document type, and so every
// entity of a file's own, is refused. One thread at a time.
#pragma once

#include "apps/bookshop/reading/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

struct XML_ParserStruct;

namespace bookshop {

/// An element's attributes, as long as its start is told.
class XmlAttributes {
public:
    explicit XmlAttributes(const char** all) : all_(all) {}

    /// The attribute that has this name and no namespace; empty text when there is none.
    std::string_view operator[](std::string_view name) const;

    /// The attribute `id` of the namespace of relationships, by which a workbook names its sheets' parts.
    std::string_view relationship() const;

    /// Whether the attribute says yes ("1", "true").
    bool flag(std::string_view name) const;

private:
    const char** all_;
};

class XmlHandler {
public:
    virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
    virtual void end(std::string_view name) = 0;
    virtual void text(std::string_view) {}

protected:
    ~XmlHandler() = default;
};

class XmlReader {
public:
    /// `name` is told in refusals. The handler must outlive this. A tag, a comment, whatever comes without an
    /// event may have `markup_bytes`.
    XmlReader(std::unique_ptr<ByteReader> part, std::string name, XmlHandler& handler,
              std::size_t markup_bytes);
    ~XmlReader();
    XmlReader(const XmlReader&) = delete;
    XmlReader& operator=(const XmlReader&) = delete;

    /// Goes on until the handler calls pause() or the next 64 KiB have been read, whichever comes first;
    /// false when the part has ended. Throws BadFile(broken_xlsx), what the part throws and what the handler
    /// throws.
    bool step();

    /// From within the handler's end(): step() returns true once it has returned.
    void pause();

    /// How much of the part has been unpacked.
    std::uint64_t position() const { return part_->position(); }

private:
    struct Callbacks;

    std::unique_ptr<ByteReader> part_;
    std::string name_;
    XmlHandler& handler_;
    std::size_t markup_bytes_;
    XML_ParserStruct* parser_;
    std::exception_ptr thrown_; // by the handler; an exception may not pass through expat, which is C
    std::size_t silent_ = 0;    // bytes since the last event
    bool doctype_ = false;
};

} // namespace bookshop
