// Reads multipart/form-data (RFC 7578) as it arrives: bytes are pushed in, parts come out.
//
//   MultipartScanner scanner(*multipart_boundary(content_type), parts);
//   scanner.push(chunk) ...; scanner.finish();
//
// Nothing is kept but a part's headers and the few bytes that may be the beginning of a boundary, so memory
// is constant, and every cutting into chunks gives the same parts. Errors are thrown as Error: what is not
// multipart is invalid_argument, what passes a limit too_large. After a throw the scanner is at its end.
// One thread at a time.
#pragma once

#include "offstage/web/headers.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace offstage::web {

/// One part's head.
struct Part {
    std::string name; ///< the form field's
    std::optional<std::string>
        filename;             ///< as the client gave it, decoded: data, never a path. Unset: no file
    std::string content_type; ///< as sent; empty where none was
    Headers headers;
};

/// Hears the parts, in order: begin, data (never empty) any number of times, end. What it throws leaves
/// through push().
class PartHandler {
public:
    virtual ~PartHandler() = default;
    virtual void part_begin(const Part& part) = 0;
    virtual void part_data(std::span<const char> data) = 0;
    virtual void part_end() = 0;
};

struct MultipartLimits {
    std::size_t max_header = std::size_t{8} * 1024; ///< bytes of one part's headers
    std::size_t max_parts = 64;                     ///< parts of one body
};

/// The boundary of a Content-Type; nothing where that is not multipart/form-data. Throws
/// Error(invalid_argument) where it is, but its boundary is missing, empty or longer than 70 characters.
std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartScanner {
public:
    /// `handler` outlives the scanner.
    MultipartScanner(std::string_view boundary, PartHandler& handler, MultipartLimits limits = {});

    void push(std::span<const char> chunk);
    /// The body is at its end. Throws Error(invalid_argument) where the closing boundary has not been seen.
    void finish();

private:
    enum class State { preamble, after_boundary, headers, data, epilogue, failed };

    std::string_view scan(std::string_view text);
    std::string_view scan_text(std::string_view text);
    std::string_view scan_after_boundary(std::string_view text);
    std::string_view scan_headers(std::string_view text);
    void begin_part();
    void emit(std::string_view data);

    const std::string delimiter_; ///< CRLF, two dashes, boundary
    PartHandler& handler_;
    const MultipartLimits limits_;
    State state_ = State::preamble;
    std::size_t matched_ = 2;  ///< bytes of delimiter_ seen last, held back; a body may begin with its dashes
    std::size_t borrowed_ = 2; ///< how many of these were no data but the end of what stood before
    std::string collected_;    ///< a part's headers, or what follows a boundary
    std::size_t parts_ = 0;
};

} // namespace offstage::web
